"""``duban round``: who has kept a recurring duty in one period, and who has not."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.commands import frame, screen
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, utc
from workflow.round import COVERED, Covered, coverage
from workflow.text import Text

SAID = {
    "covered": Text("已覆盖", "covered"),
    "late": Text("已覆盖(逾期)", "covered, late"),
    "gap": Text("缺", "gap"),
    "open": Text("未到期", "not yet"),
    "unset": Text("未设定频次", "no frequency set"),
    "unopened": Text("未立案", "no case"),
}


def round_(
    procedure: Annotated[str, typer.Argument(help="周期性程序(编号或名称) / recurring procedure: id or title")],
    at: Annotated[str, typer.Option("--at", help="哪一天所在的一期,默认今天 / the period of this day, default today")] = "",
) -> None:
    """一轮的覆盖情况:哪些单位已做,缺哪些 / coverage of a round: which units are done, which are gaps"""
    with frame.engine() as engine:
        now = utc(engine.clock.now())
        rules = frame.rules_for(engine, procedure, dry_run=True)
        when = parse(at, rules.zone).lo if at else now
        organisation = engine.organisation()
        there = {row.id for row in engine.cases(rules.procedure.procedure) if row.listed}
        found = list(coverage(organisation, rules, when, lambda case: engine.ledger(case) if case in there else None))
    units = organisation.units
    owing = [c for c in found if c.standing != "unset"]
    done = sum(c.standing in COVERED for c in owing)
    document: dict[str, Json] = {
        "now": stamp(now),
        "procedure": rules.procedure.procedure,
        "units": [c.document() for c in found],
        "covered": done,
        "of": len(owing),
    }
    lang = frame.settings.lang

    def shown(c: Covered) -> list[str]:
        unit = units[c.unit]
        met = "" if c.met is None else f"{c.met.astimezone(rules.zone):%Y-%m-%d %H:%M}"
        return [Text(unit.zh, unit.en).say(lang), c.period or "—", SAID[c.standing].say(lang), met, c.case]

    def render() -> None:
        screen.console().print(rules.procedure.title.say(lang), style="bold")
        headings = (Text("单位", "unit"), Text("期", "period"), Text("情况", "standing"), Text("履行", "met"), Text("案件", "case"))
        screen.table(headings, [shown(c) for c in found])
        share = f" ({done * 100 // len(owing)}%)" if owing else ""  # rounded down: 100 % is all of them
        frame.say(Text(f"覆盖 {done}/{len(owing)}{share}", f"covered {done}/{len(owing)}{share}"))
        gaps = [units[c.unit] for c in owing if c.standing not in COVERED]
        if gaps:
            frame.say(Text("缺:" + "、".join(u.zh for u in gaps), "gaps: " + ", ".join(u.en for u in gaps)))

    screen.emit(document, render)
