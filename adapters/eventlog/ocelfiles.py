"""The three forms of OCEL 2.0 files: JSON, XML and SQLite. Nothing in them is executed, no address is opened, no database is changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

from adapters.eventlog.ocel import Occurrence, Ocel
from adapters.eventlog.packed import unpacked
from workflow.errors import DubanError, UnreadableLog
from workflow.text import Text

SQLITE = b"SQLite format 3\0"
MAX_BYTES = 1_000_000_000
"""Of a JSON or XML file, unpacked: it is held in memory."""
_PIECE = 1 << 18
_BEGINNING = "1970-01-01T00:00:00Z"


def read_ocel(path: Path, start: bytes) -> Ocel:
    """The log in a file that begins with ``start``. Raises :class:`~workflow.errors.UnreadableLog`."""
    with _refusing(path):
        if start.startswith(SQLITE):
            return _sqlite(path)
        return _xml(path) if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _json(path)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except DubanError:
        raise
    except sqlite3.Error as error:
        raise _broken(path, str(error)) from None
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, OverflowError) as error:
        raise _broken(path, f"{type(error).__name__} {error}") from None


def _broken(path: Path, reason: str) -> UnreadableLog:
    return UnreadableLog(Text(f"不是 OCEL 2.0,或已损坏:{reason}", f"it is no OCEL 2.0, or a broken one: {reason}"), where=path.name)


def _bounded(path: Path) -> bytes:
    with unpacked(path) as data:
        found = data.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        raise UnreadableLog(Text(f"超过 {MAX_BYTES} 字节", f"it is more than {MAX_BYTES} bytes"), where=path.name)
    return found


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dict | list):
        raise TypeError("a value is no word")
    return str(value)


# JSON


def _json(path: Path) -> Ocel:
    document = json.loads(_bounded(path).decode("utf-8-sig"))
    log = Ocel()
    for said in document["objects"]:
        thing = log.add(_word(said["id"]), _word(said["type"]), path.name)
        for value in said.get("attributes") or ():
            thing.values.setdefault(_word(value["name"]), []).append((_word(value.get("time", _BEGINNING)), _word(value["value"])))
    for said in document["events"]:
        values = {_word(v["name"]): _word(v["value"]) for v in said.get("attributes") or ()}
        related = [(_word(r["objectId"]), _word(r.get("qualifier"))) for r in said.get("relationships") or ()]
        log.events.append(Occurrence(_word(said["id"]), _word(said["type"]), _word(said["time"]), values, related))
    return log


# SQLite


def _sqlite(path: Path) -> Ocel:
    log = Ocel()
    _whole(path)
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = _Rows(connection, tables)
        for row in rows.of("object", "ocel_id", "ocel_type"):
            log.add(row["ocel_id"], row["ocel_type"], path.name)
        for row in rows.of("object_map_type", "ocel_type", "ocel_type_map"):
            for state in rows.of(f"object_{row['ocel_type_map']}", "ocel_id"):
                _take_state(log, state)
        related: dict[str, list[tuple[str, str]]] = {}
        for row in rows.of("event_object", "ocel_event_id", "ocel_object_id", "ocel_qualifier"):
            related.setdefault(row["ocel_event_id"], []).append((row["ocel_object_id"], row["ocel_qualifier"]))
        said: dict[str, dict[str, str]] = {}
        for row in rows.of("event_map_type", "ocel_type", "ocel_type_map"):
            for event in rows.of(f"event_{row['ocel_type_map']}", "ocel_id", "ocel_time"):
                said[event["ocel_id"]] = event
        for row in rows.of("event", "ocel_id", "ocel_type"):
            values = {k: v for k, v in said[row["ocel_id"]].items() if v}
            time = values.pop("ocel_time", "")
            del values["ocel_id"]
            log.events.append(Occurrence(row["ocel_id"], row["ocel_type"], time, values, related.get(row["ocel_id"], [])))
    return log


def _whole(path: Path) -> None:
    """SQLite itself takes a file for what is there of it. Raises :class:`UnreadableLog`."""
    with path.open("rb") as file:
        head = file.read(100).ljust(100, b"\0")
    size = int.from_bytes(head[16:18])
    if path.stat().st_size < (65_536 if size == 1 else size) * int.from_bytes(head[28:32]):
        raise _broken(path, "the file is cut off")
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise UnreadableLog(
            Text("旁边的 -wal 文件里还有内容", "the file -wal beside it holds more"),
            where=path.name,
            hint=Text("用写它的程序关闭数据库后再读", "have the program that writes it close the database first"),
        )


def _take_state(log: Ocel, state: dict[str, str]) -> None:
    """A row of an object's table: all its values at first, and then the one that changed. Some programs write no time of them."""
    values, changed = log.objects[state["ocel_id"]].values, state.get("ocel_changed_field", "")
    for name, value in state.items():
        if name not in ("ocel_id", "ocel_time", "ocel_changed_field") and (name == changed or (value and not changed)):
            values.setdefault(name, []).append((state.get("ocel_time") or _BEGINNING, value))


