"""A journal replayed in shares: from any store, from an export, on any number of processes, the same bytes; while somebody writes too."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters import partition
from adapters.bundle import lines, scan_bundle, write_archive
from adapters.calendars import shipped
from adapters.commands.frame import main
from adapters.host import FixedClock
from adapters.journaled import Told, record_of_store
from adapters.partition import Basis, Found, Task
from adapters.store.sql import SqlStore
from tests.integration.test_one_store import ROOT, Salt, office, played
from tests.play import Play, at
from workflow import command as c
from workflow.engine import Engine
from workflow.errors import BadInput
from workflow.journal.entry import Entry, link
from workflow.moment import stamp

AS_OF = "2026-11-03 08:00"
JOBS = {AS_OF: "2", "e.jsonl": "23", "e.zip": "3"}
"""Any partition at all: ``tests/property/test_journal_shares.py``."""


def made(url: str) -> Engine:
    """Cases that are linked, led, joined, void, and one whose chain holds no acts of ours."""
    engine = played(SqlStore.open(url))
    play = Play("hazard", engine=engine).at("11-02 09:00")
    for case in ("J1", "J2"):
        play.open("village_office", case=case, unit="zhongzhuang")
    engine.do("J2", c.SameAs(said=play.said("town_office"), lead="J1", reason="同一处"))
    entry, _ = link(1, None, case="Q", kind="opened", recorded=stamp(at("11-02 09:00")), body={"nonsense": 1})
    with engine.store.write() as unit:
        unit.append([(entry, None)])
    return engine


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store in a file with an export and an archive of it: to be copied, not to be touched."""
    folder = tmp_path_factory.mktemp("kept")
    engine = made(f"sqlite:///{folder}/duban.db")
    (folder / "e.jsonl").write_text("".join(lines(engine, at("11-03 08:00"))), encoding="utf-8")
    write_archive(engine, folder / "e.zip", at("11-03 08:00"), {})
    engine.store.close()
    return folder


