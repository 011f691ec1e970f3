"""What goes wrong around a database file, and what it gets: a typed error, and nothing half-written."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from adapters.store.contract import T0, due, entry, keys, row
from adapters.store.sql import SqlStore
from workflow.errors import DubanError, ForeignStore, StoreBusy, StoreUnavailable
from workflow.journal.entry import Private


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed store with one case in it."""
    path = tmp_path / "duban.db"
    store = SqlStore.open(str(path))
    with store.write() as unit:
        unit.append([(entry("a", n, "x" * 2000), Private(b"s", b"d" * 2000)) for n in range(1, 20)])
        unit.put_case(row("a", 19))
    store.close()
    return path


def _intact(path: Path) -> None:
    store = SqlStore.open(str(path), create=False)
    with store.read() as view:
        assert len(view.entries("a")) == 19
        assert view.cases() == [row("a", 19)]
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.close()


def _bilingual(error: DubanError) -> None:
    assert error.message.zh and error.message.en and error.message.zh != error.message.en
    assert error.hint is not None
    assert error.where


def _append(store: SqlStore, n: int = 20) -> None:
    with store.write() as unit:
        unit.append([(entry("a", n), None)])
        unit.put_case(row("a", n))


# no file, another file, half a file ---------------------------------------------------------------------------------------------------


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        SqlStore.open(str(tmp_path / "none.db"), create=False)
    _bilingual(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        SqlStore.open(str(tmp_path / "none" / "duban.db"))
    _bilingual(caught.value)


def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        SqlStore.open(str(tmp_path))
    _bilingual(caught.value)


@pytest.mark.parametrize("content", [b"hello, this is a text file\n" * 100, b"\x00" * 5000, b"PK\x03\x04" * 200, b"x"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(ForeignStore) as caught:
        SqlStore.open(str(file))
    _bilingual(caught.value)
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_database_of_another_program(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE invoice (id)")
        other.commit()
    before = file.read_bytes()
    with pytest.raises(ForeignStore) as caught:
        SqlStore.open(str(file))
    _bilingual(caught.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_truncated_file(path: Path, kept: float) -> None:
    os.truncate(path, int(path.stat().st_size * kept))
    content = path.read_bytes()
    with pytest.raises(ForeignStore) as caught:
        SqlStore.open(str(path))
    _bilingual(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("create", [True, False])
def test_a_file_truncated_to_its_first_bytes(path: Path, create: bool) -> None:
    os.truncate(path, 100)
    with pytest.raises(ForeignStore):
        SqlStore.open(str(path), create=create)
    assert path.stat().st_size == 100


def test_an_empty_file_is_not_taken_for_a_store(path: Path) -> None:
    os.truncate(path, 0)
    with pytest.raises(StoreUnavailable):
        SqlStore.open(str(path), create=False)
    assert path.stat().st_size == 0


def test_a_page_overwritten_in_the_middle(path: Path) -> None:
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    with pytest.raises(ForeignStore), closing(SqlStore.open(str(path))) as store, store.read() as view:
        list(view.journal())


@pytest.mark.parametrize(
    "change", ["UPDATE duban_version SET version_num = '9999'", "UPDATE duban_meta SET value = '2' WHERE key = 'format'"]
)
def test_a_store_of_a_newer_version(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(change)
        newer.commit()
    with pytest.raises(ForeignStore) as caught:
        SqlStore.open(str(path))
    _bilingual(caught.value)
    assert "newer" in caught.value.message.en


# rights -------------------------------------------------------------------------------------------------------------------------------


@contextmanager
def _unprivileged() -> Iterator[None]:
    """Root ignores permission bits; as nobody they count."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shelf(path: Path) -> Iterator[Path]:
    """The store in a directory that everybody can read and nobody but its owner can write."""
    if not hasattr(os, "seteuid"):
        pytest.skip("needs POSIX permissions")
    shelf = Path(tempfile.mkdtemp())
    shutil.copy(path, shelf / "duban.db")
    (shelf / "duban.db").chmod(0o444)
    shelf.chmod(0o555)
    yield shelf / "duban.db"
    shelf.chmod(0o755)
    shutil.rmtree(shelf)


def test_a_directory_where_nothing_may_be_made(shelf: Path) -> None:
    with _unprivileged(), pytest.raises(StoreUnavailable) as caught:
        SqlStore.open(str(shelf.with_name("new.db")))
    _bilingual(caught.value)


def test_a_store_on_a_read_only_medium_says_how_it_can_be_read(shelf: Path) -> None:
    with _unprivileged(), pytest.raises(StoreUnavailable) as caught, closing(SqlStore.open(str(shelf))) as store:
        _append(store)
    _bilingual(caught.value)
    assert caught.value.hint is not None and "mode=ro" in caught.value.hint.en
    _intact(shelf)


def test_a_read_only_medium_can_be_read(shelf: Path) -> None:
    with _unprivileged():
        store = SqlStore.open(f"sqlite:///{shelf}?mode=ro")
        with store.read() as view:
            assert len(view.entries("a")) == 19
        with pytest.raises(StoreUnavailable) as caught:
            _append(store)
        store.close()
    _bilingual(caught.value)
    assert os.listdir(shelf.parent) == ["duban.db"]


def test_a_read_only_file_in_a_directory_that_can_be_written(shelf: Path) -> None:
    shelf.parent.chmod(0o777)
    with _unprivileged(), pytest.raises(StoreUnavailable) as caught, closing(SqlStore.open(str(shelf))) as store:
        _append(store)
    _bilingual(caught.value)
    _intact(shelf)


def test_a_store_that_is_opened_read_only_is_not_written(path: Path) -> None:
    store = SqlStore.open(f"sqlite:///{path}?mode=ro")
    with pytest.raises(StoreUnavailable):
        _append(store)
    store.close()
    _intact(path)


def test_a_store_is_not_made_read_only(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        SqlStore.open(f"sqlite:///{tmp_path}/new.db?mode=ro")
    assert list(tmp_path.iterdir()) == []


# a full disk --------------------------------------------------------------------------------------------------------------------------


def test_a_full_disk(path: Path) -> None:
    store = SqlStore.open(str(path))
    full = True

    @event.listens_for(store.engine, "checkout")
    def _limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full else 2**30}")

    with pytest.raises(StoreUnavailable) as caught, store.write() as unit:
        unit.put_case(row("b", 1))
        unit.put_dues("b", [due("b", "r", T0)])
        unit.append([(entry("b", n, "y" * 3000), None) for n in range(1, 50)])
    _bilingual(caught.value)
    assert "full" in caught.value.message.en
    with store.read() as view:
        assert view.case("b") is None
        assert view.dues() == []
        assert list(view.entries("b")) == []
    full = False
    _append(store)
    with store.read() as view:
        assert view.case("a") == row("a", 20)
    store.close()


def test_a_file_that_may_not_grow(path: Path) -> None:
    """A real refusal by the operating system, in the middle of writing."""
    resource = pytest.importorskip("resource", reason="needs POSIX resource limits")
    store = SqlStore.open(str(path))
    with store.write() as unit:
        unit.put_case(row("c"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name("duban.db-wal").stat().st_size + 4096, hard))
    try:
        with pytest.raises(StoreUnavailable) as caught, store.write() as unit:
            unit.put_case(row("b"))
            unit.append([(entry("b", n, "y" * 3000), None) for n in range(1, 50)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    _bilingual(caught.value)
    with store.read() as view:
        assert view.case("b") is None
        assert list(view.entries("b")) == []
    _append(store)
    store.close()


# more than one process ----------------------------------------------------------------------------------------------------------------


def _python(code: str, *arguments: object) -> subprocess.Popen[str]:
    lines = "import os, signal, sys\nfrom adapters.store.sql import SqlStore\nfrom adapters.store.contract import *\n" + code
    return subprocess.Popen(
        [sys.executable, "-c", lines, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("when", ["kept back", "written", "after commit"])
def test_a_process_that_is_killed_leaves_all_or_nothing(path: Path, when: str) -> None:
    child = _python(
        """
store, die = SqlStore.open(sys.argv[1]), lambda: os.kill(os.getpid(), signal.SIGKILL)
with store.write() as unit:
    unit.append([(entry("b", n, "y" * 3000), None) for n in range(1, 200)])
    unit.put_case(row("b", 199))
    unit.put_dues("b", [due("b", "r", T0)])
    if sys.argv[2] == "kept back":
        die()
    list(unit.journal()), unit.cases(), unit.dues()
    if sys.argv[2] == "written":
        die()
die()
""",
        path,
        when,
    )
    _, complaint = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, complaint
    store = SqlStore.open(str(path))
    with store.read() as view:
        found = (len(view.entries("b")), view.case("b"), len(view.dues()))
    store.close()
    assert found == ((199, row("b", 199), 1) if when == "after commit" else (0, None, 0))
    _intact_but_for_b(path)


def _intact_but_for_b(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        assert raw.execute('SELECT count(*) FROM duban_entry WHERE "case" = ?', ("a",)).fetchone() == (19,)


def test_a_writer_in_another_process_makes_us_busy_and_not_blind(path: Path) -> None:
    child = _python(
        """
store = SqlStore.open(sys.argv[1])
with store.write() as unit:
    unit.append([(entry("a", 20), None)])
    unit.entries("a")
    print("inside", flush=True)
    sys.stdin.readline()
""",
        path,
    )
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline() == "inside\n"
    store = SqlStore.open(f"sqlite:///{path}?timeout=0.05")
    with pytest.raises(StoreBusy) as caught:
        _append(store)
    _bilingual(caught.value)
    with store.read() as view:
        assert len(view.entries("a")) == 19
    _, complaint = child.communicate("go\n", timeout=60)
    assert child.returncode == 0, complaint
    with store.read() as view:
        assert len(view.entries("a")) == 20
    _append(store, 21)
    store.close()


def test_two_processes_make_and_fill_one_store(tmp_path: Path) -> None:
    """Both find no store, both want to make it; then both write to it in turns, and one case of each number is written once."""
    file = tmp_path / "duban.db"
    children = [
        _python(
            """
from workflow.errors import StaleVersion
print("ready", flush=True)
sys.stdin.readline()
store, won = SqlStore.open(f"sqlite:///{sys.argv[1]}?timeout=60"), 0  # a busy machine is no fault of the store
for n in range(1, 41):
    try:
        with store.write() as unit:
            unit.append([(entry("shared", n), None), (entry(sys.argv[2], n), None)])
        won += 1
    except StaleVersion:
        with store.write() as unit:
            unit.append([(entry(sys.argv[2], n), None)])
store.close()
print(won)
""",
            file,
            who,
        )
        for who in ("x", "y")
    ]
    for child in children:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    ends = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0, 0], ends
    assert sum(int(out) for out, _ in ends) == 40
    store = SqlStore.open(str(file), create=False)
    with store.read() as view:
        assert keys(view.journal()) == [(case, n) for case in ("shared", "x", "y") for n in range(1, 41)]
    store.close()
