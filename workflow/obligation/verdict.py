"""The outcome of one instance of an obligation, fulfilled or not (SEMANTICS S3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from workflow import term as terms
from workflow.act import MIGRATED, WAIVED, Act
from workflow.case.fold import Case, effective
from workflow.moment import Moment
from workflow.obligation.clock import DueRevision, Timeline, timeline
from workflow.obligation.evidence import confirmed, done, own_word, received
from workflow.obligation.fulfil import after_previous
from workflow.obligation.row import Outcome, Row
from workflow.obligation.start import Begin, stopped
from workflow.rules import Duty, World
from workflow.term import Due, Lateness


class Instance(NamedTuple):
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
            since = effective(act)  # a waiver that its author dates back acts from when it was entered
            found.append((Outcome.WAIVED, act.happened if since == act.happened.hi else Moment.at(since), act.n))
        for act in self.case.events(*self.duty.ending_keys):
            moment = done(self.case, act, obligor)
            if self.case.round_of(act) == self.begin.round and self.begin.precedes(act, moment):
                found.append((Outcome.DISCHARGED, moment, act.n))
        for act in self.case.kind(MIGRATED):
            if self.key in act.names("dropped"):  # the new version does not demand it any more
                found.append((Outcome.DISCHARGED, act.happened, act.n))
        if self.line.unowed is not None:
            found.append((Outcome.DISCHARGED, Moment.at(self.line.unowed[0]), self.line.unowed[1]))
        if self.begin.slot is not None:
            stop = stopped(self.duty, self.case, self.begin)
            if stop is not None and self.begin.slot.in_time((at := done(self.case, stop, obligor)).lo):  # its period is not over: S3.5
                found.append((Outcome.DISCHARGED, at, stop.n))
        found.sort(key=lambda f: (f[1].lo, f[2]))
        firm = [f for f in found if not self._claimed(f)]
        shown = next((f for f in firm if self._open_at(f[1])), None)
        perhaps = next((f for f in firm if self._open_at(f[1]) is None), None)
        return shown or perhaps or next(iter(found), None)

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
        if before(due, due.earliest, moment.hi):
            return True
        if not before(last, last.latest, moment.lo):
            return False
        return None

    def fulfilled(self, act: Act, moment: Moment) -> Row:
        start = self.begin.moment
        blank = blank_elements(self.duty, act)
        elapsed = moment.lo - start.lo
        supposed = self.duty.obligation.counts == "received" and moment not in (received(self.case, act, self.receiver), act.sent)
        common: dict[str, Any] = {"met_by": act.n, "met_at": moment, "blank": blank, "deemed": supposed}
        ending = self.ending()
        ended = self._open_at(ending[1]) if ending is not None else False
        if ending is not None and ending[1].lo < moment.lo and ended:
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
            if ending is not None and ended:  # done or not, nothing was owed any more when it fell due
                return self.over(ending, **common)
            return self.row(Outcome.UNDETERMINABLE, "own_word", bounds=(moment.lo, act.recorded), elapsed=elapsed, **common)
        if not numbered:
            return self.row(Outcome.MET, self._no_number(), elapsed=elapsed, **common)
        if verdict is True and not moment.exact and self._of_slot_before(act, moment):
            verdict = None
        if verdict is True:
            return self.row(Outcome.MET, "", elapsed=elapsed, **common)
        if ending is not None and ended:  # whichever of the two came first: nothing was owed any more when it fell due
            return self.over(ending, **common)
        if verdict is None or ended is None:
            low, high = self._bounds()
            return self.row(Outcome.UNDETERMINABLE, self._doubt(), bounds=(low, high), elapsed=elapsed, suspected=self._suspected, **common)
        if self._pending_at(moment):
            low, high = self._bounds()
            return self.row(Outcome.UNDETERMINABLE, "extension_pending", bounds=(low, high), elapsed=elapsed, **common)
        return self.row(Outcome.MET_LATE, "", elapsed=elapsed, late=self.late(moment.lo), **common)

    def unfulfilled(self) -> Row:
        start = self.begin.moment
        ending = self.ending()
        end = round_end(self.begin, self.case)
        closed = end is not None and (ending is None or (end.happened.lo, end.n) < (ending[1].lo, ending[2]))
        ended = ending is not None and not closed and self._open_at(ending[1])
        if ending is not None and ended:
            return self.over(ending)
        beside = (f"later_{ending[0].value}",) if ending is not None else ()
        ended_by = ending[2] if ending is not None else None
        until = end.happened.lo if end is not None else self.as_of
        elapsed = max(timedelta(0), until - start.lo)
        if self.revision.due is None or self._already_past:
            if end is not None:
                return self.row(Outcome.MISSED, "ended", elapsed=elapsed, beside=beside, closed=True)
            return self.row(Outcome.NOT_DUE, self._no_number(), elapsed=elapsed)
        beyond: dict[str, Any] = {"elapsed": elapsed, "beside": beside, "ended_by": ended_by, "closed": end is not None}
        verdict = self.in_time(Moment.at(until))
        if self.begin.doubt == "receipt" and verdict is not False:
            return self.row(Outcome.UNDETERMINABLE, "receipt", bounds=self._bounds(), **beyond)
        if verdict is False and ended is None:
            return self.row(Outcome.UNDETERMINABLE, self._doubt(), bounds=self._bounds(), suspected=self._suspected, **beyond)
        if verdict is False:
            if end is None and self._pending_at(Moment.at(self.as_of)):
                return self.row(Outcome.UNDETERMINABLE, "extension_pending", bounds=self._bounds(), **beyond)
            return self.row(Outcome.MISSED, "", late=self.late(until), **beyond)
        if end is not None:  # still owed then, whatever came afterwards
            return self.row(Outcome.MISSED, "ended", elapsed=elapsed, beside=beside, closed=True)
        if verdict is None:
            return self.row(Outcome.UNDETERMINABLE, self._doubt(), bounds=self._bounds(), suspected=self._suspected, **beyond)
        return self.row(Outcome.NOT_DUE, "", elapsed=elapsed)

    def _open_at(self, moment: Moment) -> bool | None:
        """Whether the duty was not yet overdue when something else ended it; ``None`` where what is uncertain decides that."""
        due, last = self.revision.due, self.revision.last
        if due is None or last is None or before(due, due.earliest, moment.hi):
            return True
        return None if before(last, last.latest, moment.lo) else False

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
        return self.begin.slot is not None and act.data.get("slot") is None and not after_previous(moment.lo, self.begin)

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


def round_end(begin: Begin, case: Case) -> Act | None:
    """The end of the case, if the duty had arisen by then: what a record brings after it was not owed when the case ended (S3.2, S7.2)."""
    end = case.end_of(begin.round)
    return end if end is not None and (begin.arose or begin.moment.lo) <= end.happened.hi else None


def before(due: Due, instant: datetime, at: datetime) -> bool:
    return at <= instant if due.inclusive else at < instant


def blank_elements(duty: Duty, act: Act) -> tuple[str, ...]:
    wanted: Sequence[str] = duty.obligation.elements
    if not wanted:
        return ()
    given = act.data.get("elements")
    status = given if isinstance(given, dict) else {}
    return tuple(e for e in wanted if status.get(e, "blank") == "blank")
