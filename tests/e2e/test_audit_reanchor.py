"""``duban audit re-anchor``: a journal goes on in another algorithm, every older proof holds, and no mixture comes about in silence."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters import verifier
from tests.office import Office
from workflow.journal.canonical import canonical
from workflow.journal.note import Note

pytestmark = pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.chdir(tmp_path)
    found = Office(tmp_path, capsys)
    found.play("A", "B")
    yield found


def reanchored(office: Office, algorithm: str = "sm3", target: str = "new.db") -> str:
    """Its first checkpoint; the office goes on in the new store."""
    words = ["audit", "re-anchor", target, "--algorithm", algorithm, "--ground", "密评整改"]
    found = office.json(*words)
    assert found["algorithm"] == algorithm
    office.path = office.folder / target
    return str(found["checkpoint"])


def test_what_was_there_stays_byte_for_byte_and_what_comes_is_in_the_new_algorithm(office: Office) -> None:
    before = office.query("SELECT [case], n, data, hash FROM duban_entry ORDER BY [case], n")
    report = office.json("replay")["digest"]
    first = reanchored(office)
    assert first.startswith("2:sm3:")
    assert office.query("SELECT [case], n, data, hash FROM duban_entry WHERE [case] <> 'monitor' ORDER BY [case], n") == before
    ((kind, data),) = office.query("SELECT kind, data FROM duban_entry WHERE [case] = 'monitor'")
    body = json.loads(data)["body"]
    assert (kind, body["from"], body["to"], body["number"], body["count"]) == ("reanchored", "sha256", "sm3", 1, len(before))
    assert "密评" not in data.decode(), "the ground is free text, and lies in the erasable part"
    office.run("note", "A", "之后", "--as", "desk")
    office.play("C")
    office.run("audit", "seal")
    assert {h.partition(":")[0] for (h,) in office.query("SELECT hash FROM duban_entry WHERE seal > 1")} == {"sm3"}
    found = office.json("audit", "verify", "--checkpoint", first)
    assert (found["ok"], found["algorithm"], found["unsealed"]) == (True, "sm3", 0)
    assert office.json("replay")["digest"] != report  # there is one case more
    assert [c for c, n in office.query("SELECT [case], max(n) FROM duban_entry GROUP BY [case]") if n == 4] == ["A"]


def test_every_checkpoint_and_proof_from_before_holds_after(office: Office) -> None:
    key = str(office.folder / "key")
    office.run("audit", "key", "new", "--name", "x.example", "-o", key)
    old = office.json("audit", "checkpoint", "--key", key, "-o", "old.txt")
    office.run("audit", "prove", "A", "-o", "a.json")
    reanchored(office)
    office.run("note", "A", "之后", "--as", "desk")
    office.run("audit", "checkpoint", "-o", "new.txt")
    for held in ("old.txt", "new.txt", old["line"], old["checkpoint"]):
        assert office.json("audit", "verify", "--checkpoint", held)["ok"], held
    assert office.json("audit", "verify", "--checkpoint", "old.txt", "--key", f"{key}.pub")["signature"] == "good"
    assert office.json("audit", "check-proof", "a.json", "--checkpoint", "old.txt")["ok"]
    for note, entries in (("old.txt", 3), ("new.txt", 4)):
        office.run("audit", "prove", "A", "--checkpoint", note, "-o", "again.json")
        assert office.json("audit", "check-proof", "again.json", "--checkpoint", note)["entries"] == entries
    assert Note.parse(Path("new.txt").read_bytes()).algorithm == "sm3"


def test_growth_over_the_change_is_shown_by_the_journal_and_by_no_path(office: Office) -> None:
    office.run("audit", "checkpoint", "-o", "old.txt")
    reanchored(office)
    assert "re-anchored between" in office.run("audit", "prove", "--since", "old.txt", "-o", "p", exit=2)[1]
    office.run("audit", "checkpoint", "-o", "first.txt")
    office.run("note", "A", "之后", "--as", "desk")
    office.run("audit", "checkpoint", "-o", "second.txt")
    office.run("audit", "prove", "--since", "first.txt", "-o", "p")
    assert office.json("audit", "check-proof", "p", "--since", "first.txt", "--checkpoint", "second.txt")["ok"]


def test_it_can_be_done_again_and_back(office: Office) -> None:
    reanchored(office)
    office.run("note", "A", "之后", "--as", "desk")
    reanchored(office, "sha256", "third.db")
    office.run("note", "A", "再后", "--as", "desk")
    office.run("audit", "checkpoint", "-o", "n.txt")
    found = office.json("audit", "verify", "--checkpoint", "n.txt")
    assert (found["ok"], found["algorithm"]) == (True, "sha256")
    office.run("audit", "prove", "A", "-o", "p")
    assert office.json("audit", "check-proof", "p", "--checkpoint", "n.txt")["entries"] == 5


def test_a_bundle_and_its_single_file_verifier_walk_over_it(office: Office) -> None:
    office.run("audit", "checkpoint", "-o", "old.txt")
    digest = office.json("replay")["digest"]
    reanchored(office)
    office.run("audit", "bundle", "-o", "b", "--checkpoint", "old.txt")
    assert office.json("audit", "verify", "b", "--checkpoint", "old.txt")["ok"]
    assert office.json("replay", "b")["digest"] and digest
    words = [sys.executable, "-I", "-S", verifier.__file__, "b", "--checkpoint", "old.txt"]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stdout


def no_act(line: dict[str, object]) -> bool:
    return '"case":"monitor"' not in str(line.get("data", ""))


def test_a_bundle_without_the_act_is_a_mixture_to_both_verifiers(office: Office) -> None:
    reanchored(office)
    office.run("audit", "bundle", "-o", "b")
    path = office.folder / "b" / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [line for line in lines if no_act(line)]
    kept[-1]["lines"] = len(kept) - 1
    path.write_bytes(b"".join(canonical(line) + b"\n" for line in kept))
    codes = {f["code"] for f in office.json("audit", "verify", "b", exit=6)["findings"]}
    assert "algorithm" in codes
    words = [sys.executable, "-I", "-S", verifier.__file__, "b"]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 6 and "re-anchoring" in done.stdout, done.stdout


def another_algorithm(office: Office) -> None:
    """Somebody changes the fact of the store, and no more."""
    office.sql("UPDATE duban_meta SET value = 'sm3' WHERE key = 'algorithm'")


def without_the_act(office: Office) -> None:
    reanchored(office)
    office.sql("DELETE FROM duban_private WHERE [case] = 'monitor'", "DELETE FROM duban_entry WHERE [case] = 'monitor'")


@pytest.mark.parametrize("attack", [another_algorithm, without_the_act])
def test_a_mixture_without_an_act_is_found(office: Office, attack: Callable[[Office], None]) -> None:
    office.run("audit", "seal")
    attack(office)
    findings = office.json("audit", "verify", exit=6)["findings"]
    assert ("algorithm", "seal 2") in [(f["code"], f["case"]) for f in findings]


def test_an_entry_in_the_other_algorithm_is_found(office: Office) -> None:
    office.run("audit", "seal")
    ((data,),) = office.query("SELECT data FROM duban_entry WHERE [case] = 'A' AND n = 3")
    changed = data.replace(b'"algorithm":"sha256"', b'"algorithm":"sm3"')
    found = hashlib.new("sm3", changed).hexdigest()
    office.sql(f"UPDATE duban_entry SET hash = 'sm3:{found}', data = CAST('{changed.decode()}' AS BLOB) WHERE [case] = 'A' AND n = 3")
    first = office.json("audit", "verify", exit=6)["first"]
    assert (first["code"], first["case"], first["n"]) == ("algorithm", "A", 3)


def test_a_past_that_was_exchanged_after_the_act_is_found_by_the_new_algorithm(office: Office) -> None:
    """As if somebody could make collisions in the old algorithm: the roots of the old era stay, its bytes do not."""
    reanchored(office)
    ((data,),) = office.query("SELECT data FROM duban_entry WHERE [case] = 'A' AND n = 2")
    changed = data.replace(b"desk", b"boss")
    office.sql(f"UPDATE duban_entry SET data = CAST('{changed.decode()}' AS BLOB) WHERE [case] = 'A' AND n = 2")
    findings = office.json("audit", "verify", exit=6)["findings"]
    assert ("anchor", "monitor", 1) in [(f["code"], f["case"], f["n"]) for f in findings]


def test_what_cannot_be_re_anchored_is_refused_and_leaves_nothing(office: Office) -> None:
    words = ["audit", "re-anchor", "new.db", "--algorithm"]
    assert "already" in office.run(*words, "sha256", "--ground", "x", exit=2)[1]
    shutil.copy(office.path, office.folder / "there.db")
    office.run("audit", "re-anchor", "there.db", "--algorithm", "sm3", "--ground", "x", exit=5)
    office.run("audit", "seal")
    office.sql("UPDATE duban_entry SET hash = 'sha256:0' WHERE [case] = 'A' AND n = 2")
    office.run(*words, "sm3", "--ground", "x", exit=6)
    assert not (office.folder / "new.db").exists()
