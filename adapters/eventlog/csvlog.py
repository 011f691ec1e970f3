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
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adapters.eventlog.lines import Records
from adapters.eventlog.stamp import BadRow, Stamps
from workflow.errors import BadMap, UnreadableLog, WrongType
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

Key = tuple[datetime, datetime, int, int, str, str]
Facts = tuple[tuple[str, Json], ...]


class Unreadable(NamedTuple):
    """A row that was not read: its number (the header is row 1) and why."""

    row: int
    reason: Text


class _Row(NamedTuple):
    """A row that was read. It sorts as S10.1 has it: instant, sequence, activity order, row bytes; the rest never decides."""

    lo: datetime
    hi: datetime
    sequence: int
    order: int
    content: str
    number: int
    name: str
    known: bool
    actor: str
    role: str
    zone: str
    happened: Moment
    facts: Facts


@dataclass(slots=True)
class LogRead:
    """What a log held. ``cases`` is sorted by case id, by code point."""

    cases: list[tuple[str, list[LogEvent]]] = field(default_factory=list)
    read: int = 0
    ignored: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    """In the order of the file."""
    duplicates: int = 0
    """Events whose row stands more than once in the log, less one of each."""
