"""What a picture says of a procedure, apart from where it is drawn: arrows with their events, and each duty beside what starts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workflow.procedure.model import CASE, Obligation, Procedure
from workflow.statechart import moves


class Arrow(NamedTuple):
    """One move of an event: from any of its sources to its target; ``None``: it moves nothing."""

    event: str
    sources: tuple[str, ...]
    target: str | None


def arrows(p: Procedure) -> Iterator[Arrow]:
    """Every move of every event, in the order of the file."""
    for name, event in p.events.items():
        for sources, target in moves(p, event):
            yield Arrow(name, sources, target)


def tops(p: Procedure) -> tuple[str, ...]:
    """The states that ``from: any`` means."""
    return tuple(name for name, state in p.states.items() if not state.final)


def starters(p: Procedure, o: Obligation) -> tuple[str, ...]:
    """The events beside which a duty is drawn; ``case`` for what the opening starts, ``decision:x`` for a decision."""
    s = o.starts
    if s.decision:
        return (f"decision:{s.decision}",)
    if s.received:
        return p.obligations[s.received].met_by
    if s.fact or s.date:
        return (CASE,)
    return s.on or (CASE,)
