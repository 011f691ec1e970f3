"""What stands in a definition and does nothing: declarations that nothing names, and items that are written twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from workflow.journal.canonical import Json
from workflow.lint.finding import Finding, Severity
from workflow.procedure.model import NAME, basis_id
from workflow.procedure.naming import KINDS
from workflow.procedure.source import Path
from workflow.text import Text

_TABLES: Mapping[str, Text] = {
    "documents": Text("文件", "document"),
    "basis": Text("依据", "basis"),
    **{kind: KINDS[kind] for kind in ("roles", "elements")},
}
"""What is there only to be named. Facts, events, decisions and obligations are there for themselves."""


def spare(content: Json) -> Iterator[Finding]:
    for at, said in unused(content) if isinstance(content, dict) else ():
        severity: Severity = "notice" if at[0] in ("elements", "roles") else "warning"
        yield Finding("spare.unused", severity, at, said, Text("删去,或在需要处引用", "remove it, or name it where it belongs"))
    for at, said in (*untitled(content), *idle(content)) if isinstance(content, dict) else ():
        yield Finding("spare.idle" if at[0] == "events" else "spare.no_document", "notice" if at[0] == "events" else "warning", at, said)
    for at, said in twice(content):
        yield Finding("spare.twice", "warning", at, said, Text("删去一项", "remove one of them"))


def unused(content: Mapping[str, Json]) -> Iterator[tuple[Path, Text]]:
    """Declarations that nothing names, each with its place and what it is."""
    words: set[str] = set()
    for key, value in content.items():  # the keys of these tables declare, and name nothing
        words |= _words(list(value.values()) if key in _TABLES and isinstance(value, dict) else value)
    named = words | {basis_id(word) for word in words}
    for table, what in _TABLES.items():
        entries = content.get(table)
        for name in entries if isinstance(entries, dict) else ():
            if name not in named:
                yield (table, name), Text(f"没有任何地方用到{what.zh} {name}", f"nothing uses the {what.en} {name}")


def untitled(content: Mapping[str, Json]) -> Iterator[tuple[Path, Text]]:
    """Basis entries whose document looks like a name, where the definition declares no documents."""
    entries = content.get("basis")
    for name, entry in entries.items() if isinstance(entries, dict) and not content.get("documents") else ():
        document = entry.get("document") if isinstance(entry, dict) else None
        if isinstance(document, str) and re.fullmatch(NAME, document):
            said = Text(f"没有文件 {document}", f"there is no document {document}; as a title it tells the reader nothing")
            yield ("basis", name, "document"), said


def idle(content: Mapping[str, Json]) -> Iterator[tuple[Path, Text]]:
    """Events that move nothing and that nothing else names: they are only ever recorded."""
    events = content.get("events")
    if not isinstance(events, dict):
        return
    named = _words({k: v for k, v in content.items() if k != "events"})
    for name, event in events.items():
        named |= _words(event) - {name}
    for name, event in events.items():
        if isinstance(event, dict) and name not in named and not any(event.get(k) for k in ("opens", "to", "link")):
            moves = event.get("moves")
            if not any(isinstance(m, dict) and m.get("to") for m in (moves if isinstance(moves, list) else ())):
                yield ("events", name), Text(f"事件 {name} 只作记录:不改变状态,也不为别处所用", f"the event {name} is only recorded")


def _words(value: Json) -> set[str]:
    """Every word that may be a name: all values but labels, and all keys."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.add(one)
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            found.update(one)
            waiting += [item for key, item in one.items() if key not in ("zh", "en")]
    return found


def twice(content: Json, place: Path = ()) -> Iterator[tuple[Path, Text]]:
    """Items of a list that stand in it already."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from twice(value, (*place, key))
    elif isinstance(content, list):
        for i, item in enumerate(content):
            if item in content[:i]:
                yield (*place, i), Text("与前面的一项相同", "the same item stands before it in the list")
            yield from twice(item, (*place, i))
