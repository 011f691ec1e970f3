"""``duban audit prove`` and ``check-proof``: one case, complete, with nothing of the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import independent
from tests.office import Office
from workflow.journal.canonical import canonical
from workflow.journal.completeness import Completeness
from workflow.journal.note import Note

CASES = ("A", "B", "C", "D", "E")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    found = Office(tmp_path, capsys)
    found.play(*CASES)
    yield found


def checkpoint(office: Office, name: str = "note") -> str:
    note = office.folder / name
    office.run("audit", "checkpoint", "-o", str(note))
    return str(note)


def proof(office: Office, case: str, *more: str) -> str:
    path = office.folder / f"{case}.proof"
    office.run("audit", "prove", case, "-o", str(path), *more)
    return str(path)


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_shown_complete_with_no_store_and_nothing_of_the_others(office: Office, case: str) -> None:
    note = checkpoint(office)
    path = proof(office, case)
    others = {h for (c, h) in office.query("SELECT [case], hash FROM duban_entry") if c != case}
    office.path.unlink()
    found = office.json("audit", "check-proof", path, "--checkpoint", note)
    assert (found["ok"], found["case"], found["entries"], found["signature"]) == (True, case, 3, "none")
    text = Path(path).read_text(encoding="utf-8")
    assert not [h for h in others if h.partition(":")[2] in text] and "李四" not in text and "电话记录" not in text
    assert len(json.loads(text)["path"]) <= 3
    said, _ = office.run("audit", "check-proof", path)
    assert "all 3 entries as of seal 1" in said and "no checkpoint given" in said
    assert "未核验签名" in office.run("audit", "check-proof", path, "--checkpoint", note, lang="zh")[0]


def test_an_independent_reading_of_the_page_gives_the_same_root(office: Office) -> None:
    """From docs/reference/journal.md alone."""
    note = Note.parse(Path(checkpoint(office)).read_bytes())
    chains: dict[str, list[str]] = {}
    for case, found in office.query("SELECT [case], hash FROM duban_entry ORDER BY [case], n"):
        chains.setdefault(case, []).append(found)

    def name(case: str) -> str:
        return "sha256:" + hashlib.sha256(f"duban-case-1\n{chains[case][0]}\n{json.dumps(case)}".encode()).hexdigest()

    leaves = sorted(json.dumps([name(c), len(e), e[-1]], separators=(",", ":")).encode() for c, e in chains.items())
    assert note.heads == f"sha256:{independent.tree('sha256', leaves).hex()}" and note.chains == len(chains)


def withhold(found: dict[str, Any]) -> None:
    found["entries"].pop()


def withhold_the_first(found: dict[str, Any]) -> None:
    found["entries"].pop(0)


def withhold_everything(found: dict[str, Any]) -> None:
    found["entries"] = []


def edit(found: dict[str, Any]) -> None:
    found["entries"][1]["data"] = found["entries"][1]["data"].replace("desk", "boss")


def edit_and_hash(found: dict[str, Any]) -> None:
    edit(found)
    found["entries"][1]["hash"] = "sha256:" + hashlib.sha256(found["entries"][1]["data"].encode()).hexdigest()


def swap(found: dict[str, Any]) -> None:
    found["entries"][1], found["entries"][2] = found["entries"][2], found["entries"][1]


def another_place(found: dict[str, Any]) -> None:
    found["index"] = (found["index"] + 1) % found["chains"]


def shorter_path(found: dict[str, Any]) -> None:
    found["path"].pop()


def another_case(found: dict[str, Any]) -> None:
    found["case"] = "Z"


def not_an_entry(found: dict[str, Any]) -> None:
    found["entries"][0]["data"] = "{}"


def another_algorithm(found: dict[str, Any]) -> None:
    found["entries"][1]["hash"] = "md5:00"


@pytest.mark.parametrize(
    ("attack", "code", "n"),
    [
        (withhold, "incomplete", 0),
        (withhold_the_first, "misplaced", 1),
        (withhold_everything, "incomplete", 0),
        (edit, "edited", 2),
        (edit_and_hash, "chain", 3),
        (swap, "misplaced", 2),
        (another_place, "incomplete", 0),
        (shorter_path, "incomplete", 0),
        (another_case, "misplaced", 1),
        (not_an_entry, "unreadable", 1),
        (another_algorithm, "edited", 2),
    ],
)
def test_what_was_changed_or_withheld_is_named(office: Office, attack: Callable[[dict[str, Any]], None], code: str, n: int) -> None:
    note = checkpoint(office)
    path = Path(proof(office, "B"))
    found = json.loads(path.read_text(encoding="utf-8"))
    attack(found)
    path.write_bytes(canonical(found))
    first = office.json("audit", "check-proof", str(path), "--checkpoint", note, exit=6)["findings"][0]
    assert (first["code"], first["n"]) == (code, n)
    assert "✗" in office.run("audit", "check-proof", str(path), exit=6)[0]


def test_a_proof_is_about_the_checkpoint_that_is_held(office: Office) -> None:
    """A consistent forgery is complete by itself; it is not what the checkpoint names."""
    old = checkpoint(office, "old")
    office.run("note", "A", "之后", "--as", "desk")
    new = checkpoint(office, "new")
    first, second = proof(office, "B", "--checkpoint", old), proof(office, "A", "--checkpoint", new)
    assert office.json("audit", "check-proof", first, "--checkpoint", old)["ok"]
    assert office.json("audit", "check-proof", first, "--checkpoint", new, exit=6)["findings"][0]["code"] == "heads"
    assert office.json("audit", "check-proof", second, "--checkpoint", new)["entries"] == 4
    assert office.json("audit", "check-proof", proof(office, "A", "--checkpoint", old), "--checkpoint", old)["entries"] == 3


def test_the_signature_is_checked_with_the_key(office: Office) -> None:
    key, note = office.folder / "key", office.folder / "note"
    office.run("audit", "key", "new", "--name", "x.example", "-o", str(key))
    office.run("audit", "checkpoint", "--key", str(key), "-o", str(note))
    words = ["audit", "check-proof", proof(office, "A"), "--checkpoint", str(note)]
    assert office.json(*words, "--key", f"{key}.pub")["signature"] == "good"
    assert office.json(*words)["signature"] == "unchecked"
    note.write_text(note.read_text().replace("x.example", "y.example", 1))
    assert office.json(*words, "--key", f"{key}.pub", exit=6)["signature"] == "bad"


def test_a_proof_outlives_a_lawful_erasure(office: Office) -> None:
    note = checkpoint(office)
    path = proof(office, "A")
    before = Path(path).read_bytes()
    office.sql("DELETE FROM duban_private WHERE [case]='A'")  # what an erasure destroys
    assert Path(proof(office, "A", "--checkpoint", note)).read_bytes() == before


def test_what_cannot_be_proved_is_refused(office: Office) -> None:
    out = str(office.folder / "p")
    assert "no seal covers" in office.run("audit", "prove", "A", "-o", out, exit=2)[1]
    note = checkpoint(office)
    office.run("audit", "prove", "Z", "-o", out, exit=7)
    office.run("audit", "prove", "A", "-o", out, "--checkpoint", "1:sha256:" + "0" * 64, exit=2)
    office.run("audit", "check-proof", note, exit=2)
    office.run("audit", "check-proof", out, exit=2)
    office.sql("UPDATE duban_entry SET hash='sha256:' || substr(hash, 9) || '0' WHERE [case]='A' AND n=2")
    office.run("audit", "prove", "A", "-o", out, exit=6)
    assert not Path(out).exists()


@pytest.mark.parametrize(
    "change",
    [
        {"number": -1},
        {"path": [1]},
        {"path": ["x"]},
        {"path": ["00"]},
        {"format": "x"},
        {"entries": [1]},
        {"algorithm": "md5"},
        {"more": 1},
    ],
)
def test_what_is_no_proof_is_bad_input(office: Office, change: dict[str, Any]) -> None:
    checkpoint(office)
    path = Path(proof(office, "A"))
    found = json.loads(path.read_text(encoding="utf-8"))
    assert bytes(Completeness.parse(path.read_bytes())) + b"\n" == path.read_bytes()
    path.write_bytes(canonical({**found, **change}))
    office.run("audit", "check-proof", str(path), exit=2)
