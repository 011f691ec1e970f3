"""时间账: who held the matter when, from the first instant of the record to the last receipt, without a gap and without an overlap.

Whoever opened the case, or is shown to have known, holds it until it reaches somebody who has not had it: from its receipt on that one
holds it. Between being sent and being received it is on the way; where no receipt is shown nobody is shown to hold it, until an act of a
receiver shows that it had arrived. Whoever passes it on had it, and if nothing shows from when, nobody is shown to have held it since
those before were last heard of. A follow-up to somebody who had it moves nothing. An instant that is not exact leaves a stretch to
nobody as well, and so does an order that the instants leave open.

It says where the time went. Whether any of it was too long is what the ledger says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from workflow.act import DEEDS, Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.moment import Moment, stamp, unstamp
from workflow.obligation.evidence import received
from workflow.procedure.fact import is_unknown
from workflow.rules import World
from workflow.text import Text

UNKNOWN, ON_THE_WAY = "unknown", "on_the_way"
NOBODY: Mapping[str, Text] = {
    UNKNOWN: Text("不明", "unknown"),
    ON_THE_WAY: Text("途中", "on the way"),
}
"""Holders that are no role."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Stretch(NamedTuple):
    since: datetime
    until: datetime
    holder: str
    """A role, or one of :data:`NOBODY`."""

    @property
    def seconds(self) -> int:
        """Whole seconds between the two on one clock, so that the stretches of an account add up to all of it."""
        return (self.until - _EPOCH) // _SECOND - (self.since - _EPOCH) // _SECOND


class Account(NamedTuple):
    stretches: tuple[Stretch, ...]
    """One after the other: each begins where the one before ends."""

    @property
    def since(self) -> datetime:
        return self.stretches[0].since

    @property
    def until(self) -> datetime:
        return self.stretches[-1].until

    @property
    def seconds(self) -> int:
        return Stretch(self.since, self.until, "").seconds

    @property
    def held(self) -> Mapping[str, int]:
        """Holder → seconds, in the order in which each first held it."""
        found: defaultdict[str, int] = defaultdict(int)
        for stretch in self.stretches:
            found[stretch.holder] += stretch.seconds
        return found

    def document(self, world: World) -> dict[str, Json]:
        roles = world.rules.procedure.roles
        held: list[Json] = [
            {"holder": name, "level": roles[name].level if name in roles else "", "seconds": seconds} for name, seconds in self.held.items()
        ]
        stretches: list[Json] = [
            {"from": stamp(s.since), "until": stamp(s.until), "holder": s.holder, "seconds": s.seconds} for s in self.stretches
        ]
        whole: dict[str, Json] = {"from": stamp(self.since), "until": stamp(self.until), "seconds": self.seconds}
        return {**whole, "held": held, "stretches": stretches}


class _Point(NamedTuple):
    """From ``at`` on somebody else holds it."""

    at: Moment
    order: int
    """Three for each act, which decide at one instant: it shows that its author has it, it is sent, it is received."""
    holder: str


def _place(point: _Point) -> tuple[datetime, datetime, int, str]:
    return point.at.lo, point.at.hi, point.order, point.holder


def account(case: Case, world: World, until: datetime | None = None) -> Account | None:
    """The account of a case up to the last receipt, or up to ``until``, with whoever held it last.

    ``None`` where nothing was reported by then, or the record begins where it ends.
    """
    points = sorted(_points(case, world), key=_place)
    sent = [m.hi for act in case.acts for m in _sent(act, case, world)]
    if until is not None:
        sent = [until]
    if not points or not sent:
        return None
    first, last = min(points[0].at.lo, *(a.happened.lo for a in case.acts if a.kind in DEEDS)), max(sent)
    found = tuple(_joined(_cut(points, first, last))) if first < last else ()
    return Account(found) if found else None


def reached(case: Case, world: World) -> list[tuple[Moment, str]]:
    """From when each role is shown to have had the matter, the first of them first."""
    found: dict[str, Moment] = {}
    for point in sorted(_points(case, world), key=_place):
        if point.holder not in NOBODY:
            found.setdefault(point.holder, point.at)
    return [(at, role) for role, at in found.items()]


def _sent(act: Act, case: Case, world: World) -> Iterator[Moment]:
    """The instants at which a report was sent and received."""
    to = receivers(act, world)
    if to:
        yield act.sent
        yield from (m for role in to if (m := received(case, act, role)) is not None)


