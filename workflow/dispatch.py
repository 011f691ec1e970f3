"""Which messages a flag makes: to whom it is sent and over which channels, what follows a message that could not be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from workflow.act import FLAGGED, NOTIFIED, UNFLAGGED, Act
from workflow.audience import Recipient, above, audience
from workflow.case.flags import tier_name
from workflow.case.fold import Case
from workflow.case.standing import Standing
from workflow.journal.canonical import Json
from workflow.letter import Accepted, Rejected, Result, Throttled
from workflow.moment import Moment
from workflow.obligation.row import Row
from workflow.outbox import Message
from workflow.rowname import Key
from workflow.rules import World

Addresses = Mapping[str, Mapping[str, str]]
"""Person → kind of address → address. Personal data: no outcome and no digest reads them, and no message holds one."""

MOST_TRIES = 8
PATIENCE = timedelta(minutes=30)
"""How long an urgent message waits for a channel that takes no more, before another way is tried."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Route:
    """A channel as the planning of messages knows it."""

    name: str
    needs: str = ""
    """The kind of address that it needs of a person; empty: it has one place to send to (a robot, a file, the console)."""
    fallback: bool = False
    """Used only for whom no other channel reaches, and for what another channel could not send."""


@dataclass(frozen=True, slots=True)
class Routing:
    routes: tuple[Route, ...] = ()
    """In order of preference."""
    quiet: tuple[time, time] | None = None
    """From when to when nothing is sent that no rule demands, in the zone of the procedure."""

    @property
    def places(self) -> tuple[Route, ...]:
        return tuple(r for r in self.routes if not r.needs and not r.fallback)

    def reaching(self, known: Mapping[str, str]) -> tuple[Route, ...]:
        """Over which channels a person is told: all that are no fallback, else the first fallback."""
        able = [r for r in self.routes if r.needs in known]
        return tuple(r for r in able if not r.fallback) or tuple(able[:1])


class Reach(dict[str, tuple[Route, ...]]):
    """Over which channels each person is told, worked out when somebody first asks."""

    def __init__(self, routing: Routing, addresses: Addresses) -> None:
        super().__init__()
        self._routing, self._addresses = routing, addresses

    def __missing__(self, person: str) -> tuple[Route, ...]:
        found = self[person] = self._routing.reaching(self._addresses.get(person, {}))
        return found


def planned(after: Standing, since: int, world: World, now: datetime, routing: Routing, reach: Reach) -> list[Message]:
    """The messages of the flags that were drafted after entry ``since``; whom they tell, why and how is written into the flags."""
    if not routing.routes:
        return []
    case = after.case
    found: list[Message] = []
    for act in case.acts[since:]:
        if act.kind not in (FLAGGED, UNFLAGGED) or act.data.get("skipped"):
            continue
        row = next((r for r in after.rows.get(Key.of(act.name).duty, ()) if r.key == act.name), None)
        told = _reachable(audience(act, row, case, world, now), case.drill, world, now, routing, reach)
        data = cast(dict[str, Json], act.data)
        data["to"] = [_said(r, reach) for r in told]
        if routing.places:
            data["places"] = [route.name for route in routing.places]
        said = (case.id, act.name, int(str(act.data["revision"])), tier_name(case, act))
        pressing = urgent(act, row)
        at = now if pressing else _awake(now, routing.quiet, world.rules.zone)
        ways = [(r.person, route.name, r.post) for r in told for route in reach[r.person]]
        for recipient, channel, post in (*ways, *(("", route.name, "") for route in routing.places)):
            found.append(Message(*said, recipient, channel, post, act.n, now, pressing, next_at=at))
    return found


def _reachable(told: Sequence[Recipient], drill: bool, world: World, now: datetime, routing: Routing, reach: Reach) -> list[Recipient]:
    """Those who are told, and for whom no channel reaches those one step above as well; in a drill nobody outside it.

    Where there are only places to send to, nobody is told as a person, and nobody is missed.
    """
    found = {recipient.person: recipient for recipient in told}
    for recipient in told if not drill and any(route.needs for route in routing.routes) else ():
        if not reach[recipient.person]:
            for other in above(recipient.post, world, now):
                found.setdefault(other.person, other)
    return list(found.values())


def untold(acts: Sequence[Act], messages: Sequence[Message], routing: Routing) -> list[int]:
    """The numbers of the flags of which nobody hears: no post has anybody whom a channel reaches, and there is no place to send to."""
    if not routing.routes:
        return []
    heard = {message.n for message in messages}
    return [act.n for act in acts if act.kind == FLAGGED and not act.data.get("skipped") and act.n not in heard]


