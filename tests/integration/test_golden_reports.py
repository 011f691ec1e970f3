"""The golden reports: byte for byte those of this version, and the digests of every release with the same semantics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import golden
from workflow.deviation import CODES
from workflow.replay import ENGINE

HINT = "see CONTRIBUTING: when the golden reports may change; python -m tests.golden --write"


def report(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.mark.parametrize("name", golden.RUNS)
def test_the_report_of_this_version_is_the_golden_one_byte_for_byte(name: str) -> None:
    now, then = golden.made(name), golden.kept(name).read_bytes()
    if now != then:  # say where, not all of it
        at = next((i for i, (a, b) in enumerate(zip(now, then, strict=False)) if a != b), min(len(now), len(then)))
        raise AssertionError(f"{name}: at byte {at} {now[at - 60 : at + 60]!r} instead of {then[at - 60 : at + 60]!r}; {HINT}")


@pytest.mark.parametrize("release", golden.releases())
def test_a_release_with_the_same_semantics_found_the_same(release: str) -> None:
    for name in golden.RUNS:
        path = golden.kept(name, release)
        if path.exists() and report(path)["provenance"]["semantics"] == ENGINE:
            assert report(path)["summary"]["digest"] == json.loads(golden.made(name))["summary"]["digest"], f"{name} of {release}; {HINT}"


def test_the_golden_reports_hold_what_they_are_to_watch() -> None:
    """Every outcome that a log can have, late and missing, most codes, readings, revisions, a proof of each kind."""
    found = [report(golden.kept(name)) for name in golden.RUNS]
    rows = [row for one in found for case in one["cases"] for row in case["rows"]]
    assert {row["outcome"] for row in rows} >= {"met", "met_late", "missed", "not_due", "discharged", "undeterminable"}
    codes = {record["code"] for one in found for case in one["cases"] for record in case.get("deviations", ())}
    assert codes <= set(CODES) and len(codes) >= 11
    assert any("readings" in row for row in rows) and any(len(row.get("revisions", ())) > 2 for row in rows)
    assert {verdict for one in found for verdict, n in one["summary"]["verdicts"].items() if n} >= {
        "conforms",
        "deviates",
        "undeterminable",
    }
