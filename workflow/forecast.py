"""What a command or a sweep would do, with nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from workflow.act import Act
from workflow.case.flags import tiers
from workflow.case.joint import Part
from workflow.case.standing import Standing
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Row
from workflow.rules import World


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a command would do (``--dry-run``): the acts it would write, and the case before and after them."""

    acts: tuple[Act, ...]
    world: World
    was: Standing | None
    """``None`` for a case that would be opened."""
    becomes: Standing
    now: datetime
    repeated: bool = False
    """The same command with the same key was carried out before: nothing would be written again."""
    others: tuple[Forecast, ...] = ()
    """What it would do to other cases that it names."""

    @property
    def before(self) -> tuple[Row, ...]:
        """The rows as they are."""
        return tuple(ledger(self.was.case, self.world, self.now)) if self.was is not None else ()

    @property
    def after(self) -> tuple[Row, ...]:
        """The rows as they would be."""
        return tuple(ledger(self.becomes.case, self.world, max([self.now, *(a.recorded for a in self.acts)])))

    def told(self) -> list[tuple[Row, int, datetime]]:
        """(row, tier, instant) of each reminder or report that a clock which is started or moved brings with it, in order of time."""
        known = {(r.key, len(r.revisions), r.due) for r in self.before}
        rows = self.after
        fresh = [r for r in rows if r.open and (r.key, len(r.revisions), r.due) not in known]
        return sorted(((r, t, i) for r in fresh for t, i in tiers(r, rows, self.world)), key=lambda x: (x[2], x[0].key, x[1]))


def forecast_of(parts: Sequence[Part], now: datetime) -> Forecast:
    """What a command would do to each case: the first one, with the others beside it."""
    first, *others = (Forecast(p.acts, p.world, p.was, p.becomes.noted(p.world, now), now) for p in parts)
    return replace(first, others=tuple(others))
