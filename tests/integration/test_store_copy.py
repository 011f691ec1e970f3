"""A whole store copied between SQLite and PostgreSQL: every row of every table, in both directions, compared afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.store.contract import T0, due, entry, row, seal
from adapters.store.copying import copy, copy_exactly
from adapters.store.sql import SqlStore
from adapters.store.tables import metadata
from adapters.store.taking import take
from adapters.store.watch import MARK, OUTBOX
from adapters.store.watch_contract import claim, message
from workflow.errors import AlreadyThere, IntegrityError
from workflow.journal.entry import Private
from workflow.outbox import COPIED, Parked
from workflow.ports import Answer

MINUTE = timedelta(minutes=1)


def fill(store: SqlStore) -> None:
    """Something in every table, with gaps in the numbers."""
    cases = [f"案件-{i:03}" for i in range(9)] + ["a", "B", "é"]
    with store.write() as unit:
        for case in cases:
            unit.append([(entry(case, n, "♥\n'\"" * n), Private(b"\x00s", f"张三 {n}".encode()) if n % 2 else None) for n in range(1, 90)])
            unit.put_case(row(case, 89, next_at=T0))
            unit.put_dues(case, [due(case, "r", T0), due(case, "s", None, is_open=False)])
            unit.remember(f"键 {case}", Answer("q", case, 2, 1))
        for number in (1, 2):
            unit.put_seal(seal(number), [(case, number) for case in cases])
        for name in ("z", "a", "m"):
            unit.put_blob("definition", name, f"sha256:{name}", b"\x00" + name.encode())
        unit.put_claims([claim(case=case) for case in cases])
        unit.put_messages([message("p1"), message("p2")])
        unit.park(Parked("a", 1, T0, T0 + MINUTE, "internal", "it broke"))
        unit.put_mark("swept", "1")
        unit.take_lease("daemon", "one", T0, T0 + MINUTE)
    with store.write() as unit:
        unit.erase("a", 1)


def content(store: SqlStore) -> dict[str, list[Any]]:
    with store.engine.connect() as connection:
        return {
            name: [tuple(r) for r in connection.execute(select(*table.c).order_by(*table.primary_key.columns))]
            for name, table in metadata.tables.items()
        }


def as_copied(of: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The same as a copy has it: it knows that it is one, and what waits in its outbox may have been sent."""
    columns = [c.name for c in OUTBOX.columns]
    waits, doubtful = columns.index("next_at"), columns.index("doubtful")
    messages = [(*m[:doubtful], m[doubtful] or m[waits] is not None, *m[doubtful + 1 :]) for m in of[OUTBOX.name]]
    return {**of, OUTBOX.name: messages, MARK.name: sorted({*of[MARK.name], (COPIED, "yes")})}


