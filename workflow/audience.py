"""Who is told of a flag: people, found through the organisation at the instant at which it is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from workflow.act import Act
from workflow.case.fold import Case
from workflow.obligation.row import Row
from workflow.rules import World


class Recipient(NamedTuple):
    person: str
    post: str
    unit: str
    acting_for: str
    """The person who is away; empty when nobody is."""
    why: tuple[str, ...]


def audience(act: Act, row: Row | None, case: Case, world: World, at: datetime) -> list[Recipient]:
    """Everybody a flag is said to, each once."""
    roles = [str(role) for role in act.names("tell")]
    if row is not None and act.data["flag"] in ("missing", "late", "withdrawn"):
        roles.append(row.owed_by)
    return _once(_holders(roles, case.unit, world, at))


def above(post: str, world: World, at: datetime) -> list[Recipient]:
    """Who is one step above a post."""
    organisation = world.organisation
    here = organisation.posts.get(post)
    if here is None:
        return []
    return _once(_holders([here.role], organisation.superior(here.unit), world, at))


def _holders(roles: Iterable[str], unit: str, world: World, at: datetime) -> Iterable[Recipient]:
    for role in roles:
        post = world.organisation.post_for(role, unit, at)
        for actor in world.organisation.signing(post.id, at) if post is not None else ():
            yield Recipient(actor.person or "", actor.post or "", actor.unit or "", actor.acting_for or "", (role,))


def _once(found: Iterable[Recipient]) -> list[Recipient]:
    people: dict[str, Recipient] = {}
    for r in found:
        before = people.get(r.person)
        people[r.person] = r if before is None else before._replace(why=tuple(dict.fromkeys((*before.why, *r.why))))
    return list(people.values())
