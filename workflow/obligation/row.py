"""One obligation instance in the ledger, and its outcome (promise 6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from workflow.moment import Moment
from workflow.obligation.clock import DueRevision
from workflow.obligation.start import Begin
from workflow.pace import Pace
from workflow.rules import Duty
from workflow.term import Due, Lateness


class Outcome(StrEnum):
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"
    NOT_DUE = "not_due"
    DISCHARGED = "discharged"
    WAIVED = "waived"
    UNDETERMINABLE = "undeterminable"


class Row(NamedTuple):
    """One obligation instance."""

    key: str
    duty: Duty
    to: str
    name: str
    """Which of several: ``1``, or the local instant of a slot; ``1.2`` is the second obligation that came of the first (S4.3)."""
    outcome: Outcome
    reason: str = ""
    """Why it is undeterminable, or what else must be said of the outcome: see ``docs/reference/outcomes.md``."""
    begin: Begin | None = None
    revisions: tuple[DueRevision, ...] = ()
    pending: tuple[DueRevision, ...] = ()
    """The dates that extensions would give that were asked for in time and are not answered yet (S8.4)."""
    met_by: int | None = None
    met_at: Moment | None = None
    elapsed: timedelta | None = None
    """From the start to the fulfilment, or to the as-of instant while it is open: what is shown where no number is set.

    Lengths are those on the clock of the case."""
    late: Lateness | None = None
    bounds: tuple[datetime, datetime] | None = None
    ended_by: int | None = None
    """The act that discharged or waived it."""
    beside: tuple[str, ...] = ()
    """``later_discharged``, ``later_waived``: said beside an outcome that they came too late to change (S3.3); ``deemed_receipt``: the
    receipt that decides is not shown but deemed, as the unit set it (S1.2)."""
    blank: tuple[str, ...] = ()
    """Required elements that the fulfilling report left blank (S6.2)."""
    closed: bool = False
    """The case ended with it owed, or overdue: nobody is reminded of it any more."""
    suspected: bool = False
    """疑似漏报, 待认定: nothing shows when the unit knew (S7.1)."""
    definition: str = ""
    """Hash of the earlier version by which it stands in a case that was moved to a new one; empty: the version of the case."""

    pace: Pace | None = None
    """The clock of a drill that runs faster; the instants of the row are real ones all the same."""
    counted: tuple[DueRevision, ...] = ()
    """For such a drill the due revisions as they were counted, on the clock of the case."""

    @property
    def reckoned(self) -> tuple[DueRevision, ...]:
        """The due revisions on the clock of the case: what further terms are counted from."""
        return self.counted if self.pace is not None else self.revisions

    @property
    def current(self) -> DueRevision | None:
        return self.revisions[-1] if self.revisions else None

    @property
    def due(self) -> Due | None:
        return self.revisions[-1].due if self.revisions else None

    @property
    def owed_by(self) -> str:
        """The role that owes it: signing for a report is a duty of its receiver (S1.2)."""
        return self.to if self.duty.kind == "receipt" and self.to else self.duty.obligation.owed.by

    @property
    def owed_to(self) -> str:
        return self.duty.obligation.owed.by if self.duty.kind == "receipt" else self.to

    @property
    def open(self) -> bool:
        """Still owed: neither fulfilled, discharged nor waived, and the case has not ended with it owed."""
        return self.met_by is None and self.ended_by is None and self.begin is not None and not self.closed

    @property
    def missing_from(self) -> datetime | None:
        """From when it was missing: late remembers that it had been missing. ``None`` when it never was."""
        if self.reason == "ended" and self.begin is not None and self.elapsed is not None:  # the end of the case came before the due date
            since = self.begin.moment.lo
            return since + self.elapsed if self.pace is None else self.pace.after(since, self.elapsed)
        return self.due.instant if self.due is not None and self.outcome in (Outcome.MET_LATE, Outcome.MISSED) else None


def same_duty(row: Row, rows: Iterable[Row]) -> list[Row]:
    """The rows of other rules that demand the same thing (S8.3), without the row itself; empty when it has no duty key."""
    key = row.duty.obligation.duty
    return [r for r in rows if key is not None and r.duty.obligation.duty == key and r.duty.id != row.duty.id and r.name == row.name]
