"""The channels of the settings as the daemon uses them: how messages are planned, and a sender for each."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import time
from pathlib import Path

from adapters.config.load import Configuration
from adapters.config.model import Notify
from adapters.daemon.composer import Composer, templates
from adapters.daemon.sender import Line, Sender
from adapters.notify.catalogue import channel, channels
from adapters.notify.kind import Channel
from workflow.dispatch import Route, Routing
from workflow.engine import Engine
from workflow.letter import Letter, Rejected, Result
from workflow.text import Lang

BRIEF = "phone"
"""Channels that need such an address have room for a line only."""


def in_use(configuration: Configuration, *, otherwise_console: bool) -> list[Channel]:
    """The channels of ``[notify] channels``; where none is named, with ``otherwise_console`` the console.

    Raises a :class:`~workflow.errors.ConfigError` for the first that cannot be used.
    """
    found = list(channels(configuration))
    return found or ([channel("console", {"kind": "console"})] if otherwise_console else [])


def routing(found: Sequence[Channel], notify: Notify) -> Routing:
    return Routing(tuple(Route(c.name, c.needs, c.fallback) for c in found), _quiet(notify.quiet))


def _quiet(said: str) -> tuple[time, time] | None:
    start, _, end = said.partition("-")
    return (time.fromisoformat(start), time.fromisoformat(end)) if said else None


def senders(
    engine: Engine,
    found: Sequence[Channel],
    notify: Notify,
    holder: str,
    lang: Lang,
    attempted: Callable[[str, str], None] = lambda channel, result: None,
    keeps: Callable[[], bool] = lambda: True,
) -> list[Sender]:
    """A sender for each channel, and for each that still has messages though it is set no more.

    Raises :class:`~workflow.procedure.source.BrokenDefinition` for templates that are wrong."""
    composer = Composer(engine, templates(Path(notify.templates) if notify.templates else None), lang)
    lines = [_line(c, notify.digest) for c in found]
    with engine.store.read() as view:
        there = dict.fromkeys(channel for channel, state, _ in view.message_counts() if state in ("pending", "sending"))
    lines += [Line(name, "", Gone()) for name in there if name not in {line.name for line in lines}]
    return [Sender(engine, line, composer, holder, _jitter, attempted=attempted, keeps=keeps) for line in lines]


class Gone:
    """In place of a channel that is no longer in the settings: what still waits on it is dead, so that others take it over."""

    def send(self, letter: Letter) -> Result:
        return Rejected("channel_gone", "the channel is no longer in the settings")

    def close(self) -> None:
        """Nothing is open."""


def _line(c: Channel, digest: bool) -> Line:
    """A place that takes as many as there are (console, file) is given each message for itself."""
    return Line(c.name, c.needs, c.notifier, c.needs == BRIEF, c.safe, digest and bool(c.needs or c.rate), c.rate)


def _jitter() -> int:
    return secrets.randbelow(1000)
