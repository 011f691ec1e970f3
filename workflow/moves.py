"""The moves of a procedure as a plain table: what a replay needs of its statechart, without the machine behind it.

The machine (:mod:`workflow.statechart`) is asked once for every configuration that can be reached, and what it answers is the table. So
no rule of it is written twice, and a process that replays gets data and builds no machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

Configuration = tuple[str, ...]

LIMIT = 100_000
"""Configurations beyond which no table is made: regions multiply."""


class Chart(Protocol):
    """What may happen in which configuration, and where it leads."""

    @property
    def initial(self) -> Configuration: ...
    def fire(self, configuration: Configuration, event: str) -> Configuration | None: ...
    def enabled(self, configuration: Configuration) -> list[str]: ...
    def ended(self, configuration: Configuration) -> bool: ...


@dataclass(frozen=True)
class Moves:
    """Every configuration that can be reached, and the moves out of each."""

    initial: Configuration
    table: Mapping[Configuration, Mapping[str, Configuration]]
    final: frozenset[Configuration]

    def fire(self, configuration: Configuration, event: str) -> Configuration | None:
        """The configuration after ``event``; the same one for an event that moves nothing; ``None`` when it is not enabled here."""
        return self.table[configuration].get(event)

    def enabled(self, configuration: Configuration) -> list[str]:
        """The events that are possible here, in the order of the file."""
        return list(self.table[configuration])

    def ended(self, configuration: Configuration) -> bool:
        return configuration in self.final


def tabulate(chart: Chart, events: Iterable[str], limit: int = LIMIT) -> Moves | None:
    """The table of a chart; ``None`` where more configurations than ``limit`` can be reached."""
    names = tuple(events)
    table: dict[Configuration, dict[str, Configuration]] = {}
    waiting = [chart.initial]
    while waiting:
        configuration = waiting.pop()
        if configuration in table:
            continue
        if len(table) == limit:
            return None
        moves = {name: target for name in names if (target := chart.fire(configuration, name)) is not None}
        table[configuration] = moves
        waiting.extend(moves.values())
    return Moves(chart.initial, table, frozenset(c for c in table if chart.ended(c)))
