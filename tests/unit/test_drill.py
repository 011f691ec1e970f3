"""What is special about a drill: latency from the ledger, four points, open findings, its plan (rows B09, B11, B29–B32)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.play import Play
from tests.stories import contingency_plan as plans
from tests.stories import drill as story
from workflow import command as c
from workflow.case.link import linked
from workflow.errors import MissingFacts, NotAllowed
from workflow.obligation.row import Outcome


def with_plan() -> tuple[Play, Play]:
    """A plan in force, and a drill that is held, on one engine."""
    plan = plans.made()
    drill = Play(story.PROCEDURE, engine=plan.engine).at("06-08 08:00")
    drill.open(story.OPENER, case="D")
    return plan, story.course(drill, *story.HELD)


def test_the_latency_of_an_order_is_from_the_order_to_its_execution() -> None:
    play = story.course(story.planned(), *story.HELD[:2])
    play.at("06-08 09:00").fire(story.COMMANDER, "order", **story.ORDER)
    play.at("06-08 09:05").fire(story.COMMANDER, "order", **story.ORDER)
    first, second = (r.begin.act for r in play.rows("carry_out") if r.begin is not None)
    play.at("06-08 09:07").fire(story.FORCE, "carried_out", of=(second,), **story.DONE)
    play.at("06-08 09:30").fire(story.FORCE, "carried_out", of=(first,), **story.DONE)
    assert [r.elapsed for r in play.rows("carry_out")] == [timedelta(minutes=30), timedelta(minutes=2)]


def test_a_drill_without_form_and_forces_has_no_scheme() -> None:
    assert "missing_facts" in story.planned().fire(story.ORGANISER, "make_scheme", elements={"drill_scheme": "方案"}).deviations


@pytest.mark.parametrize("left_out", range(4))
def test_a_drill_is_not_closed_before_all_four_points_are_evaluated(left_out: int) -> None:
    play = story.course(story.held(), *(step for n, step in enumerate(story.EVALUATED) if n != left_out))
    with pytest.raises(NotAllowed) as refused:
        play.fire(*story.CLOSE[:2])
    assert refused.value.hint is not None and refused.value.hint.zh == "未了:评估" + ("预案", "指挥", "处置", "队伍")[left_out]
    story.course(play, story.EVALUATED[left_out], story.CLOSE)
    assert play.state == ("closed",)


def test_the_command_is_evaluated_by_four_questions() -> None:
    for question in story.EVALUATED[1][2]["facts"]:
        facts = {k: v for k, v in story.EVALUATED[1][2]["facts"].items() if k != question}
        act = story.held().fire(story.EVALUATOR, "evaluate_command", facts=facts, **story.SEEN)
        assert act.deviations == ("missing_facts",)


def test_each_open_finding_holds_up_the_end_of_the_drill() -> None:
    play = story.course(story.held(), *story.EVALUATED, story.FOUND, story.FOUND)
    for answer in (story.ANSWERED, (story.OWNER, "plan_revised", {})):
        with pytest.raises(NotAllowed):
            play.fire(*story.CLOSE[:2])
        story.course(play, answer)
    story.course(play, story.CLOSE)
    assert play.state == ("closed",)


def test_a_finding_may_be_waived_by_the_supervisor_and_by_nobody_else() -> None:
    play = story.course(story.held(), *story.EVALUATED, story.FOUND)
    waiver = "answer_finding/drill_evaluator#1"
    for role in (story.OWNER, story.ORGANISER):
        with pytest.raises(Exception, match="may not"):
            play.do(c.Waive(said=play.said(role), row=waiver, ground="重复"))
    play.do(c.Waive(said=play.said("drill_supervisor"), row=waiver, ground="重复"))
    story.course(play, story.CLOSE)
    assert play.state == ("closed",)


def test_revising_by_the_result_is_prompt_and_has_no_date() -> None:
    play = story.course(story.held(), story.FOUND)
    assert (play.due("answer_finding"), play.outcome("answer_finding", "2030-01-01 00:00")) == ("", Outcome.NOT_DUE)


def test_a_finding_asks_the_plan_for_a_revision_and_the_new_version_answers_the_drill() -> None:
    plan, drill = with_plan()
    story.course(drill, *story.EVALUATED, story.FOUND, (story.EVALUATOR, "ask_revision", {"other": plan.case}))
    assert [r.open for r in plan.rows("revise_by_drill")] == [True]
    plans.steps(plan, (*plans.REVISED, (plans.OWNER, "report_to_drill", {"other": "D"})), "07")
    assert plan.outcome("revise_by_drill") == Outcome.MET
    assert drill.outcome("answer_finding") == Outcome.MET
    assert [(link.case, link.way) for _, link in linked(drill.engine.case("D").case)] == [(plan.case, "to"), (plan.case, "from")]


def test_a_drill_registered_with_its_plan_shows_there_as_held() -> None:
    plan, drill = with_plan()
    plan.at("06-08 07:00")
    plan.fire(plans.OWNER, "schedule_drill", **plans.SCHEDULED)
    story.course(drill.at("06-08 10:00"), (story.ORGANISER, "register_drill", {"other": plan.case}))
    assert plan.outcome("drill") == Outcome.MET


def test_a_drill_that_is_not_held_is_cancelled_with_its_ground() -> None:
    with pytest.raises(MissingFacts):
        story.planned().fire(story.ORGANISER, "cancel")
    assert story.stopped().state == ("cancelled",)
