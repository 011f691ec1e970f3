"""The proof that a later checkpoint only adds to an earlier one: whoever holds the two needs neither the journal nor a store.

It is the consistency proof of RFC 6962 section 2.1.2 over the tree of seals. The tree of case heads is made anew for each checkpoint and
is none that grows, so it is not compared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Algorithm, canonical, parse_canonical
from workflow.journal.chain import Finding
from workflow.journal.eras import Eras
from workflow.journal.note import Note
from workflow.journal.printed import Printed
from workflow.journal.proof import consistency, consistent, leaf
from workflow.journal.seal import StoredSeal
from workflow.journal.tree import Tree
from workflow.text import Text

FORMAT = "duban-growth-1"
LONGEST = 1_000_000
"""Bytes of the longest proof that is read: a path has a node or two for each doubling of the log."""
_FIELDS = {"algorithm", "format", "later", "later_root", "number", "path", "root"}

Root = Note | Printed
"""A checkpoint that names the root of the tree of seals."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The tree of ``number`` seals with ``root`` is the beginning of that of ``later`` seals with ``later_root``, by ``path``."""

    algorithm: str
    number: int
    root: str
    later: int
    later_root: str
    path: tuple[bytes, ...]

    @classmethod
    def of(cls, eras: Eras, seals: Sequence[StoredSeal], number: int, later: int) -> Growth:
        """Raises :class:`~workflow.errors.BadInput` where there are fewer seals, or the journal was re-anchored between the two."""
        algorithm = eras.at(later)
        if eras.at(number) != algorithm:
            raise BadInput(
                Text("两个检查点之间重新锚定过,算法不同", "the journal was re-anchored between the two: their trees are in two algorithms"),
                hint=Text("用 duban audit verify 对两个检查点核验整个日志", "see duban audit verify: the whole journal against both"),
            )
        if later > len(seals):
            raise BadInput(Text(f"只有 {len(seals)} 个封印,没有 {later} 个", f"there are {len(seals)} seals, not {later}"))
        data = [seal.data for seal in seals[:later]]
        path = consistency([leaf(x, algorithm) for x in data], number, algorithm)
        return cls(algorithm, number, Tree(algorithm, data[:number]).root, later, Tree(algorithm, data).root, tuple(path))

    @classmethod
    def parse(cls, data: bytes) -> Growth:
        """Raises :class:`~workflow.errors.BadInput` for what is no such proof; whether it holds is for :meth:`findings` to say."""
        try:
            found: Any = parse_canonical(data.removesuffix(b"\n"))
            if set(found) != _FIELDS or found["format"] != FORMAT or found["algorithm"] not in tuple(Algorithm):
                raise ValueError("other fields")
            number, later, root, later_root = (found[name] for name in ("number", "later", "root", "later_root"))
            if not all(type(n) is int and n >= 0 for n in (number, later)):
                raise ValueError("other types")
            path = tuple(bytes.fromhex(node) for node in found["path"])
            roots = [bytes.fromhex(told.removeprefix(f"{found['algorithm']}:")) for told in (root, later_root)]
            if any(len(node) != 32 for node in (*path, *roots)):
                raise ValueError("no digests")
        except (IntegrityError, ValueError, KeyError, TypeError, AttributeError):
            raise BadInput(
                Text("不是延续证明", "this is no proof of growth"),
                hint=Text("照原样给出 duban audit prove 写的文件", "give the file as duban audit prove wrote it"),
            ) from None
        return cls(found["algorithm"], number, root, later, later_root, path)

    def __bytes__(self) -> bytes:
        return canonical(
            {
                "algorithm": self.algorithm,
                "format": FORMAT,
                "later": self.later,
                "later_root": self.later_root,
                "number": self.number,
                "path": [node.hex() for node in self.path],
                "root": self.root,
            }
        )

    def findings(self, since: Root | None = None, now: Root | None = None) -> list[Finding]:
        """What is wrong; with ``since`` and ``now`` also whether it is about these two checkpoints.

        Codes: ``rewritten`` (the later checkpoint does not begin with the earlier one), ``checkpoint`` (it is about another checkpoint).
        """
        found = []
        root, later_root = (bytes.fromhex(told.partition(":")[2]) for told in (self.root, self.later_root))
        if not consistent(self.number, root, self.later, later_root, self.path, self.algorithm):
            zh, en = (
                f"不能证明检查点 {self.later} 延续检查点 {self.number}",
                f"it does not show that {self.later} seals begin with {self.number}",
            )
            found.append(Finding("rewritten", f"seal {self.number}", 0, Text(zh, en)))
        for held, told, name in (
            (since, (self.number, self.root), Text("较早", "earlier")),
            (now, (self.later, self.later_root), Text("较晚", "later")),
        ):
            if held is not None and (held.number, held.root) != told:
                zh, en = f"证明不属于这个{name.zh}的检查点", f"the proof is about another {name.en} checkpoint"
                found.append(Finding("checkpoint", "checkpoint", 0, Text(zh, en)))
        return found


def is_growth(data: bytes) -> bool:
    """Whether the bytes say of themselves that they are such a proof: the format is the second of their fields."""
    return f'"format":"{FORMAT}"'.encode() in data[:64]
