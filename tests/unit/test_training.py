"""What is special about training and exchange: a quarter of a town, audiences, places, lessons taken up (rows A35–A37, B28, C13)."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from tests.stories import contingency_plan as plans
from tests.stories import exchange, procedure_of
from tests.stories import training as story
from workflow.act import FLAGGED
from workflow.errors import NotAllowed
from workflow.obligation.row import Outcome


def test_each_town_has_one_case_a_quarter() -> None:
    play = story.begun()
    play.at("08-15 09:00").engine.tick()
    play.at("10-01 00:00").engine.tick()
    towns = {row.id for row in play.engine.cases("training")}
    assert {"training.town.2026-Q3", "training.town.2026-Q4"} < towns and len(towns) == 4


@pytest.mark.parametrize("audience", ["leaders", "staff", "teams"])
def test_training_any_of_the_three_audiences_is_the_training_of_the_quarter(audience: str) -> None:
    play = story.begun()
    play.at("09-30 16:00").fire(story.OFFICE, f"train_{audience}", **story.TRAINED)
    assert play.outcome("train") == Outcome.MET


@pytest.mark.parametrize("place", ["community", "countryside", "enterprise", "school"])
def test_publicity_in_any_of_the_four_places_says_where_and_in_which_form(place: str) -> None:
    play = story.begun()
    assert play.fire(story.VILLAGE, place).deviations == ("blank_element",)
    other = story.begun()
    other.fire(story.VILLAGE, place, **story.HELD)
    assert other.outcome("publicise") == Outcome.MET


def test_publicity_is_no_training() -> None:
    play = story.begun()
    play.fire(story.VILLAGE, "school", **story.HELD)
    assert play.outcome("train") == Outcome.NOT_DUE
    assert play.due("train") == "10-01 00:00"


def test_a_quarter_without_training_is_flagged_and_training_afterwards_stays_late() -> None:
    play = story.begun()
    play.at("10-01 00:00").engine.tick()
    flags = {a.name for a in play.engine.case(play.case).case.acts if a.kind == FLAGGED and "lead" in a.data}
    assert any(name.startswith("train") for name in flags)
    play.at("10-05 09:00").fire(story.OFFICE, "train_staff", **story.TRAINED)
    assert play.outcome("train") == Outcome.MET_LATE


def test_a_quarter_is_archived_when_everything_is_done_or_on_a_ground() -> None:
    play = story.begun()
    with pytest.raises(NotAllowed):
        play.fire(story.OFFICE, "close")
    done = story.kept()
    done.at("09-30 09:00").fire(story.OFFICE, "close")
    assert done.state == ("closed",)


def test_an_exchange_is_closed_when_every_lesson_was_taken_up() -> None:
    play = exchange.played(exchange.HELD, exchange.MINUTES, exchange.LEARNED, exchange.LEARNED, exchange.TAKEN)
    with pytest.raises(NotAllowed):
        play.fire(exchange.OFFICE, "close")
    play.fire(exchange.OFFICE, "taken_up", elements={"result": "已培训"})
    play.fire(exchange.OFFICE, "close")
    assert play.state == ("closed",)


@pytest.mark.parametrize("source", ["exchange", "social-security-incident"])
def test_a_lesson_that_is_passed_on_is_owed_by_the_plan(source: str) -> None:
    plan = plans.made()
    play = Play(source, engine=plan.engine).at("06-08 09:00")
    play.open("town_office", {"class": "mass"} if source != "exchange" else {}, case="S")
    way = ("hold",) if source == "exchange" else ("activate", "under_control")
    for event in way:
        wanted = dict.fromkeys(procedure_of(source).events[event].record, "x")
        play.fire("town_office", event, elements=wanted)
    play.fire("town_office", "pass_lesson", other=plan.case)
    assert [r.open for r in plan.rows("revise_by_lesson")] == [True]
    assert play.engine.case("S").case.acts[-1].recorded == at("06-08 09:00")
