"""Who acts, owes, hears and decides: posts that nobody holds, and posts that stand on both sides of a matter."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.lint.finding import Finding
from workflow.lint.subject import Subject, begun, ruled
from workflow.organisation import Organisation
from workflow.organisation.gaps import OUTSIDE
from workflow.procedure.condition import reads
from workflow.procedure.model import Obligation, Procedure
from workflow.term import Offset, of_case
from workflow.text import Text


def people(subject: Subject) -> Iterator[Finding]:
    for name, event in subject.p.events.items():
        if event.second is not None and event.by == (event.second,):
            said = Text(f"{name} 的会签与经办是同一岗位", f"{name} is signed for twice by one post")
            hint = Text("须两人在岗,或换一个岗位会签", "it takes two people in that post, or let another one sign")
            yield Finding("people.same_second", "notice", ("events", name, "second"), said, hint)
        if event.report is not None and event.by and {*event.by} == {*event.report.to}:
            who = ", ".join(event.by)
            said = Text(f"{name} 由 {who} 报给自己", f"in {name} {who} reports to itself")
            yield Finding("people.to_itself", "warning", ("events", name, "report", "to"), said)
    for name, duty in subject.p.obligations.items():
        yield from _both_sides(name, duty)
        yield from _own_date(subject.p, name, duty)
    if subject.organisation is not None:
        yield from _held(subject.p, subject.organisation)


def _both_sides(name: str, duty: Obligation) -> Iterator[Finding]:
    by = duty.owed.by
    if by in duty.owed.to:
        said = Text(f"{name} 由 {by} 对自己承担", f"{name} is owed by {by} to itself")
        yield Finding("people.to_itself", "warning", ("obligations", name, "owed", "to"), said)
    if duty.extend is not None and set(duty.extend.grant) <= {*(duty.extend.ask or (by,))}:
        said = Text(f"{name} 的延期由申请人自己批准", f"who asks for more time for {name} grants it as well")
        yield Finding("people.own_extension", "warning", ("obligations", name, "extend", "grant"), said)
    for i, tier in enumerate(duty.tiers):
        if tier.tell == (by,) and tier.lead is None and Offset.parse(tier.at).side == "after":
            said = Text(f"{name} 的“{tier.at}”只告知义务人自己", f"{name}: '{tier.at}' tells nobody but the obligor")
            hint = Text("逾期后应告知上级,或列线索(lead)", "once it is overdue tell somebody above, or put it on the list (lead)")
            yield Finding("people.escalates_to_itself", "warning", ("obligations", name, "tiers", i, "tell"), said, hint)


def _own_date(p: Procedure, name: str, duty: Obligation) -> Iterator[Finding]:
    """Facts on which the due date hangs and that the obligor alone may revise; by default others may (S4.1)."""
    conditions = [condition for _, condition in ruled(duty)] + ([duty.owed_when] if duty.owed_when is not None else [])
    read = {fact for condition in conditions for kind, fact in reads(condition) if kind == "fact"}
    read |= {day.fact for a in duty.term for day in of_case(a.term) if day.fact} | {s.fact for s in begun(duty) if s.fact}
    for fact in p.facts:
        if fact in read and p.facts[fact].revise == (duty.owed.by,):
            said = Text(f"{name} 的期限取决于 {fact},只有义务人自己可修改", f"{name} hangs on {fact}, which its obligor alone may revise")
            hint = Text("在 revise 中写明他人", "name somebody else in 'revise'")
            yield Finding("people.own_date", "notice", ("facts", fact, "revise"), said, hint)


def _held(p: Procedure, organisation: Organisation) -> Iterator[Finding]:
    """Roles of the organisation's own levels that have no post, or none that is held for the time to come."""
    with_post = {post.role for post in organisation.posts.values()}
    manned = {organisation.posts[h.post].role for h in organisation.holders if h.until is None and h.post in organisation.posts}
    manned |= {organisation.posts[post].role for post in organisation.duties}  # manned by its roster, whose gaps are seen elsewhere
    able = manned | {name for name, role in p.roles.items() if role.level == OUTSIDE}
    for name in p.roles:
        if name not in able:
            lacks = Text("没有岗位", "has no post") if name not in with_post else Text("无人在岗", "has nobody in its post")
            said = Text(f"角色 {name} 在该机构{lacks.zh}", f"the role {name} {lacks.en} in this organisation")
            yield Finding("people.nobody", "warning", ("roles", name), said, Text("在机构文件中补上", "add it to the organisation"))
    for name, duty in p.obligations.items():
        by = {role for event in duty.met_by for role in p.events[event].by}
        if by and all(p.events[event].by for event in duty.met_by) and not by & able:
            said = Text(f"{name} 无人能履行:{'、'.join(sorted(by))}", f"nobody can fulfil {name}: {', '.join(sorted(by))}")
            yield Finding("people.nobody_fulfils", "warning", ("obligations", name, "met_by"), said)
