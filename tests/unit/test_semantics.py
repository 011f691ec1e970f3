"""Every rule of the semantics as at least one scenario that names it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from tests.play import PROBE, ZONE, Play, at
from workflow import command as c
from workflow import organisation as organisations
from workflow.act import FLAGGED, UNFLAGGED, Act
from workflow.batch import Batch
from workflow.engine import Engine
from workflow.errors import (
    BadInput,
    ClockOnly,
    FutureTime,
    Held,
    MissingFacts,
    NotAllowed,
    SweepIncomplete,
    TooLate,
    UnknownActor,
    UnknownCase,
    WrongRole,
    WrongState,
    WrongType,
)
from workflow.explain import why
from workflow.journal.canonical import canonical
from workflow.moment import Moment
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.load import load
from workflow.replay import case_document, replay_cases
from workflow.words import beside

MET, LATE, MISSED, NOT_DUE = Outcome.MET, Outcome.MET_LATE, Outcome.MISSED, Outcome.NOT_DUE
DISCHARGED, WAIVED, UNKNOWN = Outcome.DISCHARGED, Outcome.WAIVED, Outcome.UNDETERMINABLE


@pytest.fixture
def play() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.open("desk")
    return play


def _with(text: str) -> Play:
    """A case opened on 09-24 10:00 under a variant of the probe."""
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(text, "variant.yaml"))
    play = Play("probe", engine=engine).at("09-24 10:00")
    play.open("desk")
    return play


def _told(play: Play, row: str, until: str) -> list[object]:
    """The flags that stand on a row after a sweep at ``until``."""
    play.at(until).engine.tick()
    return [a.data["flag"] for a in play.engine.case("C").case.kind(FLAGGED, row)]


def _journal(play: Play) -> Any:
    """What a replay of the store of a play takes."""
    engine = play.engine
    with engine.store.read() as view:
        cases = [(row.id, [Act.decode(e) for e in view.entries(row.id)]) for row in view.cases()]
    return cases, {r.hash: r for r in engine.definitions()}, engine.calendars, engine.organisation()


# S1 -- instants and evidence


def test_s1_1_the_duty_says_which_instant_counts(play: Play) -> None:
    play.at("09-24 14:00").record("desk", "paper", "09-24 11:50", submitted="09-24 11:50", received="09-24 12:30", grade="system")
    assert play.outcome("paper") == MET
    assert play.outcome("paper_received") == LATE


def test_s1_1_a_chained_clock_starts_at_received(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "x", "number": "1"})
    play.at("09-24 11:40").do(c.Receipt(said=play.said("boss"), of=2, by="boss"))
    assert play.due("forward") == "09-24 12:40"


def test_s1_2_received_is_the_earliest_of_the_evidence(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "paper")
    play.at("09-24 11:50").do(c.Receipt(said=play.said("boss"), of=2, by="boss"))
    play.do(c.Receipt(said=play.said("office", "09-24 11:20"), of=2, by="boss", how="call"))
    assert play.due("forward") == "09-24 12:20"


def test_s1_2_by_telephone_received_equals_submitted(play: Play) -> None:
    play.at("09-24 10:10").fire("desk", "call")
    assert not [r for r in play.rows("paper.receipt")]
    assert play.outcome("call") == MET


def test_s1_2_without_a_receipt_the_next_link_is_undeterminable_never_not_due(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "x", "number": "1"})
    for moment in ("09-24 11:01", "09-24 13:00"):
        row = play.row("forward", moment)
        assert (row.outcome, row.reason) == (UNKNOWN, "receipt")
        assert row.bounds is not None and row.bounds[0] == at("09-24 12:00")
    assert play.outcome("paper", "09-24 13:00") == MET  # the sender is judged by submission
    assert play.outcome("paper.receipt", "09-24 13:00") == MISSED  # signing is the receiver's own duty


def test_s1_2_a_sender_cannot_sign_for_the_receiver(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "x", "number": "1"})
    result = play.at("09-24 11:10").do(c.Receipt(said=play.said("desk"), of=2, by="boss"))
    assert result.deviations == ("own_receipt",)  # kept, because a record is never refused, but it shows nothing
    assert (play.outcome("forward"), play.row("forward").reason) == (UNKNOWN, "receipt")
    assert play.outcome("paper.receipt") == NOT_DUE
    play.at("09-24 11:20").do(c.Confirm(said=play.said("boss"), of=3))
    assert play.due("forward") == "09-24 12:10" and play.outcome("paper.receipt") == MET


def test_s1_2_receipt_is_deemed_only_where_the_unit_set_it_and_says_so() -> None:
    text = PROBE.read_text(encoding="utf-8").replace("receipt: 30 minutes,", "receipt: 30 minutes, deemed: 3 hours,")
    play = _with(text.replace("version: 1-1", "version: 1-2"))
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "x", "number": "1"})
    assert play.row("forward", "09-24 13:59").reason == "receipt"  # until then nothing shows it
    row = play.row("forward", "09-24 14:00")
    assert (row.outcome, play.due("forward", "09-24 14:00"), row.beside) == (NOT_DUE, "09-24 15:00", ("deemed_receipt",))
    assert play.outcome("paper.receipt", "09-24 14:00") == MISSED  # to sign for it is still the receiver's duty
    play.at("09-24 12:00").do(c.Receipt(said=play.said("boss"), of=2, by="boss"))
    assert play.due("forward", "09-24 16:00") == "09-24 13:00"  # the earliest counts


def test_s1_3_own_word_alone_after_the_due_instant_is_undeterminable(play: Play) -> None:
    play.at("09-24 12:00").record("desk", "call", "09-24 10:20")
    row = play.row("call")
    assert (row.outcome, row.reason) == (UNKNOWN, "own_word")
    assert row.bounds == (at("09-24 10:20"), at("09-24 12:00"))


def test_s1_3_somebody_else_confirms_and_it_is_met(play: Play) -> None:
    play.at("09-24 12:00").record("desk", "call", "09-24 10:20")
    play.at("09-24 12:30").do(c.Confirm(said=play.said("boss", "09-24 10:21"), of=2))
    assert play.outcome("call") == MET


def test_s1_3_the_obligor_cannot_confirm_for_themselves(play: Play) -> None:
    play.at("09-24 12:00").record("desk", "call", "09-24 10:20", person="p1")
    with pytest.raises(WrongRole):
        play.do(c.Confirm(said=play.said("desk", person="p1"), of=2))
    play.do(c.Confirm(said=play.said("desk", "09-24 10:20", person="p2"), of=2))  # same role, another person: still the obligor's side
    assert play.outcome("call") == UNKNOWN


def test_s1_4_a_written_report_never_moves_the_telephone_one(play: Play) -> None:
    play.at("09-24 10:10").fire("desk", "paper", elements={"place": "x", "number": "1"})
    assert play.outcome("call", "09-24 10:31") == MISSED
    assert play.outcome("paper", "09-24 10:31") == MET


def test_s1_5_a_back_filled_act_enters_the_ledger_and_withdraws_the_flag_it_refutes(play: Play) -> None:
    play.at("09-24 10:31").engine.tick()
    play.at("09-24 12:00").record("desk", "call", "09-24 10:20", grade="counterpart")
    play.engine.tick()
    acts = play.engine.case("C").case.acts
    assert [a.data["flag"] for a in acts if a.kind == FLAGGED and a.name.startswith("call")] == ["missing"]
    assert [a.data["was"] for a in acts if a.kind == UNFLAGGED and a.name.startswith("call")] == ["missing"]
    assert play.outcome("call") == MET


def test_s1_5_a_back_filled_act_moves_the_state_only_if_it_is_enabled_now(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    result = play.record("desk", "step", "09-24 10:30")
    assert play.state == ("open.two",)
    assert result.deviations == ()  # it was possible when it happened


# S2 -- due instant (the arithmetic itself is tested in test_terms)


def test_s2_1_minutes_include_the_due_instant_and_days_end_before_midnight(play: Play) -> None:
    play.at("09-24 10:30").fire("desk", "call")
    assert play.outcome("call") == MET
    play.at("09-30 00:00").fire("desk", "answer")
    assert play.outcome("answer") == LATE
    early = Play("probe").at("09-24 10:00")
    early.open("desk")
    early.clock.set(at("09-30 00:00") - timedelta(microseconds=1))
    early.fire("desk", "answer")
    assert early.outcome("answer") == MET


def test_s2_2_a_reminder_one_working_day_before_midnight_rings_at_nine(play: Play) -> None:
    play.at("10-01 00:00").engine.tick()
    tiers = [a.data for a in play.engine.case("C").case.acts if a.data.get("flag") == "tier"]
    assert tiers[0]["at"] == "2026-09-29T01:00:00.000000Z"


def test_s2_2_a_tier_may_name_its_own_hour(play: Play) -> None:
    tier = "{at: 1 working day before, tell: desk"
    text = PROBE.read_text(encoding="utf-8").replace(tier, f'{tier}, hour: "07:30"')
    assert text.count("07:30") == 1
    play = _with(text.replace("version: 1-1", "version: 1-2"))
    assert _told(play, "answer/other#1", "09-29 07:29") == [] and _told(play, "answer/other#1", "09-29 07:30") == ["tier"]


def test_s2_3_an_unknown_year_gives_bounds_and_no_verdict_between_them() -> None:
    play = Play("probe").at("12-18 10:00")
    play.open("desk", {"grade": "high"})
    row = play.row("answer")
    assert row.due is not None and row.due.provisional
    assert play.outcome("answer", "2027-01-02 00:00") == NOT_DUE
    between = play.row("answer", "2027-01-05 12:00")
    assert (between.outcome, between.reason) == (UNKNOWN, "calendar")
    assert play.outcome("answer", "2027-02-01 00:00") == MISSED


# S3 -- outcomes


def test_s3_1_without_a_number_it_is_open_and_then_met_with_the_elapsed_time(play: Play) -> None:
    assert (play.outcome("soon", "12-01 00:00"), play.row("soon", "12-01 00:00").reason) == (NOT_DUE, "no_number")
    play.at("09-24 12:00").fire("desk", "step")
    row = play.row("soon")
    assert (row.outcome, row.elapsed) == (MET, timedelta(hours=2))


def test_s3_1_not_started_is_not_due(play: Play) -> None:
    assert (play.outcome("forward"), play.row("forward").reason) == (NOT_DUE, "not_started")


def test_s3_2_late_remembers_that_it_had_been_missing(play: Play) -> None:
    assert play.outcome("call", "09-24 10:31") == MISSED
    play.at("09-24 10:42").fire("desk", "call")
    row = play.row("call")
    assert row.outcome == LATE and row.missing_from == at("09-24 10:30")
    assert row.late is not None and row.late.clock == timedelta(minutes=12)


def test_s3_2_owed_when_the_case_ends_is_missed(play: Play) -> None:
    play.at("09-24 10:05").fire("boss", "close")
    assert (play.outcome("call"), play.row("call").reason) == (MISSED, "ended")
    assert play.outcome("soon") == MISSED


def test_s3_2_fulfilled_before_its_start(play: Play) -> None:
    play.at("09-24 10:10").fire("desk", "answer")
    play.at("09-24 11:00").fire("desk", "step")
    row = play.row("strict")
    assert (row.outcome, row.reason) == (UNKNOWN, "contradiction")
    assert play.outcome("answer") == MET


def test_s3_3_discharged_before_due_ends_it_and_after_due_stands_beside_it(play: Play) -> None:
    play.at("09-25 10:00").fire("boss", "cancel")
    assert play.outcome("answer") == DISCHARGED
    late = Play("probe").at("09-24 10:00")
    late.open("desk")
    late.at("10-08 10:00").fire("boss", "cancel")
    assert (late.outcome("answer"), late.row("answer").beside) == (MISSED, ("later_discharged",))


def test_s3_3_the_definition_names_who_may_waive_never_the_obligor(play: Play) -> None:
    with pytest.raises(WrongRole):
        play.do(c.Waive(said=play.said("desk"), row="answer", ground="x"))
    play.do(c.Waive(said=play.said("boss"), row="answer", ground="当事人同意"))
    assert play.outcome("answer") == WAIVED


def test_s3_3_waived_after_due_stays_missed(play: Play) -> None:
    play.at("10-08 10:00").do(c.Waive(said=play.said("boss"), row="answer", ground="x"))
    assert (play.outcome("answer"), play.row("answer").beside) == (MISSED, ("later_waived",))


def test_s3_4_fulfilled_or_ended_without_a_start_is_undeterminable(play: Play) -> None:
    play.at("09-24 11:00").fire("boss", "forward")
    assert (play.outcome("forward"), play.row("forward").reason) == (UNKNOWN, "no_start")
    play.at("09-24 12:00").fire("boss", "close")
    assert play.row("strict").reason == "no_start"


def test_s3_5_a_recurrence_whose_period_is_not_over_is_discharged_at_the_end(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    play.at("09-24 18:00").fire("boss", "close")
    assert [r.outcome for r in play.rows("follow")] == [MISSED, DISCHARGED]


def test_s3_5_a_target_has_an_outcome_and_never_raises_a_flag(play: Play) -> None:
    play.at("09-24 10:20").engine.tick()
    assert play.outcome("aim") == MISSED
    assert not [a for a in play.engine.case("C").case.acts if a.name.startswith("aim")]


def test_s3_6_the_clock_catches_up_before_a_command_and_a_late_daemon_changes_nothing(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    play.at("09-30 10:00").fire("desk", "answer")  # nobody ticked meanwhile
    acts = play.engine.case("C").case.acts
    assert [(a.kind, a.name, a.happened.lo) for a in acts][2] == ("clocked", "sleep", at("09-27 00:00"))
    assert play.state == ("idle",)
    swept = Play("probe").at("09-24 10:00")
    swept.open("desk")
    swept.at("09-24 11:00").fire("desk", "step")
    for day in ("09-25", "09-26", "09-27", "09-29"):
        swept.at(f"{day} 03:00").engine.tick()
    swept.at("09-30 10:00").fire("desk", "answer")
    assert [(r.key, r.outcome) for r in swept.engine.ledger("C")] == [(r.key, r.outcome) for r in play.engine.ledger("C")]


# S4 -- facts that change


def test_s4_1_not_the_obligor_alone_may_revise_a_fact_that_moves_their_date(play: Play) -> None:
    with pytest.raises(WrongRole):
        play.revise("desk", kind="a")
    with pytest.raises(WrongRole):
        play.revise("office", grade="high")  # the definition names the boss
    with pytest.raises(BadInput):
        play.revise("boss", reason=" ", grade="high")
    play.revise("office", kind="a")


def test_s4_1_a_fact_stated_otherwise_along_with_an_act_is_a_revision_like_any_other(play: Play) -> None:
    play.revise("boss", grade="low")
    result = play.at("09-28 10:00").fire("desk", "call", facts={"grade": "high"})
    assert result.deviations == ("not_revisable",)  # kept, because a record is never refused
    assert result.acts[0].data["claimed"] == {"grade": "high"} and play.engine.case("C").case.facts_now()["grade"] == "low"
    assert play.due("answer") == "09-30 00:00" and play.outcome("call") == LATE  # the call itself counts
    assert play.fire("desk", "call", facts={"grade": "low"}).deviations == ()


def test_s4_1_a_request_with_a_fact_stated_otherwise_is_refused() -> None:
    text = PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2")
    play = _with(text.replace("from: open, by: boss, require: [grade], second: office", "from: open, by: desk, require: [grade]"))
    play.revise("boss", grade="low")
    with pytest.raises(WrongRole):
        play.fire("desk", "approve", facts={"grade": "high"})
    assert play.fire("desk", "approve", facts={"grade": "low"}).deviations == ()


def test_s4_2_a_longer_term_moves_the_date_back_and_the_old_one_stays_visible(play: Play) -> None:
    play.at("09-28 09:00").revise("boss", grade="high")
    row = play.row("answer")
    assert [v.due.last_day.isoformat() for v in row.revisions if v.due and v.due.last_day] == ["2026-09-29", "2026-10-15"]
    assert row.revisions[1].cause == 2


def test_s4_2_the_one_to_whom_it_is_owed_is_told_once_that_the_date_moved(play: Play) -> None:
    play.at("09-28 10:00").revise("boss", grade="high")
    play.at("09-28 10:05").engine.tick()
    play.at("09-28 10:10").engine.tick()
    told = [a.data for a in play.engine.case("C").case.kind(FLAGGED, "answer/other#1") if a.data["flag"] == "moved"]
    days = {"old": "2026-09-29T16:00:00.000000Z", "new": "2026-10-15T16:00:00.000000Z"}
    assert told == [{"flag": "moved", "revision": 2, **days, "tell": ["other", "desk"]}]


def test_s4_2_a_shorter_term_makes_nobody_late_for_the_past(play: Play) -> None:
    play.at("09-30 10:00").revise("office", kind="b")  # counted from the start it would have run out on 09-26
    assert play.due("shrink") == "10-03 00:00"
    assert play.row("shrink").revisions[-1].kept_old
    play.at("10-02 20:00").fire("desk", "step")
    assert play.outcome("shrink") == MET


def test_s4_3_revised_after_the_due_instant_the_outcome_never_changes(play: Play) -> None:
    play.at("09-30 09:00").revise("boss", grade="high")
    first, second = play.rows("answer")
    assert (
        first.outcome == MISSED
        and first.due is not None
        and first.due.last_day is not None
        and first.due.last_day.isoformat() == "2026-09-29"
    )
    assert second.name == "1.2" and second.outcome == NOT_DUE


def test_s4_4_a_duty_that_a_new_fact_brings_starts_when_the_obligor_knew(play: Play) -> None:
    assert play.rows("deadly") == []
    play.at("09-26 08:00").revise("boss", deaths="3")
    assert play.due("deadly") == "09-26 09:00"


ARISING = """
  accident: {zh: 事故报告, en: accident report, owed: {by: desk}, starts: {on: case}, owed_when: {deaths: {at_least: 3}},
    term: [{is: 1 hour}], met_by: forward, counts_from: occurrence, basis: R1}
