"""A process that is killed: the daemon as ``duban run`` puts it together, on a store that kills it at a named point.

The production code has no hooks. The store and the channels are wrapped from outside.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from adapters.daemon import watch as watching
from adapters.daemon.composer import Composer, templates
from adapters.daemon.daemon import Daemon
from adapters.daemon.pulse import Pulse
from adapters.daemon.sender import Line, Sender
from adapters.daemon.ticker import Ticker
from adapters.daemon.watch import Settings, Watch
from tests.fault.site import LASTING, ROUTING, SPEED, QuickClock, Site
from workflow.letter import Accepted, Letter, Notifier, Rejected, Result, Throttled, Unknown

POINTS = {
    "claimed": "a sweep has claimed cases, nothing is decided",
    "decided": "the acts are drafted, none is written",
    "written": "every statement of a sweep has run, before COMMIT",
    "committed": "the COMMIT of a sweep has returned, nothing else happened",
    "leased": "messages are taken from the outbox, committed, none is sent",
    "sent": "the channel accepted a letter, nothing is entered",
    "entered": "every statement that enters the result has run, before COMMIT",
    "settled": "the COMMIT that enters the result has returned",
}
"""Where a daemon kills itself. The first four are of the watch, the last four of a sender. The client that gives commands has
``decided``, ``written`` and ``committed``."""
READY = b"+"
"""What a victim says before anything else, when it has opened its store."""
MOMENT = "moment"
"""Killed by another process, at whatever it was doing."""


class Trap:
    """Kills this process when it passes the ``n``-th time at ``point``; whoever started it reads the name of the point first."""

    def __init__(self, point: str, n: int, said: int) -> None:
        self._point, self._left, self._said = point, n, said
        self._lock = threading.Lock()
        self._ready = False
        self.local = threading.local()

    def ready(self) -> None:
        if not self._ready and self._said >= 0:
            os.write(self._said, READY)
        self._ready = True

    def passed(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.write(self._said, point.encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def before_commit(self) -> None:
        if (kind := getattr(self.local, "kind", "")) in BEFORE:
            self.passed(BEFORE[kind])

    def after_commit(self) -> None:
        if (kind := getattr(self.local, "kind", "")) in AFTER:
            self.passed(AFTER[kind])


BEFORE = {"sweep": "written", "command": "written", "settle": "entered"}
AFTER = {"sweep": "committed", "command": "committed", "take": "leased", "settle": "settled"}


class TrappedStore:
    """A store that says where a transaction stands."""

    def __init__(self, store: Any, trap: Trap) -> None:
        self._store, self._trap = store, trap
        trap.ready()
        end = store.backend.end

        def ended(cursor: Any, *, write: bool, commit: bool) -> None:
            if write and commit:
                trap.before_commit()
            end(cursor, write=write, commit=commit)
            if write and commit:
                trap.after_commit()

        store.backend.end = ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        self._trap.local.kind = ""
        try:
            with self._store.write() as unit:
                yield _Unit(unit, self._trap)
        finally:
            self._trap.local.kind = ""


class _Unit:
    def __init__(self, unit: Any, trap: Trap) -> None:
        self._unit, self._trap = unit, trap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def claim(self, *args: Any) -> Any:
        rows = self._unit.claim(*args)
        if rows:
            self._trap.local.kind = "sweep"
            self._trap.passed("claimed")
        return rows

    def append(self, entries: Any) -> None:
        kind = getattr(self._trap.local, "kind", "")
        self._trap.local.kind = kind or "command"
        if kind != "settle":
            self._trap.passed("decided")
        self._unit.append(entries)

    def take_messages(self, *args: Any) -> Any:
        taken = self._unit.take_messages(*args)
        if taken:
            self._trap.local.kind = "take"
        return taken

    def settle_message(self, message: Any) -> Any:
        self._trap.local.kind = "settle"
        return self._unit.settle_message(message)


class Recorder:
    """A channel that notes a letter outside the database when it takes it, and answers as real services do: mostly it accepts."""

    def __init__(self, name: str, site: Site, trap: Trap, luck: random.Random, whims: bool = True) -> None:
        self._name, self._ledger, self._trap, self._luck, self._whims = name, site.receipts, trap, luck, whims

    def send(self, letter: Letter) -> Result:
        whim = self._luck.random() if self._whims else 1.0
        if whim < 0.03:
            return Rejected("550", "no such recipient")
        if whim < 0.06:
            return Rejected("450", "busy", permanent=False)
        if whim < 0.08:
            return Throttled(20)
        if whim < 0.10:
            return Unknown("the connection broke before it was taken")
        messages = [one["id"] for one in letter.data["messages"]]  # type: ignore[index,union-attr]
        self._ledger.add(channel=self._name, letter=letter.id, messages=messages, doubtful=letter.doubtful)
        if whim < 0.14:
            return Unknown("it was taken, and the answer was lost")
        self._trap.passed("sent")
        return Accepted(letter.id)

    def close(self) -> None:
        pass


class QuickStopwatch:
    """Parts from the quick clock by what a thread waits between two looks, many times over: no jump is to be seen in that."""

    def __init__(self, clock: QuickClock) -> None:
        self._clock = clock

    def running(self) -> float:
        return self._clock.now().timestamp()

    def boot(self) -> float:
        return self._clock.now().timestamp()


class QuickTicker(Ticker):
    """Takes instants of the quick clock."""

    def __init__(self, run: Callable[[], None], interval: float, clock: QuickClock) -> None:
        super().__init__(run, interval, lambda: datetime.now(UTC))
        self._clock = clock

    def arm(self, at: datetime | None) -> None:
        super().arm(None if at is None else datetime.now(UTC) + (at - self._clock.now()) / SPEED)


def daemon(
    site: Site, name: str, trap: Trap, clock: QuickClock, seed: int, instead: Mapping[str, Notifier] = MappingProxyType({})
) -> Daemon:
    """What ``duban run`` puts together; ``instead``: channels that take the place of a recorder."""
    engine = site.engine(clock)
    engine.routing = ROUTING
    engine.store = TrappedStore(engine.store, trap)
    luck = random.Random(seed)
    composer = Composer(engine, templates(), "zh")
    senders = [
        Sender(
            engine,
            Line(r.name, r.needs, instead.get(r.name) or Recorder(r.name, site, trap, luck)),
            composer,
            name,
            lambda: luck.randrange(1000),
            keeps=lambda: watch.on,
        )
        for r in ROUTING.routes
    ]
    settings = Settings(name, site.alone, interval=30.0, budget=600.0, lease=LASTING)

    def heard(_: object) -> None:
        for sender in senders:
            sender.wake()

    watch = Watch(engine, settings, Pulse(), QuickStopwatch(QuickClock(site.begun)), heard=heard)
    watching.JUMP = timedelta(days=1)
    made = Daemon(watch, senders)
    made._ticker = QuickTicker(made._tick, 0.25, clock)
    return made
