"""What a definition says of other procedures: that they are there, and have what it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workflow.lint.finding import Finding
from workflow.lint.subject import Subject
from workflow.procedure.links import unanswered
from workflow.procedure.model import ANY, Procedure
from workflow.procedure.source import Path
from workflow.text import Text


def links(subject: Subject) -> Iterator[Finding]:
    p = subject.p
    named = list(_named(p))
    foreign = sorted({procedure for _, procedure in named if procedure not in (p.procedure, ANY)})
    if subject.others is None:
        if foreign:
            zh, en = "、".join(foreign), ", ".join(foreign)
            said = Text(f"未检查所引用的程序:{zh}", f"the procedures that it names were not looked at: {en}")
            yield Finding("link.unchecked", "unchecked", named[0][0][:1], said)
        return
    known = {**subject.others, p.procedure: p}
    for at, procedure in named:
        if procedure != ANY and procedure not in known:
            said = Text(f"没有程序 {procedure}", f"there is no procedure {procedure}")
            yield Finding("link.unknown", "warning", at, said, Text("一并检查,或改名", "check both files together, or mend the name"))
    for wrong in unanswered(p, known):
        if wrong.to != p.procedure:
            hint = Text("可用:" + "、".join(wrong.known), "known: " + ", ".join(wrong.known))
            yield Finding("link.unanswered", "error", ("events", wrong.event, "link", "event"), wrong.message, hint)
    yield from _gathered(p, known)


def _named(p: Procedure) -> Iterator[tuple[Path, str]]:
    for name, event in p.events.items():
        for procedure in event.link.to if event.link is not None else ():
            yield ("events", name, "link", "to"), procedure
    for name, line in p.sheet.lines.items() if p.sheet is not None else ():
        for procedure in line.cases.procedures if line.cases is not None else ():
            yield ("sheet", "lines", name, "cases", "procedures"), procedure


def _gathered(p: Procedure, known: Mapping[str, Procedure]) -> Iterator[Finding]:
    """What a line of a sheet counts in the cases of others has to be there in one of them."""
    for name, line in p.sheet.lines.items() if p.sheet is not None else ():
        if line.cases is None or not all(procedure in known for procedure in line.cases.procedures):
            continue
        there = [known[procedure] for procedure in line.cases.procedures]
        for key, names, tables in (
            ("events", line.cases.events, [o.events for o in there]),
            ("duties", line.cases.duties, [o.obligations for o in there]),
            ("where", tuple(line.cases.where), [o.facts for o in there]),
        ):
            for word in names:
                if not any(word in table for table in tables):
                    said = Text(f"所汇总的程序都没有 {word}", f"none of the procedures that are gathered has {word}")
                    yield Finding("link.gathered", "error", ("sheet", "lines", name, "cases", key), said)
        for word in line.cases.where:  # S9.3: whether a case counts is no matter of anybody's person
            if any(o.facts[word].personal for o in there if word in o.facts):
                said = Text(f"汇总案件不得按个人信息 {word} 挑选", f"cases are not chosen by the personal fact {word}")
                yield Finding("link.personal", "error", ("sheet", "lines", name, "cases", "where"), said)
