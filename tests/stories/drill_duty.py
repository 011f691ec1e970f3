"""A month in which the town drills, and one in which it does not."""

from __future__ import annotations

from tests.play import Play, at
from tests.stories import Step, Story
from tests.stories.told import town

PROCEDURE = "drill-duty"
OPENER = "drill_organiser"  # only so that the courses have one: the sweep opens a period
ORGANISER, SUPERVISOR = "drill_organiser", "drill_supervisor"

DRILLED = {"elements": {"drill": "封控与疏散", "participants": "民兵应急分队"}}
INSPECTED = {"elements": {"inspection": "按计划进行"}}
GROUND = {"elements": {"ground": "汛期,下月补练"}}


def begun(unit: str = "town") -> Play:
    """The sweep opens the period of every unit of the example town that set a frequency; this is that of one of them."""
    play = Play(PROCEDURE, engine=town(PROCEDURE, "drill")).at("01-01 00:00")
    play.engine.tick()
    play.case = play.engine.period_case(PROCEDURE, unit, at("01-01 00:00"))
    return play


def kept() -> Play:
    play = begun()
    play.at("01-21 09:00").fire(ORGANISER, "drilled", **DRILLED)
    return play


def left() -> Play:
    return begun().at("02-01 00:00")


MET: dict[str, Story] = {"drill": kept}
MISSED: dict[str, Story] = {"drill": left}

COURSES: tuple[tuple[Step, ...], ...] = (
    ((SUPERVISOR, "inspected", INSPECTED), (ORGANISER, "counted", {}), (ORGANISER, "drilled", DRILLED), (ORGANISER, "close", {})),
    ((SUPERVISOR, "close_unfinished", GROUND),),
)
