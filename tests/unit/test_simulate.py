"""A year that is tried out: it follows from the seed, its figures add up, an empty post costs, and what cannot be done is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from adapters.calendars import shipped
from adapters.library import definition_files, shipped_definition
from workflow import staff
from workflow.errors import BadInput
from workflow.journal.canonical import canonical, digest
from workflow.lots import Drawer, Lots
from workflow.obligation.ledger import ledger
from workflow.organisation import Organisation
from workflow.procedure.load import Definition, load
from workflow.replay import case_document
from workflow.rules import Rules, World
from workflow.simulate import Plan, Year, absence, difference, simulate
from workflow.statistics import COLUMNS

BUSY = ("social-security-incident", "medical-dispute", "petition-2022")
DAILY = "duty-watch"  # 365 cases


def world(definition: Definition) -> World:
    calendar = shipped("cn")
    return World(Rules(definition.procedure, definition.hash), {calendar.digest: calendar}, Organisation())


def plan(definition: Definition, cases: int = 4) -> Plan:
    until = definition.procedure.in_force.until
    return Plan(cases, date(2026 if until is None else min(until.year, 2026), 1, 1))


@cache
def year(name: str, seed: int = 1, cases: int = 8) -> Year:
    definition = shipped_definition(name)
    return simulate(plan(definition, cases), world(definition), Lots(seed))


def told(found: Year) -> str:
    return digest(canonical([case_document(played.case, played.rows) for played in found.cases]))


def test_the_same_seed_gives_the_same_year() -> None:
    definition = shipped_definition("medical-dispute")
    again = simulate(plan(definition, 8), world(definition), Lots(1))
    assert told(again) == told(year("medical-dispute"))


def test_another_seed_gives_another_year() -> None:
    assert told(year("medical-dispute", seed=2)) != told(year("medical-dispute"))


def test_a_draw_depends_on_its_name_and_not_on_the_draws_before_it() -> None:
    lots = Lots(7)
    alone = lots.below(1000, "fact", 3)
    lots.below(1000, "another")
    assert lots.below(1000, "fact", 3) == alone
    assert len({lots.below(1000, "fact", n) for n in range(50)}) > 40


def test_numbers_are_drawn_about_the_boundaries_that_conditions_name() -> None:
    definition = shipped_definition("production-accident-493")
    procedure = definition.procedure
    drawer = Drawer(procedure, Rules(procedure, definition.hash).zone, Lots(1))
    at = plan(definition).span(Rules(procedure, definition.hash).zone)[0]
    drawn = {drawer.draw("deaths", at, at, n) for n in range(200)}
    assert {2, 3, 9, 10, 29, 30} <= drawn


@pytest.mark.parametrize("name", [n for n in definition_files() if n != DAILY])
def test_every_shipped_procedure_can_be_played(name: str) -> None:
    found = year(name, cases=2)
    assert found.cases
    assert any(played.case.n > 1 for played in found.cases)


@pytest.mark.slow
def test_the_watch_of_every_day_can_be_played() -> None:
    assert len(year(DAILY).cases) == 365


@pytest.mark.parametrize("name", BUSY)
def test_the_control_totals_add_up(name: str) -> None:
    found = year(name)
    owed = sum(row.begin is not None for played in found.cases for row in played.rows)
    assert sum(found.tally().columns.get(c, 0) for c in COLUMNS) == found.tally().rows == owed
    assert sum(found.tally(duty).rows for duty in found.rules.duties) == owed
    assert sum(sum(found.by_month(duty).values()) for duty in found.rules.duties) == owed
    assert sum(load.total for load in found.loads().values()) == owed


@pytest.mark.parametrize("name", BUSY)
def test_the_outcomes_are_those_of_the_ledger(name: str) -> None:
    found, there = year(name), world(shipped_definition(name))
    until = found.plan.span(found.rules.zone)[1]
    for played in found.cases:
        assert tuple(ledger(played.case, there, until)) == played.rows


@pytest.mark.parametrize("name", BUSY)
def test_a_diligent_staff_departs_from_no_procedure(name: str) -> None:
    assert [a.deviations for played in year(name).cases for a in played.case.acts if a.deviations] == []


def test_a_diligent_staff_answers_every_dispute_in_time() -> None:
    found = year("medical-dispute")
    assert found.failed() == set()
    assert found.tally("feedback").columns["met"] > 0


@pytest.mark.parametrize("week", range(3, 53, 7))
def test_an_empty_post_misses_more_and_never_less(week: int) -> None:
    definition = shipped_definition("social-security-incident")
    staffed = year("social-security-incident", cases=6)
    empty = absence("scene_head", f"2026-W{week:02}", staffed.rules.zone)
    other = simulate(replace(staffed.plan, empty=empty), world(definition), Lots(1))
    assert len(other.failed()) >= len(staffed.failed())
    assert all(change.failed[1] >= change.failed[0] for change in difference(staffed, other).values())
    for played in other.cases:
        acts = [a for a in played.case.acts if a.actor is not None and a.actor.role == "scene_head" and a.kind != "opened"]
        assert not [a for a in acts if empty.since <= a.happened.lo < empty.until]


def test_an_empty_post_in_the_fullest_week_costs_something() -> None:
    definition = shipped_definition("social-security-incident")
    staffed = year("social-security-incident", cases=6)
    peak = staffed.loads()["scene_head"].peak[0]
    other = simulate(replace(staffed.plan, empty=absence("scene_head", peak, staffed.rules.zone)), world(definition), Lots(1))
    assert len(other.failed()) > len(staffed.failed())


IMPOSSIBLE = """
procedure: nothing-to-do
version: 1
zh: 无事可办
en: nothing to do
basis: {r: {document: unit rule, read: A}}
roles:
  office: {zh: 办公室, en: office, level: unit}
