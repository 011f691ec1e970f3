"""The watch of a daemon on clocks that the test moves: what it journals of itself, whose turn it is, and that it goes on after errors."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from adapters.daemon.garbage import uncollected
from adapters.daemon.pulse import Pulse
from adapters.daemon.ticker import Ticker
from adapters.daemon.watch import Settings, Watch
from tests.play import Play, at
from workflow.act import FLAGGED
from workflow.batch import Swept
from workflow.errors import StaleVersion, StoreUnavailable
from workflow.monitor import MONITOR
from workflow.text import Text


class Hands:
    """A stopwatch that goes with the clock of the test, unless the test says that only one of them went on."""

    def __init__(self, play: Play) -> None:
        self._play, self._off, self._slept = play, 0.0, 0.0

    def boot(self) -> float:
        return self._play.clock.now().timestamp() - self._off

    def running(self) -> float:
        return self.boot() - self._slept

    def clock_set(self, by: timedelta) -> None:
        """The wall clock was set; no time has passed."""
        self._off += by.total_seconds()
        self._play.clock.set(self._play.clock.now() + by)

    def sleep(self, by: timedelta) -> None:
        self._slept += by.total_seconds()
        self._play.clock.set(self._play.clock.now() + by)


def watching(play: Play, name: str = "one", **settings: Any) -> tuple[Watch, Hands]:
    hands = Hands(play)
    return Watch(play.engine, Settings(name, alone=True, **settings), Pulse(), hands), hands


def journal(play: Play) -> list[tuple[str, dict[str, Any]]]:
    with play.engine.store.read() as view:
        return [(e.kind, dict(e.body)) for e in view.entries(MONITOR)]


@pytest.fixture
def play() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.engine.tick()
    play.open("desk", {"grade": "high"})
    return play


def test_it_journals_its_start_and_its_stop(play: Play) -> None:
    watch, _ = watching(play)
    watch.tick()
    play.at("09-24 10:01")
    watch.end()
    assert [kind for kind, _ in journal(play)] == ["started", "stopped"]


def test_it_says_when_it_is_needed_next(play: Play) -> None:
    watch, _ = watching(play)
    first = watch.tick()
    assert first == at("09-24 10:10") + timedelta(microseconds=1) or first == at("09-24 10:15")
    assert first is not None
    play.clock.set(first)
    watch.tick()
    assert watch.pulse.state.flags == 1
    assert watch.pulse.state.swept_at == first


def test_a_gap_since_the_last_sweep_is_journaled_when_it_starts(play: Play) -> None:
    watch, _ = watching(play)
    watch.tick()
    play.at("09-24 12:00")
    again, _ = watching(play, "two")
    again.tick()
    kinds = [kind for kind, _ in journal(play)]
    assert kinds == ["started", "took_over", "gap"]
    gap = journal(play)[-1][1]
    assert (gap["since"][11:16], gap["until"][11:16]) == ("02:00", "04:00")


def test_it_goes_on_as_nothing_was_when_it_is_back_at_once(play: Play) -> None:
    watch, _ = watching(play)
    watch.tick()
    watch.end()
    play.at("09-24 10:01")
    again, _ = watching(play, "two")
    again.tick()
    assert [kind for kind, _ in journal(play)] == ["started", "stopped", "started"]


def test_a_second_one_waits_until_the_lease_runs_out_and_takes_over(play: Play) -> None:
    one, _ = watching(play, "one")
    two, _ = watching(play, "two")
    one.tick()
    play.clock.set(at("09-24 10:00") + timedelta(seconds=9))
    again = two.tick()
    assert two.pulse.state.standby and (one.on, two.on) == (True, False)
    assert again == at("09-24 10:00") + timedelta(seconds=10)
    play.clock.set(again)  # one was killed, and prolongs its lease no more
    two.tick()
    assert not two.pulse.state.standby and two.on
    assert [kind for kind, _ in journal(play)] == ["started", "took_over"]
    assert journal(play)[1][1]["from"] == "one"


def test_a_lease_is_kept_while_nothing_is_due(play: Play) -> None:
    one, _ = watching(play, "one")
    two, _ = watching(play, "two")
    one.tick()
    for seconds in range(1, 60):
        play.clock.set(at("09-24 10:00") + timedelta(seconds=seconds))
        one.prolong()
        two.tick()
    assert two.pulse.state.standby
    assert [kind for kind, _ in journal(play)] == ["started"]


def test_one_that_wakes_after_its_lease_was_taken_writes_nothing(play: Play) -> None:
    one, _ = watching(play, "one")
    two, _ = watching(play, "two")
    one.tick()
    play.at("09-24 10:05")
    two.tick()
    play.clock.set(at("09-24 10:05") + timedelta(seconds=5))
    one.tick()
    assert one.pulse.state.standby
    assert [kind for kind, _ in journal(play)].count("started") == 1


def test_a_second_one_need_not_wait_when_the_first_stops(play: Play) -> None:
    one, _ = watching(play, "one")
    two, _ = watching(play, "two")
    one.tick()
    two.tick()
    one.end()
    two.tick()
    assert not two.pulse.state.standby


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(days=1), timedelta(hours=-1), timedelta(days=-1)])
def test_a_clock_that_is_set_is_journaled(play: Play, by: timedelta) -> None:
    watch, hands = watching(play)
    watch.tick()
    hands.clock_set(by)
    watch.tick()
    (jump,) = [body for kind, body in journal(play) if kind == "jump"]
    assert jump["seconds"] == by.total_seconds()


def test_a_machine_that_slept_is_no_clock_that_was_set(play: Play) -> None:
    watch, hands = watching(play)
    watch.tick()
    hands.sleep(timedelta(hours=8))
    watch.tick()
    kinds = {kind: body for kind, body in journal(play)}
    assert "jump" not in kinds
    assert kinds["suspended"]["seconds"] == 8 * 3600
    flags = [a for a in play.engine.case("C").case.acts if a.kind == FLAGGED]
    assert flags
    assert {f.data["lag"] > 0 for f in flags} == {True}, "and every flag of the night says so"


def test_a_tick_ends_with_its_budget_and_goes_on_at_once(play: Play) -> None:
    for i in range(7):
        play.open("desk", {"grade": "high"}, case=f"D{i}")
    watch, hands = watching(play, budget=-1.0, batch=3)
    play.at("09-24 10:40")
    assert watch.tick() == play.clock.now()
    assert watch.pulse.state.cases == 3
    watch.tick()
    later = watch.tick()
    assert watch.pulse.state.cases == 8
    assert later is not None and later > play.clock.now()
    assert hands


class Failing:
    """A store that cannot be written to while ``broken`` says so."""

    def __init__(self, store: Any) -> None:
        self._store, self.broken = store, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self) -> Any:
        if self.broken:
            raise StoreUnavailable(Text("磁盘已满", "the disk is full"))
        with self._store.write() as unit:
            yield unit


def test_it_tries_again_soon_and_then_later_when_the_store_fails(play: Play) -> None:
    store = Failing(play.engine.store)
    play.engine.store = store
    watch, _ = watching(play)
    watch.tick()
    store.broken = True
    pauses = []
    for _ in range(12):
        again = watch.tick()
        assert again is not None
        pauses.append((again - play.clock.now()).total_seconds())
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.4, 30.0)
    assert watch.pulse.state.failures == 12
    assert "the disk is full" in watch.pulse.state.error
    store.broken = False
    play.at("09-24 10:40")
    watch.tick()
    assert watch.pulse.state.error == ""
    assert watch.pulse.state.flags > 0


def test_whatever_breaks_the_watch_goes_on(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, _ = watching(play)
    watch.tick()
    with monkeypatch.context() as broken:
        broken.setattr(play.engine, "next_waking", lambda: 1 / 0)
        again = watch.tick()
    assert again is not None and again > play.clock.now()
    assert "ZeroDivisionError" in watch.pulse.state.error
    assert isinstance(watch.tick(), datetime)


def test_it_journals_its_start_though_another_daemon_was_first_with_its_entry(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, tried = play.engine.batch, []

    @contextmanager
    def failing() -> Any:
        tried.append(1)
        with batch() as found:
            yield found
            if len(tried) < 3:
                raise StaleVersion(Text("晚了", "late"))

    monkeypatch.setattr(play.engine, "batch", failing)
    watch, _ = watching(play)
    watch.tick()
    assert [kind for kind, _ in journal(play)] == ["started"]
    assert watch.pulse.state.failures == 0


def test_a_sweep_in_which_others_were_always_first_goes_on_at_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, _ = watching(play)
    watch.tick()

    def failing(*_: Any) -> Any:
        raise StaleVersion(Text("晚了", "late"))

    monkeypatch.setattr(play.engine, "sweep", failing)
    assert watch.tick() == play.clock.now()
    assert watch.pulse.state.failures == 0


def test_what_is_armed_while_it_runs_is_not_lost() -> None:
    enough, ran = Event(), []

    def run() -> None:
        ran.append(1)
        if len(ran) == 4:
            enough.set()
            return
        ticker.arm(datetime.now(UTC))
        Event().wait(0.1)  # so that the scheduler comes to it before this run has ended

    ticker = Ticker(run, 60.0, lambda: datetime.now(UTC))
    ticker.start()
    assert enough.wait(10), f"it ran {len(ran)} times and then waited for the interval"
    ticker.stop()


def test_a_run_that_arms_while_it_is_waited_for_ends() -> None:
    begun, stopping, ran = Event(), Event(), []

    def run() -> None:
        ran.append(1)
        begun.set()
        stopping.wait(10)
        Event().wait(0.1)  # so that it is being waited for by now
        ticker.arm(datetime.now(UTC))

    ticker = Ticker(run, 60.0, lambda: datetime.now(UTC))
    ticker.start()
    assert begun.wait(10)
    waiting = Thread(target=ticker.stop, daemon=True)
    waiting.start()
    stopping.set()
    waiting.join(10)
    assert not waiting.is_alive(), "the run waits for the ticker, and the ticker for the run"
    Event().wait(0.1)
    assert ran == [1]


def test_no_garbage_is_searched_for_while_a_tick_sweeps(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def sweeping(*_: object) -> Iterator[Swept]:
        seen.append(gc.isenabled())
        raise StoreUnavailable(Text("断了", "gone"), where="x")
        yield

    watch, _ = watching(play)
    monkeypatch.setattr(play.engine, "sweep", sweeping)
    watch.tick()
    assert seen == [False] and gc.isenabled()
    with uncollected(), uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
