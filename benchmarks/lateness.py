"""How late a flag is

Daemons in processes of their own, on the system clock, and cases whose one duty falls due at instants evenly spread over a window: so many
due a second, beside so many obligations that are pending and not due for decades. Lateness is the instant that stands in the flag's entry
of the journal, less the due instant; and, beside it, the instant at which the daemon had committed that flag, less the due instant.

SQLite is in WAL mode with `synchronous=FULL`, with one daemon. PostgreSQL runs on the same machine, with `fsync`, on two cores that it
shares with its two daemons and with whoever looks on. The cases that fall due were opened through the engine on a procedure with one duty;
of those pending only the derived rows are there (a case and a due date each), which is all that a sweep reads of what it does not take.
Each flag makes messages in the outbox; nobody sends them here. The window is {SECONDS} s; what is aimed at is measured in every round, the
rest in one.

Tried:

- The first instant at which something wakes, as `min()` beside a condition on another table: PostgreSQL read every case for it. It is
  the first in the order of the index now.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.store.sql import SqlStore
from benchmarks import watched
from benchmarks.measure import Figure, Goal, Plan, Report, Skipped
from workflow.engine import Engine
from workflow.moment import unstamp

SECONDS = 15
assert __doc__
__doc__ = __doc__.replace("{SECONDS}", str(SECONDS))
PENDING, RATES = (1_000, 100_000, 1_000_000), (1, 100, 1_000)
_AIMS = {("SQLite", 1_000_000, 1): 0.1, ("PostgreSQL", 1_000_000, 1): 0.1, ("PostgreSQL", 1_000_000, 1_000): 1.0}
_LINE = "| {} | {} | {} | {} | {} | {} | {} |"


@dataclass(frozen=True)
class Lateness:
    """Seconds, of each flag."""

    journaled: list[float]
    committed: list[float]


def quantile(values: list[float], share: float) -> float:
    """The smallest value that so many are not above."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def measured(made: Engine, watchers: list[watched.Watcher], rate: int, seconds: float, prefix: str) -> Lateness:
    """Open cases that fall due ``rate`` a second for so many seconds, and wait until all are flagged."""
    count = max(1, int(rate * seconds))
    begin = time.perf_counter()
    pilot = [f"{prefix}-pilot-{number}" for number in range(min(count, 50))]
    watched.owed(made, pilot, [datetime.now(UTC) + timedelta(minutes=59)] * len(pilot))
    each = (time.perf_counter() - begin) / len(pilot)
    first, margin = datetime.now(UTC), 2.0
    while datetime.now(UTC) >= first:  # at first, and when it took longer to open them: others are opened, with more time
        names = [f"{prefix}-{margin:.0f}-{number:06}" for number in range(count)]
        first = datetime.now(UTC) + timedelta(seconds=0.5 + margin * each * count)
        dues = [first + timedelta(seconds=number / rate) for number in range(count)]
        for at in range(0, count, 500):
            watched.owed(made, names[at : at + 500], dues[at : at + 500])
        margin *= 2
    found = watched.committed(watchers, set(names), (first - datetime.now(UTC)).total_seconds() + seconds + 120)
    store = made.store
    assert isinstance(store, SqlStore)
    with store.transaction(write=False) as cursor:
        cursor.execute(f"SELECT \"case\", recorded FROM duban_entry WHERE kind = 'flagged' AND \"case\" LIKE '{names[0][:-6]}%'")
        recorded = dict(cursor.fetchall())
    return Lateness(
        [(unstamp(recorded[name]) - due).total_seconds() for name, due in zip(names, dues, strict=True)],
        [found[name] - due.timestamp() for name, due in zip(names, dues, strict=True)],
    )


def on(database: str, url: str, daemons: int, plan: Plan) -> Iterator[tuple[tuple[str, int, int], Lateness]]:
    there = 0
    with watched.engine(url) as made:
        for pending in PENDING if not plan.quick else (100,):
            watched.dormant(made, pending, there)
            there = pending
            with watched.watching(url, plan.folder, daemons) as watchers:
                for rate in RATES if not plan.quick else (20,):
                    for number in range(plan.rounds if (database, pending, rate) in _AIMS else 1):
                        prefix = f"due-{pending}-{rate}-{number}"
                        yield (database, pending, rate), measured(made, watchers, rate, SECONDS if not plan.quick else 0.2, prefix)


def run(plan: Plan) -> Report:
    found: dict[tuple[str, int, int], list[Lateness]] = {}
    notes: list[str] = []
    for of, lateness in on("SQLite", str(plan.folder / "watched.db"), 1, plan):
        found.setdefault(of, []).append(lateness)
    try:
        with watched.postgres() as url:
            for of, lateness in on("PostgreSQL", url, 2, plan):
                found.setdefault(of, []).append(lateness)
    except Skipped as reason:
        notes.append(f"PostgreSQL: {reason}.")
    lines = [_LINE.format("", "pending", "due a second", "p50", "p99", "max", "p99 until committed"), "|---|---:|---:|---:|---:|---:|---:|"]
    for (database, pending, rate), rounds in found.items():
        journaled, until = ([v for r in rounds for v in values(r)] for values in (_journaled, _committed))
        numbers = (quantile(journaled, 0.5), quantile(journaled, 0.99), max(journaled), quantile(until, 0.99))
        lines.append(_LINE.format(database, f"{pending:,}", f"{rate:,}", *(f"{number:.3f} s" for number in numbers)))
    figures, goals = [], []
    for of, rounds in found.items():
        aim = _AIMS.get(of)
        if aim is not None or plan.quick:
            name = f"{of[0]}, {of[1]:,} pending, {of[2]:,} due a second, p99"
            figures.append(Figure(name, "s", tuple(quantile(r.journaled, 0.99) for r in rounds)))
            goals.append(Goal(figures[-1], direction=aim, most=True))
    return Report(tuple(figures), tuple(goals), ("\n".join(lines), *notes))


def _journaled(lateness: Lateness) -> list[float]:
    return lateness.journaled


def _committed(lateness: Lateness) -> list[float]:
    return lateness.committed
