"""Commands that look: the timeline, what is due, why; and one sweep of the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text as Styled

from adapters.commands import frame, screen
from adapters.commands.cases import act_document, act_name, show_result
from workflow.case.clockwork import catch_up
from workflow.errors import BadInput, UnknownName
from workflow.explain import why
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, utc
from workflow.obligation.ledger import Outcome, Row, ledger
from workflow.replay import row_document
from workflow.rules import Rules
from workflow.term import parse as parse_term
from workflow.term.model import Span
from workflow.text import Text
from workflow.words import DEVIATIONS, KINDS

Case = Annotated[str, typer.Argument(help="案件编号 / case id")]
AsOf = Annotated[str, typer.Option("--as-of", help="截至 / as of this instant (default: now)")]


def show(case: Case, as_of: AsOf = "") -> None:
    """案件经过与台账 / timeline and ledger"""
    with frame.engine(create=False) as engine:
        standing = engine.case(case)
        world = engine.world(standing)
        now = _instant(as_of, world.rules.zone, engine.clock.now())
        shown = standing.case.known(now)
        rows = ledger(catch_up(standing, world, now).case if not as_of else shown, world, now)
        private = {a.n: engine.private(case, a.n) for a in shown.acts}
    rules = world.rules
    document: dict[str, Json] = {
        "case": case,
        "procedure": rules.procedure.ref,
        "state": list(shown.state),
        "version": shown.n,
        "as_of": stamp(now),
        "acts": [{**act_document(a), "private": dict(private[a.n])} for a in shown.acts],
        "rows": [row_document(r, shown) for r in rows],
    }

    def render() -> None:
        lang = frame.settings.lang
        out = screen.console()
        out.print(f"{case}  {rules.procedure.title.say(lang)} {rules.procedure.ref}", style="bold")
        marks = [
            t
            for t, on in (
                (Text("演练", "drill"), shown.drill),
                (Text("误立", "void"), shown.void),
                (Text(f"并入 {shown.same_as}", f"same as {shown.same_as}"), bool(shown.same_as)),
            )
            if on
        ]
        state = "、".join(state_label(rules, s).say(lang) for s in shown.state)
        out.print(f"{Text('状态', 'state').say(lang)}  {state} {' '.join(m.say(lang) for m in marks)}")
        lines: list[list[str]] = []
        for act in shown.acts:
            notes = [DEVIATIONS[d].say(lang) for d in act.deviations]
            late = act.recorded - act.happened.hi
            if late >= timedelta(minutes=1):
                notes.append(
                    Text(f"补录于 {screen.local(act.recorded, rules.zone)}", f"entered {screen.local(act.recorded, rules.zone)}").say(lang)
                )
            who = (
                rules.procedure.roles[act.actor.role].text.say(lang)
                if act.actor is not None and act.actor.role in rules.procedure.roles
                else ""
            )
            person = f" {act.actor.person}" if act.actor is not None and act.actor.person else ""
            detail = "; ".join(str(v) for k, v in private[act.n].items() if isinstance(v, str))
            lines.append(
                [
                    f"#{act.n}",
                    screen.local(act.happened.lo, rules.zone),
                    KINDS[act.kind].say(lang),
                    act_name(act, rules).say(lang),
                    who + person,
                    ";".join([*notes, detail] if detail else notes),
                ]
            )
        screen.table(
            (
                Text("号", "n"),
                Text("时间", "when"),
                Text("种类", "kind"),
                Text("内容", "what"),
                Text("办理", "who"),
                Text("说明", "remark"),
            ),
            lines,
        )
        out.print()
        screen.table(screen.LEDGER, screen.ledger_rows(rows, rules.zone))

    screen.emit(document, render)


def state_label(rules: Rules, path: str) -> Text:
    """``证据:已封存`` for a leaf of a region: the label of its region and its own."""
    table = rules.procedure.states
    labels = []
    for name in path.split("."):
        labels.append(table[name].text)
        table = table[name].states
    shown = labels[-2:] if len(labels) > 2 else labels[-1:]
    return Text(":".join(x.zh for x in shown), ": ".join(x.en for x in shown))


def due(
    within: Annotated[str, typer.Option("--within", help="只看多久以内 / only within this time, e.g. '2 hours'")] = "",
    case: Annotated[str, typer.Option("--case", help="只看一个案件 / one case")] = "",
) -> None:
    """接下来什么到期;有逾期时退出码 1 / what is due next; exit code 1 when something is overdue"""
    with frame.engine(create=False) as engine:
        now = utc(engine.clock.now())
        horizon = now + _length(within) if within else None
        wanted = [r.id for r in engine.cases() if r.listed and (not case or r.id == case)]
        if case and not wanted:
            engine.case(case)
        found: list[tuple[str, Rules, Row]] = []
        for name in wanted:
            standing = engine.case(name)
            world = engine.world(standing)
            found.extend(
                (name, world.rules, row)
                for row in ledger(catch_up(standing, world, now).case, world, now)
                if row.open or row.reason == "extension_pending"
            )
    numbered = sorted(
        (f for f in found if f[2].due is not None and (horizon is None or f[2].due.instant <= horizon)),
        key=lambda f: (f[2].due.instant if f[2].due else now, f[0], f[2].key),
    )
    unnumbered = sorted(
        (f for f in found if f[2].due is None and horizon is None),
        key=lambda f: (-(f[2].elapsed or timedelta()).total_seconds(), f[0], f[2].key),
    )
    overdue = [f for f in numbered if f[2].outcome == Outcome.MISSED]
    document: dict[str, Json] = {
        "now": stamp(now),
        "overdue": len(overdue),
        "rows": [
            {
                "case": n,
                "row": r.key,
                "title": r.duty.title.say(frame.settings.lang),
                "by": r.owed_by,
                "to": r.owed_to,
                "outcome": r.outcome.value,
                "due": stamp(r.due.instant) if r.due is not None else None,
                "elapsed": int(r.elapsed.total_seconds()) if r.elapsed is not None else None,
            }
            for n, _, r in (*numbered, *unnumbered)
        ],
    }

    def render() -> None:
        lang = frame.settings.lang
        lines: list[list[str | Styled]] = []
        for name, rules, row in (*numbered, *unnumbered):
            by = rules.procedure.roles[row.owed_by].text.say(lang)
            if row.due is not None:
                from workflow.term.explain import shown as shown_date

                lines.append(
                    [
                        screen.countdown(row.due.instant, now),
                        shown_date(row.due, rules.zone, lang),
                        row.duty.title.say(lang),
                        by,
                        name,
                        row.key,
                    ]
                )
            else:
                from workflow.explain import duration

                word = row.current.term.text.say(lang) if row.current is not None and row.current.term is not None else "—"
                lines.append(
                    [
                        Text("已过 ", "open for ").say(lang) + duration(row.elapsed or timedelta(), lang),
                        word,
                        row.duty.title.say(lang),
                        by,
                        name,
                        row.key,
                    ]
                )
        if not lines:
            frame.say(Text("没有待办的期限", "nothing is due"))
            return
        screen.table(
            (
                Text("还有", "left"),
                Text("期限", "due"),
                Text("义务", "duty"),
                Text("责任", "owed by"),
                Text("案件", "case"),
                Text("编号", "row"),
            ),
            lines,
        )

    screen.emit(document, render)
    if overdue:
        raise typer.Exit(frame.EXIT_FINDINGS)


def explain(
    case: Case, row: Annotated[str, typer.Argument(help="义务,空为全部 / obligation, empty for all")] = "", as_of: AsOf = ""
) -> None:
    """为什么是这个期限 / why it is due then"""
    with frame.engine(create=False) as engine:
        standing = engine.case(case)
        world = engine.world(standing)
        now = _instant(as_of, world.rules.zone, engine.clock.now())
        known = standing.case.known(now) if as_of else catch_up(standing, world, now).case
        rows = ledger(known, world, now)
    chosen = [r for r in rows if not row or row in (r.key, r.duty.id, r.duty.title.zh, r.duty.title.en)]
    if not chosen:
        raise UnknownName(
            Text(f"没有义务 {row!r}", f"there is no obligation {row!r}"),
            hint=Text("可用:" + "、".join(r.key for r in rows), "there are: " + ", ".join(r.key for r in rows)),
        )
    told = [why(r, known, world, rows) for r in chosen]

    def render() -> None:
        for one in told:
            print("\n".join(one.lines(frame.settings.lang)))
            print()

    screen.emit([one.document() for one in told], render)


def tick(dry_run: Annotated[bool, typer.Option("--dry-run", help="只看有多少到期 / only count")] = False) -> None:
    """走一次时钟 / one sweep"""
    with frame.engine(create=False) as engine:
        if dry_run:
            with engine.store.read() as view:
                waiting = view.waking(utc(engine.clock.now()), 10_000)
            ids: list[Json] = [r.id for r in waiting]
            screen.emit({"waiting": ids}, lambda: print("\n".join(str(i) for i in ids)))
            return
        results = engine.tick()
        if frame.settings.json:
            screen.emit([{"case": r.case, "acts": [act_document(a) for a in r.acts]} for r in results], lambda: None)
            return
        for result in results:
            show_result(engine, result, engine.world(result.standing).rules)
        if not results:
            frame.say(Text("没有到期的事项", "nothing was due"))


def _instant(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    return parse(text, zone).hi if text else utc(now)


def _length(text: str) -> timedelta:
    term = parse_term(text)
    if not isinstance(term, Span) or term.unit == "working day":
        raise BadInput(
            Text(f"--within 应为如 2 hours、3 days,得到 {text!r}", f"--within takes a length such as 2 hours or 3 days, not {text!r}")
        )
    days = {
        "minute": timedelta(minutes=1),
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(weeks=1),
        "month": timedelta(days=30),
        "quarter": timedelta(days=91),
        "year": timedelta(days=365),
    }
    return days[term.unit] * term.amount
