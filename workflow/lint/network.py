"""A simple temporal network (Dechter, Meiri and Pearl 1991): instants, and how far each may lie after another.

It is consistent if and only if no cycle of its bounds has a negative sum. Such a cycle is found as it stands, and is the explanation: each
of its bounds has its reason, and together they ask for an instant before itself.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

Node = Hashable
Reason = TypeVar("Reason")


class Bound(NamedTuple, Generic[Reason]):
    """``later`` comes at most ``most`` after ``earlier``; where it is negative, at least so much before."""

    earlier: Node
    later: Node
    most: int
    why: Reason


class Network(Generic[Reason]):
    """Bounds between instants, each with its reason."""

    def __init__(self) -> None:
        self._nodes: dict[Node, None] = {}
        self._bounds: list[Bound[Reason]] = []

    def at_most(self, earlier: Node, later: Node, distance: int, why: Reason) -> None:
        """``later`` comes no more than ``distance`` after ``earlier``."""
        self._nodes |= {earlier: None, later: None}
        self._bounds.append(Bound(earlier, later, distance, why))

    def at_least(self, earlier: Node, later: Node, distance: int, why: Reason) -> None:
        """``later`` comes no less than ``distance`` after ``earlier``."""
        self.at_most(later, earlier, -distance, why)

    def conflict(self) -> tuple[Bound[Reason], ...]:
        """Bounds that cannot all hold, in the order of their cycle; empty where the network is consistent."""
        at: dict[Node, int] = dict.fromkeys(self._nodes, 0)
        by: dict[Node, Bound[Reason]] = {}
        fallen: Node | None = None
        for _ in self._nodes:
            fallen = None
            for bound in self._bounds:
                reached = at[bound.earlier] + bound.most
                if reached < at[bound.later]:
                    at[bound.later], by[bound.later], fallen = reached, bound, bound.later
            if fallen is None:
                return ()
        return _cycle(by, fallen) if fallen is not None else ()


def _cycle(by: dict[Node, Bound[Reason]], node: Node) -> tuple[Bound[Reason], ...]:
    """The cycle behind a node that was still falling after as many rounds as there are nodes."""
    for _ in by:
        node = by[node].earlier
    found = [by[node]]
    while found[-1].earlier != node:
        found.append(by[found[-1].earlier])
    return tuple(reversed(found))
