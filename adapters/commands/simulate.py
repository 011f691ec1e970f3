"""``duban simulate``: a year of a unit on a definition, before anybody works by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from adapters import host
from adapters.calendars import shipped
from adapters.commands import frame, screen
from adapters.library import find_definition
from workflow.errors import BadInput
from workflow.explain import duration
from workflow.journal.canonical import Json
from workflow.lots import Lots
from workflow.organisation import Organisation
from workflow.rules import Rules, World
from workflow.simulate import Change, Plan, Year, absence, difference, simulate
from workflow.statistics import COLUMNS, Tally
from workflow.text import Text

CASES = 24


def simulate_(
    procedure: Annotated[str, typer.Argument(help="程序或文件 / procedure or file")],
    cases: Annotated[int | None, typer.Option("--cases", min=1, max=2000, help="一年多少件 / cases in the year (default: 24)")] = None,
    since: Annotated[str, typer.Option("--from", help="从哪天起的一年 / first day of the year (default: 1 January)")] = "",
    seed: Annotated[int, typer.Option("--seed", help="抽签的种子 / seed of the draws")] = 1,
    empty: Annotated[str, typer.Option("--empty", help="空缺一周的角色 / role whose post is empty for a week")] = "",
    week: Annotated[str, typer.Option("--week", help="空缺的那一周,如 2026-W40 / the week, such as 2026-W40")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="图的文件 / SVG file of the picture")] = None,
) -> None:
    """试算一年:何时到期、工作量、岗位空缺会误什么 / a year tried out: what falls due, the load, what an empty post costs"""
    definition = find_definition(procedure)
    rules = Rules(definition.procedure, definition.hash)
    if bool(empty) != bool(week):
        raise BadInput(
            Text("--empty 与 --week 须一起给出", "--empty and --week go together"),
            hint=Text("例如 --week 2026-W40", "such as --week 2026-W40"),
        )
    period = rules.procedure.period
    if cases is not None and period is not None and period.every != "unset":
        raise BadInput(
            Text("周期性义务按周期立案,--cases 不适用", "a recurring duty opens its cases by its period: --cases has no place"),
            where="--cases",
            hint=Text("不写 --cases", "leave --cases out"),
        )
    plan = Plan(cases or CASES, _first(since, rules))
    absent = absence(rules.find("role", empty), week, rules.zone) if empty else None
    calendar = shipped(rules.procedure.calendar.partition("+")[0])
    world = World(rules, {calendar.digest: calendar}, Organisation(), host.tz())
    year = simulate(plan, world, Lots(seed))
    other = simulate(replace(plan, empty=absent), world, Lots(seed)) if absent is not None else None
    changes = difference(year, other) if other is not None else {}
    if output is not None:
        from adapters.graph.year import picture

        try:
            output.write_text(picture(year, other, frame.settings.lang), encoding="utf-8")
        except OSError as error:
            why = Text(f"不能写入文件:{error.strerror}", f"cannot write the file: {error.strerror}")
            raise BadInput(why, where=str(output)) from None
        frame.say(Text(f"已写入 {output}", f"wrote {output}"))
    screen.emit(document(year, other, changes, seed), lambda: render(year, other, changes))


def _first(since: str, rules: Rules) -> date:
    """The first day: as it was said, else 1 January of this year, or of the last year in which the procedure was in force."""
    if since:
        try:
            return date.fromisoformat(since)
        except ValueError:
            raise BadInput(
                Text(f"日期无法读取:{since}", f"not a date: {since!r}"), where="--from", hint=Text("例如 2026-01-01", "such as 2026-01-01")
            ) from None
    until = rules.procedure.in_force.until
    this = host.clock().now().astimezone(rules.zone).date()
    return date(min(this, until or this).year, 1, 1)


def document(year: Year, other: Year | None, changes: dict[str, Change], seed: int) -> dict[str, Json]:
    """Everything as data."""
    stuck, never = year.stuck(), year.never()
    found: dict[str, Json] = {
        "procedure": year.rules.procedure.ref,
        "definition": year.rules.hash,
        "seed": seed,
        "from": year.plan.first.isoformat(),
        "cases": len(year.cases),
        "acts": sum(played.case.n for played in year.cases),
        "unended": year.unended,
        "frequency": {"every": year.every, "assumed": year.set_by_plan} if year.every else None,
        "total": _figures(year.tally()),
        "unstarted": year.unstarted(),
        "obligations": [
            {"obligation": duty, "by": year.rules.duties[duty].obligation.owed.by, **_figures(tally), "months": dict(year.by_month(duty))}
            for duty, tally in _tallies(year)
        ],
        "load": [{"role": r, "total": load.total, "peak": list(load.peak), "weeks": dict(load.weeks)} for r, load in year.loads().items()],
        "impossible": [
            {
                "obligation": d,
                "rows": n,
                "never": d in never,
                "case": case,
                "state": list(why.state),
                "why": {"zh": why.why.zh, "en": why.why.en},
            }
            for d, (n, case, why) in stuck.items()
        ],
    }
    if other is not None and other.plan.empty is not None:
        found["empty"] = {
            "role": other.plan.empty.role,
            "since": other.plan.empty.since.isoformat(),
            "until": other.plan.empty.until.isoformat(),
            "total": _figures(other.tally()),
            "changes": [
                {"obligation": d, "late_or_missed": list(c.failed), "longest_seconds": [int(t.total_seconds()) for t in c.longest]}
                for d, c in changes.items()
            ],
        }
    return found


def _tallies(year: Year) -> list[tuple[str, Tally]]:
    """The duties that arose."""
    return [(duty, tally) for duty in year.rules.duties if (tally := year.tally(duty)).rows]


def _figures(tally: Tally) -> dict[str, Json]:
    return {**{c: tally.columns.get(c, 0) for c in COLUMNS}, "rows": tally.rows}


def render(year: Year, other: Year | None, changes: dict[str, Change]) -> None:
    """The year for people."""
    out, lang, rules = screen.console(), frame.settings.lang, year.rules

    def head(text: Text) -> None:
        out.print(text.say(lang), style="bold")

    acts, cases = sum(played.case.n for played in year.cases), len(year.cases)
    begun = f"{year.plan.first}"
    head(
        rules.procedure.title
        + Text(f"  {rules.procedure.ref}  自 {begun} 起一年", f"  {rules.procedure.ref}  the year from {begun}")
        + Text(f"  {cases} 件,{acts} 条记录", f"  {cases} cases, {acts} entries")
    )
    if year.set_by_plan:
        every = {"day": "每日", "week": "每周", "month": "每月", "quarter": "每季", "year": "每年"}[year.every]
        out.print(Text(f"频次由单位设定,此处按{every}试算", f"the unit sets how often; tried with every {year.every}").say(lang))
    total = year.tally()
    used = [c for c in COLUMNS if total.columns.get(c)]
    lines = [[_title(d, rules), _owed(d, rules), *_cells(t, used)] for d, t in _tallies(year)]
    lines.append([Text("合计", "all").say(lang), "", *_cells(total, used)])
    screen.table([Text("义务", "duty"), Text("责任", "owed by"), *(COLUMNS[c] for c in used), Text("合计", "rows")], lines)
    months = year.months
    head(Text("各月到期(无数字期限的,按开始之日)", "falls due in the month (without a number: begins)"))
    table = [[_title(d, rules), *(str(year.by_month(d)[m] or "") for m in [*months, "later"])] for d, _ in _tallies(year)]
    screen.table([Text("义务", "duty"), *(Text(m[2:], m[2:]) for m in months), Text("其后", "later")], table)
    head(Text("各角色的工作量", "load of each role"))
    loads = [
        [rules.roles([r]).say(lang), str(x.total), _tenths(x.total * 10, 52), f"{x.peak[0]}  {x.peak[1]}"] for r, x in year.loads().items()
    ]
    screen.table([Text("角色", "role"), Text("全年", "in the year"), Text("每周平均", "a week"), Text("最忙的一周", "fullest week")], loads)
    _impossible(year)
    if year.unended:
        out.print(Text(f"到年末仍未办结:{year.unended} 件", f"still open at the end of the year: {year.unended}").say(lang))
    if other is not None and other.plan.empty is not None:
        empty = other.plan.empty
        last = (empty.until - timedelta(days=1)).date()
        who = rules.roles([empty.role])
        head(Text(f"{who.zh}空缺:{empty.since.date()} 至 {last}", f"nobody as {who.en}: {empty.since.date()} to {last}"))
        if not changes:
            out.print(Text("结果没有不同", "nothing comes out differently").say(lang))
            return
        rows = [
            [_title(d, rules), _pair(*(str(n) for n in c.failed)), _pair(*(duration(t, lang) for t in c.longest))]
            for d, c in changes.items()
        ]
        screen.table(
            [Text("义务", "duty"), Text("迟延或未完成", "late or missed"), Text("无数字期限的最长用时", "longest without a number")], rows
        )


def _impossible(year: Year) -> None:
    """What the staff could not fulfil, where there is any."""
    stuck, rules, lang = year.stuck(), year.rules, frame.settings.lang
    if not stuck:
        return
    screen.console().print(Text("办不到的义务", "duties that could not be fulfilled").say(lang), style="bold red")
    never = year.never()
    lines = [
        [
            _title(d, rules),
            str(n),
            Text("从未办成", "never").say(lang) if d in never else "",
            case,
            rules.states(why.state).say(lang),
            why.why.say(lang),
        ]
        for d, (n, case, why) in stuck.items()
    ]
    headings = (Text("义务", "duty"), Text("次数", "rows"), Text("", ""), Text("例", "such as"), Text("状态", "state"), Text("原因", "why"))
    screen.table(headings, lines)


def _title(duty: str, rules: Rules) -> str:
    return rules.duties[duty].title.say(frame.settings.lang)


def _owed(duty: str, rules: Rules) -> str:
    found = rules.duties[duty]
    return rules.roles(found.obligation.owed.to if found.kind == "receipt" else [found.obligation.owed.by]).say(frame.settings.lang)


def _cells(tally: Tally, used: list[str]) -> list[str]:
    return [*(str(tally.columns.get(c, 0) or "") for c in used), str(tally.rows)]


def _pair(before: str, after: str) -> str:
    return "" if before == after else f"{before} → {after}"


def _tenths(number: int, by: int) -> str:
    """A quotient of tenths with one decimal, rounded down."""
    return f"{number // by // 10}.{number // by % 10}"
