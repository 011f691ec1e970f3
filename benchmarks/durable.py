"""Durable commands, one transaction each

`Engine` plays the shipped `medical-dispute` on a SQLite file in WAL mode with `synchronous=FULL`. The other side is bare `sqlite3` on the
same disk with the same settings: it runs the very statements that the engine ran, with the same values, in the same number of
transactions. They are taken beforehand from SQLite's own trace of the engine at play, and afterwards both files are compared table by
table and must be equal.

Tried:

- Statements built by SQLModel sessions: slower than the commit itself. Kept: the tables are SQLModel's, the statements are compiled once
  by SQLAlchemy Core and run on the driver's cursor.
- One `execute` a row beside one `executemany` a table: the second is kept, also for a handful of rows.
- Foreign keys are checked on our side and not on the bare one, which does less for it.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import event

from adapters.store.sql import SqlStore
from adapters.store.sqlite import Sqlite
from benchmarks.dispute import cases, engine, play
from benchmarks.measure import Goal, Plan, Report, Work, interleave, ratio

Transaction = list[tuple[str, list[tuple[Any, ...]]]]
"""Statements, each with the rows it is run with."""

_LITERAL = re.compile(r"'(?:[^']|'')*'|x'[0-9A-Fa-f]*'|-?\d+|NULL")


class Tracer:
    """The writes of a store, transaction by transaction, as SQLite itself saw them."""

    def __init__(self, store: SqlStore) -> None:
        self.transactions: list[Transaction] = []
        self._open: list[tuple[str, tuple[Any, ...]]] = []
        written = [
            getattr(Sqlite("").statements, name) for name in ("add_entry", "add_private", "put_case", "clear_dues", "add_due", "add_blob")
        ]
        self._statements = [(sql, _pattern(sql)) for sql in written]
        event.listen(store.engine, "checkout", lambda connection, *_: connection.set_trace_callback(self))

    def __call__(self, sql: str) -> None:
        if sql == "COMMIT" and self._open:
            grouped = groupby(self._open, key=lambda run: run[0])
            self.transactions.append([(text, [values for _, values in runs]) for text, runs in grouped])
        if sql.startswith(("BEGIN", "COMMIT")):
            self._open = []
        elif sql.startswith(("INSERT", "DELETE", "UPDATE")):
            found = next((text, match) for text, pattern in self._statements if (match := pattern.fullmatch(sql)))
            self._open.append((found[0], tuple(_value(literal) for literal in found[1].groups())))


def _pattern(sql: str) -> re.Pattern[str]:
    return re.compile(f"({_LITERAL.pattern})".join(map(re.escape, sql.split("?"))))


def _value(literal: str) -> Any:
    if literal == "NULL":
        return None
    if literal.startswith("x'"):
        return bytes.fromhex(literal[2:-1])
    return literal[1:-1].replace("''", "'") if literal.startswith("'") else int(literal)


def bare(connection: sqlite3.Connection, transactions: list[Transaction]) -> int:
    """Run recorded transactions; how many there were."""
    for transaction in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for sql, rows in transaction:
            connection.executemany(sql, rows)
        connection.execute("COMMIT")
    return len(transactions)


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    return connection


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}


def run(plan: Plan) -> Report:
    names = [cases(number, plan.size(60, 2)) for number in range(plan.rounds)]
    recorded: list[list[Transaction]] = []
    made, clock = engine(plan.folder / "traced.db")
    with made:
        tracer = Tracer(made.store)  # type: ignore[arg-type]
        for some in names:
            play(made, clock, some)
            recorded.append(tracer.transactions)
            tracer.transactions = []
    ours, theirs = plan.folder / "ours.db", plan.folder / "bare.db"
    engine(theirs)[0].close()
    made, clock = engine(ours)

    def engine_side(number: int) -> Work:
        return lambda: play(made, clock, names[number])

    with made, closing(connect(theirs)) as connection:

        def bare_side(number: int) -> Work:
            return lambda: bare(connection, recorded[number])

        figures = interleave(plan.rounds, {"duban": engine_side, "bare sqlite3": bare_side}, "commands/s")
    assert content(ours) == content(theirs), "the bare side did not write what the engine wrote"
    commands = sum(map(len, recorded))
    rows = sum(len(values) for some in recorded for transaction in some for _, values in transaction)
    found = ratio(figures["duban"], figures["bare sqlite3"])
    return Report(
        (*figures.values(), found),
        (Goal(found, binds=0.3, direction=0.5),),
        (
            f"{commands} commands on {sum(map(len, names))} cases; {rows / commands:.1f} rows written or deleted a command.",
            "Both files held the same rows in every table afterwards.",
        ),
    )
