"""Conditions written as data: comparisons of facts, and ``all``, ``any``, ``not``.

Evaluation is three-valued: ``None`` says that what is known does not decide it. Nothing here is code and nothing is imported by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Literal, cast

from workflow.errors import BadCondition
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.procedure.fact import bounds, is_unknown
from workflow.text import Text

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
class Open:
    """True while the obligation has begun and is neither fulfilled nor ended, in any of its instances; false otherwise, never unknown."""

    obligation: str


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Atom = Compare | Happened | Decided | Open
Condition = Atom | Every | Some | Not


@dataclass(frozen=True, slots=True)
class Known:
    """What a condition may look at, at one instant: facts, events that happened, decisions taken, duties that are open."""

    facts: Mapping[str, Json]
    happened: Container[str] = frozenset()
    decided: Mapping[str, bool] = field(default_factory=dict)
    open: Container[str] = frozenset()


Step = str | int
Path = tuple[Step, ...]
KEYWORDS = ("all", "any", "not", "happened", "decided", "open")
"""What stands where the name of a fact could stand: no fact is called so."""

_ANSWERS = {True: True, False: False, "yes": True, "no": False, "是": True, "否": False, "true": True, "false": False}


def read(data: object) -> Condition:
    """Parse the YAML form. Raises :class:`~workflow.errors.BadCondition` for the first thing that is wrong; see :func:`faults`."""
    found = _read(data, (), 0)
    if isinstance(found, list):
        raise found[0]
    return found


def faults(data: object) -> list[BadCondition]:
    """Everything that is wrong with the form of a condition, each with the path to it; empty when it can be read."""
    found = _read(data, (), 0)
    return found if isinstance(found, list) else []


def leaves(data: object, path: Path = ()) -> Iterator[tuple[Path, Atom]]:
    """Every comparison of a condition that can be read, with the path to it in the data."""
    if not isinstance(data, Mapping):
        return
    for key, value in data.items():
        here = (*path, str(key))
        if key in ("all", "any") and isinstance(value, list):
            for i, part in enumerate(value):
                yield from leaves(part, (*here, i))
        elif key == "not":
            yield from leaves(value, here)
        else:
            found = _one(str(key), value, here, 0)
            parts = found.parts if isinstance(found, Every) else (found,)
            yield from ((here, part) for part in parts if isinstance(part, Atom))


def _bad(message: Text, path: Path, hint: Text | None = None) -> BadCondition:
    return BadCondition(message, hint=hint, path=path)


def _read(data: object, path: Path, depth: int) -> Condition | list[BadCondition]:
    if depth > MAX_DEPTH:
        return [_bad(Text("条件嵌套过深", "the condition is nested too deeply"), path)]
    if not isinstance(data, Mapping) or not data:
        return [
            _bad(
                Text("条件应为映射", "a condition is a mapping"), path, Text("例如 {handling: complex}", "for example {handling: complex}")
            )
        ]
    return _joined([_one(str(key), value, (*path, str(key)), depth) for key, value in data.items()], Every)


def _joined(
    found: Iterable[Condition | list[BadCondition]], kind: Callable[[tuple[Condition, ...]], Condition]
) -> Condition | list[BadCondition]:
    parts: list[Condition] = []
    bad: list[BadCondition] = []
    for part in found:
        if isinstance(part, list):
            bad.extend(part)
        else:
            parts.append(part)
    return bad or (parts[0] if len(parts) == 1 else kind(tuple(parts)))


def _one(key: str, value: object, path: Path, depth: int) -> Condition | list[BadCondition]:
    if key in ("all", "any"):
        if not isinstance(value, list) or not value:
            return [_bad(Text(f"“{key}”后应为条件的列表", f"'{key}' takes a list of conditions"), path)]
        return _joined((_read(v, (*path, i), depth + 1) for i, v in enumerate(value)), Every if key == "all" else Some)
    if key == "not":
        inner = _read(value, path, depth + 1)
        return inner if isinstance(inner, list) else Not(inner)
    if key == "happened":
        if not isinstance(value, str):
            return [_bad(Text("happened 后应为一个事件", "'happened' takes one event"), path)]
        return Happened(value)
    if key == "open":
        if not isinstance(value, str):
            return [_bad(Text("open 后应为一个义务", "'open' takes one obligation"), path)]
        return Open(value)
    if key == "decided":
        return _decided(value, path)
    if isinstance(value, list):
        return _values(key, "in", value, path)
    if isinstance(value, Mapping):
        tests = [_test(key, operator, operand, path) for operator, operand in value.items()]
        return _joined(tests, Every) if tests else [_bad(Text("比较是空的", "an empty comparison"), path)]
    return _values(key, "is", value, path)


def _decided(value: object, path: Path) -> Condition | list[BadCondition]:
    if not isinstance(value, Mapping) or len(value) != 1:
        what = Text("decided 后应为一个决定及其答案", "'decided' takes one decision and its answer")
        return [_bad(what, path, Text("例如 {report_up: yes}", "for example {report_up: yes}"))]
    name, said = next(iter(value.items()))
    answer = _answer(said)
    if answer is None:
        return [_bad(Text("决定的答案是 yes 或 no", "the answer of a decision is yes or no"), path)]
    return Decided(str(name), answer)


def _answer(value: object) -> bool | None:
    """YAML 1.2 reads ``yes`` as a word; it is an answer all the same. A number is none."""
    return _ANSWERS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, (bool, str)) else None


def _test(fact: str, operator: str, operand: object, path: Path) -> Condition | list[BadCondition]:
    if operator not in OPERATORS:
        near = get_close_matches(operator, OPERATORS, n=1)
        what = Text(f"“{operator}”不是比较", f"'{operator}' is not a comparison")
        hint = Text("可用:" + "、".join(OPERATORS), "one of: " + ", ".join(OPERATORS))
        return [_bad(what, path, Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?") if near else hint)]
    if operator == "known":
        answer = _answer(operand)
        if answer is None:
            return [_bad(Text("known 后应为 yes 或 no", "'known' takes yes or no"), path)]
        return Compare(fact, "known", answer)
    if operator == "in" and not isinstance(operand, list):
        return [_bad(Text("in 后应为列表", "'in' takes a list"), path)]
    return _values(fact, cast(Operator, operator), operand, path)


def _values(fact: str, operator: Operator, value: object, path: Path) -> Condition | list[BadCondition]:
    wanted = value if operator == "in" and isinstance(value, list) else [value]
    if not wanted or not all(isinstance(v, (bool, int, str)) for v in wanted):
        return [_bad(Text(f"不能与 {value!r} 比较", f"cannot compare with {value!r}"), path)]
    return Compare(fact, operator, tuple(wanted) if operator == "in" else value)


def holds(condition: Condition, known: Known) -> bool | None:
    """True, false, or ``None`` when a fact that it needs is not known well enough."""
    match condition:
        case Compare():
            return _compare(condition, known.facts)
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
        case Open(obligation):
            return obligation in known.open


def _compare(test: Compare, facts: Mapping[str, Json]) -> bool | None:
    value = facts.get(test.fact)
    missing = value is None or is_unknown(value)
    if test.operator == "known":
        return missing is not test.value
    if value is None or missing:
        return None
    if test.operator in ("is", "is_not", "in"):
        if type(value) is dict or isinstance(value, Mapping):  # about 30, at least 3: equal to nothing for certain
            return None
        if test.operator == "in":
            return any(_equal(value, w) for w in test.value)
        return _equal(value, test.value) != (test.operator == "is_not")
    if isinstance(value, str) and not _numeric(value):
        return _ordered(test.operator, _time(value), _time(str(test.value)))
    return _number(test.operator, value, Fraction(str(test.value)))


def _time(text: str) -> str:
    """A date as it stands, an instant in its canonical form: both compare as text. The loader lets no other text be ordered."""
    return text if len(text) <= 10 else stamp(datetime.fromisoformat(text))


def _ordered(operator: str, left: str, right: str) -> bool:
    return {"at_least": left >= right, "at_most": left <= right, "more_than": left > right, "less_than": left < right}[operator]


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


_NUMERIC = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?\Z", re.ASCII)


def _numeric(value: str) -> bool:
    return _NUMERIC.match(value) is not None


def _equal(value: Json, wanted: object) -> bool:
    if isinstance(value, bool):
        return value is _answer(wanted)
    if value == wanted:
        return True
    if isinstance(value, (int, str)) and _numeric(str(value)) and _numeric(str(wanted)):
        return Fraction(str(value)) == Fraction(str(wanted))
    if isinstance(value, str) and len(value) == 27 and isinstance(wanted, str):
        return value == _time(wanted)
    return value == wanted


def reads(condition: Condition) -> Iterator[tuple[str, str]]:
    """Every name that it looks at, as (``fact`` | ``event`` | ``decision`` | ``obligation``, id)."""
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
        case Open(obligation):
            yield "obligation", obligation
        case Compare(fact, _, _):
            yield "fact", fact
