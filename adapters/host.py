"""The world as a process finds it: the system clock, its randomness, the shipped calendar, the time-zone database."""

from __future__ import annotations

import secrets
import time
import zoneinfo
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from adapters.calendars import shipped
from workflow.calendar import Calendar


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands until it is set: for tests, demonstrations and drills."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now


class SystemStopwatch:
    """Two counts of seconds that no setting of the clock moves; see :class:`adapters.daemon.watch.Stopwatch`."""

    def running(self) -> float:
        return time.monotonic()

    def boot(self) -> float:
        clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux has it
        return time.monotonic() if clock is None else time.clock_gettime(clock)


class SystemEntropy:
    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)


def clock() -> SystemClock:
    return SystemClock()


def entropy() -> SystemEntropy:
    return SystemEntropy()


def calendar() -> Calendar:
    return shipped("cn")


def tz() -> str:
    """Version of the time-zone database in use: of the system, of the ``tzdata`` package, or ``unknown``."""
    for root in zoneinfo.TZPATH:
        try:
            with open(f"{root}/tzdata.zi", encoding="ascii") as file:
                return file.readline().removeprefix("# version ").strip()
        except OSError:
            continue
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return "unknown"
