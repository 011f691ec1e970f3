"""What the condition of an event may look at: what the case knew, and which duties were open."""

from __future__ import annotations

from datetime import datetime

from workflow.case.fold import Case
from workflow.obligation.known import known_at
from workflow.obligation.ledger import assess
from workflow.obligation.row import Row
from workflow.procedure.condition import Known
from workflow.rules import World


def seen_at(case: Case, at: datetime, world: World) -> Known:
    """What :func:`~workflow.obligation.known.known_at` says, with the obligations that were open. The ledger is asked only if need be."""
    known = known_at(case, at)
    return Known(known.facts, known.happened, known.decided, _Open(case, at, world))


class _Open:
    __slots__ = ("_at", "_case", "_world")

    def __init__(self, case: Case, at: datetime, world: World) -> None:
        self._case, self._at, self._world = case, at, world

    def __contains__(self, obligation: object) -> bool:
        """On all that is recorded by now, by when it happened: what is entered late closes no duty later than it was fulfilled."""
        as_of = max(self._at, self._case.acts[-1].recorded)
        duty = self._world.rules.duties[str(obligation)]
        return any(self._was_open(row) for row in assess([duty], self._case, self._world, as_of))

    def _was_open(self, row: Row) -> bool:
        if row.begin is None or row.closed or row.begin.moment.lo > self._at:
            return False
        ended = self._case.act(row.ended_by) if row.ended_by is not None else None
        over = [m.lo for m in (row.met_at, ended.happened if ended is not None else None) if m is not None]
        return all(at > self._at for at in over)
