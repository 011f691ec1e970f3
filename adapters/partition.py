"""A log or a journal replayed in shares, on several processes: the same report as in one go, whatever their number.

Cases bear on no other case, so a share is replayed by itself, and what was found is put together by case. A case belongs to the
share that a hash of its id names, of our own choice (Python's differs from run to run), or that its place in the order of the ids does.
"""

from __future__ import annotations

import json
import multiprocessing
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from adapters.documents.report import Dossiers
from adapters.eventlog import Unreadable
from adapters.eventlog.split import part_of
from adapters.law import Law
from workflow.comparison import Comparison
from workflow.errors import StoreUnavailable
from workflow.logevent import LogEvent
from workflow.otherwise import beside, other_log
from workflow.replay import Each, Report, replay_log
from workflow.text import Text

if TYPE_CHECKING:
    from adapters.work import Work

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
    unreadable: Sequence[Unreadable] = ()


class Judgement(NamedTuple):
    report: Report
    comparison: Comparison | None = None
    """The other side, where there is one."""
    unreadable: Sequence[Unreadable] = ()
    """Rows, where the share read its file itself."""


class Basis(Protocol):
    """What all cases are replayed under: :class:`adapters.law.Law`, :class:`adapters.journalsource.Pinned`. It is data, as a share is."""

    @property
    def nothing(self) -> Share[Any]:
        """A share without cases."""


B = TypeVar("B", bound=Basis)
Under = TypeVar("Under", bound=Basis, contravariant=True)


class Share(Protocol[Under]):
    """Some of the cases of a log or a journal. It is data: another process can replay it."""

    @property
    def size(self) -> int:
        """How many cases it has, or rows where nobody counted the cases: how much work it is."""

    def judged(self, law: Under, dossiers: Dossiers | None, progress: Progress | None) -> Judgement:
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
        if law.as_of is not None:
            report.check_cases(len(self.cases))
        return Judgement(report, comparison)


def shared(cases: Cases, jobs: int) -> list[Rows]:
    """The cases of a log in shares for so many processes."""
    return [Rows(part) for part in parts_of(cases, jobs)]


T = TypeVar("T")


def parts_of(cases: Sequence[tuple[str, T]], jobs: int) -> list[Sequence[tuple[str, T]]]:
    """Cases shared out by their ids for so many processes, each part in the order in which they came."""
    if jobs < 2:
        return [cases]
    parts: list[list[tuple[str, T]]] = [[] for _ in range(jobs * SHARES_EACH)]
    for case in cases:
        parts[part_of(case[0], len(parts))].append(case)
    return [part for part in parts if part]


class Task(NamedTuple, Generic[B]):
    """A share to be replayed, and where its dossiers are left."""

    number: int
    share: Share[B]
    place: Path | None
    spill: Path | None = None
    """Where the digests of its cases may be left by a process of this machine: nobody else has need of them."""


class Engine(Protocol):
    def __call__(self, tasks: Sequence[Task[B]], law: B, /) -> Iterator[tuple[Task[B], Found]]:
        """Replay tasks, each as :func:`found` does, and give them back in any order."""


def replayed(
    shares: Sequence[Share[B]],
    law: B,
    folder: Path | None,
    engine: Engine,
    progress: Progress | None = None,
    work: Work | None = None,
    spill: Path | None = None,
) -> Found:
    """Replay the shares of a log or a journal; with a ``folder`` their dossiers are left there. What ``work`` has kept is not done again.

    With ``spill`` the digests of the cases of a share do not stay in memory but lie there, until the report is settled.

    Raises what the shares raise, and :class:`~workflow.errors.IntegrityError` when a case was lost.
    """
    place = work.folder if work is not None and folder is not None else folder
    aside = spill if work is None else None
    tasks = [Task(n, share, place and place / f"{n}.cases", aside and aside / f"{n}.digests") for n, share in enumerate(shares)]
    done = {t.number: kept for t in tasks if work is not None and (kept := work.kept(t, law)) is not None}
    count = sum(t.share.size for t in tasks if t.number in done)
    whole = [_spilled(kept, spill / f"{n}.digests") if spill is not None else kept for n, kept in done.items()]
    if progress is not None:
        progress(count)
    for task, one in engine([t for t in tasks if t.number not in done], law):
        if work is not None:
            work.keep(task, law, one)
        whole.append(_spilled(one, spill / f"{task.number}.digests") if spill is not None else one)
        count += task.share.size
        if progress is not None:
            progress(count)
    return together(whole, law)


