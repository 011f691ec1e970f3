"""Which entries of the organisation's chain are refused: what they name is not there, is there already, or contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workflow.errors import AlreadyThere, BadInput, UnknownActor
from workflow.moment import unstamp
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
    people = {h.person for h in o.holders}
    for key in ("person", "acting"):
        if body.get(key) and body[key] not in people:
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
