"""The way into the ledger and out of it for a case whose clock runs faster: everything between is counted on the clock of the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workflow.act import Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.moment import stamp, unstamp
from workflow.obligation.clock import DueRevision
from workflow.obligation.row import Row
from workflow.pace import Pace
from workflow.procedure.fact import is_unknown
from workflow.rules import Rules
from workflow.term import Due, Pause


def entered(case: Case, pace: Pace, rules: Rules) -> Case:
    """The case with every instant as its own clock shows it."""
    instants = {name for name, fact in rules.procedure.facts.items() if fact.type == "instant"}
    return replace(case, pace=None).refolded(_shown(act, pace, instants) for act in case.acts)


def _shown(act: Act, pace: Pace, instants: set[str]) -> Act:
    data: Mapping[str, Json] = act.data
    facts = data.get("facts")
    if isinstance(facts, Mapping) and not instants.isdisjoint(facts):
        data = {**data, "facts": {k: _stated(v, pace) if k in instants else v for k, v in facts.items()}}
    return replace(
        act,
        happened=pace.moment_shown(act.happened),
        submitted=pace.moment_shown(act.submitted) if act.submitted is not None else None,
        received=pace.moment_shown(act.received) if act.received is not None else None,
        recorded=pace.shown(act.recorded),
        data=data,
    )


def _stated(value: Json, pace: Pace) -> Json:
    return value if is_unknown(value) or not isinstance(value, str) else stamp(pace.shown(unstamp(value)))


def left(row: Row, pace: Pace) -> Row:
    """The row in real instants. Lengths stay as they were on the clock of the case, and ``counted`` keeps the dates on it."""
    begin = row.begin
    if begin is not None:
        begin = begin._replace(
            moment=pace.moment_first(begin.moment),
            slot=real_due(begin.slot, pace) if begin.slot is not None else None,
            previous=pace.first(begin.previous) if begin.previous is not None else None,
            arose=pace.first(begin.arose) if begin.arose is not None else None,
        )
    return row._replace(
        begin=begin,
        revisions=tuple(_revision(v, pace) for v in row.revisions),
        pending=tuple(_revision(v, pace) for v in row.pending),
        met_at=pace.moment_first(row.met_at) if row.met_at is not None else None,
        bounds=(pace.first(row.bounds[0]), pace.first(row.bounds[1])) if row.bounds is not None else None,
        pace=pace,
        counted=row.revisions,
    )


def _revision(v: DueRevision, pace: Pace) -> DueRevision:
    return v._replace(
        at=pace.first(v.at),
        start=pace.moment_first(v.start),
        due=real_due(v.due, pace) if v.due is not None else None,
        last=real_due(v.last, pace) if v.last is not None else None,
        pauses=tuple(Pause(pace.first(p.lo), pace.first(p.hi)) for p in v.pauses),
    )


def real_due(due: Due, pace: Pace) -> Due:
    """In time by the real instants is what is in time on the clock of the case; the last day is one of that clock and is left out."""
    real = pace.last if due.inclusive else pace.first
    return due._replace(instant=real(due.instant), earliest=real(due.earliest), latest=real(due.latest), last_day=None)
