"""Who is told of a flag: people, found through the organisation at the instant at which it is said.

A reminder tells the roles that its tier names. That an act is missing or late is told to whoever owes it, to their superior and to the
level above, and to whom it is owed. People are told, not posts: of a post with a roster those on duty now, of a late or missing act whoever
holds it too; a delegate instead of whoever delegated; a vacant post passes it on upwards, until somebody is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from workflow.act import FLAGGED, NOTIFIED, UNFLAGGED, Act
from workflow.case.fold import Case
from workflow.obligation.row import Row
from workflow.organisation import Actor, Organisation, Post
from workflow.rules import World
from workflow.text import Text

OUTSIDE = "outside"
"""The level of those who are not the organisation's own."""

WHY = {
    "obligor": Text("您是责任人", "the duty is yours"),
    "owed_to": Text("该义务以您为对象", "it is owed to you"),
    "named": Text("程序规定告知您", "the procedure says that you are told"),
    "superior": Text("您是责任人的上级", "you are the superior of whoever owes it"),
    "level_above": Text("您是上一级", "you are the level above"),
    "on_duty": Text("您正在值班", "you are on duty"),
    "acting": Text("您代理或受权办理该岗位", "you act in the post for somebody else"),
    "roster_gap": Text("该岗位此时无人值班", "nobody is on duty in the post now"),
    "vacancy": Text("应告知的岗位空缺", "the post that should be told is vacant"),
    "told_before": Text("此前已告知您", "you were told before"),
    "instead": Text("此前的消息未能送出", "the message to somebody else could not be sent"),
}


class Recipient(NamedTuple):
    person: str
    post: str
    unit: str
    acting_for: str
    """The person who is away; empty when nobody is."""
    why: tuple[str, ...]
    """Keys of :data:`WHY`."""


def audience(act: Act, row: Row | None, case: Case, world: World, at: datetime) -> list[Recipient]:
    """Everybody a flag is said to, each once with every reason; empty where the organisation names nobody.

    A drill stays among the posts that its procedure names: nobody above them hears of it (docs/decisions/drills.md).
    """
    if act.kind == UNFLAGGED:
        return _once(_told_before(act, case))
    if row is not None:
        world = world.of(row.definition)
    asked = world.organisation.asked
    there = asked.get(at)
    if there is None:  # a sweep asks at one instant for many cases
        asked.clear()
        there = asked.setdefault(at, {})
    key = (world.rules.hash, case.unit, case.drill, _by_role(act, row), row and (row.owed_by, row.owed_to))
    if key not in there:
        there[key] = _once(_recipients(act, row, case, world, at))
    return list(there[key])


def above(post: str, world: World, at: datetime) -> list[Recipient]:
    """Who is told in place of somebody in a post: the nearest one above who is there."""
    here = world.organisation.posts.get(post)
    found = world.organisation.above(here, at) if here is not None else None
    return _once(_reached(found, "instead", world.organisation, at))


def _by_role(act: Act, row: Row | None) -> tuple[str, ...] | None:
    """The roles that are told; ``None``: who owes the duty, those above, and to whom it is owed."""
    return act.names("tell") if row is None or act.data["flag"] in ("tier", "moved") else None


def _recipients(act: Act, row: Row | None, case: Case, world: World, at: datetime) -> Iterator[Recipient]:
    organisation = world.organisation
    roles = _by_role(act, row)
    if row is None or roles is not None:
        for role in roles or ():
            why = "obligor" if row is not None and role == row.owed_by else "named"
            why = "owed_to" if row is not None and role == row.owed_to else why
            yield from _reached(_post(role, case, world, at), why, organisation, at, drill=case.drill)
        return
    owing = _post(row.owed_by, case, world, at)
    yield from _reached(owing, "obligor", organisation, at, drill=case.drill, everybody=True)
    if row.owed_to:
        yield from _reached(_post(row.owed_to, case, world, at), "owed_to", organisation, at, drill=case.drill)
    if case.drill or owing is None:
        return
    higher = organisation.above(owing, at)
    yield from _reached(higher, "superior", organisation, at)
    if higher is not None:
        yield from _reached(organisation.above(higher, at), "level_above", organisation, at)


def _post(role: str, case: Case, world: World, at: datetime) -> Post | None:
    """The post that a role means for a case; none for those outside: they are told by people, not by the system."""
    found = world.rules.procedure.roles.get(role)
    if found is None or found.level == OUTSIDE:
        return None
    return world.organisation.post_for(role, case.unit, at)


def told_at(post: Post, organisation: Organisation, at: datetime, everybody: bool = False) -> list[tuple[Actor, tuple[str, ...]]]:
    """Who is told for a post at an instant, with what the reason is beside that of the post; empty when nobody is there.

    By its roster where it has one: those on duty, and with ``everybody`` its holders too; its holders where nobody is on duty.
    """
    signing = organisation.signing(post.id, at)
    duty = organisation.on_duty(post.id, at)
    kept = post.id in organisation.rosters and organisation.rosters[post.id].is_kept(at)
    away = {d.person for d in organisation.delegated(post.id, at)}  # they are there, but their delegates are told instead
    found: list[tuple[Actor, tuple[str, ...]]] = []
    for actor in signing:
        if not actor.person or (actor.person in away and actor.acting_for is None):
            continue
        more = ("acting",) if actor.acting_for else ()
        if actor in duty:
            found.append((actor, ("on_duty", *more)))
        elif everybody or not duty:
            found.append((actor, ("roster_gap", *more) if kept and not duty else more))
    return found


def _reached(
    post: Post | None, why: str, organisation: Organisation, at: datetime, *, drill: bool = False, everybody: bool = False
) -> Iterator[Recipient]:
    passed: set[str] = set()
    reasons: tuple[str, ...] = (why,)
    while post is not None and post.id not in passed:
        passed.add(post.id)
        found = told_at(post, organisation, at, everybody)
        if found:
            yield from (Recipient(a.person or "", post.id, post.unit, a.acting_for or "", (*reasons, *more)) for a, more in found)
            return
        if drill:
            return
        post, reasons = organisation.above(post, at), (why, "vacancy")


def _told_before(act: Act, case: Case) -> Iterator[Recipient]:
    """Who was told of the flag that is withdrawn."""
    flags = [flag for flag in case.kind(FLAGGED, act.name) if flag.data["flag"] == act.data.get("was")]
    for flag in flags:
        said = flag.data.get("to")
        for one in said if isinstance(said, list) else ():
            if isinstance(one, dict):
                yield Recipient(str(one["person"]), str(one["post"]), "", "", ("told_before",))
    for told in case.kind(NOTIFIED, act.name):  # those who were told in place of somebody
        if told.data.get("instead") and told.data.get("person") and told.data["flag"] in {flag.n for flag in flags}:
            yield Recipient(str(told.data["person"]), str(told.data["post"]), "", "", ("told_before",))


def _once(found: Iterable[Recipient]) -> list[Recipient]:
    people: dict[str, Recipient] = {}
    for r in found:
        before = people.get(r.person)
        people[r.person] = r if before is None else before._replace(why=tuple(dict.fromkeys((*before.why, *r.why))))
    return list(people.values())
