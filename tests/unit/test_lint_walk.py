# ruff: noqa: E501
"""Where a course leaves a case, situation by situation: what no look at single states can see."""

from __future__ import annotations

import pytest

from adapters.calendars import shipped
from adapters.library import shipped_definitions
from workflow.lint import lint, walk
from workflow.lint.course import Courses
from workflow.lint.walk import Walk
from workflow.procedure.load import Definition, load
from workflow.statechart import Statechart

HEAD = """
procedure: small
version: 1
zh: 小
en: small
roles: {desk: {zh: 值班, en: desk, level: town}}
"""
ONE = """
initial: open
states:
  open: {zh: 在办, en: open}
  late: {zh: 逾期, en: overdue}
  closed: {zh: 结束, en: closed, final: true}
events:
  start: {zh: 开始, en: start, opens: true, by: desk}
  seal: {zh: 封存, en: seal, from: open, by: desk}
  go: {zh: 转, en: go on, from: open, to: late, by: desk}
  close: {zh: 结束, en: close, from: late, to: closed, by: desk, when: {happened: seal}}
"""
TWO = """
initial: open
states:
  open:
    zh: 在办
    en: open
    parallel: true
    states:
      left: {zh: 左, en: left, states: {a: {zh: 左一, en: left one}, b: {zh: 左二, en: left two}}}
      right: {zh: 右, en: right, states: {c: {zh: 右一, en: right one}, d: {zh: 右二, en: right two}}}
  closed: {zh: 结束, en: closed, final: true}
events:
  start: {zh: 开始, en: start, opens: true, by: desk}
  onward: {zh: 左进, en: left goes on, from: left.a, to: left.b, by: desk, when: {not: {happened: across}}}
  across: {zh: 右进, en: right goes on, from: right.c, to: right.d, by: desk}
  close: {zh: 结束, en: close, from: open, to: closed, by: desk, when: {all: [{happened: onward}, {happened: across}]}}
"""


def found(text: str) -> list[tuple[str, str, str]]:
    return [
        (f.code, ".".join(map(str, f.at)), f.message.en)
        for f in lint(load(HEAD + text, "small.yaml"), shipped("cn"))
        if f.code[:5] == "chart"
    ]


def test_a_course_that_passes_the_only_place_of_what_the_end_needs_is_a_trap_and_its_events_are_named() -> None:
    assert found(ONE) == [("chart.trap", "events.go", "the case stands in late and cannot end: start → go on")]


def test_there_is_no_trap_where_what_the_end_needs_may_still_happen() -> None:
    assert found(ONE.replace("from: open, by: desk", "by: desk")) == []


def test_regions_of_which_one_bars_what_the_end_needs_of_the_other_cannot_join() -> None:
    assert found(TWO) == [
        (
            "chart.cannot_join",
            "events.across",
            "the regions stand in open.left.a + open.right.d and cannot come to an end together: start → right goes on",
        )
    ]


def test_regions_that_bar_nothing_join() -> None:
    assert found(TWO.replace(", when: {not: {happened: across}}", "")) == []


def test_an_event_that_needs_one_that_excludes_it_never_happens() -> None:
    barred = ONE.replace("when: {happened: seal}", "when: {all: [{happened: seal}, {not: {happened: go}}]}")
    assert ("chart.never_happens", "events.close") in {f[:2] for f in found(barred)}


def test_facts_may_be_anything_so_that_a_condition_on_them_bars_nothing() -> None:
    facts = "facts: {deaths: {zh: 死亡, en: deaths, type: integer}}"
    assert found(facts + ONE.replace("{happened: seal}", "{deaths: {at_least: 3}}")) == []
    contrary = "{all: [{deaths: {at_least: 3}}, {deaths: {less_than: 3}}]}"
    assert ("chart.trap", "events.start") in {f[:2] for f in found(facts + ONE.replace("{happened: seal}", contrary))}


@pytest.mark.parametrize("condition", ["{open: seal}", "{not: {open: seal}}"])
def test_a_duty_may_be_open_or_not(condition: str) -> None:
    assert found(ONE.replace("{happened: seal}", condition) + DUTY) == []


def test_a_clock_that_has_not_begun_to_run_fires_nothing() -> None:
    timed = ONE.replace("by: desk, when: {happened: seal}", "by: clock, after: {on: seal, term: 1 day}")
    assert [f[0] for f in found(timed)] == ["chart.trap"]


def test_what_is_too_much_to_walk_is_said_to_be_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_SITUATIONS", 2)
    assert [f[0] for f in found(ONE)] == ["chart.unchecked"]
    monkeypatch.setattr(walk, "MAX_SITUATIONS", 10_000)
    monkeypatch.setattr(walk, "MAX_QUESTIONS", 0)
    assert [f[0] for f in found(TWO)] == ["chart.unchecked"]


