"""A log made ready to be replayed: by columns where its file allows it, else row by row; a folder of parts part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from adapters.documents.report import Dossiers
from adapters.eventlog import Unreadable, read_log
from adapters.eventlog.packed import starts_with
from adapters.eventlog.parquetlog import MAGIC, parquet_table, rows_in
from adapters.eventlog.split import parts_in
from adapters.law import Law
from adapters.partition import SHARES_EACH, Judgement, Progress, Rows, Share, shared
from workflow.errors import BadInput, UnreadableLog
from workflow.logmap import LogMap
from workflow.rules import Rules
from workflow.text import Text

if TYPE_CHECKING:
    from adapters.columns.source import Columns


class LogSource(NamedTuple):
    """What was read of a log, and how it is shared out. Of a folder of parts the parts count their rows themselves."""

    read: int
    ignored: int
    unreadable: list[Unreadable]
    notes: Sequence[Text]
    """What a reader must know of how the file was read."""
    foreign: Sequence[str]
    """Its activities, where the map knows none of them."""
    last: Callable[[], datetime | None]
    """The last instant of its rows; ``None`` without any."""
    shares: Callable[[int], Sequence[Share[Law]]]
    """For so many processes."""
    counts: Callable[[], Sequence[Share[Law]]]
    """For the totals alone. Raises :class:`~workflow.errors.BadInput` for a log that cannot be read by columns."""


class File(NamedTuple):
    """A part of a log in a file of its own, which is read where it is replayed."""

    path: Path
    size: int
    totals: bool = False
    """Only the totals are wanted."""

    def judged(self, law: Law, dossiers: Dossiers | None, progress: Progress | None) -> Judgement:
        from adapters.columns.run import Count, Cut, last
        from adapters.columns.source import by_id

        columns = _columns(self.path, law.log_map, law.versions)
        if columns is None and self.totals:
            _uncounted()
        if columns is None:
            read = read_log(self.path, law.log_map)
            self._must_have_said(read.last, law.log_map)
            found = Rows(read.cases).judged(law, dossiers, progress)._replace(unreadable=read.unreadable)
            found.report.events.update(read=read.read, ignored=read.ignored, unreadable=len(read.unreadable))
            return found
        self._must_have_said(last(columns), law.log_map)
        share = Count(columns, self.path) if self.totals else Cut(by_id(columns), self.path)
        found = share.judged(law, dossiers, progress)
        found.report.events.update(read=columns.read, ignored=columns.ignored, unreadable=0)
        return found

    def _must_have_said(self, found: datetime | None, log_map: LogMap) -> None:
        """Refuse a part whose statistics, from which the end of the log was taken, are not those of its rows: no checksum covers them."""
        from adapters.columns.source import last_said

        said = last_said(self.path, log_map)
        if said is not None and said != found:
            zh, en = "文件的统计与各行不符,已损坏", "the statistics of the file are not those of its rows: it is broken"
            raise UnreadableLog(Text(zh, en), where=self.path.name)

    def last(self, log_map: LogMap, versions: Sequence[Rules]) -> datetime | None:
        from adapters.columns.run import last
        from adapters.columns.source import last_said

        said = last_said(self.path, log_map)
        if said is not None:
            return said
        columns = _columns(self.path, log_map, versions)
        return last(columns) if columns is not None else read_log(self.path, log_map).last


def opened(log: Path, log_map: LogMap, versions: Sequence[Rules], progress: Progress | None = None) -> LogSource:
    """Read a log, or find the parts of one. Raises what :func:`adapters.eventlog.history.read_log` raises."""
    if log.is_dir():
        return _in_parts(log, log_map, versions)
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
        _foreign(found),
        lambda: last(found),
        lambda jobs: cut(found, log, jobs * SHARES_EACH if jobs > 1 else 1),
        lambda: [Count(found, log)],
    )


def read_rows(log: Path, log_map: LogMap, progress: Progress | None = None) -> LogSource:
    """Read a log row by row. Raises what :func:`adapters.eventlog.history.read_log` raises."""
    found = read_log(log, log_map, progress)
    names = dict.fromkeys(event.name for _, events in found.cases for event in events) if found.foreign else ()
    cases, last = found.cases, found.last
    return LogSource(
        found.read, found.ignored, found.unreadable, found.notes, list(names), lambda: last, lambda jobs: shared(cases, jobs), _uncounted
    )


def _in_parts(folder: Path, log_map: LogMap, versions: Sequence[Rules]) -> LogSource:
    files = [File(path, rows_in(path)) for path in parts_in(folder)]

    def last() -> datetime | None:
        return max((at for file in files if (at := file.last(log_map, versions)) is not None), default=None)

    return LogSource(
        0,
        0,
        [],
        parquet_table(files[0].path, log_map).notes,
        _foreign_parts(files, log_map, versions),
        last,
        lambda _: files,
        lambda: [file._replace(totals=True) for file in files],
    )


def _foreign_parts(files: Sequence[File], log_map: LogMap, versions: Sequence[Rules]) -> Sequence[str]:
    """As :func:`_foreign`, of all parts together; no further part is read than the first with an activity that is known."""
    names: dict[str, None] = {}
    for file in files:
        columns = _columns(file.path, log_map, versions)
        if columns is not None:
            strange, some = _foreign(columns), bool(columns.ids)
        else:
            found = read_rows(file.path, log_map)
            strange, some = found.foreign, found.last() is not None
        if some and not strange:
            return ()
        names |= dict.fromkeys(strange)
    return list(names)


def _foreign(columns: Columns) -> Sequence[str]:
    return () if any(s.known for s in columns.symbols) else [s.name for s in columns.symbols if s.name]


def _columns(log: Path, log_map: LogMap, versions: Sequence[Rules]) -> Columns | None:
    """The log by columns; ``None`` where it is no such file, or a procedure has more configurations than a table can hold."""
    if not starts_with(log, MAGIC) or any(r.tabulated().compiled is None for r in versions):
        return None
    parquet_table(log, log_map)  # refuses what it refuses row by row: a row group too large, a workbook converted for another map
    from adapters.columns.source import columns_of

    return columns_of(log, log_map)


def _uncounted() -> Sequence[Share[Law]]:
    raise BadInput(
        Text("只计数(--counts)要求每行都是确切时刻的 Parquet 日志", "--counts needs a log in Parquet whose rows are exact instants"),
        hint=Text("先 duban log convert", "duban log convert makes one"),
    )
