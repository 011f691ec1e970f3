"""A small log with several kinds of objects, in the three forms of OCEL 2.0."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Log = dict[str, list[dict[str, Any]]]


def event(id: str, type: str, time: str, *related: tuple[str, str], **values: str) -> dict[str, Any]:
    return {
        "id": id,
        "type": type,
        "time": time,
        "attributes": [{"name": k, "value": v} for k, v in values.items()],
        "relationships": [{"objectId": o, "qualifier": q} for o, q in related],
    }


def thing(id: str, type: str, *values: tuple[str, str, str]) -> dict[str, Any]:
    return {"id": id, "type": type, "attributes": [{"name": n, "time": t, "value": v} for n, t, v in values], "relationships": []}


def log(objects: list[dict[str, Any]], events: list[dict[str, Any]]) -> Log:
    def types(of: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names: dict[str, dict[str, None]] = {}
        for one in of:
            names.setdefault(one["type"], {}).update(dict.fromkeys(v["name"] for v in one["attributes"]))
        return [{"name": t, "attributes": [{"name": n, "type": "string"} for n in found]} for t, found in names.items()]

    return {"objectTypes": types(objects), "eventTypes": types(events), "objects": objects, "events": events}


def as_json(path: Path, found: Log) -> Path:
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return path


def as_xml(path: Path, found: Log) -> Path:
    def values(of: dict[str, Any]) -> str:
        said = []
        for v in of["attributes"]:
            time = f" time={quoteattr(v['time'])}" if "time" in v else ""
            said.append(f"<attribute name={quoteattr(v['name'])}{time}>{escape(v['value'])}</attribute>")
        return f"<attributes>{''.join(said)}</attributes>"

    def related(of: dict[str, Any]) -> str:
        said = [f"<relationship object-id={quoteattr(r['objectId'])} qualifier={quoteattr(r['qualifier'])}/>" for r in of["relationships"]]
        return f"<objects>{''.join(said)}</objects>"

    objects = [f"<object id={quoteattr(o['id'])} type={quoteattr(o['type'])}>{values(o)}<objects/></object>" for o in found["objects"]]
    events = [
        f"<event id={quoteattr(e['id'])} type={quoteattr(e['type'])} time={quoteattr(e['time'])}>{values(e)}{related(e)}</event>"
        for e in found["events"]
    ]
    body = f"<objects>{''.join(objects)}</objects><events>{''.join(events)}</events>"
    path.write_text(f"<?xml version='1.0'?><log><object-types/><event-types/>{body}</log>", encoding="utf-8")
    return path


def as_sqlite(path: Path, found: Log) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(
            "CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT); CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);"
            "CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);"
            "CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);"
            "CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);"
            "CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);"
        )
        for kind, types in (("event", found["eventTypes"]), ("object", found["objectTypes"])):
            for n, said in enumerate(types):
                names = "".join(f', "{a["name"]}" TEXT' for a in said["attributes"])
                changed = ", ocel_changed_field TEXT" if kind == "object" else ""
                db.execute(f"INSERT INTO {kind}_map_type VALUES (?, ?)", (said["name"], f"Type{n}"))
                db.execute(f"CREATE TABLE {kind}_Type{n} (ocel_id TEXT, ocel_time TEXT{changed}{names})")
        tables = {(k, t["name"]): f"{k}_Type{n}" for k in ("event", "object") for n, t in enumerate(found[f"{k}Types"])}
        for o in found["objects"]:
            db.execute("INSERT INTO object VALUES (?, ?)", (o["id"], o["type"]))
            for n, v in enumerate(o["attributes"]):
                changed = v["name"] if n else None
                into = f'{tables["object", o["type"]]} (ocel_id, ocel_time, ocel_changed_field, "{v["name"]}")'
                db.execute(f"INSERT INTO {into} VALUES (?, ?, ?, ?)", (o["id"], v["time"], changed, v["value"]))
        for e in found["events"]:
            db.execute("INSERT INTO event VALUES (?, ?)", (e["id"], e["type"]))
            names = "".join(f', "{v["name"]}"' for v in e["attributes"])
            marks = ", ?" * len(e["attributes"])
            values = (e["id"], e["time"], *(v["value"] for v in e["attributes"]))
            db.execute(f"INSERT INTO {tables['event', e['type']]} (ocel_id, ocel_time{names}) VALUES (?, ?{marks})", values)
            for r in e["relationships"]:
                db.execute("INSERT INTO event_object VALUES (?, ?, ?)", (e["id"], r["objectId"], r["qualifier"]))
    return path
