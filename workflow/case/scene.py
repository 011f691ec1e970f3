"""What a handler of a command sees: the case, the world, the instant; and how it writes an act."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from workflow import command as commands
from workflow.act import Act
from workflow.case.fold import Case
from workflow.case.link import NOBODY, Naming
from workflow.case.standing import Standing
from workflow.errors import BadInput, FutureTime, UnknownName, WrongRole
from workflow.journal.canonical import Json
from workflow.lead import Lead, leads
from workflow.moment import Moment
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.procedure.fact import FREE, UNKNOWN, read_value
from workflow.rowname import matching
from workflow.rules import World
from workflow.text import Text

ELEMENT_STATES = {
    "not known yet": "unknown",
    "待核": "unknown",
    "unknown": "unknown",
    "not applicable": "not_applicable",
    "不适用": "not_applicable",
}


@dataclass(frozen=True, slots=True)
class Given:
    """Facts and elements split into what is public and what is erasable (S9.3)."""

    facts: dict[str, Json] = field(default_factory=dict)
    unseen: dict[str, Json] = field(default_factory=dict)
    elements: dict[str, Json] = field(default_factory=dict)
    texts: dict[str, Json] = field(default_factory=dict)
    claimed: dict[str, Json] = field(default_factory=dict)
    """Facts that an act states otherwise than they are known, by somebody who may not revise them: kept, and without effect (S4.1)."""

    def data(self) -> dict[str, Json]:
        data: dict[str, Json] = {}
        if self.facts:
            data["facts"] = dict(sorted(self.facts.items()))
        if self.unseen:
            data["given"] = sorted(self.unseen)
        if self.claimed:
            data["claimed"] = dict(sorted(self.claimed.items()))
        if self.elements:
            data["elements"] = dict(sorted(self.elements.items()))
        return data

    def private(self, **more: str) -> dict[str, Json] | None:
        content: dict[str, Json] = {k: v for k, v in more.items() if v}
        if self.unseen:
            content["facts"] = self.unseen
        if self.texts:
            content["elements"] = self.texts
        return content or None


def read_given(world: World, facts: Mapping[str, Any], elements: Mapping[str, str]) -> Given:
    """Facts and elements by id or label, with their values read. Raises what :func:`read_value` and ``find`` raise."""
    rules = world.rules
    given = Given()
    for word, value in facts.items():
        name = rules.find("fact", word)
        fact = rules.procedure.facts[name]
        choices = {k: label.text for k, label in fact.of.items()}
        read = read_value(name, fact.type, choices, value, rules.zone)
        if (fact.personal or fact.type in FREE) and read != UNKNOWN:
            given.unseen[name] = read
        else:
            given.facts[name] = read
    for word, text in elements.items():
        name = rules.find("element", word)
        state = ELEMENT_STATES.get(text.strip().lower(), "given" if text.strip() else "blank")
        given.elements[name] = state
        if state == "given":
            given.texts[name] = text
    return given


class Stamps(NamedTuple):
    happened: Moment
    submitted: Moment | None
    received: Moment | None
    grade: str


def stamps(said: commands.Said, now: datetime) -> Stamps:
    """The instants of a command. Raises :class:`FutureTime` for one that lies after ``now``."""
    for moment in (said.happened, said.submitted, said.received):
        if moment is not None and moment.lo > now:
            raise FutureTime(
                Text(f"时间在将来:{moment.lo.isoformat()}", f"the time lies in the future: {moment.lo.isoformat()}"),
                hint=Text("只能记录已经发生的事", "only what has happened can be recorded"),
            )
    earlier = any(m is not None and m.lo < now for m in (said.happened, said.submitted))
    happened = said.happened or said.submitted or Moment.at(now)
    return Stamps(happened, said.submitted, said.received, said.grade or ("own" if earlier else "system"))


class Signed(NamedTuple):
    """Who says it and when it was, as far as the command says and the organisation knows."""

    when: Stamps
    actor: Actor


class Scene(NamedTuple):
    standing: Standing
    world: World
    now: datetime
    named: Naming = NOBODY
    """The other cases that the act names."""

    @property
    def case(self) -> Case:
        return self.standing.case

    def actor(self, said: Actor, at: datetime, by: Collection[str] = ()) -> Actor:
        """The author; ``by``: the roles that do it, one of which a person with several has it in."""
        return author(said, self.world, self.case.unit, at, by)

    def signed(self, said: commands.Said, by: Collection[str] = ()) -> Signed:
        when = stamps(said, self.now)
        return Signed(when, self.actor(said.actor, when.happened.lo, by))

    def act(
        self,
        kind: str,
        name: str,
        said: commands.Said,
        data: dict[str, Json],
        private: Mapping[str, Json] | None = None,
        *,
        signed: Signed | None = None,
        deviations: tuple[str, ...] = (),
        state: tuple[str, ...] | None = None,
    ) -> Act:
        """The act as it is drafted; ``signed`` is given where the handler has looked at it before."""
        signed = signed or self.signed(said)
        when, actor = signed.when, signed.actor
        if said.source:
            data["source"] = said.source
        hidden = {**(private or {}), "note": said.note} if said.note else private
        return Act(
            self.case.n + 1,
            kind,
            name,
            when.happened,
            self.now,
            actor,
            when.submitted,
            when.received,
            when.grade,
            data,
            deviations,
            self.case.state if state is None else state,
            hidden or None,
        )

    def row(self, key: str) -> Row:
        rows = ledger(self.case, self.world, self.now)
        found = matching(key, rows, self.world.rules)
        if len(found) == 1:
            return found[0]
        raise UnknownName(
            Text(f"义务 {key!r} 不明确或不存在", f"the obligation {key!r} is not there, or not the only one"),
            where=self.case.id,
            hint=Text("可用:" + "、".join(r.key for r in rows), "there are: " + ", ".join(r.key for r in rows)),
        )

    def lead(self, word: str) -> Lead:
        """The only lead of the case that a word means."""
        rows = ledger(self.case, self.world, self.now)
        there = {lead.row.key: lead for lead in leads(self.case, rows, self.world, self.now)}
        found = matching(word, (lead.row for lead in there.values()), self.world.rules)
        if len(found) == 1:
            return there[found[0].key]
        raise UnknownName(
            Text(f"案件 {self.case.id} 没有线索 {word!r},或不止一条", f"the case {self.case.id} has no lead {word!r}, or several"),
            where=self.case.id,
            hint=Text("线索:" + ("、".join(there) or "无"), "leads: " + (", ".join(there) or "none")),
        )

    def demand_role(self, actor: Actor, allowed: tuple[str, ...], what: Text) -> None:
        if actor.role not in allowed:
            who = self.world.rules.roles([actor.role]) if actor.role else Text("此人", "this person")
            may = self.world.rules.roles(allowed)
            raise WrongRole(
                Text(f"{who.zh}无权{what.zh}", f"{who.en} may not {what.en}"),
                where=self.case.id,
                hint=Text(f"有权者:{may.zh}", f"who may: {may.en}"),
            )

    def demand_reviser(self, actor: Actor, fact: str) -> None:
        """Refuse whom a fact does not name or, by default, the obligor alone where a date depends on it (S4.1)."""
        allowed = self.world.rules.procedure.facts[fact].revise
        if allowed:
            label = self.world.rules.procedure.facts[fact]
            self.demand_role(actor, allowed, Text(f"修改“{label.zh}”", f"revise '{label.en}'"))
            return
        for duty in self.world.rules.duties.values():
            if f"fact:{fact}" in duty.inputs and duty.obligation.owed.by == actor.role:
                who, label = self.world.rules.roles([actor.role]), self.world.rules.procedure.facts[fact]
                raise WrongRole(
                    Text(
                        f"“{label.zh}”影响{who.zh}自己的期限,不能由其单独修改",
                        f"'{label.en}' bears on a duty of {who.en}, who may not revise it alone",
                    ),
                    where=self.case.id,
                    hint=Text("由他人修改,或在定义中写明谁可以修改", "let somebody else revise it, or name in the definition who may"),
                )


def reasoned(scene: Scene, reason: str) -> None:
    if not reason.strip():
        raise BadInput(Text("须写明理由", "a reason is needed"), where=scene.case.id)


def existing(scene: Scene, n: int) -> Act:
    act = scene.case.act(n)
    if act is None:
        raise UnknownName(
            Text(f"案件 {scene.case.id} 没有第 {n} 条记录", f"the case {scene.case.id} has no entry {n}"), where=scene.case.id
        )
    return act


def author(said: Actor, world: World, unit: str, at: datetime, by: Collection[str] = ()) -> Actor:
    """The author of a command, completed from the organisation. Raises :class:`~workflow.errors.UnknownActor`.

    A person with several posts acts in the one that does such a thing (``by``), else in one that the procedure has.
    """
    role = world.rules.find("role", said.role) if said.role else ""
    return world.organisation.actor(said if role == said.role else replace(said, role=role), unit, at, by, world.rules.procedure.roles)