"""


def test_s4_4_a_rule_that_counts_from_the_occurrence_is_already_past_and_not_late() -> None:
    play = _with(PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2") + ARISING)
    play.at("09-24 12:30").revise("boss", deaths="3")
    row = play.row("accident")
    assert (row.outcome, row.reason, play.due("accident")) == (NOT_DUE, "already_past", "09-24 11:00")
    assert "产生时已过期限" in beside(row).zh and "already past when it arose" in beside(row).en
    play.engine.tick()
    assert _told(play, "accident#1", "09-24 12:40") == []
    play.at("09-24 13:00").fire("boss", "forward")
    assert (play.outcome("accident"), play.row("accident").reason) == (MET, "already_past")


def test_s4_4_a_rule_that_counts_from_the_occurrence_and_is_not_over_falls_due_by_it() -> None:
    play = _with(PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2") + ARISING)
    play.at("09-24 10:40").revise("boss", deaths="3")
    assert (play.outcome("accident"), play.due("accident")) == (NOT_DUE, "09-24 11:00")
    assert play.outcome("accident", "09-24 11:01") == MISSED


def test_s4_5_the_example_of_the_feedback_in_five_days_or_ten_working_days() -> None:
    play = Play("medical-dispute").at("09-24 09:00")
    play.open("staff")
    play.at("09-24 10:20").fire("relations", "accept", facts={"handling": "complex"})
    assert play.due("feedback") == "09-30 00:00"
    play.at("09-28 09:00").revise("director", handling="cross_department")
    assert play.due("feedback") == "10-16 00:00"
    cured = Play("medical-dispute").at("09-24 09:00")
    cured.open("staff")
    cured.at("09-24 10:20").fire("relations", "accept", facts={"handling": "complex"})
    cured.at("09-30 09:00").revise("director", handling="cross_department")
    assert cured.rows("feedback")[0].outcome == MISSED


# S5 -- commands and records


def test_s5_1_a_request_is_refused_for_role_state_facts_and_signature(play: Play) -> None:
    with pytest.raises(WrongRole):
        play.fire("desk", "approve")
    with pytest.raises(MissingFacts):
        play.fire("boss", "approve")
    play.revise("boss", grade="high")
    with pytest.raises(NotAllowed):
        play.fire("boss", "approve")
    with pytest.raises(NotAllowed):
        play.fire("boss", "approve", person="p1", second=Actor("office", person="p1"))
    play.fire("boss", "approve", person="p1", second=Actor("office", person="p2"))
    play.fire("boss", "close")
    with pytest.raises(WrongState):
        play.fire("boss", "approve", second=Actor("office"))


def test_s5_1_a_refusal_is_journaled(play: Play) -> None:
    with pytest.raises(WrongRole):
        play.fire("desk", "approve")
    last = play.engine.case("C").case.acts[-1]
    assert (last.kind, last.data["code"], last.data["subject"]) == ("refused", "refused.role", "approve")


def test_s5_2_a_record_is_never_refused_for_a_breach_but_for_what_cannot_be_read(play: Play) -> None:
    result = play.record("desk", "approve")
    assert set(result.deviations) == {"wrong_role", "missing_facts", "no_second"}
    assert play.fire("boss", "call").deviations == ("wrong_role",)
    with pytest.raises(FutureTime):
        play.record("desk", "call", "09-24 10:01")
    with pytest.raises(UnknownActor):
        play.record("", "call")
    with pytest.raises(WrongType):
        play.record("desk", "call", facts={"deaths": "many"})
    with pytest.raises(ClockOnly):
        play.record("desk", "sleep")


def test_s5_3_a_deviating_act_does_not_move_the_state_and_the_ledger_sees_it(play: Play) -> None:
    play.at("09-24 10:10").fire("office", "step")
    assert play.state == ("open.one",)
    assert play.outcome("soon") == MET


def test_s5_4_opening_needs_what_where_and_who_told_us() -> None:
    play = Play("probe").at("09-24 10:00")
    with pytest.raises(BadInput):
        play.engine.open_case("probe", c.Open(said=play.said("desk"), what="x", where=" ", told_by="y"))
    play.open("desk", {"grade": "not known yet", "deaths": "待核"})
    assert play.due("answer") == "09-30 00:00"


def test_s5_5_an_oral_approval_is_recorded_and_the_signature_becomes_a_duty(play: Play) -> None:
    play.revise("boss", grade="high")
    play.at("09-24 10:05").fire("boss", "approve", oral="周主任 10:04 总机 000-1")
    assert play.outcome("approve.countersign") == NOT_DUE
    play.at("09-24 18:00").do(c.Confirm(said=play.said("office"), of=3))
    row = play.row("approve.countersign")
    assert (row.outcome, row.elapsed) == (MET, timedelta(hours=7, minutes=55))


# S6 -- reports


def test_s6_1_a_correction_neither_fulfils_nor_changes_timeliness(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "x", "number": "1"})
    play.at("09-25 11:00").do(c.Correct(said=play.said("desk"), of=2, elements={"place": "y"}, reason="笔误"))
    assert play.outcome("paper") == MET
    assert play.row("paper").met_by == 2


def test_s6_2_only_a_blank_element_is_an_omission(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "待核"})
    assert play.row("paper").blank == ("number",)


def test_s6_3_a_changed_number_is_a_change_and_no_suspicion(play: Play) -> None:
    play.at("09-24 11:00").revise("boss", deaths="至少2")
    result = play.at("09-24 12:00").revise("boss", deaths="5")
    assert result.deviations == () and not any(r.suspected for r in play.engine.ledger("C"))
    assert [change.value for change in play.engine.case("C").case.facts["deaths"]] == [{"at_least": 2}, 5]


def test_s6_4_each_slot_of_a_recurring_report_is_judged_alone(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    play.at("09-24 16:50").fire("desk", "follow")
    play.at("09-25 09:00").fire("desk", "follow")  # after 08:00: it is for 17:00
    play.at("09-25 17:30").fire("desk", "follow", slot=Moment.at(at("09-25 08:00")))  # names the slot that it is for
    play.at("09-25 18:00").fire("boss", "cancel")
    assert [r.outcome for r in play.rows("follow")] == [MET, LATE, MET, DISCHARGED]


def test_a_fact_is_required_only_while_its_condition_holds() -> None:
    text = PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2").replace("require: [grade]", "require: [grade, deaths]")
    deaths = "deaths: {zh: 死亡, en: deaths, type: integer,"
    text = text.replace(deaths, f"{deaths} required_when: {{kind: a}},")
    play = _with(text)
    play.revise("boss", grade="high")
    play.fire("boss", "approve", second=Actor("office"))  # what kind it is is not known
    play.revise("boss", kind="a")
    with pytest.raises(MissingFacts):
        play.fire("boss", "approve", second=Actor("office"))
    play.fire("boss", "approve", second=Actor("office"), facts={"deaths": "0"})


# S5 -- events of the engine


ENGINE_EVENTS = """
  wake: {zh: 自动推进, en: moves by itself, from: open.one, to: open.two, by: engine, when: {deaths: {at_least: 1}}, basis: R1}
  back: {zh: 自动退回, en: moves back by itself, from: open.two, to: open.one, by: engine, when: {deaths: {at_least: 1}}, basis: R1}
