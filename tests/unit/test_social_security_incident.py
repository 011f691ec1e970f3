"""The town's procedure, clause by clause: what a duty officer meets at three in the morning, and what the ledger says of it.

Expected values come from the sources (feature rows A…, B…, C…), the semantics (S…) and the calendar by hand. The unit's own numbers are
30 minutes by telephone, 2 hours in writing, 1 hour or 2 hours to the district, 1 hour for 补正 and 核报, 08:00 and 17:00, 5 working days.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from workflow import command as c
from workflow.act import FLAGGED, UNFLAGGED
from workflow.engine import Result
from workflow.errors import MissingFacts, NotAllowed, TooLate, WrongRole, WrongState, WrongType
from workflow.moment import Moment
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.words import beside

MET, LATE, MISSED, NOT_DUE = Outcome.MET, Outcome.MET_LATE, Outcome.MISSED, Outcome.NOT_DUE
DISCHARGED, WAIVED, UNKNOWN = Outcome.DISCHARGED, Outcome.WAIVED, Outcome.UNDETERMINABLE

FIRST = ("time", "place", "nature")
WRITTEN = ("time", "place", "source", "nature", "course", "consequences", "scope", "trend", "leaders", "measures", "advice")
UP = ("time", "place", "nature", "scope", "measures")
FINAL = ("course", "consequences", "measures", "lessons")
COMMANDS = ("mass", "criminal", "foreign", "terror")

RELATED = {  # what must be said with an event so that nothing is blank, and who signs with whom
    "telephone_report": FIRST,
    "oral_report": FIRST,
    "telephone_district": FIRST,
    "written_report": WRITTEN,
    "report_district": UP,
    "follow_up": ("trend", "measures"),
    "follow_up_district": ("trend", "measures"),
    "final_report": FINAL,
    "final_district": FINAL,
    "returned": ("fault",),
    "returned_district": ("fault",),
    "appoint": ("commander_name", "powers"),
    "handle": ("measures",),
    "order": ("order",),
    "carried_out": ("result",),
    "release": ("text",),
    "collect_opinion": ("opinion",),
    "aftercare": ("aftermath", "claims"),
    "sum_up": ("lessons",),
}
SECOND = ("report_district", "final_district", "release")


class Night(Play):
    """A case of the procedure; ``act`` says what a careful clerk says, so that any deviation is one of order or role."""

    def act(self, role: str, event: str, happened: str = "", **more: Any) -> Result:
        more.setdefault("elements", dict.fromkeys(RELATED.get(event, ()), "x"))
        if event in SECOND and "oral" not in more:
            more.setdefault("second", Actor("government"))
        return self.fire(role, event, happened, **more)

    def outcomes(self, duty: str, as_of: str = "", to: str = "") -> list[Outcome]:
        return [r.outcome for r in self.rows(duty, as_of) if not to or r.to == to]

    def deviations(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(a.name, a.deviations) for a in self.engine.case(self.case).case.acts if a.deviations]

    def flags(self, kind: str = FLAGGED) -> list[str]:
        acts = self.engine.case(self.case).case.acts
        return [a.name for a in acts if a.kind == kind and a.data["flag"] != "tier"]


@pytest.fixture
def night() -> Night:
    """Zhongzhuang, 10-02: the village's informant opens the case at once, 00:10. A Friday in the National Day holiday."""
    night = Night("social-security-incident").at("10-02 00:10")
    night.open("informant", {"class": "mass"})
    return night


def responding(night: Night, when: str = "10-02 01:00") -> Night:
    night.at(when).act("town_office", "classify")
    night.act("command", "activate")
    return night


def over(night: Night, when: str = "10-03 16:00") -> Night:
    night.at(when).act("commander", "under_control")
    return night


def closed(night: Night, when: str) -> Night:
    night.at(when).act("town_office", "sum_up")
    night.act("town_office", "archive")
    return night


# -- all in time: a whole night in which ordinary practice leaves no deviation ---------------------------------------------------------


