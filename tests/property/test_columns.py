"""A log replayed by columns gives the bytes that it gives row by row, whatever the procedure, the history, the order and the shares."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.law import Law
from adapters.library import shipped_definitions
from adapters.logsource import LogSource, opened, read_rows
from adapters.partition import Found, replayed, serial
from tests.examples import examples
from workflow.logmap import read_map
from workflow.procedure.load import Definition, load
from workflow.procedure.source import BrokenDefinition
from workflow.rules import Rules

pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")

CALENDAR = shipped("cn")
START = datetime(2026, 2, 10, 1, tzinfo=UTC)
"""Tuesday 9:00 in Shanghai, in the week before the Spring Festival."""
CHANGED = datetime(2017, 3, 22, 1, tzinfo=UTC)
"""Two days before another version of the pipeline procedure came into force."""
TERMS = (
    "2 hours",
    "90 minutes",
    "1 day",
    "5 days",
    "3 working days",
    "1 month",
    "2 days roll",
    "2 working days cutoff 12:00",
    "promptly",
    "30 hours",
    "1 day counting the start day",
    "until 17:30",
    "end of week",
    "by 02-28",
)
STARTS = ("case", "go", "{on: go, each: true}", "{on: [go, again]}", "{on: go, instant: recorded}", "{on: go, instant: submitted}")
ALTERNATIVES = (
    "[{is: %s}]",
    "[{is: {earlier_of: [%s, 4 days]}}]",
    "[{is: {earlier_of: [%s, 30 hours]}}]",
    "[{is: {later_of: [%s, 1 day]}}]",
    "[{when: {kind: a}, is: %s}, {when: {kind: b}, is: 2 days}, {when: unknown, is: 1 day}]",
    "[{when: {happened: again}, is: %s}, {is: 3 days}]",
)
MORE = (
    "",
    "discharged_by: cancel",
    "owed_when: {kind: a}",
    "owed_when: {happened: again}, discharged_by: cancel",
    "owed_when: {kind: a}, counts_from: occurrence",
    "owed_when: {kind: a}, discharged_by: cancel, recount: from_change",
    "early: contradiction",
    "modality: target",
    "recount: from_change",
    "receipt: 1 hour",
    "pause: [{from: hold, until: resume}]",
    "counts: received",
)
WORDS = ("start", "go", "again", "办结", "办结", "cancel", "hold", "resume", "close", "riot", "done", "received:2")
MOVES = (
    ("", ""),
    ("from: open.first, to: open.second", "from: any, to: closed"),
    ("from: [open], to: open.second", "from: open.second, to: closed"),
)

YAML = """
procedure: small
version: "1"
zh: 小程序
en: small
zone: %(zone)s
roles: {desk: {zh: 值班, en: desk, level: town}, boss: {zh: 领导, en: boss, level: county}}
facts: {kind: {zh: 类, en: kind, type: choice, of: {a: {zh: 甲, en: a}, b: {zh: 乙, en: b}}, revise: boss}}
initial: open
states:
  open: {zh: 在办, en: open, initial: first, states: {first: {zh: 一, en: first}, second: {zh: 二, en: second}}}
  closed: {zh: 结束, en: closed, final: true}
events:
  start: {zh: 开始, en: start, opens: true, by: desk, basis: unit}
  go: {zh: 起算, en: go, by: boss, %(go)s, basis: unit}
  again: {zh: 再次, en: again, basis: unit}
  done: {zh: 办结, en: done, by: desk, report: {kind: first, medium: %(medium)s, to: boss}, basis: unit}
  cancel: {zh: 取消, en: cancel, by: boss, basis: unit}
  hold: {zh: 中止, en: hold, by: boss, basis: unit}
  resume: {zh: 恢复, en: resume, by: boss, basis: unit}
  close: {zh: 结束, en: close, %(close)s, by: boss, basis: unit}
obligations:
  one: {zh: 一, en: one, owed: {by: desk, to: boss}, starts: %(starts)s, term: %(term)s, met_by: done, %(more)s, basis: unit}
  two: {zh: 二, en: two, owed: {by: boss}, starts: {on: start}, term: [{is: 1 day}], met_by: [again, close], basis: unit}
"""
MAP = """
procedure: small
columns: {case: case, activity: what, time: when, role: role, actor: who, sequence: seq}
formats: iso
activities: {start: start, go: go, again: again, 办结: done, cancel: cancel, hold: hold, resume: resume, close: close}
facts: {kind: {column: kind, type: choice, of: {甲: a, 乙: b}}}
ignore: noise
trust: stated
"""


@cache
def definition(zone: str, medium: str, starts: str, term: str, more: str, moves: tuple[str, str]) -> Definition:
    go, close = moves
    given = {"zone": zone, "medium": medium, "starts": starts, "term": term, "more": more or "tiers: []", "go": go or "when: null"}
    text = YAML % {**given, "close": close or "from: open, to: closed"}
    starting = starts if starts.startswith("{") else f"{{on: {starts}}}"
    return load(text.replace(f"starts: {starts}", f"starts: {starting}", 1).encode(), "small.yaml")


def law(versions: Sequence[Rules], text: str, as_of: datetime | None = None) -> Law:
    return Law(read_map(text, "map.yaml"), versions, CALENDAR, as_of)


def results(source: LogSource, given: Law, jobs: int, folder: Path) -> tuple[dict[str, Any], list[bytes], Any, Any]:
    """What a report says, and the dossiers."""
    folder.mkdir()
    found: Found = replayed(list(source.shares(jobs)), _until(given, source), folder, serial())
    found.report.events.update(read=source.read, ignored=source.ignored, unreadable=len(source.unreadable))
    lines = sorted(line for file in found.files for line in file.read_bytes().splitlines())
    return found.report.document(), lines, found.verdicts, found.records


def _until(given: Law, source: LogSource) -> Law:
    return given if given.as_of is not None else given._replace(as_of=source.last())


def same(rows: list[dict[str, Any]], given: Law, shares: int) -> None:
    """Both ways give the same; and the totals alone too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        kinds = {"when": pa.timestamp("us", "UTC"), "seq": pa.int64()}
        schema = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
        pq.write_table(pa.Table.from_pylist(rows, schema), path)
        by_columns = opened(path, given.log_map, given.versions)
        assert len(by_columns.counts()) == 1  # it was read by columns
        slow = results(read_rows(path, given.log_map), given, 1, Path(folder) / "rows")
        fast = results(by_columns, given, shares, Path(folder) / "columns")
        assert fast == slow
        digested = replayed(by_columns.shares(1), under := _until(given, by_columns), None, serial()).report
        assert digested.digest == slow[0]["digest"]
        counted = replayed(by_columns.counts(), under, None, serial()).report
        counted.events.update(read=by_columns.read, ignored=by_columns.ignored, unreadable=0)
        totals = {**slow[0], "digest": None if counted.counted else slow[0]["digest"]}
        assert counted.document() == totals


