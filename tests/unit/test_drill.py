"""A drill on a clock that runs faster: real instants in the journal, terms on the clock of the case, dates told in real time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.play import Play, at
from workflow.act import CLOCKED, FLAGGED, UNFLAGGED
from workflow.errors import BadInput
from workflow.explain import why
from workflow.lead import leads
from workflow.moment import stamp
from workflow.obligation.paced import real_due
from workflow.obligation.row import Outcome
from workflow.pace import FASTEST, Pace
from workflow.sheet import fill
from workflow.term import Due

NOON = datetime(2026, 9, 24, 4, tzinfo=UTC)


@pytest.fixture
def play() -> Play:
    play = Play("probe").at("09-24 10:20")
    play.open("desk", drill=True, pace=60)
    return play


def test_up_to_the_opening_the_clock_of_a_drill_shows_the_real_time() -> None:
    pace = Pace(NOON, 60)
    assert pace.shown(NOON - timedelta(days=1)) == NOON - timedelta(days=1)
    assert pace.shown(NOON + timedelta(minutes=1)) == NOON + timedelta(hours=1)


def test_a_date_between_two_real_microseconds_has_a_last_one_before_and_a_first_one_after() -> None:
    pace = Pace(NOON, 60)
    odd = NOON + timedelta(microseconds=61)
    assert pace.last(odd) == NOON + timedelta(microseconds=1)
    assert pace.first(odd) == NOON + timedelta(microseconds=2)


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_date_between_two_real_microseconds_is_in_time_by_both_clocks_or_by_neither(inclusive: bool) -> None:
    """S2.1"""
    pace, odd = Pace(NOON, 60), NOON + timedelta(microseconds=61)
    counted = Due(odd, inclusive, None, False, odd, odd, None)
    real = real_due(counted, pace)
    for step in range(4):
        instant = NOON + timedelta(microseconds=step)
        assert real.in_time(instant) == counted.in_time(pace.shown(instant))


def test_the_opening_records_the_pace_and_the_instant_from_which_it_holds(play: Play) -> None:
    opened = play.engine.case("C").case.opened
    assert opened.data["pace"] == {"since": stamp(at("09-24 10:20")), "times": 60}
    assert opened.recorded == at("09-24 10:20")


def test_a_term_of_half_an_hour_is_over_after_half_a_minute(play: Play) -> None:
    row = play.row("call")
    assert row.due is not None and row.due.instant == at("09-24 10:20:30")
    assert play.at("09-24 10:20:30").outcome("call") == Outcome.NOT_DUE
    assert play.at("09-24 10:20:31").outcome("call") == Outcome.MISSED


def test_a_term_of_days_is_counted_on_the_calendar_of_the_clock_of_the_case(play: Play) -> None:
    row = play.row("answer")  # 5 days from 24 September, rolled over: the end of the 29th, 5 days 13 hours 40 minutes later
    assert row.due is not None and row.due.instant == at("09-24 10:20") + timedelta(minutes=133, seconds=40)
    assert row.counted[-1].due is not None and row.counted[-1].due.instant == at("09-30 00:00")


def test_a_transition_of_the_clock_comes_so_much_sooner(play: Play) -> None:
    play.at("09-24 10:21").record("desk", "step")
    play.at("09-24 11:10").engine.tick()  # two days after the step, whose day is not counted: at the end of the 26th
    assert play.state == ("open.two",)
    (slept,) = [a for a in play.at("09-24 11:25").engine.tick()[0].acts if a.kind == CLOCKED]
    assert slept.name == "sleep"
    assert slept.happened.lo == at("09-24 10:20") + timedelta(hours=61, minutes=40) / 60


def test_reminders_come_on_the_clock_of_the_case_and_say_that_it_is_practice(play: Play) -> None:
    play.at("09-24 10:20:40").engine.tick()
    told = [a for a in play.engine.case("C").case.acts if a.kind in (FLAGGED, UNFLAGGED)]
    assert told and all(a.data["drill"] is True for a in told)
    (reminder,) = [a for a in told if a.name == "county/boss#1" and a.data["flag"] == "tier"]
    assert reminder.data["at"] == stamp(at("09-24 10:20:15"))  # 5 minutes before the 20 minutes are over


def test_the_flags_of_a_real_case_do_not_say_that_it_is_practice() -> None:
    play = Play("probe").at("09-24 10:20")
    play.open("desk")
    play.at("09-24 10:51").engine.tick()
    told = [a for a in play.engine.case("C").case.acts if a.kind == FLAGGED]
    assert told and not any("drill" in a.data for a in told)


def test_what_is_missed_in_a_drill_is_no_lead(play: Play) -> None:
    play.at("09-24 10:22")
    standing, now = play.engine.case("C"), at("09-24 10:22").astimezone(UTC)
    rows = play.engine.ledger("C")
    assert any(r.outcome == Outcome.MISSED and r.duty.obligation.missed.lead for r in rows)
    assert leads(standing.case, rows, play.engine.world(standing), now) == []


def test_how_long_it_took_is_told_on_the_clock_of_the_case(play: Play) -> None:
    play.at("09-24 10:20:20").record("desk", "call")
    assert play.row("call").elapsed == timedelta(minutes=20)


def test_the_wait_of_the_daemon_is_real(play: Play) -> None:
    (entry,) = play.engine.cases()
    assert entry.next_at is not None and at("09-24 10:20") < entry.next_at <= at("09-24 10:20:30")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_explanation_says_both_dates_and_that_it_is_practice(play: Play, lang: str) -> None:
    standing = play.engine.case("C")
    row = play.row("answer")
    text = "\n".join(why(row, standing.case, play.engine.world(standing)).lines("zh" if lang == "zh" else "en"))
    first = text.splitlines()[0]
    assert "2026-09-24" in first and "12:33:40" in first
    assert ("演练" if lang == "zh" else "drill") in text and "×60" in text and "2026-09-29" in text


@pytest.mark.parametrize("pace", [0, -1, FASTEST + 1])
def test_a_pace_that_no_clock_has_is_refused(pace: int) -> None:
    play = Play("probe").at("09-24 10:20")
    with pytest.raises(BadInput):
        play.open("desk", drill=True, pace=pace)


def test_only_the_clock_of_a_drill_runs_faster() -> None:
    with pytest.raises(BadInput):
        Play("probe").at("09-24 10:20").open("desk", pace=2)


def test_the_sheet_of_a_drill_shows_an_order_carried_out_in_its_own_minutes() -> None:
    play = Play("social-security-incident").at("09-24 10:20")
    play.open("informant", {"class": "mass", "knew": "2026-09-24 10:20:00"}, drill=True, pace=60)
    play.at("09-24 10:20:10").record("commander", "order", elements={"order": "封控路口"})
    play.at("09-24 10:20:22").record("scene_head", "carried_out", elements={"result": "已封控"})
    standing = play.engine.case("C")
    world = play.engine.world(standing)
    assert world.rules.procedure.sheet is not None
    lines = {f.name: f for f in fill(world.rules.procedure.sheet, standing.case, play.engine.ledger("C"), {}, [], world)}
    assert [d.length for d in lines["orders"].durations] == [timedelta(minutes=12)]
