"""Facts that bear on something and that nobody is asked for, and facts that bear on nothing."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.lint.finding import Finding
from workflow.lint.subject import Subject, begun
from workflow.procedure.condition import reads
from workflow.procedure.fact import FREE
from workflow.term import of_case
from workflow.text import Text


def facts(subject: Subject) -> Iterator[Finding]:
    p = subject.p
    read = {name for _, condition in subject.conditions() for kind, name in reads(condition) if kind == "fact"}
    read |= {day.fact for duty in p.obligations.values() for a in duty.term for day in of_case(a.term) if day.fact}
    starts = [*(s for duty in p.obligations.values() for s in begun(duty)), *(d.asked for d in p.decisions.values())]
    read |= {start.fact for start in starts if start.fact}
    required = {name for event in p.events.values() for name in event.require}
    possible = {name for event in subject.possible(p.events) for name in p.events[event].require}
    shown = set()
    if p.sheet is not None:
        shown = {name for line in p.sheet.lines.values() for name in line.facts}
        shown |= {p.sheet.window.since, p.sheet.window.until} if p.sheet.window is not None else set()
    for name in p.facts:
        if name in read and name not in possible:
            zh = f"期限或条件取决于事实 {name},没有事件要求填报"
            said = Text(zh, f"terms or conditions read the fact {name}, and no event asks for it")
            hint = Text("在事件中写 require", "name it in 'require' of an event")
            yield Finding("fact.never_asked", "notice", ("facts", name), said, hint)
        elif name not in read | required | shown and p.facts[name].type not in FREE:  # free text is there for people
            said = Text(f"没有任何地方用到事实 {name}", f"nothing uses the fact {name}")
            yield Finding("fact.never_read", "notice", ("facts", name), said)
