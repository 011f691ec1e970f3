"""How far a row is from another outcome: by how much the act was in time or late, and from which start on it would have been in time.

A due date is a step function of the start that never goes back as the start moves on. The start from which the act is in time is found by
bisection, first over local midnights and then over instants, and is proved by its two neighbours: in time from it, not in time a
microsecond before. Everything else stays as recorded: the term that applies, the pauses, the extensions, the calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workflow.case.fold import Case
from workflow.errors import CalendarGap
from workflow.journal.canonical import Json
from workflow.moment import TICK, Moment
from workflow.obligation.clock import DueRevision, timeline
from workflow.obligation.row import Outcome, Row
from workflow.obligation.verdict import before
from workflow.procedure.model import Alternative
from workflow.rules import Duty, World
from workflow.term import Due, Term

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_FAR = 16
"""Starts are looked for up to 2**16 days before the act."""

OPEN_REASONS = ("granularity", "receipt", "knew", "calendar")
"""Why an outcome is undeterminable that a better known start or act would determine."""


class Margin(NamedTuple):
    spare: timedelta | None
    """Between the act and the due instant; negative: so late. ``None`` where the outcome is undeterminable."""
    working_days: int | None
    """The same in working days, for terms of days and longer."""
    start: Moment | None
    """The earliest start with which the act is in time: surely from ``hi`` on, surely not before ``lo``. ``None``: none, or it does not
    depend on the start."""

    def document(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        if self.spare is not None:
            found["spare"] = self.spare // _SECOND
        if self.working_days is not None:
            found["working_days"] = self.working_days
        if self.start is not None:
            found["start_from"] = self.start.encode()
        return found


def margin(row: Row, case: Case, world: World, as_of: datetime) -> Margin | None:
    """The margin of a row; ``None`` where no date decided its outcome."""
    v = row.current
    if v is None or v.due is None or v.last is None or row.begin is None or row.pace is not None:
        return None
    world = world.of(row.definition)
    act = _act(row, as_of)
    if act is None:
        return None
    start = _start(row, act, case.known(as_of), world, as_of)
    if row.outcome == Outcome.UNDETERMINABLE:
        return Margin(None, None, start) if start is not None else None
    if row.late is not None:
        days = row.late.working_days if v.last.last_day is not None else None
        return Margin(-row.late.clock, None if days is None else -days, start)
    return Margin(v.due.earliest - act.hi, _working_days(v, act, world), start)


def _act(row: Row, as_of: datetime) -> Moment | None:
    """When the act that decides was done, or until when it was waited for."""
    begin = row.begin
    assert begin is not None
    if row.outcome == Outcome.UNDETERMINABLE and row.reason not in OPEN_REASONS:
        return None
    if row.outcome in (Outcome.MET, Outcome.MET_LATE, Outcome.UNDETERMINABLE) and row.met_at is not None:
        return row.met_at if not row.reason or row.outcome == Outcome.UNDETERMINABLE else None
    if row.outcome in (Outcome.MISSED, Outcome.NOT_DUE, Outcome.UNDETERMINABLE) and row.reason in ("", *OPEN_REASONS):
        return Moment.at(begin.moment.lo + row.elapsed) if row.closed and row.elapsed is not None else Moment.at(as_of)
    return None


def _working_days(v: DueRevision, act: Moment, world: World) -> int | None:
    assert v.due is not None
    if v.due.last_day is None:
        return None
    try:
        return world.calendar(v.calendar).working_between(act.hi.astimezone(world.rules.zone).date(), v.due.last_day)
    except CalendarGap:
        return None


def _start(row: Row, act: Moment, case: Case, world: World, as_of: datetime) -> Moment | None:
    """From which start on the act is in time, where the date that stands is counted from the start by one term."""
    begin, first, v = row.begin, row.revisions[0], row.revisions[-1]
    assert begin is not None and v.due is not None
    one = all(r.alternative == first.alternative and r.kind in ("start", "pause", "extension", "calendar") for r in row.revisions)
    if begin.slot is not None or begin.arose is not None or v.kept_old or first.term is None or first.term.qualitative or not one:
        return None
    duty = _fixed(row.duty, first.term)
    until = row.met_at.lo if row.met_at is not None else act.lo if row.closed else None

    def due(start: datetime) -> Due:
        there = begin._replace(moment=Moment.at(start), doubt="")
        found = timeline(duty, row.key, there, case, world, until, as_of).revisions[-1].due
        assert found is not None
        return found

    def surely(start: datetime) -> bool:
        found = due(start)
        return before(found, found.earliest, act.hi)

    def perhaps(start: datetime) -> bool:
        found = due(start)
        return before(found, found.latest, act.lo)

    try:
        if v.due != due(begin.moment.lo):
            return None
        zone = world.rules.zone
        low = _first(perhaps, act.lo, zone, _guess(begin.moment.lo, v.due, act.lo, zone))
        high = low if act.exact and not v.due.provisional else _first(surely, act.hi, zone, _guess(begin.moment.lo, v.due, act.hi, zone))
    except (CalendarGap, OverflowError):
        return None
    return Moment(min(low, high), high) if low is not None and high is not None else None


def _fixed(duty: Duty, term: Term) -> Duty:
    """The duty with the term that applied, whatever the case knew when."""
    if not duty.read:
        return duty
    alone = Alternative.model_validate({"is": term})
    return replace(duty, obligation=duty.obligation.model_copy(update={"term": (alone,), "owed_when": None}))


def _guess(start: datetime, due: Due, act: datetime, zone: ZoneInfo) -> datetime:
    """As much later than the start as the act is later than the due date: right for hours and for days, a try for all else."""
    if due.last_day is None:
        return start + (act - due.instant)
    day = start.astimezone(zone).date() + (act.astimezone(zone).date() - due.last_day)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first(in_time: Callable[[datetime], bool], act: datetime, zone: ZoneInfo, guess: datetime) -> datetime | None:
    """The first start at or before the act with which it is in time; ``None``: it is in time with every start looked at, or with none."""
    if guess <= act and in_time(guess) and not in_time(guess - TICK):
        return guess
    if not in_time(act):
        return None
    today = act.astimezone(zone).date()

    def midnight(days: int) -> datetime:
        return datetime.combine(today - days * _DAY, time(), zone).astimezone(UTC)

    far = next((n for n in range(_FAR + 1) if not in_time(midnight(2**n - 1))), None)
    if far is None:
        return None
    near, off = (2 ** (far - 1) - 1 if far else -1), 2**far - 1  # in time from the midnight ``near`` days before on; -1 is the act itself
    while off - near > 1:
        middle = (off + near) // 2
        near, off = (middle, off) if in_time(midnight(middle)) else (near, middle)
    good = midnight(near) if near >= 0 else act
    bad = good - TICK
    if in_time(bad):
        good, bad = bad, midnight(off)
        while good - bad > TICK:
            instant = bad + (good - bad) // 2
            good, bad = (instant, bad) if in_time(instant) else (good, instant)
    return good