def test_a_whole_incident_in_time_has_every_duty_met_and_no_deviation(night: Night) -> None:
    night.revise("town_office", grade="larger")
    night.act("scene_head", "handle")
    night.at("10-02 00:30").act("scene_head", "telephone_report")
    night.do(c.Decide(said=night.said("scene_head"), decision="skip_level", answer=True, reason="人数增加"))
    night.act("scene_head", "skip_report")
    night.act("duty_officer", "telephone_district")
    night.at("10-02 00:50").act("scene_head", "lateral_notice")
    night.act("government", "arrive")  # a leader who is there before the plan is activated
    night.act("government", "order")
    night.act("scene_head", "carried_out")
    responding(night)
    night.act("command_mass", "take_command_mass")
    night.act("command", "appoint")
    night.act("command", "link_up")
    night.at("10-02 01:30").act("commander", "arrive")
    night.act("scene_head", "written_report")
    n = night.engine.case("C").case.n
    for receiver in ("party_committee", "government"):
        night.at("10-02 01:50").do(c.Receipt(said=night.said(receiver), of=n, by=receiver))
    night.at("10-02 02:00").act("town_office", "report_district")
    night.at("10-02 02:20").do(c.Receipt(said=night.said("district_office"), of=night.engine.case("C").case.n, by="district_office"))
    for slot in ("10-02 07:50", "10-02 16:50", "10-03 08:00"):
        night.at(slot).act("scene_head", "follow_up")
    night.at("10-03 09:00").act("spokesperson", "collect_opinion")
    night.act("spokesperson", "release")
    night.act("spokesperson", "media")
    over(night)
    night.at("10-10 10:00").act("government", "aftercare")
    night.at("10-13 23:59").act("town_office", "final_report")
    night.act("town_office", "final_district")
    for receiver in ("party_committee", "government"):
        assert night.outcomes("follow_up", to=receiver) == [MET, MET, MET, DISCHARGED]
    night.at("10-14 09:00").act("town_office", "sum_up")
    night.act("town_office", "archive")
    assert night.deviations() == []
    assert night.flags() == []
    wrong = {r.key: r.outcome for r in night.engine.ledger("C") if r.outcome != MET and not r.key.startswith("follow_up")}
    assert wrong == {}
    assert night.state == ("archived",)


# -- the first report (A15, A17, A18) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "telephone"), [("10-02 00:40", MET), ("10-02 00:41", LATE)], ids=["exactly thirty minutes", "a minute more"]
)
def test_s2_1_the_telephone_report_is_in_time_up_to_the_due_instant(night: Night, when: str, telephone: Outcome) -> None:
    assert night.due("telephone_report", to="government") == "10-02 00:40"
    night.at(when).act("scene_head", "telephone_report")
    for receiver in ("party_committee", "government"):
        assert night.outcome("telephone_report", to=receiver) == telephone


def test_a15_party_committee_and_government_are_two_obligations(night: Night) -> None:
    night.at("10-02 00:20").act("scene_head", "telephone_report", to=("government",))
    assert night.outcome("telephone_report", "10-02 00:41", to="government") == MET
    assert night.outcome("telephone_report", "10-02 00:41", to="party_committee") == MISSED


def test_s1_4_a_written_report_does_not_stand_for_the_telephone(night: Night) -> None:
    night.at("10-02 00:20").act("scene_head", "written_report")
    assert night.outcome("written_report", to="government") == MET
    assert night.outcome("telephone_report", "10-02 00:41", to="government") == MISSED


def test_a_report_made_in_person_is_as_good_as_a_call(night: Night) -> None:
    night.at("10-02 00:30").act("village_office", "oral_report")
    assert night.outcome("telephone_report", to="government") == MET


def test_s3_2_late_remembers_from_when_it_had_been_missing(night: Night) -> None:
    night.at("10-02 00:45").engine.tick()
    night.at("10-02 00:52").act("scene_head", "telephone_report")
    night.engine.tick()
    row = night.row("telephone_report", to="government")
    assert row.outcome == LATE and row.missing_from == at("10-02 00:40")
    assert row.late is not None and row.late.clock == timedelta(minutes=12)
    told = [
        a.data["flag"] for a in night.engine.case("C").case.acts if a.name == row.key and a.kind == FLAGGED and a.data["flag"] != "tier"
    ]
    assert told == ["missing", "late"]


def test_a18_nothing_filed_is_missing_and_raises_a_lead_never_an_accusation(night: Night) -> None:
    night.at("10-02 03:00").engine.tick()
    assert night.outcome("written_report", to="government") == MISSED
    leads = {a.data.get("lead") for a in night.engine.case("C").case.acts if a.kind == FLAGGED and a.name.startswith("written_report/")}
    assert "late_report" in leads


def test_the_village_head_cannot_be_reached_and_the_informant_calls(night: Night) -> None:
    assert night.at("10-02 00:15").act("informant", "telephone_report").deviations == ()
    assert night.outcome("telephone_report", to="party_committee") == MET


def test_s6_2_half_of_it_is_not_known_yet_and_only_a_blank_is_an_omission(night: Night) -> None:
    said = dict.fromkeys(WRITTEN, "待核") | {"consequences": "不适用"}
    del said["scope"]
    result = night.at("10-02 00:20").fire("scene_head", "written_report", elements=said)
    assert result.deviations == ("blank_element",)
    assert night.row("written_report", to="government").blank == ("scope",)
    assert night.outcome("written_report", to="government") == MET


