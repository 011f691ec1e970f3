"""When a term runs out.

``due`` is the bare computation; :mod:`workflow.term.explain` tells the same story with every day in it, by the same steps.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workflow.calendar import Calendar
from workflow.errors import BadTerm, CalendarGap
from workflow.moment import utc
from workflow.term.model import Choice, EndOf, OnDate, Span, Term, Until
from workflow.text import Text

_DAY = timedelta(days=1)
_MIDNIGHT = time()
MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Due(NamedTuple):
    """When a term has run out.

    ``instant`` is in UTC. Minute, hour and cut-off terms are in time up to and including it; day terms and longer end at 00:00 of the day
    after ``last_day`` and are in time before it (S2.1). While a notice of the calendar is still to come it is ``provisional`` and lies
    between ``earliest`` and ``latest``. ``revision`` is that of the calendar year of the last day; ``None`` where no calendar was needed
    or its year is not published.
    """

    instant: datetime
    inclusive: bool
    last_day: date | None
    provisional: bool
    earliest: datetime
    latest: datetime
    revision: int | None

    def in_time(self, at: datetime) -> bool:
        return at <= self.instant if self.inclusive else at < self.instant

    def same(self, other: Due | None) -> bool:
        """Whether it is the same date, as surely known, whatever revision of the calendar says so."""
        return other is not None and self._replace(revision=None) == other._replace(revision=None)


class Pause(NamedTuple):
    """Time that does not count: from ``lo`` up to ``hi``.

    Hour terms run on by its length. Of day terms the days from the day of the pause up to the day before it ends do not count; the day on
    which it ends counts. A last day does not roll onto a paused day either.
    """

    lo: datetime
    hi: datetime
    began_by: datetime | None = None
    ended_by: datetime | None = None
    """The latest instants at which it may have begun and ended, where ``lo`` and ``hi`` are but the earliest."""


def shortest(pauses: Sequence[Pause]) -> tuple[Pause, ...]:
    """The pauses at their shortest; one that may have been over before it began is none."""
    return tuple(Pause(since, p.hi) for p in pauses if (since := p.began_by or p.lo) < p.hi or p.began_by is None)


def longest(pauses: Sequence[Pause]) -> tuple[Pause, ...]:
    """The pauses at their longest."""
    return tuple(Pause(p.lo, p.ended_by or p.hi) for p in pauses)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late an act was, in clock time and in working days begun after the last day; ``None`` where no calendar says which they are."""

    clock: timedelta
    working_days: int | None


def due(start: datetime, term: Term, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> Due:
    """When a term that starts at ``start`` (aware) has run out.

    Raises :class:`~workflow.errors.BadTerm` for a qualitative term, which has no number, and :class:`~workflow.errors.CalendarGap` for
    working days beyond the calendar and for dates outside the years 1 to 9999.
    """
    try:
        if type(term) is Span and term.unit == "working day" and not pauses:
            known = _looked_up(start, term, calendar, zone)
            if known is not None:
                return known
        found = _due(utc(start), term, calendar, zone, pauses)
        if not 1 < found.instant.year < 9999:
            found.latest.astimezone(zone)  # what is in UTC may not be in the zone
        return found
    except (OverflowError, ValueError):
        raise CalendarGap(Text(f"期限 {term} 超出历法范围", f"the term {term} leads out of the years 1 to 9999")) from None


def _looked_up(start: datetime, term: Span, calendar: Calendar, zone: ZoneInfo) -> Due | None:
    """A plain number of working days within the published years: two look-ups. ``None`` for all that needs a second thought."""
    if start.tzinfo is None or term.amount < 1 or term.roll or term.cutoff is not None or term.count_start_day:
        return None
    table = calendar.table
    index = (start if start.tzinfo is zone else start.astimezone(zone)).toordinal() + 1 - table.base
    if not 0 < index < len(table.before):
        return None
    wanted = table.before[index] + term.amount - 1
    if wanted >= len(table.ordinals):
        return None
    last = table.ordinals[wanted]
    if table.unsure and last >= table.unsure[0]:
        return None
    at = calendar.ends(zone)[last - table.base]
    return Due(at, False, date.fromordinal(last), False, at, at, table.revisions[last - table.base])


def _due(start: datetime, term: Term, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause]) -> Due:
    if isinstance(term, Span):
        if term.unit == "hour" or term.unit == "minute":
            return _clocked(start, term, pauses)
        return _days(start, term, calendar, zone, pauses)
    if isinstance(term, Choice):
        return chosen(start, term, calendar, zone, pauses)[1]
    if isinstance(term, OnDate):
        return _on_date(start, term, zone)
    if isinstance(term, Until):
        local = start.astimezone(zone)
        day = local.date() if local.time() <= term.at else local.date() + _DAY
        return _exact(datetime.combine(day, term.at, zone))
    if isinstance(term, EndOf):
        return _ending(period_end(start.astimezone(zone).date(), term.unit), zone)
    raise BadTerm(Text(f"期限“{term.text.zh}”没有数字", f"the term '{term.text.en}' has no number"))


