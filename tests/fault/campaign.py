"""Kill, start again, kill; then look at what is left."""

from __future__ import annotations

import logging
import os
import random
import selectors
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from loguru import logger

from tests import postgres
from tests.fault.client import work
from tests.fault.site import QuickClock, Site
from tests.fault.verdict import Verdict, judge
from tests.fault.victim import MOMENT, POINTS, READY, Trap, daemon

BATCH = 50
"""Kills on one database, after which everything that is in it is judged."""
LONGEST = 6.0
"""Seconds, from when it was ready, after which a victim that did not reach its point is killed wherever it is."""
SLOWEST = 30.0
"""Seconds that a victim may take to be ready."""
CLIENT_POINTS = ("decided", "written", "committed", MOMENT)


class Setting(NamedTuple):
    name: str
    database: str
    daemons: int


SETTINGS = (
    Setting("sqlite", "sqlite", 1),
    Setting("sqlite-2", "sqlite", 2),
    Setting("postgresql-1", "postgresql", 1),
    Setting("postgresql-2", "postgresql", 2),
    Setting("postgresql-4", "postgresql", 4),
)


@dataclass
class Outcome:
    """What one setting came to."""

    setting: Setting
    kills: Counter[str] = field(default_factory=Counter)
    """Of daemons, by point."""
    clients: Counter[str] = field(default_factory=Counter)
    """Of the process that gives commands, by point."""
    verdicts: list[Verdict] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def killed(self) -> int:
        return self.kills.total()

    @property
    def findings(self) -> list[str]:
        return [finding for verdict in self.verdicts for finding in verdict.findings]

    def total(self, name: str) -> int:
        return sum(getattr(verdict, name) for verdict in self.verdicts)


class Process:
    """A child of ours that is to die: at a point, or when its time is over."""

    def __init__(self, site: Site, point: str, n: int, run: Callable[[Trap], None], seconds: float) -> None:
        self.point = point
        self.said, saying = os.pipe()
        self.until = time.monotonic() + SLOWEST
        self._seconds = seconds
        self._heard = b""
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _child(site, lambda: run(Trap(point, n, saying)))
        os.close(saying)

    def end(self) -> tuple[str, int]:
        """Kill it if it lives; the point at which it killed itself, empty if it did not, and its exit status."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self._heard += os.read(self.said, 64)
        os.close(self.said)
        return self._heard.removeprefix(READY).decode(), status

    def hear(self) -> bool:
        """Read what it says; whether it dies. Its time runs from when it was ready."""
        before = self._heard
        said = os.read(self.said, 64)
        self._heard += said
        if not before and self._heard == READY:
            self.until = time.monotonic() + self._seconds
            return False
        return True


def _child(site: Site, run: Callable[[], None]) -> None:
    """The whole life of a child; it does not return."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        random.seed()
        logger.remove()
        logger.add(site.log, level="ERROR", format="{level} {message} {exception}")
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        run()
        code = 0
    except BaseException:
        with site.log.open("a") as log:
            log.write(f"ERROR a process ended by itself\n{traceback.format_exc()}\n")
    finally:
        os._exit(code)


class Round:
    """One database: its daemons, its client, and who kills them."""

    def __init__(self, site: Site, setting: Setting, outcome: Outcome, luck: random.Random) -> None:
        self._site, self._setting, self._outcome, self._luck = site, setting, outcome, luck
        self._began = 0

    def run(self, kills: int) -> None:
        live: list[Process] = []
        try:
            live = [*(self._daemon() for _ in range(self._setting.daemons)), self._client()]
            while kills > 0:
                for position, process in enumerate(live):
                    if not _dead(process):
                        continue
                    client = position == len(live) - 1
                    point, status = process.end()
                    if not os.WIFSIGNALED(status):
                        raise RuntimeError(f"a process ended by itself; see {self._site.log}:\n{self._site.log.read_text()[-3000:]}")
                    counts = self._outcome.clients if client else self._outcome.kills
                    counts[point or MOMENT] += 1
                    kills -= not client
                    live[position] = self._client() if client else self._daemon()
        finally:
            for process in live:
                process.end()

    def _daemon(self) -> Process:
        point = _rarest(self._outcome.kills, (*POINTS, MOMENT), self._luck)
        self._began += 1
        name, seed = f"daemon {self._began}", self._luck.getrandbits(32)
        site = self._site
        n = self._luck.randint(1, 4)
        return Process(site, point, n, lambda trap: daemon(site, name, trap, QuickClock(site.begun), seed).run(), self._patience(point))

    def _client(self) -> Process:
        point = _rarest(self._outcome.clients, CLIENT_POINTS, self._luck)
        return Process(self._site, point, self._luck.randint(5, 25), lambda trap: work(self._site, trap), self._patience(point))

    def _patience(self, point: str) -> float:
        return self._luck.uniform(0.05, 0.7) if point == MOMENT else LONGEST


def _dead(process: Process) -> bool:
    """Wait a little for a process to say that it kills itself; whether that, or its end, or the end of its time has come."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.said, selectors.EVENT_READ)
        return (bool(selector.select(0.01)) and process.hear()) or time.monotonic() > process.until


def _rarest(counts: Counter[str], points: Sequence[str], luck: random.Random) -> str:
    """A point at which few were killed: one of the three rarest, for who is started need not get there."""
    return luck.choice(sorted(points, key=lambda point: (counts[point], luck.random()))[:3])


def run(setting: Setting, kills: int, folder: Path, seed: int, say: Callable[[str], None]) -> Outcome:
    outcome, luck = Outcome(setting), random.Random(f"{seed} {setting.name}")
    begun = time.monotonic()
    with ExitStack() as stack:
        fresh = stack.enter_context(_databases(setting, folder))
        while outcome.killed < kills:
            place = Path(tempfile.mkdtemp(prefix=f"{setting.name}-", dir=folder))
            site = _apart(place, lambda place=place: Site.make(place, fresh(place)))
            Round(site, setting, outcome, luck).run(min(BATCH, kills - outcome.killed))
            verdict = _apart(place, lambda site=site: judge(site))
            outcome.verdicts.append(verdict)
            say(f"{setting.name}: {outcome.killed} kills, {verdict.summary}")
    outcome.seconds = time.monotonic() - begun
    return outcome


def _apart(place: Path, work: Callable[[], object]) -> object:
    """The result of some work in a process of its own: no database is ever open here, where victims are forked."""
    import pickle

    result = place / "result"
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            result.write_bytes(pickle.dumps(work()))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError(f"it failed; see above, and {place}")
    return pickle.loads(result.read_bytes())


@contextmanager
def _databases(setting: Setting, folder: Path) -> Iterator[Callable[[Path], str]]:
    """A function that makes the address of a new database."""
    if setting.database == "sqlite":
        yield lambda place: str(place / "duban.db")
        return
    postgres.imported()
    server = postgres.Server.make()
    try:
        yield lambda _: server.fresh()
    finally:
        server.remove()
