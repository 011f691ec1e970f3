"""``duban trace``: from an outcome back to what was missed or late before it (责任倒查)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from adapters.commands import frame, screen, wording
from adapters.commands.stats import everything
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp
from workflow.organisation import Organisation
from workflow.procedure.legend import basis_text
from workflow.rowname import title
from workflow.term.explain import shown
from workflow.text import Text
from workflow.trace import HOW, Step, trace
from workflow.words import OUTCOMES

PREPARATION = ("contingency-plan", "drill", "exchange", "screening")
"""Procedures that prepare a unit and are no recurring duty by themselves: looked at unless told otherwise."""
YEAR = timedelta(days=365)


def trace_(
    case: Annotated[str, typer.Argument(help="案件编号 / case id")],
    since: Annotated[str, typer.Option("--since", help="经常性义务从哪天查起 / standing duties from this day on (default: a year)")] = "",
    also: Annotated[list[str], typer.Option("--also", help="另查的程序 / a further procedure to look at, repeatable")] = [],
) -> None:
    """责任倒查:此前哪些义务未履行或迟延 / what was missed or late before an outcome"""
    with frame.engine() as engine:
        standing = engine.case(case)
        zone = engine.world(standing).rules.zone
        first = parse(since, zone).lo if since else standing.case.opened.happened.lo - YEAR
        peers = everything(engine)
        organisation = engine.organisation()
        found = trace(case, peers, organisation, first, (*PREPARATION, *also))
    lang = frame.settings.lang
    document: dict[str, Json] = {
        "case": case,
        "since": stamp(first),
        "steps": [s.document() for s in found.steps],
        "looked": dict(found.looked),
        "unseen": [{"zh": t.zh, "en": t.en} for t in found.unseen],
    }

    def render() -> None:
        if found.steps:
            headings = (
                screen.Column("时间", "when", whole=True),
                Text("义务", "duty"),
                Text("结果", "outcome"),
                screen.Column("期限", "due", whole=True),
                Text("责任", "owed by"),
                Text("依据", "basis"),
                Text("案件", "case"),
            )
            screen.table(headings, [_cells(s, organisation) for s in found.steps])
        else:
            frame.say(Text("没有查到未履行或迟延的义务", "nothing that was missed or late was found"))
        out = screen.console()
        caution = Text("以上为计算结果,与后果有无关系由人认定", "computed; whether it bore on the outcome is for a person to determine")
        out.print(caution.say(lang))
        counts = {how: sum(1 for h in found.looked.values() if h == how) for how in HOW}
        told = [f"{HOW[how].say(lang)} {n}" for how, n in counts.items()]
        out.print(Text("已查:", "looked at: ").say(lang) + Text(";", "; ").say(lang).join(told))
        for text in found.unseen:
            out.print(Text("未查:", "not looked at: ").say(lang) + text.say(lang))

    screen.emit(document, render)


def _cells(step: Step, organisation: Organisation) -> list[str]:
    lang = frame.settings.lang
    row, rules = step.row, step.world.of(step.row.definition).rules
    source = HOW[step.how].say(lang) if not step.through else Text(f"← {step.through}", f"← {step.through}").say(lang)
    remark = screen.remark(row, rules)
    return [
        screen.local(step.at, rules.zone),
        title(row.key, rules).say(lang),
        OUTCOMES[row.outcome].say(lang) + (f" {remark}" if remark else ""),
        shown(row.due, rules.zone, lang) if row.due is not None else screen.term(row),
        wording.role(row.owed_by, rules).say(lang) + (f" {organisation.called(step.case.unit).say(lang)}" if step.case.unit else ""),
        "; ".join(dict.fromkeys(basis_text(rules.procedure, str(c["id"])).say(lang) for c in clauses(row, rules.procedure))),
        f"{step.case.id} {source}",
    ]
