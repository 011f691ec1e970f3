"""CSV logs (``.csv``, ``.csv.gz``) as tables."""

from __future__ import annotations

from pathlib import Path

from adapters.eventlog.lines import Records
from adapters.eventlog.table import Table, header_of
from workflow.logmap import LogMap


def csv_table(path: Path, log_map: LogMap) -> Table:
    """A CSV file with the header, encoding and delimiter that the map says. A blank line is no row.

    Raises :class:`~workflow.errors.UnreadableLog`, here or while the rows are read, when it is missing, empty, truncated or not text.
    """
    records = iter(Records(path, log_map.encoding, log_map.delimiter))
    return Table(header_of(records, log_map.header, path.name), records)
