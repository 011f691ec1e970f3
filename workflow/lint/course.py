"""What must precede what in a course, and how long that takes at the least.

An event needs one of the states that it starts from; an event of the clock needs besides one of the acts that start its term, and that the
term has run out; a condition may need an event that happened. A person takes no time at all, so that only the clock makes a course long.
What is found is never too late: where it cannot be told in which of several states a case is, it may be in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from workflow.procedure.condition import Condition, Every, Happened
from workflow.procedure.model import ANY, CASE, Event, Obligation, Procedure, State
from workflow.rules import RESERVED
from workflow.statechart import paths
from workflow.term import Term

STATE, EVENT, DECISION = "state", "event", "decision"
Node = tuple[str, str]
"""A state (a leaf) that was reached, an event that happened, or a decision that was taken."""
Advance = Callable[[int, Sequence[Term]], int]
"""The instant at which the earliest of several terms has run out."""


@dataclass(frozen=True, slots=True)
class Need:
    """One of ``any_of``, and that the earliest of ``terms`` after it has run out."""

    any_of: frozenset[Node]
    terms: tuple[Term, ...] = ()
    latest: bool = False
    """The term counts from the last of them that happened, not from the first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One move of an event: what it needs, and where it leads."""

    event: str
    needs: tuple[Need, ...]
    leads: tuple[Node, ...]
    where: frozenset[str]
    """The leaves from which it starts."""


class Step(NamedTuple):
    """How a node is reached first: when, by which event, out of which node, and by which terms after that."""

    at: int
    event: str
    after: Node | None
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Outset:
    """How a stretch of a course begins: where the case may be, and what may have happened before."""

    now: frozenset[Node]
    before: frozenset[Node]


class Courses:
    """The courses that a procedure allows. Rounds after a reopening are like the first."""

    def __init__(self, p: Procedure) -> None:
        self.p = p
        self.leaves_of: dict[str, tuple[str, ...]] = {}
        _leaves(p.states, "", self.leaves_of)
        self.states = dict(paths(p.states))
        self._full = {".".join(path.split(".")[-n:]): path for path in self.states for n in range(1, path.count(".") + 2)}
        self._full |= {path: path for path in self.states}
        self._tops = [name for name, state in p.states.items() if not state.final]
        self.rules: list[Rule] = [rule for name, event in p.events.items() for rule in self._rules(name, event)]
        self._of: dict[str, list[Rule]] = {}
        self._by: dict[Node, list[tuple[int, int]]] = {}
        for number, rule in enumerate(self.rules):
            self._of.setdefault(rule.event, []).append(rule)
            for i, need in enumerate(rule.needs):
                for node in need.any_of:
                    self._by.setdefault(node, []).append((number, i))

    @cached_property
    def timed(self) -> bool:
        """Whether the clock makes anything wait at all."""
        return any(need.terms for rule in self.rules for need in rule.needs)

    @cached_property
    def openings(self) -> frozenset[str]:
        return frozenset(name for name, event in self.p.events.items() if event.opens)

    @cached_property
    def outset(self) -> Outset:
        """The opening of a case."""
        first = {(STATE, leaf) for leaf in self.entered(self.p.initial)}
        opened = {(EVENT, name) for name in (CASE, *self.openings)}
        return Outset(frozenset(first | opened) | self._outside, frozenset())

    @cached_property
    def _outside(self) -> frozenset[Node]:
        """What needs no state: decisions, and the acts that every procedure has."""
        return frozenset([*((DECISION, name) for name in self.p.decisions), *((EVENT, name) for name in RESERVED)])

    @cached_property
    def possible(self) -> Mapping[Node, Step]:
        """Whatever some course comes to."""
        return self.reached(self.outset, _at_once)

    # what an event needs

    def _rules(self, name: str, event: Event) -> Iterator[Rule]:
        needs = tuple(self._gates(event))
        for sources, target in self.moves(event):
            where = frozenset(leaf for source in sources for leaf in self.leaves_of[source])
            leads = tuple((STATE, leaf) for leaf in self._led(sources, target)) if target is not None else ()
            yield Rule(name, (Need(frozenset((STATE, leaf) for leaf in where)), *needs), ((EVENT, name), *leads), where)

    def moves(self, event: Event) -> Iterator[tuple[list[str], str | None]]:
        """The moves of an event as full paths; a look-up for each, where a machine for one case may search."""
        for sources, target in [(m.source, m.target) for m in event.moves] or [(event.source, event.target)]:
            full = [path for s in sources or (ANY,) for path in (self._tops if s == ANY else [self._full[s]])]
            yield full, None if target is None else self._full[target]

    def _led(self, sources: Collection[str], target: str) -> Iterator[str]:
        """Where a move leads: within one region of a parallel state it leaves those beside it as they are."""
        steps = target.split(".")
        for i in range(len(steps) - 1, 0, -1):
            if self.states[".".join(steps[:i])].parallel:
                region = ".".join(steps[: i + 1])
                if all(source == region or source.startswith(region + ".") for source in sources):
                    return self._first(target, self.states[target])
        return self.entered(target)

    def _gates(self, event: Event) -> Iterator[Need]:
        after = event.after
        if after is not None and after.term is not None:
            yield Need(frozenset((EVENT, name) for name in after.on), (after.term,), latest=True)
        elif after is not None and after.due is not None:
            duty = self.p.obligations[after.due]
            starters = self.starters(duty)
            if starters:
                yield Need(frozenset(starters), tuple(a.term for a in duty.term if not a.term.qualitative))
        yield from (Need(frozenset({(EVENT, name)})) for name in happened(event.when))

    def starters(self, duty: Obligation) -> list[Node]:
        """What may start the clock of a duty; nothing where a fact, a date or a recurrence does, at whatever time."""
        start = duty.starts
        if start.received is not None:
            return [(EVENT, name) for name in self.p.obligations[start.received].met_by]
        if start.decision is not None:
            return [(DECISION, start.decision)]
        return [(EVENT, name) for name in start.on] if start.every is None else []

    def entered(self, path: str) -> Iterator[str]:
        """Leaves that may be active once a state is entered, with those of the regions beside it."""
        steps = path.split(".")
        for i in range(1, len(steps) + 1):
            state = self.states[".".join(steps[:i])]
            if state.parallel or i == len(steps):
                yield from self._first(".".join(steps[:i]), state)

    def _first(self, path: str, state: State) -> Iterator[str]:
        if not state.states:
            yield path
        inner = state.states if state.parallel else [state.initial or next(iter(state.states))] if state.states else []
        for name in inner:
            yield from self._first(f"{path}.{name}", state.states[name])

    # how it goes on

    def after(self, name: str, starts: Collection[str], *, again: bool = False) -> Outset | None:
        """The stretch that begins with the first of ``starts``, which is ``name``; ``None``: no course comes to it.

        With ``again`` it need not be the first.
        """
        opening = {(STATE, leaf) for leaf in self.entered(self.p.initial)}
        firsts = {CASE, *self.openings} & {*starts}
        if name == CASE or (not again and (CASE in firsts or self.openings <= firsts)):
            if name not in firsts:
                return None
            acts = {(EVENT, CASE), *((EVENT, n) for n in (self.openings if name == CASE else (name,)))}
            return Outset(frozenset(opening | acts) | self._outside | self._moved(name, opening), frozenset())
        past = self.possible if again else self._past(frozenset(starts))
        places = {node for node in past if node[0] == STATE} | (opening if name in self.openings else set())
        if not any((STATE, leaf) in places for rule in self.of(name) for leaf in rule.where) and name not in self.openings:
            return None
        now = self._moved(name, places) | (opening if name in self.openings else set()) | {(EVENT, name)}
        before = frozenset(node for node in past if node[0] != STATE) | {(EVENT, CASE)} | self._outside
        return Outset(now, before)

    def _past(self, without: frozenset[str]) -> Mapping[Node, Step]:
        """What a course may come to before any of these events."""
        if without not in self._pasts:
            kept = frozenset(n for n in self.outset.now if n[0] != EVENT or n[1] not in without)
            self._pasts[without] = self.reached(Outset(kept, frozenset()), _at_once, without=without)
        return self._pasts[without]

    @cached_property
    def _pasts(self) -> dict[frozenset[str], Mapping[Node, Step]]:
        return {}

    def _moved(self, name: str, places: Collection[Node]) -> frozenset[Node]:
        """Where a case may be right after an event that happened in one of these places."""
        found: set[Node] = set()
        for rule in self.of(name):
            sources = [leaf for leaf in rule.where if (STATE, leaf) in places]
            if not sources:
                continue
            found.update(rule.leads)
            beside = {self._wide(leaf) for leaf in sources}  # regions that it does not leave stay as they are
            if len(rule.leads) > 1:
                beside = {top for top in beside & {self._wide(leaf) for _, leaf in rule.leads[1:]} if self.states[top].parallel}
            found.update((STATE, leaf) for top in beside for leaf in self.leaves_of[top] if (STATE, leaf) in places)
        return frozenset(found)

    def _wide(self, leaf: str) -> str:
        """The outermost parallel state around a leaf, or the leaf itself."""
        steps = leaf.split(".")
        return next((p for i in range(1, len(steps)) if self.states[p := ".".join(steps[:i])].parallel), leaf)

    def of(self, event: str) -> Sequence[Rule]:
        """The moves of an event."""
        return self._of.get(event, ())

    def always_at_once(self, start: str, name: str) -> bool:
        """Whether, wherever ``start`` happens, an event may happen right after it: nothing on the way to it waits for the clock."""
        onward = 0
        for rule in self.of(name):
            if len(rule.needs) == 1:
                onward |= self._mask(rule.where)
        if start == CASE:
            return all(self._free[leaf] & onward for leaf in self.entered(self.p.initial))
        rules = self.of(start)
        if not rules or start in self.openings:
            return False
        moved = [{leaf for _, leaf in rule.leads[1:]} or rule.where for rule in rules]
        return all(self._free[leaf] & onward for leaves in moved for leaf in leaves)

    def at_once(self, outset: Outset, name: str) -> bool:
        """Whether it is plain that an event may happen right after the outset: nothing on the way to it waits for the clock."""
        here = 0
        for kind, leaf in outset.now:
            if kind == STATE:
                here |= self._free[leaf]
        return any(len(rule.needs) == 1 and here & self._mask(rule.where) for rule in self.of(name))

    def _mask(self, leaves: frozenset[str]) -> int:
        if leaves not in self._masks:
            self._masks[leaves] = sum(1 << self._number[leaf] for leaf in leaves)
        return self._masks[leaves]

    @cached_property
    def _masks(self) -> dict[frozenset[str], int]:
        return {}

    @cached_property
    def _number(self) -> dict[str, int]:
        return {leaf: i for i, leaf in enumerate(leaf for path, leaves in self.leaves_of.items() for leaf in leaves if leaf == path)}

    @cached_property
    def _free(self) -> dict[str, int]:
        """For each leaf, as bits, those to which moves lead that wait for nothing but a person; itself among them."""
        onward: dict[str, set[str]] = {leaf: set() for leaf in self._number}
        for rule in self.rules:
            if len(rule.needs) == 1 and len(rule.leads) > 1:
                targets = {leaf for _, leaf in rule.leads[1:]}
                for leaf in rule.where:
                    onward[leaf] |= targets
        return closure(onward, self._number)

    @cached_property
    def loops(self) -> list[list[str]]:
        """States that a case can come back to, those of one loop together."""
        onward: dict[str, set[str]] = {leaf: set() for leaf in self._number}
        for rule in self.rules:
            targets = {leaf for _, leaf in rule.leads[1:]}
            for leaf in rule.where if targets else ():
                onward[leaf] |= targets
        together: dict[int, list[str]] = {}
        for leaf, reach in closure(onward, self._number).items():
            together.setdefault(reach, []).append(leaf)
        return sorted(sorted(loop, key=self._number.__getitem__) for loop in together.values() if len(loop) > 1)

    def enders(self, final: Collection[str]) -> list[str]:
        """Leaves that some case comes to and from which none of ``final`` can be reached."""
        onward: dict[str, set[str]] = {leaf: set() for leaf in self._number}
        for rule in self.rules:
            targets = {leaf for _, leaf in rule.leads[1:]}
            for leaf in rule.where if targets else ():
                onward[leaf] |= targets
        for top, state in self.states.items():  # one region may take the whole case out of a parallel state
            if state.parallel and not any(self.states[up].parallel for up in _above(top)):
                first = self.leaves_of[top][0]
                for leaf in self.leaves_of[top]:
                    onward[first].add(leaf)
                    onward[leaf].add(first)
        bits = closure(onward, self._number)
        ends = sum(1 << self._number[leaf] for leaf in final)
        return [leaf for leaf, reach in bits.items() if (STATE, leaf) in self.possible and not reach & ends]

    def leads_back(self, begin: Collection[str], goals: Collection[str], without: Collection[str]) -> bool:
        """Whether a case in one of some leaves may come to one of others without any of these events."""
        found, waiting = set(begin), list(begin)
        onward: dict[str, set[str]] = {}
        for rule in self.rules:
            if rule.event not in without:
                for leaf in rule.where if len(rule.leads) > 1 else ():
                    onward.setdefault(leaf, set()).update(lead for _, lead in rule.leads[1:])
        while waiting:
            new = onward.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return not found.isdisjoint(goals)

    def reached(self, outset: Outset, advance: Advance, goals: Collection[str] = (), without: Collection[str] = ()) -> dict[Node, Step]:
        """Every node with its earliest instant after the outset, which is instant 0 for ``advance``; up to the first of ``goals``."""
        found: dict[Node, Step] = {}
        heap: list[tuple[int, int, Node, Step]] = []
        counter = 0
        met: dict[int, dict[int, Step]] = {}
        for node in outset.now:
            heap.append((0, counter, node, Step(0, "", None, ())))
            counter += 1
        heap.sort(key=lambda item: item[:2])

        def satisfy(number: int, i: int, node: Node | None, at: int, terms: tuple[Term, ...]) -> None:
            nonlocal counter
            rule, so_far = self.rules[number], met.setdefault(number, {})
            if i in so_far or rule.event in without:
                return
            so_far[i] = Step(at, rule.event, node, terms)
            if len(so_far) == len(rule.needs):
                last = max(so_far.values(), key=lambda s: (s.at, bool(s.terms)))
                for lead in rule.leads:
                    if lead not in found:
                        counter += 1
                        heappush(heap, (last.at, counter, lead, last))

        for node in outset.before:
            for number, i in self._by.get(node, ()):
                need = self.rules[number].needs[i]
                if not (need.latest and need.any_of & outset.now):
                    satisfy(number, i, None, 0, ())
        while heap:
            at, _, node, step = heappop(heap)
            if node in found:
                continue
            found[node] = step
            if node[0] == EVENT and node[1] in goals and node not in outset.now:
                return found
            for number, i in self._by.get(node, ()):
                need = self.rules[number].needs[i]
                if need.terms:
                    satisfy(number, i, node, advance(at, need.terms), need.terms)
                else:
                    satisfy(number, i, node, at, ())
        return found


def _at_once(at: int, _: Sequence[Term]) -> int:
    return at


def closure(onward: Mapping[str, Collection[str]], number: Mapping[str, int]) -> dict[str, int]:
    """For each node the bits of those that can be reached from it; strongly connected ones are found together (Tarjan 1972)."""
    found: dict[str, int] = {}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    for root in onward:
        if root in index:
            continue
        walk = [(root, iter(onward[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while walk:
            node, rest = walk[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    walk.append((other, iter(onward[other])))
                    break
                if other not in found:
                    low[node] = min(low[node], index[other])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == index[node]:
                    together = _cut(stack, node)
                    del stack[len(stack) - len(together) :]
                    bits = 0
                    for one in together:
                        bits |= 1 << number[one]
                    for one in together:
                        for other in onward[one]:
                            bits |= found.get(other, 0)
                    found.update(dict.fromkeys(together, bits))
    return found


def _cut(stack: Sequence[str], node: str) -> list[str]:
    """The end of a stack from ``node`` on."""
    at = len(stack) - 1
    while stack[at] != node:
        at -= 1
    return list(stack[at:])


def happened(condition: Condition | None) -> Iterator[str]:
    """The events without which a condition cannot hold."""
    if isinstance(condition, Happened):
        yield condition.event
    elif isinstance(condition, Every):
        for part in condition.parts:
            yield from happened(part)


def _above(path: str) -> Iterator[str]:
    """The states around a state."""
    steps = path.split(".")
    yield from (".".join(steps[:i]) for i in range(1, len(steps)))


def _leaves(states: Mapping[str, State], prefix: str, found: dict[str, tuple[str, ...]]) -> list[str]:
    """For each state the leaves within it; a leaf is its own."""
    every: list[str] = []
    for name, state in states.items():
        path = f"{prefix}{name}"
        inner = _leaves(state.states, f"{path}.", found) or [path]
        found[path] = tuple(inner)
        every += inner
    return every


def trail(reached: Mapping[Node, Step], node: Node) -> list[tuple[Node, Step]]:
    """The steps to a node, from the outset on."""
    found: list[tuple[Node, Step]] = []
    at: Node | None = node
    while at is not None and at in reached:
        found.append((at, reached[at]))
        at = reached[at].after
    return found[::-1]
