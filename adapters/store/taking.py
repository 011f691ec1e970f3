"""A database taken as evidence: one file, of one moment, compared with its source, with nothing in it that was not there."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from adapters.files import put_new
from adapters.store import freshness
from adapters.store.copying import copy_exactly
from adapters.store.evidence import Evidence
from adapters.store.sql import SqlStore
from adapters.store.sqlite import Sqlite
from workflow.errors import DubanError, ForeignStore, IntegrityError
from workflow.text import Text


class Taken(NamedTuple):
    sha256: str
    """Of the file."""
    bytes: int
    tables: dict[str, int]
    """Rows by table, read from source and copy and found equal."""


def take(address: str, out: Path) -> Taken:
    """Copy the store at ``address`` to the new file ``out``.

    Of SQLite the pages are copied by its backup API, whatever lies in them; the source is opened read-only and may be in use. Of PostgreSQL
    the rows of one snapshot. The only thing that is changed in the copy is the mark that says that the file is in use. Raises
    :class:`~workflow.errors.AlreadyThere` for a file that is there, :class:`~workflow.errors.IntegrityError` for a copy that differs or a
    source that is damaged, and what opening the source raises.
    """
    with put_new(out) as part:
        if address.startswith("postgresql"):
            with closing(SqlStore.open(address, create=False)) as source, closing(SqlStore.open(str(part))) as target:
                tables = dict(copy_exactly(source, target).rows)
        else:
            tables = _pages(Sqlite.parse(address), part)
    with out.open("rb") as file:
        return Taken(hashlib.file_digest(file, "sha256").hexdigest(), out.stat().st_size, tables)


def _pages(backend: Sqlite, part: Path) -> dict[str, int]:
    backend.prepare(create=False)
    evidence = Evidence(Path(backend.location))
    try:
        with closing(evidence.connect()) as source:
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master").fetchone()  # the moment of the copy
            with closing(sqlite3.connect(part, isolation_level=None)) as made:
                source.backup(made)
                made.execute("PRAGMA journal_mode=DELETE").fetchone()  # a file by itself: nothing beside it belongs to it
                freshness.settle(made)
                (said,) = made.execute("PRAGMA integrity_check(1)").fetchone()
                if said != "ok":
                    raise _damaged(backend, said)
                here, there = _tables(source), _tables(made)
            if here != there or not evidence.still:
                raise IntegrityError(
                    Text("副本与来源不同", "the copy differs from its source"),
                    where=backend.location,
                    hint=Text("来源可能正在改变;再做一次", "the source may have changed meanwhile; take it again"),
                )
            return {name: count for name, (count, _) in here.items()}
    except sqlite3.Error as error:
        known = backend.error(error)
        raise (known if isinstance(known, DubanError) else ForeignStore(Text(str(error), str(error)), where=backend.location)) from None
    finally:
        evidence.close()


def _damaged(backend: Sqlite, said: str) -> IntegrityError:
    return IntegrityError(
        Text(f"数据库文件已损坏:{said}", f"the database file is damaged: {said}"),
        where=backend.location,
        hint=Text("按原样复制文件本身,另行鉴定", "copy the file itself as it is, and have it examined"),
    )


def _tables(connection: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Every table with the number of its rows and a digest of them, in the order in which they lie."""
    found = {}
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        quoted = name.replace('"', '""')
        digest, count = hashlib.sha256(), 0
        for row in connection.execute(f'SELECT * FROM "{quoted}"'):
            digest.update(repr(row).encode())
            count += 1
        found[name] = (count, digest.hexdigest())
    return found
