"""What a sweep of the clock has to open: the cases of recurring duties whose period has begun (SEMANTICS S7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from workflow.errors import UnknownProcedure
from workflow.organisation import Unit
from workflow.period import Period
from workflow.ports import View
from workflow.sources import Sources


def missing_periods(sources: Sources, view: View, procedure: str, now: datetime) -> Iterator[tuple[str, Period]]:
    """Units and the periods of theirs that have begun and have no case yet, oldest first.

    Where no case of the procedure is there at all, its first sweep is now: what lay before is not owed to a system that did not exist.
    """
    try:
        rules = sources.in_force(view, procedure, now)
    except UnknownProcedure:  # no version is in force any more
        return
    declared = rules.procedure.period
    if declared is None:
        return
    organisation = sources.organisation(view)
    present = Period.of(now, declared.every, rules.zone)

    def lacks(unit: Unit, period: Period) -> bool:
        return period.owed_by(unit, declared.joins) and view.case(period.case(procedure, unit.id)) is None

    units = [u for u in organisation.units.values() if u.level == declared.level and organisation.unit_at(u.id, now) == u.id]
    behind = [unit for unit in units if lacks(unit, present)]
    begun = min((row.opened for row in view.cases(procedure)), default=present.since) if behind else present.since
    for unit in behind:
        missing: list[Period] = []
        period = present
        while period.since >= begun and lacks(unit, period):
            missing.append(period)
            period = period.before()
        yield from ((unit.id, p) for p in reversed(missing))