def serial(progress: Progress | None = None) -> Engine:
    """One after the other, here."""

    def run(tasks: Sequence[Task[B]], law: B) -> Iterator[tuple[Task[B], Found]]:
        return ((task, found(task.share, law, task.place, progress)) for task in tasks)

    return run


def processes(jobs: int) -> Engine:
    """On so many processes. Raises :class:`~workflow.errors.StoreUnavailable` where one of them dies."""

    def run(tasks: Sequence[Task[B]], law: B) -> Iterator[tuple[Task[B], Found]]:
        try:
            with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (pickle.dumps(law),)) as pool:
                waiting = {pool.submit(_worked, task.share, task.place, task.spill): task for task in tasks}
                for future in as_completed(waiting):
                    yield waiting[future], future.result()
        except BrokenProcessPool:
            raise died() from None

    return run


def died() -> StoreUnavailable:
    """A process that replayed shares is gone: killed, or out of memory."""
    return StoreUnavailable(
        Text("回放进程中途退出(可能内存不足)", "a process of the replay died, perhaps for want of memory"),
        hint=Text(
            "减少 --jobs 或把日志分成更多部分;加 --work 可接着做",
            "take fewer --jobs or a log in more parts; with --work the next run goes on where it was",
        ),
    )


class Spilled:
    """The digests of the cases of a share, in a file: one line each, sorted by id."""

    def __init__(self, path: Path, count: int) -> None:
        self._path, self._count = path, count

    @classmethod
    def of(cls, cases: Mapping[str, str], path: Path) -> Spilled:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines([f"{json.dumps(case)}\t{cases[case]}\n" for case in sorted(cases)])
        return cls(path, len(cases))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[str, str]]:
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                case, _, found = line.rstrip("\n").partition("\t")
                yield json.loads(case), found


def _spilled(found: Found, path: Path) -> Found:
    """The same with the digests of its cases in a file."""
    if found.report.cases:
        found.report.elsewhere.append(Spilled.of(found.report.cases, path))
        found.report.cases = {}
    return found


def together(parts: Iterable[Found], law: Basis) -> Found:
    """What was found in all shares."""
    whole = found(law.nothing, law, None)
    unreadable: list[Unreadable] = []
    for one in parts:
        whole.report.merge(one.report)
        whole.files.extend(one.files)
        whole.verdicts.update(one.verdicts)
        whole.records.update(one.records)
        unreadable += one.unreadable
        if whole.comparison is not None and one.comparison is not None:
            whole.comparison.merge(one.comparison)
    return whole._replace(unreadable=sorted(unreadable, key=lambda row: row.place))


def found(share: Share[B], law: B, file: Path | None, progress: Progress | None = None) -> Found:
    """What is found in one share; its dossiers are left in ``file``."""
    if file is None:
        report, comparison, unreadable = share.judged(law, None, progress)
        return Found(report, [], Counter(), Counter(), comparison, unreadable)
    with closing(Dossiers(file)) as dossiers:
        report, comparison, unreadable = share.judged(law, dossiers, progress)
    return Found(report, [file], dossiers.verdicts, dossiers.records, comparison, unreadable)


_law: list[Any] = []
"""Of this process, if it is one that replays shares."""


def _begin(law: bytes) -> None:
    _law[:] = [pickle.loads(law)]


def _worked(share: Share[Any], file: Path | None, spill: Path | None) -> Found:
    one = found(share, _law[0], file)
    return one if spill is None else _spilled(one, spill)
