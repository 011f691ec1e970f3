"""When a duty starts and when it falls due: its starts, and the due revisions of each instance.

A *due revision* is one computed due date with what it was computed from. A change of facts, a pause, an extension or a new calendar makes
a new one; nothing is erased (SEMANTICS S4, S8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from workflow import term as terms
from workflow.act import ASKED, CONFIRMED, DECIDED, DENIED, GRANTED, OPENED, RECALENDARED, RECEIVED, Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.moment import Moment, unstamp
from workflow.procedure.condition import Known, holds
from workflow.procedure.fact import is_unknown
from workflow.procedure.model import CASE, Alternative, Obligation
from workflow.rules import Duty, World, act_key
from workflow.term import Due, Pause, Span, Term

OWN_RECEIPT = "own_receipt"
"""Deviation of a receipt that the sender of the report entered: it shows nothing until somebody else confirms it."""


class Begin(NamedTuple):
    """What started one instance: when, by which act, and what is unsure about it."""

    moment: Moment
    act: int
    round: int = 0
    doubt: str = ""
    """``receipt`` or ``knew``: the start lies somewhere in ``moment`` because nothing shows it better."""
    slot: Due | None = None
    """For a recurrence: the instant of this slot; ``previous`` is where its window opens."""
    previous: datetime | None = None
    number: int = 1
    """Which of several: the round in which it began, or which of the acts that begin one each; nothing entered later changes it."""
    deemed: bool = False
    """The receipt that started it is not shown but deemed (视为收到), as the unit set it."""
    arose: datetime | None = None
    """For a duty that counts from the occurrence and that only a later fact brought: when that was known (S4.4)."""


class DueRevision(NamedTuple):
    number: int
    cause: int
    """Number of the act that caused it."""
    kind: str
    """``start``, ``facts``, ``pause``, ``extension``, ``calendar``."""
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


def confirmed(case: Case, act: Act, obligor: str) -> Moment | None:
    """The instant that somebody other than the obligor confirmed (S1.3); ``None`` when nobody did.

    Of each who confirmed the last word counts; where two differ it was somewhere between. What was recorded had been done by then,
    whatever a confirmation says; and a signature after an oral approval says nothing of when.
    """
    found = {c.actor: c for c in case.kind(CONFIRMED, str(act.n)) if c.actor is not None and c.actor.role != obligor}
    if not found:
        return None
    if act.data.get("oral"):
        return act.sent
    said = [min(c.happened, max(Moment.at(act.recorded), act.sent)) for c in found.values()]
    return Moment(min(m.lo for m in said), max(m.hi for m in said))


def own_word(case: Case, act: Act, obligor: str) -> bool:
    """Whether nothing but the obligor's own word says that an act was done before it was entered (S1.3)."""
    own = act.grade == "own" and act.actor is not None and act.actor.role == obligor and act.happened.lo < act.recorded
    return own and confirmed(case, act, obligor) is None


def done(case: Case, act: Act, obligor: str) -> Moment:
    """When an act that moves the clock of ``obligor`` was done: as somebody else confirms, else as it says."""
    return confirmed(case, act, obligor) or act.happened


def holds_from(case: Case, act: Act, obligor: str) -> datetime:
    """From when an act bears on the clock of ``obligor``: on their own word alone from when it was entered, as a fact does (S1.3, S4.1)."""
    return act.recorded if own_word(case, act, obligor) else done(case, act, obligor).lo


def received(case: Case, act: Act, receiver: str) -> Moment | None:
    """When ``receiver`` received a report: the earliest of signature, call, system stamp (S1.2); ``None``: not shown.

    By telephone or in person it equals *submitted*. That it was signed for is not shown by the sender's own word; and nothing is received
    before it was sent.
    """
    found = [r.happened for r in receipts(case, act, receiver)]
    if act.received is not None and (act.grade != "own" or case.kind(CONFIRMED, str(act.n))):
        found.append(act.received)
    if act.data.get("medium") in ("telephone", "in_person"):
        found.append(act.sent)
    return max(min(found), act.sent) if found else None


def receipts(case: Case, act: Act, receiver: str) -> list[Act]:
    """The entries that show that ``receiver`` received a report; those on the sender's own word count once somebody confirms them."""
    found = [r for r in case.kind(RECEIVED, str(act.n)) if r.data.get("by") in ("", None, receiver)]
    return [r for r in found if OWN_RECEIPT not in r.deviations or case.kind(CONFIRMED, str(r.n))]


