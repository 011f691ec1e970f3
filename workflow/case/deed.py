"""Opening a case and doing what its procedure declares: a request may be refused, a record is kept with its breaches (SEMANTICS S5)."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from workflow import act as kinds
from workflow import command as commands
from workflow.act import Act
from workflow.case import attribution, authority
from workflow.case.clockwork import catch_up, ending
from workflow.case.link import NOBODY, Naming
from workflow.case.scene import Given, Scene, Signed, author, existing, read_given, stamps
from workflow.case.standing import Standing, settle
from workflow.errors import BadInput, ClockOnly, MissingFacts, NotAllowed, WrongRole, WrongState
from workflow.journal.canonical import Json
from workflow.moment import Moment, stamp
from workflow.obligation.ledger import assess
from workflow.obligation.owing import seen_at
from workflow.organisation import Actor
from workflow.organisation.authority import Standing as Powers
from workflow.pace import FASTEST, Pace
from workflow.period import Period
from workflow.procedure.condition import Condition, Known, holds, reads
from workflow.procedure.fact import is_unknown
from workflow.procedure.legend import condition_text, labelled
from workflow.procedure.model import Event, Procedure
from workflow.rules import World
from workflow.text import Text

WRONG_ROLE = "wrong_role"
"""The deviation of an act of a role that the event is not for."""


def opener(command: commands.Open, world: World, now: datetime) -> str:
    """The event that opens the case. Raises :class:`~workflow.errors.BadInput` for one that does not."""
    rules = world.rules
    openers = [name for name, event in rules.procedure.events.items() if event.opens]
    named = [rules.find("event", command.event)] if command.event else openers
    by = [role for n in named for role in rules.procedure.events[n].by]
    actor = author(command.said.actor, world, command.unit, stamps(command.said, now).happened.lo, by)
    name = rules.find("event", command.event) if command.event else _opening(world, openers, actor.role)
    if name not in openers:
        raise BadInput(
            Text(f"事件 {command.event!r} 不能立案", f"the event {command.event!r} does not open a case"),
            hint=Text("可用:" + "、".join(openers), "one of: " + ", ".join(openers)),
        )
    return name


def open_case(command: commands.Open, world: World, now: datetime, case_id: str, named: Naming = NOBODY) -> Standing:
    rules = world.rules
    name = opener(command, world, now)
    when = stamps(command.said, now)
    place = "" if command.unit else attribution.by_place(world.organisation, command.where, when.happened.lo)
    actor = author(command.said.actor, world, command.unit or place, when.happened.lo, rules.procedure.events[name].by)
    unit = command.unit or place or actor.unit or ""
    blank = [zh for zh, value in (("何事", command.what), ("何处", command.where), ("何人告知", command.told_by)) if not value.strip()]
    if blank:
        raise BadInput(
            Text(f"立案需要三项:何事、何处、何人告知;缺 {'、'.join(blank)}", "opening needs three things: what, where, who told us"),
            hint=Text("其余都可以填“待核”", "everything else can be 'not known yet'"),
        )
    given = read_given(world, command.facts, {})
    event = rules.procedure.events[name]
    breaches = {WRONG_ROLE: event.by and actor.role not in event.by, "no_case": event.link is not None and not named.links}
    deviations = tuple(code for code, on in breaches.items() if on)
    data: dict[str, Json] = {
        **given.data(),
        **_pinned(world),
        "unit": unit,
        "given": sorted([*given.unseen, "what", "where", "told_by"]),
    }
    if not world.organisation.is_empty:
        data["attribution"] = attribution.rule(command.unit, place, actor.unit or "")
    if command.elsewhere:
        data["elsewhere"] = True
    away = world.organisation.away(actor, unit, when.happened.lo)
    if away:  # as the organisation is known now: what is entered of it later changes no outcome
        data["away"] = away
    if command.drill:
        data["drill"] = True
    pace = _pace(command, now)
    if pace is not None:
        data["pace"] = pace.document()
    data.update(named.data())
    if command.said.source:
        data["source"] = command.said.source
    private = given.private(what=command.what, where=command.where, told_by=command.told_by, note=command.said.note)
    act = Act(
        1,
        kinds.OPENED,
        name,
        when.happened,
        now,
        actor,
        when.submitted,
        when.received,
        when.grade,
        data,
        deviations,
        rules.chart.initial,
        private,
    )
    return catch_up(settle(Standing.fresh(case_id, act), act, world), world, now)


def _pace(command: commands.Open, now: datetime) -> Pace | None:
    """The clock of the drill; ``None``: the real one. Only practice runs on another."""
    if not 1 <= command.pace <= FASTEST:
        raise BadInput(
            Text(f"演练时钟应为 1 至 {FASTEST} 倍", f"the clock of a drill runs 1 to {FASTEST} times as fast"),
            where="pace",
            hint=Text("60 即每分钟作一小时", "60 makes an hour of each minute"),
        )
    if command.pace > 1 and not command.drill:
        raise BadInput(
            Text("只有演练可以加快时钟", "only the clock of a drill runs faster"),
            where="pace",
            hint=Text("加 --drill,或去掉 --pace", "add --drill, or leave out --pace"),
        )
    if command.clock is not None:
        return command.clock
    return Pace(now, command.pace) if command.pace > 1 else None


def _opening(world: World, openers: list[str], role: str) -> str:
    """The opening event that nobody named: the first that is for this role, else the first."""
    events = world.rules.procedure.events
    return next((n for n in openers if role in events[n].by), openers[0] if openers else "")


def open_period(unit: str, period: Period, world: World, now: datetime, case_id: str) -> Standing:
    """The case of one period of a recurring duty; the sweep opens it, so its author is nobody (S7.3)."""
    rules = world.rules
    name = next(n for n, e in rules.procedure.events.items() if e.opens)
    data: dict[str, Json] = {**_pinned(world), "unit": unit, "period": [stamp(period.since), stamp(period.until)]}
    if period.set_by:
        data["frequency"] = {"every": period.every, "set_by": period.set_by}
    act = Act(1, kinds.OPENED, name, Moment.at(period.since), now, data=data, state=rules.chart.initial)
    return catch_up(settle(Standing.fresh(case_id, act), act, world), world, now)


def _pinned(world: World) -> dict[str, Json]:
    """What a case is pinned to when it opens (promise 9)."""
    rules = world.rules
    return {
        "procedure": rules.procedure.procedure,
        "version": rules.procedure.version,
        "definition": rules.hash,
        "calendar": next(iter(world.calendars)),
        "tz": world.tz,
    }


def do(scene: Scene, command: commands.Do) -> Act:
    rules, case = scene.world.rules, scene.case
    name = rules.find("event", command.event)
    event = rules.procedure.events[name]
    if event.clockwork:
        raise ClockOnly(
            Text(f"“{event.zh}”只能由时钟触发", f"'{event.en}' is an event of the clock; no person can fire it"), where=f"{case.id}: {name}"
        )
    return done(scene, name, command, scene.signed(command.said, event.by))


def done(scene: Scene, name: str, command: commands.Do, signed: Signed) -> Act:
    """The act of an event that a person did, or refuse it; who and when has been established."""
    world, case = scene.world, scene.case
    rules = world.rules
    event = rules.procedure.events[name]
    given = read_given(world, command.facts, command.elements)
    receivers = tuple(rules.find("role", r) for r in command.to)
    present = tuple(rules.find("role", r) for r in command.present)
    unentitled = _unentitled(scene, signed.actor, given)
    power = None
    if event.authority is not None:
        powers = world.organisation.powers_at(signed.when.happened.lo)
        power = authority.command(event, event.authority, powers, _known(scene, signed.when.happened.hi, given))
    countersigners = (event.second,) if event.second else power.holders if power is not None else ()
    second = scene.actor(command.second, signed.when.happened.lo, countersigners) if command.second is not None else None
    held = power.judge(signed.actor, second) if power is not None else None
    breaches = _breaches(scene, name, event, command, signed, given, present, second) | unentitled | _no_such_slot(scene, name, command)
    if power is not None and held == Powers.BEYOND:
        breaches[authority.BEYOND] = power.refusal(signed.actor, rules, f"{case.id}: {name}")
    strict = event.kind == "request" and not isinstance(command, commands.Record)
    if strict and breaches:
        raise next(iter(breaches.values()))()
    data = given.data()
    if receivers:
        data["to"] = sorted(receivers)
    if present:
        data["present"] = sorted(present)
    if second is not None:
        data["second"] = second.document()
    if held is not None:  # by the matrix as it is known now: what is entered of it later changes nothing
        data["authority"] = held.value
    if command.oral:
        data["oral"] = True
    data.update(scene.named.data())
    if command.slot is not None:
        data["slot"] = command.slot.encode()
    if command.of:
        data["of"] = sorted({existing(scene, n).n for n in command.of})
    if event.report is not None:
        data["number"] = len(case.by_name.get(name, ())) + 1  # reports are numbered as they are entered, for good (S6.1)
    if event.report is not None and event.report.medium != "any":
        data["medium"] = event.report.medium
    state = case.state if breaches or not _possible_now(scene, event, given) else rules.chart.fire(case.state, name) or case.state
    data = ending(case, world, state, data)
    private = given.private(oral=command.oral)
    return scene.act(kinds.ACTED, name, command.said, data, private, signed=signed, deviations=tuple(breaches), state=state)


def _unentitled(scene: Scene, actor: Actor, given: Given) -> dict[str, Callable[[], Exception]]:
    """A known fact that is stated otherwise along with an act is a revision (S4.1): without the right to it, it is set apart.

    So is a fact that starts a clock, such as when the unit knew, when it is stated for the first time: it takes evidence (S7.1).
    """
    now = scene.case.facts_now()
    starting = {duty.obligation.starts.fact for duty in scene.world.rules.duties.values()}
    found: dict[str, Callable[[], Exception]] = {}
    for fact, value in tuple(given.facts.items()):
        first = fact not in now or is_unknown(now[fact])
        if now.get(fact) == value or (first and (fact not in starting or is_unknown(value))):
            continue
        try:
            scene.demand_reviser(actor, fact)
        except WrongRole as error:
            found["not_revisable"] = partial(_same, error)
            given.claimed[fact] = given.facts.pop(fact)
    return found


def _no_such_slot(scene: Scene, name: str, command: commands.Do) -> dict[str, Callable[[], Exception]]:
    """A record fulfils the slot that it names (S7.3): one that is none fulfils nothing, and that is not to be missed."""
    if command.slot is None:
        return {}
    duties = [d for d in scene.world.rules.duties.values() if d.obligation.starts.every and name in d.obligation.met_by]
    rows = assess(duties, scene.case, scene.world, scene.now)
    if any(r.begin is not None and r.begin.slot is not None and r.begin.slot.instant == command.slot.lo for r in rows):
        return {}
    local = f"{command.slot.lo.astimezone(scene.world.rules.zone):%Y-%m-%d %H:%M}"
    refusal = NotAllowed(
        Text(f"{local} 不是续报时点", f"{local} is no slot of this report"),
        where=f"{scene.case.id}: {name}",
        hint=Text("用 duban due 查看时点", "see the slots with duban due"),
    )
    return {"no_such_slot": partial(_same, refusal)}


def _same(error: Exception) -> Exception:
    return error


def _known(scene: Scene, at: datetime, given: Given) -> Known:
    """What is known of the case at an instant, with what the act states itself."""
    known = seen_at(scene.case, at, scene.world)
    return Known(ChainMap(dict(given.facts), cast(Any, known.facts)), known.happened, known.decided, known.open)


def _unheld(scene: Scene, condition: Condition, given: Given, *instants: datetime) -> Known | None:
    """What is known at the first of these instants at which a condition does not hold; ``None``: it holds at all of them."""
    seen = (_known(scene, at, given) for at in dict.fromkeys(instants))
    return next((known for known in seen if holds(condition, known) is not True), None)


def _possible_now(scene: Scene, event: Event, given: Given) -> bool:
    """Whether the condition of an event holds as it is entered: what was possible only when it happened moves nothing (S1.5)."""
    return event.when is None or _unheld(scene, event.when, given, scene.now) is None


def _required(world: World, fact: str, known: Known) -> bool:
    condition = world.rules.procedure.facts[fact].required_when
    return condition is None or bool(holds(condition, known))


def _breaches(
    scene: Scene,
    name: str,
    event: Event,
    command: commands.Do,
    signed: Signed,
    given: Given,
    present: tuple[str, ...],
    second: Actor | None,
) -> dict[str, Callable[[], Exception]]:
    """Every breach of procedure by code, with the error that refuses a request for it."""
    world, case = scene.world, scene.case
    procedure = world.rules.procedure
    found: dict[str, Callable[[], Exception]] = {}
    actor = signed.actor
    where = f"{case.id}: {name}"
    label = event.text
    if event.by and actor.role not in event.by:
        who, allowed = world.rules.roles([actor.role]), world.rules.roles(event.by)
        found[WRONG_ROLE] = lambda: WrongRole(
            Text(f"{who.zh}无权“{label.zh}”", f"{who.en} may not '{label.en}'"),
            where=where,
            hint=Text(f"由{allowed.zh}办理", f"it is for: {allowed.en}"),
        )
    if world.rules.chart.fire(case.state, name) is None and not _was_enabled(scene, name, signed.when.happened):
        here = world.rules.states(case.state)
        possible = [procedure.events[e].text for e in world.rules.chart.enabled(case.state)]
        found["not_enabled"] = lambda: WrongState(
            Text(f"当前状态({here.zh})不能“{label.zh}”", f"'{label.en}' is not possible in the state {here.en}"),
            where=where,
            hint=Text("现在可以:" + "、".join(e.zh for e in possible), "possible now: " + ", ".join(e.en for e in possible)),
        )
    missing: list[str] = []
    if event.require:
        facts = {**case.facts_now(), **given.facts, **dict.fromkeys(given.unseen, True)}
        known = _known(scene, signed.when.happened.hi, given)
        missing = [f for f in event.require if (f not in facts or is_unknown(facts[f])) and _required(world, f, known)]
    if missing:
        found["missing_facts"] = lambda: MissingFacts(
            Text("“", "'") + label + Text("”还缺:", "' still needs: ") + labelled(procedure.facts, missing),
            where=where,
            hint=Text("用 -f 写明:", "give with -f: ") + _choices(procedure, missing),
        )
    wanted = (*event.record, *(event.report.elements if event.report else ()))
    blank = [e for e in wanted if given.elements.get(e, "blank") == "blank"]
    if blank:
        found["blank_element"] = lambda: MissingFacts(
            Text("要素未填:", "elements left blank: ") + labelled(procedure.elements, blank),
            where=where,
            hint=Text("用 -e 要素=内容 填写;不清楚的填“待核”", "give them with -e name=text; 'not known yet' for what is not known"),
        )
    absent = [r for r in event.present if r not in present]
    if absent:
        found["absent"] = lambda: NotAllowed(
            Text("须在场者不在场:", "must be present and is not: ") + world.rules.roles(absent),
            where=where,
            hint=Text("到场的用 --present 写明", "name with --present who is there"),
        )
    if (signer := event.second) and not command.oral:
        if second is None or second.role != signer:
            found["no_second"] = lambda: NotAllowed(
                Text("须会签:", "needs the signature of: ") + world.rules.roles([signer]),
                where=where,
                hint=Text("或记录口头同意(--oral),事后补签", "or record an oral approval (--oral) and sign afterwards"),
            )
        elif second.may_be(actor):
            found["four_eyes"] = lambda: NotAllowed(
                Text("会签人与经办人不能是同一人", "the second signer must be another person"), where=where
            )
    if event.link is not None and not scene.named.links:
        found["no_case"] = lambda: MissingFacts(
            Text(f"“{label.zh}”须写明所涉案件", f"'{label.en}' must name the other case"),
            where=where,
            hint=Text(f"--case 编号({'、'.join(event.link.to)})", f"--case ID, of {', '.join(event.link.to)}") if event.link else None,
        )
    asked = event.kind == "request" and not isinstance(command, commands.Record)  # what is asked for must be possible now, too
    instants = (signed.when.happened.hi, scene.now) if asked else (signed.when.happened.hi,)
    if event.when is not None and (unheld := _unheld(scene, event.when, given, *instants)) is not None:
        hint = _unmet(procedure, event.when, unheld)
        found["condition"] = lambda: NotAllowed(
            Text(f"“{label.zh}”的条件不满足", f"the condition of '{label.en}' does not hold"), where=where, hint=hint
        )
    return found


def _choices(procedure: Procedure, names: Sequence[str]) -> Text:
    """``预警级别=蓝色(四级)/黄色(三级)``: what can be said of each fact."""
    zh, en = [], []
    for name in names:
        fact = procedure.facts[name]
        zh.append(f"{fact.zh}={'/'.join(v.text.zh for v in fact.of.values()) or '…'}")
        en.append(f"{name}={'/'.join(fact.of) or '…'}")
    return Text(";".join(zh), "; ".join(en))


def _unmet(procedure: Procedure, condition: Condition, known: Known) -> Text:
    """What stands in the way: the duties that are open, where it asks for that; else the condition itself."""
    names = [name for kind, name in reads(condition) if kind == "obligation" and name in known.open]
    if not names:
        return Text(f"条件:{condition_text(procedure, condition, 'zh')}", f"the condition: {condition_text(procedure, condition, 'en')}")
    duties = [procedure.obligations[name].text for name in names]
    return Text("未了:" + "、".join(d.zh for d in duties), "still open: " + ", ".join(d.en for d in duties))


def _was_enabled(scene: Scene, name: str, happened: Moment) -> bool:
    """For a back-filled act: whether it was possible when it happened (S1.5, S5.3)."""
    if happened.hi >= scene.now:
        return False
    before = [a for a in scene.case.acts if a.happened.lo <= happened.lo and not a.deviations]
    return bool(before) and len(before) < scene.case.n and scene.world.rules.chart.fire(before[-1].state, name) is not None
