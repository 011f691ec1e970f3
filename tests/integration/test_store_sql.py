"""What the SQL store does beyond the contract: addresses, the host's transaction, migrations, erasing for good."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.dialects.postgresql import psycopg

import workflow.engine
from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store import migrations
from adapters.store.contract import T0, due, entry, keys, row
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from adapters.store.statements import compiled
from adapters.store.tables import VERSION_TABLE, metadata
from adapters.store.watch import watch_statements
from tests.play import PROBE, Play, at
from workflow.audit import audit_store
from workflow.errors import ConfigError, ForeignStore, IntegrityError, StaleVersion, StoreBusy, StoreUnavailable
from workflow.journal.entry import Private
from workflow.outbox import Claim
from workflow.ports import Answer, Store
from workflow.procedure.load import load

# addresses ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["sqlite:///{}", "{}"])
def test_a_url_and_a_plain_path_open_the_same_store(tmp_path: Path, form: str) -> None:
    path = tmp_path / "督办 100%?.db" if form == "{}" else tmp_path / "督办 100%.db"
    with closing(SqlStore.open(form.format(path))) as store, store.write() as unit:
        unit.append([(entry("a", 1), None)])
    assert path.exists()
    with closing(SqlStore.open(str(path), create=False)) as store, store.read() as view:
        assert keys(view.journal()) == [("a", 1)]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///a.db?synchronous=off",
        "sqlite:///a.db?timeout=soon",
        "sqlite:///a.db?timeout=nan",
        "sqlite:///a.db?timeout=-1",
        "postgresql://host:none/a",
        "postgresql://host/a?timeout=soon",
        "postgresql://host/a?colour=red",
        "sqlite:///a.db?color=red",
        "sqlite://host/a.db",
    ],
)
def test_an_address_that_makes_no_sense_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        SqlStore.open(url)
    assert list(tmp_path.iterdir()) == []


def test_the_store_is_durable_unless_told_otherwise(tmp_path: Path) -> None:
    def pragmas(url: str) -> list[object]:
        store = SqlStore.open(url)
        with store.engine.connect() as connection:
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
        store.close()
        return found

    assert pragmas(f"sqlite:///{tmp_path}/a.db") == ["wal", 2, 1]
    assert pragmas(f"sqlite:///{tmp_path}/a.db?synchronous=normal") == ["wal", 1, 1]


def test_the_algorithm_is_chosen_when_the_store_is_made(tmp_path: Path) -> None:
    SqlStore.open(f"{tmp_path}/a.db", algorithm="sm3").close()
    with closing(SqlStore.open(f"{tmp_path}/a.db")) as store, store.read() as view:
        assert view.meta() == {"algorithm": "sm3", "format": "1"}


def test_a_store_in_memory_is_made_or_not(tmp_path: Path) -> None:
    with MemoryStore.open("memory:", algorithm="sm3").read() as view:
        assert view.meta()["algorithm"] == "sm3"
    with pytest.raises(StoreUnavailable):
        MemoryStore.open("memory:", create=False)


# threads ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "sqlite memory", "memory"])
def test_a_writer_that_waits_too_long_is_told_that_the_store_is_busy(tmp_path: Path, kind: str) -> None:
    stores: dict[str, Callable[[], Store]] = {
        "file": lambda: SqlStore.open(f"sqlite:///{tmp_path}/a.db?timeout=0.05"),
        "sqlite memory": lambda: SqlStore.open("sqlite:///:memory:?timeout=0.05"),
        "memory": lambda: MemoryStore(timeout=0.05),
    }
    store = stores[kind]()
    with store.write() as unit:
        with pytest.raises(StoreBusy), store.write():
            pass
        unit.append([(entry("a", 1), None)])
    with store.read() as view:
        assert keys(view.journal()) == [("a", 1)]
    store.close()


def test_each_transaction_has_its_own_connection(tmp_path: Path) -> None:
    """More readers at once than the pool keeps: nobody waits, and each sees its own snapshot."""
    store = SqlStore.open(f"{tmp_path}/a.db")
    inside, leave = threading.Barrier(21), threading.Event()
    seen: list[int] = []

    def read() -> None:
        with store.read() as view:
            before = len(list(view.journal()))
            inside.wait(timeout=20)
            leave.wait(timeout=20)
            seen.append(before + len(list(view.journal())))

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    inside.wait(timeout=20)
    with store.write() as unit:
        unit.append([(entry("a", 1), None)])
    leave.set()
    for thread in threads:
        thread.join()
    assert seen == [0] * 20
    store.close()


# the host's transaction ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/host.db")
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


@pytest.mark.parametrize("host_wrote_first", [True, False])
def test_a_joined_store_is_rolled_back_with_its_host(host: Engine, host_wrote_first: bool) -> None:
    with host.connect() as connection:
        if host_wrote_first:
            connection.execute(text("INSERT INTO invoice VALUES (1)"))
        store = SqlStore.joined(connection)
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
        with store.read() as view:
            assert keys(view.journal()) == [("a", 1)]
        connection.rollback()
    with host.connect() as connection, SqlStore.joined(connection).read() as view:
        assert keys(view.journal()) == []
        assert connection.scalar(text("SELECT count(*) FROM invoice")) == 0


def test_a_joined_unit_that_fails_leaves_the_hosts_work_standing(host: Engine) -> None:
    with host.begin() as connection:
        connection.execute(text("INSERT INTO invoice VALUES (1)"))
        store = SqlStore.joined(connection)
        with store.write() as unit:
            unit.append([(entry("a", 1), None)])
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.put_case(row("b"))
            unit.append([(entry("b", 1), None), (entry("a", 1), None)])
        connection.execute(text("INSERT INTO invoice VALUES (2)"))
    with host.connect() as connection, SqlStore.joined(connection).read() as view:
        assert keys(view.journal()) == [("a", 1)]
        assert view.case("b") is None
        assert connection.scalar(text("SELECT count(*) FROM invoice")) == 2


def test_joining_makes_the_tables_in_the_hosts_transaction(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/host.db")
    with engine.connect() as connection:
        with pytest.raises(ForeignStore):
            SqlStore.joined(connection, create=False)
        SqlStore.joined(connection)
        connection.rollback()
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_our_tables_stay_out_of_the_hosts_metadata() -> None:
    from sqlmodel import SQLModel

    assert not any(name.startswith("duban_") for name in SQLModel.metadata.tables)
    assert all(name.startswith("duban_") for name in metadata.tables)


# erasing ------------------------------------------------------------------------------------------------------------------------------


def test_erased_bytes_are_in_no_file_of_the_store(tmp_path: Path) -> None:
    """Many rows, put in and erased in an order that has pages filled, split and freed; some larger than a page."""

    def secret(i: int) -> bytes:
        return f"<张三-{i:04}>".encode() * (400 if i % 10 == 0 else 3)

    def found() -> set[int]:
        content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        return {i for i in range(300) if f"<张三-{i:04}>".encode() in content}

    store = SqlStore.open(f"{tmp_path}/a.db")
    for i in range(300):
        with store.write() as unit:
            unit.append([(entry(f"{i * 7919 % 300:03}", 1), Private(b"salt", secret(i)))])
    assert found() == set(range(300))
    for i in range(0, 300, 2):
        with store.write() as unit:
            assert unit.erase(f"{i * 7919 % 300:03}", 1)
    assert found() == set(range(1, 300, 2))
    store.close()


# what was tampered with ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE duban_entry SET data = x'7b7d' WHERE n = 2",
        "UPDATE duban_entry SET data = data || ' ' WHERE n = 2",
        "UPDATE duban_entry SET data = (SELECT data FROM duban_entry WHERE n = 3) WHERE n = 2",
    ],
)
def test_bytes_that_are_no_entry_are_named_by_their_place(tmp_path: Path, change: str) -> None:
    store = SqlStore.open(f"{tmp_path}/a.db")
    with store.write() as unit:
        unit.append([(entry("a", n), None) for n in (1, 2, 3)])
    with store.engine.connect() as connection:
        connection.exec_driver_sql(change)
    with store.read() as view:
        with pytest.raises(IntegrityError) as caught:
            view.entries("a")
        assert caught.value.where == "a #2"
    store.close()


# the schema ---------------------------------------------------------------------------------------------------------------------------


def _schema(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: " ".join(sql.split()) for name, sql in rows}


def test_the_tables_and_the_migrations_make_the_same_schema(tmp_path: Path) -> None:
    made = SqlStore.open(f"{tmp_path}/made.db")
    migrated = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with migrated.begin() as connection:
        assert migrations.upgrade(connection)
        assert migrations.revision(connection) == migrations.HEAD
    assert _schema(made.engine) == _schema(migrated)
    made.close()
    migrated.dispose()


def test_the_tables_are_what_alembic_would_compare_them_to(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    store = SqlStore.open(f"{tmp_path}/a.db")
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    store.close()


_NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "next", "{last}"


def upgrade():
    op.add_column("duban_case", sa.Column("colour", sa.String))
    {broken}
"""


