"""A midnight at which everything falls due

Disputes whose answer is due at the same midnight, as working-day terms are: one daemon sweeps them all. Each gets its flag in the journal,
with hash and link, its claim, a message in the outbox for everybody who is told, and its new wake-up time. Nothing is in memory
beforehand; garbage is collected as `duban run` does. A round is a fifth of the one midnight (with 5 rounds).

- Bare `sqlite3`: the very rows that the sweep writes, table by table, in as many transactions, on a copy of the store with the same
  settings (`synchronous=FULL`). They are recorded beforehand, from a sweep of another copy. Afterwards both files are compared and must be
  equal.
- `xstate-statemachine`: its `DueTimerScanner` on as many machines of the chart of the `xstate_peer` benchmark, each with one timer that
  has run out, kept in its SQLite store (`synchronous=NORMAL`) with its audit log. It fires the timer and logs the transition, and does
  nothing else: no outcome is worked out, nobody is looked up, no message is put anywhere, nothing is chained.

Tried:

- What is the same for all cases of a transaction (definitions and calendars in use, organisation, addresses) is looked up once in it, and
  the derived row of a case comes with the claim: one statement a case is left, that which reads its entries, of five before.
- Who is told is worked out once for all cases of a unit in which the same roles are told at the same instant.
- The entries of all cases of a transaction are read in one statement. Bytes whose digest is the stored one are taken as they were written;
  others are checked for their canonical form by writing them again.
- Conditions of duties are asked only about what the case has. Duties without a number, of which no sweep can have anything to say while
  the case goes on, are not assessed: that saved a third of the time. Derived rows that nothing moved are left as they are.
- Cases are taken in the order of an index, id included. Before, each transaction sorted all that were still due at that instant.
- Cases of a sweep of which more is due than one transaction takes are not kept in memory, where they would push each other out.
- No search for cyclic garbage while a tick sweeps, which makes none: a twentieth.
- What is left is spread thin: assessing the duty that is due, reading and decoding entries, making messages, writing.
"""

from __future__ import annotations

import gc
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from adapters.calendars import shipped
from adapters.daemon.garbage import spare_collections, uncollected
from adapters.daemon.watch import Settings
from adapters.host import FixedClock, SystemEntropy, tz
from adapters.library import shipped_definitions
from adapters.store.sql import SqlStore
from adapters.store.unit import SqlUnit
from benchmarks.dispute import PROCEDURE
from benchmarks.durable import Transaction, bare, connect
from benchmarks.measure import Goal, Plan, Report, Work, interleave, need, ratio
from benchmarks.watched import ROUTING, disputes, engine
from benchmarks.xstate_peer import chart
from workflow.engine import Engine
from workflow.moment import stamp

