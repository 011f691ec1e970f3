"""How often a unit drills is its own (rows A30, B10, C14): the example town monthly, its villages yearly, others not by a date."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from tests.stories import drill as drills
from tests.stories import drill_duty as story
from tests.stories.told import town
from workflow.act import FLAGGED
from workflow.errors import NotAllowed
from workflow.obligation.row import Outcome
from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition


@pytest.mark.parametrize(("unit", "due"), [("town", "02-01 00:00"), ("zhongzhuang", "01-01 00:00"), ("xiazhuang", "01-01 00:00")])
def test_each_unit_owes_as_often_as_it_set(unit: str, due: str) -> None:
    assert story.begun(unit).due("drill") == due


def test_a_town_that_set_no_frequency_owes_no_drill() -> None:
    play = story.begun()
    play.at("2027-01-10 00:00").engine.tick()
    assert {row.unit for row in play.engine.cases("drill-duty")} == {"town", "zhongzhuang", "xiazhuang"}


def test_a_month_without_a_drill_is_flagged_and_one_held_afterwards_stays_late() -> None:
    play = story.left()
    play.engine.tick()
    flags = [a for a in play.engine.case(play.case).case.acts if a.kind == FLAGGED and "lead" in a.data]
    assert flags and play.outcome("drill") == Outcome.MISSED
    play.at("02-03 09:00").fire(story.ORGANISER, "drilled", **story.DRILLED)
    assert play.outcome("drill") == Outcome.MET_LATE


def test_the_case_of_a_drill_counts_for_the_period_once_it_is_held() -> None:
    duty = story.begun()
    drill = Play(drills.PROCEDURE, engine=duty.engine).at("01-20 08:00")
    drill.open(drills.OPENER, case="D", unit="town")
    early = drill.record(drills.ORGANISER, "count_drill", other=duty.case)
    assert early.deviations == ("not_enabled",)
    drills.course(drill, *drills.HELD, (drills.ORGANISER, "count_drill", {"other": duty.case}))
    first, second = duty.engine.case(duty.case).case.events("counted")
    assert (first.deviations, second.deviations) == (("other_side",), ())


def test_a_period_is_archived_when_the_drill_was_held_or_on_a_ground() -> None:
    play = story.begun()
    with pytest.raises(NotAllowed):
        play.fire(story.ORGANISER, "close")
    play.fire(story.ORGANISER, "drilled", **story.DRILLED)
    play.fire(story.ORGANISER, "close")
    assert play.state == ("closed",)


LEVELS = """
procedure: watch
version: "1"
zh: 值守
en: watch
roles: {desk: {zh: 值班, en: desk, level: village}}
initial: open
states: {open: {zh: 在办, en: open}}
period: {every: year, level: LEVEL}
events: {begin: {zh: 开始, en: begin, opens: true, by: engine, basis: unit}}
"""


@pytest.mark.parametrize(
    ("level", "units"),
    [("district", {"district"}), ("[district, town]", {"district", "town", "neighbour-town"})],
)
def test_s7_3_a_recurring_duty_may_be_owed_on_several_levels(level: str, units: set[str]) -> None:
    play = Play("watch", engine=town()).at("01-01 00:00")
    play.engine.add(load(LEVELS.replace("LEVEL", level).encode(), "watch.yaml"))
    play.engine.tick()
    assert {row.unit for row in play.engine.cases("watch")} == units
    assert play.engine.period_case("watch", "district", at("06-01 00:00")) == "watch.district.2026"


def test_a_recurring_duty_without_a_level_is_refused() -> None:
    with pytest.raises(BrokenDefinition, match=r"period\.level"):
        load(LEVELS.replace("LEVEL", "[]").encode(), "watch.yaml")
