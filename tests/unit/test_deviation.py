"""The one table of deviations: every code has a kind and a severity that exist, and stands in the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from workflow.deviation import CODES, KINDS, SEVERITIES, broken, deviations, kind_of
from workflow.engine import Engine
from workflow.journal.chain import Finding
from workflow.obligation.ledger import ledger
from workflow.procedure.load import load
from workflow.replay import Drifted, Judged
from workflow.text import Text

ALIVE = Path(__file__).resolve().parents[1] / "data" / "alive.yaml"

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "report.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `(\w+)` \| `(\w+)`.*? \| (high|medium|low) \| ([^|]+) \|", PAGE, re.MULTILINE)


def test_the_page_lists_every_code_and_no_other() -> None:
    assert {line[0] for line in LINES} == set(CODES) and len(LINES) == len(CODES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_the_page_says_of_a_code_what_the_table_says(line: tuple[str, str, str, str]) -> None:
    code = CODES[line[0]]
    assert (code.kind, code.severity, code.text.zh) == (line[1], line[2], line[3].strip())


def test_every_kind_has_a_code_and_every_code_a_kind_and_a_severity() -> None:
    assert {code.kind for code in CODES.values()} == set(KINDS)
    assert {code.severity for code in CODES.values()} == set(SEVERITIES)


def test_a_code_of_another_version_is_a_matter_of_data() -> None:
    assert kind_of("what_a_later_version_finds") == "data_quality"


def test_what_an_audit_found_is_a_gap_or_a_change() -> None:
    words = Text("缺第 3 条", "entry 3 is missing")
    gap, change = broken([Finding("missing", "c", 3, words), Finding("edited", "c", 5, words)])
    assert (gap["code"], gap["entry"], change["code"], change["entry"]) == ("sequence_gap", 3, "tampered", 5)
    assert gap["actual"] == {"finding": "missing", "zh": "缺第 3 条", "en": "entry 3 is missing"}


def opened() -> Play:
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(ALIVE.read_bytes(), "alive.yaml"))
    play = Play("alive", engine=engine).at("10-13 09:00")
    play.open("desk", facts={"deaths": 0}, event="told")
    return play


@pytest.fixture(scope="module")
def played() -> Play:
    """A late report, a wrong role, a second signature and a witness that are missing, a step out of order."""
    play = opened()
    play.at("10-13 09:30").record("office", "call")
    play.at("10-13 09:40").record("boss", "approve", facts={"grade": "high"})
    play.at("10-13 13:00").record("desk", "paper", elements={"place": "镇口"})
    play.at("10-14 09:00").record("desk", "back")
    return play


def records(play: Play, *drift: Drifted) -> list[dict[str, Any]]:
    with play.engine.store.read() as view:
        entries = view.entries("C")
    standing = play.engine.case("C")
    world = play.engine.world(standing)
    proofs = {e.n: e.hash for e in entries}
    judged = Judged(standing.case, ledger(standing.case, world, at("11-20 09:00")), world, at("11-20 09:00"), proofs, drift)
    return list(deviations(judged))


@pytest.mark.parametrize(
    ("code", "expected", "actual"),
    [
        ("wrong_role", {"roles": ["desk"]}, {"role": "office"}),
        ("absent", {"present": ["other"]}, {"present": []}),
        ("no_second", {"second": "office"}, {"second": None}),
        ("not_enabled", {"events": ["step"]}, {"event": "back", "state": ["open.one"]}),
    ],
)
def test_a_deviation_of_an_act_says_what_was_expected_and_what_is_so(played: Play, code: str, expected: Any, actual: Any) -> None:
    [found, *_] = [r for r in records(played) if r["code"] == code]
    assert found["actual"] == actual
    for name, value in expected.items():
        assert found["expected"][name] == value if name != "events" else set(value) <= set(found["expected"][name])
    assert found["proof"][0].startswith("sha256:") and found["severity"] == CODES[code].severity


def test_a_late_and_a_missing_report_are_told_from_late_and_missing_steps(played: Play) -> None:
    found = {r["row"].partition("#")[0]: r for r in records(played) if "row" in r}
    late, missing = found["paper/boss"], found["answer/other"]
    assert (late["code"], late["kind"]) == ("late_report", "late_report")
    assert late["expected"] == {"due": "2026-10-13T03:00:00.000000Z", "events": ["paper"], "inclusive": True, "role": "desk"}
    assert late["actual"] == {"met": "2026-10-13T05:00:00.000000Z", "late": [7200, 0]} and len(late["proof"]) == 2
    assert (missing["code"], missing["actual"]["met"]) == ("overdue_step", None)
    unsent = {r["row"].partition("#")[0]: r for r in records(opened()) if "row" in r}
    assert (unsent["paper/boss"]["code"], unsent["paper/boss"]["actual"]["met"]) == ("missing_report", None)


def test_a_step_that_another_state_of_the_case_allowed_is_out_of_order(played: Play) -> None:
    [back] = [r for r in records(played) if r["code"] == "not_enabled"]
    assert back["kind"] == "illegal_transition"


def test_a_date_that_was_recorded_otherwise_is_about_the_engine_and_makes_nobody_late(played: Play) -> None:
    drift = Drifted(1, {"row": "paper/boss#1", "revision": 1, "due": "2026-10-13T02:00:00.000000Z"}, None)
    found = [r for r in records(played, drift) if r.get("row") == "paper/boss#1"]
    assert [(r["code"], r["expected"], r["actual"]) for r in found] == [
        ("drift", {"due": "2026-10-13T02:00:00.000000Z"}, {"due": None}),
    ]  # fmt: skip
