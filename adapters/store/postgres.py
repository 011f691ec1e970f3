"""What is special about PostgreSQL: addresses, who may write when, and what its errors mean. Needs the extra ``postgres`` (psycopg 3).

Every transaction is ``REPEATABLE READ``: what a unit reads is one snapshot, and a row that somebody else changed since cannot be changed
on top of it. A number of a case that was taken meanwhile is refused by the key of the journal (``StaleVersion``); any other clash of two
writers ends one of them with ``StoreBusy``, to be tried again. Where the very first statement of a unit meets such a clash (a sweep that
claims what another daemon has just finished), nothing was read yet, and it is begun again here.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, QueuePool, Table, bindparam, create_engine, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from adapters.store.bell import CHANNEL, PostgresBell
from adapters.store.statements import CASE, Compiler, Statements, compiled
from adapters.store.tables import Word
from adapters.store.watch import WatchStatements, watch_statements
from workflow.errors import BadInput, ConfigError, DubanError, ForeignStore, NoStore, OutcomeUnknown, StoreBusy, StoreUnavailable
from workflow.text import Text

logging.getLogger("psycopg").addHandler(logging.NullHandler())
"""What it warns of while an error is on its way belongs to the error, not on the standard error of a command."""

SCHEME = "postgresql"
_DEFAULT_TIMEOUT = 5.0
_LONGEST = 86400.0
_MIGRATING = 7_240_924
"""The advisory lock that is held while the schema is made or changed."""
_PATIENCE = 60_000
"""Milliseconds that a process waits for another one that is changing the schema."""
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
"""A server that was cut off is given up after a minute, not after the quarter of an hour of the operating system."""


@cache
def _dialect() -> PGDialect_psycopg:
    return PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]


@cache
def _statements() -> Statements:
    return compiled(_dialect())


@cache
def _watching() -> WatchStatements:
    return watch_statements(_dialect())


@cache
def _holding() -> str:
    some = func.any(bindparam("cases", type_=ARRAY(Word)))
    return Compiler(_dialect()).text(select(CASE.c.id).where(CASE.c.id == some).order_by(CASE.c.id).with_for_update(), "cases")


class _Cursor(psycopg.Cursor[Any]):
    """Begins the transaction again where its first statement clashed with another writer: nothing was read that could be stale."""

    again: str | None = None
    """How to begin again, until the first statement was run."""
    until = 0.0

    def execute(self, *arguments: Any, **options: Any) -> Any:
        return self._first(super().execute, *arguments, **options)

    def executemany(self, *arguments: Any, **options: Any) -> None:
        self._first(super().executemany, *arguments, **options)

    def _first(self, run: Any, *arguments: Any, **options: Any) -> Any:
        begin, self.again = self.again, None
        while True:
            try:
                return run(*arguments, **options)
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                if begin is None or monotonic() >= self.until:
                    raise
                super().execute("ROLLBACK", prepare=False)
                super().execute(begin, prepare=False)


class Postgres:
    """One PostgreSQL database: where it is and how it is used. Satisfies :class:`adapters.store.backend.Backend`."""

    def __init__(self, location: str, conninfo: str = "", *, timeout: float = _DEFAULT_TIMEOUT) -> None:
        self.location = location
        """The address without its password."""
        self.timeout = timeout
        self._conninfo = conninfo
        lock = f"SET LOCAL lock_timeout = {max(1, int(timeout * 1000))}"
        self._reading = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        self._writing = f"BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE; {lock}"
        self._altering = f"BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; SET LOCAL lock_timeout = {_PATIENCE}"

    @classmethod
    def parse(cls, url: str) -> Postgres:
        """Read ``postgresql://user@host:port/database?…``; what is left out comes from the environment of libpq (``PGHOST``, a
        ``.pgpass`` file, …), and every parameter of libpq may be said.

        ``?timeout=SECONDS`` is ours: how long to wait for another writer, for a free connection and for the server (5 by default).
        Raises :class:`~workflow.errors.ConfigError`, whose text never repeats the address.
        """
        rest, _, query = url.partition("?")
        said = [part for part in query.split("&") if part]
        own = [part.partition("=")[2] for part in said if part.startswith("timeout=")]
        try:
            timeout = float(own[-1]) if own else _DEFAULT_TIMEOUT
            if not 0 <= timeout <= _LONGEST:
                raise ValueError(timeout)
            others = "&".join(part for part in said if not part.startswith("timeout="))
            given = conninfo_to_dict(f"{SCHEME}://{rest.split('://', 1)[1]}" + (f"?{others}" if others else ""))
            if not all(port.isdigit() for port in str(given.get("port") or "5432").split(",")):
                raise ValueError("port")
        except (ValueError, IndexError, psycopg.Error) as e:
            raise _misread() from e
        defaults: dict[str, Any] = {**_KEEPALIVE, "connect_timeout": max(2, round(timeout)), "application_name": "duban"}
        return cls(_shown(given), make_conninfo("", **{**defaults, **given}), timeout=timeout)

    @property
    def compiler(self) -> Compiler:
        return Compiler(_dialect())

    @property
    def statements(self) -> Statements:
        return _statements()

    @property
    def watching(self) -> WatchStatements:
        return _watching()

    # connections ------------------------------------------------------------------------------------------------------------------

    def engine(self) -> Engine:
        """The pool of connections; one that the server dropped is noticed and replaced before it is used."""
        return create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=5,
            max_overflow=15,
            pool_timeout=self.timeout,
            pool_pre_ping=True,
            pool_reset_on_return=None,
            use_native_hstore=False,
        )

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._conninfo, autocommit=True, cursor_factory=_Cursor)
        # A plan that the server keeps from when a table was small would read the whole of it long after; each statement has its index.
        connection.execute("SET enable_seqscan = off; SET jit = off")
        return connection

    def leave(self, engine: Engine) -> None:
        engine.dispose()

    def bell(self, engine: Engine) -> PostgresBell:
        return PostgresBell(self._connect, self.error)

    def prepare(self, create: bool) -> None:
        """Nothing: the database is made by who runs the server."""

    def found(self, cursor: Any) -> None:
        """Nothing: the schema is made in one transaction like any other."""

    def missing(self) -> DubanError:
        return NoStore(
            Text("这个数据库里还没有存储", "there is no store in this database yet"),
            where=self.location,
            hint=Text("用 duban init 建立,或检查地址", "make one with duban init, or check the address"),
        )

    # transactions -----------------------------------------------------------------------------------------------------------------

    def begin(self, cursor: Any, *, write: bool) -> None:
        begin = self._writing if write else self._reading
        cursor.execute(begin, prepare=False)
        cursor.again, cursor.until = begin, monotonic() + self.timeout

    def alter(self, cursor: Any) -> None:
        cursor.execute(self._altering, prepare=False)
        self.alone(cursor)

    def step_aside(self) -> bool:
        return False

    def alone(self, cursor: Any) -> None:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,), prepare=False)

    def announce(self, cursor: Any) -> None:
        """Ring the bells of all daemons when this transaction is committed."""
        cursor.execute(f"NOTIFY {CHANNEL}", prepare=False)

    def end(self, cursor: Any, *, write: bool, commit: bool) -> None:
        """Commit or roll back.

        Raises :class:`~workflow.errors.OutcomeUnknown` when the connection is lost while the server is committing: it may have done so.
        """
        connection, cursor.again = cursor.connection, None
        try:
            if commit and connection.info.transaction_status == TransactionStatus.INERROR:
                raise self._unavailable(  # PostgreSQL would answer COMMIT with a silent ROLLBACK
                    Text("事务中有语句失败,什么也没有写入", "a statement of the transaction had failed, nothing was written"),
                    Text("再试同一命令", "try the same command again"),
                )
            if commit:
                cursor.execute("COMMIT", prepare=False)
        except psycopg.Error as e:
            if write and connection.closed:
                raise self._unknown() from e
            raise
        finally:
            if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                cursor.execute("ROLLBACK", prepare=False)

    def within(self, cursor: Any) -> None:
        """Make sure that a host's connection is in a transaction: a savepoint outside one would commit by itself."""
        connection = cursor.connection
        if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
            cursor.execute("BEGIN")

    def rows(self, cursor: Any, number: int, sql: str, values: tuple[object, ...], size: int) -> Any:
        """Rows of a long result, ``size`` at a time and never all in memory; a cursor of the server that ends with its transaction."""
        name, fetching = f"duban_{number}", cursor.connection.cursor()
        fetching.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", values, prepare=False)
        while rows := fetching.execute(f"FETCH FORWARD {size} FROM {name}", prepare=False).fetchall():
            yield rows
        fetching.execute(f"CLOSE {name}", prepare=False)

    def move_marks(self, cursor: Any, sql: str, rows: list[tuple[str, str]]) -> None:
        """A mark that another transaction moved meanwhile is left to it: daemons would otherwise undo each other's sweeps for its sake."""
        cursor.execute("SAVEPOINT duban_marks")
        try:
            cursor.executemany(sql, sorted(rows))
        except (psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            cursor.execute("ROLLBACK TO SAVEPOINT duban_marks")
        cursor.execute("RELEASE SAVEPOINT duban_marks")

    def numbered(self, cursor: Any, table: Table) -> None:
        column = table.autoincrement_column
        if column is not None:
            text = self.compiler.text
            (last,) = cursor.execute(text(select(func.max(column)))).fetchone()
            name = func.pg_get_serial_sequence(bindparam("table"), bindparam("column"))
            if last is not None:
                onward = text(select(func.setval(name, bindparam("last"))), "table", "column", "last")
                cursor.execute(onward, (table.name, column.name, last))

    def hold(self, cursor: Any, cases: list[str]) -> None:
        """Lock the rows of the cases: a clerk and a sweep would else wait for each other, one at the row, one at the number."""
        cursor.execute(_holding(), (cases,))

    def overtaken(self, cause: BaseException) -> bool:
        return isinstance(cause, psycopg.errors.SerializationFailure)

    def erase(self, cursor: Any, sql: str, key: tuple[str | int, ...]) -> bool:
        return bool(cursor.execute(sql, key).rowcount)

    def scrub(self, cursor: Any) -> None:
        """After an erasure was committed: the dead rows leave the tables. Copies in the write-ahead log go as the server recycles it."""
        with suppress(psycopg.Error):  # the erasure itself is committed, and must not look as if it were not
            cursor.execute("VACUUM duban_private, duban_answer", prepare=False)

    # errors -----------------------------------------------------------------------------------------------------------------------

    def error(self, cause: BaseException) -> DubanError | None:
        """What an error of the driver means; ``None`` when it is a fault of the program, to be raised as it is."""
        if not isinstance(cause, psycopg.Error):
            return None
        said = str(cause).strip().partition("\n")[0]
        state = cause.sqlstate or next((state for words, state in _REFUSALS.items() if words in said), "")
        if state in _BUSY:
            return self.busy()
        known = _KNOWN.get(state) or _KNOWN.get(state[:2])
        if known is None and isinstance(cause, psycopg.OperationalError):
            known = _LOST
        if known is not None:
            message = Text(f"{known[0].zh}({said})", f"{known[0].en} ({said})")
            return (ForeignStore if state[:2] == "XX" else StoreUnavailable)(message, where=self.location, hint=known[1])
        if isinstance(cause, psycopg.DataError) and "NUL" in said:
            return BadInput(Text("文字中有 NUL 字符,PostgreSQL 不能保存", "a text has a NUL character, which PostgreSQL cannot keep"))
        return None

    def duplicate(self, cause: BaseException) -> bool:
        """Whether a row was refused because its key is taken."""
        return isinstance(cause, psycopg.errors.UniqueViolation)

    def busy(self) -> StoreBusy:
        return StoreBusy(
            Text("存储正被占用,或与另一写入相冲突", "the store is held by another writer, or clashed with one"),
            where=self.location,
            hint=Text("稍后再试同一命令", "try the same command again a little later"),
        )

    def _unknown(self) -> OutcomeUnknown:
        return OutcomeUnknown(
            Text("提交时连接中断:可能已写入,也可能没有", "the connection was lost while committing: it may be written, or not"),
            where=self.location,
            hint=Text(
                "先查看案件再重做;带 --key 的命令可直接重试", "look at the case before doing it again; a command with --key can be repeated"
            ),
        )

    def _unavailable(self, message: Text, hint: Text) -> StoreUnavailable:
        return StoreUnavailable(message, where=self.location, hint=hint)


def _shown(given: dict[str, Any]) -> str:
    """An address that says where the store is, and nothing that opens it."""
    host = str(given.get("host") or given.get("hostaddr") or "")
    user, port = given.get("user"), given.get("port")
    at = host if "/" not in host else ""
    place = (f"{user}@" if user else "") + at + (f":{port}" if port and at else "")
    return f"{SCHEME}://{place}/{given.get('dbname') or ''}" + (f"?host={host}" if host and not at else "")


def _misread() -> ConfigError:
    return ConfigError(
        Text("无法理解的 PostgreSQL 地址", "cannot understand the address of the PostgreSQL store"),
        hint=Text(
            "用 postgresql://用户@主机:端口/数据库,可加 ?timeout=秒 和 libpq 的参数;密码放在 .pgpass 文件",
            "write postgresql://USER@HOST:PORT/DATABASE, with ?timeout=SECONDS and parameters of libpq; the password goes into .pgpass",
        ),
    )


_BUSY = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available
    "53300",  # too_many_connections
}
_REFUSALS = {
    "too many connections": "53300",
    "too many clients": "53300",
    "remaining connection slots": "53300",
    "does not exist": "3D000",
    "authentication failed": "28000",
    "no password supplied": "28000",
    "no pg_hba.conf entry": "28000",
}
"""A server that refuses a connection says why in words only; in another language than English it is a server that cannot be reached."""
_LOST = (
    Text("连接不上或连接中断", "the server cannot be reached, or the connection was lost"),
    Text("检查服务器和地址,再试同一命令", "check the server and the address, and try the same command again"),
)
_DISK = (Text("服务器磁盘已满,什么也没有写入", "the disk of the server is full, nothing was written"), Text("腾出空间后再试", "make room"))
_KNOWN = {
    "08": _LOST,
    "57": _LOST,
    "53": (Text("服务器资源不足", "the server is short of resources"), Text("检查服务器", "check the server")),
    "53100": _DISK,
    "58": (Text("服务器读写出错", "the server cannot read or write"), Text("检查服务器的磁盘", "check the disk of the server")),
    "XX": (
        Text("数据库损坏", "the database is damaged"),
        Text("检查服务器;从备份恢复", "check the server; restore from a backup"),
    ),
    "28": (
        Text("登录被拒绝", "the login was refused"),
        Text("检查用户和密码(.pgpass 文件)", "check the user and the password (the file .pgpass)"),
    ),
    "3D000": (
        Text("没有这个数据库", "there is no such database"),
        Text("在服务器上建立:createdb 名称", "make it on the server: createdb NAME"),
    ),
    "42501": (Text("没有权限", "permission denied"), Text("检查数据库用户的权限", "check the rights of the database user")),
    "25006": (
        Text("数据库只能读", "the database can only be read"),
        Text("连到主服务器;检查 default_transaction_read_only", "use the primary server; check default_transaction_read_only"),
    ),
    "25P02": (
        Text("事务中有语句失败,什么也没有写入", "a statement of the transaction had failed, nothing was written"),
        Text("再试同一命令", "try the same command again"),
    ),
}
