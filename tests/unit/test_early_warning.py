"""What is special about a warning: who issues it, each change is passed on anew, an incident ends what was open."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories import early_warning as story
from workflow import command as c
from workflow.act import FLAGGED
from workflow.errors import Refused, WrongRole
from workflow.obligation.row import Outcome

MET, MISSED, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED


@pytest.mark.parametrize("role", ["town_office", "village_office", "police"])
def test_only_the_committee_and_the_government_issue_a_warning(role: str) -> None:
    play = story.judged()
    with pytest.raises(WrongRole):
        play.fire(role, "issue", **story.ISSUED)
    assert play.state == ("judged",)


def test_a_warning_without_a_level_is_refused() -> None:
    play = story.judged()
    with pytest.raises(Refused):
        play.fire("command", "issue", elements=story.ISSUED["elements"])


def test_a_warning_comes_after_a_judgement() -> None:
    play = Play("early-warning").at("09-24 08:00")
    play.open("informant")
    with pytest.raises(Refused):
        play.fire("command", "issue", **story.ISSUED)


def test_nobody_having_decided_whether_to_warn_stays_visible() -> None:
    play = story.judged()
    assert play.outcome("decide.warn", "09-30 08:00") is NOT_DUE
    play.at("09-30 09:00").fire("town_office", "no_warning", elements={"ground": "x"})
    assert play.outcome("decide.warn") is MISSED


def test_each_piece_of_intelligence_is_judged() -> None:
    play = story.judged()
    play.at("09-24 10:00").fire("police", "collect")
    play.at("09-24 11:00").fire("duty_officer", "collect")
    assert [r.outcome for r in play.rows("judge")] == [MET, NOT_DUE, NOT_DUE]
    play.at("09-24 12:00").fire("town_office", "judge", of=(3, 4), **story.JUDGED)
    assert [r.outcome for r in play.rows("judge")] == [MET, MET, MET]


def test_each_change_of_the_level_is_passed_on_and_acted_on_anew() -> None:
    play = story.issued()
    play.at("09-24 09:30").fire("town_office", "spread")
    play.at("09-24 10:00").fire("village_office", "measures", **story.MEASURES)
    assert play.state == ("warned.acting",)
    play.at("09-24 14:00").fire("government", "adjust", facts={"level": "red"}, elements={"ground": "人数增加"})
    assert play.state == ("warned.issued",)
    assert [r.outcome for r in play.rows("measures")] == [MET, NOT_DUE]
    assert [r.outcome for r in play.rows("spread") if r.to == "police"] == [MET, NOT_DUE]


def test_s1_2_a_warning_that_nobody_signs_for_is_the_receivers_own_lateness() -> None:
    play = story.issued()
    play.at("09-24 09:30").fire("town_office", "spread")
    play.at("09-24 10:01").engine.tick()
    assert play.outcome("spread", to="village_office") is MET
    assert play.outcome("spread.receipt", to="village_office") is MISSED


def test_s3_5_no_warning_is_late_without_a_number() -> None:
    play = story.issued()
    play.at("10-24 09:00").engine.tick()
    kept = [a.name for a in play.engine.case("C").case.acts if a.kind == FLAGGED]
    assert kept == []


def test_a_lowered_level_answers_that_the_danger_is_over_too() -> None:
    play = story.issued()
    play.at("09-24 12:00").fire("village_office", "eased")
    play.at("09-24 13:00").fire("command", "adjust", **story.LOWER)
    assert play.outcome("lift") is MET


def test_s3_3_what_was_open_is_discharged_when_it_becomes_an_incident() -> None:
    play = story.issued()
    play.at("09-24 09:30").fire("town_office", "share")
    play.procedure = "social-security-incident"
    play.at("09-24 10:00").open("duty_officer", case="I", origin="C", by="erupted")
    assert play.engine.case("I").case.opened.name == "intake"
    play.case = "C"
    assert play.state == ("incident",)
    assert play.outcome("share") is MET
    assert {play.outcome("measures"), *(r.outcome for r in play.rows("spread"))} == {DISCHARGED}


def test_s3_3_so_is_what_was_being_lifted_or_told_the_district() -> None:
    play = story.issued()
    play.at("09-24 09:30").fire("village_office", "eased")
    play.procedure = "social-security-incident"
    play.at("09-24 10:00").open("duty_officer", case="I", origin="C", by="erupted")
    play.case = "C"
    assert (play.outcome("lift"), play.outcome("share")) == (DISCHARGED, DISCHARGED)


def test_s3_3_so_is_intelligence_not_yet_judged_and_a_warning_decided_and_not_yet_issued() -> None:
    play = story.judged()
    play.at("09-24 09:10").fire("police", "collect")
    play.do(c.Decide(said=play.said("command"), decision="warn", answer=True, reason="有苗头"))
    play.procedure = "social-security-incident"
    play.at("09-24 10:00").open("duty_officer", case="I", origin="C", by="erupted")
    play.case = "C"
    assert (play.rows("judge")[-1].outcome, play.outcome("issue")) == (DISCHARGED, DISCHARGED)


def test_an_incident_that_nobody_named_moves_nothing() -> None:
    play = story.issued()
    play.at("09-24 10:00").fire("duty_officer", "erupted")
    assert play.state == ("warned.issued",)
    assert play.engine.case("C").case.acts[-1].deviations == ("no_case",)


def test_nothing_is_owed_of_a_warning_on_which_nobody_has_decided() -> None:
    assert story.judged().rows("issue") == []


def test_the_obligor_cannot_waive_its_own_measures() -> None:
    play = story.issued()
    with pytest.raises(Refused):
        play.do(c.Waive(said=play.said("village_office"), row="measures#1", ground="无关"))
    play.do(c.Waive(said=play.said("command"), row="measures#1", ground="村不涉及"))
    assert play.outcome("measures") is Outcome.WAIVED
