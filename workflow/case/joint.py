"""A command and what it does to each case that it concerns, all of them in one transaction or none.

Each case has acts of its own, so that it folds from its own entries alone. What another case hears is a record: never refused, and where
its event is not possible there it deviates and moves nothing (S5.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from workflow import act as kinds
from workflow import command as commands
from workflow.act import Act
from workflow.case import deed
from workflow.case.clockwork import catch_up
from workflow.case.decide import decide
from workflow.case.fold import Case
from workflow.case.link import OPPOSITE, Link, Naming, Way, demand, leads_of, links, onward
from workflow.case.matter import leading
from workflow.case.scene import Scene, Signed, Stamps
from workflow.case.standing import Standing, settle
from workflow.errors import BadInput, ClockOnly, NotAllowed, WrongCase
from workflow.journal.canonical import Json
from workflow.lead import evidence
from workflow.procedure.model import CLOCK, ENGINE
from workflow.rules import World
from workflow.text import Text


class Known(NamedTuple):
    """A case as it lies in the store, with its world."""

    standing: Standing
    world: World
    hashes: Callable[[], Mapping[int, str]] = dict
    """Of its entries in the journal, by number."""

    @property
    def case(self) -> Case:
        return self.standing.case


class Part(NamedTuple):
    """What a command does to one case; ``was`` is ``None`` for the one that it opens."""

    was: Standing | None
    becomes: Standing
    world: World

    @property
    def acts(self) -> tuple[Act, ...]:
        return self.becomes.case.acts[self.was.case.n if self.was is not None else 0 :]


Load = Callable[[str], Known]
"""The case of an id. Raises :class:`~workflow.errors.UnknownCase`."""


def opened(command: commands.Open, world: World, now: datetime, case_id: str, load: Load) -> tuple[Part, ...]:
    """Open a case; those that it comes from hear of it. The first part is the new case."""
    sources = _others(command.origin, command.leads, load)
    if not sources:
        return (Part(None, decide(None, command, world, now, case_id), world),)
    if any(source.case.drill for source in sources):  # what comes of a practice is practice, on the same clock
        command = replace(command, drill=True, pace=1, clock=next((s.case.pace for s in sources if s.case.pace), None))
    if command.by:
        return _sent(command, world, now, case_id, sources[0])
    name = deed.opener(command, world, now)
    if world.rules.procedure.events[name].link is None:
        origin, able = sources[0].case, onward(sources[0].world.rules, world.rules.procedure.procedure)
        raise WrongCase(
            Text(f"写明案件 {origin.id} 凭哪个事件转来", f"say by which event of the case {origin.id} it comes"),
            where=origin.id,
            hint=Text("--by " + ("、".join(able) or "(没有)"), "--by " + (", ".join(able) or "(there is none)")),
        )
    named = _naming(world, name, case_id, sources, "from", command, now, command.drill)
    new = decide(None, replace(command, event=name), world, now, case_id, named)
    first = Part(None, new, world)
    return (first, *(heard(source, first, new.case.acts[0], now) for source in sources))


def _sent(command: commands.Open, world: World, now: datetime, case_id: str, source: Known) -> tuple[Part, ...]:
    """Open a case by an event of the case that it comes from."""
    if command.leads:
        raise BadInput(
            Text("线索由新案件的立案事件接收,不写 --by", "a lead is taken up by the opening event of the new case, without --by")
        )
    rules, origin = source.world.rules, source.case
    by = rules.find("event", command.by)
    declared = rules.procedure.events[by].link
    reply = (declared.event or "") if declared is not None else ""
    told = world.rules.procedure.events.get(reply)
    if not command.event and told is not None and told.opens:
        command = replace(command, event=reply)
    named = Naming((Link(origin.id, origin.procedure, by, "from"),))
    new = Part(None, decide(None, command, world, now, case_id, named), world)
    said = replace(command.said, note="")  # it lies in the new case
    part = _done(source, commands.Do(said=said, event=by, case=case_id), now, (Known(new.becomes, world),))
    if reply and new.becomes.case.acts[0].name != reply:
        new = new._replace(becomes=heard(Known(new.becomes, world), part, _naming_act(part), now).becomes)
    return (new, part)


def carried_out(known: Known, command: commands.Command, now: datetime, load: Load) -> tuple[Part, ...]:
    """Carry out a command on a case; others that it names hear of it. The first part is that case."""
    standing, world = known.standing, known.world
    if isinstance(command, commands.SameAs) and command.lead:
        leading(load(command.lead).case, standing.case)
    if isinstance(command, commands.Void):
        return _voided(known, command, now, load)
    others = _others(command.case, command.leads, load, known) if isinstance(command, commands.Do) else []
    if not isinstance(command, commands.Do) or not others:
        return (Part(standing, decide(standing, command, world, now), world),)
    part = _done(known, command, now, others)
    return (part, *(heard(other, part, _naming_act(part), now) for other in others))


def _voided(known: Known, command: commands.Void, now: datetime, load: Load) -> tuple[Part, ...]:
    """Void a case: those whose leads it took up hear that they are open again (S7.2, S9.2)."""
    standing, world = known.standing, known.world
    sources = dict.fromkeys(str(doc["case"]) for act in standing.case.acts for doc in leads_of(act))
    others = [load(source) for source in sources]
    named = Naming(tuple(Link(other.case.id, other.case.procedure, "", "from") for other in others))
    part = Part(standing, decide(standing, command, world, now, named=named), world)
    act = next(act for act in part.acts if act.kind == kinds.VOIDED)
    return (part, *(heard(other, part, act, now) for other in others))


def _done(known: Known, command: commands.Do, now: datetime, others: Sequence[Known]) -> Part:
    """Do an event that names other cases, on this side."""
    standing, world = known.standing, known.world
    name = world.rules.find("event", command.event)
    named = _naming(world, name, standing.case.id, others, "to" if not command.leads else "from", command, now, standing.case.drill)
    return Part(standing, decide(standing, command, world, now, named=named), world)


def _others(case: str, leads: Sequence[tuple[str, str]], load: Load, here: Known | None = None) -> list[Known]:
    """The cases that a command names, each once: the case itself stands for itself, to be refused."""
    ids = dict.fromkeys([*([case] if case else ()), *(lead[0] for lead in leads)])
    return [here if here is not None and one == here.case.id else load(one) for one in ids]


def _naming(
    world: World,
    name: str,
    here: str,
    others: Sequence[Known],
    way: Way,
    command: commands.Open | commands.Do,
    now: datetime,
    drill: bool,
) -> Naming:
    """What the act ``name`` of the case ``here`` says of other cases. Raises :class:`~workflow.errors.WrongCase`."""
    for other in others:
        demand(world.rules, name, here, other.case, drill)
    link = world.rules.procedure.events[name].link
    reply = (link.event or "") if link is not None else ""
    told = tuple(Link(other.case.id, other.case.procedure, reply, way) for other in others)
    if command.leads and command.said.actor.role in (CLOCK, ENGINE):
        raise ClockOnly(Text("线索只能由人处理", "only a person takes up a lead"), where=here)
    by_id = {other.case.id: other for other in others}
    found = {(doc["case"], doc["row"]): doc for case, row in command.leads for doc in (_evidence(by_id[case], row, now),)}
    return Naming(told, tuple(found.values()))


def _evidence(known: Known, row: str, now: datetime) -> dict[str, Json]:
    """The evidence of a lead that is not taken up yet: one that was dismissed may be."""
    ready = catch_up(known.standing, known.world, now)
    lead = Scene(ready, known.world, now).lead(row)
    if lead.state == "taken":
        raise NotAllowed(
            Text(f"线索已由案件 {lead.into} 处理", f"the lead was taken up by the case {lead.into}"),
            where=f"{known.case.id}: {lead.row.key}",
        )
    return evidence(lead, known.world, known.hashes(), now)


def _naming_act(part: Part) -> Act:
    return next(act for act in part.acts if links(act))


def heard(known: Known, teller: Part, act: Act, now: datetime) -> Part:
    """A case after it heard of an act of another, the ``teller``: by the event that the act declares for it, else by a plain ``linked``."""
    standing, world = known.standing, known.world
    (told,) = (link for link in links(act) if link.case == standing.case.id)
    now = max(now, standing.case.acts[-1].recorded)
    ready = catch_up(standing, world, now)
    reply = _reply(Scene(ready, world, now), teller, act, told)
    return Part(standing, catch_up(settle(ready, reply, world), world, now), world)


def _reply(scene: Scene, teller: Part, act: Act, told: Link) -> Act:
    assert act.actor is not None
    there = teller.becomes.case
    link = Link(there.id, there.procedure, act.name, OPPOSITE[told.way])
    signed = Signed(Stamps(act.happened, act.submitted, act.received, act.grade), act.actor)  # as it was established there
    said = commands.Said(actor=act.actor, source=str(act.data.get("source", "")))
    voided = act.kind == kinds.VOIDED
    docs = [doc for said_of in (there.acts if voided else (act,)) for doc in leads_of(said_of) if doc["case"] == scene.case.id]
    rows = tuple(str(doc["row"]) for doc in docs) if voided or deed.WRONG_ROLE not in act.deviations else ()
    role = teller.world.rules.procedure.roles.get(act.actor.role)
    stranger = role is not None and act.actor.role not in scene.world.rules.procedure.roles
    taken, released = ((), rows) if voided else (rows, ())
    named = Naming((link,), taken=taken, released=released, role=role.text if role is not None and stranger else None)
    event = scene.world.rules.procedure.events.get(told.event)
    if event is not None and not event.clockwork:
        reply = deed.done(scene._replace(named=named), told.event, commands.Record(said=said, event=told.event), signed)
        return _deviating(reply, scene.case) if act.deviations else reply
    lost: tuple[str, ...] = ("unknown_activity",) if told.event else ()  # the version that this case is pinned to has no such event
    return scene.act(kinds.LINKED, there.id, said, named.data(), signed=signed, deviations=lost)


def _deviating(reply: Act, case: Case) -> Act:
    """What departs from the procedure of one case moves nothing in another."""
    data = {key: value for key, value in reply.data.items() if key != "ended"}
    return replace(reply, data=data, deviations=(*reply.deviations, "other_side"), state=case.state)
