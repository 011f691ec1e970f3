"""What is wrong with who and what a duty names: acts that its obligor may not do, or that go to somebody else, and events that can never
end it or its pause.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workflow.lint.course import EVENT, Courses
from workflow.lint.finding import Finding
from workflow.procedure.model import CASE, Obligation
from workflow.procedure.source import Path
from workflow.rules import RESERVED
from workflow.text import Text


def dutiful(courses: Courses) -> Iterator[Finding]:
    for name, duty in courses.p.obligations.items():
        at: Path = ("obligations", name)
        yield from _done(courses, at, name, duty)
        yield from _sent(courses, at, name, duty)
        yield from _ended(courses, at, name, duty)


def _done(courses: Courses, at: Path, name: str, duty: Obligation) -> Iterator[Finding]:
    """Whether the obligor may do anything that fulfils the duty."""
    events = [courses.p.events[event] for event in duty.met_by]
    if all(event.by and duty.owed.by not in (*event.by, event.second) for event in events):
        said = Text(
            f"{name} 由 {duty.owed.by} 承担,而履行的事件都不由其办理",
            f"{name} is owed by {duty.owed.by}, who may do none of the events that fulfil it",
        )
        yield Finding("duty.not_by_obligor", "warning", (*at, "met_by"), said, Text("检查 owed.by 与事件的 by", "check owed.by and 'by'"))


def _sent(courses: Courses, at: Path, name: str, duty: Obligation) -> Iterator[Finding]:
    """Whether any report that fulfils the duty goes to each of those to whom it is owed."""
    reports = [courses.p.events[event].report for event in duty.met_by]
    for i, receiver in enumerate(duty.owed.to):
        if all(report is not None and report.to and receiver not in report.to for report in reports):
            said = Text(
                f"{name} 应报 {receiver},而履行的报告都不发给它",
                f"{name} is owed to {receiver}, and no report that fulfils it goes there",
            )
            hint = Text("检查 owed.to 与 report.to", "check owed.to and report.to")
            yield Finding("duty.not_sent", "warning", (*at, "owed", "to", i), said, hint)


def _ended(courses: Courses, at: Path, name: str, duty: Obligation) -> Iterator[Finding]:
    """Events that are said to end a duty, its recurrence or its pause and that no course comes to once that has begun."""
    start = duty.starts
    begun = [*start.on] or ([CASE] if start.every is not None else [])
    ends: list[tuple[Path, Collection[str], Collection[str], bool]] = [
        ((*at, "discharged_by"), begun, duty.discharged_by, False),
        ((*at, "starts", "until"), begun, start.until, False),
    ]
    ends += [((*at, "pause", i, "until"), rule.start, rule.end, True) for i, rule in enumerate(duty.pause)]
    for place, starts, events, again in ends:
        if not starts or any(s in RESERVED for s in starts):
            continue
        for i, event in enumerate(events):
            if event not in RESERVED and not any(_comes(courses, s, starts, event, again or start.each) for s in starts):
                said = Text(
                    f"{name}:{'、'.join(starts)} 之后不再可能有 {event}", f"{name}: after {', '.join(starts)} no course comes to {event}"
                )
                yield Finding("duty.never_ended_by", "warning", (*place, i), said, Text("换一个事件,或删去", "name another event, or none"))


def _comes(courses: Courses, start: str, starts: Collection[str], event: str, again: bool) -> bool:
    if courses.always_at_once(start, event):
        return True
    outset = courses.after(start, starts, again=again)
    return outset is None or (EVENT, event) in outset.now or (EVENT, event) in courses.reached(outset, lambda at, _: at, goals=(event,))
