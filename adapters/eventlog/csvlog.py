"""CSV logs (``.csv``, ``.csv.gz``) read row by row.

Every row is accounted for: read = events + ignored + unreadable (a snapshot that changes nothing counts as ignored). Nothing of a log is
executed. Inside a case the order is: instant, sequence column, the map's activity order, canonical row bytes; never the row number
(SEMANTICS S10.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from adapters.eventlog.lines import Records
from adapters.eventlog.stamp import BadRow, Stamps
from workflow.errors import BadMap, NaiveTime, UnreadableLog, WrongType
from workflow.journal.canonical import Json
from workflow.logmap import FLOATING, FactColumn, LogEvent, LogMap, read_map
from workflow.moment import Moment
from workflow.procedure.fact import read_value
from workflow.text import Text

_CACHE = 65_536
_UTC = ZoneInfo("UTC")
_WHOLE = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_UNSEQUENCED = -(10**18)
"""Rows without a sequence number come before those that have one."""
_IGNORED = -1
T = TypeVar("T")

Keyed = tuple[datetime, datetime, int, int, str, int, LogEvent]
"""An event behind what orders it (S10.1): instant, sequence, activity order, row bytes. The row number only stands between equal rows."""


class Unreadable(NamedTuple):
    """A row that was not read: its number (the header is row 1) and why."""

    row: int
    reason: Text


@dataclass(slots=True)
class LogRead:
    """What a log held. ``cases`` is sorted by case id, by code point."""

    cases: list[tuple[str, list[LogEvent]]] = field(default_factory=list)
    read: int = 0
    ignored: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    """In the order of the file."""
    last: datetime | None = None
    """The last instant of the rows that were read, those of a snapshot that changes nothing included; ``None`` without any."""
    duplicates: int = 0
    """Events whose row stands more than once in the log, less one of each."""


def load_map(path: Path) -> LogMap:
    """Read a map file. Raises :class:`~workflow.errors.BadMap` with every problem."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadMap(Text(f"不能读取映射文件:{error.strerror}", f"cannot read the map: {error.strerror}"), where=str(path)) from None
    return read_map(text, str(path))


def read_log(path: Path, log_map: LogMap, progress: Callable[[int], None] | None = None) -> LogRead:
    """Read a whole log. ``progress`` is called with the number of rows read so far, now and then.

    Raises :class:`~workflow.errors.UnreadableLog` when the file cannot be read at all (missing, truncated, not text, a column that the map
    names is not there) and :class:`~workflow.errors.NaiveTime` when a stamp has no offset and the map no zone policy. A single bad row is
    counted in ``unreadable`` with its reason.
    """
    found = LogRead()
    cases: dict[str, list[Keyed]] = {}
    records = iter(Records(path, log_map.encoding, log_map.delimiter))
    rows = _Rows(log_map, _header(next(records, None), path.name), path.name)
    for number, fields in records:
        found.read += 1
        if progress is not None and found.read % 2000 == 0:
            progress(found.read)
        try:
            if isinstance(fields, Text):
                raise BadRow(fields)
            read = rows.read(fields, number)
        except BadRow as bad:
            found.unreadable.append(Unreadable(number, bad.reason))
        except NaiveTime as error:
            error.where = f"{path.name}:{number}"
            raise
        else:
            if read is None:
                found.ignored += 1
            elif read[0] in cases:
                cases[read[0]].append(read[1])
            else:
                cases[read[0]] = [read[1]]
    for case in sorted(cases):
        events = _in_order(cases.pop(case), log_map, found)
        if events:
            found.cases.append((case, events))
    found.unreadable.sort(key=itemgetter(0))
    return found


def _in_order(keyed: list[Keyed], log_map: LogMap, found: LogRead) -> list[LogEvent]:
    """The events of one case in their total order, with what does not count taken out and counted."""
    keyed.sort()
    if any(k[-1].zone == FLOATING for k in keyed) and any(k[-1].zone != FLOATING for k in keyed):
        reason = Text("同案其他行有时区而此行没有,无法比较", "it has no zone and other rows of its case have: they cannot be compared")
        found.unreadable += [Unreadable(k[-1].number, reason) for k in keyed if k[-1].zone == FLOATING]
        keyed = [k for k in keyed if k[-1].zone != FLOATING]
    last = max((k[1] for k in keyed), default=None)
    if last is not None and (found.last is None or last > found.last):
        found.last = last
    if log_map.snapshot:
        activities = [(order, event.name) for *_, order, _, _, event in keyed]
        kept = [k for i, k in enumerate(keyed) if i == 0 or activities[i] != activities[i - 1]]
        found.ignored += len(keyed) - len(kept)
        keyed = kept
    events: list[LogEvent] = []
    for *_, event in keyed:
        # equal rows have equal keys, so the one before is the only one that can be the same
        if events and events[-1].row == event.row:
            event = event._replace(duplicate=True)
            found.duplicates += 1
        events.append(event)
    return events


def _header(record: tuple[int, list[str] | Text] | None, where: str) -> list[str]:
    if record is None:
        raise UnreadableLog(Text("日志是空的", "the log is empty"), where=where)
    names = record[1]
    if isinstance(names, Text):
        raise UnreadableLog(Text("读不出标题行:", "the header row cannot be read: ") + names, where=where)
    return [name.strip().lstrip("\ufeff") for name in names]


