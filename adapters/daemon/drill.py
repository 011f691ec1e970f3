"""A drill through every channel: a case in memory of which a duty falls due, told over the real senders to one person.

What is tried is the whole way: the sweep flags, the organisation says who is told, the outbox holds the messages, the templates make the
letter, the channel sends it. The store of the office is not touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.calendars import shipped
from adapters.config.model import Notify
from adapters.daemon.lines import senders
from adapters.host import FixedClock, SystemEntropy, tz
from adapters.library import shipped_definitions
from adapters.notify.kind import Channel
from adapters.store.memory import MemoryStore
from workflow import command as commands
from workflow.dispatch import Route, Routing
from workflow.engine import Engine
from workflow.journal.canonical import Json
from workflow.letter import Letter, Notifier, Rejected, Result
from workflow.moment import stamp
from workflow.organisation import Actor
from workflow.text import Text

PROCEDURE, OPENER, DUTY = "public-health-376", "institution", "report_county_health"
"""Whoever finds an emergency reports it to the county within two hours (第二十条): the duty that is missed."""
TERM = timedelta(hours=2)
PERSON = "self-test"


@dataclass(frozen=True, slots=True)
class Tried:
    """What a channel made of its letter; ``None``: nothing was sent, since no address of the kind that it needs was given."""

    channel: Channel
    result: Result | None


def drill(channels: Sequence[Channel], notify: Notify, addresses: Mapping[str, str], now: datetime) -> list[Tried]:
    """Send one letter over each channel that needs no address, or one that is given (kind → address), one channel after the other.

    The duty fell due at ``now``. Raises :class:`~workflow.procedure.source.BrokenDefinition` for templates that are wrong.
    """
    clock = FixedClock(now - TERM)
    with Engine(MemoryStore(), clock, SystemEntropy(), shipped("cn"), tz()) as engine:
        _prepare(engine, clock, addresses)
        engine.routing = Routing(tuple(Route(c.name, c.needs) for c in channels))
        engine.tick()
        wrapped = {c.name: _Heard(c.notifier, secrets.token_hex(12)) for c in channels}
        found = [replace(c, notifier=wrapped[c.name]) for c in channels]
        for sender in senders(engine, found, notify, PERSON, notify.lang):
            sender.send_due()
        with engine.store.read() as view:
            said = {m.channel: m.said for m in view.messages()}
    return [Tried(c, wrapped[c.name].result or (Rejected("not_sent", said[c.name]) if c.name in said else None)) for c in channels]


def _prepare(engine: Engine, clock: FixedClock, addresses: Mapping[str, str]) -> None:
    """An emergency two hours ago, swept since as a daemon does, up to the instant after the report was due; nobody is told yet."""
    engine.add_all(shipped_definitions(PROCEDURE))
    engine.organise(_organisation(list(engine.rules(PROCEDURE).procedure.roles), addresses, clock.now() - TERM))
    engine.tick()
    opening = commands.Open(said=_said(OPENER), unit=PERSON, what="渠道自检", where="自检", told_by="自检", drill=True)
    case = engine.open_case(PROCEDURE, opening, case=f"self-test-{clock.now():%Y%m%d%H%M%S}").case
    due = next(row.due for row in engine.ledger(case) if row.duty.id == DUTY)
    while due is not None and (at := engine.next_waking()) is not None:
        clock.set(at)
        if at > due.instant:
            return
        engine.tick()


def _said(role: str) -> commands.Said:
    return commands.Said(actor=Actor(role, person=PERSON))


def _organisation(
    roles: Sequence[str], addresses: Mapping[str, str], since: datetime
) -> list[tuple[dict[str, Json], dict[str, Json] | None]]:
    """One unit, and one person in every post of it."""
    title = Text("自检", "self-test")
    unit: dict[str, Json] = {"what": "unit", "id": PERSON, "zh": title.zh, "en": title.en, "level": "hospital"}
    found: list[tuple[dict[str, Json], dict[str, Json] | None]] = [(unit, None)]
    for role in roles:
        post = f"{PERSON}.{role}"
        found.append(({"what": "post", "id": post, "role": role, "unit": PERSON, "zh": title.zh, "en": title.en}, None))
        found.append(({"what": "holder", "person": PERSON, "post": post, "since": stamp(since)}, None))
    found.append(({"what": "contacts", "person": PERSON}, {"contacts": {**addresses}}))
    return found


class _Heard:
    """A notifier that keeps what its channel answered. Letters have an id of their own: no service may take them for others it had."""

    def __init__(self, notifier: Notifier, letter: str) -> None:
        self._notifier = notifier
        self._letter = letter
        self.result: Result | None = None

    def send(self, letter: Letter) -> Result:
        self.result = self._notifier.send(replace(letter, id=self._letter))
        return self.result

    def close(self) -> None:
        self._notifier.close()
