"""``duban tick``: one sweep of the clock, and what it has to say is sent; for cron, where no daemon runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.answer import result_document, show_result
from adapters.commands.rehearsal import show_forecasts
from workflow.batch import Result
from workflow.engine import Engine
from workflow.errors import SweepIncomplete
from workflow.forecast import Forecast
from workflow.text import Text


def tick(dry_run: Annotated[bool, typer.Option("--dry-run", help="只预演,不写入 / show what would happen, write nothing")] = False) -> None:
    """走一次时钟 / one sweep"""
    with frame.engine() as engine:
        if dry_run:
            try:
                found = engine.forecast_tick()
            except SweepIncomplete as error:
                show_forecasts([f for f in error.done if isinstance(f, Forecast)])
                raise
            show_forecasts(found)
            return
        with _sending(engine):
            try:
                _swept(engine, engine.tick())
            except SweepIncomplete as error:
                _swept(engine, [r for r in error.done if isinstance(r, Result)])
                raise


@contextmanager
def _sending(engine: Engine) -> Iterator[None]:
    """Plan messages over the channels that are set, and send afterwards what waits on them, once."""
    configuration = frame.configuration()
    if not configuration.settings.notify.channels:
        yield
        return
    from adapters.daemon.lines import in_use, routing, senders

    notify = configuration.settings.notify
    told = in_use(configuration, otherwise_console=False)
    engine.routing = routing(told, notify)
    sending = senders(engine, told, notify, f"{socket.gethostname()}:{os.getpid()}", notify.lang)
    try:
        yield
    finally:
        for sender in sending:
            while sender.send_due() and not sender.line.rate:
                pass
            sender.line.notifier.close()


def _swept(engine: Engine, results: Sequence[Result]) -> None:
    def render() -> None:
        for result in results:
            show_result(result, engine.world(result.standing))
        if not results:
            frame.say(Text("没有到期的事项", "nothing was due"))

    screen.emit([result_document(r) for r in results], render)
