"""The processes of ``test_three_ways``: one story told with a sweep at every instant that wakes, or to a daemon beside it.

``python -m tests.e2e.three_ways library|client|watch|digests STORY DB CLOCK``
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.calendars import shipped
from adapters.daemon.composer import Composer, templates
from adapters.daemon.daemon import Daemon
from adapters.daemon.pulse import Pulse
from adapters.daemon.sender import Line, Sender
from adapters.daemon.ticker import Ticker
from adapters.daemon.watch import Settings, Watch
from adapters.host import FixedClock, SystemEntropy, SystemStopwatch
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from adapters.store.sql import SqlStore
from adapters.story import tell
from tests.play import Play, at
from tests.stories import medical_quality_event_2011, production_accident_493, public_health_376, told
from workflow import command as c
from workflow.act import ACTED, FLAGGED
from workflow.case.clockwork import catch_up
from workflow.dispatch import Route, Routing
from workflow.engine import Engine, Result
from workflow.journal.canonical import canonical, digest
from workflow.letter import Accepted, Letter
from workflow.letter import Result as Sent
from workflow.obligation.ledger import ledger
from workflow.replay import case_document

START, END = at("2026-09-24 07:00"), at("2027-01-31 09:00")
HOLIDAY = "holiday"


class FileClock(FixedClock):
    """Stands in a file until somebody sets it: the same in every process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text(encoding="ascii"))

    def set(self, now: datetime) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(now.isoformat(), encoding="ascii")
        fresh.replace(self._path)
        time.sleep(0.05)  # the daemon may look, or not: it comes when it comes


class Unswept(Engine):
    """Gives commands, and leaves the sweeps to a daemon."""

    def tick(self) -> list[Result]:
        return []

    def next_waking(self) -> datetime | None:
        return None


class Telling(Play):
    """A story of ``tests/stories`` on the engine of this process."""

    engine_here: Engine

    def __init__(self, procedure: str) -> None:
        self.procedure, self.case, self.engine = procedure, "C", self.engine_here
        self.clock = self.engine.clock  # type: ignore[assignment]

    def at(self, text: str) -> Telling:
        goto(self.engine, at(text))
        return self

    def do(self, command: c.Command, **more: Any) -> Result:
        if isinstance(command, c.Receipt):  # of the last report: a daemon may have said something since
            acts = [a for a in self.engine.case(self.case).case.acts if a.kind == ACTED]
            command = replace(command, of=acts[-1].n)
        return super().do(command, **more)


def goto(engine: Engine, instant: datetime) -> None:
    """Move the clock, with a sweep whenever something falls due."""
    clock: Any = engine.clock
    while (wakes := engine.next_waking()) is not None and wakes <= instant:
        clock.set(max(wakes, clock.now()))
        engine.tick()
    clock.set(instant)
    engine.tick()


TOLD: dict[str, tuple[str, Callable[[], object]]] = {
    "accident": (production_accident_493.PROCEDURE, lambda: production_accident_493.undecided(30)),
    "health": (public_health_376.PROCEDURE, public_health_376.handled),
    "silence": (medical_quality_event_2011.PROCEDURE, medical_quality_event_2011.silent),
}
STORIES = (HOLIDAY, *TOLD)


def opened(kind: type[Engine], db: str, clock: Any) -> Engine:
    return kind(SqlStore.open(f"sqlite:///{db}?timeout=30"), clock, SystemEntropy(), shipped("cn"), "test")


def laid(story: str, engine: Engine) -> None:
    """The procedures and the organisation that a story is about."""
    for found in shipped_definitions():
        if found.procedure.period is None and (story == HOLIDAY or found.procedure.procedure == TOLD[story][0]):
            engine.add(found)
    if story == HOLIDAY:
        for name in ("hospital", "town"):
            engine.organise(shipped_organisation(name))


def play(story: str, engine: Engine) -> None:
    if story == HOLIDAY:
        tell(engine, engine.clock)  # type: ignore[arg-type]
        return
    Telling.engine_here = engine
    told.Play = Telling  # type: ignore[misc]
    TOLD[story][1]()


def library(story: str, db: str, _: str) -> None:
    """Everything in one process, swept in time."""
    with opened(Engine, db, FixedClock(START)) as engine:
        laid(story, engine)
        play(story, engine)
        goto(engine, END)


def client(story: str, db: str, clock: str) -> None:
    """The people: they set the clock of everybody, and sweep nothing."""
    with opened(Unswept, db, FileClock(Path(clock))) as engine:
        laid(story, engine)
        play(story, engine)
        engine.clock.set(END)  # type: ignore[attr-defined]


class Taken:
    """A channel that takes everything."""

    def send(self, letter: Letter) -> Sent:
        return Accepted(letter.id)

    def close(self) -> None:
        pass


class Late(Ticker):
    """Comes at its interval only: the instants of the file mean nothing to a scheduler of real time."""

    def arm(self, at: datetime | None) -> None:
        pass


def watch(_: str, db: str, clock: str) -> None:
    """What ``duban run`` puts together, on the clock of the file; it comes when the ticker comes, and so late."""
    engine = opened(Engine, db, FileClock(Path(clock)))
    engine.routing = Routing((Route("board"),))
    sender = Sender(engine, Line("board", "", Taken()), Composer(engine, templates(), "zh"), "watch", lambda: 0)
    daemon = Daemon(Watch(engine, Settings("watch", True, interval=5.0, lease=timedelta(seconds=90)), Pulse(), SystemStopwatch()), [sender])
    daemon._ticker = Late(daemon._tick, 0.15, lambda: datetime.now(UTC))
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
    daemon.run()
    engine.close()


def digests(_: str, db: str, __: str) -> None:
    """What is known of every case at the end: the digest of its outcomes, and how late each flag was."""
    found: dict[str, Any] = {"cases": {}, "lags": [], "left": 0}
    with opened(Engine, db, FixedClock(END)) as engine:
        found["left"] = len(engine.forecast_tick())
        for row in engine.cases():
            standing = engine.case(row.id)
            world = engine.world(standing)
            case = catch_up(standing, world, END).case
            found["cases"][row.id] = digest(canonical(case_document(case, ledger(case, world, END))))
            found["lags"] += [act.data.get("lag", 0) for act in case.acts if act.kind == FLAGGED]
    print(json.dumps(found))


if __name__ == "__main__":
    {"library": library, "client": client, "watch": watch, "digests": digests}[sys.argv[1]](*sys.argv[2:5])
