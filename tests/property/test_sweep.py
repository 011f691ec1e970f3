"""The sweep: whenever it runs, early, late, often or after weeks, it says the same, once, and knows when it is needed next."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.play import ZONE, Play, at
from tests.property.test_engine_replay import command, steps
from workflow import organisation as organisations
from workflow.act import CLOCKED, FLAGGED, UNFLAGGED
from workflow.case.clockwork import catch_up
from workflow.case.flags import flags, wake
from workflow.case.standing import Standing
from workflow.errors import DubanError
from workflow.procedure.load import load

Script = list[tuple[Any, ...]]
Said = tuple[str, str, str, object, str]

scripts = st.lists(steps.filter(lambda s: s[0] != "tick"), max_size=9)


def said(play: Play) -> Counter[Said]:
    """What the clock said of a case: flags, withdrawals, tiers and clock events, each with the instant that it is about."""
    found: Counter[Said] = Counter()
    for act in play.engine.case("C").case.acts:
        if act.kind in (FLAGGED, UNFLAGGED, CLOCKED):
            about = act.happened.lo if act.kind != UNFLAGGED else datetime.min
            found[act.kind, act.name, str(act.data.get("flag", "")), act.data.get("tier"), str(about)] += 1
    return found


def forced(play: Play) -> int:
    """A sweep of the case though nobody woke it; how many acts it wrote."""
    with play.engine.batch() as batch:
        result = batch.tick("C")
    return len(result.acts) if result is not None else 0


def next_at(play: Play) -> datetime | None:
    with play.engine.store.read() as view:
        row = view.case("C")
    assert row is not None
    return row.next_at


def only_when_woken(play: Play, until: datetime) -> None:
    while (wake := next_at(play)) is not None and wake <= until:
        play.clock.set(max(wake, play.clock.now()))
        play.engine.tick()
        assert (again := next_at(play)) is None or again > play.clock.now(), "it would sweep for ever"
    play.clock.set(until)


def often(play: Play, until: datetime) -> None:
    while True:
        forced(play)
        if play.clock.now() >= until:
            return
        play.clock.set(min(until, play.clock.now() + timedelta(minutes=90)))


def not_at_all(play: Play, until: datetime) -> None:
    play.clock.set(until)


def played(script: Script, sweep: Callable[[Play, datetime], None], end: timedelta) -> Play:
    play = Play("probe").at("09-24 10:00")
    play.open("desk")
    for step in script:
        if step[0] == "wait":
            sweep(play, play.clock.now() + timedelta(minutes=step[1]))
        else:
            sweep(play, play.clock.now())
            with contextlib.suppress(DubanError):
                play.do(command(step, play.clock.now()))  # type: ignore[arg-type]
    sweep(play, play.clock.now() + end)
    return play


@examples(25)
@given(scripts)
def test_s3_6_it_is_woken_in_time_for_everything_that_there_is_to_say(script: Script) -> None:
    woken, watched = (played(script, sweep, timedelta(days=9)) for sweep in (only_when_woken, often))
    assert said(woken) == said(watched)


@given(scripts, st.sampled_from((0, 1, 40, 5000)))
def test_after_a_sweep_nothing_is_left_to_say(script: Script, later: int) -> None:
    play = played(script, not_at_all, timedelta(minutes=later))
    play.engine.tick()
    wake = next_at(play)
    assert wake is None or wake > play.clock.now()
    assert forced(play) == 0


@examples(25)
@given(scripts, st.integers(1, 40))
def test_weeks_of_downtime_leave_out_nothing(script: Script, days: int) -> None:
    up, down = (played(script, only_when_woken, timedelta()) for _ in range(2))
    until = up.clock.now() + timedelta(days=days)
    only_when_woken(up, until)
    down.clock.set(until)
    down.engine.tick()
    assert said(down) == said(up)
    late = [a for a in down.engine.case("C").case.acts if a.kind in (FLAGGED, CLOCKED) and a.recorded == until]
    assert all(a.happened.lo <= a.recorded for a in late)  # the lag is in the journal


@given(scripts, st.sampled_from((0, 1, 40, 600, 5000)))
def test_time_brings_nothing_to_say_of_a_duty_without_a_number(script: Script, later: int) -> None:
    """A sweep leaves such duties out; one that asks about every duty says the same, and wakes at the same instant."""
    play = played(script, not_at_all, timedelta(minutes=later))
    now, kept = play.clock.now(), play.engine.case("C")
    world = play.engine.world(kept)
    assert 0 < len(world.rules.counted) < len(world.rules.duties)

    def swept() -> tuple[Standing, datetime | None]:
        standing = flags(catch_up(Standing.replayed("C", kept.case.acts, world, now), world, now), world, now)
        return standing, wake(standing, world, now, now)

    few, soon = swept()
    with patch.dict(vars(world.rules), counted=tuple(world.rules.duties)):
        every, wakes = swept()
    assert few.case.acts == every.case.acts
    assert soon == wakes


CLOCKS = """
procedure: clocks
version: "1"
zh: 钟
en: clocks
roles: {desk: {zh: 值班, en: desk, level: town}}
initial: a
states: {a: {zh: 甲, en: a}, b: {zh: 乙, en: b}, c: {zh: 丙, en: c}, e: {zh: 戊, en: e}, d: {zh: 丁, en: d, final: true}}
events:
  start: {zh: 开始, en: start, opens: true, by: desk, basis: unit}
  poke: {zh: 催, en: poke, by: desk, basis: unit}
  late: {zh: 晚, en: late, from: [a, b], to: c, by: clock, after: {on: poke, term: 3 hours}, basis: unit}
  slip: {zh: 滑, en: slip, from: a, to: b, by: clock, after: {on: case, term: 2 hours}, basis: unit}
  echo: {zh: 随动, en: echo, from: c, to: e, by: engine, when: {happened: slip}, basis: unit}
  lapse: {zh: 失效, en: lapse, from: [c, e], to: a, by: clock, after: {on: late, term: 1 day}, basis: unit}
  overdue: {zh: 逾期, en: overdue, from: [b, c, e], to: d, by: clock, after: {due: answer}, basis: unit}
  answer: {zh: 答, en: answer, by: desk, basis: unit}
