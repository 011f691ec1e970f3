"""Lots for a simulation: every draw is a pure function of a seed and of what is drawn for, so that nothing depends on the order of draws.

Two runs that differ in one thing, such as a post that is empty for a week, draw the same for all the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from workflow.procedure.condition import Compare, Condition, Every, Not, Some
from workflow.procedure.fact import NUMBERS
from workflow.procedure.model import Alternative, Fact, Procedure

T = TypeVar("T")
FILLER = "试算"
"""What stands in every text that a simulation fills in."""


class Lots:
    """Draws from a seed. ``names`` say what is drawn for: the same names draw the same."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def below(self, n: int, *names: str | int) -> int:
        """A number from 0 to ``n - 1``."""
        text = "\n".join([str(self._seed), *(str(name) for name in names)])
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % n

    def one(self, things: Sequence[T], *names: str | int) -> T:
        return things[self.below(len(things), *names)]

    def heads(self, *names: str | int) -> bool:
        return self.below(2, *names) == 0

    def minutes(self, low: int, high: int, *names: str | int) -> timedelta:
        """A length of time from ``low`` to ``high`` minutes, both included."""
        return timedelta(minutes=low + self.below(high - low + 1, *names))


class Drawer:
    """Values for the facts of a procedure: choices uniformly, numbers about the boundaries that conditions name."""

    def __init__(self, procedure: Procedure, zone: ZoneInfo, lots: Lots) -> None:
        self._facts, self._zone, self._lots = procedure.facts, zone, lots
        self._numbers = {name: _about(name, fact, procedure) for name, fact in procedure.facts.items() if fact.type in NUMBERS}

    def draw(self, name: str, opened: datetime, now: datetime, *names: str | int) -> Any:
        """A value as a person would state it. An instant lies between the two instants, a date within a quarter after the opening."""
        fact = self._facts[name]
        who = ("fact", name, *names)
        if fact.type == "choice":
            return self._lots.one(list(fact.of), *who)
        if fact.type == "yes_no":
            return self._lots.heads(*who)
        if fact.type in NUMBERS:
            return self._lots.one(self._numbers[name], *who)
        if fact.type == "instant":
            return (opened + (now - opened) * self._lots.below(9, *who) / 8).isoformat(timespec="minutes" if now == opened else "seconds")
        if fact.type == "date":
            return (opened.astimezone(self._zone) + timedelta(days=1 + self._lots.below(90, *who))).date().isoformat()
        return {"name": FILLER, "sha256": "0" * 64} if fact.type == "attachment" else FILLER


def conditions(procedure: Procedure) -> Iterator[Condition]:
    """Every condition of a procedure."""
    for event in procedure.events.values():
        if event.when is not None:
            yield event.when
    for duty in procedure.obligations.values():
        if duty.owed_when is not None:
            yield duty.owed_when
        yield from (a.when for a in duty.term if a.when is not None and a.when != Alternative.UNKNOWN)
    yield from (fact.required_when for fact in procedure.facts.values() if fact.required_when is not None)


def comparisons(condition: Condition) -> Iterator[Compare]:
    """Every comparison of a fact in a condition."""
    match condition:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part):
            yield from comparisons(part)
        case Compare():
            yield condition


def _about(name: str, fact: Fact, procedure: Procedure) -> list[Any]:
    """The boundaries that conditions name, and the numbers next to them; from 0 to 9 where none does."""
    named: Mapping[Decimal, None] = {
        Decimal(str(value)): None
        for condition in conditions(procedure)
        for test in comparisons(condition)
        if test.fact == name and test.operator != "known"
        for value in (test.value if isinstance(test.value, tuple) else (test.value,))
    }
    found = sorted({max(Decimal(0), n + step) for n in named for step in (-1, 0, 1)}) or [Decimal(n) for n in range(10)]
    return [int(n) if fact.type == "integer" else format(n, "f") for n in found]
