"""The sender of one channel: takes messages out of the outbox, sends them, and enters what became of them.

A message is leased before it is sent and settled after; between the two nothing is known. Whoever finds a lease that ran out sends again
and says that it may be a duplicate. A channel that hangs holds up no other and no sweep: each has a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, groupby
from threading import Event, Thread
from time import monotonic
from typing import Protocol

from loguru import logger

from adapters.daemon.again import again
from workflow.dispatch import Addresses, outcome
from workflow.engine import Engine
from workflow.errors import StaleVersion, StoreUnavailable
from workflow.journal.canonical import Json, digest
from workflow.letter import Letter, Notifier, Rejected, Result
from workflow.moment import utc
from workflow.outbox import Message

LEASE = timedelta(minutes=5)
"""How long a batch of messages is leased. In half of it what is begun is finished, and the rest is given back."""
IDLE = 1.0
"""Seconds after which a sender looks again though nothing woke it."""


class Composer(Protocol):
    """Makes the letter of messages to one recipient."""

    def compose(self, messages: Sequence[Message], brief: bool, safe: bool) -> tuple[str, str]:
        """Subject and body. Raises :class:`~workflow.errors.DubanError` for what cannot be told."""


@dataclass(frozen=True, slots=True)
class Line:
    """A channel in use."""

    name: str
    needs: str
    notifier: Notifier
    brief: bool = False
    """It has room for a line only."""
    safe: bool = False
    """It may carry what a case is about, in the words of whoever opened it."""
    digest: bool = True
    """Messages that wait for one recipient at the same time make one letter."""
    rate: int = 0
    """Letters a minute at most, of this daemon; 0: as many as there are."""


class Sender:
    def __init__(
        self,
        engine: Engine,
        line: Line,
        composer: Composer,
        holder: str,
        jitter: Callable[[], int],
        most: int = 50,
        attempted: Callable[[str, str], None] = lambda channel, result: None,
        keeps: Callable[[], bool] = lambda: True,
    ) -> None:
        """``attempted`` is told the name of the channel and of the kind of result, for metrics. ``keeps`` says whether this daemon keeps
        the watch; while it does not, its thread sends nothing: the daemon that does sends, at the rate of the channel."""
        self.engine = engine
        self.line = line
        self._composer = composer
        self._holder = holder
        self._jitter = jitter
        self._most = most
        self._attempted = attempted
        self._keeps = keeps
        self._over = Event()
        self._wake = Event()
        self._thread = Thread(target=self._run, name=f"sender {line.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is being sent is finished and entered; a channel that hangs is left, and its message is sent again by the next one."""
        self._over.set()
        self._wake.set()
        self._thread.join(timeout=15)
        self.line.notifier.close()

    def wake(self) -> None:
        """Something may be there."""
        self._wake.set()

    def send_due(self) -> int:
        """Send what may be sent now, once; how many messages were tried."""
        now = utc(self.engine.clock.now())
        most = min(self._most, self.line.rate) if self.line.rate else self._most
        with self.engine.store.read() as view:
            first = view.next_message(self.line.name)
        if first is None or first > now:  # looking is free; a turn as the writer is not
            return 0
        with self.engine.store.write() as unit:
            taken = unit.take_messages(now, self._holder, now + LEASE, most, self.line.name)
        if not taken:
            return 0
        with self.engine.store.read() as view:
            addresses = self.engine.sources.addresses(view)
        groups = self._letters(taken)
        try:
            self._send_each(groups, addresses)
        except Exception:
            with suppress(StoreUnavailable, StaleVersion):
                self._give_back(groups)
            raise
        self._give_back(groups)
        return len(taken)

    def _send_each(self, groups: list[list[Message]], addresses: Addresses) -> None:
        """Send letters until time is up; those that are left stay in ``groups``."""
        begun = monotonic()
        while groups and not self._over.is_set() and monotonic() - begun <= LEASE.total_seconds() / 2:
            group = groups.pop(0)
            address = addresses.get(group[0].recipient, {}).get(self.line.needs, "")
            result = self._send(group, address)
            if result is None:  # one of them cannot be told: it takes no other along
                groups[:0] = [[message] for message in group]
                continue
            self._attempted(self.line.name, type(result).__name__.lower())
            self._enter(group, result)

    def _letters(self, taken: Sequence[Message]) -> list[list[Message]]:
        """The messages of each letter."""
        if not self.line.digest:
            return [[message] for message in taken]
        ordered = sorted(taken, key=lambda m: (m.recipient, m.doubtful, m.id))
        return [list(group) for _, group in groupby(ordered, key=lambda m: (m.recipient, m.doubtful))]

    def _send(self, messages: Sequence[Message], address: str) -> Result | None:
        """``None``, and nothing is sent, where the letter of several cannot be composed."""
        if self.line.needs and not address:
            return Rejected("no_address", "the recipient has no address for this channel any more")
        try:
            try:
                subject, body = self._composer.compose(messages, self.line.brief, self.line.safe)
            except Exception:
                if len(messages) > 1:
                    return None
                raise
            letter = Letter(letter_id(messages), address, subject, body, _data(messages), doubtful=messages[0].doubtful)
            return self.line.notifier.send(letter)
        except StoreUnavailable:
            raise
        except Exception as error:  # one message must not hold up the others; the channel may be at fault, or what is to be said
            logger.opt(exception=error).error("cannot send over {}", self.line.name)
            return Rejected(type(error).__name__, "see the log", permanent=False)

    def _enter(self, messages: Sequence[Message], result: Result) -> None:
        """Again and again while the lease lasts: what is not entered is sent a second time."""
        now = utc(self.engine.clock.now())
        ended = [outcome(message, result, now, self._jitter()) for message in messages]
        until, pause = monotonic() + LEASE.total_seconds() / 2, 0.1
        while True:
            try:
                for message in self._entered(ended):
                    logger.warning("the lease of message {} had run out; it may be sent twice", message.id)
                return
            except (StaleVersion, StoreUnavailable) as error:
                if self._over.is_set() or monotonic() > until:
                    raise
                logger.warning("what became of a letter cannot be entered yet: {}", error)
                self._over.wait(pause)
                pause = min(5.0, 2 * pause)

    def _entered(self, ended: Sequence[Message]) -> list[Message]:
        """Those whose lease had run out. A case that cannot be read keeps nothing from being entered."""
        try:
            return again(self.engine, lambda batch: [m for m in ended if not batch.told(m)])
        except (StaleVersion, StoreUnavailable):
            raise
        except Exception as error:
            if len(ended) > 1:
                return [lost for message in ended for lost in self._entered([message])]
            logger.opt(exception=error).error("case {} cannot be told that a message of it is {}", ended[0].case, ended[0].state)
            return again(self.engine, lambda batch: [m for m in ended if not batch.told_apart(m)])

    def _give_back(self, groups: Sequence[Sequence[Message]]) -> None:
        """Messages of which none was sent: they wait for the next turn, and nobody need suspect a duplicate."""
        if not groups:
            return
        now = utc(self.engine.clock.now())
        with self.engine.store.write() as unit:
            for message in chain.from_iterable(groups):
                unit.settle_message(message._replace(state="pending", attempts=message.attempts - 1, next_at=now))

    def _run(self) -> None:
        pause = IDLE
        while not self._over.is_set():
            try:
                sent = self.send_due() if self._keeps() else 0
                if sent and self.line.rate:  # whatever wakes it meanwhile makes the channel take no more
                    self._over.wait(min(60.0, sent * 60 / self.line.rate))
                pause = 0.0 if sent >= self._most or (sent and self.line.rate) else IDLE
            except StoreUnavailable as error:
                logger.warning("the outbox cannot be reached: {}", error)
                pause = 2.0
            except Exception as error:
                logger.opt(exception=error).error("the sender of {} failed", self.line.name)
                pause = 5.0
            if pause > 0:
                self._wake.wait(pause)
            self._wake.clear()


def letter_id(messages: Sequence[Message]) -> str:
    """The same for every attempt to send the same messages."""
    return digest(" ".join(str(m.id) for m in messages).encode()).partition(":")[2][:24]


def _data(messages: Sequence[Message]) -> dict[str, Json]:
    return {"messages": [{"id": m.id, "case": m.case, "row": m.row, "revision": m.revision, "tier": m.tier, "flag": m.n} for m in messages]}