class _Rows:
    """Turns the fields of a row into an event, under one map and one header."""

    def __init__(self, log_map: LogMap, header: list[str], where: str) -> None:
        columns, zone = log_map.columns, log_map.zone
        self._map = log_map
        self._width = len(header)
        places = sorted(range(self._width), key=lambda i: (header[i], i))
        self._by_name = itemgetter(*places) if places != list(range(self._width)) else None
        self._stamps = Stamps(log_map)
        self._moments: dict[tuple[str, str, str], tuple[Moment, str]] = {}
        self._missing = frozenset(log_map.missing)
        self._said = _Memo(lambda word: "" if word.strip() in self._missing else word.strip())
        self._activity = _Memo(self._read_activity)
        self._role = _Memo(self._read_role)
        self._sequence = _Memo(self._read_sequence)
        fields = [columns.case, columns.activity, columns.time, zone.column if zone else None, columns.date_only]
        fields += [columns.actor, columns.role, columns.sequence, *(f.column for f in log_map.facts.values())]
        _demand([f for f in fields if f is not None], header, where)
        blank = len(header)  # the place of an empty field behind the row, for columns that the map does not name
        self._pick = itemgetter(*(blank if f is None else header.index(f) for f in fields))
        self._facts = [_Fact(name, column) for name, column in log_map.facts.items()]

    def read(self, fields: list[str], number: int) -> tuple[str, Keyed] | None:
        """The case and its event; ``None`` for a row to be ignored. Raises :class:`BadRow`."""
        if len(fields) != self._width:
            raise BadRow(Text(f"有 {len(fields)} 个字段,应为 {self._width} 个", f"{len(fields)} fields instead of {self._width}"))
        content = "\x1f".join(fields if self._by_name is None else self._by_name(fields))
        if "\0" in content or content.count("\x1f") >= self._width:
            raise BadRow(Text("含有控制字符 NUL 或 U+001F", "it holds a control character, NUL or U+001F"))
        fields.append("")
        case, activity, time, zone, date_only, actor, role, sequence, *facts = self._pick(fields)
        order, name, known = self._activity[activity]
        if order == _IGNORED:
            return None
        case = case.strip()
        if case in self._missing:
            raise BadRow(Text("没有案件编号", "no case id"))
        if not name:
            raise BadRow(Text("没有活动", "no activity"))
        stamp = (time, zone, date_only)
        moment, read_in = self._moments.get(stamp) or self._moment(stamp)
        stated = tuple([f.read(word) for f, word in zip(self._facts, facts, strict=True) if self._said[word]]) if facts else ()
        event = LogEvent(name, known, moment, self._said[actor], number, content, self._role[role], read_in, stated)
        return case, (moment.lo, moment.hi, self._sequence[sequence], order, content, number, event)

    def _moment(self, stamp: tuple[str, str, str]) -> tuple[Moment, str]:
        if len(self._moments) >= _CACHE:
            self._moments.clear()
        found = self._moments[stamp] = self._stamps.read(*stamp)
        return found

    def _read_activity(self, word: str) -> tuple[int, str, bool]:
        word = self._said[word]
        if word in self._map.ignore:
            return _IGNORED, word, False
        if word in self._map.activities:
            return list(self._map.activities).index(word), self._map.activities[word], True
        return len(self._map.activities), word, False

    def _read_role(self, word: str) -> str:
        word = self._said[word]
        return self._map.roles.get(word, word) if word else self._map.role

    def _read_sequence(self, word: str) -> int:
        word = self._said[word]
        if not word:
            return _UNSEQUENCED
        if not _WHOLE.match(word):
            raise BadRow(Text(f"序号 {word!r} 不是整数", f"the sequence {word!r} is not a whole number"))
        return int(word)


class _Memo(dict[str, T]):
    """What ``read`` makes of a word, worked out once: the words of a log repeat. Bounded."""

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, word: str) -> T:
        if len(self) >= _CACHE:
            self.clear()
        value = self[word] = self._read(word)
        return value


class _Fact:
    """Reads the words of one column as values of a fact."""

    def __init__(self, name: str, column: FactColumn) -> None:
        self._name = name
        self._column = column
        self._values = _Memo(self._value)

    def read(self, word: str) -> tuple[str, Json]:
        return self._name, self._values[word]

    def _value(self, word: str) -> Json:
        word = word.strip()
        try:
            if self._column.type != "choice":
                return read_value(self._name, self._column.type, {}, word, _UTC)
            if word in self._column.of:
                return self._column.of[word]
            raise WrongType(Text("不在 of 之中", "it is not among 'of'"))
        except WrongType as error:
            place = Text(f"列 {self._column.column} 的 {word!r}:", f"{word!r} in column {self._column.column}: ")
            raise BadRow(place + error.message) from None


def _demand(wanted: list[str], header: list[str], where: str) -> None:
    """Raise :class:`UnreadableLog` unless each column is there, and once."""
    hint = Text("现有列:" + "、".join(header[:60]), "it has: " + ", ".join(header[:60]))
    absent = [c for c in dict.fromkeys(wanted) if c not in header]
    if absent:
        raise UnreadableLog(Text(f"日志没有列 {'、'.join(absent)}", f"the log has no column {', '.join(absent)}"), where=where, hint=hint)
    twice = [c for c in dict.fromkeys(wanted) if header.count(c) > 1]
    if twice:
        raise UnreadableLog(Text(f"列名重复:{'、'.join(twice)}", f"more than one column {', '.join(twice)}"), where=where, hint=hint)
