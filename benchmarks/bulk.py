"""Bulk intake: many commands in one transaction

The same cases taken in through `Engine.batch`, all commands of a round in one transaction, its commit included, on the same disk at
`synchronous=FULL`. Entered as they happen: every command at the instant of the batch. Entered afterwards: each says when it happened, and
all are entered after the last, as a paper register is. The bare side writes the rows of the former, all in one transaction.

Tried:

- Derived rows (`duban_case`, `duban_due`) are written once for each case at the end of the batch, not once for each command.
- Entries are kept back and written with one `executemany` for each table.
"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from adapters.host import FixedClock
from benchmarks.dispute import BEGIN, PROCEDURE, cases, engine, story
from benchmarks.durable import Tracer, Transaction, bare, connect, content
from benchmarks.measure import Goal, Plan, Report, Work, interleave, ratio
from workflow.command import Open
from workflow.engine import Engine


def take_in(made: Engine, clock: FixedClock, names: list[str], late: bool = False) -> int:
    """All commands of all cases in one transaction; how many there were."""
    clock.set(BEGIN + timedelta(days=30 if late else 0))
    commands = [command for _, command in story(late)]
    with made.batch() as batch:
        for name in names:
            for command in commands:
                if isinstance(command, Open):
                    batch.open(PROCEDURE, command, case=name)
                else:
                    batch.do(name, command)
    return len(names) * len(commands)


def run(plan: Plan) -> Report:
    names = [cases(number, plan.size(200, 2)) for number in range(plan.rounds)]
    recorded: list[list[Transaction]] = []
    made, clock = engine(plan.folder / "traced.db")
    with made:
        tracer = Tracer(made.store)  # type: ignore[arg-type]
        for some in names:
            take_in(made, clock, some)
            recorded.append(tracer.transactions)
            tracer.transactions = []
    made, clock = engine(plan.folder / "ours.db")
    other, other_clock = engine(plan.folder / "late.db")
    engine(plan.folder / "bare.db")[0].close()

    def at_once(number: int) -> Work:
        return lambda: take_in(made, clock, names[number])

    def afterwards(number: int) -> Work:
        return lambda: take_in(other, other_clock, names[number], late=True)

    with made, other, closing(connect(plan.folder / "bare.db")) as connection:

        def bare_side(number: int) -> Work:
            def work() -> int:
                bare(connection, recorded[number])
                return len(names[number]) * len(story())

            return work

        sides = {"duban, as they happen": at_once, "duban, entered afterwards": afterwards, "bare sqlite3": bare_side}
        figures = interleave(plan.rounds, sides, "commands/s")
    assert content(plan.folder / "ours.db") == content(plan.folder / "bare.db"), "the bare side did not write what the engine wrote"
    ours = [figures[name] for name in list(sides)[:2]]
    return Report(
        (*figures.values(), ratio(ours[0], figures["bare sqlite3"])),
        tuple(Goal(figure, binds=5000, direction=20_000) for figure in ours),
        (f"{len(names[0]) * len(story()):,} commands in each transaction, on {len(names[0])} cases.",),
    )
