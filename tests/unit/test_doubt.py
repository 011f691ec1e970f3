"""Of which cases a record does not hold: a fault at an entry concerns its case, a fault of a seal whatever is under it."""

from __future__ import annotations

import pytest

from workflow.journal.canonical import digest
from workflow.journal.chain import Finding, Head
from workflow.journal.doubt import doubted
from workflow.journal.entry import Entry, Stored, link
from workflow.journal.seal import StoredSeal, make_seal
from workflow.text import Text

WHEN = "2026-03-02T00:00:00.000000Z"
WORDS = Text("坏", "bad")


def chain(case: str, count: int, seal: int | None) -> list[Stored]:
    rows: list[Stored] = []
    for n in range(1, count + 1):
        entry, _ = link(n, rows[-1].hash if rows else None, case=case, kind="noted", recorded=WHEN, body={"name": f"{n}"})
        rows.append(Stored(case, n, WHEN, entry.kind, entry.raw, entry.hash, seal))
    return rows


def sealed(rows: list[Stored]) -> StoredSeal:
    seal = make_seal(None, [Entry.parse(r.data, r.hash) for r in rows if r.seal == 1], WHEN, "sha256")
    return StoredSeal(seal.number, seal.raw, seal.hash)


@pytest.fixture
def journal() -> tuple[list[Stored], StoredSeal, dict[str, Head]]:
    rows = [*chain("a", 3, 1), *chain("b", 2, 1), *chain("c", 2, None)]
    heads = {r.case: Head(r.n, r.hash) for r in rows}
    return rows, sealed(rows), heads


def found(code: str, where: str, n: int = 0) -> Finding:
    return Finding(code, where, n, WORDS)


Journal = tuple[list[Stored], StoredSeal, dict[str, Head]]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_seal_holds_for_the_others_where_the_broken_chain_shows_what_was_there(journal: Journal, gone: int) -> None:
    rows, seal, heads = journal
    left = [r for r in rows if r is not rows[gone]]
    doubt = doubted([found("missing", "a", gone + 1), found("sealed_entries", "seal 1")], heads, left, [seal])
    assert (list(doubt.cases), doubt.rest) == (["a"], [])


def test_a_seal_that_no_chain_explains_concerns_every_case_under_it(journal: Journal) -> None:
    rows, _, heads = journal
    other = sealed([*rows[:4], rows[0]])
    doubt = doubted([found("edited", "a", 2), found("sealed_entries", "seal 1")], heads, rows, [other])
    assert sorted(doubt.cases) == ["a", "b"]
    assert [f.code for f in doubt.cases["a"]] == ["edited", "sealed_entries"]


def test_the_word_of_a_row_is_not_believed_where_no_seal_fits_with_it(journal: Journal) -> None:
    rows, seal, heads = journal
    lie = {**heads, "a": Head(3, digest(b"other"))}
    doubt = doubted([found("truncated", "a", 3), found("sealed_entries", "seal 1")], lie, [*rows[:2], *rows[3:]], [seal])
    assert sorted(doubt.cases) == ["a", "b"]


@pytest.mark.parametrize("code", ["seal_edited", "rewritten"])
def test_a_seal_or_a_checkpoint_that_does_not_fit_concerns_what_is_under_it(journal: Journal, code: str) -> None:
    rows, seal, heads = journal
    assert sorted(doubted([found(code, "seal 1")], heads, rows, [seal]).cases) == ["a", "b"]


@pytest.mark.parametrize(("code", "where"), [("truncated", "seal 1"), ("seal_missing", "seal 1"), ("heads", "checkpoint"), ("edited", "x")])
def test_what_names_no_case_leaves_none(journal: Journal, code: str, where: str) -> None:
    rows, seal, heads = journal
    doubt = doubted([found(code, where)], heads, rows, [seal])
    assert (doubt.cases, [f.code for f in doubt.rest]) == ({}, [code])
