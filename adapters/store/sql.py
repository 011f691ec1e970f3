"""The store on a SQL database: SQLite in one file, or PostgreSQL.

What is special about a database is in its :class:`~adapters.store.backend.Backend`; the tables are SQLModel's, the statements are compiled
from them (:mod:`adapters.store.statements`) and run on the driver's own cursor.

Threads: one store may be shared by all threads; every transaction takes its own connection from the pool. A view or unit belongs to the
thread that entered it. A process that forks opens its store after the fork.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import finalize

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from adapters.store import migrations
from adapters.store.backend import Backend
from adapters.store.sqlite import Sqlite, foreign
from adapters.store.tables import VERSION_TABLE
from adapters.store.unit import SqlUnit, SqlView
from workflow.errors import ConfigError, ForeignStore, StoreUnavailable
from workflow.journal.canonical import hashed
from workflow.ports import Bell
from workflow.text import Text

if TYPE_CHECKING:
    from adapters.store.postgres import Postgres


class SqlStore:
    """A :class:`workflow.ports.Store` on its own database. Make it with :meth:`open`, or :meth:`joined` for a host's transaction."""

    def __init__(self, backend: Backend, engine: Engine, meta: Mapping[str, str]) -> None:
        self.backend = backend
        self.engine = engine
        """The pool of connections, for a host that reads the tables (:mod:`adapters.store.tables`) itself."""
        self._meta = meta
        self._closed = False
        self._leave = finalize(self, backend.leave, engine)  # also where a program ends, or drops the store, without closing it

    @classmethod
    def open(cls, url: str, *, create: bool = True, algorithm: str = "sha256") -> SqlStore:
        """Open the store at ``sqlite:///path``, a plain path, ``sqlite:///:memory:`` or ``postgresql://…``; bring its schema up to date.

        With ``create`` a store that is not there is made, with ``algorithm`` for its journal; a store that is there keeps its own. What an
        address may say: :meth:`adapters.store.sqlite.Sqlite.parse`, :meth:`adapters.store.postgres.Postgres.parse`. Raises
        :class:`~workflow.errors.ConfigError` for another kind of address or without the driver, :class:`~workflow.errors.StoreUnavailable`
        when there is no store or it cannot be used, :class:`~workflow.errors.ForeignStore` for what is something else, is damaged, or was
        written by a newer version.
        """
        backend = _postgres().parse(url) if url.startswith("postgresql") and "://" in url else Sqlite.parse(url)
        hashed(b"", algorithm)  # refused before a file is made where it is not to be had
        backend.prepare(create)
        return cls._opened(backend, create, algorithm)

    @classmethod
    def _opened(cls, backend: Backend, create: bool, algorithm: str) -> SqlStore:
        engine = backend.engine()
        try:
            with _typed(backend), engine.connect() as connection:
                cursor = connection.connection.cursor()
                tables = inspect(connection).get_table_names()
                known = VERSION_TABLE in tables
                if not known:
                    if tables or not create:
                        raise foreign(backend.location) if tables else backend.missing()
                    backend.found(cursor)
                older = known and migrations.revision(connection) != migrations.HEAD
                if older and backend.step_aside():
                    connection.close()
                    engine.dispose()
                    return cls._opened(backend, create, algorithm)
                if not known or older:
                    backend.alter(cursor)
                    settled = False
                    try:
                        _settle(connection, backend.location, algorithm)
                        settled = True
                    finally:
                        backend.end(cursor, write=True, commit=settled)
                meta = _facts(cursor, backend)
        except BaseException:
            engine.dispose()
            raise
        return cls(backend, engine, meta)

    @classmethod
    def joined(cls, connection: Connection, *, create: bool = True, algorithm: str = "sha256") -> JoinedStore:
        """A store whose units are savepoints in the host's own SQLAlchemy transaction: they are committed when the host commits.

        Our tables then lie in the host's database, under names that begin with ``duban_``; with ``create`` they are made, in that same
        transaction, if they are not there. Reads see what the host's transaction sees. The connection, and so the store, belongs to one
        thread. Raises what :meth:`open` raises.
        """
        backend: Backend
        named = f"{connection.dialect.name}+{connection.dialect.driver}"
        if named == "sqlite+pysqlite":
            backend = Sqlite(connection.engine.url.database or ":memory:")
        elif named == "postgresql+psycopg":
            backend = _postgres()(connection.engine.url.set(password=None).render_as_string())
        else:
            raise ConfigError(Text(f"不支持的数据库 {named}", f"a database that is not supported: {named}"))
        with _typed(backend):
            cursor = connection.connection.cursor()
            at = migrations.revision(connection)
            if at is None and not create:
                raise foreign(backend.location)
            if at != migrations.HEAD:
                backend.within(cursor)
                backend.alone(cursor)
                _settle(connection, backend.location, algorithm)
            meta = _facts(cursor, backend)
        return JoinedStore(backend, connection, meta)

    @contextmanager
    def read(self) -> Iterator[SqlView]:
        with self.transaction(write=False) as cursor:
            yield SqlView(cursor, self.backend, self._meta)

    @contextmanager
    def write(self) -> Iterator[SqlUnit]:
        with self.transaction(write=True) as cursor:
            unit = SqlUnit(cursor, self.backend, self._meta)
            yield unit
            unit.finish()
            self.backend.announce(cursor)
        if unit.erased:
            with _typed(self.backend), self._cursor() as cursor:
                self.backend.scrub(cursor)

    @contextmanager
    def watch(self) -> Iterator[Bell]:
        self._check()
        with _typed(self.backend), self.backend.bell(self.engine) as bell:
            yield bell

    def close(self) -> None:
        """Give up all connections. Transactions that are under way end first; a second call does nothing."""
        self._closed = True
        self._leave()

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Any]:
        """A cursor of the driver in a transaction, for what no unit does: copying a store as a whole. Raises as :meth:`write` does."""
        backend = self.backend
        with _typed(backend), self._cursor() as cursor:
            backend.begin(cursor, write=write)
            done = False
            try:
                yield cursor
                done = True
            finally:
                backend.end(cursor, write=write, commit=done)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        self._check()
        connection = self.engine.raw_connection()
        try:
            yield connection.cursor()
        finally:
            connection.close()

    def _check(self) -> None:
        if self._closed:
            raise StoreUnavailable(Text("存储已关闭", "the store is closed"), where=self.backend.location)


