"""Reports that are owed and that no event makes."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.lint.finding import Finding
from workflow.lint.subject import Subject
from workflow.procedure.model import Event, Obligation, Procedure
from workflow.text import Text


def reports(subject: Subject) -> Iterator[Finding]:
    for name, duty in subject.p.obligations.items():
        events = [subject.p.events[e] for e in duty.met_by if e in subject.p.events]
        yield from _elements(name, duty, events)
        if not subject.possible(duty.met_by):
            zh, en = "、".join(duty.met_by), ", ".join(duty.met_by)
            said = Text(f"{name} 无法履行:{zh} 永不可能发生", f"{name} cannot be fulfilled: {en} never happens")
            yield Finding("report.never_made", "error", ("obligations", name, "met_by"), said)
    yield from _shown(subject.p)


def _shown(p: Procedure) -> Iterator[Finding]:
    """What a sheet shows of elements that no event records."""
    recorded = {e for event in p.events.values() for e in (*event.record, *(event.report.elements if event.report else ()))}
    for name, line in p.sheet.lines.items() if p.sheet is not None else ():
        for element in line.elements:
            if element not in recorded:
                said = Text(f"表中的要素 {element} 没有事件记录", f"the sheet shows the element {element}, which no event records")
                yield Finding("report.never_recorded", "warning", ("sheet", "lines", name, "elements"), said)


def _elements(name: str, duty: Obligation, events: list[Event]) -> Iterator[Finding]:
    asked = {e for event in events for e in (*event.record, *(event.report.elements if event.report else ()))}
    lacking = [e for e in duty.elements if e not in asked]
    if lacking:
        said = Text(
            f"{name} 要求的要素没有事件填报:{'、'.join(lacking)}", f"{name} owes elements that no event asks for: {', '.join(lacking)}"
        )
        hint = Text("写进履行事件的 report.elements", "name them in 'report.elements' of an event that fulfils it")
        yield Finding("report.elements", "warning", ("obligations", name, "elements"), said, hint)
