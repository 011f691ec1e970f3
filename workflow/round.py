"""One period of a recurring duty over all units that owe it: who has kept it and who has not (100 %, or the names of the gaps)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workflow.errors import UnknownProcedure
from workflow.frequency import period_at
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Organisation
from workflow.rules import Rules
from workflow.text import Text

Standing = Literal["covered", "late", "gap", "open", "unset", "unopened"]
"""Every duty kept; kept, one of them late; one missed or not certain; still to do; no frequency set; no sweep opened a case."""

COVERED: tuple[Standing, ...] = ("covered", "late")


@dataclass(frozen=True, slots=True)
class Covered:
    """How one unit stands in the period in which an instant lies."""

    unit: str
    period: str
    case: str
    standing: Standing
    met: datetime | None
    """When the last of its duties was fulfilled, where all are."""

    def document(self) -> dict[str, Json]:
        met = None if self.met is None else stamp(self.met)
        return {"unit": self.unit, "period": self.period, "case": self.case, "standing": self.standing, "met": met}


Rows = Callable[[str], Sequence[Row] | None]
"""The ledger of a case by its id; ``None`` where there is no such case, or one that counts nowhere."""


def coverage(organisation: Organisation, rules: Rules, at: datetime, rows: Rows) -> Iterator[Covered]:
    """Each unit that owes a recurring duty at ``at``, in the order of their ids.

    Raises :class:`~workflow.errors.UnknownProcedure` for a procedure that does not recur.
    """
    declared, procedure = rules.procedure.period, rules.procedure.procedure
    if declared is None:
        raise UnknownProcedure(Text(f"{procedure} 不是周期性义务", f"{procedure} is no recurring duty"))
    for unit in sorted(organisation.units_at(at, declared.level), key=lambda u: u.id):
        name = unit.id
        period = period_at(organisation, rules, name, at)
        if period is None:
            yield Covered(name, "", "", "unset", None)
        elif period.owed_by(unit, declared.joins):
            case = period.case(procedure, name)
            found = rows(case)
            yield Covered(name, period.label, "", "unopened", None) if found is None else _stands(name, period.label, case, found)


def _stands(unit: str, period: str, case: str, found: Sequence[Row]) -> Covered:
    owed = [row for row in found if row.duty.obligation.modality == "mandatory" and row.outcome not in _OVER]
    outcomes = {row.outcome for row in owed}
    if outcomes <= _DONE:
        met = max((row.met_at.hi for row in owed if row.met_at is not None), default=None)
        return Covered(unit, period, case, "late" if Outcome.MET_LATE in outcomes else "covered", met)
    return Covered(unit, period, case, "open" if outcomes <= {*_DONE, Outcome.NOT_DUE} else "gap", None)


_DONE = {Outcome.MET, Outcome.MET_LATE}
_OVER = (Outcome.WAIVED, Outcome.DISCHARGED)
