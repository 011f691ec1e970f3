"""The fields of a row as an event, under one map and one header."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from operator import itemgetter
from typing import TypeVar
from zoneinfo import ZoneInfo

from adapters.eventlog.stamp import BadRow, Stamps
from adapters.eventlog.table import CONTROLLED, Table, demand, wrong_width
from workflow.errors import WrongType
from workflow.journal.canonical import Json
from workflow.logevent import LogEvent, Place
from workflow.logmap import ZH, FactColumn, LogMap
from workflow.moment import Moment
from workflow.procedure.fact import read_value
from workflow.text import Text

_CACHE = 65_536
_UTC = ZoneInfo("UTC")
_WHOLE = re.compile(r"-?\d{1,18}\Z", re.ASCII)
UNSEQUENCED = -(10**18)
"""Rows without a sequence number come before those that have one."""
_IGNORED = -1
T = TypeVar("T")

Keyed = tuple[datetime, datetime, int, int, str, Place, LogEvent]
"""An event behind what orders it (S10.1): instant, sequence, activity order, row bytes. The place only stands between equal rows."""


class Rows:
    """Turns the fields of a row into an event."""

    def __init__(self, log_map: LogMap, table: Table, where: str) -> None:
        columns, zone, header = log_map.columns, log_map.zone, table.header
        self._map = log_map
        self._width = len(header)
        places = sorted(range(self._width), key=lambda i: (header[i], i))
        self._by_name = itemgetter(*places) if places != list(range(self._width)) else None
        self._stamps = Stamps(log_map, table.typed)
        self._turn = _Turn() if ZH in log_map.formats else None
        self._moments: dict[tuple[str, str, str], tuple[Moment, str]] = {}
        self._missing = frozenset(log_map.missing)
        self._said = _Memo(lambda word: "" if word.strip() in self._missing else word.strip())
        self._activity = _Memo(self._read_activity)
        self._role = _Memo(self._read_role)
        self._sequence = _Memo(self._read_sequence)
        fields = [columns.case, columns.activity, columns.time[0], zone.column if zone else None, columns.date_only]
        fields += [
            columns.actor,
            columns.role,
            columns.sequence,
            log_map.zh.date if log_map.zh else None,
            *(f.column for f in log_map.facts.values()),
        ]
        parts = columns.time[1:]
        demand([*(f for f in fields if f is not None), *parts], header, where)
        self._parts = [header.index(p) for p in parts]
        blank = len(header)  # the place of an empty field behind the row, for columns that the map does not name
        self._pick = itemgetter(*(blank if f is None else header.index(f) for f in fields))
        self._facts = [_Fact(name, column) for name, column in log_map.facts.items()]

    def read(self, fields: list[str], place: Place) -> tuple[str, Keyed] | None:
        """The case and its event; ``None`` for a row to be ignored. Raises :class:`BadRow`."""
        if self._turn is not None:
            self._turn.come(place)
        if len(fields) != self._width:
            raise BadRow(wrong_width(len(fields), self._width))
        content = "\x1f".join(fields if self._by_name is None else self._by_name(fields))
        if "\0" in content or content.count("\x1f") >= self._width:
            raise BadRow(CONTROLLED)
        fields.append("")
        case, activity, time, zone, date_only, actor, role, sequence, other, *facts = self._pick(fields)
        order, name, known = self._activity[activity]
        if self._parts:
            time = " ".join(word for word in (time, *(fields[i] for i in self._parts)) if self._said[word])
        stamp = (time, zone, date_only)
        if order == _IGNORED:
            if self._turn is not None:
                self._turn.note(self._stamps, stamp, other)
            return None
        case = case.strip()
        if case in self._missing:
            raise BadRow(Text("没有案件编号", "no case id"))
        if not name:
            raise BadRow(Text("没有活动", "no activity"))
        if self._turn is not None:
            moment, read_in = self._turn.read(self._stamps, stamp, other)
        else:
            moment, read_in = self._moments.get(stamp) or self._moment(stamp)
        event = LogEvent(name, known, moment, self._said[actor], place, content, self._role[role], read_in, self._stated(facts))
        return case, (moment.lo, moment.hi, self._sequence[sequence], order, content, place, event)

    def symbol(self, activity: str, role: str, facts: Sequence[str]) -> tuple[int, str, bool, str, tuple[tuple[str, Json], ...]] | None:
        """What the words of a row mean but for its case and time: the place of its activity in the order, the name, whether the map knows
        it, the role, and the facts in the order of the map; ``None``: to be ignored. Raises :class:`BadRow`."""
        order, name, known = self._activity[activity]
        if order == _IGNORED:
            return None
        if not name:
            raise BadRow(Text("没有活动", "no activity"))
        return order, name, known, self._role[role], self._stated(facts)

    def _stated(self, facts: Sequence[str]) -> tuple[tuple[str, Json], ...]:
        return tuple([f.read(word) for f, word in zip(self._facts, facts, strict=True) if self._said[word]]) if facts else ()

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
            return UNSEQUENCED
        if not _WHOLE.match(word):
            raise BadRow(Text(f"序号 {word!r} 不是整数", f"the sequence {word!r} is not a whole number"))
        return int(word)


class _Turn:
    """The times of one row in their turn (a wide row has several): times in words lean on the one before."""

    def __init__(self) -> None:
        self._place = Place(0)
        self._before: Moment | None = None
        self._lost = self._read = False

    def come(self, place: Place) -> None:
        """The next time stands at this place; that the one before it was not read is remembered."""
        same = place._replace(cell="") == self._place
        self._lost = same and not self._read
        self._before = self._before if same and self._read else None
        self._place, self._read = place._replace(cell=""), False

    def read(self, stamps: Stamps, stamp: tuple[str, str, str], other: str) -> tuple[Moment, str]:
        found = stamps.read_words(*stamp, other, self._before, self._lost)
        self._before, self._read = found[0], True
        return found

    def note(self, stamps: Stamps, stamp: tuple[str, str, str], other: str) -> None:
        """Read a time for the sake of the next one only."""
        with suppress(BadRow):
            self.read(stamps, stamp, other)


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
