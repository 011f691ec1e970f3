"""Verification of case chains, recomputed from the stored bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from workflow.act import ERASED
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Json, digest
from workflow.journal.entry import Entry, Private, Stored, genesis
from workflow.journal.tree import Tree
from workflow.text import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: a stable code, the case and entry where it shows first (``n`` 0: not at an entry), and what it means."""

    code: str
    case: str
    n: int
    message: Text

    @property
    def document(self) -> dict[str, Json]:
        return {"code": self.code, "case": self.case, "n": self.n, "zh": self.message.zh, "en": self.message.en}

    def error(self, where: str | None = None) -> IntegrityError:
        """It as an error, for whoever cannot go on with such a journal."""
        zh, en = (f"{self.case} 第 {self.n} 条", f"{self.case} entry {self.n}") if self.n else (self.case, self.case)
        return IntegrityError(
            Text(f"{zh}:{self.message.zh}", f"{en}: {self.message.en}"),
            where=where,
            hint=Text("用 duban audit verify 核验", "see duban audit verify"),
        )


class Head(NamedTuple):
    """The last entry of a chain."""

    n: int
    hash: str


@dataclass(slots=True)
class Verified:
    """The result for a journal: how much was read, what is broken, what was lawfully erased (no fault), and what seals are to cover."""

    entries: int = 0
    findings: list[Finding] = field(default_factory=list)
    erased: list[tuple[str, int]] = field(default_factory=list)
    heads: dict[str, Head] = field(default_factory=dict)
    """The last entry of each chain."""
    trees: dict[int, Tree] = field(default_factory=dict)
    """The tree over the entries that each seal covers, by number."""
    unsealed: int = 0

    @property
    def cases(self) -> int:
        return len(self.heads)

    @property
    def first(self) -> Finding | None:
        """The first bad entry; ``None`` when nothing is broken."""
        return self.findings[0] if self.findings else None


