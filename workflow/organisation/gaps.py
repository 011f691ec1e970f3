"""What the organisation lacks by its own lists: posts without anybody, kinds of teams that it does not have, teams that nobody can call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from workflow.journal.canonical import Json
from workflow.organisation.model import Organisation
from workflow.organisation.register import TEAM_KINDS
from workflow.text import Text

OUTSIDE = "outside"
"""The level of those who are not the organisation's own (the patient's side, a neighbouring town): nobody has to be named there."""

KINDS = {
    "no_holder": Text("无人在岗", "nobody in the post"),
    "no_owner": Text("无责任主体", "no owner"),
    "no_teams": Text("未登记队伍", "no team is listed"),
    "no_team_of_kind": Text("缺队伍种类", "no team of this kind"),
    "no_contact": Text("队伍无联络岗位", "a team without contact"),
    "contact_unmanned": Text("联络岗位无人", "nobody in the contact post of a team"),
    "no_custodian": Text("资源无保管岗位", "a resource without custodian"),
    "no_frequency": Text("未设定频次", "no frequency set"),
    "no_authority": Text("未规定指挥权限", "no powers of command are set"),
}
"""What a gap is called."""

TEAMS = {
    "backbone": Text("骨干队伍(预备役民兵、公安)", "backbone (militia, police)"),
    "professional": Text("专业队伍", "professional"),
    "expert": Text("专家队伍", "experts"),
    "volunteer": Text("志愿者队伍", "volunteers"),
}
RESOURCES = {
    "vehicle": Text("车辆", "vehicle"),
    "equipment": Text("装备", "equipment"),
    "shelter": Text("避难场所", "shelter"),
    "material": Text("物资", "material"),
}


class Gap(NamedTuple):
    """One thing that is missing: what kind of gap, at which unit, and what it is about (a post, a team, a role …)."""

    kind: str
    unit: str
    about: str
    label: Text

    def document(self) -> dict[str, Json]:
        return {"gap": self.kind, "unit": self.unit, "about": self.about}


def gaps(organisation: Organisation, at: datetime) -> Iterator[Gap]:
    """What is missing at an instant, post by post and list by list."""
    for post in organisation.vacancies(at):
        if organisation.units[post.unit].level != OUTSIDE:
            yield Gap("no_holder", post.unit, post.id, Text(post.zh, post.en))
    teams = organisation.teams_at(at)
    if not teams:
        yield Gap("no_teams", "", "", Text("", ""))
    for kind in TEAM_KINDS if teams else ():
        if not any(team.kind == kind for team in teams):
            yield Gap("no_team_of_kind", "", kind, TEAMS[kind])
    for team in teams:
        if not team.contact:
            yield Gap("no_contact", team.unit, team.id, Text(team.zh, team.en))
        elif not organisation.signing(team.contact, at):
            yield Gap("contact_unmanned", team.unit, team.id, Text(team.zh, team.en))
    for resource in organisation.resources_at(at):
        if not resource.custodian:
            yield Gap("no_custodian", resource.unit, resource.id, Text(resource.zh, resource.en))
    if not organisation.powers_at(at):
        yield Gap("no_authority", "", "", Text("", ""))