@pytest.fixture
def full(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore.open(str(tmp_path / "full.db"), algorithm="sm3")
    fill(store)
    assert all(content(store).values()), "something in every table"
    yield store
    store.close()


@pytest.fixture
def empty(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The address of a new, empty store of a kind."""

    def make(kind: str) -> str:
        return str(tmp_path / "other.db") if kind == "sqlite" else request.getfixturevalue("postgres_server").fresh()

    return make


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_is_copied_and_new_ones_go_on_after_them(full: SqlStore, empty: Callable[[str], str], kind: str) -> None:
    with closing(SqlStore.open(empty(kind))) as target:
        found = copy(full, target)
        assert content(target) == as_copied(content(full)) != content(full)
        assert dict(found.rows) == {name: len(rows) for name, rows in content(full).items()}
        assert found.entries == 12 * 89
        with target.write() as unit:
            unit.put_blob("definition", "new", "sha256:new", b"n")
            unit.put_messages([message("p9")])
            unit.append([(entry("a", 90), None)])
        with target.read() as view:
            assert view.blobs("definition")[-1] == ("new", "sha256:new")
            assert [m.recipient for m in view.messages()] == ["p1", "p2", "p9"]


def test_there_and_back_again_is_the_same_file(full: SqlStore, empty: Callable[[str], str], tmp_path: Path) -> None:
    with closing(SqlStore.open(empty("postgresql"))) as there, closing(SqlStore.open(str(tmp_path / "back.db"))) as back:
        first, second = copy(full, there), copy(there, back)
        assert first.digest == second.digest
        assert {**first.rows, MARK.name: first.rows[MARK.name] + 1} == second.rows
        assert content(back) == as_copied(content(full))
        with back.read() as view:
            assert view.meta() == {"algorithm": "sha256", "format": "1"}, "as it was opened; the copied one is seen after reopening"
    with closing(SqlStore.open(str(tmp_path / "back.db"))) as again, again.read() as view, full.read() as origin:
        assert view.meta() == origin.meta()
        assert list(view.stored()) == list(origin.stored())


def test_what_is_taken_of_a_server_as_evidence_has_every_row_and_nothing_more(
    full: SqlStore, empty: Callable[[str], str], tmp_path: Path
) -> None:
    address = empty("postgresql")
    with closing(SqlStore.open(address)) as there:
        copy_exactly(full, there)
    found = take(address, tmp_path / "taken.db")
    with closing(SqlStore.open(str(tmp_path / "taken.db"), create=False)) as taken:
        assert content(taken) == content(full)
    assert found.tables == {name: len(rows) for name, rows in content(full).items()}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(("taken", ".taken"))] == ["taken.db"]


def test_what_is_written_meanwhile_is_not_half_copied(full: SqlStore, empty: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A clerk goes on working while the store is copied: the copy is of one moment."""
    with closing(SqlStore.open(empty("sqlite"))) as target:
        before = content(full)
        rows = type(full.backend).rows

        def slow(self: Any, cursor: Any, number: int, *rest: Any) -> Any:
            if number == 3:
                with full.write() as unit:
                    unit.append([(entry("new", 1), None)])
                    unit.put_case(row("new"))
            return rows(self, cursor, number, *rest)

        monkeypatch.setattr(type(full.backend), "rows", slow)
        copy(full, target)
        monkeypatch.undo()
        assert content(target) == as_copied(before)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_target_with_anything_in_it_is_refused(full: SqlStore, empty: Callable[[str], str], kind: str) -> None:
    with closing(SqlStore.open(empty(kind))) as target:
        with target.write() as unit:
            unit.put_mark("mine", "1")
        before = content(target)
        with pytest.raises(AlreadyThere):
            copy(full, target)
        assert content(target) == before


def test_a_row_that_cannot_be_kept_leaves_the_target_empty(full: SqlStore, empty: Callable[[str], str]) -> None:
    with full.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE duban_entry SET n = 'x' WHERE n = 4 AND \"case\" = 'é'")
    with closing(SqlStore.open(empty("postgresql"))) as target:
        with pytest.raises(IntegrityError) as caught:
            copy(full, target)
        assert "duban_entry" in caught.value.message.en
        assert not any(rows for name, rows in content(target).items() if name != "duban_meta")


def test_what_was_tampered_with_is_copied_as_it_lies_there(full: SqlStore, empty: Callable[[str], str]) -> None:
    with full.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE duban_entry SET data = CAST(data || x'20' AS BLOB) WHERE n = 5 AND \"case\" = 'a'")
    with closing(SqlStore.open(empty("postgresql"))) as target:
        copy(full, target)
        assert content(target) == as_copied(content(full))


def test_a_copy_that_came_out_otherwise_is_told(full: SqlStore, empty: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.store import copying

    compare = copying.compare

    def spoiled(source: Any, old: Any, target: SqlStore) -> Any:
        with target.engine.connect() as connection:
            connection.exec_driver_sql("DELETE FROM duban_private WHERE n = 7 AND \"case\" = 'a'")
        return compare(source, old, target)

    monkeypatch.setattr(copying, "compare", spoiled)
    with closing(SqlStore.open(empty("sqlite"))) as target, pytest.raises(IntegrityError) as caught:
        copy(full, target)
    assert "duban_private a 7" in caught.value.message.en
