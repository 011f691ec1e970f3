"""``duban replay`` with another side: the rules of another date, a what-if, what was known then; as tables, as JSON and in the report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import definitions
from adapters.commands.frame import main
from workflow.journal.canonical import parse_canonical

PROCEDURES = Path(next(iter(definitions.__path__))) / "procedures"
MAP = """
procedure: service-incident
columns: {case: ticket, time: when, activity: what, actor: who}
formats: "%Y-%m-%d %H:%M"
zone: Asia/Shanghai
activities: {open: created, working: activated, wait: awaiting_user, solved: resolved}
"""


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty tickets, each answered an hour later than the one before."""
    monkeypatch.chdir(tmp_path)
    Path("map.yaml").write_text(MAP, encoding="utf-8")
    rows = ["ticket,when,what,who"]
    for n in range(20):
        rows += [f"T{n:02},2026-03-02 {n % 3 + 8:02}:00,open,caller", f"T{n:02},2026-03-{2 + n // 12:02} {n % 12 + 11:02}:30,working,Li"]
        rows += [f"T{n:02},2026-03-{5 + n:02} 10:00,solved,Li"]
    rows.append("T03,2026-03-04 10:00,wait,Li")
    Path("log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = (PROCEDURES / "service-incident.yaml").read_text(encoding="utf-8")
    assert "{is: 4 hours" in text
    Path("quick.yaml").write_text(
        text.replace("{is: 4 hours", "{is: 8 hours").replace('version: "1"', 'version: "q1"', 1), encoding="utf-8"
    )


def replayed(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert main(["--json", "replay", "--log", "log.csv", "--map", "map.yaml", *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_what_if_stands_beside_the_rules_in_force_on_any_number_of_processes(capsys: pytest.CaptureFixture[str]) -> None:
    plain = replayed(capsys)
    found = replayed(capsys, "--what-if-definition", "quick.yaml", "--report", "1.json")
    comparison = found.pop("comparison")
    assert found == plain, "the base is what it is alone"
    assert comparison["mode"] == "what_if" and comparison["why"]["term"] == 20 and ["met_late", "met", 3] in comparison["outcomes"]
    assert sum(comparison["rows"].values()) == found["totals"]["obligations"] and comparison["base"] == plain["digest"]
    assert comparison["other"]["totals"]["events"]["read"] == 61
    again = replayed(capsys, "--what-if-definition", "quick.yaml", "--report", "2.json", "--jobs", "2")
    assert again["comparison"] == comparison and Path("1.json").read_bytes() == Path("2.json").read_bytes()
    report: Any = parse_canonical(Path("1.json").read_bytes())
    changed = [row for case in report["cases"] for row in case.get("comparison", {}).get("rows", ())]
    assert report["summary"]["comparison"] == comparison and len(changed) == comparison["rows"]["changed"]
    alone = replayed(capsys, "--definition", "quick.yaml")
    assert alone["obligations"] == comparison["other"]["obligations"]


def test_the_tables_say_what_changed_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "replay", "--log", "log.csv", "--map", "map.yaml", "--what-if-definition", "quick.yaml"]) == 0
    said = capsys.readouterr().out
    assert "compared: what if service-incident@q1  same 20  changed 20  not on the other side 0  only on the other side 0" in said
    assert "met late  met         3" in said and "another term  term  20" in said
    assert said.count("sha256:") == 2, "each side keeps its digest"


def test_events_of_which_the_other_definition_knows_nothing_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Path("quick.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(("  awaiting_user:", "    pause: [{from: awaiting_user")))
    Path("quick.yaml").write_text(text.replace("awaiting_user, ", "").replace(", awaiting_user", ""), encoding="utf-8")
    found = replayed(capsys, "--what-if-definition", "quick.yaml")["comparison"]
    assert found["unmapped"] == {"event": {"awaiting_user": 1}} and found["other"]["deviations"] == {"unknown_activity": 1}


def test_the_rules_of_another_date_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = replayed(capsys, "--rules-of", "2026-01-01")["comparison"]
    assert found["rules_of"] == "2026-01-01" and list(found["definitions"]) == ["service-incident@1"] and found["rows"]["same"] == 40


def test_what_was_known_then_is_judged_as_of_then(capsys: pytest.CaptureFixture[str]) -> None:
    found = replayed(capsys, "--as-known", "2026-03-02 12:00")["comparison"]
    assert found["outcomes"] == [["met", "met", 1], ["met", "not_due", 6], ["met_late", "not_due", 33]]
    assert found["other"]["header"]["as_of"] == "2026-03-02T04:00:00.000000Z"


def test_what_if_with_another_calendar(capsys: pytest.CaptureFixture[str]) -> None:
    off = [["2026-03-03", "2026-03-06", "假"]]
    notice = {"calendar": "cn", "year": 2026, "revision": 2, "issued": "2026-03-01", "off": off, "work": []}
    Path("notice.json").write_text(json.dumps(notice), encoding="utf-8")
    found = replayed(capsys, "--what-if-calendar", "notice.json")["comparison"]
    assert set(found["why"]) == {"calendar"}
    assert found["other"]["header"]["calendar"] == found["calendar"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--rules-of", "2026-01-01", "--as-known", "2026-01-01"], "input"),
        (["--what-if-definition", "quick.yaml", "--rules-of", "2026-01-01"], "input"),
        (["--what-if-definition", str(PROCEDURES / "drill.yaml")], "not_found.procedure"),
        (["--rules-of", "someday"], "input.instant"),
    ],
)
def test_another_side_that_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str], options: list[str], code: str) -> None:
    assert main(["--json", "replay", "--log", "log.csv", "--map", "map.yaml", *options]) in (2, 7)
    assert json.loads(capsys.readouterr().err)["error"].startswith(code)


def test_a_journal_is_compared_with_what_was_known_then_and_judged_under_another_definition(capsys: pytest.CaptureFixture[str]) -> None:
    lines = (PROCEDURES / "medical-dispute.yaml").read_text(encoding="utf-8").replace("use: 5 days roll", "use: 5 working days")
    Path("other.yaml").write_text(re.sub(r"(?m)^version: .*$", "version: other", lines, count=1), encoding="utf-8")
    frozen = ["--db", "store.db", "--json"]
    opening = ["open", "medical-dispute", "投诉", "外科", "家属", "--as", "relations", "--id", "C", "--fact", "handling=complex"]
    for command in (opening, ["fire", "C", "accept", "--as", "relations"]):
        assert main([*frozen, *command]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert main([*frozen, "replay", "--what-if-definition", "other.yaml", "--report", "r.json"]) == 0
    found = json.loads(capsys.readouterr().out)["comparison"]
    assert found["unmapped"] == {} and found["why"] == {"term": 1} and list(found["definitions"]) == ["medical-dispute@other"]
    assert main([*frozen, "replay", "--as-known", "2026-01-01"]) == 0
    assert json.loads(capsys.readouterr().out)["comparison"]["why"].keys() == {"no_case"}