def chosen(start: datetime, term: Choice, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> tuple[Term, Due]:
    """The part that decides, and the due time; of two at the same instant the earlier is the one that is out of time at it."""
    found = [(part, _due(start, part, calendar, zone, pauses)) for part in term.numbers]
    pick = max if term.later else min
    part, best = pick(found, key=lambda f: (f[1].instant, f[1].inclusive))
    if any(d.provisional for _, d in found):
        low, high = pick(d.earliest for _, d in found), pick(d.latest for _, d in found)
        best = best._replace(provisional=best.provisional or low != high, earliest=low, latest=high)
    return part, best


def _exact(instant: datetime) -> Due:
    at = instant.astimezone(UTC)
    return Due(at, True, None, False, at, at, None)


def _ending(last_day: date, zone: ZoneInfo) -> Due:
    at = datetime.combine(last_day + _DAY, _MIDNIGHT, zone).astimezone(UTC)
    return Due(at, False, last_day, False, at, at, None)


def _clocked(start: datetime, term: Span, pauses: Sequence[Pause]) -> Due:
    start = start.astimezone(UTC)
    instant = start + (timedelta(hours=term.amount) if term.unit == "hour" else timedelta(minutes=term.amount))
    counted = start  # up to here what is paused has been added: pauses may overlap
    for pause in sorted(pauses):
        if pause.lo <= instant and pause.hi > counted:
            instant += pause.hi - max(pause.lo, counted)
            counted = pause.hi
    return Due(instant, True, None, False, instant, instant, None)


def _days(start: datetime, term: Span, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause]) -> Due:
    first = start.astimezone(zone).date()
    last = last_day(first, term, calendar, zone, pauses)
    at, inclusive = _end(last, term.cutoff, zone), term.cutoff is not None
    if term.unit != "working day" and not term.roll:
        return Due(at, inclusive, last, False, at, at, None)
    revision = calendar.revision(last.year)
    if calendar.certain(first - _DAY if term.roll or term.count_start_day else first, last):
        return Due(at, inclusive, last, False, at, at, revision)
    low = _end(last_day(first, term, calendar.earliest, zone, pauses), term.cutoff, zone)
    high = _end(last_day(first, term, calendar.latest, zone, pauses), term.cutoff, zone)
    return Due(at, inclusive, last, True, min(low, at), max(high, at), revision)


def _end(day: date, cutoff: time | None, zone: ZoneInfo) -> datetime:
    """When a last day ends. A wall time that a change of the clocks skips or repeats takes the earlier offset."""
    local = datetime.combine(day + _DAY, _MIDNIGHT, zone) if cutoff is None else datetime.combine(day, cutoff, zone)
    return local.astimezone(UTC)


def last_day(first: date, term: Span, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> date:
    """The last day of a day term that starts on ``first``: counted, moved past the pauses, and rolled."""
    skipped = paused_days(pauses, zone) if pauses else frozenset()
    last = counted_day(first, term, calendar, skipped)
    while term.roll and (last in skipped or not calendar.is_working(last)):
        last += _DAY
    return last


def counted_day(first: date, term: Span, calendar: Calendar, skipped: Set[date]) -> date:
    """The last day as it is counted, before it rolls."""
    unit, amount, start = term.unit, term.amount, term.count_start_day
    if unit == "working day":
        if skipped:
            return _walk(first, amount, start, skipped, calendar)
        return calendar.add_working(first, amount - (start and calendar.is_working(first)))
    if unit == "day" or unit == "week":
        days = amount * 7 if unit == "week" else amount
    else:
        days = (add_months(first, amount * MONTHS[unit], before=start) - first).days + start
    return _walk(first, days, start, skipped, None) if skipped else first + timedelta(days=days - start)


def _walk(first: date, amount: int, start: bool, skipped: Set[date], calendar: Calendar | None) -> date:
    """Day by day, without the paused ones; with a calendar only working days count."""
    day = first - _DAY if start else first
    while amount > 0:
        day += _DAY
        if day not in skipped and (calendar is None or calendar.is_working(day)):
            amount -= 1
    return day


def paused_days(pauses: Sequence[Pause], zone: ZoneInfo) -> Set[date]:
    """The local days that do not count: from the day of each pause up to the day before it ends."""
    found: set[date] = set()
    for pause in pauses:
        day, end = pause.lo.astimezone(zone).date(), pause.hi.astimezone(zone).date()
        while day < end:
            found.add(day)
            day += _DAY
    return found


def add_months(day: date, months: int, *, before: bool = False) -> date:
    """The corresponding day so many months on (or back), or the last day of a month that has none (民法典 art. 202).

    ``before`` gives the day before the corresponding one, where the start day is counted; the last of a month stays.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    if day.day > length:
        return date(year, month + 1, length)
    return date(year, month + 1, day.day) - (_DAY if before else timedelta())


def _on_date(start: datetime, term: OnDate, zone: ZoneInfo) -> Due:
    first = start.astimezone(zone).date()
    back = timedelta() if term.inclusive else _DAY
    if term.year is not None:
        return _ending(date(term.year, term.month, term.day) - back, zone)
    last = _in_year(first.year, term.month, term.day) - back
    if last < first:
        last = _in_year(first.year + 1, term.month, term.day) - back
    return _ending(last, zone)


def _in_year(year: int, month: int, day: int) -> date:
    """29 February is the last day of February in every year."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def period_end(day: date, unit: str) -> date:
    """The last day of the week (Monday to Sunday), month, quarter or year of ``day``."""
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 3, "year": 12}[unit]
    return date(day.year, month, monthrange(day.year, month)[1])


def lateness(found: Due, at: datetime, calendar: Calendar, zone: ZoneInfo) -> Lateness:
    """How late ``at`` is; zero for both when it is in time."""
    if found.in_time(at):
        return Lateness(timedelta(0), 0)
    after = found.last_day or found.instant.astimezone(zone).date()
    try:
        days = max(0, calendar.working_between(after, at.astimezone(zone).date()))
    except CalendarGap:  # an hour term needs no calendar, and must not need one to be late either
        days = None
    return Lateness(at - found.instant, days)