class _Rows:
    """The rows of tables that are there and are tables."""

    def __init__(self, connection: sqlite3.Connection, tables: set[str]) -> None:
        self._connection = connection
        self._tables = tables

    def of(self, table: str, *columns: str) -> Iterator[dict[str, str]]:
        if table not in self._tables:
            raise ValueError(f"no table {table}")
        quoted = table.replace('"', '""')
        cursor = self._connection.execute(f'SELECT * FROM "{quoted}"')
        names = [column[0] for column in cursor.description]
        missing = [column for column in columns if column not in names]
        if missing:
            raise ValueError(f"no column {', '.join(missing)} in {table}")
        for row in cursor:
            yield {name: _word(value) for name, value in zip(names, row, strict=True)}


# XML


def _xml(path: Path) -> Ocel:
    reader = _Reader(path.name)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, reader.doctype
    data = _bounded(path)
    try:
        for at in range(0, len(data), _PIECE):
            parser.Parse(data[at : at + _PIECE])
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _broken(path, str(error)) from None
    return reader.log


class _Reader:
    """Objects and events of the XML form; their types are told by each of them, so the lists of types are passed over."""

    def __init__(self, where: str) -> None:
        self.log = Ocel()
        self._where = where
        self._open: list[str] = []
        self._id = ""
        self._event: Occurrence | None = None
        self._attribute: tuple[str, str] | None = None
        self._said: list[str] = []

    def start(self, tag: str, given: dict[str, str]) -> None:
        self._open.append(tag)
        if len(self._open) == 1 and tag != "log":
            raise ValueError(f"its root is {tag!r}")
        if len(self._open) > 100:
            raise ValueError("nested deeper than 100 levels")
        inside = self._open[1:2]
        if self._open[1:] == ["objects", "object"]:
            self._id = given["id"]
            self.log.add(self._id, given["type"], self._where)
        elif self._open[1:] == ["events", "event"]:
            self._event = Occurrence(given["id"], given["type"], given["time"], {}, [])
            self.log.events.append(self._event)
        elif tag == "attribute" and inside in (["objects"], ["events"]):
            self._attribute, self._said = (given["name"], given.get("time", _BEGINNING)), []
        elif tag in ("relationship", "relobj", "object") and inside == ["events"] and self._event is not None:
            self._event.related.append((given.get("object-id") or given["id"], given.get("qualifier", "")))

    def end(self, tag: str) -> None:
        if tag == "attribute" and self._attribute is not None:
            name, time = self._attribute
            value = "".join(self._said).strip()
            if self._open[1] == "events" and self._event is not None:
                self._event.attributes[name] = value
            else:
                self.log.objects[self._id].values.setdefault(name, []).append((time, value))
            self._attribute = None
        self._open.pop()

    def text(self, said: str) -> None:
        if self._attribute is not None:
            self._said.append(said)

    def doctype(self, *_: object) -> None:
        said = Text("含有文档类型声明(DTD、实体),拒绝读取", "it has a document type (DTD, entities), which is refused")
        raise UnreadableLog(said, where=self._where)
