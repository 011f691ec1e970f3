"""Events that no person fires: those of the clock, when the next one is due and the catching up (S3.6), and those of the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from workflow import term as terms
from workflow.act import CLOCKED, MIGRATED, RECALENDARED, Act
from workflow.case.fold import Case, evolve
from workflow.case.standing import Standing, settle
from workflow.journal.canonical import Json
from workflow.moment import BEGINNING, Moment
from workflow.obligation.ledger import assess
from workflow.obligation.owing import seen_at
from workflow.obligation.start import starting
from workflow.organisation import Actor
from workflow.procedure.condition import holds
from workflow.procedure.model import ENGINE, Event
from workflow.rules import World


def next_clock(case: Case, world: World, until: datetime) -> tuple[datetime, str] | None:
    """The earliest clock event due at or before ``until`` that is possible in the present state; ``None`` when there is none.

    With a condition it happens once it is due and the condition holds. One that ran out before the state made it possible happens when the
    state was reached. Of several that happen at the same instant the one that was due first fires first, then the first in the definition.
    """
    found: list[tuple[datetime, datetime, int, str]] = []
    for order, (name, event) in enumerate(world.rules.clock_events):
        if world.rules.moves.fire(case.state, name) is None:
            continue
        instant = clock_instant(case, world, name, event, until)
        if instant is None or instant > until:
            continue
        happens = _holding(event, case, world, max(instant, _reached(case), _brought(name, event, case, world)))
        if happens is not None and happens <= until:
            found.append((happens, instant, order, name))
    if not found:
        return None
    instant, _, _, name = min(found)
    return instant, name


def _holding(event: Event, case: Case, world: World, since: datetime) -> datetime | None:
    """The first instant from ``since`` on at which the condition of an event holds; ``None`` while it does not."""
    if event.when is None:
        return since
    later = sorted({at for at in map(_since, case.acts) if at > since})
    return next((at for at in (since, *later) if holds(event.when, seen_at(case, at, world))), None)


def _reached(case: Case) -> datetime:
    """When the present state was reached: by what nobody did when it happened, by a person's act when it was entered."""
    acts = case.acts
    moved = next((n for n in range(len(acts) - 1, 0, -1) if acts[n].state != acts[n - 1].state), 0)
    return _since(acts[moved])


def _brought(name: str, event: Event, case: Case, world: World) -> datetime:
    """When a migration brought an event of the clock that the version before did not have so: it happens no earlier (nobody is late for
    the past)."""
    new = [a for a in case.kind(MIGRATED) if world.versions[str(a.data["from"])].procedure.events.get(name) != event]
    return new[-1].recorded if new else BEGINNING


def _since(act: Act) -> datetime:
    """From when an act bears on what nobody does: however late a sweep enters an event of the clock, or opens the case of a period, it
    happened when it was due (S3.6)."""
    return act.happened.lo if act.kind == CLOCKED or "period" in act.data else act.recorded


def clock_instant(case: Case, world: World, name: str, event: Event, as_of: datetime) -> datetime | None:
    """When the clock fires an event of this case; ``None`` when nothing started it or it has fired since."""
    assert event.after is not None
    fired = max((a.n for a in case.events(name) if a.kind == CLOCKED), default=0)
    if event.after.due is not None:
        duty = world.rules.duties[event.after.due]
        rows = assess([duty], case, world, as_of)
        instants = [r.due.instant for r in rows if r.open and r.due is not None and r.begin is not None and r.begin.act > fired]
        return min(instants) if instants else None
    starts = [a for a in starting(event.after.on, case) if a.n > max(fired, case.rounds[-1])]
    if not starts or event.after.term is None:
        return None
    since, pace = starts[-1].happened.lo, case.pace
    due = terms.due(pace.shown(since) if pace else since, event.after.term, world.calendar(case.calendar_now), world.rules.zone)
    return pace.first(due.instant) if pace else due.instant


def recalendared(case: Case, calendar: str, now: datetime, actor: Actor | None = None, ground: str = "") -> Act:
    """From ``now`` on the case counts on another calendar, a fact of the world that asks for no role (S8.2)."""
    private: dict[str, Json] | None = {"ground": ground} if ground else None
    data: dict[str, Json] = {"calendar": calendar}
    return Act(case.n + 1, RECALENDARED, "", Moment.at(now), now, actor, data=data, state=case.state, private=private)


def automatic(case: Case, world: World) -> Act | None:
    """The next event of the engine whose condition holds and which moves the state; ``None`` when there is none.

    It happens with the act that made it possible. One that follows itself, with nothing but events of the engine between, would go round
    for ever and does not happen.
    """
    last = case.acts[-1]
    since = _since(last)
    run: set[str] = set()
    for act in reversed(case.acts):
        if act.kind != CLOCKED or ENGINE not in world.rules.procedure.events[act.name].by:
            break
        run.add(act.name)
    for name, event in world.rules.engine_events:
        state = world.rules.moves.fire(case.state, name)
        if state is None or state == case.state or name in run:
            continue
        if event.when is not None and holds(event.when, seen_at(case, since, world)):
            return Act(case.n + 1, CLOCKED, name, Moment.at(since), last.recorded, data=ending(case, world, state, {}), state=state)
    return None


def clocked(case: Case, world: World, now: datetime) -> Act | None:
    """The next act that no person does; ``None`` when there is none.

    Of the engine, of the clock if it is due at or before ``now``, and last the change to the calendar in use.
    """
    if world.rules.engine_events:
        act = automatic(case, world)
        if act is not None:
            return act
    due = next_clock(case, world, now) if world.rules.clock_events else None
    if due is None:
        newest = world.newest(case.calendar_now)
        return recalendared(case, newest, max(now, case.acts[-1].recorded)) if newest != case.calendar_now else None
    instant, name = due
    state = world.rules.moves.fire(case.state, name)
    assert state is not None
    entered = max(now, case.acts[-1].recorded)
    return Act(case.n + 1, CLOCKED, name, Moment.at(instant), entered, data=ending(case, world, state, {}), state=state)


def catch_up(standing: Standing, world: World, now: datetime) -> Standing:
    """Apply every event of the engine that is possible and every clock transition due at or before ``now``, in due order (S3.6)."""
    while (act := clocked(standing.case, world, now)) is not None:
        standing = settle(standing, act, world)
    return standing


def ticked(case: Case, world: World, now: datetime) -> Case:
    """The case after every event of the engine and of the clock due at or before ``now`` (S3.6)."""
    while (act := clocked(case, world, now)) is not None:
        case = evolve(case, act)
    return case


def stood(case: Case, world: World, at: datetime) -> Case:
    """A case as it stood at a past instant: what was recorded by then, with the events of the clock that were due, however late a daemon
    entered them (S3.6). The calendar is the one that the journal names."""
    known = case.known(at)
    return ticked(known, replace(world.of(known.definition), in_use={}), at) if known.acts else known


def ending(case: Case, world: World, state: tuple[str, ...], data: dict[str, Json]) -> dict[str, Json]:
    """The data of an act that leads to ``state``, marked when it ends the case."""
    chart = world.rules.moves
    if chart.ended(state) and not (case.state and chart.ended(case.state)):
        return {**data, "ended": True}
    return data
