"""What a command answers: the acts it wrote, the dates it set, and after an opening what is due next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.commands import frame, screen, wording
from workflow.act import Act
from workflow.case.fold import Case
from workflow.engine import Result
from workflow.journal.canonical import Json
from workflow.moment import stamp, unstamp
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Row
from workflow.rowname import title
from workflow.rules import Rules, World
from workflow.term import Due
from workflow.term import parse as parse_term
from workflow.term.explain import shown
from workflow.text import Text
from workflow.words import KINDS


def act_document(act: Act) -> dict[str, Json]:
    return {"n": act.n, "kind": act.kind, "recorded": stamp(act.recorded), **act.body()}


def result_document(result: Result) -> dict[str, Json]:
    return {
        "case": result.case,
        "version": result.n,
        "repeated": result.repeated,
        "acts": [act_document(a) for a in result.acts],
        "deviations": list(result.deviations),
        **({"others": [result_document(r) for r in result.others]} if result.others else {}),
    }


def show_result(result: Result, world: World, next_after: datetime | None = None, others: Sequence[Rules] = ()) -> None:
    """Print what a command did, to other cases too (``others``: the rules of each).

    With ``next_after`` also what is due next in the case.
    """
    rules = world.rules
    rows = upcoming(ledger(result.standing.case, world, next_after)) if next_after is not None else []
    document = result_document(result)
    if next_after is not None:
        document["next"] = [next_document(r) for r in rows]

    def render() -> None:
        said = Text("(重复命令,未再写入)", "(repeated command, nothing written again)").say(frame.settings.lang) if result.repeated else ""
        practice = wording.mark(result.standing.case).say(frame.settings.lang) if result.standing.case.drill else ""
        screen.console().print(f"{result.case}  {version(result.n)} {practice} {said}".rstrip(), style="bold")
        acts(result.acts, result.standing.case, rules)
        for other, theirs in zip(result.others, others, strict=True):
            screen.console().print(f"{other.case}  {version(other.n)}", style="bold")
            acts(other.acts, other.standing.case, theirs)
        if next_after is not None:
            show_next(rows, rules, next_after)

    screen.emit(document, render)


def version(n: int) -> str:
    return Text(f"第 {n} 版", f"version {n}").say(frame.settings.lang)


def acts(written: Sequence[Act], case: Case, rules: Rules) -> None:
    """Each act on a line, its breaches and the dates it set below it."""
    lang = frame.settings.lang
    out = screen.console()
    for act in written:
        told = wording.told(act, rules).say(lang)
        line = f"  #{act.n} {KINDS[act.kind].say(lang)} {wording.name(act, case, rules).say(lang)} {f'({told})' if told else ''}"
        out.print(line.rstrip(), soft_wrap=True)
        for code in act.deviations:
            out.print(f"     ! {wording.breach(code, act, case, rules).say(lang)} ({code})", style="yellow", soft_wrap=True)
        dues = act.data.get("dues")
        for due in dues if isinstance(dues, list) else ():
            line = _due(due, rules)
            if line:
                out.print(f"     → {line}", soft_wrap=True)


def _due(due: Any, rules: Rules) -> str:
    """The date that an act set, as it is journaled; empty for one without a number."""
    if due["due"] is None:
        return ""
    lang = frame.settings.lang
    instant = unstamp(due["due"])
    term = parse_term(due["term"]) if due["term"] else None
    inclusive = term is None or f"{instant.astimezone(rules.zone):%H:%M}" != "00:00"
    date = shown(Due(instant, inclusive, None, due["provisional"], instant, instant, None), rules.zone, lang)
    provisional = Text("(暂定)", " (provisional)").say(lang) if due["provisional"] else ""
    counted = f" [{term.text.say(lang)}]" if term is not None and not term.qualitative else ""
    return f"{title(due['row'], rules).say(lang)} {Text('截止', 'due').say(lang)} {date}{counted}{provisional}"


def upcoming(rows: Sequence[Row]) -> list[Row]:
    """What is owed now: by date, and after that what has no number, in the order of the definition."""
    owed = [r for r in rows if r.open]
    return [*sorted((r for r in owed if r.due is not None), key=_instant), *(r for r in owed if r.due is None)]


def _instant(row: Row) -> datetime:
    assert row.due is not None
    return row.due.instant


def next_document(row: Row) -> dict[str, Json]:
    return {
        "row": row.key,
        "title": row.duty.title.say(frame.settings.lang),
        "by": row.owed_by,
        "to": row.to,
        "outcome": row.outcome.value,
        "due": stamp(row.due.instant) if row.due is not None else None,
    }


def show_next(rows: Sequence[Row], rules: Rules, now: datetime) -> None:
    lang = frame.settings.lang
    if not rows:
        return
    screen.console().print(Text("接下来", "what is due next").say(lang), style="bold")
    lines = [
        [
            screen.countdown(r.due.instant, now) if r.due is not None else screen.term(r),
            shown(r.due, rules.zone, lang) if r.due is not None else "",
            title(r.key, rules).say(lang),
            wording.role(r.owed_by, rules).say(lang),
        ]
        for r in rows
    ]
    headings = (screen.Column("还有", "left", whole=True), screen.Column("期限", "due", whole=True), Text("义务", "duty"))
    screen.table((*headings, Text("责任", "owed by")), lines)
