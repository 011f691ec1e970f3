"""``{open: DUTY}``: an event that is possible only while a duty is owed, or only once every instance of it is answered."""

from __future__ import annotations

import pytest

from adapters.calendars import shipped
from tests.play import Play
from workflow import command as c
from workflow.errors import DefinitionError, NotAllowed
from workflow.obligation.row import Outcome
from workflow.procedure.load import load
from workflow.text import Text

PROBLEMS = """
procedure: problems
version: "1"
zh: 问题
en: problems
roles:
  desk: {zh: 办公室, en: desk, level: town}
  boss: {zh: 领导, en: boss, level: town}
initial: open
states: {open: {zh: 在办, en: open}, quiet: {zh: 无未了, en: quiet}, closed: {zh: 结束, en: closed, final: true}}
events:
  begin: {zh: 立案, en: begin, opens: true, by: desk, basis: unit}
  find: {zh: 发现, en: find, by: desk, basis: unit}
  answer: {zh: 答复, en: answer, by: desk, basis: unit}
  close: {zh: 结案, en: close, kind: request, from: open, to: closed, by: desk, when: {not: {open: answer}}, basis: unit}
  abandon: {zh: 搁置, en: abandon, kind: request, from: open, to: closed, by: boss, basis: unit}
  remind: {zh: 催办, en: remind, kind: request, by: boss, when: {open: answer}, basis: unit}
obligations:
  answer: {zh: 逐项答复, en: answer each, owed: {by: desk}, starts: {on: find, each: true},
    term: [{is: 1 day}], met_by: answer, waive: [boss], basis: unit}
"""

ENGINE = """
  settled: {zh: 全部答复, en: all answered, by: engine, from: open, to: quiet,
    when: {all: [{happened: find}, {not: {open: answer}}]}}
"""


def played(text: str = PROBLEMS) -> Play:
    play = Play("problems").at("09-24 09:00")
    play.engine.add(load(text.encode(), "problems.yaml"))
    play.open("desk")
    return play


def test_a_case_in_which_nothing_was_found_can_be_closed() -> None:
    play = played()
    play.fire("desk", "close")
    assert play.state == ("closed",)


def test_it_cannot_be_closed_until_each_finding_is_answered() -> None:
    play = played()
    for _ in range(2):
        play.at("09-24 10:00").fire("desk", "find")
    for answered in (0, 1):
        with pytest.raises(NotAllowed):
            play.at(f"09-24 11:0{answered}").fire("desk", "close")
        play.fire("desk", "answer")
    play.at("09-24 12:00").fire("desk", "close")
    assert play.state == ("closed",)


def test_closing_is_not_asked_for_as_of_an_instant_before_the_finding() -> None:
    """S1.5"""
    play = played()
    play.at("09-24 10:00").fire("desk", "find")
    with pytest.raises(NotAllowed):
        play.at("09-24 11:00").fire("desk", "close", "09-24 09:30")
    assert play.state == ("open",)


def test_s1_5_what_was_possible_when_it_happened_and_is_no_more_is_recorded_and_moves_nothing() -> None:
    play = played(PROBLEMS.replace("en: close, kind: request", "en: close"))
    play.at("09-24 10:00").fire("desk", "find")
    act = play.at("09-24 11:00").record("desk", "close", "09-24 09:30").acts[0]
    assert (act.deviations, act.state, play.outcome("answer")) == ((), ("open",), Outcome.NOT_DUE)
    play.fire("desk", "answer")
    play.record("desk", "close", "09-24 09:40")
    assert play.state == ("closed",)


def test_one_that_is_overdue_is_still_open() -> None:
    play = played()
    play.fire("desk", "find")
    with pytest.raises(NotAllowed):
        play.at("10-24 09:00").fire("desk", "close")


def test_one_that_was_waived_is_not() -> None:
    play = played()
    play.fire("desk", "find")
    play.do(c.Waive(said=play.said("boss"), row="answer#1", ground="重复"))
    play.fire("desk", "close")
    assert play.state == ("closed",)


def test_s7_2_what_a_round_that_is_over_left_behind_is_not_open_in_the_next() -> None:
    play = played()
    play.fire("desk", "find")
    play.at("09-24 10:00").fire("boss", "abandon")
    play.at("09-25 09:00").do(c.Reopen(said=play.said("boss"), reason="又有反映"))
    play.at("09-25 10:00").fire("desk", "close")
    assert play.state == ("closed",)


def test_an_event_can_be_possible_only_while_something_is_owed() -> None:
    play = played()
    with pytest.raises(NotAllowed):
        play.fire("boss", "remind")
    play.fire("desk", "find")
    assert play.fire("boss", "remind").acts[0].deviations == ()


def test_a_record_of_closing_all_the_same_is_kept_as_a_deviation_and_moves_nothing() -> None:
    play = played()
    play.fire("desk", "find")
    assert play.record("desk", "close").acts[0].deviations == ("condition",)
    assert play.state == ("open",)


def test_a_closing_entered_late_is_judged_by_what_was_open_when_it_happened() -> None:
    play = played()
    play.at("09-24 10:00").fire("desk", "find")
    play.at("09-24 12:00").fire("desk", "answer")
    late = play.at("09-24 13:00").record("desk", "close", happened="09-24 11:00")
    assert "condition" in late.acts[0].deviations


def test_what_was_found_after_a_closing_entered_late_does_not_hold_it_up() -> None:
    play = played()
    play.at("09-24 12:00").fire("desk", "find")
    assert play.at("09-24 13:00").record("desk", "close", happened="09-24 11:00").acts[0].deviations == ()


def test_an_answer_entered_late_counts_from_when_it_was_given() -> None:
    play = played()
    play.at("09-24 10:00").fire("desk", "find")
    play.at("09-24 12:00").record("desk", "answer", happened="09-24 10:30", grade="counterpart")
    assert play.at("09-24 13:00").record("desk", "close", happened="09-24 11:00", grade="counterpart").acts[0].deviations == ()


def test_the_engine_acts_by_itself_once_the_last_is_answered() -> None:
    play = played(PROBLEMS.replace("\nobligations:", ENGINE + "obligations:"))
    for event in ("find", "find", "answer"):
        play.fire("desk", event)
    assert play.state == ("open",)
    play.fire("desk", "answer")
    assert play.state == ("quiet",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("met_by: answer,", "met_by: answer, owed_when: {open: answer},"),
        ("term: [{is: 1 day}]", "term: [{when: {open: answer}, is: 1 day}, {is: 2 days}]"),
    ],
)
def test_a_duty_cannot_hang_on_whether_another_is_open(old: str, new: str) -> None:
    with pytest.raises(DefinitionError, match="only the 'when' of an event"):
        load(PROBLEMS.replace(old, new).encode(), "problems.yaml", {shipped("cn").id})


def test_a_refusal_names_what_is_still_open_or_else_the_condition() -> None:
    play = played()
    with pytest.raises(NotAllowed) as refused:
        play.fire("boss", "remind")
    assert (refused.value.hint or Text("", "")).en == "the condition: open: answer each"
    play.fire("desk", "find")
    with pytest.raises(NotAllowed) as refused:
        play.fire("desk", "close")
    assert (refused.value.hint or Text("", "")).en == "still open: answer each"
