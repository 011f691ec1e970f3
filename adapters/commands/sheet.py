"""``duban sheet``: a form filled from the ledger: an inspection, the evaluation of a drill, an appraisal."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from adapters.commands import frame, screen, wording
from adapters.commands.stats import everything
from workflow.errors import UnknownName
from workflow.explain import duration
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, utc
from workflow.procedure.legend import basis_text
from workflow.procedure.model import UNIT_BASIS
from workflow.rules import Rules
from workflow.sheet import Filled, Gathered, fill, median, span
from workflow.statistics import COLUMNS
from workflow.text import Lang, Text

MILLISECOND = timedelta(milliseconds=1)
SHOWN = 5
"""Cases that a line names; the JSON has them all."""


def sheet(
    case: Annotated[str, typer.Argument(help="案件编号 / case id")],
    as_of: Annotated[str, typer.Option("--as-of", help="截至 / as of this instant (default: now)")] = "",
) -> None:
    """由台账填写的表:检查表、评估表、考核表 / a form filled from the ledger"""
    with frame.engine() as engine:
        rules = engine.world(engine.case(case)).rules
        declared = rules.procedure.sheet
        if declared is None:
            raise UnknownName(
                Text(f"{rules.procedure.title.zh} 没有表", f"{rules.procedure.title.en} has no sheet"),
                where=rules.procedure.ref,
                hint=Text("在定义中写 sheet", "declare 'sheet' in the definition"),
            )
        now = parse(as_of, rules.zone).hi if as_of else utc(engine.clock.now())
        peers = list(everything(engine, now if as_of else None))
        (own,) = [p for p in peers if p.case.id == case]
        said = {a.n: engine.private(case, a.n) for a in own.case.acts}
        names = {p.world.rules.procedure.procedure: p.world.rules for p in peers}
        filled = fill(declared, own.case, own.rows, said, peers, own.world)
    days = span(declared, own.case, rules)
    document: dict[str, Json] = {
        "case": case,
        "drill": own.case.drill,
        "pace": own.case.pace.document() if own.case.pace is not None else None,
        "procedure": rules.procedure.ref,
        "as_of": stamp(now),
        "since": None if days.since is None else days.since.isoformat(),
        "until": None if days.until is None else days.until.isoformat(),
        "lines": [_document(line) for line in filled],
    }

    def render() -> None:
        lang = frame.settings.lang
        out = screen.console()
        when = wording_span(days.since, days.until).say(lang)
        heading = f"{declared.text.say(lang)}  {case}  {when}  {wording.mark(own.case).say(lang)}"
        out.print(heading.rstrip(), style="bold")
        lines = [
            [line.line.text.say(lang), "\n".join(_said(line, rules, names, lang)) or "—", _bases(line, rules, lang)] for line in filled
        ]
        screen.table((Text("要点", "point"), Text("台账所示", "what the ledger shows"), Text("依据", "basis")), lines)

    screen.emit(document, render)


def wording_span(since: object, until: object) -> Text:
    """The days that a sheet looks at; nothing where it looks at all of them."""
    if since is None and until is None:
        return Text("", "")
    return Text(f"{since or ''} 至 {until or ''}".strip(), f"{since or ''} to {until or ''}".strip())


def _bases(line: Filled, rules: Rules, lang: Lang) -> str:
    found = [Text("本单位规定", "the unit's own") if b == UNIT_BASIS else basis_text(rules.procedure, b) for b in line.line.basis]
    return "\n".join(t.say(lang) for t in found)


def _document(line: Filled) -> dict[str, Json]:
    g = line.gathered
    return {
        "line": line.name,
        "facts": dict(line.facts),
        "elements": dict(line.elements),
        "durations": [
            {"row": d.row.key, "milliseconds": d.length // MILLISECOND, "open": d.open, "outcome": d.row.outcome.value}
            for d in line.durations
        ],
        "cases": None
        if g is None
        else {"cases": list(g.cases), "events": dict(g.events), "outcomes": dict(g.tally.columns), "per_mille": g.tally.per_mille},
    }


def _said(line: Filled, rules: Rules, names: dict[str, Rules], lang: Lang) -> list[str]:
    p = rules.procedure
    colon = wording.COLON.say(lang)
    found = [wording.facts({"facts": {f: v}}, rules).say(lang) for f, v in line.facts.items() if v is not None]
    found += [p.elements[e].text.say(lang) + colon + text for e, text in line.elements.items() if text]
    closed = [d.length for d in line.durations if not d.open]
    waiting = sum(d.open for d in line.durations)
    if closed:
        parts = [
            Text(f"{len(closed)} 次", f"{len(closed)} times"),
            Text("最长 ", "longest ") + Text(duration(max(closed), "zh"), duration(max(closed), "en")),
            Text("中位 ", "median ") + Text(duration(median(closed), "zh"), duration(median(closed), "en")),
        ]
        found.append(Text(",", ", ").say(lang).join(t.say(lang) for t in parts))
    if waiting:
        found.append(Text(f"{waiting} 项尚未落实", f"{waiting} not carried out yet").say(lang))
    if line.gathered is not None:
        found += _gathered(line.gathered, line, names, lang)
    return found


def _gathered(g: Gathered, line: Filled, names: dict[str, Rules], lang: Lang) -> list[str]:
    shown = " ".join(g.cases[:SHOWN]) + (" …" if len(g.cases) > SHOWN else "")
    found = [Text(f"案件 {len(g.cases)} 件 {shown}", f"{len(g.cases)} cases {shown}").say(lang).rstrip()]
    assert line.line.cases is not None
    labels = {
        e: rules.procedure.events[e].text
        for r in line.line.cases.procedures
        if (rules := names.get(r))
        for e in g.events
        if e in rules.procedure.events
    }
    counts = [f"{labels.get(e, Text(e, e)).say(lang)} {n}" for e, n in g.events.items()]
    if counts:
        found.append(Text("、", ", ").say(lang).join(counts))
    outcomes = [f"{COLUMNS[c].say(lang)} {n}" for c, n in g.tally.columns.items()]
    if outcomes:
        rate = g.tally.per_mille
        told = "" if rate is None else Text(f";按时率 {rate // 10}.{rate % 10}%", f"; {rate // 10}.{rate % 10}% on time").say(lang)
        found.append(Text("义务:", "duties: ").say(lang) + Text("、", ", ").say(lang).join(outcomes) + told)
    return found
