"""A log replayed in shares, on several processes: the same report as in one go, whatever their number.

Cases bear on no other case of a log, so a share is replayed by itself, and what was found is put together by case. A case belongs to the
share that a hash of its id names, of our own choice (Python's differs from run to run), or that its place in the order of the ids does.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from adapters.documents.report import Dossiers
from adapters.law import Law, unpacked
from workflow.comparison import Comparison
from workflow.logevent import LogEvent
from workflow.otherwise import beside, other_log
from workflow.replay import Each, Report, replay_log

SHARES_EACH = 8
"""Shares for each process: a slow one holds up the rest for no longer than an eighth."""

Cases = Sequence[tuple[str, Sequence[LogEvent]]]
Progress = Callable[[int], None]


class Found(NamedTuple):
    report: Report
    files: list[Path]
    """Of :class:`~adapters.documents.report.Dossiers`, each sorted by case; none where no folder was given."""
    verdicts: Counter[str]
    records: Counter[str]
    """Deviations by code."""
    comparison: Comparison | None = None


Judgement = tuple[Report, Comparison | None]
"""A report, and its other side where there is one."""


class Share(Protocol):
    """Some of the cases of a log. It is data: another process can replay it."""

    @property
    def size(self) -> int:
        """How many cases it has."""

    def judged(self, law: Law, dossiers: Dossiers | None, progress: Progress | None) -> Judgement:
        """What is found in them; their dossiers in the order of their ids."""


class Rows(NamedTuple):
    """Cases that were read row by row."""

    cases: Cases

    @property
    def size(self) -> int:
        return len(self.cases)

    def judged(self, law: Law, dossiers: Dossiers | None, progress: Progress | None) -> Judgement:
        each: Each | None = dossiers.take if dossiers is not None else None
        comparison = other_log(self.cases, *law[:4], law.otherwise) if law.otherwise is not None else None
        if comparison is not None:
            each = beside(comparison, each)
        report = replay_log(self.cases, *law[:3], read=0, ignored=0, unreadable=0, as_of=law.as_of, progress=progress, each=each)
        if comparison is not None:
            comparison.rest()
        return report, comparison


def part_of(case: str, parts: int) -> int:
    return int.from_bytes(blake2b(case.encode(), digest_size=8).digest(), "big") % parts


def shared(cases: Cases, jobs: int) -> list[Rows]:
    """The cases of a log in shares for so many processes."""
    if jobs < 2:
        return [Rows(cases)]
    parts: list[list[tuple[str, Sequence[LogEvent]]]] = [[] for _ in range(jobs * SHARES_EACH)]
    for case in cases:
        parts[part_of(case[0], len(parts))].append(case)
    return [Rows(part) for part in parts if part]


def replayed(shares: Sequence[Share], law: Law, folder: Path | None, jobs: int, progress: Progress | None = None) -> Found:
    """Replay the shares of a log on so many processes; with a ``folder`` their dossiers are left there.

    Raises what :func:`workflow.replay.replay_log` raises, and :class:`~workflow.errors.IntegrityError` when a case was lost.
    """
    places = [folder and folder / str(number) for number in range(len(shares))]
    if jobs < 2 or len(shares) < 2:
        whole = together((found(share, law, place, progress) for share, place in zip(shares, places, strict=True)), law)
    else:
        whole = _in_processes(shares, places, law, jobs, progress)
    if law.as_of is not None:
        whole.report.check_cases(sum(share.size for share in shares))
    return whole


def _in_processes(shares: Sequence[Share], places: Sequence[Path | None], law: Law, jobs: int, progress: Progress | None) -> Found:
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, law.packed()) as pool:
        waiting = {pool.submit(_worked, share, place): share.size for share, place in zip(shares, places, strict=True)}

        def done() -> Iterator[Found]:
            count = 0
            for future in as_completed(waiting):
                yield future.result()
                count += waiting[future]
                if progress is not None:
                    progress(count)

        return together(done(), law)


def together(parts: Iterable[Found], law: Law) -> Found:
    """What was found in all shares."""
    whole = found(Rows(()), law, None)
    for one in parts:
        whole.report.merge(one.report)
        whole.files.extend(one.files)
        whole.verdicts.update(one.verdicts)
        whole.records.update(one.records)
        if whole.comparison is not None and one.comparison is not None:
            whole.comparison.merge(one.comparison)
    return whole


def found(share: Share, law: Law, file: Path | None, progress: Progress | None = None) -> Found:
    """What is found in one share; its dossiers are left in ``file``."""
    if file is None:
        report, comparison = share.judged(law, None, progress)
        return Found(report, [], Counter(), Counter(), comparison)
    with closing(Dossiers(file)) as dossiers:
        report, comparison = share.judged(law, dossiers, progress)
    return Found(report, [file], dossiers.verdicts, dossiers.records, comparison)


_law: list[Law] = []
"""Of this process, if it is one that replays shares."""


def _begin(*given: Any) -> None:
    _law[:] = [unpacked(*given)]


def _worked(share: Share, file: Path | None) -> Found:
    return found(share, _law[0], file)
