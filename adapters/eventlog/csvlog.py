"""CSV logs (``.csv``, ``.csv.gz``) read row by row.

Every row is accounted for: read = events + ignored + unreadable (+ snapshots that change nothing, which count as ignored). Nothing of a
log is executed. Inside a case the order is: instant, sequence column, the map's activity order, canonical row bytes; never the row number
(SEMANTICS S10.1).
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from workflow.errors import BadMap, NaiveTime, UnreadableLog
from workflow.logmap import FLOATING, LogMap, read_map
from workflow.moment import Moment
from workflow.procedure.source import read_source
from workflow.replay import LogEvent
from workflow.text import Text

MAX_FIELD = 100_000
_TRUE = frozenset({"true", "1", "yes", "y", "是"})
_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)


@dataclass(slots=True)
class LogRead:
    """What a log held. ``cases`` is sorted by case id."""

    cases: list[tuple[str, list[LogEvent]]] = field(default_factory=list)
    read: int = 0
    ignored: int = 0
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    """Row number (the header is row 1) and reason."""


def load_map(path: Path) -> LogMap:
    """Read a map file. Raises :class:`BadMap`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadMap(Text(f"不能读取映射文件:{error.strerror}", f"cannot read the map: {error.strerror}"), where=str(path)) from None
    return read_map(read_source(text, str(path)).data, str(path))


def read_log(path: Path, log_map: LogMap, progress: Callable[[int], None] | None = None) -> LogRead:
    """Read a whole log. ``progress`` is called with the number of rows read so far, now and then.

    Raises :class:`UnreadableLog` when the file cannot be read at all: missing, truncated, not text, columns that the map names are not
    there. A single bad row is counted in ``unreadable``, never dropped in silence.
    """
    found = LogRead()
    cases: dict[str, list[tuple[tuple[object, ...], LogEvent]]] = {}
    reader = _Reader(log_map)
    for number, row in _rows(path, log_map, reader):
        found.read += 1
        if progress is not None and found.read % 2000 == 0:
            progress(found.read)
        try:
            item = reader.event(row, number)
        except NaiveTime:
            raise
        except (ValueError, IndexError) as error:
            found.unreadable.append((number, str(error)))
            continue
        if item is None:
            found.ignored += 1
        else:
            cases.setdefault(item[0], []).append((item[1], item[2]))
    for case in sorted(cases):
        events = [event for _, event in sorted(cases[case], key=lambda p: p[0])]
        if log_map.snapshot:
            kept = [e for i, e in enumerate(events) if i == 0 or e.name != events[i - 1].name]
            found.ignored += len(events) - len(kept)
            events = kept
        found.cases.append((case, events))
    return found


