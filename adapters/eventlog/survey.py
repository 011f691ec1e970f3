"""A log looked through before it is trusted: its columns, its cases, its times, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from adapters.eventlog.guess import Guess, guess, reading
from adapters.eventlog.history import LogRead, Unreadable, read_log
from adapters.eventlog.kind import is_ocel, is_workbook, open_table
from adapters.eventlog.lines import Records
from adapters.eventlog.ocelfiles import read_ocel
from adapters.eventlog.packed import unpacked
from adapters.eventlog.profile import Column, columns_of, word_of
from adapters.eventlog.xlsxlog import xlsx_beginnings
from workflow.logevent import LogEvent
from workflow.logmap import Columns, LogMap
from workflow.text import Text

BARE = LogMap(procedure="-", columns=Columns(case="-", time=("-",), activity="-"), activities={"-": "-"})
"""For a log without a map: its columns as they stand, of CSV in UTF-8 with commas."""
_LOOK = 65_536
_ROWS = 10
_DELIMITERS = ",;\t|"
_ODD = re.compile(r"[年月日时点:]|\d{3,}")


@dataclass(slots=True)
class Survey:
    """What was found. What is counted by case is empty where the log looks like none (``read`` is ``None``)."""

    columns: list[Column]
    looks: Guess
    base: LogMap
    """How the file is read: the given map, or what the file looks like."""
    rows: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    notes: tuple[Text, ...] = ()
    """Of :class:`adapters.eventlog.table.Table`."""
    read: LogRead | None = None
    activities: Counter[str] = field(default_factory=Counter)
    positions: Counter[str] = field(default_factory=Counter)
    """Activity → the sum of its numbers within the cases."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Activities that the map does not name."""
    zones: Counter[str] = field(default_factory=Counter)
    """Zone in which clock faces were read → events; empty: the stamp gave its offset."""
    span: tuple[datetime, datetime] | None = None
    ties: int = 0
    """Events at the very instant of another one of their case."""
    split: int = 0
    """Cases whose events stand in several traces of XES: they count as one."""
    backward: int = 0
    """Events that stand behind a later one of their case in the file."""

    @property
    def course(self) -> list[tuple[str, int]]:
        """The activities with their counts, as they mostly follow each other within a case."""
        return sorted(self.activities.items(), key=lambda a: (Fraction(self.positions[a[0]], a[1]), a[0]))


def survey(path: Path, log_map: LogMap | None, progress: Callable[[int], None] | None = None) -> Survey:
    """Look through the log at ``path``, read under its map, or without one as it looks.

    Raises :class:`~workflow.errors.UnreadableLog` as :func:`adapters.eventlog.read_log` does.
    """
    base = log_map or bare(path)
    table = open_table(path, base)
    columns = columns_of(table.header)
    rows, unreadable = 0, []
    for place, fields in table.rows:
        rows += 1
        if progress is not None and rows % 2000 == 0:
            progress(rows)
        if isinstance(fields, Text):
            unreadable.append(Unreadable(place, fields))
        elif len(fields) != len(columns):
            width = len(columns)
            unreadable.append(
                Unreadable(place, Text(f"有 {len(fields)} 个字段,应为 {width} 个", f"{len(fields)} fields instead of {width}"))
            )
        else:
            for column, text in zip(columns, fields, strict=True):
                column.take(text)
    looks = guess(columns, rows)
    found = Survey(columns, looks, base, rows, unreadable, table.notes)
    by = log_map or reading(looks, columns, base)
    if by is not None:
        _judge(found, read_log(path, by, progress), log_map)
    return found


def _judge(found: Survey, read: LogRead, log_map: LogMap | None) -> None:
    found.read, found.unreadable = read, read.unreadable
    for _, events in read.cases:
        for number, event in enumerate(events):
            found.activities[event.name] += 1
            found.positions[event.name] += number
            found.zones[event.zone] += 1
            if log_map is not None and not event.known:
                found.unknown[event.name] += 1
        lo, hi = events[0].happened.lo, max(e.happened.hi for e in events)
        found.span = (lo, hi) if found.span is None else (min(found.span[0], lo), max(found.span[1], hi))
        found.ties += sum(a.happened == b.happened for a, b in pairwise(events))
        found.backward += _backward(events)
        found.split += bool(events[0].place.event) and len({e.place.row for e in events}) > 1


def _backward(events: list[LogEvent]) -> int:
    count = 0
    latest: datetime | None = None
    for event in sorted(events, key=lambda e: e.place):
        count += latest is not None and event.happened.hi < latest
        latest = event.happened.lo if latest is None else max(latest, event.happened.lo)
    return count


def bare(path: Path) -> LogMap:
    """How a file without a map is to be read: encoding and delimiter of CSV, header rows, the type of objects with the most events.

    Raises :class:`~workflow.errors.UnreadableLog`.
    """
    if is_workbook(path):
        sheets = xlsx_beginnings(path, BARE, _ROWS)
        title = next((name for name, rows in sheets.items() if rows), None)
        header = _header(sheets[title]) if title is not None else (1,)
        return BARE.model_copy(update={"header": header, "sheet": title if len(sheets) > 1 else None})
    with unpacked(path) as data:
        start = data.read(_LOOK)
    if is_ocel(path):
        types = read_ocel(path, start).types()
        return BARE.model_copy(update={"object_type": next(iter(types), None)})
    if start[:4] == b"PAR1" or start.lstrip()[:1] == b"<":
        return BARE
    encoding = "utf-8"
    try:
        start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:
            encoding = "gb18030"
    text = start.decode(encoding, errors="replace")
    line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=lambda d: len(next(csv.reader(io.StringIO(line), delimiter=d), [])))
    base = BARE.model_copy(update={"encoding": encoding, "delimiter": delimiter})
    rows: list[tuple[int, list[str]]] = []
    for place, fields in Records(path, base.encoding, base.delimiter):
        if len(rows) == _ROWS:
            break
        if not isinstance(fields, Text):
            rows.append((place.row, fields))
    return base.model_copy(update={"header": _header(rows)})


def _header(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, ...]:
    """The rows that look like the header: the first with two names at least, and those below that hold the parts of joined cells."""
    first = next((i for i, (_, names) in enumerate(rows) if sum(bool(n.strip()) for n in names) > 1), None)
    if first is None:
        return (1,)
    number, above = rows[first]
    found = [number]
    for number, names in rows[first + 1 : first + 3]:
        width = max(len(above), len(names))
        above, below = ([*r, *[""] * (width - len(r))] for r in (above, names))
        joined = any(not a.strip() and b.strip() for a, b in zip(above, below, strict=True))
        words = [w for w in below if w.strip()]
        if not joined or any(word_of(w).kind != "text" or _ODD.search(w) for w in words) or all(b.strip() for b in below):
            break
        found.append(number)
        above = [a or b for a, b in zip(above, below, strict=True)]
    return tuple(found)
