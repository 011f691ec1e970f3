"""What is special about consultations and joint meetings: as often as the unit set, what is decided is followed up (S7.3)."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from tests.stories import consultation, joint_meeting
from tests.stories.consultation import begun, told
from workflow import command as c
from workflow import organisation
from workflow.act import FLAGGED
from workflow.errors import Refused
from workflow.obligation.row import Outcome

MET, MISSED, NOT_DUE = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE
BOTH = ("consultation", "joint-meeting")
DONE = {"elements": {"result": "已办"}}


@pytest.mark.parametrize("procedure", BOTH)
def test_promise_4_a_town_that_set_no_frequency_owes_no_meeting(procedure: str) -> None:
    play = Play(procedure).at("09-01 00:00")
    town = {"units": [{"id": "town", "zh": "镇", "en": "town", "level": "town"}]}
    play.engine.organise(organisation.entries(town, lambda text: at(f"{text} 00:00")))
    play.engine.tick()
    play.at("12-01 00:00").engine.tick()
    assert [row.id for row in play.engine.cases() if row.procedure == procedure] == []


@pytest.mark.parametrize(("every", "due"), [("month", "10-01 00:00"), ("quarter", "10-01 00:00"), ("week", "09-07 00:00")])
@pytest.mark.parametrize("procedure", BOTH)
def test_s7_3_a_meeting_is_due_at_the_end_of_the_period_that_the_town_set(procedure: str, every: str, due: str) -> None:
    play = Play(procedure).at("06-15 00:00")
    town = {"units": [{"id": "town", "zh": "镇", "en": "town", "level": "town", "periods": {procedure: every}}]}
    play.engine.organise(organisation.entries(town, lambda text: at(f"{text} 00:00")))
    play.at("09-01 00:00").engine.tick()
    play.case = play.engine.period_case(procedure, "town", at("09-01 00:00"))
    assert play.due("hold") == due


@pytest.mark.parametrize("procedure", BOTH)
def test_a_meeting_that_is_called_for_a_reason_owes_minutes_and_not_the_period(procedure: str) -> None:
    play = Play(procedure).at("09-24 08:00")
    play.open("town_office", event={"consultation": "called", "joint-meeting": "call"}[procedure])
    assert play.rows("hold") == []
    told(play, ("09-24 09:00", "hold"))
    assert {r.outcome for r in play.rows("minutes")} == {NOT_DUE}


def test_the_minutes_are_owed_to_each_that_takes_part() -> None:
    play = told(begun(), ("09-24 09:00", "hold"))
    assert {r.to for r in play.rows("minutes")} == {"command", "village_office", "department", "police"}


def test_a_conclusion_asks_whether_to_warn_and_yes_is_owed_a_warning() -> None:
    play = told(begun(), ("09-24 09:00", "hold"), ("09-24 11:00", "analyse"))
    assert (play.outcome("decide.warn"), play.rows("raise_warning")) == (NOT_DUE, [])
    play.do(c.Decide(said=play.said("command"), decision="warn", answer=True, reason="有苗头"))
    assert play.outcome("raise_warning") is NOT_DUE


def test_a_warning_that_a_consultation_raised_is_linked_on_both_sides_and_judged() -> None:
    play = consultation.held()
    assert play.outcome("raise_warning") is MET
    warning = play.engine.case("W").case
    assert (warning.opened.name, warning.opened.deviations) == ("raised", ())
    play.case = "W"
    assert play.outcome("judge") is NOT_DUE


def test_a_warning_is_not_raised_before_there_is_a_conclusion() -> None:
    play = begun()
    play.engine.open_case(
        "early-warning",
        c.Open(said=play.said("town_office"), what="苗头", where="两个村", told_by="会商", origin=play.case, by="raise_warning"),
        case="W",
    )
    assert "not_enabled" in play.engine.case(play.case).case.acts[-1].deviations


def test_each_decision_of_a_meeting_is_a_duty_of_its_own() -> None:
    play = told(begun("joint-meeting"), ("09-24 09:00", "hold"), ("09-24 10:00", "resolve_police"), ("09-24 10:10", "resolve_police"))
    play.at("09-25 09:00").fire("police", "done_police", **DONE)
    assert [r.outcome for r in play.rows("follow_police")] == [MET, NOT_DUE]


def test_what_one_body_has_done_is_not_what_another_owes() -> None:
    play = told(begun("joint-meeting"), ("09-24 09:00", "hold"), ("09-24 10:00", "resolve_police"), ("09-24 10:10", "resolve_department"))
    play.at("09-25 09:00").fire("department", "done_department", **DONE)
    assert (play.outcome("follow_department"), play.outcome("follow_police")) == (MET, NOT_DUE)


def test_s3_2_what_was_decided_and_not_done_is_missed_when_the_meeting_is_archived() -> None:
    assert joint_meeting.neglected().outcome("follow_town") is MISSED


def test_s2_2_a_meeting_on_the_last_day_is_in_time_and_a_day_later_it_is_late() -> None:
    last, after = (told(begun("joint-meeting"), (when, "hold")) for when in ("09-30 23:59", "10-01 00:00"))
    assert (last.outcome("hold"), after.outcome("hold")) == (MET, Outcome.MET_LATE)


def leads(play: Play) -> set[tuple[str, object]]:
    return {(a.name.split("/")[0], a.data["lead"]) for a in play.engine.case(play.case).case.acts if a.kind == FLAGGED and "lead" in a.data}


def swept(play: Play) -> Play:
    play.engine.tick()
    return play


def test_a_period_without_its_meeting_and_what_was_not_carried_out_are_leads() -> None:
    assert leads(swept(consultation.skipped())) == {("hold", "consultation_missed"), ("analyse", "consultation_missed")}
    assert leads(swept(joint_meeting.skipped())) == {("hold", "meeting_missed")}
    assert leads(swept(consultation.neglected())) == {("follow_up", "task_not_done")}
    assert leads(swept(joint_meeting.neglected())) == {(f"follow_{who}", "resolution_not_done") for who in ("department", "police", "town")}


@pytest.mark.parametrize("procedure", BOTH)
def test_a_meeting_is_waived_by_the_government_and_not_by_the_office_that_owes_it(procedure: str) -> None:
    play = begun(procedure)
    row = play.row("hold").key
    with pytest.raises(Refused):
        play.do(c.Waive(said=play.said("town_office"), row=row, ground="无议题"))
    play.do(c.Waive(said=play.said("government"), row=row, ground="无议题"))
    assert play.outcome("hold") is Outcome.WAIVED
