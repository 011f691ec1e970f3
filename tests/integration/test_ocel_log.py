"""OCEL 2.0: objects of one type are the cases, whatever form the file has; what does not hold together is refused or counted."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.commands.frame import main
from adapters.eventlog import LogRead, read_log
from adapters.eventlog.convert import convert
from adapters.eventlog.kind import open_table
from tests import ocel
from tests.ocel import event, thing
from workflow.errors import NaiveTime, UnreadableLog
from workflow.logmap import LogMap, read_map

MAP = """\
procedure: service-incident
object_type: incident
columns: {case: "ocel:oid", activity: "ocel:activity", time: "ocel:timestamp", actor: "related:person", role: "object:grade"}
activities: {接报: created, 处置: activated, 办结: resolved}
"""
BEGAN = "1970-01-01T00:00:00Z"
OBJECTS = [
    thing("案1", "incident", ("grade", BEGAN, "一般"), ("grade", "2026-03-02T02:00:00Z", "重大")),
    thing("案2", "incident", ("grade", BEGAN, "一般")),
    thing("张", "person"),
    thing("李", "person"),
]
EVENTS = [
    event("e1", "接报", "2026-03-02T09:00:00+08:00", ("案1", "opens"), ("张", "by"), channel="电话 & <传真>"),
    event("e2", "处置", "2026-03-02T10:30:00+08:00", ("案1", "acts"), ("案2", "acts"), ("案2", "also"), ("李", "by"), ("张", "by")),
    event("e3", "巡查", "2026-03-02T11:00:00+08:00", ("李", "by")),
    event("e4", "办结", "2026-03-02T16:00:00+08:00", ("案1", "")),
]
LOG = ocel.log(OBJECTS, EVENTS)
FORMS: dict[str, Callable[[Path, ocel.Log], Path]] = {"json": ocel.as_json, "xml": ocel.as_xml, "sqlite": ocel.as_sqlite}


def mapped(text: str = MAP) -> LogMap:
    return read_map(text, "m.yaml")


def read(tmp_path: Path, found: Any = LOG, form: str = "json", log_map: LogMap | None = None) -> LogRead:
    path = tmp_path / f"log.{form}"
    path.unlink(missing_ok=True)
    return read_log(FORMS[form](path, found), log_map or mapped())


def refusal(path: Path, log_map: LogMap | None = None) -> str:
    with pytest.raises(UnreadableLog) as caught:
        read_log(path, log_map or mapped())
    assert caught.value.message.zh and path.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_each_object_of_the_type_is_a_case_and_an_event_counts_in_each_of_its_objects(tmp_path: Path, form: str) -> None:
    found = read(tmp_path, form=form)
    assert (found.read, found.unreadable) == (4, [])
    assert [(case, [e.name for e in events]) for case, events in found.cases] == [
        ("案1", ["created", "activated", "resolved"]),
        ("案2", ["activated"]),
    ]
    assert [(e.actor, e.role, str(e.place)) for e in found.cases[0][1]] == [("张", "一般", "1"), ("张、李", "重大", "2"), ("", "重大", "4")]


def test_the_three_forms_give_the_same_rows(tmp_path: Path) -> None:
    tables = [open_table(FORMS[form](tmp_path / f"log.{form}", LOG), mapped()) for form in FORMS]
    rows = [list(table.rows) for table in tables]
    assert rows[0] == rows[1] == rows[2] and len(rows[0]) == 4
    said = ["oid", "activity", "timestamp", "eid", "qualifier"]
    assert tables[0].header == [*(f"ocel:{name}" for name in said), "channel", "object:grade", "related:person"]
    assert rows[0][0][1] == ["案1", "接报", "2026-03-02T09:00:00+08:00", "e1", "opens", "电话 & <传真>", "一般", "张"]
    assert rows[0][2][1][4] == "acts、also"


def test_another_type_gives_other_cases(tmp_path: Path) -> None:
    log_map = mapped(
        MAP.replace("incident\nc", "person\nc").replace(', role: "object:grade"', "").replace("related:person", "related:incident")
    )
    found = read(tmp_path, log_map=log_map)
    assert [(case, [e.actor for e in events]) for case, events in found.cases] == [("张", ["案1", "案1、案2"]), ("李", ["案1、案2", ""])]


def test_without_a_type_in_the_map_or_with_one_that_is_not_there_the_types_are_listed(tmp_path: Path) -> None:
    path = ocel.as_json(tmp_path / "log.json", LOG)
    assert "incident (3), person (3)" in refusal(path, mapped(MAP.replace("object_type: incident\n", "")))
    assert "no object type order" in refusal(path, mapped(MAP.replace("incident\nc", "order\nc")))


def test_a_clock_face_without_a_zone_needs_a_policy(tmp_path: Path) -> None:
    log = ocel.log(OBJECTS, [event("e1", "接报", "2026-03-02 09:00:00", ("案1", ""), ("张", ""))])
    with pytest.raises(NaiveTime):
        read(tmp_path, log, "sqlite")
    [(_, [found])] = read(tmp_path, log, "sqlite", mapped(MAP + "zone: Asia/Shanghai\n")).cases
    assert found.happened.lo.hour == 1


def test_an_event_of_an_object_that_is_not_there_and_an_id_that_was_there_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, ocel.log(OBJECTS, [*EVENTS, event("e5", "办结", "2026-03-03T00:00:00Z", ("案9", "")), EVENTS[0]]))
    assert [(str(u.place), u.reason.en) for u in found.unreadable] == [
        ("5", "it relates to the object 案9, which is not there"),
        ("6", "the event id e1 was there before"),
    ]
    assert found.read == 6


def test_characters_that_cannot_be_encoded_make_a_row_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(ocel.log(OBJECTS, [event("e\ud800", "接报", BEGAN, ("案1", ""))])), encoding="utf-8")
    assert "encoded" in read_log(path, mapped(MAP.replace("related:person", "ocel:eid"))).unreadable[0].reason.en


def test_it_converts_to_parquet_and_is_the_same_log(tmp_path: Path) -> None:
    path = ocel.as_sqlite(tmp_path / "log.sqlite", LOG)
    convert(path, mapped(), tmp_path / "log.parquet")
    assert read_log(tmp_path / "log.parquet", mapped()) == read_log(path, mapped())


def test_it_may_be_packed_and_have_any_name(tmp_path: Path) -> None:
    for form in ("json", "xml"):
        path = tmp_path / "log"
        path.write_bytes(gzip.compress(FORMS[form](tmp_path / "plain", LOG).read_bytes()))
        assert read_log(path, mapped()).read == 4


def test_a_database_is_not_touched(tmp_path: Path) -> None:
    path = ocel.as_sqlite(tmp_path / "log.sqlite", LOG)
    before = path.read_bytes()
    read_log(path, mapped())
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["log.sqlite"]


def test_a_database_with_a_log_beside_it_is_not_read_by_half(tmp_path: Path) -> None:
    path = ocel.as_sqlite(tmp_path / "log.sqlite", LOG)
    (tmp_path / "log.sqlite-wal").write_bytes(b"more")
    assert "-wal" in refusal(path)


def test_a_database_as_pm4py_writes_it_is_read(tmp_path: Path) -> None:
    """No time and no changes in the tables of objects, and the activity a second time as an attribute of the event."""
    path = ocel.as_sqlite(tmp_path / "log.sqlite", ocel.log([thing("案1", "incident", ("grade", BEGAN, "一般")), *OBJECTS[2:]], EVENTS[:1]))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE object_Type0 DROP COLUMN ocel_time")
        db.execute("ALTER TABLE object_Type0 DROP COLUMN ocel_changed_field")
        db.execute('ALTER TABLE event_Type0 ADD COLUMN "ocel:activity" TEXT')
        db.execute("UPDATE event_Type0 SET \"ocel:activity\" = '接报'")
    [(case, [found])] = read_log(path, mapped()).cases
    assert (case, found.name, found.role) == ("案1", "created", "一般")


def test_a_view_in_the_place_of_a_table_is_not_run(tmp_path: Path) -> None:
    path = ocel.as_sqlite(tmp_path / "log.sqlite", LOG)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE event RENAME TO hidden")
        db.execute("CREATE VIEW event AS SELECT * FROM hidden")
    assert "no table event" in refusal(path)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"objects": []}',
        '{"objects": [], "events": [1]}',
        '{"objects": {"a": 1}, "events": []}',
        '{"objects": [{"id": "a", "type": "t"}, {"id": "a", "type": "u"}], "events": []}',
        '{"objects": [{"id": {}, "type": "t"}], "events": []}',
        '{"objects": ' + "[" * 100_000,
        "<log><object-types/><objects>",
        "<log><object-types/><objects><object id='a'/></objects></log>",
        "<!DOCTYPE log [<!ENTITY a 'x'>]><log><object-types/></log>",
    ],
)
def test_what_is_broken_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / ("log.json" if text.startswith("{") else "log.xmlocel")
    path.write_text(text, encoding="utf-8")
    refusal(path)


@pytest.mark.parametrize("cut", [20, 4096, -4000])
def test_a_database_that_is_cut_off_or_another_one_is_refused(tmp_path: Path, cut: int) -> None:
    path = ocel.as_sqlite(tmp_path / "log.sqlite", LOG)
    path.write_bytes(path.read_bytes()[:cut])
    refusal(path)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE x (y)")
    assert "no table object" in refusal(other)


def test_inspect_takes_the_type_with_the_most_events_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ocel.as_json(tmp_path / "log.json", LOG)
    assert main(["log", "inspect", str(path), "--json", "-q", "--draft-map", str(tmp_path / "m.yaml")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["object_type"], found["cases"], found["events"]) == ("incident", 2, 4)
    assert 'object_type: "incident"' in (tmp_path / "m.yaml").read_text(encoding="utf-8")
