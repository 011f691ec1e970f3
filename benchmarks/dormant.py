"""What does not fall due costs nothing

The same sweep on two stores that differ in nothing but the number of obligations that are pending and not due for decades: 1,000 and
1,000,000. In every round each store gets as many cases that fall due, in turns; what is counted is the statements of one sweep, those of
looking for the next wake-up included, as the driver runs them, and its time. Of those pending only the derived rows are there (see
`lateness`).

Memory: the resident set of a process that keeps watch for a simulated month: disputes are opened and played to their end every day, and
swept at every instant at which something is due, on a clock that is moved by hand. Before the month begins it has worked until the folded
cases that are kept in memory are as many as are ever kept.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.host import FixedClock
from adapters.store.sql import SqlStore
from benchmarks import watched
from benchmarks.dispute import BEGIN, PROCEDURE, story
from benchmarks.dispute import engine as dispute_engine
from benchmarks.measure import Figure, Goal, Plan, Report, Skipped, Work, interleave, ratio
from workflow import sources
from workflow.command import Open, Said
from workflow.engine import Engine
from workflow.organisation import Actor

DUE = 50
"""Cases that a sweep finds due."""


class Counter:
    """Counts what cursors run: a statement with many rows is one."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def on(self, store: Any) -> Iterator[None]:
        assert isinstance(store, SqlStore)
        given = store._cursor

        @contextmanager
        def counted() -> Iterator[Any]:
            with given() as cursor:
                yield _Counted(cursor, self)

        store._cursor = counted  # type: ignore[method-assign]
        try:
            yield
        finally:
            store._cursor = given  # type: ignore[method-assign]


class _Counted:
    def __init__(self, cursor: Any, counter: Counter) -> None:
        object.__setattr__(self, "_cursor", cursor)
        object.__setattr__(self, "_counter", counter)

    def execute(self, *arguments: Any, **options: Any) -> Any:
        self._counter.count += 1
        return self._cursor.execute(*arguments, **options)

    def executemany(self, *arguments: Any, **options: Any) -> Any:
        self._counter.count += 1
        return self._cursor.executemany(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._cursor, name, value)


class Place:
    """A store with dormant obligations, swept on a clock that stands."""

    def __init__(self, url: str, pending: int) -> None:
        self.clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
        self.engine = watched.engine(url, self.clock)
        watched.dormant(self.engine, pending)
        self.statements: list[float] = []

    def side(self, number: int) -> Work:
        due = self.clock.now() + timedelta(minutes=10)
        watched.owed(self.engine, [f"due-{number}-{k}" for k in range(DUE)], [due] * DUE)
        self.clock.set(due + timedelta(seconds=1))
        counter = Counter()

        def work() -> int:
            with counter.on(self.engine.store):
                flagged = sum(len(result.acts) for part in self.engine.sweep() for result in part.done)
                self.engine.next_waking()
            assert flagged == DUE, f"{flagged} flags"
            self.statements.append(float(counter.count))
            return 1

        return work


def compared(database: str, urls: tuple[str, str], plan: Plan) -> tuple[tuple[Figure, ...], tuple[Goal, ...]]:
    few, many = 1_000, plan.size(1_000_000, 3_000)
    names = [f"{database}, {count:,} dormant" for count in (few, many)]
    with ExitStack() as stack:
        places = [Place(url, count) for url, count in zip(urls, (few, many), strict=True)]
        for place in places:
            stack.enter_context(place.engine)
            place.side(-1)()  # what is read once and kept
            place.statements.clear()
        rounds = plan.rounds * plan.size(4, 1)
        figures = interleave(rounds, {name: place.side for name, place in zip(names, places, strict=True)}, "sweeps/s")
    statements = [Figure(f"{name}: statements", "a sweep", tuple(p.statements)) for name, p in zip(names, places, strict=True)]
    same = ratio(statements[1], statements[0])
    speed = ratio(figures[names[1]], figures[names[0]])
    goals = (Goal(same, binds=1.0, direction=1.0, most=True), Goal(speed, direction=0.9))
    return (*statements, *figures.values(), speed), goals


# memory -------------------------------------------------------------------------------------------------------------------------------


def resident() -> int:
    """KiB of this process that are in memory."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def month(path: Path, days: int, cases: int, before: int) -> None:
    """Work day by day, and print the resident set at the end of each of the last ``days`` and of the day before them."""
    made, clock = dispute_engine(path)
    with made:
        made.routing = watched.ROUTING
        first = clock.now()
        live: dict[str, int] = {}
        for day in range(before + days):
            for number in range(cases):
                live[f"dispute-{day:03}-{number:03}"] = 0
            begin = first + timedelta(days=day)
            _day(made, clock, begin, live)
            if day >= before - 1:
                print(resident(), flush=True)


def _day(made: Engine, clock: FixedClock, begin: datetime, live: dict[str, int]) -> None:
    """All that the open cases have to do on one day, in order of time, in a transaction for each instant, and a sweep at each wake-up."""
    steps = [(after, replace(command, said=Said(actor=Actor(command.said.actor.role)))) for after, command in story()]
    todo: list[tuple[datetime, str]] = []
    for case, at in live.items():
        opened = BEGIN - timedelta(days=1) + timedelta(days=int(case.split("-")[1]))
        for after, _ in steps[at:]:
            if opened + after < begin + timedelta(days=1):
                todo.append((opened + after, case))
    for instant in sorted({instant for instant, _ in todo}):
        while (following := made.next_waking()) is not None and following <= instant:
            clock.set(following)
            made.tick()
        clock.set(instant)
        with made.batch() as batch:
            for at, case in todo:
                if at == instant:
                    command = steps[live[case]][1]
                    batch.open(PROCEDURE, command, case=case) if isinstance(command, Open) else batch.do(case, command)
                    live[case] += 1
    for case in [case for case, at in live.items() if at == len(steps)]:
        del live[case]


def memory(plan: Plan) -> tuple[Figure, list[int]]:
    days, cases = plan.size(30, 2), plan.size(60, 1)
    before = plan.size(sources.KEEP // cases + 22, 1)  # a dispute lasts 21 days
    command = [sys.executable, "-m", "benchmarks.dormant", str(plan.folder / "month.db"), *map(str, (days, cases, before))]
    said = subprocess.run(command, cwd=watched.ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    values = [int(line) for line in said.split()]
    return Figure("resident set after the month / before it", "×", (values[-1] / values[0],)), values


def run(plan: Plan) -> Report:
    folder, notes = plan.folder, []
    figures, goals = compared("SQLite", (str(folder / "few.db"), str(folder / "many.db")), plan)
    try:
        with watched.postgres() as one, watched.postgres() as other:
            more = compared("PostgreSQL", (one, other), plan)
            figures, goals = (*figures, *more[0]), (*goals, *more[1])
    except Skipped as reason:
        notes.append(f"PostgreSQL: {reason}.")
    if not Path("/proc/self/status").exists():
        return Report(figures, goals, (*notes, "Memory: not measured, this system has no /proc."))
    grown, values = memory(plan)
    notes.append(f"Resident set at the end of each day of the month: {min(values) / 1024:.0f}–{max(values) / 1024:.0f} MiB.")
    return Report((*figures, grown), (*goals, Goal(grown, direction=1.05, most=True)), tuple(notes))


if __name__ == "__main__":
    month(Path(sys.argv[1]), *map(int, sys.argv[2:]))