def test_s1_3_a_report_back_filled_on_own_word_has_bounds_until_somebody_else_confirms(night: Night) -> None:
    night.at("10-02 09:00").act("scene_head", "telephone_report", "10-02 00:30")
    row = night.row("telephone_report", to="government")
    assert (row.outcome, row.reason, row.bounds) == (UNKNOWN, "own_word", (at("10-02 00:30"), at("10-02 09:00")))
    night.do(c.Confirm(said=night.said("government", "10-02 00:31"), of=2))
    assert night.outcome("telephone_report", to="government") == MET


def test_s1_5_a_back_filled_report_that_is_proved_withdraws_the_flag(night: Night) -> None:
    night.at("10-02 00:41").engine.tick()
    night.at("10-02 09:00").act("scene_head", "telephone_report", "10-02 00:30", grade="counterpart")
    night.engine.tick()
    assert set(night.flags(UNFLAGGED)) >= {"telephone_report/government#1", "telephone_report/party_committee#1"}


def test_s6_1_a_correction_changes_neither_timeliness_nor_a_follow_up(night: Night) -> None:
    responding(night)
    night.at("10-02 02:00").act("scene_head", "written_report")
    night.at("10-02 07:30").do(c.Correct(said=night.said("scene_head"), of=4, elements={"scope": "两个村"}, reason="笔误"))
    assert night.outcome("written_report", to="government") == MET and night.row("written_report", to="government").met_by == 4
    assert night.outcomes("follow_up", "10-02 08:01", to="government") == [MISSED, NOT_DUE]


def test_s6_1_sent_back_leaves_timeliness_and_opens_a_duty_to_complete(night: Night) -> None:
    night.at("10-02 02:00").act("scene_head", "written_report")
    night.at("10-02 02:30").act("town_office", "returned", of=(2,))
    assert night.outcome("written_report", to="government") == MET
    assert night.due("complete_report") == "10-02 03:30"
    assert night.outcome("complete_report", "10-02 03:31") == MISSED
    night.at("10-02 03:20").act("scene_head", "completed")
    assert night.outcome("complete_report") == MET


def test_sent_back_twice_each_return_is_answered_by_itself_or_by_name(night: Night) -> None:
    night.at("10-02 02:00").act("scene_head", "written_report")
    night.at("10-02 02:10").act("town_office", "returned")
    night.at("10-02 02:20").act("government", "returned")
    night.at("10-02 02:30").act("scene_head", "completed")
    assert night.outcomes("complete_report") == [MET, NOT_DUE]
    night.at("10-02 02:40").act("scene_head", "completed", of=(4,))
    assert night.outcomes("complete_report") == [MET, MET]


def test_s1_2_signing_is_the_receivers_own_duty(night: Night) -> None:
    night.at("10-02 02:00").act("scene_head", "written_report")
    night.at("10-02 02:20").do(c.Receipt(said=night.said("government"), of=2, by="government"))
    assert night.outcome("written_report.receipt", "10-02 02:31", to="government") == MET
    row = night.row("written_report.receipt", "10-02 02:31", to="party_committee")
    assert (row.outcome, row.owed_by) == (MISSED, "party_committee")
    current = row.current
    assert current is not None and current.alternative is not None
    assert row.duty.obligation.term[current.alternative].basis == ("unit",)
    assert night.outcome("written_report", to="party_committee") == MET  # the sender is judged by submission


# -- lateral notice, skip-level (A16, C01, C07) ----------------------------------------------------------------------------------------


def test_a16_each_receiver_of_a_notice_is_an_obligation_without_a_number(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "lateral_notice", to=("police", "town_office"))
    told = {r.to: (r.outcome, r.elapsed) for r in night.rows("lateral_notice", "10-02 02:10")}
    assert told == {
        "police": (MET, timedelta(minutes=20)),
        "town_office": (MET, timedelta(minutes=20)),
        "department": (NOT_DUE, timedelta(hours=2)),
        "neighbour_unit": (NOT_DUE, timedelta(hours=2)),
    }


def test_a16_nobody_else_is_concerned_is_said_with_its_ground_and_not_by_the_obligor(night: Night) -> None:
    with pytest.raises(WrongRole):
        night.do(c.Waive(said=night.said("scene_head"), row="lateral_notice/neighbour_unit#1", ground="不涉及邻村"))
    night.do(c.Waive(said=night.said("town_office"), row="lateral_notice/neighbour_unit#1", ground="不涉及邻村"))
    assert night.outcome("lateral_notice", to="neighbour_unit") == WAIVED


