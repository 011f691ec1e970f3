"""S3.4: what a record leaves open of its times decides nothing; each granularity, from the log to the outcome, with both bounds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.eventlog import read_log
from tests.audited import CALENDAR, judged, rules
from tests.play import at
from workflow.logmap import read_map
from workflow.moment import Moment
from workflow.obligation.row import Row
from workflow.replay import Judged, replay_log


def of_log(tmp_path: Path, lines: list[str], term: str, more: str = "") -> Row:
    """The row of a log that is read with a map, as an office would give it."""
    (tmp_path / "log.csv").write_text("c,a,t,d\n" + "\n".join(lines) + "\n", encoding="utf-8")
    columns = "columns: {case: c, activity: a, time: t, date_only: d}"
    activities = "activities: {s: start, h: hold, r: resume, x: cancel, d: done}"
    log_map = read_map(f"procedure: audited\n{columns}\nzone: Asia/Shanghai\n{activities}\n{more}", "map.yaml")
    read = read_log(tmp_path / "log.csv", log_map)
    found: list[Judged] = []
    replay_log(read.cases, log_map, [rules(term)], CALENDAR, read=0, ignored=0, unreadable=0, as_of=at("12-31 12:00"), each=found.append)
    (row,) = found[0].rows
    return row


MINUTE = 'formats: "%Y-%m-%d %H:%M"\n'


@pytest.mark.parametrize(
    ("more", "start", "done", "outcome"),
    [
        ("", "2026-03-02 09:00:00", "2026-03-02 13:00:00", "met"),
        ("", "2026-03-02 09:00:00", "2026-03-02 13:00:01", "met_late"),
        ("granularity: minute\n", "2026-03-02 09:00:00", "2026-03-02 13:00:00", "undeterminable"),
        ("granularity: minute\n", "2026-03-02 09:00:00", "2026-03-02 12:59:00", "met"),
        ("granularity: minute\n", "2026-03-02 09:00:00", "2026-03-02 13:01:00", "met_late"),
        (MINUTE, "2026-03-02 09:00", "2026-03-02 13:00", "undeterminable"),
    ],
)
def test_late_by_less_than_a_minute_is_no_finding_where_the_log_knows_the_minute(
    tmp_path: Path, more: str, start: str, done: str, outcome: str
) -> None:
    row = of_log(tmp_path, [f"C,s,{start},", f"C,d,{done},"], "4 hours", more)
    assert row.outcome == outcome
    if outcome == "undeterminable":
        assert row.reason == "granularity" and row.bounds is not None
        assert row.bounds[1] - row.bounds[0] == timedelta(seconds=59, microseconds=999_999)


@pytest.mark.parametrize(
    ("start", "done", "outcome"),
    [
        ("2026-03-02", "2026-03-02 03:59:00", "met"),
        ("2026-03-02", "2026-03-02 15:00:00", "undeterminable"),
        ("2026-03-02", "2026-03-03 04:00:01", "met_late"),
        ("2026-03-02 21:00:00", "2026-03-03", "undeterminable"),
        ("2026-03-02 09:00:00", "2026-03-03", "met_late"),
        ("2026-03-02", "2026-03-02", "undeterminable"),
        ("2026-03-02", "2026-03-03", "undeterminable"),
        ("2026-03-02", "2026-03-04", "met_late"),
    ],
)
def test_an_hour_does_not_follow_from_a_day(tmp_path: Path, start: str, done: str, outcome: str) -> None:
    lines = [
        f"C,{name},{when if ' ' in when else when + ' 00:00:00'},{'' if ' ' in when else 'true'}"
        for name, when in (("s", start), ("d", done))
    ]
    assert of_log(tmp_path, lines, "4 hours").outcome == outcome


def test_days_follow_from_days(tmp_path: Path) -> None:
    lines = ["C,s,2026-03-02 00:00:00,true", "C,d,2026-03-07 00:00:00,true"]
    assert of_log(tmp_path, lines, "5 days").outcome == "met"
    assert of_log(tmp_path, [lines[0], "C,d,2026-03-08 00:00:00,true"], "5 days").outcome == "met_late"


def between(first: str, last: str) -> Moment:
    return Moment(at(first), at(last))


def outcome(term: str, *course: tuple[str, str | Moment]) -> tuple[str, str]:
    (row,) = judged(rules(term), *course).rows
    return row.outcome.value, row.reason


def test_s3_3_a_discharge_that_may_have_come_too_late_is_neither_a_discharge_nor_a_miss() -> None:
    start = ("start", "03-02 09:00")
    assert outcome("4 hours", start, ("cancel", between("03-02 12:00", "03-02 13:00"))) == ("discharged", "")
    assert outcome("4 hours", start, ("cancel", between("03-02 12:00", "03-02 13:01"))) == ("undeterminable", "granularity")
    assert outcome("4 hours", start, ("cancel", between("03-02 13:01", "03-02 14:00"))) == ("missed", "")
    late = ("done", "03-02 15:00")
    assert outcome("4 hours", start, ("cancel", between("03-02 12:00", "03-02 14:00")), late) == ("undeterminable", "granularity")
    assert outcome("4 hours", start, ("cancel", between("03-02 12:00", "03-02 14:00")), ("done", "03-02 12:30")) == ("met", "")


def test_s3_3_with_an_uncertain_start_a_discharge_decides_only_if_it_came_before_the_earliest_due_date() -> None:
    start = ("start", between("03-02 09:00", "03-02 11:00"))
    assert outcome("4 hours", start, ("cancel", "03-02 12:59"))[0] == "discharged"
    assert outcome("4 hours", start, ("cancel", "03-02 14:00"))[0] == "undeterminable"
    assert outcome("4 hours", start, ("cancel", "03-02 15:01"))[0] == "missed"


def test_whichever_came_first_of_an_act_and_a_discharge_in_time_nothing_was_late() -> None:
    course = ("start", "03-02 09:00"), ("cancel", "03-02 12:30"), ("done", between("03-02 12:00", "03-02 14:00"))
    assert outcome("4 hours", *course)[0] == "discharged"


def test_s8_4_a_pause_whose_end_is_uncertain_leaves_the_due_date_between_two_bounds() -> None:
    course = ("start", "03-02 09:00"), ("hold", "03-02 10:00"), ("resume", between("03-02 11:00", "03-02 12:00"))
    (row,) = judged(rules("4 hours"), *course, ("done", "03-02 14:30")).rows
    assert row.outcome == "undeterminable" and row.bounds == (at("03-02 14:00"), at("03-02 15:00"))
    assert outcome("4 hours", *course, ("done", "03-02 14:00")) == ("met", "")
    assert outcome("4 hours", *course, ("done", "03-02 15:01")) == ("met_late", "")


def test_s8_4_a_pause_that_may_have_been_none_counts_for_neither_side() -> None:
    """It began somewhere between 10 and 12 o'clock and was over at 11: at the shortest it was none."""
    course = ("start", "03-02 09:00"), ("hold", between("03-02 10:00", "03-02 12:00")), ("resume", "03-02 11:00")
    (row,) = judged(rules("4 hours"), *course, ("done", "03-02 13:30")).rows
    assert row.outcome == "undeterminable" and row.bounds == (at("03-02 13:00"), at("03-02 14:00"))
