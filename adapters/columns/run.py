"""A log in columns as a report: split by the version that decides each case, counted by columns, written case by case."""

from __future__ import annotations

import gc
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from adapters.columns.days import Days
from adapters.columns.document import Writer
from adapters.columns.replay import Courses, Duties, Flags, Part, judged
from adapters.columns.source import Columns, Whole, by_id, instant, micros, taken, up_to
from adapters.columns.walk import Walk
from adapters.documents.report import Dossiers
from adapters.law import Law
from adapters.partition import Judgement
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Row
from workflow.organisation import Organisation
from workflow.replay import Report, version_on
from workflow.rules import World


def last(columns: Columns) -> datetime | None:
    """The last instant of a log; ``None`` without any."""
    return instant(int(columns.at.max())) if len(columns.at) else None


class Cut(NamedTuple):
    """Some of the cases of a log in columns, in the order of their ids: a share of :mod:`adapters.partition`."""

    columns: Columns
    path: Path

    @property
    def size(self) -> int:
        return len(self.columns.ids)

    def judged(self, law: Law, dossiers: Dossiers | None, progress: Callable[[int], None] | None) -> Judgement:
        return _checked(report_of(self.columns, self.path, law, dossiers, progress), self.columns, law)


class Count(NamedTuple):
    """The same, of which only the totals are wanted."""

    columns: Columns
    path: Path

    @property
    def size(self) -> int:
        return len(self.columns.ids)

    def judged(self, law: Law, dossiers: Dossiers | None, progress: Callable[[int], None] | None) -> Judgement:
        return _checked(counts_of(self.columns, self.path, law), self.columns, law)


def _checked(report: Report, columns: Columns, law: Law) -> Judgement:
    if law.as_of is not None:
        report.check_cases(len(columns.ids))
    return Judgement(report)


