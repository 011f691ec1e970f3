"""``decide(standing, command) -> acts``: accept, accept with deviations, or refuse.

A *request* may be refused; a *record* of something that happened is refused only if it cannot be read, its author is not known, or it
lies in the future (SEMANTICS S5). Before anything else the clock catches up to the recorded instant (S3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workflow import act as kinds
from workflow import command as commands
from workflow import term as terms
from workflow.act import Act
from workflow.case.clockwork import next_clock
from workflow.case.fold import Case
from workflow.case.standing import Standing, settle
from workflow.errors import (
    BadInput,
    ClockOnly,
    FutureTime,
    MissingFacts,
    NotAllowed,
    TooLate,
    UnknownName,
    WrongRole,
    WrongState,
)
from workflow.journal.canonical import Json
from workflow.moment import Moment
from workflow.obligation.clock import known_at
from workflow.obligation.ledger import Row, assess
from workflow.organisation import Actor
from workflow.procedure.condition import holds
from workflow.procedure.fact import FREE, UNKNOWN, is_unknown, read_value
from workflow.procedure.model import Event
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

    def data(self) -> dict[str, Json]:
        data: dict[str, Json] = {}
        if self.facts:
            data["facts"] = dict(sorted(self.facts.items()))
        if self.unseen:
            data["given"] = sorted(self.unseen)
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


@dataclass(frozen=True, slots=True)
class Stamps:
    happened: Moment
    submitted: Moment | None
    received: Moment | None
    grade: str


def _stamps(said: commands.Said, now: datetime) -> Stamps:
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


def decide(standing: Standing | None, command: commands.Command, world: World, now: datetime, case_id: str = "") -> Standing:
    """The standing after the command; the new acts are those of ``case.acts`` beyond the old version.

    ``standing`` is ``None`` for :class:`~workflow.command.Open` only. Raises the typed refusals of :mod:`workflow.errors`; nothing is
    changed then, because nothing is shared.
    """
    if isinstance(command, commands.Open):
        return _open(command, world, now, case_id)
    if standing is None:
        raise BadInput(Text("没有案件", "there is no case"))
    standing = catch_up(standing, world, now)
    handler = _HANDLERS[type(command)]
    draft = handler(_Scene(standing, world, now), command)
    return standing if draft is None else settle(standing, draft, world, now)


def catch_up(standing: Standing, world: World, now: datetime) -> Standing:
    """Apply every clock transition due at or before ``now``, in due order (S3.6)."""
    while (due := next_clock(standing.case, world, now)) is not None:
        instant, name = due
        case = standing.case
        state = world.rules.chart.fire(case.state, name)
        assert state is not None
        act = Act(
            case.n + 1, kinds.CLOCKED, name, Moment.at(instant), now, None, None, None, "system", _ending(case, world, state, {}), (), state
        )
        standing = settle(standing, act, world, now)
    return standing


def _ending(case: Case, world: World, state: tuple[str, ...], data: dict[str, Json]) -> dict[str, Json]:
    chart = world.rules.chart
    if chart.ended(state) and not (case.state and chart.ended(case.state)):
        return {**data, "ended": True}
    return data


@dataclass(frozen=True, slots=True)
class _Scene:
    standing: Standing
    world: World
    now: datetime

    @property
    def case(self) -> Case:
        return self.standing.case

    def actor(self, said: Actor, at: datetime) -> Actor:
        named = replace(said, role=self.world.rules.find("role", said.role)) if said.role else said
        return self.world.organisation.actor(named, self.case.unit, at)

    def act(
        self, kind: str, name: str, said: commands.Said, data: dict[str, Json], private: Mapping[str, Json] | None = None, **more: Any
    ) -> Act:
        when = _stamps(said, self.now)
        if said.source:
            data = {**data, "source": said.source}
        return Act(
            self.case.n + 1,
            kind,
            name,
            when.happened,
            self.now,
            self.actor(said.actor, when.happened.lo),
            when.submitted,
            when.received,
            when.grade,
            data,
            more.get("deviations", ()),
            more.get("state", self.case.state),
            {**(private or {}), **({"note": said.note} if said.note else {})} or None,
        )

    def row(self, key: str) -> Row:
        rows = assess(self.world.rules.duties.values(), self.case, self.world, self.now)
        found = [r for r in rows if key in (r.key, r.duty.id, r.duty.obligation.zh, r.duty.obligation.en)]
        if len(found) == 1:
            return found[0]
        exact = [r for r in found if r.key == key]
        if exact:
            return exact[0]
        raise UnknownName(
            Text(f"义务 {key!r} 不明确或不存在", f"the obligation {key!r} is not there, or not the only one"),
            where=self.case.id,
            hint=Text("可用:" + "、".join(r.key for r in rows), "there are: " + ", ".join(r.key for r in rows)),
        )

    def demand_role(self, actor: Actor, allowed: tuple[str, ...], what: Text) -> None:
        if actor.role not in allowed:
            names = "、".join(self.world.rules.procedure.roles[r].zh for r in allowed if r in self.world.rules.procedure.roles)
            raise WrongRole(
                Text(f"{actor.role} 无权{what.zh}", f"{actor.role or 'this person'} may not {what.en}"),
                where=self.case.id,
                hint=Text(f"有权者:{names or '无'}", f"who may: {', '.join(allowed) or 'nobody'}"),
            )


def _open(command: commands.Open, world: World, now: datetime, case_id: str) -> Standing:
    rules = world.rules
    openers = [name for name, event in rules.procedure.events.items() if event.opens]
    name = rules.find("event", command.event) if command.event else openers[0] if openers else ""
    if name not in openers:
        raise BadInput(
            Text(f"事件 {command.event!r} 不能立案", f"the event {command.event!r} does not open a case"),
            hint=Text("可用:" + "、".join(openers), "one of: " + ", ".join(openers)),
        )
    blank = [zh for zh, value in (("何事", command.what), ("何处", command.where), ("何人告知", command.told_by)) if not value.strip()]
    if blank:
        raise BadInput(
            Text(f"立案需要三项:何事、何处、何人告知;缺 {'、'.join(blank)}", "opening needs three things: what, where, who told us"),
            hint=Text("其余都可以填“待核”", "everything else can be 'not known yet'"),
        )
    when = _stamps(command.said, now)
    given = read_given(world, command.facts, {})
    said = command.said.actor
    named = replace(said, role=rules.find("role", said.role)) if said.role else said
    actor = world.organisation.actor(named, command.unit, when.happened.lo)
    event = rules.procedure.events[name]
    deviations = ("wrong_role",) if event.by and actor.role not in event.by else ()
    digest = next(iter(world.calendars))
    data: dict[str, Json] = {
        **given.data(),
        "procedure": rules.procedure.procedure,
        "version": rules.procedure.version,
        "definition": rules.hash,
        "calendar": digest,
        "unit": command.unit,
        "tz": world.tz,
        "given": sorted([*given.unseen, "what", "where", "told_by"]),
    }
    if command.elsewhere:
        data["elsewhere"] = True
    if command.drill:
        data["drill"] = True
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
    return catch_up(settle(Standing.fresh(case_id, act), act, world, now), world, now)


def _do(scene: _Scene, command: commands.Do) -> Act | None:
    world, case = scene.world, scene.case
    rules = world.rules
    name = rules.find("event", command.event)
    event = rules.procedure.events[name]
    if event.clockwork:
        raise ClockOnly(
            Text(f"“{event.zh}”只能由时钟触发", f"'{event.en}' is an event of the clock; no person can fire it"), where=f"{case.id}: {name}"
        )
    when = _stamps(command.said, scene.now)
    given = read_given(world, command.facts, command.elements)
    receivers = tuple(rules.find("role", r) for r in command.to)
    present = tuple(rules.find("role", r) for r in command.present)
    draft = scene.act(kinds.ACTED, name, command.said, given.data())
    assert draft.actor is not None
    second = scene.actor(command.second, when.happened.lo) if command.second is not None else None
    breaches = _breaches(scene, name, event, command, draft, given, present, second)
    strict = event.kind == "request" and not isinstance(command, commands.Record)
    if strict and breaches:
        raise next(iter(breaches.values()))()
    data = dict(draft.data)
    if receivers:
        data["to"] = sorted(receivers)
    if present:
        data["present"] = sorted(present)
    if second is not None:
        data["second"] = second.document()
    if command.oral:
        data["oral"] = True
    if command.slot is not None:
        data["slot"] = command.slot.encode()
    if event.report is not None and event.report.medium != "any":
        data["medium"] = event.report.medium
    state = case.state if breaches else rules.chart.fire(case.state, name) or case.state
    data = _ending(case, world, state, data)
    private = given.private(oral=command.oral, note=command.said.note)
    return replace(draft, data=data, deviations=tuple(breaches), state=state, private=private)


def _breaches(
    scene: _Scene, name: str, event: Event, command: commands.Do, draft: Act, given: Given, present: tuple[str, ...], second: Actor | None
) -> dict[str, Callable[[], Exception]]:
    """Every breach of procedure by code, with the error that refuses a request for it."""
    world, case = scene.world, scene.case
    found: dict[str, Callable[[], Exception]] = {}
    actor = draft.actor
    assert actor is not None
    where = f"{case.id}: {name}"
    label = event.text
    if event.by and actor.role not in event.by:
        allowed = ", ".join(event.by)
        found["wrong_role"] = lambda: WrongRole(
            Text(f"{actor.role} 无权“{label.zh}”", f"{actor.role} may not '{label.en}'"),
            where=where,
            hint=Text(f"由 {allowed} 办理", f"it is for {allowed}"),
        )
    if world.rules.chart.fire(case.state, name) is None and not _was_enabled(scene, name, draft):
        found["not_enabled"] = lambda: WrongState(
            Text(
                f"当前状态 {'、'.join(case.state)} 不能“{label.zh}”", f"'{label.en}' is not possible in the state {', '.join(case.state)}"
            ),
            where=where,
            hint=Text(
                "现在可以:" + "、".join(world.rules.chart.enabled(case.state)),
                "possible now: " + ", ".join(world.rules.chart.enabled(case.state)),
            ),
        )
    facts = {**case.facts_now(), **given.facts, **dict.fromkeys(given.unseen, True)}
    missing = [f for f in event.require if f not in facts or is_unknown(facts[f])]
    if missing:
        found["missing_facts"] = lambda: MissingFacts(
            Text(f"“{label.zh}”还缺:{'、'.join(missing)}", f"'{label.en}' still needs: {', '.join(missing)}"), where=where
        )
    wanted = (*event.record, *(event.report.elements if event.report else ()))
    blank = [e for e in wanted if given.elements.get(e, "blank") == "blank"]
    if blank:
        found["blank_element"] = lambda: MissingFacts(
            Text(f"要素未填:{'、'.join(blank)}", f"elements left blank: {', '.join(blank)}"),
            where=where,
            hint=Text("不清楚的填“待核”", "write 'not known yet' for what is not known"),
        )
    absent = [r for r in event.present if r not in present]
    if absent:
        found["absent"] = lambda: NotAllowed(
            Text(f"须在场者不在场:{'、'.join(absent)}", f"must be present and is not: {', '.join(absent)}"), where=where
        )
    if event.second and not command.oral:
        if second is None or second.role != event.second:
            found["no_second"] = lambda: NotAllowed(
                Text(f"须由 {event.second} 会签", f"needs the signature of {event.second}"),
                where=where,
                hint=Text("或记录口头同意(--oral),事后补签", "or record an oral approval (--oral) and sign afterwards"),
            )
        elif second.person is not None and second.person == actor.person:
            found["four_eyes"] = lambda: NotAllowed(
                Text("会签人与经办人不能是同一人", "the second signer must be another person"), where=where
            )
    if event.when is not None:
        known = known_at(case, draft.happened.hi)
        if holds(event.when, replace(known, facts={**known.facts, **given.facts})) is not True:
            found["condition"] = lambda: NotAllowed(
                Text(f"“{label.zh}”的条件不满足", f"the condition of '{label.en}' does not hold"), where=where
            )
    return found


def _was_enabled(scene: _Scene, name: str, draft: Act) -> bool:
    """For a back-filled act: whether it was possible when it happened (S1.5, S5.3)."""
    if draft.happened.hi >= scene.now:
        return False
    before = [a for a in scene.case.acts if a.happened.lo <= draft.happened.lo and not a.deviations]
    return bool(before) and len(before) < scene.case.n and scene.world.rules.chart.fire(before[-1].state, name) is not None


def _revise(scene: _Scene, command: commands.Revise) -> Act:
    given = read_given(scene.world, command.facts, {})
    actor = scene.actor(command.said.actor, scene.now)
    for name in (*given.facts, *given.unseen):
        allowed = scene.world.rules.procedure.facts[name].revise
        if allowed:
            scene.demand_role(actor, allowed, Text(f"修改 {name}", f"revise {name}"))
        else:
            _not_the_obligor(scene, actor, name)
    if not command.reason.strip():
        raise BadInput(Text("修改事实须写明理由", "a revision needs a reason"))
    name = ",".join(sorted((*given.facts, *given.unseen)))
    return scene.act(kinds.REVISED, name, command.said, given.data(), given.private(reason=command.reason))


def _not_the_obligor(scene: _Scene, actor: Actor, fact: str) -> None:
    """S4.1: by default not the obligor alone, where a due date depends on the fact."""
    for duty in scene.world.rules.duties.values():
        if f"fact:{fact}" in duty.inputs and duty.obligation.owed.by == actor.role:
            raise WrongRole(
                Text(
                    f"{fact} 影响 {actor.role} 自己的期限,不能由其单独修改",
                    f"{fact} bears on a duty of {actor.role}, who may not revise it alone",
                ),
                where=scene.case.id,
                hint=Text("由他人修改,或在定义中写明谁可以修改", "let somebody else revise it, or name in the definition who may"),
            )


def _decide(scene: _Scene, command: commands.Decide) -> Act:
    name = scene.world.rules.find("decision", command.decision)
    decision = scene.world.rules.procedure.decisions[name]
    actor = scene.actor(command.said.actor, scene.now)
    scene.demand_role(actor, decision.by, Text(f"决定“{decision.zh}”", f"decide '{decision.en}'"))
    if not command.reason.strip():
        raise BadInput(Text("决定须写明理由", "a decision needs a reason"), where=name)
    return scene.act(kinds.DECIDED, name, command.said, {"answer": command.answer}, {"reason": command.reason})


def _existing(scene: _Scene, n: int) -> Act:
    act = scene.case.act(n)
    if act is None:
        raise UnknownName(
            Text(f"案件 {scene.case.id} 没有第 {n} 条记录", f"the case {scene.case.id} has no entry {n}"), where=scene.case.id
        )
    return act


def _receipt(scene: _Scene, command: commands.Receipt) -> Act:
    _existing(scene, command.of)
    by = scene.world.rules.find("role", command.by) if command.by else ""
    return scene.act(kinds.RECEIVED, str(command.of), command.said, {"by": by, "how": command.how})


def _confirm(scene: _Scene, command: commands.Confirm) -> Act:
    act = _existing(scene, command.of)
    actor = scene.actor(command.said.actor, scene.now)
    if act.actor is not None and act.actor.person is not None and act.actor.person == actor.person:
        raise WrongRole(Text("不能确认自己的记录", "nobody confirms their own record"), where=scene.case.id)
    # A confirmation says that the thing was done when its record says; a signature after an oral approval is given now (补签).
    happened = command.said.happened or (Moment.at(scene.now) if act.data.get("oral") else act.sent)
    said = replace(command.said, happened=happened, grade=command.said.grade or "counterpart")
    return scene.act(kinds.CONFIRMED, str(command.of), said, {})


def _correct(scene: _Scene, command: commands.Correct) -> Act:
    _existing(scene, command.of)
    given = read_given(scene.world, command.facts, command.elements)
    actor = scene.actor(command.said.actor, scene.now)
    for name in given.facts:
        allowed = scene.world.rules.procedure.facts[name].revise
        if allowed:
            scene.demand_role(actor, allowed, Text(f"更正 {name}", f"correct {name}"))
        else:
            _not_the_obligor(scene, actor, name)
    return scene.act(kinds.CORRECTED, str(command.of), command.said, given.data(), given.private(reason=command.reason))


def _note(scene: _Scene, command: commands.Note) -> Act:
    data: dict[str, Json] = {"about": scene.row(command.about).key} if command.about else {}
    return scene.act(kinds.NOTED, command.kind, command.said, data, {"text": command.text})


def _waive(scene: _Scene, command: commands.Waive) -> Act:
    row = scene.row(command.row)
    actor = scene.actor(command.said.actor, scene.now)
    allowed = tuple(r for r in row.duty.obligation.waive if r != row.duty.obligation.owed.by)
    scene.demand_role(actor, allowed, Text(f"免除“{row.duty.title.zh}”", f"waive '{row.duty.title.en}'"))
    if not command.ground.strip():
        raise BadInput(Text("免除须写明依据", "a waiver needs its ground"), where=row.key)
    return scene.act(kinds.WAIVED, row.key, command.said, {}, {"ground": command.ground})


def _extend(scene: _Scene, command: commands.Extend) -> Act:
    row = scene.row(command.row)
    rule = row.duty.obligation.extend
    if rule is None or row.due is None:
        raise NotAllowed(Text(f"“{row.duty.title.zh}”不能延期", f"'{row.duty.title.en}' cannot be extended"), where=row.key)
    actor = scene.actor(command.said.actor, scene.now)
    case = scene.case
    answered = {a.data.get("of") for a in (*case.kind(kinds.GRANTED, row.key), *case.kind(kinds.DENIED, row.key))}
    pending = [a for a in case.kind(kinds.ASKED, row.key) if a.n not in answered]
    if command.step == "ask":
        scene.demand_role(actor, rule.ask or (row.duty.obligation.owed.by,), Text("申请延期", "ask for an extension"))
        if not row.due.in_time(_stamps(command.said, scene.now).happened.hi) or not row.due.in_time(scene.now):
            raise TooLate(Text("期限届满后不能申请延期", "an extension is asked for before expiry; the term has run out"), where=row.key)
        if len(case.kind(kinds.GRANTED, row.key)) >= rule.times:
            raise NotAllowed(Text(f"最多延期 {rule.times} 次", f"at most {rule.times} extension(s)"), where=row.key)
        _capped(rule.cap, command.by, row, scene)
        return scene.act(kinds.ASKED, row.key, command.said, {"by": str(terms.parse(command.by))}, {"reason": command.reason})
    scene.demand_role(actor, rule.grant, Text("批准延期", "grant an extension"))
    if not pending:
        raise NotAllowed(Text("没有待批的延期申请", "no extension was asked for"), where=row.key)
    asked = pending[0]
    if command.step == "refuse":
        return scene.act(kinds.DENIED, row.key, command.said, {"of": asked.n}, {"reason": command.reason})
    by = str(terms.parse(command.by)) if command.by else str(asked.data["by"])
    _capped(rule.cap, by, row, scene)
    return scene.act(kinds.GRANTED, row.key, command.said, {"of": asked.n, "by": by}, {"reason": command.reason})


def _capped(cap: Any, by: str, row: Row, scene: _Scene) -> None:
    """Whether ``by`` stays within the cap, both counted from the date that stands."""
    term = terms.parse(by)
    if cap is None or row.due is None:
        return
    calendar = scene.world.calendar(row.revisions[-1].calendar)
    zone = scene.world.rules.zone
    if terms.due(row.due.instant, term, calendar, zone).instant > terms.due(row.due.instant, cap, calendar, zone).instant:
        raise NotAllowed(Text(f"延期 {by} 超过上限 {cap}", f"{by} is more than the cap of {cap}"), where=row.key)


def _reasoned(scene: _Scene, reason: str) -> None:
    if not reason.strip():
        raise BadInput(Text("须写明理由", "a reason is needed"), where=scene.case.id)


def _withdraw(scene: _Scene, command: commands.Withdraw) -> Act:
    _reasoned(scene, command.reason)
    return scene.act(kinds.WITHDRAWN, "", command.said, {}, {"reason": command.reason})


def _void(scene: _Scene, command: commands.Void) -> Act:
    _reasoned(scene, command.reason)
    actor = scene.actor(command.said.actor, scene.now)
    second = scene.actor(command.second, scene.now)
    if (second.person or second.role) == (actor.person or actor.role):
        raise NotAllowed(Text("误立须由第二人确认", "voiding a case needs a second person"), where=scene.case.id)
    return scene.act(kinds.VOIDED, "", command.said, {"second": second.document()}, {"reason": command.reason})


def _same_as(scene: _Scene, command: commands.SameAs) -> Act:
    _reasoned(scene, command.reason)
    if command.lead == scene.case.id:
        raise BadInput(Text("案件不能与自己合并", "a case is not the same as itself"), where=scene.case.id)
    if command.lead:
        return scene.act(kinds.JOINED, command.lead, command.said, {}, {"reason": command.reason})
    if not scene.case.same_as:
        raise NotAllowed(Text("案件没有并入其他案件", "the case was not joined to another"), where=scene.case.id)
    return scene.act(kinds.SEPARATED, scene.case.same_as, command.said, {}, {"reason": command.reason})


def _reopen(scene: _Scene, command: commands.Reopen) -> Act:
    _reasoned(scene, command.reason)
    if scene.case.ended is None:
        raise WrongState(Text("案件尚未结束", "the case has not ended"), where=scene.case.id)
    return scene.act(kinds.REOPENED, "", command.said, {}, {"reason": command.reason}, state=scene.world.rules.chart.initial)


def _recalendar(scene: _Scene, command: commands.Recalendar) -> Act | None:
    if scene.case.calendar_now == command.calendar:
        return None
    return scene.act(kinds.RECALENDARED, "", command.said, {"calendar": command.calendar}, {"ground": command.ground})


def _tick(scene: _Scene, command: commands.Tick) -> None:
    """The clock caught up before the handler ran; flags are added by :func:`workflow.case.flags.flags`."""


_HANDLERS: dict[type, Callable[[_Scene, Any], Act | None]] = {
    commands.Do: _do,
    commands.Record: _do,
    commands.Revise: _revise,
    commands.Decide: _decide,
    commands.Receipt: _receipt,
    commands.Confirm: _confirm,
    commands.Correct: _correct,
    commands.Note: _note,
    commands.Waive: _waive,
    commands.Extend: _extend,
    commands.Withdraw: _withdraw,
    commands.Void: _void,
    commands.SameAs: _same_as,
    commands.Reopen: _reopen,
    commands.Recalendar: _recalendar,
    commands.Tick: _tick,
}
