"""A log replayed in parts, on several processes: the same report as in one go, whatever their number.

A case belongs to the part that a hash of its id names, of our own choice: Python's differs from run to run. Cases bear on no other case of
a log, so a part is replayed by itself, and the parts are put together by case.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from adapters.documents.report import Dossiers
from workflow.calendar import Calendar
from workflow.comparison import Comparison
from workflow.journal.canonical import parse_canonical
from workflow.logevent import LogEvent
from workflow.logmap import LogMap
from workflow.otherwise import Otherwise, beside, other_log
from workflow.procedure.model import Procedure
from workflow.replay import Each, Report, replay_log
from workflow.rules import Rules

PARTS_EACH = 8
"""Parts for each process: a slow one holds up the rest for no longer than an eighth."""

Cases = Sequence[tuple[str, Sequence[LogEvent]]]


class Law(NamedTuple):
    """What a log is replayed under."""

    log_map: LogMap
    versions: Sequence[Rules]
    calendar: Calendar
    as_of: datetime | None
    otherwise: Otherwise | None = None
    """The other side, where the replay is compared with one."""


class Found(NamedTuple):
    report: Report
    files: list[Path]
    """Of :class:`~adapters.documents.report.Dossiers`, each sorted by case; none where no folder was given."""
    verdicts: Counter[str]
    records: Counter[str]
    """Deviations by code."""
    comparison: Comparison | None = None


def part_of(case: str, parts: int) -> int:
    return int.from_bytes(blake2b(case.encode(), digest_size=8).digest(), "big") % parts


def replayed(cases: Cases, law: Law, folder: Path | None, jobs: int, progress: Callable[[int], None] | None = None) -> Found:
    """Replay the cases of a log on so many processes; with a ``folder`` their dossiers are left there.

    Raises what :func:`workflow.replay.replay_log` raises, and :class:`~workflow.errors.IntegrityError` when a case was lost.
    """
    found = _in_parts(cases, law, folder, jobs, progress) if jobs > 1 else _part(cases, law, folder and folder / "0", progress)
    if law.as_of is not None:
        found.report.check_cases(len(cases))
    return found


def _in_parts(cases: Cases, law: Law, folder: Path | None, jobs: int, progress: Callable[[int], None] | None) -> Found:
    parts: list[list[tuple[str, Sequence[LogEvent]]]] = [[] for _ in range(jobs * PARTS_EACH)]
    for case in cases:
        parts[part_of(case[0], len(parts))].append(case)
    found = _part((), law, None)
    done = 0
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, _packed(law)) as pool:
        waiting = {pool.submit(_worked, part, folder and folder / str(number)): len(part) for number, part in enumerate(parts) if part}
        for future in as_completed(waiting):
            one = future.result()
            found.report.merge(one.report)
            found.files.extend(one.files)
            found.verdicts.update(one.verdicts)
            found.records.update(one.records)
            if found.comparison is not None and one.comparison is not None:
                found.comparison.merge(one.comparison)
            done += waiting[future]
            if progress is not None:
                progress(done)
    return found


def _part(cases: Cases, law: Law, file: Path | None, progress: Callable[[int], None] | None = None) -> Found:
    dossiers = Dossiers(file) if file is not None else None
    each: Each | None = dossiers.take if dossiers is not None else None
    comparison = other_log(cases, *law[:4], law.otherwise) if law.otherwise is not None else None
    if comparison is not None:
        each = beside(comparison, each)
    try:
        report = replay_log(cases, *law[:3], read=0, ignored=0, unreadable=0, as_of=law.as_of, progress=progress, each=each)
    finally:
        if dossiers is not None:
            dossiers.close()
    if comparison is not None:
        comparison.rest()
    if dossiers is None:
        return Found(report, [], Counter(), Counter(), comparison)
    return Found(report, [dossiers.path], dossiers.verdicts, dossiers.records, comparison)


_law: list[Law] = []
"""Of this process, if it is one that replays parts."""

_Versions = Sequence[tuple[Procedure, str]]


def _packed(law: Law) -> tuple[Any, ...]:
    """What :func:`_begin` takes: the content of rules and calendars, without what was worked out from it."""
    other = law.otherwise
    there = other and (
        other.asked,
        [(r.procedure, r.hash) for r in other.versions.values()],
        other.calendar.data if other.calendar is not None else None,
        other.as_of,
    )
    return law.log_map, [(r.procedure, r.hash) for r in law.versions], law.calendar.data, law.as_of, there


def _begin(log_map: LogMap, versions: _Versions, calendar: bytes, as_of: datetime | None, there: tuple[Any, ...] | None) -> None:
    otherwise = None
    if there is not None:
        asked, others, data, until = there
        counted = Calendar.of(parse_canonical(data)) if data is not None else None
        otherwise = Otherwise(asked, {p.procedure: Rules(p, h) for p, h in others}, counted, until)
    _law[:] = [Law(log_map, [Rules(p, h) for p, h in versions], Calendar.of(parse_canonical(calendar)), as_of, otherwise)]


def _worked(cases: Cases, file: Path | None) -> Found:
    return _part(cases, _law[0], file)
