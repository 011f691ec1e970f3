"""Destroying personal data on the command line: what is shown before, what stays, and that the bytes are gone (S9.3, promise 11)."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.office import Office
from tests.scenes import staged

SECRETS = ("李四-13900001111", "张三告知", "家住东街", "病历复印件")
WORDS = ("--ground", "保存期满", "--decider", "boss", "--as", "boss")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """One case of four entries with personal data, closed, and one beside it."""
    office = Office(tmp_path, capsys)

    def play() -> None:
        office.play("B")
        opening = ["open", "probe", "纠纷", "门诊", SECRETS[1], "--as", "desk", "--id", "A", "--key", "k1"]
        office.run(*opening, "--fact", f"name={SECRETS[0]}", "--note", SECRETS[2])
        office.run("note", "A", SECRETS[3], "--as", "desk", "--key", "k2")
        office.run("fire", "A", "call", "--as", "desk")
        office.run("fire", "A", "close", "--as", "boss")

    staged("personal data", office.path, play)
    return office


def there(office: Office) -> list[str]:
    """The secrets whose bytes are in any file of the store, also as JSON would escape them."""
    content = office.bytes()
    return [s for s in SECRETS if s.encode() in content or json.dumps(s)[1:-1].encode() in content]


def version(office: Office, case: str = "A") -> int:
    [(n,)] = office.query(f"SELECT n FROM duban_case WHERE id = '{case}'")
    return int(n)


def erased(office: Office, *entries: int) -> None:
    office.run("erase", "A", *WORDS, *(word for n in entries for word in ("--entry", str(n))))


# the preview


def test_a_rehearsal_shows_exactly_what_would_be_destroyed(office: Office) -> None:
    found = office.json("erase", "A", *WORDS, "--dry-run")
    assert [d["n"] for d in found["destroyed"]] == [1, 2]
    opening, note = (d["content"] for d in found["destroyed"])
    assert opening == {"facts": {"name": SECRETS[0]}, "note": SECRETS[2], "told_by": SECRETS[1], "what": "纠纷", "where": "门诊"}
    assert note == {"text": SECRETS[3]}
    act = found["acts"][-1]
    assert (act["kind"], act["data"]["entries"]) == ("erased", [1, 2])
    assert version(office) == 4 and there(office) == list(SECRETS)


def test_a_rehearsal_of_some_entries_shows_those(office: Office) -> None:
    found = office.json("erase", "A", *WORDS, "--entry", "2", "--dry-run")
    assert [d["n"] for d in found["destroyed"]] == [2]
    text, _ = office.run("erase", "A", *WORDS, "--entry", "2", "--dry-run", lang="zh")
    assert "将被销毁、不可恢复的内容" in text and SECRETS[3] in text and SECRETS[0] not in text


def test_a_rehearsal_after_an_erasure_shows_what_is_left_and_not_the_record_of_it(office: Office) -> None:
    erased(office, 1)
    found = office.json("erase", "A", *WORDS, "--dry-run")
    assert [d["n"] for d in found["destroyed"]] == [2]
    assert found["acts"][-1]["data"]["entries"] == [2]


def test_nothing_is_destroyed_that_was_not_named(office: Office) -> None:
    assert "--dry-run" in office.run("erase", "A", *WORDS, exit=2)[1]
    assert there(office) == list(SECRETS)


# the erasure


def test_the_bytes_are_in_no_file_of_the_store_any_more(office: Office) -> None:
    erased(office, 1, 2)
    assert there(office) == []
    assert "B 的电话记录".encode() in office.bytes()  # of the other case nothing was taken


def test_the_bytes_are_gone_though_another_connection_keeps_the_log_open(office: Office) -> None:
    """The daemon has the file open, and is not reading just now."""
    with closing(sqlite3.connect(office.path)) as daemon:
        daemon.execute("SELECT count(*) FROM duban_entry").fetchone()
        office.run("note", "B", "使日志不为空", "--as", "desk")
        assert (office.folder / "office.db-wal").stat().st_size > 0
        erased(office, 1, 2)
        assert there(office) == []


def test_what_stays_is_the_chain_and_the_record_of_the_erasure(office: Office) -> None:
    before = office.query("SELECT data, hash FROM duban_entry WHERE [case]='A' ORDER BY n")
    erased(office, 1, 2)
    after = office.query("SELECT data, hash FROM duban_entry WHERE [case]='A' ORDER BY n")
    assert after[:4] == before and len(after) == 5
    act = json.loads(after[4][0])
    assert (act["kind"], act["body"]["data"]) == ("erased", {"decider": {"role": "boss"}, "entries": [1, 2]})
    [(ground,)] = office.query("SELECT CAST(data AS TEXT) FROM duban_private WHERE [case]='A' AND n=5")
    assert json.loads(ground) == {"ground": "保存期满"}


def test_what_was_lawfully_erased_is_told_apart_from_what_is_broken(office: Office) -> None:
    erased(office, 1, 2)
    found = office.json("audit", "verify")
    assert (found["ok"], found["erased"]) == (True, [["A", 1], ["A", 2]])
    assert "lawfully destroyed: 2" in office.run("audit", "verify")[0]
    office.sql("DELETE FROM duban_private WHERE [case]='B' AND n=1")
    found = office.json("audit", "verify", exit=6)
    assert ([(f["code"], f["case"], f["n"]) for f in found["findings"]], len(found["erased"])) == ([("private_missing", "B", 1)], 2)


def test_an_erasure_changes_no_outcome(office: Office) -> None:
    def outcomes() -> Any:
        found = office.json("replay", "--as-of", "2099-01-01")
        return found["obligations"], found["deviations"]

    def digest(as_of: str) -> str:
        return str(office.json("replay", "--as-of", as_of)["digest"])

    [(now,)] = office.query("SELECT max(recorded) FROM duban_entry")
    before, then = outcomes(), digest(now)
    erased(office, 1, 2)
    assert outcomes() == before
    assert digest(now) == then


def test_the_idempotency_key_still_answers_and_no_digest_of_the_text_is_kept(office: Office) -> None:
    """The digest of a short text lets it be guessed, so it goes with the text."""
    erased(office, 2)
    assert dict(office.query("SELECT key, request FROM duban_answer"))["k2"] == ""
    assert dict(office.query("SELECT key, request FROM duban_answer"))["k1"] != ""
    again = office.json("note", "A", SECRETS[3], "--as", "desk", "--key", "k2")
    assert again["repeated"] is True
    assert version(office) == 5 and SECRETS[3] not in there(office)


def test_a_command_that_shows_the_case_works_without_what_was_erased(office: Office) -> None:
    erased(office, 1, 2)
    for words in (["show", "A"], ["show", "A", "--json"], ["explain", "A", "call"], ["due"]):
        out, _ = office.run(*words)
        assert not any(secret in out for secret in SECRETS)


def test_the_same_erasure_twice_with_one_key_is_one(office: Office) -> None:
    words = ["erase", "A", *WORDS, "--entry", "1", "--key", "e1"]
    office.run(*words)
    assert office.json(*words)["repeated"] is True
    assert version(office) == 5


# what is refused


def test_a_hold_refuses_an_erasure_until_it_is_released(office: Office) -> None:
    office.run("hold", "A", "inspection", "--reason", "上级检查", "--as", "boss")
    for more in ([], ["--dry-run"]):
        assert "refused.hold" in office.run("erase", "A", *WORDS, "--entry", "1", *more, exit=4)[1]
    assert there(office) == list(SECRETS)
    assert "refused.not_allowed" in office.run("release", "A", "1", "--reason", "x", "--as", "boss", exit=4)[1]
    office.run("release", "A", "5", "--reason", "检查结束", "--as", "boss")
    erased(office, 1, 2)
    assert there(office) == []


def test_an_open_case_is_not_erased(office: Office) -> None:
    assert "refused.hold" in office.run("erase", "B", *WORDS, "--entry", "1", exit=4)[1]


def test_only_whom_the_procedure_names_may_decide(office: Office) -> None:
    words = ["--ground", "期满", "--decider", "desk", "--as", "desk", "--entry", "1"]
    assert "refused.role" in office.run("erase", "A", *words, exit=4)[1]
    assert there(office) == list(SECRETS)


def test_an_erasure_needs_its_ground(office: Office) -> None:
    office.run("erase", "A", "--ground", " ", "--decider", "boss", "--as", "boss", "--entry", "1", exit=2)
    assert there(office) == list(SECRETS)


def test_the_record_of_an_erasure_is_not_erased(office: Office) -> None:
    erased(office, 1)
    office.run("erase", "A", *WORDS, "--entry", "5", exit=4)
    assert office.query("SELECT count(*) FROM duban_private WHERE [case]='A' AND n=5") == [(1,)]


@pytest.mark.parametrize("n", ["0", "99", "-1"])
def test_an_entry_that_is_not_there_is_not_erased(office: Office, n: str) -> None:
    out, _ = office.run("erase", "A", *WORDS, f"--entry={n}", exit=7)
    assert out == "" and version(office) == 4
