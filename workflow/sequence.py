"""Whether an act that seems out of order may have been in its place: where only the day of one is known, another of that day may have come
first. The record is taken in one total order all the same (SEMANTICS S10.1); what rests on it alone is no finding about a person."""

from __future__ import annotations

from collections.abc import Sequence

from workflow.act import DEEDS, Act
from workflow.case.fold import Case
from workflow.rules import Rules, World

OF_ORDER = frozenset({"not_enabled", "not_opened"})
"""Deviations that another order may take away."""


def unordered(case: Case, world: World) -> frozenset[int]:
    """The numbers of the acts that deviate by their order alone, and in fewer places or not at all in another order of two acts that the
    instants allow just as well."""
    doubted = [a for a in case.acts if a.deviations and OF_ORDER.issuperset(a.deviations)]
    if not doubted:
        return frozenset()
    deeds = [a for a in case.acts if a.kind in DEEDS]
    rules = world.of(case.definition).rules
    return frozenset(act.n for act in doubted if _may_fit(act, deeds, rules))


def _may_fit(act: Act, deeds: Sequence[Act], rules: Rules) -> bool:
    at = deeds.index(act)
    misplaced = _misplaced(deeds, rules)
    for place, other in enumerate(deeds):
        if other is act or other.happened == act.happened or not _overlap(act, other):
            continue
        rest = [*deeds[:at], *deeds[at + 1 :]]
        moved = [*rest[:place], act, *rest[place:]]  # after it where it was before it, and the other way round
        again = _misplaced(moved, rules)
        if act.n not in again and len(again) < len(misplaced):
            return True
    return False


def _overlap(one: Act, other: Act) -> bool:
    return one.happened.lo <= other.happened.hi and other.happened.lo <= one.happened.hi


def _misplaced(deeds: Sequence[Act], rules: Rules) -> set[int]:
    """The acts that are not possible where they stand."""
    found: set[int] = set()
    state = rules.chart.initial
    for place, act in enumerate(deeds):
        event = rules.procedure.events.get(act.name)
        target = rules.chart.fire(state, act.name) if event is not None else None
        if event is not None and (not event.opens if place == 0 else target is None):
            found.add(act.n)
        elif target is not None and OF_ORDER.issuperset(act.deviations):
            state = target
    return found
