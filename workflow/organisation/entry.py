"""Entries of the organisation's chain, and what the organisation is after them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from workflow.journal.canonical import Json
from workflow.moment import BEGINNING, stamp, unstamp
from workflow.organisation.duty import Closed, Planned, Shift, Swap, Table
from workflow.organisation.model import Organisation
from workflow.organisation.post import Delegation, Frequency, Head, Post, Span, Superior, Unit
from workflow.organisation.register import Member, Power, Resource, Team, ended, entered
from workflow.text import Text

DATED = frozenset({"unit", "period", "team", "member", "resource", "power", "head", "superior"})
"""Entries that hold from when they are journaled unless they say from when."""


def dated(body: Mapping[str, Json], now: datetime) -> dict[str, Json]:
    """An entry with the instant from which it holds."""
    if body["what"] in DATED and "since" not in body:
        return {**body, "since": stamp(now)}
    return dict(body)


def evolve(organisation: Organisation, body: Mapping[str, Any]) -> Organisation:
    """The organisation after one entry."""
    return replace(_EVOLVE[str(body["what"])](organisation, body), n=organisation.n + 1)


def fold(bodies: Iterable[Mapping[str, Any]]) -> Organisation:
    organisation = Organisation()
    for body in bodies:
        organisation = evolve(organisation, body)
    return organisation


def _instant(body: Mapping[str, Any], key: str) -> datetime | None:
    return unstamp(str(body[key])) if body.get(key) else None


def _validity(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"since": unstamp(str(body["since"])), "until": _instant(body, "until")}


def _unit(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    unit = Unit(
        str(body["id"]),
        str(body["zh"]),
        str(body["en"]),
        str(body["level"]),
        str(body.get("parent", "")),
        _instant(body, "since"),
    )
    return replace(o, units={**o.units, unit.id: unit})


def _merge(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    unit = replace(o.units[str(body["id"])], merged_into=str(body["into"]), merged_from=unstamp(str(body["since"])))
    return replace(o, units={**o.units, unit.id: unit})


def _post(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    post = Post(str(body["id"]), str(body["role"]), str(body["unit"]), str(body["zh"]), str(body["en"]))
    return replace(o, posts={**o.posts, post.id: post})


def _period(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    said = Frequency(str(body["id"]), str(body["procedure"]), str(body["every"]), unstamp(str(body["since"])))
    return replace(o, frequencies=(*o.frequencies, said))


def _span(body: Mapping[str, Any]) -> Span:
    since = unstamp(str(body["since"]))
    return Span(str(body["person"]), str(body.get("post", "")), since, _instant(body, "until"), str(body.get("acting", "")))


def _team(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    team = Team(
        id=str(body["id"]),
        kind=str(body["kind"]),
        unit=str(body["unit"]),
        zh=str(body["zh"]),
        en=str(body["en"]),
        skills=tuple(Text(str(s["zh"]), str(s["en"])) for s in body.get("skills", ())),
        contact=str(body.get("contact", "")),
        size=int(body["size"]) if "size" in body else None,
        **_validity(body),
    )
    return replace(o, teams=entered(o.teams, team))


def _member(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    member = Member(team=str(body["team"]), person=str(body.get("person", "")), post=str(body.get("post", "")), **_validity(body))
    return replace(o, members=(*o.members, member))


def _resource(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    resource = Resource(
        id=str(body["id"]),
        kind=str(body["kind"]),
        unit=str(body["unit"]),
        zh=str(body["zh"]),
        en=str(body["en"]),
        amount=int(body["amount"]),
        custodian=str(body.get("custodian", "")),
        **_validity(body),
    )
    return replace(o, resources=entered(o.resources, resource))


def _power(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    power = Power(
        id=str(body["id"]),
        role=str(body["role"]),
        action=str(body["action"]),
        classes=_words(body, "class"),
        grades=_words(body, "grade"),
        **_validity(body),
    )
    return replace(o, powers=entered(o.powers, power))


def _end(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    name, since = str(body["id"]), unstamp(str(body["since"]))
    if body["of"] == "roster":
        return _put(o, name, Closed(since))
    if body["of"] == "team":
        return replace(o, teams=ended(o.teams, name, since))
    if body["of"] == "resource":
        return replace(o, resources=ended(o.resources, name, since))
    return replace(o, powers=ended(o.powers, name, since))


def _packs(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    used = tuple((str(pack["ref"]), str(pack["hash"])) for pack in body["packs"])
    return replace(o, packs={**o.packs, str(body["procedure"]): used})


def _put(o: Organisation, post: str, entry: Planned) -> Organisation:
    return replace(o, duties={**o.duties, post: (*o.duties.get(post, ()), entry)})


def _roster(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    shifts = tuple(Shift(unstamp(since), unstamp(until), person) for person, since, until in body["shifts"])
    return _put(o, str(body["post"]), Table(min(s.since for s in shifts), max(s.until for s in shifts), shifts))


def _swap(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    since, until = unstamp(str(body["since"])), unstamp(str(body["until"]))
    return _put(o, str(body["post"]), Swap(str(body["person"]), str(body["to"]), since, until, o.n + 1))


def _delegation(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    person, post, to, since, until = (str(body[key]) for key in ("person", "post", "to", "since", "until"))
    return replace(o, delegations=(*o.delegations, Delegation(person, post, to, unstamp(since), unstamp(until), o.n + 1)))


def _head(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    return replace(o, heads=(*o.heads, Head(str(body["id"]), str(body["role"]), _instant(body, "since") or BEGINNING)))


def _superior(o: Organisation, body: Mapping[str, Any]) -> Organisation:
    return replace(o, superiors=(*o.superiors, Superior(str(body["post"]), str(body["superior"]), _instant(body, "since") or BEGINNING)))


def _words(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(word) for word in body.get(key, ()))


_EVOLVE: Mapping[str, Callable[[Organisation, Mapping[str, Any]], Organisation]] = {
    "unit": _unit,
    "merge": _merge,
    "period": _period,
    "post": _post,
    "holder": lambda o, body: replace(o, holders=(*o.holders, _span(body))),
    "leave": lambda o, body: replace(o, leaves=(*o.leaves, _span(body))),
    "team": _team,
    "member": _member,
    "resource": _resource,
    "power": _power,
    "end": _end,
    "packs": _packs,
    "roster": _roster,
    "swap": _swap,
    "delegation": _delegation,
    "head": _head,
    "superior": _superior,
    "contacts": lambda o, body: o,  # how somebody can be reached lies in the erasable part, and makes no difference here
}
