"""What a sweep of the clock has to open: the cases of recurring duties whose period has begun (SEMANTICS S7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from workflow.errors import UnknownProcedure
from workflow.moment import TICK
from workflow.organisation import Unit
from workflow.period import Period
from workflow.ports import View
from workflow.rules import Rules
from workflow.sources import Sources


def missing_periods(sources: Sources, view: View, procedure: str, now: datetime) -> Iterator[tuple[str, Period]]:
    """Units and the periods of theirs that have begun and have no case yet, oldest first.

    A period is owed when a version of the procedure was in force on its first day, also if none is in force any more. Where no case of the
    procedure is there at all, its first sweep is now: what lay before is not owed to a system that did not exist.
    """
    rules = _version(sources, view, procedure, now)
    declared = rules.procedure.period if rules is not None else None
    if rules is None or declared is None:
        return
    organisation = sources.organisation(view)
    until = rules.procedure.in_force.until
    last = now if until is None else min(now, datetime.combine(until, time(), rules.zone))
    behind: list[tuple[Unit, Period]] = []
    for unit in organisation.units.values():
        merged = unit.merged_from is not None and unit.merged_from <= last  # it owes what began before, whenever the sweep comes
        latest = Period.of(unit.merged_from - TICK if merged and unit.merged_from is not None else last, declared.every, rules.zone)
        here = unit.level == declared.level and (unit.since is None or unit.since <= now)
        if here and latest.owed_by(unit, declared.joins) and view.case(latest.case(procedure, unit.id)) is None:
            behind.append((unit, latest))
    present = Period.of(now, declared.every, rules.zone).since
    begun = min((row.opened for row in view.cases(procedure)), default=present) if behind else present
    for unit, period in behind:
        missing: list[Period] = []
        while period.since >= begun and period.owed_by(unit, declared.joins) and view.case(period.case(procedure, unit.id)) is None:
            if _in_force(sources, view, procedure, period.since):
                missing.append(period)
            period = period.before()
        yield from ((unit.id, p) for p in reversed(missing))


def _version(sources: Sources, view: View, procedure: str, now: datetime) -> Rules | None:
    """The version in force, or the one that was added last; ``None`` when there is none."""
    try:
        return sources.in_force(view, procedure, now)
    except UnknownProcedure:
        return next((r for r in reversed(sources.definitions(view)) if r.procedure.procedure == procedure), None)


def _in_force(sources: Sources, view: View, procedure: str, on: datetime) -> bool:
    try:
        sources.in_force(view, procedure, on)
    except UnknownProcedure:
        return False
    return True
