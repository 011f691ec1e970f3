"""The proof that one case is complete as of a checkpoint: its entries, and the way from its head to the root that the checkpoint names.

It holds this case and nothing of another one but digests of subtrees. Whoever holds the checkpoint checks it with no store: withholding
the last entry of the case, or changing any, leads to another root. Erasable parts are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Algorithm, Json, canonical, parse_canonical
from workflow.journal.chain import Finding, verify
from workflow.journal.entry import Entry, Stored
from workflow.journal.eras import Eras
from workflow.journal.heads import Heads, Leaf
from workflow.journal.note import Note
from workflow.journal.proof import included, inclusion, leaf
from workflow.text import Text

FORMAT = "duban-proof-1"
_FIELDS = {"algorithm", "case", "chains", "entries", "format", "heads", "index", "number", "path"}


class Link(NamedTuple):
    """An entry in a proof: its canonical bytes, and the hash that they should have."""

    data: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """``number`` seals were there; leaf ``index`` (from 0) of ``chains`` leads by ``path`` to the root ``heads``."""

    algorithm: str
    case: str
    number: int
    chains: int
    index: int
    heads: str
    path: tuple[bytes, ...]
    entries: tuple[Link, ...]

    @classmethod
    def of(cls, case: str, algorithm: str, number: int, rows: Iterable[Stored]) -> Completeness | None:
        """From rows ordered by (case id, number), as of seal ``number``; ``None`` where no seal up to it covers the case."""
        heads = Heads(algorithm, number)
        own: list[Link] = []
        for row in heads.watch(rows):
            if row.case == case and type(row.seal) is int and row.seal <= number:
                own.append(Link(row.data, row.hash))
        mine = heads.leaf(case)
        if mine is None:
            return None
        leaves = heads.leaves()
        index = leaves.index(mine)
        path = inclusion([leaf(x.data, algorithm) for x in leaves], index, algorithm)
        return cls(algorithm, case, number, len(leaves), index, heads.tree().root, tuple(path), tuple(own))

    @classmethod
    def parse(cls, data: bytes) -> Completeness:
        """Raises :class:`~workflow.errors.BadInput` for what is no proof; whether it holds is for :meth:`findings` to say."""
        try:
            found: Any = parse_canonical(data.removesuffix(b"\n"))
            if set(found) != _FIELDS or found["format"] != FORMAT or found["algorithm"] not in tuple(Algorithm):
                raise ValueError("other fields")
            numbers = [found[name] for name in ("number", "chains", "index")]
            texts = [found["case"], found["heads"], *found["path"]]
            if not all(type(n) is int and n >= 0 for n in numbers) or not all(type(t) is str for t in texts):
                raise ValueError("other types")
            entries = tuple(Link(item["data"].encode(), str(item["hash"])) for item in found["entries"])
            path = tuple(bytes.fromhex(node) for node in found["path"])
            if any(len(node) != 32 for node in path):
                raise ValueError("no digests")
        except (IntegrityError, ValueError, KeyError, TypeError, AttributeError):
            raise BadInput(
                Text("不是完整性证明", "this is no proof of completeness"),
                hint=Text("照原样给出 duban audit prove 写的文件", "give the file as duban audit prove wrote it"),
            ) from None
        number, chains, index = numbers
        return cls(found["algorithm"], found["case"], number, chains, index, found["heads"], path, entries)

    def __bytes__(self) -> bytes:
        entries: list[Json] = [{"data": link.data.decode("utf-8", "replace"), "hash": link.hash} for link in self.entries]
        return canonical(
            {
                "algorithm": self.algorithm,
                "case": self.case,
                "chains": self.chains,
                "entries": entries,
                "format": FORMAT,
                "heads": self.heads,
                "index": self.index,
                "number": self.number,
                "path": [node.hex() for node in self.path],
            }
        )

    def findings(self, note: Note | None = None) -> list[Finding]:
        """What is wrong, the first bad entry first; with ``note`` also whether it is about that checkpoint.

        Codes besides those of :func:`workflow.journal.chain.verify`: ``incomplete`` (these are not all entries of the case, or others),
        ``heads`` (it is about another checkpoint).
        """
        rows: list[Stored] = []
        for n, link in enumerate(self.entries, 1):
            try:
                entry = Entry.parse(link.data, link.hash)
            except IntegrityError as error:
                return [Finding("unreadable", self.case, n, error.message)]
            rows.append(Stored(self.case, n, entry.recorded, entry.kind, link.data, link.hash, n))
        found = verify(rows, self._eras()).findings
        if not rows or not self._leads(rows):
            zh, en = "不是检查点时的全部记录", "these are not the entries that the case had at the checkpoint"
            found.append(Finding("incomplete", self.case, 0, Text(zh, en)))
        told = (self.algorithm, self.number, self.chains, self.heads)
        if note is not None and told != (note.algorithm, note.number, note.chains, note.heads):
            found.append(Finding("heads", self.case, 0, Text("证明不属于此检查点", "the proof is about another checkpoint")))
        return found

    def _eras(self) -> Eras:
        """The algorithm of each entry as its hash names it: a case may be older than the re-anchoring of its journal."""
        told = [name if (name := link.hash.partition(":")[0]) in tuple(Algorithm) else self.algorithm for link in self.entries]
        ends = tuple((n, before) for n, (before, after) in enumerate(pairwise(told), 1) if before != after)
        return Eras(told[-1] if told else self.algorithm, ends)

    def _leads(self, rows: list[Stored]) -> bool:
        mine = Leaf.of(self.case, rows[0].hash, rows[-1].n, rows[-1].hash, self.algorithm)
        root = included(leaf(mine.data, self.algorithm), self.index, self.chains, self.path, self.algorithm)
        return root is not None and f"{self.algorithm}:{root.hex()}" == self.heads
