"""Every configuration that a case can come to, one by one, with the events that conditions ask for: what is exact where
:mod:`workflow.lint.course` is wide. It is bounded; beyond the bound nothing is claimed, and that is said.

Facts, decisions and open duties may be anything at any time, so that what is not found here can never happen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import NamedTuple

from workflow.journal.canonical import Json
from workflow.lint.chart import verdicts_of
from workflow.lint.course import Courses, closure
from workflow.lint.finding import Finding
from workflow.lint.subject import Subject
from workflow.procedure.alternative import MAX_CASES, atoms_of, domain, key_of, known_of
from workflow.procedure.condition import Condition, Happened, holds
from workflow.procedure.model import CASE, Event, Procedure, State
from workflow.rules import RESERVED
from workflow.statechart import Configuration, Statechart
from workflow.text import Text

MAX_SITUATIONS = 10_000
MAX_QUESTIONS = 3_000
"""Moves into, out of or across parallel regions, each of which is asked of the machine itself."""
SHOWN = 3
"""So many dead ends are named, those that are reached in the fewest steps."""


class Situation(NamedTuple):
    at: Configuration
    happened: int
    """As bits, which of the events that some condition may still ask for are in the case."""


class Walk:
    """The situations of one procedure, found breadth first, each with the event and the situation that it came from."""

    def __init__(self, courses: Courses) -> None:
        self.p = p = courses.p
        self._courses = courses
        self._asked = {name: frozenset(_asked(event)) & p.events.keys() for name, event in p.events.items()}
        every = frozenset().union(*self._asked.values())
        self._bit = {name: 1 << i for i, name in enumerate(n for n in p.events if n in every)}
        self._may: dict[tuple[str, int], bool] = {}
        self._questions = 0
        self.complete = True
        self._events: dict[Situation, set[str]] = {}
        self.came: dict[Situation, tuple[str, Situation | None]] = {}
        self._onward: dict[Situation, list[Situation]] = {}
        self.after: dict[str, list[tuple[Situation, Situation | None]]] = {}
        """For each event that happens the situations that it leads to, and whence."""
        self._all()

    def _all(self) -> None:
        waiting: deque[Situation] = deque()
        for name, event in self.p.events.items():
            if event.opens:
                self._meet(Situation(self._initial, self._bit.get(name, 0) & self._live(self._initial)), name, None, waiting)
        while waiting and self.complete:
            here = waiting.popleft()
            onward = self._onward[here] = []
            self._events[here] = set()
            for name in self._enabled(here.at):
                if not self._allowed(name, here.happened):
                    continue
                at = self._moved(here.at, name)
                if at is None:
                    continue
                there = Situation(at, (here.happened | self._bit.get(name, 0)) & self._live(at))
                onward.append(there)
                self._events[here].add(name)
                self._meet(there, name, here, waiting)
                if len(self.came) > MAX_SITUATIONS or self._questions > MAX_QUESTIONS:
                    self.complete = False
                    return

    def _meet(self, there: Situation, name: str, here: Situation | None, waiting: deque[Situation]) -> None:
        self.after.setdefault(name, []).append((there, here))
        if there not in self.came:
            self.came[there] = name, here
            waiting.append(there)

    # where events are possible, and where they lead

    @property
    def _states(self) -> Mapping[str, State]:
        return self._courses.states

    @cached_property
    def _chart(self) -> Statechart:
        return Statechart(self.p)

    @cached_property
    def _initial(self) -> Configuration:
        first = self._first(self.p.initial)
        return self._chart.initial if first is None else (first,)

    @cached_property
    def _from(self) -> Mapping[str, Mapping[str, str | None]]:
        """For each state the events that start from it, with their target; of several moves the first."""
        found: dict[str, dict[str, str | None]] = {}
        for name, event in self.p.events.items():
            for sources, target in self._courses.moves(event):
                for source in sources:
                    found.setdefault(source, {}).setdefault(name, target)
        return found

    def _enabled(self, at: Configuration) -> list[str]:
        """Events that start from an active state, in a fixed order."""
        return list(dict.fromkeys(name for leaf in at for around in _upward(leaf) for name in self._from.get(around, ())))

    def _moved(self, at: Configuration, name: str) -> Configuration | None:
        if not self._moving[name]:
            return at
        found = [(leaf, source) for leaf in at for source in _upward(leaf) if name in self._from.get(source, ())]
        leaf, source = found[0]  # of the states around a leaf the innermost decides
        target = self._from[source][name]
        if all(self._from[other][name] is None for _, other in found):
            return at
        if target is not None and all(other == leaf for other, _ in found):
            within = _common(source, target)
            if not any(other.startswith(within) for other in at if other != leaf) and (first := self._first(target)) is not None:
                return tuple(sorted(first if other == leaf else other for other in at))
        self._questions += 1
        return self._chart.fire(at, name)

    @cached_property
    def _moving(self) -> Mapping[str, bool]:
        return {name: any(target is not None for _, target in self._courses.moves(event)) for name, event in self.p.events.items()}

    def _first(self, path: str) -> str | None:
        """The leaf that is entered with a state; ``None`` where they are several."""
        state = self._states[path]
        while state.states and not state.parallel:
            child = state.initial or next(iter(state.states))
            path, state = f"{path}.{child}", state.states[child]
        return None if state.states else path

    # conditions

    def _allowed(self, name: str, happened: int) -> bool:
        """Whether an event may happen once these have, whatever else is known."""
        here = happened & self._reads[name]
        if (name, here) not in self._may:
            self._may[name, here] = self._possible(self.p.events[name], here)
        return self._may[name, here]

    @cached_property
    def _reads(self) -> Mapping[str, int]:
        return {name: sum(self._bit[n] for n in asked) for name, asked in self._asked.items()}

    def _possible(self, event: Event, happened: int) -> bool:
        starts = event.after.on if event.after is not None else ()
        if starts and all(name in self._bit for name in starts) and not any(self._bit[name] & happened for name in starts):
            return False  # the clock has not begun to run
        return event.when is None or self._may_hold(event.when, happened)

    def _may_hold(self, condition: Condition, happened: int) -> bool:
        atoms = list(atoms_of(condition))
        domains: dict[tuple[str, str], list[Json]] = {}
        size = 1
        for key in dict.fromkeys(map(key_of, atoms)):
            kind, name = key
            domains[key] = (
                [bool(self._bit[name] & happened)] if kind == "event" else domain(key, [a for a in atoms if key_of(a) == key], self.p.facts)
            )
            size *= len(domains[key])
        if size > MAX_CASES:
            return True
        return any(holds(condition, known_of(dict(zip(domains, values, strict=True)))) for values in product(*domains.values()))

    def _live(self, at: Configuration) -> int:
        """The events that something may still ask for; what is asked no more is forgotten, so that situations stay few."""
        if at not in self._alive:
            live = 0
            for leaf in at:
                live |= self._asked_from[leaf]
            self._alive[at] = live & ((1 << len(self._bit)) - 1)
        return self._alive[at]

    @cached_property
    def _alive(self) -> dict[Configuration, int]:
        return {}

    @cached_property
    def _asked_from(self) -> Mapping[str, int]:
        """For each leaf as bits the events asked for there, or wherever a case may come from there."""
        onward: dict[str, set[str]] = {leaf: set() for path, leaves in self._courses.leaves_of.items() for leaf in leaves if leaf == path}
        number = {leaf: len(self._bit) + i for i, leaf in enumerate(onward)}
        for name in self._bit:  # an event that is asked for is a place where nothing leads on
            onward[f"?{name}"] = set()
            number[f"?{name}"] = self._bit[name].bit_length() - 1
        for rule in self._courses.rules:
            to = {leaf for _, leaf in rule.leads[1:]} | {f"?{name}" for name in self._asked[rule.event]}
            for leaf in rule.where if to else ():
                onward[leaf] |= to
        return closure(onward, number)

    # dead ends

    def ended(self, there: Situation) -> bool:
        return all(self.p.states[leaf.partition(".")[0]].final for leaf in there.at)

    def dead_ends(self) -> list[Situation]:
        """Where the end of the case goes out of reach, in the fewest steps first."""
        back: dict[Situation, list[Situation]] = {}
        for here, onward in self._onward.items():
            for there in onward:
                back.setdefault(there, []).append(here)
        alive = {there for there in self.came if self.ended(there)}
        waiting = list(alive)
        while waiting:
            for here in back.get(waiting.pop(), ()):
                if here not in alive:
                    alive.add(here)
                    waiting.append(here)
        dead = [there for there in self.came if there not in alive]
        return [there for there in dead if (before := self.came[there][1]) is None or before in alive]

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The bit of each event."""
        return {name: i for i, name in enumerate(self.p.events)}

    @cached_property
    def ahead(self) -> Mapping[Situation, int]:
        """For each situation as bits the events that may still happen."""
        situations = list(self._onward)
        onward: dict[str, list[str]] = {f"!{name}": [] for name in self.p.events}
        names = {there: str(i) for i, there in enumerate(situations)}
        for here, there in self._onward.items():
            onward[names[here]] = [*(names[t] for t in there), *(f"!{name}" for name in self._events[here])]
        number = {node: len(self.number) if node[0] != "!" else self.number[node[1:]] for node in onward}
        found = closure(onward, number)
        return {there: found[name] for there, name in names.items()}

    def way(self, there: Situation) -> list[str]:
        """The events by which it is reached."""
        found: list[str] = []
        at: Situation | None = there
        while at is not None:
            name, at = self.came[at]
            found.append(name)
        return found[::-1]


