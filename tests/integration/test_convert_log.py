"""Logs as Parquet: converted ones, which give the digest of their source, and those of other programs."""

from __future__ import annotations

import builtins
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from adapters.columns.source import columns_of
from adapters.commands.frame import main
from adapters.eventlog import convert as converting
from adapters.eventlog import load_map, read_log
from adapters.eventlog.convert import convert
from adapters.eventlog.parquetlog import converted
from workflow.errors import BadInput, MissingExtra, NaiveTime, UnreadableLog
from workflow.logmap import LogMap, read_map

ROOT = Path(__file__).resolve().parents[2]
MAP = """\
procedure: service-incident
columns: {case: c, time: t, activity: a, actor: w}
formats: iso
activities: {A: created, B: activated, C: resolved}
"""
ROWS = [
    "1,2026-03-02T09:00:00+08:00,A,李",
    "1,2026-03-02T10:30:00+08:00,B,王",
    "2,2026-03-02T02:30:00Z,A,=1+1",
    "2,soon",
    "1,2026-03-02T16:00:00.250+08:00,C,王",
    "3,,A,李",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "台账.csv"
    path.write_text("\n".join(["c,t,a,w", *ROWS]), encoding="utf-8")
    (tmp_path / "m.yaml").write_text(MAP, encoding="utf-8")
    return path


def mapped(more: str = "") -> LogMap:
    return read_map(MAP + more, "m.yaml")


def foreign(tmp_path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    return tmp_path / "log.parquet"


def digest(path: Path, log_map: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    main(["replay", "--log", str(path), "--map", str(log_map), "--json", "-q", *more])
    return str(json.loads(capsys.readouterr().out)["digest"])


# converted


def test_the_command_converts_and_the_same_map_gives_the_same_digest(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, log_map = log.with_name("out.parquet"), log.with_name("m.yaml")
    assert main(["log", "convert", str(log), str(out), "--map", str(log_map), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "file": str(out),
        "rows": 6,
        "unreadable": 1,
        "instants": ["t"],
        "source": {"name": "台账.csv", "sha256": hashlib.sha256(log.read_bytes()).hexdigest()},
    }
    assert digest(out, log_map, capsys) == digest(log, log_map, capsys) == digest(out, log_map, capsys, "--jobs", "2")


def test_the_file_is_what_the_reference_says(log: Path) -> None:
    found = convert(log, mapped(), log.with_name("out.parquet"))
    file = pq.read_table(log.with_name("out.parquet"))
    assert found.instants == ["t"]
    text = pa.dictionary(pa.int32(), pa.string())
    assert [(f.name, f.type) for f in file.schema] == [
        ("c", text),
        ("t", pa.timestamp("us", "UTC")),
        ("duban:as:t", text),
        ("a", text),
        ("w", text),
        ("duban:file", text),
        ("duban:sheet", text),
        ("duban:row", pa.int64()),
        ("duban:event", pa.int32()),
        ("duban:unreadable", text),
    ]
    rows = file.to_pylist()
    assert [r["duban:row"] for r in rows] == [2, 3, 4, 5, 6, 7] and {r["duban:file"] for r in rows} == {"台账.csv"}
    assert rows[4]["t"] == datetime(2026, 3, 2, 8, 0, 0, 250_000, UTC) and rows[4]["duban:as:t"] == "T3+08:00"
    assert rows[3]["duban:unreadable"] == '["有 2 个字段,应为 4 个", "2 fields instead of 4"]' and rows[3]["c"] is None
    assert (rows[5]["t"], rows[5]["duban:as:t"]) == (None, None)
    about = json.loads(file.schema.metadata[b"duban.log"])
    assert about["source"]["sha256"] == hashlib.sha256(log.read_bytes()).hexdigest() and about["header"] == ["c", "t", "a", "w"]


def test_a_stamp_without_an_offset_keeps_its_whole_column_text_however_late_it_comes(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "GROUP_ROWS", 2)
    log.write_text(log.read_text(encoding="utf-8") + "\n3,2026-03-02 16:00:00,A,李\n", encoding="utf-8")
    out = log.with_name("out.parquet")
    assert convert(log, mapped("zone: Asia/Shanghai\n"), out).instants == []
    assert pq.ParquetFile(out).metadata.num_row_groups == 4
    assert read_log(out, mapped("zone: Asia/Shanghai\n")) == read_log(log, mapped("zone: Asia/Shanghai\n"))
    with pytest.raises(NaiveTime):
        read_log(out, mapped())


def test_a_group_of_rows_is_bounded_by_its_characters_too(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "GROUP_CHARACTERS", 50)
    out = log.with_name("out.parquet")
    convert(log, mapped(), out)
    assert pq.ParquetFile(out).metadata.num_row_groups == 3 and read_log(out, mapped()) == read_log(log, mapped())


def test_names_of_columns_that_are_empty_twice_or_ours_are_kept(log: Path) -> None:
    head, _, rest = log.read_text(encoding="utf-8").partition("\n")
    log.write_text("\n".join([f"{head},,,w2,w2,duban:row", *(f"{r},x,y,z,z,9" for r in rest.split("\n"))]), encoding="utf-8")
    out = log.with_name("out.parquet")
    convert(log, mapped(), out)
    assert read_log(out, mapped()) == read_log(log, mapped())
    assert "duban:column:5" in pq.read_schema(out).names


def test_a_control_character_makes_its_row_unreadable_in_whatever_column_it_stands(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in ROWS if row.count(",") == 3 and ",," not in row]
    log.write_text("\n".join(["c,t,a,w,x", *(f"{row},y" for row in rows), f"{rows[0]},y\x1fz"]), encoding="utf-8")
    out = log.with_name("out.parquet")
    convert(log, mapped(), out)
    assert read_log(out, mapped()) == read_log(log, mapped()) and len(read_log(out, mapped()).unreadable) == 1
    assert digest(out, log.with_name("m.yaml"), capsys) == digest(log, log.with_name("m.yaml"), capsys)


def test_a_column_of_the_source_that_is_called_like_ours_is_that_of_the_source(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in ROWS if row.count(",") == 3 and ",," not in row]
    log.write_text("\n".join(["c,t,a,w,duban:file", *(f"{row},service_desk" for row in rows)]), encoding="utf-8")
    log_map = log.with_name("m.yaml")
    log_map.write_text(MAP.replace("actor: w", 'actor: w, role: "duban:file"'), encoding="utf-8")
    out = log.with_name("out.parquet")
    convert(log, load_map(log_map), out)
    assert digest(out, log_map, capsys) == digest(log, log_map, capsys)
    assert {e.role for _, events in read_log(out, load_map(log_map)).cases for e in events} == {"service_desk"}
    assert columns_of(out, load_map(log_map)) is None and columns_of(out, mapped()) is not None


def test_what_was_converted_can_be_converted_again_and_still_names_the_first_source(log: Path) -> None:
    once, twice = log.with_name("1.parquet"), log.with_name("2.parquet")
    convert(log, mapped(), once)
    convert(once, mapped(), twice)
    about = converted(twice)
    assert about is not None and about.source.name == "台账.csv" and twice.read_bytes() == once.read_bytes()


def test_a_workbook_is_converted_for_its_map_and_read_with_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["c", "t", "a", "w"], [1, 46083.5, "A", "李"], [1, datetime(2026, 3, 2, 13, 30), "B", "=1+1"]):
        book.active.append(row)
    path, out, log_map = tmp_path / "log.xlsx", tmp_path / "log.parquet", mapped("zone: Asia/Shanghai\n")
    book.save(path)
    convert(path, log_map, out)
    assert read_log(out, log_map) == read_log(path, log_map) and [str(u.place) for u in read_log(out, log_map).unreadable] == ["Sheet!3"]
    other = read_map(MAP.replace("actor: w", "actor: w, role: t").replace("time: t", "time: a"), "m.yaml")
    with pytest.raises(UnreadableLog, match="the map of its conversion read otherwise: a, t"):
        read_log(out, other)
    (tmp_path / "other.yaml").write_text(MAP.replace("actor: w", "actor: w, role: t").replace("time: t", "time: a"), encoding="utf-8")
    assert main(["replay", "--log", str(out), "--map", str(tmp_path / "other.yaml"), "--lang", "en"]) == 2
    assert "read otherwise" in capsys.readouterr().err
    assert main(["log", "convert", str(path), str(out), "--lang", "en"]) == 2
    assert "a workbook needs --map" in capsys.readouterr().err


def test_a_source_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text("<log><trace><event><string key='a' value='b'/></event>", encoding="utf-8")
    with pytest.raises(UnreadableLog):
        convert(path, mapped(), tmp_path / "out.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["log.xes"]


def test_the_source_is_never_written_over(log: Path) -> None:
    before = log.read_bytes()
    with pytest.raises(BadInput, match="not written over"):
        convert(log, mapped(), log)
    with pytest.raises(BadInput, match="cannot write the file"):
        convert(log, mapped(), log.parent / "none" / "out.parquet")
    assert log.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "sha256", "log_map"),
    [
        ("phmsa_events.csv.gz", "42d5957a4569c51fdcfb55d159af2b78f4f05b75519967151f89edc5123d8b52", "phmsa.yaml"),
        pytest.param(
            "uci498_incident_event_log.csv.gz",
            "b7ba39eb61aecd060af14daa4a1a7af2988f58f516086bb319d035cc747df4b2",
            "uci498.yaml",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_real_log_converted_is_the_same_log(
    name: str, sha256: str, log_map: str, shared_logs: Callable[[str, str], Path], tmp_path: Path
) -> None:
    path, found = shared_logs(name, sha256), load_map(ROOT / "examples" / "maps" / log_map)
    convert(path, found, tmp_path / "log.parquet")
    assert read_log(tmp_path / "log.parquet", found) == read_log(path, found)


@pytest.mark.slow
def test_the_road_log_converted_is_the_same_log(shared_logs: Callable[[str, str], Path], tmp_path: Path) -> None:
    sha256 = "dc9e0e65c964c8ce2a720687ecf17d8204a5cced5db2267c717ed39ada665da8"
    path = shared_logs("Road_Traffic_Fine_Management_Process.xes.gz", sha256)
    found = load_map(ROOT / "examples" / "maps" / "road.yaml")
    assert convert(path, found, tmp_path / "log.parquet").instants == ["time:timestamp"]
    assert read_log(tmp_path / "log.parquet", found) == read_log(path, found)


# of other programs


def test_a_time_with_a_zone_is_an_instant_and_one_without_needs_a_policy(tmp_path: Path) -> None:
    noon = datetime(2026, 3, 2, 12)
    path = foreign(tmp_path, c=["1"], a=["A"], w=pa.array([None], pa.string()), t=pa.array([noon], pa.timestamp("ns", "Asia/Shanghai")))
    [(_, [event])] = read_log(path, mapped()).cases
    assert event.happened.lo == event.happened.hi == datetime(2026, 3, 2, 12, tzinfo=UTC) and event.zone == ""
    path = foreign(tmp_path, c=["1"], a=["A"], w=["x"], t=pa.array([noon], pa.timestamp("ms")))
    [(_, [event])] = read_log(path, mapped("zone: Asia/Shanghai\n")).cases
    assert event.happened.lo == event.happened.hi == datetime(2026, 3, 2, 4, tzinfo=UTC) and event.zone == "Asia/Shanghai"
    with pytest.raises(NaiveTime):
        read_log(path, mapped())


def test_values_of_every_type_are_words(tmp_path: Path) -> None:
    columns = {
        "c": pa.array([7], pa.int64()),
        "t": pa.array([date(2026, 3, 2)], pa.date32()),
        "a": pa.array([b"A"], pa.binary()),
        "w": pa.array([1.5], pa.float64()),
        "x1": pa.array([2.0], pa.float32()),
        "x2": pa.array([True]),
        "x3": pa.array([Decimal("1.50")]),
        "x4": pa.array([time(9, 30)], pa.time64("ns")),
        "x5": pa.array(["x"], pa.large_string()).dictionary_encode(),
        "x6": pa.array([None], pa.null()),
    }
    [(case, [event])] = read_log(foreign(tmp_path, **columns), mapped("zone: Asia/Shanghai\n")).cases
    assert (case, event.actor) == ("7", "1.5") and event.happened.hi - event.happened.lo > time.resolution
    assert event.row.split("\x1f") == ["A", "7", "2026-03-02", "1.5", "2", "true", "1.50", "09:30:00", "x", ""]


def test_a_file_without_columns_or_with_a_row_group_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableLog, match="no columns"):
        read_log(foreign(tmp_path), mapped())
    monkeypatch.setattr("adapters.eventlog.parquetlog.MAX_GROUP", 10)
    with pytest.raises(UnreadableLog, match="row group"):
        read_log(foreign(tmp_path, c=["1"], a=["A"], w=["x"], t=["2026-03-02"]), mapped())


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-6], lambda b: b[: len(b) // 2], lambda b: b[:4], lambda b: b[:40] + b"\xff" * 60 + b[100:]]
)
def test_a_broken_file_is_refused(log: Path, spoil: Callable[[bytes], bytes]) -> None:
    out = log.with_name("out.parquet")
    convert(log, mapped(), out)
    out.write_bytes(spoil(out.read_bytes()))
    with pytest.raises(UnreadableLog, match=r"out\.parquet"):
        read_log(out, mapped())


@pytest.mark.parametrize(
    "said", [b"{", b"[]", b'{"format": 2}', b'{"format": 1}', b'{"format": 1, "source": {"name": "x", "sha256": ""}, "header": ["c"]}']
)
def test_metadata_that_is_not_ours_is_refused(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"c": ["1"]}).replace_schema_metadata({b"duban.log": said}), path)
    with pytest.raises(UnreadableLog, match="metadata"):
        read_log(path, mapped())


def test_without_the_library_the_extra_is_named(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra) as caught:
        convert(log, mapped(), log.with_name("out.parquet"))
    assert caught.value.hint is not None and "duban[parquet]" in caught.value.hint.en
