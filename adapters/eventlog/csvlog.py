"""CSV logs (``.csv``, ``.csv.gz``) as tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapters.eventlog.lines import Records
from adapters.eventlog.table import Table
from workflow.errors import UnreadableLog
from workflow.logevent import Place
from workflow.logmap import LogMap
from workflow.text import Text


def csv_table(path: Path, log_map: LogMap) -> Table:
    """A CSV file whose first row is its header, in the encoding and with the delimiter of the map. A blank line is no row.

    Raises :class:`~workflow.errors.UnreadableLog`, here or while the rows are read, when it is missing, empty, truncated or not text.
    """
    records = iter(Records(path, log_map.encoding, log_map.delimiter))
    header = _header(next(records, None), path.name)
    return Table(header, _rows(records))


def _rows(records: Iterator[tuple[int, list[str] | Text]]) -> Iterator[tuple[Place, list[str] | Text]]:
    for number, fields in records:
        yield Place(number), fields


def _header(record: tuple[int, list[str] | Text] | None, where: str) -> list[str]:
    if record is None:
        raise UnreadableLog(Text("日志是空的", "the log is empty"), where=where)
    names = record[1]
    if isinstance(names, Text):
        raise UnreadableLog(Text("读不出标题行:", "the header row cannot be read: ") + names, where=where)
    return [name.strip().lstrip("\ufeff") for name in names]
