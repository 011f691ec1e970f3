"""Promise 10: whatever is done to a journal shows, at once or with one checkpoint that was kept elsewhere.

A journal of several cases is played, partly sealed, lawfully erased here and there; then it is attacked with every right on every row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.host import FixedClock
from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.play import Play, at
from tests.tamper import Copy, entry_hash
from workflow import command as c
from workflow.engine import Engine
from workflow.journal.canonical import canonical
from workflow.journal.entry import Private, Stored
from workflow.journal.seal import StoredSeal
from workflow.organisation import Actor
from workflow.procedure.load import thaw


class Counting:
    """Salts that differ from entry to entry and are the same in every run."""

    def __init__(self) -> None:
        self.count = 0

    def token(self, size: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(size, "big")


@cache
def _definition() -> Any:
    play = Play("probe")
    with play.engine.store.read() as view:
        name, found = next((n, d) for n, d in view.blobs("definition") if n == "probe@1-1")
        data = view.blob(found)
    assert data is not None
    return thaw(data, name), play.engine.calendar


def journal(sizes: tuple[int, ...], seals: tuple[int, ...], algorithm: str = "sha256") -> Copy:
    """One case for each size, seals after these steps, the first case closed and partly erased, and two entries that no seal covers."""
    definition, calendar = _definition()
    clock = FixedClock(at("09-24 10:00"))
    engine = Engine(MemoryStore(algorithm), clock, Counting(), calendar, "test")
    engine.add(definition)
    said = c.Said(actor=Actor("desk"))
    boss = c.Said(actor=Actor("boss"))
    for i in range(len(sizes)):
        engine.open_case("probe", c.Open(said=said, what="事", where="地", told_by="人"), case=f"C{i}", key=f"k{i}")
    for step in range(max(sizes)):
        clock.set(clock.now() + timedelta(minutes=7))
        for i, size in enumerate(sizes):
            if step < size:
                engine.do(f"C{i}", c.Note(said=said, text=f"第 {step} 步"), key=f"k{i}.{step}")
        if step == 0:
            engine.do("C0", c.Do(said=boss, event="close"))
            engine.do("C0", c.Erase(said=boss, entries=(1,), ground="期满", decider=Actor("boss")))
        if step in seals:
            engine.seal()
    engine.seal()
    engine.do("C1", c.Note(said=said, text="封印之后"))
    engine.do("C1", c.Note(said=said, text="封印之后"))
    return Copy.of(engine.store)


@cache
def _journal(sizes: tuple[int, ...], seals: tuple[int, ...]) -> Copy:
    return journal(sizes, seals)


journals = st.builds(
    lambda sizes, seals: deepcopy(_journal(tuple(sizes), tuple(sorted(seals)))),
    st.lists(st.integers(1, 4), min_size=2, max_size=3),
    st.sets(st.integers(0, 2), max_size=2),
)


@examples(12)
@given(journals)
def test_an_honest_journal_has_no_finding(copy: Copy) -> None:
    found, findings = copy.audit(copy.checkpoint)
    assert findings == []
    assert (found.unsealed, found.beyond) == (2, 2)
    assert found.erased == (("C0", 1),)


# attacks that show without a checkpoint: each returns where the first finding must be ----------------------------------------------------

Attack = Callable[[Copy, st.DataObject], tuple[str, int]]


def pick(copy: Copy, data: st.DataObject, where: Callable[[Stored], bool] = lambda r: True) -> Stored:
    return data.draw(st.sampled_from([r for r in copy.stored() if where(r)]), "entry")


def last(copy: Copy, row: Stored) -> bool:
    return row.n == copy.of_case(row.case)[-1].n


def edit_a_byte(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data)
    i, bit = data.draw(st.integers(0, len(row.data) - 1), "byte"), data.draw(st.integers(0, 7), "bit")
    copy.put(row, data=row.data[:i] + bytes([row.data[i] ^ 1 << bit]) + row.data[i + 1 :])
    return row.case, row.n


def cut_its_bytes(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data)
    copy.put(row, data=row.data[: data.draw(st.integers(0, len(row.data) - 1), "length")])
    return row.case, row.n


def edit_its_hash(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data)
    copy.put(row, hash=row.hash[:-1] + ("0" if row.hash[-1] != "0" else "1"))
    return row.case, row.n


def edit_and_hash_it(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    """The entry is sound by itself; the next one no longer links to it, or the case row does not know it."""
    row = pick(copy, data)
    body = json.loads(row.data)
    forged = canonical({**body, "body": {**body["body"], "forged": True}})
    copy.put(row, data=forged, hash=entry_hash(forged, "sha256"))
    return row.case, row.n if last(copy, row) else row.n + 1


def delete_in_the_middle(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data, lambda r: not last(copy, r))
    copy.rows.remove(row)
    copy.hidden.pop((row.case, row.n), None)
    return row.case, row.n


def delete_the_tail(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data)
    for gone in [r for r in copy.of_case(row.case) if r.n >= row.n]:
        copy.rows.remove(gone)
        copy.hidden.pop((gone.case, gone.n), None)
    return row.case, row.n


def insert_one_twice(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data)
    copy.rows.append(row)
    return row.case, row.n


def append_one(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data, lambda r: last(copy, r))
    body = json.loads(row.data)
    forged = canonical({**body, "n": row.n + 1, "prev": row.hash, "private": None, "kind": "noted"})
    copy.rows.append(replace(row, n=row.n + 1, kind="noted", data=forged, hash=entry_hash(forged, "sha256"), seal=None))
    return row.case, row.n + 1


def swap_two(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data, lambda r: not last(copy, r))
    other = pick(copy, data, lambda r: r.case == row.case and r.n > row.n)
    copy.put(row, data=other.data, hash=other.hash)
    copy.put(other, data=row.data, hash=row.hash)
    return row.case, row.n


def move_to_another_case(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    """To the end of a later case, so that the gap that it leaves is the first thing that shows."""
    row = pick(copy, data, lambda r: r.case == "C0" and not last(copy, r))
    there = copy.of_case("C1")[-1]
    copy.put(row, case="C1", n=there.n + 1)
    if (row.case, row.n) in copy.hidden:
        copy.hidden["C1", there.n + 1] = copy.hidden.pop((row.case, row.n))
    return row.case, row.n


def edit_a_column(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    row = pick(copy, data)
    copy.put(row, **data.draw(st.sampled_from([{"kind": "voided"}, {"recorded": "2020-01-01T00:00:00.000000Z"}])))
    return row.case, row.n


def alter_what_is_erasable(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    place = data.draw(st.sampled_from(sorted(copy.hidden)))
    part = copy.hidden[place]
    salt = data.draw(st.booleans())
    copy.hidden[place] = Private(part.salt[:-1] + b"x", part.data) if salt else Private(part.salt, part.data.replace(b"{", b"{ ", 1))
    return place


def move_the_border_of_the_salt(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    """The same bytes, cut elsewhere: the length of the salt is hashed too."""
    place = data.draw(st.sampled_from(sorted(copy.hidden)))
    part = copy.hidden[place]
    copy.hidden[place] = Private(part.salt + part.data[:1], part.data[1:])
    return place


def swap_what_is_erasable(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    one, other = sorted(data.draw(st.lists(st.sampled_from(sorted(copy.hidden)), min_size=2, max_size=2, unique=True)))
    copy.hidden[one], copy.hidden[other] = copy.hidden[other], copy.hidden[one]
    return one


def delete_what_is_erasable(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    """No act of the case says that it was erased: that is destroyed evidence."""
    place = data.draw(st.sampled_from(sorted(copy.hidden)))
    del copy.hidden[place]
    return place


def put_back_what_was_erased(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    copy.hidden["C0", 1] = Private(b"salt", b'{"note":"x"}')
    return "C0", 1


def add_what_no_entry_names(copy: Copy, data: st.DataObject) -> tuple[str, int]:
    place = data.draw(st.sampled_from([("C0", 99), ("C1", 99), ("A", 1), ("Z", 1)]))
    copy.hidden[place] = Private(b"s", b"{}")
    return place


SHOWN: list[Attack] = [
    edit_a_byte,
    cut_its_bytes,
    edit_its_hash,
    edit_and_hash_it,
    delete_in_the_middle,
    delete_the_tail,
    insert_one_twice,
    append_one,
    swap_two,
    move_to_another_case,
    edit_a_column,
    alter_what_is_erasable,
    move_the_border_of_the_salt,
    swap_what_is_erasable,
    delete_what_is_erasable,
    put_back_what_was_erased,
    add_what_no_entry_names,
]


@pytest.mark.parametrize("attack", SHOWN, ids=lambda a: a.__name__)
@examples(12)
@given(copy=journals, data=st.data())
def test_the_first_bad_entry_is_named(attack: Attack, copy: Copy, data: st.DataObject) -> None:
    place = attack(copy, data)
    _, findings = copy.audit()
    named = [f for f in findings if not f.case.startswith("seal ")]
    assert (named[0].case, named[0].n) == place


@examples(12)
@given(copy=journals, data=st.data())
def test_a_chain_that_was_linked_anew_is_not_the_one_that_its_row_and_its_seal_know(copy: Copy, data: st.DataObject) -> None:
    row = pick(copy, data)
    copy.forge(row, "别人", case_row=False)
    _, findings = copy.audit()
    head = copy.of_case(row.case)[-1].n
    assert ("case_row", row.case, head) in [(f.code, f.case, f.n) for f in findings]
    assert any(f.code == "sealed_entries" for f in findings) == (any(r.seal for r in copy.of_case(row.case) if r.n >= row.n))


# seals


def delete_a_seal(copy: Copy, data: st.DataObject) -> str:
    seal = data.draw(st.sampled_from(copy.sealed_by))
    copy.sealed_by.remove(seal)
    return f"seal {seal.number}"


def edit_a_seal(copy: Copy, data: st.DataObject) -> str:
    seal = data.draw(st.sampled_from(copy.sealed_by))
    i = data.draw(st.integers(0, len(seal.data) - 1))
    copy.sealed_by[copy.sealed_by.index(seal)] = seal._replace(data=seal.data[:i] + bytes([seal.data[i] ^ 1]) + seal.data[i + 1 :])
    return f"seal {seal.number}"


def edit_a_seal_and_hash_it(copy: Copy, data: st.DataObject) -> str:
    seal = data.draw(st.sampled_from(copy.sealed_by))
    forged = canonical({**json.loads(seal.data), "root": "sha256:" + "0" * 64})
    copy.sealed_by[copy.sealed_by.index(seal)] = StoredSeal(seal.number, forged, entry_hash(forged, "sha256"))
    return f"seal {seal.number}"


def unseal_an_entry(copy: Copy, data: st.DataObject) -> str:
    row = pick(copy, data, lambda r: r.seal is not None)
    copy.put(row, seal=None)
    return f"seal {row.seal}"


def seal_an_entry_that_came_later(copy: Copy, data: st.DataObject) -> str:
    row = pick(copy, data, lambda r: r.seal is None)
    seal = data.draw(st.sampled_from(copy.sealed_by)).number
    copy.put(row, seal=seal)
    return f"seal {seal}"


def name_a_seal_that_never_was(copy: Copy, data: st.DataObject) -> str:
    row = pick(copy, data, lambda r: r.seal is None)
    copy.put(row, seal=99)
    return "seal 99"


@pytest.mark.parametrize(
    "attack",
    [
        delete_a_seal,
        edit_a_seal,
        edit_a_seal_and_hash_it,
        unseal_an_entry,
        seal_an_entry_that_came_later,
        name_a_seal_that_never_was,
    ],
    ids=lambda a: a.__name__,
)
@examples(12)
@given(copy=journals, data=st.data())
def test_the_first_bad_seal_is_named(attack: Callable[[Copy, st.DataObject], str], copy: Copy, data: st.DataObject) -> None:
    place = attack(copy, data)
    _, findings = copy.audit()
    assert findings and findings[0].case == place


# what shows only with a checkpoint


@examples(12)
@given(copy=journals, data=st.data())
def test_a_history_that_was_rewritten_whole_shows_with_a_checkpoint_only(copy: Copy, data: st.DataObject) -> None:
    kept = copy.checkpoint
    row = pick(copy, data)
    copy.forge(row, "别人", case_row=True)
    copy.reseal()
    assert copy.audit()[1] == []  # nobody can see it from the store alone
    sealed = any(r.seal for r in copy.of_case(row.case) if r.n >= row.n)
    found, findings = copy.audit(kept)
    assert [f.code for f in findings] == (["rewritten"] if sealed else [])
    assert sealed or found.beyond == 2  # what the checkpoint says nothing about is counted apart


@examples(12)
@given(copy=journals, data=st.data())
def test_seals_that_were_taken_away_with_their_marks_show_with_a_checkpoint_only(copy: Copy, data: st.DataObject) -> None:
    kept = copy.checkpoint
    first = data.draw(st.sampled_from(copy.sealed_by)).number
    copy.sealed_by = [s for s in copy.sealed_by if s.number < first]
    for row in list(copy.rows):
        if row.seal is not None and row.seal >= first:
            copy.put(row, seal=None)
    found, findings = copy.audit()
    assert findings == [] and found.unsealed > 2  # it reads as never protected
    assert [f.code for f in copy.audit(kept)[1]] == ["truncated"]


@examples(12)
@given(copy=journals, data=st.data())
def test_a_case_that_was_made_to_vanish_shows_with_a_checkpoint_only(copy: Copy, data: st.DataObject) -> None:
    kept = copy.checkpoint
    case = data.draw(st.sampled_from(sorted(copy.case_rows)))
    copy.rows = [r for r in copy.rows if r.case != case]
    copy.hidden = {place: part for place, part in copy.hidden.items() if place[0] != case}
    copy.due_rows = [r for r in copy.due_rows if r.case != case]
    copy.kept = {key: a for key, a in copy.kept.items() if a.case != case}
    del copy.case_rows[case]
    assert any(f.code == "sealed_entries" for f in copy.audit()[1])
    copy.reseal()
    assert copy.audit()[1] == []
    assert [f.code for f in copy.audit(kept)[1]] == ["rewritten"]


# derived rows


def raise_the_version(copy: Copy, case: str) -> str:
    copy.case_rows[case] = replace(copy.case_rows[case], n=99)
    return "truncated"


def change_the_state(copy: Copy, case: str) -> str:
    copy.case_rows[case] = replace(copy.case_rows[case], state=("idle",))
    return "case_row"


def hide_the_case(copy: Copy, case: str) -> str:
    copy.case_rows[case] = replace(copy.case_rows[case], listed=False)
    return "case_row"


def drop_the_row(copy: Copy, case: str) -> str:
    del copy.case_rows[case]
    return "case_row"


def move_a_due_date(copy: Copy, case: str) -> str:
    i = next(i for i, r in enumerate(copy.due_rows) if r.case == case and r.due is not None)
    old = copy.due_rows[i]
    assert old.due is not None
    copy.due_rows[i] = replace(old, due=old.due + timedelta(days=1))
    return "due_row"


def drop_a_due_row(copy: Copy, case: str) -> str:
    copy.due_rows.remove(next(r for r in copy.due_rows if r.case == case and r.due is not None))
    return "due_row"


def point_an_answer_elsewhere(copy: Copy, case: str) -> str:
    key = next(k for k, a in copy.kept.items() if a.case == case)
    copy.kept[key] = replace(copy.kept[key], n=50, first=50)
    return "answer"


@pytest.mark.parametrize(
    "attack",
    [
        raise_the_version,
        change_the_state,
        hide_the_case,
        drop_the_row,
        move_a_due_date,
        drop_a_due_row,
        point_an_answer_elsewhere,
    ],
    ids=lambda a: a.__name__,
)
def test_a_derived_row_that_disagrees_with_the_journal_is_found(attack: Callable[[Copy, str], str]) -> None:
    copy = deepcopy(_journal((2, 2), (0,)))
    code = attack(copy, "C1")
    assert [(f.code, f.case) for f in copy.audit()[1]] == [(code, "C1")]


@pytest.mark.parametrize("kind", ["definition", "calendar"])
@pytest.mark.parametrize("how", ["edited", "gone"])
def test_a_document_that_entries_rest_on_is_checked(kind: str, how: str) -> None:
    copy = deepcopy(_journal((2, 2), (0,)))
    found = next(d for d, (of, _, _) in copy.documents.items() if of == kind)
    if how == "gone":
        del copy.documents[found]
    else:
        of, name, data = copy.documents[found]
        copy.documents[found] = (of, name, data.replace(b"2", b"3", 1))
    codes = [(f.code, f.case, f.n) for f in copy.audit()[0].findings]
    assert (("document", f"{kind} {name}", 0) in codes) if how == "edited" else True
    assert [x for x in codes if x[0] == "document_missing"] == [("document_missing", "C0", 1), ("document_missing", "C1", 1)]
