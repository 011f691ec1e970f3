"""An audit compares the claims and the outbox with what the journal says of flags and notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.organisations import read_organisation
from tests.fault.site import DATA, ROUTING
from tests.play import Play, at
from tests.tamper import Copy
from workflow.outbox import Message, State
from workflow.procedure.load import load


@pytest.fixture
def play() -> Play:
    """A case whose call is missing; one message was sent, one is dead and another channel takes over, the rest wait."""
    play = Play("errand").at("09-24 10:00")
    play.engine.add(load((DATA / "errand.yaml").read_bytes(), "errand.yaml"))
    play.engine.organise(read_organisation(DATA / "watchhouse.yaml"))
    play.engine.routing = ROUTING
    play.open("desk", unit="v2")
    for minutes in (2, 5):
        play.clock.set(at("09-24 10:00") + timedelta(minutes=minutes))
        play.engine.tick()
    with play.engine.store.write() as unit:
        taken = unit.take_messages(play.clock.now(), "me", play.clock.now() + timedelta(minutes=5), 2, "sms")
    with play.engine.batch() as batch:
        assert batch.told(taken[0]._replace(state="sent", next_at=None, provider="x1"))
        assert batch.told(taken[1]._replace(state="dead", next_at=None, said="550"))
    return play


def found(copy: Copy) -> set[tuple[str, str]]:
    return {(f.code, f.case) for f in copy.audit()[1]}


def changed(which: str, **values: object) -> Callable[[Copy], None]:
    def change(copy: Copy) -> None:
        first = next(i for i, m in enumerate(copy.outbox) if m.state == which)
        copy.outbox[first] = copy.outbox[first]._replace(**values)  # type: ignore[arg-type]

    return change


def without(which: Callable[[Message], bool]) -> Callable[[Copy], None]:
    def drop(copy: Copy) -> None:
        kept = [m for m in copy.outbox if not which(m)]
        assert len(kept) < len(copy.outbox)
        copy.outbox = kept

    return drop


def test_what_a_daemon_wrote_has_no_findings(play: Play) -> None:
    copy = Copy.of(play.engine.store)
    assert found(copy) == set()
    assert {m.state for m in copy.outbox} == {"sent", "dead", "pending"} and any(m.instead_of for m in copy.outbox)
    assert {c.tier for c in copy.claimed} == {"tier 0", "missing"}


@pytest.mark.parametrize(
    "change",
    [
        without(lambda m: m.state == "sent"),
        without(lambda m: m.state == "dead"),
        without(lambda m: m.channel == "board"),
        without(lambda m: m.state == "pending" and m.channel == "sms"),
        changed("pending", state="sent", next_at=None),
        changed("pending", recipient="somebody"),
        changed("pending", tier="late"),
        changed("pending", n=1),
        changed("sent", state="pending"),
        changed("sent", provider="x2"),
        changed("sent", state="dead"),
        changed("dead", state="sent", provider="x3"),
        changed("dead", id=99),
    ],
)
def test_an_outbox_that_says_something_else_than_the_journal_is_found(play: Play, change: Callable[[Copy], None]) -> None:
    copy = Copy.of(play.engine.store)
    change(copy)
    assert found(copy) == {("message_row", "C")}


@pytest.mark.parametrize("state", ["sent", "dead"])
def test_what_the_watch_says_of_a_message_whose_case_could_not_be_read_counts(play: Play, state: State) -> None:
    with play.engine.store.write() as unit:
        (taken,) = unit.take_messages(play.clock.now(), "me", play.clock.now() + timedelta(minutes=5), 1, "board")
    with play.engine.batch() as batch:
        assert batch.told_apart(taken._replace(state=state, next_at=None, provider="x3"))
    copy = Copy.of(play.engine.store)
    assert found(copy) == set()
    with_end = next(i for i, m in enumerate(copy.outbox) if m.id == taken.id)
    copy.outbox[with_end] = copy.outbox[with_end]._replace(state="dead" if state == "sent" else "sent")
    assert found(copy) == {("message_row", "C")}


def test_what_was_dead_while_its_case_could_not_be_read_may_be_sent_later(play: Play) -> None:
    for state in ("dead", "sent"):
        with play.engine.store.write() as unit:
            (taken,) = unit.take_messages(play.clock.now(), "me", play.clock.now() + timedelta(minutes=5), 1, "board")
        with play.engine.batch() as batch:
            tell = batch.told_apart if state == "dead" else batch.told
            assert tell(taken._replace(state=state, next_at=None, provider="x3"))
        if state == "dead":
            with play.engine.store.write() as unit:
                assert unit.revive_message(taken.id, play.clock.now() - timedelta(days=1))
            assert found(Copy.of(play.engine.store)) == set()
            play.clock.set(play.clock.now() + timedelta(seconds=1))
    assert found(Copy.of(play.engine.store)) == set()


def test_a_claim_that_is_gone_changed_or_made_up_is_found(play: Play) -> None:
    for n, change in enumerate(({}, {"tier": "late"}, {"n": 99}, {"revision": 7}, {"said": at("09-24 11:00")})):
        copy = Copy.of(play.engine.store)
        copy.claimed = copy.claimed[1:] if n == 0 else [replace(copy.claimed[0], **change), *copy.claimed[1:]]
        assert found(copy) == {("claim_row", "C")}, change
    copy = Copy.of(play.engine.store)
    copy.claimed = [*copy.claimed, replace(copy.claimed[0], tier="made up")]
    assert found(copy) == {("claim_row", "C")}


def test_a_case_that_would_not_wake_is_found(play: Play) -> None:
    copy = Copy.of(play.engine.store)
    row = copy.case_rows["C"]
    assert row.next_at is not None
    for later in (None, row.next_at + timedelta(hours=9)):
        copy.case_rows["C"] = replace(row, next_at=later)
        assert found(copy) == {("case_row", "C")}


def test_a_row_of_a_duty_that_was_fulfilled_is_found(play: Play) -> None:
    before = Copy.of(play.engine.store)
    play.at("09-24 10:06").record("desk", "call")
    copy = Copy.of(play.engine.store)
    copy.due_rows = [*copy.due_rows, *(r for r in before.due_rows if r.obligation == "call")]
    assert found(copy) == {("due_row", "C")}
