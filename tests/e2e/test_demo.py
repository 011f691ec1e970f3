"""``duban demo``: the story, what is asserted of it from its own ledger, and that every run on every machine ends in one digest."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zoneinfo
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from adapters.commands import demo, frame, screen
from adapters.story import DISPUTE, INCIDENT, PAPER
from workflow.engine import Engine
from workflow.obligation.row import Outcome, Row
from workflow.rowname import title

ROOT = Path(__file__).parents[2]
CALL = [sys.executable, "-P", "-c", "import cli; cli.main()", "demo"]


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": "/nonexistent", "LANG": "zh_CN.UTF-8", **environment}
    return subprocess.run([*CALL, *words], cwd=folder, env=given, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder that the demonstration was kept in, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, run(folder, "--keep", str(folder))


@pytest.fixture(scope="module")
def played(first: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    folder, done = first
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def ledger(played: Path) -> dict[str, dict[str, Row]]:
    with Engine.open(f"sqlite:///{played / 'demo.db'}", create=False) as engine:
        from adapters.commands.demo import END

        return {case: {r.key: r for r in engine.ledger(case, END)} for case in (INCIDENT, DISPUTE, PAPER)}


# the story


def test_one_report_is_late(ledger: dict[str, dict[str, Row]]) -> None:
    row = ledger[INCIDENT]["telephone_report/party_committee#1"]
    assert row.outcome == Outcome.MET_LATE
    assert row.late is not None and row.late.clock.total_seconds() == 12 * 60


def test_one_report_is_missing(ledger: dict[str, dict[str, Row]]) -> None:
    missed = {r.key for r in ledger[INCIDENT].values() if r.outcome == Outcome.MISSED}
    assert missed == {"follow_up/party_committee#2026-10-02T17:00", "follow_up/government#2026-10-02T17:00"}


def test_one_is_extended(ledger: dict[str, dict[str, Row]]) -> None:
    row = ledger[INCIDENT]["final_report/government#1"]
    assert row.outcome == Outcome.MET
    assert [v.kind for v in row.revisions] == ["start", "extension"]
    other = ledger[INCIDENT]["final_report/party_committee#1"]
    assert row.due is not None and other.due is not None and other.due.instant < row.due.instant


def test_one_is_classified_anew_and_its_date_moves(ledger: dict[str, dict[str, Row]]) -> None:
    row = ledger[DISPUTE]["feedback/complainant#1"]
    assert row.outcome == Outcome.MET
    assert [v.kind for v in row.revisions] == ["start", "facts"]
    assert [f"{v.due.instant:%m-%d}" for v in row.revisions if v.due is not None] == ["09-29", "10-15"]  # 24:00 there is 16:00 UTC


def test_one_case_is_back_filled_and_its_author_s_word_alone_decides_nothing(played: Path, ledger: dict[str, dict[str, Row]]) -> None:
    with Engine.open(f"sqlite:///{played / 'demo.db'}", create=False) as engine:
        acts = [a for a in engine.case(PAPER).case.acts if a.actor is not None]
    assert acts and all((a.recorded - a.happened.hi).days >= 1 for a in acts)
    row = ledger[PAPER]["feedback/complainant#1"]
    assert (row.outcome, row.reason) == (Outcome.UNDETERMINABLE, "own_word")


def test_what_went_wrong_is_flagged(played: Path) -> None:
    with Engine.open(f"sqlite:///{played / 'demo.db'}", create=False) as engine:
        flags = {(a.name, a.data["flag"]) for a in engine.case(INCIDENT).case.acts if a.kind == "flagged" and a.data["flag"] != "tier"}
    assert {
        ("telephone_report/government#1", "missing"),
        ("telephone_report/government#1", "late"),
        ("follow_up/government#2026-10-02T17:00", "missing"),
    } <= flags


def test_the_incident_is_over_a_holiday_and_is_graded_anew(played: Path) -> None:
    with Engine.open(f"sqlite:///{played / 'demo.db'}", create=False) as engine:
        case = engine.case(INCIDENT).case
        assert "2026-10-01" in f"{case.opened.happened.lo}"
        assert [c.value for c in case.facts["grade"]] == ["general", "larger"]


# what is printed


@pytest.fixture(scope="module")
def printed(first: tuple[Path, subprocess.CompletedProcess[str]]) -> str:
    _, done = first
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_prints_timeline_ledger_with_flags_and_the_explanation_of_a_date(printed: str) -> None:
    words = printed.replace(" ", "").replace("\n", "")
    for said in (
        "漏报(疑似,待认定):电话报告党委和政府→镇党委",
        "迟报:电话报告党委和政府→镇政府",
        "#13书面首报",  # a receipt says what was received
        "迟12分钟",
        "补录于2026-10-09",
        "仅本人陈述",
        "原定2026-09-29(周二)24:00",
        "计入09-2809-2909-3010-0810-0910-10(调休上班)10-1210-1310-1410-15",
    ):
        assert said in words
    assert re.search(r"^sha256:[0-9a-f]{64}$", printed.splitlines()[-1])


def test_it_speaks_of_duties_by_their_titles(printed: str, played: Path) -> None:
    assert "telephone_report" not in printed
    with Engine.open(f"sqlite:///{played / 'demo.db'}", create=False) as engine:
        rules = engine.world(engine.case(INCIDENT)).rules
    assert title("follow_up/government#2026-10-02T17:00", rules).zh in printed


ANSWER: Any = {"digest": f"sha256:{'0' * 64}", "totals": {}, "obligations": {}}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 140])
def test_it_fits_the_screen_and_folds_no_date(
    width: int, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen, "WIDTH", width)
    monkeypatch.setattr(demo, "_digest", lambda engine: ANSWER)  # what is replayed is tested below
    monkeypatch.setattr(demo, "_elsewhere", lambda bundle: ANSWER)
    assert frame.main(["demo", "--lang", lang]) == 0
    out = capsys.readouterr().out
    lines = [x for x in out.splitlines() if not x.startswith(("sha256:", "another process", "另一进程", "  "))]
    assert max(cell_len(x) for x in lines) <= width
    assert out.count("2026-10-02 (Fri) 00:22" if lang == "en" else "2026-10-02(周五)00:22") == 2


# one digest


def test_the_digest_is_the_same_on_every_run_and_machine(tmp_path: Path) -> None:
    here, there = tmp_path / "a", tmp_path / "b"
    for folder in (here, there):
        folder.mkdir()
    for name in ("json.py", "workflow.py", "adapters.py"):  # what lies where we are called from is no module of ours
        (there / name).write_text("raise SystemExit(9)\n", encoding="utf-8")
    there.chmod(0o555)
    worlds: list[tuple[Path, dict[str, str]]] = [
        (here, {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "0"}),
        (there, {"TZ": "America/St_Johns", "PYTHONHASHSEED": "42", "LANG": "en_GB.UTF-8"}),
        (there, {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "123456", "LC_ALL": "C", "PYTHONTZPATH": str(_other_tzdata(tmp_path))}),
    ]
    found = set()
    for folder, environment in worlds:
        done = run(folder, "--json", **environment)
        assert done.returncode == 0, done.stderr
        result: Any = json.loads(done.stdout)
        assert result["digest"] == result["replayed"]
        found.add(result["digest"])
    there.chmod(0o755)
    assert len(found) == 1
    assert sorted(f.name for f in there.iterdir()) == ["adapters.py", "json.py", "workflow.py"]
    assert list(here.iterdir()) == []


def _other_tzdata(folder: Path) -> Path:
    """The same rules under another version of the time-zone database."""
    source = next((Path(p) for p in zoneinfo.TZPATH if (Path(p) / "Asia" / "Shanghai").exists()), None)
    if source is None:
        pytest.skip("needs the time-zone database of the system")
    target = folder / "zoneinfo"
    for name in ("Asia/Shanghai", "America/New_York", "America/Chicago", "UTC"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, target / name)
    (target / "tzdata.zi").write_text("# version 1999z\n", encoding="ascii")
    return target


def test_another_run_into_the_same_folder_is_refused_and_leaves_the_first(played: Path) -> None:
    before = content(played / "demo.db")
    done = run(played, "--keep", str(played), "--json")
    assert done.returncode == 5
    assert json.loads(done.stderr)["error"] == "conflict.exists"
    assert content(played / "demo.db") == before


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_nowhere_to_write_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    assert frame.main(["demo", "--json"]) == 69
    assert json.loads(capsys.readouterr().err)["error"] == "store.unavailable"


def test_a_machine_without_the_rules_of_the_zones_is_told_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "zoneinfo").mkdir()
    done = run(tmp_path, "--json", PYTHONTZPATH=str(tmp_path / "zoneinfo"))
    if done.returncode == 0:
        pytest.skip("this machine has the package tzdata as well")
    assert (done.returncode, json.loads(done.stderr)["error"]) == (78, "config")
    assert "tzdata" in json.loads(done.stderr)["hint"]
