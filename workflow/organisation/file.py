"""The entries that an organisation file stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.roster import flaws


def entries(document: Mapping[str, Any], read_instant: Any) -> Iterator[tuple[dict[str, Json], dict[str, Json] | None]]:
    """The entries that a readable document stands for: units as a tree, posts with their holders, leave.

    ``read_instant`` turns the text of a date into an instant of the unit's zone. Each item is the public body and the erasable part
    (names and telephone numbers of persons). Raises :class:`~workflow.errors.BadInput` naming the place.
    """
    for flaw in flaws(document, read_instant):
        raise BadInput(flaw.message, where=".".join(str(p) for p in flaw.path) or None, hint=flaw.hint)
    for unit in document.get("units") or []:
        yield from _unit(unit, "", read_instant)
    for leave in document.get("leave") or []:
        body: dict[str, Json] = {"what": "leave", "person": leave["person"], "since": stamp(read_instant(leave["from"]))}
        for key in ("post", "acting"):
            if leave.get(key):
                body[key] = leave[key]
        if leave.get("until"):
            body["until"] = stamp(read_instant(leave["until"]))
        yield body, None
    for merge in document.get("merged") or []:
        yield {"what": "merge", "id": merge["unit"], "into": merge["into"], "since": stamp(read_instant(merge["from"]))}, None


def _unit(unit: Mapping[str, Any], parent: str, read_instant: Any) -> Iterator[tuple[dict[str, Json], dict[str, Json] | None]]:
    body: dict[str, Json] = {"what": "unit", "id": unit["id"], "zh": unit["zh"], "en": unit["en"], "level": unit["level"]}
    if parent:
        body["parent"] = parent
    if unit.get("from"):
        body["since"] = stamp(read_instant(unit["from"]))
    yield body, None
    for post in unit.get("posts") or []:
        name = post.get("id") or f"{unit['id']}.{post['role']}"
        yield {"what": "post", "id": name, "role": post["role"], "unit": unit["id"], "zh": post["zh"], "en": post["en"]}, None
        for holder in post.get("holders") or []:
            held: dict[str, Json] = {
                "what": "holder",
                "person": holder["person"],
                "post": name,
                "since": stamp(read_instant(holder["from"])),
            }
            if holder.get("until"):
                held["until"] = stamp(read_instant(holder["until"]))
            private = {k: str(holder[k]) for k in ("name", "phone") if holder.get(k)}
            yield held, dict(private) or None
    for inner in unit.get("units") or []:
        yield from _unit(inner, str(unit["id"]), read_instant)
