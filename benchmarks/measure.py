"""Rounds, medians and ratios: what every benchmark of this package is made of."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

Work = Callable[[], int]
"""What is timed; returns how many items it did."""
Side = Callable[[int], Work]
"""Prepares a round, untimed, and returns its work."""


class Skipped(Exception):
    """A benchmark that cannot run here, and why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. ``folder`` lies on the disk that is measured."""

    folder: Path
    rounds: int = 5
    quick: bool = False

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Figure:
    """One value a round."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure is held against: ``binds`` must be reached, ``direction`` is aimed at. ``most`` means that less is better."""

    figure: Figure
    binds: float | None = None
    direction: float | None = None
    most: bool = False

    def reaches(self, bound: float) -> bool:
        return self.figure.median <= bound if self.most else self.figure.median >= bound

    @property
    def fails(self) -> bool:
        return self.binds is not None and not self.reaches(self.binds)


@dataclass(frozen=True, slots=True)
class Report:
    """What a benchmark found. ``notes`` are facts of this run, such as the number of items or a comparison of results."""

    figures: tuple[Figure, ...]
    goals: tuple[Goal, ...] = ()
    notes: tuple[str, ...] = ()


def interleave(rounds: int, sides: Mapping[str, Side], unit: str) -> dict[str, Figure]:
    """Items a second of each side, the sides taking turns in every round (A/B/A/B), so that all meet the same weather."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            work = side(number)
            gc.collect()
            begin = time.perf_counter()
            count = work()
            found[name].append(count / (time.perf_counter() - begin))
    return {name: Figure(name, unit, tuple(values)) for name, values in found.items()}


def ratio(ours: Figure, theirs: Figure | Sequence[Figure]) -> Figure:
    """Ours beside theirs, round by round; of several the one with the best median."""
    best = theirs if isinstance(theirs, Figure) else max(theirs, key=lambda f: f.median)
    return Figure(f"{ours.name} / {best.name}", "×", tuple(a / b for a, b in zip(ours.values, best.values, strict=True)))


def need(*modules: str) -> None:
    """Raises :class:`Skipped` when a peer is not installed."""
    missing = [m for m in modules if find_spec(m) is None]
    if missing:
        raise Skipped(f'needs {", ".join(missing)}: python -m pip install -e ".[bench]"')
