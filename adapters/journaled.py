"""A journal that is to be replayed, from a store or from an export: the cases whose record holds, and those of which it does not.

Every hash is recomputed before anything is believed. A case whose record does not hold is left out and listed with what is wrong; what
leaves no case that can be relied on is an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.bundle import scan_bundle
from workflow import organisation as organisations
from workflow.act import Act
from workflow.audit import Audited, audit, documents
from workflow.calendar import Calendar
from workflow.errors import IntegrityError
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


@dataclass(frozen=True, slots=True)
class Journaled:
    cases: list[tuple[str, list[Act]]]
    """Those whose record holds, by id."""
    hashes: Mapping[str, Mapping[int, str]]
    """By case and number of an entry."""
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


def of_store(view: View, where: str, checkpoint: Held | None = None, wrong: Iterable[Finding] = ()) -> Journaled:
    """The journal of a store, from its entries and not from what is derived of them. ``wrong`` is what is already known to be wrong.

    Raises :class:`~workflow.errors.IntegrityError` where no case can be relied on.
    """
    rows, seals = list(view.stored()), view.stored_seals()
    found = audit(str(view.meta()["algorithm"]), rows, seals, documents(view), checkpoint=checkpoint)
    findings = [*wrong, *found.findings]
    for row in view.cases():
        if found.heads.get(row.id) != (row.n, row.head):
            findings.append(Finding("truncated", row.id, row.n, Text("记录与案件行不符", "the entries are not those that its row knows")))
    return _journaled(rows, seals, found, findings, {row.id: Head(row.n, row.head) for row in view.cases()}, where)


def of_bundle(path: Path, checkpoint: Held | None = None, wrong: Iterable[Finding] = ()) -> Journaled:
    """The journal of an export. Raises :class:`~workflow.errors.BadInput` for what is none, and what :func:`of_store` raises."""
    as_of, rows, seals, found = scan_bundle(path, checkpoint)
    return _journaled(rows, seals, found, [*wrong, *found.findings], {}, str(path), as_of)


def _root(seals: Sequence[StoredSeal]) -> str:
    try:
        return Seal.parse(seals[-1].data, seals[-1].hash).root if seals else ""
    except IntegrityError:
        return ""  # the audit says what is wrong with it


def _journaled(
    rows: Sequence[Stored],
    seals: Sequence[StoredSeal],
    found: Audited,
    findings: Iterable[Finding],
    known: Mapping[str, Head],
    where: str,
    as_of: datetime | None = None,
) -> Journaled:
    there = {case: head for case, head in found.heads.items() if case not in CHAINS} | dict(known)
    doubt = doubted(findings, there, rows, seals)
    for finding in doubt.rest:
        # Of a file that holds broken entries, or of a document: each case that rests on it has a finding of its own.
        if not (finding.code in ("manifest", "document") and doubt.cases):
            raise finding.error(where)
    cases: dict[str, list[Act]] = {}
    hashes: dict[str, dict[int, str]] = {}
    entries: Counter[str] = Counter()
    for row in rows:
        if row.case not in there:
            continue
        entries[row.case] += 1
        if row.case in doubt.cases:
            continue
        entry = Entry.parse(row.data, row.hash)
        try:
            cases.setdefault(row.case, []).append(Act.decode(entry))
        except Exception:  # whoever wrote it hashed it: it is no entry of ours
            text = Text("记录完好,但不是程序写成的内容", "the chain holds, but this is no act that duban writes")
            doubt.cases[row.case] = [Finding("undecided", row.case, row.n, text)]
            continue
        hashes.setdefault(row.case, {})[entry.n] = entry.hash
    sound = sorted((case, acts) for case, acts in cases.items() if case not in doubt.cases)
    return Journaled(
        sound, hashes, doubt.cases, entries, found.rules, found.calendars, found.organisation, found.seals, _root(seals), as_of
    )
