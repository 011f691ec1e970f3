"""Recurring duties of the example town, each in a store of its own: the sweep opens the period, and somebody keeps it or nobody does."""

from __future__ import annotations

from typing import Any

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import shipped_definition
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from tests.stories import Step
from tests.stories.told import everywhere, ordinary
from workflow.engine import Engine


def begun(procedure: str, unit: str, others: tuple[str, ...] = ()) -> Play:
    """The period of a unit on 24 September 2026, opened by the sweep of that morning."""
    play = Play(procedure, engine=Engine(MemoryStore(), FixedClock(at("09-24 00:00")), SystemEntropy(), shipped("cn"), "test"))
    for name in (procedure, *others):
        play.engine.add(shipped_definition(name))
    play.at("2025-12-01 08:00").engine.organise(shipped_organisation("town"))
    play.at("09-24 08:00").engine.tick()
    play.case = play.engine.period_case(procedure, unit, at("09-24 08:00"))
    return play


def kept(procedure: str, unit: str, event: str, facts: dict[str, Any]) -> Play:
    play = begun(procedure, unit)
    role, name, more = ordinary(procedure, event, facts)
    play.at("09-25 10:00").fire(role, name, **more)
    return play


def forgotten(procedure: str, unit: str) -> Play:
    """The first day after the last that the period of any of them may have."""
    play = begun(procedure, unit)
    play.at("2027-01-01 08:00").engine.tick()
    return play


def courses(procedure: str, event: str, facts: dict[str, Any]) -> tuple[tuple[Step, ...], ...]:
    ways: dict[str, tuple[str, ...]] = {"open": (), "done": (event,), "closed": (event, "close")}
    return everywhere(procedure, ways, {event: facts})
