"""What a service manager wants to hear (sd_notify): ready, reloading, stopping, a status line, and that we are not stuck.

Without ``NOTIFY_SOCKET`` nothing is sent. A manager that does not listen changes nothing for us.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from threading import Event, Thread
from time import CLOCK_MONOTONIC, clock_gettime_ns, monotonic


class Systemd:
    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        """Takes the variables of the manager out of ``environment`` (that of the process): no command that we run shall speak for us."""
        given = os.environ if environment is None else environment
        place = given.pop("NOTIFY_SOCKET", "")
        period, process = given.pop("WATCHDOG_USEC", ""), given.pop("WATCHDOG_PID", "")
        self._address = f"\0{place[1:]}" if place.startswith("@") else place if place.startswith("/") else ""
        ours = process in ("", str(os.getpid()))
        self.watchdog_seconds = int(period) / 1_000_000 if period.isdigit() and ours else 0.0
        """How long the manager waits for a sign; 0: it does not."""

    @property
    def listening(self) -> bool:
        return bool(self._address)

    def ready(self, status: str = "") -> None:
        """Started, or reloaded."""
        self._tell("READY=1", _status(status))

    def reloading(self) -> None:
        """Call :meth:`ready` when it is done, whether it was taken or refused."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={clock_gettime_ns(CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str = "") -> None:
        self._tell("STOPPING=1", _status(status))

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._tell(_status(text))

    def watchdog(self) -> None:
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        message = "\n".join(line for line in lines if line).encode("utf-8", "replace")
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)  # a manager whose queue is full must not stop a sweep
            sender.sendto(message, self._address)


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())}" if text else ""


class Watchdog:
    """Tells the manager that we are not stuck while ticks come. Satisfies what runs beside the daemon.

    Call :meth:`ticked` after every tick. When none came for ``patience`` seconds, we fall silent, and the manager starts us anew.
    """

    def __init__(self, systemd: Systemd, patience: float, clock: Callable[[], float] = monotonic) -> None:
        self._systemd = systemd
        self._patience = patience
        self._clock = clock
        self._last = clock()
        self._over = Event()
        self._thread = Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._last = self._clock()
        if self._systemd.watchdog_seconds:
            self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def ticked(self) -> None:
        self._last = self._clock()

    def _run(self) -> None:
        while not self._over.wait(self._systemd.watchdog_seconds / 3):
            if self._clock() - self._last <= self._patience:
                self._systemd.watchdog()
