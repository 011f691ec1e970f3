"""The organisation as its entries make it: who may sign, and whom a role means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from workflow.errors import UnknownActor, UnknownName
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.organisation import register
from workflow.organisation.actor import Actor
from workflow.organisation.duty import Planned, Roster, Shift, Swap, Table
from workflow.organisation.post import Delegation, Frequency, Head, Post, Span, Superior, Unit
from workflow.organisation.register import Listed, Member, Power, Register, Resource, Team
from workflow.text import Text


@dataclass(frozen=True)
class Organisation:
    """The fold of the organisation's entries. An empty one is allowed: then any role that is named is taken as said."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    holders: tuple[Span, ...] = ()
    leaves: tuple[Span, ...] = ()
    frequencies: tuple[Frequency, ...] = ()
    teams: Register[Team] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    resources: Register[Resource] = field(default_factory=dict)
    powers: Register[Power] = field(default_factory=dict)
    packs: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """The rule packs that the unit has switched on: by procedure, the reference and the hash of each."""
    duties: Mapping[str, tuple[Planned, ...]] = field(default_factory=dict)
    """Post → tables of shifts, swaps and ends of its roster, in the order of the journal."""
    delegations: tuple[Delegation, ...] = ()
    heads: tuple[Head, ...] = ()
    superiors: tuple[Superior, ...] = ()
    n: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.posts

    @cached_property
    def _set(self) -> Mapping[tuple[str, str], tuple[Frequency, ...]]:
        """(procedure, unit) → what the unit set, in the order of the journal."""
        found: dict[tuple[str, str], tuple[Frequency, ...]] = {}
        for item in self.frequencies:
            found[item.procedure, item.unit] = (*found.get((item.procedure, item.unit), ()), item)
        return found

    def frequency(self, procedure: str, unit: str, at: datetime) -> Frequency | None:
        """How often a unit owes a recurring duty: as it set last itself, else as the nearest unit above that set anything (S7.3)."""
        for place in self.near(unit, at):
            own = [f for f in self._set.get((procedure, place), ()) if f.since <= at]
            if own:
                last = max(f.since for f in own)
                return [f for f in own if f.since == last][-1]  # of two from the same day, the one that was entered last
        return None

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

    def units_at(self, at: datetime, levels: Collection[str]) -> list[Unit]:
        """The units of these levels that there are at an instant, not yet part of another, in the order of entry."""
        there = (unit for unit in self.units.values() if unit.level in levels and (unit.since is None or unit.since <= at))
        return [unit for unit in there if self.unit_at(unit.id, at) == unit.id]

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

    def find_unit(self, word: str) -> str:
        """The id of a unit named by its id or label. Raises :class:`~workflow.errors.UnknownName`: a slip of the pen is no empty list."""
        wanted = word.strip().lower()
        for unit in self.units.values():
            if wanted in (unit.id.lower(), unit.zh.lower(), unit.en.lower()):
                return unit.id
        raise UnknownName(
            Text(f"机构中没有单位 {word!r}", f"the organisation has no unit {word!r}"),
            hint=Text("用 duban org show 查看", "see duban org show"),
        )

    def called(self, unit: str) -> Text:
        """A unit by its label; one that the organisation does not have stands for itself."""
        found = self.units.get(unit)
        return Text(found.zh, found.en) if found is not None else Text(unit, unit)

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
        """Who may sign for a post: its holders and those on duty in it, or whoever acts for them while they are away, and their delegates.

        Empty: vacant.
        """
        held = [h.person for h in self.holders if h.post == post and h.covers(at)]
        return self._standing(post, [*held, *(s.person for s in self.shifts_at(post, at) if s.person not in held)], at)

    def on_duty(self, post: str, at: datetime) -> list[Actor]:
        """Who is on duty in a post by its roster, or acts for them, and their delegates. Empty: no roster, or a gap in it."""
        return self._standing(post, dict.fromkeys(shift.person for shift in self.shifts_at(post, at)), at)

    def _standing(self, post: str, people: Iterable[str], at: datetime) -> list[Actor]:
        """Those who stand in a post for people whose place it is."""
        found: list[Actor] = []
        here = self.posts[post]
        for own in people:
            if (person := self._present(own, post, at)) is not None:
                found.append(Actor(here.role, person, post, here.unit, own if person != own else None))
            found.extend(Actor(here.role, d.to, post, here.unit, own) for d in self.delegated(post, at) if d.person == own)
        return found

    def _present(self, person: str, post: str, at: datetime) -> str | None:
        """The person, or whoever acts for them in a post while they are away; ``None``: nobody."""
        passed = {""}
        while person not in passed and (away := self._away(person, post, at)) is not None:  # whoever acts may be away too
            passed.add(person)
            person = away.acting
        return person if person not in passed else None

    def delegated(self, post: str, at: datetime) -> list[Delegation]:
        """The delegations in a post that hold at an instant; not while the delegate is away: nobody acts for a delegate."""
        return [d for d in self.delegations if d.post == post and d.covers(at) and self._away(d.to, post, at) is None]

    @cached_property
    def asked(self) -> dict[datetime, dict[object, Any]]:
        """What was found out about the instant that was asked for last (:mod:`workflow.audience`); it is the same whoever asks again."""
        return {}

    @cached_property
    def rosters(self) -> Mapping[str, Roster]:
        """Post → its roster, for the posts that ever had one."""
        return {post: Roster.of(entries) for post, entries in self.duties.items()}

    def shifts_at(self, post: str, at: datetime) -> list[Shift]:
        """The shifts of a post that run at an instant."""
        found = self.rosters.get(post)
        return found.at(at) if found is not None else []

    @cached_property
    def staff(self) -> frozenset[str]:
        """Who holds a post or is on duty at some time."""
        return frozenset({h.person for h in self.holders} | {s.person for roster in self.rosters.values() for s in roster.shifts})

    @cached_property
    def people(self) -> frozenset[str]:
        """Everybody whom the organisation knows: its staff, and the members of its teams."""
        return self.staff | {m.person for m in self.members if m.person}

    def head(self, unit: str, at: datetime) -> Post | None:
        """The post that heads a unit, as was said last; ``None`` where nothing was."""
        said = [h for h in self.heads if h.unit == unit and h.since <= at]
        role = sorted(said, key=lambda h: h.since)[-1].role if said else ""  # of two from the same day, the one that was entered last
        return next((p for p in self.posts.values() if p.role == role and self.unit_at(p.unit, at) == unit), None)

    def above(self, post: Post, at: datetime) -> Post | None:
        """The post that stands above another: the one that it names itself, else the head of its unit or of the nearest one above that
        has a head, else the same role in the nearest unit above, else the first post of the nearest one that has any; ``None`` at the top.
        """
        own = [s for s in self.superiors if s.post == post.id and s.since <= at]
        if own:
            return self.posts[sorted(own, key=lambda s: s.since)[-1].above]
        near = self.near(post.unit, at)
        heads = (head for unit in near if (head := self.head(unit, at)) is not None)
        if (found := next((head for head in heads if head.id != post.id), None)) is not None:
            return found
        higher = [p for unit in near[1:] for p in self.posts.values() if self.unit_at(p.unit, at) == unit]
        return next((p for p in higher if p.role == post.role), next(iter(higher), None))

    def _away(self, person: str, post: str, at: datetime) -> Span | None:
        """The leave that takes a person from a post at an instant: from that post, or from every one."""
        return next((lv for lv in self.leaves if lv.person == person and lv.covers(at) and lv.post in ("", post)), None)

    def roles_of(self, person: str, at: datetime) -> list[Actor]:
        """Every capacity in which a person may sign at an instant, acting included, by post id."""
        return [a for post in self._capacities.get(person, ()) for a in self.signing(post, at) if a.person == person]

    @cached_property
    def _capacities(self) -> Mapping[str, tuple[str, ...]]:
        """Person → the posts that they hold, act in or are on duty in at some time, by id."""
        found: dict[str, set[str]] = {}
        held: dict[str, set[str]] = {}
        for holder in self.holders:
            found.setdefault(holder.person, set()).add(holder.post)
            held.setdefault(holder.person, set()).add(holder.post)
        for post, roster in self.rosters.items():
            for shift in roster.shifts:
                found.setdefault(shift.person, set()).add(post)
                held.setdefault(shift.person, set()).add(post)
        for leave in self.leaves:
            if leave.acting:
                found.setdefault(leave.acting, set()).update({leave.post} if leave.post else held.get(leave.person, set()))
        for delegation in self.delegations:
            found.setdefault(delegation.to, set()).add(delegation.post)
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

    def teams_at(self, at: datetime) -> list[Team]:
        """The teams that there are at an instant, by id."""
        return register.at(self.teams, at)

    def members_of(self, team: str, at: datetime) -> list[Member]:
        """Who is listed as a member of a team at an instant, in the order of entry."""
        return [m for m in register.covering(self.members, at) if m.team == team]

    def resources_at(self, at: datetime) -> list[Resource]:
        """The resources that there are at an instant, by id."""
        return register.at(self.resources, at)

    def powers_at(self, at: datetime) -> list[Power]:
        """The rows of the authority matrix in force at an instant, by id."""
        return register.at(self.powers, at)

    def actor(self, said: Actor, unit: str, at: datetime, *among: Collection[str]) -> Actor:
        """Who an author is, completed from the organisation.

        With a person, their capacities at ``at`` are searched: the role that was named, else the only one they have, or the only one of
        the first of ``among`` in which they have any: the roles that do an event, those of a procedure. With a role alone, the post that
        it means for ``unit``. Raises :class:`~workflow.errors.UnknownActor` when nobody is named or nothing is found.
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
            if not said.role:
                fitting = next((found for roles in among if (found := [c for c in fitting if c.role in roles])), fitting)
            near = self.near(unit, at)
            fitting.sort(key=lambda c: near.index(c.unit) if c.unit in near else len(near))
            if fitting and (said.role or len({c.role for c in fitting}) == 1):
                return fitting[0]
            if not capacities:
                raise UnknownActor(Text(f"机构中没有在任的 {said.person}", f"{said.person} holds no post at {stamp(at)}"))
            if said.role:
                return replace(said, post=None)  # known, but in another capacity: the caller judges the role
            held = {c.role: self.posts[c.post] for c in reversed(fitting) if c.post is not None}
            zh = "、".join(f"{role}({post.zh})" for role, post in sorted(held.items()))
            en = ", ".join(f"{role} ({post.en})" for role, post in sorted(held.items()))
            raise UnknownActor(
                Text(f"{said.person} 有多个角色:{zh}", f"{said.person} holds several roles: {en}"),
                hint=Text("用 --as 指明角色", "name the role with --as"),
            )
        post = self.post_for(said.role, unit, at)
        if post is None and not any(p.role == said.role for p in self.posts.values()):
            raise UnknownActor(Text(f"机构中没有角色 {said.role}", f"the organisation has no role {said.role}"))
        return said if post is None else Actor(said.role, None, post.id, post.unit)

    def document(self) -> dict[str, Json]:
        """The canonical content; no names and no addresses. What not every organisation has stands in it where there is any."""
        more: dict[str, Json] = {
            "rosters": [[post, [_planned(entry) for entry in entries]] for post, entries in sorted(self.duties.items())],
            "delegations": [[d.person, d.post, d.to, stamp(d.since), stamp(d.until)] for d in self.delegations],
            "heads": [[h.unit, h.role, stamp(h.since)] for h in self.heads],
            "superiors": [[s.post, s.above, stamp(s.since)] for s in self.superiors],
        }
        return {
            **{name: content for name, content in more.items() if content},
            "units": [
                [u.id, u.zh, u.en, u.level, u.parent, _maybe(u.since), u.merged_into, _maybe(u.merged_from)]
                for _, u in sorted(self.units.items())
            ],
            "posts": [[p.id, p.role, p.unit] for _, p in sorted(self.posts.items())],
            "holders": [_span(s) for s in self.holders],
            "leaves": [_span(s) for s in self.leaves],
            "periods": [[f.unit, f.procedure, f.every, stamp(f.since)] for f in self.frequencies],
            "teams": [
                [*_listed(t), t.kind, t.unit, t.zh, t.en, [[s.zh, s.en] for s in t.skills], t.contact, t.size]
                for _, revisions in sorted(self.teams.items())
                for t in revisions
            ],
            "members": [[m.team, m.person, m.post, stamp(m.since), _maybe(m.until)] for m in self.members],
            "resources": [
                [*_listed(r), r.kind, r.unit, r.zh, r.en, r.amount, r.custodian]
                for _, revisions in sorted(self.resources.items())
                for r in revisions
            ],
            "authority": [
                [*_listed(p), p.role, p.action, list(p.classes), list(p.grades)]
                for _, revisions in sorted(self.powers.items())
                for p in revisions
            ],
        }


def _maybe(instant: datetime | None) -> str:
    return stamp(instant) if instant is not None else ""


def _listed(item: Listed) -> list[Json]:
    return [item.id, stamp(item.since), _maybe(item.until)]


def _planned(entry: Planned) -> list[Json]:
    if isinstance(entry, Table):
        return ["roster", [[s.person, stamp(s.since), stamp(s.until)] for s in entry.shifts]]
    if isinstance(entry, Swap):
        return ["swap", entry.person, entry.to, stamp(entry.since), stamp(entry.until)]
    return ["end", stamp(entry.since)]


def _span(span: Span) -> list[Json]:
    return [span.person, span.post, stamp(span.since), _maybe(span.until), span.acting]
