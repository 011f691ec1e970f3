"""A clock that ran ahead and was put right: what it flagged too early is withdrawn once, and what is due then is flagged when it is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import apscheduler.schedulers.base
import pytest

from adapters.daemon.pulse import Pulse
from adapters.daemon.ticker import Every, Ticker
from adapters.daemon.watch import Settings, Watch
from adapters.organisations import read_organisation
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from tests.fault.site import DATA, ROUTING
from tests.play import Play, at
from tests.unit.test_daemon import Hands
from workflow.act import FLAGGED, UNFLAGGED
from workflow.audit import audit_store
from workflow.monitor import JUMP, MONITOR
from workflow.outbox import SWEPT
from workflow.procedure.load import load

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TEN = at("09-24 10:00")


@pytest.fixture(params=["memory", "sqlite"])
def play(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Play]:
    """At 10:01, one minute after a case was opened whose call is due at 10:04 and whose reminder falls at 10:02."""
    play = Play("errand").at("09-24 10:00")
    play.engine.store = MemoryStore() if request.param == "memory" else SqlStore.open(str(tmp_path / "duban.db"))
    play.engine.add(load((DATA / "errand.yaml").read_bytes(), "errand.yaml"))
    play.engine.organise(read_organisation(DATA / "watchhouse.yaml"))
    play.engine.routing = ROUTING
    play.open("desk", unit="v2")
    play.clock.set(TEN + MINUTE)
    play.engine.tick()
    yield play
    play.engine.close()


def said(play: Play, row: str = "call/boss#1") -> list[str]:
    """What was said of a row, in order."""
    acts = play.engine.case("C").case.acts
    told = [a for a in acts if a.kind in (FLAGGED, UNFLAGGED) and a.name == row]
    return [f"tier {a.data['tier']}" if a.data["flag"] == "tier" else str(a.data["flag"]) for a in told]


def ticked(play: Play, when: datetime) -> list[str]:
    before = said(play)
    play.clock.set(when)
    play.engine.tick()
    return said(play)[len(before) :]


@pytest.mark.parametrize("jump", [HOUR, DAY], ids=["hour", "day"])
def test_a_clock_that_jumped_ahead_and_back_withdraws_once_and_flags_again_when_it_is_due(play: Play, jump: timedelta) -> None:
    assert ticked(play, TEN + MINUTE + jump) == ["missing", "tier 0", "tier 1"]
    assert ticked(play, TEN + 2 * MINUTE) == ["withdrawn"]
    assert ticked(play, TEN + 2 * MINUTE) == ticked(play, TEN + 3 * MINUTE) == []
    assert ticked(play, TEN + 5 * MINUTE) == ["missing"]
    assert ticked(play, TEN + 10 * MINUTE) == ticked(play, TEN + jump + HOUR) == [], "no tier fires twice when its time really comes"
    with play.engine.store.read() as view:
        assert audit_store(view).findings == ()
        assert [c.tier for c in view.claims("C") if c.row == "call/boss#1"] == ["missing", "missing#2", "tier 0", "tier 1", "withdrawn"]


def test_what_was_put_off_by_the_wrong_clock_waits_no_longer(play: Play) -> None:
    ticked(play, TEN + DAY)
    with play.engine.store.write() as unit:
        leased = [m.id for m in unit.take_messages(TEN + DAY, "me", TEN + DAY + 5 * MINUTE, 2, "sms")]
    ticked(play, TEN + 2 * MINUTE)
    with play.engine.store.write() as unit:
        assert unit.mark(SWEPT) == "2026-09-24T02:02:00.000000Z"
        taken = unit.take_messages(TEN + 2 * MINUTE, "other", TEN + 7 * MINUTE, 99, "sms")
    assert {m.id for m in taken if m.doubtful} == set(leased)


def test_clocks_of_two_daemons_that_differ_by_seconds_withdraw_nothing(play: Play) -> None:
    due = TEN + 4 * MINUTE + timedelta(seconds=1)
    assert ticked(play, due + timedelta(seconds=2)) == ["missing", "tier 0"]
    for late in (-3, 2, -2, 3):
        assert ticked(play, due + timedelta(seconds=late)) == []
    with play.engine.store.read() as view:
        assert audit_store(view).findings == ()


def test_a_lease_that_a_wrong_clock_took_for_tomorrow_holds_up_nobody(play: Play) -> None:
    first, second = (Watch(play.engine, Settings(name, alone=True), Pulse(), Hands(play)) for name in ("first", "second"))
    play.clock.set(TEN + DAY)
    first.tick()
    play.clock.set(TEN + 2 * MINUTE)
    second.tick()
    assert not second.pulse.state.standby
    assert said(play)[-1] == "withdrawn"


def test_a_watch_that_lives_through_it_journals_both_jumps(play: Play) -> None:
    hands = Hands(play)
    watch = Watch(play.engine, Settings("one", alone=True), Pulse(), hands)
    watch.tick()
    for by in (DAY, -DAY):
        hands.clock_set(by)
        watch.tick()
    with play.engine.store.read() as view:
        jumps = [e.body["seconds"] for e in view.entries(MONITOR) if e.kind == JUMP]
    assert jumps == [86400, -86400]
    assert said(play) == ["missing", "tier 0", "tier 1", "withdrawn"]


def test_a_night_asleep_is_swept_at_once_and_blamed_on_nobody(play: Play) -> None:
    hands = Hands(play)
    watch = Watch(play.engine, Settings("one", alone=True), Pulse(), hands)
    watch.tick()
    hands.sleep(9 * HOUR)
    watch.tick()
    assert said(play) == ["missing", "tier 0", "tier 1"]
    flag = play.engine.case("C").case.kind(FLAGGED, "call/boss#1")[-1]
    assert flag.data["unwatched"] == ["2026-09-24T02:01:00.000000Z", "2026-09-24T11:01:00.000000Z"]


class Wall(datetime):
    """The wall clock of the scheduler, set by a test."""

    off = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + cls.off


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["ahead", "back"])
def test_the_ticker_runs_at_once_when_the_clock_was_set_and_goes_on_at_its_interval(
    monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Wall)
    monkeypatch.setattr(Wall, "off", timedelta(0))
    ran: list[datetime] = []
    enough = {count: Event() for count in (1, 3)}

    def run() -> None:
        ran.append(Wall.now(UTC))
        if len(ran) in enough:
            enough[len(ran)].set()

    ticker = Ticker(run, 1.0, lambda: Wall.now(UTC))
    ticker.start()
    assert enough[1].wait(5)
    Wall.off = jump
    ticker.follow()
    assert enough[3].wait(8), f"it ran {len(ran)} times"
    ticker.stop()


def test_an_interval_keeps_its_step_and_counts_nothing_up_that_a_leap_of_the_clock_passed_over() -> None:
    second = timedelta(seconds=1)
    every = Every(30.0)
    assert every.get_next_fire_time(None, TEN) == TEN + 30 * second
    assert every.get_next_fire_time(TEN, TEN + second) == TEN + 30 * second
    assert every.get_next_fire_time(TEN, TEN + 20_000 * DAY) == TEN + 20_000 * DAY + 30 * second
