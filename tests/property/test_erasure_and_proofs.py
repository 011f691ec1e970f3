"""What was issued before a lawful erasure holds after it: notes, lines, proofs, and bundles (S9.3, promise 11)."""

from __future__ import annotations

import contextlib
import io
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters import verifier
from adapters.bundle import audit_bundle, read_earlier, write_archive
from tests.examples import examples
from tests.play import Play
from workflow import command as c
from workflow.audit import audit_store
from workflow.errors import DubanError
from workflow.journal.checkpoint import make_note
from workflow.journal.completeness import Completeness
from workflow.journal.eras import Eras
from workflow.journal.growth import Growth
from workflow.journal.note import Note
from workflow.journal.printed import Printed
from workflow.organisation import Actor

BOSS = c.Said(actor=Actor("boss"))
SECRET = "李四住镇东街"
CASES = ("A", "B", "C")
STEPS = st.lists(st.tuples(st.sampled_from(CASES), st.sampled_from(["note", "note", "seal", "take"])), min_size=2, max_size=10)
ERASURES = st.lists(st.tuples(st.sampled_from(CASES), st.sets(st.integers(1, 4), min_size=1)), min_size=1, max_size=4)


@dataclass
class Issued:
    """What others hold: notes, and for each the proofs that were given out with it."""

    notes: list[Note] = field(default_factory=list)
    proofs: list[tuple[str, Note, bytes]] = field(default_factory=list)
    growths: list[tuple[Note, Note, bytes]] = field(default_factory=list)


def proof(view: Any, case: str, note: Note) -> bytes | None:
    found = Completeness.of(case, "sha256", note.number, view.stored())
    return None if found is None else bytes(found)


def growth(view: Any, old: Note, new: Note) -> bytes:
    return bytes(Growth.of(Eras("sha256"), view.stored_seals(), old.number, new.number))


def take(played: Play, issued: Issued) -> None:
    played.engine.seal()
    with played.engine.store.read() as view:
        note = make_note("log", "sha256", view.stored_seals(), view.stored())
        for case in CASES:
            if (found := proof(view, case, note)) is not None:
                issued.proofs.append((case, note, found))
        issued.growths += [(old, note, growth(view, old, note)) for old in issued.notes]
    issued.notes.append(note)


def played(steps: list[tuple[str, str]]) -> tuple[Play, Issued]:
    """Three cases with personal data, closed at the end, and what was issued meanwhile."""
    play, issued = Play("probe").at("09-24 10:00"), Issued()
    for case in CASES:
        play.open("desk", {"name": SECRET}, case=case)
    for case, what in [*steps, (CASES[0], "take")]:
        play.case = case
        play.clock.set(play.clock.now() + timedelta(minutes=3))
        if what == "note":
            play.do(c.Note(said=c.Said(actor=Actor("desk")), text=f"{SECRET} {case}"))
        elif what == "seal":
            play.engine.seal()
        else:
            take(play, issued)
    for case in CASES:
        play.case = case
        play.do(c.Do(said=BOSS, event="close"))
    take(play, issued)
    return play, issued


def erase(play: Play, erasures: list[tuple[str, set[int]]]) -> None:
    """What has no erasable part, or none any more, is refused."""
    for case, entries in erasures:
        play.case = case
        for n in sorted(entries):
            with contextlib.suppress(DubanError):
                play.do(c.Erase(said=BOSS, entries=(n,), ground="期满", decider=Actor("boss")))


@examples(15)
@given(STEPS, ERASURES)
def test_every_note_line_and_proof_from_before_holds_and_is_made_again_byte_for_byte(
    steps: list[tuple[str, str]], erasures: list[tuple[str, set[int]]]
) -> None:
    play, issued = played(steps)
    erase(play, [("A", {1}), *erasures])
    play.engine.seal()
    with play.engine.store.read() as view:
        gone = audit_store(view).erased
        assert ("A", 1) in gone
        for note in issued.notes:
            for held in (note, Printed.parse(str(Printed.of(note)))):
                found = audit_store(view, held)
                assert found.findings == () and found.erased == gone
        for case, note, data in issued.proofs:
            assert Completeness.parse(data).findings(note) == []
            assert proof(view, case, note) == data and SECRET.encode() not in data
        for old, new, data in issued.growths:
            assert Growth.parse(data).findings(old, new) == []
            assert growth(view, old, new) == data
        later = make_note("log", "sha256", view.stored_seals(), view.stored())
        for note in issued.notes:
            assert Growth.parse(growth(view, note, later)).findings(note, later) == []


@examples(8)
@given(STEPS, ERASURES)
def test_every_bundle_from_before_holds_and_the_one_from_after_continues_it(
    steps: list[tuple[str, str]], erasures: list[tuple[str, set[int]]]
) -> None:
    play, issued = played(steps)
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.zip", Path(folder) / "after.zip"
        kept = {f"{i}.txt": str(note).encode() for i, note in enumerate(issued.notes)}
        write_archive(play.engine, before, play.clock.now(), kept)
        erase(play, [("A", {1}), *erasures])
        write_archive(play.engine, after, play.clock.now(), kept)
        for path in (before, after):
            for note in issued.notes:
                assert audit_bundle(path, note).findings == ()
            held = Path(folder) / "note"
            held.write_text(str(issued.notes[-1]), encoding="utf-8")
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                assert verifier.main([str(path), "--checkpoint", str(held)]) == 0, said.getvalue()
        assert audit_bundle(after, None, read_earlier(before)).findings == ()
        with play.engine.store.read() as view:
            assert audit_store(view, None, read_earlier(before)).findings == ()
