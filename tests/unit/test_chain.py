"""Chains, seals and checkpoints, by hand: what each fault is called and where it is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import independent
from workflow.act import ERASED
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import canonical, digest
from workflow.journal.chain import Part, Verified, verify
from workflow.journal.entry import Entry, Private, Stored, genesis, link
from workflow.journal.seal import Checkpoint, Seal, StoredSeal, make_seal, verify_checkpoint, verify_seals
from workflow.journal.tree import Tree

WHEN = "2026-09-24T02:20:00.000000Z"


def chain(case: str, size: int, algorithm: str = "sha256", erased: Sequence[int] = ()) -> tuple[list[Stored], list[Part]]:
    """Entries of which each has an erasable part; with ``erased`` a last one that says these were erased."""
    rows: list[Stored] = []
    parts: list[Part] = []
    prev: str | None = None
    kinds = ["note"] * size + ([ERASED] if erased else [])
    for n, kind in enumerate(kinds, 1):
        body: dict[str, Any] = {"name": f"{n}", "data": {"entries": list(erased)}} if kind == ERASED else {"name": f"{n}"}
        hidden = {"text": f"{case}{n}"} if kind != ERASED else None
        entry, part = link(n, prev, case=case, kind=kind, recorded=WHEN, body=body, private=hidden, salt=b"s" * 16, algorithm=algorithm)
        prev = entry.hash
        rows.append(Stored(case, n, WHEN, kind, entry.raw, entry.hash, None))
        if part is not None and n not in erased:
            parts.append((case, n, part))
    return rows, parts


def found(rows: Sequence[Stored], parts: Sequence[Part] | None = None, algorithm: str = "sha256") -> list[tuple[str, str, int]]:
    return [(f.code, f.case, f.n) for f in verify(rows, algorithm, parts).findings]


def forged(row: Stored, **change: Any) -> Stored:
    """The row with other content, hashed anew."""
    data = canonical({**json.loads(row.data), **change})
    return replace(row, data=data, hash=digest(data))


@pytest.fixture
def rows() -> list[Stored]:
    return chain("甲", 3)[0]


def test_a_sound_chain_has_no_finding_and_its_parts_are_counted() -> None:
    rows, parts = chain("甲", 4, erased=(2, 3))
    result = verify(rows, "sha256", parts)
    assert (result.findings, result.first, result.cases, result.entries) == ([], None, 1, 5)
    assert result.erased == [("甲", 2), ("甲", 3)]
    assert result.heads == {"甲": (5, rows[-1].hash)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: [r[0], replace(r[1], data=r[1].data.replace(b'"2"', b'"9"')), r[2]], [("edited", "甲", 2)]),
        (lambda r: [r[0], replace(r[1], hash="sha256:" + "0" * 64), r[2]], [("edited", "甲", 2), ("chain", "甲", 3)]),
        (lambda r: [r[0], replace(r[1], hash="md5:" + "0" * 32), r[2]], [("edited", "甲", 2), ("chain", "甲", 3)]),
        (lambda r: [r[0], forged(r[1], kind="other"), r[2]], [("column", "甲", 2), ("chain", "甲", 3)]),
        (lambda r: [r[0], replace(r[1], kind="other"), r[2]], [("column", "甲", 2)]),
        (lambda r: [r[0], replace(r[1], recorded="2020"), r[2]], [("column", "甲", 2)]),
        (lambda r: [r[0], forged(r[1], extra=1), r[2]], [("unreadable", "甲", 2), ("chain", "甲", 3)]),
        (lambda r: [r[0], forged(r[1], format=2), r[2]], [("unreadable", "甲", 2), ("chain", "甲", 3)]),
        (lambda r: [r[0], forged(r[1], algorithm="sm3"), r[2]], [("algorithm", "甲", 2), ("chain", "甲", 3)]),
        (lambda r: [r[0], r[2]], [("missing", "甲", 2)]),
        (lambda r: r[1:], [("missing", "甲", 1)]),
        (lambda r: [r[0], r[1], r[1], r[2]], [("inserted", "甲", 2)]),
        (lambda r: [r[0], r[2], r[1]], [("missing", "甲", 2), ("reordered", "甲", 2)]),
        (lambda r: [r[0], replace(r[2], n=2), replace(r[1], n=3)], [("misplaced", "甲", 2), ("misplaced", "甲", 3)]),
        (lambda r: [r[0], replace(r[1], case="乙", n=1), r[2]], [("reordered", "乙", 1), ("misplaced", "乙", 1), ("missing", "甲", 1)]),
        (lambda r: [*r, *r], [("reordered", "甲", 1)]),
        (lambda r: [r[0], replace(r[1], data="text"), r[2]], [("unreadable", "甲", 2)]),
        (lambda r: [r[0], replace(r[1], seal="1"), r[2]], [("column", "甲", 2)]),
    ],
)
def test_a_fault_is_named_where_it_is(
    rows: list[Stored], change: Callable[[list[Stored]], list[Stored]], expected: list[tuple[str, str, int]]
) -> None:
    seen = found(change(rows))
    assert seen[:1] == expected[:1]
    assert set(seen) >= set(expected[:2])


def test_an_entry_of_another_chain_does_not_fit_even_at_the_same_number(rows: list[Stored]) -> None:
    """The genesis binds the first entry to its case, and the case stands in the bytes."""
    other = forged(chain("乙", 1)[0][0], case="甲")
    assert genesis("甲", "sha256") != genesis("乙", "sha256")
    assert found([replace(other, case="甲"), *rows[1:]]) == [("chain", "甲", 1), ("chain", "甲", 2)]


def test_the_first_is_first_by_case_and_number() -> None:
    one, other = chain("a", 3)[0], chain("b", 3)[0]
    result = verify([one[0], one[2], other[0], replace(other[1], data=b"{}"), other[2]], "sha256")
    assert result.first is not None and (result.first.code, result.first.case, result.first.n) == ("missing", "a", 2)


def test_what_was_erased_without_an_act_is_a_finding() -> None:
    rows, parts = chain("甲", 3)
    result = verify(rows, "sha256", [p for p in parts if p[1] != 2])
    assert [(f.code, f.n) for f in result.findings] == [("private_missing", 2)]
    assert result.erased == []


@pytest.mark.parametrize(
    "part", [("甲", "1", Private(b"s", b"{}")), (None, 1, Private(b"s", b"{}")), (b"x", 1, Private(b"", b""))], ids=str
)
def test_a_part_that_lies_nowhere_is_a_finding(part: Any) -> None:
    rows, parts = chain("甲", 2)
    assert found(rows, [*parts, part]) == [("private_extra", str(part[0]), 0)]
    assert found(rows, [part, *parts]) == [("private_extra", str(part[0]), 0)]


@pytest.mark.parametrize("part", [Private(b"s" * 16, "text"), Private(None, b"{}"), Private(b"s" * 70_000, b"{}")], ids=str)  # type: ignore[arg-type]
def test_a_part_of_the_wrong_type_was_altered(part: Private) -> None:
    rows, parts = chain("甲", 2)
    assert found(rows, [("甲", 1, part), parts[1]]) == [("private_altered", "甲", 1)]


def test_an_act_of_another_case_erases_nothing_here() -> None:
    rows, parts = chain("a", 2, erased=(1,))
    others, _ = chain("b", 2)
    assert found([*rows, *others], parts) == [("private_missing", "b", 1), ("private_missing", "b", 2)]


def test_an_act_cannot_excuse_a_part_that_came_later() -> None:
    entry, _ = link(1, None, case="a", kind=ERASED, recorded=WHEN, body={"data": {"entries": [2]}})
    later, _ = link(2, entry.hash, case="a", kind="note", recorded=WHEN, body={}, private={"x": "y"}, salt=b"s")
    rows = [Stored("a", e.n, WHEN, e.kind, e.raw, e.hash, None) for e in (entry, later)]
    assert found(rows, []) == [("private_missing", "a", 2)]


def test_a_part_that_was_erased_and_is_there_again_is_a_finding() -> None:
    rows, parts = chain("甲", 2, erased=(1,))
    assert found(rows, [("甲", 1, Private(b"s" * 16, canonical({"text": "甲1"}))), *parts]) == [("not_erased", "甲", 1)]


def test_the_faults_of_entries_come_before_what_rests_on_them() -> None:
    rows, parts = chain("甲", 2, erased=(1,))
    assert found([rows[0], rows[1], replace(rows[2], data=rows[2].data + b" ")], parts) == [
        ("edited", "甲", 3),
        ("private_missing", "甲", 1),
    ]


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"entries": 1}}, {"data": {"entries": ["1", True, None]}}, {"data": [1]}])
def test_an_act_of_erasure_that_names_nothing_excuses_nothing(body: dict[str, Any]) -> None:
    first, _ = link(1, None, case="a", kind="note", recorded=WHEN, body={}, private={"x": "y"}, salt=b"s")
    act, _ = link(2, first.hash, case="a", kind=ERASED, recorded=WHEN, body=body)
    rows = [Stored("a", e.n, WHEN, e.kind, e.raw, e.hash, None) for e in (first, act)]
    assert found(rows, []) == [("private_missing", "a", 1)]


# the form of an entry


@pytest.mark.parametrize(
    "change",
    [
        {"n": 0},
        {"n": True},
        {"n": "1"},
        {"case": None},
        {"kind": 1},
        {"recorded": None},
        {"prev": None},
        {"private": 0},
        {"body": []},
        {"format": 2},
        {"format": True},
        {"algorithm": 1},
        {"more": 1},
    ],
    ids=str,
)
def test_bytes_that_no_entry_has_are_not_read(rows: list[Stored], change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        Entry.parse(canonical({**json.loads(rows[0].data), **change}), "")


@pytest.mark.parametrize("field", ["algorithm", "body", "case", "format", "kind", "n", "prev", "private", "recorded"])
def test_an_entry_has_every_field(rows: list[Stored], field: str) -> None:
    value = json.loads(rows[0].data)
    del value[field]
    with pytest.raises(IntegrityError):
        Entry.parse(canonical(value), "")


# seals


def sealed(*sizes: int) -> tuple[list[Stored], list[Seal]]:
    """One chain; each seal covers as many entries as it says."""
    rows, _ = chain("甲", sum(sizes))
    seals: list[Seal] = []
    at = 0
    for number, size in enumerate(sizes, 1):
        covered = [Entry.parse(r.data, r.hash) for r in rows[at : at + size]]
        seals.append(make_seal(seals[-1] if seals else None, covered, WHEN, "sha256"))
        rows[at : at + size] = [replace(r, seal=number) for r in rows[at : at + size]]
        at += size
    return rows, seals


def raw(seals: Sequence[Seal]) -> list[StoredSeal]:
    return [StoredSeal(s.number, s.raw, s.hash) for s in seals]


def faults(rows: Sequence[Stored], seals: Sequence[StoredSeal]) -> list[tuple[str, str]]:
    result: Verified = verify(rows, "sha256")
    return [(f.code, f.case) for f in verify_seals(seals, result.trees, "sha256")]


def test_a_seal_is_remade_from_the_entries_it_covers() -> None:
    rows, seals = sealed(2, 3, 1)
    assert faults(rows, raw(seals)) == []
    assert [s.count for s in seals] == [2, 3, 1]
    assert [s.previous for s in seals] == ["", seals[0].hash, seals[1].hash]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_seal_that_is_gone_is_named(lost: int) -> None:
    rows, seals = sealed(2, 3, 1)
    assert faults(rows, [s for s in raw(seals) if s.number != lost]) == [("seal_missing", f"seal {lost}")]


def test_a_seal_that_links_to_another_is_named() -> None:
    rows, seals = sealed(2, 3)
    covered = [Entry.parse(r.data, r.hash) for r in rows[2:]]
    other = make_seal(replace(seals[0], hash="sha256:" + "1" * 64), covered, WHEN, "sha256")
    assert faults(rows, raw([seals[0], other])) == [("seal_chain", "seal 2")]


@pytest.mark.parametrize(
    "change",
    [
        {"count": "2"},
        {"count": True},
        {"format": 2},
        {"number": 9},
        {"algorithm": "sm3"},
        {"root": None},
        {"more": 1},
    ],
    ids=str,
)
def test_a_seal_of_another_form_is_an_edited_one(change: dict[str, Any]) -> None:
    rows, seals = sealed(2)
    data = canonical({**json.loads(seals[0].raw), **change})
    assert faults(rows, [StoredSeal(1, data, digest(data))]) == [("seal_edited", "seal 1")]


def test_a_checkpoint_is_compared_with_the_seal_of_its_number() -> None:
    _, seals = sealed(2, 3)
    kept = seals[1].checkpoint
    assert verify_checkpoint(kept, raw(seals)) == []
    assert [f.code for f in verify_checkpoint(kept, raw(seals[:1]))] == ["truncated"]
    assert [f.code for f in verify_checkpoint(Checkpoint(2, seals[0].hash), raw(seals))] == ["rewritten"]


def test_a_checkpoint_is_read_as_it_was_printed() -> None:
    _, seals = sealed(1)
    assert Checkpoint.parse(f" {seals[0].checkpoint}\n") == seals[0].checkpoint
    assert Checkpoint.parse("1:sha256:" + "A" * 64) == Checkpoint(1, "sha256:" + "a" * 64)


@pytest.mark.parametrize("text", ["", "1", ":", "1:", "x:sha256:" + "0" * 64, "²:sha256:" + "0" * 64, "1:sha256:0", "1:md5:" + "0" * 64])
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Checkpoint.parse(text)


@given(st.lists(st.binary(max_size=4), max_size=40))
def test_the_tree_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    """Leaf by leaf here, by the recursion of RFC 6962 there."""
    tree = Tree("sha256", leaves)
    assert (tree.count, tree.root) == (len(leaves), f"sha256:{independent.tree('sha256', leaves).hex()}")


def test_the_tree_has_the_hashes_of_certificate_transparency() -> None:
    """Test vectors of the reference implementation of RFC 6962."""
    leaves = [
        bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    ]
    assert Tree("sha256", leaves).root == "sha256:5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert Tree().root == digest(b"")
