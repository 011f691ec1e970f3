"""A log made ready to be replayed: by columns where its file allows it, else row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from adapters.eventlog import Unreadable, read_log
from adapters.eventlog.packed import starts_with
from adapters.eventlog.parquetlog import MAGIC, parquet_table
from adapters.partition import SHARES_EACH, Share, shared
from workflow.errors import BadInput
from workflow.logmap import LogMap
from workflow.rules import Rules
from workflow.text import Text

if TYPE_CHECKING:
    from adapters.columns.source import Columns


class LogSource(NamedTuple):
    """What was read of a log, and how it is shared out."""

    read: int
    ignored: int
    unreadable: list[Unreadable]
    notes: Sequence[Text]
    """What a reader must know of how the file was read."""
    foreign: Sequence[str]
    """Its activities, where the map knows none of them."""
    last: datetime | None
    """The last instant of its rows; ``None`` without any."""
    shares: Callable[[int], Sequence[Share]]
    """For so many processes."""
    counts: Callable[[], Sequence[Share]]
    """For the totals alone. Raises :class:`~workflow.errors.BadInput` for a log that cannot be read by columns."""


def opened(log: Path, log_map: LogMap, versions: Sequence[Rules], progress: Callable[[int], None] | None = None) -> LogSource:
    """Read a log. Raises what :func:`adapters.eventlog.history.read_log` raises."""
    columns = _columns(log, log_map, versions)
    if columns is None:
        return read_rows(log, log_map, progress)
    from adapters.columns.run import Count, cut, last

    found = columns
    return LogSource(
        found.read,
        found.ignored,
        [],
        parquet_table(log, log_map).notes,
        () if any(s.known for s in found.symbols) else [s.name for s in found.symbols if s.name],
        last(found),
        lambda jobs: cut(found, log, jobs * SHARES_EACH if jobs > 1 else 1),
        lambda: [Count(found, log)],
    )


def read_rows(log: Path, log_map: LogMap, progress: Callable[[int], None] | None = None) -> LogSource:
    """Read a log row by row. Raises what :func:`adapters.eventlog.history.read_log` raises."""
    found = read_log(log, log_map, progress)
    names = dict.fromkeys(event.name for _, events in found.cases for event in events) if found.foreign else ()
    cases = found.cases
    return LogSource(
        found.read, found.ignored, found.unreadable, found.notes, list(names), found.last, lambda jobs: shared(cases, jobs), _uncounted
    )


def _columns(log: Path, log_map: LogMap, versions: Sequence[Rules]) -> Columns | None:
    """The log by columns; ``None`` where it is no such file, or a procedure has more configurations than a table can hold."""
    if not starts_with(log, MAGIC) or any(r.tabulated().compiled is None for r in versions):
        return None
    parquet_table(log, log_map)  # refuses what it refuses row by row: a row group too large, a workbook converted for another map
    from adapters.columns.source import columns_of

    return columns_of(log, log_map)


def _uncounted() -> Sequence[Share]:
    raise BadInput(
        Text(
            "只计数(--counts)要求每行都是确切时刻的 Parquet 日志", "--counts needs a log in Parquet in which every row has an exact instant"
        ),
        hint=Text("先 duban log convert", "duban log convert makes one"),
    )
