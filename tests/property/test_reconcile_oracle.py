"""Matching two ledgers against a slow obvious one: every way to break the ties is tried, and only what all of them give is matched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.moment import Moment
from workflow.reconcile import Incident, Matching, MatchRules, match

START = datetime(2026, 10, 1, 12, tzinfo=UTC)
RULES = MatchRules.model_validate(
    {
        "ref": {"a": "ref", "b": "ref"},
        "keys": {"place": {"a": "p", "b": "p", "same": {"x": "X1", "y": "Y1"}}, "kind": {"a": "k", "b": "k", "must": False}},
        "time": {"within": "10 minutes"},
        "reports": "a",
    }
)
WORDS_B = {"x": "X1", "y": "Y1"}


class Plain:
    """An entry as plain numbers and words, from which both the incident and the oracle's view are made."""

    def __init__(self, name: str, lo: int, width: int, ref: str, place: str, kind: str) -> None:
        self.name, self.lo, self.hi, self.ref, self.place, self.kind = name, lo, lo + width, ref, place, kind

    def __repr__(self) -> str:
        return f"{self.name}[{self.lo}..{self.hi} {self.ref or '-'} {self.place or '-'} {self.kind or '-'}]"

    def incident(self, side: str) -> Incident:
        place = (WORDS_B.get(self.place, self.place) if side == "b" else self.place,) if self.place else ()
        moment = Moment(START + timedelta(minutes=self.lo), START + timedelta(minutes=self.hi))
        kind = frozenset((self.kind,)) if self.kind else frozenset[str]()
        return Incident(self.name, moment, frozenset((self.ref,)) if self.ref else frozenset(), {"place": frozenset(place), "kind": kind})


def entries(side: str) -> st.SearchStrategy[list[Plain]]:
    one = st.tuples(
        st.integers(0, 25), st.sampled_from([0, 0, 0, 3, 12]), st.sampled_from(["", "", "r1", "r2"]), st.sampled_from(["", "x", "x", "y"]),
        st.sampled_from(["", "m", "n"]),
    )  # fmt: skip
    return st.lists(one, max_size=4).map(lambda found: [Plain(f"{side}{i}", *fields) for i, fields in enumerate(found)])


Scored = tuple[tuple[int, int, int], int, int, str, str]


def scored(a: Plain, b: Plain) -> Scored | None:
    """Rank, least and most minutes apart of a pair; ``None``: it cannot be."""
    ref = bool(a.ref) and a.ref == b.ref
    if a.ref and b.ref and a.ref != b.ref:
        return None
    if a.place and b.place and a.place != b.place and not ref:
        return None
    apart = [abs(x - y) for x in range(a.lo, a.hi + 1) for y in range(b.lo, b.hi + 1)]
    if min(apart) > 10 and not ref:
        return None
    differ = sum(1 for x, y in ((a.place, b.place), (a.kind, b.kind)) if x and y and x != y)
    absent = sum(1 for x, y in ((a.place, b.place), (a.kind, b.kind), (a.ref, b.ref)) if not x or not y)
    return (0 if ref else 1, differ, absent), min(apart), max(apart), a.name, b.name


def better(p: Scored, q: Scored) -> bool:
    return p[0] < q[0] or (p[0] == q[0] and p[2] < q[1])


def orders(pairs: Sequence[Scored]) -> Iterator[tuple[Scored, ...]]:
    """Every order in which no pair stands behind one that it is better than."""
    for order in permutations(pairs):
        if not any(better(later, sooner) for i, sooner in enumerate(order) for later in order[i + 1 :]):
            yield order


def greedy(order: Sequence[Scored]) -> frozenset[tuple[str, str]]:
    used: set[str] = set()
    taken = set()
    for *_, a, b in order:
        if a not in used and b not in used:
            used |= {a, b}
            taken.add((a, b))
    return frozenset(taken)


def matched(found: Matching) -> set[tuple[str, str]]:
    return {p.ids for p in found.matched}


def run(a: Sequence[Plain], b: Sequence[Plain]) -> Matching:
    return match([x.incident("a") for x in a], [x.incident("b") for x in b], RULES)


def listed(found: Matching) -> set[tuple[str, str]]:
    return matched(found) | {p.ids for group in found.ambiguous for p in group}


@settings(max_examples=300)
@given(entries("a"), entries("b"))
def test_only_what_every_way_to_break_the_ties_gives_is_matched(a: list[Plain], b: list[Plain]) -> None:
    found = run(a, b)
    pairs = [s for x in a for y in b if (s := scored(x, y)) is not None]
    names = {x.name for x in (*a, *b)}
    taken = {n for ids in matched(found) for n in ids}
    open_ = {n for group in found.ambiguous for p in group for n in p.ids}
    alone = {i.id for i in (*found.alone_a, *found.alone_b)}
    assert taken | open_ | alone == names and len(taken) + len(open_) + len(alone) == len(names)
    assert len(taken) == 2 * len(found.matched), "one to one"
    assert listed(found) <= {(s[3], s[4]) for s in pairs}
    if len(pairs) > 6:
        return
    every = [greedy(order) for order in orders(pairs)]
    assert matched(found) <= frozenset.intersection(*every)
    assert alone.isdisjoint(n for one in every for ids in one for n in ids), "what is alone is so in each of them"
    strict = all(better(p, q) or better(q, p) for i, p in enumerate(pairs) for q in pairs[i + 1 :])
    if strict:
        assert every == [frozenset(matched(found))] and not found.ambiguous


@settings(max_examples=200)
@given(entries("a"), entries("b"), st.randoms(use_true_random=False))
def test_the_order_of_entries_and_the_sides_have_no_say(a: list[Plain], b: list[Plain], chance: object) -> None:
    found = run(a, b)
    mixed_a, mixed_b = list(a), list(b)
    chance.shuffle(mixed_a)  # type: ignore[attr-defined]
    chance.shuffle(mixed_b)  # type: ignore[attr-defined]
    again = run(mixed_a, mixed_b)
    assert again == found
    mirror = match([x.incident("b") for x in b], [x.incident("a") for x in a], RULES.mirrored)
    assert {(p.b.id, p.a.id) for p in mirror.matched} == matched(found)
    assert {(p.b.id, p.a.id) for group in mirror.ambiguous for p in group} == {p.ids for group in found.ambiguous for p in group}
    assert (mirror.alone_a, mirror.alone_b) == (found.alone_b, found.alone_a)


@settings(max_examples=150)
@given(entries("a"), entries("b"))
def test_the_names_have_no_say(a: list[Plain], b: list[Plain]) -> None:
    other = {x.name: f"{x.name[0]}{9 - int(x.name[1:])}" for x in (*a, *b)}
    renamed = run(*([Plain(other[x.name], x.lo, x.hi - x.lo, x.ref, x.place, x.kind) for x in side] for side in (a, b)))
    assert matched(renamed) == {(other[x], other[y]) for x, y in matched(run(a, b))}


@given(entries("a"), entries("b"), st.data())
def test_an_entry_that_stands_twice_is_matched_to_nobody(a: list[Plain], b: list[Plain], data: st.DataObject) -> None:
    found = run(a, b)
    if not found.matched:
        return
    pair = data.draw(st.sampled_from(found.matched))
    (one,) = [x for x in a if x.name == pair.a.id]
    twice = run([*a, Plain("a9", one.lo, one.hi - one.lo, one.ref, one.place, one.kind)], b)
    assert not {"a9", one.name} & {x for x, _ in matched(twice)}
