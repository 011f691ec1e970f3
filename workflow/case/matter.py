"""What is said of a case as a whole: its facts and decisions, its beginning and end, and what may be destroyed of it."""

from __future__ import annotations

from workflow import act as kinds
from workflow import command as commands
from workflow.act import Act
from workflow.case.clockwork import recalendared
from workflow.case.fold import Case
from workflow.case.scene import Scene, existing, read_given, reasoned
from workflow.errors import BadInput, Held, NotAllowed, WrongState
from workflow.journal.canonical import Json
from workflow.text import Text


def revise(scene: Scene, command: commands.Revise) -> Act:
    given = read_given(scene.world, command.facts, {})
    actor = scene.actor(command.said.actor, scene.now)
    for name in (*given.facts, *given.unseen):
        scene.demand_reviser(actor, name)
    if not command.reason.strip():
        raise BadInput(Text("修改事实须写明理由", "a revision needs a reason"))
    name = ",".join(sorted((*given.facts, *given.unseen)))
    return scene.act(kinds.REVISED, name, command.said, given.data(), given.private(reason=command.reason))


def decide(scene: Scene, command: commands.Decide) -> Act:
    name = scene.world.rules.find("decision", command.decision)
    decision = scene.world.rules.procedure.decisions[name]
    actor = scene.actor(command.said.actor, scene.now)
    scene.demand_role(actor, decision.by, Text(f"决定“{decision.zh}”", f"decide '{decision.en}'"))
    if not command.reason.strip():
        raise BadInput(Text("决定须写明理由", "a decision needs a reason"), where=name)
    return scene.act(kinds.DECIDED, name, command.said, {"answer": command.answer}, {"reason": command.reason})


def correct(scene: Scene, command: commands.Correct) -> Act:
    existing(scene, command.of)
    reasoned(scene, command.reason)
    given = read_given(scene.world, command.facts, command.elements)
    if not (given.facts or given.unseen or given.elements):
        raise BadInput(Text("没有写明更正什么", "nothing is named that is corrected"), where=scene.case.id)
    actor = scene.actor(command.said.actor, scene.now)
    for name in given.facts:
        scene.demand_reviser(actor, name)
    return scene.act(kinds.CORRECTED, str(command.of), command.said, given.data(), given.private(reason=command.reason))


def note(scene: Scene, command: commands.Note) -> Act:
    if not command.text.strip():
        raise BadInput(Text("备注没有内容", "the note is empty"), where=scene.case.id)
    data: dict[str, Json] = {"about": scene.row(command.about).key} if command.about else {}
    return scene.act(kinds.NOTED, command.kind, command.said, data, {"text": command.text})


def withdraw(scene: Scene, command: commands.Withdraw) -> Act:
    reasoned(scene, command.reason)
    return scene.act(kinds.WITHDRAWN, "", command.said, {}, {"reason": command.reason})


def void(scene: Scene, command: commands.Void) -> Act:
    reasoned(scene, command.reason)
    _no_period(scene.case)
    actor = scene.actor(command.said.actor, scene.now)
    second = scene.actor(command.second, scene.now)
    if second.may_be(actor):
        raise NotAllowed(Text("误立须由第二人确认", "voiding a case needs a second person"), where=scene.case.id)
    return scene.act(kinds.VOIDED, "", command.said, {"second": second.document(), **scene.named.data()}, {"reason": command.reason})


def _no_period(case: Case) -> None:
    """The clock opened the case of a period: it is no mistake and no other case is the same, or nobody would owe the period (S7.3)."""
    if case.opened.data.get("period"):
        raise NotAllowed(
            Text(
                f"案件 {case.id} 是周期义务的一期,不能误立或合并",
                f"{case.id} is a period of a recurring duty: not void, nor the same as another",
            ),
            hint=Text("本单位不适用的,在机构文件 periods 中写 unset", "where it does not apply to the unit, say unset in its periods"),
        )


def same_as(scene: Scene, command: commands.SameAs) -> Act:
    reasoned(scene, command.reason)
    if command.lead == scene.case.id:
        raise BadInput(Text("案件不能与自己合并", "a case is not the same as itself"), where=scene.case.id)
    if command.lead:
        _no_period(scene.case)
        return scene.act(kinds.JOINED, command.lead, command.said, {}, {"reason": command.reason})
    if not scene.case.same_as:
        raise NotAllowed(Text("案件没有并入其他案件", "the case was not joined to another"), where=scene.case.id)
    return scene.act(kinds.SEPARATED, scene.case.same_as, command.said, {}, {"reason": command.reason})


