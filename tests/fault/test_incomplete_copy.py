"""A copy of the file of a store in use, without its write-ahead log, is told from a journal that was cut off; others raise no alarm."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from adapters.store.backup import accept, backup
from adapters.store.contract import entry, keys
from adapters.store.sql import SqlStore
from workflow.errors import AlreadyThere, ForeignStore, IncompleteStore, NoStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "duban.db"


@pytest.fixture
def live(path: Path) -> Iterator[SqlStore]:
    """A store in use: three entries, of which the last are in the log only."""
    store = SqlStore.open(str(path))
    for n in (1, 2, 3):
        write(store, n)
    yield store
    store.close()


def write(store: SqlStore, n: int) -> None:
    with store.write() as unit:
        unit.append([(entry("a", n, "x" * 2000), None)])


def bare(path: Path, name: str = "copy.db") -> Path:
    """``cp duban.db copy.db``, and nothing else."""
    copied = path.with_name(name)
    shutil.copyfile(path, copied)
    return copied


def entries(path: Path | str) -> int:
    with closing(SqlStore.open(str(path), create=False)) as store, store.read() as view:
        return len(keys(view.journal()))


def child(code: str, path: Path) -> None:
    lines = "import os, signal, sys\nfrom adapters.store.sql import SqlStore\nfrom tests.fault.test_incomplete_copy import write\n"
    subprocess.run([sys.executable, "-c", f"{lines}store = SqlStore.open(sys.argv[1])\n{code}", str(path)], check=False, timeout=60)


# recognised ---------------------------------------------------------------------------------------------------------------------------


def test_a_bare_copy_of_a_store_in_use_is_incomplete_and_not_tampered(live: SqlStore, path: Path) -> None:
    copied = bare(path)
    content = copied.read_bytes()
    with pytest.raises(IncompleteStore) as caught:
        SqlStore.open(str(copied))
    assert caught.value.code == "store.incomplete" and caught.value.where == str(copied)
    assert caught.value.message.zh and caught.value.message.en and caught.value.hint is not None
    assert copied.read_bytes() == content
    assert sorted(f.name for f in path.parent.iterdir() if f.name.startswith("copy")) == ["copy.db"]
    with pytest.raises(IncompleteStore):
        SqlStore.open(str(copied))
    assert entries(path) == 3, "the store itself is no copy"


def test_a_copy_that_is_torn_as_well_is_incomplete_first(live: SqlStore, path: Path) -> None:
    copied = bare(path)
    os.truncate(copied, copied.stat().st_size // 4096 // 2 * 4096)
    with pytest.raises(IncompleteStore):
        SqlStore.open(str(copied))
    with pytest.raises(ForeignStore):
        accept(copied)


def test_a_copy_made_after_a_process_was_killed(path: Path) -> None:
    child("write(store, 1); os.kill(os.getpid(), signal.SIGKILL)", path)
    with pytest.raises(IncompleteStore):
        SqlStore.open(str(bare(path)))
    assert entries(path) == 1, "the store itself is recovered"
    assert entries(bare(path, "later.db")) == 1, "and is complete again when it was closed"


def test_a_copy_is_incomplete_as_long_as_anybody_uses_the_store(live: SqlStore, path: Path) -> None:
    child("write(store, 4); store.close()", path)
    with pytest.raises(IncompleteStore):
        SqlStore.open(str(bare(path)))
    with closing(SqlStore.open(str(path))):
        live.close()
        assert entries(path) == 4
        with pytest.raises(IncompleteStore):
            SqlStore.open(str(bare(path, "second.db")))
    assert entries(bare(path, "third.db")) == 4, "whoever closed it last took the mark out, though he wrote nothing"


def test_an_incomplete_copy_can_be_looked_at(live: SqlStore, path: Path) -> None:
    assert entries(f"sqlite:///{bare(path)}?mode=ro") < 3


def test_an_incomplete_copy_is_used_when_it_is_all_there_is(live: SqlStore, path: Path) -> None:
    copied = bare(path)
    assert accept(copied) is True
    left = entries(copied)
    assert left < 3
    with closing(SqlStore.open(str(copied))) as store:
        write(store, left + 1)
    assert accept(copied) is False
    assert entries(copied) == left + 1
    with pytest.raises(NoStore):
        accept(path.with_name("none.db"))


# no false alarm -----------------------------------------------------------------------------------------------------------------------


def test_a_copy_of_a_closed_store(live: SqlStore, path: Path) -> None:
    live.close()
    assert entries(bare(path)) == 3


def test_a_copy_with_its_log(live: SqlStore, path: Path) -> None:
    copied = bare(path)
    shutil.copyfile(f"{path}-wal", f"{copied}-wal")
    assert entries(copied) == 3
    assert entries(bare(copied, "again.db")) == 3


@pytest.mark.parametrize("ending", ["store.close()", "del store", "pass"])
def test_a_copy_after_the_program_ended_by_itself(path: Path, ending: str) -> None:
    child(f"write(store, 1)\n{ending}", path)
    assert entries(bare(path)) == 1


def test_a_store_that_another_tool_put_in_order_after_a_crash(path: Path) -> None:
    """The mark stays, the log is gone: it is the very file that was marked, so nothing is missing that we could know of."""
    child("write(store, 1); os.kill(os.getpid(), signal.SIGKILL)", path)
    with closing(sqlite3.connect(path)) as tool:
        tool.execute("SELECT count(*) FROM duban_entry").fetchone()
    assert not path.with_name("duban.db-wal").exists()
    os.rename(path, path.with_name("renamed.db"))
    assert entries(path.with_name("renamed.db")) == 1
    assert entries(bare(path.with_name("renamed.db"))) == 1


def test_a_store_that_was_made_before_there_were_marks(live: SqlStore, path: Path) -> None:
    live.close()
    with closing(sqlite3.connect(path)) as older:
        older.execute("PRAGMA user_version=0")
    assert entries(bare(path)) == 3
    assert entries(path) == 3


def test_looking_at_a_closed_store_changes_no_byte(live: SqlStore, path: Path) -> None:
    live.close()
    content = path.read_bytes()
    assert entries(path) == 3
    assert path.read_bytes() == content


def test_the_version_that_a_host_keeps_in_the_file_is_left_alone(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoice (id INTEGER)"))
        SqlStore.joined(connection)
    engine.dispose()
    for version in (0, 7):
        with closing(sqlite3.connect(path)) as host:
            host.execute(f"PRAGMA user_version={version}")
        with closing(SqlStore.open(str(path))) as store:
            write(store, version + 1)
        with closing(sqlite3.connect(path)) as host:
            assert host.execute("PRAGMA user_version").fetchone() == (version,)


# backups ------------------------------------------------------------------------------------------------------------------------------


def test_a_backup_of_a_store_in_use_is_complete(live: SqlStore, path: Path) -> None:
    made = path.with_name("backup.db")
    found = backup(live, made)
    assert found.entries == 3 and found.digest.startswith("sha256:")
    assert entries(made) == 3
    assert entries(bare(made)) == 3
    with closing(SqlStore.open(str(made))) as store:
        write(store, 4)
    assert sorted(f.name for f in path.parent.iterdir() if "backup" in f.name) == ["backup.db"], "nothing is left beside it"
    with pytest.raises(AlreadyThere):
        backup(live, made)
    assert entries(made) == 4


def test_a_backup_is_of_one_moment_while_another_process_writes(path: Path) -> None:
    store = SqlStore.open(str(path))
    write(store, 1)
    code = "n = 1\nprint('go', flush=True)\nwhile True:\n    n += 1\n    write(store, n)\n"
    lines = "import sys\nfrom adapters.store.sql import SqlStore\nfrom tests.fault.test_incomplete_copy import write\n"
    writer = subprocess.Popen(
        [sys.executable, "-c", f"{lines}store = SqlStore.open(sys.argv[1])\n{code}", str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stdout.readline() == "go\n"
    try:
        seen = []
        for i in range(5):
            made = path.with_name(f"backup{i}.db")
            found = backup(store, made)
            assert entries(made) == found.entries
            seen.append(found.entries)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    assert seen == sorted(seen) and seen[-1] > 1
    store.close()


def test_a_backup_of_a_store_on_a_server(postgres_url: str, path: Path) -> None:
    with closing(SqlStore.open(postgres_url, algorithm="sm3")) as store:
        write(store, 1)
        found = backup(store, path)
    with closing(SqlStore.open(str(path))) as made, made.read() as view:
        assert view.meta()["algorithm"] == "sm3"
        assert len(keys(view.journal())) == found.entries == 1


def test_a_backup_that_cannot_be_written_leaves_nothing(live: SqlStore, path: Path) -> None:
    from workflow.errors import StoreUnavailable

    with pytest.raises(StoreUnavailable):
        backup(live, path.parent / "none" / "backup.db")
    path.with_name("link.db").symlink_to(path.with_name("nowhere.db"))
    with pytest.raises(AlreadyThere):
        backup(live, path.with_name("link.db"))
    assert not path.with_name("nowhere.db").exists()
