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
from typing import NamedTuple

from adapters.documents.report import Dossiers
from workflow.calendar import Calendar
from workflow.journal.canonical import parse_canonical
from workflow.logevent import LogEvent
from workflow.logmap import LogMap
from workflow.procedure.model import Procedure
from workflow.replay import Report, replay_log
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


class Found(NamedTuple):
    report: Report
    files: list[Path]
    """Of :class:`~adapters.documents.report.Dossiers`, each sorted by case; none where no folder was given."""
    verdicts: Counter[str]
    records: Counter[str]
    """Deviations by code."""


def part_of(case: str, parts: int) -> int:
    return int.from_bytes(blake2b(case.encode(), digest_size=8).digest(), "big") % parts


def replayed(cases: Cases, law: Law, folder: Path | None, jobs: int, progress: Callable[[int], None] | None = None) -> Found:
    """Replay the cases of a log on so many processes; with a ``folder`` their dossiers are left there.

    Raises what :func:`workflow.replay.replay_log` raises.
    """
    if jobs < 2:
        return _part(cases, law, folder and folder / "0", progress)
    parts: list[list[tuple[str, Sequence[LogEvent]]]] = [[] for _ in range(jobs * PARTS_EACH)]
    for case in cases:
        parts[part_of(case[0], len(parts))].append(case)
    given = (law.log_map, [(r.procedure, r.hash) for r in law.versions], law.calendar.data, law.as_of)
    found = Found(replay_log((), *law[:3], read=0, ignored=0, unreadable=0, as_of=law.as_of), [], Counter(), Counter())
    done = 0
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, given) as pool:
        waiting = {pool.submit(_worked, part, folder and folder / str(number)): len(part) for number, part in enumerate(parts) if part}
        for future in as_completed(waiting):
            one = future.result()
            found.report.merge(one.report)
            found.files.extend(one.files)
            found.verdicts.update(one.verdicts)
            found.records.update(one.records)
            done += waiting[future]
            if progress is not None:
                progress(done)
    return found


def _part(cases: Cases, law: Law, file: Path | None, progress: Callable[[int], None] | None = None) -> Found:
    dossiers = Dossiers(file) if file is not None else None
    each = dossiers.take if dossiers is not None else None
    try:
        report = replay_log(cases, *law[:3], read=0, ignored=0, unreadable=0, as_of=law.as_of, progress=progress, each=each)
    finally:
        if dossiers is not None:
            dossiers.close()
    if dossiers is None:
        return Found(report, [], Counter(), Counter())
    return Found(report, [dossiers.path], dossiers.verdicts, dossiers.records)


_law: list[Law] = []
"""Of this process, if it is one that replays parts."""


def _begin(log_map: LogMap, versions: Sequence[tuple[Procedure, str]], calendar: bytes, as_of: datetime | None) -> None:
    _law[:] = [Law(log_map, [Rules(p, h) for p, h in versions], Calendar.of(parse_canonical(calendar)), as_of)]


def _worked(cases: Cases, file: Path | None) -> Found:
    return _part(cases, _law[0], file)
