"""Local days and due dates of very many instants: each day is asked of the same functions once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from adapters.columns.source import Whole, instant, micros
from workflow import term as terms
from workflow.calendar import Calendar
from workflow.errors import CalendarGap
from workflow.term import Due, Span, Term
from workflow.term.model import Choice, EndOf, OnDate

_DAY = timedelta(days=1)
DAY = _DAY // timedelta(microseconds=1)
_QUARTER = timedelta(hours=6)
UNSURE = np.iinfo(np.int64).min
"""In place of a due date that is provisional, or that no calendar gives: such a case is looked at by itself."""
FAR = 200 * 366
"""Days of which no table is made."""
_AHEAD = 366
"""Days that are looked at besides: due dates lie after the instants that are asked first."""
_LATEST = micros(datetime(9999, 1, 1, tzinfo=UTC))


class Days:
    """The local days of a zone. What is worked out of it once serves all."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._first, self._bounds, self._odd = 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)

    def of(self, at: Whole) -> Whole:
        """The ordinal of the local day of each instant."""
        if not len(at):
            return np.zeros(0, dtype=np.int64)
        low, high = int(at.min()), int(at.max())
        if (high - low) // DAY > FAR:
            return self._each(at)
        if not len(self._bounds) or low < self._bounds[0] or high >= self._bounds[-1]:
            self._look(low, high)
        index = np.searchsorted(self._bounds, at, side="right") - 1
        found = index + self._first
        doubtful = self._odd[index]
        if doubtful.any():
            found[doubtful] = self._each(at[doubtful])
        return found

    def midnights(self, first: int, last: int) -> Whole:
        """The instants at which some days begin, by their ordinals, both included."""
        days = range(first, last + 1)
        return np.array([micros(datetime.combine(date.fromordinal(d), time(), self.zone)) for d in days], dtype=np.int64)

    def _look(self, low: int, high: int) -> None:
        if len(self._bounds):
            low, high = min(low, int(self._bounds[0])), max(high, int(self._bounds[-1]))
        first, last = self._local(low) - _AHEAD, self._local(high) + _AHEAD
        starts = [datetime.combine(date.fromordinal(d), time(), self.zone).astimezone(UTC) for d in range(first, last + 1)]
        self._first = first
        self._bounds = np.array([micros(t) for t in starts], dtype=np.int64)
        self._odd = np.array([not self._even(a, b) for a, b in pairwise(starts)], dtype=bool)

    def _even(self, start: datetime, end: datetime) -> bool:
        """Whether the clocks do not change between two midnights."""
        if end - start != _DAY:
            return False
        points = (start, start + _QUARTER, start + 2 * _QUARTER, start + 3 * _QUARTER, end - timedelta(microseconds=1))
        return len({p.astimezone(self.zone).utcoffset() for p in points}) == 1

    def _each(self, at: Whole) -> Whole:
        different, number = np.unique(at, return_inverse=True)
        return np.array([self._local(int(t)) for t in different], dtype=np.int64)[number]

    def _local(self, at: int) -> int:
        return instant(at).astimezone(self.zone).toordinal()


class Dues(NamedTuple):
    """When a term that starts at each instant of a log has run out."""

    at: Whole
    """Microseconds, or :data:`UNSURE`."""
    which: Whole
    """For each instant the number of its due date in ``dates``; -1 where it is counted by the clock and has none."""
    dates: list[Due | None]
    ends: Whole | None = None
    """Where they do not all end alike: whether each instant's due date is itself in time, and whether it has a last day."""


def dues(term: Term, at: Whole, days: Days, calendar: Calendar) -> Dues:
    """The due dates of a term without pauses that starts at each of ``at``, in the zone of ``days``."""
    if isinstance(term, Span) and term.unit in ("hour", "minute"):
        length = timedelta(hours=term.amount) if term.unit == "hour" else timedelta(minutes=term.amount)
        instants = at + length // timedelta(microseconds=1)
        instants[instants >= _LATEST] = UNSURE
        return Dues(instants, np.full(len(at), -1), [])
    keys = days.of(at) if by_day(term) else at
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    dates = [_due(instant(int(at[n])), term, calendar, days.zone) for n in first]
    instants = np.array([UNSURE if d is None else micros(d.instant) for d in dates], dtype=np.int64)
    alike = [2 * d.inclusive + (d.last_day is None) if d is not None else 0 for d in dates]
    ends = np.array(alike, dtype=np.int64)[number] if len(set(alike)) > 1 else None
    return Dues(instants[number], number, dates, ends)


def by_day(term: Term) -> bool:
    """Whether nothing but the local day of its start decides when a term runs out."""
    if isinstance(term, Choice):
        return all(by_day(part) for part in term.numbers)
    if isinstance(term, Span):
        return term.unit not in ("hour", "minute")
    return isinstance(term, (EndOf, OnDate))


def _due(start: datetime, term: Term, calendar: Calendar, zone: ZoneInfo) -> Due | None:
    try:
        found = terms.due(start, term, calendar, zone)
    except CalendarGap:
        return None
    return None if found.provisional else found
