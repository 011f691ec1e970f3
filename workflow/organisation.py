"""Units, posts and their holders, with validity: who may sign, and whom a role means.

The organisation is journaled in a chain of its own (case id ``organisation``) and folded from it. Duties are owed by posts; leave and
acting move who may sign and who is told, never the duty or the clock (SEMANTICS S9.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from workflow.errors import AlreadyThere, BadInput, UnknownActor
from workflow.journal.canonical import Json
from workflow.moment import stamp, unstamp
from workflow.roster import flaws
from workflow.text import Text

CHAIN = "organisation"
"""Id of the chain in which the organisation is journaled."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: the role, and as far as it is known the person, the post, its unit, and for whom they acted."""

    role: str
    person: str | None = None
    post: str | None = None
    unit: str | None = None
    acting_for: str | None = None

    def document(self) -> dict[str, Json]:
        pairs = (("role", self.role), ("person", self.person), ("post", self.post), ("unit", self.unit), ("acting_for", self.acting_for))
        return {k: v for k, v in pairs if v is not None}

    def may_be(self, other: Actor) -> bool:
        """Whether nothing shows that they are two people: the same person, or the same role where a person is not named."""
        if self.person is not None and other.person is not None:
            return self.person == other.person
        return self.role == other.role

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Actor:
        return cls(**{k: str(v) for k, v in document.items() if k in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    zh: str
    en: str
    level: str
    parent: str = ""
    since: datetime | None = None
    """From when it exists; a unit that does not say so exists since it was journaled."""
    merged_into: str = ""
    merged_from: datetime | None = None
    """From when on the unit is part of ``merged_into``."""


@dataclass(frozen=True, slots=True)
class Post:
    id: str
    role: str
    unit: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody in a post, or away from it, during ``[since, until)``; ``until`` ``None`` is open."""

    person: str
    post: str
    since: datetime
    until: datetime | None
    acting: str = ""
    """For leave: who acts meanwhile; empty when nobody does."""

    def covers(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Organisation:
    """The fold of the organisation's entries. An empty one is allowed: then any role that is named is taken as said."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    holders: tuple[Span, ...] = ()
    leaves: tuple[Span, ...] = ()
    n: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.posts

    def unit_at(self, unit: str, at: datetime) -> str:
        """The unit itself, or what it was merged into by then."""
        seen: set[str] = set()
        while unit in self.units and unit not in seen:
            seen.add(unit)
            found = self.units[unit]
            if found.merged_from is None or at < found.merged_from:
                return unit
            unit = found.merged_into
        return unit

    def merged_through(self, unit: str) -> list[str]:
        """The unit and every unit that it is ever merged into, in that order."""
        found: list[str] = []
        while unit in self.units and unit not in found:
            found.append(unit)
            unit = self.units[unit].merged_into
        return found

    def ancestors(self, unit: str) -> list[str]:
        """The units above, nearest first; empty for the top and for an unknown unit."""
        found: list[str] = []
        here = self.units.get(unit)
        while here is not None and here.parent and here.parent not in found:
            found.append(here.parent)
            here = self.units.get(here.parent)
        return found

    def near(self, unit: str, at: datetime) -> list[str]:
        """The unit and the units above it, nearest first, each as what it was merged into by then."""
        found = [self.unit_at(unit, at)]
        while (here := self.units.get(found[-1])) is not None and here.parent:
            above = self.unit_at(here.parent, at)
            if above in found:
                break
            found.append(above)
        return found

    def superior(self, unit: str) -> str:
        """The unit directly above; empty for the top."""
        above = self.ancestors(unit)
        return above[0] if above else ""

    def post_for(self, role: str, unit: str, at: datetime) -> Post | None:
        """The post that a role means for a unit: in the unit, else in its nearest ancestor, else the only one there is; else ``None``.

        A post of the unit itself comes before one that a merged unit brought.
        """
        named = [p for p in self.posts.values() if p.role == role]
        for place in self.near(unit, at):
            found = [p for p in named if p.unit == place] or [p for p in named if self.unit_at(p.unit, at) == place]
            if found:
                return found[0]
        return named[0] if len(named) == 1 else None

    def signing(self, post: str, at: datetime) -> list[Actor]:
        """Who may sign for a post: its holders, or those acting for them while they are away. Empty: vacant."""
        found: list[Actor] = []
        here = self.posts[post]
        for holder in self.holders:
            if holder.post != post or not holder.covers(at):
                continue
            person, passed = holder.person, {""}
            while person not in passed and (away := self._away(person, post, at)) is not None:  # whoever acts may be away too
                passed.add(person)
                person = away.acting
            if person not in passed:
                acting_for = holder.person if person != holder.person else None
                found.append(Actor(here.role, person, post, here.unit, acting_for))
        return found

    def _away(self, person: str, post: str, at: datetime) -> Span | None:
        """The leave that takes a person from a post at an instant: from that post, or from every one."""
        return next((lv for lv in self.leaves if lv.person == person and lv.covers(at) and lv.post in ("", post)), None)

    def roles_of(self, person: str, at: datetime) -> list[Actor]:
        """Every capacity in which a person may sign at an instant, acting included, by post id."""
        return [a for post in self._capacities.get(person, ()) for a in self.signing(post, at) if a.person == person]

    @cached_property
    def _capacities(self) -> Mapping[str, tuple[str, ...]]:
        """Person → the posts that they hold or act in at some time, by id."""
        found: dict[str, set[str]] = {}
        held: dict[str, set[str]] = {}
        for holder in self.holders:
            found.setdefault(holder.person, set()).add(holder.post)
            held.setdefault(holder.person, set()).add(holder.post)
        for leave in self.leaves:
            if leave.acting:
                found.setdefault(leave.acting, set()).update({leave.post} if leave.post else held.get(leave.person, set()))
        return {person: tuple(sorted(posts)) for person, posts in found.items()}

    def away(self, actor: Actor, unit: str, at: datetime) -> str:
        """The level of ``unit`` where the unit of ``actor`` was another one at an instant; empty where it was not, or nobody knows."""
        here = self.units.get(unit)
        if here is None or actor.unit is None or self.unit_at(actor.unit, at) == self.unit_at(unit, at):
            return ""
        return here.level

    def vacancies(self, at: datetime) -> list[Post]:
        """Posts for which nobody may sign. One that went with a merged unit is not vacant: it is no more."""
        return [p for name, p in sorted(self.posts.items()) if not self.signing(name, at) and self.unit_at(p.unit, at) == p.unit]

    def actor(self, said: Actor, unit: str, at: datetime) -> Actor:
        """Who an author is, completed from the organisation.

        With a person, their capacities at ``at`` are searched: the role that was named, else the only one they have. With a role alone,
        the post that it means for ``unit``. Raises :class:`~workflow.errors.UnknownActor` when nobody is named or nothing is found.
        """
        if not said.role and not said.person:
            raise UnknownActor(
                Text("没有写明由谁办理", "nobody is named as the author"),
                hint=Text("用 --as 角色 或 --person 人员", "use --as ROLE or --person ID"),
            )
        if self.is_empty:
            if not said.role:
                raise UnknownActor(Text(f"没有机构数据,{said.person} 的角色不明", f"there is no organisation to say what {said.person} is"))
            return said
        if said.person:
            capacities = self.roles_of(said.person, at)
            fitting = [c for c in capacities if not said.role or c.role == said.role]
            near = self.near(unit, at)
            fitting.sort(key=lambda c: near.index(c.unit) if c.unit in near else len(near))
            if fitting and (said.role or len({c.role for c in fitting}) == 1):
                return fitting[0]
            if not capacities:
                raise UnknownActor(Text(f"机构中没有在任的 {said.person}", f"{said.person} holds no post at {stamp(at)}"))
            if said.role:
                return replace(said, post=None)  # known, but in another capacity: the caller judges the role
            roles = ", ".join(sorted({c.role for c in capacities}))
            raise UnknownActor(
                Text(f"{said.person} 有多个角色:{roles}", f"{said.person} holds several roles: {roles}"),
                hint=Text("用 --as 指明角色", "name the role with --as"),
            )
        post = self.post_for(said.role, unit, at)
        if post is None and not any(p.role == said.role for p in self.posts.values()):
            raise UnknownActor(Text(f"机构中没有角色 {said.role}", f"the organisation has no role {said.role}"))
        return said if post is None else Actor(said.role, None, post.id, post.unit)

    def document(self) -> dict[str, Json]:
        """The canonical content; no names, no telephone numbers."""
        return {
            "units": [
                [u.id, u.zh, u.en, u.level, u.parent, _maybe(u.since), u.merged_into, _maybe(u.merged_from)]
                for _, u in sorted(self.units.items())
            ],
            "posts": [[p.id, p.role, p.unit] for _, p in sorted(self.posts.items())],
            "holders": [_span(s) for s in self.holders],
            "leaves": [_span(s) for s in self.leaves],
        }


def _maybe(instant: datetime | None) -> str:
    return stamp(instant) if instant is not None else ""


def _span(span: Span) -> list[Json]:
    return [span.person, span.post, stamp(span.since), _maybe(span.until), span.acting]


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
