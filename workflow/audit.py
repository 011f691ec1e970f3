"""The audit of a whole journal: chains, erasable parts, seals, a checkpoint, documents, and the rows that are derived from it.

Nothing that is audited is believed: what cannot be read is a finding, and the audit goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from workflow import organisation as organisations
from workflow.act import FLAGGED, MIGRATED, OPENED, RECALENDARED, UNFLAGGED, Act
from workflow.calendar import Calendar
from workflow.case.clockwork import catch_up
from workflow.case.flags import flags, wake
from workflow.case.standing import Standing
from workflow.errors import IntegrityError
from workflow.journal.canonical import Algorithm, digest, parse_canonical
from workflow.journal.chain import Finding, Head, Part, Verified, in_order, verify
from workflow.journal.checkpoint import Held, verify_held
from workflow.journal.earlier import Earlier
from workflow.journal.entry import Entry, Stored
from workflow.journal.eras import REANCHORED, Anchors, Eras
from workflow.journal.heads import Heads
from workflow.journal.note import Note
from workflow.journal.seal import StoredSeal, verify_seals
from workflow.moment import BEGINNING, stamp, unstamp
from workflow.monitor import CHAINS, MONITOR, UNENTERED
from workflow.organisation import CHAIN, Organisation
from workflow.outbox import SWEPT
from workflow.ports import CaseRow, DueRow, View
from workflow.procedure.load import thaw
from workflow.procedure.pack import thaw_pack
from workflow.rules import Rules, World
from workflow.sources import announcement
from workflow.tally import tally
from workflow.text import Text
from workflow.written import due_row

DEFINITION, CALENDAR, IN_USE, PACK = "definition", "calendar", "calendar-in-use", "pack"


class Document(NamedTuple):
    """A content-addressed document as it lies in a store or a file. ``data`` is ``None`` when it is not there."""

    kind: str
    name: str
    hash: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Audited:
    """What was read, what is broken (in order: the first is the first bad entry), what was lawfully erased, what nothing protects."""

    algorithm: str
    cases: int
    entries: int
    findings: tuple[Finding, ...]
    erased: tuple[tuple[str, int], ...]
    seals: int
    unsealed: int
    """Entries that no seal covers."""
    beyond: int
    """Entries that no seal up to the checkpoint covers: the checkpoint says nothing about them. All, when none was given."""
    rules: Mapping[str, Rules]
    """The sound definitions by hash."""
    calendars: Mapping[str, Calendar]
    organisation: tuple[Entry, ...]
    """The entries of the organisation that can be read."""
    unentered: Mapping[str, Sequence[Entry]]
    """By case, what the chain of the watch says of messages that ended while their case could not be read."""
    heads: Mapping[str, Head]

    def with_findings(self, more: Iterable[Finding]) -> Audited:
        """The same with further findings, each in its place."""
        return replace(self, findings=tuple(in_order((*self.findings, *more))))


def audit(
    algorithm: str,
    entries: Iterable[Stored],
    seals: Sequence[StoredSeal],
    documents: Iterable[Document],
    *,
    parts: Iterable[Part] | None = None,
    checkpoint: Held | None = None,
    earlier: Earlier | None = None,
) -> Audited:
    """Audit a journal on its own; ``parts`` is ``None`` for an export, which leaves the erasable parts out.

    Codes besides those of :func:`workflow.journal.chain.verify` and :func:`workflow.journal.seal.verify_seals`: ``document`` (it does not
    have its hash, or cannot be read), ``document_missing`` (an entry rests on it), those of a checkpoint
    (:func:`workflow.journal.checkpoint.verify_held`), of an earlier copy (:meth:`workflow.journal.earlier.Earlier.findings`) and of the
    re-anchoring (:meth:`workflow.journal.eras.Anchors.findings`).
    """
    if algorithm not in tuple(Algorithm):
        raise IntegrityError(Text(f"日志的算法未知:{algorithm!r}", f"the journal names an unknown algorithm: {algorithm!r}"))
    eras = Eras.of(seals, algorithm)
    anchors = Anchors(eras)
    pins: list[tuple[str, int, str]] = []
    organisation: list[Entry] = []
    unentered: dict[str, list[Entry]] = {}

    def look(entry: Entry) -> None:
        pins.extend((entry.case, entry.n, name) for name in pinned(entry))
        if entry.case == CHAIN:
            organisation.append(entry)
        elif entry.case == MONITOR and entry.kind == UNENTERED:
            unentered.setdefault(str(entry.body.get("case")), []).append(entry)
        elif entry.case == MONITOR and entry.kind == REANCHORED:
            anchors.act(entry)

    heads = Heads(eras.at(checkpoint.number), checkpoint.number) if isinstance(checkpoint, Note) else None
    rows = anchors.watch(entries if heads is None else heads.watch(entries))
    found = verify(rows if earlier is None else earlier.watch(rows), eras, parts, look)
    findings = [*found.findings, *verify_seals(seals, found.trees, eras), *anchors.findings(seals)]
    if earlier is not None:
        findings += earlier.findings()
    if checkpoint is not None:
        findings += verify_held(checkpoint, seals, heads or Heads(algorithm, 0), eras)
    rules: dict[str, Rules] = {}
    calendars: dict[str, Calendar] = {}
    findings += _documents(documents, rules, calendars)
    for case, n, name in pins:
        if name not in rules and name not in calendars:
            findings.append(Finding("document_missing", case, n, Text(f"没有可用的 {name}", f"it rests on {name}, which is not there")))
    return Audited(
        algorithm,
        found.cases,
        found.entries,
        tuple(in_order(findings)),
        tuple(found.erased),
        len(seals),
        found.unsealed,
        _beyond(found, checkpoint),
        rules,
        calendars,
        tuple(organisation),
        unentered,
        found.heads,
    )


def _beyond(found: Verified, checkpoint: Held | None) -> int:
    kept = 0 if checkpoint is None else checkpoint.number
    return found.entries - sum(tree.count for number, tree in found.trees.items() if number <= kept)


def pinned(entry: Entry) -> Iterator[str]:
    """The hashes of the documents that an entry rests on."""
    data = entry.body.get("data")
    if entry.kind in (OPENED, RECALENDARED, MIGRATED) and isinstance(data, Mapping):
        yield from (str(data[name]) for name in (DEFINITION, CALENDAR, "from") if name in data)


def _documents(documents: Iterable[Document], rules: dict[str, Rules], calendars: dict[str, Calendar]) -> Iterator[Finding]:
    announced = 0
    for document in documents:
        data = document.data
        where = f"{document.kind} {document.name}"
        if document.kind == IN_USE:
            found = announcement(data, announced) if isinstance(data, bytes) else ""
            announced += 1
        else:
            found = digest(data) if isinstance(data, bytes) else ""
        if data is None or found != document.hash:
            yield Finding("document", where, 0, Text(f"内容与哈希 {document.hash} 不符", f"it does not have its hash {document.hash}"))
            continue
        try:
            if document.kind == DEFINITION:
                procedure = thaw(data, document.name).procedure
                if procedure.ref != document.name:
                    yield Finding("document", where, 0, Text(f"名称不符:{procedure.ref}", f"it is {procedure.ref}"))
                rules[document.hash] = Rules(procedure, document.hash)
            elif document.kind == PACK:
                if (pack := thaw_pack(data, document.name)).ref != document.name:
                    yield Finding("document", where, 0, Text(f"名称不符:{pack.ref}", f"it is {pack.ref}"))
            else:
                calendars[document.hash] = Calendar.of(parse_canonical(data))
        except Exception:  # whatever the bytes are, they are no document of that kind
            yield Finding("document", where, 0, Text("无法读取", "it cannot be read"))


def documents(view: View) -> Iterator[Document]:
    """The documents of a store."""
    for kind in (DEFINITION, CALENDAR, IN_USE, PACK):
        for name, found in view.blobs(kind):
            yield Document(kind, name, found, view.blob(found))


def audit_store(view: View, checkpoint: Held | None = None, earlier: Earlier | None = None) -> Audited:
    """Audit the journal of a store, and compare what is derived from it by a fold from nothing: the case rows, the open dues, the
    claims, the outbox, the remembered answers.

    Codes besides those of :func:`audit` and :func:`workflow.tally.tally`: ``truncated`` (the case row knows of later entries),
    ``case_row``, ``due_row``, ``answer``, ``undecided`` (sound entries that cannot be folded).
    """
    algorithm = str(view.meta()["algorithm"])
    rows, seals = view.stored(), view.stored_seals()
    journal = audit(algorithm, rows, seals, documents(view), parts=view.parts(), checkpoint=checkpoint, earlier=earlier)
    broken = {finding.case for finding in journal.findings}
    return journal.with_findings((*_rows(view, journal, broken), *_packs(view, journal), *_answers(view, journal.heads)))


def _packs(view: View, journal: Audited) -> Iterator[Finding]:
    """The rule packs that were switched on and are not there: an export does without, because what they make is a definition of its own."""
    there = {found for _, found in view.blobs(PACK)}
    for entry in journal.organisation:
        used = entry.body.get("packs") if entry.kind == "packs" else None
        for name in (
            str(pack["hash"]) for pack in (used if isinstance(used, list) else ()) if isinstance(pack, Mapping) and "hash" in pack
        ):
            if name not in there:
                yield Finding("document_missing", CHAIN, entry.n, Text(f"没有可用的 {name}", f"it rests on {name}, which is not there"))


def _rows(view: View, journal: Audited, broken: set[str]) -> Iterator[Finding]:
    try:
        organisation = organisations.fold(entry.body for entry in journal.organisation)
    except Exception:
        yield Finding("undecided", CHAIN, 0, Text("机构记录无法读取", "the organisation cannot be read from its entries"))
        return
    for case, head in sorted(journal.heads.items()):
        if case not in CHAINS:
            try:
                yield from _case(view, case, head, journal, organisation, case in broken)
            except IntegrityError as error:
                yield Finding("case_row", case, 0, error.message)
    try:
        lost = [row for row in view.cases() if row.id not in journal.heads]
    except IntegrityError as error:
        yield Finding("case_row", str(error.where), 0, error.message)
        return
    for row in lost:
        yield Finding("truncated", row.id, 1, Text(f"全部 {row.n} 条记录不见了", f"all {row.n} entries are gone"))


def _case(view: View, case: str, head: Head, journal: Audited, organisation: Organisation, broken: bool) -> Iterator[Finding]:
    row = view.case(case)
    if row is None:
        yield Finding("case_row", case, 0, Text("案件行不见了", "its row is gone"))
        return
    if row.n > head.n:
        zh, en = f"案件行记到第 {row.n} 条,其后的记录不见了", f"its row knows of entry {row.n}: those from here on are missing"
        yield Finding("truncated", case, head.n + 1, Text(zh, en))
        return
    if (row.n, row.head) != head:
        zh, en = f"案件行记的第 {row.n} 条是 {row.head}", f"its row has entry {row.n} as {row.head}"
        yield Finding("case_row", case, head.n, Text(zh, en))
        return
    if broken:
        return  # what is folded from broken entries shows nothing
    try:
        acts = [Act.decode(entry) for entry in view.entries(case)]
        world = World(journal.rules[row.definition], journal.calendars, organisation, versions=journal.rules)
        now = acts[-1].recorded
        standing = Standing.replayed(case, acts, world, now)
    except Exception:
        yield Finding("undecided", case, 0, Text("记录完好,但无法推算", "its entries are sound and cannot be folded"))
        return
    folded = standing.case
    said = (row.procedure, row.version, row.definition, row.unit, row.state, row.opened, row.ended, row.listed)
    told = (folded.procedure, folded.version, folded.definition, folded.unit, folded.state)
    if said != (*told, folded.opened.happened.lo, folded.ended is not None, folded.listed):
        yield Finding("case_row", case, 0, Text("案件行与日志不符", "its row says something else than its entries"))
    yield from _dues(case, view.dues(case), standing)
    yield from tally(folded, view.claims(case), view.messages(case=case), journal.unentered.get(case, ()))
    mark = view.mark(SWEPT)
    yield from _wakes(row, standing, world, unstamp(mark) if mark else _last_said(acts))


def _last_said(acts: Sequence[Act]) -> datetime:
    """When a case was swept, as far as it shows itself: a store that is older than the mark has none until its next sweep."""
    return max((act.recorded for act in acts if act.kind in (FLAGGED, UNFLAGGED)), default=BEGINNING)


def _wakes(row: CaseRow, standing: Standing, world: World, swept: datetime) -> Iterator[Finding]:
    """A case must wake when something of it is due that no sweep has said yet: its row says when, or the sweep passes it over."""
    first = wake(standing, world, standing.case.acts[-1].recorded, swept)
    if first is None or (row.next_at is not None and row.next_at <= first):
        return
    said = flags(catch_up(standing, world, first), world, first)
    if said.case.n > standing.case.n:
        yield Finding("case_row", row.id, 0, Text("案件行记的下次到期太晚", f"its row wakes later than {stamp(first)}, when it is due"))


def _dues(case: str, rows: Sequence[DueRow], standing: Standing) -> Iterator[Finding]:
    """Compare with the journaled due dates: a derived row holds nothing that time alone brings (:func:`workflow.written.written_of`)."""
    journaled = standing.case.dues
    owed = {row.key for row in standing.all_rows() if row.open}
    for found in rows:
        due = None if found.due is None else stamp(found.due)
        if journaled.get((found.row, found.revision), "") != due:
            zh, en = f"{found.row} 的期限与日志不符", f"the due date of {found.row} is not that of the journal"
            yield Finding("due_row", case, 0, Text(zh, en))
        elif found.row not in owed:
            zh, en = f"{found.row} 已不再欠,行仍在", f"{found.row} is not owed any more, and its row is still there"
            yield Finding("due_row", case, 0, Text(zh, en))
    kept = {(found.row, found.revision) for found in rows}
    for row in standing.all_rows():
        wanted = due_row(standing.case, row)
        if wanted is not None and (wanted.row, wanted.revision) not in kept:
            yield Finding("due_row", case, 0, Text(f"{row.key} 的行不见了", f"the row of {row.key} is gone"))


def _answers(view: View, heads: Mapping[str, Head]) -> Iterator[Finding]:
    for key, answer in view.answers():
        head = heads.get(answer.case, Head(0, ""))
        if not (1 <= answer.first <= answer.n + 1 and answer.n <= head.n):
            zh, en = f"幂等键 {key!r} 的答复指向不存在的记录", f"the answer to the key {key!r} names entries that are not there"
            yield Finding("answer", answer.case, answer.n, Text(zh, en))
