"""When a duty falls due: the due revisions of each instance.

A *due revision* is one computed due date with what it was computed from. A change of facts, a pause, an extension or a new calendar makes
a new one; nothing is erased (SEMANTICS S4, S8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple

from workflow import term as terms
from workflow.act import ASKED, DENIED, GRANTED, RECALENDARED, Act
from workflow.case.fold import Case
from workflow.moment import Moment
from workflow.obligation.evidence import course, done, holds_from, own_word
from workflow.obligation.known import known_at, told
from workflow.obligation.start import Begin
from workflow.procedure.condition import Known, holds
from workflow.procedure.model import Alternative, Obligation
from workflow.rules import Duty, World, act_key
from workflow.term import Due, Pause, Span, Term


class DueRevision(NamedTuple):
    number: int
    cause: int
    """Number of the act that caused it."""
    kind: str
    """``start``, ``facts``, ``pause``, ``extension``, ``calendar``, ``migrated``."""
    at: datetime
    """From when it holds."""
    start: Moment
    """Where the term counts from."""
    alternative: int | None
    """Index of the term alternative in the definition; ``None`` when none applies."""
    term: Term | None
    due: Due | None
    """``None``: without a number."""
    last: Due | None
    """The due date counted from the latest possible start; equal to ``due`` when the start is exact."""
    calendar: str
    pauses: tuple[Pause, ...] = ()
    kept_old: bool = False
    """The earlier date was kept or clamped: a shorter term makes nobody late for the past (S4.2, S8.2)."""


def choose(obligation: Obligation, known: Known) -> tuple[int | None, bool]:
    """Index of the term alternative that applies, and whether more than one did (then ``None``).

    With nothing certain, the alternative ``when: unknown`` applies if a fact is still open; then one without a condition; else none.
    """
    fallback: int | None = None
    open_: int | None = None
    undecided = False
    certain: list[int] = []
    for i, alternative in enumerate(obligation.term):
        if alternative.when is None:
            fallback = i
        elif alternative.when == Alternative.UNKNOWN:
            open_ = i
        else:
            verdict = holds(alternative.when, known)
            if verdict:
                certain.append(i)
            elif verdict is None:
                undecided = True
    if len(certain) == 1:
        return certain[0], False
    if certain:
        return None, True
    if undecided and open_ is not None:
        return open_, False
    return fallback, False


class Timeline(NamedTuple):
    """The due revisions of one instance, and what a change after its due time opened."""

    revisions: tuple[DueRevision, ...]
    second: tuple[datetime, int] | None = None
    """Instant and act of a change after the due time: what the new term requires is another obligation (S4.3)."""
    unowed: tuple[datetime, int] | None = None
    """Instant and act from which ``owed_when`` is false."""
    pending: tuple[DueRevision, ...] = ()
    """The date an extension would give that was asked for in time and is not answered yet (S8.4)."""


Counted = tuple[Moment, Due | None, Due | None]
"""From where it is counted, and the due date: from the earliest possible start, and from the latest."""


Count = Callable[[str, tuple[Pause, ...]], Counted]
"""How a due date is counted, under a calendar and with pauses."""


def timeline(duty: Duty, key: str, begin: Begin, case: Case, world: World, until: datetime | None, as_of: datetime) -> Timeline:
    """Every due revision of an instance from its start up to ``until`` (its fulfilment; ``None``: still open)."""
    obligation = duty.obligation
    calendar_id = case.calendar
    at = begin.arose or (begin.moment.hi if not begin.doubt else begin.moment.lo)
    for act in case.by_name.get(f"{RECALENDARED}:", ()):
        if act.recorded <= at:
            calendar_id = str(act.data["calendar"])
    chosen, stated = _stated(duty, case, at, world) if duty.read else (0, obligation.term[0].term)
    term, count = _count(begin, stated, world)
    if not (duty.read or obligation.pause or obligation.extend or f"{RECALENDARED}:" in case.by_name):  # nothing can move it
        start, due, last = count(calendar_id, ())
        return Timeline((DueRevision(1, begin.act, "start", at, start, chosen, term, due, last, calendar_id),))
    paused = [p for p in _pauses(duty, case, as_of) if until is None or p.lo < until or p.lo <= at]

    def begun(by: datetime) -> tuple[Pause, ...]:
        return tuple(p for p in paused if p.lo <= by)

    running = begun(at)  # a clock may start in a pause
    start, due, last = count(calendar_id, running)
    revisions = [DueRevision(1, begin.act, "start", at, start, chosen, term, due, last, calendar_id, running)]
    for instant, act, kind in _changes(duty, key, case, at, as_of):
        current = revisions[-1]
        if until is not None and instant >= until and kind != "extension":  # asked for in time it counts, whenever it is granted (S8.4)
            continue
        expired = current.last is not None and not current.last.in_time(instant)
        number = len(revisions) + 1
        if kind == "facts":
            known = known_at(case, instant, obligation.owed.by)
            if obligation.owed_when is not None and holds(obligation.owed_when, known) is False and not expired:
                return Timeline(tuple(revisions), None, (instant, act.n))
            chosen, now_stated = _stated(duty, case, instant, world)
            if chosen == current.alternative and now_stated == stated:
                continue
            stated = now_stated
            if expired and not _extending(key, case, current, (instant, act.n), world):
                return Timeline(tuple(revisions), (instant, act.n), None, _pending(key, case, revisions, tuple(paused), world))
            origin = begin if obligation.recount == "from_start" else begin._replace(moment=Moment.at(instant))
            term, anew = _count(origin, stated, world)
            pauses = begun(instant)
            count, kept = _not_late_for_the_past(anew, count, current._replace(calendar=calendar_id, pauses=pauses), instant, term, world)
            start, due, last = count(calendar_id, pauses)
            revisions.append(DueRevision(number, act.n, kind, instant, start, chosen, term, due, last, calendar_id, pauses, kept))
        elif kind in ("pause", "calendar") and not expired:
            pauses = begun(instant)
            if kind == "calendar":
                calendar_id = str(act.data["calendar"])  # from now on, also where it moves nothing yet
            start, due, last = count(calendar_id, pauses)
            if due is None or current.due is None or (due.same(current.due) and last is not None and last.same(current.last)):
                continue
            new = current._replace(number=number, cause=act.n, kind=kind, at=instant, start=start, due=due, last=last)
            new = new._replace(calendar=calendar_id, pauses=pauses)
            if due.instant < current.due.instant and not due.in_time(instant):
                # Shorter, and already over at the import: nothing done by the old date before it is late (S8.2).
                moved = due._replace(instant=instant, earliest=instant, latest=instant, inclusive=True)
                new = new._replace(due=moved, last=moved, kept_old=True)
            revisions.append(new)
        elif kind == "extension" and current.due is not None:
            asked = _asked(key, case, act)
            if asked is None or not current.due.in_time(asked.happened.hi) or (until is not None and asked.happened.lo >= until):
                continue
            new, count = _extended(number, act, current._replace(calendar=calendar_id, pauses=begun(instant)), count, world)
            revisions.append(new)
    return Timeline(tuple(revisions), None, None, _pending(key, case, revisions, tuple(paused), world))


def _changes(duty: Duty, key: str, case: Case, after: datetime, as_of: datetime) -> list[tuple[datetime, Act, str]]:
    found: list[tuple[datetime, Act, str]] = []
    obligor = duty.obligation.owed.by
    for name in duty.read:
        if name.startswith("fact:"):
            for change in case.facts.get(name[5:], ()):
                act = case.act(change.act)
                if change.effective > after and act is not None:
                    found.append((change.effective, act, "facts"))
        else:
            found.extend((at, a, "facts") for a in case.by_name.get(name, ()) if (at := holds_from(case, a, obligor)) > after)
    for rule in duty.obligation.pause:
        starts = [(holds_from(case, a, obligor), a) for a in case.events(*(act_key(n) for n in rule.start))]
        ends = [(a.happened.lo, a) for a in case.events(*(act_key(n) for n in rule.end))]
        found.extend((at, act, "pause") for at, act in (*starts, *ends) if at > after)
    found.extend((a.recorded, a, "calendar") for a in case.by_name.get(f"{RECALENDARED}:", ()) if a.recorded > after)
    found.extend((a.recorded, a, "extension") for a in case.kind(GRANTED, key))
    found.sort(key=lambda c: (c[0], c[1].n))
    return found


def _pauses(duty: Duty, case: Case, as_of: datetime) -> tuple[Pause, ...]:
    """The pauses, each up to its end as it is known; one that has no end lasts until ``as_of``."""
    found: list[Pause] = []
    obligor = duty.obligation.owed.by
    for rule in duty.obligation.pause:
        ends = sorted((*course(a), a.happened) for a in case.events(*(act_key(n) for n in rule.end)))
        starts = sorted((holds_from(case, a, obligor), a.n, a) for a in case.events(*(act_key(n) for n in rule.start)))
        for since, n, act in starts:
            over = next((end[2] for end in ends if end[:2] > (since, n)), Moment.at(max(as_of, since)))
            if not any(p.lo <= since < p.hi for p in found):
                begun = since if own_word(case, act, obligor) else done(case, act, obligor).hi
                found.append(Pause(since, over.lo, begun if begun > since else None, over.hi if not over.exact else None))
    return tuple(found)


def stops(obligation: Obligation, due: Due, case: Case) -> Iterator[tuple[Act, Act | None]]:
    """Each pause that began in time: the act that began it and the one that ended it.

    ``None``: it has not ended, and nobody can say now what the due date will be.
    """
    for rule in obligation.pause:
        ends = sorted(case.events(*(act_key(n) for n in rule.end)), key=course)
        for act in case.events(*(act_key(n) for n in rule.start)):
            since = holds_from(case, act, obligation.owed.by), act.n
            if due.in_time(since[0]):
                yield act, next((end for end in ends if course(end) > since), None)


def _stated(duty: Duty, case: Case, at: datetime, world: World) -> tuple[int | None, Term | None]:
    """Which alternative applies at an instant, and its term as the facts of the case state it."""
    known = known_at(case, at, duty.obligation.owed.by)
    chosen, _ = choose(duty.obligation, known)
    return chosen, told(duty.obligation.term[chosen].term, case, known, world.rules.zone) if chosen is not None else None


def _count(begin: Begin, term: Term | None, world: World) -> tuple[Term | None, Count]:
    """The term that applies, and how it is counted."""
    slot, start = begin.slot, begin.moment
    if slot is not None and (term is None or term.qualitative):
        return term, lambda _calendar, _pauses: (start, slot, slot)
    if term is None or term.qualitative:
        return term, lambda _calendar, _pauses: (start, None, None)
    if slot is not None:
        start = Moment.at(slot.instant)
    return term, _counting(start, term, world)


def _counting(start: Moment, term: Term, world: World) -> Count:
    def count(calendar_id: str, pauses: tuple[Pause, ...]) -> Counted:
        calendar, zone = world.calendar(calendar_id), world.rules.zone
        due = terms.due(start.lo, term, calendar, zone, terms.shortest(pauses) if pauses else ())
        if start.exact and all(p.began_by is None and p.ended_by is None for p in pauses):
            return start, due, due
        last = terms.due(start.hi, term, calendar, zone, terms.longest(pauses))
        return start, due, due if start.exact and last == due else last

    return count


def _not_late_for_the_past(
    new: Count, old: Count, current: DueRevision, instant: datetime, term: Term | None, world: World
) -> tuple[Count, bool]:
    """S4.2: a shorter term falls due at the earlier of the old date and the revision plus its own length."""
    (_, due, _), (_, before, _) = new(current.calendar, current.pauses), old(current.calendar, current.pauses)
    if due is None or term is None or term.qualitative:
        return new, False
    if due.in_time(instant) if before is None else due.instant >= before.instant:
        return new, False
    fresh = _counting(Moment.at(instant), term, world)
    _, date, _ = fresh(current.calendar, current.pauses)
    if date is not None and not date.in_time(instant):  # a day that is over has no length of its own
        at_once = Due(instant, True, None, False, instant, instant, None)
        return (lambda _calendar, _pauses: (Moment.at(instant), at_once, at_once)), True
    return (fresh if before is None or (date is not None and date.instant < before.instant) else old), True


def _asked(key: str, case: Case, grant: Act) -> Act | None:
    return next((a for a in case.kind(ASKED, key) if a.n == grant.data.get("of")), None)


def _pending(key: str, case: Case, revisions: Sequence[DueRevision], pauses: tuple[Pause, ...], world: World) -> tuple[DueRevision, ...]:
    """The dates that extensions would give that were asked for in time and are not answered."""
    asking = case.kind(ASKED, key)
    current = revisions[-1]
    if not asking or current.due is None:
        return ()
    answered = {a.data.get("of") for a in (*case.kind(GRANTED, key), *case.kind(DENIED, key))}
    found = [a for a in asking if a.n not in answered and current.due.in_time(a.happened.hi)]
    found = [a for a in found if a.grade != "own" or current.due.in_time(a.recorded)]  # on own word alone nothing is pending (S1.3)
    return tuple(_extended(len(revisions) + 1, a, current._replace(pauses=pauses), _fixed(current), world)[0] for a in found)


def _extending(key: str, case: Case, current: DueRevision, change: tuple[datetime, int], world: World) -> bool:
    """Whether an extension that was asked for in time, and granted after a change, moves the date beyond that (S8.4)."""
    for act in case.kind(GRANTED, key):
        asked = _asked(key, case, act)
        if (act.recorded, act.n) > change and asked is not None and current.due is not None and current.due.in_time(asked.happened.hi):
            moved = _extended(0, act, current, _fixed(current), world)[0].due
            if moved is not None and moved.in_time(change[0]):
                return True
    return False


def _fixed(revision: DueRevision) -> Count:
    return lambda _calendar, _pauses: (revision.start, revision.due, revision.last)


def onward(due: Due, added: Term | None, world: World) -> datetime:
    """From where an extension counts on: the last day of the date before, or its instant where hours are counted."""
    if due.last_day is None or (isinstance(added, Span) and added.unit in ("hour", "minute")):
        return due.instant
    return datetime.combine(due.last_day, time(), world.rules.zone).astimezone(UTC)


def _extended(number: int, act: Act, current: DueRevision, count: Count, world: World) -> tuple[DueRevision, Count]:
    """The date moved by an extension, and how it is counted from then on."""
    added = terms.parse(str(act.data["by"]))

    def moved(calendar_id: str, pauses: tuple[Pause, ...]) -> Counted:
        _, before, latest = count(calendar_id, pauses)
        assert before is not None and latest is not None
        start = Moment(onward(before, added, world), onward(latest, added, world))
        _, due, last = _counting(start, added, world)(calendar_id, pauses)
        return start, due, last

    calendar, pauses = current.calendar, current.pauses
    start, due, last = moved(calendar, pauses)
    return DueRevision(number, act.n, "extension", act.recorded, start, current.alternative, added, due, last, calendar, pauses), moved
