"""Outcomes where several acts, rounds or changes meet; each names the rule that decides."""

from __future__ import annotations

import pytest

from adapters.calendars import shipped
from tests.play import Play, at
from workflow import command as c
from workflow.act import FLAGGED
from workflow.errors import BadInput
from workflow.explain import why
from workflow.obligation.row import Outcome
from workflow.procedure.load import load

MET, MISSED, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED


@pytest.fixture
def play() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.open("desk")
    return play


def reopened(play: Play, when: str) -> None:
    play.at(when).do(c.Reopen(said=play.said("boss"), reason="新情况"))


def test_s1_3_a_word_that_nobody_confirms_takes_nothing_from_a_report_that_is_proved_in_time(play: Play) -> None:
    play.at("09-24 10:25").fire("desk", "call")
    play.at("09-24 12:00").record("desk", "call", "09-24 10:20")
    assert play.outcome("call") == MET and play.row("call").met_by == 2


def test_s7_2_what_happens_in_a_later_round_leaves_the_outcomes_of_the_earlier_one(play: Play) -> None:
    play.at("09-24 12:00").fire("boss", "close")
    reopened(play, "09-24 13:00")
    play.at("09-24 14:00").fire("boss", "cancel")
    assert [(r.outcome, r.reason) for r in play.rows("answer")] == [(MISSED, "ended"), (DISCHARGED, "")]


def test_s3_2_what_was_owed_when_the_case_ended_stays_missed_for_that_reason(play: Play) -> None:
    play.at("09-25 10:00").fire("boss", "close")
    for moment in ("09-25 10:00", "09-30 00:00", "12-01 00:00"):
        row = play.row("answer", moment)
        assert (row.outcome, row.reason, row.open, row.missing_from) == (MISSED, "ended", False, at("09-25 10:00"))


def test_s3_3_a_waiver_after_the_end_of_the_case_stands_beside_the_outcome(play: Play) -> None:
    play.at("09-25 10:00").fire("boss", "close")
    play.at("09-26 10:00").do(c.Waive(said=play.said("boss"), row="answer", ground="x"))
    assert (play.outcome("answer"), play.row("answer").beside) == (MISSED, ("later_waived",))


def test_s4_3_no_second_obligation_comes_from_one_that_was_discharged(play: Play) -> None:
    play.at("09-25 10:00").fire("boss", "cancel")
    play.at("09-30 10:00").revise("boss", grade="high")
    assert [r.outcome for r in play.rows("answer")] == [DISCHARGED]


def test_s4_3_no_second_obligation_comes_from_a_case_that_has_ended(play: Play) -> None:
    play.at("09-25 10:00").fire("boss", "close")
    play.at("10-03 10:00").revise("boss", grade="high")
    assert [r.outcome for r in play.rows("answer")] == [MISSED]


def test_s4_3_a_change_after_the_due_instant_of_the_second_obligation_brings_a_third(play: Play) -> None:
    for when, grade in (("09-30 10:00", "high"), ("10-21 10:00", "low")):
        play.at(when).revise("boss", grade=grade)
    assert [r.outcome for r in play.rows("answer")] == [MISSED, MISSED, NOT_DUE]


