"""What a log is replayed under."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from workflow.calendar import Calendar
from workflow.journal.canonical import parse_canonical
from workflow.logmap import LogMap
from workflow.otherwise import Otherwise
from workflow.replay import Report, log_header
from workflow.rules import Rules


class Law(NamedTuple):
    log_map: LogMap
    versions: Sequence[Rules]
    calendar: Calendar
    as_of: datetime | None
    otherwise: Otherwise | None = None
    """The other side, where the replay is compared with one."""

    @property
    def report(self) -> Report:
        """A report in which nothing was found yet."""
        return Report(log_header(self.log_map, self.versions, self.calendar.digest, self.as_of))

    def packed(self) -> tuple[Any, ...]:
        """The same for another process: the content of rules and calendars, and their moves as a table, so that it builds no machine."""
        other = self.otherwise
        there = other and (
            other.asked,
            list(map(_content, other.versions.values())),
            other.calendar.data if other.calendar is not None else None,
            other.as_of,
        )
        return self.log_map, list(map(_content, self.versions)), self.calendar.data, self.as_of, there


def unpacked(log_map: LogMap, versions: Sequence[Any], calendar: bytes, as_of: datetime | None, there: tuple[Any, ...] | None) -> Law:
    """What :meth:`Law.packed` packed."""
    otherwise = None
    if there is not None:
        asked, others, data, until = there
        counted = Calendar.of(parse_canonical(data)) if data is not None else None
        otherwise = Otherwise(asked, {v[0].procedure: Rules(*v) for v in others}, counted, until)
    return Law(log_map, [Rules(*v) for v in versions], Calendar.of(parse_canonical(calendar)), as_of, otherwise)


def _content(rules: Rules) -> tuple[Any, ...]:
    made = rules.tabulated()
    return made.procedure, made.hash, made.compiled
