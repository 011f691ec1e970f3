"""APScheduler as a ticker: it wakes one function at a fixed interval and at an instant that is armed, and knows nothing else.

The interval is the safety net. What is due stands in the store, never here: a job that is lost with the process is no loss. Defaults of the
scheduler that would drop a late wake-up are turned off (``misfire_grace_time=None``), and one thread runs both jobs, so that the function
never runs twice at a time. What is armed while it runs waits until it has ended (``max_instances=2``); of what is armed beyond that, the
run that waits takes care.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger

JUMP = timedelta(seconds=2)
"""The clock and the steady count may part by this much between two looks before the clock counts as set."""
FURTHEST = timedelta(days=1)
"""Nothing is armed further ahead: the interval comes long before."""


# A run that is dropped because one waits already is no news, and under load there are many.
logging.getLogger("apscheduler.scheduler").addFilter(lambda record: "maximum number of running instances" not in str(record.msg))


class Every(BaseTrigger):  # type: ignore[misc]
    """So many seconds after the last time or, where that has passed too, from now on. The interval trigger of the scheduler counts up all
    that was missed: after a clock that leapt by years, minutes in which nothing else runs."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        following = (previous or now) + self._interval
        return following if following > now else now + self._interval


class Ticker:
    def __init__(
        self, run: Callable[[], None], interval: float, now: Callable[[], datetime], steady: Callable[[], float] = monotonic
    ) -> None:
        """``run`` is called every ``interval`` seconds and at each instant that was armed; it handles its own errors.

        ``steady`` counts seconds whatever the clock is set to."""
        self._run = run
        self._interval = interval
        self._now = now
        self._steady = steady
        self._off = now() - timedelta(seconds=steady())
        self._running, self._stopped = Lock(), False
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 2},
            timezone=UTC,
        )

    def start(self) -> None:
        """The first run is at once."""
        first = self._now()
        self._scheduler.add_job(self._once, Every(self._interval), id="interval", next_run_time=first)
        self._scheduler.start()

    def follow(self) -> None:
        """Call it now and then: when the clock was set, run at once, and count the interval from there. The scheduler itself would wait
        until a clock that went back has come again to where it was."""
        off = self._now() - timedelta(seconds=self._steady())
        if abs(off - self._off) > JUMP:
            self._off = off
            self._scheduler.modify_job("interval", next_run_time=self._now())

    def arm(self, at: datetime | None) -> None:
        """Run at an instant too; the one that was armed before is forgotten. In the past: at once. ``None``: not."""
        if at is None or at - self._now() > FURTHEST:
            with suppress(JobLookupError):
                self._scheduler.remove_job("wake")
            return
        self._scheduler.add_job(self._once, DateTrigger(max(at, self._now()), timezone=UTC), id="wake", replace_existing=True)

    def stop(self) -> None:
        """Wait until the run that is under way has ended, and run no more."""
        self._stopped = True  # before the wait: what is armed meanwhile might run first
        with self._running:  # not by the scheduler: it waits with locks in hand that a run needs which arms
            self._scheduler.shutdown(wait=False)

    def _once(self) -> None:
        with self._running:
            if not self._stopped:
                self._run()
