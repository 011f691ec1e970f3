"""The clock of a drill: it runs a whole number of times faster than the real one, from the instant at which the drill was opened.

Acts carry real instants and dates are told in real ones; terms are counted on the clock of the case. Both directions are integer
arithmetic on microseconds, so that a daemon, a library and a replay agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.journal.canonical import Json
from workflow.moment import Moment, stamp, unstamp
from workflow.text import Text

FASTEST = 1440
"""A day of the case in a real minute."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Up to ``since`` the clock of the case shows the real time; after it ``times`` as much passes on it."""

    since: datetime
    times: int

    @classmethod
    def of(cls, data: Mapping[str, Json]) -> Pace | None:
        """The pace that an opening records; ``None`` for the real clock."""
        found = data.get("pace")
        return cls(unstamp(str(found["since"])), int(str(found["times"]))) if isinstance(found, Mapping) else None

    def document(self) -> dict[str, Json]:
        return {"since": stamp(self.since), "times": self.times}

    @property
    def text(self) -> Text:
        return Text(f"时钟 ×{self.times}", f"clock ×{self.times}")

    def shown(self, at: datetime) -> datetime:
        """What the clock of the case shows at a real instant."""
        return at if at <= self.since else self.since + (at - self.since) * self.times

    def first(self, at: datetime) -> datetime:
        """The first real instant at which the clock of the case shows ``at`` or later."""
        return at if at <= self.since else self.since - ((self.since - at) // self.times)

    def last(self, at: datetime) -> datetime:
        """The last real instant at which the clock of the case shows ``at`` or earlier."""
        return at if at <= self.since else self.since + (at - self.since) // self.times

    def moment_shown(self, moment: Moment) -> Moment:
        return Moment(self.shown(moment.lo), self.shown(moment.hi))

    def moment_first(self, moment: Moment) -> Moment:
        return Moment(self.first(moment.lo), self.first(moment.hi))

    def after(self, at: datetime, span: timedelta) -> datetime:
        """The real instant at which ``span`` has passed on the clock of the case since the real instant ``at``."""
        return self.first(self.shown(at) + span)
