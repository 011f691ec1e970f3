"""What is special about instructions: each is a duty of its own, sending back opens another, only the leader confirms."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories import instruction as story
from tests.stories.told import tell
from workflow import command as c
from workflow.act import FLAGGED
from workflow.errors import Refused, WrongRole
from workflow.obligation.row import Outcome

MET, NOT_DUE = Outcome.MET, Outcome.NOT_DUE
RESULT = {"elements": {"result": "已办"}}
FAULT = {"elements": {"fault": "不清楚"}}


@pytest.fixture
def play() -> Play:
    """Two instructions, both handed over (#2, #4)."""
    return tell(
        "instruction", "town_office", story.BEGUN, ("09-24 08:10", "assign"), ("09-24 09:00", "instruct"), ("09-24 09:10", "assign")
    )


def test_each_instruction_is_answered(play: Play) -> None:
    play.at("09-24 10:00").fire("responsible_unit", "feedback", **RESULT)
    assert [r.outcome for r in play.rows("feedback")] == [MET, NOT_DUE]


def test_an_answer_names_the_instruction_that_it_answers(play: Play) -> None:
    play.at("09-24 10:00").fire("responsible_unit", "feedback", of=(3,), **RESULT)
    assert [r.outcome for r in play.rows("feedback")] == [NOT_DUE, MET]


def test_the_time_of_an_answer_counts_from_the_instruction_and_not_from_its_handing_over(play: Play) -> None:
    play.at("09-24 10:00").fire("responsible_unit", "feedback", **RESULT)
    begin = play.rows("feedback")[0].begin
    assert begin is not None and begin.act == 1


def test_s6_1_sending_back_leaves_the_first_answer_in_time_and_opens_a_duty_of_its_own(play: Play) -> None:
    play.at("09-24 10:00").fire("responsible_unit", "feedback", **RESULT)
    play.at("09-24 11:00").fire("leader", "returned", **FAULT)
    assert play.state == ("assigned",)
    assert play.rows("feedback")[0].outcome is MET
    assert play.outcome("feedback_again") is NOT_DUE
    play.at("09-24 12:00").fire("responsible_unit", "feedback_again", **RESULT)
    assert play.outcome("feedback_again") is MET
    assert [r.outcome for r in play.rows("feedback")] == [MET, NOT_DUE]


def test_the_leader_owes_a_word_on_every_answer(play: Play) -> None:
    play.at("09-24 10:00").fire("responsible_unit", "feedback", **RESULT)
    play.at("09-24 10:30").fire("responsible_unit", "feedback", **RESULT)
    play.at("09-24 11:00").fire("leader", "returned", **FAULT)
    assert [r.outcome for r in play.rows("confirm")] == [MET, NOT_DUE]


@pytest.mark.parametrize("role", ["responsible_unit", "town_office", "duty_officer"])
def test_nobody_confirms_for_the_leader(play: Play, role: str) -> None:
    play.at("09-24 10:00").fire("responsible_unit", "feedback", **RESULT)
    with pytest.raises(WrongRole):
        play.fire(role, "confirm")


def test_without_a_number_no_answer_is_late(play: Play) -> None:
    play.at("2027-09-24 10:00").engine.tick()
    assert [r.outcome for r in play.rows("feedback")] == [NOT_DUE, NOT_DUE]


def test_an_instruction_without_an_answer_is_a_lead_when_its_case_is_archived(play: Play) -> None:
    for minute, (role, event, more) in enumerate(
        [("responsible_unit", "feedback", RESULT), ("leader", "returned", FAULT), ("responsible_unit", "feedback", RESULT)], 10
    ):
        play.at(f"09-24 10:{minute}").fire(role, event, **more)
    play.at("09-24 11:00").fire("leader", "confirm")
    play.fire("town_office", "close")
    play.engine.tick()
    leads = {(a.name.split("/")[0], a.data["lead"]) for a in play.engine.case("C").case.acts if a.kind == FLAGGED and "lead" in a.data}
    assert leads == {("feedback_again", "unanswered_instruction")}


def test_the_leader_may_waive_an_answer_and_the_unit_may_not(play: Play) -> None:
    row = play.rows("feedback")[0].key
    with pytest.raises(Refused):
        play.do(c.Waive(said=play.said("responsible_unit"), row=row, ground="已电话答复"))
    play.do(c.Waive(said=play.said("leader"), row=row, ground="已当面答复"))
    assert play.rows("feedback")[0].outcome is Outcome.WAIVED
