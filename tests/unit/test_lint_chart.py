"""What the checker proves of states, conditions and spare parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.calendars import shipped
from adapters.library import shipped_definitions
from tests.unit.test_lint_time import HEAD
from workflow.lint import SEVERITIES, Finding, lint
from workflow.lint.spare import twice, unused
from workflow.procedure.load import load
from workflow.procedure.source import read_source


def found(text: str) -> list[tuple[str, str, str]]:
    definition = load(text, "small.yaml")
    return [(f.code, f.severity, ".".join(map(str, f.at))) for f in lint(definition, shipped("cn")) if f.code.startswith(("chart", "cond"))]


MOVES = "  fall: {zh: 转, en: fall, from: open, to: late, by: boss}\n  more: {zh: 再转, en: more, from: late, to: later, by: boss}\n"


def test_a_sound_chart_says_nothing() -> None:
    assert found(HEAD + MOVES) == []


def test_a_state_that_no_case_comes_to_is_found() -> None:
    assert ("chart.unreachable", "warning", "states.later") in found(HEAD + MOVES.replace("to: later", "to: late"))


def test_a_state_without_a_way_to_the_end_is_found() -> None:
    assert found(HEAD.replace("[open, late, later]", "[open, late]") + MOVES) == [("chart.trap", "error", "states.later")]


def test_a_chart_without_an_end_is_found() -> None:
    assert ("chart.no_end", "warning", "states") in found(HEAD.replace(", final: true", "") + MOVES)


def test_one_region_may_take_the_whole_case_to_its_end() -> None:
    from tests.unit.test_lint_time import PARALLEL

    text = PARALLEL.replace("events:", "  done: {zh: 完, en: done, final: true}\nevents:")
    assert found(text + "  end: {zh: 结, en: end, from: two, to: done, by: desk}\n") == [
        ("chart.unreachable", "warning", "states.open.states.two.states.d")
    ]


def test_events_that_wait_for_each_other_never_happen() -> None:
    events = "  one: {zh: 一, en: one, when: {happened: two}, by: desk}\n  two: {zh: 二, en: two, when: {happened: one}, by: desk}\n"
    assert [f for f in found(HEAD + MOVES + events) if f[0] == "chart.never_happens"] == [
        ("chart.never_happens", "error", "events.one"),
        ("chart.never_happens", "error", "events.two"),
    ]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("{all: [{grade: low}, {not: {grade: low}}]}", "condition.never"),
        ("{any: [{grade: low}, {grade: high}, {grade: {known: no}}]}", "condition.always"),
        ("{grade: low}", ""),
        ("{not: {grade: low}}", ""),
    ],
)
def test_a_condition_that_cannot_vary_is_found(condition: str, code: str) -> None:
    event = f"  do: {{zh: 做, en: do, when: {condition}, by: desk}}\n"
    assert [f[0] for f in found(HEAD + MOVES + event)] == ([code] if code else [])


def test_declarations_that_nothing_names_are_found() -> None:
    content = load(
        HEAD.replace("roles:", "basis: {B1: {document: 法, read: A}}\nroles:\n  idler: {zh: 闲, en: idler, level: town}") + MOVES, "x"
    ).content()
    assert isinstance(content, dict)
    assert [at for at, _ in unused(content)] == [("basis", "B1"), ("roles", "idler")]


def test_an_event_that_is_only_recorded_is_noticed() -> None:
    text = HEAD + MOVES + "  talk: {zh: 谈, en: talk, by: boss}\n  told: {zh: 说, en: told, by: boss}\n"
    text += "obligations:\n  tell: {zh: 告, en: tell, owed: {by: desk}, starts: {on: case}, term: [{is: promptly}], met_by: told}\n"
    said = [(f.severity, f.at) for f in lint(load(text, "x"), shipped("cn")) if f.code == "spare.idle"]
    assert said == [("notice", ("events", "talk"))]


def test_a_document_that_is_only_a_name_is_found() -> None:
    text = HEAD.replace("roles:", "basis: {B1: {document: plan, read: A}}\nerase: boss\nroles:") + MOVES
    assert "spare.no_document" in {f.code for f in lint(load(text, "x"), shipped("cn"))}
    said = {f.code for f in lint(load(text.replace("document: plan", "document: 预案"), "x"), shipped("cn"))}
    assert "spare.no_document" not in said


def test_an_item_that_stands_twice_is_found() -> None:
    assert [at for at, _ in twice({"a": [{"b": 1}, {"b": 2}, {"b": 1}], "c": ["x", "x"]})] == [("a", 2), ("c", 1)]


def duty(more: str, **words: str) -> list[tuple[str, str]]:
    events = "  report: {zh: 报, en: report, by: desk, report: {kind: first, to: [boss]}}\n"
    events += "  hold: {zh: 停, en: hold, from: late, to: later, by: boss}\n"
    events += "  early: {zh: 早, en: early, from: open, by: boss}\n  resume: {zh: 复, en: resume, from: later, by: boss}\n"
    text = HEAD + MOVES + events + "obligations:\n  tell: {zh: 告, en: tell, owed: {by: desk, to: boss}, starts: {on: fall}, "
    text += f"term: [{{is: 5 days}}], met_by: report{more}}}\n"
    for one, other in words.items():
        text = text.replace(f"by: desk, to: {one}}}", f"by: desk, to: {other}}}").replace(f"owed: {{by: {one}", f"owed: {{by: {other}")
    found = lint(load(text, "x"), shipped("cn"))
    return [(f.code, ".".join(map(str, f.at))) for f in found if f.code.startswith("duty")]


def test_a_duty_that_its_obligor_can_fulfil_towards_its_receiver_is_sound() -> None:
    assert duty(", discharged_by: resume, pause: [{from: hold, until: resume}]") == []


def test_an_obligor_who_may_do_none_of_the_fulfilling_events_is_found() -> None:
    assert duty("", desk="district") == [("duty.not_by_obligor", "obligations.tell.met_by")]


def test_a_receiver_to_whom_no_fulfilling_report_goes_is_found() -> None:
    assert duty("", boss="district") == [("duty.not_sent", "obligations.tell.owed.to.0")]


def test_an_event_that_can_no_more_come_ends_no_duty_and_no_pause() -> None:
    assert duty(", discharged_by: early") == [("duty.never_ended_by", "obligations.tell.discharged_by.0")]
    assert duty(", pause: [{from: hold, until: early}]") == [("duty.never_ended_by", "obligations.tell.pause.0.until.0")]


def test_a_finding_says_its_place_in_the_file() -> None:
    source = read_source("procedure: x\nstates:\n  open: {zh: 在办}\n", "x.yaml")
    finding = Finding("chart.trap", "error", ("states", "open", "en"), SEVERITIES["warning"])
    assert finding.say(source, "en").startswith("x.yaml:3:3: states.open.en error ")
    assert json.loads(json.dumps(finding.document(source)))["line"] == 3


@pytest.mark.parametrize("ref", [d.procedure.ref for d in shipped_definitions()])
def test_nothing_is_proved_wrong_in_a_shipped_definition(ref: str) -> None:
    definition = next(d for d in shipped_definitions() if d.procedure.ref == ref)
    assert [f.message.en for f in lint(definition, shipped("cn")) if f.severity == "error"] == []


def test_the_page_names_every_code(request: pytest.FixtureRequest) -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "reference" / "checker.md").read_text(encoding="utf-8")
    source = "".join(p.read_text(encoding="utf-8") for p in (root / "workflow" / "lint").glob("*.py"))
    codes = {
        c
        for part in source.split('"')
        if (c := part.strip()).count(".") == 1 and c.split(".")[0] in ("chart", "condition", "spare", "time", "duty")
    }
    assert {c for c in codes if not c.endswith("unchecked") and f"`{c}`" not in page} == set()
