"""How long a term lasts: its shortest and its longest length over every start day of the published calendar, and the days that show it.

A term of hours has one length. One of days has another for each start: that of 5 working days lies between five days and two weeks, and
which it is only the calendar says. Lengths are kept by start day, so that two terms from one start are compared start by start.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from operator import gt, sub
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from workflow import term as terms
from workflow.calendar import Calendar
from workflow.errors import CalendarGap
from workflow.term.due import MONTHS, add_months
from workflow.term.model import CLOCK_UNITS, Choice, EndOf, OfCase, OnDate, Span, Term, Until

Found = TypeVar("Found")
DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = {"minute": 60, "hour": 3600}


def seconds(instant: datetime) -> int:
    """Whole seconds since 1970."""
    return (instant - _EPOCH) // timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Length:
    """The shortest and the longest length of a term in seconds, with a start day that shows each; no days: it is the same on all."""

    shortest: int
    longest: int
    short_day: date | None = None
    long_day: date | None = None


class Spans:
    """The lengths of terms under one calendar and zone. Each term is worked out once."""

    def __init__(self, calendar: Calendar, zone: ZoneInfo) -> None:
        self.calendar, self.zone = calendar, zone
        self._dues: dict[Term, Sequence[int]] = {}
        self._lengths: dict[Term, Length | None] = {}
        self._kept: dict[Hashable, Any] = {}

    def kept(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """What was found out once about terms on this calendar."""
        if key not in self._kept:
            self._kept[key] = make()
        found: Found = self._kept[key]
        return found

    @cached_property
    def first(self) -> int:
        """Ordinal of the first start day: the first of the published years."""
        return date(min(self.calendar.used), 1, 1).toordinal()

    @cached_property
    def begins(self) -> list[int]:
        """The instants at which the start days begin, and the one at which the last of them ends."""
        table, ends = self.calendar.table, self.calendar.ends(self.zone)
        last = date(max(self.calendar.used), 12, 31).toordinal()
        midnight = datetime.combine(date.fromordinal(self.first), time(), self.zone)
        return [seconds(midnight), *(seconds(e) for e in ends[self.first - table.base : last + 1 - table.base])]

    def day(self, index: int) -> date:
        return date.fromordinal(self.first + index)

    def start(self, index: int, *, late: bool = False) -> datetime:
        """The first or the last minute of a start day."""
        return (_EPOCH + timedelta(seconds=self.begins[index + late] - 60 * late)).astimezone(self.zone)

    def counted(self, term: Term) -> bool:
        """Whether its length is bounded at all: it has a number, and hangs on no fixed year and on no day that only a case knows."""
        if isinstance(term, Choice):
            return all(self.counted(part) for part in term.numbers)
        return not (term.qualitative or isinstance(term, OfCase) or (isinstance(term, OnDate) and term.year is not None))

    def length(self, term: Term) -> Length | None:
        """``None`` where it has no bounds."""
        if term not in self._lengths:
            self._lengths[term] = self._length(term) if self.counted(term) else None
        return self._lengths[term]

    def _length(self, term: Term) -> Length:
        low, high = self.daily(term)
        if len(low) == 1:
            return Length(low[0], high[0])
        shortest, longest = min(low), max(high)
        return Length(shortest, longest, self.day(low.index(shortest)), self.day(high.index(longest)))

    def daily(self, term: Term) -> tuple[Sequence[int], Sequence[int]]:
        """The shortest and the longest length for each start day, whenever on it the term starts; one item where no day matters."""
        if isinstance(term, Span) and term.unit in CLOCK_UNITS:
            fixed = (term.amount * _SECONDS[term.unit],)
            return fixed, fixed
        if isinstance(term, Until):
            return (0,), (DAY,)
        if isinstance(term, Choice):
            parts = [self.daily(part) for part in term.numbers]
            pick = max if term.later else min
            return _each(pick, [low for low, _ in parts]), _each(pick, [high for _, high in parts])
        dues = self.dues(term)
        return list(map(sub, dues, self.begins[1:])), list(map(sub, dues, self.begins))

    def dues(self, term: Term) -> Sequence[int]:
        """When a term of days has run out, for each start day up to the last for which the calendar is sure."""
        found = self._dues.get(term)
        if found is None:
            found = self._dues[term] = self._plain(term) or self._computed(term)
        return found

    def _plain(self, term: Term) -> list[int]:
        """Whole days and working days, by look-up; nothing for all that needs a second thought."""
        if not isinstance(term, Span) or term.cutoff is not None or term.count_start_day or term.amount < 1:
            return []
        table, ends = self.calendar.table, self._ends
        first = self.first - table.base
        days = range(first, first + len(self.begins) - 1)
        before, ordinals = table.before, table.ordinals
        if term.unit == "working day":
            wanted = [before[i + 1] + term.amount - 1 for i in days]
        elif term.unit in ("day", "week"):
            amount = term.amount * (7 if term.unit == "week" else 1)
            if not term.roll:
                return [ends[i + amount] for i in days] if days[-1] + amount < len(ends) else []
            wanted = [before[i + amount] for i in days if i + amount < len(before)]
        elif term.unit in MONTHS:
            months, base = term.amount * MONTHS[term.unit], table.base
            lasts = [add_months(self.day(n), months).toordinal() - base for n in range(len(days))]
            if not term.roll:
                return [ends[i] for i in lasts if i < len(ends)]
            wanted = [before[i] for i in lasts if i < len(before)]
        else:
            return []
        sure = min(table.unsure, default=table.base + len(table.working))
        found = [ordinals[w] for w in wanted if w < len(ordinals)]
        return [ends[last - table.base] for last in found if last < sure]

    def _computed(self, term: Term) -> list[int]:
        found: list[int] = []
        for index in range(len(self.begins) - 1):
            try:
                due = terms.due(self.start(index), term, self.calendar, self.zone)
            except CalendarGap:
                break
            if due.provisional:
                break
            found.append(seconds(due.instant))
        return found

    @cached_property
    def _ends(self) -> list[int]:
        return [seconds(e) for e in self.calendar.ends(self.zone)]

    def falls_back(self, term: Term) -> tuple[date, date] | None:
        """Two start days of which the later has the earlier due date; ``None``: it is never earlier for a later start."""
        if isinstance(term, Choice):
            return next((found for part in term.numbers if (found := self.falls_back(part)) is not None), None)
        if not isinstance(term, Span | OnDate | EndOf) or (isinstance(term, Span) and term.unit in CLOCK_UNITS):
            return None
        back: int | None = self.kept(("back", term), lambda: fall(self.dues(term)))
        return None if back is None else (self.day(back), self.day(back + 1))

    def apart(self, one: Term, other: Term) -> Apart | None:
        """How long after ``one`` the ``other`` runs out, both from the same start; ``None`` where one of them has no bounds."""
        if not (self.counted(one) and self.counted(other)):
            return None
        return self.kept((one, other), lambda: self._apart(one, other))

    def _apart(self, one: Term, other: Term) -> Apart:
        if self.by_day(one) and self.by_day(other):
            rows = list(map(sub, self.dues(other), self.dues(one)))
            least, most = min(rows), max(rows)
            return Apart(least, most, self.day(rows.index(least)), self.day(rows.index(most)))
        (low, high), (low_other, high_other) = self.daily(one), self.daily(other)
        if len(low) == len(low_other) == 1:
            return Apart(low_other[0] - high[0], high_other[0] - low[0], None, None)
        least_rows, most_rows = _each(_difference, [low_other, high]), _each(_difference, [high_other, low])
        least, most = min(least_rows), max(most_rows)
        return Apart(least, most, self.day(least_rows.index(least)), self.day(most_rows.index(most)))

    def by_day(self, term: Term) -> bool:
        """Whether only the day on which it starts decides when it runs out."""
        if isinstance(term, Choice):
            return False
        return not isinstance(term, Until) and not (isinstance(term, Span) and term.unit in CLOCK_UNITS)


class Apart(NamedTuple):
    """The least and the most by which one term runs out after another, with the start days that show them."""

    least: int
    most: int
    least_day: date | None
    most_day: date | None


def _difference(row: Sequence[int]) -> int:
    return row[0] - row[1]


def spans(calendar: Calendar, zone: str) -> Spans:
    """The lengths of terms on a calendar; worked out once for equal calendars."""
    key = calendar.digest, zone
    if key not in _KNOWN:
        _KNOWN[key] = Spans(calendar, ZoneInfo(zone))
    return _KNOWN[key]


def forget() -> None:
    """Work everything out anew, as a process that has just begun does."""
    _KNOWN.clear()


_KNOWN: dict[tuple[str, str], Spans] = {}


def fall(values: Sequence[int]) -> int | None:
    """The first place after which a sequence goes down; ``None`` where it never does."""
    down = map(gt, values, islice(values, 1, None))
    return next((i for i, falls in enumerate(down) if falls), None)


def _each(pick: Callable[[Sequence[int]], int], columns: list[Sequence[int]]) -> Sequence[int]:
    """The least or the greatest of each row; columns of one item stand for every row, and rows that a column lacks are left out."""
    rows = min((len(c) for c in columns if len(c) > 1), default=1)
    return [pick(row) for row in zip(*(c[:rows] if len(c) > 1 else tuple(c) * rows for c in columns), strict=True)]