def leading(lead: Case, joining: Case) -> None:
    """Refuse, with :class:`~workflow.errors.NotAllowed`, a case that cannot lead ``joining``.

    One that is void, or joined to another itself; and a practice case for a real one, whose later duties would then be practice only.
    """
    if lead.void or lead.same_as:
        raise NotAllowed(
            Text(f"案件 {lead.id} 已误立或已并入其他案件,不能牵头", f"the case {lead.id} is void or joined to another and cannot lead"),
            hint=Text("并入真正的牵头案件", "join it to the case that really leads"),
        )
    _no_period(lead)
    if lead.drill != joining.drill:
        raise NotAllowed(Text("演练与真实案件不能合并", "a practice case and a real one are not the same"), where=joining.id)


def reopen(scene: Scene, command: commands.Reopen) -> Act:
    reasoned(scene, command.reason)
    if scene.case.ended is None:
        raise WrongState(Text("案件尚未结束", "the case has not ended"), where=scene.case.id)
    return scene.act(kinds.REOPENED, "", command.said, {}, {"reason": command.reason}, state=scene.world.rules.chart.initial)


def recalendar(scene: Scene, command: commands.Recalendar) -> Act | None:
    """From now on the case counts on another calendar; nobody's act, because a calendar is a fact of the world (S8.2)."""
    case, known = scene.case, scene.world.calendars
    if case.calendar_now == command.calendar:
        return None
    if command.calendar not in known or known[command.calendar].id != known[case.calendar_now].id:
        raise BadInput(Text("不是本案所用日历的新版", "it is no revision of the calendar that the case counts in"), where=case.id)
    return recalendared(case, command.calendar, scene.now, command.said.actor, command.ground)


def hold(scene: Scene, command: commands.Hold) -> Act:
    """A dispute, an appeal or an inspection is open: nothing of the case is destroyed meanwhile (S9.3)."""
    reasoned(scene, command.reason)
    return scene.act(kinds.HELD, command.kind, command.said, {}, {"reason": command.reason})


def release(scene: Scene, command: commands.Release) -> Act:
    """The end of a hold."""
    reasoned(scene, command.reason)
    if existing(scene, command.of).kind != kinds.HELD or scene.case.kind(kinds.RELEASED, str(command.of)):
        raise NotAllowed(Text(f"第 {command.of} 条不是有效的保留", f"entry {command.of} is no hold that stands"), where=scene.case.id)
    return scene.act(kinds.RELEASED, str(command.of), command.said, {}, {"reason": command.reason})


def erase(scene: Scene, command: commands.Erase) -> Act:
    """The decision to destroy the erasable part of entries; the store destroys it in the same transaction (promise 11)."""
    case = scene.case
    if not command.ground.strip():
        raise BadInput(Text("销毁须写明依据", "an erasure needs its ground"), where=case.id)
    decider = scene.actor(command.decider, scene.now)
    scene.demand_role(decider, scene.world.rules.procedure.erase, Text("决定销毁个人信息", "decide an erasure"))
    open_holds = [a for k in commands.HOLDS for a in case.kind(kinds.HELD, k) if not case.kind(kinds.RELEASED, str(a.n))]
    if open_holds or not (case.ended is not None or case.void or case.same_as):
        names = [f"#{a.n} {a.name}" for a in open_holds]
        why = Text("、".join(names) or "案件未结", ", ".join(names) or "it is open")
        raise Held(
            Text(f"案件有保留,不能销毁:{why.zh}", f"the case is held, nothing of it is destroyed: {why.en}"),
            where=case.id,
            hint=Text("结案并解除争议、申诉、检查的保留后再办理", "when it is closed and every hold is released"),
        )
    entries = sorted(set(command.entries))
    for n in entries:
        if existing(scene, n).kind == kinds.ERASED:
            raise NotAllowed(Text("销毁记录本身不能销毁", "the record of an erasure is not erased"), where=f"{case.id}#{n}")
    if not entries:
        raise BadInput(Text("没有可销毁的内容", "there is nothing to destroy"), where=case.id)
    data: dict[str, Json] = {"entries": list(entries), "decider": decider.document()}
    return scene.act(kinds.ERASED, "", command.said, data, {"ground": command.ground})
