"""Recovery after SIGKILL

A store in which the answers of disputes are all overdue: nobody has watched. A daemon in a process of its own begins to flag them, is
killed (SIGKILL) in the midst of it, and another is started. Measured is the time from the start of that process to its commit of the last
flag, imports of Python included, and the share of it after the first one. Every obligation has one flag afterwards, by whichever of them.
The store is the one of the `midnight` benchmark, on SQLite with `synchronous=FULL`.

The daemon has a name of its own (`daemon.name`), so that the lease of the watch is still its own when it comes back. One without a name
first waits until the lease of the killed one has run out, up to three intervals.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from benchmarks.measure import Figure, Plan, Report
from benchmarks.midnight import filled
from benchmarks.watched import Watcher


def flagged(path: Path) -> int:
    """How many answers are flagged as missing."""
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM duban_claim WHERE tier = 'missing'").fetchone()
    return int(count)


def recovered(path: Path, log: Path, count: int) -> tuple[float, float, int]:
    """Seconds from the start of the second daemon to its first and to its last flag; how many were left to it."""
    first = Watcher(str(path), log.with_suffix(".first"))
    while not first.swept():
        first.check()
        time.sleep(0.01)
    first.kill()
    left = count - flagged(path)
    second = Watcher(str(path), log.with_suffix(".second"))
    while (sum(len(cases) for _, cases in second.swept())) < left:
        time.sleep(0.2)
        second.check()
    second.stop()
    swept = second.swept()
    assert flagged(path) == count
    return swept[0][0] - second.started, swept[-1][0] - second.started, left


def run(plan: Plan) -> Report:
    count = plan.size(100_000, 600)
    built = plan.folder / "overdue.db"
    filled(built, count)
    begun: list[float] = []
    done: list[float] = []
    lefts: list[int] = []
    for number in range(min(plan.rounds, 3)):
        path = plan.folder / f"killed-{number}.db"
        with closing(sqlite3.connect(built)) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
        first, last, left = recovered(path, plan.folder / f"log-{number}", count)
        begun.append(first)
        done.append(last)
        lefts.append(left)
        path.unlink()
    figures = (Figure("from the start to the first flag", "s", tuple(begun)), Figure("from the start to the last flag", "s", tuple(done)))
    return Report(figures, (), (f"{count:,} overdue, of which the first daemon left {min(lefts):,}–{max(lefts):,}.",))
