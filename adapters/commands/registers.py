"""The lists of an organisation as they are shown: posts, teams, resources, powers of command, gaps, duties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.commands import frame, screen
from workflow.journal.canonical import Json
from workflow.organisation import Actor, Organisation, Unit
from workflow.organisation.gaps import KINDS, RESOURCES, TEAMS, Gap
from workflow.organisation.register import Power, Resource, Team
from workflow.owners import Owner
from workflow.procedure.model import Procedure
from workflow.text import Text

LIST = Text("、", ", ")
UNIT, POST, ROLE = Text("单位", "unit"), Text("岗位", "post"), Text("角色", "role")
ANY = Text("不限", "any")
KIND = Text("种类", "kind")
POSTS = (UNIT, POST, ROLE, Text("签字人", "who may sign"))
TEAM = (UNIT, Text("队伍", "team"), KIND, Text("人数", "members"), Text("专长", "skills"), Text("联络", "contact"))
RESOURCE = (UNIT, Text("资源", "resource"), KIND, Text("数量", "amount"), Text("保管", "custodian"))
POWER = (ROLE, Text("可以", "may"), Text("类别", "class"), Text("等级", "grade"))
GAP = (Text("缺口", "gap"), UNIT, Text("内容", "what"))


# -- as data -------------------------------------------------------------------------------------------------------------------------


def posts(organisation: Organisation, at: datetime) -> list[Json]:
    found: list[Json] = []
    for name, post in sorted(organisation.posts.items()):
        entry: dict[str, Json] = {
            "post": name,
            "role": post.role,
            "unit": post.unit,
            "signing": [a.document() for a in organisation.signing(name, at)],
        }
        if (part := organisation.unit_at(post.unit, at)) != post.unit:
            entry["merged_into"] = part
        found.append(entry)
    return found


def teams(organisation: Organisation, at: datetime) -> list[Json]:
    return [
        {
            "team": team.id,
            "kind": team.kind,
            "unit": team.unit,
            "skills": [{"zh": s.zh, "en": s.en} for s in team.skills],
            "contact": team.contact or None,
            "size": _size(organisation, team, at),
        }
        for team in organisation.teams_at(at)
    ]


def resources(organisation: Organisation, at: datetime) -> list[Json]:
    return [
        {
            "resource": r.id,
            "kind": r.kind,
            "unit": r.unit,
            "amount": r.amount,
            "custodian": r.custodian or None,
        }
        for r in organisation.resources_at(at)
    ]


def powers(organisation: Organisation, at: datetime) -> list[Json]:
    return [
        {"power": p.id, "role": p.role, "action": p.action, "class": list(p.classes), "grade": list(p.grades)}
        for p in organisation.powers_at(at)
    ]


def _size(organisation: Organisation, team: Team, at: datetime) -> int:
    """The members as the unit counts them, else as many as are listed."""
    return team.size if team.size is not None else len(organisation.members_of(team.id, at))


# -- as tables -----------------------------------------------------------------------------------------------------------------------


def show(organisation: Organisation, at: datetime, procedures: Sequence[Procedure], missing: Sequence[Gap]) -> None:
    """Every list that has something in it, and what is missing."""
    lang = frame.settings.lang
    screen.table(POSTS, [_post_cells(organisation, name, at) for name in sorted(organisation.posts)])
    _table(TEAM, [_team_cells(organisation, team, at) for team in organisation.teams_at(at)])
    _table(RESOURCE, [_resource_cells(organisation, resource) for resource in organisation.resources_at(at)])
    _table(POWER, [_power_cells(power) for power in organisation.powers_at(at)])
    _table(GAP, [[KINDS[g.kind].say(lang), _unit(organisation, g.unit), g.label.say(lang)] for g in missing])
    if not procedures:
        frame.say(
            Text(
                "没有案件,未核对职责的责任主体(用 --procedure 指明程序)",
                "no case yet: owners of duties not checked (name a --procedure)",
            )
        )


def _table(headings: tuple[Text, ...], rows: list[list[str]]) -> None:
    """One more list, if there is anything in it."""
    if rows:
        screen.console().print()
        screen.table(headings, rows)


def show_duties(organisation: Organisation, procedures: Sequence[Procedure], found: Sequence[Owner]) -> None:
    lang = frame.settings.lang
    if not procedures:
        frame.say(Text("没有案件;用 --procedure 指明程序", "there is no case; name a --procedure"))
        return
    nobody = KINDS["no_owner"].say(lang)
    cells = [
        [
            _unit(organisation, o.unit),
            _post(organisation, o.post) or f"{nobody}:{o.procedure.roles[o.role].text.say(lang)}",
            o.procedure.title.say(lang),
            o.label.say(lang),
        ]
        for o in sorted(found, key=lambda o: (list(organisation.units).index(o.unit) if o.unit else -1, o.post, o.procedure.ref))
    ]
    screen.table((UNIT, POST, Text("程序", "procedure"), Text("职责", "duty")), cells)


def _post_cells(organisation: Organisation, name: str, at: datetime) -> list[str]:
    lang = frame.settings.lang
    post, part = organisation.posts[name], organisation.unit_at(organisation.posts[name].unit, at)
    nobody = Text("空缺", "vacant") if any(h.post == name for h in organisation.holders) else Text("未登记人员", "nobody named")
    if part != post.unit:
        nobody = Text(f"已并入{organisation.units[part].zh}", f"merged into {organisation.units[part].en}")
    who = LIST.say(lang).join(signing(a) for a in organisation.signing(name, at))
    return [_unit(organisation, post.unit), _post(organisation, name), post.role, who or nobody.say(lang)]


def _team_cells(organisation: Organisation, team: Team, at: datetime) -> list[str]:
    lang = frame.settings.lang
    contact = _post(organisation, team.contact)
    reach = LIST.say(lang).join(signing(a) for a in organisation.signing(team.contact, at)) if team.contact else ""
    return [
        _unit(organisation, team.unit),
        Text(team.zh, team.en).say(lang),
        TEAMS[team.kind].say(lang),
        str(_size(organisation, team, at)),
        LIST.say(lang).join(skill.say(lang) for skill in team.skills),
        f"{contact} {reach}".strip(),
    ]


def _resource_cells(organisation: Organisation, resource: Resource) -> list[str]:
    lang = frame.settings.lang
    return [
        _unit(organisation, resource.unit),
        Text(resource.zh, resource.en).say(lang),
        RESOURCES[resource.kind].say(lang),
        str(resource.amount),
        _post(organisation, resource.custodian),
    ]


def _power_cells(power: Power) -> list[str]:
    lang = frame.settings.lang
    joined = LIST.say(lang)
    return [power.role, power.action, joined.join(power.classes) or ANY.say(lang), joined.join(power.grades) or ANY.say(lang)]


def signing(actor: Actor) -> str:
    """A person, and for whom they act."""
    acting = Text("(代 {})", " (for {})").say(frame.settings.lang)
    return f"{actor.person}" + (acting.format(actor.acting_for) if actor.acting_for else "")


def _unit(organisation: Organisation, name: str) -> str:
    found: Unit | None = organisation.units.get(name)
    return Text(found.zh, found.en).say(frame.settings.lang) if found is not None else ""


def _post(organisation: Organisation, name: str) -> str:
    found = organisation.posts.get(name)
    return Text(found.zh, found.en).say(frame.settings.lang) if found is not None else ""
