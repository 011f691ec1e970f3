"""A journal as OCEL 2.0, JSON or SQLite: cases, duties, roles and people are objects, entries are events."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from adapters.eventlog.told import ToldCase, Value, stamped

CASE, DUTY, ROLE, PERSON = "case", "duty", "role", "person"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
Related = tuple[str, str]
"""The id of an object, and how something relates to it."""


class _Object(NamedTuple):
    id: str
    type: str
    values: Mapping[str, Value]
    time: datetime
    """From when on the values hold."""
    related: list[Related]


class _Event(NamedTuple):
    id: str
    type: str
    time: datetime
    values: Mapping[str, Value]
    related: list[Related]


class Objects(NamedTuple):
    """A log of objects, ready to be written."""

    objects: dict[str, _Object]
    events: list[_Event]


def objects_of(cases: Iterable[ToldCase], as_of: datetime) -> Objects:
    """The cases as objects and events. Ids of what is no case begin with its type (``duty:``, ``role:``, ``person:``)."""
    log = Objects({}, [])

    def named(kind: str, name: str) -> str:
        found = f"{kind}:{name}"
        log.objects.setdefault(found, _Object(found, kind, {}, _BEGINNING, []))
        return found

    for case in cases:
        log.objects[case.id] = _Object(case.id, CASE, case.values, _BEGINNING, [])
        bearing: dict[int, list[Related]] = {}
        for duty in case.duties:
            name = f"{DUTY}:{case.id}/{duty.key}"
            related = [(case.id, "of")]
            related += [(named(ROLE, role), what) for role, what in ((duty.owed_by, "owed_by"), (duty.owed_to, "owed_to")) if role]
            log.objects[name] = _Object(name, DUTY, duty.values, as_of, related)
            for n, what in duty.acts:
                bearing.setdefault(n, []).append((name, what))
        for event in case.events:
            related = [(case.id, "of")]
            related += [(named(kind, name), "by") for kind, name in ((ROLE, event.role), (PERSON, event.person)) if name]
            related += bearing.get(event.n, [])
            values = event.values | ({"duban:unit": event.unit} if event.unit else {})
            log.events.append(_Event(f"{case.id}#{event.n}", event.name, event.at, values, related))
    return log


def json_lines(log: Objects) -> Iterable[str]:
    """The JSON form."""
    document = {
        "objectTypes": _types(log.objects.values()),
        "eventTypes": _types(log.events),
        "objects": [
            {
                "id": o.id,
                "type": o.type,
                "attributes": [{"name": k, "time": stamped(o.time), "value": _plain(v)} for k, v in o.values.items()],
                "relationships": _relations(o.related),
            }
            for o in log.objects.values()
        ],
        "events": [
            {
                "id": e.id,
                "type": e.type,
                "time": stamped(e.time),
                "attributes": [{"name": k, "value": _plain(v)} for k, v in e.values.items()],
                "relationships": _relations(e.related),
            }
            for e in log.events
        ],
    }
    return [json.dumps(document, ensure_ascii=False, indent=1), "\n"]


def write_sqlite(log: Objects, path: Path) -> None:
    """The relational form, into a new file."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(_TABLES)
        for kind, things in (("object", list(log.objects.values())), ("event", log.events)):
            for number, said in enumerate(_types(things), 1):
                name = str(said["name"])
                table = f"{re.sub(r'[^A-Za-z0-9]', '', name)}{number}"
                columns = [str(a["name"]) for a in said["attributes"]]  # type: ignore[attr-defined]
                changed = ["ocel_changed_field TEXT"] if kind == "object" else []
                marks = [f"{_quoted(c)} TEXT" for c in columns]
                alone = "" if kind == "object" else " PRIMARY KEY"  # an object may have a row for each of its changes
                key = f"FOREIGN KEY (ocel_id) REFERENCES {kind} (ocel_id)"
                db.execute(f"INSERT INTO {kind}_map_type VALUES (?, ?)", (name, table))
                parts = [f"ocel_id TEXT{alone}", "ocel_time TIMESTAMP", *changed, *marks, key]
                db.execute(f"CREATE TABLE {kind}_{table} ({', '.join(parts)})")
                for thing in things:
                    if thing.type == name:
                        values = [_text(thing.values[c]) if c in thing.values else None for c in columns]
                        row = [thing.id, stamped(thing.time), *([None] if kind == "object" else []), *values]
                        db.execute(f"INSERT INTO {kind} VALUES (?, ?)", (thing.id, name))
                        db.execute(f"INSERT INTO {kind}_{table} VALUES ({', '.join('?' * len(row))})", row)
        for o in log.objects.values():
            db.executemany("INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)", [(o.id, *related) for related in o.related])
        for e in log.events:
            db.executemany("INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)", [(e.id, *related) for related in e.related])


_TABLES = """\
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT, FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT, FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type));
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event_object (
  ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
  PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier),
  FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id), FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id)
);
CREATE TABLE object_object (
  ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT,
  PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier),
  FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id), FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id)
);
"""


def _types(things: Iterable[_Object] | Iterable[_Event]) -> list[dict[str, object]]:
    found: dict[str, dict[str, str]] = {}
    for thing in things:
        said = found.setdefault(thing.type, {})
        for name, value in thing.values.items():
            kind = _kind(value)
            said[name] = kind if said.get(name, kind) == kind else "string"
    return [{"name": t, "attributes": [{"name": n, "type": k} for n, k in said.items()]} for t, said in sorted(found.items())]


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "time" if isinstance(value, datetime) else "string"


def _plain(value: Value) -> str | int | bool:
    return stamped(value) if isinstance(value, datetime) else value


def _text(value: Value) -> str:
    plain = _plain(value)
    return ("true" if plain else "false") if isinstance(plain, bool) else str(plain)


def _relations(related: Iterable[Related]) -> list[dict[str, str]]:
    return [{"objectId": name, "qualifier": what} for name, what in dict.fromkeys(related)]


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