@pytest.mark.parametrize(("answer", "owed"), [(True, [NOT_DUE]), (False, [])])
def test_c07_whether_to_skip_a_level_is_decided_yes_or_no(night: Night, answer: bool, owed: list[Outcome]) -> None:
    night.at("10-02 00:20").act("scene_head", "telephone_report")
    night.do(c.Decide(said=night.said("scene_head"), decision="skip_level", answer=answer, reason="情况紧急"))
    assert night.outcome("decide.skip_level") == MET
    assert night.outcomes("skip_report") == owed
    if answer:
        night.at("10-02 00:25").act("scene_head", "skip_report")
        assert night.row("skip_report").elapsed == timedelta(minutes=5)


def test_c07_an_absent_decision_is_itself_visible(night: Night) -> None:
    night.at("10-02 00:20").act("scene_head", "telephone_report")
    row = night.row("decide.skip_level", "10-02 03:20")
    assert (row.outcome, row.elapsed) == (NOT_DUE, timedelta(hours=3))
    over(night, "10-02 04:00")
    closed(night, "10-02 05:00")
    assert night.outcome("decide.skip_level") == MISSED


# -- to the district: when the town knew, and what the grade asks (C01, S4) ------------------------------------------------------------


def test_s1_1_the_towns_own_clock_starts_when_it_is_told(night: Night) -> None:
    assert night.row("report_district").reason == "not_started"
    night.at("10-02 00:30").act("scene_head", "telephone_report")
    row = night.row("report_district")
    assert night.due("report_district") == "10-02 01:30"  # not graded: the shortest, one hour
    assert row.duty.obligation.term[2].provisional


def test_s1_2_a_written_report_that_nobody_signed_leaves_the_towns_start_open(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "written_report")
    row = night.row("report_district", "10-02 02:00")
    assert (row.outcome, row.reason) == (UNKNOWN, "receipt")
    night.at("10-02 00:50").do(c.Receipt(said=night.said("government"), of=2, by="government"))
    assert night.due("report_district") == "10-02 01:50"
    for duty in ("telephone_district", "classify"):  # without a number: the time since the town was told is shown
        assert night.row(duty, "10-02 02:00").elapsed == timedelta(minutes=70)


def test_s1_2_a_later_call_bounds_when_the_written_report_was_received(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "written_report")
    night.at("10-02 00:40").act("scene_head", "telephone_report")
    assert night.outcome("report_district", "10-02 01:35") == UNKNOWN  # told between 00:30 and 00:40
    assert night.outcome("report_district", "10-02 01:41") == MISSED  # by either reading


def test_s1_5_a_call_that_is_entered_later_starts_the_town_at_its_own_instant(night: Night) -> None:
    night.at("10-02 00:50").act("scene_head", "written_report", received="10-02 00:50")
    night.at("10-02 01:00").act("scene_head", "telephone_report", "10-02 00:20", grade="counterpart")
    assert night.due("report_district") == "10-02 01:20"


def test_a_small_incident_is_not_reported_to_the_district(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "telephone_report")
    night.at("10-02 00:40").revise("town_office", grade="general")
    assert night.outcome("report_district") == DISCHARGED
    assert night.outcome("telephone_district") == DISCHARGED


@pytest.mark.parametrize(
    ("before", "after", "when", "due"),
    [
        ("larger", "major", "10-02 00:50", "10-02 01:50"),  # counted from 00:30 it would be 01:30; the revision plus one hour
        ("larger", "major", "10-02 02:00", "10-02 02:30"),  # the old date is earlier than 03:00
        ("major", "larger", "10-02 00:50", "10-02 02:30"),  # a longer term counts from the start
        ("major", "general", "10-02 00:50", ""),
    ],
    ids=["shorter", "shorter and near", "longer", "no more owed"],
)
def test_s4_2_upgraded_or_downgraded_midway(night: Night, before: str, after: str, when: str, due: str) -> None:
    night.at("10-02 00:30").act("scene_head", "telephone_report", facts={"grade": before})
    old = night.due("report_district")
    assert old == ("10-02 02:30" if before == "larger" else "10-02 01:30")
    night.at(when).revise("town_office", grade=after)
    row = night.row("report_district")
    if due:
        assert night.due("report_district") == due
        assert row.revisions[0].due is not None and row.revisions[0].due.instant == at(old)
    else:
        assert row.outcome == DISCHARGED


def test_s4_3_revised_after_the_due_instant_the_outcome_stands_and_a_second_one_is_owed(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "telephone_report", facts={"grade": "major"})
    night.at("10-02 01:40").revise("town_office", grade="larger")
    first, second = night.rows("report_district")
    assert first.outcome == MISSED
    assert second.due is not None and second.due.instant == at("10-02 03:40")


