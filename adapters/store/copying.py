"""A whole store copied into another one, of the same kind or not, and compared with it row by row afterwards.

What is copied is every row of every table as it lies there, broken or not: a copy proves nothing about its content, ``audit`` does. Rows
are streamed; neither store is ever in memory as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import Any

from sqlalchemy import Boolean, Table, bindparam, delete, select

from adapters.store.backend import Backend
from adapters.store.sql import SqlStore
from adapters.store.statements import ENTRY, META
from adapters.store.tables import metadata
from workflow.errors import AlreadyThere, DubanError, IntegrityError, StoreUnavailable
from workflow.outbox import COPIED
from workflow.text import Text

_SIZE = 500


@dataclass(frozen=True, slots=True)
class Copied:
    """What was read back from the copy and found equal."""

    rows: Mapping[str, int]
    """How many, by table."""
    digest: str
    """SHA-256 over every entry of the journal, in order: its bytes, a line end, its hash, a line end."""

    @property
    def entries(self) -> int:
        return self.rows[ENTRY.name]


def copy(source: SqlStore, target: SqlStore) -> Copied:
    """Copy everything as :func:`copy_exactly` does, and then mark it as a copy (:func:`mark_copied`)."""
    found = copy_exactly(source, target)
    with target.transaction(write=True) as new:
        mark_copied(target.backend, new)
    return found


def copy_exactly(source: SqlStore, target: SqlStore) -> Copied:
    """Copy everything in one transaction of ``target``, and compare.

    Who writes to ``source`` meanwhile is not held up, and not copied.
    Raises :class:`~workflow.errors.AlreadyThere` for a target with anything in it, :class:`~workflow.errors.IntegrityError` for a row that
    the target cannot keep or gives back otherwise; the target is then empty, or not to be used.
    """
    with source.transaction(write=False) as old:
        with target.transaction(write=True) as new:
            _refuse_used(target, new)
            new.execute(target.backend.compiler.text(delete(META)))
            for number, table in enumerate(metadata.sorted_tables, 1):
                convert = _converted(table)
                add = target.backend.compiler.adding(table)
                for rows in source.backend.rows(old, number, _ordered(source.backend, table), (), _SIZE):
                    _add(new, add, [convert(row) for row in rows], source, target, table)
                target.backend.numbered(new, table)
            target.backend.announce(new)
        return compare(source.backend, old, target)


def mark_copied(backend: Backend, cursor: Any) -> None:
    """Have a copy know that it is one: what waits in its outbox, and what its first sweep will tell, its source may tell as well.

    Both then go out as possible duplicates. It is done once the copy was compared, for from here on the two differ.
    """
    cursor.execute(backend.watching.doubt, (True,))
    cursor.execute(backend.watching.put_mark, (COPIED, "yes"))


def compare(source: Backend, old: Any, target: SqlStore) -> Copied:
    """Read both row by row, ``old`` in the transaction that is open. Raises :class:`~workflow.errors.IntegrityError` where they differ."""
    digest, found, numbers = hashlib.sha256(), {}, count(100)
    with target.transaction(write=False) as new:
        for table in metadata.sorted_tables:
            convert, found[table.name] = _converted(table), 0
            data, said = (list(table.columns).index(table.c[name]) if table is ENTRY else 0 for name in ("data", "hash"))
            for here, there in zip_longest(*(_rows(*side, next(numbers), table) for side in ((source, old), (target.backend, new)))):
                if here is None or there is None or convert(here) != convert(there):
                    raise _different(table, here or there, target)
                if table is ENTRY:
                    digest.update(_bytes(there[data]) + b"\n" + _bytes(there[said]) + b"\n")
                found[table.name] += 1
    return Copied(found, f"sha256:{digest.hexdigest()}")


def _bytes(value: Any) -> bytes:
    """Somebody with a database tool can put anything anywhere."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _ordered(backend: Backend, table: Table) -> str:
    return backend.compiler.text(select(*table.columns).order_by(*table.primary_key.columns))


def _rows(backend: Backend, cursor: Any, number: int, table: Table) -> Iterator[tuple[Any, ...]]:
    for rows in backend.rows(cursor, number, _ordered(backend, table), (), _SIZE):
        yield from rows


def _converted(table: Table) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """SQLite gives numbers for what is true or false."""
    truths = {i for i, column in enumerate(table.columns) if isinstance(column.type, Boolean)}
    return (lambda row: tuple(bool(v) if i in truths else v for i, v in enumerate(row))) if truths else tuple


def _refuse_used(target: SqlStore, cursor: Any) -> None:
    for table in metadata.sorted_tables:
        some = select(*table.primary_key.columns).limit(bindparam("most")).offset(bindparam("skip"))
        if table is not META and cursor.execute(target.backend.compiler.text(some, "most", "skip"), (1, 0)).fetchone() is not None:
            raise AlreadyThere(
                Text("目标存储不是空的", "the target is not empty"),
                where=target.backend.location,
                hint=Text("换一个新的数据库或文件", "take a new database or file"),
            )


def _add(cursor: Any, sql: str, rows: list[tuple[Any, ...]], source: SqlStore, target: SqlStore, table: Table) -> None:
    try:
        cursor.executemany(sql, rows)
    except Exception as e:
        known = target.backend.error(e)
        if isinstance(known, StoreUnavailable) or isinstance(e, DubanError):
            raise
        raise IntegrityError(
            Text(f"{table.name} 中有一行无法照原样保存", f"a row of {table.name} cannot be kept as it is"),
            where=source.backend.location,
            hint=Text("用 duban audit verify 核验来源", "check the source with duban audit verify"),
        ) from e


def _different(table: Table, row: tuple[Any, ...], target: SqlStore) -> IntegrityError:
    columns = [c.name for c in table.columns]
    key = " ".join(str(row[columns.index(c.name)]) for c in table.primary_key.columns)
    return IntegrityError(
        Text(f"副本与来源不同:{table.name} {key}", f"the copy differs from its source: {table.name} {key}"),
        where=target.backend.location,
        hint=Text("不要使用这个副本;再做一次", "do not use this copy; make it again"),
    )
