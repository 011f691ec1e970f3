"""What goes wrong around a PostgreSQL server, and what it gets: a typed error, and nothing half-written."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from adapters.store.contract import T0, due, entry, keys, row
from adapters.store.sql import SqlStore
from tests import postgres
from tests.postgres import Server
from workflow.errors import DubanError, OutcomeUnknown, StoreBusy, StoreUnavailable
from workflow.journal.entry import Private


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that may be stopped and killed."""
    try:
        postgres.imported()
        server = Server.make()
    except Exception as e:
        pytest.skip(f"no PostgreSQL server can be started here: {e}")
    yield server
    server.remove()


@pytest.fixture
def store(own: Server) -> Iterator[SqlStore]:
    store = SqlStore.open(own.fresh())
    with store.write() as unit:
        unit.append([(entry("a", 1), Private(b"s", b"d"))])
    yield store
    store.close()


def _bilingual(error: DubanError) -> None:
    assert error.message.zh and error.message.en and error.message.zh != error.message.en
    assert error.hint is not None
    assert error.where


def _kill(store: SqlStore, whose: str) -> None:
    """The server drops the connections whose last statement is like this."""
    with store.engine.connect() as connection:
        asked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE %s"
        connection.exec_driver_sql(asked, (whose,)).fetchall()


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_restarted_in_the_middle_leaves_nothing_half_written(own: Server, store: SqlStore, how: str) -> None:
    with pytest.raises(StoreUnavailable) as caught, store.write() as unit:
        unit.append([(entry("b", n), None) for n in range(1, 50)])
        unit.put_case(row("b", 49))
        unit.put_dues("b", [due("b", "r", T0)])
        assert len(unit.entries("b")) == 49
        own.stop(how)
        own.start()
        unit.append([(entry("b", 50), None)])
    _bilingual(caught.value)
    assert not isinstance(caught.value, OutcomeUnknown), "it was lost before the commit"
    with store.read() as view:  # the first use after the restart: nobody has to try twice
        assert keys(view.journal()) == [("a", 1)]
        assert (view.case("b"), list(view.dues())) == (None, [])
    with store.write() as unit:
        unit.append([(entry("a", 2), None)])


def test_a_server_that_is_away(own: Server, store: SqlStore) -> None:
    own.stop("fast")
    try:
        for use in (store.read, store.write):
            with pytest.raises(StoreUnavailable) as caught, use():
                pass
            _bilingual(caught.value)
            assert not isinstance(caught.value, StoreBusy)
        with pytest.raises(StoreUnavailable), store.watch():
            pass
    finally:
        own.start()
    with store.read() as view:
        assert keys(view.journal()) == [("a", 1)]


def test_a_bell_outlives_the_server_and_rings_when_it_is_back(own: Server, store: SqlStore) -> None:
    with store.watch() as bell:
        own.stop("fast")
        try:
            assert bell.wait(0.1) is False
        finally:
            own.start()
        assert bell.wait(20) is True, "something may have been missed"
        assert bell.wait(0) is False
        with ThreadPoolExecutor(1) as pool:
            _kill(store, "LISTEN%")
            assert bell.wait(20) is True
            pool.submit(_note, store).result(timeout=10)
            assert bell.wait(20) is True


def _note(store: SqlStore) -> None:
    with store.write() as unit:
        unit.append([(entry("bell", 1), None)])


def test_a_connection_that_the_server_drops_between_two_statements(store: SqlStore) -> None:
    with pytest.raises(StoreUnavailable), store.write() as unit:
        unit.append([(entry("b", 1), None)])
        assert len(unit.entries("b")) == 1
        _kill(store, "%duban_entry%")
        unit.cases()
    with store.read() as view:
        assert keys(view.journal()) == [("a", 1)]


def test_too_many_connections_are_busy(own: Server) -> None:
    name = own.fresh()
    with closing(SqlStore.open(name)) as first:
        user = "CREATE ROLE narrow LOGIN CONNECTION LIMIT 1"
        with first.engine.connect() as connection:
            connection.exec_driver_sql(user)
            connection.exec_driver_sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO narrow")
        with (
            closing(SqlStore.open(name.replace("postgres@", "narrow@"), create=False)) as one,
            one.read(),
            pytest.raises(StoreBusy) as caught,
            one.read(),
        ):
            pass
    _bilingual(caught.value)


def test_a_user_who_may_not_write(own: Server) -> None:
    url = own.fresh()
    with closing(SqlStore.open(url)) as store:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("CREATE ROLE reader LOGIN")
            connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        with closing(SqlStore.open(url.replace("postgres@", "reader@"), create=False)) as other:
            with other.read() as view:
                assert keys(view.journal()) == []
            with pytest.raises(StoreUnavailable) as caught, other.write() as unit:
                unit.append([(entry("a", 1), None)])
    _bilingual(caught.value)
    assert "permission" in caught.value.message.en


# cut off while committing -------------------------------------------------------------------------------------------------------------


class Cutter:
    """A socket between us and the server that cuts the connection when a word passes: before it is handed on, or after."""

    def __init__(self, server: Server, word: bytes, *, hand_on: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="duban-cut-"))
        self.armed = False
        self._server, self._word, self._hand_on = server, word, hand_on
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server.folder / ".s.PGSQL.5432"))
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client, server:
            while data := client.recv(65536):
                cut = self.armed and self._word in data
                if cut and self._hand_on:
                    client.shutdown(socket.SHUT_RDWR)
                if not cut or self._hand_on:
                    server.sendall(data)
                if cut:
                    if self._hand_on:
                        server.settimeout(10)
                        threading.Event().wait(0.3)  # the server is committing; its answer goes nowhere
                    return

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)

    def close(self) -> None:
        self._listening.close()
        (self.folder / ".s.PGSQL.5432").unlink()
        self.folder.rmdir()


@pytest.mark.parametrize("hand_on", [True, False])
def test_a_connection_that_is_cut_while_committing_has_an_unknown_outcome(own: Server, hand_on: bool) -> None:
    url = own.fresh()
    SqlStore.open(url).close()
    cutter = Cutter(own, b"COMMIT", hand_on=hand_on)
    try:
        with closing(SqlStore.open(url.replace(str(own.folder), str(cutter.folder)), create=False)) as store:
            cutter.armed = True
            with pytest.raises(OutcomeUnknown) as caught, store.write() as unit:
                unit.append([(entry("a", n), None) for n in (1, 2, 3)])
                unit.put_case(row("a", 3))
            cutter.armed = False
            _bilingual(caught.value)
            assert caught.value.code == "store.unknown"
            with store.read() as view:
                found = (keys(view.journal()), view.case("a"))
    finally:
        cutter.close()
    assert found == (([("a", 1), ("a", 2), ("a", 3)], row("a", 3)) if hand_on else ([], None)), "whole, or not at all"
