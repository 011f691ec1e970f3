"""Seals: one Merkle root over all committed entries that no seal covers yet, chained to the seal before (SEMANTICS S10.3).

Writers of different cases never wait for each other: they share no chain. A seal ties the case chains together afterwards. Kept outside
(a superior, a print-out, a letter), its number and hash are a *checkpoint*: with one, truncation and a rewritten history show; without
one they do not. The tree is that of RFC 6962 section 2.1, with leaves over the entry hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workflow.errors import IntegrityError
from workflow.journal.canonical import canonical, digest, parse_canonical
from workflow.journal.chain import Finding
from workflow.journal.entry import Entry
from workflow.text import Text

_FIELDS = ("algorithm", "count", "format", "number", "previous", "recorded", "root")


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

    @classmethod
    def parse(cls, data: bytes, hash: str) -> Seal:
        """The seal that stored bytes hold. Raises :class:`IntegrityError` for bytes that no seal has."""
        value = parse_canonical(data)
        if not isinstance(value, dict) or tuple(sorted(value)) != _FIELDS:
            raise IntegrityError(Text("不是封印", "these bytes are no seal"))
        number, count = value["number"], value["count"]
        if not isinstance(number, int) or not isinstance(count, int):
            raise IntegrityError(Text("封印无法读取", "the seal cannot be read"))
        texts = (str(value["algorithm"]), str(value["root"]), str(value["previous"]), str(value["recorded"]))
        return cls(number, texts[0], count, texts[1], texts[2], texts[3], hash, data)


def _node(algorithm: str, data: bytes) -> bytes:
    return hashlib.new("sm3" if algorithm == "sm3" else "sha256", data).digest()


def merkle_root(leaves: Sequence[bytes], algorithm: str = "sha256") -> bytes:
    """The tree hash of RFC 6962 section 2.1 over the leaves' bytes; of no leaves, the hash of nothing."""
    if not leaves:
        return _node(algorithm, b"")
    level = [_node(algorithm, b"\x00" + leaf) for leaf in leaves]
    while len(level) > 1:  # an odd node is carried up unchanged, which is the RFC's split at the largest power of two
        paired = [_node(algorithm, b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def make_seal(previous: Seal | None, entries: Iterable[Entry], recorded: str, algorithm: str) -> Seal:
    """The next seal, over ``entries`` in the order (case id, number in case)."""
    leaves = [e.hash.encode() for e in entries]
    number = previous.number + 1 if previous is not None else 1
    root = f"{algorithm}:{merkle_root(leaves, algorithm).hex()}"
    before = previous.hash if previous is not None else ""
    data = canonical(
        {
            "algorithm": algorithm,
            "count": len(leaves),
            "format": 1,
            "number": number,
            "previous": before,
            "recorded": recorded,
            "root": root,
        }
    )
    return Seal(number, algorithm, len(leaves), root, before, recorded, digest(data, algorithm), data)


def verify_seals(seals: Sequence[Seal], entries_of: Callable[[int], Iterable[Entry]]) -> list[Finding]:
    """Every fault of the seals and of what they cover, in order: a gap, a broken link, a changed seal, a changed set of entries."""
    findings: list[Finding] = []
    previous: Seal | None = None
    for seal in seals:
        where = f"seal {seal.number}"
        if seal.number != (previous.number + 1 if previous is not None else 1):
            findings.append(Finding("seal_missing", where, 0, Text("封印编号不连续", "the seals are not numbered without a gap")))
        elif seal.previous != (previous.hash if previous is not None else ""):
            findings.append(Finding("seal_chain", where, 0, Text("封印与前一个不相接", "the seal does not link to the one before")))
        if digest(seal.raw, seal.algorithm) != seal.hash:
            findings.append(Finding("seal_edited", where, 0, Text("封印内容被改动", "the seal was edited")))
        again = make_seal(previous, entries_of(seal.number), seal.recorded, seal.algorithm)
        if (again.root, again.count) != (seal.root, seal.count):
            message = Text(
                f"封印覆盖 {seal.count} 条,现有 {again.count} 条,或内容不同",
                f"the seal covers {seal.count} entries; {again.count} are there, or others",
            )
            findings.append(Finding("sealed_entries", where, 0, message))
        previous = seal
    return findings


def verify_checkpoint(number: int, hash: str, seals: Sequence[Seal]) -> list[Finding]:
    """Whether the seal that somebody kept outside is still there: with it, truncation and a rewritten history show (promise 10)."""
    kept = next((s for s in seals if s.number == number), None)
    if kept is None:
        return [Finding("truncated", f"seal {number}", 0, Text(f"检查点 {number} 的封印不在", f"the seal of checkpoint {number} is gone"))]
    if kept.hash != hash:
        return [
            Finding("rewritten", f"seal {number}", 0, Text(f"封印 {number} 与检查点不同", f"seal {number} differs from the checkpoint"))
        ]
    return []
