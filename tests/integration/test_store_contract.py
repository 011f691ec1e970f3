"""Every store that is shipped passes the contract that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from adapters.store.watch_contract import WatchContract
from tests.postgres import Server
from workflow.ports import Store


class TestSqliteFile(WatchContract):
    def make(self, path: Path) -> Store:
        return SqlStore.open(f"sqlite:///{path / 'duban.db'}")

    def reopen(self, path: Path) -> Store:
        return SqlStore.open(f"sqlite:///{path / 'duban.db'}", create=False)


class TestSqliteInMemory(WatchContract):
    def make(self, path: Path) -> Store:
        return SqlStore.open("sqlite:///:memory:")

    @pytest.mark.skip("one connection: a reader waits until the writer is done")
    def test_reading_while_somebody_writes(self, store: Store) -> None: ...

    @pytest.mark.skip("one connection: a writer waits until the reader is done")
    def test_a_view_does_not_change_under_its_reader(self, store: Store) -> None: ...


class TestPostgres(WatchContract):
    @pytest.fixture(autouse=True)
    def server(self, postgres_server: Server) -> None:
        self._server = postgres_server

    def make(self, path: Path) -> Store:
        self._url = self._server.fresh()
        return SqlStore.open(self._url)

    def reopen(self, path: Path) -> Store:
        return SqlStore.open(self._url, create=False)


class TestMemoryStore(WatchContract):
    def make(self, path: Path) -> Store:
        return MemoryStore()
