"""One store with all that cases have to do with each other: links, leads, periods, packs, powers; live, replayed, audited."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from adapters.bundle import lines, read_bundle
from adapters.calendars import shipped
from adapters.host import FixedClock
from adapters.library import find_pack
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from tests.play import Play, _definitions, at
from tests.tamper import Copy, entry_hash
from workflow import command as c
from workflow.act import Act
from workflow.case.clockwork import catch_up
from workflow.engine import Engine
from workflow.errors import BeyondAuthority
from workflow.journal.canonical import canonical, digest
from workflow.obligation.ledger import ledger
from workflow.organisation import CHAIN, Actor
from workflow.ports import Store
from workflow.replay import Report, case_document, replay_cases

ROOT = Path(__file__).resolve().parents[2]
WANTED = ("social-security-incident", "hazard", "accountability", "call-out", "drill-duty", "consultation", "screening-weekly")
LATE, MISSING = "telephone_report/government#1", "written_report/government#1"


class Salt:
    def token(self, size: int) -> bytes:
        return bytes(size)


def played(store: Store | None = None) -> Engine:
    engine = Engine(store or MemoryStore(), FixedClock(at("09-01 00:00")), Salt(), shipped("cn"), "test")
    for found in _definitions():
        if found.procedure.procedure in WANTED:
            engine.add(found)
    play = Play("hazard", engine=engine).at("09-01 00:00")
    engine.organise(shipped_organisation("town"))
    engine.tick()
    pack = find_pack("emergency-report-2015")
    engine.use_packs("social-security-incident", [pack], play.said("town_office"))
    play.at("09-28 09:00").open("village_office", case="H", unit="zhongzhuang")
    play.at("10-01 23:55").engine.tick()
    play.procedure = "social-security-incident"
    known = {"class": "mass", "knew": "2026-10-01 23:52:00", "grade": "major"}
    play.open("informant", known, "10-01 23:50", case="I", unit="zhongzhuang")
    play.case = "H"
    play.fire("duty_officer", "erupted", other="I")
    play.case = "I"
    play.at("10-02 00:34").fire("scene_head", "telephone_report", elements=dict.fromkeys(("time", "place", "nature"), "见记录"))
    with pytest.raises(BeyondAuthority):
        play.fire("town_office", "activate")
    play.record("town_office", "activate")
    play.procedure = "call-out"
    play.at("10-02 00:50").open("town_office", case="T", origin="I", by="call_team")
    for day in range(3, 8):
        play.at(f"10-0{day} 08:00").engine.tick()
    leads = (("I", LATE), ("I", MISSING))
    for case, taken in (("A", leads[:1]), ("B", leads[1:])):
        command = c.Open(said=play.said("proposer"), event="take_lead", what="线索", where="中庄村", told_by="线索清单", leads=taken)
        engine.open_case("accountability", command, case=case)
    engine.do("B", c.Void(said=play.said("proposer"), reason="误立", second=Actor("decider")))
    engine.do("I", c.Dismiss(said=play.said("town_office"), row=MISSING, reason="已核实"))
    engine.organise([({"what": "period", "id": "town", "procedure": "consultation", "every": "week"}, None)])
    for day in ("10-12", "11-02"):
        play.at(f"{day} 08:00").engine.tick()
    engine.seal()
    return engine


@cache
def office() -> Engine:
    """Read only by the tests that share it."""
    return played()


def live(engine: Engine) -> dict[str, str]:
    """The digest of each case as the engine holds it."""
    found, now = {}, engine.clock.now()
    for row in engine.cases():
        standing = engine.case(row.id)
        world = engine.world(standing)
        case = catch_up(standing, world, now).case
        found[row.id] = digest(canonical(case_document(case, ledger(case, world, now))))
    return found


def exported(engine: Engine, folder: Path) -> Report:
    path = folder / "journal.jsonl"
    path.write_text("".join(lines(engine, engine.clock.now())), encoding="utf-8")
    found = read_bundle(path)
    cases = [(case, [Act.decode(e) for e in entries]) for case, entries in found.cases]
    return replay_cases(cases, found.rules, found.calendars, found.organisation(found.as_of), found.as_of)


def test_the_scenario_has_all_of_it() -> None:
    engine = office()
    acts = [a for row in engine.cases() for a in engine.case(row.id).case.acts]
    assert {row.procedure for row in engine.cases()} == set(WANTED)
    assert {key for act in acts for key in ("links", "leads", "taken", "released", "authority", "frequency") if key in act.data} >= {
        "links", "leads", "taken", "released", "authority", "frequency",
    }  # fmt: skip
    assert any("beyond_authority" in act.deviations for act in acts)
    assert "emergency-report-2015" in engine.case("I").case.version


def test_promise_2_live_replayed_and_read_back_from_an_export_it_is_the_same(tmp_path: Path) -> None:
    engine = office()
    report = exported(engine, tmp_path)
    assert report.cases == live(engine) and report.deviations["drift"] == 0


SCRIPT = """
from tests.integration.test_one_store import live, played
engine = played()
with engine.store.read() as view:
    print([row.head for row in view.cases()], sorted(live(engine).items()))
"""


def test_promise_2_hash_seed_zone_and_language_change_no_byte_of_it() -> None:
    def run(**change: str) -> str:
        env = {**os.environ, "PYTHONPATH": str(ROOT), **change}
        return subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    here = run(TZ="Asia/Shanghai", PYTHONHASHSEED="1")
    assert here.count("sha256:") > 20 and run(TZ="America/St_Johns", LC_ALL="C", PYTHONHASHSEED="4242") == here


def edit(copy: Copy, case: str, old: str, new: str) -> None:
    """Change the first entry of a case that says ``old``, and hash it anew, as somebody with every right can."""
    row = next(r for r in copy.of_case(case) if old.encode() in r.data)
    data = row.data.replace(old.encode(), new.encode())
    copy.put(row, data=data, hash=entry_hash(data, "sha256"))


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        ("H", '"case":"I"', '"case":"X"'),
        ("A", '"outcome":"met_late"', '"outcome":"undecided"'),
        ("A", '"suspicion":', '"suspicions":'),
        ("I", f'"taken":["{LATE}"]', '"taken":[]'),
        ("I", f'"released":["{MISSING}"]', '"released":[]'),
        (CHAIN, '"every":"week"', '"every":"year"'),
        (CHAIN, '"role":"command"', '"role":"nobody"'),
        (CHAIN, "emergency-report-2015", "emergency-report-2016"),
    ],
)
def test_promise_10_an_edit_of_it_shows(case: str, old: str, new: str) -> None:
    copy = Copy.of(office().store)
    assert copy.audit()[1] == []
    edit(copy, case, old, new)
    assert {finding.case for finding in copy.audit()[1]} & {case, "seal 1"}


def test_promise_10_a_pack_that_is_in_use_and_not_there_shows() -> None:
    copy = Copy.of(office().store)
    gone = next(found for found, (kind, _, _) in copy.documents.items() if kind == "pack")
    del copy.documents[gone]
    assert [finding.code for finding in copy.audit()[1]] == ["document_missing"]
