"""Verification of case chains, recomputed from the stored bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import digest
from workflow.journal.entry import Entry, Private, genesis
from workflow.text import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: a stable code, the case and entry where it shows first, and what it means."""

    code: str
    case: str
    n: int
    message: Text


@dataclass(frozen=True, slots=True)
class Verified:
    """The result for a journal: how much was read, what is broken, and what was lawfully erased (no fault)."""

    cases: int
    entries: int
    findings: tuple[Finding, ...]
    erased: tuple[tuple[str, int], ...]

    @property
    def first(self) -> Finding | None:
        """The first bad entry; ``None`` when nothing is broken."""
        return self.findings[0] if self.findings else None


def verify(entries: Iterable[Entry], private_of: Callable[[str, int], Private | None]) -> Verified:
    """Check entries that come ordered by (case id, position in the store).

    Codes: ``edited`` (the bytes do not have the recorded hash), ``missing`` (a gap in the numbers), ``reordered``, ``inserted`` (a number
    twice), ``misplaced`` (an entry of another case), ``chain`` (it does not link to the entry before), ``private_altered``.
    """
    findings: list[Finding] = []
    erased: list[tuple[str, int]] = []
    previous: Entry | None = None
    cases = count = 0
    for entry in entries:
        if previous is not None and previous.case != entry.case:
            previous = None
        if previous is None:
            cases += 1
        count += 1
        findings.extend(_check(entry, previous))
        if entry.private is not None:
            hidden = private_of(entry.case, entry.n)
            if hidden is None:
                erased.append((entry.case, entry.n))
            elif hidden.digest(entry.algorithm) != entry.private:
                findings.append(Finding("private_altered", entry.case, entry.n, Text("可删除部分被改动", "the erasable part was changed")))
        previous = entry
    return Verified(cases, count, tuple(findings), tuple(erased))


def _check(entry: Entry, previous: Entry | None) -> list[Finding]:
    found: list[Finding] = []
    if _hash(entry) != entry.hash or not _same(entry):
        found.append(Finding("edited", entry.case, entry.n, Text("内容被改动", "the entry was edited")))
    number = previous.n + 1 if previous is not None else 1
    before = previous.hash if previous is not None else genesis(entry.case, entry.algorithm)
    if entry.n != number:
        if entry.n > number:
            found.append(Finding("missing", entry.case, number, Text(f"缺第 {number} 条", f"entry {number} is missing")))
        elif previous is not None and entry.n == previous.n:
            found.append(Finding("inserted", entry.case, entry.n, Text("多出一条同号记录", "there are two entries with this number")))
        else:
            found.append(Finding("reordered", entry.case, entry.n, Text("顺序被改动", "the entries are out of order")))
    elif entry.prev != before:
        found.append(Finding("chain", entry.case, entry.n, Text("与前一条不相接", "it does not link to the entry before")))
    return found


def _hash(entry: Entry) -> str:
    try:
        return digest(entry.raw, entry.algorithm)
    except BadInput:
        return ""


def _same(entry: Entry) -> bool:
    """Whether the fields are those of the bytes: a store that answers with other columns than it hashed is found out."""
    try:
        read = Entry.parse(entry.raw, entry.hash)
    except IntegrityError:
        return False
    return (read.case, read.n, read.kind, read.recorded, read.prev, read.private) == (
        entry.case,
        entry.n,
        entry.kind,
        entry.recorded,
        entry.prev,
        entry.private,
    )
