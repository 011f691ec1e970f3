"""Entries of the organisation's chain: which are refused, and what the organisation is after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from workflow.errors import AlreadyThere, BadInput, UnknownActor
from workflow.moment import unstamp
from workflow.organisation.model import Organisation
from workflow.organisation.post import Post, Span, Unit
from workflow.text import Text


def check(organisation: Organisation, body: Mapping[str, Any]) -> None:
    """Refuse an entry that does not fit: a unit or post that is not there or is there already, a circle of parents, an unknown kind."""
    kind, name = body.get("what"), str(body.get("id", ""))
    if kind == "unit":
        if name in organisation.units:
            raise AlreadyThere(Text(f"单位 {name} 已存在", f"the unit {name} is there already"))
        if body.get("parent") and body["parent"] not in organisation.units:
            raise BadInput(Text(f"没有上级单位 {body['parent']}", f"there is no parent unit {body['parent']}"), where=name)
    elif kind == "merge":
        if name not in organisation.units or body.get("into") not in organisation.units or body.get("into") == name:
            raise BadInput(Text(f"不能把 {name} 并入 {body.get('into')}", f"{name} cannot be merged into {body.get('into')}"))
        if organisation.units[name].merged_into:
            raise AlreadyThere(Text(f"{name} 已并入他处", f"{name} is merged into {organisation.units[name].merged_into} already"))
        into = str(body["into"])
        if name in [*organisation.merged_through(into), *organisation.ancestors(into)]:
            raise BadInput(Text(f"{name} 不能并入自己或自己的下级", f"{name} cannot be merged into itself or a unit below it"))
    elif kind == "post":
        if name in organisation.posts:
            raise AlreadyThere(Text(f"岗位 {name} 已存在", f"the post {name} is there already"))
        if body.get("unit") not in organisation.units:
            raise BadInput(Text(f"没有单位 {body.get('unit')}", f"there is no unit {body.get('unit')}"), where=name)
    elif kind in ("holder", "leave"):
        post = str(body.get("post", ""))
        if (kind == "holder" or post) and post not in organisation.posts:
            raise BadInput(Text(f"没有岗位 {post}", f"there is no post {post}"), where=str(body.get("person", "")))
        people = {h.person for h in organisation.holders}
        for key in ("person", "acting") if kind == "leave" else ():
            if body.get(key) and body[key] not in people:
                raise UnknownActor(Text(f"{body[key]} 没有岗位", f"{body[key]} holds no post"), where=key)
        if body.get("until") and str(body["until"]) <= str(body["since"]):
            raise BadInput(Text("until 不晚于 from", "until is not later than from"), where=str(body.get("person", "")))
    else:
        raise BadInput(Text(f"不认识的机构记录 {kind!r}", f"unknown organisation entry {kind!r}"))


def evolve(organisation: Organisation, body: Mapping[str, Any]) -> Organisation:
    """The organisation after one entry."""
    kind, n = body["what"], organisation.n + 1
    if kind == "unit":
        since = unstamp(str(body["since"])) if body.get("since") else None
        unit = Unit(str(body["id"]), str(body["zh"]), str(body["en"]), str(body["level"]), str(body.get("parent", "")), since)
        return replace(organisation, units={**organisation.units, unit.id: unit}, n=n)
    if kind == "merge":
        unit = replace(organisation.units[str(body["id"])], merged_into=str(body["into"]), merged_from=unstamp(str(body["since"])))
        return replace(organisation, units={**organisation.units, unit.id: unit}, n=n)
    if kind == "post":
        post = Post(str(body["id"]), str(body["role"]), str(body["unit"]), str(body["zh"]), str(body["en"]))
        return replace(organisation, posts={**organisation.posts, post.id: post}, n=n)
    until = unstamp(str(body["until"])) if body.get("until") else None
    span = Span(str(body["person"]), str(body.get("post", "")), unstamp(str(body["since"])), until, str(body.get("acting", "")))
    if kind == "holder":
        return replace(organisation, holders=(*organisation.holders, span), n=n)
    return replace(organisation, leaves=(*organisation.leaves, span), n=n)


def fold(bodies: Iterable[Mapping[str, Any]]) -> Organisation:
    organisation = Organisation()
    for body in bodies:
        organisation = evolve(organisation, body)
    return organisation
