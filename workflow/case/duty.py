"""What is said of a single duty or report: received, confirmed, waived, extended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workflow import act as kinds
from workflow import command as commands
from workflow import term as terms
from workflow.act import Act
from workflow.case.scene import Scene, existing, reasoned, stamps
from workflow.errors import BadInput, NotAllowed, TooLate, WrongRole
from workflow.journal.canonical import Json
from workflow.lead import STATES
from workflow.moment import Moment
from workflow.obligation.clock import onward
from workflow.obligation.evidence import OWN_RECEIPT
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.text import Text, same


def receipt(scene: Scene, command: commands.Receipt) -> Act:
    report = existing(scene, command.of)
    if report.kind == kinds.FLAGGED:
        data: dict[str, Json] = {"stage": command.stage, "how": command.how}
        return scene.act(kinds.ACKNOWLEDGED, str(command.of), command.said, data)
    if command.stage != "received":
        raise BadInput(
            Text("只有通知才分送达和接受", "only a notice is delivered or accepted"),
            where=f"{scene.case.id} #{command.of}",
            hint=Text("报告只登记签收", "of a report, record the receipt"),
        )
    by = scene.world.rules.find("role", command.by) if command.by else ""
    signed = scene.signed(command.said)
    shown = signed.when.grade == "counterpart" or (command.how == "call" and signed.when.grade != "own")  # a call, entered as it was made
    own = _same_side(report, signed.actor) and not shown
    return scene.act(
        kinds.RECEIVED,
        str(command.of),
        command.said,
        {"by": by, "how": command.how},
        signed=signed,
        deviations=(OWN_RECEIPT,) if own else (),
    )


def _same_side(report: Act, actor: Actor) -> bool:
    """Whether somebody signs for what they sent themselves."""
    sender = report.actor
    return sender is not None and (sender.role == actor.role or (actor.person is not None and sender.person == actor.person))


def confirm(scene: Scene, command: commands.Confirm) -> Act:
    act = existing(scene, command.of)
    actor = scene.actor(command.said.actor, scene.now)
    if act.actor is not None and act.actor.person is not None and act.actor.person == actor.person:
        raise WrongRole(Text("不能确认自己的记录", "nobody confirms their own record"), where=scene.case.id)
    # A confirmation says that the thing was done when its record says; a signature after an oral approval is given now (补签).
    happened = command.said.happened or (Moment.at(scene.now) if act.data.get("oral") else act.sent)
    said = replace(command.said, happened=happened, grade=command.said.grade or "counterpart")
    return scene.act(kinds.CONFIRMED, str(command.of), said, {})


def waive(scene: Scene, command: commands.Waive) -> Act:
    row = scene.row(command.row)
    actor = scene.actor(command.said.actor, scene.now)
    allowed = tuple(r for r in row.duty.obligation.waive if r != row.duty.obligation.owed.by)
    scene.demand_role(actor, allowed, Text(f"免除“{row.duty.title.zh}”", f"waive '{row.duty.title.en}'"))
    if not command.ground.strip():
        raise BadInput(Text("免除须写明依据", "a waiver needs its ground"), where=row.key)
    return scene.act(kinds.WAIVED, row.key, command.said, {}, {"ground": command.ground})


def dismiss(scene: Scene, command: commands.Dismiss) -> Act:
    """A lead is not pursued: by a person with a reason, never by who owed the duty (S9.2)."""
    reasoned(scene, command.reason)
    lead = scene.lead(command.row)
    signed = scene.signed(command.said)
    row, case = lead.row, scene.case
    author = case.acts[row.met_by - 1].actor if row.met_by is not None else None
    if signed.actor.role == row.owed_by or (author is not None and author.may_be(signed.actor)):
        raise WrongRole(Text("责任人不能处理自己的线索", "nobody disposes of a lead about themselves"), where=f"{case.id}: {row.key}")
    if lead.state != "open":
        how = STATES[lead.state] + same(f" {lead.into}".rstrip())
        raise NotAllowed(Text("线索已处理:", "the lead was dealt with: ") + how, where=f"{case.id}: {row.key}")
    data: dict[str, Json] = {"lead": list(lead.names), "outcome": row.outcome.value}
    return scene.act(kinds.DISMISSED, row.key, command.said, data, {"reason": command.reason}, signed=signed)


def extend(scene: Scene, command: commands.Extend) -> Act:
    reasoned(scene, command.reason)
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
        if not row.due.in_time(stamps(command.said, scene.now).happened.hi):  # by when it was asked, not by when that was entered (S5.3)
            raise TooLate(Text("期限届满后不能申请延期", "an extension is asked for before expiry; the term has run out"), where=row.key)
        _demand_left(scene, row, rule.times)
        _capped(rule.cap, command.by, row, scene)
        return scene.act(kinds.ASKED, row.key, command.said, {"by": str(terms.parse(command.by))}, {"reason": command.reason})
    scene.demand_role(actor, rule.grant, Text("批准延期", "grant an extension"))
    if not pending:
        raise NotAllowed(Text("没有待批的延期申请", "no extension was asked for"), where=row.key)
    asked = pending[0]
    if command.step == "refuse":
        return scene.act(kinds.DENIED, row.key, command.said, {"of": asked.n}, {"reason": command.reason})
    _demand_left(scene, row, rule.times)  # several may have been asked for at once
    by = str(terms.parse(command.by)) if command.by else str(asked.data["by"])
    _capped(rule.cap, by, row, scene)
    return scene.act(kinds.GRANTED, row.key, command.said, {"of": asked.n, "by": by}, {"reason": command.reason})


def _demand_left(scene: Scene, row: Row, times: int) -> None:
    if len(scene.case.kind(kinds.GRANTED, row.key)) >= times:
        raise NotAllowed(Text(f"最多延期 {times} 次", f"at most {times} extension(s)"), where=row.key)


def _capped(cap: Any, by: str, row: Row, scene: Scene) -> None:
    """Whether ``by``, after what was granted before, stays within the cap: both counted from the date before the first extension."""
    term = terms.parse(by)
    if term.qualitative:
        raise BadInput(Text(f"延期须有数字:{by}", f"an extension needs a number: {by}"), where=row.key)
    first = next((n for n, r in enumerate(row.reckoned) if r.kind == "extension"), len(row.reckoned))
    before = row.reckoned[first - 1] if first else None
    if cap is None or before is None or before.due is None:
        return
    world, calendar, reached = scene.world, scene.world.calendar(before.calendar), before.due
    for more in (*(terms.parse(str(a.data["by"])) for a in scene.case.kind(kinds.GRANTED, row.key)), term):
        reached = terms.due(onward(reached, more, world), more, calendar, world.rules.zone)
    if reached.instant > terms.due(onward(before.due, cap, world), cap, calendar, world.rules.zone).instant:
        raise NotAllowed(Text(f"延期 {by} 超过上限 {cap}", f"{by} is more than the cap of {cap}"), where=row.key)
