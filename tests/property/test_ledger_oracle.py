"""The ledger against a slow count (``oracle.py``): random small definitions, random histories, several as-of instants each."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.host import FixedClock
from adapters.store.memory import MemoryStore
from tests.play import ZONE, at
from tests.property.oracle import Entry, Spec, Verdict, outcomes
from workflow import command as c
from workflow.engine import Engine, Result
from workflow.errors import DubanError
from workflow.moment import Moment
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.procedure.load import Definition, load

CALENDAR = shipped("cn")
TICK = timedelta(microseconds=1)
OPENED = at("09-24 10:00")  # five working days from here cross the Mid-Autumn and the National Day holidays

TERMS = {
    (30, "minute", False): "30 minutes",
    (2880, "minute", False): "48 hours",
    (2, "day", False): "2 days",
    (5, "day", True): "5 days roll",
    (3, "working", False): "3 working days",
    (10, "working", False): "10 working days",
    None: "promptly",
}
EXTENSIONS = {(20, "minute"): "20 minutes", (3, "day"): "3 days", (2, "working"): "2 working days"}

YAML = """
procedure: small
version: "1"
zh: 小
en: small
roles: {{desk: {{zh: 值班, en: desk, level: town}}, boss: {{zh: 领导, en: boss, level: town}}}}
facts: {{kind: {{zh: 类, en: kind, type: choice, of: {{a: {{zh: 甲, en: a}}, b: {{zh: 乙, en: b}}}}, revise: boss}}}}
initial: open
states: {{open: {{zh: 在办, en: open}}, closed: {{zh: 结束, en: closed, final: true}}}}
events:
  start: {{zh: 开始, en: start, opens: true, by: desk, basis: unit}}
  go: {{zh: 起算, en: go, by: boss, basis: unit}}
  done: {{zh: 办结, en: done, by: desk, basis: unit}}
  cancel: {{zh: 取消, en: cancel, by: boss, basis: unit}}
  hold: {{zh: 中止, en: hold, by: boss, basis: unit}}
  resume: {{zh: 恢复, en: resume, by: boss, basis: unit}}
  close: {{zh: 结束, en: close, from: open, to: closed, by: boss, basis: unit}}
obligations:
  duty:
    zh: 义务
    en: duty
    owed: {{by: desk}}
    starts: {{on: {starts}}}
    term: [{{when: {{kind: a}}, is: {a}}}, {{when: {{kind: b}}, is: {b}}}, {{when: unknown, is: {unknown}}}]
    met_by: done
    discharged_by: cancel
    waive: boss
    pause: [{{from: hold, until: resume}}]
    extend: {{ask: desk, grant: boss, times: 3}}
    early: {early}
    recount: {recount}
    basis: unit
