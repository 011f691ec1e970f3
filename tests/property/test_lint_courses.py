"""What the checker calls impossible in time, against the engine itself: every course of a small procedure, searched by brute force."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from adapters.calendars import shipped
from tests.play import at
from workflow import command as c
from workflow.act import OPENED
from workflow.case.clockwork import catch_up, next_clock
from workflow.case.decide import decide
from workflow.case.fold import Case
from workflow.case.standing import Standing
from workflow.errors import DubanError
from workflow.lint.meeting import Late
from workflow.lint.timing import Timing
from workflow.obligation.known import known_at
from workflow.obligation.ledger import assess
from workflow.obligation.row import Outcome
from workflow.organisation import Actor, Organisation
from workflow.procedure.condition import holds
from workflow.procedure.load import load
from workflow.procedure.model import CASE, Procedure
from workflow.procedure.source import BrokenDefinition
from workflow.rules import Rules, World

CALENDAR = shipped("cn")
TERMS = ("1 hour", "5 hours", "30 hours", "1 day", "2 days", "4 days", "1 working day", "2 working days", "3 working days", "3 days roll")
FLAT = "  a: {zh: 甲, en: a}\n  b: {zh: 乙, en: b}\n  c: {zh: 丙, en: c}\n"
DEEP = (
    "  a: {zh: 外, en: outer, parallel: true, states: {"
    "one: {zh: 一, en: one, states: {x: {zh: 甲, en: x}, y: {zh: 乙, en: y}}}, "
    "two: {zh: 二, en: two, states: {v: {zh: 丙, en: v}, w: {zh: 丁, en: w}}}}}\n  c: {zh: 后, en: after}\n"
)
PLACES = {FLAT: [("a", "a"), ("b", "b"), ("c", "c"), ("[a, b]", "c")], DEEP: [("a", "c"), ("x", "y"), ("v", "w"), ("w", "v"), ("c", "a")]}
START = (at("2026-02-13 10:20"), at("2026-09-24 00:00"), at("2025-09-28 23:40"), at("2024-03-06 09:00"))


def small(chance: random.Random) -> Procedure | None:
    """A procedure of a few states and events, with a clock or two and duties between them; ``None``: the loader refuses it."""
    chart = chance.choice((FLAT, DEEP))
    places = PLACES[chart]
    events = ["start: {zh: 开, en: start, opens: true, by: desk}"]
    names = ["e1", "e2", "e3", "e4"][: chance.randint(2, 4)]
    clocks = ["t1", "t2"][: chance.randint(1, 2)]
    for name in names:
        source, target = chance.choice(places)[0], chance.choice(places)[1]
        if chart == DEEP:
            source, target = chance.choice(places)
        to = f", to: {target}" if chance.random() < 0.8 else ""
        when = f", when: {{happened: {chance.choice([n for n in (*names, *clocks) if n != name])}}}" if chance.random() < 0.3 else ""
        events.append(f"{name}: {{zh: {name}, en: {name}, from: {source}{to}{when}, by: desk}}")
    before = ("", "")
    for name in clocks:
        source, target = (chance.choice(places)[0], chance.choice(places)[1]) if chart == FLAT else chance.choice(places)
        on = chance.choice([CASE, CASE, *names, *(t for t in clocks if t != name)])
        if before[0] and chart == FLAT and chance.random() < 0.6:
            source, on = before  # out of the same state, from the same start
        before = (source, on)
        after = f"{{on: {on}, term: {chance.choice(TERMS)}}}" if chance.random() < 0.8 else "{due: d1}"
        events.append(f"{name}: {{zh: {name}, en: {name}, from: {source}, to: {target}, by: clock, after: {after}}}")
    duties = []
    for name in ("d1", "d2", "d3"):
        on = chance.choice([CASE, CASE, *names])
        manner = chance.choice(("", "", ", each: true"))
        early = chance.choice(("", ", early: contradiction"))
        duties.append(
            f"{name}: {{zh: {name}, en: {name}, owed: {{by: desk}}, starts: {{on: {on}{manner}}}, "
            f"term: [{{is: {chance.choice(TERMS)}}}], met_by: {chance.choice(names)}{early}}}"
        )
    text = (
        "procedure: small\nversion: 1\nzh: 小\nen: small\nroles: {desk: {zh: 值班, en: desk, level: town}}\n"
        f"initial: a\nstates:\n{chart}events:\n"
        + "".join(f"  {e}\n" for e in events)
        + "obligations:\n"
        + "".join(f"  {d}\n" for d in duties)
    )
    try:
        return load(text, "small.yaml").procedure
    except BrokenDefinition:
        return None


class Search:
    """Every course up to a few acts: what is possible is done at once, or after the clock, or after a while."""

    def __init__(self, p: Procedure, begin: datetime, chance: random.Random) -> None:
        self.world = World(Rules(p, "h"), {CALENDAR.digest: CALENDAR}, Organisation())
        self.begin, self.chance, self.budget = begin, chance, 150

    def courses(self) -> Iterator[tuple[Case, datetime]]:
        said = c.Said(actor=Actor("desk"))
        opened = decide(None, c.Open(said=said, what="事", where="地", told_by="人", event="start"), self.world, self.begin, "C")
        yield from self._from(opened, self.begin, 6)

    def _from(self, standing: Standing, now: datetime, depth: int) -> Iterator[tuple[Case, datetime]]:
        self.budget -= 1
        yield standing.case, now
        if not depth or self.budget < 0:
            return
        steps = [*self._possible(standing, now), None, timedelta(hours=self.chance.choice((1, 9, 15)))]
        self.chance.shuffle(steps)
        for step in steps:
            if isinstance(step, str):
                when = now + timedelta(seconds=1)  # no two acts at one instant: what is done with the start is neither before nor after it
                try:
                    then = decide(standing, c.Do(said=c.Said(actor=Actor("desk")), event=step), self.world, when)
                except DubanError:
                    continue
                if not any(a.deviations for a in then.case.acts):
                    yield from self._from(then, when, depth - 1)
                continue
            later = now + step if step is not None else None
            if later is None:
                found = next_clock(standing.case, self.world, now + timedelta(days=40))
                later = found[0] if found is not None else None
            if later is not None and later > now:
                yield from self._from(catch_up(standing, self.world, later), later, depth - 1)

    def _possible(self, standing: Standing, now: datetime) -> list[str | timedelta | None]:
        case, p = standing.case, self.world.rules.procedure
        known = known_at(case, now)
        return [
            name
            for name in self.world.rules.chart.enabled(case.state)
            if not p.events[name].clockwork and (p.events[name].when is None or holds(p.events[name].when, known))
        ]


def started_by(case: Case, act: int, start: str) -> bool:
    found = case.acts[act - 1]
    return found.kind == OPENED if start == CASE else found.name == start


@pytest.mark.parametrize("seed", range(3))
def test_no_course_meets_a_duty_that_is_said_to_be_impossible(seed: int) -> None:
    chance = random.Random(seed)
    tried = 0
    for _ in range(60):
        p = small(chance)
        if p is None:
            continue
        timing = Timing(p, CALENDAR)
        faults = [(name, f) for name, duty in p.obligations.items() for f in timing.meeting.faults(duty)]
        impossible = [(name, f.start) for name, f in faults if not (isinstance(f, Late) and f.day is not None)]
        if not impossible:
            continue
        search = Search(p, chance.choice(START), chance)
        for case, now in search.courses():
            for row in assess([search.world.rules.duties[n] for n, _ in impossible], case, search.world, now):
                if row.begin is None or row.outcome is not Outcome.MET:
                    tried += row.begin is not None
                    continue
                for name, start in impossible:
                    if name == row.duty.id and started_by(case, row.begin.act, start):
                        raise AssertionError((p.events, p.obligations[name], faults, [(a.name, a.happened.lo) for a in case.acts]))
    assert tried > 30, "the search came to no duty that is said to be impossible"


def test_a_timer_that_is_said_never_to_come_comes_in_no_course() -> None:
    chance = random.Random(7)
    tried = 0
    for _ in range(150):
        p = small(chance)
        if p is None:
            continue
        never = {str(t.at[1]) for t in Timing(p, CALENDAR).findings() if t.code == "time.timer_never"}
        if never:
            tried += 1
            for case, _ in Search(p, chance.choice(START), chance).courses():
                assert never.isdisjoint(a.name for a in case.acts), (p.events, never)
    assert tried >= 2, "no timer was said never to come"
