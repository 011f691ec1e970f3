"""The report of a replay: the same bytes on any number of processes, totals that add up, proof for every row, a page that stands alone."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.commands.frame import main
from adapters.partition import part_of
from workflow.journal.canonical import parse_canonical

MAP = """
procedure: service-incident
columns: {case: ticket, time: when, activity: what, actor: who}
formats: "%Y-%m-%d %H:%M"
zone: Asia/Shanghai
activities: {open: created, working: activated, solved: resolved}
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty tickets in no order, some late, some never answered, one with an activity that nobody knows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    rows = []
    for n in range(40):
        rows.append(f"T{n:02},2026-03-{1 + n % 9:02} 09:00,open,caller")
        if n % 5:
            rows.append(f"T{n:02},2026-03-{1 + n % 9:02} {10 + n % 8}:{n:02},working,Li")
        if n % 4:
            rows.append(f"T{n:02},2026-03-{2 + n % 9 + (n % 3) * 5:02} 10:00,solved,Li")
    rows.append("T07,2026-03-30 10:00,</script><b>,Li")
    random.Random(7).shuffle(rows)
    (tmp_path / "log.csv").write_text("\n".join(["ticket,when,what,who", *rows]) + "\n", encoding="utf-8")
    return tmp_path / "log.csv"


def replayed(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert main(["--lang", "en", "--json", "replay", "--log", "log.csv", "--map", "map.yaml", *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_number_of_processes_changes_no_byte(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = replayed(capsys, "--report", "1.json")
    for jobs in ("2", "3"):
        assert replayed(capsys, "--jobs", jobs, "--report", f"{jobs}.json") == alone
        assert Path(f"{jobs}.json").read_bytes() == Path("1.json").read_bytes()
    lines = log.read_text(encoding="utf-8").splitlines()
    log.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    assert replayed(capsys, "--jobs", "2")["digest"] == alone["digest"], "nor does the order of the rows"


def test_the_parts_of_a_log_are_of_our_own_choice() -> None:
    assert [part_of(case, 16) for case in ("T01", "T02", "案件一", "")] == [2, 13, 10, 4]
    found = Counter(part_of(f"case-{n}", 8) for n in range(8_000))
    assert set(found) == set(range(8)) and max(found.values()) < 1_150


@pytest.mark.usefixtures("log")
def test_the_report_adds_up_and_shows_where_everything_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "replay", "--log", "log.csv", "--map", "map.yaml", "--report", "r.json"]) == 0
    said = capsys.readouterr().err
    data = Path("r.json").read_bytes()
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" in said
    report: Any = parse_canonical(data)
    cases, summary = report["cases"], report["summary"]
    assert [c["case"] for c in cases] == sorted(f"T{n:02}" for n in range(40))
    assert Counter(c["verdict"] for c in cases) == {k: n for k, n in summary["verdicts"].items() if n}
    outcomes = Counter((f"{c['procedure']}/{r['duty']}", r["outcome"]) for c in cases for r in c["rows"])
    assert outcomes == {(duty, o): n for duty, counts in summary["obligations"].items() for o, n in counts.items()}
    assert sum(outcomes.values()) == summary["totals"]["obligations"]
    acts = [a for c in cases for a in c["acts"]]
    assert len(acts) == summary["totals"]["events"]["read"]
    rows = Path("log.csv").read_text(encoding="utf-8").splitlines()
    for case in cases:
        broken = any(a.get("deviations") for a in case["acts"]) or any(r["outcome"] in ("missed", "met_late") for r in case["rows"])
        assert (case["verdict"] == "deviates") == broken
        for act in case["acts"]:
            assert rows[int(act["proof"]) - 1].startswith(case["case"]), "the proof is the row of the log"
        for row in case["rows"]:
            assert row["duty"] in report["legend"][case["procedure"]]["duties"]
            assert row["outcome"] == "undeterminable" or set(row["proof"].values()) <= {a["proof"] for a in case["acts"]}
    assert min(summary["verdicts"][v] for v in ("deviates", "conforms")) >= 3


@pytest.mark.usefixtures("log")
def test_the_page_needs_nothing_else_and_no_text_of_the_log_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    replayed(capsys, "--html", "r.html")
    page = Path("r.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|https?://|@import|url\(", page)
    assert page.count("</script>") == 2 and "<b>" not in page.split("__")[0].split('id="data">')[1].split("</script>")[0]


def in_browser(page: Path) -> str:
    """The document that a real browser makes of a page. Skips where there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom")
    return subprocess.run([browser, *options, page.absolute().as_uri()], capture_output=True, text=True, timeout=90).stdout


@pytest.mark.usefixtures("log")
def test_a_browser_shows_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    replayed(capsys, "--html", "r.html")
    shown = in_browser(Path("r.html"))
    assert shown.count('<tr class="case" tabindex="0" data-case="T') == 40 and "listed 40 of 40 that match" in shown
    assert shown.count('<span class="tag deviates">') > 10


@pytest.mark.usefixtures("log")
def test_a_click_shows_what_happened_in_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    replayed(capsys, "--html", "r.html", "--report", "r.json")
    page = Path("r.html").read_text(encoding="utf-8")
    # no driver of a browser: every row is clicked by a line at the end of the page's own script
    Path("r.html").write_text(
        page.replace("\ndraw();\n", "\ndraw();\nfor (const row of [...document.querySelectorAll('tr.case')]) row.click();\n"), "utf-8"
    )
    shown = in_browser(Path("r.html"))
    assert shown.count('<tr class="detail">') == 40 and shown.count('<svg viewBox="0 0 1040 ') == 40
    assert "unknown activity" in shown and "&lt;/script&gt;&lt;b&gt;" in shown
    shown, report = shown.partition("<script")[0], json.loads(Path("r.json").read_bytes())
    assert shown.count('<svg class="states"') == 40 and ">2 activated 03-" in shown, "the moves of a case are numbered on its states"
    assert shown.count('<table class="deviations">') == sum(1 for c in report["cases"] if "deviations" in c)
    assert "role: service desk; step: " in shown and "not shown; late by " in shown


@pytest.mark.usefixtures("log")
def test_a_page_can_be_filtered_by_deviation_and_put_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    report = replayed(capsys, "--html", "r.html", "--report", "r.json")
    page = Path("r.html").read_text(encoding="utf-8")
    more = "\ndraw();\n$('lang').click(); $('code').value = 'unknown_activity'; list();\n"
    Path("r.html").write_text(page.replace("\ndraw();\n", more), "utf-8")
    shown = in_browser(Path("r.html")).partition("<script")[0]
    assert report["deviations"]["unknown_activity"] == 1 and shown.count('<tr class="case"') == 1 and 'data-case="T07"' in shown
    assert "督办 回放报告" in shown and "未知活动" in shown


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("option", ["--report", "--html"])
def test_a_place_that_cannot_be_written_is_said(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "replay", "--log", "log.csv", "--map", "map.yaml", option, "nowhere/r"]) == 2
    assert "cannot be written" in capsys.readouterr().err
