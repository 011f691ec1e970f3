"""The HTTP port of the daemon: is it alive, can it work, does it sweep, what are its figures. On the loopback unless it is exposed.

| path | 200 while |
|---|---|
| ``/livez`` | the process answers |
| ``/readyz`` | the store can be written, its schema is ours, enough calendar is published |
| ``/healthz/sweep`` | the last completed sweep is younger than two intervals, or another daemon keeps the watch |
| ``/metrics`` | the library for metrics is installed |

Anything else is 404; what does not hold is 503 with the reason. Nothing can be changed here, and no personal data is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from socketserver import TCPServer
from threading import Lock, Thread
from time import monotonic
from typing import Any, Protocol

from loguru import logger
from pydantic import ValidationError

from adapters.config.model import Health as Settings
from adapters.config.model import address
from adapters.daemon.metrics import CONTENT_TYPE
from adapters.daemon.pulse import Pulse
from workflow.errors import ConfigError, MissingExtra
from workflow.text import Text

JSON = "application/json; charset=utf-8"
_PROBED = 5.0
"""Seconds for which the answer of a probe that writes is kept: probes are many, and a write is a write."""


class Told(Protocol):
    def text(self) -> bytes: ...


class Health:
    """Satisfies what runs beside the daemon: :meth:`start`, :meth:`stop`."""

    def __init__(
        self,
        settings: Settings,
        pulse: Pulse,
        interval: float,
        now: Callable[[], datetime],
        unwritable: Callable[[], Text | None],
        calendar_days: Callable[[], int],
        metrics: Told,
    ) -> None:
        """``unwritable`` and ``calendar_days`` are those of :mod:`adapters.vitals`. Raises :class:`~workflow.errors.ConfigError` for an
        address that is not the loopback and is not exposed, or that cannot be listened on."""
        self._pulse = pulse
        self._interval = interval
        self._now = now
        self._unwritable = unwritable
        self._calendar_days = calendar_days
        self._wanted_days = settings.calendar_days
        self._metrics = metrics
        self._lock = Lock()
        self._probed: tuple[float, Text | None] = (float("-inf"), None)
        try:
            host, port = address(Settings.model_validate(settings.model_dump()).listen)  # checked again: the port has no password
        except ValidationError:
            raise ConfigError(
                Text(f"{settings.listen} 不是回环地址", f"{settings.listen} is not a loopback address"),
                hint=Text("确需对外开放时设 [health] expose = true", "set [health] expose = true if others are to reach it"),
            ) from None
        server = _Server if host.version == 4 else _Server6
        handler = type("Handler", (_Handler,), {"health": self})
        try:
            self._server = server((str(host), port), handler)
        except OSError as error:
            raise ConfigError(
                Text(f"不能监听 {settings.listen}:{error.strerror}", f"cannot listen on {settings.listen}: {error.strerror}"),
                hint=Text("换一个 [health] listen,或留空不用", "choose another [health] listen, or leave it empty for none"),
            ) from None
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on; the one that was found where 0 was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()

    # what is answered

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a path."""
        if path == "/livez":
            return _told({"alive": None})
        if path == "/readyz":
            return _told({"store": self._store(), "calendar": self._calendar()})
        if path == "/healthz/sweep":
            return _told({"sweep": self._sweep()})
        if path == "/metrics":
            try:
                return 200, CONTENT_TYPE, self._metrics.text()
            except MissingExtra as error:
                return 501, JSON, json.dumps({"ok": False, "error": error.say("en")}).encode()
        return 404, JSON, json.dumps({"ok": False, "paths": ["/livez", "/readyz", "/healthz/sweep", "/metrics"]}).encode()

    def _store(self) -> str | None:
        with self._lock:
            at, reason = self._probed
            if monotonic() - at >= _PROBED:
                reason = self._unwritable()
                self._probed = (monotonic(), reason)
        return None if reason is None else reason.en

    def _calendar(self) -> str | None:
        if not self._wanted_days:
            return None
        try:
            left = self._calendar_days()
        except Exception as error:
            return f"the calendar cannot be read: {type(error).__name__}"
        return None if left >= self._wanted_days else f"{left} days of published calendar left, {self._wanted_days} wanted"

    def _sweep(self) -> str | None:
        state = self._pulse.state
        if state.standby:
            return None
        if state.swept_at is None:
            return "no sweep was completed yet"
        age = (self._now() - state.swept_at).total_seconds()
        return None if age < 2 * self._interval else f"the last completed sweep is {age:.1f} s old, {2 * self._interval:g} s allowed"


def _told(checks: dict[str, str | None]) -> tuple[int, str, bytes]:
    """Each check with ``null`` where it holds, or the reason why it does not."""
    ok = not any(checks.values())
    return (200 if ok else 503), JSON, json.dumps({"ok": ok, "checks": checks}, ensure_ascii=False, sort_keys=True).encode()


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # without the look-up of our own name, which may hang where there is no name service
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.opt(exception=True).debug("a client of the health port went away")


class _Server6(_Server):
    address_family = AF_INET6


class _Handler(BaseHTTPRequestHandler):
    health: Health
    server_version = "duban"
    sys_version = ""
    timeout = 5.0
    """Seconds for a client to say what it wants: one that says nothing holds a thread no longer."""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        status, kind, content = self.health.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Probes come every few seconds; the log is not for them."""
