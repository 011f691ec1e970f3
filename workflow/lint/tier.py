"""On which side of a due time, and of the start, a tier lies."""

from __future__ import annotations

from datetime import date, time
from typing import NamedTuple

from workflow import term as terms
from workflow.errors import CalendarGap
from workflow.lint.spans import DAY, Spans
from workflow.term import Offset, Term
from workflow.term.model import CLOCK_UNITS

_DAYS = {"day": 1, "working day": 1, "week": 7, "month": 28, "quarter": 89, "year": 365}
"""The least number of days of each unit."""


class Misplaced(NamedTuple):
    """A tier that lies before the start (``early``), or that should come by the due time and lies after it."""

    term: Term
    early: bool
    always: bool
    day: date | None
    """Where it is not always so, a start day on which it is; ``None`` where the day does not matter."""


def misplaced(offset: Offset, term: Term, hour: str, spans: Spans) -> Misplaced | None:
    """What is wrong with where a tier lies; ``None``: nothing, on any start."""
    if offset.side in ("due", "after", "percent"):
        return None
    length = spans.length(term)
    assert length is not None
    if offset.side == "before" and offset.span is not None and offset.span.unit in CLOCK_UNITS:
        ahead = offset.span.amount * (60 if offset.span.unit == "minute" else 3600)
        if length.longest <= ahead:
            return Misplaced(term, True, True, None)
        return Misplaced(term, True, False, length.short_day) if length.shortest < ahead else None
    return spans.kept(("tier", offset, term, hour), lambda: _looked_at(offset, term, time.fromisoformat(hour), spans))


def _looked_at(offset: Offset, term: Term, hour: time, spans: Spans) -> Misplaced | None:
    """Start by start, at the first and the last minute of each day."""
    early: list[date] = []
    after: list[date] = []
    by_day = spans.by_day(term)
    seen = always = 0
    for index in range(len(spans.begins) - 1):
        starts = [spans.start(index), spans.start(index, late=True)]
        try:
            dues = [terms.due(start, term, spans.calendar, spans.zone) for start in (starts[:1] if by_day else starts)]
            ats = [offset.instant(due, start, spans.calendar, spans.zone, hour) for due, start in zip(dues, starts, strict=False)]
        except CalendarGap:
            continue
        if any(due.provisional for due in dues):
            continue
        seen += 1
        if ats[-1] < starts[-1]:
            early.append(spans.day(index))
            always += ats[0] < starts[0]
        elif any(at > due.instant for at, due in zip(ats, dues, strict=True)):
            after.append(spans.day(index))
            always += all(at > due.instant for at, due in zip(ats, dues, strict=True))
    if early:
        return Misplaced(term, True, always == len(early) == seen, early[0])
    if after:
        return Misplaced(term, False, always == len(after) == seen, after[0])
    return None


def least_after(offset: Offset, hour: str) -> int | None:
    """How long after the due time a tier comes at the least; ``None`` where it comes before it."""
    if offset.side == "due":
        return 0
    if offset.side != "after" or offset.span is None:
        return None
    amount, unit = offset.span.amount, offset.span.unit
    if unit in CLOCK_UNITS:
        return amount * (60 if unit == "minute" else 3600)
    at = time.fromisoformat(hour)
    return (amount * _DAYS[unit] - 1) * DAY + at.hour * 3600 + at.minute * 60
