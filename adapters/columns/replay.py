"""The replay of a log by columns: the same report as row by row, with each different course judged once.

Whatever is not plain (:mod:`adapters.columns.source`, :mod:`workflow.obligation.bearing`) is replayed row by row, case by case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.columns.days import UNSURE, Days, Dues, dues
from adapters.columns.pattern import Pattern, Projection, patterns, projected
from adapters.columns.picked import picked
from adapters.columns.said import Said
from adapters.columns.source import Columns, Whole, instant, micros
from adapters.columns.walk import Walk, walk
from workflow.case.fold import Case
from workflow.logevent import LogEvent, Place
from workflow.logmap import LogMap
from workflow.moment import Moment
from workflow.obligation.bearing import Bearing, bearing
from workflow.obligation.ledger import instances
from workflow.obligation.row import Row
from workflow.replay import Report, replay_case
from workflow.rules import Duty, Rules, World
from workflow.term import Term

Flags = NDArray[np.bool_]


class Part(NamedTuple):
    """The cases of a log that one version of a procedure decides, and how to look at one of them."""

    columns: Columns
    rules: Rules
    world: World
    calendar: str
    until: datetime
    log_map: LogMap
    path: Path
    days: Days
    chosen: Whole
    """The event of each case whose day decides which version is in force."""


class Duties(NamedTuple):
    """The rows of one duty in every case of a part."""

    duty: Duty
    projection: Projection
    dues: Mapping[Term, Dues]
    pattern: Pattern
    rows: list[list[Row]]
    """Of each pattern, as its first case has them."""


class Courses:
    """Single cases replayed as :func:`workflow.replay.replay_log` does it; each once."""

    def __init__(self, part: Part, said: Said | None = None) -> None:
        self._part, self._said = part, said
        self._cases: dict[int, tuple[Case, dict[int, str], Report]] = {}

    def case(self, number: int) -> tuple[Case, dict[int, str], Report]:
        """A case of which the columns hold all that decides, where each of its acts stands, and what it counts for."""
        if number not in self._cases:
            c = self._part.columns
            events = []
            for n in range(c.first[number], c.first[number + 1]):
                name, known, role, facts = c.symbols[c.symbol[n]]
                place, actor = (self._said.place(n), self._said.actor[n]) if self._said is not None else (Place(0), "")
                events.append(LogEvent(name, known, Moment.at(instant(c.at[n])), actor, place, "", role, "", facts))
            self._cases[number] = self._replay(number, events)
        return self._cases[number]

    def apart(self, numbers: Sequence[int]) -> Iterator[tuple[Case, dict[int, str], Report]]:
        """Cases that are read again from the file, in this order."""
        found = picked(self._part.path, self._part.log_map, self._part.columns, numbers)
        for number in numbers:
            yield self._replay(number, found[number])

    def _replay(self, number: int, events: Sequence[LogEvent]) -> tuple[Case, dict[int, str], Report]:
        part = self._part
        proofs: dict[int, str] = {}
        counts = Report({})
        seen = [e for e in events if e.happened.lo <= part.until]
        case = replay_case(part.columns.ids[number], seen, part.log_map, part.world, part.calendar, part.until, counts, proofs)
        return case, proofs, counts


def judged(part: Part, courses: Courses) -> tuple[Walk, list[Duties], Flags]:
    """Every duty in every case; and the cases that are to be replayed by themselves."""
    columns, rules, until = part.columns, part.rules, micros(part.until)
    assert rules.compiled is not None  # or the log is replayed row by row
    walked = walk(columns, rules.compiled, rules.procedure)
    apart = columns.tied.copy()
    case = columns.case
    if rules.clock_events or rules.engine_events:
        apart[:] = True
    else:
        conditional = np.array(
            [s.known and (e := rules.procedure.events.get(s.name)) is not None and e.when is not None for s in columns.symbols] or [False]
        )
        apart[case[conditional[columns.symbol]]] = True
    bearings: list[tuple[Duty, Bearing]] = []
    for duty in rules.duties.values():
        found = bearing(duty, rules)
        if found is not None:
            bearings.append((duty, found))
            continue
        keys, facts = rules.keys[duty.id]
        bearings.append((duty, Bearing(keys, False, facts, frozenset(), (), False)))  # where nothing of it is there, it waits
        if "case" in keys:
            apart[:] = True
        touched = np.array([s.name in keys or any(f in facts for f, _ in s.facts) for s in columns.symbols] or [False])
        apart[case[touched[columns.symbol]]] = True
        apart[case[walked.ends]] = True
    if apart.all():
        return walked, [], apart
    calendar = part.world.calendar(part.calendar)
    prepared: list[tuple[Duty, Bearing, Projection, dict[Term, Dues]]] = []
    for duty, found in bearings:
        projection = projected(columns, walked, found)
        at = columns.at[projection.events]
        counted: dict[Term, Dues] = {}
        for term in found.terms:
            counted[term] = dues(term, at, part.days, calendar)
            unsure = (counted[term].at == UNSURE) & projection.counted
            apart[case[projection.events[unsure]]] = True
        prepared.append((duty, found, projection, counted))
    result: list[Duties] = []
    for duty, found, projection, counted in prepared:
        pattern = patterns(columns, projection, counted, found, apart, until)
        rows = [instances(duty, courses.case(int(n))[0], part.world, part.until) for n in pattern.cases]
        result.append(Duties(duty, projection, counted, pattern, rows))
    return walked, result, apart
