"""The watch over a store: one tick sweeps what is due, within a budget, and says when to come again.

It keeps the store's lease where only one daemon may watch, journals its own starts, stops, gaps and clock jumps, and goes on after whatever
a store can do to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from loguru import logger

from adapters.daemon.again import again
from adapters.daemon.garbage import uncollected
from adapters.daemon.pulse import Pulse
from workflow import monitor
from workflow.batch import Batch, Swept
from workflow.engine import Engine
from workflow.errors import DubanError, LeaseLost, StaleVersion, StoreUnavailable
from workflow.journal.canonical import Json
from workflow.moment import stamp, unstamp, utc
from workflow.outbox import SWEPT, WATCH

JUMP = timedelta(seconds=2)
"""The wall clock and the monotonic one may part by this much between two ticks before it is called a jump."""


LEASE = timedelta(seconds=10)
PROLONG = 3.0
"""Seconds after which the lease is prolonged between two ticks."""


class Stopwatch(Protocol):
    def running(self) -> float:
        """Seconds while the machine ran, from any beginning."""

    def boot(self) -> float:
        """Seconds with the time in which it was suspended; the same as :meth:`running` where the system cannot tell."""


@dataclass(frozen=True, slots=True)
class Settings:
    name: str
    """Unique among the daemons of a store: host and process."""
    alone: bool
    """Only one daemon may watch this store at a time; the others wait."""
    interval: float = 30.0
    """Seconds between two ticks where nothing is armed."""
    budget: float = 20.0
    """Seconds after which a tick ends between two transactions, to go on at once."""
    batch: int = 200
    """Cases in one transaction."""
    lease: timedelta = LEASE
    """How long the lease of the watch lasts: as long another daemon waits when this one was killed. See :meth:`Watch.prolong`."""


class Watch:
    """``heard`` is called with each part of a sweep that was committed; it must not raise."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        pulse: Pulse,
        stopwatch: Stopwatch,
        heard: Callable[[Swept], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.pulse = pulse
        self._stopwatch = stopwatch
        self._heard = heard
        self._stopping = stopping
        self._clocks: tuple[datetime, float, float] | None = None
        self._failed = 0
        self._began = False
        self._prolonged = 0.0

    @property
    def now(self) -> datetime:
        return utc(self.engine.clock.now())

    @property
    def on(self) -> bool:
        """Whether it was taken up: since then no other daemon was found to keep it, where only one may."""
        return self._began

    def begin(self) -> bool:
        """Take up the watch and journal it, with the gap since the last complete sweep; ``False`` while somebody else keeps it."""
        now, settings = self.now, self.settings

        def take_up(batch: Batch) -> None:
            before = batch.view.lease(WATCH)
            if settings.alone:
                batch.hold(settings.name, settings.lease)
            mark = batch.view.mark(SWEPT)
            body: dict[str, Json] = {"daemon": settings.name, "swept": mark}
            if settings.alone and before is not None and before.holder != settings.name:
                batch.note(monitor.TOOK_OVER, {**body, "from": before.holder})
            else:
                batch.note(monitor.STARTED, body)
            if mark and now - unstamp(mark) > timedelta(seconds=2 * settings.interval):
                batch.note(monitor.GAP, {"daemon": settings.name, "since": mark, "until": stamp(now)})

        try:
            again(self.engine, take_up)
        except LeaseLost:
            self.pulse.note(standby=True)
            return False
        self._began = True
        self._clocks = (now, self._stopwatch.running(), self._stopwatch.boot())
        self.pulse.note(started=now, standby=False)
        return True

    def end(self) -> None:
        """Journal the stop and give up the lease, so that another daemon need not wait for it to run out."""
        if not self._began:
            return
        self._began = False

        def leave(batch: Batch) -> None:
            batch.note(monitor.STOPPED, {"daemon": self.settings.name})
            if self.settings.alone:
                batch.release(self.settings.name)

        again(self.engine, leave)

    def prolong(self) -> None:
        """Keep the lease though nothing is due; to be called every second or so, from any thread."""
        if not (self.settings.alone and self._began) or self._stopwatch.running() - self._prolonged < PROLONG:
            return
        self._prolonged = self._stopwatch.running()
        try:
            with self.engine.batch() as batch:
                batch.hold(self.settings.name, self.settings.lease)
        except (LeaseLost, StoreUnavailable) as error:  # the next tick finds out what it means
            logger.debug("the lease was not prolonged: {}", error)

    def tick(self) -> datetime | None:
        """Sweep what is due; returns when to come again, at the latest. Raises nothing that a store can do."""
        started = self._stopwatch.running()
        try:
            if not self._began and not self.begin():
                return self.now + timedelta(seconds=1)
            self._compare_clocks()
            complete = self._sweep(started)
            self._failed = 0
            took = self._stopwatch.running() - started
            state = self.pulse.state
            if complete:
                self.pulse.note(swept_at=self.now, took=took, sweeps=state.sweeps + 1, error="")
            return self.engine.next_waking() if complete else self.now
        except LeaseLost:
            self._began = False
            self.pulse.note(standby=True)
            logger.warning("the lease of the watch is lost: another daemon keeps it")
            return self.now + timedelta(seconds=1)
        except StoreUnavailable as error:
            return self._put_off(error)
        except StaleVersion as error:
            logger.info("others were first: {}", error)
            return self.now
        except Exception as error:  # the watch goes on, whatever it is
            logger.opt(exception=error).error("a sweep failed")
            return self._put_off(error)

    def _sweep(self, started: float) -> bool:
        """Whether nothing was left when it ended."""
        with uncollected():
            return self._parts(started)

    def _parts(self, started: float) -> bool:
        hold = (self.settings.name, self.settings.lease) if self.settings.alone else None
        for part in self.engine.sweep(self.settings.batch, hold):
            state = self.pulse.state
            said = sum(act.kind == "flagged" for result in part.done for act in result.acts)
            self.pulse.note(cases=state.cases + part.claimed, flags=state.flags + said)
            for case, error in part.broken.items():
                logger.error("cannot sweep {}: {}", case, error)
            self._heard(part)
            if self._stopping() or self._stopwatch.running() - started > self.settings.budget:
                return part.last and not self._stopping()
        return True

    def _put_off(self, error: Exception) -> datetime:
        """Try again soon, then later and later, at most an interval."""
        self._failed += 1
        said = error.say("en") if isinstance(error, DubanError) else f"{type(error).__name__}: {error}"
        self.pulse.note(failures=self.pulse.state.failures + 1, error=said)
        pause = min(self.settings.interval, 0.2 * 2 ** min(self._failed, 10))
        logger.warning("the sweep is put off by {} s: {}", round(pause, 1), said)
        return self.now + timedelta(seconds=pause)

    def _compare_clocks(self) -> None:
        """Journal when the wall clock went another way than time itself: it was set, or the machine slept."""
        now, running, boot = self.now, self._stopwatch.running(), self._stopwatch.boot()
        before, self._clocks = self._clocks, (now, running, boot)
        if before is None:
            return
        wall, slept = now - before[0], timedelta(seconds=(boot - before[2]) - (running - before[1]))
        off = wall - timedelta(seconds=boot - before[2])
        if abs(off) > JUMP:
            self._note(monitor.JUMP, {"from": stamp(before[0]), "to": stamp(now), "seconds": round(off.total_seconds())})
            logger.error("the clock jumped by {} s", round(off.total_seconds()))
        if slept > JUMP:
            self._note(monitor.SUSPENDED, {"since": stamp(before[0]), "until": stamp(now), "seconds": round(slept.total_seconds())})
            logger.warning("the machine slept for {} s", round(slept.total_seconds()))

    def _note(self, kind: str, body: Mapping[str, Json]) -> None:
        again(self.engine, lambda batch: batch.note(kind, {"daemon": self.settings.name, **body}))
