"""The same history in another kind of file is the same history: the report and its digest do not change."""

from __future__ import annotations

import csv
import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from adapters.calendars import shipped
from adapters.eventlog import LogRead, read_log
from adapters.eventlog.convert import convert
from adapters.eventlog.instants import taken, written
from adapters.library import shipped_definitions
from workflow.logmap import LogMap, read_map
from workflow.replay import replay_log
from workflow.rules import Rules

Log = list[dict[str, str]]

COLUMNS = ["case:concept:name", "concept:name", "time:timestamp", "org:resource", "seq"]
ACTIVITIES = ["occurred", "identified", "on_site", "phone_report", "written_report"]
BASE = f"""\
procedure: pipeline-incident
columns: {{case: "case:concept:name", activity: "concept:name", time: "time:timestamp", actor: "org:resource", sequence: seq}}
formats: iso
zone: Asia/Shanghai
activities: {{{", ".join(f"{a}: {a}" for a in ACTIVITIES)}}}
ignore: noise
"""
LOG_MAP = read_map(BASE, "map.yaml")
VERSIONS = [Rules(d.procedure, d.hash) for d in shipped_definitions("pipeline-incident")]
CALENDAR = shipped("cn")
START = datetime(2017, 3, 22, 23, 40)

stamps = st.integers(0, 3 * 72).map(lambda n: (START + n * timedelta(minutes=20)).isoformat(" "))
rows = st.fixed_dictionaries(
    {
        "case:concept:name": st.sampled_from(["1", "2", "案 3", ""]),
        "concept:name": st.sampled_from([*ACTIVITIES, "identified", "phone_report", "riot", "noise"]),
        "time:timestamp": st.one_of(stamps, stamps, stamps.map(lambda s: s[:16]), stamps.map(lambda s: s + "+01:00"), st.just("soon")),
        "org:resource": st.sampled_from(["a", "王 & <李>", ""]),
        "seq": st.sampled_from(["", "", "1", "2"]),
    }
)
logs = st.lists(rows, min_size=1, max_size=12)


def replayed(path: Path, log_map: LogMap = LOG_MAP) -> dict[str, Any]:
    found = read_log(path, log_map)
    counts = {"read": found.read, "ignored": found.ignored, "unreadable": len(found.unreadable)}
    return replay_log(found.cases, log_map, VERSIONS, CALENDAR, **counts, as_of=found.last).document()


def as_csv(folder: str, log: Log, columns: list[str] = COLUMNS) -> Path:
    path = Path(folder) / "log.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(log)
    return path


def as_xes(folder: str, log: Log) -> Path:
    """Each row as a trace of its own; the first has every attribute, so that every column is there; of the others only what is said."""
    traces = []
    for n, row in enumerate(log):
        said = {k: v for k, v in row.items() if v or n == 0}
        attributes = {k: f"<string key={quoteattr(k.removeprefix('case:'))} value={quoteattr(v)}/>" for k, v in said.items()}
        about = attributes.pop("case:concept:name", "")
        traces.append(f"<trace><event>{''.join(attributes.values())}</event>{about}</trace>")
    path = Path(folder) / "log.xes"
    path.write_text(f"<log>{''.join(traces)}</log>", encoding="utf-8")
    return path


def as_xlsx(folder: str, log: Log, columns: list[str] = COLUMNS) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(columns)
    for row in log:
        sheet.append([row.get(c) or None for c in columns])
    path = Path(folder) / "log.xlsx"
    book.save(path)
    return path


@given(logs, st.randoms(use_true_random=False))
def test_csv_and_xes_of_the_same_events_give_the_same_report(log: Log, chance: random.Random) -> None:
    mixed = list(log)
    chance.shuffle(mixed)
    with tempfile.TemporaryDirectory() as folder:
        assert replayed(as_csv(folder, log)) == replayed(as_xes(folder, mixed))


