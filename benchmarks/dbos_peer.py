"""Durable steps beside dbos

The commands of the `durable` benchmark, on our side each with an idempotency key, because every step and workflow of `dbos` has one.
`dbos` keeps the document of each command and does nothing else with it: no rules, no roles, no due dates, no chain. Both are on SQLite at
`synchronous=FULL`. Two ways to use it; we must be ahead of the faster:

- a workflow a case with a step a command: the fewest commits that it can do, and fewer than an office could have, because real commands
  arrive over weeks and each would have to be received as a message first;
- a workflow a command: what a program writes whose commands come from outside.

Tried:

- `dbos` opens SQLite with the rollback journal and was slower that way; here its file is given WAL.
- A step inside each workflow of one command: slower for `dbos`, and left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.dispute import cases, engine, play, story
from benchmarks.measure import Goal, Plan, Report, Work, interleave, need, ratio

Document = dict[str, Any]


@contextmanager
def launched(path: Path) -> Iterator[tuple[Callable[[str, list[Document]], None], Callable[[str, Document], None]]]:
    """dbos running on a new file; gives a way to run a case, and one to run a command."""
    from dbos import DBOS, SetWorkflowID

    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    DBOS(config={"name": "benchmark", "system_database_url": f"sqlite:///{path}", "log_level": "ERROR"})

    @DBOS.step()
    def carry_out(document: Document) -> Document:
        return document

    @DBOS.workflow()
    def case(documents: list[Document]) -> None:
        for document in documents:
            carry_out(document)

    @DBOS.workflow()
    def command(document: Document) -> None:
        return None

    def run_case(name: str, documents: list[Document]) -> None:
        with SetWorkflowID(name):
            case(documents)

    def run_command(key: str, document: Document) -> None:
        with SetWorkflowID(key):
            command(document)

    DBOS.launch()
    try:
        yield run_case, run_command
    finally:
        DBOS.destroy(destroy_registry=True)


def run(plan: Plan) -> Report:
    need("dbos")
    names = [cases(number, plan.size(12, 1)) for number in range(plan.rounds)]
    documents: list[Document] = [command.document() for _, command in story()]
    path = plan.folder / "dbos.db"
    made, clock = engine(plan.folder / "ours.db")

    def ours(number: int) -> Work:
        return lambda: play(made, clock, names[number], keyed=True)

    with made, launched(path) as (run_case, run_command):

        def by_case(number: int) -> Work:
            def work() -> int:
                for name in names[number]:
                    run_case(name, documents)
                return len(names[number]) * len(documents)

            return work

        def by_command(number: int) -> Work:
            def work() -> int:
                for name in names[number]:
                    for step, document in enumerate(documents):
                        run_command(f"{name}/{step}", document)
                return len(names[number]) * len(documents)

            return work

        sides = {"duban": ours, "dbos, a workflow a case": by_case, "dbos, a workflow a command": by_command}
        figures = interleave(plan.rounds, sides, "commands/s")
    with closing(sqlite3.connect(path)) as connection:
        (done,) = connection.execute("SELECT count(*) FROM workflow_status WHERE status = 'SUCCESS'").fetchone()
    expected = sum(map(len, names)) * (1 + len(documents))
    assert done == expected, f"dbos finished {done} of {expected} workflows"
    ahead = ratio(figures["duban"], [figure for name, figure in figures.items() if name != "duban"])
    return Report((*figures.values(), ahead), (Goal(ahead, binds=1.0),), (f"{expected - sum(map(len, names))} commands a side.",))
