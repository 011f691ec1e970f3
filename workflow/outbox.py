"""What waits to be said, and what keeps a sweep honest: rows that a store keeps beside the journal.

Whatever ends the life of a message is journaled in its case as well, so the journal alone says who was told; attempts, leases and waiting
times are operational and stand only here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from workflow.errors import DubanError

State = Literal["pending", "sending", "sent", "dead"]


class Message(NamedTuple):
    """One message of the outbox. No two have the same case, row, revision, tier, recipient and channel."""

    case: str
    row: str
    revision: int
    tier: str
    """What is said of the row in that revision: see :func:`workflow.case.flags.tier_name`."""
    recipient: str
    """The id of a person; empty for a channel that has one place to send to."""
    channel: str
    post: str
    """In what post the person is told; empty for a place."""
    n: int
    """The number of the flag in its case."""
    created: datetime
    urgent: bool
    """It rests on a rule (statutory), so quiet hours do not hold it back."""
    state: State = "pending"
    attempts: int = 0
    next_at: datetime | None = None
    """Pending: not before; sending: when the lease ends. ``None`` when nothing more is to be done."""
    holder: str = ""
    token: int = 0
    """Fencing: raised with every lease, and asked for when the result is entered."""
    doubtful: bool = False
    """It may have arrived, though nobody knows: an attempt broke off, or the store that this one is a copy of sent it. The next attempt
    says that it is a possible duplicate."""
    provider: str = ""
    """The id that the service gave it."""
    said: str = ""
    """What the last attempt came to."""
    instead_of: int = 0
    """The message that this one takes over from, because it was dead; 0 for none."""
    id: int = 0
    """Given by the store."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That something was said of a row, once: unique by (case, row, revision, tier)."""

    case: str
    row: str
    revision: int
    tier: str
    n: int
    due: datetime
    """The instant that it is about."""
    said: datetime
    """When the sweep entered it."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A case that could not be swept: it is tried again, holds up nobody, and is shown until it can be."""

    case: str
    tries: int
    since: datetime
    until: datetime
    """Not tried before this instant."""
    code: str
    reason: str


FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""How long a parked case rests after its first failure, and at most; the pause doubles."""
SWEPT = "swept"
"""The mark up to which everything was said."""
AHEAD = timedelta(minutes=1)
"""What was swept further ahead than this was swept by a clock that was wrong; by less: the clocks of two daemons differ."""
LONGEST_WAIT = timedelta(hours=1)
"""No lease, no pause of a parked case and no pause between two attempts is longer."""
COPIED = "copied"
"""A mark in a copy of a store, until its first sweep is complete: what is told meanwhile, its source may have told as well."""
WATCH = "watch"
"""The lease of who keeps the watch, where only one may."""


def parking(before: Parked | None, case: str, error: Exception, now: datetime) -> Parked:
    """A case put aside once more, with what went wrong."""
    tries = before.tries + 1 if before is not None else 1
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries - 1, 10))
    code = error.code if isinstance(error, DubanError) else "internal"
    said = error.say("en") if isinstance(error, DubanError) else type(error).__name__  # its text may quote what is nobody's business
    return Parked(case, tries, before.since if before is not None else now, now + pause, code, said[:500])


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may do something alone, until when. ``token`` grows with every change of hands."""

    name: str
    holder: str
    token: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """How much a store holds. It is counted, so it takes longer the more there is: for those who watch over a daemon, not for a sweep."""

    entries: int
    """Height of the journal, all chains together."""
    duties: int
    """Open rows, with a due date or without."""
    overdue: int
    """Open rows whose due date has passed."""
    oldest_due: datetime | None
    """The due date of the oldest of them."""
    oldest_message: datetime | None
    """When the oldest message was made that is neither sent nor dead."""


class Watched(Protocol):
    """What a store tells of it; part of :class:`workflow.ports.View`."""

    def next_waking(self) -> datetime | None:
        """When the first case wakes that is not parked, or the first parked one may be tried again; ``None`` when there is none."""

    def next_message(self, channel: str) -> datetime | None:
        """When the first message of a channel may be sent; ``None`` when none waits."""

    def messages(self, states: Sequence[State] = (), case: str | None = None, limit: int = -1) -> Sequence[Message]:
        """Messages by id, of some states or all, of one case or all; -1 is no limit."""

    def message_counts(self) -> Sequence[tuple[str, State, int]]:
        """(channel, state, how many), ordered."""

    def claims(self, case: str) -> Sequence[Claim]:
        """Ordered by (row, revision, tier)."""

    def parked(self) -> Sequence[Parked]:
        """By case."""

    def said_after(self, instant: datetime) -> Sequence[str]:
        """Ids of the cases of which something was claimed to be said later than an instant: by a clock that was ahead."""

    def mark(self, name: str) -> str:
        """A mark that was put; empty when none was."""

    def lease(self, name: str) -> Lease | None: ...

    def figures(self, now: datetime) -> Figures: ...


class Watching(Watched, Protocol):
    """What is written of it; part of :class:`workflow.ports.Unit`."""

    def put_claims(self, claims: Sequence[Claim]) -> None:
        """Raises :class:`~workflow.errors.StaleVersion` when one was made before: somebody else said it first."""

    def put_messages(self, messages: Sequence[Message]) -> None:
        """Add messages; their ``id`` is given by the store. Raises :class:`~workflow.errors.StaleVersion` when one is there already."""

    def take_messages(self, now: datetime, holder: str, until: datetime, limit: int, channel: str) -> Sequence[Message]:
        """Lease messages of a channel that may be sent now, oldest first.

        Each has one attempt more, a new token, and is ``sending`` until ``until``. A message whose lease ran out is taken again and is
        doubtful: whoever held it may have sent it.
        """

    def settle_message(self, message: Message) -> bool:
        """Enter what became of a message that was taken: state, attempts, next_at, provider, said and doubtful.

        ``False``, and nothing is changed, when its token is not the current one: the lease ran out and somebody else has it.
        """

    def revive_message(self, id: int, at: datetime) -> bool:
        """Let a dead message be sent again from ``at`` on, as if it had not been tried; ``False`` when it is not dead, or not there."""

    def hasten(self, now: datetime, until: datetime) -> None:
        """Messages that were put off, leased, or made with a clock that was ahead, so that they would wait beyond ``until``, may be taken
        ``now``; those of the quiet hours still wait."""

    def park(self, parked: Parked) -> None: ...

    def unpark(self, case: str) -> None: ...

    def put_mark(self, name: str, value: str) -> None:
        """Put or move a mark. Where several transactions move one at once, a store may keep what one of them wrote."""

    def take_lease(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """The lease, new or prolonged, when it is free, run out or the holder's own; ``None`` when somebody else has it."""

    def drop_lease(self, name: str, holder: str) -> None:
        """Give it up, so that the next one need not wait until it runs out."""
