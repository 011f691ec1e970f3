"""When a duty starts: once, with each of several acts, with a receipt, a fact, a date, or again and again (SEMANTICS S1.1, S6.4, S7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from workflow import term as terms
from workflow.act import DECIDED, OPENED, Act
from workflow.case.fold import Case
from workflow.moment import Moment, unstamp
from workflow.obligation.evidence import DIRECT, course, deemed, holds_from, received, receivers
from workflow.procedure.fact import is_unknown
from workflow.procedure.model import CASE
from workflow.rules import Duty, World, act_key, act_keys
from workflow.term import Due


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

    def precedes(self, act: Act, moment: Moment) -> bool:
        """Whether an act may have been done after it; of one instant, what was entered before it was done before it (S10.1)."""
        return moment.hi > self.moment.lo or (moment.hi == self.moment.lo and (not moment.exact or act.n >= self.act))


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
            receiver not in (receivers(duty, case, world, act) or (receiver,)) or act.data.get("medium") in DIRECT
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
    numbered = ((i if each else b.round + 1, b) for i, b in enumerate(found, 1))
    return [b if b.number == number else b._replace(number=number) for number, b in numbered]


def _earliest(found: list[Begin]) -> Begin:
    """The first of several possible starts of one round, as they happened; a start that is shown bounds one that is not."""
    first = min(found, key=lambda b: (b.moment.lo, b.act))
    if not first.doubt:
        return first
    return first._replace(moment=Moment(first.moment.lo, min(b.moment.hi for b in found)))


def starting(names: Sequence[str], case: Case) -> Sequence[Act]:
    """The acts that may start a clock: events by name, and the opening (and each reopening) for ``case``."""
    if CASE in names:
        if len(case.rounds) == 1 and len(names) == 1:
            return case.acts[:1]
        others = case.events(*(act_key(n) for n in names if n != CASE)) if len(names) > 1 else ()
        reopened = case.kind("reopened")
        return sorted({case.opened.n: case.opened, **{a.n: a for a in (*others, *reopened)}}.values(), key=lambda a: a.n)
    return case.events(*act_keys(tuple(names)))


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

    def when(act: Act) -> tuple[datetime, int]:
        return (holds_from(case, act, obligor), act.n) if act.n in over else course(act)

    for act in sorted((case.acts[n - 1] for n in begun | over), key=when):
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
