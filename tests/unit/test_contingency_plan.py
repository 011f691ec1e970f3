"""What is special about a plan: its two sections, its versions, its manual, and what asks for a revision (rows A13, B05–B07, B11, C05)."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories import contingency_plan as story
from workflow.case.link import linked
from workflow.errors import MissingFacts, WrongRole
from workflow.obligation.row import Outcome

OWNER, ISSUER = story.OWNER, story.ISSUER


def reviewed() -> Play:
    play = Play(story.PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "special", "class": "mass"})
    return story.steps(play, story.MADE[:2])


@pytest.mark.parametrize("left_out", ["prevention", "handling"])
def test_a_plan_without_one_of_the_two_sections_cannot_be_issued(left_out: str) -> None:
    play = reviewed()
    sections = {k: v for k, v in story.SECTIONS["elements"].items() if k != left_out}
    with pytest.raises(MissingFacts):
        play.fire(ISSUER, "issue", elements=sections)


def test_its_owner_cannot_issue_it() -> None:
    with pytest.raises(WrongRole):
        reviewed().fire(OWNER, "issue", **story.SECTIONS)


def test_a_special_plan_must_say_for_which_class_of_incident() -> None:
    play = Play(story.PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "special"})
    assert play.fire(OWNER, "submit_review").acts[0].deviations == ("missing_facts",)
    other = Play(story.PROCEDURE).at("03-02 09:00")
    other.open(OWNER, {"kind": "grassroots"})
    assert other.fire(OWNER, "submit_review").acts[0].deviations == ()


def test_a_version_needs_its_number_to_come_into_force() -> None:
    play = story.steps(reviewed(), story.MADE[2:4])
    with pytest.raises(MissingFacts):
        play.fire(ISSUER, "take_effect")
    assert play.state == ("making.filed",)


def test_the_version_in_force_stays_so_while_the_next_one_is_made() -> None:
    play = story.steps(story.made(), story.REVISED[:-1], "04")
    assert play.state == ("in_force.refiled",)
    play.fire(*story.REVISED[-1][:2], facts={"edition": 2})
    assert play.state == ("in_force.current",)


def test_a_plan_in_force_without_a_manual_shows_the_gap_until_there_is_one() -> None:
    play = story.made()
    assert play.row("manual").open
    play.at("06-01 09:00").fire(OWNER, "adopt_manual", **story.MANUAL)
    assert play.outcome("manual") == Outcome.MET


def test_each_revision_asks_for_its_own_manual() -> None:
    play = story.made()
    play.fire(OWNER, "adopt_manual", **story.MANUAL)
    story.steps(play, story.REVISED, "04")
    assert [r.open for r in play.rows("manual_update")] == [True]


def test_a_plan_that_is_not_on_the_years_list_has_no_date() -> None:
    play = Play(story.PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "grassroots"})
    assert play.due("establish") == ""
    play.revise("filing_office", this_year="yes")
    assert play.due("establish") == "01-01 00:00"


def test_nobody_but_the_filing_authority_puts_a_plan_on_the_years_list() -> None:
    play = Play(story.PROCEDURE).at("03-02 09:00")
    play.open(OWNER, {"kind": "grassroots"})
    with pytest.raises(WrongRole):
        play.revise(OWNER, this_year="no")


def test_a_new_version_answers_all_that_it_names_and_otherwise_the_oldest() -> None:
    def asked_twice() -> tuple[Play, list[int]]:
        play = story.made()
        finding = [(OWNER, "finding_raised", story.FINDING)]
        story.steps(play, (*finding, *finding, *story.REVISED[:-1]), "04")
        return play, [r.begin.act for r in play.rows("revise_by_drill") if r.begin is not None]

    play, _ = asked_twice()
    play.at("05-01 09:00").fire(ISSUER, "take_effect", facts={"edition": 2})
    assert [r.open for r in play.rows("revise_by_drill")] == [False, True]
    play, asks = asked_twice()
    play.at("05-01 09:00").fire(ISSUER, "take_effect", facts={"edition": 2}, of=tuple(asks))
    assert [r.open for r in play.rows("revise_by_drill")] == [False, False]


def test_revising_promptly_has_no_number_and_is_never_late() -> None:
    play = story.steps(story.made(), ((OWNER, "finding_raised", story.FINDING),), "04")
    assert play.outcome("revise_by_drill", "2030-04-03 09:00") == Outcome.NOT_DUE
    assert play.due("revise_by_drill") == ""


def test_a_decision_not_to_revise_needs_its_ground() -> None:
    play = story.steps(story.made(), ((OWNER, "finding_raised", story.FINDING),), "04")
    with pytest.raises(MissingFacts):
        play.fire(ISSUER, "decline_revision")
    play.fire(ISSUER, "decline_revision", **story.GROUND)
    assert play.outcome("revise_by_drill") == Outcome.MET


def test_plans_that_link_with_each_other_show_it_on_both_sides() -> None:
    town = story.made()
    village = Play(story.PROCEDURE, engine=town.engine).at("05-04 09:00")
    village.open(OWNER, {"kind": "grassroots"}, case="V")
    village.fire(OWNER, "link_plan", other=town.case)
    assert town.outcome("link") == Outcome.MET
    assert [(link.case, link.event) for _, link in linked(town.engine.case(town.case).case)] == [("V", "link_plan")]


def test_the_lesson_of_an_incident_asks_for_a_revision() -> None:
    play = story.steps(story.made(), (("town_office", "lesson_passed", {}),), "04")
    assert [r.open for r in play.rows("revise_by_lesson")] == [True]
