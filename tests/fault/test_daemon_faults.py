"""Daemons and a client at work while the database, the clock or a channel fails: afterwards nothing is lost, twice, or left undone.

What is judged is what the kill campaign judges (tests/fault/verdict.py).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from loguru import logger
from sqlalchemy import event

from adapters.daemon import watch as watching
from adapters.daemon.daemon import Daemon
from tests import postgres
from tests.fault import victim
from tests.fault.client import work
from tests.fault.site import QuickClock, Site
from tests.fault.verdict import judge
from tests.fault.victim import Trap, daemon
from tests.postgres import Server
from workflow.letter import Letter, Notifier, Result, Unknown

OPEN = Trap("", 0, -1)


class Running:
    """Daemons and a client in threads of this process."""

    def __init__(self, site: Site, clocks: list[QuickClock], instead: Mapping[str, Notifier]) -> None:
        self.site = site
        self.clocks = clocks
        self.daemons: list[Daemon] = [daemon(site, f"d{i}", OPEN, clock, i, instead) for i, clock in enumerate(clocks)]
        self._going = True
        runs = [d.run for d in self.daemons]
        self._threads = [Thread(target=run) for run in (*runs, lambda: work(site, OPEN, lambda: self._going))]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._going = False
        for d in self.daemons:
            d.stop()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    @property
    def sweeps(self) -> int:
        return sum(d.watch.pulse.state.sweeps for d in self.daemons)

    @property
    def failures(self) -> int:
        return sum(d.watch.pulse.state.failures for d in self.daemons)

    def wait(self, until: Callable[[], bool], seconds: float = 100.0) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.02)

    def goes_on(self, sweeps: int = 4) -> None:
        """Wait until some more sweeps are complete."""
        before = self.sweeps
        self.wait(lambda: self.sweeps >= before + sweeps)


@contextmanager
def running(site: Site, *offs: timedelta, instead: Mapping[str, Notifier] | None = None) -> Iterator[Running]:
    """One daemon for each clock; when they have stopped all is judged."""
    errors: list[str] = []
    jump = watching.JUMP
    sink = logger.add(lambda message: errors.append(str(message)), level="ERROR", format="{message} {exception}")
    found = Running(site, [QuickClock(site.begun, off) for off in offs or (timedelta(0),)], instead or {})
    found.start()
    try:
        found.goes_on()
        yield found
    finally:
        found.stop()
        watching.JUMP = jump
        logger.remove(sink)
    assert [e for e in errors if "the clock jumped" not in e] == []
    verdict = judge(site)
    assert verdict.findings == ()
    assert verdict.commands > 1 and verdict.flags > 3 and verdict.letters > 3


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.make(tmp_path, f"sqlite:///{tmp_path}/duban.db?timeout=0.2")


@contextmanager
def every_connection(run: Running, statement: str, after: str) -> Iterator[None]:
    """Run a statement on every connection of the daemons that is taken from their pools, and another one when it is over."""
    said = [statement]

    def taken(connection: Any, *_: object) -> None:
        connection.execute(said[0]).fetchall()

    engines = [d.watch.engine.store.engine for d in run.daemons]  # type: ignore[attr-defined]
    for engine in engines:
        event.listen(engine, "checkout", taken)
    yield
    said[0] = after


# SQLite -------------------------------------------------------------------------------------------------------------------------------


def test_a_full_disk_stops_the_daemon_only_while_it_is_full(site: Site) -> None:
    with running(site) as run:
        with closing(sqlite3.connect(site.file)) as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        with every_connection(run, f"PRAGMA max_page_count={pages}", f"PRAGMA max_page_count={2**30}"):
            run.wait(lambda: "full" in run.daemons[0].watch.pulse.state.error)  # a small write may still find room between two
        run.goes_on()


def test_a_file_that_may_not_be_written_stops_the_daemon_only_that_long(site: Site) -> None:
    with running(site) as run:
        with every_connection(run, "PRAGMA query_only=ON", "PRAGMA query_only=OFF"):
            run.wait(lambda: "read" in run.daemons[0].watch.pulse.state.error)
        run.goes_on()


def test_a_database_that_somebody_locks_for_long(site: Site) -> None:
    with running(site) as run:
        with closing(sqlite3.connect(site.file, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            run.wait(lambda: run.failures > 1)
            connection.execute("ROLLBACK")
        run.goes_on()


def test_of_two_daemons_on_a_file_one_waits_and_takes_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(victim, "LASTING", timedelta(hours=1))  # a busy machine takes the watch from nobody
    with running(site, timedelta(0), timedelta(0)) as run:
        keeping, waiting = sorted(run.daemons, key=lambda d: d.watch.pulse.state.standby)
        run.wait(lambda: waiting.watch.pulse.state.standby)
        for sender in keeping._beside:
            sender.stop()
        run.wait(lambda: holders(site).get("", 0) > 6)
        time.sleep(2)
        other = waiting.watch.settings.name
        assert other not in holders(site), "the one that waits sends nothing either"
        keeping.stop()
        run.wait(lambda: not waiting.watch.pulse.state.standby)
        before = waiting.watch.pulse.state.sweeps
        run.wait(lambda: waiting.watch.pulse.state.sweeps > before + 3 and other in holders(site))


def holders(site: Site) -> dict[str, int]:
    """How many messages each daemon had last; those that nobody had yet are under the empty name."""
    with closing(sqlite3.connect(site.file)) as connection:
        return dict(connection.execute("SELECT holder, count(*) FROM duban_outbox GROUP BY holder").fetchall())


# the clock ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(hours=1), pytest.param(timedelta(days=1), marks=pytest.mark.slow)], ids=["hour", "day"])
def test_the_clock_jumps_ahead_and_back_and_the_other_way(site: Site, jump: timedelta) -> None:
    with running(site) as run:
        (clock,) = run.clocks
        for off in (jump, timedelta(0), -jump, timedelta(0)):
            clock.set(off)
            run.goes_on()


# channels -----------------------------------------------------------------------------------------------------------------------------


class Hanging:
    """Takes nothing and says nothing until it is let go."""

    def __init__(self) -> None:
        self.begun, self.over = Event(), Event()

    def send(self, letter: Letter) -> Result:
        self.begun.set()
        self.over.wait(30)
        return Unknown("no answer in time")

    def close(self) -> None:
        self.over.set()


def test_a_channel_that_hangs_holds_up_neither_the_sweep_nor_the_other_channels(site: Site) -> None:
    hanging = Hanging()
    with running(site, instead={"sms": hanging}) as run:
        run.wait(hanging.begun.is_set)
        before = sum(1 for line in site.receipts.read() if line["channel"] == "board")
        run.goes_on()
        run.wait(lambda: sum(1 for line in site.receipts.read() if line["channel"] == "board") > before + 3)
        assert not hanging.over.is_set()
        hanging.over.set()


# PostgreSQL ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that may be stopped and killed."""
    try:
        postgres.imported()
        found = Server.make()
    except Exception as e:
        pytest.skip(f"no PostgreSQL server can be started here: {e}")
    yield found
    found.remove()


@pytest.fixture
def shared(server: Server, tmp_path: Path) -> Site:
    return Site.make(tmp_path, server.fresh())


@pytest.mark.slow
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_restarted_under_load(shared: Site, server: Server, how: str) -> None:
    with running(shared, timedelta(0), timedelta(0)) as run:
        server.stop(how)
        run.wait(lambda: run.failures > 0)
        server.start()
        run.goes_on(8)


@pytest.mark.slow
def test_a_server_that_cuts_off_everybody_under_load(shared: Site, server: Server) -> None:
    with running(shared, timedelta(0), timedelta(0)) as run:
        for _ in range(5):
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 't%'"
                )
            time.sleep(0.3)
        run.goes_on(8)


@pytest.mark.slow
def test_two_daemons_whose_clocks_are_five_seconds_apart(shared: Site) -> None:
    with running(shared, timedelta(seconds=-2.5), timedelta(seconds=2.5)) as run:
        run.goes_on(8)
    engine = shared.engine()
    withdrawn = [a for row in engine.cases() for a in engine.case(row.id).case.acts if a.data.get("flag") == "withdrawn"]
    engine.close()
    assert withdrawn == []
