"""An audit of a journal that nobody touched has no finding, whatever was done in it: a false alarm would be worse than none."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.host import SystemEntropy
from tests.examples import examples
from tests.play import Play, at
from tests.property.test_engine_replay import command, steps
from tests.stories import petition_2022
from tests.stories.told import ordinary, town
from workflow import command as c
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.errors import DubanError
from workflow.organisation import Actor

more = st.one_of(
    steps,
    st.tuples(st.just("seal")),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("erase"), st.integers(1, 4)),
    st.tuples(st.just("void")),
    st.tuples(st.just("extend"), st.sampled_from(("ask", "grant", "refuse"))),
    st.tuples(st.just("waive")),
)


def further(step: tuple[Any, ...]) -> c.Command | None:
    boss, desk = c.Said(actor=Actor("boss")), c.Said(actor=Actor("desk"))
    match step:
        case ("hold", True):
            return c.Hold(said=boss, kind="dispute", reason="r")
        case ("hold", False):
            return c.Release(said=boss, of=2, reason="r")
        case ("erase", n):
            return c.Erase(said=boss, entries=(n,), ground="g", decider=Actor("boss"))
        case ("void",):
            return c.Void(said=boss, reason="r", second=Actor("desk"))
        case ("extend", what):
            return c.Extend(said=desk if what == "ask" else boss, row="answer", step=what, by="3 days", reason="r")
        case ("waive",):
            return c.Waive(said=boss, row="answer", ground="g")
    return None


def play(script: list[tuple[Any, ...]]) -> Play:
    played = Play("probe").at("09-24 10:00")
    played.open("desk", case="D")
    played.open("desk")
    for step in script:
        now = played.clock.now()
        with contextlib.suppress(DubanError):
            if step[0] == "wait":
                played.clock.set(now + timedelta(minutes=step[1]))
            elif step[0] == "tick":
                played.engine.tick()
            elif step[0] == "seal":
                played.engine.seal()
            elif (given_command := further(step) or command(step, now)) is not None:
                played.do(given_command, key=f"{step}")
    return played


@examples(60)
@given(st.lists(more, max_size=14))
@example([("event", "close", "boss", 0, False), ("wait", 9000), ("tick",), ("event", "call", "desk", 0, True)])
@example([("event", "step", "desk", 0, False), ("wait", 1500), ("revise", "high", "grade"), ("wait", 9000), ("tick",)])
@example([("extend", "ask"), ("wait", 1500), ("extend", "grant"), ("event", "close", "boss", 0, False), ("erase", 1), ("seal",)])
def test_a_journal_that_nobody_touched_has_no_finding(script: list[tuple[Any, ...]]) -> None:
    with play(script).engine.store.read() as view:
        assert audit_store(view).findings == ()


def test_a_calendar_that_was_put_in_use_and_taken_back_is_sound() -> None:
    played = play([])
    engine = played.engine
    first = engine.calendar
    assert first == shipped("cn")
    with engine.store.write() as unit:
        engine.sources.announce_calendar(unit, first)
        engine.sources.announce_calendar(unit, first.known(played.clock.now().date()))
        engine.sources.announce_calendar(unit, first)
    with engine.store.read() as view:
        assert len(view.blobs("calendar-in-use")) == 3
        assert audit_store(view).findings == ()


def test_a_pause_that_runs_is_no_tampering() -> None:
    """Its date moves with every instant, by time alone: SEMANTICS S8.4."""
    hearing = ("05-10 09:00", "hearing_begun")
    played = petition_2022.until("final_review", hearing)
    assert due(played, "final_review/petitioner#1") == [(1, at("06-06 00:00"))]
    played.engine = Engine(played.engine.store, played.clock, SystemEntropy(), played.engine.calendar, "test")  # nothing is in memory
    for later in ("06-01 09:00", "06-20 09:00", "08-20 09:00"):
        played.at(later).engine.tick()
        assert findings(played) == ()
    row = played.row("final_review")
    assert row.current is not None and row.current.kind == "pause" and row.due is not None and row.due.instant == at("09-16 00:00")
    assert due(played, row.key) == [(1, at("06-06 00:00"))]
    role, event, more = ordinary(petition_2022.PROCEDURE, "hearing_ended")
    played.fire(role, event, **more)
    assert due(played, row.key) == [(2, at("09-16 00:00"))] and findings(played) == ()


def test_a_slot_that_came_into_sight_is_no_tampering() -> None:
    played = Play("duty-watch", engine=town("duty-watch")).at("09-24 08:00")
    played.engine.tick()
    watch = next(row.id for row in played.engine.cases() if row.id.startswith("duty-watch.") and not row.ended)
    played.case = watch
    for moment in ("20:00", "20:50", "22:00"):
        played.at(f"09-24 {moment}")
        if moment == "20:50":
            role, event, more = ordinary("duty-watch", "contact_check")
            played.fire(role, event, **more)
        played.engine.tick()
        assert findings(played) == ()


def findings(played: Play) -> object:
    with played.engine.store.read() as view:
        return audit_store(view).findings


def due(played: Play, row: str) -> list[tuple[int, datetime | None]]:
    with played.engine.store.read() as view:
        return [(r.revision, r.due) for r in view.dues(played.case) if r.row == row]
