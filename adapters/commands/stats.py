"""``duban stats``: on-time figures by unit, kind and month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from adapters.commands import frame, screen
from workflow.case.clockwork import catch_up, stood
from workflow.engine import Engine
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, utc
from workflow.obligation.ledger import ledger
from workflow.rules import Rules
from workflow.sheet import Peer
from workflow.statistics import COLUMNS, KEYS, Tally, counted, statistics
from workflow.text import Lang, Text


def stats(
    by: Annotated[str, typer.Option("--by", help="按什么分:unit,procedure,duty,role,month / split by")] = "unit,procedure,month",
    since: Annotated[str, typer.Option("--from", help="从哪天起 / first day")] = "",
    until: Annotated[str, typer.Option("--until", help="到哪天止,含当日 / last day, included")] = "",
    unit: Annotated[str, typer.Option("--unit", help="只看一个单位及其下级 / one unit and those below it")] = "",
    drills: Annotated[bool, typer.Option("--drills", help="只统计演练 / drills instead of real cases")] = False,
) -> None:
    """按时率统计 / on-time figures"""
    keys = tuple(k.strip() for k in by.split(",") if k.strip())
    unknown = [k for k in keys if k not in KEYS]
    if unknown:
        raise BadInput(
            Text(f"不能按 {unknown[0]!r} 统计", f"figures cannot be split by {unknown[0]!r}"),
            where="--by",
            hint=Text("可用:" + ",".join(KEYS), "there are: " + ",".join(KEYS)),
        )
    with frame.engine() as engine:
        found = [c for p in everything(engine) if p.case.drill == drills for c in counted(*p)]
        organisation = engine.organisation()
        if unit:
            unit = organisation.find_unit(unit)
            found = [c for c in found if unit == c.case.unit or unit in organisation.ancestors(c.case.unit)]
        zone = found[0].world.rules.zone if found else None
        first = parse(since, zone).lo if since and found else None
        last = parse(until, zone).hi if until and found else None
        figures = statistics(found, keys, first, last)
        now = engine.clock.now()
    lang = frame.settings.lang
    names = {c.world.rules.procedure.procedure: c.world.rules for c in found}
    duties = {f"{c.world.rules.procedure.procedure}/{c.row.duty.id}": c.row.duty.title for c in found}
    units = {u.id: Text(u.zh, u.en) for u in organisation.units.values()}
    total = Tally({c: sum(t.columns.get(c, 0) for t in figures.values()) for c in COLUMNS})
    document: dict[str, Json] = {
        "now": stamp(utc(now)),
        "by": list(keys),
        "rows": [{**dict(zip(keys, key, strict=True)), **_figures(t)} for key, t in figures.items()],
        "total": _figures(total),
    }

    def render() -> None:
        if not figures:
            frame.say(Text("没有可统计的义务", "there is nothing to count"))
            return
        used = [c for c in COLUMNS if total.columns.get(c)]
        headings = [KEYS[k] for k in keys] + [Text("按时率", "on time"), *(COLUMNS[c] for c in used), Text("合计", "rows")]
        lines = [
            [*(_name(k, v, names, duties, units, lang) for k, v in zip(keys, key, strict=True)), *_cells(t, used)]
            for key, t in figures.items()
        ]
        if len(figures) > 1:
            lines.append([Text("合计", "all").say(lang) if i == 0 else "" for i in range(len(keys))] + _cells(total, used))
        screen.table(headings, lines)

    screen.emit(document, render)


def everything(engine: Engine, as_of: datetime | None = None) -> Iterator[Peer]:
    """Every case with its ledger, as it stands now or stood at ``as_of``."""
    now = utc(as_of or engine.clock.now())
    for entry in engine.cases():
        standing = engine.case(entry.id)
        if standing.case.opened.recorded > now:
            continue
        world = engine.world(standing)
        case = stood(standing.case, world, now) if as_of is not None else catch_up(standing, world, now).case
        yield Peer(case, world, tuple(ledger(case, world, now)))


def _figures(tally: Tally) -> dict[str, Json]:
    return {**{c: tally.columns.get(c, 0) for c in COLUMNS}, "rows": tally.rows, "judged": tally.judged, "per_mille": tally.per_mille}


def _cells(tally: Tally, used: list[str]) -> list[str]:
    rate = "—" if tally.per_mille is None else f"{tally.per_mille // 10}.{tally.per_mille % 10}%"
    return [rate, *(str(tally.columns.get(c, 0) or "") for c in used), str(tally.rows)]


def _name(key: str, value: str, names: dict[str, Rules], duties: dict[str, Text], units: dict[str, Text], lang: Lang) -> str:
    if key == "procedure":
        return names[value].procedure.title.say(lang)
    if key == "duty":
        return duties[value].say(lang)
    if key == "role":
        return next((r.roles([value]).say(lang) for r in names.values() if value in r.procedure.roles), value)
    if key == "unit":
        return units[value].say(lang) if value in units else value or "—"
    return value