def deemed(obligation: Obligation, act: Act, case: Case, world: World, as_of: datetime) -> Moment | None:
    """When a report counts as received because the unit set it so (视为收到); ``None`` where it did not, or not yet (S1.2)."""
    if obligation.deemed is None:
        return None
    due = terms.due(act.sent.hi, obligation.deemed, world.calendar(case.calendar_now), world.rules.zone)
    return Moment.at(due.instant) if due.instant <= as_of else None


def receivers(duty: Duty, case: Case, world: World, act: Act) -> tuple[str, ...]:
    """Whom an act was sent to: as it says itself, else as the event's report declares, else everybody."""
    said = act.names("to")
    if said:
        return said
    event = world.rules.procedure.events.get(act.name)
    return event.report.to if event and event.report else ()


def _counted(act: Act, duty: Duty, case: Case, world: World) -> Moment | None:
    """The instant of an act at which the clock of a duty starts; ``None`` when nothing shows it."""
    instant = duty.obligation.starts.instant
    if instant == "happened":
        return act.happened
    if instant == "submitted":
        return act.sent
    if instant == "recorded":
        return Moment.at(act.recorded)
    event = world.rules.procedure.events.get(act.name)
    if event is None or event.report is None:
        return act.received or act.happened  # nothing that was sent: whoever recorded it was there
    roles = world.rules.procedure.roles
    level = roles[duty.obligation.owed.by].level  # who signs for a report there, signs for the level that owes the next one
    found = [received(case, act, name) for name, role in roles.items() if role.level == level]
    return min((m for m in found if m is not None), default=None)


def begins(duty: Duty, receiver: str, case: Case, world: World, as_of: datetime) -> list[Begin]:
    """The starts of a duty towards one receiver, as far as they are known; empty when it has not started."""
    start = duty.obligation.starts
    if start.every:
        return list(_slots(duty, case, world, as_of))
    if start.fact:
        return _by_fact(duty, case, world, as_of)
    if start.decision:
        acts: Sequence[Act] = [a for a in case.kind(DECIDED, start.decision) if a.data.get("answer") is start.answer]
    elif start.received:
        return _chained(duty, case, world, as_of)
    elif start.date:
        return [Begin(_date(start.date, case, world), case.opened.n)]
    else:
        acts = starting(start.on, case)
    if not acts:
        return []
    found: list[Begin] = []
    for act in acts:
        if duty.kind == "countersign" and not act.data.get("oral"):
            continue
        if duty.kind == "receipt" and (
            receiver not in (receivers(duty, case, world, act) or (receiver,)) or act.data.get("medium") in _DIRECT
        ):
            continue
        number = case.round_of(act)
        moment = act.sent if duty.kind == "receipt" else _counted(act, duty, case, world)
        if moment is None:
            found.append(Begin(Moment(act.sent.lo, max(as_of, act.sent.hi)), act.n, number, "receipt"))
        else:
            found.append(Begin(moment, act.n, number))
    if len(found) > 1 and not start.each:
        found = _first_of_each_round(found)
    return _numbered(found, start.each)


def _first_of_each_round(found: Sequence[Begin]) -> list[Begin]:
    return [_earliest([b for b in found if b.round == number]) for number in sorted({b.round for b in found})]


def _numbered(found: Sequence[Begin], each: bool = False) -> list[Begin]:
    """The starts by round, or one by one in the order of the journal where each act begins one."""
    return [b._replace(number=i if each else b.round + 1) for i, b in enumerate(found, 1)]


def _earliest(found: list[Begin]) -> Begin:
    """The first of several possible starts of one round, as they happened; a start that is shown bounds one that is not."""
    first = min(found, key=lambda b: (b.moment.lo, b.act))
    if not first.doubt:
        return first
    return first._replace(moment=Moment(first.moment.lo, min(b.moment.hi for b in found)))


_DIRECT = ("telephone", "in_person")


def starting(names: Sequence[str], case: Case) -> Sequence[Act]:
    """The acts that may start a clock: events by name, and the opening (and each reopening) for ``case``."""
    if CASE in names:
        if len(case.rounds) == 1 and len(names) == 1:
            return case.acts[:1]
        others = case.events(*(act_key(n) for n in names if n != CASE)) if len(names) > 1 else ()
        reopened = case.kind("reopened")
        return sorted({case.opened.n: case.opened, **{a.n: a for a in (*others, *reopened)}}.values(), key=lambda a: a.n)
    return case.events(*(act_key(n) for n in names))


