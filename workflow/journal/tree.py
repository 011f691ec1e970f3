"""The Merkle tree of RFC 6962 section 2.1, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterable

from workflow.journal.canonical import hashed


class Tree:
    """Keeps one hash for each complete subtree, so that a tree over a million leaves needs twenty of them."""

    def __init__(self, algorithm: str = "sha256", leaves: Iterable[bytes] = ()) -> None:
        self.algorithm = algorithm
        self.count = 0
        self._subtrees: list[tuple[int, bytes]] = []
        """(leaves, hash) from left to right, ever smaller: the split at the largest power of two."""
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        self.count += 1
        size, node = 1, hashed(b"\x00" + leaf, self.algorithm)
        while self._subtrees and self._subtrees[-1][0] == size:
            _, left = self._subtrees.pop()
            size, node = size * 2, hashed(b"\x01" + left + node, self.algorithm)
        self._subtrees.append((size, node))

    @property
    def root(self) -> str:
        """``sha256:<hex>`` or ``sm3:<hex>``; of no leaves, the hash of nothing."""
        if not self._subtrees:
            return f"{self.algorithm}:{hashed(b'', self.algorithm).hex()}"
        _, node = self._subtrees[-1]
        for _, left in reversed(self._subtrees[:-1]):
            node = hashed(b"\x01" + left + node, self.algorithm)
        return f"{self.algorithm}:{node.hex()}"
