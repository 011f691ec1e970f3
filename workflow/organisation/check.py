"""Which entries of the organisation's chain are refused: what they name is not there, is there already, or contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from workflow.errors import AlreadyThere, BadInput, UnknownActor
from workflow.moment import unstamp
from workflow.organisation.duty import Shift
from workflow.organisation.model import Organisation
from workflow.organisation.register import RESOURCE_KINDS, TEAM_KINDS, Listed, Register
from workflow.organisation.roster import FREQUENCIES
from workflow.text import Text

Body = Mapping[str, Any]


def check(organisation: Organisation, body: Body) -> None:
    """Refuse an entry that does not fit the organisation, with :class:`~workflow.errors.BadInput` or what says it more exactly."""
    found = _CHECKS.get(str(body.get("what")))
    if found is None:
        raise BadInput(Text(f"不认识的机构记录 {body.get('what')!r}", f"unknown organisation entry {body.get('what')!r}"))
    found(organisation, body)


def _unit(o: Organisation, body: Body) -> None:
    name = _name(body)
    if name in o.units:
        raise AlreadyThere(Text(f"单位 {name} 已存在", f"the unit {name} is there already"))
    if body.get("parent") and body["parent"] not in o.units:
        raise BadInput(Text(f"没有上级单位 {body['parent']}", f"there is no parent unit {body['parent']}"), where=name)


def _merge(o: Organisation, body: Body) -> None:
    name, into = _name(body), str(body.get("into"))
    if name not in o.units or into not in o.units or into == name:
        raise BadInput(Text(f"不能把 {name} 并入 {into}", f"{name} cannot be merged into {into}"))
    if o.units[name].merged_into:
        raise AlreadyThere(Text(f"{name} 已并入他处", f"{name} is merged into {o.units[name].merged_into} already"))
    if name in [*o.merged_through(into), *o.ancestors(into)]:
        raise BadInput(Text(f"{name} 不能并入自己或自己的下级", f"{name} cannot be merged into itself or a unit below it"))


def _post(o: Organisation, body: Body) -> None:
    if _name(body) in o.posts:
        raise AlreadyThere(Text(f"岗位 {_name(body)} 已存在", f"the post {_name(body)} is there already"))
    _demand_unit(o, body)


def _holder(o: Organisation, body: Body) -> None:
    if body.get("post") not in o.posts:
        raise BadInput(
            Text(f"没有岗位 {body.get('post', '')}", f"there is no post {body.get('post', '')}"), where=str(body.get("person", ""))
        )
    _demand_span(body, str(body.get("person", "")))


def _leave(o: Organisation, body: Body) -> None:
    _demand_post(o, body, "post", str(body.get("person", "")))
    for key, known in (("person", o.people), ("acting", o.staff)):
        if body.get(key) and body[key] not in known:
            raise UnknownActor(Text(f"{body[key]} 没有岗位", f"{body[key]} holds no post"), where=key)
    _demand_span(body, str(body.get("person", "")))


def _team(o: Organisation, body: Body) -> None:
    _demand_kind(body, TEAM_KINDS)
    _demand_unit(o, body)
    _demand_post(o, body, "contact", _name(body))
    _demand_later(o.teams, body)


def _member(o: Organisation, body: Body) -> None:
    team = str(body.get("team"))
    if team not in o.teams:
        raise BadInput(Text(f"没有队伍 {team}", f"there is no team {team}"))
    if bool(body.get("person")) == bool(body.get("post")):
        raise BadInput(Text("成员写 person 或 post 之一", "a member is either a person or a post"), where=team)
    _demand_post(o, body, "post", team)
    _demand_span(body, team)


def _resource(o: Organisation, body: Body) -> None:
    _demand_kind(body, RESOURCE_KINDS)
    _demand_unit(o, body)
    _demand_post(o, body, "custodian", _name(body))
    _demand_later(o.resources, body)


def _power(o: Organisation, body: Body) -> None:
    _demand_later(o.powers, body)


def _end(o: Organisation, body: Body) -> None:
    registers: dict[str, Register[Any]] = {"team": o.teams, "resource": o.resources, "power": o.powers}
    name, kind = _name(body), str(body.get("of"))
    if kind == "roster":
        _demand_roster(o, name, unstamp(str(body["since"])))
        return
    found = registers.get(kind, {}).get(name)
    if not found:
        raise BadInput(Text(f"没有可结束的 {name}", f"there is no {kind} {name} to end"))
    if not found[-1].covers(unstamp(str(body["since"]))):
        raise BadInput(Text(f"{name} 在该时刻本来无效", f"{name} is not valid at that instant anyway"), where=name)


def _period(o: Organisation, body: Body) -> None:
    name = str(body.get("id", ""))
    if name not in o.units:
        raise BadInput(Text(f"没有单位 {name}", f"there is no unit {name}"), where=str(body.get("procedure", "")))
    if body.get("every") not in FREQUENCIES:
        raise BadInput(Text(f"不认识的周期 {body.get('every')!r}", f"unknown period {body.get('every')!r}"), where=name)


def _packs(o: Organisation, body: Body) -> None:
    if not body.get("procedure") or not isinstance(body.get("packs"), list):
        raise BadInput(Text("写明程序和规则包", "name the procedure and its packs"))
    if not any(body.get("by", {}).values()):
        raise UnknownActor(Text("写明由谁启用或停用", "say who switches them on or off"), where=str(body["procedure"]))


def _roster(o: Organisation, body: Body) -> None:
    name = str(body.get("post", ""))
    _demand_known_post(o, name)
    shifts = body.get("shifts")
    if not isinstance(shifts, list | tuple) or not shifts or not all(isinstance(s, list | tuple) and len(s) == 3 for s in shifts):
        raise BadInput(Text("值班表没有班次", "a roster has shifts, each of a person and two instants"), where=name)
    for person, since, until in shifts:
        if person not in o.people:
            raise UnknownActor(Text(f"机构中没有 {person}", f"the organisation knows no {person}"), where=name)
        if unstamp(str(until)) <= unstamp(str(since)):
            raise BadInput(Text(f"{person} 的班次 until 不晚于 from", f"a shift of {person} ends before it begins"), where=name)


def _swap(o: Organisation, body: Body) -> None:
    name, person, to = (str(body.get(key, "")) for key in ("post", "person", "to"))
    since, until = _bounded(body, name)
    _demand_known_post(o, name)
    if to not in o.people:
        raise UnknownActor(Text(f"机构中没有 {to}", f"the organisation knows no {to}"), where=name)
    if person == to:
        raise BadInput(Text("不能与自己换班", "nobody swaps with themselves"), where=name)
    if not any(s.person == person for s in _shifts(o, name, since, until)):
        raise BadInput(
            Text(f"{person} 在该时段不值班", f"{person} is not on duty then"),
            where=name,
            hint=Text("用 duban roster 查看", "see duban roster"),
        )


def _delegation(o: Organisation, body: Body) -> None:
    name, person, to = (str(body.get(key, "")) for key in ("post", "person", "to"))
    since, until = _bounded(body, person)
    _demand_known_post(o, name)
    held = any(h.person == person and h.post == name and h.since < until and (h.until is None or since < h.until) for h in o.holders)
    if not held and not any(s.person == person for s in _shifts(o, name, since, until)):
        raise UnknownActor(Text(f"{person} 在该时段不在岗位 {name}", f"{person} is not in the post {name} then"), where=name)
    if to not in o.staff:
        raise UnknownActor(Text(f"{to} 没有岗位", f"{to} holds no post"), where="to")
    if person == to:
        raise BadInput(Text("不能授权给自己", "nobody delegates to themselves"), where=name)


def _contacts(o: Organisation, body: Body) -> None:
    if body.get("person") not in o.people:
        raise UnknownActor(Text(f"机构中没有 {body.get('person', '')}", f"the organisation knows no {body.get('person', '')}"))


def _head(o: Organisation, body: Body) -> None:
    name, role = _name(body), str(body.get("role", ""))
    if name not in o.units:
        raise BadInput(Text(f"没有单位 {name}", f"there is no unit {name}"), where=role)
    if not any(post.role == role and name in o.merged_through(post.unit) for post in o.posts.values()):
        raise BadInput(Text(f"单位 {name} 没有角色 {role} 的岗位", f"the unit {name} has no post of the role {role}"), where="head")


def _superior(o: Organisation, body: Body) -> None:
    post, above = str(body.get("post", "")), str(body.get("superior", ""))
    for name in (post, above):
        _demand_known_post(o, name)
    seen = {post}
    said = {s.post: s.above for s in sorted(o.superiors, key=lambda s: s.since)}
    here: str | None = above
    while here is not None:
        if here in seen:
            raise BadInput(Text(f"{above} 不能是 {post} 的上级:首尾相接", f"{above} cannot stand above {post}: a circle"), where=post)
        seen.add(here)
        here = said.get(here)


_CHECKS: Mapping[str, Callable[[Organisation, Body], None]] = {
    "unit": _unit,
    "merge": _merge,
    "packs": _packs,
    "period": _period,
    "post": _post,
    "holder": _holder,
    "leave": _leave,
    "team": _team,
    "member": _member,
    "resource": _resource,
    "power": _power,
    "end": _end,
    "roster": _roster,
    "swap": _swap,
    "delegation": _delegation,
    "contacts": _contacts,
    "head": _head,
    "superior": _superior,
}


def _name(body: Body) -> str:
    return str(body.get("id", ""))


def _demand_unit(o: Organisation, body: Body) -> None:
    if body.get("unit") not in o.units:
        raise BadInput(Text(f"没有单位 {body.get('unit')}", f"there is no unit {body.get('unit')}"), where=_name(body))


def _demand_post(o: Organisation, body: Body, key: str, where: str) -> None:
    post = body.get(key)
    if post and post not in o.posts:
        raise BadInput(Text(f"没有岗位 {post}", f"there is no post {post}"), where=where)


def _demand_known_post(o: Organisation, post: str) -> None:
    if post not in o.posts:
        raise BadInput(Text(f"没有岗位 {post}", f"there is no post {post}"), hint=Text("用 duban org show 查看", "see duban org show"))


def _demand_roster(o: Organisation, post: str, at: datetime) -> None:
    roster = o.rosters.get(post)
    if roster is None or not roster.is_kept(at):
        raise BadInput(Text(f"岗位 {post} 在该时刻没有值班表", f"the post {post} has no roster at that instant"), where=post)


def _shifts(o: Organisation, post: str, since: datetime, until: datetime) -> list[Shift]:
    roster = o.rosters.get(post)
    return roster.between(since, until) if roster is not None else []


def _bounded(body: Body, where: str) -> tuple[datetime, datetime]:
    """What ends by itself: both instants are there."""
    if not body.get("since") or not body.get("until"):
        raise BadInput(Text("写明 from 和 until", "give 'from' and 'until'"), where=where)
    _demand_span(body, where)
    return unstamp(str(body["since"])), unstamp(str(body["until"]))


def _demand_kind(body: Body, known: tuple[str, ...]) -> None:
    if body.get("kind") not in known:
        raise BadInput(
            Text(f"不认识的种类 {body.get('kind')!r}", f"unknown kind {body.get('kind')!r}"),
            where=_name(body),
            hint=Text("可用:" + "、".join(known), "one of: " + ", ".join(known)),
        )


def _demand_span(body: Body, where: str) -> None:
    if body.get("until") and str(body["until"]) <= str(body["since"]):
        raise BadInput(Text("until 不晚于 from", "until is not later than from"), where=where)


def _demand_later(register: Register[Any], body: Body) -> None:
    """An entry that comes again takes the place of the earlier one, so that it has to begin later."""
    name = _name(body)
    before: tuple[Listed, ...] = register.get(name, ())
    if before and unstamp(str(body["since"])) <= before[-1].since:
        raise AlreadyThere(
            Text(f"{name} 已存在", f"{name} is there already"),
            hint=Text("变更要写更晚的 from", "a change needs a later 'from'"),
        )
    _demand_span(body, name)
