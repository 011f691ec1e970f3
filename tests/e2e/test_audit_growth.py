"""``duban audit prove --since``, the line for paper, and the letter: checkpoints that are compared, typed again and sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office
from tests.smtp import Mailbox, Scripted
from workflow.journal.canonical import canonical
from workflow.journal.note import Note
from workflow.journal.printed import Printed

MAIL = '[channels.mail]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nsender = "duban@example.org"\ntimeout = 10\n'


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.chdir(tmp_path)
    found = Office(tmp_path, capsys)
    found.play("A", "B")
    yield found


def checkpoint(office: Office, name: str) -> tuple[str, str]:
    """Its file, and its line."""
    path = str(office.folder / name)
    line = str(office.json("audit", "checkpoint", "-o", path)["line"])
    return path, line


def grown(office: Office) -> tuple[tuple[str, str], tuple[str, str], str]:
    """An older and a newer checkpoint, and the proof between them."""
    old = checkpoint(office, "old")
    for text in ("之后", "再后"):
        office.run("note", "A", text, "--as", "desk")
        office.run("audit", "seal")
    new = checkpoint(office, "new")
    proof = str(office.folder / "growth.json")
    office.run("audit", "prove", "--since", old[0], "--checkpoint", new[0], "-o", proof)
    return old, new, proof


def test_two_checkpoints_are_compared_with_no_store_by_file_or_by_line(office: Office) -> None:
    old, new, proof = grown(office)
    office.path.unlink()
    for since in old:
        for now in new:
            found = office.json("audit", "check-proof", proof, "--since", since, "--checkpoint", now)
            assert (found["ok"], found["number"], found["later"]) == (True, 1, 3)
    said, _ = office.run("audit", "check-proof", proof, "--since", old[1], "--checkpoint", new[0])
    assert "checkpoint 3 continues 1" in said and "signature not checked" in said
    assert "two checkpoints are needed" in office.run("audit", "check-proof", proof)[0]
    assert "检查点 3 延续检查点 1" in office.run("audit", "check-proof", proof, "--since", old[0], "--checkpoint", new[1], lang="zh")[0]


def test_a_proof_is_about_the_two_checkpoints_that_are_held(office: Office) -> None:
    old, new, proof = grown(office)
    for since, now in ((new, new), (old, old), (new, old)):
        found = office.json("audit", "check-proof", proof, "--since", since[0], "--checkpoint", now[1], exit=6)
        assert {f["code"] for f in found["findings"]} == {"checkpoint"}
    path = Path(proof)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["path"].pop()
    path.write_bytes(canonical(document))
    assert office.json("audit", "check-proof", proof, exit=6)["findings"][0]["code"] == "rewritten"
    assert "✗ seal 1" in office.run("audit", "check-proof", proof, exit=6)[0]


def test_both_signatures_are_checked_with_the_key(office: Office) -> None:
    key, notes = str(office.folder / "key"), [str(office.folder / name) for name in ("first", "second")]
    office.run("audit", "key", "new", "--name", "x.example", "-o", key)
    office.run("audit", "checkpoint", "--key", key, "-o", notes[0])
    office.run("note", "A", "之后", "--as", "desk")
    office.run("audit", "checkpoint", "--key", key, "-o", notes[1])
    proof = str(office.folder / "p")
    office.run("audit", "prove", "--since", notes[0], "-o", proof)
    words = ["audit", "check-proof", proof, "--since", notes[0], "--checkpoint", notes[1], "--key", f"{key}.pub"]
    assert office.json(*words)["signatures"] == ["good", "good"]
    first = Path(notes[0])
    first.write_text(first.read_text(encoding="utf-8").replace("x.example\n", "y.example\n", 1), encoding="utf-8")
    assert office.json(*words, exit=6)["signatures"] == ["bad", "good"]


def test_a_witness_signs_what_continues_the_checkpoint_it_signed_before_and_nothing_else(office: Office) -> None:
    town, county = "town.key", "county.key"
    for name, key in (("town.example", town), ("county.example", county)):
        office.run("audit", "key", "new", "--name", name, "-o", key)
    office.run("audit", "checkpoint", "--key", town, "-o", "first")
    said, told = office.run("audit", "witness", "first", "--key", county, "-o", "first-w")
    assert "signed by town.example, county.example" in said and "not compared with an earlier" in told
    office.run("note", "A", "之后", "--as", "desk")
    office.run("audit", "checkpoint", "--key", town, "-o", "second")
    office.run("audit", "prove", "--since", "first-w", "-o", "growth")
    growth = ["--key", county, "--since", "first-w", "--proof", "growth"]
    found = office.json("audit", "witness", "second", *growth, "-o", "second-w")
    assert found["signatures"] == ["town.example", "county.example"] and found["note"] == Path("second-w").read_text(encoding="utf-8")
    both = ["--key", f"{town}.pub", "--key", f"{county}.pub"]
    assert office.json("audit", "verify", "--checkpoint", "second-w", *both)["signature"] == "good"
    found = office.json("audit", "verify", "--checkpoint", "second", *both, exit=6)
    assert (found["signature"], found["first"]["code"]) == ("bad", "unsigned")
    forged = Path("second").read_text(encoding="utf-8").replace("\n2\n", "\n3\n", 1)
    Path("forged").write_text(forged, encoding="utf-8")
    office.run("audit", "witness", "forged", *growth, "-o", "forged-w", exit=6)
    assert not Path("forged-w").exists()
    office.run("audit", "witness", "second", "--key", county, "--since", "first", "-o", "x", exit=2)
    office.run("audit", "witness", "second", "--key", county, "--proof", "growth", "-o", "x", exit=2)


def test_a_journal_that_contradicts_the_earlier_checkpoint_has_no_proof(office: Office) -> None:
    old, _, _ = grown(office)
    office.sql("UPDATE duban_seal SET data = CAST(data || ' ' AS BLOB) WHERE number = 1")
    assert "differ from the checkpoint" in office.run("audit", "prove", "--since", old[1], "-o", "p", exit=6)[1]
    office.sql("DELETE FROM duban_seal")
    assert "is gone" in office.run("audit", "prove", "--since", old[0], "-o", "p", exit=6)[1]


def test_what_does_not_go_together_is_bad_input(office: Office) -> None:
    old, new, proof = grown(office)
    sealed = office.json("audit", "seal")["checkpoint"]
    case = str(office.folder / "case.json")
    office.run("audit", "prove", "A", "-o", case)
    for words in (
        ["prove", "-o", "p"],
        ["prove", "A", "--since", old[0], "-o", "p"],
        ["prove", "--since", sealed, "-o", "p"],
        ["prove", "--since", new[0], "--checkpoint", old[0], "-o", "p"],
        ["prove", "A", "--checkpoint", old[1], "-o", "p"],
        ["check-proof", case, "--since", old[0]],
        ["check-proof", proof, "--key", "key"],
        ["check-proof", proof, "--since", old[1][:-1]],
    ):
        office.run("audit", *words, exit=2)
    broken = canonical({**json.loads(Path(proof).read_bytes()), "path": ["00"]})
    Path(proof).write_bytes(broken)
    assert "no proof of growth" in office.run("audit", "check-proof", proof, exit=2)[1]


def test_the_line_is_verified_after_it_was_typed_from_paper(office: Office) -> None:
    path, line = checkpoint(office, "n")
    printed, _ = office.run("audit", "checkpoint")
    assert printed.splitlines()[-2:] == [line, office.json("audit", "seal")["checkpoint"]]
    assert Printed.parse(line) == Printed.of(Note.parse(Path(path).read_bytes()))
    head, _, body = line.rpartition(" ")
    found = office.json("audit", "verify", "--checkpoint", f"{head} {body.upper().replace('-', ' ')}")
    assert (found["ok"], found["beyond"], found["checkpoint"]) == (True, 0, line)
    wrong = line[:-1] + ("q" if line[-1] != "q" else "p")
    assert "mistyped" in office.run("audit", "verify", "--checkpoint", wrong, exit=2)[1]
    office.sql("UPDATE duban_seal SET data = CAST(data || ' ' AS BLOB)")
    codes = [f["code"] for f in office.json("audit", "verify", "--checkpoint", line, exit=6)["findings"]]
    assert "rewritten" in codes


def test_a_checkpoint_goes_by_mail_and_what_arrives_verifies(office: Office) -> None:
    key = str(office.folder / "key")
    office.run("audit", "key", "new", "--name", "x.example", "-o", key)
    with Mailbox() as box:
        (office.folder / "duban.toml").write_text(MAIL.format(port=box.port) + '[channels.notes]\nkind = "file"\npath = "notes.jsonl"\n')
        sent = office.json("audit", "checkpoint", "--key", key, "--to", "email=audit@example.org")
    assert [(told["channel"], told["result"]) for told in sent["sent"]] == [("mail", "accepted")]
    assert [to for _, to in box.envelopes] == [["audit@example.org"]] and not (office.folder / "notes.jsonl").exists()
    (message,) = box.received
    assert "x.example 1" in message["Subject"]
    words, line, note = message.get_content().split("\n\n", 2)
    assert line == sent["line"] and "audit verify" in words
    (office.folder / "saved.txt").write_text(note, encoding="utf-8")
    for held in (line, str(office.folder / "saved.txt")):
        assert office.json("audit", "verify", "--checkpoint", held)["ok"]
    assert office.json("audit", "verify", "--checkpoint", str(office.folder / "saved.txt"), "--key", f"{key}.pub")["signature"] == "good"


def test_a_letter_of_a_checkpoint_that_nobody_signed_has_its_line_and_no_note_that_cannot_be_saved(office: Office) -> None:
    with Mailbox() as box:
        (office.folder / "duban.toml").write_text(MAIL.format(port=box.port))
        sent = office.json("audit", "checkpoint", "--to", "email=audit@example.org")
    assert box.received[0].get_content().split("\n\n")[1].strip() == sent["line"]
    assert len(box.received[0].get_content().split("\n\n")) == 2
    assert office.json("audit", "verify", "--checkpoint", sent["line"])["ok"]


def test_a_letter_that_is_not_taken_is_told_and_the_file_is_there(office: Office) -> None:
    with Scripted({"RCPT": "550 5.1.1 no such user"}) as server:
        (office.folder / "duban.toml").write_text(MAIL.format(port=server.port))
        said, _ = office.run("audit", "checkpoint", "-o", "n", "--to", "email=audit@example.org", exit=1)
    assert "mail  rejected" in said and "550" in said and Path("n").exists()


def test_an_address_for_which_there_is_no_channel_is_refused_before_anything_is_sealed(office: Office) -> None:
    assert "no usable channel" in office.run("audit", "checkpoint", "--to", "email=a@example.org", exit=78)[1]
    office.run("audit", "checkpoint", "--to", "post=x", exit=2)
    assert office.query("SELECT count(*) FROM duban_seal") == [(0,)]
