"""The entries that an organisation file stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.organisation.addresses import KINDS
from workflow.organisation.roster import flaws
from workflow.organisation.table import tables


def entries(document: Mapping[str, Any], read_instant: Any) -> Iterator[tuple[dict[str, Json], dict[str, Json] | None]]:
    """The entries that a readable document stands for: units as a tree with posts and holders, teams and resources; how often
    they owe what recurs; heads and superiors; leave; powers; how people can be reached; rosters, swaps and delegations.

    ``read_instant`` turns the text of a date into an instant of the unit's zone. Each item is the public body and the erasable part
    (names and addresses of persons, grounds in free words). Raises :class:`~workflow.errors.BadInput` naming the place.
    """
    for flaw in flaws(document, read_instant):
        raise BadInput(flaw.message, where=".".join(str(p) for p in flaw.path) or None, hint=flaw.hint)
    for unit in document.get("units") or []:
        yield from _unit(unit, "", read_instant)
    for unit in _walk(document.get("units") or []):  # who stands above, who is called and who keeps something are posts of any unit
        yield from _headed(unit)
        yield from _listed(unit, read_instant)
    yield from ((table, None) for table in tables(document.get("roster") or [], read_instant))
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
    for said in document.get("periods") or []:
        since = stamp(read_instant(said["from"]))
        yield {"what": "period", "id": said["unit"], "procedure": said["procedure"], "every": said["every"], "since": since}, None
    for power in document.get("authority") or []:
        row: dict[str, Json] = {"what": "power", "id": power.get("id") or f"{power['role']}.{power['action']}"}
        row |= {key: power[key] for key in ("role", "action", "class", "grade") if power.get(key)}
        yield row | _validity(power, read_instant), None
    for end in document.get("ended") or []:
        kind = next(k for k in ("team", "resource", "power", "roster") if end.get(k))
        yield {"what": "end", "of": kind, "id": end[kind], "since": stamp(read_instant(end["from"]))}, None
    for said in document.get("heads") or []:
        yield {"what": "head", "id": said["unit"], "role": said["role"]} | _validity(said, read_instant), None
    for said in document.get("superiors") or []:
        yield {"what": "superior", "post": said["post"], "superior": said["superior"]} | _validity(said, read_instant), None
    for said in document.get("contacts") or []:
        yield {"what": "contacts", "person": said["person"]}, _private({"name": said.get("name"), "contacts": said})
    for what in ("swap", "delegation"):
        for said in document.get(f"{what}s") or []:
            given: dict[str, Json] = {"what": what} | {key: said[key] for key in ("post", "person", "to")}
            yield given | _validity(said, read_instant), {"ground": said["ground"]}


def _headed(unit: Mapping[str, Any]) -> Iterator[tuple[dict[str, Json], dict[str, Json] | None]]:
    """Which role heads the unit, and which posts stand above its posts."""
    if unit.get("head"):
        yield {"what": "head", "id": unit["id"], "role": unit["head"]}, None
    for post in unit.get("posts") or []:
        if post.get("superior"):
            yield {"what": "superior", "post": _post_id(unit, post), "superior": post["superior"]}, None


def _post_id(unit: Mapping[str, Any], post: Mapping[str, Any]) -> str:
    return str(post.get("id") or f"{unit['id']}.{post['role']}")


def _walk(units: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for unit in units:
        yield unit
        yield from _walk(unit.get("units") or [])


def _validity(item: Mapping[str, Any], read_instant: Any) -> dict[str, Json]:
    pairs = (("since", "from"), ("until", "until"))
    return {key: stamp(read_instant(item[name])) for key, name in pairs if item.get(name)}


def _listed(unit: Mapping[str, Any], read_instant: Any) -> Iterator[tuple[dict[str, Json], dict[str, Json] | None]]:
    """The teams of a unit with their members, and its resources."""
    for team in unit.get("teams") or []:
        name = team.get("id") or f"{unit['id']}.{team['kind']}"
        body: dict[str, Json] = {"what": "team", "id": name, "unit": unit["id"]}
        body |= {key: team[key] for key in ("kind", "zh", "en", "skills", "contact", "size") if team.get(key) is not None}
        valid = _validity(team, read_instant)
        yield body | valid, None
        for member in team.get("members") or []:
            listed: dict[str, Json] = {"what": "member", "team": name}
            listed |= {key: member[key] for key in ("person", "post") if member.get(key)}
            yield valid | listed | _validity(member, read_instant), _private(member)
    for resource in unit.get("resources") or []:
        body = {"what": "resource", "id": resource["id"], "unit": unit["id"]}
        body |= {key: resource[key] for key in ("kind", "zh", "en", "amount", "custodian") if resource.get(key) is not None}
        yield body | _validity(resource, read_instant), None


def _private(item: Mapping[str, Any]) -> dict[str, Json] | None:
    """Names and addresses: they lie in the erasable part."""
    found: dict[str, Json] = {k: str(item[k]) for k in ("name", "phone") if item.get(k)}
    contacts: dict[str, Json] = {k: str(v or "") for k, v in (item.get("contacts") or {}).items() if k in KINDS}
    return (found | {"contacts": contacts} if contacts else found) or None


def _unit(unit: Mapping[str, Any], parent: str, read_instant: Any) -> Iterator[tuple[dict[str, Json], dict[str, Json] | None]]:
    body: dict[str, Json] = {"what": "unit", "id": unit["id"], "zh": unit["zh"], "en": unit["en"], "level": unit["level"]}
    if parent:
        body["parent"] = parent
    if unit.get("from"):
        body["since"] = stamp(read_instant(unit["from"]))
    yield body, None
    here = {k: v for k, v in body.items() if k in ("id", "since")}
    for procedure, every in (unit.get("periods") or {}).items():
        yield {"what": "period", **here, "procedure": procedure, "every": every}, None
    for post in unit.get("posts") or []:
        name = _post_id(unit, post)
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
            yield held, _private(holder)
    for inner in unit.get("units") or []:
        yield from _unit(inner, str(unit["id"]), read_instant)
