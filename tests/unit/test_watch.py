"""The sweep as a daemon rests on it: transactions of many cases, claims, parked cases, the mark, lags and reminders that are overtaken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.play import Play, at
from workflow.act import FLAGGED
from workflow.case.flags import tier_instants
from workflow.engine import Engine
from workflow.errors import SweepIncomplete
from workflow.journal.entry import Entry
from workflow.moment import stamp, unstamp
from workflow.outbox import SWEPT

HOUR = timedelta(hours=1)


def opened(count: int = 1) -> Play:
    play = Play("probe").at("09-24 10:00")
    play.engine.tick()  # the first sweep of a store announces the calendar
    for i in range(count):
        play.open("desk", {"grade": "high"}, case=f"C{i}")
    return play


def mark(engine: Engine) -> str:
    with engine.store.read() as view:
        return view.mark(SWEPT)


def acts(play: Play, case: str = "C0") -> list[Entry]:
    """The flags of a case as they lie in the journal."""
    with play.engine.store.read() as view:
        return [e for e in view.entries(case) if e.kind == FLAGGED]


def flags(play: Play, case: str = "C0") -> list[dict[str, Any]]:
    return [dict(e.body["data"]) for e in acts(play, case)]  # type: ignore[call-overload]


def break_case(play: Play, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As if the journal of a case could not be read."""
    reading = play.engine.sources.standing

    def standing(view: Any, case: str, *more: Any) -> Any:
        if case in names:
            raise RuntimeError("it cannot be read")
        return reading(view, case, *more)

    monkeypatch.setattr(play.engine.sources, "standing", standing)


def test_cases_are_swept_many_in_one_transaction_until_none_is_left() -> None:
    play = opened(7)
    play.at("09-24 13:00")
    sizes = [(part.claimed, len(part.done)) for part in play.engine.sweep(3)]
    assert sizes == [(3, 3), (3, 3), (1, 1)]
    assert [flags(play, f"C{i}") == flags(play) != [] for i in range(7)] == [True] * 7
    assert [part.claimed for part in play.engine.sweep(3)] == [0]


def test_whoever_stops_in_between_loses_nothing() -> None:
    play = opened(5)
    play.at("09-24 13:00")
    next(iter(play.engine.sweep(2)))
    done = [r.case for part in play.engine.sweep(2) for r in part.done]
    assert done == ["C2", "C3", "C4"]


def test_the_mark_moves_with_what_was_handled_and_to_now_when_nothing_is_left() -> None:
    play = opened(3)
    play.at("09-24 13:00")
    parts = play.engine.sweep(2)
    next(parts)
    assert at("09-24 10:00") <= unstamp(mark(play.engine)) < at("09-24 13:00")
    list(parts)
    assert mark(play.engine) == stamp(at("09-24 13:00"))


def test_what_was_said_is_claimed_with_its_due_revision() -> None:
    play = opened()
    play.at("09-24 13:00").engine.tick()
    with play.engine.store.read() as view:
        claims = {(c.row, c.tier): c for c in view.claims("C0")}
    call = claims["call/boss#1", "missing"]
    assert (call.revision, call.due, call.said) == (1, at("09-24 10:30"), at("09-24 13:00"))
    assert len(claims) == len(flags(play))


def test_a_flag_that_comes_late_by_us_says_since_when_nobody_looked() -> None:
    play = opened()
    play.at("09-24 10:10").engine.tick()
    play.at("09-24 13:00").engine.tick()
    missing = next(f for f in flags(play) if f["flag"] == "missing" and f["due"] == stamp(at("09-24 10:30")))
    assert missing["unwatched"] == [stamp(at("09-24 10:10")), stamp(at("09-24 13:00"))]
    assert missing["lag"] == 2.5 * 3600


def test_a_flag_in_time_says_nothing_of_the_kind() -> None:
    play = opened()
    play.at("09-24 10:29").engine.tick()
    play.clock.set(at("09-24 10:30") + timedelta(seconds=1))
    play.engine.tick()
    missing = next(f for f in flags(play) if f["flag"] == "missing" and f["due"] == stamp(at("09-24 10:30")))
    assert "lag" not in missing and "unwatched" not in missing


def test_what_came_to_light_later_is_no_fault_of_the_watch() -> None:
    """A case that is entered a day after it happened: the sweep was there all the time."""
    play = Play("probe").at("09-25 10:00")
    play.engine.tick()
    play.open("desk", happened="09-24 10:00", case="C0")
    play.clock.set(at("09-25 10:00") + timedelta(seconds=5))
    play.engine.tick()
    missing = [f for f in flags(play) if f["flag"] == "missing"]
    assert missing
    assert not any("lag" in f or "unwatched" in f for f in missing)


def test_a_reminder_that_makes_no_sense_any_more_is_recorded_and_not_sent() -> None:
    """The clerk is told at once that it is missing; the reminder of the day before is history."""
    play = opened()
    play.at("09-24 10:16").engine.tick()  # the reminder of the county rule, 5 minutes before 10:20, is told in time
    told = [f for f in flags(play) if f["flag"] == "tier"]
    assert [f.get("skipped") for f in told] == [None]

    play = opened()
    play.at("09-24 13:00").engine.tick()
    (told,) = [f for f in flags(play) if f["flag"] == "tier" and f["tell"] == ["desk"] and f["at"] == stamp(at("09-24 10:15"))]
    assert told["skipped"] is True


