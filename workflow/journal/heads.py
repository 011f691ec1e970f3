"""The tree of case heads as of a seal: one leaf for each chain says how many entries it has and what the last one is.

It shows that one case is *complete*: without its last entry the leaf is another one. The leaf names the case by a digest that is salted
with the hash of its first entry, which nobody knows who has not seen the case: a proof about one case tells nothing of its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workflow.journal.canonical import canonical, digest
from workflow.journal.entry import Stored
from workflow.journal.tree import Tree


class Leaf(NamedTuple):
    """``name`` is the salted digest of the case id; ``n`` the number of its last sealed entry, ``head`` the hash of that."""

    name: str
    n: int
    head: str

    @classmethod
    def of(cls, case: str, first: str, n: int, head: str, algorithm: str) -> Leaf:
        """``first`` is the hash of the first entry of the case."""
        return cls(digest(b"duban-case-1\n" + first.encode("utf-8", "replace") + b"\n" + canonical(case), algorithm), n, head)

    @property
    def data(self) -> bytes:
        """Its canonical bytes: the list of the three."""
        return canonical([self.name, self.n, self.head])


class Heads:
    """Collects the heads from the rows of a journal that come by (case id, number), as far as seals up to ``number`` cover them."""

    def __init__(self, algorithm: str, number: int) -> None:
        self.algorithm = algorithm
        self.number = number
        self._seen: dict[str, tuple[str, int, str]] = {}

    def take(self, row: Stored) -> None:
        """Rows whose columns hold something else than they should are passed over: the audit names them."""
        if (type(row.case), type(row.n), type(row.hash), type(row.seal)) != (str, int, str, int) or row.seal is None:
            return
        if row.seal <= self.number:
            first = self._seen[row.case][0] if row.case in self._seen else row.hash
            self._seen[row.case] = (first, row.n, row.hash)

    def watch(self, rows: Iterable[Stored]) -> Iterator[Stored]:
        """The rows, taken as they pass."""
        for row in rows:
            self.take(row)
            yield row

    def leaf(self, case: str) -> Leaf | None:
        """That of a case; ``None`` where no seal covers anything of it."""
        found = self._seen.get(case)
        return Leaf.of(case, *found, self.algorithm) if found else None

    def leaves(self) -> list[Leaf]:
        """In the order of the tree: by salted digest, so that the place of a leaf tells nothing of its case."""
        return sorted(Leaf.of(case, *found, self.algorithm) for case, found in self._seen.items())

    def tree(self) -> Tree:
        return Tree(self.algorithm, (leaf.data for leaf in self.leaves()))