def test_s4_4_a_duty_that_only_the_new_grade_brings_starts_when_it_was_known() -> None:
    night = Night("social-security-incident").at("10-02 00:10")
    night.open("informant", {"class": "mass", "grade": "general"})
    night.at("10-02 00:30").act("scene_head", "telephone_report")
    assert night.rows("report_district") == []
    night.at("10-02 03:00").revise("town_office", grade="larger")
    assert night.due("report_district") == "10-02 05:00"


def test_s5_5_a_missing_signature_never_holds_up_the_report_and_becomes_a_duty(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "telephone_report")
    result = night.at("10-02 01:00").act("duty_officer", "report_district", oral="白镇长 00:58 000-1005")
    assert result.deviations == () and night.outcome("report_district") == MET
    assert night.outcome("report_district.countersign") == NOT_DUE
    night.at("10-02 08:00").do(c.Confirm(said=night.said("government"), of=result.n))
    assert night.row("report_district.countersign").elapsed == timedelta(hours=7)


def test_the_district_asks_first() -> None:
    night = Night("social-security-incident").at("10-02 03:00")
    night.open("duty_officer", event="query", unit="")
    assert night.due("verify_answer") == "10-02 04:00"
    assert night.due("report_district") == "10-02 04:00"  # the town was told by the question itself
    row = night.row("telephone_report", "10-02 03:40", to="government")
    assert row.suspected and "疑似漏报,待认定" in beside(row).zh
    night.at("10-02 03:50").act("town_office", "verify_answer")
    night.at("10-02 03:55").act("district_office", "query")
    assert night.outcomes("verify_answer") == [MET, NOT_DUE]
    assert night.deviations() == []


def test_the_district_sends_the_towns_report_back(night: Night) -> None:
    night.at("10-02 00:30").act("scene_head", "telephone_report")
    night.at("10-02 01:00").act("town_office", "report_district")
    night.at("10-02 01:20").act("district_office", "returned_district")
    assert (night.outcome("report_district"), night.due("complete_district")) == (MET, "10-02 02:20")
    night.at("10-02 02:21").act("duty_officer", "completed_district")
    assert night.outcome("complete_district") == LATE
    assert night.rows("complete_report") == []


# -- known from elsewhere first (S7.1) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "town_told"), [("duty_officer", True), ("government", True), ("police", False), ("district_office", False)]
)
def test_s7_1_known_from_elsewhere_first_the_village_is_only_suspected_until_shown(role: str, town_told: bool) -> None:
    night = Night("social-security-incident").at("10-02 03:00")
    night.open(role, happened="10-02 02:00", source="110")
    row = night.row("telephone_report", "10-02 04:00", to="government")
    assert (row.outcome, row.reason, row.suspected) == (UNKNOWN, "knew", True)
    assert row.bounds == (at("10-02 02:30"), at("10-02 04:30"))
    assert (night.row("report_district").reason == "not_started") is not town_told
    night.at("10-02 04:00").revise("town_office", knew="2026-10-02 02:10:00")
    assert night.due("telephone_report", to="government") == "10-02 02:40"
    assert night.outcome("telephone_report", to="government") == MISSED


def test_s7_1_a_villager_calls_the_town_and_the_village_reports_after_it_is_told() -> None:
    night = Night("social-security-incident").at("10-02 03:00")
    night.open("duty_officer", {"knew": "待核"})
    night.at("10-02 03:10").revise("duty_officer", "值班员电话告知", knew="2026-10-02 03:08:00")
    night.at("10-02 03:30").act("scene_head", "telephone_report")
    assert night.outcome("telephone_report", to="government") == MET
    assert not any(r.suspected for r in night.engine.ledger("C"))
    assert night.deviations() == []


def test_s4_1_the_village_may_not_revise_alone_when_it_knew(night: Night) -> None:
    with pytest.raises(WrongRole):
        night.revise("scene_head", knew="2026-10-02 00:30:00")


# -- follow-ups (S6.4) -----------------------------------------------------------------------------------------------------------------


def test_s6_4_each_slot_is_judged_alone(night: Night) -> None:
    responding(night)
    night.at("10-02 07:55").act("scene_head", "follow_up")
    night.at("10-02 17:20").act("town_office", "follow_up")  # after 17:00: it is for the next morning
    night.at("10-03 08:30").act("scene_head", "follow_up", slot=Moment.at(at("10-02 17:00")))
    assert night.outcomes("follow_up", to="government") == [MET, LATE, MET, NOT_DUE]
    titles = [a.data["number"] for a in night.engine.case("C").case.acts if a.name == "follow_up"]
    assert titles == [1, 2, 3]


