"""A day of a village's watch that is kept, and one on which nobody is there."""

from __future__ import annotations

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from tests.stories import Step, Story

PROCEDURE = "duty-watch"
OPENER = "duty_officer"  # only so that the courses have one: the sweep opens a day

ROSTER = {"elements": {"on_duty": "甲、乙", "leader": "丙"}}
HANDOVER = {"elements": {"on_duty": "甲", "pending": "无"}}
ENTRY = {"elements": {"entry": "无异常"}}
LINES = {"elements": {"channels": "电话、对讲机正常"}}
FAILED = {"elements": {"channel": "固定电话"}}
MATTER = {"elements": {"matter": "借用车辆"}}
SUMMARY = {"elements": {"summary": "全天平稳"}}


def begun() -> Play:
    """The sweep opens the day of every village of the example town; this is that of 中庄村."""
    play = Play(PROCEDURE).at("09-24 00:00")
    play.engine.organise(shipped_organisation("town"))
    play.engine.tick()
    play.case = play.engine.period_case(PROCEDURE, "zhongzhuang", at("09-24 00:00"))
    return play


def kept() -> Play:
    play = begun()
    play.at("09-24 08:20").fire("village_office", "handover", **HANDOVER)
    play.at("09-24 08:40").fire("village_office", "roster", **ROSTER)
    play.at("09-24 08:50").fire("village_office", "contact_check", **LINES)
    play.at("09-24 10:00").fire("village_office", "log", **ENTRY)
    play.at("09-24 12:00").fire("duty_officer", "call")
    play.at("09-24 12:10").fire("village_office", "answer")
    play.at("09-24 14:00").fire("village_office", "channel_failed", **FAILED)
    play.at("09-24 14:30").fire("village_office", "channel_restored")
    play.at("09-24 17:00").fire("village_office", "summary", **SUMMARY)
    play.at("09-24 20:50").fire("village_office", "contact_check", **LINES)
    return play


def deserted() -> Play:
    play = begun()
    play.at("09-24 12:00").fire("duty_officer", "call")
    play.at("09-24 12:05").fire("duty_officer", "channel_failed", **FAILED)
    play.at("09-26 00:00").engine.tick()
    return play


_DUTIES = ("roster", "handover", "log", "contact_check", "restore", "answer", "summary")

MET: dict[str, Story] = dict.fromkeys(_DUTIES, kept)
MISSED: dict[str, Story] = dict.fromkeys(_DUTIES, deserted)

_HANDOVER: Step = ("village_office", "handover", HANDOVER)
_BOTH: tuple[Step, ...] = (
    ("village_office", "log", ENTRY),
    ("village_office", "coordinate", MATTER),
    ("village_office", "contact_check", LINES),
    ("village_office", "channel_failed", FAILED),
    ("village_office", "channel_restored", {}),
    ("village_office", "answer", {}),
    ("village_office", "summary", SUMMARY),
)
_DAY: tuple[Step, ...] = (("village_office", "roster", ROSTER), ("duty_officer", "call", {}), *_BOTH)

COURSES: tuple[tuple[Step, ...], ...] = (
    (*_DAY, _HANDOVER, _HANDOVER, *_DAY),
    *((step,) for step in [*_DAY, _HANDOVER]),
    (
        ("village_office", "log", {**ENTRY, "at": "09-25 08:30"}),
        *((role, event, {**more, "at": "09-25 09:00"}) for role, event, more in _BOTH),
    ),
    (("village_office", "log", {**ENTRY, "at": "09-26 09:00"}),),
)
