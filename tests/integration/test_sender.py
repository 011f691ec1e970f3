"""The sender of a channel on a real store: sent once, sent again, given up, taken over, and never twice without saying so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.config.model import Notify
from adapters.daemon.composer import Composer, templates
from adapters.daemon.lines import senders
from adapters.daemon.sender import LEASE, Line, Sender
from adapters.host import SystemEntropy
from adapters.organisations import shipped_organisation
from adapters.store.sql import SqlStore
from tests.play import Play, _definitions, at
from workflow.act import NOTIFIED
from workflow.batch import Batch
from workflow.dispatch import MOST_TRIES, Route, Routing
from workflow.engine import Engine
from workflow.errors import IntegrityError, StaleVersion, StoreUnavailable
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown
from workflow.outbox import Message
from workflow.text import Text


class Box:
    """A channel that keeps what it is given, and answers as the test says."""

    def __init__(self, *answers: Result | Exception) -> None:
        self.letters: list[Letter] = []
        self.answers = list(answers)
        self.closed = False

    def send(self, letter: Letter) -> Result:
        self.letters.append(letter)
        answer = self.answers.pop(0) if self.answers else Accepted(f"x-{len(self.letters)}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """An incident of which the first reminder has just been put into the outbox, for two people."""
    store = SqlStore.open(f"{tmp_path}/duban.db")
    start = Play("social-security-incident", engine=Engine(store, Play("probe").clock, SystemEntropy(), shipped("cn"), "test"))
    for definition in _definitions():
        start.engine.add(definition)
    start.at("10-01 09:00").engine.organise(shipped_organisation("town"))
    start.engine.tick()
    start.engine.routing = Routing((Route("sms", "phone"),))
    start.at("10-01 23:50").open("village_office", unit="zhongzhuang")
    start.at("10-02 00:10").engine.tick()
    yield start
    store.close()


def sender(play: Play, box: Any, **line: Any) -> Sender:
    return Sender(play.engine, Line("sms", "phone", box, **line), Composer(play.engine, templates(), "zh"), "me", lambda: 0)


def outbox(play: Play, *states: Any) -> list[Message]:
    with play.engine.store.read() as view:
        return list(view.messages(states))


def notified(play: Play) -> list[dict[str, Any]]:
    return [dict(a.data) for a in play.engine.case("C").case.acts if a.kind == NOTIFIED]


def test_what_waits_is_sent_and_entered(play: Play) -> None:
    box = Box()
    assert sender(play, box).send_due() == len(outbox(play)) == 4
    assert [(letter.to, letter.doubtful) for letter in box.letters] == [("000-1010", False), ("000-1011", False)], "one letter a person"
    assert {m.state for m in outbox(play)} == {"sent"}
    assert [n["result"] for n in notified(play)] == ["accepted"] * 4
    assert sender(play, box).send_due() == 0


def test_no_address_stands_in_the_outbox_or_in_the_journal(play: Play) -> None:
    sender(play, Box()).send_due()
    with play.engine.store.read() as view:
        assert not any("000-10" in e.raw.decode() for e in view.journal())
    assert "000-10" not in repr(outbox(play))


def test_what_is_refused_for_now_comes_again(play: Play) -> None:
    box = Box(Rejected("450", "busy", permanent=False))
    sender(play, box).send_due()
    waiting = outbox(play, "pending")
    assert {m.said for m in waiting} == {"450: busy"}
    assert {m.next_at for m in waiting} == {at("10-02 00:10") + timedelta(seconds=15)}
    play.clock.set(at("10-02 00:10") + timedelta(seconds=15))
    assert sender(play, box).send_due() == 2
    assert outbox(play, "pending") == []
    assert box.letters[0].id == box.letters[-1].id, "the same letter, for a service that knows it"


def test_a_throttled_channel_is_left_in_peace(play: Play) -> None:
    sender(play, Box(Throttled(600), Throttled(600))).send_due()
    assert {m.next_at for m in outbox(play, "pending")} == {at("10-02 00:20")}


def test_what_may_have_arrived_says_so_when_it_is_sent_again(play: Play) -> None:
    box = Box(Unknown("cut off"), Unknown("cut off"))
    sender(play, box).send_due()
    play.at("10-02 00:12")
    sender(play, box).send_due()
    assert [letter.doubtful for letter in box.letters] == [False, False, True, True]
    assert box.letters[-1].body.startswith("【可能重复】")
    assert all(n["doubtful"] is True for n in notified(play))


def test_a_channel_that_raises_holds_up_nobody(play: Play) -> None:
    box = Box(RuntimeError("bug"))
    sender(play, box).send_due()
    assert len(outbox(play, "sent")) == 2
    assert {m.said for m in outbox(play, "pending")} == {"RuntimeError: see the log"}


def test_a_case_that_cannot_be_read_holds_up_no_message_of_another(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    play.at("10-02 00:10").open("village_office", unit="zhongzhuang", case="D")
    play.at("10-02 00:30").engine.tick()
    assert {m.recipient for m in outbox(play) if m.case == "D"} == {"t10", "t11"}, "they wait for messages of C too, in the same letter"
    read = play.engine.sources.standing

    def standing(view: Any, case: str, *rest: Any) -> Any:
        if case == "C":
            raise IntegrityError(Text("坏了", "broken"))
        return read(view, case, *rest)

    monkeypatch.setattr(play.engine.sources, "standing", standing)
    box = Box()
    for _ in range(MOST_TRIES):
        sender(play, box).send_due()
        play.clock.set(play.clock.now() + timedelta(minutes=20))
    assert {(m.case, m.state, m.doubtful) for m in outbox(play)} == {("C", "dead", False), ("D", "sent", False)}
    with play.engine.store.read() as view:
        assert {(e.kind, e.body["case"], e.body["result"]) for e in view.entries("monitor")} == {("unentered", "C", "dead")}


def test_what_a_broken_case_was_told_is_not_sent_again(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(batch: Any, message: Message) -> bool:
        raise IntegrityError(Text("坏了", "broken"))

    monkeypatch.setattr(Batch, "told", told)
    sender(play, Box()).send_due()
    assert {(m.state, m.provider) for m in outbox(play)} == {("sent", "x-1"), ("sent", "x-2")}


def test_what_was_not_sent_is_given_back_when_a_result_cannot_be_entered(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def enter(*_: Any) -> None:
        raise RuntimeError("bug")

    first = sender(play, Box())
    monkeypatch.setattr(first, "_enter", enter)
    with pytest.raises(RuntimeError):
        first.send_due()
    assert sorted(m.state for m in outbox(play)) == ["pending", "pending", "sending", "sending"]


def test_a_person_without_an_address_is_taken_over(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = play.engine.sources.addresses
    monkeypatch.setattr(play.engine.sources, "addresses", lambda view: {p: a for p, a in reading(view).items() if p != "t10"})
    sender(play, Box()).send_due()
    assert {(m.recipient, m.said) for m in outbox(play, "dead")} == {
        ("t10", "no_address: the recipient has no address for this channel any more")
    }
    assert outbox(play, "pending"), "somebody above is told instead"


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed() -> Iterator[None]:
    with pytest.raises(Killed):
        yield


def test_killed_between_sending_and_entering_it_is_sent_again_as_a_possible_duplicate(play: Play) -> None:
    box = Box()

    def send(letter: Letter) -> Result:
        box.letters.append(letter)
        raise Killed

    box.send = send  # type: ignore[method-assign]
    with killed():
        sender(play, box).send_due()
    assert [letter.doubtful for letter in box.letters] == [False]
    again = Box()
    assert sender(play, again).send_due() == 0, "the lease of the one that was killed still runs"
    play.clock.set(play.clock.now() + LEASE)
    sender(play, again).send_due()
    assert [letter.doubtful for letter in again.letters] == [True, True]
    assert {m.state for m in outbox(play)} == {"sent"}


@pytest.mark.parametrize("error", [StaleVersion(Text("晚了", "late")), StoreUnavailable(Text("断了", "it broke"))], ids=lambda e: e.code)
def test_what_cannot_be_entered_at_once_is_entered_later_and_not_sent_again(
    play: Play, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    box, batch, tried = Box(), play.engine.batch, []

    @contextmanager
    def failing() -> Iterator[Any]:
        tried.append(1)
        with batch() as found:
            yield found
            if len(tried) < 4:
                raise error

    monkeypatch.setattr(play.engine, "batch", failing)
    assert sender(play, box).send_due() == 4
    assert len(box.letters) == 2 and len(tried) == 5
    assert [(m.state, m.doubtful) for m in outbox(play)] == [("sent", False)] * 4


def test_a_sender_that_is_stopped_gives_back_what_it_did_not_send(play: Play) -> None:
    box, sending, send = Box(), Event(), Box.send

    def slowly(letter: Letter) -> Result:
        sending.set()
        Event().wait(0.5)
        return send(box, letter)

    box.send = slowly  # type: ignore[method-assign]
    stopped = sender(play, box)
    stopped.start()
    assert sending.wait(10)
    stopped.stop()
    assert len(box.letters) == 1
    again = Box()
    sender(play, again).send_due()
    assert [letter.doubtful for letter in again.letters] == [False]


def test_a_channel_of_few_letters_a_minute_is_given_no_more(play: Play) -> None:
    assert sender(play, Box(), rate=3).send_due() == 3
    assert len(outbox(play, "pending")) == 1


def test_whoever_wakes_a_channel_of_few_letters_makes_it_send_no_more(play: Play) -> None:
    box = Box()
    slow = sender(play, box, rate=2, digest=False)
    slow.start()
    for _ in range(10):
        slow.wake()
        Event().wait(0.05)
    slow.stop()
    assert len(box.letters) == 2


def test_a_channel_with_room_for_a_line_is_given_a_line(play: Play) -> None:
    box = Box()
    sender(play, box, brief=True).send_due()
    assert [len(letter.body.splitlines()) for letter in box.letters] == [2, 2]


def wait_for(what: Callable[[], bool]) -> None:
    for _ in range(200):
        if what():
            return
        Event().wait(0.05)
    raise AssertionError("it did not happen within ten seconds")


def test_it_runs_in_a_thread_of_its_own_until_it_is_stopped(play: Play) -> None:
    box = Box()
    running = sender(play, box)
    running.start()
    running.wake()
    wait_for(lambda: len(box.letters) == 2)
    running.stop()
    assert box.closed
    assert {m.state for m in outbox(play)} == {"sent"}


def test_it_sends_nothing_while_another_daemon_keeps_the_watch(play: Play) -> None:
    box, on = Box(), Event()
    waiting = Sender(play.engine, Line("sms", "phone", box), Composer(play.engine, templates(), "zh"), "me", lambda: 0, keeps=on.is_set)
    waiting.start()
    for _ in range(5):
        waiting.wake()
        Event().wait(0.05)
    assert box.letters == []
    on.set()
    waiting.wake()
    wait_for(lambda: len(box.letters) == 2)
    waiting.stop()


def test_what_waits_on_a_channel_that_is_set_no_more_is_taken_over(play: Play) -> None:
    play.engine.routing = Routing()
    (gone,) = [s for s in senders(play.engine, [], Notify(), "me", "zh") if s.line.name == "sms"]
    assert gone.send_due() == 4
    assert {m.said for m in outbox(play, "dead")} == {"channel_gone: the channel is no longer in the settings"}
    assert senders(play.engine, [], Notify(), "me", "zh") == []