def cut(columns: Columns, path: Path, shares: int) -> list[Cut]:
    """A log in shares of about as many cases each, by the order of their ids."""
    columns = by_id(columns)
    ends = [len(columns.ids) * n // shares for n in range(shares + 1)]
    return [Cut(_between(columns, a, b), path) for a, b in pairwise(ends) if b > a]


def _between(columns: Columns, a: int, b: int) -> Columns:
    events = slice(int(columns.first[a]), int(columns.first[b]))
    return columns._replace(
        ids=columns.ids[a:b],
        first=columns.first[a : b + 1] - columns.first[a],
        at=columns.at[events],
        symbol=columns.symbol[events],
        row=columns.row[events],
        tied=columns.tied[a:b],
        doubtful=columns.doubtful[a:b],
    )


def report_of(columns: Columns, path: Path, law: Law, dossiers: Dossiers | None, progress: Callable[[int], None] | None = None) -> Report:
    """The report of a log whose cases stand in the order of their ids, with their dossiers where these are wanted.

    Raises what :func:`workflow.replay.replay_log` raises.
    """
    report = _begun(columns, law)
    with _uncollected():
        _write(columns, path, law, dossiers, progress, report)
    return report


def _write(
    columns: Columns, path: Path, law: Law, dossiers: Dossiers | None, progress: Callable[[int], None] | None, report: Report
) -> None:
    writers = [Writer(part, dossiers is not None) for part in _parts(columns, path, law)]
    several = [writer.results() for writer in writers]
    results = several[0] if len(several) == 1 else heapq.merge(*several, key=attrgetter("case"))
    for count, result in enumerate(results, 1):
        if progress is not None and count % 1000 == 0:
            progress(count)
        report.cases[result.case] = result.digest
        if dossiers is not None:
            dossiers.put(result.verdict, result.records, result.line)
    for writer in writers:
        _count(writer.part, writer.walk, writer.duties, writer.apart, report)
        _add(writer.alone, report)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles: none are made here, and looking through millions of texts costs a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def counts_of(columns: Columns, path: Path, law: Law) -> Report:
    """The totals of a log alone: no digest, no dossiers. Raises what :func:`workflow.replay.replay_log` raises."""
    report = _begun(columns, law)
    for part in _parts(columns._replace(tied=columns.doubtful), path, law):
        courses = Courses(part)
        walked, duties, apart = judged(part, courses)
        _count(part, walked, duties, apart, report)
        for case, _, counts in courses.apart(np.flatnonzero(apart).tolist()):
            _rows(ledger(case, part.world, part.until), part, 1, report)
            _add(counts, report)
        report.counted += len(part.columns.ids)
    return report


def _begun(columns: Columns, law: Law) -> Report:
    report = law.report
    if law.as_of is not None:
        later = columns.at > micros(law.as_of)
        report.events["ignored"] += int(later.sum())
        report.later = int((np.diff(np.r_[0, np.cumsum(later)][columns.first]) == np.diff(columns.first)).sum())
    return report


def _parts(columns: Columns, path: Path, law: Law) -> Iterator[Part]:
    """The cases that each version decides: by the day of the event that the last version names, else of the first (S8.1)."""
    until = law.as_of
    if until is None or not law.versions:
        return
    columns = up_to(columns, micros(until))
    if not len(columns.at):
        return
    log_map, versions, calendar = law[:3]
    by = versions[-1].procedure.in_force.by
    days = {zone.key: Days(zone) for zone in dict.fromkeys(r.zone for r in versions)}
    chosen = _first_of(columns, by, known=True)
    day = np.stack([d.of(columns.at[chosen]) for d in days.values()])
    _, first, which = np.unique(day, axis=1, return_index=True, return_inverse=True)
    order = [version_on(instant(int(columns.at[chosen[n]])), columns.ids[n], log_map, versions) for n in first]
    for rules in dict.fromkeys(r.hash for r in order):
        cases = np.flatnonzero(np.array([r.hash == rules for r in order], dtype=bool)[which])
        some = columns if len(cases) == len(columns.ids) else taken(columns, cases)
        version = next(r for r in order if r.hash == rules).tabulated()
        world = World(version, {calendar.digest: calendar}, Organisation())
        yield Part(some, version, world, calendar.digest, until, log_map, path, days[version.zone.key], _first_of(some, by, known=False))


def _first_of(columns: Columns, names: Sequence[str], *, known: bool) -> Whole:
    """For each case the first event of the first of ``names`` that it has, else its first event; ``known``: only as the map knows them."""
    found = columns.first[:-1].copy()
    case = columns.case if names else found
    for name in reversed(names):
        called = np.array([s.name == name and (s.known or not known) for s in columns.symbols], dtype=bool)
        events = np.flatnonzero(called[columns.symbol])
        cases, first = np.unique(case[events], return_index=True)
        found[cases] = events[first]
    return found


def _count(part: Part, walked: Walk, duties: Sequence[Duties], apart: Flags, report: Report) -> None:
    """Add what the columns say of the cases that are not apart."""
    tally = np.bincount(walked.breach[~apart[part.columns.case]], minlength=len(walked.found))
    for found, times in zip(walked.found, tally.tolist(), strict=True):
        report.events["deviating" if found else "applied"] += times
        if times:
            report.deviations.update(dict.fromkeys(found, times))
    for one in duties:
        numbers = one.pattern.number[~apart]
        for rows, times in zip(one.rows, np.bincount(numbers, minlength=len(one.rows)).tolist(), strict=True):
            if times:
                _rows(rows, part, times, report)


def _rows(rows: Sequence[Row], part: Part, times: int, report: Report) -> None:
    for row in rows:
        key = f"{part.rules.procedure.ref}/{row.duty.id}"
        report.outcomes.setdefault(key, Counter())[row.outcome.value] += times
    report.rows += times * len(rows)


def _add(found: Report, report: Report) -> None:
    """Add what cases that were replayed by themselves count for."""
    for key, outcomes in found.outcomes.items():
        report.outcomes.setdefault(key, Counter()).update(outcomes)
    report.events.update(found.events)
    report.deviations.update(found.deviations)
    report.rows += found.rows