@given(logs, st.randoms(use_true_random=False))
def test_csv_and_a_workbook_of_the_same_events_give_the_same_report(log: Log, chance: random.Random) -> None:
    mixed = list(log)
    chance.shuffle(mixed)
    with tempfile.TemporaryDirectory() as folder:
        assert replayed(as_csv(folder, log)) == replayed(as_xlsx(folder, mixed))


# converted


def both(path: Path, log_map: LogMap) -> tuple[LogRead, LogRead]:
    """A log as it is read, and as it is read once it was converted to Parquet."""
    out = path.with_suffix(".parquet")
    convert(path, log_map, out)
    return read_log(path, log_map), read_log(out, log_map)


WRITERS = {"csv": as_csv, "xes": as_xes, "xlsx": as_xlsx}


@given(logs, st.sampled_from(sorted(WRITERS)))
def test_a_converted_log_has_every_row_with_its_place_its_text_and_its_instant(log: Log, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, parquet = both(WRITERS[kind](folder, log), LOG_MAP)
        assert parquet == source


zoned = st.lists(
    st.tuples(
        st.datetimes(datetime(1850, 1, 1), datetime(2200, 1, 1)),
        st.sampled_from(["T", " "]),
        st.sampled_from(["seconds", "milliseconds", "microseconds", "minutes"]),
        st.sampled_from(["Z", "+00:00", "+08:00", "-0330", "+14:00"]),
    ).map(lambda t: t[0].isoformat(t[1], t[2]) + t[3]),
    min_size=1,
    max_size=8,
)


@given(zoned)
def test_a_column_of_instants_keeps_how_each_was_written(stamps: list[str]) -> None:
    log = [dict(zip(COLUMNS, ["1", "identified", stamp, "a", ""], strict=True)) for stamp in stamps]
    with tempfile.TemporaryDirectory() as folder:
        source, parquet = both(as_csv(folder, log), LOG_MAP)
        assert parquet == source and source.unreadable == []


@given(st.text("0123456789-:.+TZ ", max_size=32) | zoned.map(lambda s: s[0]))
def test_a_stamp_that_is_taken_as_an_instant_can_be_written_again(text: str) -> None:
    found = taken(text)
    if found is not None:
        assert written(*found) == text


# one row a case


TIDY = BASE.replace(", sequence: seq", "")
WIDE = f"""\
procedure: pipeline-incident
columns: {{case: 编号}}
wide: {{{", ".join(f"{a} at: {{activity: {a}, actor: {a} by}}" for a in (*ACTIVITIES, "noise"))}}}
formats: {TIDY.partition("formats: ")[2]}"""
histories = st.lists(
    st.dictionaries(st.sampled_from([*ACTIVITIES, "noise"]), st.tuples(stamps, st.sampled_from(["a", "王", ""])), min_size=1),
    min_size=1,
    max_size=6,
)


@given(histories, st.sampled_from(["csv", "xlsx"]))
def test_one_row_a_case_and_one_row_an_event_give_the_same_report(history: list[dict[str, tuple[str, str]]], kind: str) -> None:
    wide: Log = []
    tidy: Log = []
    for n, steps in enumerate(history):
        wide.append({"编号": f"案{n}"} | {f"{a} {k}": w for a, said in steps.items() for k, w in zip(("at", "by"), said, strict=True)})
        tidy += [
            {"case:concept:name": f"案{n}", "concept:name": a, "time:timestamp": t, "org:resource": w, "seq": ""}
            for a, (t, w) in steps.items()
        ]
    columns = ["编号", *(f"{a} {k}" for a in (*ACTIVITIES, "noise") for k in ("by", "at"))]
    with tempfile.TemporaryDirectory() as folder:
        before = replayed(as_csv(folder, tidy), read_map(TIDY, "tidy.yaml"))
        write = as_csv if kind == "csv" else as_xlsx
        path, log_map = write(folder, wide, columns), read_map(WIDE, "wide.yaml")
        assert replayed(path, log_map) == before
        source, parquet = both(path, log_map)
        assert parquet == source