def test_a_reminder_is_sent_late_when_nobody_else_tells_its_people() -> None:
    play = opened()
    play.at("10-15 13:00").engine.tick()  # 'answer' is due on 10-15 at 24:00, its reminder was at 09:00
    (told,) = [f for f in flags(play) if f["flag"] == "tier" and f["tell"] == ["desk"] and f["at"] == stamp(at("10-15 09:00"))]
    assert "skipped" not in told and told["lag"] == 4 * 3600


def test_a_case_that_cannot_be_swept_is_parked_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    play = opened(3)
    play.at("09-24 13:00")
    with monkeypatch.context() as broken:
        break_case(play, broken, "C1")
        with pytest.raises(SweepIncomplete) as raised:
            play.engine.tick()
        assert list(raised.value.broken) == ["C1"]
        with play.engine.store.read() as view:
            (parked,) = view.parked()
        assert (parked.case, parked.tries, parked.code) == ("C1", 1, "internal")
        assert parked.reason == "RuntimeError", "what an error quotes is nobody's business"
        assert {c: bool(acts(play, c)) for c in ("C0", "C1", "C2")} == {"C0": True, "C1": False, "C2": True}
        assert play.engine.tick() == [], "it rests until it may be tried again"
        play.clock.set(parked.until)
        with pytest.raises(SweepIncomplete):
            play.engine.tick()
        with play.engine.store.read() as view:
            (again,) = view.parked()
        assert (again.tries, again.since, again.until - play.clock.now()) == (2, parked.since, 2 * (parked.until - parked.since))
    play.clock.set(again.until)
    assert [r.case for r in play.engine.tick()] == ["C1"]
    with play.engine.store.read() as view:
        assert list(view.parked()) == []


def test_a_parked_case_is_tried_every_hour_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    play = opened()
    play.at("09-24 13:00")
    break_case(play, monkeypatch, "C0")
    for _ in range(12):
        with pytest.raises(SweepIncomplete):
            play.engine.tick()
        with play.engine.store.read() as view:
            (parked,) = view.parked()
        last, play.clock = play.clock.now(), play.clock
        play.clock.set(parked.until)
    assert parked.until - last == HOUR


def test_the_next_waking_is_the_first_thing_that_may_be_due() -> None:
    play = opened()
    play.engine.tick()
    with play.engine.store.read() as view:
        first = view.next_waking()
    assert first == at("09-24 10:10") + timedelta(microseconds=1) or first == at("09-24 10:15")


def test_a_date_that_a_pause_moves_is_told_once_the_pause_has_ended() -> None:
    play = opened()
    play.case = "C0"

    def said(flag: str) -> list[tuple[object, object]]:
        return [(f["old"], f["new"]) for f in flags(play) if f["flag"] == flag]

    play.at("09-25 10:00").fire("boss", "hold")
    for day in ("09-26", "09-28", "10-12"):
        play.at(f"{day} 10:00").engine.tick()
    assert said("moved") == [], "nobody knows yet what the date will be"
    play.fire("boss", "resume")
    play.engine.tick()
    row = play.row("answer")
    assert row.due is not None
    assert row.revisions[0].due is not None
    assert said("moved") == [(stamp(row.revisions[0].due.instant), stamp(row.due.instant))]


def test_nobody_is_reminded_while_a_clock_stands_still() -> None:
    play = opened()
    play.case = "C0"
    play.at("09-29 10:00").fire("boss", "hold")
    play.at("10-20 10:00").engine.tick()
    assert not [f for f in flags(play) if f["flag"] == "tier" and f["tell"] == ["boss"]]
    assert not any(a.name == "answer/other#1" for a in play.engine.case("C0").case.acts)
    play.fire("boss", "resume")
    while (wakes := play.engine.next_waking()) is not None and wakes < at("12-30 00:00"):
        play.clock.set(max(wakes, play.clock.now()))
        play.engine.tick()
    assert [a.data["flag"] for a in play.engine.case("C0").case.acts if a.name == "answer/other#1"].count("tier") == 2


def before_the_reminder() -> Play:
    """An hour before the reminder of the answer, 10-15 09:00."""
    play = opened()
    play.case = "C0"
    row = play.row("answer")
    assert dict(tier_instants(row, play.engine.world(play.engine.case("C0"))))[0] == at("10-15 09:00")
    play.at("10-15 08:00").engine.tick()
    return play


@pytest.mark.parametrize(("swept", "lag"), [("10:00", None), ("10:30", 1800)])
def test_a_reminder_that_fell_into_a_pause_of_that_day_could_be_said_once_its_end_was_entered(swept: str, lag: int | None) -> None:
    play = before_the_reminder()
    play.fire("boss", "hold")
    play.at("10-15 09:00").engine.tick()
    play.at("10-15 10:00").fire("boss", "resume")
    assert len(play.row("answer").revisions) == 1, "a pause of some hours moves no date of days"
    play.at(f"10-15 {swept}").engine.tick()
    (said,) = [a for a in play.engine.case("C0").case.acts if a.kind == FLAGGED and a.name == "answer/other#1"]
    assert (said.data["tier"], said.data.get("lag"), "unwatched" in said.data) == (0, lag, lag is not None)


def test_a_pause_that_began_after_a_reminder_fell_is_no_reason_why_it_was_not_said() -> None:
    play = before_the_reminder()
    play.at("10-15 09:30").fire("boss", "hold")
    play.at("10-15 10:00").fire("boss", "resume")
    play.engine.tick()
    (said,) = [a for a in play.engine.case("C0").case.acts if a.kind == FLAGGED and a.name == "answer/other#1"]
    assert said.data["lag"] == 3600
