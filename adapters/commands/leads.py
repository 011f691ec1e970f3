"""``duban leads``: late and missing acts for a person to look at; ``duban dismiss``: one that is not pursued."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from adapters.commands import cases, frame, notices, screen, wording
from adapters.commands.wording import NOTES
from workflow import command as commands
from workflow.act import NOTED, Act
from workflow.case.clockwork import catch_up
from workflow.engine import Engine
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.lead import STATES, Lead, document, leads
from workflow.moment import stamp, utc
from workflow.notice import Notice, latest
from workflow.obligation.ledger import ledger
from workflow.procedure.legend import basis_text
from workflow.rowname import title
from workflow.rules import World
from workflow.term.explain import shown
from workflow.text import Text
from workflow.words import KINDS


class Found(NamedTuple):
    lead: Lead
    world: World
    said: dict[int, str]
    """What was written, by the number of the statement or the dismissal."""
    notice: Notice | None
    """The last that somebody was to be told of its duty."""


def list_(
    case: Annotated[str, typer.Option("--case", help="只看一个案件 / one case")] = "",
    everything: Annotated[bool, typer.Option("--all", help="含已处理的 / those that were dealt with too")] = False,
) -> None:
    """线索清单:疑似迟报、漏报,待人认定 / suspected late and missing acts, for a person to determine"""
    with frame.engine() as engine:
        now = utc(engine.clock.now())
        if case:
            engine.case(case)
        found = [f for row in engine.cases() if case in ("", row.id) for f in _of(engine, row.id)]
    chosen = [f for f in found if everything or f.lead.state == "open"]
    screen.emit({"now": stamp(now), "leads": [_document(f) for f in chosen]}, lambda: _table(chosen))


def _of(engine: Engine, case: str) -> list[Found]:
    standing = engine.case(case)
    world = engine.world(standing)
    now = utc(engine.clock.now())
    known = catch_up(standing, world, now).case
    told = latest(known)
    return [
        Found(lead, world, {a.n: _written(engine, case, a) for a in (*lead.done, *lead.statements)}, told.get(lead.row.key))
        for lead in leads(known, ledger(known, world, now), world, now)
    ]


def _written(engine: Engine, case: str, act: Act) -> str:
    private = engine.private(case, act.n)
    return str(private.get("text") or private.get("reason") or "")


def _document(found: Found) -> dict[str, Json]:
    lead = found.lead
    return {
        **document(lead, found.world),
        "state": lead.state,
        "into": lead.into,
        "statements": [_said(found, act, act.name) for act in lead.statements],
        "done": [_said(found, act, act.kind) for act in lead.done],
        "notice": found.notice.document() if found.notice is not None else None,
    }


def _said(found: Found, act: Act, kind: str) -> dict[str, Json]:
    by = wording.author(act, found.world.rules).say(frame.settings.lang)
    return {"n": act.n, "kind": kind, "by": by, "text": found.said[act.n]}


def _table(found: list[Found]) -> None:
    if not found:
        frame.say(Text("没有待处理的线索", "no lead is open"))
        return
    columns = (
        Text("案件", "case"),
        Text("义务", "duty"),
        Text("线索", "lead"),
        screen.Column("期限", "due", whole=True),
        Text("责任", "owed by"),
        Text("依据", "basis"),
        Text("说明", "remark"),
        screen.Column("编号", "row", whole=True, spare=True),
    )
    screen.table(columns, [_cells(f) for f in found])
    waiting = next((f.lead for f in found if f.lead.state == "open"), None)
    if waiting is not None:  # the keys are too long for the table where it is narrow
        case, row = waiting.case.id, waiting.row.key
        opening = f"--lead '{case}:{row}'"
        frame.say(
            Text(
                f"立案:duban open accountability 何事 何处 何人告知 {opening}",
                f"take up: duban open accountability WHAT WHERE TOLD_BY {opening}",
            )
        )
        frame.say(Text(f"不予立案:duban dismiss {case} '{row}' --reason 理由", f"do not pursue: duban dismiss {case} '{row}' --reason WHY"))


def _cells(found: Found) -> list[str]:
    lang = frame.settings.lang
    lead, world = found.lead, found.world
    row, rules = lead.row, world.of(lead.row.definition).rules
    remarks = [] if lead.state == "open" else [f"{STATES[lead.state].say(lang)} {lead.into}".rstrip()]
    for act in (*lead.done, *lead.statements):
        if found.said[act.n]:
            remarks.append(f"{_kind(act).say(lang)}({wording.author(act, rules).say(lang)}):{found.said[act.n]}")
    told = notices.brief(found.notice, rules)
    remarks += [told] if told else []
    return [
        lead.case.id,
        title(row.key, rules).say(lang),
        lead.suspicion.say(lang),
        shown(row.due, rules.zone, lang) if row.due is not None else screen.term(row),
        wording.role(row.owed_by, rules).say(lang),
        "; ".join(dict.fromkeys(basis_text(rules.procedure, str(c["id"])).say(lang) for c in clauses(row, rules.procedure))),
        Text(";", "; ").say(lang).join(remarks),
        row.key,
    ]


def _kind(act: Act) -> Text:
    return NOTES[act.name] if act.kind == NOTED else KINDS[act.kind]


def dismiss(
    case: cases.Case,
    row: cases.RowName,
    reason: cases.Reason,
    role: cases.As = "",
    person: cases.Person = "",
    at: cases.At = "",
    note: cases.Remark = "",
    key: cases.Key = "",
    expected: cases.Expected = 0,
    dry_run: cases.Dry = False,
) -> None:
    cases._do(
        case,
        cases.Author(role, person, at, "", "", "", "", note),
        lambda s, _: commands.Dismiss(said=s, row=row, reason=reason),
        key,
        expected,
        dry_run,
    )
