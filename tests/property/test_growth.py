"""Proofs that a log only grew, between every two checkpoints of random logs; the oracle compares the seals themselves."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests import independent
from workflow.errors import BadInput
from workflow.journal.eras import Eras
from workflow.journal.growth import Growth
from workflow.journal.printed import Printed
from workflow.journal.seal import StoredSeal

ALGORITHMS = ["sha256", *(["sm3"] if "sm3" in hashlib.algorithms_available else [])]
LOGS = st.lists(st.binary(max_size=4), min_size=1, max_size=24)


def seals(log: list[bytes]) -> list[StoredSeal]:
    return [StoredSeal(n, data, "") for n, data in enumerate(log, 1)]


def held(log: list[bytes], algorithm: str) -> Printed:
    root = independent.tree(algorithm, log) if log else hashlib.new(algorithm).digest()
    return Printed("log", len(log), f"{algorithm}:{root.hex()}")


@given(LOGS, st.data(), st.sampled_from(ALGORITHMS))
def test_a_log_that_only_grew_is_shown_to_whoever_holds_two_checkpoints(log: list[bytes], data: st.DataObject, algorithm: str) -> None:
    later = data.draw(st.integers(0, len(log)))
    number = data.draw(st.integers(0, later))
    proof = Growth.of(Eras(algorithm), seals(log), number, later)
    assert proof.findings(held(log[:number], algorithm), held(log[:later], algorithm)) == []
    assert Growth.parse(bytes(proof) + b"\n") == proof


@given(LOGS, LOGS, st.data())
def test_a_log_that_was_rewritten_is_shown_by_no_proof_of_its_own(log: list[bytes], other: list[bytes], data: st.DataObject) -> None:
    number = data.draw(st.integers(1, min(len(log), len(other))))
    assume(log[:number] != other[:number])
    proof = Growth.of(Eras("sha256"), seals(other), number, len(other))
    old, new = held(log[:number], "sha256"), held(other, "sha256")
    assert [f.code for f in proof.findings(old, new)] == ["checkpoint"]
    claimed = replace(proof, root=old.root)
    assert [f.code for f in claimed.findings(old, new)] == ["rewritten"]


@given(LOGS, st.data())
def test_whatever_is_changed_in_a_proof_is_found(log: list[bytes], data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(log)))
    proof = Growth.of(Eras("sha256"), seals(log), number, len(log))
    old, new = held(log[:number], "sha256"), held(log, "sha256")
    node = data.draw(st.binary(min_size=32, max_size=32))
    changed = [replace(proof, path=(*proof.path, node)), replace(proof, number=number - 1), replace(proof, later=proof.later + 1)]
    changed += [replace(proof, path=(*proof.path[:i], node, *proof.path[i + 1 :])) for i in range(len(proof.path)) if proof.path[i] != node]
    changed += [replace(proof, path=proof.path[:-1])] if proof.path else []
    for other in changed:
        assert other.findings(old, new)


def test_more_seals_than_there_are_have_no_proof() -> None:
    with pytest.raises(BadInput):
        Growth.of(Eras("sha256"), seals([b"a"]), 2, 2)
    with pytest.raises(BadInput):
        Growth.of(Eras("sha256"), seals([b"a", b"b"]), 2, 1)
    with pytest.raises(BadInput):
        Growth.of(Eras("sha256"), seals([b"a", b"b"]), 1, 3)
