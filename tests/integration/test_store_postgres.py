"""What the store does on PostgreSQL beyond the contract: addresses, clashes of writers, the host's transaction, the schema."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from adapters.store import migrations
from adapters.store.address import shown
from adapters.store.contract import T0, due, entry, keys, row
from adapters.store.sql import SqlStore
from adapters.store.tables import VERSION_TABLE, metadata
from workflow.errors import BadInput, ConfigError, ForeignStore, NoStore, StaleVersion, StoreBusy, StoreUnavailable
from workflow.journal.entry import Private

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    store = SqlStore.open(postgres_url)
    yield store
    store.close()


def plain(url: str) -> Engine:
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


# addresses ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://clerk:S3cret@db.example:5432/duban",
        "postgresql://clerk:S3cret@db.example/duban?password=S3cret&sslpassword=S3cret",
        "postgresql://clerk:S3c@ret:/?S3cret@db.example/duban",
        "postgresql:///duban?password=S3cret",
    ],
)
def test_a_password_is_never_shown(address: str) -> None:
    assert "S3c" not in shown(address) and "ret" not in shown(address)
    assert shown("postgresql://clerk@db.example/duban?timeout=3") == "postgresql://clerk@db.example/duban?timeout=3"
    assert shown("/srv/a:b@c?password=x.db") == "/srv/a:b@c?password=x.db", "a path says what it says"


@pytest.mark.parametrize(
    "form", ["postgresql://postgres:S3cret@127.0.0.1:1/duban?timeout=1", "postgresql://postgres:S3cret@127.0.0.1:x/duban?colour=red"]
)
def test_no_message_repeats_a_password(form: str) -> None:
    with pytest.raises((StoreUnavailable, ConfigError)) as caught:
        SqlStore.open(form)
    assert "S3cret" not in caught.value.say("zh") + caught.value.say("en")
    assert caught.value.message.zh != caught.value.message.en and caught.value.hint is not None


def test_the_place_of_an_error_is_the_address_without_its_password(postgres_url: str) -> None:
    store = SqlStore.open(postgres_url.replace("postgres@", "postgres:S3cret@"))
    store.close()
    with pytest.raises(StoreUnavailable) as caught, store.read():
        pass
    assert caught.value.where == postgres_url


def test_a_database_that_is_not_there(postgres_url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        SqlStore.open(postgres_url.replace("?", "_none?"))
    assert "no such database" in caught.value.message.en


def test_an_empty_database_is_no_store_until_one_is_made(postgres_url: str) -> None:
    with pytest.raises(NoStore):
        SqlStore.open(postgres_url, create=False)
    SqlStore.open(postgres_url, algorithm="sm3").close()
    with closing(SqlStore.open(postgres_url, create=False)) as store, store.read() as view:
        assert view.meta() == {"algorithm": "sm3", "format": "1"}


def test_the_database_of_another_program_is_left_alone(postgres_url: str) -> None:
    engine = plain(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoice (id INTEGER)"))
    with pytest.raises(ForeignStore):
        SqlStore.open(postgres_url)
    assert inspect(engine).get_table_names() == ["invoice"]
    engine.dispose()


def test_many_make_one_store(postgres_url: str) -> None:
    """All find an empty database, all want to make the tables in it; the advisory lock has one do it."""
    start = threading.Barrier(4)

    def make(_: int) -> None:
        start.wait(timeout=10)
        SqlStore.open(postgres_url).close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    with closing(SqlStore.open(postgres_url, create=False)) as store, store.read() as view:
        assert view.meta()["format"] == "1"


# writers that clash -------------------------------------------------------------------------------------------------------------------


def test_a_writer_that_waits_too_long_is_told_that_the_store_is_busy(postgres_url: str) -> None:
    with closing(SqlStore.open(postgres_url + "&timeout=0.1")) as store:
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
            assert len(unit.entries("a")) == 1
            with pytest.raises(StoreBusy), store.write() as other:
                other.append([(entry("a", 1), None)])
        with store.read() as view:
            assert keys(view.journal()) == [("a", 1)]


def test_two_that_wait_for_each_other_are_parted(store: SqlStore) -> None:
    start = threading.Barrier(2)

    def work(cases: str) -> str:
        try:
            with store.write() as unit:
                for case in cases:
                    unit.append([(entry(case, 1), None)])
                    unit.entries(case)
                    if case == cases[0]:
                        start.wait(timeout=10)
        except (StoreBusy, StaleVersion):
            return "parted"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, ("ab", "ba"))) == ["done", "parted"]


def test_a_derived_row_is_not_written_over_what_came_later(store: SqlStore) -> None:
    """A unit that appends nothing has no number to be refused; the snapshot protects the row that it read."""
    with store.write() as unit:
        unit.put_case(row("a", 1))
    with pytest.raises(StoreBusy), store.write() as slow:
        known = slow.case("a")
        assert known is not None
        with store.write() as quick:
            quick.append([(entry("a", 2), None)])
            quick.put_case(row("a", 2))
        slow.put_case(known)
    with store.read() as view:
        assert view.case("a") == row("a", 2)


def test_an_error_that_was_swallowed_in_a_read_is_not_answered_with_success(store: SqlStore) -> None:
    with pytest.raises(StoreUnavailable) as caught, store.write() as unit:
        unit.append([(entry("a", 1), None)])
        with pytest.raises(Exception, match="division"):
            unit._one("SELECT 1 / 0")
        unit._entries.clear()
    assert "nothing was written" in caught.value.message.en
    with store.read() as view:
        assert keys(view.journal()) == []


def test_sweeps_at_once_claim_different_cases(store: SqlStore) -> None:
    """Four daemons: each case is swept by one, nobody is told to try again, and what is locked is passed over."""
    with store.write() as unit:
        for i in range(60):
            unit.put_case(row(f"c{i:02}", 1, next_at=T0))

    def sweep(who: int) -> list[str]:
        mine: list[str] = []
        while True:
            with store.write() as unit:
                claimed = unit.claim(T0, 5)
                for case in claimed:
                    unit.append([(entry(case.id, 2, str(who)), None)])
                    unit.put_case(row(case.id, 2))
            mine.extend(case.id for case in claimed)
            if not claimed:
                return mine

    with ThreadPoolExecutor(4) as pool:
        found = [case for mine in pool.map(sweep, range(4)) for case in mine]
    with store.read() as view:
        swept = [case for case, _ in keys(view.journal())]
        assert sorted(found) == swept == sorted(set(swept))
        assert len(swept) == 60 or list(view.waking(T0, 1)), "what was locked when all stopped is still to be swept"


def test_a_command_on_a_case_that_is_being_swept_waits_and_reads_again(store: SqlStore) -> None:
    """It does not wait for the sweep while the sweep waits for it: no deadlock, which would cost a second and perhaps the sweep."""
    with store.write() as unit:
        unit.append([(entry("a", 1), None)])
        unit.put_case(row("a", 1, next_at=T0))
    read, swept = threading.Event(), threading.Event()

    def command() -> float:
        with pytest.raises(StaleVersion), store.write() as unit:
            n = len(unit.entries("a")) + 1
            read.set()
            assert swept.wait(timeout=10)
            unit.append([(entry("a", n, "by a clerk"), None)])
            unit.put_case(row("a", n))
            unit.entries("a")
        return time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        with store.write() as sweep:
            assert [r.id for r in sweep.claim(T0, 10)] == ["a"]
            done = pool.submit(command)
            assert read.wait(timeout=10)
            swept.set()
            time.sleep(0.2)  # the clerk is at the locked row by now
            sweep.append([(entry("a", 2, "by the clock"), None)])
            sweep.put_case(row("a", 2))
            sweep.entries("a")
            ended = time.monotonic()
        assert done.result(timeout=10) - ended < 0.9
    with store.read() as view:
        assert list(view.entries("a")) == [entry("a", 1), entry("a", 2, "by the clock")]


def test_units_that_move_one_mark_at_once_do_not_undo_each_other(store: SqlStore) -> None:
    """Every sweep moves the same mark: the work of two daemons must not fail for its sake."""
    with store.write() as unit:
        unit.put_mark("swept", "0")
    with store.write() as slow:
        slow.append([(entry("slow", 1), None)])
        assert slow.mark("swept") == "0"
        with store.write() as quick:
            quick.append([(entry("quick", 1), None)])
            quick.put_mark("swept", "2")
        slow.put_mark("swept", "1")
        assert slow.mark("swept") == "1"
    with store.read() as view:
        assert keys(view.journal()) == [("quick", 1), ("slow", 1)]
        assert view.mark("swept") == "2", "the other one had moved it"


def test_a_text_that_postgresql_cannot_keep_is_refused(store: SqlStore) -> None:
    with pytest.raises(BadInput), store.write() as unit:
        unit.put_mark("a\x00b", "1")


def test_a_long_result_is_not_read_whole(store: SqlStore) -> None:
    with store.write() as unit:
        unit.append([(entry(f"{i:04}", 1), None) for i in range(1300)])
    with store.read() as view:
        one, two = view.journal(), view.journal()
        assert next(one).case == next(two).case == "0000"
        assert len(list(one)) == 1299
        assert view._cursor.connection.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE 'duban%'").fetchone() == (1,)


# erasing ------------------------------------------------------------------------------------------------------------------------------


def test_erasing_has_the_dead_rows_removed(store: SqlStore) -> None:
    with store.write() as unit:
        unit.append([(entry("a", 1), Private(b"salt", b"data"))])
    with store.write() as unit:
        assert unit.erase("a", 1)
    asked = text("SELECT pg_stat_get_vacuum_count('duban_private'::regclass)")
    end = time.monotonic() + 10
    while True:
        with store.engine.connect() as connection:
            if connection.scalar(asked) == 1:
                return
        assert time.monotonic() < end
        time.sleep(0.05)


# the host's transaction ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def host(postgres_url: str) -> Iterator[Engine]:
    engine = plain(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoice (id INTEGER PRIMARY KEY)"))
        SqlStore.joined(connection)
    yield engine
    engine.dispose()


def test_a_joined_store_commits_with_its_host(host: Engine) -> None:
    with host.begin() as connection:
        connection.execute(text("INSERT INTO invoice VALUES (1)"))
        with SqlStore.joined(connection).write() as unit:
            unit.append([(entry("a", 1), Private(b"s", b"d"))])
            unit.put_case(row("a"))
    with host.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM invoice")) == 1
        with SqlStore.joined(connection).read() as view:
            assert keys(view.journal()) == [("a", 1)]
            assert view.private("a", 1) == Private(b"s", b"d")


def test_a_joined_store_is_rolled_back_with_its_host_and_fails_alone(host: Engine) -> None:
    with host.begin() as connection, SqlStore.joined(connection).write() as unit:
        unit.append([(entry("a", 1), None)])
    with host.connect() as connection:
        connection.execute(text("INSERT INTO invoice VALUES (1)"))
        store = SqlStore.joined(connection)
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.append([(entry("b", 1), None), (entry("a", 1), None)])
        assert connection.scalar(text("SELECT count(*) FROM invoice")) == 1, "the host goes on after our error"
        with store.write() as unit:
            unit.append([(entry("c", 1), None)])
        connection.rollback()
    with host.connect() as connection, SqlStore.joined(connection).read() as view:
        assert keys(view.journal()) == [("a", 1)]
        assert connection.scalar(text("SELECT count(*) FROM invoice")) == 0


def test_a_joined_unit_rings_when_its_host_commits(host: Engine, postgres_url: str) -> None:
    with closing(SqlStore.open(postgres_url, create=False)) as store, store.watch() as bell:
        with host.begin() as connection:
            with SqlStore.joined(connection).write() as unit:
                unit.append([(entry("a", 1), None)])
            assert bell.wait(0) is False
        assert bell.wait(10) is True


def test_a_host_with_another_driver_is_told_so() -> None:
    class Other:
        class dialect:
            name, driver = "postgresql", "pg8000"

    with pytest.raises(ConfigError):
        SqlStore.joined(Other())  # type: ignore[arg-type]


# the schema ---------------------------------------------------------------------------------------------------------------------------


def _schema(engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with engine.connect() as connection:
        for name in metadata.tables:
            columns = text(
                "SELECT column_name, data_type, collation_name, is_nullable, column_default FROM information_schema.columns"
                " WHERE table_name = :name ORDER BY ordinal_position"
            )
            indexes = text("SELECT indexdef FROM pg_indexes WHERE tablename = :name ORDER BY indexname")
            constraints = text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = CAST(:name AS regclass)")
            asked = (columns, indexes, constraints)
            found[name] = [sorted(map(str, connection.execute(q, {"name": name}).fetchall())) for q in asked]
    return found


def test_the_tables_and_the_migrations_make_the_same_schema(store: SqlStore, postgres_server: Any) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    migrated = plain(postgres_server.fresh())
    with migrated.begin() as connection:
        assert migrations.upgrade(connection)
    assert _schema(store.engine) == _schema(migrated)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    migrated.dispose()


@pytest.mark.parametrize(
    ("name", "values", "index"),
    [
        ("waking", ("2026", 10, 0), "ix_duban_case_wake"),
        ("claim_cases", ("2026", "2026", 10, 0), "ix_duban_case_wake"),
        ("dues_until", ("2026",), "ix_duban_due_due"),
        ("unsealed", (), "ix_duban_entry_seal"),
        ("entries", ("a", 0), "duban_entry_pkey"),
        ("answer", ("k",), "duban_answer_pkey"),
        ("takeable", ("mail", "2026", 10, 0), "ix_duban_outbox_take"),
    ],
)
def test_hot_reads_can_use_an_index(store: SqlStore, name: str, values: tuple[object, ...], index: str) -> None:
    backend = store.backend
    statement = getattr(backend.statements if hasattr(backend.statements, name) else backend.watching, name)
    with store.engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("SET enable_seqscan = off")  # on empty tables anything else would be more work
        cursor.execute("SET enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {statement}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET ALL")
    assert index in plan
    if name in ("waking", "claim_cases", "takeable"):
        assert "Sort" not in plan, plan


def test_dues_are_found_by_their_case_in_the_order_of_code_points(store: SqlStore) -> None:
    with store.write() as unit:
        for case in ("b", "B", "案", "é", "a"):
            unit.put_dues(case, [due(case, "r", T0)])
    with store.read() as view:
        assert [d.case for d in view.dues()] == sorted(["b", "B", "案", "é", "a"])


# plans --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["entries", "entries_of", "head", "case", "dues_of", "private", "answer", "claim_cases", "takeable", "lease_message"]
)
def test_what_every_case_needs_is_planned_by_an_index_though_its_tables_are_empty(store: SqlStore, name: str) -> None:
    """The server may keep a plan from when there was nothing yet: it must not read the whole of a table that has grown since."""
    backend = store.backend
    statement = getattr(backend.statements, name, None) or getattr(backend.watching, name)
    numbers = (f"${n}" for n in range(1, 50))
    prepared = "".join(part + (next(numbers) if n < statement.count("%s") else "") for n, part in enumerate(statement.split("%s")))
    nothing = ", ".join(["NULL"] * statement.count("%s"))
    with store.transaction(write=True) as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan", prepare=False)
        cursor.execute(f"PREPARE plan AS {prepared}", prepare=False)
        cursor.execute(f"EXPLAIN EXECUTE plan({nothing})", prepare=False)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE plan", prepare=False)
    assert "Index" in plan and "Seq Scan" not in plan, plan
