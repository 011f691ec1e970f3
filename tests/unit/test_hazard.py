"""What is special about hazards and mediation: a limit for each, reviews that fail, records that age, what becomes of them."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories import hazard as story
from tests.stories import mediation, procedure_of
from tests.stories.told import ordinary, tell
from workflow import command as c
from workflow.errors import Refused
from workflow.obligation.row import Outcome

MET, MISSED, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED


def play(play: Play, when: str, event: str, **facts: str) -> Play:
    role, name, more = ordinary("hazard", event, facts or None)
    play.at(when).fire(role, name, **more)
    return play


@pytest.fixture
def ordered() -> Play:
    """Ordered on 25 September to be treated by 15 October."""
    return tell("hazard", "village_office", *story.BEGUN, facts=story.FACTS)


def test_no_order_goes_out_without_a_limit() -> None:
    begun = tell("hazard", "village_office", *story.BEGUN[:3], facts=story.FACTS)
    role, name, more = ordinary("hazard", "order")
    with pytest.raises(Refused):
        begun.at("09-25 10:00").fire(role, name, **more)
    assert begun.outcome("order") is NOT_DUE and begun.state == ("rated",)


def test_the_treatment_is_due_at_the_end_of_the_day_that_was_set(ordered: Play) -> None:
    assert ordered.due("treat") == "10-16 00:00"


def test_a_failed_review_brings_a_new_order_with_a_limit_of_its_own(ordered: Play) -> None:
    play(ordered, "10-14 16:00", "treated")
    play(ordered, "10-15 09:00", "fail")
    assert [r.outcome for r in ordered.rows("order")] == [MET, NOT_DUE]
    play(ordered, "10-15 10:00", "order", limit="2026-10-30")
    assert [r.outcome for r in ordered.rows("treat")] == [MET, NOT_DUE]
    play(ordered, "10-29 10:00", "treated")
    assert [r.outcome for r in ordered.rows("treat")] == [MET, MET]


def test_s8_4_an_extension_is_granted_by_the_committee_and_not_by_the_owner(ordered: Play) -> None:
    ordered.at("10-10 09:00").do(c.Extend(said=ordered.said("hazard_owner"), row="treat", step="ask", by="10 days", reason="雨"))
    with pytest.raises(Refused):
        ordered.do(c.Extend(said=ordered.said("hazard_owner"), row="treat", step="grant", reason="同意"))
    ordered.do(c.Extend(said=ordered.said("command"), row="treat", step="grant", reason="同意"))
    assert ordered.due("treat") == "10-26 00:00"


def test_supervision_comes_with_the_limit_and_a_circular_after_it(ordered: Play) -> None:
    ordered.at("10-30 00:00").engine.tick()
    told = [a.data.get("tell") for a in ordered.engine.case("C").case.acts if a.kind == "flagged" and "tier" in a.data]
    assert told == [["hazard_owner"], ["hazard_owner", "town_office"], ["command", "government"]]


def test_promise_4_the_age_of_a_record_is_shown_and_nothing_is_stale_by_a_number(ordered: Play) -> None:
    play(ordered, "10-08 09:00", "verify")
    first, second = ordered.rows("verify", "2027-10-08 09:00")
    assert (first.outcome, second.outcome) == (MET, NOT_DUE)
    assert second.begin is not None and second.begin.moment.lo.isoformat() == "2026-10-08T01:00:00+00:00"  # last verified


def test_a_hazard_that_becomes_an_incident_is_over_and_owes_nothing_more(ordered: Play) -> None:
    opening = c.Open(said=ordered.said("duty_officer"), what="聚集", where="中庄村", told_by="村", origin="C", by="erupted")
    ordered.at("10-08 09:00").engine.open_case("social-security-incident", opening, case="I")
    assert ordered.state == ("incident",) and ordered.outcome("treat") is DISCHARGED
    assert ordered.engine.case("I").case.acts[0].name == "intake"


def test_a_warning_does_not_end_the_hazard(ordered: Play) -> None:
    opening = c.Open(said=ordered.said("town_office"), what="串联", where="中庄村", told_by="村", origin="C", by="warn")
    ordered.at("10-08 09:00").engine.open_case("early-warning", opening, case="W")
    assert ordered.state == ("treating",) and ordered.engine.case("W").case.acts[0].name == "raised"


def test_groups_and_domains_are_lists_and_no_fact_names_a_person() -> None:
    facts = procedure_of("hazard").facts
    assert (len(facts["domain"].of), len(facts["group"].of)) == (8, 6)
    assert not [name for name, fact in facts.items() if fact.type in ("person", "text")]


def test_an_answer_that_is_not_accepted_stays_in_time_and_is_given_again() -> None:
    told = tell(
        "mediation", "town_office", *mediation.BEGUN, ("09-24 15:00", "mediate"), ("09-25 10:00", "answer"), ("09-28 10:00", "unsatisfied")
    )
    assert [r.outcome for r in told.rows("answer")] == [MET, NOT_DUE]
    assert told.state == ("assigned",)


def test_a_warning_is_owed_once_it_is_decided_that_it_may_harm_stability() -> None:
    told = tell("mediation", "town_office", *mediation.BEGUN)
    assert [r.outcome for r in told.rows("warning")] != [MET]
    mediation.decided(told)
    assert told.outcome("warning") is NOT_DUE
    role, name, more = ordinary("mediation", "warning")
    told.at("09-24 11:00").fire(role, name, **more)
    assert told.outcome("warning") is MET


def test_what_is_owed_of_a_second_matter_can_be_done_once_the_first_is_followed_up() -> None:
    told = mediation.two_matters()
    for duty in ("assign", "mediate", "answer", "follow_up"):
        assert [r.outcome for r in told.rows(duty)] == [MET, MET], duty
    assert not [a for a in told.engine.case(told.case).case.acts if a.deviations]
    assert told.state == ("followed_up",)


def test_two_matters_that_are_handed_over_together_are_answered_and_followed_up_one_by_one() -> None:
    steps = [("09-24 09:30", "assign"), ("09-24 10:00", "mediate"), ("09-24 11:00", "answer")]
    steps += [("09-24 12:00", "satisfied"), ("09-24 13:00", "mediate"), ("09-24 14:00", "answer"), ("09-24 15:00", "satisfied")]
    told = tell("mediation", "town_office", mediation.BEGUN[0], ("09-24 08:30", "claim"), mediation.BEGUN[1], *steps)
    open_ = [row.key for row in told.engine.ledger(told.case) if row.open and not row.duty.id.startswith("decide.")]
    assert open_ == [] and not [a for a in told.engine.case(told.case).case.acts if a.deviations]


def test_a_warning_that_is_decided_on_after_the_follow_up_can_still_be_given() -> None:
    steps = (("09-24 09:10", "mediate"), ("09-24 09:20", "answer"), ("09-24 09:30", "satisfied"))
    told = tell("mediation", "town_office", *mediation.BEGUN, *steps)
    mediation.decided(told)
    role, name, more = ordinary("mediation", "warning")
    done = told.at("09-24 11:00").fire(role, name, **more)
    assert (done.deviations, told.outcome("warning"), told.state) == ((), MET, ("followed_up",))
