"""A year that is appraised, objected to and appraised again; none of its duties has a number."""

from __future__ import annotations

from tests.play import Play, at
from tests.stories import Step, Story
from tests.stories.told import town

PROCEDURE = "appraisal"
OPENER = "bureau"  # only so that the courses have one: the sweep opens a period

ACCOUNT = {"elements": {"account": "a"}}
APPRAISED = {"facts": {"score": "92.5"}, "elements": {"opinion": "a"}}
OBJECTION = {"elements": {"statement": "a"}}


def appraised() -> Play:
    play = Play(PROCEDURE, engine=town(PROCEDURE)).at("01-01 00:00")
    play.engine.tick()
    play.case = play.engine.period_case(PROCEDURE, "town", at("01-01 00:00"))
    play.at("12-20 09:00").fire("judicial_office", "account", **ACCOUNT)
    play.at("12-28 09:00").fire("bureau", "appraise", **APPRAISED)
    play.at("12-29 09:00").fire("judicial_office", "object", **OBJECTION)
    play.at("12-30 09:00").fire("bureau", "revised", **APPRAISED)
    play.at("12-31 09:00").fire("bureau", "close")
    return play


MET: dict[str, Story] = dict.fromkeys(("account", "appraise", "answer_objection"), appraised)
MISSED: dict[str, Story] = {}

COURSES: tuple[tuple[Step, ...], ...] = (
    (
        ("judicial_office", "account", ACCOUNT),
        ("bureau", "appraise", APPRAISED),
        ("judicial_office", "object", OBJECTION),
        ("bureau", "revised", APPRAISED),
        ("bureau", "close", {}),
    ),
)
