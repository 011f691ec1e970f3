"""Single cases of a log in Parquet, read row by row as any other log is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from adapters.columns.source import Columns
from adapters.eventlog.history import LogRead, in_order
from adapters.eventlog.parquetlog import parquet_table, rows_at
from adapters.eventlog.row import Keyed, Rows
from workflow.logevent import LogEvent
from workflow.logmap import LogMap
from workflow.text import Text


def picked(path: Path, log_map: LogMap, columns: Columns, cases: Iterable[int]) -> Mapping[int, list[LogEvent]]:
    """The events of these cases by their numbers, in their total order."""
    of = {int(row): n for n in cases for row in columns.row[columns.first[n] : columns.first[n + 1]]}
    keyed: dict[int, list[Keyed]] = {}
    rows = Rows(log_map, parquet_table(path, log_map), path.name)
    for number, (place, fields) in rows_at(path, of):
        assert not isinstance(fields, Text)  # such a row has no case
        read = rows.read(fields, place)
        if read is not None:
            keyed.setdefault(of[number], []).append(read[1])
    return {n: in_order(found, log_map, LogRead()) for n, found in keyed.items()}
