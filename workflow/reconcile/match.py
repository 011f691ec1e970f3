"""Which incidents of two ledgers are the same: pairs that can be, ranked; those that are the best for both sides are matched.

A pair *can be* where nothing excludes it (two references that differ, a key that must agree and does not, times further apart than the
window) and something speaks for it: the same reference, or times within the window. It is *better* than another by, in this order: the same
reference; fewer keys and facts that differ; fewer that one side does not give; nearer in time, where that is sure: an uncertain time is an
interval, and intervals of distance that overlap decide nothing.

Matched is a pair that is better than every other pair of either of its two incidents. Those incidents are taken out, and it is done again
until no such pair is left. What then still has a pair is *ambiguous* and listed with all its pairs; the rest is unmatched. No order of
rows, no id and no side has a say in it: with the sides swapped, the same pairs come out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from workflow.journal.canonical import Json
from workflow.reconcile.incident import Incident, word
from workflow.reconcile.rules import MatchRules

_SECOND = timedelta(seconds=1)
_NONE = timedelta(0)


class Pair(NamedTuple):
    """Two incidents that can be the same, and why."""

    a: Incident
    b: Incident
    same: tuple[str, ...]
    """What agrees: ``ref``, keys, facts."""
    differs: tuple[str, ...]
    absent: tuple[str, ...]
    """What one side does not give."""
    nearest: timedelta
    furthest: timedelta
    """Between the two times, at least and at most."""
    within: str
    """``sure``, ``possible`` where an uncertain time leaves it open, ``beyond`` where only the reference speaks for the pair."""

    @property
    def rank(self) -> tuple[bool, int, int]:
        return "ref" not in self.same, len(self.differs), len(self.absent)

    def better(self, other: Pair) -> bool:
        return self.rank < other.rank or (self.rank == other.rank and self.furthest < other.nearest)

    @property
    def ids(self) -> tuple[str, str]:
        return self.a.id, self.b.id

    def document(self) -> dict[str, Json]:
        """Why it can be, with what each side has where they differ."""
        return {
            "a": self.a.id,
            "b": self.b.id,
            "same": list(self.same),
            "differs": {name: {"a": _shown(self.a, name), "b": _shown(self.b, name)} for name in self.differs},
            "absent": list(self.absent),
            "within": self.within,
            "apart": [self.nearest // _SECOND, self.furthest // _SECOND],
            "times": {"a": self.a.at.encode(), "b": self.b.at.encode()},
        }


def _shown(incident: Incident, name: str) -> Json:
    if name in incident.keys:
        return sorted(incident.keys[name])
    return incident.facts.get(name.removeprefix("fact:"))


class Matching(NamedTuple):
    matched: tuple[Pair, ...]
    beaten: Mapping[tuple[str, str], tuple[Pair, ...]]
    """For each that was matched, by its ids, the other pairs that its incidents could have made."""
    ambiguous: tuple[tuple[Pair, ...], ...]
    """Each group hangs together: an incident is in one group."""
    alone_a: tuple[Incident, ...]
    alone_b: tuple[Incident, ...]
    """Those that no pair is left for."""


def match(a: Sequence[Incident], b: Sequence[Incident], rules: MatchRules) -> Matching:
    """Match the incidents of two ledgers. The ids of a ledger differ from each other."""
    every = sorted(candidates(a, b, rules), key=lambda p: p.ids)
    left, matched = list(every), list[Pair]()
    while found := _bests(left):
        taken_a, taken_b = {p.a.id for p in found}, {p.b.id for p in found}
        matched += found
        left = [p for p in left if p.a.id not in taken_a and p.b.id not in taken_b]
    of = left_of(every)
    used_a, used_b = {p.a.id for p in (*matched, *left)}, {p.b.id for p in (*matched, *left)}
    return Matching(
        tuple(sorted(matched, key=lambda p: p.ids)),
        {p.ids: tuple(r for r in (*of["a", p.a.id], *of["b", p.b.id]) if r is not p) for p in matched},
        tuple(_groups(left)),
        tuple(sorted((i for i in a if i.id not in used_a), key=lambda i: i.id)),
        tuple(sorted((i for i in b if i.id not in used_b), key=lambda i: i.id)),
    )


def candidates(a: Sequence[Incident], b: Sequence[Incident], rules: MatchRules) -> Iterator[Pair]:
    """Every pair that can be, each once."""
    window = rules.time.window
    ordered = sorted(b, key=lambda i: (i.at.lo, i.id))
    starts = [i.at.lo for i in ordered]
    longest = max((i.at.hi - i.at.lo for i in b), default=_NONE)
    by_ref: defaultdict[str, list[Incident]] = defaultdict(list)
    for incident in b:
        for ref in incident.ref:
            by_ref[ref].append(incident)
    for one in a:
        near: dict[str, Incident] = {other.id: other for ref in one.ref for other in by_ref[ref]}
        for n in range(bisect_left(starts, one.at.lo - window - longest), len(ordered)):
            if starts[n] > one.at.hi + window:
                break
            near[ordered[n].id] = ordered[n]
        for other in near.values():
            pair = paired(one, other, rules)
            if pair is not None:
                yield pair


def paired(a: Incident, b: Incident, rules: MatchRules) -> Pair | None:
    """The two as a pair; ``None`` where they cannot be the same incident."""
    same: list[str] = []
    differs: list[str] = []
    absent: list[str] = []
    if rules.ref is not None:
        agreed = _agree(a.ref, b.ref)
        if agreed is False:
            return None
        (same if agreed else absent).append("ref")
    for name, key in rules.keys.items():
        mine = frozenset(_meant(w, key.same) for w in a.keys.get(name, ()))
        agreed = _agree(mine, frozenset(map(word, b.keys.get(name, ()))))
        if agreed is False and key.must and "ref" not in same:
            return None
        (absent if agreed is None else same if agreed else differs).append(name)
    for name in sorted(a.facts.keys() & b.facts.keys()):
        (same if a.facts[name] == b.facts[name] else differs).append(f"fact:{name}")
    nearest = max(b.at.lo - a.at.hi, a.at.lo - b.at.hi, _NONE)
    furthest = max(b.at.hi - a.at.lo, a.at.hi - b.at.lo)
    window = rules.time.window
    if nearest > window and "ref" not in same:
        return None
    within = "beyond" if nearest > window else "possible" if furthest > window else "sure"
    return Pair(a, b, tuple(same), tuple(differs), tuple(absent), nearest, furthest, within)


def _meant(text: str, same: Mapping[str, str]) -> str:
    """A word of A as B has it."""
    return {word(ours): word(theirs) for ours, theirs in same.items()}.get(word(text), word(text))


def _agree(a: frozenset[str], b: frozenset[str]) -> bool | None:
    """``None``: one side does not say."""
    return bool(a & b) if a and b else None


def left_of(pairs: Iterable[Pair]) -> Mapping[tuple[str, str], list[Pair]]:
    """The pairs of each incident, by side and id."""
    found: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        found["a", pair.a.id].append(pair)
        found["b", pair.b.id].append(pair)
    return found


def _bests(pairs: Sequence[Pair]) -> list[Pair]:
    """Those that are better than every other pair of either of their incidents: no two of them share one."""
    of = left_of(pairs)
    return [p for p in pairs if all(r is p or p.better(r) for r in (*of["a", p.a.id], *of["b", p.b.id]))]


def _groups(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, ...]]:
    """The pairs that hang together through their incidents, each group in the order of its ids."""
    of, seen = left_of(pairs), set[tuple[str, str]]()
    for pair in pairs:
        if pair.ids in seen:
            continue
        group: dict[tuple[str, str], Pair] = {}
        waiting = [pair]
        while waiting:
            one = waiting.pop()
            if one.ids not in group:
                group[one.ids] = one
                waiting += [*of["a", one.a.id], *of["b", one.b.id]]
        seen |= group.keys()
        yield tuple(group[ids] for ids in sorted(group))
