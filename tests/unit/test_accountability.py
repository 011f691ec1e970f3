"""Accountability: a person finds, a body decides after the hearing, and nothing is computed about anybody."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories.accountability import BODY, EVIDENCE, FOUND, PROPOSED, heard, investigated
from workflow import command as c
from workflow.errors import MissingFacts, NotAllowed, Refused, WrongRole, WrongState
from workflow.obligation.row import Outcome
from workflow.organisation import Actor


def proposed() -> Play:
    play = investigated()
    play.at("09-25 09:00").fire("investigator", "find", **FOUND)
    play.at("09-25 10:00").fire("proposer", "propose", **PROPOSED)
    return play.at("09-26 09:00")


@pytest.mark.parametrize("finding", ("concealed", "false"))
def test_concealment_is_found_by_a_person_with_evidence(finding: str) -> None:
    play = investigated()
    with pytest.raises(MissingFacts):
        play.fire("investigator", "find", facts={"finding": finding})
    with pytest.raises(WrongRole):
        play.fire("proposer", "find", facts={"finding": finding}, **EVIDENCE)
    play.fire("investigator", "find", facts={"finding": finding}, **EVIDENCE)
    assert play.engine.case("C").case.facts_now()["finding"] == finding


def test_a_suspicion_is_no_finding() -> None:
    play = investigated()
    assert "finding" not in play.engine.case("C").case.facts_now()
    with pytest.raises(Refused):
        play.fire("proposer", "propose", **PROPOSED)


def test_a_finding_that_was_only_revised_into_the_case_proposes_nothing() -> None:
    play = investigated()
    play.do(c.Revise(said=play.said("decider"), facts={"finding": "concealed"}, reason="口头"))
    with pytest.raises(NotAllowed):
        play.fire("proposer", "propose", **PROPOSED)


def test_no_decision_without_the_hearing_or_its_waiver() -> None:
    play = proposed()
    with pytest.raises(WrongState):
        play.fire("decider", "decide_on", **BODY)
    play.record("proposer", "waive_hearing")  # only the person concerned can waive it
    assert play.state == ("proposed",)
    play.record("proposer", "hear", elements={"hearing": "笔录"})  # without the person it is no hearing
    assert play.state == ("proposed",)
    play.fire("person_concerned", "waive_hearing")
    play.fire("decider", "decide_on", **BODY)
    assert "decided.handling.pending" in play.state


def test_a_record_of_a_decision_without_the_hearing_decides_nothing() -> None:
    play = proposed()
    assert "not_enabled" in play.record("decider", "decide_on", **BODY).deviations
    assert play.state == ("proposed",)


def test_the_decision_is_that_of_a_body_with_a_record_of_who_took_part() -> None:
    play = heard()
    alone = {**BODY, "second": None}
    with pytest.raises(NotAllowed):
        play.fire("decider", "decide_on", **alone)
    with pytest.raises(NotAllowed):
        play.fire("decider", "decide_on", person="t04", **{**BODY, "second": Actor("decider_member", person="t04")})
    with pytest.raises(MissingFacts):
        play.fire("decider", "decide_on", **{**BODY, "elements": {"ground": "见卷", "decision_text": "批评教育"}})
    play.fire("decider", "decide_on", **BODY)


def test_the_person_concerned_may_say_something_at_any_time_and_only_they() -> None:
    play = proposed()
    words = {"elements": {"statement_text": "当晚信号中断"}}
    assert play.fire("person_concerned", "statement", **words).deviations == ()
    assert play.record("proposer", "statement", **words).deviations == ("wrong_role",)
    play.do(c.Note(said=play.said("person_concerned"), text="补充说明", kind="statement"))


def test_a_matter_is_not_archived_while_an_appeal_is_open() -> None:
    play = heard()
    play.fire("decider", "decide_on", **BODY)
    play.fire("executor", "execute", elements={"result": "已办"})
    play.fire("person_concerned", "appeal")
    with pytest.raises(NotAllowed):
        play.fire("proposer", "archive")


def test_the_sources_give_no_number_and_nothing_here_is_ever_late() -> None:
    play = heard()
    play.at("2027-09-26 09:00")
    rows = play.engine.ledger("C")
    assert rows and all(r.due is None and r.outcome in (Outcome.MET, Outcome.NOT_DUE) for r in rows)


def test_no_word_of_the_procedure_calls_anybody_guilty() -> None:
    p = Play("accountability").at("09-24 08:00").engine.rules("accountability").procedure
    words = p.model_dump_json()
    assert not any(word in words for word in ("罪", "违法者", "责任人员有错", "guilty", "culprit", "offender"))
