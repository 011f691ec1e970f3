"""A calendar imported while many cases are open (S8.2), against dates walked day by day under the old calendar and the new one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.host import FixedClock
from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.play import ZONE, at
from tests.property.test_ledger_oracle import definition
from workflow import command as c
from workflow.act import RECALENDARED
from workflow.calendar import Calendar
from workflow.engine import Engine
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Actor

NEW = shipped("cn")
OLD = NEW.at({2019: 1})  # before the notice of 2019-03-22, which made holidays of May 2 to 4 and working days of two Sundays
TERMS = {"a": (3, "working", False), "b": (10, "working", False), "not known yet": (5, "day", True)}
DAY = timedelta(days=1)


@cache
def working(calendar: str, day: date) -> bool:
    return ({"old": OLD, "new": NEW}[calendar]).day(day).working


def walked(calendar: str, start: datetime, kind: str) -> datetime:
    amount, unit, roll = TERMS[kind]
    day = start.astimezone(ZONE).date()
    while amount:
        day += DAY
        amount -= unit == "day" or working(calendar, day)
    while roll and not working(calendar, day):
        day += DAY
    return datetime.combine(day + DAY, time(), ZONE)


class Salt:
    def token(self, size: int) -> bytes:
        return bytes(size)


def said(role: str) -> c.Said:
    return c.Said(actor=Actor(role))


def town(calendar: Calendar) -> tuple[Engine, FixedClock]:
    clock = FixedClock(at("2019-04-10 00:00"))
    engine = Engine(MemoryStore(), clock, Salt(), calendar, "test")
    engine.add(definition(("start", TERMS["a"], TERMS["b"], TERMS["not known yet"], "met", "from_start")))
    return engine, clock


hours = st.integers(0, 24 * 24)
opened = st.lists(st.tuples(hours, st.sampled_from(list(TERMS)), st.one_of(st.none(), st.integers(1, 200))), min_size=1, max_size=25)


@examples(25)
@given(opened, st.integers(24 * 10, 24 * 27))
def test_s8_2_an_import_moves_what_is_open_once_and_makes_nothing_late_for_the_past(
    cases: list[tuple[int, str, int | None]], imported: int
) -> None:
    engine, clock = town(OLD)
    begin, instant = clock.now(), clock.now() + timedelta(hours=imported)
    deeds = []
    for n, (hour, kind, later) in enumerate(cases):
        deeds.append((begin + timedelta(hours=hour), f"{n:02}", "open", kind))
        if later is not None:
            deeds.append((begin + timedelta(hours=hour + later), f"{n:02}", "done", kind))
    deeds.sort()

    def carry_out(since: datetime, until: datetime) -> None:
        for when, case, what, kind in deeds:
            if since <= when < until:
                clock.set(when)
                if what == "open":
                    command = c.Open(said=said("desk"), what="事", where="地", told_by="人", facts={"kind": kind})
                    engine.open_case("small", command, case=case)
                else:
                    engine.do(case, c.Do(said=said("desk"), event="done"))

    def duty(case: str) -> Row:
        return next(r for r in engine.ledger(case) if r.duty.id == "duty")

    carry_out(begin, instant)
    clock.set(instant)
    before = {row.id: duty(row.id) for row in engine.cases()}
    moved = {case: (old, new) for case, old, new in engine.import_calendar(NEW, said("boss"), "2019-03-22 通知")}
    assert engine.import_calendar(NEW, said("boss"), "再一次") == []
    for n, (hour, kind, _) in enumerate(cases):
        start, case = begin + timedelta(hours=hour), f"{n:02}"
        if start >= instant:
            continue
        old, new = walked("old", start, kind), walked("new", start, kind)
        row = duty(case)
        assert row.due is not None and before[case].due is not None and before[case].due.instant == old
        if before[case].outcome != Outcome.NOT_DUE:  # done, or over: only the view as known now would say otherwise
            expected = old
        else:
            expected = max(new, instant) if new < old else new
        assert row.due.instant == expected and row.outcome == before[case].outcome
        assert (case in moved) == (expected != old)
        acts = engine.case(case).case.acts
        assert sum(a.kind == RECALENDARED for a in acts) == 1
        if case in moved:  # old, new and ground stand in the journal
            assert [(d.due.instant if d.due else None) for d in row.revisions] == [old, expected]
            (act,) = [a for a in acts if a.kind == RECALENDARED]
            dues = act.data["dues"]
            assert isinstance(dues, list) and len(dues) == 1 and engine.private(case, act.n)["ground"] == "2019-03-22 通知"
    carry_out(instant, begin + timedelta(days=99))
    for n, (hour, kind, later) in enumerate(cases):
        if later is not None:
            done, start = begin + timedelta(hours=hour + later), begin + timedelta(hours=hour)
            old, new = walked("old", start, kind), walked("new", start, kind)
            if done < instant or start >= instant:
                due = old if start < instant else new
            else:
                due = old if old <= instant else max(new, instant) if new < old else new
            in_time = done < due or (done == due == instant and new < old)
            assert (duty(f"{n:02}").outcome == Outcome.MET) == in_time
