"""``duban audit verify --against``: an earlier copy names the entry at which a journal was rewritten."""

from __future__ import annotations

import random
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from adapters.store.memory import MemoryStore
from tests.office import Office
from tests.tamper import Copy
from tests.tampering import ATTACKS, Attack, play
from workflow.audit import audit_store
from workflow.journal.earlier import Earlier


@cache
def journal() -> Copy:
    with play(MemoryStore(), random.Random(5)) as engine:
        return Copy.of(engine.store)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_entry_is_named_at_which_an_insider_departed_from_the_copy(attack: str, seed: int) -> None:
    pristine = journal()
    kept = {(r.case, r.n) for r in pristine.rows}
    copy = deepcopy(pristine)
    (place,) = ATTACKS[attack](Attack(copy, random.Random(f"{attack} {seed}"), insider=True))
    assert audit_store(copy).findings == ()  # type: ignore[arg-type]
    findings = audit_store(copy, None, Earlier(pristine.stored())).findings  # type: ignore[arg-type]
    if place in kept:
        assert (findings[0].case, findings[0].n) == place
        assert findings[0].code == ("truncated" if attack == "truncate" else "rewritten")
    else:
        assert findings == ()  # what was added at the end of a case is no departure from an earlier copy


def test_an_honest_journal_that_grew_has_no_finding() -> None:
    pristine = journal()
    earlier = [r for r in pristine.stored() if r.n < 3]
    assert audit_store(pristine, None, Earlier(earlier)).findings == ()  # type: ignore[arg-type]


def test_an_export_and_a_bundle_serve_as_the_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.play("A", "B")
    export, bundle = str(tmp_path / "e.jsonl"), str(tmp_path / "b.zip")
    office.run("audit", "export", "-o", export)
    office.run("audit", "bundle", "-o", bundle)
    office.run("note", "A", "之后", "--as", "desk")
    for copy in (export, bundle):
        found = office.json("audit", "verify", "--against", copy)
        assert (found["ok"], found["against"]) == (True, copy)
        said, _ = office.run("audit", "verify", "--against", copy)
        assert "every entry of the earlier copy is there" in said and "no checkpoint" not in said
    later = str(tmp_path / "later.jsonl")
    office.run("audit", "export", "-o", later)
    assert office.json("audit", "verify", later, "--against", export)["ok"]
    first = office.json("audit", "verify", export, "--against", later, exit=6)["first"]
    assert (first["code"], first["case"], first["n"]) == ("truncated", "A", 4)


def test_a_copy_that_was_changed_itself_is_not_compared_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.play("A")
    export = tmp_path / "e.jsonl"
    office.run("audit", "export", "-o", str(export))
    export.write_text(export.read_text(encoding="utf-8").replace("desk", "boss"), encoding="utf-8")
    _, said = office.run("audit", "verify", "--against", str(export), exit=6)
    assert "e.jsonl" in said
    office.run("audit", "verify", "--against", "nowhere", exit=2)