def receivers(act: Act, world: World) -> tuple[str, ...]:
    """To whom an act reports; nobody where it is no report."""
    event = world.rules.procedure.events.get(act.name) if act.kind in DEEDS else None
    return (act.names("to") or event.report.to) if event is not None and event.report is not None else ()


def _points(case: Case, world: World) -> Iterator[_Point]:
    opening, roles = case.opened, world.rules.procedure.roles
    began = opening.received or opening.happened
    had = {opening.actor.role} if opening.actor is not None and opening.actor.role else set()
    yield _Point(began, 0, next(iter(had), UNKNOWN))
    for at, role in _known(case, world):
        if at < began.lo:
            had.add(role)
            yield _Point(Moment.at(at), 0, role)

    def level(role: str) -> str:
        return roles[role].level if role in roles else role

    seen = began.hi
    """When somebody who had it was last heard of."""
    waiting: dict[str, Moment] = {}
    """Roles to whom something was sent whose receipt nothing shows."""
    acts = sorted((a for a in case.acts if a.kind in DEEDS), key=lambda a: (a.sent.lo, a.n))
    for act in acts:
        role = act.actor.role if act.actor is not None else ""
        to = receivers(act, world)
        if role in waiting and role not in had:
            had.add(role)
            yield _Point(act.happened, 3 * act.n, role)
        elif to and role and level(role) not in {level(r) for r in had} and act.n != opening.n:
            had.add(role)  # it had come to them, nobody shows when: some time after those who had it were last heard of
            yield _Point(Moment(min(seen, act.sent.lo), act.sent.hi), 3 * act.n, role)
        if role in had:
            seen = max(seen, act.sent.hi)
        new = [r for r in to if r not in had]
        shown = {r: m for r in new if (m := received(case, act, r)) is not None}
        if new and any(m != act.sent for m in shown.values()):
            yield _Point(act.sent, 3 * act.n + 1, ON_THE_WAY)
        elif new and not shown:
            yield _Point(act.sent, 3 * act.n + 1, UNKNOWN)
        for receiver, moment in shown.items():
            had.add(receiver)
            yield _Point(moment, 3 * act.n + 2, receiver)
        waiting.update((r, act.sent) for r in new if r not in shown)


def _known(case: Case, world: World) -> Iterator[tuple[datetime, str]]:
    """When a role is shown to have known of it: by the facts that start its clocks (S7.1)."""
    for duty in world.rules.duties.values():
        changes = case.facts.get(duty.obligation.starts.fact or "", ())
        if changes and not is_unknown(changes[-1].value) and len(str(changes[-1].value)) > len("2026-01-01"):
            yield unstamp(str(changes[-1].value)), duty.obligation.owed.by


def _cut(points: Iterable[_Point], first: datetime, last: datetime) -> Iterator[Stretch]:
    """From ``first`` to ``last``: an instant that is not exact leaves to nobody what lies within it."""
    at, holder = first, UNKNOWN
    blurred: _Point | None = None
    for point in points:
        low, high = (max(at, min(instant, last)) for instant in (point.at.lo, point.at.hi))
        yield Stretch(at, low, holder)
        yield Stretch(low, high, UNKNOWN)
        at = high
        holder = UNKNOWN if blurred is not None and _open(blurred, point) and holder != point.holder else point.holder
        if not point.at.exact and (blurred is None or point.at.hi >= blurred.at.hi):
            blurred = point
    yield Stretch(at, max(at, last), holder)


def _open(before: _Point, after: _Point) -> bool:
    """Whether the instants leave open which came first. Of the same stretch the record says it (S10.1), and nothing is received before it
    was sent."""
    return after.at.lo < before.at.hi and after.at != before.at and after.order // 3 != before.order // 3


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Without the empty ones; two of one holder that meet are one."""
    current: Stretch | None = None
    for stretch in stretches:
        if stretch.since == stretch.until:
            continue
        if current is not None and current.holder == stretch.holder:
            current = current._replace(until=stretch.until)
            continue
        if current is not None:
            yield current
        current = stretch
    if current is not None:
        yield current


def holder_text(holder: str, world: World) -> Text:
    return NOBODY[holder] if holder in NOBODY else world.rules.roles([holder])