@st.composite
def logs(draw: st.DrawFn, words: Sequence[str], start: datetime = START) -> list[dict[str, Any]]:
    """Cases at instants on a grid where ties, midnights and instants of due dates are common; then copies of some at other times, of which
    an event is another or comes at another time."""
    step = st.sampled_from((0, 0, 60, 119, 120, 121, 899, 900, 1440, 5 * 1440, 9 * 1440))
    rows: list[dict[str, Any]] = []
    for case in range(draw(st.integers(1, 4))):
        at = start + timedelta(minutes=draw(st.sampled_from((0, 14 * 60, 15 * 60, 20_000))))
        course = draw(st.lists(st.tuples(st.sampled_from(words), step), max_size=6))
        for word, later in [(words[0], 0), *course]:
            at += timedelta(minutes=later)
            row = {"case": f"案{case}", "what": word, "when": at, "role": draw(st.sampled_from(("", "", "", "", "desk")))}
            row["who"], row["kind"] = draw(st.sampled_from(("", "甲%", '"乙"', "\ue000"))), draw(st.sampled_from(("", "", "", "甲", "乙")))
            rows.append({**row, "seq": draw(st.sampled_from((0, 0, 0, 1, None)))})
        for copy in range(draw(st.integers(0, 3))):
            shift = timedelta(minutes=draw(st.sampled_from((0, 1440, 7 * 1440, 30, 660))))
            twin = [{**r, "case": f"{r['case']}/{copy}", "when": r["when"] + shift} for r in rows if r["case"] == f"案{case}"]
            place, later = draw(st.integers(0, len(twin))), timedelta(minutes=draw(st.sampled_from((0, 1, 60, 1440))))
            twin[place:] = [{**r, "when": r["when"] + later} for r in twin[place:]]
            if 0 < place < len(twin):
                twin[place]["what"] = draw(st.sampled_from((twin[place]["what"], *words)))
            rows += twin
    if draw(st.booleans()):
        random.Random(draw(st.integers(0, 99))).shuffle(rows)
    return rows


@examples(60)
@given(
    logs(WORDS),
    st.sampled_from(("Asia/Shanghai", "Europe/Rome", "America/Sao_Paulo", "Asia/Kathmandu")),
    st.sampled_from(("any", "telephone", "written")),
    st.sampled_from(STARTS),
    st.sampled_from(ALTERNATIVES),
    st.sampled_from(TERMS),
    st.sampled_from(MORE),
    st.sampled_from(MOVES),
    st.integers(1, 3),
    st.sampled_from((None, timedelta(hours=30), timedelta(days=9))),
)
def test_by_columns_and_row_by_row_a_log_gives_the_same_bytes(
    rows: list[dict[str, Any]],
    zone: str,
    medium: str,
    starts: str,
    alternatives: str,
    term: str,
    more: str,
    moves: tuple[str, str],
    shares: int,
    until: timedelta | None,
) -> None:
    try:
        found = definition(zone, medium, starts, alternatives % term, more, moves)
    except BrokenDefinition:  # what is owed only of one kind has no term for the other
        reject()
    same(rows, law([Rules(found.procedure, found.hash)], MAP, START + until if until is not None else None), shares)


@examples(30)
@given(st.data(), st.sampled_from(sorted({d.procedure.procedure for d in shipped_definitions()})), st.integers(1, 3))
def test_so_it_is_under_every_shipped_procedure(data: st.DataObject, name: str, shares: int) -> None:
    versions = [Rules(d.procedure, d.hash) for d in shipped_definitions(name)]
    p = versions[-1].procedure
    events = [e for e, event in p.events.items() if not event.clockwork]
    text = (
        f"procedure: {name}\ncolumns: {{case: case, activity: what, time: when, actor: who, sequence: seq}}\nformats: iso\n"
        f"activities: {{{', '.join(f'{e}: {e}' for e in events)}}}\n"
    )
    opening = [e for e in events if p.events[e].opens]
    first = versions[0].procedure.in_force.since
    start = CHANGED if len(versions) > 1 else START if first is None else datetime.combine(first, time(4), UTC)
    rows = data.draw(logs([*opening, *events, "riot"], start))
    same([{k: v for k, v in row.items() if k not in ("role", "kind")} for row in rows], law(versions, text), shares)
