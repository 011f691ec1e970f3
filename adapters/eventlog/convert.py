"""A log written as Parquet, once for many runs: the same map reads it, and the report has the same digest.

Every row of the source is there, in its order, with its place; a row that could not be read with its reason. What the columns are is
written down in ``docs/reference/log-map.md``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple

from adapters.eventlog.instants import taken
from adapters.eventlog.kind import open_table
from adapters.eventlog.packed import starts_with
from adapters.eventlog.parquetlog import (
    EVENT,
    FILE,
    FORM,
    KEY,
    MAGIC,
    OWN,
    ROW,
    SHEET,
    UNREADABLE,
    Converted,
    Source,
    converted,
    library,
    writer,
)
from adapters.eventlog.table import CONTROLLED, Table, controlled, wrong_width
from adapters.files import replacing
from workflow.errors import BadInput
from workflow.logevent import Place
from workflow.logmap import LogMap
from workflow.text import Text

GROUP_ROWS, GROUP_CHARACTERS = 65_536, 64_000_000
"""Of one row group: it is held in memory until it is written."""


class Written(NamedTuple):
    rows: int
    unreadable: int
    instants: list[str]
    """The columns that are kept as instants."""
    source: Source


class _Text(Exception):
    """A column that was taken for instants holds a word that is none."""

    def __init__(self, column: int) -> None:
        self.column = column


def convert(path: Path, log_map: LogMap, out: Path, progress: Callable[[int], None] | None = None) -> Written:
    """Write the log at ``path`` to ``out`` as Parquet. ``progress`` is called with the rows read so far, now and then.

    Raises :class:`~workflow.errors.UnreadableLog` as :func:`adapters.eventlog.kind.open_table` does, and
    :class:`~workflow.errors.BadInput` where ``out`` cannot be written; then nothing is left under its name.
    """
    library()
    before = converted(path) if starts_with(path, MAGIC) else None
    if out.exists() and path.exists() and os.path.samefile(path, out):
        raise BadInput(Text("不能覆盖来源文件", "the source is not written over"), where=str(out))
    texts: set[int] = set()
    while True:
        table = open_table(path, log_map)
        about = _about(path, table, log_map, before)
        try:
            with replacing(out) as beside:
                return _write(table, about, frozenset(log_map.missing), texts, beside, progress)
        except _Text as found:  # known only once a word is met that is no instant: begun again, with one column less
            texts.add(found.column)


def _about(path: Path, table: Table, log_map: LogMap, before: Converted | None) -> Converted:
    names = table.header
    plain = [bool(n) and names.count(n) == 1 and not n.startswith(OWN) for n in names]
    columns = [n if plain[i] else f"{OWN}column:{i + 1}" for i, n in enumerate(names)]
    if before is not None:
        return before._replace(columns=columns)
    with open(path, "rb") as file:
        source = Source(path.name, file_digest(file, "sha256").hexdigest())
    notes = [[note.zh, note.en] for note in table.notes]
    if not table.for_map:
        return Converted(source, names, columns, table.typed, None, None, notes)
    read, times = (sorted(set(named) & set(names)) for named in (log_map.named, log_map.timed))
    return Converted(source, names, columns, table.typed, read, times, notes)


def _write(
    table: Table,
    about: Converted,
    missing: frozenset[str],
    texts: set[int],
    beside: Path,
    progress: Callable[[int], None] | None,
) -> Written:
    group = _Group(about, missing, texts)
    rows = unreadable = 0
    out: Any = None
    try:
        for place, fields in table.rows:
            if not isinstance(fields, Text) and len(fields) != len(about.header):
                fields = wrong_width(len(fields), len(about.header))
            elif not isinstance(fields, Text) and controlled(fields):
                fields = CONTROLLED
            rows += 1
            unreadable += isinstance(fields, Text)
            group.take(place, fields)
            if group.full:
                out = out or writer(beside, group.schema())
                out.write_table(group.table(), row_group_size=GROUP_ROWS)
            if progress is not None and rows % 2000 == 0:
                progress(rows)
        out = out or writer(beside, group.schema())
        if group.rows or not rows:
            out.write_table(group.table(), row_group_size=GROUP_ROWS)
    finally:
        if out is not None:
            out.close()
    return Written(rows, unreadable, [name for i, name in enumerate(about.header) if group.instant(i)], about.source)


class _Group:
    """The rows of one row group. What a column is, is settled by its first word and the columns that are known to be texts."""

    def __init__(self, about: Converted, missing: frozenset[str], texts: set[int]) -> None:
        self._about = about
        self._missing = missing
        self._texts = texts
        self._seen: set[int] = set()
        """Columns of which there was a word."""
        self._began = False
        self._clear()

    def _clear(self) -> None:
        self.rows = self._characters = 0
        self._places: list[tuple[int, int, str | None, str | None]] = []
        self._words: list[list[str | None]] = [[] for _ in self._about.columns]

    @property
    def full(self) -> bool:
        return self.rows >= GROUP_ROWS or self._characters >= GROUP_CHARACTERS

    def take(self, place: Place, fields: list[str] | Text) -> None:
        reason = json.dumps([fields.zh, fields.en], ensure_ascii=False) if isinstance(fields, Text) else None
        self._places.append((place.row, place.event, place.sheet or None, reason))
        given: list[str] | list[None] = [None] * len(self._words) if isinstance(fields, Text) else fields
        for words, word in zip(self._words, given, strict=True):
            words.append(word or None)
            self._characters += len(word or "")
        self.rows += 1

    def instant(self, column: int) -> bool:
        """Whether the column is one of instants: there is a word in it, and no word is anything else."""
        return column in self._seen and column not in self._texts

    def schema(self) -> Any:
        import pyarrow as pa

        if not self._began:
            self._began = True
            for i, words in enumerate(self._words):
                word = next((w for w in words if w is not None and w not in self._missing), None)
                if word is not None and taken(word) is not None:
                    self._seen.add(i)
        text = pa.dictionary(pa.int32(), pa.string())
        fields = []
        for i, name in enumerate(self._about.columns):
            fields.append(pa.field(name, pa.timestamp("us", "UTC") if self.instant(i) else text))
            if self.instant(i):
                fields.append(pa.field(FORM + name, text))
        fields += [pa.field(FILE, text), pa.field(SHEET, text), pa.field(ROW, pa.int64()), pa.field(EVENT, pa.int32())]
        fields.append(pa.field(UNREADABLE, text))
        return pa.schema(fields, {KEY: self._about.metadata()})

    def table(self) -> Any:
        import pyarrow as pa

        schema = self.schema()
        arrays: list[Any] = []
        for i, words in enumerate(self._words):
            if self.instant(i):
                pairs = [self._pair(i, word) for word in words]
                arrays.append(pa.array([micros for micros, _ in pairs], pa.int64()).cast(pa.timestamp("us", "UTC")))
                arrays.append(_dictionary([form for _, form in pairs]))
            else:
                arrays.append(_dictionary(words))
        row, event, sheet, reason = ([p[k] for p in self._places] for k in range(4))
        arrays += [_dictionary([self._about.source.name] * self.rows), _dictionary(sheet)]
        arrays += [pa.array(row, pa.int64()), pa.array(event, pa.int32()), _dictionary(reason)]
        self._clear()
        return pa.Table.from_arrays(arrays, schema=schema)

    def _pair(self, column: int, word: str | None) -> tuple[int | None, str | None]:
        if word is None or word in self._missing:
            return None, word
        found = taken(word)
        if found is None:
            raise _Text(column)
        return found


def _dictionary(words: list[Any]) -> Any:
    import pyarrow as pa

    return pa.array(words, pa.string()).dictionary_encode()
