"""A journal that is to be replayed, from a store or from an export: the cases whose record holds, and those of which it does not.

Every hash is recomputed before anything is believed. A case whose record does not hold is left out and listed with what is wrong; what
leaves no case that can be relied on is an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

from adapters.bundle import entries_in, scan_bundle
from workflow import organisation as organisations
from workflow.act import Act
from workflow.audit import Audited, audit, documents
from workflow.calendar import Calendar
from workflow.errors import IntegrityError
from workflow.journal.canonical import digest
from workflow.journal.chain import Finding, Head
from workflow.journal.checkpoint import Held
from workflow.journal.doubt import doubted
from workflow.journal.entry import Entry, Stored
from workflow.journal.seal import Seal, StoredSeal
from workflow.moment import unstamp
from workflow.monitor import CHAINS
from workflow.organisation import Organisation
from workflow.ports import View
from workflow.rules import Rules
from workflow.text import Text

Reader = Callable[[str], Iterable[Entry]]
"""Gives the entries of a case, in order."""
Refuse = Callable[[str, list[Finding], int], None]
"""Is told of a case whose record does not hold: what is wrong, and how many entries it has."""


@dataclass(frozen=True, slots=True)
class Record:
    """A journal that was verified: of each case the last entry, which pins all before it."""

    heads: Mapping[str, Head]
    """Of the cases whose record holds, by id."""
    broken: Mapping[str, list[Finding]]
    """Of the others, what is wrong."""
    entries: Counter[str]
    """How many each case has, broken or not."""
    rules: Mapping[str, Rules]
    calendars: Mapping[str, Calendar]
    chain: tuple[Entry, ...]
    """The entries of the organisation."""
    seals: int
    root: str
    """Of the entries under the last seal; empty where there is none."""
    as_of: datetime | None = None
    """The instant that an export names."""

    def organisation(self, as_of: datetime) -> Organisation:
        """The organisation as it was recorded up to ``as_of``."""
        return organisations.fold(e.body for e in self.chain if unstamp(e.recorded) <= as_of)


class Told:
    """The acts of cases, one case after the other and no more than one held: as they were verified, whatever was entered since."""

    def __init__(self, heads: Iterable[tuple[str, Head]], read: Reader, refuse: Refuse | None = None) -> None:
        self._heads, self._read, self._refuse = heads, read, refuse
        self.hashes: Mapping[int, str] = {}
        """Of the entries of the case at hand, by number."""

    def __iter__(self) -> Iterator[tuple[str, list[Act]]]:
        """Raises :class:`~workflow.errors.IntegrityError` where the entries are not those that were verified."""
        for case, head in self._heads:
            entries = verified(case, head, self._read)
            acts: list[Act] = []
            try:
                acts.extend(map(Act.decode, entries))
            except Exception:  # whoever wrote it hashed it: it is no entry of ours
                text = Text("记录完好,但不是程序写成的内容", "the chain holds, but this is no act that duban writes")
                if self._refuse is not None:
                    self._refuse(case, [Finding("undecided", case, entries[len(acts)].n, text)], len(entries))
                continue
            self.hashes = {entry.n: entry.hash for entry in entries}
            yield case, acts


def verified(case: str, head: Head, read: Reader) -> list[Entry]:
    """The entries of a case up to its ``head``, each hash recomputed again: since it was verified somebody may have had his hands on it.

    Raises :class:`~workflow.errors.IntegrityError` where they do not lead there.
    """
    found: list[Entry] = []
    try:
        for entry in read(case):
            if entry.n > head.n:
                break
            if digest(entry.raw, entry.algorithm) != entry.hash or (found and entry.prev != found[-1].hash):
                raise ValueError(entry.n)
            found.append(entry)
        if not found or (found[-1].n, found[-1].hash) != head:
            raise ValueError(head.n)
    except (IntegrityError, ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityError(
            Text("核验之后记录又被改动", "the record was changed after it was verified"),
            where=case,
            hint=Text("用 duban audit verify 核验", "see duban audit verify"),
        ) from None
    return found


@dataclass(frozen=True, slots=True)
class Journaled(Record):
    """A journal all of which is held."""

    cases: Sequence[tuple[str, list[Act]]] = ()
    """Those whose record holds, by id."""
    hashes: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """By case and number of an entry."""


def _held(record: Record, read: Reader) -> Journaled:
    broken = dict(record.broken)
    told = Told(record.heads.items(), read, lambda case, findings, _: broken.update({case: findings}))
    cases: list[tuple[str, list[Act]]] = []
    hashes: dict[str, Mapping[int, str]] = {}
    for case, acts in told:
        cases.append((case, acts))
        hashes[case] = told.hashes
    said = {f.name: getattr(record, f.name) for f in fields(record)}
    return Journaled(**{**said, "broken": broken}, cases=cases, hashes=hashes)


def of_store(view: View, where: str, checkpoint: Held | None = None, wrong: Iterable[Finding] = ()) -> Journaled:
    """The journal of a store, from its entries and not from what is derived of them. Raises what :func:`record_of_store` raises."""
    return _held(record_of_store(view, where, checkpoint, wrong), view.entries)


def of_bundle(path: Path, checkpoint: Held | None = None, wrong: Iterable[Finding] = ()) -> Journaled:
    """The journal of an export. Raises what :func:`record_of_bundle` raises."""
    record, places = record_of_bundle(path, checkpoint, wrong)
    with entries_in(path, places) as read:
        return _held(record, read)


def record_of_store(view: View, where: str, checkpoint: Held | None = None, wrong: Iterable[Finding] = ()) -> Record:
    """Verify the journal of a store, an entry at a time. ``wrong`` is what is already known to be wrong.

    Raises :class:`~workflow.errors.IntegrityError` where no case can be relied on.
    """
    seals, rows = view.stored_seals(), _Counted(view.stored)
    found = audit(str(view.meta()["algorithm"]), rows, seals, documents(view), checkpoint=checkpoint)
    findings = [*wrong, *found.findings]
    known: dict[str, Head] = {}
    for row in view.cases():
        known[row.id] = Head(row.n, row.head)
        if found.heads.get(row.id) != known[row.id]:
            findings.append(Finding("truncated", row.id, row.n, Text("记录与案件行不符", "the entries are not those that its row knows")))
    return _record(rows, rows.count, seals, found, findings, known, where)


def record_of_bundle(path: Path, checkpoint: Held | None = None, wrong: Iterable[Finding] = ()) -> tuple[Record, Mapping[str, int]]:
    """Verify an export; also where in it each case begins.

    Raises :class:`~workflow.errors.BadInput` for what is none, and what :func:`record_of_store` raises.
    """
    as_of, entries, seals, found = scan_bundle(path, checkpoint)
    return _record(entries, entries.count, seals, found, [*wrong, *found.findings], {}, str(path), as_of), entries.first


class _Counted:
    """The rows of a journal, as often as they are gone through, and how many each case has."""

    def __init__(self, rows: Callable[[], Iterator[Stored]]) -> None:
        self._rows = rows
        self.count: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Stored]:
        self.count.clear()
        for row in self._rows():
            self.count[row.case] += 1
            yield row


def _root(seals: Sequence[StoredSeal]) -> str:
    try:
        return Seal.parse(seals[-1].data, seals[-1].hash).root if seals else ""
    except IntegrityError:
        return ""  # the audit says what is wrong with it


def _record(
    rows: Iterable[Stored],
    entries: Mapping[str, int],
    seals: Sequence[StoredSeal],
    found: Audited,
    findings: Iterable[Finding],
    known: Mapping[str, Head],
    where: str,
    as_of: datetime | None = None,
) -> Record:
    there = {case: head for case, head in found.heads.items() if case not in CHAINS}
    doubt = doubted(findings, {**there, **known}, rows, seals)
    for finding in doubt.rest:
        # Of a file that holds broken entries, or of a document: each case that rests on it has a finding of its own.
        if not (finding.code in ("manifest", "document") and doubt.cases):
            raise finding.error(where)
    return Record(
        {case: there[case] for case in sorted(there) if case not in doubt.cases},
        doubt.cases,
        Counter({case: n for case, n in entries.items() if case in there}),
        found.rules,
        found.calendars,
        found.organisation,
        found.seals,
        _root(seals),
        as_of,
    )
