"""A form filled from the ledger: an inspection's points, a drill's evaluation, an appraisal.

A procedure declares the lines; the figures come from facts, from what reports said, from how long duties took, and from the other cases of
the unit and the units below it. Nothing is typed in and nothing is kept: the sheet of any instant can be computed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from workflow.act import DEEDS
from workflow.case.fold import GIVEN, Case
from workflow.journal.canonical import Json
from workflow.moment import unstamp
from workflow.obligation.row import Row
from workflow.organisation import Organisation
from workflow.procedure.model import Gather, Line, Sheet
from workflow.rules import Rules, World
from workflow.statistics import Tally, counted, reckoned, statistics


class Peer(NamedTuple):
    """Another case as it stood, with its ledger."""

    case: Case
    world: World
    rows: tuple[Row, ...]


class Span(NamedTuple):
    """The days that a sheet looks at, both included; ``None`` is open."""

    since: date | None
    until: date | None

    def holds(self, instant: datetime, rules: Rules) -> bool:
        day = instant.astimezone(rules.zone).date()
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Duration(NamedTuple):
    """How long one instance of a duty took, or has been open for."""

    row: Row
    length: timedelta
    open: bool


class Gathered(NamedTuple):
    """What other cases say: which they are, how often each event happened, and the outcomes of their duties."""

    cases: tuple[str, ...]
    events: Mapping[str, int]
    tally: Tally


class Filled(NamedTuple):
    """One line of a sheet with its figures."""

    name: str
    line: Line
    facts: Mapping[str, Json]
    elements: Mapping[str, str]
    durations: tuple[Duration, ...]
    gathered: Gathered | None


def span(sheet: Sheet, case: Case, rules: Rules) -> Span:
    """The days that the facts of the case name, where one that nobody named is open; or those of the period of a recurring duty."""
    if sheet.window is None:
        period = case.opened.names("period")
        if not period:
            return Span(None, None)
        first, after = (unstamp(text).astimezone(rules.zone).date() for text in period)
        return Span(first, after - timedelta(days=1))
    since, until = (case.facts_now().get(name) for name in (sheet.window.since, sheet.window.until))
    return Span(_day(since), _day(until))


def _day(value: Json) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value[:1].isdigit() else None


def fill(
    sheet: Sheet, case: Case, rows: Iterable[Row], said: Mapping[int, Mapping[str, Json]], peers: Iterable[Peer], world: World
) -> list[Filled]:
    """The lines of a sheet of a case. ``said`` is the erasable part of its acts: what was destroyed is left empty.

    A peer that was opened by mistake, is a drill where this case is none, or belongs to another unit is left out.
    """
    own, days, others = list(rows), span(sheet, case, world.rules), list(peers)
    near = [p for p in others if _belongs(p.case, case, world.organisation)]
    return [
        Filled(
            name,
            line,
            {f: _fact(f, case, said) for f in line.facts},
            {e: _last(e, case, said) for e in line.elements},
            tuple(_duration(r) for r in own if r.duty.id in line.durations and r.begin is not None and r.elapsed is not None),
            gather(line.cases, near, days) if line.cases is not None else None,
        )
        for name, line in sheet.lines.items()
    ]


def gather(wanted: Gather, peers: Iterable[Peer], days: Span) -> Gathered:
    """The cases that had an act, or a duty that was due, within the days."""
    chosen: list[str] = []
    events: Counter[str] = Counter()
    found = []
    for peer in peers:
        rules = peer.world.rules
        if rules.procedure.procedure not in wanted.procedures or not _is(peer.case, wanted.where):
            continue
        acts = [a for a in peer.case.acts if a.kind in DEEDS and days.holds(a.happened.lo, rules)]
        owed = [
            c
            for c in counted(peer.case, peer.world, peer.rows)
            if days.holds(reckoned(c.row), rules) and (not wanted.duties or c.row.duty.id in wanted.duties)
        ]
        if acts or owed:
            chosen.append(peer.case.id)
        events.update(a.name for a in acts if a.name in wanted.events)
        found += owed
    tally = statistics(found, ()).get((), Tally({}))
    return Gathered(tuple(sorted(chosen)), {name: events[name] for name in wanted.events}, tally)


def _belongs(peer: Case, case: Case, organisation: Organisation) -> bool:
    if peer.id == case.id or peer.void or (peer.drill and not case.drill):
        return False
    return not case.unit or peer.unit == case.unit or case.unit in organisation.ancestors(peer.unit)


def _is(case: Case, where: Mapping[str, tuple[str, ...]]) -> bool:
    facts = case.facts_now()
    return all(facts.get(fact) in values for fact, values in where.items())


def _fact(fact: str, case: Case, said: Mapping[int, Mapping[str, Json]]) -> Json:
    """The value that stands; a personal one, or free text, from the erasable part of the act that gave it; ``None`` where there is none."""
    changes = case.facts.get(fact)
    if not changes:
        return None
    if changes[-1].value != GIVEN:
        return changes[-1].value
    given = said.get(changes[-1].act, {}).get("facts")
    return given.get(fact) if isinstance(given, Mapping) else None


def _last(element: str, case: Case, said: Mapping[int, Mapping[str, Json]]) -> str:
    for act in reversed(case.acts):
        elements = said.get(act.n, {}).get("elements")
        if isinstance(elements, Mapping) and elements.get(element):
            return str(elements[element])
    return ""


def _duration(row: Row) -> Duration:
    assert row.elapsed is not None
    return Duration(row, row.elapsed, row.open)


def median(lengths: list[timedelta]) -> timedelta:
    """The lower median, so that it is a length which occurred. Raises :class:`ValueError` for none."""
    if not lengths:
        raise ValueError("no lengths")
    return sorted(lengths)[(len(lengths) - 1) // 2]
