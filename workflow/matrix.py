"""Coverage: the cases of a procedure by unit or fact and by another fact, and which combinations have none (横向到边、纵向到底).

Whether every village has a plan of every kind, which plans in force lack their manual, which were not drilled this year. A case opened by
mistake counts nowhere, and practice is no coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from workflow.case.fold import Case
from workflow.errors import BadInput
from workflow.obligation.row import Row
from workflow.organisation import Organisation
from workflow.procedure.fact import is_unknown
from workflow.procedure.model import Procedure
from workflow.text import Text

NOT_KNOWN = ""
"""Where a case stands whose fact nobody has stated."""


class Axis(NamedTuple):
    """What the rows or the columns stand for. ``values`` are those that are asked of, in order; ``of`` is where a case stands."""

    values: tuple[str, ...]
    of: Callable[[Case], str]
    closed: bool = False
    """A case that stands elsewhere is not asked of, and is left out; else it brings a line of its own."""


class Cell(NamedTuple):
    """The ids of the cases of one combination, and of those among them that are in the state that is asked for."""

    cases: tuple[str, ...] = ()
    there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    gaps: tuple[tuple[str, str], ...]
    """Combinations that are asked of and have no case, or none in the state."""

    def cell(self, row: str, column: str) -> Cell:
        return self.cells.get((row, column), Cell())

    @property
    def there(self) -> frozenset[str]:
        """Every case in it that is in the state."""
        return frozenset(case for cell in self.cells.values() for case in cell.there)


def by_unit(organisation: Organisation, at: datetime, level: str = "") -> Axis:
    """By unit: every unit of a level that is there at ``at``; without a level, the units that have a case.

    A unit that was merged stands as what it was merged into. Raises :class:`~workflow.errors.BadInput` for a level that no unit has.
    """
    levels = sorted({u.level for u in organisation.units.values()})
    if level and level not in levels:
        raise BadInput(
            Text(f"没有 {level} 级的单位", f"no unit is of the level {level}"),
            hint=Text("可用:" + "、".join(levels), "there are: " + ", ".join(levels)),
        )
    values = tuple(u.id for u in organisation.units_at(at, (level,))) if level else ()
    return Axis(values, lambda case: organisation.unit_at(case.unit, at), closed=bool(level))


def by_fact(procedure: Procedure, name: str, only: tuple[str, ...] = ()) -> Axis:
    """By a fact: each of its choices, or ``only`` these. Raises :class:`~workflow.errors.BadInput` for a fact or a choice that is none."""
    fact = procedure.facts[name]
    if fact.type not in ("choice", "yes_no"):
        able = [n for n, f in procedure.facts.items() if f.type in ("choice", "yes_no")]
        raise BadInput(
            Text(f"“{fact.zh}”没有选项,不能分列", f"'{fact.en}' has no choices to stand for lines"),
            hint=Text("可用:" + "、".join(able), "there are: " + ", ".join(able)),
        )

    def of(case: Case) -> str:
        value = case.facts_now().get(name)
        if value is None or is_unknown(value):
            return NOT_KNOWN
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

    choices = {k: (k, label.zh, label.en) for k, label in fact.of.items()} or {"yes": ("yes", "是", "true"), "no": ("no", "否", "false")}
    chosen = {word: next((k for k, names in choices.items() if word in names), "") for word in only}
    for word, choice in chosen.items():
        if not choice:
            raise BadInput(
                Text(f"“{fact.zh}”没有 {word}", f"'{fact.en}' has no {word}"),
                hint=Text("可用:" + "、".join(choices), "there are: " + ", ".join(choices)),
            )
    return Axis(tuple(chosen.values()) or tuple(choices), of, closed=bool(only))


def matrix(cases: Iterable[Case], rows: Axis, columns: Axis, state: str = "") -> Matrix:
    """The cases by rows and columns. ``state`` is the full path of a state; empty: any state will do."""
    found: dict[tuple[str, str], Cell] = {}
    for case in sorted(cases, key=lambda c: c.id):
        place = rows.of(case), columns.of(case)
        outside = any(axis.closed and value not in axis.values for axis, value in zip((rows, columns), place, strict=True))
        if case.void or case.drill or outside:
            continue
        cell = found.get(place, Cell())
        there = (*cell.there, case.id) if within(case, state) else cell.there
        found[place] = Cell((*cell.cases, case.id), there)
    lines = tuple(dict.fromkeys((*rows.values, *sorted({r for r, _ in found} - {*rows.values}))))
    heads = tuple(dict.fromkeys((*columns.values, *sorted({c for _, c in found} - {*columns.values}))))
    gaps = tuple((r, c) for r in lines for c in columns.values if r != NOT_KNOWN and not found.get((r, c), Cell()).there)
    return Matrix(lines, heads, found, gaps)


def within(case: Case, state: str) -> bool:
    """Whether a case is in a state or in one inside it; in any, if none is named."""
    return not state or any(leaf == state or leaf.startswith(state + ".") for leaf in case.state)


def owing(ledgers: Mapping[str, Iterable[Row]], duty: str) -> tuple[str, ...]:
    """The cases in which a duty is open, by id: a plan without its manual."""
    return tuple(sorted(case for case, rows in ledgers.items() if any(r.duty.id == duty and r.open for r in rows)))


def without(cases: Iterable[Case], event: str, since: datetime | None = None) -> tuple[str, ...]:
    """The cases in which an event has not happened, or not since then, by id: a plan without a drill this year."""
    return tuple(sorted(c.id for c in cases if not any(since is None or a.happened.hi >= since for a in c.events(event))))