def test_s3_5_follow_ups_end_with_the_response_whenever_it_is_entered(night: Night) -> None:
    responding(night)
    night.at("10-02 17:01").engine.tick()
    night.at("10-03 08:01").engine.tick()
    night.at("10-03 09:00").record("commander", "under_control", "10-02 20:00")
    night.act("scene_head", "follow_up", "10-02 18:00")
    assert night.outcomes("follow_up", to="government") == [MISSED, MISSED, DISCHARGED]
    night.engine.tick()
    assert "follow_up/government#2026-10-03T08:00" in night.flags(UNFLAGGED)


def test_s7_2_follow_ups_start_again_after_a_reopening_with_the_new_response(night: Night) -> None:
    responding(night)
    night.at("10-02 07:00").act("scene_head", "follow_up")
    over(night, "10-02 12:00")
    closed(night, "10-02 13:00")
    night.at("10-04 09:00").do(c.Reopen(said=night.said("government"), reason="再次聚集"))
    assert night.state == ("reporting",)
    assert night.outcomes("follow_up", to="government") == [MET, DISCHARGED]
    responding(night, "10-04 10:00")
    assert night.outcomes("follow_up", "10-05 08:01", to="government") == [MET, DISCHARGED, MISSED, MISSED, NOT_DUE]
    assert night.outcomes("telephone_report", to="government") == [MISSED]  # what the first round was stays


def test_it_flares_up_in_the_aftermath_and_is_over_a_second_time(night: Night) -> None:
    responding(night)
    over(night, "10-02 06:00")
    assert night.outcomes("final_report", to="government") == [NOT_DUE]
    assert night.at("10-02 10:00").act("duty_officer", "flare_up").deviations == ()
    assert night.outcomes("final_report", to="government") == [DISCHARGED]
    assert night.outcomes("follow_up", "10-02 17:01", to="government") == [DISCHARGED, MISSED, NOT_DUE]
    over(night, "10-08 09:00")
    assert [r.due.instant for r in night.rows("final_report") if r.to == "government" and r.due][1] == at("10-15 00:00")


# -- class, grade, command (A01, A07, B13, C17) ----------------------------------------------------------------------------------------


def test_a01_there_are_exactly_four_classes_and_one_is_chosen(night: Night) -> None:
    with pytest.raises(WrongType):
        night.revise("town_office", **{"class": "flood"})
    bare = Night("social-security-incident").at("10-02 00:10")
    bare.open("informant")
    with pytest.raises(MissingFacts):
        bare.act("town_office", "classify")
    bare.act("town_office", "classify", facts={"class": "恐怖袭击事件"})
    assert bare.state == ("graded",)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a07_the_class_selects_the_special_command_body(kind: str) -> None:
    night = Night("social-security-incident").at("10-02 00:10")
    night.open("informant", {"class": kind})
    responding(night)
    owed = [k for k in COMMANDS if night.rows(f"command_{k}")]
    assert owed == [kind]
    for other in COMMANDS:
        result = night.act(f"command_{other}", f"take_command_{other}")
        assert result.deviations == (() if other == kind else ("condition",))
    assert night.outcome(f"command_{kind}") == MET


def test_a07_classified_anew_another_body_owes_from_then(night: Night) -> None:
    responding(night)
    night.at("10-02 02:00").revise("command", **{"class": "terror"})
    assert night.outcome("command_mass") == DISCHARGED
    begin = night.row("command_terror").begin
    assert begin is not None and begin.moment.lo == at("10-02 02:00")


@pytest.mark.parametrize("state", ["reporting", "graded", "response"])
def test_a_case_can_be_escalated_from_any_state_before_the_aftermath(night: Night, state: str) -> None:
    if state != "reporting":
        night.act("town_office", "classify")
    if state == "response":
        night.act("command", "activate")
        night.act("commander", "arrive")
        night.act("spokesperson", "release")
    night.act("district_office", "escalate", facts={"grade": "major"})
    assert all(leaf.startswith("response.") for leaf in night.state)
    if state == "response":  # what is under way goes on
        assert night.state == ("response.command.on_scene", "response.information.released")
    assert night.act("command", "downgrade", facts={"grade": "general"}).deviations == ()


def test_after_the_response_nothing_is_escalated(night: Night) -> None:
    over(responding(night), "10-02 06:00")
    with pytest.raises(WrongState):
        night.act("command", "escalate", facts={"grade": "major"})


def test_b13_each_order_is_a_duty_and_one_answer_leaves_the_other_open(night: Night) -> None:
    night.at("10-02 01:00").act("commander", "order")
    night.at("10-02 01:05").act("government", "order")
    night.at("10-02 01:15").act("police", "carried_out", of=(3,))
    first, second = night.rows("carry_out", "10-02 01:30")
    assert (first.outcome, first.elapsed) == (NOT_DUE, timedelta(minutes=30))
    assert (second.outcome, second.elapsed) == (MET, timedelta(minutes=10))