obligations:
  answer: {zh: 答复, en: answer, owed: {by: desk}, starts: {on: poke}, term: [{is: 30 hours}], met_by: answer, basis: unit}
  after: {zh: 随后, en: after, owed: {by: desk}, starts: {on: echo}, term: [{is: 4 hours}], met_by: poke, basis: unit}
"""
pokes = st.lists(st.tuples(st.sampled_from(("poke", "answer", "")), st.sampled_from((0, 30, 119, 120, 180, 700, 1440, 2000))), max_size=6)


@examples(30)
@given(pokes)
def test_s3_6_clock_events_happen_in_due_order_however_late_they_are_entered(script: list[tuple[str, int]]) -> None:
    plays = []
    for sweep in (often, not_at_all):
        play = Play("clocks").at("09-24 10:00")
        play.engine.add(load(CLOCKS.encode(), "clocks.yaml"))
        play.open("desk")
        for event, wait in script:
            sweep(play, play.clock.now() + timedelta(minutes=wait))
            if event:
                play.record("desk", event)
        play.clock.set(play.clock.now() + timedelta(days=4))
        forced(play)
        plays.append(play)
    busy, once = plays
    happened = [[(a.name, a.happened.lo) for a in p.engine.case("C").case.acts if a.kind == CLOCKED] for p in plays]
    assert happened[0] == happened[1]
    assert [when for _, when in happened[1]] == sorted(when for _, when in happened[1])
    assert busy.state == once.state
    assert [(r.key, r.outcome) for r in busy.engine.ledger("C")] == [(r.key, r.outcome) for r in once.engine.ledger("C")]


PATROL = """
procedure: patrol
version: "1"
zh: 巡查
en: patrol
roles: {{desk: {{zh: 值班, en: desk, level: village}}}}
initial: open
states: {{open: {{zh: 在办, en: open}}}}
period: {{every: {every}, level: village, joins: {joins}}}
events:
  begin: {{zh: 开始, en: begin, opens: true, by: engine, basis: unit}}
  checked: {{zh: 已查, en: checked, by: desk, basis: unit}}
