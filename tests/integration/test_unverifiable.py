"""A journal of which one case was tampered with: that case is listed and never judged, what is judged of the others is what it was."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest

from adapters.commands.frame import main
from adapters.journaled import of_bundle
from tests import golden
from tests.integration.test_replay_report import in_browser
from workflow.errors import IntegrityError
from workflow.journal.canonical import canonical
from workflow.replay import Report, replay_cases

LINES = [json.loads(line) for line in (golden.INPUTS / "office.jsonl").read_text(encoding="utf-8").splitlines()]
OURS = [
    n
    for n, line in enumerate(LINES)
    if line["type"] == "entry" and not json.loads(line["data"])["case"].startswith("@") and "号" in json.loads(line["data"])["case"]
]
Lines = list[dict[str, Any]]
Tampering = Callable[[Lines, int], None]


def edit(lines: Lines, n: int) -> None:
    lines[n] = {**lines[n], "data": lines[n]["data"].replace("2026-", "2027-", 1)}


def rehash(lines: Lines, n: int) -> None:
    lines[n] = {**lines[n], "hash": "sha256:" + "0" * 64}


def delete(lines: Lines, n: int) -> None:
    del lines[n]


def repeat(lines: Lines, n: int) -> None:
    lines.insert(n, lines[n])


def unseal(lines: Lines, n: int) -> None:
    lines[n] = {**lines[n], "seal": None if lines[n]["seal"] == 1 else 1}


def exported(path: Path, lines: Lines) -> Path:
    """What the tampering left, with a last line that fits."""
    lines[-1] = {**lines[-1], "lines": len(lines) - 1}
    path.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    return path


def replayed(path: Path) -> tuple[Report, set[str]]:
    found = of_bundle(path)
    assert found.as_of is not None
    organisation = found.organisation(found.as_of)
    return replay_cases(found.cases, found.rules, found.calendars, organisation, found.as_of), set(found.broken)


@pytest.fixture(scope="module")
def whole() -> Report:
    report, broken = replayed(golden.INPUTS / "office.jsonl")
    assert not broken and len(report.cases) == 3
    return report


@pytest.mark.parametrize("tamper", [edit, rehash, delete, repeat, unseal])
def test_a_case_that_was_tampered_with_is_never_judged_and_the_others_are_as_they_were(
    tamper: Tampering, whole: Report, tmp_path: Path
) -> None:
    assert len(OURS) > 30
    alone = 0
    for n in OURS[:: 4 if tamper is not delete else 2]:
        case = json.loads(LINES[n]["data"])["case"]
        last = n == max(m for m in OURS if json.loads(LINES[m]["data"])["case"] == case)
        lines = list(LINES)
        tamper(lines, n)
        try:
            report, broken = replayed(exported(tmp_path / "e.jsonl", lines))
        except IntegrityError:
            assert tamper in (edit, repeat), "only a line that cannot be read, or stands twice, leaves no case to be relied on"
            continue
        assert case in broken or tamper is unseal, (tamper.__name__, n)
        assert broken and report.cases == {c: d for c, d in whole.cases.items() if c not in broken}, (tamper.__name__, n)
        alone += broken == {case}
        if tamper in (edit, rehash):
            assert broken == {case} or last, "the entry after it says what it was"
    assert alone or tamper is unseal


@pytest.fixture
def tampered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The files of a replay of an export in which one entry was edited."""
    monkeypatch.chdir(tmp_path)
    lines = list(LINES)
    edit(lines, OURS[1])
    options = ["--report", "r.json", "--html", "r.html", "--docx", "r.docx", "--csv", "tables"]
    assert main(["--lang", "zh", "replay", str(exported(tmp_path / "e.jsonl", lines)), "-q", *options]) == 6
    return json.loads(Path("r.json").read_bytes())


def test_every_rendering_lists_what_an_audit_found_in_it(tampered: Any) -> None:
    [case] = [c for c in tampered["cases"] if c["verdict"] == "unverifiable"]
    assert tampered["provenance"]["journal"]["broken"] == 1 and case["deviations"][0]["actual"]["finding"] == "edited"
    with Path("tables", "deviations.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = [r for r in csv.DictReader(file) if r["案件"] == case["case"]]
    assert (row["代码"], row["类别"], row["程度"]) == ("tampered", "记录被改动", "重") and "内容被改动 [edited]" in row["实际"]
    assert row["事项"] == f"#{case['deviations'][0]['entry']}"
    document = docx.Document("r.docx")
    assert case["case"] in [p.text for p in document.paragraphs if p.style.name == "Heading 1"]


def test_the_page_shows_it_in_a_browser(tampered: Any) -> None:
    page = Path("r.html").read_text(encoding="utf-8")
    click = "\ndraw();\nfor (const row of [...document.querySelectorAll('tr.case')]) row.click();\n"
    Path("r.html").write_text(page.replace("\ndraw();\n", click), "utf-8")
    shown = in_browser(Path("r.html")).partition("<script")[0]
    assert shown.count('<tr class="detail">') == 3 and shown.count('<span class="tag unverifiable">') == 1
    assert "内容被改动 [edited]" in shown