def _newer_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str = "") -> None:
    """As if a version of duban with one more migration were installed."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "next_colour.py").write_text(_NEXT.format(broken=broken, last=migrations.HEAD))
    monkeypatch.setattr(migrations, "VERSIONS", (*migrations.VERSIONS, tmp_path / "versions"))
    monkeypatch.setattr(migrations, "HEAD", "next")


def test_an_older_store_is_upgraded_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqlStore.open(f"{tmp_path}/a.db")) as store, store.write() as unit:
        unit.append([(entry("a", 1), None)])
    _newer_program(tmp_path, monkeypatch)
    store = SqlStore.open(f"{tmp_path}/a.db")
    with store.engine.connect() as connection:
        assert migrations.revision(connection) == "next"
        assert "colour" in {column["name"] for column in inspect(connection).get_columns("duban_case")}
    with store.read() as view:
        assert keys(view.journal()) == [("a", 1)]
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_said_before_there_were_claims_is_claimed_when_the_store_is_upgraded(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"{tmp_path}/a.db" if kind == "sqlite" else request.getfixturevalue("postgres_server").fresh()
    play = Play("probe", engine=program(SqlStore.open(url)))
    for case in ("C", "D", "E"):
        play.at("09-24 10:00").open("desk", {"grade": "high"}, case=case)
    play.at("10-08 10:00").engine.tick()
    play.at("10-24 10:00").engine.tick()
    claims = claimed(play)
    assert {case for case, _ in claims} == {"C", "D", "E"} and {"missing", "tier 0"} <= {c.tier for _, c in claims}
    with play.engine.store.engine.begin() as connection:  # type: ignore[attr-defined]
        for table in ("lease", "mark", "parked", "outbox", "claim"):
            connection.execute(text(f"DROP TABLE duban_{table}"))
        connection.execute(text("DROP INDEX ix_duban_case_wake"))
        connection.execute(text("CREATE INDEX ix_duban_case_next_at ON duban_case (next_at)"))
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
        connection.execute(text("UPDATE duban_entry SET data = :no WHERE \"case\" = 'E' AND n = 2"), {"no": b"none"})
    play.engine.close()
    play = Play("probe", engine=program(SqlStore.open(url)))
    with play.engine.store.read() as view:
        assert {(f.code, f.case) for f in audit_store(view).findings if f.case != "E"} == set()
    assert claimed(play) == [(case, claim) for case, claim in claims if case != "E"], "E cannot be read any more"
    play.engine.close()


def program(store: SqlStore) -> workflow.engine.Engine:
    engine = workflow.engine.Engine(store, FixedClock(at("09-24 10:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    return engine


def claimed(play: Play) -> list[tuple[str, Claim]]:
    with play.engine.store.read() as view:
        return [(case, claim) for case in "CDE" for claim in view.claims(case)]


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = SqlStore.open(f"{tmp_path}/a.db")
    schema = _schema(before.engine)
    before.close()
    with monkeypatch.context() as newer:
        _newer_program(tmp_path, newer, broken="raise ZeroDivisionError")
        with pytest.raises(ZeroDivisionError):
            SqlStore.open(f"{tmp_path}/a.db")
    after = SqlStore.open(f"{tmp_path}/a.db")
    assert _schema(after.engine) == schema
    after.close()


def test_opening_imports_alembic_only_to_upgrade(tmp_path: Path) -> None:
    code = "import sys; from adapters.store.sql import SqlStore; SqlStore.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    for _ in ("new", "there"):
        done = subprocess.run([sys.executable, "-c", code, f"{tmp_path}/a.db"], capture_output=True, text=True, check=True)
        assert done.stdout == "False\n"


# the same statements on PostgreSQL ----------------------------------------------------------------------------------------------------


def test_the_statements_compile_for_postgresql() -> None:
    statements = compiled(psycopg.dialect(paramstyle="format"))  # type: ignore[no-untyped-call]
    assert "ON CONFLICT (id) DO UPDATE" in statements.put_case
    assert statements.add_entry.count("%s") == 6
    assert "?" not in statements.waking
    assert "FOR UPDATE OF duban_case SKIP LOCKED" in watch_statements(psycopg.dialect(paramstyle="format")).claim_cases  # type: ignore[no-untyped-call]


# plans --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "index"),
    [
        ("waking", ("2026", 10, 0), "ix_duban_case_wake"),
        ("dues_until", ("2026",), "ix_duban_due_due"),
        ("unsealed", (), "ix_duban_entry_seal"),
        ("sealed", (1,), "ix_duban_entry_seal"),
        ("entries", ("a", 0), "sqlite_autoindex_duban_entry_1"),
        ("answer", ("k",), "sqlite_autoindex_duban_answer_1"),
        ("claim_cases", ("2026", "2026", 10, 0), "ix_duban_case_wake"),
        ("takeable", ("mail", "2026", 10, 0), "ix_duban_outbox_take"),
        ("next_waking", (1, 0), "ix_duban_case_wake"),
        ("next_message", ("mail",), "ix_duban_outbox_take"),
    ],
)
def test_hot_reads_use_an_index(tmp_path: Path, name: str, values: tuple[object, ...], index: str) -> None:
    store = SqlStore.open(f"{tmp_path}/a.db")
    statement = getattr(compiled(store.engine.dialect), name, "") or getattr(watch_statements(store.engine.dialect), name)
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    assert index in plan[0][3]
    if name in ("waking", "claim_cases", "takeable"):  # very many are due at one instant: what is left is not sorted for each part
        assert not any("TEMP B-TREE" in line[3] for line in plan), plan
    store.close()


def test_many_rows_of_many_cases_in_one_unit(tmp_path: Path) -> None:
    """Bulk intake: commands that read before they write, hundreds in one transaction."""
    store = SqlStore.open(f"{tmp_path}/a.db")
    with store.write() as unit:
        for i in range(300):
            case, n = f"c{i % 7}", i // 7 + 1
            known = unit.case(case)
            assert (known.n if known else 0) == n - 1
            assert unit.answer(f"k{i}") is None
            assert len(unit.entries(case)) == n - 1
            unit.append([(entry(case, n), None)])
            unit.put_case(row(case, n, next_at=T0))
            unit.put_dues(case, [due(case, f"r{n}", T0)])
            unit.remember(f"k{i}", Answer("q", case, n, n))
    with store.read() as view:
        assert len(list(view.journal())) == 300
        assert sum(r.n for r in view.cases()) == 300
        assert len(view.dues()) == 7
        assert view.answer("k299") == Answer("q", "c5", 43, 43)
    store.close()