"""


def test_an_event_of_the_engine_happens_with_the_act_that_makes_it_possible_and_never_goes_round_for_ever() -> None:
    text = PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2")
    play = _with(text.replace("decisions:\n", ENGINE_EVENTS + "decisions:\n"))
    result = play.at("09-24 10:30").revise("boss", deaths="2")
    assert [(a.kind, a.name) for a in result.acts] == [("revised", "deaths"), ("clocked", "wake"), ("clocked", "back")]
    assert play.state == ("open.one",) and {a.happened for a in result.acts} == {Moment.at(at("09-24 10:30"))}
    with pytest.raises(ClockOnly):
        play.fire("boss", "wake")


def test_s7_3_a_record_that_names_a_slot_that_is_none_fulfils_nothing_and_says_so(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    assert play.at("09-24 16:50").fire("desk", "follow", slot=Moment.at(at("09-24 17:00"))).deviations == ()
    assert play.at("09-25 07:00").fire("desk", "follow", slot=Moment.at(at("09-25 07:30"))).deviations == ("no_such_slot",)
    assert [r.outcome for r in play.rows("follow", "09-25 08:01")][:2] == [MET, MISSED]


# S7 -- cases


def test_s7_1_known_from_elsewhere_the_unit_owes_and_is_only_suspected_until_shown() -> None:
    play = Play("probe").at("09-24 12:00")
    play.open("office", happened="09-24 10:00", elsewhere=True)
    row = play.row("knew")
    assert (row.outcome, row.reason, row.suspected) == (UNKNOWN, "knew", True)
    assert "疑似漏报" in beside(row).zh
    play.revise("office", knew="2026-09-24 10:10:00")
    assert play.outcome("knew") == MISSED and play.due("knew") == "09-24 10:40"


def test_s7_2_void_needs_a_second_person_and_is_listed_but_not_counted(play: Play) -> None:
    with pytest.raises(NotAllowed):
        play.do(c.Void(said=play.said("desk"), reason="误报", second=Actor("desk")))
    play.do(c.Void(said=play.said("desk"), reason="误报", second=Actor("boss")))
    assert [r.listed for r in play.engine.cases()] == [False]


def test_s7_2_same_as_keeps_each_units_own_report_and_can_be_undone(play: Play) -> None:
    play.open("desk", case="LEAD")
    play.case = "C"
    play.at("09-24 10:10").fire("desk", "step")
    play.do(c.SameAs(said=play.said("boss"), lead="LEAD", reason="同一事件"))
    play.at("09-24 11:00").fire("desk", "paper", elements={"place": "x", "number": "1"})
    assert play.outcome("call") == MISSED and play.outcome("paper") == MET  # what each unit owed before is judged for itself
    assert play.rows("decide.tell") == []  # a later duty exists once, in the leading case
    assert [r.outcome for r in play.rows("follow")] == [DISCHARGED]  # as do the slots that come later
    play.engine.tick()
    assert "call/boss#1" in {a.name for a in play.engine.case("C").case.acts if a.kind == FLAGGED}
    report = replay_cases(*_journal(play), play.clock.now()).document()
    assert report["joined"] == {"C": "LEAD"} and report["obligations"]["probe@1-1/call"] == {"missed": 2}
    play.do(c.SameAs(said=play.said("boss"), lead="", reason="不是同一事件"))
    assert play.outcome("decide.tell") == NOT_DUE and len(play.rows("follow")) == 1


def test_s7_2_the_case_that_leads_is_there_and_leads(play: Play) -> None:
    with pytest.raises(UnknownCase):
        play.do(c.SameAs(said=play.said("boss"), lead="NONE", reason="同一事件"))
    play.open("desk", case="LEAD")
    play.do(c.SameAs(said=play.said("boss"), lead="C", reason="同一事件"))
    play.case = "C"
    with pytest.raises(NotAllowed):
        play.do(c.SameAs(said=play.said("boss"), lead="LEAD", reason="同一事件"))


def test_s7_2_a_case_is_joined_to_one_that_exists_and_leads_itself(play: Play) -> None:
    play.open("desk", case="D")
    with pytest.raises(UnknownCase):
        play.do(c.SameAs(said=play.said("boss"), lead="E", reason="同一事件"))
    play.do(c.SameAs(said=play.said("boss"), lead="C", reason="同一事件"))
    play.case = "C"
    with pytest.raises(NotAllowed):  # D follows C: in a circle neither would be counted
        play.do(c.SameAs(said=play.said("boss"), lead="D", reason="同一事件"))


def test_s7_2_joined_again_a_case_stays_joined_from_the_first_time(play: Play) -> None:
    play.open("desk", case="D")
    play.open("desk", case="E")
    play.case = "C"
    play.do(c.SameAs(said=play.said("boss"), lead="D", reason="同一事件"))
    play.at("09-24 10:10").fire("desk", "step")
    play.do(c.SameAs(said=play.said("boss"), lead="E", reason="同一事件"))
    assert play.rows("strict") == []  # it began in the leading case, and joining another one does not bring it here


def test_s7_2_withdraw_discharges_answers_and_not_upward_reports(play: Play) -> None:
    play.at("09-24 10:05").do(c.Withdraw(said=play.said("other"), reason="撤诉"))
    assert play.outcome("answer") == DISCHARGED
    assert play.outcome("call", "09-24 10:31") == MISSED


def test_s7_2_reopen_begins_a_new_round_and_old_outcomes_stay(play: Play) -> None:
    play.at("09-24 10:10").fire("desk", "call")
    play.at("09-24 12:00").fire("boss", "close")
    play.at("09-30 09:00").do(c.Reopen(said=play.said("boss"), reason="新情况"))
    first, second = play.rows("call")
    assert (first.outcome, second.outcome) == (MET, NOT_DUE)
    assert play.state == ("open.one",)


def test_s7_2_a_record_entered_after_a_reopening_belongs_to_the_round_in_which_it_happened(play: Play) -> None:
    play.at("09-24 12:00").fire("boss", "close")
    play.at("09-30 09:00").do(c.Reopen(said=play.said("boss"), reason="新情况"))
    play.at("09-30 09:10").record("desk", "call", "09-24 10:20", grade="counterpart")
    assert [r.outcome for r in play.rows("call")] == [MET, NOT_DUE]


def test_s7_2_a_closed_case_still_takes_records(play: Play) -> None:
    play.fire("boss", "close")
    play.at("09-25 10:00").record("desk", "call", "09-24 10:00", grade="counterpart")
    play.do(c.Note(said=play.said("desk"), text="补充材料", kind="statement", about="call"))
    assert play.outcome("call") == MET


def test_s7_3_a_record_fulfils_one_period_never_two(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    play.at("09-24 17:00").fire("desk", "follow")  # exactly on the slot: it is for that slot
    assert [r.outcome for r in play.rows("follow", "09-25 08:01")][:2] == [MET, MISSED]


ROUNDS = """
procedure: rounds
version: "1"
zh: 巡查
en: rounds
roles: {desk: {zh: 值班, en: desk, level: village}}
initial: open
states: {open: {zh: 在办, en: open}}
period: {every: month, level: village}
in_force: {from: 2026-01-01}
events:
  begin: {zh: 开始, en: begin, opens: true, by: engine, basis: unit}
  checked: {zh: 已查, en: checked, by: desk, basis: unit}
