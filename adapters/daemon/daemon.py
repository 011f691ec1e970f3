"""The daemon as a whole: the watch on its ticker, the bell of the store, and whatever runs beside them until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event, Thread
from typing import Protocol

from loguru import logger

from adapters.daemon.ticker import Ticker
from adapters.daemon.watch import Watch
from workflow.errors import DubanError, StoreUnavailable


class Beside(Protocol):
    """Something that runs while the daemon does: a sender, the health server, the heartbeat."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Daemon:
    """``stop`` may be called from any thread, and from a signal handler; a transaction that is under way is finished first."""

    def __init__(
        self,
        watch: Watch,
        beside: Sequence[Beside] = (),
        ready: Callable[[], None] = lambda: None,
        ticked: Callable[[], None] = lambda: None,
    ) -> None:
        """``ready`` is called when everything runs; ``ticked`` after each tick, whatever it came to."""
        self.watch = watch
        self._beside = beside
        self._ready = ready
        self._ticked = ticked
        self._over = Event()
        self._rings = 0
        self._ticker = Ticker(self._tick, watch.settings.interval, lambda: watch.now)

    @property
    def stopping(self) -> bool:
        return self._over.is_set()

    def stop(self) -> None:
        self._over.set()

    def nudge(self) -> None:
        """Tick at once."""
        self._ticker.arm(self.watch.now)

    def run(self) -> None:
        """Until :meth:`stop` is called."""
        listening = Thread(target=self._listen, name="bell", daemon=True)
        for other in self._beside:
            other.start()
        self._ticker.start()
        listening.start()
        self._ready()
        self._over.wait()
        self._ticker.stop()
        with ThreadPoolExecutor(max(1, len(self._beside))) as pool:  # at once: each may take as long as its channel lets it
            list(pool.map(lambda other: other.stop(), self._beside))
        listening.join(timeout=5)
        try:
            self.watch.end()
        except DubanError as error:  # it is over anyway; the next start finds the gap
            logger.warning("the stop could not be journaled: {}", error)

    def _tick(self) -> None:
        if self.stopping:
            return
        rings = self._rings
        at = self.watch.tick()
        self.watch.pulse.note(next_at=at)
        if not self.stopping:
            self._ticker.arm(at)
            if rings != self._rings:  # what the bell armed meanwhile may be earlier, and was forgotten just now
                self._ticker.arm(min((i for i in (at, self._waking()) if i is not None), default=None))
        self._ticked()

    def _waking(self) -> datetime | None:
        """When the next thing is due; now where that cannot be asked, so that the next tick finds out."""
        try:
            return self.watch.engine.next_waking()
        except DubanError:
            return self.watch.now

    def _listen(self) -> None:
        """Arm the next wake-up anew whenever somebody committed: what they wrote may be due before it."""
        while not self.stopping:
            try:
                with self.watch.engine.store.watch() as bell:
                    while not self.stopping:
                        rang = bell.wait(0.5)
                        self._ticker.follow()
                        self.watch.prolong()
                        if rang and not self.stopping:
                            self._rings += 1
                            self._ticker.arm(self.watch.engine.next_waking())
            except StoreUnavailable as error:
                logger.warning("the store cannot be heard: {}", error)
                self._over.wait(1.0)
            except Exception as error:  # the interval is the safety net
                logger.opt(exception=error).error("the bell failed")
                self._over.wait(5.0)
