"""Two procedures side by side: what stands for the same thing, in which respects it differs, what only one has."""

from __future__ import annotations

import json
import re

import pytest

from adapters.commands.frame import main
from adapters.library import shipped_definitions
from tests.stories import procedure_of
from workflow.procedure.diff import FACETS, Pair, diff
from workflow.procedure.load import load
from workflow.procedure.model import Procedure

BASE = """
procedure: small
version: "1"
zh: 小程序
en: small
documents: {rule: {zh: 办法, en: rule}}
basis:
  one: {document: rule, clause: 一, read: A}
  two: {document: rule, clause: 二, read: B}
roles: {desk: {zh: 窗口, en: desk, level: town}, citizen: {zh: 群众, en: citizen, level: outside}}
elements: {result: {zh: 结果, en: result}}
initial: open
states: {open: {zh: 在办, en: open}, closed: {zh: 办结, en: closed, final: true}}
events:
  came: {zh: 来件, en: came, opens: true, by: desk}
  answer: {zh: 答复, en: answer, from: open, by: desk, record: [result], basis: one}
  close: {zh: 办结, en: close, from: open, to: closed, by: desk}
obligations:
  reply:
    zh: 答复来件
    en: answer it
    owed: {by: desk, to: citizen}
    starts: {on: came}
    term: [{is: 5 days}]
    met_by: answer
    basis: one
"""


def read(*changes: tuple[str, str]) -> Procedure:
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load(text, "small.yaml").procedure


def duty(*changes: tuple[str, str]) -> Pair:
    (pair,) = diff(read(), read(*changes)).of("duty")
    return pair


def test_a_procedure_does_not_differ_from_itself() -> None:
    assert diff(read(), read()).same


@pytest.mark.parametrize("definition", shipped_definitions(), ids=lambda d: d.procedure.ref)
def test_no_shipped_procedure_differs_from_itself(definition: object) -> None:
    p = definition.procedure  # type: ignore[attr-defined]
    found = diff(p, p)
    assert found.same and all(pair.a == pair.b for pair in found.pairs)


def test_a_change_of_version_alone_is_no_difference() -> None:
    assert diff(read(), read(('version: "1"', 'version: "2"'))).same


@pytest.mark.parametrize(
    ("old", "new", "facet", "a", "b"),
    [
        ("is: 5 days", "is: 5 working days", "term", "5 日", "5 个工作日"),
        ("owed: {by: desk, to: citizen}", "owed: {by: citizen, to: desk}", "who", "窗口 → 群众", "群众 → 窗口"),
        ("starts: {on: came}", "starts: {on: answer, each: true}", "starts", "来件", "每次答复"),
        (
            "met_by: answer",
            "met_by: answer\n    ambiguous: {note: {zh: 起算, en: start}, starts: [{on: case}, {on: came, instant: received}]}",
            "starts",
            "来件",
            "来件;或读作 立案、来件(以收到为准)",
        ),
        ("met_by: answer", "met_by: answer\n    modality: target", "modality", "", "力争"),
        ("met_by: answer", "met_by: answer\n    elements: [result]", "elements", "", "结果"),
        ("met_by: answer", "met_by: answer\n    pause: [{from: close, until: came}]", "pause", "", "办结 … 来件"),
        ("met_by: answer\n", "met_by: answer\n    extend: {grant: citizen, cap: 3 days}\n", "extend", "", "至多1次,3 日,由群众批准"),
        ("met_by: answer\n    basis: one", "met_by: answer\n    basis: two", "basis", "办法 一", "办法 二(B 级来源,未核实)"),
        ("met_by: answer\n", "met_by: answer\n    owed_when: {happened: close}\n", "owed_when", "", "已办结"),
        ("zh: 答复来件", "zh: 回复来件", "title", "答复来件", "回复来件"),
    ],
)
def test_a_duty_that_asks_something_else_says_in_which_respect(old: str, new: str, facet: str, a: str, b: str) -> None:
    assert [(f.name, f.a.zh, f.b.zh) for f in duty((old, new)).changed if f.name != "title" or facet == "title"] == [(facet, a, b)]


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ((), "name"),
        ((("  reply:\n    zh: 答复来件", "  respond:\n    duty: reply\n    zh: 回信"),), "duty"),
        ((("  reply:\n", "  respond:\n"),), "label"),
        ((("  reply:\n    zh: 答复来件\n    en: answer it", "  respond:\n    zh: 回信\n    en: write back"),), "basis"),
    ],
)
def test_what_stands_for_the_same_duty_is_found_by_key_name_label_and_clause(changes: tuple[tuple[str, str], ...], how: str) -> None:
    assert duty(*changes).how == how