obligations:
  check: {{zh: 检查, en: check, owed: {{by: desk}}, starts: {{on: case}}, term: [{{is: 2 days}}], met_by: checked, basis: unit}}
"""
PREFIX = {"day": lambda d: d, "week": lambda d: d - timedelta(days=d.weekday()), "month": lambda d: d.replace(day=1)}


def owed_from(first_sweep: date, joins: date | None, how: str, until: date, every: str) -> set[date]:
    """The first days of the periods of a unit, walked day by day: those since the first sweep that it owes (S7.3)."""
    first: Callable[[date], date] = PREFIX[every]
    found, day = set(), first(first_sweep)
    while day <= until:
        if first(day) == day and (joins is None or joins <= day or (how == "at_once" and first(joins) == day)):
            found.add(day)
        day += timedelta(days=1)
    return found


@examples(30)
@given(
    st.sampled_from(("day", "week", "month")),
    st.sampled_from(("next", "at_once")),
    st.lists(st.integers(0, 30 * 24), min_size=1, max_size=6),
    st.integers(0, 20),
)
def test_s7_3_every_period_is_opened_once_with_any_pattern_of_sweeps(every: str, how: str, gaps: list[int], later: int) -> None:
    play = Play("patrol").at("2026-08-13 07:00")
    play.engine.add(load(PATROL.format(every=every, joins=how).encode(), "patrol.yaml"))
    second = date(2026, 8, 13) + timedelta(days=later)
    for document in (
        {"units": [{"id": "v1", "zh": "甲", "en": "A", "level": "village", "from": "2026-01-01"}]},
        {"units": [{"id": "v2", "zh": "乙", "en": "B", "level": "village", "from": second.isoformat()}]},
    ):
        play.engine.organise(organisations.entries(document, lambda text: at(f"{text} 00:00")))
    swept = []
    for hours in gaps:
        play.clock.set(play.clock.now() + timedelta(hours=hours))
        play.engine.tick()
        swept.append(play.clock.now().astimezone(ZONE).date())
    found = [(r.unit, r.opened.astimezone(ZONE).date()) for r in play.engine.cases("patrol")]
    assert len(found) == len(set(found))
    wanted = {("v1", d) for d in owed_from(swept[0], None, how, swept[-1], every)}
    wanted |= {("v2", d) for d in owed_from(swept[0], second, how, swept[-1], every) if second <= swept[-1]}
    assert set(found) == wanted


def patrolled(in_force: str, sweeps: tuple[str, ...]) -> list[str]:
    play = Play("patrol")
    play.engine.add(load((PATROL.format(every="month", joins="next") + in_force).encode(), "patrol.yaml"))
    unit = {"units": [{"id": "v1", "zh": "甲", "en": "A", "level": "village", "from": "2026-01-01"}]}
    play.engine.organise(organisations.entries(unit, lambda text: at(f"{text} 00:00")))
    for sweep in sweeps:
        play.at(sweep).engine.tick()
    return [r.id.rpartition(".")[2] for r in play.engine.cases("patrol")]


def test_s7_3_a_period_that_began_before_the_rules_were_in_force_is_not_owed_and_stops_no_sweep() -> None:
    assert patrolled("in_force: {from: 2026-10-15}", ("10-20 07:00", "11-02 07:00")) == ["2026-11"]


def test_s7_3_what_was_owed_before_the_rules_ended_is_opened_after_they_did() -> None:
    assert patrolled("in_force: {until: 2026-10-15}", ("07-03 07:00", "12-20 07:00")) == ["2026-07", "2026-08", "2026-09", "2026-10"]
    assert patrolled("in_force: {until: 2026-10-15}", ("12-20 07:00",)) == []