"""


@cache
def definition(spec_key: tuple[Any, ...]) -> Definition:
    starts, a, b, unknown, early, recount = spec_key
    text = YAML.format(
        starts="case" if starts == "start" else starts, a=TERMS[a], b=TERMS[b], unknown=TERMS[unknown], early=early, recount=recount
    )
    return load(text.encode(), "small.yaml")


term = st.sampled_from(list(TERMS))
specs = st.tuples(
    st.sampled_from(("start", "go")),
    term,
    term,
    term,
    st.sampled_from(("met", "contradiction")),
    st.sampled_from(("from_start", "from_change")),
).filter(lambda spec: any(spec[1:4]))  # a pause of what has no number would be refused
minutes = st.sampled_from((0, 0, 0, 7, 45, 1500, 6000))
steps = st.one_of(
    st.tuples(st.just("done"), minutes, st.sampled_from((None, "own", "counterpart"))),
    st.tuples(st.just("day"), st.integers(0, 2)),
    st.tuples(st.just("confirm"), st.sampled_from(("boss", "desk")), minutes),
    st.tuples(st.sampled_from(("go", "cancel", "hold", "resume", "close")), minutes),
    st.tuples(st.just("revise"), st.sampled_from(("a", "b", "not known yet"))),
    st.tuples(st.just("ask"), st.sampled_from(list(EXTENSIONS))),
    st.tuples(st.sampled_from(("waive", "grant", "refuse", "reopen"))),
    st.tuples(st.just("wait"), st.sampled_from((1, 29, 30, 50, 600, 1440, 4000, 12000))),
    st.tuples(st.just("due"), st.sampled_from((-TICK, timedelta(0), TICK))),
)


class History:
    """A case played on the engine, and the plain list of what was accepted."""

    def __init__(self, spec_key: tuple[Any, ...]) -> None:
        starts, a, b, unknown, early, recount = spec_key
        self.spec = Spec(starts, {"a": a, "b": b, "unknown": unknown}, early, recount)
        self.clock = FixedClock(OPENED)
        self.engine = Engine(MemoryStore(), self.clock, _Salt(), CALENDAR, "test")
        self.engine.add(definition(spec_key))
        self.engine.open_case("small", c.Open(said=c.Said(actor=Actor("desk")), what="事", where="地", told_by="人"), case="C")
        self.log = [Entry(1, "start", OPENED, OPENED, OPENED)]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def rows(self, as_of: datetime | None = None) -> list[Row]:
        return [r for r in self.engine.ledger("C", as_of) if r.duty.id == "duty"]

    def play(self, step: tuple[Any, ...]) -> None:
        kind = step[0]
        if kind == "wait":
            self.clock.set(self.now + timedelta(minutes=step[1]))
        elif kind == "due":
            due = next((r.due.instant for r in self.rows() if r.due is not None and r.due.instant + step[1] >= self.now), None)
            if due is not None:
                self.clock.set(due + step[1])
        else:
            with contextlib.suppress(DubanError):  # what is refused is not in the oracle's list
                getattr(self, f"_{kind}", self._event)(*step)

    def _do(self, command: c.Command, what: str, lo: datetime, hi: datetime, **more: Any) -> None:
        result: Result = self.engine.do("C", command)
        if what == "close" and result.deviations:
            what = "note"  # the case had ended: nothing ends again
        self.log.append(Entry(result.n, what, lo, hi, self.now, **more))

    def _event(self, kind: str, back: int) -> None:
        happened = self.now - timedelta(minutes=back)
        if kind == "go" or happened < OPENED:
            happened = self.now
        said = c.Said(actor=Actor("boss"), happened=Moment.at(happened), grade="counterpart")
        self._do(c.Record(said=said, event=kind), kind, happened, happened)

    def _done(self, kind: str, back: int, grade: Any) -> None:
        happened = self.now - timedelta(minutes=back)
        said = c.Said(actor=Actor("desk"), happened=Moment.at(happened), grade=grade)
        self._do(c.Record(said=said, event="done"), "done", happened, happened, own=grade == "own" or (grade is None and back > 0))

    def _day(self, kind: str, back: int) -> None:
        moment = Moment.day(self.now.astimezone(ZONE) - timedelta(days=back), ZONE)
        said = c.Said(actor=Actor("desk"), happened=moment, grade="counterpart")
        self._do(c.Record(said=said, event="done"), "done", moment.lo, moment.hi)

    def _confirm(self, kind: str, by: str, back: int) -> None:
        done = [e for e in self.log if e.what == "done"]
        if done:
            happened = self.now - timedelta(minutes=back)
            said = c.Said(actor=Actor(by), happened=Moment.at(happened))
            self._do(c.Confirm(said=said, of=done[-1].n), "confirm", happened, happened, by=by, of=done[-1].n)

    def _revise(self, kind: str, value: str) -> None:
        known = "unknown" if value == "not known yet" else value
        self._do(
            c.Revise(said=c.Said(actor=Actor("boss")), facts={"kind": value}, reason="查明"), "revise", self.now, self.now, value=known
        )

    def _last(self) -> Row:
        return self.rows()[-1]

    def _waive(self, kind: str) -> None:
        row = self._last()
        self._do(c.Waive(said=c.Said(actor=Actor("boss")), row=row.key, ground="x"), "waive", self.now, self.now, value=row.name)

    def _ask(self, kind: str, by: tuple[int, str]) -> None:
        row = self._last()
        command = c.Extend(said=c.Said(actor=Actor("desk")), row=row.key, step="ask", by=EXTENSIONS[by], reason="x")
        self._do(command, "ask", self.now, self.now, value=(by, row.name))

    def _grant(self, kind: str) -> None:
        answered = [e.of for e in self.log if e.what in ("grant", "refuse")]
        row = self._last()
        ask = next((e for e in self.log if e.what == "ask" and e.n not in answered and e.value[1] == row.name), None)
        if ask is not None:
            command = c.Extend(said=c.Said(actor=Actor("boss")), row=row.key, step=kind, reason="x")  # type: ignore[arg-type]
            self._do(command, kind, self.now, self.now, of=ask.n, value=ask.value)

    _refuse = _grant

    def _reopen(self, kind: str) -> None:
        self._do(c.Reopen(said=c.Said(actor=Actor("boss")), reason="x"), "reopen", self.now, self.now)


class _Salt:
    def token(self, size: int) -> bytes:
        return bytes(size)


def seen(row: Row) -> Verdict:
    reason = "no_number" if row.reason == "no_term" else row.reason
    due = row.due.instant if row.due is not None else None
    return Verdict(row.outcome.value, reason, due, row.late.clock if row.late is not None else None, row.beside)


def compare(spec: tuple[Any, ...], script: list[tuple[Any, ...]]) -> None:
    history = History(spec)
    for step in script:
        history.play(step)
    standing = history.engine.case("C")
    world = history.engine.world(standing)
    dues = {r.due.instant + shift for r in history.rows() if r.due is not None for shift in (-TICK, timedelta(0), TICK)}
    for as_of in sorted({e.recorded for e in history.log} | dues | {history.now + timedelta(days=60)}):
        if as_of >= OPENED:
            rows = [seen(r) for r in ledger(standing.case, world, as_of) if r.duty.id == "duty"]
            assert rows == outcomes(history.spec, history.log, as_of, lambda day: CALENDAR.day(day).working), as_of


@given(specs, st.lists(steps, min_size=1, max_size=14))
def test_outcome_reason_date_and_lateness_are_those_of_a_slow_count(spec: tuple[Any, ...], script: list[tuple[Any, ...]]) -> None:
    compare(spec, script)


def chosen(chance: random.Random) -> tuple[Any, ...]:
    """One step; acts that bear on a date more often than Hypothesis would."""
    kind = chance.choices(
        ("done", "day", "confirm", "event", "revise", "ask", "grant", "refuse", "waive", "reopen", "wait", "due"),
        (4, 1, 2, 5, 3, 3, 3, 1, 1, 1, 6, 5),
    )[0]
    back = chance.choice((0, 0, 0, 7, 45, 1500, 6000))
    if kind == "event":
        return chance.choice(("go", "go", "cancel", "hold", "hold", "resume", "resume", "close")), back
    more = {
        "done": (back, chance.choice((None, "own", "counterpart"))),
        "day": (chance.randint(0, 2),),
        "confirm": (chance.choice(("boss", "desk")), back),
        "revise": (chance.choice(("a", "b", "not known yet")),),
        "ask": (chance.choice(list(EXTENSIONS)),),
        "wait": (chance.choice((1, 29, 30, 50, 600, 1440, 4000, 12000)),),
        "due": (chance.choice((-TICK, timedelta(0), TICK)),),
    }
    return (kind, *more.get(kind, ()))


def campaign(seeds: Iterable[int]) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        numbered = chance.choice([t for t in TERMS if t is not None])
        terms = [numbered, chance.choice(list(TERMS)), chance.choice(list(TERMS))]
        chance.shuffle(terms)
        manner = chance.choice(("met", "contradiction")), chance.choice(("from_start", "from_change"))
        script = [chosen(chance) for _ in range(chance.randint(2, 16))]
        try:
            compare((chance.choice(("start", "start", "go")), *terms, *manner), script)
        except AssertionError as error:
            error.add_note(f"seed {seed}: {script}")
            raise


def test_a_hundred_and_fifty_longer_histories_too() -> None:
    campaign(range(150))


@pytest.mark.slow
def test_a_campaign_of_longer_histories() -> None:
    campaign(range(1000, 6000))
