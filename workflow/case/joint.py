"""A command and what it does to each case that it concerns, all of them in one transaction or none.

Each case has acts of its own, so that it folds from its own entries alone. What another case hears is a record: never refused, and where
its event is not possible there it deviates and moves nothing (S5.3).
"""

from __future__ import annotations

from collections.abc import Callable
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
from workflow.case.link import OPPOSITE, Link, demand, links, onward
from workflow.case.matter import leading
from workflow.case.scene import Scene, Signed, Stamps
from workflow.case.standing import Standing, settle
from workflow.errors import WrongCase
from workflow.journal.canonical import Json
from workflow.rules import World
from workflow.text import Text


class Known(NamedTuple):
    """A case as it lies in the store, with its world."""

    standing: Standing
    world: World


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
    """Open a case; one that comes from another is named there too. The first part is the new case."""
    if not command.origin:
        return (Part(None, decide(None, command, world, now, case_id), world),)
    source = load(command.origin)
    origin = source.standing.case
    command = replace(command, drill=command.drill or origin.drill)  # what comes of a practice is practice
    if command.by:
        return _sent(command, world, now, case_id, source)
    name = deed.opener(command, world, now)
    event = world.rules.procedure.events[name]
    if event.link is None:
        able = onward(source.world.rules, world.rules.procedure.procedure)
        raise WrongCase(
            Text(f"写明案件 {origin.id} 凭哪个事件转来", f"say by which event of the case {origin.id} it comes"),
            where=origin.id,
            hint=Text("--by " + ("、".join(able) or "(没有)"), "--by " + (", ".join(able) or "(there is none)")),
        )
    demand(world.rules, name, case_id, origin)
    link = Link(origin.id, origin.procedure, event.link.event or "", "from")
    new = decide(None, replace(command, event=name), world, now, case_id, (link,))
    return (Part(None, new, world), heard(source, new.case, new.case.acts[0], now))


def _sent(command: commands.Open, world: World, now: datetime, case_id: str, source: Known) -> tuple[Part, ...]:
    """Open a case by an event of the case that it comes from."""
    rules, origin = source.world.rules, source.standing.case
    by = rules.find("event", command.by)
    declared = rules.procedure.events[by].link
    reply = (declared.event or "") if declared is not None else ""
    told = world.rules.procedure.events.get(reply)
    if not command.event and told is not None and told.opens:
        command = replace(command, event=reply)
    link = Link(origin.id, origin.procedure, by, "from")
    new = Part(None, decide(None, command, world, now, case_id, (link,)), world)
    said = replace(command.said, note="")  # it lies in the new case
    part = done(source, commands.Do(said=said, event=by, case=case_id), now, new.becomes.case)
    if reply and new.becomes.case.acts[0].name != reply:
        act = next(a for a in part.acts if a.name == by and links(a))
        new = new._replace(becomes=heard(Known(new.becomes, world), part.becomes.case, act, now).becomes)
    return (new, part)


def done(known: Known, command: commands.Do, now: datetime, other: Case) -> Part:
    """Do an event that names another case, on this side."""
    standing, world = known
    name = world.rules.find("event", command.event)
    demand(world.rules, name, standing.case.id, other)
    declared = world.rules.procedure.events[name].link
    link = Link(other.id, other.procedure, (declared.event or "") if declared is not None else "", "to")
    return Part(standing, decide(standing, command, world, now, links=(link,)), world)


def carried_out(known: Known, command: commands.Command, now: datetime, load: Load) -> tuple[Part, ...]:
    """Carry out a command on a case. The first part is that case."""
    standing, world = known
    if isinstance(command, commands.SameAs) and command.lead:
        leading(load(command.lead).standing.case)
    if not isinstance(command, commands.Do) or not command.case:
        return (Part(standing, decide(standing, command, world, now), world),)
    other = known if command.case == standing.case.id else load(command.case)
    part = done(known, command, now, other.standing.case)
    act = next(a for a in part.acts if links(a))
    return (part, heard(other, part.becomes.case, act, now))


def heard(known: Known, teller: Case, act: Act, now: datetime) -> Part:
    """A case after it heard of an act of another: by the event that the act declares for it, else by a plain ``linked``."""
    standing, world = known
    (told,) = (link for link in links(act) if link.case == standing.case.id)
    now = max(now, standing.case.acts[-1].recorded)
    ready = catch_up(standing, world, now)
    reply = _reply(Scene(ready, world, now), teller, act, told)
    return Part(standing, catch_up(settle(ready, reply, world), world, now), world)


def _reply(scene: Scene, teller: Case, act: Act, told: Link) -> Act:
    assert act.actor is not None
    link = Link(teller.id, teller.procedure, act.name, OPPOSITE[told.way])
    signed = Signed(Stamps(act.happened, act.submitted, act.received, act.grade), act.actor)  # as it was established there
    said = commands.Said(actor=act.actor, source=str(act.data.get("source", "")))
    event = scene.world.rules.procedure.events.get(told.event)
    if event is not None and not event.clockwork:
        reply = deed.done(scene._replace(links=(link,)), told.event, commands.Record(said=said, event=told.event), signed)
        return _deviating(reply, scene.case) if act.deviations else reply
    data: dict[str, Json] = {"links": [link.document()]}
    lost: tuple[str, ...] = ("unknown_activity",) if told.event else ()  # the version that this case is pinned to has no such event
    return scene.act(kinds.LINKED, teller.id, said, data, signed=signed, deviations=lost)


def _deviating(reply: Act, case: Case) -> Act:
    """What departs from the procedure of one case moves nothing in another."""
    data = {key: value for key, value in reply.data.items() if key != "ended"}
    return replace(reply, data=data, deviations=(*reply.deviations, "other_side"), state=case.state)
