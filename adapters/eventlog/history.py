"""Whole logs, read row by row.

Every row is accounted for: read = events + ignored + unreadable (a snapshot that changes nothing counts as ignored). Nothing of a log is
executed. Inside a case the order is: instant, sequence column, the map's activity order, canonical row bytes; never the row number
(SEMANTICS S10.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from adapters.eventlog.kind import open_table
from adapters.eventlog.row import Keyed, Rows
from adapters.eventlog.stamp import BadRow
from adapters.eventlog.wide import unfolded
from workflow.errors import BadMap, NaiveTime
from workflow.logevent import LogEvent, Place
from workflow.logmap import FLOATING, LogMap, read_map
from workflow.text import Text


class Unreadable(NamedTuple):
    """A row that was not read, and why."""

    place: Place
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
    notes: tuple[Text, ...] = ()
    """Of :class:`~adapters.eventlog.table.Table`."""

    @property
    def foreign(self) -> bool:
        """Whether there are events, and not one of them is known to the map: a log of another process."""
        return bool(self.cases) and not any(event.known for _, events in self.cases for event in events)


def load_map(path: Path) -> LogMap:
    """Read a map file. Raises :class:`~workflow.errors.BadMap` with every problem."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadMap(Text(f"不能读取映射文件:{error.strerror}", f"cannot read the map: {error.strerror}"), where=str(path)) from None
    return read_map(text, str(path))


def read_log(path: Path, log_map: LogMap, progress: Callable[[int], None] | None = None) -> LogRead:
    """Read a whole log. ``progress`` is called with the number of rows read so far, now and then.

    Raises :class:`~workflow.errors.UnreadableLog` when the file cannot be read at all (missing, truncated, not of its kind, a column that
    the map names is not there) and :class:`~workflow.errors.NaiveTime` when a stamp has no offset and the map no zone policy. A single bad
    row is counted in ``unreadable`` with its reason.
    """
    found = LogRead()
    cases: dict[str, list[Keyed]] = {}
    table = open_table(path, log_map)
    found.notes = table.notes
    wide = bool(log_map.wide)
    if wide:
        table, log_map = unfolded(table, log_map, path.name)
    rows = Rows(log_map, table, path.name)
    for place, fields in table.rows:
        found.read += 1
        if progress is not None and found.read % 2000 == 0:
            progress(found.read)
        try:
            if isinstance(fields, Text):
                raise BadRow(fields)
            read = rows.read(fields, place)
        except BadRow as bad:
            found.unreadable.append(Unreadable(place, bad.reason))
        except NaiveTime as error:
            error.where = f"{path.name}:{place}"
            raise
        else:
            if read is None:
                found.ignored += 1
            elif read[0] in cases:
                cases[read[0]].append(read[1])
            else:
                cases[read[0]] = [read[1]]
    for case in sorted(cases):
        keyed = cases.pop(case)
        if wide and len({place.row for *_, place, _ in keyed}) > 1:
            found.unreadable += _twice(case, keyed)
            continue
        events = in_order(keyed, log_map, found)
        if events:
            found.cases.append((case, events))
    found.unreadable.sort(key=itemgetter(0))
    return found


def _twice(case: str, keyed: list[Keyed]) -> list[Unreadable]:
    """The rows of a wide table that have one case id: which of them is the case nobody can tell."""
    rows = sorted({place.row for *_, place, _ in keyed})
    numbers = "、".join(map(str, rows))
    reason = Text(f"编号 {case} 在第 {numbers} 行都有", f"the id {case} stands in rows {', '.join(map(str, rows))}")
    return [Unreadable(place, reason) for *_, place, _ in keyed]


def in_order(keyed: list[Keyed], log_map: LogMap, found: LogRead) -> list[LogEvent]:
    """The events of one case in their total order, with what does not count taken out and counted."""
    keyed.sort()
    if any(k[-1].zone == FLOATING for k in keyed) and any(k[-1].zone != FLOATING for k in keyed):
        reason = Text("同案其他行有时区而此行没有,无法比较", "it has no zone and other rows of its case have: they cannot be compared")
        found.unreadable += [Unreadable(k[-1].place, reason) for k in keyed if k[-1].zone == FLOATING]
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
