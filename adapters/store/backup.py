"""A backup: one SQLite file with everything of one moment, made while others go on writing, and compared with the store afterwards."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from adapters.store import freshness
from adapters.store.copying import Copied, compare, copy, mark_copied
from adapters.store.sql import SqlStore
from adapters.store.sqlite import Sqlite
from adapters.store.watch import OUTBOX
from workflow.errors import AlreadyThere, ForeignStore, IntegrityError, StoreUnavailable
from workflow.text import Text


def backup(store: SqlStore, path: Path) -> Copied:
    """Make the file ``path``. From SQLite its pages are copied, from PostgreSQL its rows; both are read back and compared row by row.

    Then the backup is marked as a copy (:func:`~adapters.store.copying.mark_copied`); the store itself is not touched. The file appears
    under its name only when it is whole. Raises :class:`~workflow.errors.AlreadyThere` for a file that is there,
    :class:`~workflow.errors.StoreUnavailable` where none can be written, :class:`~workflow.errors.IntegrityError` for a copy that differs.
    """
    if os.path.lexists(path):
        raise _there(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        found = _pages(store, part) if isinstance(store.backend, Sqlite) else _rows(store, part)
        _persist(part)
        try:
            os.link(part, path)  # unlike a rename it never replaces what somebody put there meanwhile
        except FileExistsError as e:
            raise _there(path) from e
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise _there(path) from None
            os.replace(part, path)
        _persist(path.absolute().parent)
        return found
    except OSError as e:
        raise StoreUnavailable(
            Text(f"不能写入备份:{e.strerror}", f"cannot write the backup: {e.strerror}"),
            where=str(path),
            hint=Text("检查目录、权限和磁盘空间", "check the directory, the rights and the disk"),
        ) from e
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                part.with_name(f"{part.name}{end}").unlink(missing_ok=True)


def accept(path: Path) -> bool:
    """Have a copy that lacks its log taken as it is, and marked as a copy. ``False`` when it is complete, or the log is there.

    Raises :class:`~workflow.errors.StoreUnavailable` when there is no such file, :class:`~workflow.errors.ForeignStore` when it is torn: a
    copy that was made while the file itself was being written.
    """
    backend = Sqlite(str(path))
    backend.prepare(create=False)
    bare = not freshness.log_of(path).exists()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
            if not bare or not freshness.incomplete(connection, path):
                return False
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise sqlite3.DatabaseError(said)
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (OUTBOX.name,)).fetchone():  # older schemas told nobody
                mark_copied(backend, connection)
            settled = freshness.settle(connection)
            connection.execute("COMMIT")
            return settled
    except sqlite3.DatabaseError as e:
        known = backend.error(e)
        raise known or ForeignStore(
            Text(f"副本已损坏,不能使用({e})", f"the copy is torn and cannot be used ({e})"),
            where=str(path),
            hint=Text("从备份恢复", "restore from a backup"),
        ) from e


def _pages(store: SqlStore, part: Path) -> Copied:
    part.touch(exist_ok=False)
    with store.transaction(write=False) as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master").fetchone()  # the moment of the backup
        with closing(sqlite3.connect(f"{part.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as copied:
            cursor.connection.backup(copied)
            freshness.settle(copied)
            (said,) = copied.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise IntegrityError(
                Text(f"数据库文件已损坏:{said}", f"the database file is damaged: {said}"),
                where=store.backend.location,
                hint=Text("从以前的备份恢复", "restore from an earlier backup"),
            )
        with closing(SqlStore.open(str(part), create=False)) as target:
            found = compare(store.backend, cursor, target)
            with target.transaction(write=True) as made:
                mark_copied(target.backend, made)
            return found


def _rows(store: SqlStore, part: Path) -> Copied:
    with closing(SqlStore.open(str(part))) as target:
        return copy(store, target)


def _persist(path: Path) -> None:
    """What was written, or a name in a folder, survives a power cut from here on."""
    if os.name == "posix":
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _there(path: Path) -> AlreadyThere:
    return AlreadyThere(
        Text("文件已存在,备份不覆盖任何文件", "the file is there, and a backup overwrites nothing"),
        where=str(path),
        hint=Text("换一个文件名", "take another name"),
    )