class JoinedStore:
    """A :class:`workflow.ports.Store` inside a host's transaction; see :meth:`SqlStore.joined`."""

    def __init__(self, backend: Backend, connection: Connection, meta: Mapping[str, str]) -> None:
        self.backend = backend
        self._connection = connection
        self._meta = meta

    @contextmanager
    def read(self) -> Iterator[SqlView]:
        with _typed(self.backend):
            yield SqlView(self._connection.connection.cursor(), self.backend, self._meta)

    @contextmanager
    def write(self) -> Iterator[SqlUnit]:
        with _typed(self.backend):
            cursor = self._connection.connection.cursor()
            self.backend.within(cursor)
            with self._connection.begin_nested():
                unit = SqlUnit(cursor, self.backend, self._meta)
                yield unit
                unit.finish()
                self.backend.announce(cursor)

    def watch(self) -> NoReturn:
        """Raises :class:`~workflow.errors.StoreUnavailable`: who waits for others opens a store of its own."""
        raise StoreUnavailable(
            Text("宿主事务中的存储不能等待", "a store inside a host's transaction cannot wait for others"),
            where=self.backend.location,
            hint=Text("用 SqlStore.open 另开一个", "open another one with SqlStore.open"),
        )

    def close(self) -> None:
        """Nothing: the connection is the host's."""


def _settle(connection: Connection, where: str, algorithm: str) -> None:
    """Bring the schema to the present revision, in the transaction that is open; somebody else may just have done so."""
    at = migrations.revision(connection)
    if at is None:
        migrations.create(connection, algorithm)
    elif at != migrations.HEAD and not migrations.upgrade(connection):
        raise _newer(where)


def _facts(cursor: Any, backend: Backend) -> Mapping[str, str]:
    meta = dict(cursor.execute(backend.statements.meta).fetchall())
    if meta.get("format") != migrations.FORMAT:
        raise _newer(backend.location)
    return MappingProxyType(meta)


def _postgres() -> type[Postgres]:
    """Raises :class:`~workflow.errors.ConfigError` where psycopg is not installed."""
    try:
        from adapters.store.postgres import Postgres
    except ImportError as e:
        raise ConfigError(
            Text("PostgreSQL 需要 psycopg", "PostgreSQL needs psycopg"),
            hint=Text("安装 duban 的扩展 postgres", "install duban with the extra postgres"),
        ) from e
    return Postgres


def _newer(where: str) -> ForeignStore:
    return ForeignStore(
        Text("由更新版本的 duban 写成", "it was written by a newer version of duban"),
        where=where,
        hint=Text("升级 duban", "upgrade duban"),
    )


@contextmanager
def _typed(backend: Backend) -> Iterator[None]:
    """Errors of the driver come out as errors of duban."""
    try:
        yield
    except NoConnection as e:
        raise backend.busy() from e
    except Exception as e:
        cause = e.orig if isinstance(e, DBAPIError) and e.orig is not None else e
        known = backend.error(cause)
        if known is None:
            raise
        raise known from e
