"""What the checker proves of time: each defect is found, with its steps or its start day, and its sound neighbour is not."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from adapters.calendars import shipped
from workflow import term as terms
from workflow.lint.course import Courses, closure
from workflow.lint.finding import Finding
from workflow.lint.spans import Spans, fall
from workflow.lint.timing import Timing
from workflow.procedure.load import load

HEAD = """
procedure: small
version: 1
zh: 小
en: small
roles:
  desk: {zh: 值班, en: desk, level: town}
  boss: {zh: 领导, en: boss, level: town}
  district: {zh: 区, en: district, level: district}
facts:
  grade: {zh: 等级, en: grade, type: choice, of: {low: {zh: 低, en: low}, high: {zh: 高, en: high}}, revise: [boss]}
initial: open
states:
  open: {zh: 在办, en: open}
  late: {zh: 逾期, en: overdue}
  later: {zh: 再逾期, en: overdue again}
  closed: {zh: 结束, en: closed, final: true}
events:
  start: {zh: 开始, en: start, opens: true, by: desk}
  close: {zh: 结束, en: close, from: [open, late, later], to: closed, by: boss}
"""


def found(events: str, obligations: str = "", head: str = HEAD) -> list[Finding]:
    text = head + "".join(f"  {line}\n" for line in events.splitlines() if line.strip())
    if obligations:
        text += "obligations:\n" + "".join(f"  {line}\n" for line in obligations.splitlines() if line.strip())
    return list(Timing(load(text, "small.yaml").procedure, shipped("cn")).findings())


def codes(troubles: list[Finding]) -> list[tuple[str, str]]:
    return [(t.code, t.severity) for t in troubles if t.code != "time.unchecked"]


OVERDUE = "overdue: {zh: 逾期, en: overdue, from: open, to: late, by: clock, after: {on: case, term: TERM}}\n"
ANSWER = "answer: {zh: 答复, en: answer, from: late, by: desk}\n"
DUTY = "answer: {zh: 答复, en: answer, owed: {by: desk, to: boss}, starts: {on: case}, term: [{is: TERM}], met_by: answer}"


def test_a_duty_that_only_a_later_clock_makes_possible_cannot_be_met_and_the_steps_say_why() -> None:
    troubles = found(OVERDUE.replace("TERM", "1 day") + ANSWER, DUTY.replace("TERM", "2 hours"))
    assert codes(troubles) == [("time.cannot_be_met", "error")]
    assert troubles[0].at == ("obligations", "answer", "term", 0)
    assert "opening → overdue (+1 day) → answer" in troubles[0].message.en
    assert "立案 → 逾期 (+1 日) → 答复" in troubles[0].message.zh


def test_a_duty_that_the_clock_leaves_time_for_is_sound() -> None:
    assert codes(found(OVERDUE.replace("TERM", "1 day") + ANSWER, DUTY.replace("TERM", "3 days"))) == []


def test_a_day_term_is_over_at_the_instant_at_which_an_equal_clock_fires() -> None:
    troubles = found(OVERDUE.replace("TERM", "3 working days") + ANSWER, DUTY.replace("TERM", "3 working days"))
    assert codes(troubles) == [("time.cannot_be_met", "error")]


def test_an_hour_term_may_be_met_at_the_instant_at_which_an_equal_clock_fires() -> None:
    assert codes(found(OVERDUE.replace("TERM", "3 hours") + ANSWER, DUTY.replace("TERM", "3 hours"))) == []


def test_a_clock_of_working_days_is_too_late_for_natural_days_only_before_a_holiday_and_the_start_is_named() -> None:
    troubles = found(OVERDUE.replace("TERM", "3 working days") + ANSWER, DUTY.replace("TERM", "6 days"))
    assert codes(troubles) == [("time.cannot_be_met", "warning")]
    day = date.fromisoformat(troubles[0].message.en.split("starts on ")[1][:10])
    zone = ZoneInfo("Asia/Shanghai")
    calendar = shipped("cn")
    start = Spans(calendar, zone).start((day - date(2007, 1, 1)).days, late=True)
    assert (
        terms.due(start, terms.parse("3 working days"), calendar, zone).instant
        >= terms.due(start, terms.parse("6 days"), calendar, zone).instant
    )


def test_a_chain_of_clocks_is_added_up() -> None:
    events = OVERDUE.replace("TERM", "1 day") + (
        "again: {zh: 再逾期, en: again, from: late, to: later, by: clock, after: {on: overdue, term: 1 day}}\n"
        "answer: {zh: 答复, en: answer, from: later, by: desk}\n"
    )
    troubles = found(events, DUTY.replace("TERM", "3 days"))  # the second day begins when the first is over
    assert codes(troubles) == [("time.cannot_be_met", "error")]
    assert codes(found(events, DUTY.replace("TERM", "4 days"))) == []


def test_the_shorter_of_two_ways_counts() -> None:
    events = OVERDUE.replace("TERM", "5 days") + ANSWER
    short = "hurry: {zh: 催办, en: hurry, from: open, to: late, by: boss}\n"
    assert codes(found(events, DUTY.replace("TERM", "1 hour"))) == [("time.cannot_be_met", "error")]
    assert codes(found(events + short, DUTY.replace("TERM", "1 hour"))) == []


def test_a_duty_after_a_state_that_no_course_leads_back_to_is_never_met() -> None:
    events = "ask: {zh: 询问, en: ask, from: late, to: later, by: boss}\nfall: {zh: 转, en: fall, from: open, to: late, by: boss}\n"
    events += "answer: {zh: 答复, en: answer, from: open, by: desk}\n"
    duty = DUTY.replace("TERM", "1 hour").replace("on: case", "on: ask, each: true")
    troubles = found(events, duty)
    assert codes(troubles) == [("time.never_after", "error")]
    assert "after ask no course comes to answer" in troubles[0].message.en


def test_what_may_be_done_before_the_start_is_not_called_impossible() -> None:
    events = "ask: {zh: 询问, en: ask, from: late, to: later, by: boss}\nfall: {zh: 转, en: fall, from: open, to: late, by: boss}\n"
    events += "answer: {zh: 答复, en: answer, from: open, by: desk}\n"
    duty = DUTY.replace("TERM", "1 hour").replace("on: case", "on: ask")
    assert codes(found(events, duty)) == []
    assert codes(found(events, duty.replace("met_by", "early: contradiction, met_by"))) == [("time.never_after", "error")]


def test_a_condition_that_needs_an_event_is_a_step_that_must_precede() -> None:
    events = OVERDUE.replace("TERM", "1 day") + "answer: {zh: 答复, en: answer, when: {happened: overdue}, by: desk}\n"
    assert codes(found(events, DUTY.replace("TERM", "1 hour"))) == [("time.cannot_be_met", "error")]


def test_one_alternative_that_is_too_short_is_a_warning_because_the_facts_may_change() -> None:
    duty = DUTY.replace("{is: TERM}", "{when: {grade: high}, is: 1 hour}, {when: {grade: low}, is: 5 days}, {when: unknown, is: 5 days}")
    troubles = found(OVERDUE.replace("TERM", "1 day") + ANSWER, duty)
    assert codes(troubles) == [("time.cannot_be_met", "warning")]
    assert troubles[0].at == ("obligations", "answer", "term", 0)


def test_an_extension_up_to_its_cap_is_time_too() -> None:
    events = OVERDUE.replace("TERM", "1 day") + ANSWER
    duty = DUTY.replace("TERM", "2 hours").replace("met_by", "extend: {grant: boss, cap: 2 days}, met_by")
    assert codes(found(events, duty)) == []
    assert codes(found(events, duty.replace("2 days", "2 hours"))) == [("time.cannot_be_met", "error")]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("pause: [{from: hold, until: resume}]", "its clock may be paused"),
        ("starts: {every: every week}", "it recurs"),
        ("starts: {date: 05-31}", "it starts on a fixed date"),
    ],
)
def test_pauses_recurrences_and_fixed_dates_are_said_to_be_unchecked(more: str, why: str) -> None:
    events = "answer: {zh: 答复, en: answer, by: desk}\nhold: {zh: 中止, en: hold, by: boss}\nresume: {zh: 恢复, en: resume, by: boss}\n"
    duty = DUTY.replace("TERM", "1 hour")
    duty = duty.replace("starts: {on: case}", more) if more.startswith("starts") else duty.replace("met_by", f"{more}, met_by")
    said = [t for t in found(events, duty) if t.code == "time.unchecked"]
    assert [t.severity for t in said] == ["unchecked"]
    assert why in said[0].message.en


def test_a_loop_is_said_to_be_unchecked_with_its_states() -> None:
    events = "fall: {zh: 转, en: fall, from: open, to: late, by: boss}\nback: {zh: 回, en: back, from: late, to: open, by: boss}\n"
    said = found(events)
    assert [(t.code, t.at) for t in said] == [("time.unchecked", ("states",))]
    assert "open ↔ late" in said[0].message.en


TIMER = "{name}: {{zh: {name}, en: {name}, from: {source}, to: {to}, by: clock, after: {{on: case, term: {term}}}}}\n"


def timers(first: str, second: str, source: str = "open", more: str = "") -> list[tuple[str, str]]:
    one = TIMER.format(name="one", source="open", to="late", term=first)
    other = TIMER.format(name="other", source=source, to="later", term=second)
    return codes(found(one + other + more))


def test_two_timers_at_one_instant_with_different_targets_are_found() -> None:
    assert timers("2 days", "2 days", more="") == [("time.one_instant", "warning")]
    assert timers("2 days", "2 days", source="late") == []


def test_a_timer_that_another_always_forestalls_never_comes() -> None:
    assert timers("2 days", "5 days") == [("time.timer_never", "error")]
    assert timers("5 days", "2 days") == [("time.timer_never", "error")]
    assert timers("2 working days", "30 days") == [("time.timer_never", "error")]


def test_a_timer_that_is_possible_elsewhere_too_is_no_defect() -> None:
    assert timers("2 days", "5 days", source="[open, late]") == []


def test_a_timer_is_not_forestalled_where_a_case_may_come_back_on_the_same_start() -> None:
    back = "back: {zh: 回, en: back, from: late, to: open, by: boss}\n"
    assert timers("2 days", "5 days", more=back) == []


def test_timers_whose_order_hangs_on_the_start_day_are_noticed_with_two_days() -> None:
    assert timers("3 working days", "5 days") == [("time.order_varies", "notice")]


def tier(at: str, term: str) -> list[tuple[str, str]]:
    duty = DUTY.replace("TERM", term).replace("met_by", f'tiers: [{{at: "{at}", tell: desk}}], met_by')
    return codes(found("answer: {zh: 答复, en: answer, by: desk}\n", duty))


@pytest.mark.parametrize(
    ("at", "term", "severity"),
    [
        ("3 working days before", "1 day", "error"),
        ("2 hours before", "1 hour", "error"),
        ("1 working day before", "2 hours", "error"),
        ("18:00 on the last day", "5 days cutoff 17:00", "error"),
        ("26 hours before", "1 day", "notice"),
        ("2 working days before", "5 days roll", "notice"),
    ],
)
def test_a_tier_on_the_wrong_side_is_found(at: str, term: str, severity: str) -> None:
    assert tier(at, term) == [("time.tier_side", severity)]


@pytest.mark.parametrize(
    ("at", "term"),
    [
        ("50%", "1 hour"),
        ("1 working day before", "3 working days"),
        ("30 minutes before", "1 hour"),
        ("at due", "1 hour"),
        ("3 working days after", "1 hour"),
        ("09:00 on the last day", "5 days"),
    ],
)
def test_a_tier_on_its_own_side_is_sound(at: str, term: str) -> None:
    assert tier(at, term) == []


def test_a_superior_who_is_told_when_the_own_report_is_already_due_is_told_too_late() -> None:
    events = "report: {zh: 报告, en: report, by: desk}\nforward: {zh: 转报, en: forward, by: boss}\n"
    duties = (
        "report: {zh: 报告, en: report, owed: {by: desk, to: boss}, starts: {on: case}, term: [{is: 1 hour}], met_by: report, "
        "tiers: [{at: 30 minutes after, tell: boss}]}\n"
        "forward: {zh: 转报, en: forward, owed: {by: boss, to: district}, starts: {on: case}, term: [{is: TERM}], met_by: forward}\n"
    )
    assert codes(found(events, duties.replace("TERM", "1 hour"))) == [("time.told_late", "warning")]
    assert codes(found(events, duties.replace("TERM", "2 hours"))) == []


def test_what_comes_after_the_clock_has_ended_every_case_comes_too_late() -> None:
    end = "end: {zh: 到期, en: expire, from: any, to: closed, by: clock, after: {on: case, term: 10 days}}\n"
    events = end + "answer: {zh: 答复, en: answer, by: desk}\n"
    after = 'tiers: [{at: "AT", tell: boss}], met_by'
    assert codes(found(events, DUTY.replace("TERM", "20 days"))) == [("time.after_the_end", "warning")]
    assert codes(found(events, DUTY.replace("TERM", "5 days").replace("met_by", after.replace("AT", "10 days after")))) == [
        ("time.after_the_end", "warning")
    ]
    assert codes(found(events, DUTY.replace("TERM", "5 days").replace("met_by", after.replace("AT", "2 days after")))) == []


def test_a_term_that_is_over_when_it_starts_is_found() -> None:
    assert codes(found("answer: {zh: 答复, en: answer, by: desk}\n", DUTY.replace("TERM", "0 hours"))) == [("time.no_time", "error")]


@pytest.mark.parametrize(
    "term", ["5 working days", "5 days roll", "1 month", "3 months roll", "by 05-31", "3 working days counting the start day"]
)
def test_no_term_is_due_earlier_for_a_later_start(term: str) -> None:
    assert Spans(shipped("cn"), ZoneInfo("Asia/Shanghai")).falls_back(terms.parse(term)) is None


def test_a_sequence_that_goes_down_is_seen_where_it_does() -> None:
    assert fall([1, 2, 2, 5, 4, 9]) == 3
    assert fall([1, 1, 2]) is None


@pytest.mark.parametrize(
    "term", ["5 working days", "5 days", "5 days roll", "1 month", "3 days cutoff 17:30", "earlier of (5 working days; 8 days)", "36 hours"]
)
def test_the_bounds_of_a_term_hold_on_every_start_and_are_reached(term: str) -> None:
    calendar, zone = shipped("cn"), ZoneInfo("Asia/Shanghai")
    spans, parsed = Spans(calendar, zone), terms.parse(term)
    length = spans.length(parsed)
    assert length is not None
    lengths = []
    for index in range(0, len(spans.begins) - 60):
        for late in (False, True):
            start = spans.start(index, late=late)
            lengths.append(int((terms.due(start, parsed, calendar, zone).instant - start).total_seconds()))
    assert length.shortest <= min(lengths) <= length.shortest + 60
    assert length.longest == max(lengths)


def test_what_leads_to_each_other_is_reached_together() -> None:
    bits = closure({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}, {"a": 0, "b": 1, "c": 2, "d": 3})
    assert bits == {"a": 0b0111, "b": 0b0110, "c": 0b0110, "d": 0b1000}


def test_a_move_within_one_region_leaves_the_others_as_they_are() -> None:
    procedure = next(d for d in (load(PARALLEL, "p.yaml"),)).procedure
    rule = next(r for r in Courses(procedure).rules if r.event == "step")
    assert [leaf for kind, leaf in rule.leads if kind == "state"] == ["open.one.b"]


PARALLEL = """
procedure: p
version: 1
zh: 并
en: parallel
roles: {desk: {zh: 值班, en: desk, level: town}}
initial: open
states:
  open:
    zh: 在办
    en: open
    parallel: true
    states:
      one: {zh: 一, en: one, states: {a: {zh: 甲, en: a}, b: {zh: 乙, en: b}}}
      two: {zh: 二, en: two, states: {c: {zh: 丙, en: c}, d: {zh: 丁, en: d}}}
events:
  start: {zh: 开始, en: start, opens: true, by: desk}
  step: {zh: 推进, en: step, from: one.a, to: one.b, by: desk}
"""
