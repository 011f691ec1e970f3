"""A journal for other programs: XES and OCEL 2.0 that hold together, say nothing erasable, and replay to the acts of the journal."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from adapters.calendars import shipped
from adapters.commands.exchange import Form, export_for_others
from adapters.eventlog import read_log
from adapters.eventlog.survey import survey
from tests.office import Office, within
from tests.play import Play, at
from workflow.act import DEEDS, Act
from workflow.logmap import LogMap, read_map
from workflow.replay import Judged, replay_log

UNTIL = "10-20 09:00"
MAP = """\
procedure: probe
columns: {case: %s, activity: %s, time: %s, role: %s, actor: %s, sequence: "duban:n"}
activities: {start: start, call: call, paper: paper, step: step, cancel: cancel}
facts: {grade: {column: "fact:grade", type: choice, of: {low: low, high: high}}}
"""
XES = MAP % tuple(f'"{c}"' for c in ("case:concept:name", "concept:name", "time:timestamp", "org:role", "org:resource"))
OCEL = MAP.replace("role: %s, actor: %s, ", "") % ('"ocel:oid"', '"ocel:activity"', '"ocel:timestamp"') + "object_type: case\n"


@pytest.fixture
def play() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", facts={"grade": "low", "name": "李四"}, person="p-7", note="家属张三来电")
    play.at("09-24 10:20").fire("desk", "call")
    play.at("09-24 13:00").record("desk", "paper", happened="09-24 12:30", elements={"place": "镇口"})
    play.at("09-24 14:00").record("boss", "step")
    play.at("09-24 15:00").open("desk", case='案 <2> & "b"')
    play.case = "C"
    play.at("10-10 09:00").record("boss", "cancel", note="张三撤回")
    return play


def written(play: Play, path: Path, form: Form, until: str = UNTIL) -> Path:
    export_for_others(play.engine, form, at(until), path)
    return path


def deeds(acts: Sequence[Act]) -> list[tuple[Any, ...]]:
    found = []
    for act in (a for a in acts if a.kind in DEEDS):
        facts: Any = act.data.get("facts", {})
        found.append((act.name, act.happened, act.actor.role if act.actor else "", act.deviations, facts.get("grade")))
    return found


def replayed(path: Path, play: Play, text: str) -> dict[str, list[tuple[Any, ...]]]:
    words = sorted({w for c in survey(path, bare(text)).columns if c.name in ("concept:name", "ocel:activity") for w in c.words})
    log_map = read_map(text + f"ignore: {json.dumps([w for w in words if w not in bare(text).activities])}\n", "m.yaml")
    found = read_log(path, log_map)
    assert found.unreadable == []
    rules = [r for r in play.engine.definitions() if r.procedure.procedure == "probe"]
    kept: dict[str, list[tuple[Any, ...]]] = {}

    def take(judged: Judged) -> None:
        kept[judged.case.id] = deeds(judged.case.acts)

    replay_log(found.cases, log_map, rules, shipped("cn"), read=found.read, ignored=0, unreadable=0, as_of=at(UNTIL), each=take)
    return kept


def bare(text: str) -> LogMap:
    return read_map(text, "m.yaml")


def test_the_xes_replays_to_the_acts_of_the_journal(play: Play, tmp_path: Path) -> None:
    kept = replayed(written(play, tmp_path / "j.xes", Form.XES), play, XES)
    assert kept["C"] == deeds(play.engine.case("C").case.acts)
    assert [k for k in kept if k != "C"] == ['案 <2> & "b"']


@pytest.mark.parametrize("name", ["j.json", "j.sqlite"])
def test_the_ocel_replays_to_the_acts_of_the_journal_but_for_who_did_them(play: Play, tmp_path: Path, name: str) -> None:
    kept = replayed(written(play, tmp_path / name, Form.OCEL), play, OCEL)
    ours = deeds(play.engine.case("C").case.acts)
    assert [(n, h, g) for n, h, _, _, g in kept["C"]] == [(n, h, g) for n, h, _, _, g in ours]


def test_the_xes_has_the_standard_attributes_and_the_proof_of_each_entry(play: Play, tmp_path: Path) -> None:
    root = ElementTree.parse(written(play, tmp_path / "j.xes", Form.XES)).getroot()
    space = {"x": "http://www.xes-standard.org/"}
    assert [e.get("prefix") for e in root.findall("x:extension", space)] == ["concept", "time", "org", "lifecycle"]
    [first, *_] = root.findall("x:trace[1]/x:event", space)
    said = {a.get("key"): (a.tag.rpartition("}")[2], a.get("value")) for a in first}
    assert said["concept:name"] == ("string", "start") and said["lifecycle:transition"] == ("string", "complete")
    assert said["org:role"] == ("string", "desk") and said["org:resource"] == ("string", "p-7")
    assert said["time:timestamp"] == ("date", "2026-09-24T02:00:00.000+00:00") == said["duban:recorded"]
    with play.engine.store.read() as view:
        assert said["duban:entry"][1] == view.entries("C")[0].hash
    late = root.findall("x:trace[1]/x:event", space)[2]
    kept = {a.get("key"): a.get("value") for a in late}
    assert (kept["time:timestamp"], kept["duban:recorded"]) == ("2026-09-24T04:30:00.000+00:00", "2026-09-24T05:00:00.000+00:00")


def test_packed_xes_is_the_same_and_the_same_each_time(play: Play, tmp_path: Path) -> None:
    plain = written(play, tmp_path / "j.xes", Form.XES).read_bytes()
    packed = written(play, tmp_path / "j.xes.gz", Form.XES).read_bytes()
    assert gzip.decompress(packed) == plain and written(play, tmp_path / "k.xes.gz", Form.XES).read_bytes() == packed


def test_objects_are_cases_duties_roles_and_people_and_every_relation_leads_to_one(play: Play, tmp_path: Path) -> None:
    found = json.loads(written(play, tmp_path / "j.json", Form.OCEL).read_text(encoding="utf-8"))
    types = {o["id"]: o["type"] for o in found["objects"]}
    assert set(types.values()) == {"case", "duty", "role", "person"} == {t["name"] for t in found["objectTypes"]}
    related = [r["objectId"] for thing in (*found["objects"], *found["events"]) for r in thing["relationships"]]
    assert set(related) <= set(types) and len(types) == len(found["objects"])
    declared = {t["name"]: {a["name"] for a in t["attributes"]} for t in (*found["objectTypes"], *found["eventTypes"])}
    assert all({a["name"] for a in thing["attributes"]} <= declared[thing["type"]] for thing in (*found["objects"], *found["events"]))
    ledger = {f"duty:C/{row.key}": row.outcome.value for row in play.engine.ledger("C", at(UNTIL))}
    outcomes = {o["id"]: a["value"] for o in found["objects"] for a in o["attributes"] if a["name"] == "outcome"}
    assert ledger and ledger.items() <= outcomes.items()
    start = next({(r["objectId"], r["qualifier"]) for r in e["relationships"]} for e in found["events"] if e["id"] == "C#1")
    assert {("C", "of"), ("person:p-7", "by"), ("role:desk", "by")} <= start
    assert {"starts", "meets"} <= {r["qualifier"] for e in found["events"] for r in e["relationships"]}


def test_the_database_has_the_tables_keys_and_types_of_the_standard(play: Play, tmp_path: Path) -> None:
    path = written(play, tmp_path / "j.sqlite", Form.OCEL)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        assert db.execute("PRAGMA foreign_key_check").fetchall() == [] and db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for kind in ("event", "object"):
            mapped = dict(db.execute(f"SELECT ocel_type, ocel_type_map FROM {kind}_map_type"))
            there = {t: n for t, n in db.execute(f"SELECT ocel_type, count(*) FROM {kind} GROUP BY 1")}
            assert mapped.keys() == there.keys()
            assert {t: db.execute(f"SELECT count(DISTINCT ocel_id) FROM {kind}_{m}").fetchone()[0] for t, m in mapped.items()} == there


@pytest.mark.parametrize(("form", "name"), [(Form.XES, "j.xes"), (Form.OCEL, "j.json"), (Form.OCEL, "j.sqlite")])
def test_nothing_erasable_leaves(play: Play, tmp_path: Path, form: Form, name: str) -> None:
    found = written(play, tmp_path / name, form).read_bytes()
    assert b"C" in found and [w for w in ("李四", "张三", "镇口", "人") if w.encode() in found] == []


@pytest.mark.parametrize("until", ["09-24 11:00", "09-30 09:00"])
def test_what_was_entered_after_the_as_of_instant_is_not_told(play: Play, tmp_path: Path, until: str) -> None:
    """Nor a transition of the clock that was due by then and entered later."""
    text = written(play, tmp_path / "j.xes", Form.XES, until).read_text(encoding="utf-8")
    acts = [a for case in ("C", '案 <2> & "b"') for a in play.engine.case(case).case.acts]
    assert text.count("<event>") == len([a for a in acts if a.recorded <= at(until)]) < len(acts)
    assert '"sleep"' not in text and any(a.name == "sleep" for a in acts)


def test_a_journal_that_does_not_hold_is_not_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.play("A")
    office.sql(within("entry", "desk", "boss") + "WHERE n = 2")
    _, err = office.run("audit", "export", "--format", "xes", exit=6)
    assert "A" in err


def test_the_command_writes_to_a_file_or_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.play("A")
    out, _ = office.run("audit", "export", "--format", "xes")
    assert out.startswith("<?xml") and out.endswith("</log>\n")
    _, err = office.run("audit", "export", "--format", "ocel", "-o", str(tmp_path / "o.sqlite"))
    assert "wrote" in err and (tmp_path / "o.sqlite").read_bytes().startswith(b"SQLite format 3")
    assert json.loads(office.run("audit", "export", "--format", "ocel")[0])["events"]
