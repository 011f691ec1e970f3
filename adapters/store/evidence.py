"""A file of SQLite read as evidence: neither its bytes change nor those of the files beside it, and no file appears there.

In WAL mode SQLite wants an index in shared memory beside the file even to read, and makes it where it is not. So a file without a log is
read as one that cannot change, and one whose log has no index beside it is read from a private copy of both. Where the index is there,
somebody has the file in use, or was killed while he had: it is read through the index, which is not written to.

What an older version of duban wrote is brought up to date in a private copy.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp
from weakref import finalize

from adapters.store import freshness


class Evidence:
    """How one file is to be opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside: Path | None = None
        """The private copy."""
        self._forget: finalize[..., Evidence] | None = None
        self.private = False
        """Whether a private copy is open that may be written to."""
        self._as_found: tuple[int, int] | None = None

    def connect(self, timeout: float = 5.0) -> sqlite3.Connection:
        """A connection that can only read. Raises :class:`sqlite3.Error`."""
        log = freshness.log_of(self._path)
        index = log.with_name(f"{log.name.removesuffix('-wal')}-shm")
        if self._aside is not None:
            return _connection(self._aside, "rw" if self.private else "ro", timeout)
        if not log.exists() or not log.stat().st_size:
            self._as_found = self._as_found or self._seen()
            return _connection(self._path, "ro&immutable=1", timeout)
        if index.exists():
            try:
                return _connection(self._path, "ro&readonly_shm=1", timeout)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                    raise
            return _connection(self._path, "ro", timeout)  # somebody is writing just now: what he reads by changes anyway
        copy = self._begin_copy()
        shutil.copyfile(self._path, copy)
        shutil.copyfile(log, copy.with_name(f"{copy.name}-wal"))
        return _connection(copy, "ro", timeout)

    def step_aside(self) -> None:
        """Go on with a private copy that may be written to. Raises :class:`sqlite3.Error`."""
        with closing(self.connect()) as source:
            before = self._forget
            with closing(sqlite3.connect(self._begin_copy())) as made:
                source.backup(made)
        if before is not None:
            before()
        self.private = True

    def _begin_copy(self) -> Path:
        folder = mkdtemp(prefix="duban-evidence-")
        self._forget = finalize(self, shutil.rmtree, folder, True)  # also where nobody closes it
        self._aside = Path(folder) / self._path.name
        return self._aside

    @property
    def still(self) -> bool:
        """Whether what was read as if it could not change did not: somebody may have begun to write."""
        try:
            return self._as_found is None or self._as_found == self._seen()
        except OSError:  # it was taken away
            return False

    def close(self) -> None:
        if self._forget is not None:
            self._forget()

    def _seen(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_size, found.st_mtime_ns


def _connection(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
