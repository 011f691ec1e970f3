"""``duban store`` and ``duban backup``: what they say, refuse and leave behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.e2e.conftest import Cli, opened


def test_there_and_back_again_with_one_digest(dispute: Cli, postgres_url: str) -> None:
    back = dispute.db.with_name("back.db")
    there = dispute("store", "copy", str(dispute.db), postgres_url, "--json").json
    again = dispute("store", "copy", postgres_url, str(back), "--json").json
    assert there["sound"] and there["entries"] > 3 and there["rows"]["duban_entry"] == there["entries"]
    marked = there["rows"]["duban_mark"] + 1  # that it is a copy
    assert (there["digest"], {**there["rows"], "duban_mark": marked}) == (again["digest"], again["rows"])
    assert (there["from"], again["to"]) == (str(dispute.db), str(back))
    shown = dispute("show", "D").out
    dispute.db = back
    assert dispute("show", "D").out == shown


def test_a_copy_never_goes_over_anything(dispute: Cli, postgres_url: str) -> None:
    other = dispute.db.with_name("other.db")
    dispute("store", "copy", str(dispute.db), str(other))
    content = other.read_bytes()
    assert dispute("store", "copy", str(dispute.db), str(other), "--json", code=5).error["error"] == "conflict.exists"
    dispute("backup", str(other), code=5)
    assert other.read_bytes() == content
    assert dispute("store", "copy", str(dispute.db), str(dispute.db), code=5).err, "nor over itself"


def test_what_cannot_be_copied_leaves_nothing_behind(cli: Cli) -> None:
    before = set(cli.bytes())
    cli("store", "copy", str(cli.db.with_name("none.db")), str(cli.db.with_name("new.db")), code=69)
    cli("store", "copy", str(cli.db), str(cli.db.parent / "none" / "new.db"), code=69)
    cli("store", "copy", str(cli.db), "memory:", code=78)
    cli("backup", str(cli.db.parent / "none" / "new.db"), code=69)
    said = cli("store", "copy", str(cli.db), "postgresql://clerk:S3cret@127.0.0.1:1/duban", code=78)
    assert "S3cret" not in said.err
    assert set(cli.bytes()) == before


def test_a_broken_journal_is_kept_as_it_is_and_told(dispute: Cli) -> None:
    with closing(sqlite3.connect(dispute.db)) as hand:
        hand.execute("UPDATE duban_entry SET kind = 'note' WHERE \"case\" = 'D' AND n = 2")
        hand.commit()
    made = dispute.db.with_name("backup.db")
    said = dispute("backup", str(made), "--json", code=6)
    assert said.json["sound"] is False and said.error["error"] == "integrity"
    assert made.exists()


def test_a_bare_copy_is_incomplete_until_it_is_accepted(dispute: Cli) -> None:
    copied = dispute.db.with_name("copied.db")
    with opened(dispute) as engine:
        with engine.store.write() as unit:
            unit.put_mark("page", "1")
        copied.write_bytes(dispute.db.read_bytes())
    dispute("audit", "verify")
    dispute.db = copied
    for words in (("audit", "verify"), ("show", "D"), ("org", "show")):
        assert dispute(*words, "--json", code=69).error["error"] == "store.incomplete"
    checks = {c["check"]: c for c in dispute("doctor", "--json", code=1).json}
    assert checks["database"]["ok"] is False
    said = dispute("store", "accept", str(copied), "--json").json
    assert said["entries"] > 3 and said["last"]
    assert dispute("store", "accept", str(copied)).err
    dispute("audit", "verify")
