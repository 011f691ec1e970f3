"""How a daemon learns that somebody committed: one small protocol (:class:`workflow.ports.Bell`) for three kinds of store.

PostgreSQL tells (``LISTEN``); SQLite is asked for its change counter, which costs some microseconds; a store in memory has a condition.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Condition
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from workflow.errors import DubanError, StoreUnavailable

if TYPE_CHECKING:
    import psycopg

CHANNEL = "duban_due"
"""What a unit notifies on PostgreSQL when it is committed."""

_ASK = 0.05
"""Seconds between two looks at the change counter of SQLite."""
_AGAIN = 0.5
"""Seconds between two attempts to reach a server again."""


class CountingBell:
    """Rings when a counter has changed; ``count`` is asked again and again."""

    def __init__(self, count: Callable[[], int], close: Callable[[], None]) -> None:
        self._count = count
        self._close = close
        self._last = count()

    def __enter__(self) -> CountingBell:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def wait(self, seconds: float) -> bool:
        end = monotonic() + seconds
        while True:
            now = self._count()
            if now != self._last:
                self._last = now
                return True
            left = end - monotonic()
            if left <= 0:
                return False
            sleep(min(_ASK, left))


class MemoryBell:
    """Rings when the number of commits has changed."""

    def __init__(self, changed: Condition, count: Callable[[], int]) -> None:
        self._changed = changed
        self._count = count
        self._last = count()

    def __enter__(self) -> MemoryBell:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, seconds: float) -> bool:
        with self._changed:
            rang = self._changed.wait_for(lambda: self._count() != self._last, seconds)
            self._last = self._count()
        return rang


class PostgresBell:
    """Listens on a connection of its own. When that is lost it is made again, and rings: something may have been missed meanwhile."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], error: Callable[[BaseException], DubanError | None]) -> None:
        self._connect = connect
        self._error = error
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> PostgresBell:
        try:
            self._connection = self._listening()
        except Exception as e:
            raise self._error(e) or e from e
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def wait(self, seconds: float) -> bool:
        end = monotonic() + seconds
        while True:
            try:
                if self._connection is None:
                    self._connection = self._listening()
                    return True
                return self._heard(max(0.0, end - monotonic()))
            except Exception as e:
                known = self._error(e)
                if not isinstance(known, StoreUnavailable):
                    raise
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                    continue  # at once: the server may only have dropped this one
            left = end - monotonic()
            if left <= 0:
                return False
            sleep(min(_AGAIN, left))

    def _heard(self, seconds: float) -> bool:
        """Whether something is or comes in; what has piled up counts once."""
        assert self._connection is not None
        rang = any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        for _ in self._connection.notifies(timeout=0):
            rang = True
        return rang

    def _listening(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        try:
            connection.execute(f"LISTEN {CHANNEL}", prepare=False)
        except BaseException:
            with suppress(Exception):
                connection.close()
            raise
        return connection
