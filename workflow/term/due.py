"""When a term runs out.

``due`` is the bare computation; :mod:`workflow.term.explain` tells the same story with every day in it, by the same steps.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workflow.calendar import Calendar
from workflow.errors import BadTerm
from workflow.term.model import Choice, EndOf, OnDate, Span, Term, Until
from workflow.text import Text

_DAY = timedelta(days=1)
_MIDNIGHT = time()


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


class Pause(NamedTuple):
    """Time that does not count: from ``lo`` up to ``hi``.

    Hour terms run on by its length. Of day terms the days from the day of the pause up to the day before it ends do not count; the day on
    which it ends counts.
    """

    lo: datetime
    hi: datetime


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late an act was, in clock time and in working days begun after the last day."""

    clock: timedelta
    working_days: int


def due(start: datetime, term: Term, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> Due:
    """When a term that starts at ``start`` (aware) has run out.

    Raises :class:`~workflow.errors.BadTerm` for a qualitative term, which has no number, and :class:`~workflow.errors.CalendarGap` for
    working days beyond the calendar.
    """
    if isinstance(term, Span):
        if term.unit == "hour" or term.unit == "minute":
            return _clocked(start, term, pauses)
        return _days(start, term, calendar, zone, pauses)
    if isinstance(term, Choice):
        found = [due(start, part, calendar, zone, pauses) for part in term.parts]
        pick = max if term.later else min
        chosen = pick(found, key=lambda d: (d.instant, not d.inclusive))
        provisional = any(d.provisional for d in found)
        return chosen._replace(provisional=provisional, earliest=pick(d.earliest for d in found), latest=pick(d.latest for d in found))
    if isinstance(term, OnDate):
        return _on_date(start, term, zone)
    if isinstance(term, Until):
        local = start.astimezone(zone)
        day = local.date() if local.time() <= term.at else local.date() + _DAY
        return _exact(datetime.combine(day, term.at, zone))
    if isinstance(term, EndOf):
        return _ending(period_end(start.astimezone(zone).date(), term.unit), zone)
    raise BadTerm(Text(f"期限“{term.text.zh}”没有数字", f"the term '{term.text.en}' has no number"))


def _exact(instant: datetime) -> Due:
    at = instant.astimezone(UTC)
    return Due(at, True, None, False, at, at, None)


def _ending(last_day: date, zone: ZoneInfo) -> Due:
    at = datetime.combine(last_day + _DAY, _MIDNIGHT, zone).astimezone(UTC)
    return Due(at, False, last_day, False, at, at, None)


def _clocked(start: datetime, term: Span, pauses: Sequence[Pause]) -> Due:
    instant = start.astimezone(UTC) + (timedelta(hours=term.amount) if term.unit == "hour" else timedelta(minutes=term.amount))
    for pause in sorted(pauses, key=lambda p: p.lo):
        if pause.lo <= instant and pause.hi > start:
            instant += pause.hi - max(pause.lo, start)
    return Due(instant, True, None, False, instant, instant, None)


def _days(start: datetime, term: Span, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause]) -> Due:
    first = start.astimezone(zone).date()
    last = last_day(first, term, calendar, zone, pauses)
    cutoff = term.cutoff
    if cutoff is None:
        at = datetime.combine(last + _DAY, _MIDNIGHT, zone).astimezone(UTC)
    else:
        at = datetime.combine(last, cutoff, zone).astimezone(UTC)
    counts = term.unit == "working day" or term.roll
    if not counts:
        return Due(at, cutoff is not None, last, False, at, at, None)
    revision = calendar.revision(last.year)
    if calendar.certain(first, last):
        return Due(at, cutoff is not None, last, False, at, at, revision)
    low = last_day(first, term, calendar.earliest, zone, pauses)
    high = last_day(first, term, calendar.latest, zone, pauses)
    shift = at - datetime.combine(last, _MIDNIGHT, zone).astimezone(UTC)
    bounds = [datetime.combine(d, _MIDNIGHT, zone).astimezone(UTC) + shift for d in (low, high)]
    return Due(at, cutoff is not None, last, True, min(bounds[0], at), max(bounds[1], at), revision)


def last_day(first: date, term: Span, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> date:
    """The last day of a day term that starts on ``first``: counted, moved past the pauses, and rolled."""
    amount = term.amount - term.count_start_day
    unit = term.unit
    origin = first
    if unit == "working day":
        if term.count_start_day and not calendar.is_working(first):
            amount += 1
        last = calendar.add_working(origin, amount) if not pauses else _walk(origin, amount, calendar, zone, pauses, working=True)
    elif unit in ("day", "week"):
        days = amount * 7 + (term.count_start_day * 6) if unit == "week" else amount
        last = origin + timedelta(days=days) if not pauses else _walk(origin, days, calendar, zone, pauses, working=False)
    else:
        months = term.amount * {"month": 1, "quarter": 3, "year": 12}[unit]
        last = add_months(origin, months) - (_DAY if term.count_start_day else timedelta())
        if pauses:
            last = _walk(origin, (last - origin).days, calendar, zone, pauses, working=False)
    while term.roll and not calendar.is_working(last):
        last += _DAY
    return last


def paused_days(pauses: Sequence[Pause], zone: ZoneInfo) -> set[date]:
    """The local days that do not count: from the day of each pause up to the day before it ends."""
    found: set[date] = set()
    for pause in pauses:
        day, end = pause.lo.astimezone(zone).date(), pause.hi.astimezone(zone).date()
        while day < end:
            found.add(day)
            day += _DAY
    return found


def _walk(first: date, amount: int, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause], *, working: bool) -> date:
    skipped = paused_days(pauses, zone)
    day = first
    while amount > 0:
        day += _DAY
        if day not in skipped and (not working or calendar.is_working(day)):
            amount -= 1
    return day


def add_months(day: date, months: int) -> date:
    """The corresponding day so many months on, or the last day of that month (民法典 art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _on_date(start: datetime, term: OnDate, zone: ZoneInfo) -> Due:
    first = start.astimezone(zone).date()
    year = term.year or first.year
    day = _date(year, term.month, term.day)
    if term.year is None and day < first:
        day = _date(year + 1, term.month, term.day)
    return _ending(day if term.inclusive else day - _DAY, zone)


def _date(year: int, month: int, day: int) -> date:
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
    return Lateness(at - found.instant, max(0, calendar.working_between(after, at.astimezone(zone).date())))
