"""Seals: one Merkle root over all committed entries that no seal covers yet, chained to the seal before (SEMANTICS S10.3).

Writers of different cases never wait for each other: they share no chain. A seal ties the case chains together afterwards. Kept outside
(a superior, a print-out, a letter), its number and hash are a *checkpoint*: with one, truncation and a rewritten history show; without
one they do not. The leaves of the tree are the entry hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import canonical, digest, parse_canonical
from workflow.journal.chain import Eras, Finding, One
from workflow.journal.entry import Entry
from workflow.journal.tree import Tree
from workflow.text import Text

FORMAT = 1
_FIELDS = ("algorithm", "count", "format", "number", "previous", "recorded", "root")


class StoredSeal(NamedTuple):
    """A seal as it lies in a store or a file, not read yet."""

    number: int
    data: bytes
    hash: str


class Checkpoint(NamedTuple):
    """Number and hash of a seal, kept elsewhere."""

    number: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read ``NUMBER:HASH``. Raises :class:`~workflow.errors.BadInput`."""
        number, _, kept = text.strip().partition(":")
        algorithm, _, digits = kept.partition(":")
        if not (number.isascii() and number.isdecimal() and algorithm in ("sha256", "sm3") and len(digits) == 64):
            raise BadInput(
                Text(f"检查点应写成 编号:哈希,得到 {text!r}", f"a checkpoint is written NUMBER:HASH, not {text!r}"),
                hint=Text("照抄 duban audit seal 打印的一行", "copy the line that duban audit seal printed"),
            )
        return cls(int(number), f"{algorithm}:{digits.lower()}")

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Seal:
    """``number`` counts from 1; ``previous`` is the hash of the seal before, or empty; ``count`` is how many entries it covers."""

    number: int
    algorithm: str
    count: int
    root: str
    previous: str
    recorded: str
    hash: str
    raw: bytes

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.number, self.hash)

    @classmethod
    def parse(cls, data: bytes, hash: str) -> Seal:
        """The seal that stored bytes hold. Raises :class:`IntegrityError` for bytes that no seal has."""
        value = parse_canonical(data)
        if not isinstance(value, dict) or tuple(sorted(value)) != _FIELDS:
            raise IntegrityError(Text("不是封印", "these bytes are no seal"))
        found: dict[str, Any] = value
        numbers = all(type(found[name]) is int for name in ("count", "format", "number"))
        texts = all(type(found[name]) is str for name in ("algorithm", "previous", "recorded", "root"))
        if not (numbers and texts and found["format"] == FORMAT):
            raise IntegrityError(Text("封印无法读取", "the seal cannot be read"))
        return cls(found["number"], found["algorithm"], found["count"], found["root"], found["previous"], found["recorded"], hash, data)


def make_seal(previous: Seal | None, entries: Iterable[Entry], recorded: str, algorithm: str) -> Seal:
    """The next seal, over ``entries`` in the order (case id, number in case)."""
    tree = Tree(algorithm, (e.hash.encode() for e in entries))
    number = previous.number + 1 if previous is not None else 1
    before = previous.hash if previous is not None else ""
    data = canonical(
        {
            "algorithm": algorithm,
            "count": tree.count,
            "format": FORMAT,
            "number": number,
            "previous": before,
            "recorded": recorded,
            "root": tree.root,
        }
    )
    return Seal(number, algorithm, tree.count, tree.root, before, recorded, digest(data, algorithm), data)


def verify_seals(seals: Sequence[StoredSeal], trees: Mapping[int, Tree], algorithm: str | Eras) -> list[Finding]:
    """Every fault of the seals and of what they cover, in order. ``trees`` are those over the entries as they are now.

    Codes: ``seal_missing`` (a gap in the numbers, or entries under a seal that is not there), ``seal_edited``, ``seal_chain`` (no link to
    the seal before), ``sealed_entries`` (it covers other entries than are there).
    """
    eras = One(algorithm) if isinstance(algorithm, str) else algorithm
    findings: list[Finding] = []
    number, head = 0, ""
    for row in seals:
        where = f"seal {row.number}"
        if row.number != number + 1:
            findings.append(Finding("seal_missing", f"seal {number + 1}", 0, Text("封印不在", "the seal is not there")))
            head = ""
        seal = _read(row, eras.at(row.number))
        if seal is None:
            findings.append(Finding("seal_edited", where, 0, Text("封印内容被改动", "the seal was edited")))
        else:
            if row.number == number + 1 and seal.previous != head:
                findings.append(Finding("seal_chain", where, 0, Text("封印与前一个不相接", "the seal does not link to the one before")))
            now = trees.get(row.number) or Tree(eras.at(row.number))
            if (now.root, now.count) != (seal.root, seal.count):
                message = Text(
                    f"封印覆盖 {seal.count} 条,现有 {now.count} 条,或内容不同",
                    f"the seal covers {seal.count} entries; {now.count} are there, or others",
                )
                findings.append(Finding("sealed_entries", where, 0, message))
        number, head = row.number, row.hash
    known = {row.number for row in seals}
    for lost in sorted(set(trees) - known):
        if lost > number:  # gaps were told above
            findings.append(Finding("seal_missing", f"seal {lost}", 0, Text("封印不在", "the seal is not there")))
    return findings


def _read(row: StoredSeal, algorithm: str) -> Seal | None:
    """The seal, if its bytes have the hash, the number and the algorithm that they should."""
    if not isinstance(row.data, bytes) or not isinstance(row.hash, str) or row.hash.partition(":")[0] != algorithm:
        return None
    try:
        if digest(row.data, algorithm) != row.hash:
            return None
        seal = Seal.parse(row.data, row.hash)
    except IntegrityError:
        return None
    return seal if (seal.number, seal.algorithm) == (row.number, algorithm) else None


def verify_checkpoint(checkpoint: Checkpoint, seals: Sequence[StoredSeal]) -> list[Finding]:
    """Whether the seal that somebody kept outside is still there: with it, truncation and a rewritten history show (promise 10)."""
    number = checkpoint.number
    kept = next((s for s in seals if s.number == number), None)
    if kept is None:
        return [Finding("truncated", f"seal {number}", 0, Text(f"检查点 {number} 的封印不在", f"the seal of checkpoint {number} is gone"))]
    if kept.hash != checkpoint.hash:
        return [
            Finding("rewritten", f"seal {number}", 0, Text(f"封印 {number} 与检查点不同", f"seal {number} differs from the checkpoint"))
        ]
    return []
