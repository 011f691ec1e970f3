"""OCEL 2.0 logs (JSON, XML, SQLite) as tables: each object of one type is a case, and an event is a row of every such object it relates to.

``docs/reference/log-map.md`` lists the columns. The log is held in memory as a whole: relations point anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from adapters.eventlog.table import Table
from workflow.errors import UnreadableLog
from workflow.logevent import Place
from workflow.text import Text

OBJECT, ACTIVITY, TIME, EVENT, QUALIFIER = "ocel:oid", "ocel:activity", "ocel:timestamp", "ocel:eid", "ocel:qualifier"
OF_OBJECT, RELATED = "object:", "related:"
"""Prefixes of the columns with the attributes of the object, and with the other objects of an event, by their type."""
_RESERVED = "ocel:"
"""Attributes of events called so are left out: some programs write the activity a second time as one."""
BETWEEN = "、"
"""Stands between the ids of several objects in one field."""
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Thing:
    """An object: its type, and what each attribute was from when on."""

    type: str
    values: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Attribute → time and value, in the order of the file."""


class Occurrence(NamedTuple):
    """An event, with the ids of the objects it relates to and how it does."""

    id: str
    type: str
    time: str
    attributes: dict[str, str]
    related: list[tuple[str, str]]


@dataclass(slots=True)
class Ocel:
    objects: dict[str, Thing] = field(default_factory=dict)
    events: list[Occurrence] = field(default_factory=list)

    def types(self) -> Counter[str]:
        """Type of object → events that relate to one, the most first; a type without any is there as well."""
        found = Counter({thing.type: 0 for thing in self.objects.values()})
        for event in self.events:
            found.update({self.objects[i].type for i, _ in event.related if i in self.objects})
        return Counter(dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))))

    def add(self, name: str, kind: str, where: str) -> Thing:
        """The object of this id, which may be named more than once. Raises :class:`UnreadableLog` for one of two types."""
        found = self.objects.setdefault(name, Thing(kind))
        if found.type != kind:
            raise UnreadableLog(Text(f"对象 {name} 有两种类型", f"the object {name} has two types"), where=where)
        return found


def ocel_table(log: Ocel, object_type: str | None, path: Path) -> Table:
    """The rows of the objects of one type, in the order of the events. A place is the number of the event.

    An event that relates to no object of the type is no row; one that relates to an object that is not there, or whose id was there
    before, is an unreadable one. Raises :class:`~workflow.errors.UnreadableLog` where the type is not named or there is none of it.
    """
    types = log.types()
    if object_type is None or object_type not in types:
        listed = [f"{name} ({count})" for name, count in types.items()]
        raise UnreadableLog(
            Text(f"没有对象类型 {object_type}", f"there is no object type {object_type}")
            if object_type
            else Text("OCEL 日志需要映射写明 object_type", "for an OCEL log the map must name its object_type"),
            where=path.name,
            hint=Text("现有类型(事件数):" + "、".join(listed), "it has (events): " + ", ".join(listed)),
        )
    attributes = list(dict.fromkeys(name for event in log.events for name in event.attributes if not name.startswith(_RESERVED)))
    own = list(dict.fromkeys(name for thing in log.objects.values() if thing.type == object_type for name in thing.values))
    others = [name for name in types if name != object_type]
    header = [OBJECT, ACTIVITY, TIME, EVENT, QUALIFIER, *attributes, *(OF_OBJECT + n for n in own), *(RELATED + n for n in others)]
    return Table(header, _rows(log, object_type, attributes, own, others), typed=True)


def _rows(
    log: Ocel, object_type: str, attributes: list[str], own: list[str], others: list[str]
) -> Iterator[tuple[Place, list[str] | Text]]:
    seen: set[str] = set()
    for number, event in enumerate(log.events, 1):
        place = Place(number)
        if event.id in seen:
            yield place, Text(f"事件编号 {event.id} 重复", f"the event id {event.id} was there before")
            continue
        seen.add(event.id)
        lost = next((name for name, _ in event.related if name not in log.objects), None)
        if lost is not None:
            yield place, Text(f"关联的对象 {lost} 不存在", f"it relates to the object {lost}, which is not there")
        by: dict[str, dict[str, list[str]]] = {}
        for name, qualifier in event.related:
            if name in log.objects:
                by.setdefault(log.objects[name].type, {}).setdefault(name, []).append(qualifier)
        related = [BETWEEN.join(sorted(by.get(kind, {}))) for kind in others]
        said = [event.attributes.get(name, "") for name in attributes]
        when = _instant(event.time)
        for name, qualifiers in by.get(object_type, {}).items():
            values = [_value(log.objects[name].values.get(key, []), when) for key in own]
            qualifier = BETWEEN.join(sorted({q for q in qualifiers if q}))
            fields = [name, event.type, event.time, event.id, qualifier, *said, *values, *related]
            yield place, fields if _sound(fields) else Text("含有无法编码的字符", "it holds characters that cannot be encoded")


def _value(values: list[tuple[str, str]], when: datetime | None) -> str:
    """What an attribute was when the event happened: the last value that holds from then or before."""
    if when is None:
        return ""
    dated = [(_instant(time) or _BEGINNING, n, value) for n, (time, value) in enumerate(values)]
    held = [one for one in dated if one[0] <= when]
    return max(held)[-1] if held else ""


def _instant(text: str) -> datetime | None:
    """For comparing times of one log with each other: a clock face counts as if it were UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _sound(fields: list[str]) -> bool:
    try:
        "".join(fields).encode()
    except UnicodeEncodeError:
        return False
    return True
