"""The ledger: every duty of a case with exactly one outcome, at any instant.

Each row is a pure function of (acts, definition, calendars, organisation, as-of instant). Nothing the daemon did is read (S3.6).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from workflow.act import MIGRATED, Act
from workflow.case.fold import Case
from workflow.moment import Moment
from workflow.obligation.carry import Restart, carried, duties_of, unmoved
from workflow.obligation.clock import Timeline, timeline
from workflow.obligation.evidence import holds_from
from workflow.obligation.fulfil import candidates
from workflow.obligation.known import known_at
from workflow.obligation.paced import entered, left
from workflow.obligation.row import Outcome, Row
from workflow.obligation.start import Begin, begins
from workflow.obligation.verdict import Instance, round_end
from workflow.procedure.condition import holds
from workflow.rules import Duty, World


def assess(duties: Iterable[Duty], case: Case, world: World, as_of: datetime) -> list[Row]:
    """The rows of these duties as the record stood at ``as_of``, in the order of the definition."""
    known = case.known(as_of)
    if not known.acts:
        return []
    there = world.of(known.definition)
    if there is not world:  # it was under an earlier version then
        duties = [there.rules.duties[d.id] for d in duties if d.id in there.rules.duties]
    pace = known.pace
    if pace is None:
        return _assessed(duties, known, there, as_of)
    return [left(row, pace) for row in _assessed(duties, entered(known, pace, there.rules), there, pace.shown(as_of))]


def _assessed(duties: Iterable[Duty], case: Case, world: World, as_of: datetime) -> list[Row]:
    if case.kind(MIGRATED):
        return [row for duty in duties for row in carried(duty.id, case, world, as_of, instances)]
    return [row for duty in duties for row in instances(duty, case, world, as_of)]


def instances(duty: Duty, case: Case, world: World, as_of: datetime, restart: Restart = unmoved) -> list[Row]:
    """The rows of a duty by the rules of ``world`` alone."""
    if not _untouched(duty, case, world):
        return [row for receiver in duty.receivers for row in _rows(duty, receiver, case, world, as_of, restart)]
    idle = world.rules.idle.get(duty.id)
    if idle is None:
        idle = tuple(row for receiver in duty.receivers for row in _rows(duty, receiver, case, world, as_of, restart))
        world.rules.idle[duty.id] = idle
    return list(idle)


def _untouched(duty: Duty, case: Case, world: World) -> bool:
    """Whether nothing was done or said yet that could start, fulfil or end a duty; most duties of a case are so, and look all the same."""
    keys = world.rules.waiting.get(duty.id)
    if keys is None or case.ended is not None or len(case.rounds) > 1 or case.joined is not None:
        return False
    return keys[0].isdisjoint(case.by_name) and keys[1].isdisjoint(case.facts)


def ledger(case: Case, world: World, as_of: datetime) -> list[Row]:
    """Every row of a case."""
    known = case.known(as_of)
    return assess(duties_of(known, world).values(), known, world, as_of)


def _key(duty: Duty, receiver: str, name: str) -> str:
    return f"{duty.id}/{receiver}#{name}" if receiver else f"{duty.id}#{name}"


def _name(begin: Begin, zone: ZoneInfo) -> str:
    """What an instance is called among those of its duty. It never depends on how many there are: a waiver points at it (S3.3)."""
    if begin.slot is None:
        return str(begin.number)
    local = begin.slot.instant.astimezone(zone)
    shown = local if local.fold else local.replace(tzinfo=None)  # of an hour that comes twice the second says its offset
    return shown.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def _rows(duty: Duty, receiver: str, case: Case, world: World, as_of: datetime, restart: Restart) -> list[Row]:
    found = begins(duty, receiver, case, world, as_of)
    join = case.act(case.joined) if case.joined is not None else None
    if join is not None:
        found = [b for b in found if _before_joining(b, join, holds_from(case, join, duty.obligation.owed.by))]
    if not found:
        return [] if join is not None else _unstarted(duty, receiver, case, world, as_of)
    if duty.obligation.starts.each:
        found = sorted(found, key=lambda b: (b.moment.lo, b.act))  # the oldest is answered first, however they were entered (S1.5)
    rows: list[Row] = []
    names: dict[str, int] = {}
    taken: set[int] = set()  # an act answers one of several beginnings, or those that it names, never another (S7.3)
    for first in found:
        owed, arose = _owed(duty, first, case)
        if owed is False:
            continue
        arisen = first if arose is None else _arisen(first, arose, duty)
        begin = restart(arisen, _key(duty, receiver, _name(first, world.rules.zone)))
        if begin is None or (begin != arisen and _owed(duty, begin, case)[0] is False):
            continue
        again: Begin | None = begin
        base = _name(begin, world.rules.zone)
        while again is not None:
            names[base] = names.get(base, 0) + 1
            name = base if names[base] == 1 else f"{base}.{names[base]}"
            row, line = _instance(duty, receiver, name, again, case, world, as_of, taken)
            rows.append(row)
            again = _again(row, line, case)
            if row.met_by is not None and duty.obligation.starts.each and not case.acts[row.met_by - 1].data.get("of"):
                taken.add(row.met_by)
    return rows


def _again(row: Row, line: Timeline, case: Case) -> Begin | None:
    """The second obligation that a change after the due instant brings (S4.3); none from one that was over by then."""
    if line.second is None:
        return None
    instant, act = line.second
    by = case.act(row.ended_by) if row.ended_by is not None else None
    if (row.met_at is not None and row.met_at.lo <= instant) or (by is not None and by.happened.lo <= instant):
        return None
    assert row.begin is not None
    return Begin(Moment.at(instant), act, row.begin.round)


def _before_joining(begin: Begin, join: Act, at: datetime) -> bool:
    """Whether it was the unit's own before its case was joined: later common duties exist once, in the leading case (S7.2)."""
    return begin.act <= join.n or begin.moment.lo <= at


