"""The course of every case through the table of moves, all cases a step at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.columns.source import Columns
from workflow.moves import Configuration, Moves
from workflow.procedure.model import Procedure
from workflow.replay import breaches

Breaches = tuple[str, ...]


class Walk(NamedTuple):
    """What the table says of each event of a log."""

    state: NDArray[np.int32]
    """The number of the configuration after it, in ``states``."""
    breach: NDArray[np.int32]
    """The number of its breaches in ``found``; 0: none."""
    ends: NDArray[np.bool_]
    """It ended its case."""
    states: list[Configuration]
    found: list[Breaches]


def walk(columns: Columns, moves: Moves, procedure: Procedure) -> Walk:
    """Take every case through the moves, as :func:`workflow.replay.replay_log` takes one."""
    states = list(moves.table)
    number = {configuration: n for n, configuration in enumerate(states)}
    # What a move depends on is the event (empty where the procedure has none) and the role; facts, which may be many, move nothing.
    kinds: dict[tuple[str, str], int] = {}
    of = [kinds.setdefault((s.name if s.known and s.name in procedure.events else "", s.role), len(kinds)) for s in columns.symbols]
    kind = np.array(of, dtype=np.int32)[columns.symbol] if of else columns.symbol
    target = np.full((len(states), max(1, len(kinds))), -1, dtype=np.int32)
    found: list[Breaches] = [()]
    broken = np.zeros((2, 2, max(1, len(kinds))), dtype=np.int32)
    for (name, role), k in kinds.items():
        declared = procedure.events.get(name)
        for source, goes in moves.table.items():
            if name in goes:
                target[number[source], k] = number[goes[name]]
        for first in (False, True):
            for enabled in (False, True):
                said = tuple(breaches(role, declared, first=first, enabled=enabled))
                if said not in found:
                    found.append(said)
                broken[int(first), int(enabled), k] = found.index(said)
    final = np.array([configuration in moves.final for configuration in states], dtype=bool)
    count = np.diff(columns.first)
    by_length = np.argsort(-count, kind="stable")
    longest = count[by_length]
    begins = columns.first[:-1][by_length]
    now = np.full(len(count), number[moves.initial], dtype=np.int32)
    state = np.empty(len(columns.at), dtype=np.int32)
    breach = np.empty(len(columns.at), dtype=np.int32)
    ends = np.zeros(len(columns.at), dtype=bool)
    active = int(np.searchsorted(-longest, 0, side="left"))
    step = 0
    while active:
        here, event = now[:active], begins[:active] + step
        kind_here = kind[event]
        to = target[here, kind_here]
        enabled_here = to >= 0
        wrong = broken[int(step == 0), enabled_here.astype(np.int64), kind_here]
        goes_on = enabled_here & (wrong == 0)
        after = np.where(goes_on, to, here)
        ends[event] = final[after] & ~final[here]
        state[event], breach[event] = after, wrong
        now[:active] = after
        step += 1
        active = int(np.searchsorted(-longest, -step, side="left"))
    return Walk(state, breach, ends, states, found)
