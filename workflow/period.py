"""The periods of a recurring duty: a week, a month, a quarter of a unit, each with a case of its own (SEMANTICS S7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflow.moment import TICK
from workflow.organisation import Unit
from workflow.term.due import period_end


@dataclass(frozen=True, slots=True)
class Period:
    """``[since, until)`` in the zone of the procedure: from 00:00 of its first day to 24:00 of its last."""

    every: str
    first: date
    zone: ZoneInfo
    set_by: str = ""
    """The unit that set how often; empty where the procedure says it."""

    @classmethod
    def of(cls, at: datetime, every: str, zone: ZoneInfo, set_by: str = "") -> Period:
        """The period in which an instant lies."""
        day = at.astimezone(zone).date()
        if every == "day":
            return cls(every, day, zone, set_by)
        if every == "week":
            return cls(every, day - timedelta(days=day.weekday()), zone, set_by)
        month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[every]
        return cls(every, date(day.year, month, 1), zone, set_by)

    @property
    def last(self) -> date:
        return self.first if self.every == "day" else period_end(self.first, self.every)

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone).astimezone(UTC)

    @property
    def label(self) -> str:
        """``2026``, ``2026-Q4``, ``2026-11``, ``2026-W48``, ``2026-11-24`` (ISO 8601)."""
        if self.every == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02}"
        if self.every == "quarter":
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return {"year": f"{self.first:%Y}", "month": f"{self.first:%Y-%m}", "day": f"{self.first}"}[self.every]

    def before(self) -> Period:
        """The period before."""
        return Period.of(self.since - TICK, self.every, self.zone, self.set_by)

    def case(self, procedure: str, unit: str) -> str:
        """The id of its case: the same whoever opens it, so that a period has one case and no more."""
        return f"{procedure}.{unit}.{self.label}"

    def owed_by(self, unit: Unit, joins: str) -> bool:
        """Whether a unit owes this period: one that starts in the middle owes from the next, or (``at_once``) from the one it starts in."""
        return unit.since is None or (unit.since <= self.since if joins == "next" else unit.since < self.until)