def test_a_clause_on_which_two_duties_rest_does_not_pair_them() -> None:
    second = "\n  other:\n    zh: 另一件\n    en: other\n    owed: {by: desk}\n    starts: {on: came}\n    term: [{is: 立即}]\n"
    second += "    met_by: answer\n    basis: one\n"
    two = read(("    met_by: answer\n    basis: one\n", "    met_by: answer\n    basis: one\n" + second))
    other = read(("  reply:\n    zh: 答复来件\n    en: answer it", "  respond:\n    zh: 回信\n    en: write back"))
    assert [(p.a, p.b) for p in diff(two, other).of("duty")] == [("reply", None), ("other", None), (None, "respond")]


def test_what_only_one_has_stands_there_alone() -> None:
    found = diff(
        read(),
        read(
            (
                "  close: {zh: 办结, en: close, from: open, to: closed, by: desk}",
                "  file: {zh: 归档, en: file, from: open, to: closed, by: desk}",
            )
        ),
    )
    assert [p.a for p in found.only("a", "event")] == ["close"]
    assert [p.b for p in found.only("b", "event")] == ["file"]


def test_turning_the_two_round_turns_the_difference_round() -> None:
    plan, law = procedure_of("medical-dispute"), procedure_of("medical-dispute-701")
    there = {(p.kind, p.a, p.b, tuple((f.name, f.a, f.b) for f in p.facets)) for p in diff(plan, law).pairs}
    back = {(p.kind, p.b, p.a, tuple((f.name, f.b, f.a) for f in p.facets)) for p in diff(law, plan).pairs}
    assert there == back


def test_the_hospital_is_told_what_the_regulation_asks_for_beside_its_plan() -> None:
    found = diff(procedure_of("medical-dispute"), procedure_of("medical-dispute-701"))
    sealing = {f.name: (f.a.zh, f.b.zh) for p in found.changed("event") if p.a == "seal" for f in p.facets}
    assert sealing["by"] == ("医教科", "医疗机构")
    assert sealing["second"] == ("", "患者或近亲属")
    assert "封存清单" in sealing["record"][1] and "封存清单" not in sealing["record"][0]
    answer = next(p for p in found.changed("duty") if p.a == "feedback")
    term = next(f for f in answer.changed if f.name == "term")
    assert "5 日" in term.a.zh and term.b.zh == "及时"
    years = next(p for p in found.only("b", "event") if p.b == "three_years")
    assert any("3 年" in f.b.zh for f in years.facets)


def test_the_command_prints_both_sides_and_what_only_one_has(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "170")
    assert main(["--lang", "zh", "definitions", "diff", "medical-dispute", "medical-dispute-701"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"共同签字\s+—\s+患者或近亲属", printed)
    assert re.search(r"封存满三年未再提出要求\s+自动发生:封存后 3", printed)
    assert "只在 B 的义务" in printed and "只在 A 的义务" in printed


def test_the_command_says_so_when_nothing_differs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "definitions", "diff", "medical-dispute", "medical-dispute"]) == 0
    assert "they ask the same" in capsys.readouterr().out


def test_the_json_has_every_respect_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "definitions", "diff", "medical-dispute", "medical-dispute-701"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["a"]["ref"], found["b"]["ref"], found["same"]) == ("medical-dispute@2010-1", "medical-dispute-701@2018-1", False)
    (seal,) = [p for p in found["pairs"] if p["kind"] == "duty" and p["a"] == "seal"]
    assert seal["matched"] == "name" and set(seal["facets"]) <= set(FACETS)
    assert seal["facets"]["who"]["b"] == {"zh": "医疗机构 → 患者或近亲属", "en": "hospital → patient or next of kin"}