class _Reader:
    """Turns rows into events; holds the positions of the columns and the zones."""

    def __init__(self, log_map: LogMap) -> None:
        self.map = log_map
        self.order = {activity: i for i, activity in enumerate(log_map.activities)}
        self.ignore = frozenset(log_map.ignore)
        self.missing = frozenset(log_map.missing)
        self.positions: dict[str, int] = {}
        self.width = 0
        self.parse = lru_cache(maxsize=65536)(self._parse)

    def header(self, names: list[str], where: str) -> None:
        columns = self.map.columns
        wanted = [columns.case, columns.time, columns.activity]
        optional = (columns.actor, columns.date_only, columns.sequence, self.map.zone.column if self.map.zone else None)
        wanted += [c for c in optional if c]
        absent = [c for c in wanted if c not in names]
        if absent:
            raise UnreadableLog(
                Text(f"日志没有列 {'、'.join(absent)}", f"the log has no column {', '.join(absent)}"),
                where=where,
                hint=Text("现有列:" + "、".join(names), "it has: " + ", ".join(names)),
            )
        self.positions = {c: names.index(c) for c in wanted}
        self.width = len(names)

    def event(self, row: list[str], number: int) -> tuple[str, tuple[object, ...], LogEvent] | None:
        if len(row) != self.width:
            raise ValueError(f"{len(row)} fields instead of {self.width}")
        columns, at = self.map.columns, self.positions
        activity = row[at[columns.activity]]
        if activity in self.ignore:
            return None
        case, text = row[at[columns.case]], row[at[columns.time]]
        if case in self.missing:
            raise ValueError("no case id")
        if text in self.missing:
            raise ValueError("no time")
        whole_day = columns.date_only is not None and row[at[columns.date_only]].strip().lower() in _TRUE
        zone = row[at[self.map.zone.column]] if self.map.zone is not None and self.map.zone.column else ""
        happened = self.parse(text, zone, whole_day)
        sequence = 0
        if columns.sequence is not None:
            sequence = int(row[at[columns.sequence]])
        actor = row[at[columns.actor]] if columns.actor is not None else ""
        bytes_ = "\x1f".join(row)
        event = LogEvent(self.map.activities.get(activity, activity), activity in self.map.activities, happened, actor, number, bytes_)
        return case, (happened.lo, happened.hi, sequence, self.order.get(activity, len(self.order)), bytes_), event

    def _parse(self, text: str, zone: str, whole_day: bool) -> Moment:
        instant = self._instant(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=self._zone(zone, text))
        if whole_day:
            return _whole_day(instant)
        if self.map.granularity == "minute":
            return Moment(instant, instant + _MINUTE)
        return Moment.at(instant)

    def _instant(self, text: str) -> datetime:
        for form in self.map.formats:
            try:
                return datetime.fromisoformat(text) if form in ("iso", "%Y-%m-%d %H:%M:%S") else datetime.strptime(text, form)
            except ValueError:
                continue
        raise ValueError(f"cannot read the time {text!r}")

    def _zone(self, word: str, text: str) -> ZoneInfo | timezone:
        policy = self.map.zone
        if policy is None:
            raise NaiveTime(
                Text(f"时间 {text!r} 没有时区,映射也没有写 zone", f"the time {text!r} has no offset and the map has no zone policy"),
                hint=Text("在映射中写 zone: {name: Asia/Shanghai}", "add to the map: zone: {name: Asia/Shanghai}"),
            )
        name = policy.name if policy.name is not None else policy.names.get(word, policy.otherwise)
        if name is None:
            raise ValueError(f"no zone for {word!r}")
        return UTC if name == FLOATING else ZoneInfo(name)


def _whole_day(instant: datetime) -> Moment:
    start = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    following = (start.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=start.tzinfo)
    return Moment(start, following.astimezone(UTC) - timedelta(microseconds=1))


def _rows(path: Path, log_map: LogMap, reader: _Reader) -> Iterator[tuple[int, list[str]]]:
    where = path.name
    try:
        with _text(path, log_map.encoding) as file:
            csv.field_size_limit(MAX_FIELD)
            rows = csv.reader(file, delimiter=log_map.delimiter, strict=False)
            header = next(rows, None)
            if header is None:
                raise UnreadableLog(Text("日志是空的", "the log is empty"), where=where)
            reader.header([h.strip() for h in header], where)
            number = 1
            for row in rows:
                number += 1
                if row:
                    yield number, row
    except FileNotFoundError:
        raise UnreadableLog(Text("没有这个文件", "there is no such file"), where=str(path)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableLog(Text(f"压缩文件损坏或不完整:{error}", f"the compressed file is broken or truncated: {error}"), where=where) from None
    except UnicodeDecodeError as error:
        raise UnreadableLog(
            Text(f"不是 {log_map.encoding} 文字:{error.reason}", f"not {log_map.encoding} text: {error.reason}"),
            where=where,
            hint=Text("在映射中写 encoding: gb18030", "set 'encoding: gb18030' in the map if it is GB18030"),
        ) from None
    except csv.Error as error:
        raise UnreadableLog(Text(f"CSV 无法读取:{error}", f"the CSV cannot be read: {error}"), where=where) from None
    except OSError as error:
        raise UnreadableLog(Text(f"不能读取:{error}", f"cannot be read: {error}"), where=str(path)) from None


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    if path.suffix == ".gz":
        return io.TextIOWrapper(io.BufferedReader(gzip.open(path, "rb")), encoding=codec, newline="")  # type: ignore[arg-type]
    return open(path, encoding=codec, newline="")
