"""A store as evidence: taken while it is in use, and looked at without a trace."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.sql import SqlStore
from adapters.store.tables import VERSION_TABLE
from adapters.store.taking import take
from tests.office import Office, within
from workflow.engine import Engine
from workflow.errors import AlreadyThere, ForeignStore, IntegrityError, NoStore, StoreBusy, StoreUnavailable

LOOKING = [
    ("audit", "verify"),
    ("replay",),
    ("audit", "export"),
    ("audit", "export", "--format", "xes"),
    ("audit", "prove", "A", "--output", "OUT/proof.json"),
    ("audit", "bundle", "--output", "OUT/bundle.zip"),
]


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    (tmp_path / "case").mkdir()
    office = Office(tmp_path / "case", capsys)
    office.play("A")
    office.run("audit", "seal")
    return office


@pytest.fixture
def in_use(office: Office) -> Iterator[SqlStore]:
    """The store, held open by somebody whose last commits lie in the log."""
    with closing(SqlStore.open(str(office.path), create=False)) as store:
        with Engine.on(store) as engine:
            engine.seal()
        store = SqlStore.open(str(office.path), create=False)
        with store.transaction(write=True) as cursor:
            cursor.execute("UPDATE duban_meta SET value = value")
        yield store
        store.close()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def looked_at(office: Office, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "out").mkdir(exist_ok=True)
    office.run(*(word.replace("OUT", str(tmp_path / "out")) for word in words))


# looked at


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_looking_changes_no_byte_and_leaves_no_file(office: Office, tmp_path: Path, words: tuple[str, ...]) -> None:
    before = files(office.folder)
    looked_at(office, tmp_path, words)
    assert list(before) == ["office.db"] and files(office.folder) == before


@pytest.mark.parametrize("with_index", [True, False], ids=["with the index", "without it"])
@pytest.mark.parametrize("words", LOOKING[:2], ids=" ".join)
def test_what_lies_in_a_log_beside_the_file_is_seen_and_stays_there(
    office: Office, in_use: SqlStore, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], with_index: bool
) -> None:
    """As after a crash, or where somebody copied the files of a store in use."""
    seized = Office(tmp_path / "seized", capsys)
    seized.folder.mkdir()
    for end in ("", "-wal", *(["-shm"] if with_index else [])):
        shutil.copyfile(f"{office.path}{end}", f"{seized.path}{end}")
    before = files(seized.folder)
    looked_at(seized, tmp_path, words)
    assert len(before) == 2 + with_index and before["office.db-wal"] and files(seized.folder) == before


def test_a_store_in_use_can_be_looked_at(office: Office, in_use: SqlStore) -> None:
    assert office.json("audit", "verify")["ok"] and office.json("replay")["totals"]["cases"] == 1


def test_a_store_of_an_older_version_is_looked_at_in_a_private_copy_that_is_gone_afterwards(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.sql(
        "DROP INDEX ix_duban_case_wake",
        "DROP INDEX ix_duban_outbox_take",
        "CREATE INDEX ix_duban_case_next_at ON duban_case (next_at)",
        "CREATE INDEX ix_duban_outbox_next ON duban_outbox (channel, next_at)",
        f"UPDATE {VERSION_TABLE} SET version_num = '0002'",
    )
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    before = files(office.folder)
    assert office.json("audit", "verify")["ok"] and office.json("replay")["totals"]["cases"] == 1
    found = office.json("audit", "take", str(office.path), str(tmp_path / "taken.db"))
    assert found["journal"]["checked"] and found["journal"]["sound"]
    assert files(office.folder) == before and list((tmp_path / "temp").iterdir()) == []
    with closing(sqlite3.connect(tmp_path / "taken.db")) as taken:
        assert taken.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() == ("0002",)
    address = f"sqlite:///{office.path}?mode=evidence"
    with closing(SqlStore.open(address, create=False)) as store, pytest.raises(StoreUnavailable), store.write():
        pass


def test_evidence_is_not_written_to(office: Office) -> None:
    address = f"sqlite:///{office.path}?mode=evidence"
    with closing(SqlStore.open(address, create=False)) as store, pytest.raises(StoreUnavailable) as caught, store.write():
        pass
    assert caught.value.hint is not None and "audit take" in caught.value.hint.en


def test_a_file_that_changes_while_it_is_read_as_if_it_could_not_is_no_answer(office: Office) -> None:
    address = f"sqlite:///{office.path}?mode=evidence"
    with closing(SqlStore.open(address, create=False)) as store, pytest.raises(StoreBusy), store.read() as view:
        assert view.cases()
        office.run("record", "A", "paper", "--as", "desk", "--element", "place=镇口")


def test_a_copy_that_lacks_its_log_is_refused_as_evidence(
    office: Office, in_use: SqlStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seized = Office(tmp_path / "seized", capsys)
    seized.folder.mkdir()
    shutil.copyfile(office.path, seized.path)
    before = files(seized.folder)
    _, err = seized.run("audit", "verify", exit=69)
    assert "store.incomplete" in err and files(seized.folder) == before


def test_what_is_no_store_is_refused_and_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seized = Office(tmp_path, capsys)
    seized.path.write_bytes(b"x" * 5000)
    seized.run("audit", "verify", exit=69)
    assert seized.path.read_bytes() == b"x" * 5000
    seized.path.unlink()
    seized.run("replay", exit=69)
    assert list(tmp_path.iterdir()) == []


# taken


def test_a_store_in_use_is_taken_whole_with_a_note_of_it(office: Office, in_use: SqlStore, tmp_path: Path) -> None:
    out = tmp_path / "taken.db"
    found = office.json("audit", "take", str(office.path), str(out))
    note = json.loads((tmp_path / "taken.db.json").read_text(encoding="utf-8"))
    assert found == note and (note["source"], note["file"]) == (str(office.path), "taken.db")
    assert note["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest() and note["bytes"] == out.stat().st_size
    assert note["taken"][0] <= note["taken"][1] and note["tables"]["duban_entry"] == 3
    assert note["journal"]["checked"] and note["journal"]["sound"] and note["journal"]["checkpoint"].startswith("1:")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["case", "taken.db", "taken.db.json"]
    assert not (tmp_path / "taken.db-wal").exists()


def test_the_source_is_not_changed_by_it(office: Office, tmp_path: Path) -> None:
    before = files(office.folder)
    take(str(office.path), tmp_path / "taken.db")
    assert files(office.folder) == before


def test_the_copy_replays_to_the_digest_of_its_source(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take(str(office.path), tmp_path / "office.db")
    copy = Office(tmp_path, capsys)
    as_of = ("--as-of", "2030-01-01 00:00")
    assert copy.json("replay", *as_of)["digest"] == office.json("replay", *as_of)["digest"]


def test_nothing_is_written_over(office: Office, tmp_path: Path) -> None:
    (tmp_path / "taken.db").write_text("mine")
    with pytest.raises(AlreadyThere):
        take(str(office.path), tmp_path / "taken.db")
    assert (tmp_path / "taken.db").read_text() == "mine"
    (tmp_path / "other.db.json").write_text("mine")
    office.run("audit", "take", str(office.path), str(tmp_path / "other.db"), exit=5)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["case", "other.db.json", "taken.db"]


def test_a_broken_journal_is_taken_as_it_is_and_said_to_be_broken(office: Office, tmp_path: Path) -> None:
    office.sql(within("entry", "desk", "boss") + "WHERE [case]='A' AND n=2")
    out, err = office.run("audit", "take", str(office.path), str(tmp_path / "t.db"), exit=6)
    assert "compared row by row" in out and "does not hold" in err
    note = json.loads((tmp_path / "t.db.json").read_text(encoding="utf-8"))
    assert note["journal"]["sound"] is False
    assert hashlib.sha256((tmp_path / "t.db").read_bytes()).hexdigest() == note["sha256"]


def test_a_database_of_another_program_is_taken_too_but_not_verified(tmp_path: Path, office: Office) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE 台账 (编号, 时间)")
        db.execute("INSERT INTO 台账 VALUES (1, '9月24日')")
    found = office.json("audit", "take", str(other), str(tmp_path / "t.db"))
    assert found["tables"] == {"台账": 1} and found["journal"]["checked"] is False


def test_what_is_no_database_or_a_damaged_one_is_refused_and_leaves_nothing(office: Office, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"x" * 5000)
    with pytest.raises(ForeignStore):
        take(str(tmp_path / "x.db"), tmp_path / "t.db")
    with pytest.raises(NoStore):
        take(str(tmp_path / "none.db"), tmp_path / "t.db")
    torn = bytearray(office.path.read_bytes())
    torn[8192:20000] = b"\xff" * (20000 - 8192)
    (tmp_path / "torn.db").write_bytes(torn)
    with pytest.raises((IntegrityError, ForeignStore)):
        take(str(tmp_path / "torn.db"), tmp_path / "t.db")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["case", "torn.db", "x.db"]


def test_an_address_with_a_password_is_refused(office: Office, tmp_path: Path) -> None:
    office.run("audit", "take", "postgresql://u:secret@h/db", str(tmp_path / "t.db"), exit=78)