def _date(text: str, case: Case, world: World) -> Moment:
    zone = world.rules.zone
    year = case.opened.happened.lo.astimezone(zone).year
    day = date.fromisoformat(text if len(text) == 10 else f"{year}-{text}")
    return Moment.at(datetime.combine(day, time(), zone))


def _by_fact(duty: Duty, case: Case, world: World, as_of: datetime) -> list[Begin]:
    start = duty.obligation.starts
    assert start.fact is not None
    stated: dict[int, Begin] = {}
    for change in case.facts.get(start.fact, ()):
        if is_unknown(change.value):
            stated.clear()
            continue
        value = str(change.value)
        moment = _date(value, case, world) if len(value) == 10 else Moment.at(unstamp(value))
        # An instant after a reopening belongs to the new round: what it says of that round leaves the old outcomes alone (S7.2).
        number = sum(1 for r in case.rounds[1:] if case.acts[r - 1].happened.lo <= moment.lo)
        stated[number] = Begin(moment, change.act, number)
    since = starting(start.since or (CASE,), case)
    if 0 not in stated and since:
        first = since[0]
        if first.kind == OPENED and not case.elsewhere and _own_side(first, duty, world):  # whoever opened it knew of it then
            stated[0] = Begin(first.received or first.happened, first.n)
        else:
            stated[0] = Begin(Moment(first.happened.lo, max(as_of, first.happened.hi)), first.n, 0, "knew")
    return _numbered([stated[number] for number in sorted(stated)])


def _own_side(first: Act, duty: Duty, world: World) -> bool:
    """Whether the opening was made where the duty is owed: what another level or another place knew shows nothing of the obligor (S7.1)."""
    roles = world.rules.procedure.roles
    if first.actor is None:
        return True
    level = roles[first.actor.role].level if first.actor.role in roles else ""
    return level == roles[duty.obligation.owed.by].level != first.data.get("away")


def _chained(duty: Duty, case: Case, world: World, as_of: datetime) -> list[Begin]:
    start = duty.obligation.starts
    assert start.received is not None
    link = world.rules.duties[start.received]
    found: list[Begin] = []
    for act in case.events(*link.met_keys):
        number = case.round_of(act)
        got = received(case, act, duty.obligation.owed.by)
        supposed = deemed(link.obligation, act, case, world, as_of)
        if got is not None and (supposed is None or got.lo <= supposed.lo):
            found.append(Begin(got, act.n, number))
        elif supposed is not None:
            found.append(Begin(supposed, act.n, number, deemed=True))
        else:
            found.append(Begin(Moment(act.sent.lo, max(as_of, act.sent.hi)), act.n, number, "receipt"))
    return _numbered(_first_of_each_round(found))


def _slots(duty: Duty, case: Case, world: World, as_of: datetime) -> Iterator[Begin]:
    """The slots of a recurrence, of each round its own: until its end, or as far as the first that is still to come."""
    start = duty.obligation.starts
    assert start.every is not None
    recurrence = terms.Recurrence.parse(start.every)
    for first, stop in _spans(duty, case):
        previous = first.happened.hi
        for slot in recurrence.slots(previous, datetime.max.replace(tzinfo=UTC), world.rules.zone):
            due = Due(
                instant=slot, inclusive=recurrence.inclusive, last_day=None, provisional=False, earliest=slot, latest=slot, revision=None
            )
            yield Begin(first.happened, first.n, case.round_of(first), "", due, previous)
            previous = slot
            if slot >= holds_from(case, stop, duty.obligation.owed.by) if stop is not None else slot > as_of:
                break


def _spans(duty: Duty, case: Case) -> list[tuple[Act, Act | None]]:
    """The stretches in which a recurrence runs, as things happened: from what starts it to what ends it, and again from the next start.

    The end of the case ends it too, and so does joining the case that leads: later common duties exist once (S7.2).
    """
    start = duty.obligation.starts
    begun = {a.n for a in starting(start.on or (CASE,), case)}
    over = {a.n for a in (*case.events(*(act_key(n) for n in start.until)), *case.ends)}
    if case.joined is not None:
        over.add(case.joined)
    found: list[tuple[Act, Act | None]] = []
    running: Act | None = None
    obligor = duty.obligation.owed.by

    def course(act: Act) -> tuple[datetime, int]:
        return (holds_from(case, act, obligor), act.n) if act.n in over else _course(act)

    for act in sorted((case.acts[n - 1] for n in begun | over), key=course):
        if act.n in over:
            if running is not None:
                found.append((running, act))
            running = None
        elif running is None:
            running = act
    if running is not None:
        found.append((running, None))
    return found


