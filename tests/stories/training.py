"""A quarter in which the town trains and informs, and one in which it does neither."""

from __future__ import annotations

from tests.play import Play, at
from tests.stories import Step, Story
from tests.stories.told import town

PROCEDURE = "training"
OPENER = "town_office"  # only so that the courses have one: the sweep opens a quarter
OFFICE, VILLAGE = "town_office", "village_office"

PLAN = {"elements": {"training_plan": "年度培训计划"}}
TRAINED = {"elements": {"topic": "信息报告", "attendance": "应到 20 人,实到 19 人"}}
HELD = {"elements": {"place": "中学", "form": "知识讲座"}}
AIRED = {"elements": {"medium": "广播", "form": "专栏"}}
GROUND = {"elements": {"ground": "汛期,下季度补办"}}


def begun() -> Play:
    """The sweep opens the quarter of every town."""
    play = Play(PROCEDURE, engine=town(PROCEDURE)).at("07-01 00:00")
    play.engine.tick()
    play.case = play.engine.period_case(PROCEDURE, "town", at("07-01 00:00"))
    return play


def kept() -> Play:
    play = begun()
    play.at("07-06 09:00").fire(OFFICE, "plan", **PLAN)
    play.at("08-12 09:00").fire(OFFICE, "train_leaders", **TRAINED)
    play.at("09-02 09:00").fire(VILLAGE, "school", **HELD)
    return play


def left() -> Play:
    """Nothing was done, and the case was archived so afterwards."""
    play = begun()
    play.at("10-08 09:00").fire("government", "close_unfinished", **GROUND)
    return play


MET: dict[str, Story] = dict.fromkeys(["train", "publicise", "plan"], kept)
MISSED: dict[str, Story] = dict.fromkeys(["train", "publicise", "plan"], left)

_ALL: tuple[Step, ...] = (
    (OFFICE, "plan", PLAN),
    *((OFFICE, f"train_{audience}", TRAINED) for audience in ("leaders", "staff", "teams")),
    *((VILLAGE, place, HELD) for place in ("community", "countryside", "enterprise", "school")),
    (OFFICE, "media", AIRED),
)

COURSES: tuple[tuple[Step, ...], ...] = (
    (*_ALL, (OFFICE, "close", {})),
    (("government", "close_unfinished", GROUND),),
)