def _said(recipient: Recipient, reach: Reach) -> dict[str, Json]:
    by = [route.name for route in reach[recipient.person]]
    acting: dict[str, Json] = {"acting_for": recipient.acting_for} if recipient.acting_for else {}
    return {"person": recipient.person, "post": recipient.post, **acting, "why": list(recipient.why), "by": [*by]}


def urgent(act: Act, row: Row | None) -> bool:
    """Whether a rule demands that it be said: late and missing acts always, a reminder if it rests on more than the unit's own wish."""
    if act.data["flag"] != "tier" or row is None:
        return True
    tier = row.duty.obligation.tiers[int(str(act.data["tier"]))]
    return any(basis != "unit" for basis in tier.basis)


def _awake(now: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> datetime:
    """Now, or the end of the quiet hours in which now lies."""
    if quiet is None:
        return now
    start, end = quiet
    here = now.astimezone(zone)
    clock = here.timetz().replace(tzinfo=None)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return now
    day = here.date() + timedelta(days=1 if start >= end and clock >= start else 0)
    return datetime.combine(day, end, zone)


def outcome(message: Message, result: Result, now: datetime, jitter: int) -> Message:
    """The message after an attempt. ``jitter`` is a number from 0 to 999 by which the pause before the next one grows, in thousandths."""
    if isinstance(result, Accepted):
        said = "accepted" if result.verified else "accepted, unverified"
        return message._replace(state="sent", next_at=None, provider=result.id, said=said)
    if isinstance(result, Rejected):
        said = f"{result.code}: {result.message}"[:300]
        if result.permanent or message.attempts >= MOST_TRIES:
            return message._replace(state="dead", next_at=None, said=said)
        return message._replace(state="pending", next_at=now + _pause(message.attempts, jitter), said=said)
    if isinstance(result, Throttled):
        said = f"throttled {result.code} {result.message}".strip()[:300]
        if message.urgent and now - message.created > PATIENCE:
            return message._replace(state="dead", next_at=None, said=said)
        later = now + timedelta(seconds=max(1, result.seconds))  # nothing was sent: that counts as no attempt
        return message._replace(state="pending", attempts=message.attempts - 1, next_at=later, said=said)
    if message.attempts >= MOST_TRIES:
        return message._replace(state="dead", next_at=None, said=result.message[:300], doubtful=True)
    return message._replace(state="pending", next_at=now + _pause(message.attempts, jitter), said=result.message[:300], doubtful=True)


def notified(case: Case, message: Message, now: datetime) -> Act:
    """The act by which the journal says that somebody was told, or could not be."""
    data: dict[str, Json] = {
        "flag": message.n,
        "tier": message.tier,
        "person": message.recipient,
        "post": message.post,
        "channel": message.channel,
        "result": "accepted" if message.state == "sent" else "dead",
        "id": message.provider,
        "attempts": message.attempts,
    }
    if message.doubtful:
        data["doubtful"] = True
    if message.instead_of:
        data["instead"] = True
    return Act(case.n + 1, NOTIFIED, message.row, Moment.at(now), now, data=data, state=case.state)


def _pause(attempts: int, jitter: int) -> timedelta:
    pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
    return pause + pause * jitter // 4000


def instead(
    dead: Message, case: Case, world: World, now: datetime, routing: Routing, addresses: Addresses, there: Sequence[Message]
) -> list[Message]:
    """The messages that take over from a dead one: the person's next channel, else everybody one step above; nothing where none is left.

    ``there`` are the messages of the case: nobody is told the same over the same channel again. Nobody above hears of a drill. Whom the
    dead one may have reached all the same is told of a possible duplicate.
    """
    taken = {(m.row, m.revision, m.tier, m.recipient, m.channel) for m in there}
    fresh = dead._replace(
        state="pending", attempts=0, next_at=now, holder="", token=0, doubtful=False, provider="", said="", instead_of=dead.id, id=0
    )
    for recipient in ([Recipient(dead.recipient, dead.post, "", "", ())], [] if case.drill else above(dead.post, world, now)):
        found = [fresh._replace(recipient=person, post=post, channel=name) for person, post, name in _ways(recipient, routing, addresses)]
        found = [m for m in found if (m.row, m.revision, m.tier, m.recipient, m.channel) not in taken]
        if found and found[0].recipient == dead.recipient:
            return [found[0]._replace(doubtful=dead.doubtful)]
        if found:
            return found
    return []


def _ways(recipients: Sequence[Recipient], routing: Routing, addresses: Addresses) -> Iterator[tuple[str, str, str]]:
    for r in recipients:
        known = addresses.get(r.person, {})
        yield from ((r.person, r.post, route.name) for route in routing.routes if route.needs and route.needs in known)
