"""Conditions written as data: comparisons of facts, and ``all``, ``any``, ``not``.

Evaluation is three-valued: ``None`` says that what is known does not decide it. Nothing here is code and nothing is imported by name.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from workflow.journal.canonical import Json
from workflow.procedure.fact import bounds, is_unknown

Operator = Literal["is", "is_not", "in", "at_least", "at_most", "more_than", "less_than", "known"]
OPERATORS: tuple[str, ...] = ("is", "is_not", "in", "at_least", "at_most", "more_than", "less_than", "known")
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Compare:
    fact: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Happened:
    """True once the event is in the case; false until then, never unknown."""

    event: str


@dataclass(frozen=True, slots=True)
class Decided:
    """True when the decision was taken with this answer, false with the other, unknown while it is open."""

    decision: str
    answer: bool


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Compare | Happened | Decided | Every | Some | Not


@dataclass(frozen=True, slots=True)
class Known:
    """What a condition may look at: the facts, the events that happened and the decisions taken, at one instant."""

    facts: Mapping[str, Json]
    happened: Container[str] = frozenset()
    decided: Mapping[str, bool] = field(default_factory=dict)


def read(data: object, depth: int = 0) -> Condition:
    """Parse the YAML form. Raises :class:`ValueError` with a plain reason; the loader adds file, line and column."""
    if depth > MAX_DEPTH:
        raise ValueError("the condition is nested too deeply")
    if not isinstance(data, Mapping) or not data:
        raise ValueError("a condition is a mapping such as {handling: complex}")
    parts = [_one(str(key), value, depth) for key, value in data.items()]
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _one(key: str, value: object, depth: int) -> Condition:
    if key in ("all", "any"):
        if not isinstance(value, list) or not value:
            raise ValueError(f"'{key}' takes a list of conditions")
        parts = tuple(read(v, depth + 1) for v in value)
        return Every(parts) if key == "all" else Some(parts)
    if key == "not":
        return Not(read(value, depth + 1))
    if key == "happened":
        return Happened(str(value))
    if key == "decided":
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError("'decided' takes one decision and its answer, such as {report_up: yes}")
        name, answer = next(iter(value.items()))
        if answer not in (True, False, "yes", "no"):
            raise ValueError("the answer of a decision is yes or no")
        return Decided(str(name), answer in (True, "yes"))
    if isinstance(value, list):
        return Compare(key, "in", tuple(_scalar(v) for v in value))
    if isinstance(value, Mapping):
        tests: list[Condition] = []
        for operator, operand in value.items():
            if operator not in OPERATORS:
                raise ValueError(f"'{operator}' is not a comparison; use one of {', '.join(OPERATORS)}")
            if operator == "in":
                if not isinstance(operand, list):
                    raise ValueError("'in' takes a list")
                tests.append(Compare(key, "in", tuple(_scalar(v) for v in operand)))
            else:
                tests.append(Compare(key, operator, _scalar(operand)))
        if not tests:
            raise ValueError("an empty comparison")
        return tests[0] if len(tests) == 1 else Every(tuple(tests))
    return Compare(key, "is", _scalar(value))


def _scalar(value: object) -> object:
    if isinstance(value, float):
        return str(value)
    if isinstance(value, (bool, int, str)):
        return value
    raise ValueError(f"cannot compare with {value!r}")


def holds(condition: Condition, known: Known) -> bool | None:
    """True, false, or ``None`` when a fact that it needs is not known well enough."""
    match condition:
        case Every(parts):
            results = [holds(p, known) for p in parts]
            return False if False in results else None if None in results else True
        case Some(parts):
            results = [holds(p, known) for p in parts]
            return True if True in results else None if None in results else False
        case Not(part):
            inner = holds(part, known)
            return None if inner is None else not inner
        case Happened(event):
            return event in known.happened
        case Decided(decision, answer):
            taken = known.decided.get(decision)
            return None if taken is None else taken == answer
        case Compare():
            return _compare(condition, known.facts)


def _compare(test: Compare, facts: Mapping[str, Json]) -> bool | None:
    value = facts.get(test.fact)
    missing = value is None or is_unknown(value)
    if test.operator == "known":
        return missing != bool(test.value)
    if value is None or missing:
        return None
    if test.operator in ("is", "is_not", "in"):
        wanted = test.value if test.operator == "in" else (test.value,)
        if isinstance(value, Mapping):  # about 30, at least 3: equal to nothing for certain
            return None
        found = any(_equal(value, w) for w in wanted)
        return found != (test.operator == "is_not")
    if isinstance(value, str) and not _numeric(value):  # dates and instants: canonical text compares as time
        left, right = value, str(test.value)
        return {"at_least": left >= right, "at_most": left <= right, "more_than": left > right, "less_than": left < right}[test.operator]
    return _number(test.operator, value, Fraction(str(test.value)))


def _number(operator: str, value: Json, wanted: Fraction) -> bool | None:
    """``at_least`` includes the number, ``more_than`` does not (民法典 art. 1259)."""
    span = bounds(value)
    above: Callable[[Fraction], bool]
    if operator in ("at_least", "less_than"):
        above = lambda x: x >= wanted  # noqa: E731
    else:
        above = lambda x: x > wanted  # noqa: E731
    low = above(span.lo) if span.lo is not None else False
    high = above(span.hi) if span.hi is not None else True
    if low != high:
        return None
    return low == (operator in ("at_least", "more_than"))


def _numeric(value: str) -> bool:
    try:
        Fraction(value)
    except ValueError:
        return False
    return True


def _equal(value: Json, wanted: object) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted or (isinstance(wanted, str) and value is (wanted == "yes"))
    return value == wanted or str(value) == str(wanted)


def reads(condition: Condition) -> Iterator[tuple[str, str]]:
    """Every name that it looks at, as (``fact`` | ``event`` | ``decision``, id)."""
    match condition:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from reads(part)
        case Not(part):
            yield from reads(part)
        case Happened(event):
            yield "event", event
        case Decided(decision, _):
            yield "decision", decision
        case Compare(fact, _, _):
            yield "fact", fact
