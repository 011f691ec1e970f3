"""What a SQL store must know of the database under it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Engine, Table

from adapters.store.statements import Compiler, Statements
from adapters.store.watch import WatchStatements
from workflow.errors import DubanError
from workflow.ports import Bell


class Backend(Protocol):
    """What a :class:`SqlStore` must know of its database. ``cursor`` is always the driver's own."""

    location: str

    @property
    def compiler(self) -> Compiler: ...

    @property
    def statements(self) -> Statements: ...

    @property
    def watching(self) -> WatchStatements: ...

    def engine(self) -> Engine: ...

    def prepare(self, create: bool) -> None:
        """Before the first connection."""

    def found(self, cursor: Any) -> None:
        """Before the tables are made."""

    def missing(self) -> DubanError:
        """What it is when there is no table of ours, and none of anybody, and none may be made."""

    def begin(self, cursor: Any, *, write: bool) -> None: ...

    def alter(self, cursor: Any) -> None:
        """Begin the transaction in which the schema is made or changed: one at a time, and what it reads is the latest."""

    def step_aside(self) -> bool:
        """Before a schema is changed: go on with a private copy where the database itself must stay as it is. ``False``: it need not."""

    def announce(self, cursor: Any) -> None:
        """In a transaction that wrote, before it is committed: ring the bells when it is."""

    def end(self, cursor: Any, *, write: bool, commit: bool) -> None: ...

    def within(self, cursor: Any) -> None:
        """Before a savepoint on a connection of the host."""

    def alone(self, cursor: Any) -> None:
        """In the transaction of a host: wait until nobody else makes or changes the schema."""

    def rows(self, cursor: Any, number: int, sql: str, values: tuple[object, ...], size: int) -> Iterator[list[Any]]:
        """A long result in lists of at most ``size`` rows; ``number`` is another one for each result of a view."""

    def move_marks(self, cursor: Any, sql: str, rows: list[tuple[str, str]]) -> None:
        """The last that a unit writes. A mark that somebody else is moving may stay as he leaves it."""

    def numbered(self, cursor: Any, table: Table) -> None:
        """After rows were added with the numbers that they had elsewhere: new rows go on after the highest."""

    def leave(self, engine: Engine) -> None:
        """Close the connections that are in nobody's hands, for good."""

    def bell(self, engine: Engine) -> AbstractContextManager[Bell]: ...

    def hold(self, cursor: Any, cases: list[str]) -> None:
        """Before entries of these cases are written: wait for whoever is writing to them."""

    def overtaken(self, cause: BaseException) -> bool:
        """Whether :meth:`hold` failed because somebody wrote to one of them since this transaction began to read."""

    def erase(self, cursor: Any, sql: str, key: tuple[str | int, ...]) -> bool: ...

    def scrub(self, cursor: Any) -> None:
        """After a transaction that erased was committed."""

    def error(self, cause: BaseException) -> DubanError | None: ...

    def duplicate(self, cause: BaseException) -> bool: ...

    def busy(self) -> DubanError: ...
