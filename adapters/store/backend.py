"""What a SQL store must know of the database under it."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Engine

from adapters.store.statements import Statements
from adapters.store.watch import WatchStatements
from workflow.errors import DubanError


class Backend(Protocol):
    """What a :class:`SqlStore` must know of its database. ``cursor`` is always the driver's own."""

    location: str

    @property
    def statements(self) -> Statements: ...

    @property
    def watching(self) -> WatchStatements: ...

    def engine(self) -> Engine: ...

    def prepare(self, create: bool) -> None:
        """Before the first connection."""

    def found(self, cursor: Any) -> None:
        """Before the tables are made."""

    def begin(self, cursor: Any, *, write: bool) -> None: ...

    def end(self, cursor: Any, *, write: bool, commit: bool) -> None: ...

    def within(self, cursor: Any) -> None:
        """Before a savepoint on a connection of the host."""

    def erase(self, cursor: Any, sql: str, key: tuple[str | int, ...]) -> bool: ...

    def scrub(self, cursor: Any) -> None:
        """After a transaction that erased was committed."""

    def error(self, cause: BaseException) -> DubanError | None: ...

    def duplicate(self, cause: BaseException) -> bool: ...

    def busy(self) -> DubanError: ...