OPENED = datetime(2026, 11, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
MIDNIGHT = datetime(2026, 11, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
_TABLES = ("duban_entry", "duban_case", "duban_due", "duban_claim", "duban_outbox")
_DAYS = 5


def filled(path: Path, count: int) -> FixedClock:
    """A store in which the answers of so many disputes are due at :data:`MIDNIGHT`; returns a clock of a second later."""
    clock = FixedClock(OPENED)
    with engine(str(path), clock) as made:
        disputes(made, clock, [f"dispute-{number:06}" for number in range(count)], OPENED, MIDNIGHT)
    clock.set(MIDNIGHT + timedelta(seconds=1))
    return clock


class Recorder:
    """The rows that units write, transaction by transaction."""

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        begin, write = SqlUnit.__init__, SqlUnit._many

        def begun(unit: SqlUnit, *arguments: Any) -> None:
            self.transactions.append([])
            begin(unit, *arguments)

        def written(unit: SqlUnit, sql: str, rows: Any, *more: Any) -> int:
            if rows:
                self.transactions[-1].append((sql, rows))
            return write(unit, sql, rows, *more)

        with patch.object(SqlUnit, "__init__", begun), patch.object(SqlUnit, "_many", written):
            yield


@contextmanager
def collecting() -> Iterator[None]:
    """Garbage as `duban run` collects it."""
    before = gc.get_threshold()
    gc.collect()
    spare_collections()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def differing(one: Path, other: Path) -> int:
    """Rows of the one that are not in the other, or the reverse."""
    with closing(sqlite3.connect(one)) as connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        pairs = [(f"main.{table}", f"other.{table}") for table in _TABLES]
        return sum(
            connection.execute(f"SELECT count(*) FROM (SELECT * FROM {a} EXCEPT SELECT * FROM {b})").fetchone()[0]
            for pair in pairs
            for a, b in (pair, pair[::-1])
        )


class Scanner:
    """The peer, with one timer a machine that runs out after days."""

    def __init__(self, path: Path, count: int) -> None:
        from xstate_statemachine import MachineLogic, create_machine
        from xstate_statemachine.persistence import AuditPlugin, DueTimerScanner, SQLiteLog, SQLiteStore, persisted

        logging.getLogger("xstate_statemachine").setLevel(logging.ERROR)
        document = chart(shipped_definitions(PROCEDURE)[0].procedure)
        document["states"][document["initial"]]["after"] = {str(_DAYS * 86_400_000): {"actions": ["flag"]}}
        self.flagged = 0
        machine = create_machine(document, logic=MachineLogic(actions={"flag": self._flag}))
        self.store = SQLiteStore(path)
        plugins = [AuditPlugin(SQLiteLog(self.store))]
        for number in range(count):
            with persisted(self.store, f"dispute-{number:06}", machine, plugins=plugins):
                pass
        later = time.time() + (_DAYS + 1) * 86_400
        self._scan = lambda most: DueTimerScanner(self.store, lambda _: machine, plugins=plugins, now=lambda: later, limit=most).scan()

    def _flag(self, *_: object) -> None:
        self.flagged += 1

    def work(self, most: int) -> int:
        found = self._scan(most)
        assert found.woken == most and not found.errors, found
        return most


def run(plan: Plan) -> Report:
    need("xstate_statemachine")
    batch = Settings("", True).batch
    parts = plan.size(100, 1)  # transactions a round
    size = batch * parts if not plan.quick else 20
    ours, theirs, shadow = plan.folder / "ours.db", plan.folder / "bare.db", plan.folder / "shadow.db"
    count = size * plan.rounds
    clock = filled(ours, count)
    for path in (theirs, shadow):
        with closing(sqlite3.connect(ours)) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
    since = stamp(MIDNIGHT)
    recorder = Recorder()
    made, recorded = (Engine(SqlStore.open(str(path)), clock, SystemEntropy(), shipped("cn"), tz()) for path in (ours, shadow))
    made.routing = recorded.routing = ROUTING
    sweep, same = ((part for part in engine.sweep(min(batch, size)) if part.claimed) for engine in (made, recorded))
    scanner = Scanner(plan.folder / "theirs.db", count)

    def duban(number: int) -> Work:
        recorder.transactions = []
        with recorder.listening():
            assert sum(part.claimed for part in islice(same, parts)) == size

        def work() -> int:
            with uncollected():  # as a tick sweeps
                return sum(part.claimed for part in islice(sweep, parts))

        return work

    with made, recorded, closing(connect(theirs)) as connection, collecting():

        def writes(number: int) -> Work:
            transactions = [transaction for transaction in recorder.transactions if transaction]

            def work() -> int:
                bare(connection, transactions)
                return size

            return work

        sides = {"duban": duban, "bare sqlite3": writes, "xstate-statemachine": lambda number: lambda: scanner.work(size)}
        figures = interleave(plan.rounds, sides, "obligations/s")
        assert sum(part.claimed for part in sweep) == 0, "something was left"
    with closing(sqlite3.connect(ours)) as connection:
        (missing,) = connection.execute("SELECT count(*) FROM duban_claim WHERE tier = 'missing'").fetchone()
        (flags,) = connection.execute("SELECT count(*) FROM duban_entry WHERE kind = 'flagged' AND recorded > ?", (since,)).fetchone()
        (messages,) = connection.execute("SELECT count(*) FROM duban_outbox").fetchone()
    assert missing == flags == count and messages >= count, f"{missing}, {flags} flags and {messages} messages for {count} obligations"
    assert differing(ours, theirs) == 0, "the bare side did not write what the sweep wrote"
    assert scanner.flagged == count
    scanner.store.close()
    beside, ahead = ratio(figures["duban"], figures["bare sqlite3"]), ratio(figures["duban"], figures["xstate-statemachine"])
    seconds = sum(size / value for value in figures["duban"].values)
    return Report(
        (*figures.values(), beside, ahead),
        (Goal(beside, binds=0.1, direction=0.25), Goal(ahead, binds=1.0)),
        (f"{count:,} obligations, {messages:,} messages, in {seconds:.0f} s.",),
    )
