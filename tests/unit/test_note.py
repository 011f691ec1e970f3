"""Checkpoints as signed notes: the form of C2SP, a key and a signature made by another implementation, and everything that is refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import signing
from adapters.signing import CommandSigner, FileSigner, signed, verifies
from workflow.errors import BadInput, ConfigError
from workflow.journal.note import KINDS, PREFIX, Key, Note, Signature

PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = Note("office.example/duban", 3, "sha256:" + "ab" * 32, "sha256:" + "cd" * 32, 7)
"""Key, text and signature line are those of the documentation of Go's ``golang.org/x/mod/sumdb/note``."""


def test_a_key_and_a_signature_of_go_are_ours() -> None:
    signer = FileSigner.parse(PRIVATE)
    assert str(signer) == PRIVATE and str(signer.key) == PUBLIC and Key.parse(PUBLIC + "\n") == signer.key
    made = signer.sign(TEXT.encode())
    assert str(Signature("PeterNeumann", signer.key.id, made)) == LINE
    assert verifies(signer.key.public, TEXT.encode(), made)
    assert not verifies(signer.key.public, TEXT.encode() + b"x", made)
    assert not verifies(signer.key.public, TEXT.encode(), made[:-1])


def test_a_note_has_the_lines_of_a_checkpoint_and_is_read_again() -> None:
    note = signed(NOTE, FileSigner.parse(PRIVATE))
    lines = str(note).split("\n")
    assert lines[:2] == ["office.example/duban", "3"] and lines[2] == "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="
    assert lines[3] == "heads 7 sha256:" + "cd" * 32 and lines[4] == "" and lines[5].startswith("— PeterNeumann x08go")
    assert Note.parse(str(note).encode()) == note
    assert Note.parse(str(NOTE).encode()) == NOTE
    assert note.findings(Key.parse(PUBLIC), verifies) == []


def test_a_journal_in_sm3_has_a_signature_type_of_its_own() -> None:
    seed = bytes(range(32))
    plain, own = FileSigner.of("a.example", "sha256", seed), FileSigner.of("a.example", "sm3", seed)
    assert plain.key.id != own.key.id and plain.key.public == own.key.public
    note = replace(NOTE, root="sm3:" + "ab" * 32, heads="sm3:" + "cd" * 32)
    made = signed(note, own)
    assert made.message == PREFIX + made.text.encode()
    assert Note.parse(str(made).encode()) == made and Key.parse(str(own.key)) == own.key
    assert KINDS["sm3"][0] == 0xFF
    relabelled = replace(made, signatures=(made.signatures[0]._replace(id=plain.key.id),))
    assert [f.code for f in relabelled.findings(plain.key, verifies)] == ["unsigned"]
    with pytest.raises(BadInput, match="sha256"):
        signed(note, plain)


def test_a_signature_of_another_text_and_none_at_all_are_findings() -> None:
    signer = FileSigner.parse(PRIVATE)
    note = signed(NOTE, signer)
    for changed in (replace(note, number=4), replace(note, chains=8), replace(note, origin="x"), replace(note, heads=note.root)):
        assert [f.code for f in changed.findings(signer.key, verifies)] == ["signature"]
    assert [f.code for f in NOTE.findings(signer.key, verifies)] == ["unsigned"]
    other = FileSigner.of("PeterNeumann", "sha256", b"x" * 32)
    both = signed(note, other)
    assert both.findings(other.key, verifies) == both.findings(signer.key, verifies) == []
    broken = replace(both, signatures=(both.signatures[0], both.signatures[1]._replace(data=b"y" * 64)))
    assert broken.findings(signer.key, verifies) == []  # a line of an unknown key is passed over
    assert [f.code for f in broken.findings(other.key, verifies)] == ["signature"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n-3\n"),
        ("\n3\n", "\n3 \n"),
        ("q6ur", "q6u"),
        ("6s=", "6t="),  # not the text that base64 has for these bytes
        ("heads 7", "heads x"),
        ("heads 7", "tails 7"),
        ("sha256:cd", "md5:cd"),
        ("\n\n", "\n"),
        ("\n\n", "\nmore\n\n"),
        ("— Peter", "- Peter"),
        ("— PeterNeumann", "— Peter+Neumann"),
        ("office", "\x01office"),
        ("office.example/duban\n", "\n"),
        ("\n— ", "\n\r— "),
    ],
)
def test_what_is_no_note_is_refused(old: str, new: str) -> None:
    text = str(signed(NOTE, FileSigner.parse(PRIVATE)))
    assert old in text
    with pytest.raises(BadInput):
        Note.parse(text.replace(old, new, 1).encode())


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\n\n", b"x" * 70_000, str(NOTE).encode() + b"\n", str(NOTE).encode() + b"x"])
def test_other_bytes_are_no_note(data: bytes) -> None:
    with pytest.raises(BadInput):
        Note.parse(data)


def test_a_note_with_too_many_signatures_is_refused_and_one_with_many_is_not() -> None:
    line = f"{LINE}\n"
    assert len(Note.parse((str(NOTE) + line * 16).encode()).signatures) == 16
    with pytest.raises(BadInput):
        Note.parse((str(NOTE) + line * 65).encode())


@pytest.mark.parametrize("text", ["", "x", PUBLIC[:-4], PUBLIC.replace("c74f20a3", "c74f20a4"), PRIVATE, "+c74f20a3+AR"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Key.parse(text)


@pytest.mark.parametrize("text", ["", "x", PRIVATE[:-4], PRIVATE.replace("c74f20a3", "c74f20a4"), PUBLIC])
def test_what_is_no_private_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        FileSigner.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u3000b"])
def test_a_name_that_cannot_stand_in_a_line_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        FileSigner.of(name, "sha256", b"x" * 32)


def program(folder: Path, body: str) -> list[str]:
    path = folder / "signer.py"
    path.write_text(f"import base64, sys\nfrom adapters.signing import FileSigner\nsigner = FileSigner.parse({PRIVATE!r})\n{body}\n")
    return [sys.executable, str(path)]


@pytest.mark.parametrize(
    "body",
    [
        "sys.stdout.buffer.write(signer.sign(sys.stdin.buffer.read()))",
        "print(base64.b64encode(signer.sign(sys.stdin.buffer.read())).decode())",
    ],
)
def test_a_program_signs_what_it_reads(tmp_path: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    key = Key.parse(PUBLIC)
    assert signed(NOTE, CommandSigner(key, program(tmp_path, body))).findings(key, verifies) == []


@pytest.mark.parametrize(
    "body", ["sys.exit('no card')", "print('x')", "sys.stdout.write('a' * 64)", "print(base64.b64encode(b'x' * 64).decode())"]
)
def test_a_program_that_does_not_sign_is_told(tmp_path: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with pytest.raises(ConfigError):
        signed(NOTE, CommandSigner(Key.parse(PUBLIC), program(tmp_path, body)))


def test_a_program_that_is_not_there_or_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key.parse(PUBLIC)
    with pytest.raises(ConfigError, match="FileNotFound"):
        signed(NOTE, CommandSigner(key, ["/nowhere/signer"]))
    monkeypatch.setattr(signing, "_SECONDS", 0.2)
    with pytest.raises(ConfigError, match="Timeout"):
        signed(NOTE, CommandSigner(key, [sys.executable, "-c", "import time; time.sleep(30)"]))


def test_without_the_extra_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(ConfigError, match="cryptography"):
        FileSigner.parse(PRIVATE)
