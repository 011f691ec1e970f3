"""A sign of life after completed sweeps, to somebody outside who raises the alarm when it stays away (a dead man's switch).

It is sent by a thread of its own, so a peer that hangs holds up no sweep. What becomes of it is counted and logged; the URL never is, since
whoever knows it can feign life.
"""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
from threading import Event, Thread
from time import monotonic
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from loguru import logger

from adapters.config.load import Configuration
from adapters.config.model import Heartbeat as Settings
from adapters.daemon.pulse import Pulse
from workflow.errors import ConfigError
from workflow.text import Text

READ = 1024
"""Bytes that are read of an answer."""


class Heartbeat:
    """Satisfies what runs beside the daemon. Call :meth:`ticked` after every tick, whatever it came to."""

    def __init__(self, settings: Settings, url: str, pulse: Pulse, told: Callable[[bool], None] = lambda ok: None) -> None:
        """``told`` is called with whether a sign arrived. Raises :class:`~workflow.errors.ConfigError` for a URL that is not HTTP."""
        if not url.startswith(("http://", "https://")):
            raise ConfigError(Text("心跳地址应以 http:// 或 https:// 开头", "the URL of the heartbeat must begin with http:// or https://"))
        self._settings = settings
        self._url = url
        self._pulse = pulse
        self._told = told
        self._opener = _opener()
        self._seen = pulse.state.swept_at
        self._due = Event()
        self._over = Event()
        self._next = 0.0
        self.sent = 0
        self.failed = 0
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    @classmethod
    def of(cls, configuration: Configuration, pulse: Pulse, told: Callable[[bool], None] = lambda ok: None) -> Heartbeat | None:
        """The heartbeat that is configured; ``None`` where none is. Raises :class:`~workflow.errors.ConfigError`."""
        settings = configuration.settings.heartbeat
        secret = configuration.secret("heartbeat.url_file")
        url = secret.reveal() if secret is not None else settings.url
        return cls(settings, url, pulse, told) if url else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is under way is left to itself: nobody waits for a peer that hangs."""
        self._over.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(timeout=0.5)

    def ticked(self) -> None:
        """Send a sign if a sweep was completed since the last one and enough time has passed. Returns at once."""
        swept = self._pulse.state.swept_at
        if swept is not None and swept != self._seen and monotonic() >= self._next:
            self._seen, self._next = swept, monotonic() + self._settings.every
            self._due.set()

    def _run(self) -> None:
        while True:
            self._due.wait()
            if self._over.is_set():
                return
            self._due.clear()
            self._send()

    def _send(self) -> None:
        data = b"" if self._settings.method == "POST" else None
        try:
            request = Request(self._url, data=data, headers={"User-Agent": "duban"}, method=self._settings.method)
            with self._opener.open(request, timeout=self._settings.timeout) as answer:
                answer.read(READ)
                ok, said = 200 <= answer.status < 300, f"HTTP {answer.status}"
        except (OSError, HTTPException, ValueError) as error:  # its text may have the URL in it
            reason = getattr(error, "reason", error)
            ok, said = False, type(reason if isinstance(reason, Exception) else error).__name__
        if ok:
            self.sent += 1
        else:
            self.failed += 1
            logger.bind(failed=self.failed).warning("the heartbeat was not taken: {}", said)
        self._told(ok)


def _opener() -> OpenerDirector:
    """HTTP and HTTPS only, by the proxy of the environment; a redirection is an answer other than 2xx, and so a failure."""
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    return opener
