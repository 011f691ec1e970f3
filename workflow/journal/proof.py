"""Proofs over the Merkle tree of RFC 6962: that a leaf is in it, and that a later tree only adds to an earlier one.

Made after RFC 6962 sections 2.1.1 and 2.1.2 and checked after RFC 9162 sections 2.1.3.2 and 2.1.4.2, with the hash of the journal. Nodes
are bare digests, ``leaf`` gives that of the bytes of a leaf. Paths go from the leaf to the root.
"""

from __future__ import annotations

from collections.abc import Sequence

from workflow.errors import BadInput
from workflow.journal.canonical import hashed
from workflow.text import Text


def leaf(data: bytes, algorithm: str) -> bytes:
    """The node of a leaf: ``H(00 · data)``."""
    return hashed(b"\x00" + data, algorithm)


def inclusion(leaves: Sequence[bytes], index: int, algorithm: str) -> list[bytes]:
    """The siblings from leaf ``index`` (from 0) up to the root. Raises :class:`~workflow.errors.BadInput` for a leaf that is not there."""
    if not 0 <= index < len(leaves):
        raise _absent(index, len(leaves))
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion(leaves[:k], index, algorithm), _root(leaves[k:], algorithm)]
    return [*inclusion(leaves[k:], index - k, algorithm), _root(leaves[:k], algorithm)]


def consistency(leaves: Sequence[bytes], size: int, algorithm: str) -> list[bytes]:
    """What shows that the tree over the first ``size`` leaves is the beginning of the whole tree; nothing for none or all of them.

    Raises :class:`~workflow.errors.BadInput` for more leaves than there are.
    """
    if not 0 <= size <= len(leaves):
        raise _absent(size, len(leaves))
    return _subproof(size, leaves, True, algorithm) if size else []


def _subproof(m: int, leaves: Sequence[bytes], whole: bool, algorithm: str) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [_root(leaves, algorithm)]
    k = _split(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole, algorithm), _root(leaves[k:], algorithm)]
    return [*_subproof(m - k, leaves[k:], False, algorithm), _root(leaves[:k], algorithm)]


def included(node: bytes, index: int, size: int, path: Sequence[bytes], algorithm: str) -> bytes | None:
    """The root that a path leads to from the node of leaf ``index`` in a tree of ``size``; ``None`` where the path has the wrong length."""
    if not 0 <= index < size:
        return None
    fn, sn = index, size - 1
    for sibling in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            node = hashed(b"\x01" + sibling + node, algorithm)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hashed(b"\x01" + node + sibling, algorithm)
        fn, sn = fn >> 1, sn >> 1
    return node if sn == 0 else None


def consistent(size: int, root: bytes, later: int, later_root: bytes, path: Sequence[bytes], algorithm: str) -> bool:
    """Whether a path shows that the tree of ``size`` leaves with ``root`` is the beginning of that of ``later`` leaves.

    Every tree begins with the empty one, which needs no path; two trees of one size are consistent only when they are the same.
    """
    if not 0 <= size <= later:
        return False
    if size == 0:
        return not path and root == hashed(b"", algorithm)
    if size == later:
        return not path and root == later_root
    nodes = [root, *path] if size & (size - 1) == 0 else list(path)
    if not nodes:
        return False
    fn, sn = size - 1, later - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = hashed(b"\x01" + node + old, algorithm), hashed(b"\x01" + node + new, algorithm)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = hashed(b"\x01" + new + node, algorithm)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (old, new) == (root, later_root)


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _root(leaves: Sequence[bytes], algorithm: str) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return hashed(b"\x01" + _root(leaves[:k], algorithm) + _root(leaves[k:], algorithm), algorithm)


def _absent(index: int, count: int) -> BadInput:
    return BadInput(Text(f"树有 {count} 片叶,没有 {index}", f"the tree has {count} leaves, and no {index}"))
