"""``duban run``: the daemon in the foreground."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import ExitStack
from threading import Event
from typing import Annotated

import typer
from loguru import logger

from adapters import host
from adapters.commands import frame
from adapters.daemon.again import again
from adapters.daemon.daemon import Daemon
from adapters.daemon.definitions import take_in
from adapters.daemon.garbage import spare_collections
from adapters.daemon.lines import in_use, routing, senders
from adapters.daemon.pulse import Pulse
from adapters.daemon.surroundings import Surroundings
from adapters.daemon.watch import Settings, Watch
from adapters.logs import set_up
from workflow.batch import Swept
from workflow.engine import Engine
from workflow.errors import DubanError
from workflow.journal.canonical import Json
from workflow.monitor import REFUSED_RELOAD, RELOADED
from workflow.text import Text

Interval = Annotated[float, typer.Option("--interval", help="巡查间隔,秒;0 为设置中的 / seconds between two sweeps; 0: as set")]


def run(interval: Interval = 0.0) -> None:
    """值守:到期即标记、提醒 / keep watch: flag and tell what is due"""
    configuration = frame.configuration({"daemon.interval": interval} if interval else {})
    found = configuration.settings
    name = found.daemon.name or f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"
    with ExitStack() as stack:
        stack.callback(set_up(found.log))
        engine = stack.enter_context(frame.engine(create=True))
        take_in(engine, found.daemon.definitions)
        alone = not frame.settings.db.startswith("postgres")
        settings = Settings(name, alone, found.daemon.interval, found.daemon.budget, found.daemon.batch)
        reload, pulse = Event(), Pulse()
        around = Surroundings.of(configuration, engine, pulse)
        told = in_use(configuration, otherwise_console=True)
        engine.routing = routing(told, found.notify)
        sending = senders(engine, told, found.notify, name, found.notify.lang, around.metrics.attempted, lambda: watch.on)

        def ticked() -> None:
            around.ticked()
            if reload.is_set():
                reload.clear()
                around.systemd.reloading()
                _reload(engine, name, found.daemon.definitions)
                around.systemd.ready()

        def ready() -> None:
            frame.say(Text("值守开始;按 Ctrl-C 结束", "the watch is on; Ctrl-C ends it"))
            around.systemd.ready("watching")

        def stop(*_: object) -> None:
            around.systemd.stopping()
            daemon.stop()

        def load_again(*_: object) -> None:
            reload.set()
            daemon.nudge()

        def heard(part: Swept) -> None:
            around.metrics.heard(part)
            for sender in sending:
                sender.wake()

        watch = Watch(engine, settings, pulse, host.SystemStopwatch(), heard, stopping=lambda: daemon.stopping)
        daemon = Daemon(watch, (*around.beside, *sending), ready, ticked)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, load_again)
        spare_collections()
        daemon.run()
    frame.say(Text("值守结束", "the watch has ended"))


def _reload(engine: Engine, name: str, places: tuple[str, ...]) -> None:
    """Take in the definitions again; what does not pass the check changes nothing, and the journal says so."""
    try:
        refs = take_in(engine, places)
    except DubanError as error:
        logger.error("the definitions are refused: {}", error)
        refused: dict[str, Json] = {"daemon": name, "code": error.code, "where": error.where or ""}
        again(engine, lambda batch: batch.note(REFUSED_RELOAD, refused))
        return
    logger.info("definitions are loaded again: {}", ", ".join(refs))
    again(engine, lambda batch: batch.note(RELOADED, {"daemon": name, "definitions": [*refs]}))
