"""``duban audit bundle``: checked by our command, by its own verifier in a bare Python, and replayed, all without a store."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import verifier
from adapters.commands.frame import main
from tests.office import Office
from workflow.journal.canonical import canonical

needs_sm3 = pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    found = Office(tmp_path, capsys)
    found.play("A", "B")
    found.run("audit", "checkpoint", "-o", str(tmp_path / "note"))
    yield found


def bundle(office: Office, name: str = "b", *more: str) -> Path:
    path = office.folder / name
    office.run("audit", "bundle", "-o", str(path), "--as-of", "2030-01-01 00:00", "--checkpoint", str(office.folder / "note"), *more)
    return path


def bare(path: Path, *more: str, exit: int = 0, script: Path = Path(verifier.__file__)) -> str:
    """What the verifier prints in a Python that has nothing but its standard library."""
    command = [sys.executable, "-I", "-S", str(script), *([str(path)] if script.parent != path else []), *more]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == exit, (done.stdout, done.stderr)
    return done.stdout


@pytest.mark.parametrize("name", ["b", "b.zip"])
def test_a_bundle_is_verified_and_replayed_with_no_store(office: Office, name: str) -> None:
    path = bundle(office, name)
    office.run("audit", "export", "-o", str(office.folder / "e.jsonl"), "--as-of", "2030-01-01 00:00")
    office.path.unlink()
    found = office.json("audit", "verify", str(path), "--checkpoint", str(office.folder / "note"))
    assert (found["ok"], found["cases"], found["entries"], found["beyond"]) == (True, 2, 6, 0)
    assert office.json("replay", str(path)) == office.json("replay", str(office.folder / "e.jsonl"))
    said = bare(path, "--checkpoint", str(office.folder / "note"))
    assert "2 chains, 6 entries, 1 seals" in said and "signature not checked" in said and "no checkpoint" not in said


def test_it_holds_what_the_page_lists_and_its_own_verifier_runs_in_it(office: Office) -> None:
    path = bundle(office)
    files = {p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()}
    manifest = json.loads((path / "manifest.json").read_bytes())
    assert files == set(manifest["files"]) | {"manifest.json"}
    assert {f for f in files if "/" not in f} == {"journal.jsonl", "organisation.jsonl", "verify.py", "manifest.json"}
    assert {f for f in files if f.startswith("checkpoints/")} == {"checkpoints/bundle.txt", "checkpoints/0001-note"}
    assert {f.partition("/")[0] for f in files if "/" in f} == {"checkpoints", "definitions", "calendars"}
    assert "no checkpoint given" in bare(path, script=path / "verify.py")
    assert len((path / "verify.py").read_text(encoding="utf-8").splitlines()) < 300


def test_the_same_store_gives_the_same_bytes(office: Office) -> None:
    assert bundle(office, "1.zip").read_bytes() == bundle(office, "2.zip").read_bytes()


Line = dict[str, Any]


def of(lines: list[Line], kind: str) -> list[Line]:
    return [line for line in lines if line["type"] == kind]


def hashed(data: str) -> str:
    return "sha256:" + hashlib.sha256(data.encode()).hexdigest()


def edit(lines: list[Line]) -> None:
    of(lines, "entry")[1]["data"] = of(lines, "entry")[1]["data"].replace("desk", "boss")


def edit_and_hash(lines: list[Line]) -> None:
    edit(lines)
    of(lines, "entry")[1]["hash"] = hashed(of(lines, "entry")[1]["data"])


def delete(lines: list[Line]) -> None:
    lines.remove(of(lines, "entry")[1])


def truncate(lines: list[Line]) -> None:
    lines.remove(of(lines, "entry")[-1])


def insert(lines: list[Line]) -> None:
    lines.insert(lines.index(of(lines, "entry")[1]), of(lines, "entry")[1])


def swap(lines: list[Line]) -> None:
    i, j = (lines.index(x) for x in of(lines, "entry")[:2])
    lines[i], lines[j] = lines[j], lines[i]


def edit_a_seal(lines: list[Line]) -> None:
    of(lines, "seal")[0]["data"] = of(lines, "seal")[0]["data"].replace('"count":', '"count":1')


def unseal(lines: list[Line]) -> None:
    of(lines, "entry")[0]["seal"] = None


def another_seal(lines: list[Line]) -> None:
    of(lines, "entry")[0]["seal"] = 2


def edit_a_definition(lines: list[Line]) -> None:
    found = of(lines, "definition")[0]
    found["data"] = found["data"].replace('"version"', '"versiom"')


def lose_the_definitions(lines: list[Line]) -> None:
    for line in of(lines, "definition"):
        lines.remove(line)


def counted(lines: list[Line]) -> None:
    lines[-1]["lines"] = len(lines) - 1


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (edit, "A #2"),
        (edit_and_hash, "A #3"),
        (delete, "A #2"),
        (insert, "A #3"),
        (swap, "A #1"),
        (truncate, "seal 1"),
        (edit_a_seal, "seal 1"),
        (unseal, "seal 1"),
        (another_seal, "seal 1"),
        (edit_a_definition, "definition"),
        (lose_the_definitions, "A #1"),
    ],
    ids=lambda a: a.__name__ if callable(a) else a,
)
def test_the_verifier_finds_what_was_done_by_somebody_who_also_makes_the_manifest(
    office: Office, attack: Callable[[list[Line]], None], named: str
) -> None:
    path = bundle(office)
    journal = path / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    attack(lines)
    counted(lines)
    journal.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    first = office.json("audit", "verify", str(path), exit=6)["findings"]
    assert "manifest" in {f["code"] for f in first}
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["files"]["journal.jsonl"] = "sha256:" + hashlib.sha256(journal.read_bytes()).hexdigest()
    (path / "manifest.json").write_bytes(canonical(manifest) + b"\n")
    said = bare(path, exit=6)
    assert said.startswith(f"✗ {named}"), said
    assert office.json("audit", "verify", str(path), exit=6)["first"]["code"] != "manifest"
    office.run("replay", str(path), exit=6)


def lost(path: Path) -> None:
    next((path / "calendars").iterdir()).unlink()


def added(path: Path) -> None:
    (path / "more.txt").write_text("x")


def changed(path: Path) -> None:
    (path / "verify.py").write_text("print('ok')")


@pytest.mark.parametrize("attack", [lost, added, changed])
def test_files_that_do_not_fit_the_manifest_are_named(office: Office, attack: Callable[[Path], None]) -> None:
    path = bundle(office)
    attack(path)
    assert office.json("audit", "verify", str(path), exit=6)["first"]["code"] == "manifest"
    bare(path, exit=6)
    office.run("replay", str(path), exit=6)


def test_a_document_under_another_name_is_named_though_the_manifest_fits(office: Office) -> None:
    path = bundle(office)
    one = next((path / "definitions").iterdir())
    one.write_bytes(b"{}")
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["files"][f"definitions/{one.name}"] = hashed("{}")
    (path / "manifest.json").write_bytes(canonical(manifest) + b"\n")
    assert office.json("audit", "verify", str(path), exit=6)["first"]["code"] == "manifest"
    assert one.name in bare(path, exit=6)


def test_a_rewrite_of_everything_shows_by_a_checkpoint_that_was_held(office: Office) -> None:
    path = bundle(office)
    held = office.folder / "note"
    point = office.json("audit", "seal")["checkpoint"]
    bare(path, "--checkpoint", point, "--checkpoint", str(held))
    assert bare(path, "--checkpoint", point[:-1] + ("0" if point[-1] != "0" else "1"), exit=6).startswith("✗ seal 1")
    text = held.read_text(encoding="utf-8")
    for old, new in (("duban\n1\n", "duban\n2\n"), ("heads 2", "heads 3")):
        assert old in text
        held.write_text(text.replace(old, new), encoding="utf-8")
        bare(path, "--checkpoint", str(held), exit=6)
    root = text.split("\n")[2]
    held.write_text(text.replace(root, "A" * 43 + "="), encoding="utf-8")
    bare(path, "--checkpoint", str(held), exit=6)


def test_what_is_no_bundle_is_refused(office: Office) -> None:
    path = bundle(office)
    empty, text = office.folder / "empty", office.folder / "text"
    empty.mkdir()
    text.write_text("x")
    (path / "manifest.json").write_text('{"files":{},"format":"x"}')
    broken = office.folder / "x.zip"
    with zipfile.ZipFile(broken, "w") as file:
        file.writestr("other", "x")
    for one in (path, empty, broken):
        office.run("audit", "verify", str(one), exit=2)
        bare(one, exit=2)
    bare(text, exit=2)
    assert "journal.jsonl" in office.run("replay", str(empty), exit=2)[1]


def test_a_damaged_zip_is_no_false_figure(office: Office) -> None:
    path = bundle(office, "b.zip")
    whole = path.read_bytes()
    for i in range(200, len(whole), len(whole) // 12):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1 :])
        command = [sys.executable, "-I", "-S", verifier.__file__, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode in (2, 6) or "✓ whole: 2 chains, 6 entries, 1 seals" in done.stdout, (i, done.stdout, done.stderr)
        code = main(["--db", "none.db", "audit", "verify", str(path)])
        assert code == done.returncode or (code, done.returncode) in ((2, 6), (6, 2)), i


def test_nothing_is_overwritten_that_should_not_be(office: Office) -> None:
    path = bundle(office)
    before = sorted(path.rglob("*"))
    office.run("audit", "bundle", "-o", str(path), exit=2)
    office.run("audit", "bundle", "-o", str(office.folder / "no" / "where.zip"), exit=2)
    office.run("audit", "bundle", "-o", str(office.folder / "c"), "--checkpoint", "1:sha256:" + "0" * 64, exit=2)
    assert sorted(path.rglob("*")) == before and not list(office.folder.glob(".*"))


@needs_sm3
def test_a_journal_in_sm3_is_verified_by_a_bare_python_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.run("init", "--algorithm", "sm3")
    office.play("A")
    office.run("audit", "checkpoint", "-o", str(tmp_path / "note"))
    path = bundle(office, "b.zip")
    bare(path, "--checkpoint", str(tmp_path / "note"))
    assert office.json("audit", "verify", str(path))["ok"]