obligations:
  check: {zh: 检查, en: check, owed: {by: desk}, starts: {on: case}, term: [{is: end of month}], met_by: checked, basis: unit}
"""


@pytest.fixture
def rounds() -> Play:
    """A monthly duty of two villages; one of them begins in the middle of October."""
    alone = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")  # no shipped duty of a village
    play = Play("rounds", engine=alone).at("10-01 00:00")
    play.engine.add(load(ROUNDS.encode(), "rounds.yaml"))
    units = {"units": [{"id": "v1", "zh": "甲村", "en": "V1", "level": "village"}]}
    later = {"units": [{"id": "v2", "zh": "乙村", "en": "V2", "level": "village", "from": "2026-10-15"}]}
    for document in (units, later):
        play.engine.organise(organisations.entries(document, lambda text: at(f"{text} 00:00")))
    return play


def test_s7_3_the_sweep_opens_one_case_a_unit_and_period(rounds: Play) -> None:
    rounds.engine.tick()
    assert [row.id for row in rounds.engine.cases()] == ["rounds.v1.2026-10"]
    rounds.at("12-02 08:00").engine.tick()  # two months of downtime: nothing is lost, nothing opened twice
    rounds.engine.tick()
    assert sorted(row.id for row in rounds.engine.cases()) == [
        "rounds.v1.2026-10", "rounds.v1.2026-11", "rounds.v1.2026-12", "rounds.v2.2026-11", "rounds.v2.2026-12",
    ]  # fmt: skip


def test_s7_3_a_unit_that_starts_mid_period_owes_from_the_next_one(rounds: Play) -> None:
    rounds.at("10-20 00:00").engine.tick()
    assert [row.id for row in rounds.engine.cases()] == ["rounds.v1.2026-10"]
    rounds.at("11-01 00:00").engine.tick()
    assert rounds.engine.case("rounds.v2.2026-11").case.unit == "v2"


def test_s7_3_a_record_fulfils_the_period_in_which_it_happened(rounds: Play) -> None:
    rounds.engine.tick()
    rounds.at("11-03 00:00").engine.tick()
    rounds.case = rounds.engine.period_case("rounds", "v1", at("10-30 09:00"))
    rounds.record("desk", "checked", "10-30 09:00", grade="counterpart")
    assert rounds.outcome("check") == MET
    rounds.case = "rounds.v1.2026-11"
    assert rounds.outcome("check") == NOT_DUE


def test_s7_3_a_period_runs_under_the_rules_of_its_first_day(rounds: Play) -> None:
    rounds.engine.tick()
    rounds.engine.add(load(ROUNDS.replace('version: "1"', 'version: "2"').replace("2026-01-01", "2026-11-15").encode(), "rounds2.yaml"))
    rounds.at("12-02 08:00").engine.tick()
    versions = {row.id: row.version for row in rounds.engine.cases() if row.id.startswith("rounds.v1")}
    assert versions == {"rounds.v1.2026-10": "1", "rounds.v1.2026-11": "1", "rounds.v1.2026-12": "2"}


# S8 -- rules in force


def test_s8_1_a_case_takes_the_rules_in_force_on_the_day_it_happened() -> None:
    play = Play("pipeline-incident").at("2020-01-01 00:00")
    old = play.open("operator", happened="2017-03-23 12:00", case="old", event="occurred")
    new = play.open("operator", happened="2017-03-24 12:00", case="new", event="occurred")
    assert [play.engine.case(r.case).case.version for r in (old, new)] == ["2010-1", "2017-1"]


def test_s8_2_a_new_calendar_revision_moves_open_dates_and_says_so() -> None:
    play = Play("probe", shipped("cn").at({2019: 1})).at("2019-04-29 10:00")
    play.open("desk", {"grade": "high"})
    before = play.due("answer")
    moved = play.at("2019-05-04 10:00").engine.import_calendar(shipped("cn"), play.said("clerk"), "2019-03-22 通知")
    assert [row.key for _, row, _ in moved] == ["answer/other#1"]
    row = play.row("answer")
    assert [v.kind for v in row.revisions] == ["start", "calendar"]
    # Ten working days after 04-29: the first notice leaves only 05-01 free, the second also 05-02 and 05-03, and makes 05-05 a working day.
    assert (before, play.due("answer")) == ("05-15 00:00", "05-16 00:00")
    act = play.engine.case("C").case.kind("recalendared")[0]
    assert act.actor == Actor("clerk") and play.engine.private("C", act.n) == {"ground": "2019-03-22 通知"}


def test_s8_2_a_clock_that_starts_after_the_import_counts_on_the_new_calendar() -> None:
    play = Play("probe", shipped("cn").at({2019: 1})).at("2019-04-28 10:00")
    play.open("desk", {"grade": "low"})
    play.at("2019-04-29 09:00").engine.import_calendar(shipped("cn"), play.said("clerk"), "2019-03-22 通知")
    play.revise("boss", grade="high")
    assert play.due("answer") == "05-15 00:00"  # 04-29, 30, 05-05 … 10, 13, 14; on the first notice the last day would be 05-13


def test_s8_2_a_case_that_was_closed_at_the_import_changes_when_it_is_taken_up_again() -> None:
    play = Play("probe", shipped("cn").at({2019: 1})).at("2019-04-25 10:00")
    play.open("desk", {"grade": "high"})
    play.fire("boss", "close")
    play.at("2019-04-26 09:00").engine.import_calendar(shipped("cn"), play.said("clerk"), "2019-03-22 通知")
    assert play.engine.case("C").case.kind("recalendared") == ()
    play.at("2019-04-29 10:00").do(c.Reopen(said=play.said("boss"), reason="新情况"))
    assert [r.due and r.due.instant.astimezone(ZONE).strftime("%m-%d") for r in play.rows("answer")] == ["05-11", "05-16"]


def test_s8_2_a_newer_release_brings_its_notices_to_open_cases_with_the_first_sweep() -> None:
    play = Play("probe", shipped("cn").at({2019: 1})).at("2019-04-29 10:00")
    play.open("desk", {"grade": "high"})
    old, newer = play.engine, Engine(play.engine.store, play.clock, SystemEntropy(), shipped("cn"), "test")
    play.at("2019-04-30 10:00")
    newer.tick()
    play.engine = newer
    assert play.due("answer") == "05-16 00:00" and play.row("answer").revisions[-1].kind == "calendar"
    again = Engine(play.engine.store, play.clock, SystemEntropy(), old.calendar, "test")  # the old release does not take it back
    again.tick()
    assert again.calendar.revision(2019) == 2 and len(again.case("C").case.kind("recalendared")) == 1


def test_s8_3_rules_side_by_side_keep_their_own_rows_and_one_sentence_names_both(play: Play) -> None:
    play.at("09-24 10:32").fire("desk", "call")
    assert (play.outcome("county"), play.outcome("state")) == (LATE, MET)
    standing = play.engine.case("C")
    told = why(play.row("county"), standing.case, play.engine.world(standing), play.engine.ledger("C"))
    assert any("按县规定迟报12分钟,按国家规定按时" in line for line in told.lines("zh"))
    assert any("met late by 12 min under the county rule; met under the national rule" in line for line in told.lines("en"))


def test_s8_3_the_earliest_mandatory_date_drives_the_reminders(play: Play) -> None:
    play.at("09-24 11:56").engine.tick()
    told = [
        a.name
        for a in play.engine.case("C").case.acts
        if a.kind == FLAGGED and a.data["flag"] == "tier" and a.name[:5] in ("count", "state")
    ]
    assert told == ["county/boss#1"]


def test_s8_4_an_extension_asked_in_time_and_granted_later_moves_the_date(play: Play) -> None:
    play.at("09-29 10:00").do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="10 days", reason="取证"))
    assert (play.outcome("answer", "10-01 00:00"), play.row("answer", "10-01 00:00").reason) == (UNKNOWN, "extension_pending")
    play.at("10-02 10:00").do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意"))
    assert play.due("answer") == "10-10 00:00"
    assert play.outcome("answer") == NOT_DUE


def test_s8_4_an_extension_granted_after_the_answer_counts_as_if_it_had_been_granted_before(play: Play) -> None:
    play.at("09-29 10:00").do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="10 days", reason="取证"))
    play.at("10-02 09:00").fire("desk", "answer")
    assert (play.outcome("answer"), play.row("answer").reason) == (UNKNOWN, "extension_pending")
    play.at("10-03 10:00").do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意"))
    assert (play.outcome("answer"), play.due("answer")) == (MET, "10-10 00:00")


def test_s8_4_refused_the_old_date_stands_and_after_expiry_it_is_too_late(play: Play) -> None:
    play.at("09-29 10:00").do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="10 days", reason="取证"))
    play.do(c.Extend(said=play.said("boss"), row="answer", step="refuse", reason="不同意"))
    assert play.outcome("answer", "09-30 00:00") == MISSED
    with pytest.raises(TooLate):
        play.at("09-30 00:00").do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="5 days", reason="x"))


def test_s5_3_an_extension_asked_for_on_paper_before_expiry_may_be_entered_after_it(play: Play) -> None:
    ask = c.Extend(said=play.said("desk", "09-29 10:00"), row="answer", step="ask", by="10 days", reason="取证")
    play.at("09-30 09:00").do(ask)
    assert play.outcome("answer") == MISSED  # on the obligor's word alone nothing is pending
    play.at("10-01 10:00").do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意"))
    assert (play.outcome("answer"), play.due("answer")) == (NOT_DUE, "10-10 00:00")


def test_s3_3_a_waiver_that_its_author_dates_back_acts_from_when_it_was_entered(play: Play) -> None:
    play.at("10-01 10:00").do(c.Waive(said=play.said("boss", "09-29 10:00"), row="answer", ground="x"))
    assert (play.outcome("answer"), play.row("answer").beside) == (MISSED, ("later_waived",))


def test_s3_2_nobody_is_reminded_of_what_was_missed_before_the_case_ended(play: Play) -> None:
    play.at("09-24 12:00").fire("boss", "close")
    row = play.row("call")
    assert (row.outcome, row.reason, row.open) == (MISSED, "", False)


def test_s8_4_the_cap_and_the_number_of_extensions_hold(play: Play) -> None:
    with pytest.raises(NotAllowed):
        play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="11 days", reason="x"))
    play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="10 days", reason="x"))
    play.do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="x"))
    with pytest.raises(NotAllowed):
        play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="1 day", reason="x"))


def test_s8_4_the_cap_is_how_far_all_extensions_together_may_reach() -> None:
    play = _with(PROBE.read_text(encoding="utf-8").replace("cap: 10 days, times: 1", "cap: 10 days, times: 3").replace("1-1", "1-2"))
    for by in ("6 days", "4 days"):
        play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by=by, reason="x"))
        play.do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="x"))
    with pytest.raises(NotAllowed, match="cap of 10 days"):
        play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="1 day", reason="x"))


def test_s8_4_a_pause_does_not_count_and_is_shown(play: Play) -> None:
    play.at("09-25 10:00").fire("boss", "hold")
    play.at("09-28 10:00").fire("boss", "resume")
    row = play.row("answer")
    assert play.due("answer") == "10-09 00:00"  # five days from 09-24 without 09-25, 26, 27: 10-02, which rolls over the holiday
    story = why(row, play.engine.case("C").case, play.engine.world(play.engine.case("C"))).lines("zh")
    assert any("暂停" in line for line in story)


# S9, S10


def test_s9_1_leave_moves_who_may_sign_never_the_duty() -> None:
    from adapters.organisations import shipped_organisation

    play = Play("medical-dispute").at("10-02 09:00")
    play.engine.organise(shipped_organisation("hospital"))
    play.open("staff", person="h06", unit="surgery")
    play.fire("relations", "accept", person="h02", facts={"handling": "complex"})
    due = play.due("feedback")
    result = play.do(c.Revise(said=play.said("director", person="h02"), facts={"handling": "cross_department"}, reason="代院长"))
    actor = result.acts[-1].actor
    assert actor is not None and (actor.post, actor.acting_for) == ("hospital.director", "h01")
    assert play.row("feedback").duty.obligation.owed.by == "relations" and due


def test_s9_2_a_finding_stands_beside_the_outcome_and_never_overwrites_it(play: Play) -> None:
    play.at("09-24 11:00").do(c.Note(said=play.said("boss"), text="属实", kind="finding", about="call"))
    assert play.outcome("call") == MISSED


def test_s9_3_personal_facts_and_free_text_lie_in_the_erasable_part() -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", {"name": "张三丰"}, note="电话里说的")
    with play.engine.store.read() as view:
        entries = b"".join(e.raw for e in view.entries("C"))
    assert "张三丰".encode() not in entries and "电话里说的".encode() not in entries
    assert play.engine.private("C", 1)["facts"] == {"name": "张三丰"}
    with play.engine.store.write() as unit:
        assert unit.erase("C", 1)
    assert play.engine.private("C", 1) == {}
    assert play.outcome("call") == NOT_DUE


def test_s9_3_an_erasure_needs_ground_decider_and_no_hold_and_leaves_every_outcome(play: Play) -> None:
    erase = c.Erase(said=play.said("office"), entries=(1,), ground="本人申请", decider=Actor("boss"))
    with pytest.raises(Held):  # the case is open
        play.do(erase)
    play.at("09-24 10:10").fire("boss", "close")
    play.do(c.Hold(said=play.said("office"), kind="appeal", reason="申诉中"))
    held = play.engine.case("C").case.n
    with pytest.raises(Held, match="appeal"):
        play.do(erase)
    play.do(c.Release(said=play.said("office"), of=held, reason="申诉终结"))
    before = [(r.key, r.outcome) for r in play.engine.ledger("C")]
    with pytest.raises(WrongRole):
        play.do(replace(erase, decider=Actor("office")))
    assert play.engine.private("C", 1)["what"] == "事"
    result = play.do(erase)
    assert result.acts[-1].data["entries"] == [1]
    assert play.engine.private("C", 1) == {}
    assert [(r.key, r.outcome) for r in play.engine.ledger("C")] == before
    with pytest.raises(NotAllowed):  # the record of the erasure itself stays
        play.do(replace(erase, entries=(result.n,)))


def test_s10_2_the_digest_of_a_case_is_the_same_however_it_is_folded(play: Play) -> None:
    play.at("09-24 10:42").fire("desk", "call")
    from workflow.case.standing import Standing
    from workflow.obligation.ledger import ledger

    standing = play.engine.case("C")
    world = play.engine.world(standing)
    with play.engine.store.read() as view:
        acts = [Act.decode(e) for e in view.entries("C")]
    again = Standing.replayed("C", acts, world, play.clock.now())
    now = play.clock.now()
    assert canonical(case_document(again.case, ledger(again.case, world, now))) == canonical(
        case_document(standing.case, ledger(standing.case, world, now))
    )


def test_s10_1_the_order_of_the_rows_of_a_log_never_matters() -> None:
    from workflow.logevent import LogEvent, Place
    from workflow.logmap import read_map
    from workflow.replay import replay_log
    from workflow.rules import Rules

    definition = next(r for r in Play("probe").engine.definitions() if r.procedure.ref == "pipeline-incident@2017-1")
    log_map = read_map(
        "procedure: pipeline-incident\ncolumns: {case: c, time: t, activity: a}\nzone: floating\nrole: operator\n"
        "activities: {occurred: occurred, identified: identified, phone_report: phone_report}\n",
        "map.yaml",
    )
    events = [
        LogEvent(n, True, Moment.at(at(f"2018-01-01 0{h}:00")), "x", Place(i), f"{n}{h}")
        for i, (n, h) in enumerate([("occurred", 1), ("identified", 2), ("phone_report", 3)])
    ]
    digests = set()
    for seed in range(4):
        cases = [(f"c{i}", list(events)) for i in range(5)]
        random.Random(seed).shuffle(cases)
        report = replay_log(cases, log_map, [Rules(definition.procedure, definition.hash)], shipped("cn"), read=15, ignored=0, unreadable=0)
        report.check()
        digests.add(report.digest)
    assert len(digests) == 1


def test_s10_3_a_seal_takes_what_is_committed_and_not_sealed(play: Play) -> None:
    from workflow.journal.seal import make_seal

    with play.engine.store.write() as unit:
        first = make_seal(None, list(unit.unsealed()), "2026-09-24T03:00:00.000000Z", "sha256")
        unit.put_seal(first, [(e.case, e.n) for e in unit.unsealed()])
    play.at("09-24 10:42").fire("desk", "call")
    with play.engine.store.read() as view:
        assert [(e.case, e.n) for e in view.unsealed()] == [("C", 2)]


__all__ = ["ZONE"]


def test_s7_3_a_unit_that_was_merged_while_no_sweep_came_still_owes_what_began_before(rounds: Play) -> None:
    rounds.engine.tick()
    merge = {"merged": [{"unit": "v1", "into": "v2", "from": "2026-11-10"}]}
    rounds.at("11-12 00:00").engine.organise(organisations.entries(merge, lambda text: at(f"{text} 00:00")))
    rounds.at("12-02 08:00").engine.tick()  # the daemon was down from October on
    assert [row.id for row in rounds.engine.cases() if row.unit == "v1"] == ["rounds.v1.2026-10", "rounds.v1.2026-11"]


def test_promise_8_a_period_that_could_not_be_opened_is_opened_by_the_next_sweep(rounds: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds.engine.tick()
    put, failed = Batch.open_period, []

    def once(batch: Batch, rules: Any, unit: str, period: Any) -> Any:
        if not failed:
            failed.append(period)
            raise RuntimeError("disk")
        return put(batch, rules, unit, period)

    monkeypatch.setattr(Batch, "open_period", once)
    with pytest.raises(SweepIncomplete):
        rounds.at("12-02 08:00").engine.tick()
    rounds.engine.tick()
    assert sorted(row.id for row in rounds.engine.cases() if row.unit == "v1") == [f"rounds.v1.2026-{m}" for m in (10, 11, 12)]


def test_s4_1_the_obligor_does_not_say_alone_when_it_knew_along_with_an_act() -> None:
    play = Play("probe").at("09-24 12:00")
    play.open("office", happened="09-24 10:00", elsewhere=True)
    act = play.fire("desk", "call", facts={"knew": "2026-09-24 11:45:00"}).acts[-1]
    assert act.deviations == ("not_revisable",)
    assert (play.outcome("knew"), play.row("knew").suspected) == (UNKNOWN, True)
    play.revise("boss", knew="2026-09-24 11:45:00")
    assert play.outcome("knew") == MET
