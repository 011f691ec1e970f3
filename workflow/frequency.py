"""How often a unit owes a recurring duty: as the source says, or, where it names no period (定期, 适时), as the unit itself set it (S7.3).

A unit that set none takes that of the nearest unit above; where nobody set one nothing is owed by a number, which :func:`unset` shows. A
unit to which a source does not apply says ``unset`` for its duty: then nothing is opened for it, which is shown in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from workflow.moment import BEGINNING
from workflow.organisation import Frequency, Organisation
from workflow.organisation.gaps import Gap
from workflow.period import Period
from workflow.rules import Rules

UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch ``[since, until)`` in which one frequency applies to a unit; ``until`` ``None`` is open."""

    every: str
    set_by: str
    """The unit that set it; empty where the procedure says it."""
    since: datetime
    until: datetime | None

    def begins(self, period: Period, joins: str) -> bool:
        """Whether a period is one of it: it applies on the first day, or (``at_once``) from some day of the period on."""
        first = period.since if joins == "next" else period.until
        return (self.since <= first if joins == "next" else self.since < first) and (self.until is None or period.since < self.until)


def spells(organisation: Organisation, rules: Rules, unit: str) -> Iterator[Spell]:
    """The frequencies of a unit one after the other; stretches in which none is set are left out."""
    procedure, period = rules.procedure.procedure, rules.procedure.period
    if period is None:
        return
    changes = {BEGINNING} if period.every != UNSET else set()
    changes |= {f.since for f in organisation.frequencies if f.procedure == procedure}
    changes |= {u.merged_from for u in organisation.units.values() if u.merged_from is not None}  # what is above may change with it
    running: Spell | None = None
    for at in sorted(changes):
        found = organisation.frequency(procedure, unit, at)
        every, set_by = _said(period.every, found)
        if running is not None and (running.every, running.set_by) == (every, set_by):
            continue
        if running is not None and running.every != UNSET:
            yield Spell(running.every, running.set_by, running.since, at)
        running = Spell(every, set_by, at, None)
    if running is not None and running.every != UNSET:
        yield running


def _said(declared: str, found: Frequency | None) -> tuple[str, str]:
    """(frequency, who set it): what the source says stands, unless the unit said that it does not apply to it."""
    if found is None or (declared != UNSET and found.every != UNSET):
        return declared, ""
    return found.every, found.unit


def period_at(organisation: Organisation, rules: Rules, unit: str, at: datetime) -> Period | None:
    """The period of a unit in which an instant lies: of several that overlap after a change, the one that began last."""
    declared = rules.procedure.period
    if declared is None:
        return None
    found = [
        period
        for spell in spells(organisation, rules, unit)
        if spell.begins(period := Period.of(at, spell.every, rules.zone, spell.set_by), declared.joins)
    ]
    return max(found, key=lambda p: p.first, default=None)


def unset(organisation: Organisation, recurring: Iterable[Rules], at: datetime) -> Iterator[Gap]:
    """Each unit that owes a recurring duty for which it has no frequency, so that nothing of it falls due."""
    for rules in recurring:
        declared = rules.procedure.period
        if declared is None or not rules.in_force(at):
            continue
        procedure, title = rules.procedure.procedure, rules.procedure.title
        for name in sorted(unit.id for unit in organisation.units_at(at, declared.level)):
            if _said(declared.every, organisation.frequency(procedure, name, at))[0] == UNSET:
                yield Gap("no_frequency", name, procedure, title)
