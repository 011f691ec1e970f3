"""Sealing while others write and seal (S10.3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from tests import independent
from tests.play import PROBE, at
from workflow import command as c
from workflow import engine as module
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.journal.seal import make_seal
from workflow.organisation import Actor
from workflow.ports import Store
from workflow.procedure.load import load

SAID = c.Said(actor=Actor("desk"))


def engine_on(store: Store) -> Engine:
    engine = Engine(store, FixedClock(at("09-24 10:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    return engine


@pytest.fixture(params=["memory", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    store = MemoryStore(timeout=0.2) if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 's.db'}?timeout=0.2")
    with engine_on(store) as engine:
        yield engine


def open_case(engine: Engine, case: str) -> None:
    engine.open_case("probe", c.Open(said=SAID, what="事", where="地", told_by="人"), case=case)


def note(engine: Engine, case: str) -> None:
    engine.do(case, c.Note(said=SAID, text="x"))


def covered(engine: Engine) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    with engine.store.read() as view:
        for row in view.stored():
            found.setdefault(row.seal or 0, []).append((row.case, row.n))
    return found


def sound(engine: Engine) -> bool:
    with engine.store.read() as view:
        return audit_store(view).findings == ()


def test_a_seal_orders_by_case_id_and_number_whatever_came_first(engine: Engine) -> None:
    """S10.3: by code point, so that a comes before 乙 (U+4E59) and 乙 before 甲 (U+7532)."""
    for case in ("甲", "a", "乙"):
        open_case(engine, case)
    note(engine, "乙")
    note(engine, "a")
    seal = engine.seal()
    with engine.store.read() as view:
        hashes = {(row.case, row.n): row.hash.encode() for row in view.stored()}
    order = [("a", 1), ("a", 2), ("乙", 1), ("乙", 2), ("甲", 1)]
    assert seal is not None and seal.count == 5
    assert seal.root == f"sha256:{independent.tree('sha256', [hashes[place] for place in order]).hex()}"


def test_later_commits_go_to_the_next_seal(engine: Engine) -> None:
    """S10.3"""
    open_case(engine, "A")
    first = engine.seal()
    note(engine, "A")
    open_case(engine, "B")
    second = engine.seal()
    assert first is not None and second is not None
    assert covered(engine) == {1: [("A", 1)], 2: [("A", 2), ("B", 1)]}
    assert (second.number, second.previous) == (2, first.hash)
    assert engine.seal() is None
    assert sound(engine)


def test_writers_do_not_wait_while_a_seal_is_computed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they commit meanwhile is not in it. They would get ``StoreBusy`` if the sealer held the store."""
    open_case(engine, "A")

    def slow(*given: Any) -> Any:
        writer = threading.Thread(target=lambda: (note(engine, "A"), open_case(engine, "B")))
        writer.start()
        writer.join()
        return make_seal(*given)

    monkeypatch.setattr(module, "make_seal", slow)
    assert engine.seal() is not None
    monkeypatch.undo()
    assert covered(engine) == {1: [("A", 1)], 0: [("A", 2), ("B", 1)]}
    assert engine.seal() is not None and sound(engine)


@pytest.mark.parametrize("more", [False, True])
def test_a_sealer_that_comes_second_seals_what_the_first_one_left(engine: Engine, monkeypatch: pytest.MonkeyPatch, more: bool) -> None:
    open_case(engine, "A")
    raced: list[int] = []

    def race(*given: Any) -> Any:
        if not raced:
            raced.append(1)
            assert engine.seal() is not None  # somebody else, between our reading and our writing
            if more:
                note(engine, "A")
        return make_seal(*given)

    monkeypatch.setattr(module, "make_seal", race)
    late = engine.seal()
    assert (late.number if late is not None else None) == (2 if more else None)
    assert covered(engine) == ({1: [("A", 1)], 2: [("A", 2)]} if more else {1: [("A", 1)]})
    assert sound(engine)


def test_threads_that_write_and_seal_leave_every_entry_under_one_seal(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    with engine_on(SqlStore.open(f"{tmp_path}/r.db")) as engine:

        def write(case: str) -> None:
            try:
                open_case(engine, case)
                for _ in range(6):
                    note(engine, case)
            except BaseException as error:
                failures.append(error)

        def seal() -> None:
            try:
                for _ in range(6):
                    engine.seal()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=write, args=(f"C{i}",)) for i in range(3)] + [threading.Thread(target=seal) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.seal()
        assert failures == []
        found = covered(engine)
        assert 0 not in found and sum(map(len, found.values())) == 21
        assert sorted(found) == list(range(1, len(found) + 1))
        assert sound(engine)


def test_a_seal_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with engine_on(SqlStore.open(str(path))) as engine:
        open_case(engine, "A")
        with engine.store.read() as view:
            entries = list(view.unsealed())
        seal = make_seal(None, entries, "2026-09-24T02:20:00.000000Z", "sha256")
        with pytest.raises(ZeroDivisionError), engine.store.write() as unit:
            unit.put_seal(seal, [(e.case, e.n) for e in entries])
            raise ZeroDivisionError
    with closing(SqlStore.open(str(path))) as store, store.read() as view:
        assert list(view.seals()) == [] and [e.n for e in view.unsealed()] == [1]
