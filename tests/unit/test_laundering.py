"""What the obligor enters later never improves the verdict without showing it (promise 3, S1.3), whatever the order of entry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from tests.play import PROBE, ZONE, Play, at
from workflow import command as c
from workflow.engine import Engine
from workflow.errors import BadInput, NotAllowed
from workflow.explain import why
from workflow.moment import Moment, parse
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.load import load

MET, LATE, MISSED, NOT_DUE = Outcome.MET, Outcome.MET_LATE, Outcome.MISSED, Outcome.NOT_DUE
DISCHARGED, UNKNOWN = Outcome.DISCHARGED, Outcome.UNDETERMINABLE

EXTRA = """
  urgent: {zh: 加急, en: urgent, owed: {by: desk}, starts: {on: case},
    term: [{when: {happened: cancel}, is: 10 days}, {is: 1 day}], met_by: answer, basis: R1}
  told: {zh: 告知后, en: once decided, owed: {by: boss}, starts: {on: case},
    term: [{when: {decided: {tell: true}}, is: 10 days}, {is: 1 day}], met_by: answer, basis: R1}
  again: {zh: 每步一报, en: after each step, owed: {by: desk}, starts: {on: step, each: true},
    term: [{is: 1 hour}], met_by: forward, basis: R1}
  daily: {zh: 日报, en: daily, owed: {by: desk}, starts: {on: hold, every: every day, until: resume},
    term: [{is: unset}], met_by: follow, basis: R1}
  idle: {zh: 搁置前办理, en: before it sleeps, owed: {by: desk}, starts: {on: case}, term: [{is: 3 days}],
    met_by: follow, discharged_by: sleep, basis: R1}
