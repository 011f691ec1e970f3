"""What was recorded of a case, as if another version of its procedure had been in force, or another calendar.

The acts stay what they were: who, when, what was said. What follows from the version is asked of the other one: which state the case was
in, whether an act was possible there, what the clock and the engine did. What the other version has no counterpart of is reported, not
dropped: such an act stays in the record and moves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from workflow.act import CLOCKED, CONFIRMED, DEEDS, EVIDENCE, MIGRATED, OPENED, RECALENDARED, RECEIVED, Act
from workflow.case.clockwork import ticked
from workflow.case.fold import Case, fold
from workflow.case.standing import Standing
from workflow.journal.canonical import Json
from workflow.obligation.owing import seen_at
from workflow.procedure.condition import holds
from workflow.procedure.model import Event
from workflow.rules import Rules, World
from workflow.statechart import resolve

_OF_THE_VERSION = frozenset({"not_enabled", "not_opened", "condition", "wrong_role", "unknown_activity"})
"""Deviations that the version decides; the others are about the record itself and stay."""
_LEFT_OUT = frozenset({CLOCKED, MIGRATED, RECALENDARED}) | EVIDENCE
"""Kinds that follow from the version or the calendar, or that no outcome reads."""

NO_ACT = 0
"""In place of the number of an act that is not there."""


class Recast(NamedTuple):
    acts: Sequence[Act]
    unmapped: Counter[tuple[str, str]]
    """(``event``, ``state`` or ``fact``; its name) → how often the record has one of which the other version knows nothing."""


def recast(case_id: str, acts: Sequence[Act], base: Rules, world: World, calendar: str) -> Recast:
    """The acts of a case, recorded under ``base``, under the version of ``world`` and the calendar with this digest, which it has.

    Numbers are given anew, because what the clock does falls between other acts; acts that name others name them by the new ones. An act
    that both versions declare alike and that found the case in the same state did what it is recorded to have done.
    """
    rules = world.rules
    p, chart = rules.procedure, rules.chart
    pinned = {"procedure": p.procedure, "version": p.version, "definition": rules.hash, "calendar": calendar}
    opening = acts[0]
    case: Case = Standing.fresh(case_id, replace(opening, data={**opening.data, **pinned})).case
    unmapped: Counter[tuple[str, str]] = Counter()
    numbers: dict[int, int] = {}
    former: tuple[str, ...] = ()
    timed = bool(rules.clock_events or rules.engine_events)
    for act in acts:
        before, former = former, act.state
        if act.kind in _LEFT_OUT:
            continue
        if timed and case.n:
            case = ticked(case, world, act.recorded)
            numbers |= {a.n: _again(a, case) for a in acts[: act.n - 1] if a.kind == CLOCKED and not numbers.get(a.n)}
        data = {k: v for k, v in act.data.items() if k not in ("dues", "ended")}
        facts = data.get("facts")
        unmapped.update(("fact", f) for f in (facts if isinstance(facts, Mapping) else ()) if f not in p.facts)
        if "of" in data:
            data["of"] = _renumbered(data["of"], numbers)
        name, state, deviations = act.name, case.state or chart.initial, list(act.deviations)
        if act.kind in DEEDS:
            first = act.kind == OPENED
            data |= pinned if first else {}
            event = p.events.get(name)
            if event is None:
                unmapped["event", name] += 1
            alike = event is not None and event == base.procedure.events.get(name) and (first or before == case.state)
            if not alike or not _known(act.state, world):
                target = state if first else chart.fire(state, name) if event is not None else None
                deviations = [d for d in deviations if d not in _OF_THE_VERSION]
                deviations += _breaches(act, event, first, target is not None, case, world)
                state = target if target is not None and not deviations else state
            else:
                state = act.state
        elif act.state != before:
            state = act.state if _known(act.state, world) else state
            unmapped.update(("state", path) for path in act.state if not _known((path,), world))
        if name.isdigit() and act.kind in (RECEIVED, CONFIRMED):
            name = str(numbers.get(int(name), NO_ACT))
        if chart.ended(state) and not (case.state and chart.ended(case.state)):
            data["ended"] = True
        numbers[act.n] = case.n + 1
        again = replace(act, n=case.n + 1, name=name, data=data, deviations=tuple(deviations), state=state)
        case = fold(case, [again])
    return Recast(case.acts, unmapped)


def _known(state: Sequence[str], world: World) -> bool:
    states = world.rules.procedure.states
    return all(resolve(states, path) == [path] for path in state)


def _renumbered(of: Json, numbers: Mapping[int, int]) -> Json:
    if isinstance(of, list):
        return [numbers.get(n, NO_ACT) for n in of if isinstance(n, int)]
    return numbers.get(of, NO_ACT) if isinstance(of, int) else of


def _again(act: Act, case: Case) -> int:
    """The number of what the clock or the engine did, where the other version has it do the same at the same instant."""
    alike = (a.n for a in case.acts if a.kind == CLOCKED and (a.name, a.happened) == (act.name, act.happened))
    return next(alike, NO_ACT)


def _breaches(act: Act, event: Event | None, first: bool, enabled: bool, case: Case, world: World) -> Iterable[str]:
    if event is None:
        yield "unknown_activity"
        return
    if event.by and act.actor is not None and act.actor.role and act.actor.role not in event.by:
        yield "wrong_role"
    if first and not event.opens:
        yield "not_opened"
    elif not first and not enabled:
        yield "not_enabled"
    if event.when is not None and not first and holds(event.when, seen_at(case, act.happened.hi, world)) is False:
        yield "condition"
