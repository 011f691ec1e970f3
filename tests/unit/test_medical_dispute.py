"""The hospital procedure, scenario by scenario. What is expected was worked out from the plan (第四篇) and the calendar by hand.

The case opens on Thursday 2026-09-24. Mid-Autumn is 09-25 (Fri) to 09-27, National Day 10-01 (Thu) to 10-07; Saturday 10-10 is a make-up
working day. Accepted on 09-24: five days end on 09-29, five working days on 10-09, ten working days on 10-15.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import shipped_definitions
from adapters.store.memory import MemoryStore
from tests.play import ZONE, Play, at
from workflow import command as c
from workflow.act import FLAGGED, REFUSED, UNFLAGGED
from workflow.engine import Engine, Result
from workflow.errors import MissingFacts, NotAllowed, Refused, TooLate, WrongRole, WrongState
from workflow.explain import why
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Actor
from workflow.procedure.load import Definition, load
from workflow.rules import Rules

MET, LATE, MISSED, NOT_DUE = Outcome.MET, Outcome.MET_LATE, Outcome.MISSED, Outcome.NOT_DUE
DISCHARGED, WAIVED, UNKNOWN = Outcome.DISCHARGED, Outcome.WAIVED, Outcome.UNDETERMINABLE
TEXT = (files("definitions") / "procedures" / "medical-dispute.yaml").read_text(encoding="utf-8")


@cache
def definition(working_days: bool = False) -> Definition:
    """As shipped, or with the one line changed that reads 5 日 as working days."""
    text = TEXT
    if working_days:
        assert text.count("use: 5 days roll ") == 1
        text = text.replace("use: 5 days roll ", "use: 5 working days ")
    return load(text, "medical-dispute.yaml")


PROCEDURE = definition().procedure
RULES = Rules(PROCEDURE, definition().hash)
FAULT = {"trigger": "dispute", "matter": "medical_fault"}
CHARGES = {"trigger": "dispute", "matter": "charges", "handling": "on_the_spot"}

SITUATION = {"elements": {"situation": "术后出血"}}
UPWARD = {"elements": {"situation": "术后出血", "measures": "已补救"}}
SEALED = {"present": ("patient_side",), "elements": {"items": "病历一册", "seal_numbers": "F-1"}}
UNSEALED = {
    "person": "h03",
    "present": ("patient_side",),
    "second": Actor("director", person="h01"),
    "elements": {"ground": "双方同意鉴定", "result": "取出病历"},
}
BROKEN = {"elements": {"items": "病历一册", "situation": "封条裂开"}}
CUSTODIAN = {"elements": {"custodian_name": "某人"}}
INQUIRY = {"elements": {"cause": "a", "consequences": "b", "responsibility": "c"}}
WRITTEN = {"elements": {"cause": "a", "responsibility": "c", "opinion": "d"}}
ANSWER = {"elements": {"result": "a", "opinion": "b"}}
CHECKED = {"elements": {"result": "多收 20 元"}, "facts": {"charges_wrong": "yes"}}
MEASURES = {"elements": {"measures": "a"}}
GROUND = {"elements": {"ground": "投诉已撤回"}}


class Dispute(Play):
    """One dispute, opened at 09:00 on 2026-09-24."""

    def __init__(self, facts: Mapping[str, Any] | None = None, by: str = "staff", when: str = "09-24 09:00", **more: Any) -> None:
        made = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
        made.add(definition(more.pop("working_days", False)))
        super().__init__("medical-dispute", engine=made)
        self.at(when).open(by, FAULT if facts is None else facts, **more)

    def decide(self, decision: str, answer: bool, role: str = "director") -> Result:
        return self.do(c.Decide(said=self.said(role), decision=decision, answer=answer, reason="依情形"))

    def receipt(self, role: str, event: str) -> Result:
        return self.do(c.Receipt(said=self.said(role), of=self.last(event), by=role))

    def confirm(self, role: str, event: str) -> Result:
        return self.do(c.Confirm(said=self.said(role), of=self.last(event)))

    def extend(self, role: str, step: Any, by: str = "", row: str = "feedback/complainant#1") -> Result:
        return self.do(c.Extend(said=self.said(role), row=row, step=step, by=by, reason="等待会诊"))

    def last(self, event: str) -> int:
        return self.engine.case(self.case).case.events(event)[-1].n

    def key(self, key: str) -> Row | None:
        return next((r for r in self.engine.ledger(self.case) if r.key == key), None)

    def flags(self, row: str = "feedback/complainant#1") -> list[tuple[str, str, tuple[str, ...], str]]:
        """What a sweep at this moment has said of a row in all: when, what, to whom, on which review list."""
        self.engine.tick()
        said = [a for a in self.engine.case(self.case).case.acts if a.name == row and a.kind in (FLAGGED, UNFLAGGED)]
        return [
            (
                a.happened.lo.astimezone(ZONE).strftime("%m-%d %H:%M"),
                str(a.data["flag"]),
                a.names("tell"),
                str(a.data.get("lead", "")),
            )
            for a in said
        ]

    def story(self, duty: str, lang: Any = "zh") -> list[str]:
        standing = self.engine.case(self.case)
        return why(self.rows(duty)[-1], standing.case, self.engine.world(standing)).lines(lang)


def accepted(handling: str = "complex", when: str = "09-24 10:20", **more: Any) -> Dispute:
    """A dispute whose complaint was accepted."""
    opened = f"{when[:5]} {min(when[6:], '09:00')}"
    play = Dispute(when=opened, **more)
    play.at(when).fire("relations", "accept", facts={"handling": handling} if handling else {})
    return play


# The course of a case


def test_a_dispute_in_which_everything_is_in_time() -> None:
    play = Dispute()
    play.at("09-24 09:05").fire("staff", "report_head")
    play.at("09-24 09:06").receipt("head", "report_head")
    play.at("09-24 09:10").fire("head", "report_hospital", **SITUATION)
    play.at("09-24 09:15").fire("department", "send_people")
    play.at("09-24 09:20").fire("department", "remedied", **MEASURES)
    play.at("09-24 09:30").fire("department", "keep_order")
    play.at("09-24 10:00").fire("medical", "seal", **SEALED)
    play.at("09-24 10:10").fire("medical", "assign_custodian", **CUSTODIAN)
    play.at("09-24 10:20").fire("relations", "accept", facts={"handling": "complex"})
    play.at("09-24 11:00").decide("report_up", False)
    play.at("09-24 14:00").fire("relations", "explain")
    play.at("09-28 09:00").fire("relations", "conclude_inquiry", **INQUIRY)
    play.at("09-28 10:00").decide("written_report", False)
    play.at("09-29 16:00").fire("relations", "answered", **ANSWER)
    play.at("09-29 17:00").fire("relations", "close")
    case = play.engine.case("C").case
    assert [a.name for a in case.acts if a.deviations] == []
    assert {r.key: r.outcome for r in play.engine.ledger("C") if r.outcome != MET} == {}
    assert len(play.engine.ledger("C")) == 13
    assert play.state == ("closed",)


@pytest.mark.parametrize(
    ("answered", "outcome", "days"),
    [("09-29 23:59", MET, None), ("09-30 00:00", LATE, 1), ("10-01 10:00", LATE, 1), ("10-08 09:00", LATE, 2)],
)
def test_an_answer_after_the_fifth_day_is_late(answered: str, outcome: Outcome, days: int | None) -> None:
    play = accepted()
    play.at(answered).fire("relations", "answered", **ANSWER)
    row = play.row("feedback")
    assert row.outcome == outcome
    assert (row.late.working_days if row.late else None) == days


def test_an_answer_that_never_comes_is_missed_and_goes_to_the_review_list() -> None:
    play = accepted().at("09-30 00:01")
    assert play.outcome("feedback") == MISSED
    assert ("09-30 00:00", "missing", (), "late_answer") in play.flags()


def test_a_late_answer_remembers_that_it_had_been_missing() -> None:
    play = accepted().at("09-30 08:00")
    play.engine.tick()
    play.at("09-30 10:00").fire("relations", "answered", **ANSWER)
    assert [f[1] for f in play.flags() if f[1] != "tier"] == ["missing", "late"]
    row = play.row("feedback")
    assert row.outcome == LATE and row.missing_from == at("09-30 00:00")


def test_s4_5_reclassified_before_the_date_the_longer_term_counts_from_the_first_acceptance() -> None:
    play = accepted()
    play.at("09-28 09:00").revise("director", handling="cross_department")
    assert play.due("feedback") == "10-16 00:00"
    assert any("2026-09-29" in line and "原定" in line for line in play.story("feedback"))


def test_s4_5_reclassified_after_the_date_cures_nothing_and_starts_a_second_duty() -> None:
    play = accepted()
    play.at("09-30 09:00").revise("director", handling="cross_department")
    first, second = play.rows("feedback")
    assert (first.outcome, second.outcome) == (MISSED, NOT_DUE)
    assert second.due is not None and second.due.last_day is not None  # ten working days from 09-30
    assert second.due.last_day.isoformat() == "2026-10-20"


def test_s4_2_reclassified_to_the_shorter_term_makes_nobody_late_for_the_past() -> None:
    play = accepted("cross_department")
    play.at("10-12 09:00").revise(
        "director", handling="complex"
    )  # five days from 09-24 are long over; five from 10-12 are later than 10-15
    assert play.due("feedback") == "10-16 00:00"
    play = accepted("cross_department")
    play.at("10-08 09:00").revise("director", handling="complex")  # five days from 10-08: 10-13
    assert play.due("feedback") == "10-14 00:00"


def test_s4_1_the_office_does_not_lengthen_its_own_time_alone() -> None:
    play = accepted()
    with pytest.raises(WrongRole):
        play.at("09-28 09:00").revise("relations", handling="cross_department")
    assert play.due("feedback") == "09-30 00:00"


def test_s1_3_an_answer_entered_after_the_date_on_the_offices_own_word_decides_nothing() -> None:
    play = accepted()
    play.at("10-08 09:00").record("relations", "answered", "09-29 15:00", **ANSWER)
    row = play.row("feedback")
    assert (row.outcome, row.reason) == (UNKNOWN, "own_word")
    assert row.bounds == (at("09-29 15:00"), at("10-08 09:00"))
    play.at("10-08 10:00").confirm("complainant", "answered")
    assert play.outcome("feedback") == MET


def test_s1_5_a_back_filled_answer_withdraws_the_flag_and_the_flag_stays_in_history() -> None:
    play = accepted().at("09-30 08:00")
    play.engine.tick()
    play.at("10-08 09:00").record("relations", "answered", "09-29 15:00", grade="counterpart", **ANSWER)
    assert [f[1] for f in play.flags() if f[1] != "tier"] == ["missing", "withdrawn"]
    assert play.state[0] == "open.answer.answered"


def test_s6_1_a_correction_of_an_answer_never_changes_whether_it_was_in_time() -> None:
    play = accepted()
    play.at("09-29 10:00").fire("relations", "answered", **ANSWER)
    play.at("10-09 10:00").do(c.Correct(said=play.said("relations"), of=play.last("answered"), elements={"opinion": "退费"}, reason="笔误"))
    assert play.outcome("feedback") == MET
    late = accepted()
    late.at("09-30 10:00").fire("relations", "answered", **ANSWER)
    late.do(c.Correct(said=late.said("relations"), of=late.last("answered"), elements={"opinion": "退费"}, reason="笔误"))
    assert late.outcome("feedback") == LATE


def test_s7_1_known_from_a_hotline_first_the_department_still_owes_its_report() -> None:
    play = Dispute(by="relations", elsewhere=True, source="12345")
    assert (play.outcome("report_head"), play.row("report_head").elapsed) == (NOT_DUE, timedelta(0))
    play.at("09-24 11:00").fire("relations", "accept", facts={"handling": "complex"})
    assert play.row("decide.report_up").begin is not None  # the hospital knows, so the question is open
    play.at("09-24 15:00").fire("staff", "report_head")
    row = play.row("report_head")
    assert (row.outcome, row.elapsed) == (MET, timedelta(hours=6))
    assert play.engine.case("C").case.elsewhere


def test_s7_1_the_health_authority_asks_and_the_department_never_reported() -> None:
    play = Dispute(by="director", elsewhere=True, source="卫生厅来电")
    play.at("09-24 16:00").fire("director", "close_unanswered", **GROUND)
    assert (play.outcome("report_head"), play.row("report_head").reason) == (MISSED, "ended")


def test_s7_2_a_case_opened_by_mistake_is_counted_nowhere_and_needs_a_second_person() -> None:
    play = accepted()
    with pytest.raises(NotAllowed):
        play.do(c.Void(said=play.said("relations"), reason="误录", second=Actor("relations")))
    play.do(c.Void(said=play.said("relations"), reason="误录", second=Actor("director")))
    assert not play.engine.case("C").case.listed
    assert play.at("10-20 09:00").flags() == []


def test_s7_2_two_departments_report_the_same_thing_and_each_keeps_its_own_report() -> None:
    play = accepted()
    play.at("09-24 11:00").open("staff", FAULT, case="D", unit="anaesthesia")
    play.do(c.SameAs(said=play.said("relations"), lead="C", reason="同一事件"))
    play.at("09-24 12:00").fire("staff", "report_head")
    assert play.outcome("report_head") == MET
    play.at("09-28 12:00").fire("relations", "accept", facts={"handling": "complex"})
    assert play.rows("feedback") == []  # the complaint is answered once, in the leading case
    assert play.engine.case("D").case.same_as == "C" and play.engine.case("D").case.listed
    play.case = "C"
    assert (play.outcome("feedback"), play.due("feedback")) == (NOT_DUE, "09-30 00:00")


def test_two_departments_may_report_find_and_send_in_one_case() -> None:
    play = Dispute()
    for role, event in [("staff", "report_head"), ("department", "found"), ("head", "telephone_hospital"), ("staff", "report_head")]:
        assert play.fire(role, event).acts[-1].deviations == ()
    for role in ("department", "head"):
        assert play.fire(role, "send_people").acts[-1].deviations == ()
    assert play.row("report_head").met_by == 2  # the first report counts


def test_s3_2_what_is_still_owed_when_the_case_ends_is_missed() -> None:
    play = accepted()
    play.at("09-28 09:00").fire("relations", "answered", **ANSWER)
    play.at("09-28 10:00").fire("relations", "close")
    missed = {r.duty.id for r in play.engine.ledger("C") if (r.outcome, r.reason) == (MISSED, "ended")}
    assert missed == {"report_head", "seal", "inquiry", "explain", "keep_order", "decide.report_up"}


def test_s7_2_a_reopened_case_is_a_new_round_and_old_outcomes_stay() -> None:
    play = accepted()
    play.at("09-28 09:00").fire("relations", "answered", **ANSWER)
    play.at("09-28 10:00").fire("relations", "close")
    play.at("10-12 09:00").do(c.Reopen(said=play.said("director"), reason="投诉人不服"))
    play.at("10-12 10:00").fire("relations", "accept")
    first, second = play.rows("feedback")
    assert (first.outcome, second.outcome) == (MET, NOT_DUE)
    assert second.due is not None and str(second.due.last_day) == "2026-10-19"  # the fifth day is Saturday 10-17, which rolls


def test_a_closed_case_still_takes_records_of_what_was_done_before() -> None:
    play = accepted()
    play.at("09-28 09:00").fire("relations", "answered", **ANSWER)
    play.at("09-28 10:00").fire("relations", "close")
    act = play.at("09-30 10:00").record("relations", "explain", "09-25 10:00").acts[-1]
    assert (act.deviations, play.state) == ((), ("closed",))
    assert play.outcome("explain") == MET


# What the plan says, clause by clause: every duty open, met and missed

Act = Callable[[Dispute], Any]


def did(role: str, event: str, **more: Any) -> Act:
    return lambda play: play.fire(role, event, **more)


def decided(decision: str, answer: bool) -> Act:
    return lambda play: play.decide(decision, answer)


def signed(role: str, event: str) -> Act:
    return lambda play: play.receipt(role, event)


@dataclass(frozen=True)
class Owed:
    """A duty without a number. The case opens at 09:00; ``before`` comes at 10:00 and each quarter of an hour after it."""

    met: Act
    began: str = "09:00"
    before: tuple[Act, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: FAULT)


HEAD, BOTH = did("staff", "report_head"), did("head", "report_hospital", **SITUATION)
YES = {
    "report_up": decided("report_up", True),
    "written_report": decided("written_report", True),
    "report_death": decided("report_death", True),
}
DIED = did("department", "patient_died", facts={"deaths": 1})
CONCLUDED = did("relations", "conclude_inquiry", **INQUIRY)
TOLD = did("director", "telephone_authority")
PAPER = did("relations", "report_authority", **UPWARD)
CALL = did("head", "telephone_hospital")
ORAL = did("medical", "unseal", **{k: v for k, v in UNSEALED.items() if k != "second"}, oral="主管院长 10:10 电话同意")

OWED: dict[str, Owed] = {
    "report_head/head#1": Owed(HEAD),
    "report_hospital/relations#1": Owed(BOTH, "10:15", (HEAD, signed("head", "report_head"))),
    "report_hospital/director#1": Owed(CALL, "10:15", (HEAD, signed("head", "report_head"))),
    "report_hospital_self/relations#1": Owed(BOTH, facts={**FAULT, "concerned": "chief"}),
    "report_hospital_self/director#1": Owed(CALL, facts={**FAULT, "concerned": "chief"}),
    "written_hospital/relations#1": Owed(BOTH, "10:00", (CALL,)),
    "written_hospital/director#1": Owed(BOTH, "10:00", (CALL,)),
    "report_authority/health_authority#1": Owed(PAPER, "10:15", (BOTH, YES["report_up"])),
    "report_authority.receipt/health_authority#1": Owed(
        signed("health_authority", "report_authority"), "10:30", (BOTH, YES["report_up"], PAPER)
    ),
    "written_authority/health_authority#1": Owed(PAPER, "10:00", (TOLD,)),
    "report_death/health_authority#1": Owed(TOLD, "10:15", (DIED, YES["report_death"])),
    "send_people#1": Owed(did("department", "send_people"), "10:00", (HEAD,)),
    "remedy#1": Owed(did("department", "remedied", **MEASURES), "10:00", (HEAD,)),
    "check_charges/complainant#1": Owed(did("relations", "check_charges", **CHECKED), facts=CHARGES),
    "correct_charges/complainant#1": Owed(
        did("relations", "correct_charges", **MEASURES), "10:00", (did("relations", "check_charges", **CHECKED),), CHARGES
    ),
    "seal/patient_side#1": Owed(did("medical", "seal", **SEALED)),
    "custody#1": Owed(did("medical", "assign_custodian", **CUSTODIAN), "10:00", (did("medical", "seal", **SEALED),)),
    "inquiry/director#1": Owed(CONCLUDED),
    "inquiry_report/director#1": Owed(did("relations", "inquiry_report", **WRITTEN), "10:15", (CONCLUDED, YES["written_report"])),
    "inquiry_report.receipt/director#1": Owed(
        signed("director", "inquiry_report"), "10:30", (CONCLUDED, YES["written_report"], did("relations", "inquiry_report", **WRITTEN))
    ),
    "explain/patient_side#1": Owed(did("relations", "explain")),
    "keep_order#1": Owed(did("department", "keep_order")),
    "decide.report_up#1": Owed(decided("report_up", False), "10:00", (BOTH,)),
    "decide.report_death#1": Owed(decided("report_death", False), "10:00", (DIED,)),
    "decide.written_report#1": Owed(decided("written_report", False), "10:00", (CONCLUDED,)),
    "unseal.countersign#1": Owed(lambda play: play.confirm("director", "unseal"), "10:15", (did("medical", "seal", **SEALED), ORAL)),
    "feedback/complainant#1": Owed(
        did("relations", "answered", **ANSWER), "10:00", (did("relations", "accept", facts={"handling": "on_the_spot"}),), CHARGES
    ),
}


def test_every_duty_of_the_definition_is_in_the_table() -> None:
    assert {key.split("/")[0].split("#")[0] for key in OWED} == set(RULES.duties)


CLAUSES: dict[str, tuple[str, ...]] = {
    "report_head": ("E02",),
    "report_hospital": ("E03",),
    "report_hospital_self": ("E02", "E03", "unit"),
    "written_hospital": ("unit",),
    "report_authority": ("E04",),
    "written_authority": ("unit",),
    "report_death": ("E04", "unit"),
    "send_people": ("E05",),
    "remedy": ("E05",),
    "check_charges": ("E06",),
    "correct_charges": ("E06",),
    "seal": ("E07",),
    "custody": ("E08",),
    "inquiry": ("E10",),
    "inquiry_report": ("E11",),
    "explain": ("E12",),
    "keep_order": ("E13",),
    "feedback": ("E14", "E15"),
}


def test_every_duty_rests_on_its_clause_or_visibly_on_the_unit() -> None:
    assert {name: o.basis for name, o in PROCEDURE.obligations.items()} == CLAUSES


def test_every_row_of_the_source_is_the_basis_of_an_event() -> None:
    used = {b for e in PROCEDURE.events.values() for b in e.basis} - {"unit"}
    assert used == {f"E{n:02}" for n in range(1, 16)}


def begun(owed: Owed) -> Dispute:
    play = Dispute(owed.facts)
    for n, act in enumerate(owed.before):
        play.at(f"09-24 10:{15 * n:02}")
        act(play)
    return play


def since(owed: Owed, clock: str) -> timedelta:
    return at(f"09-24 {clock}") - at(f"09-24 {owed.began}")


@pytest.mark.parametrize("key", OWED)
def test_a_duty_without_a_number_shows_its_elapsed_time_while_it_is_open(key: str) -> None:
    play = begun(OWED[key]).at("09-24 11:30")
    row = play.key(key)
    assert row is not None
    assert (row.outcome, row.reason, row.due, row.elapsed) == (NOT_DUE, "no_number", None, since(OWED[key], "11:30"))


@pytest.mark.parametrize("key", OWED)
def test_s3_1_a_duty_without_a_number_is_met_with_its_elapsed_time(key: str) -> None:
    play = begun(OWED[key]).at("09-24 12:00")
    OWED[key].met(play)
    row = play.key(key)
    assert row is not None
    assert (row.outcome, row.elapsed, row.blank) == (MET, since(OWED[key], "12:00"), ())
    assert play.engine.case("C").case.acts[-1].deviations == ()


@pytest.mark.parametrize("key", OWED)
def test_s3_2_a_duty_without_a_number_is_missed_when_the_case_ends(key: str) -> None:
    play = begun(OWED[key]).at("09-24 15:00")
    play.fire("director", "close_unanswered", **GROUND)
    row = play.at("09-25 09:00").key(key)
    assert row is not None
    assert (row.outcome, row.reason, row.elapsed) == (MISSED, "ended", since(OWED[key], "15:00"))


@pytest.mark.parametrize(
    ("duty", "facts"),
    [
        ("send_people", CHARGES),
        ("remedy", CHARGES),
        ("seal", CHARGES),
        ("seal", {"trigger": "fault", "matter": "medical_fault"}),
        ("check_charges", FAULT),
        ("check_charges", {**CHARGES, "handling": "complex"}),
        ("explain", {"trigger": "fault"}),
        ("keep_order", {"trigger": "fault"}),
        ("feedback", {"trigger": "fault"}),
        ("report_head", {"concerned": "chief"}),
        ("report_hospital", {"concerned": "chief"}),
        ("report_hospital_self", {"concerned": "member"}),
        ("report_hospital_self", {}),
        ("written_hospital", FAULT),
        ("correct_charges", CHARGES),
        ("custody", FAULT),
    ],
)
def test_a_duty_that_the_plan_does_not_ask_for_here_is_not_in_the_ledger(duty: str, facts: dict[str, Any]) -> None:
    play = Dispute(facts)
    play.at("09-24 10:00").fire("head", "report_hospital", **SITUATION)
    assert play.rows(duty) == []


@pytest.mark.parametrize("duty", ["seal", "explain", "keep_order", "feedback"])
def test_while_it_is_not_known_whether_there_is_a_dispute_the_duty_stands(duty: str) -> None:
    assert len(Dispute({"matter": "medical_fault"}).rows(duty)) == 1


def test_s4_4_a_fault_that_becomes_a_dispute_brings_its_duties_then() -> None:
    play = Dispute({"trigger": "fault", "matter": "medical_fault"})
    play.at("09-25 08:00").revise("relations", trigger="dispute")
    assert [play.row(d).begin.moment.lo for d in ("seal", "explain", "keep_order")] == [at("09-25 08:00")] * 3  # type: ignore[union-attr]


# 一 -- reporting


def test_e03_the_clock_of_the_head_starts_at_the_receipt_and_without_one_its_start_is_not_shown() -> None:
    play = Dispute()
    assert play.row("report_hospital", to="director").reason == "not_started"
    play.at("09-24 09:10").fire("staff", "report_head")
    begin = play.at("09-24 09:40").row("report_hospital", to="director").begin
    assert begin is not None and (begin.moment.lo, begin.moment.hi, begin.doubt) == (at("09-24 09:10"), at("09-24 09:40"), "receipt")
    play.at("09-24 09:50").do(c.Receipt(said=play.said("head", "09-24 09:12"), of=2, by="head"))
    begin = play.row("report_hospital", to="director").begin
    assert begin is not None and begin.moment.lo == at("09-24 09:12")


def test_e03_two_receivers_are_two_duties() -> None:
    play = Dispute()
    play.at("09-24 09:10").fire("head", "report_hospital", to=("relations",), **SITUATION)
    play.at("09-24 09:40").fire("head", "telephone_hospital", to=("director",))
    assert play.row("report_hospital", to="relations").met_at != play.row("report_hospital", to="director").met_at
    assert play.row("report_hospital", to="director").met_by == 3


def test_s1_4_the_written_report_and_the_telephone_are_two_duties() -> None:
    play = Dispute()
    play.at("09-24 09:10").fire("head", "telephone_hospital")
    assert [r.outcome for r in play.rows("report_hospital")] == [MET, MET]
    assert [r.outcome for r in play.rows("written_hospital")] == [NOT_DUE, NOT_DUE]
    called = [r.met_at for r in play.rows("report_hospital")]
    play.at("09-24 17:00").fire("head", "report_hospital", **SITUATION)
    assert [r.met_at for r in play.rows("report_hospital")] == called
    assert [(r.outcome, r.elapsed) for r in play.rows("written_hospital")] == [(MET, timedelta(hours=7, minutes=50))] * 2


def test_when_the_head_is_the_person_concerned_nobody_reports_to_himself() -> None:
    play = Dispute({**FAULT, "concerned": "chief"}, by="head")
    play.at("09-24 09:10").fire("head", "telephone_hospital")
    assert play.rows("report_head") == play.rows("report_hospital") == []
    assert [r.outcome for r in play.rows("report_hospital_self")] == [MET, MET]


def test_the_director_opens_the_case_himself_and_may_waive_the_report_to_the_head() -> None:
    play = Dispute(by="director")
    with pytest.raises(WrongRole):
        play.do(c.Waive(said=play.said("staff"), row="report_head", ground="已知悉"))
    play.at("09-24 09:30").do(c.Waive(said=play.said("director"), row="report_head", ground="主管院长现场发现"))
    assert play.outcome("report_head") == WAIVED


@pytest.mark.parametrize(
    ("decision", "duty", "asked"),
    [
        ("report_up", "report_authority", BOTH),
        ("report_up", "report_authority", CALL),
        ("report_up", "report_authority", did("relations", "accept")),
        ("report_death", "report_death", DIED),
        ("written_report", "inquiry_report", CONCLUDED),
    ],
)
def test_a_decision_is_visible_while_absent_and_only_a_yes_brings_the_duty(decision: str, duty: str, asked: Act) -> None:
    play = Dispute().at("09-24 10:00")
    asked(play)
    assert (play.at("09-24 11:00").row(f"decide.{decision}").outcome, play.row(f"decide.{decision}").elapsed) == (
        NOT_DUE,
        timedelta(hours=1),
    )
    assert play.row(duty).reason == "not_started"
    play.decide(decision, False)
    assert play.outcome(f"decide.{decision}") == MET
    assert play.rows(duty) == []
    play.at("09-24 12:00").decide(decision, True)
    begin = play.row(duty).begin
    assert begin is not None and begin.moment.lo == at("09-24 12:00")


@pytest.mark.parametrize("decision", PROCEDURE.decisions)
@pytest.mark.parametrize("role", ["staff", "head", "medical", "patient_side"])
def test_a_decision_is_for_the_director_and_the_office(decision: str, role: str) -> None:
    with pytest.raises(WrongRole):
        Dispute().decide(decision, True, role)


def test_a_death_midway_asks_again_and_an_earlier_no_does_not_answer() -> None:
    play = Dispute()
    play.at("09-24 10:00").fire("head", "report_hospital", **SITUATION)
    play.decide("report_up", False)
    assert play.row("decide.report_death").reason == "not_started"
    play.at("09-25 03:00").fire("department", "patient_died", facts={"deaths": 1})
    assert (play.outcome("decide.report_up"), play.outcome("decide.report_death")) == (MET, NOT_DUE)
    play.at("09-25 03:10").decide("report_death", True)
    play.at("09-25 03:30").fire("director", "telephone_authority")
    row = play.row("report_death")
    assert (row.outcome, row.elapsed) == (MET, timedelta(minutes=20))
    assert play.outcome("written_authority") == NOT_DUE


def test_a_report_made_before_the_death_is_not_the_report_of_the_death() -> None:
    play = Dispute()
    play.at("09-24 10:00").fire("relations", "report_authority", **UPWARD)
    play.at("09-25 03:00").fire("department", "patient_died", facts={"deaths": 1})
    play.decide("report_death", True)
    assert play.outcome("report_death") == NOT_DUE


def test_without_a_death_nothing_is_said_of_one_when_the_case_ends() -> None:
    play = Dispute().at("09-24 15:00")
    play.fire("director", "close_unanswered", **GROUND)
    assert [r.key for r in play.engine.ledger("C") if "report_death" in r.key or "written_report" in r.key] == []


# 二 -- measures


def test_e06_what_cannot_be_checked_on_the_spot_takes_the_ordinary_path() -> None:
    play = Dispute(CHARGES)
    play.at("09-24 10:00").fire("relations", "accept")
    assert (play.due("feedback"), play.row("feedback").reason) == ("", "no_number")
    play.at("09-24 11:00").revise("director", handling="complex")
    assert play.outcome("check_charges") == DISCHARGED
    assert play.due("feedback") == "09-30 00:00"


@pytest.mark.parametrize(("wrong", "rows"), [("yes", 1), ("待核", 1), ("no", 0)])
def test_e06_only_a_wrong_charge_is_corrected_and_until_it_is_known_it_is_owed(wrong: str, rows: int) -> None:
    play = Dispute(CHARGES)
    play.at("09-24 10:00").fire("relations", "check_charges", elements={"result": "已核"}, facts={"charges_wrong": wrong})
    assert len(play.rows("correct_charges")) == rows


def test_e05_people_may_arrive_unsent_and_help_before_anybody_is_sent() -> None:
    play = Dispute()
    play.at("09-24 09:05").fire("staff", "report_head")
    play.at("09-24 09:06").fire("department", "arrive")
    play.at("09-24 09:07").fire("department", "remedied", **MEASURES)
    assert (play.outcome("send_people"), play.outcome("remedy")) == (MET, MET)
    assert "open.remedy.done" in play.state


# 三 -- evidence


def test_e07_sealed_without_the_family_is_a_deviation_and_the_duty_of_custody_still_begins() -> None:
    play = Dispute()
    act = play.at("09-24 10:00").fire("medical", "seal", elements=SEALED["elements"]).acts[-1]
    assert act.deviations == ("absent",)
    assert "open.evidence.loose" in play.state
    assert play.outcome("custody") == NOT_DUE
    assert play.at("09-24 10:30").fire("medical", "assign_custodian", **CUSTODIAN).acts[-1].deviations == ()


def test_e08_each_lot_is_sealed_and_given_to_a_custodian() -> None:
    play = Dispute()
    play.at("09-24 10:00").fire("medical", "seal", **SEALED)
    play.at("09-24 10:10").fire("medical", "assign_custodian", **CUSTODIAN)
    act = play.at("09-24 14:00").fire("medical", "seal", **{**SEALED, "elements": {**SEALED["elements"], "lot": "2"}}).acts[-1]
    assert act.deviations == ()
    assert [(r.name, r.outcome) for r in play.rows("custody")] == [("1", MET), ("2", NOT_DUE)]
    play.at("09-24 14:20").fire("medical", "assign_custodian", **CUSTODIAN)
    assert [r.elapsed for r in play.rows("custody")] == [timedelta(minutes=10), timedelta(minutes=20)]


def test_e08_two_lots_sealed_at_once_and_only_one_given_to_a_custodian() -> None:
    play = Dispute()
    lots = []
    for _ in range(2):
        play.at(f"09-24 10:{30 * len(lots):02}").fire("medical", "seal", **SEALED)
        lots.append(play.last("seal"))
    play.at("09-24 11:00").fire("medical", "assign_custodian", of=(lots[1],), **CUSTODIAN)
    assert [r.outcome for r in play.rows("custody")] == [NOT_DUE, MET]
    play.at("09-24 12:00").fire("medical", "assign_custodian", **CUSTODIAN)
    assert [r.elapsed for r in play.rows("custody")] == [timedelta(hours=2), timedelta(minutes=30)]


@pytest.mark.parametrize(("event", "done"), [("assign_custodian", []), ("change_custodian", []), ("change_custodian", ["seal"])])
def test_e08_no_custody_before_sealing_and_no_change_before_a_custodian(event: str, done: list[str]) -> None:
    play = Dispute()
    if done:
        play.fire("medical", "seal", **SEALED)
    assert play.fire("medical", event, **CUSTODIAN).acts[-1].deviations == ("condition",)


def test_e08_a_change_of_custodian_is_recorded_at_any_time_after() -> None:
    play = Dispute()
    play.fire("medical", "seal", **SEALED)
    play.fire("medical", "assign_custodian", **CUSTODIAN)
    play.fire("medical", "unseal", **UNSEALED)
    assert play.fire("medical", "change_custodian", **CUSTODIAN).acts[-1].deviations == ()


def test_e09_unsealed_and_sealed_again() -> None:
    play = Dispute()
    for event, more in (("seal", SEALED), ("unseal", UNSEALED), ("seal", SEALED)):
        assert play.fire("medical", event, **more).acts[-1].deviations == ()
        assert f"open.evidence.{event}ed" in play.state


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"elements": {"result": "x"}}, MissingFacts, "blank_element"),
        ({"second": None}, NotAllowed, "no_second"),
        ({"second": Actor("head", person="h05")}, NotAllowed, "no_second"),
        ({"second": Actor("director", person="h03")}, NotAllowed, "four_eyes"),
        ({"present": ()}, NotAllowed, "absent"),
    ],
)
def test_e09_unsealing_at_will_is_refused_and_what_was_done_all_the_same_shows(
    change: dict[str, Any], error: type[Refused], code: str
) -> None:
    play = Dispute()
    play.fire("medical", "seal", **SEALED)
    with pytest.raises(error):
        play.fire("medical", "unseal", **{**UNSEALED, **change})
    assert "open.evidence.sealed" in play.state
    act = play.record("medical", "unseal", **{**UNSEALED, **change}).acts[-1]
    assert act.deviations == (code,)
    assert "open.evidence.sealed" in play.state  # what was done against the procedure does not move it


def test_e09_a_refused_unsealing_is_in_the_journal() -> None:
    play = Dispute()
    play.fire("medical", "seal", **SEALED)
    with pytest.raises(WrongRole):
        play.fire("head", "unseal", **UNSEALED)
    assert [(a.kind, a.data["subject"]) for a in play.engine.case("C").case.acts if a.kind == REFUSED] == [(REFUSED, "unseal")]


def test_e09_a_seal_found_broken_is_on_record_and_the_lot_is_sealed_again() -> None:
    play = Dispute()
    play.fire("medical", "seal", **SEALED)
    assert play.fire("custodian", "seal_broken", **BROKEN).acts[-1].deviations == ()
    assert "open.evidence.unsealed" in play.state
    play.fire("medical", "seal", **SEALED)
    assert "open.evidence.sealed" in play.state


def test_s5_5_an_oral_approval_unseals_and_the_directors_signature_is_owed() -> None:
    play = Dispute()
    play.fire("medical", "seal", **SEALED)
    ORAL(play)
    assert "open.evidence.unsealed" in play.state
    assert play.outcome("unseal.countersign") == NOT_DUE
    play.at("09-24 11:00").confirm("director", "unseal")
    assert (play.outcome("unseal.countersign"), play.row("unseal.countersign").elapsed) == (MET, timedelta(hours=2))


# 五 -- the answer


@pytest.mark.parametrize(
    ("handling", "when", "last_day"),
    [
        ("complex", "09-24 10:20", "09-29"),
        ("cross_department", "09-24 10:20", "10-15"),
        ("", "09-24 10:20", "09-29"),  # not classified: the shorter one for the time being
        ("complex", "09-30 10:20", "10-08"),  # the fifth day is 10-05, a holiday
        ("cross_department", "09-30 10:20", "10-20"),
        ("complex", "09-27 10:20", "10-08"),  # accepted on a holiday; the fifth day is 10-02
        ("complex", "09-20 10:20", "09-28"),  # the fifth day is Mid-Autumn
        ("complex", "10-05 10:20", "10-10"),  # a make-up Saturday does not roll
        ("complex", "09-24 23:59", "09-29"),
        ("complex", "09-25 00:00", "09-30"),
    ],
)
def test_e14_e15_the_last_day_of_the_answer(handling: str, when: str, last_day: str) -> None:
    row = accepted(handling, when).row("feedback")
    assert row.due is not None and str(row.due.last_day) == f"2026-{last_day}"


@pytest.mark.parametrize(("when", "last_day"), [("09-24 10:20", "10-09"), ("09-30 10:20", "10-13")])
@pytest.mark.parametrize("handling", ["complex", ""])
def test_one_line_of_the_definition_reads_the_five_days_as_working_days(handling: str, when: str, last_day: str) -> None:
    row = accepted(handling, when, working_days=True).row("feedback")
    assert row.due is not None and str(row.due.last_day) == f"2026-{last_day}"


def test_the_working_day_switch_leaves_the_ten_working_days() -> None:
    assert accepted("cross_department", working_days=True).due("feedback") == "10-16 00:00"


@pytest.mark.parametrize("handling", ["complex", ""])
def test_the_two_readings_of_the_five_days_are_said_in_the_explanation(handling: str) -> None:
    play = accepted(handling)
    assert any("5个自然日或5个工作日" in line for line in play.story("feedback"))
    assert any("natural or as working days" in line for line in play.story("feedback", "en"))
    assert any("暂按此期限" in line for line in play.story("feedback")) == (handling == "")


def test_ten_working_days_have_no_second_reading() -> None:
    assert not any("可读作" in line for line in accepted("cross_department").story("feedback"))


def test_the_start_of_the_answer_is_the_units_own_and_says_so() -> None:
    assert any("起算依据" in line and "本单位规定" in line for line in accepted().story("feedback"))


def test_settled_on_the_spot_the_answer_has_no_number() -> None:
    play = accepted("on_the_spot")
    assert play.due("feedback") == ""
    play.at("09-24 11:20").fire("relations", "answered", **ANSWER)
    assert (play.outcome("feedback"), play.row("feedback").elapsed) == (MET, timedelta(hours=1))


def test_answered_and_never_accepted_nothing_shows_when_the_time_began() -> None:
    play = Dispute()
    play.at("09-24 11:00").fire("relations", "answered", **ANSWER)
    assert (play.outcome("feedback"), play.row("feedback").reason) == (UNKNOWN, "no_start")


def test_a_complaint_in_pieces_gets_a_term_for_each_and_an_answer_that_names_both_answers_both() -> None:
    play = accepted()
    first = play.last("accept")
    assert play.at("09-28 10:00").fire("relations", "accept").acts[-1].deviations == ()
    assert [str(r.due.last_day)[5:] for r in play.rows("feedback") if r.due] == ["09-29", "10-08"]  # the second one's fifth day is 10-03
    play.at("09-29 10:00").fire("relations", "answered", of=(first, play.last("accept")), **ANSWER)
    assert [r.outcome for r in play.rows("feedback")] == [MET, MET]


def test_of_two_complainants_the_one_who_is_not_answered_is_still_owed_an_answer() -> None:
    play = accepted()
    play.at("09-28 10:00").fire("relations", "accept")
    play.at("09-28 16:00").fire("relations", "answered", of=(play.last("accept"),), **ANSWER)
    assert [r.outcome for r in play.rows("feedback", "09-30 00:00")] == [MISSED, MET]
    play.at("09-30 10:00").fire("relations", "answered", **ANSWER)
    assert [r.outcome for r in play.rows("feedback")] == [LATE, MET]


def test_a_further_complaint_after_the_answer_has_to_be_answered_too() -> None:
    play = accepted()
    play.at("09-28 10:00").fire("relations", "answered", **ANSWER)
    play.at("09-29 10:00").fire("relations", "accept")
    assert [r.outcome for r in play.rows("feedback")] == [MET, NOT_DUE]
    with pytest.raises(WrongState):
        play.fire("relations", "close")


def test_s7_2_a_withdrawn_complaint_ends_the_answer_and_not_the_sealing_nor_the_inquiry() -> None:
    play = accepted()
    play.at("09-24 11:00").decide("report_up", True)
    play.at("09-25 10:00").do(c.Withdraw(said=play.said("complainant"), reason="已和解"))
    assert {d: play.outcome(d) for d in ("feedback", "explain", "keep_order")} == dict.fromkeys(
        ("feedback", "explain", "keep_order"), DISCHARGED
    )
    still = ("seal", "inquiry", "report_head", "report_authority")
    assert {d: play.outcome(d) for d in still} == dict.fromkeys(still, NOT_DUE)
    play.at("09-28 10:00").fire("director", "close_unanswered", **GROUND)
    assert play.state == ("closed",)


def test_s3_3_withdrawn_after_the_date_it_stays_missed() -> None:
    play = accepted()
    play.at("09-30 10:00").do(c.Withdraw(said=play.said("complainant"), reason="已和解"))
    row = play.row("feedback")
    assert (row.outcome, row.beside) == (MISSED, ("later_discharged",))


def test_s3_3_the_director_may_waive_the_answer_and_the_office_may_not() -> None:
    play = accepted()
    with pytest.raises(WrongRole):
        play.do(c.Waive(said=play.said("relations"), row="feedback", ground="已口头答复"))
    play.do(c.Waive(said=play.said("director"), row="feedback", ground="投诉人书面同意不再答复"))
    assert play.outcome("feedback") == WAIVED


def test_s8_4_an_extension_granted_moves_the_date_from_its_last_day() -> None:
    play = accepted()
    play.at("09-28 15:00").extend("relations", "ask", "3 working days")
    assert play.due("feedback") == "09-30 00:00"
    play.at("09-30 09:00")
    assert (play.outcome("feedback"), play.row("feedback").reason) == (UNKNOWN, "extension_pending")
    play.extend("director", "grant")
    assert play.due("feedback") == "10-10 00:00"  # after 09-29: 09-30, 10-08, 10-09


def test_s8_4_an_extension_refused_leaves_the_date() -> None:
    play = accepted()
    play.at("09-28 15:00").extend("relations", "ask", "3 working days")
    play.at("09-29 09:00").extend("director", "refuse")
    assert (play.due("feedback"), play.outcome("feedback", "09-30 00:00")) == ("09-30 00:00", MISSED)


@pytest.mark.parametrize(
    ("when", "role", "by", "error"),
    [
        ("09-30 00:00", "relations", "1 working day", TooLate),
        ("09-29 23:59", "relations", "11 working days", NotAllowed),
        ("09-29 23:59", "head", "1 working day", WrongRole),
    ],
)
def test_s8_4_an_extension_too_late_over_the_cap_or_by_somebody_else(when: str, role: str, by: str, error: type[Refused]) -> None:
    with pytest.raises(error):
        accepted().at(when).extend(role, "ask", by)


def test_s8_4_ten_working_days_are_within_the_cap_and_one_extension_is_all() -> None:
    play = accepted()
    play.at("09-29 09:00").extend("relations", "ask", "10 working days")
    with pytest.raises(WrongRole):
        play.extend("relations", "grant")
    play.extend("director", "grant")
    assert play.due("feedback") == "10-20 00:00"  # after 09-29: 09-30, 10-08, 09, 10, 12, 13, 14, 15, 16 are nine, 10-19 the tenth
    with pytest.raises(NotAllowed):
        play.extend("relations", "ask", "1 working day")


@pytest.mark.parametrize(
    ("handling", "when", "expected"),
    [
        ("complex", "09-24 10:20", ["09-28 09:00", "09-29 09:00", "10-09 09:00"]),
        ("cross_department", "09-24 10:20", ["10-14 09:00", "10-15 09:00", "10-20 09:00"]),
        ("complex", "09-30 10:20", ["10-08 09:00", "10-12 09:00"]),  # the first would have been before the acceptance
        ("complex", "09-30 08:30", ["09-30 09:00", "10-08 09:00", "10-12 09:00"]),
    ],
)
def test_s2_2_reminders_come_at_nine_on_working_days_and_never_at_midnight(handling: str, when: str, expected: list[str]) -> None:
    play = accepted(handling, when).at("11-02 12:00")
    assert [f[0] for f in play.flags() if f[1] == "tier"] == expected


def test_reminders_go_to_the_office_then_to_the_director_and_only_then_on_the_review_list() -> None:
    play = accepted().at("09-28 08:59")
    assert play.flags() == []
    assert play.at("09-28 09:00").flags() == [("09-28 09:00", "tier", ("relations",), "")]
    assert play.at("09-29 09:00").flags()[1:] == [("09-29 09:00", "tier", ("relations", "director"), "")]
    assert play.at("09-30 09:00").flags()[2:] == [("09-30 00:00", "missing", (), "late_answer")]
    assert play.at("10-09 09:00").flags()[3:] == [("10-09 09:00", "tier", ("director",), "late_answer")]


def test_nobody_is_reminded_of_an_answer_that_was_given() -> None:
    play = accepted()
    play.at("09-25 10:00").fire("relations", "answered", **ANSWER)
    assert play.at("11-02 12:00").flags() == []


# Every event once as it should be, and once in breach


@dataclass(frozen=True)
class Once:
    role: str
    more: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[Act, ...] = ()
    wrong: str = "patient_side"
    """A role for which it is not."""


SEAL = did("medical", "seal", **SEALED)
ACCEPT = did("relations", "accept")


def incident(play: Play) -> None:
    """A case ``I`` of the town, in the same store."""
    play.engine.add(next(d for d in shipped_definitions() if d.procedure.procedure == "social-security-incident"))
    command = c.Open(said=play.said("duty_officer"), what="聚集", where="门诊部", told_by="医院")
    play.engine.open_case("social-security-incident", command, case="I")


EVENTS: dict[str, Once] = {
    "found": Once("head"),
    "report_head": Once("staff", wrong="relations"),
    "report_hospital": Once("head", SITUATION, wrong="medical"),
    "telephone_hospital": Once("head", wrong="relations"),
    "report_authority": Once("relations", UPWARD, wrong="head"),
    "telephone_authority": Once("director", wrong="staff"),
    "send_people": Once("department", wrong="relations"),
    "arrive": Once("department", wrong="relations"),
    "remedied": Once("department", MEASURES, wrong="relations"),
    "patient_died": Once("department", {"facts": {"deaths": 1}}),
    "check_charges": Once("relations", CHECKED),
    "correct_charges": Once("department", MEASURES),
    "seal": Once("medical", SEALED, wrong="relations"),
    "assign_custodian": Once("medical", CUSTODIAN, (SEAL,), wrong="custodian"),
    "change_custodian": Once("medical", CUSTODIAN, (SEAL, did("medical", "assign_custodian", **CUSTODIAN)), wrong="custodian"),
    "unseal": Once("medical", UNSEALED, (SEAL,), wrong="custodian"),
    "seal_broken": Once("custodian", BROKEN, (SEAL,)),
    "begin_inquiry": Once("relations", wrong="staff"),
    "conclude_inquiry": Once("medical", INQUIRY, wrong="staff"),
    "inquiry_report": Once("medical", WRITTEN, wrong="head"),
    "explain": Once("head", wrong="staff"),
    "keep_order": Once("department", wrong="staff"),
    "accept": Once("relations", wrong="head"),
    "answered": Once("relations", ANSWER, (ACCEPT,), wrong="head"),
    "close": Once("relations", {}, (ACCEPT, did("relations", "answered", **ANSWER)), wrong="head"),
    "close_unanswered": Once("director", GROUND, wrong="relations"),
    "became_incident": Once("relations", {"other": "I"}, before=(incident,)),
}
ELEMENTS = [(event, element) for event, once in EVENTS.items() for element in once.more.get("elements", {})]


def ready(event: str) -> Dispute:
    play = Dispute()
    for act in EVENTS[event].before:
        act(play)
    return play.at("09-24 12:00")


def test_every_event_of_the_definition_is_in_the_table() -> None:
    assert set(EVENTS) == set(PROCEDURE.events)


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_done_as_it_should_be_has_no_deviation(event: str) -> None:
    assert ready(event).fire(EVENTS[event].role, event, **EVENTS[event].more).acts[-1].deviations == ()


@pytest.mark.parametrize("event", EVENTS)
def test_s5_2_an_event_by_the_wrong_role_is_kept_as_a_deviation_and_moves_nothing(event: str) -> None:
    play = ready(event)
    before = play.state
    more = {k: v for k, v in EVENTS[event].more.items() if k != "person"}
    act = play.record(EVENTS[event].wrong, event, **more).acts[-1]
    assert (act.deviations, act.state) == (("wrong_role",), before)


@pytest.mark.parametrize("event", EVENTS)
def test_s5_2_an_event_after_the_case_has_ended_is_kept_as_a_deviation(event: str) -> None:
    play = ready(event)
    play.fire("director", "close" if event == "close" else "close_unanswered", **({} if event == "close" else GROUND))
    act = play.at("09-24 13:00").record(EVENTS[event].role, event, **EVENTS[event].more).acts[-1]
    assert (act.deviations, act.state) == (("not_enabled",), ("closed",))


@pytest.mark.parametrize(("event", "element"), ELEMENTS)
def test_s6_2_a_blank_element_is_a_deviation_and_one_not_known_yet_is_none(event: str, element: str) -> None:
    once = EVENTS[event]
    elements = once.more["elements"]
    play = ready(event)
    blank = {**once.more, "elements": {k: v for k, v in elements.items() if k != element}}
    assert play.record(once.role, event, **blank).acts[-1].deviations == ("blank_element",)
    known = {**once.more, "elements": {**elements, element: "待核"}}
    assert ready(event).fire(once.role, event, **known).acts[-1].deviations == ()


@pytest.mark.parametrize("event", ["seal", "unseal"])
def test_s5_2_an_act_without_the_family_present_is_a_deviation(event: str) -> None:
    act = ready(event).record("medical", event, **{**EVENTS[event].more, "present": ()}).acts[-1]
    assert act.deviations == ("absent",)


def test_a_death_without_a_number_is_a_deviation_and_still_asks_the_question() -> None:
    play = Dispute().at("09-24 10:00")
    assert play.fire("head", "patient_died").acts[-1].deviations == ("missing_facts",)
    assert play.outcome("decide.report_death") == NOT_DUE


@pytest.mark.parametrize(
    ("role", "event", "more", "error"),
    [
        ("head", "close", {}, WrongRole),
        ("relations", "close", {}, WrongState),
        ("relations", "close_unanswered", GROUND, WrongRole),
        ("director", "close_unanswered", {}, MissingFacts),
    ],
)
def test_s5_1_a_request_to_close_may_be_refused(role: str, event: str, more: dict[str, Any], error: type[Refused]) -> None:
    with pytest.raises(error):
        Dispute().fire(role, event, **more)


def test_an_answered_case_is_closed_as_answered() -> None:
    play = accepted()
    play.fire("relations", "answered", **ANSWER)
    with pytest.raises(WrongState):
        play.fire("director", "close_unanswered", **GROUND)


def test_s9_3_names_of_patient_and_custodian_lie_in_the_erasable_part() -> None:
    play = Dispute({**FAULT, "patient": "患者张某"})
    play.fire("medical", "seal", **SEALED)
    play.fire("medical", "assign_custodian", elements={"custodian_name": "李某"})
    with play.engine.store.read() as view:
        kept = b"".join(e.raw for e in view.entries("C"))
    assert "患者张某".encode() not in kept and "李某".encode() not in kept


def test_a_dispute_may_become_an_incident_of_the_town_and_goes_on() -> None:
    play = accepted()
    incident(play)
    owed = {r.key for r in play.engine.ledger("C") if r.open}
    result = play.at("09-24 12:30").fire("relations", "became_incident", other="I")
    assert result.deviations == () and {r.key for r in play.engine.ledger("C") if r.open} == owed
    (told,) = result.others[0].acts
    assert (told.kind, told.name, told.data["role"]) == ("linked", "C", {"zh": "医患关系办公室", "en": "patient relations office"})


def test_to_decide_what_is_left_open_has_no_number_and_no_word_that_the_plan_does_not_say() -> None:
    duty = accepted().row("decide.report_up").duty.obligation
    assert [str(a.term) for a in duty.term] == ["unset"]
