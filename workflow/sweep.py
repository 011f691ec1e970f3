"""What a sweep of the clock has to open: the cases of recurring duties whose period has begun (SEMANTICS S7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from workflow.errors import UnknownProcedure
from workflow.frequency import Spell, spells
from workflow.moment import TICK, unstamp
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
    behind: list[tuple[Unit, Spell, Period]] = []
    for unit in organisation.units.values():
        if unit.level not in declared.level or (unit.since is not None and unit.since > now):
            continue
        merged = unit.merged_from is not None and unit.merged_from <= last  # it owes what began before, whenever the sweep comes
        end = unit.merged_from - TICK if merged and unit.merged_from is not None else last
        for spell in spells(organisation, rules, unit.id):
            if spell.since <= end:
                latest = Period.of(end if spell.until is None else min(end, spell.until - TICK), spell.every, rules.zone, spell.set_by)
                if _owed(latest, unit, spell, declared.joins) and view.case(latest.case(procedure, unit.id)) is None:
                    behind.append((unit, spell, latest))
    first = _first_sweep(view, procedure, now) if behind else now
    found: dict[str, tuple[str, Period]] = {}
    for unit, spell, period in behind:
        begun = Period.of(first, spell.every, rules.zone).since
        missing: list[Period] = []
        while period.since >= begun and _owed(period, unit, spell, declared.joins) and view.case(period.case(procedure, unit.id)) is None:
            if _in_force(sources, view, procedure, period.since):
                missing.append(period)
            period = period.before()
        for owed in reversed(missing):
            found.setdefault(owed.case(procedure, unit.id), (unit.id, owed))
    yield from found.values()


def _owed(period: Period, unit: Unit, spell: Spell, joins: str) -> bool:
    return period.owed_by(unit, joins) and spell.begins(period, joins)


def _first_sweep(view: View, procedure: str, now: datetime) -> datetime:
    """When the first case of a procedure was entered. Not where its period begins: that of a year began long before that of a week."""
    rows = view.cases(procedure)
    if not rows:
        return now
    return unstamp(view.entries(min(rows, key=lambda row: (row.opened, row.id)).id)[0].recorded)


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
