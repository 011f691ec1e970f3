"""Parquet files as tables: those of ``duban log convert``, which know every row's place in its source, and any other. Needs ``parquet``.

What a converted file holds is written down in ``docs/reference/log-map.md``. Nothing of it is executed, no address in it is opened.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from adapters.eventlog.instants import written
from adapters.eventlog.table import Table
from workflow.errors import DubanError, MissingExtra, UnreadableLog
from workflow.logevent import Place
from workflow.logmap import LogMap
from workflow.text import Text

MAGIC = b"PAR1"
KEY = b"duban.log"
"""Of the file's metadata: what :class:`Converted` holds, as JSON."""
FORMAT = 1
OWN = "duban:"
"""Prefix of the columns that no source has."""
FILE, SHEET, ROW, EVENT, UNREADABLE = f"{OWN}file", f"{OWN}sheet", f"{OWN}row", f"{OWN}event", f"{OWN}unreadable"
FORM = f"{OWN}as:"
"""Prefix of the column with the forms of a column of instants."""
MAX_GROUP = 2_000_000_000
"""Bytes of one row group, unpacked: a reader must hold a whole one."""
_BATCH = 4096
_CACHE = 65_536


Row = tuple[Place, list[str] | Text]


class Source(NamedTuple):
    """The file that a log was converted from."""

    name: str
    sha256: str


class Converted(NamedTuple):
    """What a converted file says of itself."""

    source: Source
    header: list[str]
    """The names of the columns, as the source has them."""
    columns: list[str]
    """The same as they are called in the file: a name that is empty, stands twice or begins with ``duban:`` is ``duban:column:N``."""
    typed: bool
    """Of the source: :attr:`adapters.eventlog.table.Table.typed`."""
    read: list[str] | None
    times: list[str] | None
    """Of a workbook: the columns that the map read, and those it read as times, because its cells were looked at for these alone."""
    notes: list[list[str]]
    """Of :class:`adapters.eventlog.table.Table`, in Chinese and English."""

    def metadata(self) -> bytes:
        return json.dumps({"format": FORMAT, **self._asdict(), "source": self.source._asdict()}, ensure_ascii=False).encode()