def test_what_nothing_can_ask_for_any_more_is_forgotten() -> None:
    """Of forty steps, each with a side act that the next one may ask for, the situations are few and not two to the fortieth."""
    steps = "".join(f"  s{i}: {{zh: 第{i}步, en: step {i}}}\n" for i in range(40))
    events = ""
    for i in range(40):
        to = "closed" if i == 39 else f"s{i + 1}"
        asks = f"{{any: [{{happened: side{i}}}, {{not: {{happened: side{i}}}}}]}}"
        events += f"  side{i}: {{zh: 旁{i}, en: side {i}, from: s{i}, by: desk}}\n"
        events += f"  go{i}: {{zh: 进{i}, en: go {i}, from: s{i}, to: {to}, by: desk, when: {asks}}}\n"
    states = f"initial: s0\nstates:\n{steps}  closed: {{zh: 结束, en: closed, final: true}}\n"
    text = f"{states}events:\n  start: {{zh: 开始, en: start, opens: true}}\n{events}"
    walked = Walk(Courses(load(HEAD + text, "small.yaml").procedure))
    assert walked.complete and len(walked.came) == 81


def test_what_is_asked_for_far_ahead_is_not_forgotten() -> None:
    between = ONE.replace("from: late, to: closed", "from: later, to: closed").replace(
        "  close:", "  on: {zh: 再转, en: further, from: late, to: later, by: desk}\n  close:"
    )
    text = between.replace("  closed:", "  later: {zh: 再逾期, en: overdue again}\n  closed:")
    assert found(text) == [("chart.trap", "events.go", "the case stands in late and cannot end: start → go on")]


@pytest.mark.parametrize("definition", shipped_definitions(), ids=lambda d: d.procedure.ref)
def test_every_situation_of_a_shipped_definition_is_walked_and_its_way_is_one_that_the_machine_goes(definition: Definition) -> None:
    walked, chart = Walk(Courses(definition.procedure)), Statechart(definition.procedure)
    assert walked.complete
    for there in list(walked.came)[::97]:
        at = chart.initial
        for name in walked.way(there)[1:]:
            moved = chart.fire(at, name)
            assert moved is not None
            at = moved
        assert at == there.at


@pytest.mark.parametrize("definition", shipped_definitions(), ids=lambda d: d.procedure.ref)
def test_the_walk_comes_to_every_configuration_that_the_machine_comes_to_by_plain_moves(definition: Definition) -> None:
    """The machine knows no conditions: where no event asks for another, both come to the same."""
    p = definition.procedure
    plain = p.model_copy(update={"events": {n: e.model_copy(update={"when": None, "after": None}) for n, e in p.events.items()}})
    chart = Statechart(plain)
    seen, waiting = {chart.initial}, [chart.initial]
    while waiting:
        here = waiting.pop()
        for name in plain.events:
            there = chart.fire(here, name)
            if there is not None and there not in seen:
                seen.add(there)
                waiting.append(there)
    assert {there.at for there in Walk(Courses(plain)).came} == seen


DUTY = """
obligations:
  seal: {zh: 封存, en: seal it, owed: {by: desk}, starts: {on: go}, term: [{is: promptly}], met_by: seal}
"""
WIDE = ONE.replace(", when: {happened: seal}", "").replace("from: open, to: late", "from: [open, late], to: late")


def reached(text: str) -> list[tuple[str, str]]:
    said = lint(load(HEAD + text, "small.yaml"), shipped("cn"))
    return [(".".join(map(str, f.at)), f.message.en) for f in said if f.code == "duty.out_of_reach"]


def test_a_duty_that_begins_where_nothing_can_fulfil_it_any_more_is_found_with_the_course() -> None:
    where = [("obligations.seal.met_by", "seal: in late nothing that fulfils it is possible any more: start → go on")]
    assert reached(WIDE + DUTY) == where
    assert reached(WIDE.replace("from: open, by: desk", "by: desk") + DUTY) == []


def test_a_duty_that_something_may_still_end_is_not_out_of_reach() -> None:
    assert reached(WIDE + DUTY.replace("met_by: seal", "met_by: seal, discharged_by: close")) == []


def test_of_a_start_that_happens_again_only_the_first_begins_a_duty_unless_each_does() -> None:
    again = WIDE.replace("from: open, by: desk", "from: [open, mid], by: desk").replace(
        "  go: {zh: 转, en: go on, from: [open, late], to: late",
        "  on: {zh: 再, en: further, from: mid, to: late, by: desk}\n  go: {zh: 转, en: go on, moves: [{from: open, to: mid}, {from: late}]",
    )
    text = again.replace("  late:", "  mid: {zh: 中, en: middle}\n  late:")
    assert reached(text + DUTY) == []
    assert [at for at, _ in reached(text + DUTY.replace("{on: go}", "{on: go, each: true}"))] == ["obligations.seal.met_by"]
