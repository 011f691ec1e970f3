"""What is special about the regulations that bind a hospital."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories.told import ordinary, tell
from workflow import command as c
from workflow.errors import WrongState
from workflow.obligation.row import Outcome

DISPUTE = "medical-dispute-701"


def dispute(*steps: tuple[str, ...], until: str = "", **facts: str) -> Play:
    return tell(DISPUTE, "hospital", ("09-24 09:00", "dispute"), *steps, facts={"dispute": facts}, until=until)


def test_an_autopsy_is_due_in_48_hours_and_in_7_days_where_the_body_can_be_frozen() -> None:
    play = dispute(("09-24 10:00", "patient_died"), cause_disputed="yes")
    assert play.due("autopsy") == "09-26 10:00"
    play.revise("director", freezer="yes")
    assert play.due("autopsy") == "10-02 00:00"


def test_who_does_not_consent_to_the_autopsy_ends_the_duty_to_make_it() -> None:
    play = dispute(("09-24 10:00", "patient_died"), ("09-24 12:00", "no_consent"), cause_disputed="yes")
    assert play.outcome("autopsy") == Outcome.DISCHARGED


def test_the_mediation_does_not_count_the_days_of_the_appraisal() -> None:
    plain = dispute(("10-12 09:00", "accept_people"))
    paused = dispute(("10-12 09:00", "accept_people"), ("10-19 09:00", "appraisal_begun"), ("10-26 09:00", "appraisal_ended"))
    assert plain.due("mediate_people") == "11-24 00:00"
    assert paused.due("mediate_people") == "12-01 00:00"


def test_mediation_past_its_limit_has_failed_by_itself() -> None:
    play = dispute(("10-12 09:00", "accept_people"), ("2026-11-24 09:00", "question"))
    assert "open.route.failed" in play.state
    assert play.outcome("mediate_people") == Outcome.MISSED


def test_an_agreed_extension_keeps_the_mediation_open() -> None:
    play = dispute(("10-12 09:00", "accept_people"), ("11-20 09:00", "question"))
    key = play.row("mediate_people").key
    play.do(c.Extend(said=play.said("committee"), row=key, step="ask", by="10 working days", reason="案情复杂"))
    play.do(c.Extend(said=play.said("parties"), row=key, step="grant", reason="双方同意"))
    play.at("11-25 09:00").fire("hospital", "question")
    assert "open.route.people" in play.state
    assert play.due("mediate_people") == "12-08 00:00"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("accept_people", "accept_administrative"),
        ("accept_administrative", "accept_people"),
        ("sued", "accept_people"),
        ("sued", "accept_administrative"),
    ],
)
def test_one_way_to_settle_shuts_out_the_others(first: str, second: str) -> None:
    with pytest.raises(WrongState):
        dispute(("09-25 09:00", first), ("09-25 10:00", second))


def test_a_suit_discharges_the_mediation() -> None:
    play = dispute(("09-25 09:00", "accept_people"), ("09-28 09:00", "sued"))
    assert play.outcome("mediate_people") == Outcome.DISCHARGED


def test_an_agreement_of_the_department_does_not_fulfil_the_duty_of_the_committee() -> None:
    steps = (("09-25 09:00", "accept_people"), ("09-28 09:00", "not_agreed"), ("09-29 09:00", "accept_administrative"))
    play = dispute(*steps, ("2026-12-20 09:00", "question"))
    assert (play.outcome("mediate_people"), play.outcome("mediate_administrative")) == (Outcome.MET, Outcome.MISSED)


@pytest.mark.parametrize(
    ("left_out", "breach"),
    [
        ({"present": ()}, "absent"),
        ({"second": None}, "no_second"),
        ({"elements": {"items": "病历", "copies": "各执一份"}}, "blank_element"),
    ],
)
def test_sealing_takes_both_sides_and_an_inventory_that_both_signed(left_out: dict[str, object], breach: str) -> None:
    play = dispute()
    role, event, more = ordinary(DISPUTE, "seal")
    act = play.at("09-24 10:00").fire(role, event, **{**more, **left_out}).acts[-1]
    assert breach in act.deviations
    assert "open.evidence.loose" in play.state


def test_the_hospital_does_not_unseal_alone_before_three_years() -> None:
    with pytest.raises(WrongState):
        dispute(("09-24 10:00", "seal"), ("2029-09-24 23:00", "unseal_alone"))


def test_after_three_years_without_a_further_request_the_hospital_unseals_alone() -> None:
    play = dispute(("09-24 10:00", "seal"), ("2029-09-25 09:00", "unseal_alone"))
    assert "open.evidence.unsealed" in play.state


def test_a_further_request_keeps_the_seal() -> None:
    with pytest.raises(WrongState):
        dispute(("09-24 10:00", "seal"), ("2028-01-10 10:00", "asked_again"), ("2029-09-25 09:00", "unseal_alone"))


def test_a_settled_dispute_lets_the_hospital_unseal_alone() -> None:
    play = dispute(("09-24 10:00", "seal"), ("10-10 10:00", "settled"), ("10-12 09:00", "unseal_alone"))
    assert "open.evidence.unsealed" in play.state


def test_a_body_that_nobody_collects_is_reported_to_the_department_and_to_the_police() -> None:
    play = dispute(("09-24 10:00", "patient_died"), ("10-08 23:00", "question"))
    assert play.rows("report_body") == []
    play.at("10-09 09:00").fire("hospital", "question")
    assert {r.to for r in play.rows("report_body")} == {"county_health", "county_police"}


def test_the_department_decides_on_a_mediation_in_5_working_days_from_when_it_received_the_application() -> None:
    play = dispute(("09-24 10:00", "question"))
    play.at("09-28 15:00").record("parties", "apply_administrative", happened="09-24 11:00", received="09-28 10:00")
    assert play.due("accept_administrative") == "10-11 00:00"  # from 09-24 it would be 10-09


@pytest.mark.parametrize(
    ("request_", "duty", "due"), [("apply", "decide_acceptance", "10-09 00:00"), ("ask_second", "hand_over_second", "10-06 00:00")]
)
def test_a_health_department_counts_from_when_it_received_what_was_asked(request_: str, duty: str, due: str) -> None:
    play = tell("medical-accident-351", "hospital", ("09-24 09:00", "fault"))
    play.at("09-28 15:00").record("parties", request_, happened="09-25 11:00", received="09-28 10:00")
    assert play.due(duty) == due
