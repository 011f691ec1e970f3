"""``duban audit`` as an office and an auditor run it, on a SQLite file that somebody edits with a database tool."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import independent
from tests.office import Office, within
from workflow.journal import canonical as module

HAS_SM3 = "sm3" in hashlib.algorithms_available
needs_sm3 = pytest.mark.skipif(not HAS_SM3, reason="this OpenSSL has no SM3")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, capsys)


@pytest.fixture
def sealed(office: Office) -> Iterator[tuple[Office, str]]:
    """An office whose two cases are sealed, and its checkpoint."""
    office.play("A", "B")
    yield office, office.json("audit", "seal")["checkpoint"]


# what an honest journal says of itself


def test_a_sound_journal_verifies_and_says_what_is_not_protected(office: Office) -> None:
    office.play("A")
    found = office.json("audit", "verify")
    assert (found["ok"], found["first"], found["findings"], found["seals"]) == (True, None, [], 0)
    assert found["unsealed"] == found["entries"] == found["beyond"] == 3
    text, _ = office.run("audit", "verify")
    assert "✓" in text and "no seal covers: 3" in text and "no checkpoint given" in text
    text, _ = office.run("audit", "verify", lang="zh")
    assert "日志完整" in text and "未封印的记录:3" in text and "没有给出检查点" in text


def test_a_seal_prints_the_checkpoint_that_verify_takes(office: Office) -> None:
    office.play("A")
    point = office.run("audit", "seal")[0].strip()
    assert point.startswith("1:sha256:")
    office.run("note", "A", "封印之后", "--as", "desk")
    found = office.json("audit", "verify", "--checkpoint", point)
    assert (found["ok"], found["checkpoint"], found["unsealed"], found["beyond"]) == (True, point, 1, 1)


def test_a_second_seal_takes_what_came_later_and_a_third_nothing(office: Office) -> None:
    """S10.3"""
    office.play("A")
    first = office.json("audit", "seal")
    office.run("note", "A", "后来的", "--as", "desk")
    second = office.json("audit", "seal")
    assert (first["count"], second["count"]) == (3, 1)
    assert office.json("audit", "seal") == second  # nothing to seal: the checkpoint that stands
    old = office.json("audit", "verify", "--checkpoint", first["checkpoint"])
    assert (old["ok"], old["unsealed"], old["beyond"]) == (True, 0, 1)
    assert "sealed after the checkpoint: 1" in office.run("audit", "verify", "--checkpoint", first["checkpoint"])[0]


def test_nothing_to_seal_is_no_error(office: Office) -> None:
    office.run("init")
    out, err = office.run("audit", "seal")
    assert out == "" and "nothing to seal" in err
    assert office.json("audit", "seal")["checkpoint"] is None


def test_a_rehearsed_seal_seals_nothing(office: Office) -> None:
    office.play("A")
    assert office.json("audit", "seal", "--dry-run")["count"] == 3
    assert office.json("audit", "verify")["unsealed"] == 3


# what was done with a database tool


@pytest.mark.parametrize(
    ("change", "code", "case", "n"),
    [
        (within("entry", "desk", "boss") + "WHERE [case]='A' AND n=2", "edited", "A", 2),
        ("UPDATE duban_entry SET data = x'00' WHERE [case]='B' AND n=1", "edited", "B", 1),
        ("UPDATE duban_entry SET data = 'text' WHERE [case]='A' AND n=3", "unreadable", "A", 3),
        ("UPDATE duban_entry SET recorded = '2020-01-01T00:00:00.000000Z' WHERE [case]='A' AND n=1", "column", "A", 1),
        ("UPDATE duban_entry SET kind = 'voided' WHERE [case]='B' AND n=2", "column", "B", 2),
        ("UPDATE duban_entry SET n = 9 WHERE [case]='A' AND n=3", "missing", "A", 3),
        ("DELETE FROM duban_entry WHERE [case]='A' AND n=2", "missing", "A", 2),
        ("DELETE FROM duban_entry WHERE [case]='B' AND n=3", "truncated", "B", 3),
        ("DELETE FROM duban_private WHERE [case]='A' AND n=1", "private_missing", "A", 1),
        (within("private", "李四", "王五") + "WHERE [case]='A' AND n=1", "private_altered", "A", 1),
        ("UPDATE duban_private SET salt = x'00' WHERE [case]='B' AND n=1", "private_altered", "B", 1),
        ("UPDATE duban_private SET data = 'text' WHERE [case]='B' AND n=1", "private_altered", "B", 1),
        ("INSERT INTO duban_private VALUES ('B', 77, x'00', x'7b7d')", "private_extra", "B", 77),
        ("UPDATE duban_entry SET seal = NULL WHERE [case]='A' AND n=2", "sealed_entries", "seal 1", 0),
        ("UPDATE duban_seal SET data = x'7b7d'", "seal_edited", "seal 1", 0),
        ("UPDATE duban_seal SET number = 2", "seal_missing", "seal 1", 0),
        ("DELETE FROM duban_seal", "seal_missing", "seal 1", 0),
        ("UPDATE duban_case SET state = '[\"closed\"]' WHERE id='B'", "case_row", "B", 0),
        ("UPDATE duban_case SET state = 'x' WHERE id='B'", "case_row", "B", 0),
        ("UPDATE duban_case SET listed = 0 WHERE id='A'", "case_row", "A", 0),
        ("DELETE FROM duban_case WHERE id='A'", "case_row", "A", 0),
        ("UPDATE duban_due SET due = '2030-01-01T00:00:00.000000Z' WHERE [case]='A' AND due IS NOT NULL", "due_row", "A", 0),
        ("UPDATE duban_due SET due = 'soon' WHERE [case]='A' AND due IS NOT NULL", "case_row", "A", 0),
        ("DELETE FROM duban_due WHERE [case]='B' AND due IS NOT NULL", "due_row", "B", 0),
        (within("blob", "30 minutes", "60 minutes") + "WHERE name='probe@1-1'", "document_missing", "A", 1),
        ("DELETE FROM duban_blob WHERE kind='calendar'", "document_missing", "A", 1),
    ],
)  # fmt: skip
def test_the_first_bad_entry_is_named(sealed: tuple[Office, str], change: str, code: str, case: str, n: int) -> None:
    office, _ = sealed
    office.sql(change)
    found = office.json("audit", "verify", exit=6)
    assert (found["ok"], found["first"]["code"], found["first"]["case"], found["first"]["n"]) == (False, code, case, n), found["findings"]
    assert found["findings"][0] == found["first"]
    line = office.run("audit", "verify", exit=6)[0].splitlines()[0]
    assert line.startswith(f"✗ {case} #{n}  " if n else f"✗ {case}  ") and line.endswith(f"[{code}]")


def test_the_finding_is_said_in_chinese_too(sealed: tuple[Office, str]) -> None:
    office, _ = sealed
    office.sql("DELETE FROM duban_entry WHERE [case]='A' AND n=2")
    assert office.run("audit", "verify", exit=6, lang="zh")[0].splitlines()[0] == "✗ A #2  缺第 2 条 [missing]"


def test_a_whole_case_that_is_gone_is_named(sealed: tuple[Office, str]) -> None:
    office, _ = sealed
    office.sql("DELETE FROM duban_entry WHERE [case]='A'", "DELETE FROM duban_private WHERE [case]='A'")
    first = office.json("audit", "verify", exit=6)["first"]
    assert (first["code"], first["case"], first["n"]) == ("truncated", "A", 1)


def test_evidence_that_vanished_is_not_called_erased(sealed: tuple[Office, str]) -> None:
    office, _ = sealed
    office.sql("DELETE FROM duban_private")
    found = office.json("audit", "verify", exit=6)
    assert found["erased"] == []
    assert {f["code"] for f in found["findings"]} == {"private_missing"} and len(found["findings"]) == 6


def test_an_insider_who_undoes_the_sealing_is_found_with_the_checkpoint(sealed: tuple[Office, str]) -> None:
    office, point = sealed
    office.sql("UPDATE duban_entry SET seal = NULL", "DELETE FROM duban_seal")
    assert office.json("audit", "verify")["unsealed"] == 6
    office.run("audit", "seal")  # he seals it again, a little later
    assert office.json("audit", "verify")["ok"] is True
    first = office.json("audit", "verify", "--checkpoint", point, exit=6)["first"]
    assert (first["code"], first["case"]) == ("rewritten", "seal 1")


def test_a_checkpoint_of_a_seal_that_is_gone_shows_the_truncation(sealed: tuple[Office, str]) -> None:
    office, _ = sealed
    office.run("note", "A", "后来的", "--as", "desk")
    point = office.json("audit", "seal")["checkpoint"]
    office.sql("UPDATE duban_entry SET seal = NULL WHERE seal = 2", "DELETE FROM duban_seal WHERE number = 2")
    assert office.json("audit", "verify")["ok"] is True
    assert office.json("audit", "verify", "--checkpoint", point, exit=6)["first"]["code"] == "truncated"


@pytest.mark.parametrize("point", ["1", "one:sha256:00", "1:sha256:00", "²:sha256:" + "0" * 64])
def test_a_checkpoint_that_cannot_be_read_is_bad_input(office: Office, point: str) -> None:
    office.run("init")
    assert "NUMBER:HASH" in office.run("audit", "verify", "--checkpoint", point, exit=2)[1]


def test_an_edited_entry_is_neither_sealed_nor_exported(office: Office, tmp_path: Path) -> None:
    office.play("A")
    office.sql(within("entry", "desk", "boss") + "WHERE n=2")
    assert "A #2" in office.run("audit", "seal", exit=6)[1]
    assert office.query("SELECT count(*) FROM duban_seal") == [(0,)]


def test_a_calendar_in_use_that_was_edited_does_not_keep_the_audit_from_running(sealed: tuple[Office, str]) -> None:
    """Every other command refuses to work on it; the audit says what it is."""
    office, _ = sealed
    office.sql("INSERT INTO duban_blob (kind, name, digest, data) VALUES ('calendar-in-use', 'cn', 'sha256:00', x'7b7d')")
    assert "audit verify" in office.run("show", "A", exit=6)[1]
    first = office.json("audit", "verify", exit=6)["first"]
    assert (first["code"], first["case"]) == ("document", "calendar-in-use cn")


def test_a_definition_that_was_edited_decides_nothing(sealed: tuple[Office, str]) -> None:
    """A longer term in the store would make late acts timely: it is refused, not believed."""
    office, _ = sealed
    office.sql(within("blob", "30 minutes", "60 minutes") + "WHERE name='probe@1-1'")
    for command in (["show", "A"], ["due"], ["replay"], ["note", "A", "x", "--as", "desk"]):
        assert "audit verify" in office.run(*command, exit=6)[1]


@pytest.mark.parametrize(
    "change",
    [
        within("entry", "desk", "boss") + "WHERE [case]='A' AND n=2",
        "DELETE FROM duban_entry WHERE [case]='A' AND n=2",
        "DELETE FROM duban_entry WHERE [case]='A' AND n=3",
        "UPDATE duban_entry SET data = x'ff' WHERE [case]='A' AND n=1",
    ],
)
def test_a_case_whose_record_was_changed_is_listed_and_the_others_are_judged(sealed: tuple[Office, str], change: str) -> None:
    """One bad case does not hide the rest: what its chain and its row name shows that the seal fits, so it holds for the other case."""
    office, _ = sealed
    whole = office.json("replay")
    office.sql(change)
    out, err = office.run("replay", exit=6)
    assert "not judged: A (" in out and "audit verify" in err
    found = office.json("replay", "--report", str(office.folder / "r.json"), exit=6)
    assert list(found["unverifiable"]) == ["A"] and found["totals"]["cases"] == 2
    assert found["totals"]["obligations"] * 2 == whole["totals"]["obligations"]
    events = found["totals"]["events"]
    assert events["read"] == events["applied"] + events["unreadable"] and events["applied"] == 3
    report = json.loads((office.folder / "r.json").read_bytes())
    assert [(c["case"], c["verdict"] == "unverifiable") for c in report["cases"]] == [("A", True), ("B", False)]
    assert {d["code"] for d in report["cases"][0]["deviations"]} <= {"tampered", "sequence_gap"}
    assert report["summary"]["verdicts"]["unverifiable"] == 1


def test_an_insider_who_hashes_anew_leaves_no_case_of_the_seal_to_be_relied_on(sealed: tuple[Office, str]) -> None:
    """The last entry was replaced by one that links: which case of the seal it was cannot be told from the seal alone."""
    office, _ = sealed
    [(data,)] = office.query("SELECT data FROM duban_entry WHERE [case]='A' AND n=3")
    other = data.replace("镇口".encode(), "村口".encode()).replace(b'"grade":"system"', b'"grade":"own"')
    hashed = "sha256:" + hashlib.sha256(other).hexdigest()
    office.sql(f"UPDATE duban_entry SET data = x'{other.hex()}', hash = '{hashed}' WHERE [case]='A' AND n=3")
    office.sql(f"UPDATE duban_case SET head = '{hashed}' WHERE id='A'")
    found = office.json("replay", exit=6)
    assert other != data and list(found["unverifiable"]) == ["A", "B"] and found["totals"]["obligations"] == 0


def test_a_journal_that_does_not_fit_the_checkpoint_is_not_replayed(sealed: tuple[Office, str]) -> None:
    office, point = sealed
    told = office.json("replay", "--checkpoint", point, "--report", str(office.folder / "r.json"))
    assert told["unverifiable"] == {}
    found = json.loads((office.folder / "r.json").read_bytes())["provenance"]["checkpoint"]
    assert (found["size"], found["root"], found["from"]) == (1, point.partition(":")[2], "given")
    office.sql("DELETE FROM duban_seal")
    out, err = office.run("replay", "--checkpoint", point, exit=6)
    assert out == "" and "seal" in err


def test_a_case_whose_row_is_gone_is_replayed_all_the_same(sealed: tuple[Office, str]) -> None:
    """Promise 1: the events are the truth, not what is derived from them."""
    office, _ = sealed
    before = office.json("replay", "--as-of", "2099-01-01")
    office.sql("DELETE FROM duban_case WHERE id = 'A'")
    assert office.json("replay", "--as-of", "2099-01-01") == before


# exports


def exported(office: Office, name: str = "journal.jsonl") -> Path:
    path = office.folder / name
    office.run("audit", "export", "-o", str(path), "--as-of", "2099-01-01T00:00:00+08:00")
    return path


def test_an_export_is_the_same_bytes_each_time_and_on_standard_output(sealed: tuple[Office, str]) -> None:
    office, _ = sealed
    one, other = exported(office), exported(office, "again.jsonl")
    assert one.read_bytes() == other.read_bytes()
    assert office.run("audit", "export", "--as-of", "2099-01-01T00:00:00+08:00")[0].encode() == one.read_bytes()


def test_an_export_is_verified_elsewhere_without_a_store(sealed: tuple[Office, str], tmp_path: Path) -> None:
    office, point = sealed
    path = exported(office)
    elsewhere = Office(tmp_path / "elsewhere", office._capsys)
    found = elsewhere.json("audit", "verify", str(path), "--checkpoint", point)
    assert (found["ok"], found["entries"], found["seals"], found["beyond"], found["parts"]) == (True, 6, 1, 0, False)
    assert "were not checked" in elsewhere.run("audit", "verify", str(path))[0]
    assert independent.verify(path.read_bytes(), point) == {"entries": 6, "seals": 1}
    other = "1:sha256:" + "0" * 64
    assert elsewhere.json("audit", "verify", str(path), "--checkpoint", other, exit=6)["first"]["code"] == "rewritten"
    assert not elsewhere.path.exists()


def test_nothing_erasable_leaves_the_house(sealed: tuple[Office, str]) -> None:
    office, _ = sealed
    text = "".join(line for line in exported(office).read_text(encoding="utf-8").splitlines() if '"type":"entry"' in line)
    assert [word for word in ("李四", "电话记录", "门诊", "镇口", "家属") if word in text] == []
    assert "李四" in str(office.query("SELECT CAST(data AS TEXT) FROM duban_private"))


def test_the_organisation_is_in_the_export(office: Office) -> None:
    office.run("org", "load", "hospital")
    path = exported(office)
    cases = {
        json.loads(line["data"])["case"]
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if line["type"] == "entry"
    }
    assert cases == {"organisation"}
    assert office.json("audit", "verify", str(path))["ok"] is True
    assert office.json("replay", str(path))["totals"]["cases"] == 0


Edit = Callable[[list[str]], list[str]]


def _changed(kind: str, old: str, new: str) -> Edit:
    def change(lines: list[str]) -> list[str]:
        at = next(i for i, line in enumerate(lines) if f'"type":"{kind}"' in line and old in line)
        return [*lines[:at], lines[at].replace(old, new), *lines[at + 1 :]]

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_changed("entry", r"\"role\":\"desk\"", r"\"role\":\"boss\""), 6),
        (_changed("definition", "30 minutes", "31 minutes"), 6),
        (_changed("calendar", "2026", "2027"), 6),
        (_changed("seal", r"\"count\":6", r"\"count\":5"), 6),
        (_changed("entry", '"seal":1', '"seal":null'), 6),
        (lambda lines: [line for line in lines if '"type":"seal"' not in line], 6),
        (lambda lines: lines[:-1], 6),
        (lambda lines: [*lines[:-2], lines[-1]], 6),
        (lambda lines: [*lines[:-2], lines[-2].replace('":', '": '), lines[-1]], 6),
        (lambda lines: [*lines[:-3], lines[-2], lines[-3], lines[-1]], 6),
        (lambda lines: [*lines, lines[-1]], 2),
        (lambda lines: lines[1:], 2),
        (lambda lines: [*lines[:-1], '{"type":"joke"}\n', lines[-1]], 2),
        (lambda lines: [*lines[:-2], lines[-2][:-40]], 2),
        (lambda lines: [lines[0].replace("journal-1", "journal-9"), *lines[1:]], 2),
        (lambda lines: [lines[0].replace("sha256", "md5"), *lines[1:]], 2),
        (lambda lines: [], 2),
        (lambda lines: ["[" * 100_000 + "\n"], 2),
        (lambda lines: ["\ud800"], 2),
    ],
)  # fmt: skip
def test_of_an_export_that_was_changed_nothing_is_judged_that_does_not_hold(sealed: tuple[Office, str], change: Edit, code: int) -> None:
    office, _ = sealed
    path = exported(office)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_bytes("".join(change(lines)).encode("utf-8", "surrogatepass"))
    out, err = office.run("replay", str(path), exit=code)
    assert "not judged" in out if out else str(path) in err
    assert office.run("audit", "verify", str(path), exit=code)[1 if code == 2 else 0]


def test_entries_that_hold_and_are_no_acts_are_a_matter_of_integrity(office: Office, tmp_path: Path) -> None:
    """Somebody hashed nonsense: the chain is sound, and still nothing is replayed."""
    entry = {
        "algorithm": "sha256",
        "body": {},
        "case": "X",
        "format": 1,
        "kind": "opened",
        "n": 1,
        "prev": independent.name("sha256", b'duban-genesis-1\n"X"'),
        "private": None,
        "recorded": "2026-09-24T02:20:00.000000Z",
    }
    data = module.canonical(entry)
    header = {"algorithm": "sha256", "as_of": "2026-09-30T00:00:00.000000Z", "format": "duban-journal-1", "type": "header"}
    lines = [
        header,
        {"data": data.decode(), "hash": independent.name("sha256", data), "seal": None, "type": "entry"},
        {"lines": 2, "type": "end"},
    ]
    path = tmp_path / "nonsense.jsonl"
    path.write_bytes(b"".join(module.canonical(line) + b"\n" for line in lines))
    assert office.json("audit", "verify", str(path))["ok"] is True
    assert "integrity" in office.run("replay", str(path), exit=6)[1]


def test_a_failed_export_leaves_what_was_there(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.play("A")
    path = exported(office)
    before = path.read_bytes()
    office.sql("UPDATE duban_entry SET data = x'ff' WHERE n=3")
    assert "A #3" in office.run("audit", "export", "-o", str(path), exit=6)[1]
    assert path.read_bytes() == before
    assert sorted(p.name for p in office.folder.iterdir() if not p.name.startswith("office.db")) == ["journal.jsonl"]


def test_an_export_to_where_nothing_can_be_written(office: Office) -> None:
    office.play("A")
    assert "cannot write" in office.run("audit", "export", "-o", str(office.folder / "no" / "such.jsonl"), exit=2)[1]
    assert "cannot write" in office.run("audit", "export", "-o", str(office.folder), exit=2)[1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_export_onto_a_full_disk(office: Office) -> None:
    office.play("A")
    assert "cannot write" in office.run("audit", "export", "-o", "/dev/full", exit=69)[1]
    assert Path("/dev/full").is_char_device()


def test_an_audit_needs_a_store_or_a_file(office: Office) -> None:
    office.run("audit", "verify", exit=69)
    office.run("audit", "verify", str(office.folder / "none.jsonl"), exit=2)
    assert not office.path.exists()


@pytest.mark.parametrize("how", ["process", "here"])
def test_the_exported_demo_verifies_by_the_page_alone(how: str, office: Office) -> None:
    """The real journal of the demo: sealed, exported, and verified by a program that shares no code with ours."""
    office.run("demo", "--keep", str(office.folder))
    office.path = office.folder / "demo.db"
    point = office.json("audit", "seal")["checkpoint"]
    path = exported(office)
    if how == "here":
        assert independent.verify(path.read_bytes(), point)["entries"] == office.json("audit", "verify")["entries"] > 100
        return
    script = (
        "import sys; from pathlib import Path; from tests.independent import verify;"
        "print(verify(Path(sys.argv[1]).read_bytes(), sys.argv[2]), sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path), point], capture_output=True, text=True, encoding="utf-8", check=True)
    assert "'seals': 1" in done.stdout and "workflow" not in done.stdout


# SM3


@needs_sm3
def test_a_journal_in_sm3_from_init_to_replay(office: Office) -> None:
    assert office.json("init", "--algorithm", "sm3") == {"algorithm": "sm3", "dry_run": False, "store": str(office.path)}
    office.play("A", "B")
    point = office.json("audit", "seal")["checkpoint"]
    assert point.startswith("1:sm3:")
    found = office.json("audit", "verify", "--checkpoint", point)
    assert (found["ok"], found["algorithm"], found["entries"]) == (True, "sm3", 6)
    assert {h[:4] for (h,) in office.query("SELECT hash FROM duban_entry")} == {"sm3:"}
    path = exported(office)
    assert independent.verify(path.read_bytes(), point) == {"entries": 6, "seals": 1}
    assert office.json("audit", "verify", str(path), "--checkpoint", point)["ok"] is True
    assert office.json("replay", str(path), "--as-of", "2099-01-01")["digest"] == office.json("replay", "--as-of", "2099-01-01")["digest"]
    office.sql(within("entry", "desk", "boss") + "WHERE [case]='B' AND n=2")
    first = office.json("audit", "verify", exit=6)["first"]
    assert (first["code"], first["case"], first["n"]) == ("edited", "B", 2)


@needs_sm3
def test_the_algorithm_of_a_journal_stays(office: Office) -> None:
    office.run("init", "--algorithm", "sm3")
    before = office.path.read_bytes()
    assert "sm3" in office.run("init", "--algorithm", "sha256", exit=5)[1]
    assert "sm3" in office.run("init", exit=5, lang="zh")[1]
    assert office.path.read_bytes() == before
    office.play("A")
    assert office.json("audit", "verify")["algorithm"] == "sm3"


def test_a_store_is_made_with_sha256_unless_told_otherwise(office: Office) -> None:
    office.run("init", "--dry-run")
    assert not office.path.exists()
    office.run("init")
    assert office.json("audit", "verify")["algorithm"] == "sha256"
    assert office.json("definitions", "list")  # the shipped ones are in it


def test_another_algorithm_is_bad_input_and_makes_nothing(office: Office) -> None:
    office.run("init", "--algorithm", "md5", exit=2)
    assert not office.path.exists()


@pytest.mark.parametrize("dry", [False, True])
def test_where_openssl_has_no_sm3_nothing_is_made(office: Office, monkeypatch: pytest.MonkeyPatch, dry: bool) -> None:
    _without_sm3(monkeypatch)
    assert "OpenSSL" in office.run("init", "--algorithm", "sm3", *(["--dry-run"] if dry else []), exit=78)[1]
    assert list(office.folder.iterdir()) == []


@needs_sm3
def test_where_openssl_has_no_sm3_a_journal_in_it_is_not_called_broken(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.run("init", "--algorithm", "sm3")
    office.play("A")
    _without_sm3(monkeypatch)
    out, err = office.run("audit", "verify", exit=78)
    assert "OpenSSL" in err and "✗" not in out


def _without_sm3(monkeypatch: pytest.MonkeyPatch) -> None:
    def new(name: str, data: bytes = b"") -> Any:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(module.hashlib, "new", new)


def test_another_process_with_another_seed_and_zone_verifies_the_same(sealed: tuple[Office, str]) -> None:
    office, point = sealed
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "cli", "--db", str(office.path), "audit", "verify", "--checkpoint", point, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == office.json("audit", "verify", "--checkpoint", point)
