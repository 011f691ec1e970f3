"""``python -m benchmarks.watcher URL LOG NAME``: the daemon of `duban run` without senders, which writes down when it committed what.

It is the watch, the ticker and the bell as they are, on the system clock, with the settings of memory and the defaults of `duban run`.
Messages are put into the outbox and stay there. Each line of the log is a transaction that raised flags: seconds of the epoch right after
its commit, and the cases.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
from pathlib import Path

from loguru import logger

from adapters.daemon.daemon import Daemon
from adapters.daemon.garbage import spare_collections
from adapters.daemon.pulse import Pulse
from adapters.daemon.watch import Settings, Watch
from adapters.host import SystemStopwatch
from adapters.store.sql import SqlStore
from benchmarks.watched import ROUTING
from workflow.batch import Swept
from workflow.engine import Engine


def main(url: str, log: str, name: str) -> None:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    with Engine.on(SqlStore.open(url)) as engine, Path(log).open("w") as file:
        engine.routing = ROUTING

        def heard(part: Swept) -> None:
            now = time.time()
            flagged = [result.case for result in part.done if any(act.kind == "flagged" for act in result.acts)]
            if flagged:
                file.write(json.dumps([now, flagged]) + "\n")
                file.flush()

        settings = Settings(name, alone=not url.startswith("postgres"))
        watch = Watch(engine, settings, Pulse(), SystemStopwatch(), heard, stopping=lambda: daemon.stopping)
        daemon = Daemon(watch, ready=lambda: print("ready", flush=True))
        signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
        spare_collections()
        daemon.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
