"""A letter to one recipient over one channel, and what became of sending it.

The engine writes letters into the outbox in the transaction that decides them; whoever satisfies :class:`Notifier` sends them afterwards.
A result is a type, never a truth value: what a service said decides whether a letter is sent again, and what may be claimed of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from workflow.journal.canonical import Json


@dataclass(frozen=True, slots=True)
class Letter:
    """What a channel is given to send. It carries no personal data unless the channel is marked safe for it."""

    id: str
    """The same for every attempt: a service that knows idempotency keys is given this one."""
    to: str
    """The address of the recipient on this channel; empty for a channel that has a single place to send to (robot, file, console)."""
    subject: str
    body: str
    """Plain text, lines separated by a line feed."""
    data: Mapping[str, Json] = field(default_factory=dict)
    """The same as data, for programs (webhook, file, command): ids and instants, no names and no numbers of persons."""
    doubtful: bool = False
    """An earlier attempt may have arrived; the text says so."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service took it. That is not yet delivered, and never received (签收)."""

    id: str = ""
    """The service's own id for it; empty where it gives none."""
    verified: bool = True
    """False where the channel cannot tell acceptance from silence."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The service will not send it. ``permanent``: trying again is of no use (unknown address, wrong signature, content refused)."""

    code: str
    message: str
    permanent: bool = True


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many: nothing was sent; not before ``seconds`` from now."""

    seconds: int
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been sent or not: the connection broke after the letter went out, the answer could not be read."""

    message: str


Result = Accepted | Rejected | Throttled | Unknown


class Notifier(Protocol):
    """A channel. :meth:`send` never raises for what a service or a network can do, and never waits longer than its own timeout."""

    def send(self, letter: Letter) -> Result: ...

    def close(self) -> None: ...
