"""What is special about SQLite: opening a file, the pragmas, who may write when, and what its errors mean.

One file in WAL mode with ``synchronous=FULL``: readers never wait for the writer, and a commit that was answered survives a power cut.
There is one writer at a time; ``BEGIN IMMEDIATE`` takes its turn before anything is read, so what a unit has read cannot go stale.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Engine, QueuePool, Table, create_engine
from sqlalchemy.dialects.sqlite.pysqlite import dialect

from adapters.store import freshness
from adapters.store.bell import CountingBell
from adapters.store.evidence import Evidence
from adapters.store.statements import Compiler, Statements, compiled
from adapters.store.watch import WatchStatements, watch_statements
from workflow.errors import ConfigError, DubanError, ForeignStore, IncompleteStore, NoStore, StoreBusy, StoreUnavailable
from workflow.text import Text, same

MEMORY = ":memory:"
SCHEME = "sqlite://"
RW, RO, EVIDENCE = "rw", "ro", "evidence"
_OPTIONS = {"synchronous": ("full", "normal"), "mode": (RW, RO, EVIDENCE)}
_DEFAULT_TIMEOUT = 5.0
_LONGEST = 86400.0
_AGAIN = 0.01
"""Seconds until a turn that SQLite does not wait for is asked for again."""
_SMALLEST = 512
"""Bytes of the smallest page: SQLite takes anything shorter for a new database, and would write over it."""


@cache
def _statements() -> Statements:
    return compiled(dialect(paramstyle="qmark"))


@cache
def _watching() -> WatchStatements:
    return watch_statements(dialect(paramstyle="qmark"))


class Sqlite:
    """One SQLite database: where it is and how it is used. Satisfies :class:`adapters.store.backend.Backend`."""

    def __init__(self, location: str, *, synchronous: str = "full", timeout: float = _DEFAULT_TIMEOUT, mode: str = RW) -> None:
        self.location = location
        self.synchronous = synchronous
        self.timeout = timeout
        self.mode = mode
        self._evidence = Evidence(Path(location)) if mode == EVIDENCE and location != MEMORY else None
        self._turn = Lock()
        self._bare = False
        """Whether the file had no log beside it, and no connection was made yet."""
        self._altering = False
        self._marked = location == MEMORY or mode == EVIDENCE
        """Whether the file says that it is in use (:mod:`adapters.store.freshness`), or needs not."""
        self._marking = False
        self.commits = 0
        """Of this process, for who waits at a database in memory."""

    @classmethod
    def parse(cls, url: str) -> Sqlite:
        """Read ``sqlite:///path``, ``sqlite:///:memory:`` or a plain path.

        A URL may say ``?synchronous=normal`` (a commit may be lost in a power cut, never torn), ``?timeout=SECONDS`` (how long to wait
        for another writer, 5 by default), ``?mode=ro`` (only read; works on a read-only medium) and ``?mode=evidence`` (only read, and
        leave no trace: :mod:`adapters.store.evidence`). A plain path says nothing of the kind: its ``?`` is a part of the name. Raises
        :class:`~workflow.errors.ConfigError`.
        """
        if not url.startswith(SCHEME) and "://" not in url:
            return cls(url)
        rest, _, query = url.removeprefix(SCHEME).partition("?")
        location = rest.removeprefix("/")
        options = dict(parse_qsl(query, keep_blank_values=True))
        try:
            timeout = float(options.pop("timeout", _DEFAULT_TIMEOUT))
            unknown = any(value not in _OPTIONS.get(key, ()) for key, value in options.items())
            wrong = unknown or not rest.startswith("/") or not location or not 0 <= timeout <= _LONGEST
        except ValueError:
            wrong = True
        if wrong:
            raise ConfigError(
                Text(f"无法理解的存储地址 {url!r}", f"cannot understand the address of the store {url!r}"),
                hint=Text(
                    "用 sqlite:///文件,可加 ?synchronous=normal、?timeout=秒、?mode=ro、?mode=evidence",
                    "write sqlite:///FILE, with ?synchronous=normal, ?timeout=SECONDS, ?mode=ro or ?mode=evidence if need be",
                ),
            )
        return cls(location, synchronous=options.get("synchronous", "full"), timeout=timeout, mode=options.get("mode", RW))

    @property
    def readonly(self) -> bool:
        return self.mode != RW

    @property
    def compiler(self) -> Compiler:
        return Compiler(dialect(paramstyle="qmark"))

    @property
    def statements(self) -> Statements:
        return _statements()

    @property
    def watching(self) -> WatchStatements:
        return _watching()

    # connections ------------------------------------------------------------------------------------------------------------------

    def engine(self) -> Engine:
        """The pool of connections. A database in memory has a single one, so its transactions take turns, readers included."""
        alone = self.location == MEMORY
        return create_engine(
            "sqlite+pysqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=1 if alone else 8,
            max_overflow=0 if alone else -1,
            pool_timeout=self.timeout,
            pool_reset_on_return=None,
        )

    def prepare(self, create: bool) -> None:
        """Make sure that there is a file to open, and that SQLite will not take scraps for an empty database.

        Raises :class:`~workflow.errors.StoreUnavailable` or :class:`~workflow.errors.ForeignStore`.
        """
        if self.location == MEMORY:
            return
        path = Path(self.location)
        self._bare = self.mode != RO and not freshness.log_of(path).exists()
        try:
            size = path.stat().st_size if path.exists() else None
            if size is not None and 0 < size < _SMALLEST:
                raise self._damaged(Text(f"只有 {size} 字节", f"it has only {size} bytes"))
            if size or (size == 0 and create and not self.readonly):
                return
            if create and not self.readonly:
                path.touch()
                return
        except OSError as e:
            raise self._unavailable(*_UNAVAILABLE[sqlite3.SQLITE_CANTOPEN]) from e
        raise NoStore(
            Text("文件不存在或为空", "there is no such file, or it is empty"),
            where=self.location,
            hint=Text("检查路径;新存储不能以只读方式建立", "check the path; a new store cannot be made read-only"),
        )

    def missing(self) -> DubanError:
        return foreign(self.location)

    def found(self, cursor: Any) -> None:
        """Before the tables are made in a file of our own: choose WAL, which the file remembers."""
        mode = self._wal(cursor)
        if mode not in ("wal", "memory"):
            raise self._unavailable(
                Text("文件系统不支持 WAL", "the file system cannot do write-ahead logging"),
                Text("放在本机磁盘上,不要放在网络盘", "use a local disk, not a network share"),
            )

    def _wal(self, cursor: Any) -> Any:
        """The mode after asking for WAL. Of two who ask at once SQLite refuses one without waiting."""
        end = monotonic() + self.timeout
        while True:
            try:
                return cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            except sqlite3.OperationalError as e:
                if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= end:
                    raise
            sleep(_AGAIN)

    def _uri(self, mode: str) -> str:
        return f"{Path(self.location).absolute().as_uri()}?mode={mode}"

    def _connect(self) -> sqlite3.Connection:
        # Not "rwc": a file that is taken away while we run must not come back as an empty one.
        if self.location == MEMORY:
            connection = self._plain(MEMORY)
        elif self._evidence is not None:
            connection = self._evidence.connect(self.timeout)
            self._complete(connection)
        elif self.readonly:
            connection = self._reader()
        else:
            connection = self._plain(self._uri("rw"))
            self._complete(connection)
        connection.execute(f"PRAGMA synchronous={self.synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    def _complete(self, connection: sqlite3.Connection) -> None:
        """Refuse the first connection to a copy that lacks its log: who wrote on would give numbers a second time."""
        if not self._bare:
            return
        try:
            if not freshness.incomplete(connection, Path(self.location)):
                self._bare = False
                return
        except BaseException:
            connection.close()
            raise
        connection.close()
        raise IncompleteStore(
            Text(
                "这是使用中的存储的副本,缺少它的 -wal 文件,最近的记录不在其中",
                "this is a copy of a store in use, without its -wal file: the latest entries are not in it",
            ),
            where=self.location,
            hint=Text(
                "备份用 duban backup;只看用 ?mode=ro;只剩这一份时用 duban store accept",
                "back up with duban backup; to look at it use ?mode=ro; if it is all there is, duban store accept",
            ),
        )

    def _reader(self) -> sqlite3.Connection:
        connection = self._plain(self._uri("ro"))
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            return connection
        except sqlite3.OperationalError as e:
            connection.close()
            # WAL wants files beside the database even to read. Where they are not and cannot be made, nobody is writing either.
            unmakeable = e.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not unmakeable or Path(f"{self.location}-wal").exists():
                raise
        return self._plain(self._uri("ro") + "&immutable=1")

    def _plain(self, uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=uri is not MEMORY, timeout=self.timeout, isolation_level=None, check_same_thread=False)

    # transactions -----------------------------------------------------------------------------------------------------------------

    def begin(self, cursor: Any, *, write: bool) -> None:
        if not write:
            cursor.execute("BEGIN")
            return
        if self._evidence is not None and not self._altering:
            raise self._unavailable(
                Text("作为证据只读打开", "it was opened read-only, as evidence"),
                Text("用 duban audit take 取一份副本,写入副本", "take a copy with duban audit take and write to that one"),
            )
        if self.mode == RO:
            raise self._unavailable(Text("以只读方式打开", "it was opened read-only"), Text("去掉 mode=ro", "leave out mode=ro"))
        # SQLite makes writers poll. The threads of this process queue here instead, and only another process is polled for.
        if not self._turn.acquire(timeout=self.timeout):
            raise self.busy()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            if not self._marked:
                self._marking = freshness.mark(cursor, Path(self.location))
        except BaseException:
            try:
                if cursor.connection.in_transaction:
                    cursor.execute("ROLLBACK")
            finally:
                self._turn.release()
            raise

    def end(self, cursor: Any, *, write: bool, commit: bool) -> None:
        """Commit or roll back. When the commit fails (a full disk), nothing of the transaction stays."""
        try:
            if self._evidence is not None and not self._evidence.still:
                raise self.busy()
            if commit:
                cursor.execute("COMMIT")
                if write and not self._marked:
                    self._marked = True
                    if self._marking:
                        with suppress(sqlite3.OperationalError):  # the mark is to stand in the file itself, not only in its log
                            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            try:
                if cursor.connection.in_transaction:
                    cursor.execute("ROLLBACK")
            finally:
                if write:
                    self._turn.release()

    def alter(self, cursor: Any) -> None:
        self._altering = self._evidence is not None and self._evidence.private
        try:
            self.begin(cursor, write=True)
        finally:
            self._altering = False

    def step_aside(self) -> bool:
        if self._evidence is None or self._evidence.private:
            return False
        self._evidence.step_aside()
        return True

    def announce(self, cursor: Any) -> None:
        """Nothing: who waits asks for the change counter."""
        self.commits += 1

    def leave(self, engine: Engine) -> None:
        """Close the connections; whoever is the last to have the file open takes the mark of use out of it."""
        marked = False
        if self.location != MEMORY and not self.readonly:
            with suppress(Exception), closing(engine.raw_connection()) as connection:  # closing never fails because the file is away
                marked = freshness.in_use(connection.cursor())
        engine.dispose()
        if self._evidence is not None:
            self._evidence.close()
        if marked:
            freshness.unmark(Path(self.location))

    def within(self, cursor: Any) -> None:
        """Make sure that a host's connection is in a transaction: a savepoint outside one would commit by itself."""
        if not cursor.connection.in_transaction:
            cursor.execute("BEGIN IMMEDIATE")

    def alone(self, cursor: Any) -> None:
        """Nothing: there is one writer at a time."""

    def rows(self, cursor: Any, number: int, sql: str, values: tuple[object, ...], size: int) -> Iterator[list[Any]]:
        reading = cursor.connection.cursor()
        try:
            reading.execute(sql, values)
            while rows := reading.fetchmany(size):
                yield rows
        finally:
            with suppress(Exception):  # whoever stopped half-way may have closed the connection before
                reading.close()

    def move_marks(self, cursor: Any, sql: str, rows: list[tuple[str, str]]) -> None:
        cursor.executemany(sql, rows)

    def numbered(self, cursor: Any, table: Table) -> None:
        """Nothing: a new row has the number after the highest."""

    def bell(self, engine: Engine) -> CountingBell:
        if self.location == MEMORY:
            return CountingBell(lambda: self.commits, lambda: None)
        connection = self._connect()
        return CountingBell(lambda: int(connection.execute("PRAGMA data_version").fetchone()[0]), connection.close)

    def hold(self, cursor: Any, cases: list[str]) -> None:
        """Nothing: there is one writer at a time."""

    def overtaken(self, cause: BaseException) -> bool:
        return False

    def erase(self, cursor: Any, sql: str, key: tuple[str | int, ...]) -> bool:
        """Delete or change rows so that their old bytes are overwritten, not only unlinked."""
        before = cursor.execute("PRAGMA secure_delete").fetchone()[0]
        cursor.execute("PRAGMA secure_delete=ON").fetchall()
        try:
            return bool(cursor.execute(sql, key).rowcount)
        finally:
            cursor.execute(f"PRAGMA secure_delete={before}").fetchall()

    def scrub(self, cursor: Any) -> None:
        """After an erasure was committed: older copies of its pages leave the write-ahead log.

        Somebody who is reading keeps them there until the next checkpoint; so this does what can be done now.
        """
        with suppress(sqlite3.OperationalError):  # the erasure itself is committed, and must not look as if it were not
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # errors -----------------------------------------------------------------------------------------------------------------------

    def error(self, cause: BaseException) -> DubanError | None:
        """What an error of the driver means; ``None`` when it is a fault of the program, to be raised as it is."""
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None:
            return None
        primary, said = code & 0xFF, str(cause)
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return self.busy()
        if primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return self._damaged(same(said))
        known = _UNAVAILABLE.get(primary)
        return self._unavailable(Text(f"{known[0].zh}({said})", f"{known[0].en} ({said})"), known[1]) if known else None

    def duplicate(self, cause: BaseException) -> bool:
        """Whether a row was refused because its key is taken."""
        codes = (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
        return getattr(cause, "sqlite_errorcode", None) in codes

    def busy(self) -> StoreBusy:
        return StoreBusy(
            Text("存储正被占用", "the store is held by another writer"),
            where=self.location,
            hint=Text("稍后再试同一命令", "try the same command again a little later"),
        )

    def _damaged(self, how: Text) -> ForeignStore:
        return ForeignStore(
            Text(f"不是完好的 duban 存储({how.zh})", f"not an intact duban store ({how.en})"),
            where=self.location,
            hint=Text("检查路径;文件被截断或损坏时从备份恢复", "check the path; restore a truncated or damaged file from a backup"),
        )

    def _unavailable(self, message: Text, hint: Text | None = None) -> StoreUnavailable:
        return StoreUnavailable(message, where=self.location, hint=hint)


def foreign(where: str) -> ForeignStore:
    return ForeignStore(
        Text("不是 duban 存储", "not a duban store"),
        where=where,
        hint=Text("检查路径;要与宿主程序共用数据库,用 SqlStore.joined", "check the path; to share a host's database use SqlStore.joined"),
    )


_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: (
        Text("磁盘已满,什么也没有写入", "the disk is full, nothing was written"),
        Text("腾出空间后再试", "make room and try again"),
    ),
    sqlite3.SQLITE_READONLY: (
        Text("存储只能读", "the store can only be read"),
        Text("检查文件和目录的权限;只查看时用 ?mode=ro", "check the rights on the file and its directory; to only look, use ?mode=ro"),
    ),
    sqlite3.SQLITE_CANTOPEN: (
        Text("打不开存储", "the store cannot be opened"),
        Text(
            "检查路径和权限;目录必须存在;只读介质用 ?mode=ro",
            "check the path and the rights; the directory must exist; on a read-only medium use ?mode=ro",
        ),
    ),
    sqlite3.SQLITE_IOERR: (
        Text("读写出错", "reading or writing failed"),
        Text("检查磁盘", "check the disk"),
    ),
    sqlite3.SQLITE_PERM: (
        Text("没有权限", "permission denied"),
        Text("检查文件和目录的权限", "check the rights on the file and its directory"),
    ),
    sqlite3.SQLITE_AUTH: (
        Text("没有权限", "permission denied"),
        Text("检查文件和目录的权限", "check the rights on the file and its directory"),
    ),
}