def stopped(duty: Duty, case: Case, begin: Begin) -> Act | None:
    """The act that ended the stretch of a recurrence to which a slot belongs; ``None`` while it runs."""
    return next((stop for first, stop in _spans(duty, case) if first.n == begin.act), None)


def known_at(case: Case, at: datetime, obligor: str = "") -> Known:
    """What the case knew at an instant: facts by when their statements hold, events by when they happened. Each is looked up when asked.

    Of what bears on a duty, what its ``obligor`` alone says holds from when it was entered.
    """
    return Known(_Facts(case, at), _Happened(case, at, obligor), _Decided(case, at, obligor))


class _Facts(Mapping[str, Json]):
    __slots__ = ("_at", "_changes")

    def __init__(self, case: Case, at: datetime) -> None:
        self._changes, self._at = case.facts, at

    def __getitem__(self, name: str) -> Json:
        for change in reversed(self._changes[name]):
            if change.effective <= self._at:
                return change.value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, changes in self._changes.items() if any(c.effective <= self._at for c in changes))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Happened:
    __slots__ = ("_at", "_case", "_obligor")

    def __init__(self, case: Case, at: datetime, obligor: str) -> None:
        self._case, self._at, self._obligor = case, at, obligor

    def __contains__(self, event: object) -> bool:
        return any(holds_from(self._case, act, self._obligor) <= self._at for act in self._case.by_name.get(str(event), ()))


class _Decided(Mapping[str, bool]):
    __slots__ = ("_at", "_case", "_obligor")

    def __init__(self, case: Case, at: datetime, obligor: str) -> None:
        self._case, self._at, self._obligor = case, at, obligor

    def __getitem__(self, decision: str) -> bool:
        for act in reversed(self._case.kind(DECIDED, decision)):
            if holds_from(self._case, act, self._obligor) <= self._at:
                return bool(act.data.get("answer"))
        raise KeyError(decision)

    def __iter__(self) -> Iterator[str]:
        names = (key.partition(":")[2] for key in self._case.by_name if key.startswith(f"{DECIDED}:"))
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


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
    chosen, _ = choose(obligation, known_at(case, at, obligation.owed.by)) if duty.conditions else (0, False)
    term, count = _count(begin, chosen, duty, world)
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
            chosen, _ = choose(obligation, known)
            if chosen == current.alternative:
                continue
            if expired and not _extending(key, case, current, (instant, act.n), world):
                return Timeline(tuple(revisions), (instant, act.n), None, _pending(key, case, revisions, tuple(paused), world))
            origin = begin if obligation.recount == "from_start" else begin._replace(moment=Moment.at(instant))
            term, anew = _count(origin, chosen, duty, world)
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
    if not (duty.conditions or duty.obligation.pause or duty.obligation.extend or f"{RECALENDARED}:" in case.by_name):
        return found
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


def _course(act: Act) -> tuple[datetime, int]:
    """The order in which acts happened; of the same instant, in which they were entered."""
    return act.happened.lo, act.n


def _pauses(duty: Duty, case: Case, as_of: datetime) -> tuple[Pause, ...]:
    """The pauses, each up to its end as it is known; one that has no end lasts until ``as_of``."""
    found: list[Pause] = []
    for rule in duty.obligation.pause:
        ends = sorted(map(_course, case.events(*(act_key(n) for n in rule.end))))
        for start in sorted((holds_from(case, a, duty.obligation.owed.by), a.n) for a in case.events(*(act_key(n) for n in rule.start))):
            stop = next((end[0] for end in ends if end > start), max(as_of, start[0]))
            if not any(p.lo <= start[0] < p.hi for p in found):
                found.append(Pause(start[0], stop))
    return tuple(found)


def _count(begin: Begin, chosen: int | None, duty: Duty, world: World) -> tuple[Term | None, Count]:
    """The term that applies, and how it is counted."""
    term: Term | None = duty.obligation.term[chosen].term if chosen is not None else None
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
        due = terms.due(start.lo, term, calendar, zone, pauses)
        return start, due, due if start.exact else terms.due(start.hi, term, calendar, zone, pauses)

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


def _onward(due: Due, added: Term | None, world: World) -> datetime:
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
        start = Moment(_onward(before, added, world), _onward(latest, added, world))
        _, due, last = _counting(start, added, world)(calendar_id, pauses)
        return start, due, last

    calendar, pauses = current.calendar, current.pauses
    start, due, last = moved(calendar, pauses)
    return DueRevision(number, act.n, "extension", act.recorded, start, current.alternative, added, due, last, calendar, pauses), moved
