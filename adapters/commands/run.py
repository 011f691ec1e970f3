"""``duban run``: the daemon in the foreground."""

from __future__ import annotations

import os
import signal
import socket
from typing import Annotated

import typer

from adapters import host
from adapters.commands import frame
from adapters.daemon.daemon import Daemon
from adapters.daemon.pulse import Pulse
from adapters.daemon.watch import Settings, Watch
from workflow.text import Text


def run(
    interval: Annotated[float, typer.Option("--interval", min=0.1, help="最长巡查间隔(秒)/ seconds between two sweeps at most")] = 30.0,
    budget: Annotated[float, typer.Option("--budget", min=0.1, help="一次巡查的时间上限(秒)/ seconds a sweep may take at a time")] = 20.0,
    batch: Annotated[int, typer.Option("--batch", min=1, help="一个事务的案件数 / cases in one transaction")] = 200,
) -> None:
    """值守:到期即标记、提醒 / keep watch: flag and tell what is due"""
    with frame.engine(create=True) as engine:
        alone = not frame.settings.db.startswith("postgres")
        settings = Settings(_name(), alone, interval, budget, batch)
        daemon = Daemon(Watch(engine, settings, Pulse(), host.SystemStopwatch(), stopping=lambda: daemon.stopping), ready=_ready)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: daemon.stop())
        daemon.run()
    frame.say(Text("值守结束", "the watch has ended"))


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"


def _ready() -> None:
    frame.say(Text("值守开始;按 Ctrl-C 结束", "the watch is on; Ctrl-C ends it"))