@pytest.fixture
def source(request: pytest.FixtureRequest, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments that name a journal."""
    monkeypatch.chdir(tmp_path)
    kind, url = request.param, "duban.db"
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
        made(url).store.close()
    else:
        shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return {"export": ["replay", "e.jsonl"], "archive": ["replay", "e.zip"]}.get(kind, ["--db", url, "replay", "--as-of", AS_OF])


def replayed(capsys: pytest.CaptureFixture[str], source: Sequence[str], *more: str, code: int = 6) -> tuple[str, bytes]:
    """What is printed, and the whole report."""
    capsys.readouterr()
    assert main(["--json", *source, "--report", "r.json", *more]) == code
    return capsys.readouterr().out, Path("r.json").read_bytes()


@pytest.mark.parametrize("source", ["sqlite", "postgres", "export", "archive"], indirect=True)
def test_any_number_of_processes_gives_the_same_bytes(source: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    printed, report = replayed(capsys, source)
    found = json.loads(printed)
    assert found["unverifiable"] == {"Q": "undecided #1"} and found["joined"] == {"J2": "J1"} and found["unlisted"] == ["B"]
    assert len(found["header"]["definitions"]) > 5 and json.loads(report)["provenance"]["journal"]["broken"] == 1
    for jobs in JOBS[source[-1]]:
        assert replayed(capsys, source, "--jobs", jobs) == (printed, report)


@pytest.mark.parametrize("source", ["postgres"], indirect=True)
def test_a_dask_cluster_gives_the_same_bytes(source: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    assert replayed(capsys, source, "--engine", "dask", "--jobs", "2") == replayed(capsys, source)


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)
def test_the_hash_seed_changes_no_byte(source: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    here = replayed(capsys, source)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4242", "TZ": "America/St_Johns"}
    command = [sys.executable, "-m", "cli", "--json", *source, "--jobs", "2", "--report", "other.json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert (done.stdout, Path("other.json").read_bytes()) == here, done.stderr


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)
def test_another_side_is_compared_share_by_share(source: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--as-known", "2026-10-03 08:00"]
    printed, report = replayed(capsys, source, *more)
    found = json.loads(printed)["comparison"]
    assert found["rows"]["changed"] and found["rows"]["not_there"]
    assert replayed(capsys, source, *more, "--jobs", "2") == (printed, report)


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)
def test_a_case_that_was_tampered_with_is_listed_whatever_the_number_of_processes(
    source: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect("duban.db") as db:
        db.execute(
            "UPDATE duban_entry SET data = CAST(replace(CAST(data AS TEXT), '2026-', '2027-') AS BLOB) WHERE \"case\" = 'I' AND n = 2"
        )
    db.close()
    printed, report = replayed(capsys, source)
    assert json.loads(printed)["unverifiable"] == {"I": "edited #2", "Q": "undecided #1"}
    assert replayed(capsys, source, "--jobs", "2") == (printed, report)


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Something happens after the journal was verified, before the first share is read."""

    def run(tasks: Sequence[Task[Any]], law: Basis) -> Iterator[tuple[Task[Any], Found]]:
        happens()
        for task in tasks:
            yield task, partition.found(task.share, law, task.place)

    monkeypatch.setattr(partition, "serial", lambda _=None: run)


@pytest.mark.parametrize("source", ["sqlite", "postgres"], indirect=True)
def test_what_is_entered_while_it_is_read_is_in_no_share(
    source: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = replayed(capsys, source)

    def write() -> None:
        store = SqlStore.open(source[1])
        play = Play("hazard", engine=Engine(store, FixedClock(at("11-02 10:00")), Salt(), shipped("cn"), "test")).at("11-02 10:00")
        play.open("village_office", case="K", unit="zhongzhuang")
        play.engine.do("H", c.Note(said=play.said("village_office"), text="记", kind="note"))
        play.engine.seal()
        store.close()

    with monkeypatch.context() as patch:
        meanwhile(patch, write)
        assert replayed(capsys, source) == before
    assert replayed(capsys, source) != before


@pytest.mark.parametrize("source", ["sqlite", "export"], indirect=True)
def test_an_entry_that_is_changed_after_it_was_verified_is_found(
    source: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit() -> None:
        with sqlite3.connect("duban.db") as db:
            db.execute(
                "UPDATE duban_entry SET data = CAST(replace(CAST(data AS TEXT), '2026-', '2027-') AS BLOB) WHERE \"case\" = 'I' AND n = 2"
            )
        db.close()
        export = Path("e.jsonl")
        lines = export.read_text(encoding="utf-8").splitlines(keepends=True)
        export.write_text("".join(x.replace("2026-", "2027-") if '"case\\":\\"I\\"' in x else x for x in lines), encoding="utf-8")

    meanwhile(monkeypatch, edit)
    capsys.readouterr()
    assert main(["--lang", "en", *source, "--jobs", "1"]) == 6
    first = "A" if "e.jsonl" in source else "I"  # the lead that A took names I as well
    assert f"{first}: the record was changed after it was verified" in capsys.readouterr().err


def test_an_export_that_is_cut_while_it_is_verified_is_no_export(kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    shutil.copyfile(kept / "e.jsonl", path)
    entries = scan_bundle(path).entries
    assert len(list(entries)) == entries.count.total() > 100
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(BadInput):
        list(entries)


def test_no_more_than_one_case_is_read_at_a_time() -> None:
    read: list[str] = []
    with office().store.read() as view:

        def entries(case: str) -> Sequence[Entry]:
            read.append(case)
            return view.entries(case)

        told = [(case, list(read)) for case, _ in Told(record_of_store(view, "").heads.items(), entries)]
    assert len(told) > 20 and all(before[-1] == case for case, before in told)


@pytest.mark.parametrize("source", ["export"], indirect=True)
@pytest.mark.parametrize("option", [("--work", "w"), ("--counts",), ("--scheduler", "tcp://a:1"), ("--engine", "magic")])
def test_an_option_that_means_nothing_for_a_journal_is_refused(source: list[str], option: tuple[str, ...]) -> None:
    assert main([*source, *option]) == 2
    assert not Path("w").exists()
