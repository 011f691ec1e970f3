"""A case that was moved to a new version: in the store, in an export, in an audit, explained in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters import host
from adapters.bundle import audit_bundle, lines, read_bundle
from adapters.calendars import shipped
from adapters.commands.frame import main
from adapters.host import FixedClock, SystemEntropy
from adapters.store.sql import SqlStore
from tests.play import Play, at
from tests.unit.test_migration import NEW, OLD, PLAN, SAID
from workflow import command as c
from workflow.act import MIGRATED, Act
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.explain import why
from workflow.journal.canonical import canonical, digest
from workflow.migration import read_plan
from workflow.moment import Moment
from workflow.procedure.load import load
from workflow.replay import case_document, replay_cases

CHOICES = "obligations: {answer: from_start, default: keep}\n"


@pytest.fixture
def play(tmp_path: Path) -> Play:
    engine = Engine(SqlStore.open(str(tmp_path / "duban.db")), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    play = Play("permit", engine=engine)
    engine.add(load(OLD.encode(), "old.yaml"))
    play.at("03-02 09:00").open("desk")
    engine.add(load(NEW.encode(), "new.yaml"))
    play.at("03-03 09:00").fire("desk", "complete")
    play.at("03-05 09:00")
    engine.migrate(read_plan(PLAN + CHOICES, "plan.yaml"), SAID)
    play.at("03-07 09:00").fire("desk", "publish")
    play.at("03-20 09:00").engine.tick()
    return play


def test_a_new_process_folds_it_to_the_same(play: Play) -> None:
    again = Engine(play.engine.store, play.clock, SystemEntropy(), shipped("cn"), "test")
    assert again.ledger("C") == play.engine.ledger("C")
    ours, theirs = play.engine.case("C").case, again.case("C").case
    assert (theirs.version, theirs.definition, theirs.state) == (ours.version, ours.definition, ours.state)


def test_an_export_holds_both_definitions_and_replays_to_the_same(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text("".join(lines(play.engine, play.clock.now())), encoding="utf-8")
    assert audit_bundle(path).findings == ()
    found = read_bundle(path)
    cases = [(case, [Act.decode(e) for e in entries]) for case, entries in found.cases]
    report = replay_cases(cases, found.rules, found.calendars, found.organisation(found.as_of), found.as_of)
    assert report.cases["C"] == digest(canonical(case_document(play.engine.case("C").case, play.engine.ledger("C"))))
    assert report.deviations["drift"] == 0
    assert set(report.header["definitions"]) == {"permit@1", "permit@2"}  # type: ignore[arg-type]


def test_an_audit_finds_nothing(play: Play) -> None:
    with play.engine.store.read() as view:
        assert audit_store(view).findings == ()


@pytest.mark.parametrize(("old", "new"), [("from_start", "keep"), ('"dropped":["notice#1"]', '"dropped":[]'), ("permit", "p")])
def test_an_export_in_which_the_migration_was_edited_is_refused(old: str, new: str, play: Play, tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    text = "".join(lines(play.engine, play.clock.now()))
    rows = [json.loads(line) for line in text.splitlines()]
    for row in rows:
        if row["type"] == "entry" and f'"kind":"{MIGRATED}"' in row["data"]:
            row["data"] = row["data"].replace(old, new) if old in row["data"] else row["data"].replace("新规程", "旧规程")
    path.write_text("".join(canonical(row).decode() + "\n" for row in rows), encoding="utf-8")
    (finding,) = [f for f in audit_bundle(path).findings if f.code == "edited"]
    assert finding.case == "C"


def test_an_export_without_the_definition_that_it_was_moved_from_is_refused(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    old = next(r.hash for r in play.engine.definitions() if r.procedure.ref == "permit@1")
    kept = [line for line in lines(play.engine, play.clock.now()) if f'"hash":"{old}"' not in line]
    path.write_text("".join(kept), encoding="utf-8")
    missing = [f for f in audit_bundle(path).findings if f.code == "document_missing"]
    moved = next(a.n for a in play.engine.case("C").case.acts if a.kind == MIGRATED)
    assert [(f.case, f.n) for f in missing] == [("C", 1), ("C", moved)]


@pytest.mark.parametrize(
    ("lang", "before", "moved"),
    [("zh", "原定  2026-03-22(周日)24:00  [起算 #1]", "permit@2"), ("en", "before  2026-03-22 (Sun) 24:00  [start #1]", "permit@2")],
)
def test_promise_5_the_explanation_shows_the_date_before_and_the_version_by_which_it_stands(
    lang: str, before: str, moved: str, play: Play
) -> None:
    standing = play.engine.case("C")
    told = "\n".join(why(play.row("answer"), standing.case, play.engine.world(standing)).lines(lang))  # type: ignore[arg-type]
    assert before in told and moved in told
    kept = "\n".join(why(play.row("publish"), standing.case, play.engine.world(standing)).lines(lang))  # type: ignore[arg-type]
    assert "permit@1" in kept


def test_in_a_drill_that_runs_faster_a_new_date_counts_on_its_own_clock(play: Play) -> None:
    play.at("04-01 09:00")
    said = play.said("desk")
    play.engine.open_case("permit@1", c.Open(said=said, what="事", where="地", told_by="人", drill=True, pace=10), case="D")
    play.at("04-01 10:00").engine.migrate(read_plan(PLAN + "cases: [D]\nobligations: {default: from_now}\n", "plan.yaml"), SAID)
    play.case = "D"
    row = play.row("answer")
    assert row.begin is not None and row.begin.moment == Moment.at(at("04-01 10:00"))
    assert play.due("answer") == "04-02 10:30"  # its clock shows 04-01 19:00, and 04-12 00:00 ten days later


RENAMED = NEW.replace("{A1: {", "{B1: {").replace("basis: A1", "basis: B1").replace("open: {zh: 未齐", "fresh: {zh: 未齐")
RENAMED = RENAMED.replace("en: open}", "en: fresh}").replace("initial: open", "initial: fresh").replace("file.open", "file.fresh")
"""The new version with another id for its clause: what stands by the old one rests on a clause that the new one does not know."""


@pytest.fixture
def overdue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a moved case in which a duty was missed that the new version does not have, and one that was kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(host, "clock", lambda: FixedClock(at("03-30 09:00")))
    engine = Engine(SqlStore.open(str(tmp_path / "o.db")), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    play = Play("permit", engine=engine)
    engine.add(load(OLD.encode(), "old.yaml"))
    play.at("03-02 09:00").open("desk")
    engine.add(load(RENAMED.encode(), "new.yaml"))
    play.at("03-14 09:00")
    engine.migrate(read_plan(PLAN + "states: {work.file.open: work.file.fresh}\n", "plan.yaml"), SAID)
    play.at("03-30 09:00").engine.tick()
    engine.close()
    return tmp_path / "o.db"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "words",
    [
        ("show", "C"),
        ("show", "C", "--as-of", "2026-03-05 09:00"),
        ("due",),
        ("explain", "C", "notice"),
        ("explain", "C", "answer"),
        ("leads",),
        ("stats", "--by", "duty"),
        ("trace", "C"),
    ],
    ids=" ".join,
)
def test_every_view_shows_what_stands_by_the_version_before(
    words: tuple[str, ...], lang: str, overdue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ((), ("--json",)):
        assert main(["-v", *words, *more, "--db", str(overdue), "--lang", lang]) in (0, 1), capsys.readouterr().err
    out = capsys.readouterr().out
    assert "answer" in out or "notice" in out
    if words[0] in ("leads", "trace") or words[-1] == "notice":
        assert '"id":"A1"' in out  # the clause of the version before
