"""Exactly one term applies, or the duty is not owed: proved by trying every case that the conditions can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice, pairwise, product
from typing import Literal

from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.procedure.condition import Atom, Compare, Condition, Every, Happened, Known, Not, Open, Some, holds
from workflow.procedure.fact import NUMBERS
from workflow.procedure.model import Alternative, Fact, Obligation

MAX_CASES = 20_000
"""More are not tried: the rule is then kept at run time only, where ``no_term`` shows it."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Literal["overlap", "gap", "never", "never_owed"]
    alternatives: tuple[int, ...]
    example: Mapping[str, Json]
    """Facts, decisions and events of one case in which it is so."""


def faults(obligation: Obligation, facts: Mapping[str, Fact]) -> list[Fault]:
    """What is wrong with the alternatives of a duty, each kind once for the same alternatives. All its conditions must be well typed."""
    rules = [(i, a.when) for i, a in enumerate(obligation.term) if a.when is not None and a.when != Alternative.UNKNOWN]
    guard = obligation.owed_when
    atoms = [atom for c in (*(w for _, w in rules), *([guard] if guard is not None else [])) for atom in atoms_of(c)]
    domains = {key: domain(key, [a for a in atoms if key_of(a) == key], facts) for key in dict.fromkeys(map(key_of, atoms))}
    size = 1
    for choices in domains.values():
        size *= len(choices)
    if size > MAX_CASES:
        return []
    fallback = any(a.when is None for a in obligation.term)
    applied: set[int] = set()
    owed = False
    found: dict[tuple[str, tuple[int, ...]], Fault] = {}
    for values in islice(product(*domains.values()), MAX_CASES):
        chosen = dict(zip(domains, values, strict=True))
        known = known_of(chosen)
        if guard is not None and holds(guard, known) is False:
            continue
        owed = True
        verdicts = {i: holds(when, known) for i, when in rules}
        certain = tuple(i for i, verdict in verdicts.items() if verdict)
        applied.update(certain)
        example = {name if kind == "fact" else f"{kind} {name}": value for (kind, name), value in chosen.items()}
        if len(certain) > 1:
            found.setdefault(("overlap", certain), Fault("overlap", certain, example))
        elif not certain and not fallback and rules and None not in verdicts.values():
            found.setdefault(("gap", ()), Fault("gap", (), example))
    if not owed:
        return [Fault("never_owed", (), {})]
    return [*found.values(), *(Fault("never", (i,), {}) for i, _ in rules if i not in applied)]


def atoms_of(condition: Condition) -> Iterator[Atom]:
    match condition:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from atoms_of(part)
        case Not(part):
            yield from atoms_of(part)
        case _:
            yield condition


def key_of(atom: Atom) -> tuple[str, str]:
    if isinstance(atom, Compare):
        return "fact", atom.fact
    if isinstance(atom, Open):
        return "obligation", atom.obligation
    return ("event", atom.event) if isinstance(atom, Happened) else ("decision", atom.decision)


def known_of(values: Mapping[tuple[str, str], Json]) -> Known:
    facts = {name: value for (kind, name), value in values.items() if kind == "fact" and value is not None}
    happened = frozenset(name for (kind, name), value in values.items() if kind == "event" and value)
    decided = {name: value is True for (kind, name), value in values.items() if kind == "decision"}
    return Known(facts, happened, decided, frozenset(name for (kind, name), value in values.items() if kind == "obligation" and value))


def domain(key: tuple[str, str], atoms: list[Atom], facts: Mapping[str, Fact]) -> list[Json]:
    """Values of one fact such that every other value behaves like one of them."""
    kind, name = key
    if kind != "fact":
        return [False, True]
    fact = facts[name]
    tests = [a for a in atoms if isinstance(a, Compare)]
    unknown: list[Json] = [None] if any(t.operator == "known" for t in tests) else []
    wanted = [v for t in tests if t.operator != "known" for v in (t.value if isinstance(t.value, tuple) else (t.value,))]
    found: list[Json] = []
    if fact.type == "choice":
        found = list(fact.of)
    elif fact.type == "yes_no":
        found = [True, False]
    elif fact.type in NUMBERS:
        points = sorted({Fraction(str(v)) for v in wanted}) or [Fraction(0)]
        step = Fraction(1, 100) if fact.type == "money" else Fraction(1)
        found = [_number(p + d, fact.type) for p in points for d in (-step, Fraction(0), step)]
        if fact.type == "decimal":
            found += [_number((a + b) / 2, fact.type) for a, b in pairwise(points)]
    elif fact.type == "date":
        found = [(date.fromisoformat(str(v)) + timedelta(days=d)).isoformat() for v in wanted or ["2000-01-01"] for d in (-1, 0, 1)]
    elif fact.type == "instant":
        beside = [timedelta(microseconds=n) for n in (-1, 0, 1)]
        found = [stamp(datetime.fromisoformat(str(v)) + d) for v in wanted or ["2000-01-01T00:00:00Z"] for d in beside]
    else:
        found = [{"given": True}]
    return [*unknown, *dict.fromkeys(map(_hashable, found))]


def _hashable(value: Json) -> Json:
    return "given" if isinstance(value, Mapping) else value


def _number(value: Fraction, kind: str) -> Json:
    if kind == "integer":
        return int(value)
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f")