def test_s6_4_a_recurrence_starts_again_in_each_round(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    play.at("09-24 18:00").fire("boss", "close")
    reopened(play, "09-26 09:00")
    play.at("09-26 10:00").fire("desk", "step")
    play.at("09-26 16:00").fire("desk", "follow")
    assert [r.outcome for r in play.rows("follow", "09-27 08:01")] == [MISSED, DISCHARGED, MET, MISSED, NOT_DUE]


def test_s6_4_an_end_event_before_the_start_ends_nothing(play: Play) -> None:
    play.at("09-24 10:30").fire("boss", "cancel")
    play.at("09-24 11:00").fire("desk", "step")
    assert [r.outcome for r in play.rows("follow", "09-25 08:01")] == [MISSED, MISSED, NOT_DUE]


def test_s7_3_every_slot_is_watched_while_nobody_does_anything(play: Play) -> None:
    play.at("09-24 11:00").fire("desk", "step")
    for day in range(24, 30):
        for hour in (8, 17):
            if (day, hour) > (24, 8):
                play.at(f"09-{day} {hour:02}:01").engine.tick()
    told = [a.name for a in play.engine.case("C").case.acts if a.kind == FLAGGED and a.name.startswith("follow")]
    slots = [f"2026-09-{day}T{hour}:00" for day in range(24, 30) for hour in ("08", "17")][1:]
    assert told == [f"follow/boss#{slot}" for slot in slots]


def test_s3_2_the_end_of_a_case_is_when_its_missing_acts_are_flagged(play: Play) -> None:
    play.at("09-24 10:05").fire("boss", "close")
    play.engine.tick()
    told = {a.name: (a.data["flag"], a.happened.lo) for a in play.engine.case("C").case.acts if a.kind == FLAGGED}
    assert told["call/boss#1"] == ("missing", at("09-24 10:05"))
    assert "aim#1" not in told


def extended(play: Play, when: str, by: str) -> None:
    play.at(when).do(c.Extend(said=play.said("desk"), row="answer", step="ask", by=by, reason="取证"))
    play.do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意"))


def test_s8_4_a_pause_after_an_extension_takes_nothing_of_it_away(play: Play) -> None:
    extended(play, "09-29 10:00", "10 days")
    assert play.due("answer") == "10-10 00:00"
    play.at("10-08 10:00").fire("boss", "hold")
    play.at("10-09 10:00").fire("boss", "resume")
    assert play.due("answer") == "10-11 00:00"
    row = play.row("answer")
    standing = play.engine.case("C")
    story = why(row, standing.case, play.engine.world(standing)).story
    assert story is not None and row.due is not None and story.due.instant == row.due.instant


def test_s8_4_an_extension_by_hours_counts_on_from_the_end_of_the_last_day(play: Play) -> None:
    extended(play, "09-29 10:00", "5 hours")
    assert play.due("answer") == "09-30 05:00"


def test_s8_4_an_extension_without_a_number_is_refused(play: Play) -> None:
    with pytest.raises(BadInput):
        play.do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="promptly", reason="x"))


def test_s8_4_a_change_after_the_old_date_is_in_time_when_an_extension_was_under_way(play: Play) -> None:
    play.at("09-29 10:00").do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="10 days", reason="取证"))
    play.at("10-01 10:00").revise("boss", grade="high")
    play.at("10-02 10:00").do(c.Extend(said=play.said("boss"), row="answer/other#1", step="grant", reason="同意"))
    assert [(r.outcome, play.due("answer")) for r in play.rows("answer")] == [(NOT_DUE, "10-26 00:00")]


def test_s4_2_a_term_given_to_a_duty_without_one_makes_nobody_late_for_the_past() -> None:
    play = Play("late_number").at("09-24 10:00")
    text = LATE_NUMBER.encode()
    play.engine.add(load(text, "late_number.yaml"))
    play.open("desk")
    play.at("09-24 18:00").revise("boss", kind="a")
    assert play.due("answer") == "09-24 20:00" and play.outcome("answer") == NOT_DUE


LATE_NUMBER = """
procedure: late_number
version: "1"
zh: 晚定期限
en: a number that comes late
roles: {desk: {zh: 值班, en: desk, level: town}, boss: {zh: 领导, en: boss, level: town}}
facts: {kind: {zh: 类, en: kind, type: choice, of: {a: {zh: 甲, en: a}}, revise: boss}}
initial: open
states: {open: {zh: 在办, en: open}}
events:
  start: {zh: 开始, en: start, opens: true, by: desk, basis: unit}
  answer: {zh: 答复, en: answer, by: desk, basis: unit}
obligations:
  answer:
    zh: 答复
    en: answer
    owed: {by: desk}
    starts: {on: case}
    term: [{when: {kind: a}, is: 2 hours}, {when: unknown, is: promptly}]
    met_by: answer
    basis: unit
"""


def test_s8_2_a_calendar_that_moves_nothing_yet_is_the_one_that_counts_from_then_on() -> None:
    play = Play("probe", shipped("cn").at({2019: 1})).at("2019-04-17 10:00")
    play.open("desk", {"grade": "low"})  # five days: over before the days that the new notice changes
    assert play.due("answer") == "04-23 00:00"
    assert play.at("2019-04-18 10:00").engine.import_calendar(shipped("cn"), play.said("boss"), "2019-03-22 通知") == []
    assert [v.kind for v in play.row("answer").revisions] == ["start"]
    play.at("2019-04-19 10:00").revise("boss", grade="high")
    assert play.due("answer") == "05-01 00:00"  # ten working days with Sunday 04-28; under the old notice they ended on 05-02
