"""A week in which a village and the town report day by day, and one in which a village does not."""

from __future__ import annotations

from functools import partial

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "sensitive-period"
OPENER = "town_office"

ROSTER = {"elements": {"roster": "甲、乙轮值"}}
DAILY = {"elements": {"situation": "平稳", "measures": "巡查"}}
SUMMARY = {"elements": {"summary": "全程平稳"}}


def begun(reporter: str) -> Play:
    play = Play(PROCEDURE).at("09-28 10:00")
    play.open(OPENER, {"kind": "sensitive", "reporter": reporter})
    return play


def village() -> Play:
    """From the evening of one day to the evening of the next: a handover, a zero report, a daily report."""
    play = begun("village")
    play.at("09-29 15:00").fire("village_office", "roster", **ROSTER)
    play.at("09-29 18:00").fire(OPENER, "begin")
    play.at("09-30 07:50").fire("village_office", "on_watch")
    play.fire("village_office", "zero_report")
    play.at("09-30 15:50").fire("village_office", "daily_report", **DAILY)
    play.at("09-30 18:00").fire(OPENER, "end")
    play.at("10-01 10:00").fire("village_office", "sum_up", **SUMMARY)
    return play


def town() -> Play:
    play = begun("town")
    play.at("09-29 15:00").fire("town_office", "roster", **ROSTER)
    play.at("09-29 18:00").fire("district_office", "begin")
    play.at("09-30 07:50").fire("duty_officer", "on_watch")
    play.at("09-30 08:50").fire("duty_officer", "zero_report")
    play.at("09-30 16:50").fire("town_office", "daily_report", **DAILY)
    play.at("09-30 18:00").fire("district_office", "end")
    play.at("10-01 10:00").fire("town_office", "sum_up", **SUMMARY)
    return play


def silent(reporter: str) -> Play:
    """Nobody takes the watch over or reports, and the period is archived without a summary."""
    play = begun(reporter)
    play.at("09-29 18:00").fire(OPENER, "begin")
    play.at("09-30 18:00").fire(OPENER, "end")
    play.at("10-01 10:00").fire(OPENER, "archive")
    return play


_DUTIES = ("roster", "watch", "report", "sum_up")

MET: dict[str, Story] = {f"{duty}_village": village for duty in _DUTIES} | {f"{duty}_town": town for duty in _DUTIES}
MISSED: dict[str, Story] = {f"{duty}_{who}": partial(silent, who) for duty in ("watch", "report", "sum_up") for who in ("village", "town")}

_ROSTER: Step = ("village_office", "roster", ROSTER)
_BEGIN: Step = (OPENER, "begin", {})
_END: Step = (OPENER, "end", {})
_DAILY: Step = ("village_office", "daily_report", DAILY)
_ZERO: Step = ("village_office", "zero_report", {})
_RUNNING: tuple[Step, ...] = (_ROSTER, ("village_office", "on_watch", {}), ("village_office", "incident", {}), _DAILY, _ZERO)

COURSES: tuple[tuple[Step, ...], ...] = (
    (
        (OPENER, "arrange", {"facts": {"kind": "security", "reporter": "village"}}),
        _ROSTER,
        _BEGIN,
        *_RUNNING,
        _END,
        _DAILY,
        _ZERO,
        ("village_office", "sum_up", SUMMARY),
        (OPENER, "archive", {}),
    ),
    (_ROSTER, _END),
)