def _asked(event: Event) -> Iterator[str]:
    """The events on which it hangs whether another is possible: those that its condition asks for, and those that start its clock."""
    if event.when is not None:
        yield from (atom.event for atom in atoms_of(event.when) if isinstance(atom, Happened))
    if event.after is not None:
        yield from event.after.on


def _upward(path: str) -> Iterator[str]:
    """A state, and those around it, the innermost first."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def _common(one: str, other: str) -> str:
    """The innermost state that is or holds both, with a dot after it; empty where none does."""
    steps = 0
    ours, theirs = one.split("."), other.split(".")
    while steps < min(len(ours), len(theirs)) and ours[steps] == theirs[steps]:
        steps += 1
    return "".join(f"{step}." for step in ours[:steps])


def walked(subject: Subject) -> Iterator[Finding]:
    p, courses = subject.p, subject.courses
    walk = Walk(courses)
    if not walk.complete:
        said = Text(
            f"状态组合过多,只走了 {len(walk.came)} 种,未证明每一种都能结束",
            f"{len(walk.came)} combinations of states were walked and there are more: that each comes to an end was not proved",
        )
        yield Finding("chart.unchecked", "unchecked", ("states",), said)
        return
    for name in subject.possible(p.events):
        when = p.events[name].when
        verdicts = {True} if when is None else verdicts_of(when, p.facts)
        if name not in walk.after and (verdicts is None or True in verdicts):  # else that is said of its condition
            said = Text(
                f"事件 {name} 的条件与先行事件相互排斥,永不可能发生", f"the event {name} needs what excludes it: it can never happen"
            )
            yield Finding("chart.never_happens", "error", ("events", name), said, Text("检查 from 和 when", "check 'from' and 'when'"))
    yield from _out_of_reach(p, walk)
    final = {leaf for name, state in p.states.items() if state.final for leaf in courses.leaves_of[name]}
    if not final:
        return
    known = {*courses.enders(final)}
    for dead in [d for d in walk.dead_ends() if known.isdisjoint(d.at)][:SHOWN]:
        yield _dead_end(p, walk, dead)


def _out_of_reach(p: Procedure, walk: Walk) -> Iterator[Finding]:
    """Courses on which nothing that fulfils a duty, or ends it, may happen any more once it has begun."""
    for name, duty in p.obligations.items():
        if duty.owed_when is not None or any(n in duty.starts.on for n in RESERVED):
            continue
        starts = [n for n, e in p.events.items() if e.opens] if CASE in duty.starts.on else [*duty.starts.on]
        wanted = {n for n in (*duty.met_by, *duty.discharged_by) if n in p.events}
        bits = sum(1 << walk.number[n] for n in wanted)
        for start in starts:
            if start in wanted:
                continue
            stuck = [(there, here) for there, here in walk.after.get(start, ()) if not walk.ahead[there] & bits]
            if not duty.starts.each:  # only the first of a round starts it
                stuck = [(there, here) for there, here in stuck if here is None or not {*starts} & {*walk.way(here)}]
            if not stuck:
                continue
            there, here = stuck[0]
            way = [*(walk.way(here) if here is not None else []), start]
            zh, en = " → ".join(p.events[n].zh for n in way), " → ".join(p.events[n].en for n in way)
            where = " + ".join(there.at)
            said = Text(
                f"{name}:在 {where},履行的事件都不再可能发生:{zh}", f"{name}: in {where} nothing that fulfils it is possible any more: {en}"
            )
            yield Finding("duty.out_of_reach", "warning", ("obligations", name, "met_by"), said, Text("检查 from", "check 'from'"))
            break


def _dead_end(p: Procedure, walk: Walk, dead: Situation) -> Finding:
    way = walk.way(dead)
    zh = " → ".join(p.events[name].zh for name in way)
    en = " → ".join(p.events[name].en for name in way)
    hint = Text("补上离开该处的事件,或放宽其条件", "add an event that leaves it, or ease its condition")
    where = " + ".join(dead.at)
    if len(dead.at) > 1:
        said = Text(f"各区域停在 {where},无法共同结束:{zh}", f"the regions stand in {where} and cannot come to an end together: {en}")
        return Finding("chart.cannot_join", "error", ("events", way[-1]), said, hint)
    return Finding(
        "chart.trap",
        "error",
        ("events", way[-1]),
        Text(f"案件停在 {where},无法结束:{zh}", f"the case stands in {where} and cannot end: {en}"),
        hint,
    )
