"""The one table of deviations: every code has a kind and a severity that exist, and stands in the reference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workflow.deviation import CODES, KINDS, SEVERITIES, broken, kind_of
from workflow.journal.chain import Finding
from workflow.text import Text

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