def test_b13_an_order_by_the_wrong_role_is_refused_and_one_that_was_given_does_not_vanish(night: Night) -> None:
    with pytest.raises(WrongRole):
        night.act("scene_head", "order")
    assert night.record("scene_head", "order", elements={"order": "x"}).deviations == ("wrong_role",)
    assert night.outcomes("carry_out") == [NOT_DUE]


def test_c17_no_leader_on_the_spot_is_missing_when_the_case_ends(night: Night) -> None:
    responding(night)
    over(night, "10-02 06:00")
    closed(night, "10-02 07:00")
    row = night.row("leader_on_scene")
    assert (row.outcome, row.reason, row.elapsed) == (MISSED, "ended", timedelta(hours=6))


def test_a19_a_release_needs_its_approver_or_an_oral_approval(night: Night) -> None:
    with pytest.raises(NotAllowed):
        night.act("spokesperson", "release", second=None)
    with pytest.raises(WrongRole):
        night.act("town_office", "release")
    assert night.act("spokesperson", "release", oral="白镇长 00:58 000-1005").deviations == ()


def test_a20_information_of_the_public_raises_no_lead(night: Night) -> None:
    responding(night)
    over(night, "10-02 06:00")
    closed(night, "10-02 07:00")
    night.engine.tick()
    assert night.outcome("opinion") == MISSED and night.outcome("release") == MISSED
    assert not [k for k in night.flags() if k.startswith(("opinion", "release#"))]


# -- the end (B34, C16) ----------------------------------------------------------------------------------------------------------------


def test_the_incident_is_over_before_the_written_report_is_due(night: Night) -> None:
    night.at("10-02 00:20").act("scene_head", "telephone_report")
    over(night, "10-02 00:50")
    assert night.state == ("aftermath",)
    assert night.act("town_office", "classify").deviations == ()
    night.at("10-02 02:00").act("scene_head", "written_report")
    assert night.outcome("written_report", to="government") == MET
    assert night.rows("follow_up") == [] and night.rows("activate") == [] and night.rows("leader_on_scene") == []
    assert night.deviations() == []


@pytest.mark.parametrize(("when", "outcome"), [("10-13 23:59", MET), ("10-14 00:00", LATE)])
def test_the_final_report_runs_five_working_days_over_the_holiday(night: Night, when: str, outcome: Outcome) -> None:
    over(responding(night), "10-03 16:00")  # 10-08, 10-09, 10-10 (make-up Saturday), 10-12, 10-13
    night.at(when).act("town_office", "final_report")
    assert night.outcome("final_report", to="party_committee") == outcome


def test_s8_4_the_final_report_is_extended_by_the_government_if_asked_in_time(night: Night) -> None:
    over(responding(night), "10-03 16:00")
    key = "final_report/government#1"
    night.at("10-13 10:00").do(c.Extend(said=night.said("town_office"), row=key, step="ask", by="3 working days", reason="x"))
    night.at("10-14 10:00").do(c.Extend(said=night.said("government"), row=key, step="grant", reason="x"))
    assert night.due("final_report", to="government") == "10-17 00:00"
    with pytest.raises(TooLate):
        other = "final_report/party_committee#1"
        night.do(c.Extend(said=night.said("town_office"), row=other, step="ask", by="3 working days", reason="x"))


def test_s3_2_what_is_owed_when_the_case_is_archived_is_missed(night: Night) -> None:
    over(responding(night), "10-03 16:00")
    closed(night, "10-09 10:00")
    for duty in ("final_report", "lateral_notice"):
        assert {(r.outcome, r.reason) for r in night.rows(duty)} == {(MISSED, "ended")}
    assert night.outcome("sum_up") == MET
    assert night.row("aftercare").reason == "ended"


def test_s7_2_an_archived_case_takes_records_and_what_is_done_too_late_deviates(night: Night) -> None:
    over(responding(night), "10-03 16:00")
    closed(night, "10-09 10:00")
    night.at("10-20 09:00").act("town_office", "final_report", "10-08 15:00", grade="counterpart")
    assert night.deviations() == []
    assert night.outcome("final_report", to="government") == MET
    assert night.act("scene_head", "supplement").deviations == ("not_enabled",)
    night.do(c.Note(said=night.said("government"), text="属实", kind="finding", about="written_report/government#1"))
    assert night.outcome("written_report", to="government") == MISSED


# -- opened by mistake, the same thing twice (S7.2) ------------------------------------------------------------------------------------


