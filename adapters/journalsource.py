"""A journal made ready to be replayed: verified once, then read case by case where it is replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from adapters.bundle import entries_in
from adapters.documents.report import Dossiers
from adapters.journaled import Reader, Record, Told
from adapters.partition import Judgement, Progress, parts_of
from workflow.act import Act
from workflow.calendar import Calendar
from workflow.errors import IntegrityError
from workflow.journal.chain import Finding, Head
from workflow.journal.entry import Entry
from workflow.organisation import Organisation
from workflow.otherwise import Otherwise, beside, other_cases
from workflow.replay import Each, replay_cases
from workflow.rules import Rules
from workflow.text import Text


class Journal(Protocol):
    """Where a journal lies. It is data: another process can open it."""

    def opened(self) -> AbstractContextManager[Reader]: ...

    def of(self, cases: Sequence[tuple[str, Head]]) -> Journal:
        """What there is to know of it to read these cases."""


class InStore(NamedTuple):
    url: str

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        from workflow.engine import open_store

        store = open_store(self.url, create=False)
        try:
            with store.read() as view:
                yield view.entries
        finally:
            store.close()

    def of(self, cases: Sequence[tuple[str, Head]]) -> InStore:
        return self


class InBundle(NamedTuple):
    path: Path
    places: Mapping[str, int]
    """Where each case begins."""

    def opened(self) -> AbstractContextManager[Reader]:
        return entries_in(self.path, self.places)

    def of(self, cases: Sequence[tuple[str, Head]]) -> InBundle:
        return InBundle(self.path, {case: self.places[case] for case, _ in cases})


class Pinned(NamedTuple):
    """What a journal is replayed under: the documents that its cases are pinned to, and the organisation as it was recorded."""

    rules: Mapping[str, Rules]
    calendars: Mapping[str, Calendar]
    organisation: Organisation
    as_of: datetime
    otherwise: Otherwise | None = None
    there: Organisation | None = None
    """The organisation of the other side."""

    @property
    def nothing(self) -> Chains:
        return Chains(InBundle(Path(), {}), ())


class Chains(NamedTuple):
    """Some of the cases of a journal by id, each up to the entry that was verified: a share of :mod:`adapters.partition`.

    It is read where it is replayed, one case after the other. What was entered after the journal was verified is in no share.
    """

    journal: Journal
    heads: Sequence[tuple[str, Head]]

    @property
    def size(self) -> int:
        return len(self.heads)

    def judged(self, law: Pinned, dossiers: Dossiers | None, progress: Progress | None) -> Judgement:
        """Raises :class:`~workflow.errors.IntegrityError` for a case that was changed after it was verified."""
        refused: list[tuple[str, list[Finding], int]] = []

        def refuse(case: str, findings: list[Finding], entries: int) -> None:
            refused.append((case, findings, entries))
            if dossiers is not None:
                dossiers.refuse(case, findings)

        rules, calendars = law.rules, law.calendars
        each: Each | None = dossiers.take if dossiers is not None else None
        comparison = None
        with self.journal.opened() if self.heads else nullcontext(_nowhere) as read:
            told = Told(self.heads, read, refuse)
            try:
                if law.otherwise is not None:
                    other = Told(self.heads, read)
                    comparison = other_cases(other, rules, calendars, law.there or law.organisation, law.as_of, law.otherwise)
                    each = beside(comparison, each)
                report = replay_cases(_counted(told, progress), rules, calendars, law.organisation, law.as_of, lambda _: told.hashes, each)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                # The chains hold, so whoever wrote these entries hashed them: they are no entries of ours.
                raise IntegrityError(
                    Text("记录完好,但不是程序写成的内容", "the chains hold, but these are no acts that duban writes"),
                    hint=Text("加 -v 查看详情", "repeat with -v for the traceback"),
                ) from error
        if comparison is not None:
            comparison.rest()
        for case, findings, entries in refused:
            report.refuse(case, findings, entries)
        report.check_cases(len(self.heads))
        return Judgement(report, comparison)


def _counted(told: Told, progress: Progress | None) -> Iterator[tuple[str, Sequence[Act]]]:
    for count, case in enumerate(told, 1):
        yield case
        if progress is not None and count % 100 == 0:
            progress(count)


def _nowhere(case: str) -> Iterator[Entry]:
    raise KeyError(case)


def shares(record: Record, journal: Journal, jobs: int) -> list[Chains]:
    """The cases whose record holds in shares for so many processes."""
    return [Chains(journal.of(part), part) for part in parts_of(list(record.heads.items()), jobs)]
