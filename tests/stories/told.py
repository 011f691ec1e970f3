"""How a story is told in a few lines: events done as they should be, one after the other, and every event in every state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import shipped_definition
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from tests.stories import Step, procedure_of
from workflow import command as c
from workflow.engine import Engine
from workflow.organisation import Actor
from workflow.statechart import Configuration, Statechart

Facts = Mapping[str, Mapping[str, Any]]
"""Event → what is stated with it."""

SIGNED = "signed"
"""In place of an event: a receiver signs for what was reported last."""


def ordinary(procedure: str, event: str, facts: Mapping[str, Any] | None = None, at: str = "") -> Step:
    """An event done as it should be: by the first role that may, with everything that it asks for; ``at`` moves the clock first."""
    declared = procedure_of(procedure).events[event]
    wanted = (*declared.record, *(declared.report.elements if declared.report else ()))
    more: dict[str, Any] = {}
    if wanted:
        more["elements"] = dict.fromkeys(wanted, "x")
    if declared.present:
        more["present"] = declared.present
    if declared.second:
        more["second"] = Actor(declared.second, person="second")
    if declared.link:
        more["other"] = declared.link.to[0]
    if facts:
        more["facts"] = dict(facts)
    if at:
        more["at"] = at
    return declared.by[0], event, more


def tell(procedure: str, opener: str, *steps: tuple[str, ...], facts: Facts | None = None, until: str = "", **opening: Any) -> Play:
    """A case played: ``steps`` are (instant, event), the first of them (instant, opening event); ``until`` lets time pass at the end.

    (instant, ``SIGNED``, role) signs for the last report.
    """
    stated = facts or {}
    (opened, first), *rest = steps[0], *steps[1:]
    play = Play(procedure).at(opened)
    play.open(opener, event=first, facts=stated.get(first, {}), **opening)
    for when, event, *who in rest:
        play.at(when)
        if event == SIGNED:
            last = play.engine.case("C").case.n
            play.do(c.Receipt(said=play.said(who[0], grade="counterpart", source="x"), of=last, by=who[0]))
        else:
            role, name, more = ordinary(procedure, event, stated.get(event))
            play.fire(who[0] if who else role, name, **more)
    return play.at(until) if until else play


def everywhere(procedure: str, ways: Mapping[str, tuple[str, ...]], facts: Facts | None = None) -> tuple[tuple[Step, ...], ...]:
    """Courses that do, after each of the ``ways``, all that people may do there: what moves nothing eight at a time, each move alone."""
    chart, stated, p = Statechart(procedure_of(procedure)), facts or {}, procedure_of(procedure)

    def steps(names: Iterator[str] | tuple[str, ...]) -> tuple[Step, ...]:
        return tuple(ordinary(procedure, name, stated.get(name)) for name in names)

    courses: list[tuple[Step, ...]] = []
    for way in ways.values():
        here: Configuration = chart.initial
        for event in way:
            after = chart.fire(here, event)
            assert after is not None, (way, event)
            here = after
        there = [e for e in chart.enabled(here) if not p.events[e].clockwork]
        stay = [e for e in there if chart.fire(here, e) == here]
        courses += [(*steps(way), *steps(tuple(stay[k : k + 8]))) for k in range(0, len(stay), 8)]
        courses += [(*steps(way), *steps((e,))) for e in there if e not in stay]
    return tuple(courses)


def town(*procedures: str) -> Engine:
    """An engine that knows these procedures only, with the example town: its sweeps open nothing of the other recurring duties."""
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    for name in procedures:
        engine.add(shipped_definition(name))
    engine.organise(shipped_organisation("town"))
    return engine