def library() -> Any:
    """pyarrow's Parquet module. Raises :class:`MissingExtra`."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra(
            Text("读写 Parquet 需要 pyarrow", "to read and write Parquet pyarrow is needed"),
            hint=Text("安装 duban[parquet]", "install duban[parquet]"),
        ) from None
    return pyarrow.parquet


def writer(path: Path, schema: Any) -> Any:
    """Of a converted log: each page has a checksum, so that a changed byte shows."""
    return library().ParquetWriter(path, schema, compression="zstd", version="2.6", write_page_checksum=True)


def converted(path: Path) -> Converted | None:
    """What a Parquet file says of its source; ``None``: it was not written by duban. Raises :class:`UnreadableLog`."""
    with opened(path) as file:
        return _converted(file, path.name)


def rows_in(path: Path) -> int:
    """How many rows a Parquet file says it has. Raises :class:`UnreadableLog`."""
    with opened(path) as file:
        return int(file.metadata.num_rows)


def parquet_table(path: Path, log_map: LogMap) -> Table:
    """A Parquet file. A time with a zone is an instant, one without is read in the zone of the map.

    A file that ``duban log convert`` wrote gives the very rows of its source, places and all. Raises
    :class:`~workflow.errors.UnreadableLog`, here or while the rows are read, for a file that is missing, broken or too large in one row
    group, or a workbook's that was converted for a map that reads other columns.
    """
    with opened(path) as file:
        groups = [file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)]
        if max(groups, default=0) > MAX_GROUP:
            most = f"{MAX_GROUP // 1_000_000_000} GB"
            raise UnreadableLog(
                Text(f"有超过 {most} 的行组", f"it has a row group of more than {most}"),
                where=path.name,
                hint=Text("写成较小的行组", "write it in smaller row groups"),
            )
        about = _converted(file, path.name)
        header = about.header if about is not None else [str(name) for name in file.schema_arrow.names]
    if not header:
        raise UnreadableLog(Text("日志里没有列", "the log has no columns"), where=path.name)
    if about is None:
        return Table(header, _foreign(path), typed=True)
    _same_columns(about, log_map, path.name)
    return Table(header, _own(path, about), about.typed, tuple(Text(zh, en) for zh, en in about.notes))


def _same_columns(about: Converted, log_map: LogMap, where: str) -> None:
    if about.read is None or about.times is None:
        return
    read, times = (set(names) & set(about.header) for names in (log_map.named, log_map.timed))
    other = sorted((read - set(about.read)) | (times ^ set(about.times)))
    if other:
        raise UnreadableLog(
            Text(
                f"转换工作簿时的映射没有这样读取列:{'、'.join(other)}",
                f"the map of its conversion read otherwise: {', '.join(other)}",
            ),
            where=where,
            hint=Text("用这个映射重新 duban log convert", "convert the workbook again with this map"),
        )


@contextmanager
def opened(path: Path, read_dictionary: Sequence[str] = ()) -> Iterator[Any]:
    """The file for reading; whatever the library makes of a broken one is :class:`UnreadableLog`, also out of the block.

    Pages that have a checksum, as those of converted files do, are held to it. ``read_dictionary``: columns to be read as such.
    """
    parquet = library()
    import pyarrow

    try:
        with pyarrow.OSFile(str(path), "rb") as raw:
            yield parquet.ParquetFile(raw, read_dictionary=list(read_dictionary), page_checksum_verification=True)
    except DubanError:
        raise
    except FileNotFoundError:
        raise UnreadableLog(Text("没有这个文件", "there is no such file"), where=str(path)) from None
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, NotImplementedError, MemoryError) as error:  # pyarrow's own too
        message = str(error).partition("\n")[0]
        raise UnreadableLog(
            Text(f"不是 Parquet,或已损坏:{message}", f"it is no Parquet, or a broken one: {message}"), where=path.name
        ) from None


def _converted(file: Any, where: str) -> Converted | None:
    said = (file.schema_arrow.metadata or {}).get(KEY)
    if said is None:
        if ROW in file.schema_arrow.names and UNREADABLE in file.schema_arrow.names:
            raise UnreadableLog(
                Text("转换后的文件没有元数据 duban.log", "a converted file without its metadata duban.log"),
                where=where,
                hint=Text("重新 duban log convert", "convert the log again"),
            )
        return None
    try:
        found = json.loads(said)
        if found.pop("format") != FORMAT:
            raise ValueError("another format")
        about = Converted(**{**found, "source": Source(**found["source"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableLog(
            Text(f"文件的元数据 duban.log 无法读取:{error}", f"its metadata duban.log cannot be read: {error}"), where=where
        ) from None
    missing = sorted({FILE, SHEET, ROW, EVENT, UNREADABLE, *about.columns} - set(file.schema_arrow.names))
    if missing or len(about.columns) != len(about.header):
        raise UnreadableLog(
            Text(f"转换后的文件缺少列 {'、'.join(missing)}", f"the converted file lacks the columns {', '.join(missing)}"), where=where
        )
    return about


def _batches(file: Any) -> Iterator[Any]:
    """All rows. Raises ``ValueError`` where there are fewer than the file says: the library ends at the first column that does."""
    read = 0
    for batch in file.iter_batches(_BATCH, use_threads=False):
        read += batch.num_rows
        batch.validate(full=True)
        yield batch
    if read != file.metadata.num_rows:
        raise ValueError(f"{read} rows instead of {file.metadata.num_rows}")


def _own(path: Path, about: Converted) -> Iterator[Row]:
    with opened(path) as file:
        stamps = _Stamps()
        for batch in _batches(file):
            yield from _own_rows(batch, about, stamps)


def _own_rows(batch: Any, about: Converted, stamps: _Stamps) -> Iterator[Row]:
    by = dict(zip(batch.schema.names, batch.columns, strict=True))
    found = []
    for name in about.columns:
        form = by.get(FORM + name)
        found.append(_words(by[name]) if form is None else stamps.of(by[name], form))
    columns: Iterator[tuple[str, ...]] = zip(*found, strict=True)
    places = zip(*(by[name].to_pylist() for name in (ROW, EVENT, SHEET, UNREADABLE)), strict=True)
    for fields, (row, event, sheet, reason) in zip(columns, places, strict=True):
        place = Place(row, event, sheet or "")
        yield place, list(fields) if reason is None else Text(*json.loads(reason))


def _foreign(path: Path) -> Iterator[Row]:
    with opened(path) as file:
        number = 0
        for batch in _batches(file):
            for fields in zip(*map(_words, batch.columns), strict=True):
                number += 1
                yield Place(number), list(fields)


def rows_at(path: Path, numbers: Iterable[int]) -> Iterator[tuple[int, Row]]:
    """Single rows by their numbers in the file, from 0, in their order; only the row groups in which they stand are read.

    Raises :class:`~workflow.errors.UnreadableLog` as :func:`parquet_table` does.
    """
    wanted = sorted(set(numbers))
    with opened(path) as file:
        about, stamps = _converted(file, path.name), _Stamps()
        end = 0
        for group in range(file.metadata.num_row_groups):
            start, end = end, end + file.metadata.row_group(group).num_rows
            here = wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]
            if not here:
                continue
            whole = file.read_row_group(group, use_threads=False)
            whole.validate(full=True)
            taken = whole.take([n - start for n in here])
            [batch] = taken.combine_chunks().to_batches()
            if about is not None:
                yield from zip(here, _own_rows(batch, about, stamps), strict=True)
            else:
                fields = zip(*map(_words, batch.columns), strict=True)
                yield from ((n, (Place(n + 1), list(f))) for n, f in zip(here, fields, strict=True))


class _Stamps:
    """Instants as they were written. They repeat, so each is worked out once. Bounded."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}

    def of(self, instants: Any, forms: Any) -> list[str]:
        pairs = zip(instants.cast("int64").to_pylist(), forms.to_pylist(), strict=True)
        return [form or "" if micros is None else self._known.get((micros, form)) or self._text(micros, form) for micros, form in pairs]

    def _text(self, micros: int, form: str) -> str:
        if len(self._known) >= _CACHE:
            self._known.clear()
        text = self._known[micros, form] = written(micros, form)
        return text


def _words(column: Any) -> list[str]:
    """The values of a column as the words of a log; nothing is the empty word."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        kind, column = kind.value_type, column.dictionary_decode()
    if pyarrow.types.is_timestamp(kind):
        column = column.cast(pyarrow.timestamp("us", "UTC" if kind.tz else None), safe=False)
        return _said(column, lambda value: value.isoformat(" "))
    if pyarrow.types.is_time(kind):
        return _said(column.cast(pyarrow.time64("us"), safe=False), lambda value: value.isoformat())
    if pyarrow.types.is_boolean(kind):
        return _said(column, lambda value: "true" if value else "false")
    if pyarrow.types.is_floating(kind):
        return _said(column, lambda value: str(int(value)) if value.is_integer() else repr(value))
    if pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
        return _said(column, lambda value: value.decode())
    return _said(column, str)


def _said(column: Any, say: Callable[[Any], str]) -> list[str]:
    return ["" if value is None else say(value) for value in column.to_pylist()]
