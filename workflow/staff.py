"""A diligent staff: what it does in one case of a simulation, on the real rules and the real ledger.

For each duty that is open its obligor does what fulfils it, or the next thing that leads there, well before it is due. What nobody owes is
done now and then; when nothing is open any more the case is brought to its end. A post that is empty does nothing until it is filled.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from workflow import command as commands
from workflow.case.clockwork import catch_up, next_clock
from workflow.case.decide import decide
from workflow.case.fold import Case
from workflow.case.link import NOBODY, Link, Naming
from workflow.case.standing import Standing
from workflow.errors import DubanError
from workflow.lots import FILLER, Drawer, Lots, comparisons
from workflow.moment import TICK, Moment
from workflow.obligation.ledger import assess, ledger
from workflow.obligation.owing import seen_at
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.procedure.condition import Condition, Decided, Every, Happened, Known, Not, Open, Some, holds, reads
from workflow.procedure.fact import is_unknown
from workflow.procedure.model import Event
from workflow.rules import World
from workflow.statechart import Configuration
from workflow.text import Text

DAY = timedelta(days=1)
MOST_STEPS = 1000
"""No case is worked on longer: of one that goes round for ever the open duties are stuck."""
MOST_STATES = 400
"""How many configurations are looked at for a way to somewhere."""
AGAIN = 3
"""How often the same event is tried for a duty that it does not fulfil, and how often in a case it is done only to get somewhere."""
REDRAWS = 16
"""How often facts are drawn for an event that depends on them."""
ELSEWHERE = "another-case"
END = ""
"""Where a way leads that is to no duty: the end of the case."""


class Absence(NamedTuple):
    """A post that nobody holds for a while: ``[since, until)``."""

    role: str
    since: datetime
    until: datetime

    def deferred(self, at: datetime, roles: Iterable[str]) -> datetime:
        """When something can be done that these roles have to be there for."""
        return self.until if self.role in roles and self.since <= at < self.until else at


class Stuck(NamedTuple):
    """A duty for which nothing could be done: in which state, and what stood in the way."""

    state: Configuration
    why: Text


class Played(NamedTuple):
    """A case as it stood at the end of a simulation."""

    case: Case
    rows: tuple[Row, ...]
    stuck: Mapping[str, Stuck]
    """By the key of the row."""
    ended: bool


class _Step(NamedTuple):
    at: datetime
    order: int
    take: Callable[[], bool]


class Desk:
    """One case and whoever works on it. ``number`` names its draws; :meth:`play` plays it to the end."""

    def __init__(self, world: World, lots: Lots, drawer: Drawer, number: int, absence: Absence | None) -> None:
        self.world, self.lots, self.drawer, self.number, self.absence = world, lots, drawer, number, absence
        self.p = world.rules.procedure
        self._asked = {f for e in self.p.events.values() if not e.opens for f in e.require}
        """Facts that some event states: they are not known when the case opens."""
        self._mentioned = {n for e in self.p.events.values() if e.when is not None for k, n in reads(e.when) if k == "event"}
        events = [n for n, e in self.p.events.items() if not e.clockwork and (not e.opens or e.source or e.moves)]
        self._events = sorted(events, key=lambda n: lots.below(1 << 32, number, "order", n))
        self._barred: set[tuple[str, str]] = set()
        self._done: Counter[tuple[str, str]] = Counter()
        self._tried: set[str] = set()
        self._turn = 0
        self._stuck: dict[str, Stuck] = {}
        self._refused: dict[str, Text] = {}

    def open(self, at: datetime) -> Standing:
        """The case, opened by one of those who may, with what is known from the beginning."""
        openers = [n for n, e in self.p.events.items() if e.opens]
        name = self.lots.one(openers, self.number, "opener")
        event = self.p.events[name]
        facts = {f: self.drawer.draw(f, at, at, self.number, 0) for f in self.p.facts if self._stated_first(f, event)}
        role = self.lots.one(event.by or tuple(self.p.roles), self.number, "by")
        command = commands.Open(
            said=commands.Said(actor=Actor(role)), event=name, what=FILLER, where=FILLER, told_by=FILLER, unit=FILLER, facts=facts
        )
        return decide(None, command, self.world, at, f"{self.p.procedure}-{self.number + 1:03}", self._naming(event))

    def _stated_first(self, fact: str, event: Event) -> bool:
        if fact in event.require:
            return True
        return fact not in self._asked and not self.p.facts[fact].personal and self.lots.below(4, self.number, "known", fact) > 0

    def play(self, standing: Standing, until: datetime) -> Played:
        """Work on it until an instant."""
        self.standing = standing
        self.now = self.opened = self._last_turn = standing.case.acts[-1].recorded
        for _ in range(MOST_STEPS):
            if self._over:
                break
            step = min(self._steps(self._rows()), default=None, key=lambda s: (s.at, s.order))
            clock = next_clock(self.case, self.world, until)
            if clock is not None and (step is None or clock[0] <= step.at) and clock[0] < until:
                self._to(max(clock[0], self.now))
            elif step is None or step.at >= until:
                break
            else:
                self._to(step.at)
                n = self.case.n
                step.take()
                if self.case.n > n:
                    self._barred.clear()
        else:
            why = Text(f"办了 {MOST_STEPS} 步仍未办结", f"not ended after {MOST_STEPS} steps")
            self._stuck |= {row.key: Stuck(self.case.state, why) for row in self._rows() if row.open}
        self.standing = catch_up(self.standing, self.world, until)
        rows = tuple(ledger(self.case, self.world, until))
        return Played(self.case, rows, self._stuck, self._over)

    @property
    def case(self) -> Case:
        return self.standing.case

    @property
    def _over(self) -> bool:
        return self.world.rules.chart.ended(self.case.state)

    def _rows(self) -> list[Row]:
        """The ledger now; only duties that an act may have changed, or that recur, are assessed again."""
        rules, rows = self.world.rules, self.standing.rows
        stale = self.standing.stale | rules.recurring
        again: dict[str, tuple[Row, ...]] = dict.fromkeys(stale, ())
        for row in assess([d for name, d in rules.duties.items() if name in stale], self.case, self.world, self.now):
            again[row.duty.id] = (*again[row.duty.id], row)
        self.standing = self.standing._replace(rows={**rows, **again}, stale=frozenset(), at=None)
        return self.standing.all_rows()

    def _to(self, at: datetime) -> None:
        self.now = at
        self.standing = catch_up(self.standing, self.world, at)

    # what there is to do

    def _steps(self, rows: list[Row]) -> Iterator[_Step]:
        self._open = {r.duty.id for r in rows if r.open}
        self._known: dict[object, list[str]] = {}
        waiting = sorted((r for r in rows if r.open and not self._gone(r)), key=self._target)
        self._wanted = [r for r in waiting if r.duty.kind == "declared" and not _again(r) and self._way_for(r)]
        """Duties that can still be fulfilled, and that nothing else is to make impossible; not those that never come to an end by that."""
        busy = False
        for order, row in enumerate(waiting):
            if (step := self._for(row, order)) is not None:
                yield step
                busy = busy or not _again(row)
        for fact in self.p.facts:
            at = self.opened + self.lots.minutes(60, 5 * 1440, self.number, "found out", fact)
            if self._unknown(fact) and fact not in self._asked and not self.p.facts[fact].personal and f"fact:{fact}" not in self._tried:
                role = self._reviser(fact)
                yield _Step(self._deferred(max(at, self.now), role), len(rows), partial(self._find_out, fact, role))
        slots = [
            r.due.instant
            for r in rows
            if r.begin is not None and r.begin.slot is not None and r.due is not None and r.due.instant > self.now
        ]
        if slots:  # the slot after the next comes into sight when the next is over
            yield _Step(min(slots) + TICK, -1, lambda: False)
        yield from self._unasked(busy, len(rows) + 1)

    def _gone(self, row: Row) -> bool:
        """Whether its slot is over: nobody writes the report of last Tuesday."""
        return row.begin is not None and row.begin.slot is not None and not row.begin.slot.in_time(self.now)

    def _way_for(self, row: Row) -> list[str]:
        return self._way(self.case.state, row.duty.obligation.met_by, row.key)

    def _spoils(self, name: str, row: Row | None) -> bool:
        """Whether an event would leave another duty with no way to be fulfilled; not where each would spoil the other."""
        to = self.world.rules.chart.fire(self.case.state, name)
        assert to is not None
        new = frozenset({name} & self._mentioned)
        for other in self._wanted:
            if (row is not None and other.key == row.key) or name in other.duty.obligation.met_by:
                continue
            goals = other.duty.obligation.met_by
            if self._way(to, goals, other.key, new):
                continue
            first = self._way_for(other)[0]
            back = self.world.rules.chart.fire(self.case.state, first)
            if row is None or back is None or self._way(back, row.duty.obligation.met_by, row.key, frozenset({first} & self._mentioned)):
                return True
        return False

    def _target(self, row: Row) -> datetime:
        """When the obligor means to have it done: at an eighth to six eighths of the term, and soon where there is no number."""
        assert row.begin is not None
        since = max(row.begin.moment.lo, row.begin.previous + TICK if row.begin.previous is not None else row.begin.moment.lo)
        if row.due is None:
            # Nothing is meant by the numbers: it is done within a day, in the order of the procedure; what begins again with its own
            # fulfilment within weeks.
            if _again(row):
                return since + self.lots.minutes(7 * 1440, 28 * 1440, self.number, "delay", row.key)
            duties = list(self.world.rules.duties)
            part = DAY / len(duties)
            return since + part * duties.index(row.duty.id) + part * self.lots.below(60, self.number, "delay", row.key) / 60
        return since + (row.due.instant - since) * (1 + self.lots.below(6, self.number, "pace", row.key)) // 8

    def _for(self, row: Row, order: int) -> _Step | None:
        """The next thing to do for a duty; ``None``: there is nothing."""
        target = max(self._target(row), self.now)
        kind = row.duty.kind
        if kind != "declared":
            if self._done[row.key, kind] >= AGAIN:
                return None
            return _Step(self._deferred(target, row.owed_by), order, lambda: self._formal(row))
        way = self._way_for(row)
        if not way:
            why = self._refused.get(row.key) or Text("没有可办的事件", "no event that is possible leads there")
            self._stuck[row.key] = Stuck(self.case.state, why)
            return None
        name, event = way[0], self.p.events[way[0]]
        if self._spoils(name, row):
            return None
        at = self.now + (target - self.now) / len(way)
        if row.begin is not None and row.begin.previous is not None and len(way) == 1:
            at = target
        actor = self._actor(event, row.owed_by, at)
        at = self._deferred(at, row.owed_by, actor, event.second or "", *event.present)
        return _Step(at, order, lambda: self._fire(name, self._actor(event, row.owed_by, at), row))

    def _unasked(self, busy: bool, order: int) -> Iterator[_Step]:
        """What is done though nobody owes it: each event at most once in a case; at last what brings the case to its end."""
        at = max(self.now, self._last_turn + self.lots.minutes(120, 4 * 1440, self.number, "turn", self._turn))
        state, chart = self.case.state, self.world.rules.chart
        for name in self._events:
            to = chart.fire(state, name)
            if to is None or chart.ended(to) or name in self._tried or self.case.events(name):
                continue
            if self.lots.heads(self.number, "unasked", name) and self._may(self.p.events[name], frozenset(), first=True):
                if self._spoils(name, None):
                    continue
                yield self._turned(name, at, order)
                return
        if not busy:
            way = self._way(state, (), END)
            if way:
                yield self._turned(way[0], at, order)

    def _turned(self, name: str, at: datetime, order: int) -> _Step:
        event = self.p.events[name]
        actor = self._actor(event, "", at)
        at = self._deferred(at, actor, event.second or "", *event.present)

        def take() -> bool:
            self._turn, self._last_turn = self._turn + 1, self.now
            self._tried.add(name)
            return self._fire(name, self._actor(event, "", at), None)

        return _Step(at, order, take)

    def _deferred(self, at: datetime, *roles: str) -> datetime:
        return self.absence.deferred(at, roles) if self.absence is not None else at

    def _actor(self, event: Event, obligor: str, at: datetime) -> str:
        """Who does it: the obligor where they may, else the first of those who may and are there."""
        if not event.by:
            return obligor or next(iter(self.p.roles))
        if obligor in event.by:
            return obligor
        return next((role for role in event.by if self._deferred(at, role) == at), event.by[0])

    # the way to somewhere

    def _way(self, state: Configuration, goals: tuple[str, ...], key: str, new: frozenset[str] = frozenset()) -> list[str]:
        """The shortest run of events that people can do from a state to one of ``goals``, or for :data:`END` to the end of the case.

        ``new``: what is taken to have happened besides. Empty where there is none.
        """
        asked = (state, goals, key, new)
        if asked not in self._known:
            self._known[asked] = self._search(state, goals, key, new)
        return self._known[asked]

    def _search(self, begin: Configuration, goals: tuple[str, ...], key: str, new: frozenset[str]) -> list[str]:
        chart, here = self.world.rules.chart, begin == self.case.state
        events = sorted(self._events, key=lambda name: len(self.case.events(name)))  # of several ways out, not the same one for ever
        queue: deque[tuple[Configuration, frozenset[str], tuple[str, ...]]] = deque([(begin, new, ())])
        seen = {(begin, new)}
        while queue and len(seen) < MOST_STATES:
            state, new, way = queue.popleft()
            for name in events:
                to = chart.fire(state, name)
                if to is None or (not way and here and ((key, name) in self._barred or self._done[key, name] >= AGAIN)):
                    continue
                if name not in goals and ((to == state and name not in self._mentioned) or len(self.case.events(name)) >= AGAIN):
                    continue
                if not self._may(self.p.events[name], new, first=here and not way):
                    continue
                if name in goals or (key == END and chart.ended(to)):
                    return [*way, name]
                node = (to, new | ({name} & self._mentioned))
                if node not in seen and not chart.ended(to):
                    seen.add(node)
                    queue.append((*node, (*way, name)))
        return []

    def _may(self, event: Event, new: frozenset[str], *, first: bool) -> bool:
        """Whether its condition may come to hold: facts that are not known, or that it states itself, may be anything."""
        return event.when is None or self._can(event.when, True, event, new, first)

    def _can(self, condition: Condition, want: bool, event: Event, new: frozenset[str], first: bool) -> bool:
        match condition:
            case Every(parts) | Some(parts):
                several = isinstance(condition, Every) == want
                return (all if several else any)(self._can(p, want, event, new, first) for p in parts)
            case Not(part):
                return self._can(part, not want, event, new, first)
            case Happened(name):
                return (name in new or bool(self.case.events(name))) == want
            case Decided(name, answer):
                taken = self._decided().get(name)
                return ((self._answer(name) if taken is None else taken) == answer) == want
            case Open(duty):
                return (duty in self._open) == want or not first
            case _:
                if self._unknown(condition.fact) or condition.fact in event.require:
                    return True
                return (holds(condition, Known(self.case.facts_now())) is True) == want

    def _unknown(self, fact: str) -> bool:
        value = self.case.facts_now().get(fact)
        return value is None or is_unknown(value)

    def _decided(self) -> Mapping[str, bool]:
        return seen_at(self.case, self.now, self.world).decided

    def _answer(self, decision: str) -> bool:
        return self.lots.heads(self.number, "answer", decision)

    # doing it

    def _fire(self, name: str, actor: str, row: Row | None) -> bool:
        """Do an event as the procedure wants it; nothing is done where that is not possible."""
        event, key = self.p.events[name], row.key if row is not None else END
        self._barred.add((key, name))
        self._done[key, name] += row is not None
        for kind, decision in reads(event.when) if event.when is not None else ():
            if kind == "decision" and self._decided().get(decision) is None:
                self._decide(decision)
        elements = (*event.record, *(event.report.elements if event.report else ()), *(row.duty.obligation.elements if row else ()))
        receipted = any(o.receipt is not None and name in o.met_by for o in self.p.obligations.values())
        said = commands.Said(
            actor=Actor(actor), received=Moment.at(self.now) if event.report is not None and not receipted else None, grade="system"
        )
        for facts in self._stated(event):
            for revised in (False, True):
                before = self.standing
                if revised and not all(self._revise(f, v) for f, v in facts.items()):
                    self.standing = before
                    continue
                command = commands.Do(
                    said=said,
                    event=name,
                    facts={} if revised else facts,
                    elements=dict.fromkeys(elements, FILLER),
                    present=event.present,
                    second=Actor(event.second) if event.second else None,
                    to=self._receivers(event, row),
                )
                if self._carried(command, event, row):
                    return True
                self.standing = before
        return False

    def _receivers(self, event: Event, row: Row | None) -> tuple[str, ...]:
        """Those whom the event names and the one whom the duty names."""
        if row is None or not row.to or event.report is None or not event.report.to or row.to in event.report.to:
            return ()
        return (*event.report.to, row.to)

    def _carried(self, command: commands.Command, event: Event | None, row: Row | None) -> bool:
        """Whether it was done without a breach; what was in the way is kept."""
        before = self.case.n
        try:
            after = decide(self.standing, command, self.world, self.now, named=self._naming(event))
        except DubanError as error:
            if row is not None:
                self._refused[row.key] = error.message
            return False
        breaches = [code for act in after.case.acts[before:] for code in act.deviations]
        if breaches:
            if row is not None:
                self._refused[row.key] = Text(f"只能带偏差办理:{breaches[0]}", f"only possible with a deviation: {breaches[0]}")
            return False
        self.standing = after
        return True

    def _naming(self, event: Event | None) -> Naming:
        if event is None or event.link is None:
            return NOBODY
        return Naming((Link(ELSEWHERE, event.link.to[0], event.link.event or "", "to"),))

    def _stated(self, event: Event) -> Iterator[dict[str, Any]]:
        """Facts to state with an event: what it needs and is not known; drawn again until its condition holds."""
        read = {c.fact for c in comparisons(event.when)} if event.when is not None else set[str]()
        seen: list[dict[str, Any]] = []
        for turn in range(REDRAWS if event.when is not None else 1):
            names = [f for f in (*event.require, *sorted(read - {*event.require})) if self._unknown(f) or (turn and f in event.require)]
            round_ = turn + 100 * len(self.case.events(*self.p.events))
            facts = {f: self.drawer.draw(f, self.opened, self.now, self.number, round_ if turn else 0) for f in names}
            if facts not in seen and self._holds(event, facts):
                seen.append(facts)
                yield facts

    def _holds(self, event: Event, facts: Mapping[str, Any]) -> bool:
        if event.when is None:
            return True
        known = seen_at(self.case, self.now, self.world)
        return holds(event.when, Known({**self.case.facts_now(), **facts}, known.happened, known.decided, known.open)) is True

    def _find_out(self, fact: str, role: str) -> bool:
        self._tried.add(f"fact:{fact}")
        return self._revise(fact, self.drawer.draw(fact, self.opened, self.now, self.number, 0), role)

    def _reviser(self, fact: str) -> str:
        """Who may revise a fact: whom it names, else somebody whose own duties it does not bear on."""
        if self.p.facts[fact].revise:
            return self.p.facts[fact].revise[0]
        bound = {d.obligation.owed.by for d in self.world.rules.duties.values() if f"fact:{fact}" in d.inputs}
        return next((role for role in self.p.roles if role not in bound), next(iter(self.p.roles)))

    def _revise(self, fact: str, value: Any, role: str = "") -> bool:
        said = commands.Said(actor=Actor(role or self._reviser(fact)))
        return self._carried(commands.Revise(said=said, facts={fact: value}, reason=FILLER), None, None)

    def _decide(self, decision: str) -> bool:
        said = commands.Said(actor=Actor(self.p.decisions[decision].by[0]))
        return self._carried(commands.Decide(said=said, decision=decision, answer=self._answer(decision), reason=FILLER), None, None)

    def _formal(self, row: Row) -> bool:
        """Decide, sign for a report, or sign afterwards."""
        assert row.begin is not None
        self._done[row.key, row.duty.kind] += 1
        if row.duty.kind == "decision":
            return self._decide(row.duty.of)
        said = commands.Said(actor=Actor(row.owed_by))
        if row.duty.kind == "receipt":
            return self._carried(commands.Receipt(said=said, of=row.begin.act, by=row.to), None, row)
        return self._carried(commands.Confirm(said=said, of=row.begin.act), None, row)


def _again(row: Row) -> bool:
    """Whether it comes again and again: at set times, or with its own fulfilment."""
    o = row.duty.obligation
    return o.starts.every is not None or bool({*o.met_by} & {*o.starts.on})
