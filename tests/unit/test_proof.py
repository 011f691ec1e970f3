"""Proofs over Merkle trees: the vectors of the Certificate Transparency project, and every tree up to 40 leaves."""

from __future__ import annotations

import hashlib

import pytest

from tests import independent
from workflow.errors import BadInput
from workflow.journal.proof import consistency, consistent, included, inclusion, leaf
from workflow.journal.tree import Tree

LEAVES = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def nodes(count: int) -> list[bytes]:
    return [leaf(data, "sha256") for data in LEAVES[:count]]


def root(count: int) -> bytes:
    return bytes.fromhex(ROOTS[count - 1])


@pytest.mark.parametrize("count", range(1, 9))
def test_the_published_roots(count: int) -> None:
    assert Tree("sha256", LEAVES[:count]).root == f"sha256:{ROOTS[count - 1]}"


def test_the_published_root_of_nothing() -> None:
    assert Tree().root == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("index", "count"), INCLUSION)
def test_the_published_inclusion_proofs(index: int, count: int) -> None:
    path = inclusion(nodes(count), index, "sha256")
    assert [x.hex() for x in path] == INCLUSION[index, count]
    assert included(nodes(count)[index], index, count, path, "sha256") == root(count)


@pytest.mark.parametrize(("size", "count"), CONSISTENCY)
def test_the_published_consistency_proofs(size: int, count: int) -> None:
    path = consistency(nodes(count), size, "sha256")
    assert [x.hex() for x in path] == CONSISTENCY[size, count]
    assert consistent(size, root(size), count, root(count), path, "sha256")


@pytest.mark.parametrize(("size", "count"), [pair for pair in CONSISTENCY if pair[0] < pair[1]])
def test_the_ways_in_which_the_published_vectors_spoil_a_consistency_proof(size: int, count: int) -> None:
    """The kinds of ``transparency-dev/merkle`` (testdata/consistency), applied to each proof."""
    path, old, new = [bytes.fromhex(x) for x in CONSISTENCY[size, count]], root(size), root(count)
    spoilt = {
        "size1 - 1": (size - 1, old, count, new, path),
        "size1 + 1": (size + 1, old, count, new, path),
        "size1 ^ 2": (size ^ 2, old, count, new, path),
        "size2 * 2": (size, old, count * 2, new, path),
        "size2 / 2": (size, old, count // 2, new, path),
        "wrong root1": (size, b"w" * 32, count, new, path),
        "wrong root2": (size, old, count, b"w" * 32, path),
        "swapped roots": (size, new, count, old, path),
        "empty proof": (size, old, count, new, []),
        "truncated proof": (size, old, count, new, path[:-1]),
        "trailing garbage": (size, old, count, new, [*path, b"g" * 32]),
        "trailing root1": (size, old, count, new, [*path, old]),
        "trailing root2": (size, old, count, new, [*path, new]),
        "preceding garbage": (size, old, count, new, [b"g" * 32, *path]),
        "preceding root1": (size, old, count, new, [old, *path]),
        "preceding root2": (size, old, count, new, [new, *path]),
        "preceding proof[0]": (size, old, count, new, [path[0], *path]),
    }
    for i, node in enumerate(path):
        spoilt[f"modified proof[{i}] bit 4"] = (size, old, count, new, [*path[:i], bytes([node[0] ^ 16]) + node[1:], *path[i + 1 :]])
    assert [kind for kind, given in spoilt.items() if consistent(*given, "sha256")] == []


ALGORITHMS = ["sha256", pytest.param("sm3", marks=pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="no SM3"))]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_proof_of_every_small_tree_holds_and_no_other(algorithm: str) -> None:
    data = [bytes([i]) for i in range(20)]
    leaves = [leaf(x, algorithm) for x in data]
    roots = [independent.tree(algorithm, data[:n]) for n in range(21)]
    for count in range(1, 21):
        for index in range(count):
            path = inclusion(leaves[:count], index, algorithm)
            assert included(leaves[index], index, count, path, algorithm) == roots[count]
            assert included(leaves[index], index, count, [*path, path[0] if path else b""], algorithm) is None
            if path:
                assert included(leaves[index], index, count, path[:-1], algorithm) != roots[count]
                assert included(leaves[index - 1], index, count, path, algorithm) != roots[count]
        for size in range(count + 1):
            path = consistency(leaves[:count], size, algorithm)
            assert consistent(size, roots[size], count, roots[count], path, algorithm)
            assert not consistent(size, roots[size], count, roots[count - 1], path, algorithm) or size == 0
            assert not consistent(size, roots[size], count, roots[count], [*path, roots[1]], algorithm)
            if path:
                assert not consistent(size, roots[size], count, roots[count], path[:-1], algorithm)
                assert not consistent(size, roots[size - 1], count, roots[count], path, algorithm)


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    """RFC 9162 leaves size 0 out; nothing is proved by it, and nothing else passes for it."""
    assert consistent(0, hashlib.sha256().digest(), 8, root(8), [], "sha256")
    assert not consistent(0, root(1), 8, root(8), [], "sha256")
    assert not consistent(3, root(3), 2, root(2), [], "sha256")
    assert not consistent(3, root(3), 8, root(8), [], "sha256")


@pytest.mark.parametrize("index", [-1, 8])
def test_what_is_not_there_has_no_proof(index: int) -> None:
    with pytest.raises(BadInput):
        inclusion(nodes(8), index, "sha256")
    with pytest.raises(BadInput):
        consistency(nodes(8), index if index < 0 else 9, "sha256")
    assert included(nodes(8)[0], index, 8, [], "sha256") is None