def _owed(duty: Duty, begin: Begin, case: Case) -> tuple[bool | None, tuple[datetime, int] | None]:
    """Whether it is owed at its start; and, when only a later fact made it owed, since when and by which act (S4.4)."""
    condition = duty.obligation.owed_when
    if condition is None:
        return True, None
    at = begin.moment.hi if not begin.doubt else begin.moment.lo
    obligor = duty.obligation.owed.by
    verdict = holds(condition, known_at(case, at, obligor))
    if verdict:
        return True, None
    acts, facts = duty.input_names
    instants = sorted(
        {(c.effective, c.act) for n in case.facts.keys() & facts for c in case.facts[n]}
        | {(holds_from(case, a, obligor), a.n) for n in case.by_name.keys() & acts for a in case.by_name[n]}
    )
    for instant, act in instants:
        if case.round_of(case.acts[act - 1]) > begin.round:  # old outcomes stay: it is owed in the new round (S7.2)
            continue
        if instant > at and holds(condition, known_at(case, instant, obligor)):
            return True, (instant, act)
    return False, None


def _arisen(begin: Begin, arose: tuple[datetime, int], duty: Duty) -> Begin:
    """The start of a duty that only a later fact brought: when it was known, or its legal start where the cited rule counts so (S4.4)."""
    instant, act = arose
    if duty.obligation.counts_from == "occurrence":
        return begin._replace(act=act, arose=max(instant, begin.moment.lo))
    return begin._replace(moment=Moment.at(max(instant, begin.moment.lo)), act=act)


def _unstarted(duty: Duty, receiver: str, case: Case, world: World, as_of: datetime) -> list[Row]:
    """No start is known: not due, or, fulfilled or ended without one, undeterminable (S3.1, S3.4)."""
    o = duty.obligation
    if duty.kind in ("receipt", "countersign") or o.starts.every:
        return []
    if o.owed_when is not None and not holds(o.owed_when, known_at(case, as_of)):
        return []
    if o.starts.decision and case.kind("decided", o.starts.decision):
        return []
    fulfilment = next(iter(candidates(duty, receiver, None, case, world, as_of)), None)
    name = "1" if o.starts.each else str(len(case.rounds))
    key = _key(duty, receiver, name)
    if fulfilment is not None:
        act, moment = fulfilment
        return [Row(key, duty, receiver, name, Outcome.UNDETERMINABLE, "no_start", met_by=act.n, met_at=moment)]
    if case.ended is not None:
        if duty.kind == "decision":  # a question that never arose is no question left open
            return []
        return [Row(key, duty, receiver, name, Outcome.UNDETERMINABLE, "no_start")]
    return [Row(key, duty, receiver, name, Outcome.NOT_DUE, "not_started")]


def _instance(
    duty: Duty, receiver: str, name: str, begin: Begin, case: Case, world: World, as_of: datetime, taken: Container[int]
) -> tuple[Row, Timeline]:
    key = _key(duty, receiver, name)
    found = candidates(duty, receiver, begin, case, world, as_of, taken)
    first: tuple[Row, Timeline] | None = None
    for act, moment in found:
        line = timeline(duty, key, begin, case, world, moment.lo, as_of)
        row = Instance(duty, receiver, key, name, begin, case, world, as_of, line).fulfilled(act, moment)
        if row.outcome == Outcome.MET or (first is None and row.reason not in _UNSURE):
            return row, line
        first = first or (row, line)
    if first is not None:
        return first
    end = round_end(begin, case)
    line = timeline(duty, key, begin, case, world, end.happened.lo if end is not None else None, as_of)
    return Instance(duty, receiver, key, name, begin, case, world, as_of, line).unfulfilled(), line


_UNSURE = ("own_word", "granularity")
"""Doubts about one act that another act dispels: an act that is surely in time fulfils, whatever else is said to have been done."""