_RESTS_ON_OTHERS = frozenset({"private_missing", "private_extra", "not_erased", "document_missing", "answer"})


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The first bad entry first: by case and number, then what is at no entry, as it came.

    In a case the faults of entries come before what only rests on another entry: when the act that erased something was changed, that
    act is named first, not the part that now seems to be missing.
    """
    return sorted(findings, key=lambda f: (False, f.case, f.code in _RESTS_ON_OTHERS, f.n) if f.n else (True, "", False, 0))


Part = tuple[str, int, Private]
"""An erasable part and the entry that it belongs to."""


class Eras(Protocol):
    """:class:`workflow.journal.eras.Eras`."""

    def at(self, seal: object) -> str: ...


class One(NamedTuple):
    """The only era of a journal that was never re-anchored."""

    algorithm: str

    def at(self, seal: object) -> str:
        return self.algorithm


def verify(
    entries: Iterable[Stored],
    algorithm: str | Eras,
    parts: Iterable[Part] | None = None,
    look: Callable[[Entry], None] | None = None,
) -> Verified:
    """Check entries, and their erasable parts, that both come ordered by (case id, number). ``None``: the parts are elsewhere.

    ``algorithm`` is that of the journal, or of each of its eras.
    ``look`` is called with each entry whose bytes can be read. Codes, with the number at which the fault shows:

    ``edited`` (the bytes do not have the recorded hash), ``unreadable`` (they have it and are no entry), ``misplaced`` (an entry of another
    case or number), ``column`` (a repeated column says something else), ``algorithm``, ``missing`` (a gap in the numbers), ``inserted`` (a
    number twice), ``reordered``, ``chain`` (no link to the entry before), ``private_altered``, ``private_missing`` (gone, and no act of
    the case says that it was erased), ``private_extra`` (no entry names it), ``not_erased`` (an act says so and it is there).
    """
    eras = One(algorithm) if isinstance(algorithm, str) else algorithm
    found = Verified()
    hidden = _Parts(parts)
    previous: _Case | None = None
    for row in entries:
        found.entries += 1
        if (type(row.case), type(row.n)) != (str, int):  # somebody with a database tool can put anything anywhere
            found.findings.append(Finding("unreadable", str(row.case), 0, Text("记录的各列无法读取", "the columns cannot be read")))
            continue
        if previous is None or previous.id != row.case:
            if previous is not None:
                previous.close(found)
            found.findings.extend(hidden.before(row.case))
            if row.case in found.heads or (previous is not None and row.case < previous.id):
                found.findings.append(Finding("reordered", row.case, row.n, Text("案件顺序被改动", "the cases are out of order")))
            previous = _Case(row.case, eras, eras.at(row.seal), parts is not None)
        entry = previous.take(row, hidden)
        if entry is not None and look is not None:
            look(entry)
        if type(row.seal) is not int:
            found.unsealed += 1
        else:
            found.trees.setdefault(row.seal, Tree(eras.at(row.seal))).add(str(row.hash).encode("utf-8", "replace"))
    if previous is not None:
        previous.close(found)
    found.findings.extend(hidden.rest())
    found.findings = in_order(found.findings)
    return found


class _Parts:
    """The erasable parts, taken in step with the entries."""

    def __init__(self, parts: Iterable[Part] | None) -> None:
        self._parts = iter(parts or ())
        self._nowhere: list[Finding] = []
        self._next = self._following()

    def _following(self) -> Part | None:
        for part in self._parts:
            if (type(part[0]), type(part[1])) == (str, int):
                return part
            self._nowhere.append(_extra((str(part[0]), 0, part[2])))
        return None

    def _take(self) -> Part:
        part, self._next = self._next, self._following()
        assert part is not None
        return part

    def upto(self, case: str, n: int) -> Iterator[Part]:
        """The parts of a case up to entry ``n``."""
        while self._next is not None and self._next[0] == case and self._next[1] <= n:
            yield self._take()

    def of(self, case: str) -> Iterator[Part]:
        while self._next is not None and self._next[0] == case:
            yield self._take()

    def before(self, case: str) -> Iterator[Finding]:
        while self._next is not None and self._next[0] < case:
            yield _extra(self._take())

    def rest(self) -> Iterator[Finding]:
        while self._next is not None:
            yield _extra(self._take())
        yield from self._nowhere


def _extra(part: Part) -> Finding:
    return Finding("private_extra", part[0], part[1], Text("可删除部分没有对应的记录", "no entry names this erasable part"))


class _Case:
    """One chain, entry by entry. What it finds is told when the chain is over."""

    def __init__(self, case: str, eras: Eras, algorithm: str, parts: bool) -> None:
        self.id = case
        self._eras = eras
        self._parts = parts
        self._head = Head(0, genesis(case, algorithm))
        self._findings: list[Finding] = []
        self._missing: list[int] = []
        self._there: list[int] = []
        self._erasures: dict[int, int] = {}
        """Entry → the last act of the case that says its part was erased."""

    def _find(self, code: str, n: int, zh: str, en: str) -> None:
        self._findings.append(Finding(code, self.id, n, Text(zh, en)))

    def take(self, row: Stored, hidden: _Parts) -> Entry | None:
        entry = self._read(row)
        self._link(row, entry)
        part: Private | None = None
        for found in hidden.upto(self.id, row.n):
            if found[1] == row.n:
                part = found[2]
            else:
                self._findings.append(_extra(found))
        if entry is not None and self._parts:
            self._hidden(entry, part, self._eras.at(row.seal))
        if entry is not None and entry.kind == ERASED:
            self._erasures.update(dict.fromkeys((n for n in erased_by(entry) if n < entry.n), entry.n))
        self._head = Head(row.n, str(row.hash))
        return entry

    def _read(self, row: Stored) -> Entry | None:
        if (type(row.data), type(row.hash)) != (bytes, str):
            self._find("unreadable", row.n, "列 data 或 hash 无法读取", "the column data or hash cannot be read")
            return None
        if type(row.seal) not in (int, type(None)):
            self._find("column", row.n, "列 seal 无法读取", "the column seal cannot be read")
        if _hash(row) != row.hash:
            self._find("edited", row.n, "内容被改动", "the entry was edited")
            return None
        try:
            entry = Entry.parse(row.data, row.hash)
        except IntegrityError:
            self._find("unreadable", row.n, "不是日志条目", "these bytes are no journal entry")
            return None
        if (entry.case, entry.n) != (row.case, row.n):
            there = f"{entry.case} #{entry.n}"
            self._find("misplaced", row.n, f"此处存放的是 {there} 的记录", f"the entry that is kept here is {there}")
            return None
        if (entry.kind, entry.recorded) != (row.kind, row.recorded):
            self._find("column", row.n, "列 kind 或 recorded 与内容不同", "the column kind or recorded differs from the bytes")
        # the name of the algorithm is what canonical bytes of an entry begin with
        algorithm = self._eras.at(row.seal)
        if entry.algorithm != algorithm or not row.data.startswith(f'{{"algorithm":"{algorithm}",'.encode()):
            self._find("algorithm", row.n, "算法与日志的不同", "another algorithm than that of the journal")
        return entry

    def _link(self, row: Stored, entry: Entry | None) -> None:
        number = self._head.n + 1
        if row.n > number:
            self._find("missing", number, f"缺第 {number} 条", f"entry {number} is missing")
        elif row.n == self._head.n:
            self._find("inserted", row.n, "多出一条同号记录", "there are two entries with this number")
        elif row.n < number:
            self._find("reordered", row.n, "顺序被改动", "the entries are out of order")
        elif entry is not None and entry.prev != self._head.hash:
            self._find("chain", row.n, "与前一条不相接", "it does not link to the entry before")

    def _hidden(self, entry: Entry, part: Private | None, algorithm: str) -> None:
        if entry.private is None:
            if part is not None:
                self._findings.append(_extra((self.id, entry.n, part)))
        elif part is None:
            self._missing.append(entry.n)
        else:
            self._there.append(entry.n)
            if not _has(part, algorithm, entry.private):
                self._find("private_altered", entry.n, "可删除部分被改动", "the erasable part was changed")

    def close(self, found: Verified) -> None:
        for n in self._missing:
            if n in self._erasures:
                found.erased.append((self.id, n))
            else:
                zh, en = "可删除部分不见了,而没有销毁记录", "the erasable part is gone, and no act says that it was erased"
                self._find("private_missing", n, zh, en)
        for n in self._there:
            if n in self._erasures:
                act = self._erasures[n]
                self._find("not_erased", n, f"第 {act} 条说已销毁,但内容还在", f"entry {act} says it was erased, and it is there")
        found.findings.extend(self._findings)
        found.heads[self.id] = self._head


def erased_by(entry: Entry) -> tuple[int, ...]:
    """The entries whose erasable parts an act of erasure names."""
    data = entry.body.get("data")
    named = data.get("entries") if isinstance(data, Mapping) else None
    return tuple(n for n in named if type(n) is int) if isinstance(named, list) else ()


def _has(part: Private, algorithm: str, digest: str) -> bool:
    return type(part.salt) is bytes and type(part.data) is bytes and len(part.salt) < 2**16 and part.digest(algorithm) == digest


def _hash(row: Stored) -> str:
    try:
        return digest(row.data, row.hash.partition(":")[0])
    except BadInput:  # an algorithm that nobody knows
        return ""
