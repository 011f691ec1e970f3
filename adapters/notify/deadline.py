"""Work that has a deadline as a whole, whatever it hangs on: a name that nobody resolves, a peer that drips, a dead mount."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """The work was not done in time. It may still go on."""


class Point:
    """The point of no return of an attempt: before it, giving up is still possible; after it, what is sent is sent.

    Whoever gives up and whoever goes on agree: a worker that was given up never passes, and one that has passed is known to have.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._given_up = False
        self._passed = False

    @property
    def passed(self) -> bool:
        with self._lock:
            return self._passed

    def go_past(self) -> None:
        """Raises :class:`Overdue` when nobody waits for the result any more."""
        with self._lock:
            if self._given_up:
                raise Overdue("given up before anything was sent")
            self._passed = True

    def give_up(self) -> None:
        with self._lock:
            self._given_up = True


def within(seconds: float, work: Callable[[], T], stop: Callable[[], None] = lambda: None) -> T:
    """What ``work`` returns or raises; :class:`Overdue` after ``seconds``, and then ``stop`` is called to pull the ground from under it.

    The work runs in a thread of its own, which ends with the process.
    """
    done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    Thread(target=run, name="channel", daemon=True).start()
    try:
        value, error = done.get(timeout=seconds)
    except Empty:
        stop()
        raise Overdue(f"not done within {seconds:g} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]
