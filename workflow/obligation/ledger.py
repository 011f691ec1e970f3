"""The ledger: every duty of a case with exactly one outcome, at any instant.

Each row is a pure function of (acts, definition, calendars, organisation, as-of instant). Nothing the daemon did is read (S3.6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from workflow import term as terms
from workflow.act import CONFIRMED, WAIVED, Act
from workflow.case.fold import Case
from workflow.moment import Moment
from workflow.obligation.clock import (
    Begin,
    DueRevision,
    Timeline,
    begins,
    confirmed,
    deemed,
    done,
    holds_from,
    known_at,
    own_word,
    receipts,
    received,
    receivers,
    stopped,
    timeline,
)
from workflow.procedure.condition import holds
from workflow.rules import Duty, World
from workflow.term import Due, Lateness


class Outcome(StrEnum):
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"
    NOT_DUE = "not_due"
    DISCHARGED = "discharged"
    WAIVED = "waived"
    UNDETERMINABLE = "undeterminable"


class Row(NamedTuple):
    """One obligation instance."""

    key: str
    duty: Duty
    to: str
    name: str
    """Which of several: ``1``, or the local instant of a slot; ``1.2`` is the second obligation that came of the first (S4.3)."""
    outcome: Outcome
    reason: str = ""
    """Why it is undeterminable, or what else must be said of the outcome: see ``docs/reference/outcomes.md``."""
    begin: Begin | None = None
    revisions: tuple[DueRevision, ...] = ()
    pending: tuple[DueRevision, ...] = ()
    """The dates that extensions would give that were asked for in time and are not answered yet (S8.4)."""
    met_by: int | None = None
    met_at: Moment | None = None
    elapsed: timedelta | None = None
    """From the start to the fulfilment, or to the as-of instant while it is open: what is shown where no number is set."""
    late: Lateness | None = None
    bounds: tuple[datetime, datetime] | None = None
    ended_by: int | None = None
    """The act that discharged or waived it."""
    beside: tuple[str, ...] = ()
    """``later_discharged``, ``later_waived``: said beside an outcome that they came too late to change (S3.3); ``deemed_receipt``: the
    receipt that decides is not shown but deemed, as the unit set it (S1.2)."""
    blank: tuple[str, ...] = ()
    """Required elements that the fulfilling report left blank (S6.2)."""
    suspected: bool = False
    """疑似漏报, 待认定: nothing shows when the unit knew (S7.1)."""

    @property
    def current(self) -> DueRevision | None:
        return self.revisions[-1] if self.revisions else None

    @property
    def due(self) -> Due | None:
        return self.revisions[-1].due if self.revisions else None

    @property
    def owed_by(self) -> str:
        """The role that owes it: signing for a report is a duty of its receiver (S1.2)."""
        return self.to if self.duty.kind == "receipt" and self.to else self.duty.obligation.owed.by

    @property
    def owed_to(self) -> str:
        return self.duty.obligation.owed.by if self.duty.kind == "receipt" else self.to

    @property
    def open(self) -> bool:
        """Still owed: neither fulfilled, discharged nor waived, and the case has not ended it."""
        return self.met_by is None and self.ended_by is None and self.begin is not None and self.reason != "ended"

    @property
    def missing_from(self) -> datetime | None:
        """From when it was missing: late remembers that it had been missing. ``None`` when it never was."""
        if self.reason == "ended" and self.begin is not None and self.elapsed is not None:  # the end of the case came before the due date
            return self.begin.moment.lo + self.elapsed
        return self.due.instant if self.due is not None and self.outcome in (Outcome.MET_LATE, Outcome.MISSED) else None


def assess(duties: Iterable[Duty], case: Case, world: World, as_of: datetime) -> list[Row]:
    """The rows of these duties as the record stood at ``as_of``, in the order of the definition."""
    known = case.known(as_of)
    if not known.acts:
        return []
    return [row for duty in duties for receiver in duty.receivers for row in _rows(duty, receiver, known, world, as_of)]


def ledger(case: Case, world: World, as_of: datetime) -> list[Row]:
    """Every row of a case."""
    return assess(world.rules.duties.values(), case, world, as_of)


def same_duty(row: Row, rows: Iterable[Row]) -> list[Row]:
    """The rows of other rules that demand the same thing (S8.3), without the row itself; empty when it has no duty key."""
    key = row.duty.obligation.duty
    return [r for r in rows if key is not None and r.duty.obligation.duty == key and r.duty.id != row.duty.id and r.name == row.name]


def _key(duty: Duty, receiver: str, name: str) -> str:
    return f"{duty.id}/{receiver}#{name}" if receiver else f"{duty.id}#{name}"


def _name(begin: Begin, zone: ZoneInfo) -> str:
    """What an instance is called among those of its duty. It never depends on how many there are: a waiver points at it (S3.3)."""
    if begin.slot is None:
        return str(begin.number)
    local = begin.slot.instant.astimezone(zone)
    shown = local if local.fold else local.replace(tzinfo=None)  # of an hour that comes twice the second says its offset
    return shown.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def _rows(duty: Duty, receiver: str, case: Case, world: World, as_of: datetime) -> list[Row]:
    found = begins(duty, receiver, case, world, as_of)
    join = case.act(case.joined) if case.joined is not None else None
    if join is not None:
        found = [b for b in found if _before_joining(b, join, holds_from(case, join, duty.obligation.owed.by))]
    if not found:
        return [] if join is not None else _unstarted(duty, receiver, case, world, as_of)
    if duty.obligation.starts.each:
        found = sorted(found, key=lambda b: (b.moment.lo, b.act))  # the oldest is answered first, however they were entered (S1.5)
    rows: list[Row] = []
    names: Counter[str] = Counter()
    taken: set[int] = set()  # an act answers one of several beginnings, or those that it names, never another (S7.3)
    for begin in found:
        owed, arose = _owed(duty, begin, case)
        if owed is False:
            continue
        if arose is not None:
            begin = _arisen(begin, arose, duty)
        again: Begin | None = begin
        base = _name(begin, world.rules.zone)
        while again is not None:
            names[base] += 1
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
    instants = sorted(
        {(c.effective, c.act) for n in duty.inputs if n.startswith("fact:") for c in case.facts.get(n[5:], ())}
        | {(holds_from(case, a, obligor), a.n) for n in duty.inputs if not n.startswith("fact:") for a in case.by_name.get(n, ())}
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
    fulfilment = next(iter(_candidates(duty, receiver, None, case, world, as_of)), None)
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


def _candidates(
    duty: Duty, receiver: str, begin: Begin | None, case: Case, world: World, as_of: datetime, taken: Container[int] = ()
) -> list[tuple[Act, Moment]]:
    """Acts that may fulfil it, with the instant that counts, in the order of that instant; not those that are ``taken``."""
    if duty.kind in ("receipt", "countersign") and begin is not None:
        return _signatures(duty, receiver, begin, case)
    acts = case.events(*duty.met_keys)
    if not acts:
        return []
    found: list[tuple[Act, Moment]] = []
    for act in acts:
        if begin is not None and case.round_of(act) != begin.round:
            continue
        sent_to = receivers(duty, case, world, act)
        if receiver and sent_to and receiver not in sent_to:
            continue
        moment = confirmed(case, act, duty.obligation.owed.by) or act.sent
        if duty.obligation.counts == "received":
            moment = _received(case, act, receiver, duty, world, as_of) or moment
        if begin is not None and begin.slot is not None and not _in_slot(act, moment, begin):
            continue
        found.append((act, moment))
    if begin is not None and duty.obligation.starts.each and begin.slot is None:
        found = [f for f in found if f[0].n not in taken and f[1].hi >= begin.moment.lo and _answers(f[0], begin)]
    found.sort(key=lambda f: (f[1].lo, f[0].n))
    return found


def _answers(act: Act, begin: Begin) -> bool:
    """Whether an act may answer what began with ``begin``: it names that entry, or names none."""
    named = act.data.get("of")
    return not isinstance(named, list) or begin.act in named


def _received(case: Case, act: Act, receiver: str, duty: Duty, world: World, as_of: datetime) -> Moment | None:
    """When a report was received or is deemed to have been; ``None``: neither (S1.2)."""
    found = [m for m in (received(case, act, receiver), deemed(duty.obligation, act, case, world, as_of)) if m is not None]
    return min(found) if found else None


def _in_slot(act: Act, moment: Moment, begin: Begin) -> bool:
    """A record fulfils the period that it names, or the one in which it happened, never two (S7.3)."""
    assert begin.slot is not None and begin.previous is not None
    named = act.data.get("slot")
    if named is not None:
        return Moment.decode(named).lo == begin.slot.instant
    return _after_previous(moment.hi, begin) and begin.slot.in_time(moment.lo)


def _after_previous(at: datetime, begin: Begin) -> bool:
    """Whether an instant lies beyond the slot before; the first slot of a round includes its start."""
    assert begin.slot is not None and begin.previous is not None
    return at > begin.previous or (at == begin.previous and (not begin.slot.inclusive or at == begin.moment.hi))


def _signatures(duty: Duty, receiver: str, begin: Begin, case: Case) -> list[tuple[Act, Moment]]:
    if duty.kind == "receipt":
        report = case.act(begin.act)
        found = [(a, a.happened) for a in receipts(case, report, receiver)] if report is not None else []
        if report is not None and report.received is not None:
            found.append((report, report.received))
    else:
        role = duty.obligation.owed.by
        found = [(a, a.happened) for a in case.kind(CONFIRMED, str(begin.act)) if a.actor is not None and a.actor.role == role]
    return sorted(found, key=lambda f: (f[1].lo, f[0].n))


def _instance(
    duty: Duty, receiver: str, name: str, begin: Begin, case: Case, world: World, as_of: datetime, taken: Container[int]
) -> tuple[Row, Timeline]:
    key = _key(duty, receiver, name)
    candidates = _candidates(duty, receiver, begin, case, world, as_of, taken)
    first: tuple[Row, Timeline] | None = None
    for act, moment in candidates:
        line = timeline(duty, key, begin, case, world, moment.lo, as_of)
        row = _Facts(duty, receiver, key, name, begin, case, world, as_of, line).fulfilled(act, moment)
        if row.outcome == Outcome.MET or (first is None and row.reason not in _UNSURE):
            return row, line
        first = first or (row, line)
    if first is not None:
        return first
    end = _ended(begin, case)
    line = timeline(duty, key, begin, case, world, end.happened.lo if end is not None else None, as_of)
    return _Facts(duty, receiver, key, name, begin, case, world, as_of, line).unfulfilled(), line


def _ended(begin: Begin, case: Case) -> Act | None:
    """The end of the case, if the duty had arisen by then: what a record brings after it was not owed when the case ended (S3.2, S7.2)."""
    end = case.end_of(begin.round)
    return end if end is not None and (begin.arose or begin.moment.lo) <= end.happened.hi else None


_UNSURE = ("own_word", "granularity")
"""Doubts about one act that another act dispels: an act that is surely in time fulfils, whatever else is said to have been done."""


class _Facts(NamedTuple):
    """Everything about one instance but its fulfilment; judges it with one and without."""

    duty: Duty
    receiver: str
    key: str
    name: str
    begin: Begin
    case: Case
    world: World
    as_of: datetime
    line: Timeline

    def row(self, outcome: Outcome, reason: str = "", **more: Any) -> Row:
        line = self.line
        if more.pop("deemed", False) or self.begin.deemed:
            more["beside"] = (*more.get("beside", ()), "deemed_receipt")
        return Row(self.key, self.duty, self.receiver, self.name, outcome, reason, self.begin, line.revisions, line.pending, **more)

    @property
    def revision(self) -> DueRevision:
        return self.line.revisions[-1]

    def ending(self) -> tuple[Outcome, Moment, int] | None:
        """The first act that ended the duty without fulfilling it, from its own instant (S3.3); one that is shown goes first."""
        obligor = self.duty.obligation.owed.by
        found: list[tuple[Outcome, Moment, int]] = []
        for act in self.case.kind(WAIVED, self.key):
            found.append((Outcome.WAIVED, act.happened, act.n))
        for act in self.case.events(*self.duty.ending_keys):
            moment = done(self.case, act, obligor)
            if self.case.round_of(act) == self.begin.round and moment.hi >= self.begin.moment.lo:
                found.append((Outcome.DISCHARGED, moment, act.n))
        if self.line.unowed is not None:
            found.append((Outcome.DISCHARGED, Moment.at(self.line.unowed[0]), self.line.unowed[1]))
        if self.begin.slot is not None:
            stop = stopped(self.duty, self.case, self.begin)
            if stop is not None and self.begin.slot.in_time((at := done(self.case, stop, obligor)).lo):  # its period is not over: S3.5
                found.append((Outcome.DISCHARGED, at, stop.n))
        found.sort(key=lambda f: (f[1].lo, f[2]))
        shown = next((f for f in found if not self._claimed(f) and self._open_at(f[1])), None)
        return shown or next(iter(found), None)

    def _claimed(self, ending: tuple[Outcome, Moment, int]) -> bool:
        """S1.3: entered after the due instant, said to have ended the duty before, on the obligor's word alone."""
        act, due = self.case.acts[ending[2] - 1], self.revision.due
        late = due is not None and ending[1].lo < act.recorded and not due.in_time(act.recorded)
        return late and own_word(self.case, act, self.duty.obligation.owed.by)

    def over(self, ending: tuple[Outcome, Moment, int], **more: Any) -> Row:
        if self._claimed(ending):
            bounds = (ending[1].lo, self.case.acts[ending[2] - 1].recorded)
            return self.row(Outcome.UNDETERMINABLE, "own_word", bounds=bounds, ended_by=ending[2], **more)
        return self.row(ending[0], ended_by=ending[2], **more)

    def late(self, at: datetime) -> Lateness | None:
        due = self.revision.last
        if due is None:
            return None
        return terms.lateness(due, at, self.world.calendar(self.revision.calendar), self.world.rules.zone)

    def in_time(self, moment: Moment) -> bool | None:
        """Whether ``moment`` is in time by every reading of what is uncertain, by none, or (``None``) by some."""
        due, last = self.revision.due, self.revision.last
        assert due is not None and last is not None
        if _before(due, due.earliest, moment.hi):
            return True
        if not _before(last, last.latest, moment.lo):
            return False
        return None

    def fulfilled(self, act: Act, moment: Moment) -> Row:
        start = self.begin.moment
        blank = _blank(self.duty, act)
        elapsed = moment.lo - start.lo
        supposed = self.duty.obligation.counts == "received" and moment not in (received(self.case, act, self.receiver), act.sent)
        common: dict[str, Any] = {"met_by": act.n, "met_at": moment, "blank": blank, "deemed": supposed}
        ending = self.ending()
        if ending is not None and ending[1].lo < moment.lo and self._open_at(ending[1]):
            return self.over(ending, **common)
        if ending is not None and ending[1].lo < moment.lo:
            common["beside"], common["ended_by"] = (f"later_{ending[0].value}",), ending[2]
        contradiction = self.duty.obligation.early == "contradiction"
        if moment.hi < start.lo:
            if contradiction:
                return self.row(Outcome.UNDETERMINABLE, "contradiction", bounds=(moment.lo, start.hi), **common)
            return self.row(Outcome.MET, "early", elapsed=elapsed, **common)
        numbered = self.revision.due is not None and not self._already_past
        verdict = self.in_time(moment) if numbered else True
        if verdict is not False and self._own_word_only(act, moment):
            if ending is not None and self._open_at(ending[1]):  # done or not, nothing was owed any more when it fell due
                return self.over(ending, **common)
            return self.row(Outcome.UNDETERMINABLE, "own_word", bounds=(moment.lo, act.recorded), elapsed=elapsed, **common)
        if not numbered:
            return self.row(Outcome.MET, self._no_number(), elapsed=elapsed, **common)
        if verdict is True and not moment.exact and self._of_slot_before(act, moment):
            verdict = None
        if verdict is True:
            return self.row(Outcome.MET, "", elapsed=elapsed, **common)
        if verdict is None:
            low, high = self._bounds()
            return self.row(Outcome.UNDETERMINABLE, self._doubt(), bounds=(low, high), elapsed=elapsed, suspected=self._suspected, **common)
        if self._pending_at(moment):
            low, high = self._bounds()
            return self.row(Outcome.UNDETERMINABLE, "extension_pending", bounds=(low, high), elapsed=elapsed, **common)
        return self.row(Outcome.MET_LATE, "", elapsed=elapsed, late=self.late(moment.lo), **common)

    def unfulfilled(self) -> Row:
        start = self.begin.moment
        ending = self.ending()
        end = _ended(self.begin, self.case)
        closed = end is not None and (ending is None or (end.happened.lo, end.n) < (ending[1].lo, ending[2]))
        if ending is not None and not closed and self._open_at(ending[1]):
            return self.over(ending)
        beside = (f"later_{ending[0].value}",) if ending is not None else ()
        ended_by = ending[2] if ending is not None else None
        until = end.happened.lo if end is not None else self.as_of
        elapsed = max(timedelta(0), until - start.lo)
        if self.revision.due is None or self._already_past:
            if end is not None:
                return self.row(Outcome.MISSED, "ended", elapsed=elapsed, beside=beside)
            return self.row(Outcome.NOT_DUE, self._no_number(), elapsed=elapsed)
        beyond: dict[str, Any] = {"elapsed": elapsed, "beside": beside, "ended_by": ended_by}
        verdict = self.in_time(Moment.at(until))
        if self.begin.doubt == "receipt" and verdict is not False:
            return self.row(Outcome.UNDETERMINABLE, "receipt", bounds=self._bounds(), **beyond)
        if verdict is False:
            if end is None and self._pending_at(Moment.at(self.as_of)):
                return self.row(Outcome.UNDETERMINABLE, "extension_pending", bounds=self._bounds(), **beyond)
            return self.row(Outcome.MISSED, "", late=self.late(until), **beyond)
        if end is not None:  # still owed then, whatever came afterwards
            return self.row(Outcome.MISSED, "ended", elapsed=elapsed, beside=beside)
        if verdict is None:
            return self.row(Outcome.UNDETERMINABLE, self._doubt(), bounds=self._bounds(), suspected=self._suspected, **beyond)
        return self.row(Outcome.NOT_DUE, "", elapsed=elapsed)

    def _open_at(self, moment: Moment) -> bool:
        """Whether the duty was not yet overdue when something else ended it."""
        last = self.revision.last
        return last is None or _before(last, last.latest, moment.hi)

    def _own_word_only(self, act: Act, moment: Moment) -> bool:
        """S1.3: entered after the due instant, said to be in time, on the author's word alone.

        Nor does a word lead back before a shorter term: the due date may also be the one that ran when the act was entered.
        """
        if act.grade != "own" or confirmed(self.case, act, self.duty.obligation.owed.by) is not None:
            return False
        since = timeline(self.duty, self.key, self.begin, self.case, self.world, act.recorded, self.as_of)
        dues = (self.revision.due, since.revisions[-1].due)
        return not self._already_past and any(due is not None and not due.in_time(act.recorded) for due in dues)

    def _of_slot_before(self, act: Act, moment: Moment) -> bool:
        """Whether an act whose instant is not exact may belong to the slot before, too (S7.3: never to two)."""
        return self.begin.slot is not None and act.data.get("slot") is None and not _after_previous(moment.lo, self.begin)

    def _pending_at(self, moment: Moment) -> bool:
        return any(p.due is not None and p.due.in_time(moment.lo) for p in self.line.pending)

    @property
    def _suspected(self) -> bool:
        return self.begin.doubt == "knew"

    @property
    def _already_past(self) -> bool:
        """Whether it was over before anybody could know that it was owed: then it is owed, but not late (S4.4)."""
        arose, last = self.begin.arose, self.revision.last
        return arose is not None and last is not None and not last.in_time(arose)

    def _no_number(self) -> str:
        if self._already_past:
            return "already_past"
        return "no_term" if self.revision.term is None and self.begin.slot is None else "no_number"

    def _doubt(self) -> str:
        if self.begin.doubt:
            return self.begin.doubt
        due = self.revision.due
        return "calendar" if due is not None and due.provisional else "granularity"

    def _bounds(self) -> tuple[datetime, datetime]:
        due, last = self.revision.due, self.revision.last
        assert due is not None and last is not None
        highs = [last.latest, *(p.due.latest for p in self.line.pending if p.due is not None)]
        return due.earliest, max(highs)


def _before(due: Due, instant: datetime, at: datetime) -> bool:
    return at <= instant if due.inclusive else at < instant


def _blank(duty: Duty, act: Act) -> tuple[str, ...]:
    wanted: Sequence[str] = duty.obligation.elements
    if not wanted:
        return ()
    given = act.data.get("elements")
    status = given if isinstance(given, dict) else {}
    return tuple(e for e in wanted if status.get(e, "blank") == "blank")
