"""A log in a folder of parts: the same report as in one file, on processes, on Dask, and after a stop; no part is missed in silence."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import partition
from adapters.commands.frame import main
from adapters.law import Law
from adapters.partition import Found, Task

pytest.importorskip("pyarrow", reason="the extra parquet is not installed")

ROOT = Path(__file__).resolve().parents[2]
MAP = """
procedure: service-incident
columns: {case: ticket, time: when, activity: what, actor: who}
formats: [iso, "%Y-%m-%d %H:%M"]
zone: Asia/Shanghai
activities: {open: created, working: activated, solved: resolved}
"""


def write(folder: Path, when: str) -> None:
    """Sixty tickets in no order; ``when`` is how a time is written."""
    rows = ["T99,nonsense,open,x"] if "T" not in when else []
    for n in range(60):
        rows.append(f"T{n:02},{when.format(d=1 + n % 9, h=9, m=0)},open,caller")
        if n % 5:
            rows.append(f"T{n:02},{when.format(d=1 + n % 9, h=10 + n % 8, m=n)},working,Li")
        if n % 4:
            rows.append(f"T{n:02},{when.format(d=2 + n % 9 + (n % 3) * 5, h=10, m=0)},solved,Li")
    random.Random(7).shuffle(rows)
    (folder / "log.csv").write_text("\n".join(["ticket,when,what,who", *rows]) + "\n", encoding="utf-8")
    (folder / "map.yaml").write_text(MAP, encoding="utf-8")


EXACT, MINUTES = "2026-03-{d:02}T{h:02}:{m:02}:00+08:00", "2026-03-{d:02} {h:02}:{m:02}"


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return made(tmp_path, EXACT)


def made(folder: Path, when: str) -> Path:
    write(folder, when)
    assert main(["log", "convert", "log.csv", "log.parquet", "--map", "map.yaml"]) == 0
    assert main(["log", "split", "log.parquet", "parts", "--map", "map.yaml", "--parts", "5"]) == 0
    return folder / "parts"


def replayed(capsys: pytest.CaptureFixture[str], log: str, *more: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["--json", "replay", "--log", log, "--map", "map.yaml", *more]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def cases(file: str) -> bytes:
    return Path(file).read_bytes().partition(b',"legend":')[0]


@pytest.mark.parametrize("engine", [(), ("--jobs", "2"), ("--engine", "dask", "--jobs", "2")])
def test_parts_give_the_report_of_the_whole(parts: Path, engine: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    if "dask" in engine:
        pytest.importorskip("distributed", reason="the extra cluster is not installed")
    whole = replayed(capsys, "log.parquet", "--report", "whole.json")
    assert replayed(capsys, parts.name, *engine, "--report", "parts.json") == whole
    assert cases("parts.json") == cases("whole.json")
    assert replayed(capsys, parts.name, *engine, "--counts") == {**whole, "digest": None}


def test_neither_hash_seed_nor_zone_of_the_machine_changes_a_byte(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = replayed(capsys, "log.parquet", "--report", "whole.json")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "C"}
    command = ["--json", "replay", "--log", parts.name, "--map", "map.yaml", "--work", "work", "--report", "parts.json"]
    done = subprocess.run([sys.executable, "-m", "cli", *command], env=env, capture_output=True, encoding="utf-8")
    assert json.loads(done.stdout) == whole, done.stderr
    assert replayed(capsys, parts.name, "--work", "work", "--report", "again.json") == whole  # taken up under another seed
    assert cases("parts.json") == cases("again.json") == cases("whole.json")


def test_a_log_whose_times_are_no_instants_is_read_row_by_row_in_parts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, MINUTES)
    whole = replayed(capsys, "log.csv", "--report", "whole.json", code=1)
    assert whole["totals"]["events"]["unreadable"] == 1
    assert replayed(capsys, "parts", "--jobs", "2", "--report", "parts.json", code=1) == whole
    assert cases("parts.json") == cases("whole.json")
    assert main(["replay", "--log", "parts", "--map", "map.yaml", "--counts"]) == 2


def test_a_stopped_run_goes_on_where_it_was(parts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = replayed(capsys, "log.parquet", "--as-of", "2026-03-05")
    whole = replayed(capsys, "log.parquet", "--report", "whole.json")
    done: list[int] = []

    def watched(stop: int | None) -> Any:
        def run(tasks: Sequence[Task], law: Law) -> Iterator[tuple[Task, Found]]:
            for task in tasks:
                if len(done) == stop:
                    raise KeyboardInterrupt
                done.append(task.number)
                yield task, partition.found(task.share, law, task.place)

        return lambda _=None: run

    monkeypatch.setattr(partition, "serial", watched(2))
    assert main(["replay", "--log", parts.name, "--map", "map.yaml", "--report", "parts.json", "--work", "work"]) == 130
    monkeypatch.setattr(partition, "serial", watched(None))
    assert replayed(capsys, parts.name, "--report", "parts.json", "--work", "work") == whole
    assert done == [0, 1, 2, 3, 4], "each part is done once"
    assert cases("parts.json") == cases("whole.json")
    later = replayed(capsys, parts.name, "--report", "parts.json", "--work", "work", "--as-of", "2026-03-05")
    assert later == before
    assert done == [0, 1, 2, 3, 4] * 2, "another as-of instant is another question"
    dossiers = Path("work") / "3.cases"
    dossiers.write_bytes(dossiers.read_bytes()[:-9])
    again = replayed(capsys, parts.name, "--report", "parts.json", "--work", "work", "--as-of", "2026-03-05")
    assert (again, done[10:]) == (later, [3]), "what was kept and has changed is done again"


def test_a_folder_of_kept_parts_belongs_to_one_run_at_a_time(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from adapters.work import Work

    command = ["replay", "--log", parts.name, "--map", "map.yaml", "--work", "work"]
    with Work(Path("work")):
        assert main(command) == 75
    assert main(command) == 0
    assert main(["replay", "--log", parts.name, "--map", "map.yaml", "--work", "map.yaml"]) == 2
    assert main(["replay", "x.zip", "--work", "work"]) == 2


def test_a_note_that_is_none_is_not_taken_up(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = replayed(capsys, parts.name, "--work", "work")
    for n, text in enumerate(("", "[]", "{", '{"of": null}')):
        (Path("work") / f"{n}.json").write_text(text)
    assert replayed(capsys, parts.name, "--work", "work") == whole


def test_kept_parts_are_of_these_versions_in_this_order(parts: Path) -> None:
    from adapters.logsource import opened
    from adapters.work import Work

    law = some_law()
    task = Task(0, opened(parts, law.log_map, law.versions).shares(1)[0], None)
    with Work(Path("work")) as work:
        work.keep(task, law, partition.found(task.share, law, None))
        assert work.kept(task, law) is not None
        assert work.kept(task, law._replace(versions=[replace(law.versions[0], hash="sha256:0"), *law.versions])) is None


@pytest.mark.parametrize("engine", [("--jobs", "2"), ("--engine", "dask", "--jobs", "2")], ids=["processes", "dask"])
def test_a_part_that_another_process_cannot_read_is_named(parts: Path, engine: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    if "dask" in engine:
        pytest.importorskip("distributed", reason="the extra cluster is not installed")
    spoiled = parts / "part-0003.parquet"
    data = bytearray(spoiled.read_bytes())
    for n in range(8, len(data) // 2, 7):
        data[n] ^= 0xFF
    spoiled.write_bytes(data)
    command = ["replay", "--log", parts.name, "--map", "map.yaml", "--as-of", "2026-04-01", *engine]
    capsys.readouterr()
    assert main(command) == 2
    assert "part-0003.parquet" in capsys.readouterr().err


class Deadly:
    """A share that ends the process in which it is replayed."""

    size = 1

    def judged(self, law: Law, dossiers: Any, progress: Any) -> Any:
        os._exit(1)


def test_a_process_that_dies_is_said_to_have_died(parts: Path) -> None:
    from workflow.errors import StoreUnavailable

    tasks = [Task(0, Deadly(), None), Task(1, Deadly(), None)]
    with pytest.raises(StoreUnavailable):
        list(partition.processes(2)(tasks, some_law()))


def test_a_worker_of_a_cluster_that_dies_is_said_to_have_died() -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    from adapters.cluster import dask
    from workflow.errors import StoreUnavailable

    with pytest.raises(StoreUnavailable):
        list(dask("", 1)([Task(0, Deadly(), None)], some_law()))


def test_a_worker_with_another_program_does_not_take_part() -> None:
    from adapters.cluster import _worked
    from adapters.documents import provenance
    from workflow.errors import ConfigError

    with pytest.raises(ConfigError) as error:
        _worked(Deadly(), (), False, {**provenance.program(), "version": "0.0.9"})
    assert "0.0.9" in str(error.value)


def some_law() -> Law:
    from adapters.law import calendar_of, versions_of
    from workflow.logmap import read_map

    log_map = read_map(MAP, "map.yaml")
    versions = versions_of(log_map, [], Path("map.yaml"))
    return Law(log_map, versions, calendar_of(versions), None)


@pytest.mark.parametrize("spoiled", [",{},open,caller", "\u3000,{},open,caller", "T01,{},\u00a0,caller", "T01,{},\u2003,x"])
def test_a_row_that_is_no_event_is_not_the_last_instant_of_a_part(
    spoiled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, EXACT)
    with (tmp_path / "log.csv").open("a", encoding="utf-8") as file:
        file.write(spoiled.format("2027-01-01T00:00:00+08:00") + "\n")
    assert main(["log", "convert", "log.csv", "log.parquet", "--map", "map.yaml"]) == 0
    assert main(["log", "split", "log.parquet", "parts", "--map", "map.yaml", "--parts", "3"]) == 0
    whole = replayed(capsys, "log.csv", code=1)
    assert whole["header"]["as_of"] < "2027"
    assert replayed(capsys, "parts", code=1) == whole


def test_a_case_that_is_in_two_parts_is_no_silent_sum(tmp_path: Path) -> None:
    from adapters.partition import Spilled
    from workflow.errors import IntegrityError
    from workflow.replay import Report

    once = Report({}, {"案\t1": "sha256:a", "b": "sha256:b"})
    report = Report({}, {"c": "sha256:c"})
    report.elsewhere = [Spilled.of(once.cases, tmp_path / "1")]
    assert report.digest == Report({}, {**once.cases, **report.cases}).digest
    assert report.count == 3
    report.elsewhere.append(Spilled.of({"b": "sha256:b"}, tmp_path / "2"))
    with pytest.raises(IntegrityError):
        report.settle()


def test_a_scheduler_that_does_not_answer_is_said_to_be_so(
    parts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("adapters.cluster.PATIENCE", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    command = ["replay", "--log", parts.name, "--map", "map.yaml", "--engine", "dask", "--scheduler", address]
    assert main(command) == 69
    assert address in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["missing", "twice", "of another log", "no part"])
def test_a_folder_that_is_not_one_whole_log_is_refused(parts: Path, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    if fault == "missing":
        (parts / "part-0003.parquet").unlink()
    elif fault == "twice":
        shutil.copy(parts / "part-0003.parquet", parts / "part-0009.parquet")
    elif fault == "of another log":
        shutil.copy("log.csv", "other.csv")
        assert main(["log", "convert", "other.csv", "other.parquet", "--map", "map.yaml"]) == 0
        assert main(["log", "split", "other.parquet", "others", "--map", "map.yaml", "--parts", "5"]) == 0
        shutil.copy(Path("others") / "part-0003.parquet", parts / "part-0003.parquet")
    else:
        shutil.copy("log.parquet", parts / "whole.parquet")
    capsys.readouterr()
    assert main(["replay", "--log", parts.name, "--map", "map.yaml"]) == 2
    assert "[input.log]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [("--scheduler", "tcp://x:1"), ("--engine", "spark"), ("--counts", "--report", "r.json")], ids=["scheduler", "engine", "counts"]
)
def test_options_that_mean_nothing_together_are_refused(parts: Path, more: tuple[str, ...]) -> None:
    assert main(["replay", "--log", parts.name, "--map", "map.yaml", *more]) == 2


def test_only_a_converted_log_is_split_and_never_over_something(parts: Path) -> None:
    assert main(["log", "split", "log.parquet", parts.name, "--map", "map.yaml"]) == 2
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table("log.parquet").replace_schema_metadata(None), "foreign.parquet")
    assert main(["log", "split", "foreign.parquet", "new", "--map", "map.yaml"]) == 2


def test_kept_parts_need_a_folder_of_parts(parts: Path) -> None:
    assert main(["replay", "--log", "log.parquet", "--map", "map.yaml", "--work", "work"]) == 2