initial: running
states:
  running: {zh: 办理中, en: running}
  over: {zh: 已结, en: over, final: true}
events:
  begin: {zh: 开始, en: begin, opens: true, by: office, basis: unit}
  never: {zh: 办不到, en: never, from: running, when: {happened: finish}, by: office, basis: unit}
  finish: {zh: 结束, en: finish, from: running, to: over, by: office, basis: unit}
obligations:
  report:
    zh: 报告
    en: report
    owed: {by: office}
    starts: {on: begin}
    term: [{is: 2 days, basis: unit}]
    met_by: never
    basis: r
"""


def test_a_duty_that_nobody_can_fulfil_is_named_with_the_state_in_which_it_was_stuck() -> None:
    definition = load(IMPOSSIBLE.encode(), "impossible.yaml")
    found = simulate(plan(definition), world(definition), Lots(1))
    assert found.never() == ["report"]
    count, case, stuck = found.stuck()["report"]
    assert (count, stuck.state) == (4, ("running",))
    assert case == "nothing-to-do-001"


SPOILING = """
procedure: one-spoils-the-other
version: 1
zh: 先后
en: one before the other
basis: {r: {document: unit rule, read: A}}
roles:
  office: {zh: 办公室, en: office, level: unit}
initial: running
states:
  running: {zh: 办理中, en: running}
  released: {zh: 已公布, en: released}
  over: {zh: 已结, en: over, final: true}
events:
  begin: {zh: 开始, en: begin, opens: true, by: office, basis: unit}
  release: {zh: 公布, en: release, from: running, to: released, by: office, basis: unit}
  inspect: {zh: 查看, en: inspect, from: running, by: office, basis: unit}
  finish: {zh: 结束, en: finish, from: released, to: over, by: office, basis: unit}
obligations:
  release:
    zh: 公布
    en: release
    owed: {by: office}
    starts: {on: begin}
    term: [{is: 1 hour, basis: unit}]
    met_by: release
    basis: r
  inspect:
    zh: 查看
    en: inspect
    owed: {by: office}
    starts: {on: begin}
    term: [{is: 1 hour, basis: unit}]
    met_by: inspect
    basis: r
"""


def test_what_would_make_another_duty_impossible_waits_for_it() -> None:
    definition = load(SPOILING.encode(), "spoiling.yaml")
    found = simulate(plan(definition, 20), world(definition), Lots(1))
    assert found.stuck() == {}
    assert found.failed() == set()
    assert found.tally().columns["met"] == 40


ENDLESS = """
procedure: endless
version: 1
zh: 没完没了
en: endless
basis: {r: {document: unit rule, read: A}}
roles:
  office: {zh: 办公室, en: office, level: unit}
initial: here
states:
  here: {zh: 此处, en: here}
  there: {zh: 彼处, en: there}
events:
  begin: {zh: 开始, en: begin, opens: true, by: office, basis: unit}
  go: {zh: 去, en: go, from: here, to: there, by: office, basis: unit}
  return: {zh: 回, en: return, from: there, to: here, by: office, basis: unit}
obligations:
  go:
    zh: 去
    en: go
    owed: {by: office}
    starts: {on: [begin, return], each: true}
    term: [{is: 10 minutes, basis: unit}]
    met_by: go
    basis: r
  return:
    zh: 回
    en: return
    owed: {by: office}
    starts: {on: go, each: true}
    term: [{is: 10 minutes, basis: unit}]
    met_by: return
    basis: r
"""


def test_a_case_that_goes_round_for_ever_is_given_up_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "MOST_STEPS", 20)
    definition = load(ENDLESS.encode(), "endless.yaml")
    found = simulate(plan(definition, 1), world(definition), Lots(1))
    assert found.unended == 1
    assert [stuck.why.en for _, _, stuck in found.stuck().values()] == ["not ended after 20 steps"]


def test_a_recurring_duty_opens_a_case_for_each_of_its_periods() -> None:
    assert len(year("screening-monthly").cases) == 12
    assert year("screening-monthly").set_by_plan is False


def test_a_frequency_that_the_source_does_not_name_is_that_of_the_plan_and_is_marked() -> None:
    found = year("joint-meeting", cases=12)
    assert (found.every, found.set_by_plan, len(found.cases)) == ("month", True, 12)


def test_a_year_in_which_the_procedure_is_not_in_force_is_refused() -> None:
    definition = shipped_definition("programme-2010")
    with pytest.raises(BadInput, match="not in force"):
        simulate(Plan(2, date(2026, 1, 1)), world(definition), Lots(1))


def test_a_week_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadInput, match="no week"):
        absence("office", "2026-W54", Rules(shipped_definition("medical-dispute").procedure, "").zone)


def test_a_year_may_begin_on_any_day() -> None:
    definition = shipped_definition("medical-dispute")
    found = simulate(Plan(6, date(2028, 2, 29)), world(definition), Lots(1))
    since, until = found.plan.span(found.rules.zone)
    assert (since.date(), until.date()) == (date(2028, 2, 29), date(2029, 3, 1))
    assert len(found.months) == 13
    assert all(since <= played.case.opened.happened.lo < until for played in found.cases)