"""


@pytest.fixture
def play() -> Play:
    text = PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 1-2") + EXTRA
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(text, "variant.yaml"))
    play = Play("probe", engine=engine).at("09-24 10:00")
    play.open("desk")
    return play


# S1.3 -- the obligor's own word


def test_s1_3_a_discharge_on_the_obligors_own_word_after_the_due_instant_decides_nothing(play: Play) -> None:
    play.at("10-01 09:00").record("desk", "cancel", "09-25 09:00")
    row = play.row("answer")
    assert (row.outcome, row.reason, row.bounds) == (UNKNOWN, "own_word", (at("09-25 09:00"), at("10-01 09:00")))
    play.do(c.Confirm(said=play.said("boss"), of=2))
    assert play.outcome("answer") == DISCHARGED


def test_s1_3_a_discharge_that_somebody_else_enters_late_discharges(play: Play) -> None:
    play.at("10-01 09:00").record("boss", "cancel", "09-25 09:00")
    assert play.outcome("answer") == DISCHARGED


def test_s1_3_a_discharge_confirmed_for_after_the_due_instant_comes_too_late(play: Play) -> None:
    play.at("10-01 09:00").record("desk", "cancel", "09-25 09:00")
    play.do(c.Confirm(said=play.said("boss", "09-30 09:00"), of=2))
    row = play.row("answer")
    assert (row.outcome, row.beside) == (MISSED, ("later_discharged",))


def test_s1_3_a_withdrawal_that_the_obligor_dates_back_decides_nothing(play: Play) -> None:
    play.at("10-01 09:00").do(c.Withdraw(said=play.said("desk", "09-25 09:00"), reason="x"))
    assert (play.outcome("answer"), play.row("answer").reason) == (UNKNOWN, "own_word")


def test_s1_3_a_late_fulfilment_and_an_earlier_end_on_own_word_are_undeterminable(play: Play) -> None:
    play.at("10-01 09:00").fire("desk", "answer")
    play.at("10-01 10:00").record("desk", "cancel", "09-25 09:00")
    assert (play.outcome("answer"), play.row("answer").reason) == (UNKNOWN, "own_word")


def test_s1_3_a_pause_that_the_obligor_dates_back_moves_no_date(play: Play) -> None:
    play.at("09-30 09:00").record("desk", "hold", "09-25 09:00")
    assert (play.outcome("answer"), play.due("answer")) == (MISSED, "09-30 00:00")
    play.do(c.Confirm(said=play.said("boss"), of=2))
    assert play.outcome("answer") == NOT_DUE


def test_s1_3_a_recurrence_goes_on_though_the_obligor_says_that_it_had_ended(play: Play) -> None:
    play.at("09-24 11:00").fire("boss", "step")
    play.at("09-26 09:00").record("desk", "cancel", "09-24 18:00")
    found = [(r.name, r.outcome, r.reason) for r in play.rows("follow")]
    assert found == [
        ("2026-09-24T17:00", MISSED, ""),
        ("2026-09-25T08:00", UNKNOWN, "own_word"),
        ("2026-09-25T17:00", UNKNOWN, "own_word"),
        ("2026-09-26T08:00", UNKNOWN, "own_word"),
        ("2026-09-26T17:00", DISCHARGED, ""),
    ]
    play.do(c.Confirm(said=play.said("boss"), of=3))
    assert [r.outcome for r in play.rows("follow")] == [MISSED, DISCHARGED]


def test_s1_3_an_event_that_lengthens_the_term_does_not_do_so_on_the_obligors_own_word(play: Play) -> None:
    play.at("09-27 09:00").record("desk", "cancel", "09-24 12:00")
    assert [(r.outcome, r.due.instant) for r in play.rows("urgent") if r.due][:1] == [(MISSED, at("09-26 00:00"))]


def test_s1_3_a_decision_that_lengthens_the_term_does_not_do_so_on_the_obligors_own_word(play: Play) -> None:
    play.at("09-27 09:00").do(c.Decide(said=play.said("boss", "09-24 12:00"), decision="tell", answer=True, reason="x"))
    assert play.rows("told")[0].outcome == MISSED


def test_s1_3_a_word_does_not_lead_back_before_a_shorter_term(play: Play) -> None:
    play.at("09-24 10:00").revise("office", kind="a")
    play.at("09-25 10:00").revise("office", kind="b")  # two days from now: 09-28 00:00
    assert play.due("shrink") == "09-28 00:00"
    play.at("09-30 10:00").record("desk", "step", "09-24 20:00")
    assert (play.outcome("shrink"), play.row("shrink").reason) == (UNKNOWN, "own_word")


# S1.2 -- receipts


def test_s1_2_a_call_that_the_sender_dates_back_shows_no_receipt(play: Play) -> None:
    play.at("09-24 11:50").fire("desk", "paper", elements={"place": "x", "number": "1"})
    play.at("09-24 12:30").do(c.Receipt(said=play.said("boss"), of=2, by="boss"))
    play.at("09-24 14:00").do(c.Receipt(said=play.said("desk", "09-24 11:55"), of=2, by="boss", how="call"))
    assert play.outcome("paper_received") == LATE
    play.do(c.Confirm(said=play.said("boss"), of=4))
    assert play.outcome("paper_received") == MET


def test_s1_2_nothing_is_received_before_it_was_sent(play: Play) -> None:
    play.at("09-24 14:00").fire("desk", "paper", received="09-24 11:50", elements={"place": "x", "number": "1"})
    assert play.outcome("paper_received") == LATE


def test_s1_2_what_the_sender_says_of_the_receipt_starts_no_clock_of_the_receiver(play: Play) -> None:
    play.at("09-24 11:30").record("desk", "paper", "09-24 11:00", received="09-24 11:05")
    assert (play.outcome("forward", "09-24 13:00"), play.row("forward", "09-24 13:00").reason) == (UNKNOWN, "receipt")


def test_s1_1_a_chained_clock_starts_at_the_first_receipt_whatever_was_entered_first(play: Play) -> None:
    play.at("09-24 12:00").fire("desk", "paper")
    play.do(c.Receipt(said=play.said("boss"), of=2, by="boss"))
    play.at("09-24 12:10").record("desk", "paper", "09-24 11:00", grade="counterpart", received="09-24 11:10")
    assert play.due("forward") == "09-24 12:10"


# order of entry


@pytest.mark.parametrize("order", [("09-24 11:50", "09-24 12:40"), ("09-24 12:40", "09-24 11:50")])
def test_s1_3_confirmations_that_differ_leave_it_open_whichever_came_last(play: Play, order: tuple[str, str]) -> None:
    play.at("09-24 13:00").record("desk", "paper", "09-24 11:50", elements={"place": "x", "number": "1"})
    for role, moment in zip(("boss", "office"), order, strict=True):
        play.do(c.Confirm(said=play.said(role, moment), of=2))
    row = play.row("paper")
    assert (row.outcome, row.met_at) == (UNKNOWN, Moment(at("09-24 11:50"), at("09-24 12:40")))


def test_s1_3_of_one_who_confirms_twice_the_last_word_counts(play: Play) -> None:
    play.at("09-24 13:00").record("desk", "paper", "09-24 11:50", elements={"place": "x", "number": "1"})
    for moment in ("09-24 12:40", "09-24 11:50"):
        play.do(c.Confirm(said=play.said("boss", moment), of=2))
    assert play.outcome("paper") == MET


@pytest.mark.parametrize("late", [False, True])
def test_s1_5_the_oldest_is_answered_first_however_it_was_entered(play: Play, late: bool) -> None:
    first, second = ("09-24 11:00", "09-24 11:30") if not late else ("09-24 11:30", "09-24 11:00")
    play.at("09-24 11:40").record("boss", "step", first, grade="counterpart")
    play.record("boss", "step", second, grade="counterpart")
    play.at("09-24 11:50").fire("boss", "forward")
    found = {r.begin.moment.lo: r.outcome for r in play.rows("again", "09-24 13:00") if r.begin is not None}
    assert found == {at("09-24 11:00"): MET, at("09-24 11:30"): MISSED}


# S3, S7 -- after the end


def test_s7_2_a_duty_that_a_correction_brings_after_the_end_was_not_owed_when_the_case_ended(play: Play) -> None:
    play.at("09-24 12:00").fire("boss", "close")
    play.at("09-25 10:00").revise("boss", deaths=3)
    assert [r.outcome for r in play.rows("deadly")] == [NOT_DUE]
    assert [r.outcome for r in play.rows("deadly", "09-25 11:01")] == [MISSED]
    assert play.row("deadly").begin is not None


def test_s7_2_a_duty_that_a_fact_of_the_new_round_brings_is_owed_in_that_round_only(play: Play) -> None:
    play.at("09-24 12:00").fire("boss", "close")
    play.at("09-25 10:00").do(c.Reopen(said=play.said("boss"), reason="x"))
    play.at("09-25 11:00").revise("boss", deaths=3)
    assert [(r.name, r.outcome) for r in play.rows("deadly")] == [("2", NOT_DUE)]


# S6.4, S10.1 -- slots and instants that are not exact


def test_s6_4_a_report_of_a_day_without_an_hour_accuses_in_no_slot_of_that_day_and_fulfils_none(play: Play) -> None:
    play.at("09-24 11:00").fire("boss", "step")
    said = c.Said(actor=Actor("desk"), happened=parse("2026-09-25", ZONE), grade="counterpart")
    play.at("09-26 09:00").do(c.Record(said=said, event="follow"))
    found = [(r.name, r.outcome) for r in play.rows("follow")]
    assert found == [
        ("2026-09-24T17:00", MISSED),
        ("2026-09-25T08:00", UNKNOWN),
        ("2026-09-25T17:00", UNKNOWN),
        ("2026-09-26T08:00", UNKNOWN),
        ("2026-09-26T17:00", NOT_DUE),
    ]


@pytest.mark.parametrize("moment", ["2026-09-25", "2026-09-25T00:00:00+08:00"])
def test_s2_1_a_report_of_a_day_fulfils_the_period_of_that_day(play: Play, moment: str) -> None:
    play.at("09-24 11:00").fire("boss", "hold")
    said = c.Said(actor=Actor("desk"), happened=parse(moment, ZONE), grade="counterpart")
    play.at("09-26 09:00").do(c.Record(said=said, event="follow"))
    assert [r.outcome for r in play.rows("daily")] == [MISSED, MET, NOT_DUE]


# S8.4 -- extensions


def test_s8_4_two_extensions_asked_for_at_once_are_not_both_granted_where_one_is_allowed(play: Play) -> None:
    for _ in range(2):
        play.do(c.Extend(said=play.said("desk"), row="answer/other#1", step="ask", by="5 days", reason="x"))
    play.do(c.Extend(said=play.said("boss"), row="answer/other#1", step="grant", reason="x"))
    with pytest.raises(NotAllowed):
        play.do(c.Extend(said=play.said("boss"), row="answer/other#1", step="grant", reason="x"))


# S3.6 -- the clock and the daemon


@pytest.mark.parametrize("swept", ["09-27 11:00", "09-30 09:00"])
def test_s3_6_a_past_view_does_not_depend_on_when_the_daemon_came(play: Play, swept: str) -> None:
    play.at("09-24 11:00").fire("boss", "step")
    play.at(swept).engine.tick()
    play.at("10-05 09:00").engine.tick()
    assert play.outcome("idle", "09-27 12:00") == DISCHARGED  # the case went to sleep at 24:00 of 09-26


def test_promise_8_a_clock_that_goes_back_makes_nothing_earlier_than_the_journal(play: Play) -> None:
    play.at("09-24 12:30").fire("boss", "step")
    act = play.at("09-24 11:59").fire("desk", "paper", elements={"place": "x", "number": "1"}).acts[-1]
    assert act.recorded == at("09-24 12:30") and play.outcome("paper", "09-24 13:00") == LATE


# S7.2 -- the second person


@pytest.mark.parametrize(
    ("first", "second"), [(("desk", "p1"), ("desk", None)), (("desk", None), ("desk", "p1")), (("desk", "p1"), ("boss", "p1"))]
)
def test_s7_2_a_second_person_is_shown_to_be_another(play: Play, first: tuple[str, str], second: tuple[str, str]) -> None:
    with pytest.raises(NotAllowed):
        play.do(c.Void(said=c.Said(actor=Actor(*first)), second=Actor(*second), reason="x"))


# promise 5 -- what a verdict on a back-filled act rests on


def test_s1_3_the_explanation_says_on_what_a_back_filled_act_rests(play: Play) -> None:
    play.at("09-24 12:00").record("desk", "call", "09-24 10:20", grade="counterpart", source="接警单")
    standing = play.engine.case("C")
    told = why(play.row("call"), standing.case, play.engine.world(standing))
    assert "履行于 2026-09-24 10:20 #2  补录于 2026-09-24 12:00(他方或文件证明)" in told.lines("zh")[-3]
    assert "done 2026-09-24 10:20 #2  entered 2026-09-24 12:00 (shown by the other side or a document)" in told.lines("en")[-3]


# S8.2 -- the calendar


def test_s8_2_a_case_changes_to_a_revision_of_its_own_calendar_only(play: Play) -> None:
    idle = replace(play.engine.calendar, id="idle")
    for digest in (play.engine.sources.meet(idle), "sha256:none"):
        with pytest.raises(BadInput):
            play.do(c.Recalendar(said=play.said("desk"), calendar=digest, ground="x"))


def test_s3_3_a_waiver_that_is_dated_back_shows_when_it_was_entered(play: Play) -> None:
    play.at("10-02 10:00").do(c.Waive(said=play.said("boss", "09-28 10:00"), row="answer", ground="x"))
    standing = play.engine.case("C")
    told = why(play.row("answer"), standing.case, play.engine.world(standing))
    assert any("解除于 2026-09-28 10:00 #2  补录于 2026-10-02 10:00(本人陈述)" in line for line in told.lines("zh"))
