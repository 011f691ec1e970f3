"""How a file of SQLite says whether it was in use: so that a copy of it that lacks its write-ahead log is not taken for the whole.

In WAL mode what was committed last lies in ``FILE-wal``. A copy of ``FILE`` alone is an older state, sound in itself: nothing in it tells
it from a journal whose end was cut off. So the first commit of each store that is opened puts a *mark of use* into the header of the file
(``user_version``, with a trace of the file's own identity), and has it written to the file itself; whoever closes the store last takes it
out.

A file with the mark, without a log beside it, that is not the very file the mark was made for, is a copy of a file in use. The limits are
in ``docs/reference/store.md``. A file that holds tables of a host is never marked.
"""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

_OURS = 0x5DB00000
"""The upper twelve bits of every mark."""
_CLOSED = _OURS
_FOREIGN = (
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'duban\\_%' ESCAPE '\\'"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 1"
)


def log_of(path: Path) -> Path:
    """The write-ahead log that belongs to a file; SQLite follows links to the file first."""
    real = path.resolve()
    return real.with_name(f"{real.name}-wal")


def incomplete(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether a file that had no log beside it, when the first connection to it was made, is a copy of one that was in use."""
    try:
        mark = _mark(connection)
    except sqlite3.DatabaseError as e:
        # Torn as well: its length and its header are of different moments. To read the file past SQLite would take away the locks of this
        # process on it, but nobody has a file like that in use.
        if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT or not _in_use(mark := _raw(path)):
            raise
    return _in_use(mark) and mark != _identity(path)


def in_use(connection: Any) -> bool:
    """Whether the file is marked: by somebody who has it open, or had it and was killed."""
    return _in_use(_mark(connection))


def mark(cursor: Any, path: Path) -> bool:
    """In a transaction that writes: mark the file as in use. ``False`` when it is marked already, or not ours to mark."""
    try:
        there, wanted = _mark(cursor), _identity(path)
    except OSError:  # the file was taken away while we have it open
        return False
    if there == wanted or (there and there & 0xFFF00000 != _OURS) or cursor.execute(_FOREIGN).fetchone() is not None:
        return False
    cursor.execute(f"PRAGMA user_version={wanted}")
    return True


def unmark(path: Path) -> bool:
    """Take the mark out, when nobody else has the file open. ``False`` when somebody has: it is for him to do."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0)) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # fails in WAL mode while there is any other connection
        connection.execute("BEGIN IMMEDIATE")
        if in_use(connection):
            connection.execute(f"PRAGMA user_version={_CLOSED}")
        connection.execute("COMMIT")
        return True
    return False


def settle(connection: sqlite3.Connection) -> bool:
    """Take the mark out of a copy that is complete, or is to be taken as it is. ``False`` when there is none in it."""
    if not in_use(connection):
        return False
    connection.execute(f"PRAGMA user_version={_CLOSED}")
    return True


def _mark(cursor: Any) -> int:
    return int(cursor.execute("PRAGMA user_version").fetchone()[0])


def _raw(path: Path) -> int:
    with path.open("rb") as file:
        return int.from_bytes(file.read(100)[60:64], "big")


def _in_use(mark: int) -> bool:
    return mark & 0xFFF00000 == _OURS and mark != _CLOSED


def _identity(path: Path) -> int:
    """The mark of use of this very file: it is renamed with it, and not copied."""
    return _OURS | (zlib.crc32(str(path.stat().st_ino).encode()) & 0xFFFFE) | 1