def test_s7_2_opened_by_mistake_needs_a_second_person_and_raises_nothing(night: Night) -> None:
    with pytest.raises(NotAllowed):
        night.do(c.Void(said=night.said("duty_officer"), reason="误报", second=Actor("duty_officer")))
    night.do(c.Void(said=night.said("duty_officer"), reason="鞭炮声,误报", second=Actor("town_office")))
    night.at("10-02 04:00").engine.tick()
    assert night.flags() == [] and [r.listed for r in night.engine.cases()] == [False]


def test_s7_2_two_villages_report_the_same_thing() -> None:
    night = Night("social-security-incident").at("10-02 00:10")
    night.engine.organise(shipped_organisation("town"))
    night.open("informant", {"class": "mass"}, person="t12", unit="zhongzhuang", case="A")
    night.open("scene_head", {"class": "mass"}, person="t14", unit="xiazhuang", case="B", happened="10-02 00:05")
    night.at("10-02 00:30").act("scene_head", "telephone_report", person="t14")
    night.do(c.SameAs(said=night.said("town_office", person="t07"), lead="A", reason="同一事件"))
    night.at("10-02 01:00").act("scene_head", "written_report", person="t14")
    night.act("town_office", "classify", person="t07")
    assert night.outcome("telephone_report", to="government") == MET  # each village keeps its own report and outcome
    assert night.outcome("written_report", to="government") == MET
    assert night.rows("activate") == []  # the plan is activated once, in the case that leads
    night.case = "A"
    assert night.outcome("telephone_report", "10-02 00:41", to="government") == MISSED
    night.case = "B"
    night.do(c.SameAs(said=night.said("town_office", person="t07"), lead="", reason="两起"))
    assert night.outcomes("activate") == [NOT_DUE]


# -- every event once in breach: what order or role it breaks --------------------------------------------------------------------------

RECORDS_BY_NOBODY_ELSE = [
    "telephone_report", "oral_report", "written_report", "lateral_notice", "skip_report", "follow_up", "supplement", "returned",
    "completed", "telephone_district", "report_district", "follow_up_district", "verify_answer", "returned_district",
    "completed_district", "final_report", "final_district", "take_command_mass", "appoint", "arrive", "handle", "link_up",
    "carried_out", "urge", "media", "collect_opinion", "intake", "known_above", "query", "happened",
]  # fmt: skip


@pytest.mark.parametrize("event", RECORDS_BY_NOBODY_ELSE)
def test_s5_2_a_record_by_the_wrong_role_is_kept_with_its_deviation(night: Night, event: str) -> None:
    assert night.act("neighbour_unit", event).deviations == ("wrong_role",)


@pytest.mark.parametrize("event", ["flare_up", "aftercare", "sum_up"])
def test_s5_2_a_record_out_of_order_is_kept_with_its_deviation(night: Night, event: str) -> None:
    state = night.state
    assert night.act("town_office", event).deviations == ("not_enabled",)
    assert night.state == state


def test_a32_a_call_out_of_no_team_by_somebody_else_is_kept_with_its_deviations(night: Night) -> None:
    assert set(night.act("informant", "call_team").deviations) == {"wrong_role", "no_case"}


def test_c16_a_lesson_that_is_passed_on_too_early_and_to_no_plan_is_kept_with_its_deviations(night: Night) -> None:
    assert set(night.act("town_office", "pass_lesson").deviations) == {"not_enabled", "no_case"}


@pytest.mark.parametrize("event", ["classify", "activate", "escalate", "downgrade", "under_control", "archive", "order"])
def test_s5_1_a_request_by_the_wrong_role_is_refused(night: Night, event: str) -> None:
    with pytest.raises(WrongRole):
        night.act("informant", event, facts={"grade": "major"})


def test_every_event_of_the_procedure_is_tried_in_breach() -> None:
    procedure = Night("social-security-incident").engine.rules("social-security-incident", at("10-02 00:00")).procedure
    tried = {*RECORDS_BY_NOBODY_ELSE, "flare_up", "aftercare", "sum_up", "classify", "activate", "escalate", "downgrade", "under_control"}
    tried |= {"call_team"}
    tried |= {"archive", "pass_lesson", "release", "order", "take_command_criminal", "take_command_foreign", "take_command_terror"}
    assert set(procedure.events) == tried


def test_every_number_of_a_report_carries_the_basis_unit() -> None:
    procedure = Night("social-security-incident").engine.rules("social-security-incident", at("10-02 00:00")).procedure
    unmarked = [
        name
        for name, o in procedure.obligations.items()
        for a in o.term
        if a.term is not None and not a.term.qualitative and a.basis != ("unit",)
    ]
    assert unmarked == []
    assert [n for n, o in procedure.obligations.items() if o.receipt is not None and o.receipt_basis != ("unit",)] == []
    assert [n for n, o in procedure.obligations.items() if o.starts.every and o.starts.basis != ("unit",)] == []
