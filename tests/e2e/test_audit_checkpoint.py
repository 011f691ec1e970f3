"""``duban audit checkpoint`` and ``duban audit verify --checkpoint FILE`` on a store that an insider rewrites."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office, within
from workflow.journal.canonical import canonical
from workflow.journal.note import Note


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    found = Office(tmp_path, capsys)
    found.play("A", "B")
    yield found


def signed(office: Office, *more: str) -> tuple[str, str]:
    """The files of a checkpoint and of the public key."""
    key, note = office.folder / "key", office.folder / "note.txt"
    if not key.exists():
        office.run("audit", "key", "new", "--name", "office.example/duban", "-o", str(key), *more)
    office.run("audit", "checkpoint", "--key", str(key), "-o", str(note))
    return str(note), f"{key}.pub"


def test_a_signed_checkpoint_is_verified_with_its_key(office: Office) -> None:
    note, key = signed(office)
    found = office.json("audit", "verify", "--checkpoint", note, "--key", key)
    assert (found["ok"], found["signature"], found["beyond"]) == (True, "good", 0)
    assert found["checkpoint"] == Path(note).read_text(encoding="utf-8").partition("\n\n")[0] + "\n"
    said, _ = office.run("audit", "verify", "--checkpoint", note)
    assert "signature not checked" in said
    assert "未核验签名" in office.run("audit", "verify", "--checkpoint", note, lang="zh")[0]
    assert "signature of the checkpoint is good" in office.run("audit", "verify", "--checkpoint", note, "--key", key)[0]


def test_the_line_that_is_printed_is_the_short_form(office: Office) -> None:
    printed, _ = office.run("audit", "checkpoint")
    note, line = printed.strip().rsplit("\n", 1)
    assert line.startswith("1:sha256:") and note.startswith("duban\n1\n")
    assert office.json("audit", "verify", "--checkpoint", line)["signature"] is None


def test_a_checkpoint_that_nobody_signed_says_so(office: Office) -> None:
    note = office.folder / "n"
    told = office.json("audit", "checkpoint", "--origin", "镇/督办", "-o", str(note))
    assert told["note"] == note.read_text(encoding="utf-8") and told["note"].startswith("镇/督办\n1\n")
    assert "the checkpoint is not signed" in office.run("audit", "verify", "--checkpoint", str(note))[0]


def test_a_key_is_made_once_and_only_its_owner_reads_it(office: Office) -> None:
    _, public = signed(office)
    private = Path(public.removesuffix(".pub"))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    office.run("audit", "key", "new", "--name", "x", "-o", str(private), exit=2)
    assert private.read_bytes() == before


def test_another_key_and_another_text_are_found(office: Office) -> None:
    note, _ = signed(office)
    other = office.folder / "other"
    office.run("audit", "key", "new", "--name", "other.example", "-o", str(other))
    found = office.json("audit", "verify", "--checkpoint", note, "--key", f"{other}.pub", exit=6)
    assert (found["first"]["code"], found["signature"]) == ("unsigned", "bad")
    path = Path(note)
    path.write_text(path.read_text(encoding="utf-8").replace("office.example/duban\n", "office\n", 1), encoding="utf-8")
    found = office.json("audit", "verify", "--checkpoint", note, "--key", f"{office.folder / 'key'}.pub", exit=6)
    assert found["first"]["code"] == "signature"


def test_later_entries_are_beyond_it_and_an_old_checkpoint_holds(office: Office) -> None:
    note, key = signed(office)
    office.run("note", "A", "之后", "--as", "desk")
    found = office.json("audit", "verify", "--checkpoint", note, "--key", key)
    assert (found["ok"], found["unsealed"], found["beyond"]) == (True, 1, 1)
    old = Path(note).read_bytes()
    signed(office)  # it replaces the file, for it continues what was in it
    (office.folder / "old").write_bytes(old)
    assert Note.parse(old).number == 1 and Note.parse(Path(note).read_bytes()).number == 2
    assert office.json("audit", "verify", "--checkpoint", str(office.folder / "old"), "--key", key)["ok"]
    assert office.json("audit", "verify", "--checkpoint", note, "--key", key)["beyond"] == 0


def test_a_changed_entry_is_named_first_and_a_lost_seal_is_truncation(office: Office) -> None:
    note, key = signed(office)
    office.sql(within("entry", "desk", "boss") + "WHERE [case]='B' AND n=2")
    first = office.json("audit", "verify", "--checkpoint", note, "--key", key, exit=6)["first"]
    assert (first["case"], first["n"]) == ("B", 2)
    office.sql("DELETE FROM duban_seal")
    codes = {(f["code"], f["case"]) for f in office.json("audit", "verify", "--checkpoint", note, exit=6)["findings"]}
    assert ("truncated", "seal 1") in codes


def test_a_seal_that_was_made_anew_contradicts_the_checkpoint_and_is_not_signed_over(office: Office) -> None:
    note, key = signed(office)
    ((data,),) = office.query("SELECT data FROM duban_seal")
    changed = data.replace(b'"recorded":"2', b'"recorded":"3')
    office.sql(f"UPDATE duban_seal SET data = CAST('{changed.decode()}' AS BLOB), hash = 'sha256:{hashlib.sha256(changed).hexdigest()}'")
    assert office.json("audit", "verify")["ok"]
    found = office.json("audit", "verify", "--checkpoint", note, "--key", key, exit=6)
    assert [f["code"] for f in found["findings"]] == ["rewritten"]
    before = Path(note).read_bytes()
    _, said = office.run("audit", "checkpoint", "-o", note, exit=6)
    assert "contradicts the checkpoint before" in said and Path(note).read_bytes() == before


@pytest.mark.parametrize("words", [["--origin", "other.example"], [], ["--key", "other"]])
def test_another_origin_or_key_does_not_replace_a_checkpoint_in_silence(office: Office, words: list[str]) -> None:
    note, _ = signed(office)
    other = str(office.folder / "other")
    office.run("audit", "key", "new", "--name", "office.example/duban", "-o", other)
    before = Path(note).read_bytes()
    given = [other if word == "other" else word for word in words]
    _, said = office.run("audit", "checkpoint", "-o", note, *given, exit=2)
    assert "another origin" in said and Path(note).read_bytes() == before
    office.run("audit", "checkpoint", "-o", f"{note}.2", *given)


def test_heads_that_the_journal_does_not_have_are_found(office: Office) -> None:
    note, _ = signed(office)
    path = Path(note)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("heads 2 ", "heads 5 ", 1), encoding="utf-8")
    assert "heads 2 " in text
    assert office.json("audit", "verify", "--checkpoint", note, exit=6)["first"]["code"] == "heads"
    path.write_text(text.replace("heads 2 sha256", "heads 2 sm3", 1), encoding="utf-8")
    assert office.json("audit", "verify", "--checkpoint", note, exit=6)["first"]["code"] == "algorithm"


def test_what_cannot_be_used_is_bad_input(office: Office) -> None:
    note, key = signed(office)
    private = key.removesuffix(".pub")
    for words in (
        ["verify", "--checkpoint", key],
        ["verify", "--checkpoint", str(office.folder)],
        ["verify", "--checkpoint", "nowhere.txt"],
        ["verify", "--checkpoint", note, "--key", private],
        ["verify", "--checkpoint", note, "--key", "nowhere"],
        ["verify", "--key", key],
        ["checkpoint", "--key", key],
        ["checkpoint", "--signer", "true"],
        ["checkpoint", "--signer", "'", "--key", key],
        ["checkpoint", "--origin", " "],
        ["key", "old", "--name", "x", "-o", "x"],
    ):
        office.run("audit", *words, exit=2)


def test_a_program_that_signs_nothing_is_a_matter_of_settings(office: Office) -> None:
    _, key = signed(office)
    _, said = office.run("audit", "checkpoint", "--key", key, "--signer", "true", exit=78)
    assert "gave no signature" in said


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
def test_a_journal_in_sm3_has_checkpoints_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.run("init", "--algorithm", "sm3")
    office.play("A")
    note, key = signed(office, "--algorithm", "sm3")
    assert office.json("audit", "verify", "--checkpoint", note, "--key", key)["signature"] == "good"
    other = office.folder / "other"
    office.run("audit", "key", "new", "--name", "x", "-o", str(other))
    assert "sm3" in office.run("audit", "checkpoint", "--key", str(other), exit=2)[1]


def test_an_export_is_verified_with_the_checkpoint_and_no_store(office: Office) -> None:
    note, key = signed(office)
    office.run("audit", "export", "-o", str(office.folder / "j.jsonl"))
    office.path.unlink()
    found = office.json("audit", "verify", str(office.folder / "j.jsonl"), "--checkpoint", note, "--key", key)
    assert (found["ok"], found["signature"]) == (True, "good")


def test_nothing_to_seal_is_a_checkpoint_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.run("init")
    told = office.json("audit", "checkpoint", "-o", str(tmp_path / "n"))
    assert (told["number"], told["chains"], told["checkpoint"]) == (0, 0, "0")
    assert office.json("audit", "verify", "--checkpoint", str(tmp_path / "n"))["ok"]
    assert canonical(told)
