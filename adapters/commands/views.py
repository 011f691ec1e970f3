"""Commands that look: the timeline, what is due, why; and one sweep of the clock."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer
from rich.text import Text as Styled

from adapters.commands import custody, frame, notices, screen, wording
from adapters.commands.answer import act_document
from workflow.account import account
from workflow.case.clockwork import catch_up, stood
from workflow.case.fold import Case
from workflow.case.link import linked
from workflow.errors import BadInput, UnknownName
from workflow.explain import duration, why
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, utc
from workflow.notice import Notice, latest
from workflow.notice import notices as notices_of
from workflow.obligation.ledger import ledger
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Organisation
from workflow.procedure.legend import unverified
from workflow.replay import row_document
from workflow.rowname import matching, title
from workflow.rules import Rules
from workflow.term import parse as parse_term
from workflow.term.explain import shown as shown_date
from workflow.term.model import Span
from workflow.text import Text
from workflow.words import ATTRIBUTION, DOUBTS, KINDS, OUTCOMES

Case_ = Annotated[str, typer.Argument(help="案件编号 / case id")]
AsOf = Annotated[str, typer.Option("--as-of", help="截至 / as of this instant (default: now)")]


def show(
    case: Case_,
    as_of: AsOf = "",
    time: Annotated[bool, typer.Option("--account", help="加上时间账 / with who held it when")] = False,
) -> None:
    """案件经过与台账 / timeline and ledger"""
    with frame.engine() as engine:
        standing = engine.case(case)
        world = engine.world(standing)
        now = _instant(as_of, world.rules.zone, engine.clock.now())
        shown = standing.case.known(now)
        world = world.of(shown.definition)  # the version that it was under then
        rows = ledger(stood(standing.case, world, now) if as_of else catch_up(standing, world, now).case, world, now)
        private = {a.n: engine.private(case, a.n) for a in shown.acts}
        others = linked(shown)
        void = {row.id for row in engine.cases() if not row.listed} if others else set()
        organisation = engine.organisation()
    rules = world.rules
    held = account(shown, world)
    rule = shown.acts[0].data.get("attribution") if shown.acts else None
    document: dict[str, Json] = {
        "case": case,
        "procedure": rules.procedure.ref,
        "drill": shown.drill,
        "pace": shown.pace.document() if shown.pace is not None else None,
        "unit": shown.unit,
        "attribution": rule,
        "state": list(shown.state),
        "version": shown.n,
        "as_of": stamp(now),
        "acts": [{**act_document(a), "private": dict(private[a.n])} for a in shown.acts],
        "rows": [
            {**row_document(r, shown), "unverified": unverified(world.of(r.definition).rules.procedure, r.duty.obligation)} for r in rows
        ],
        "time_account": held.document(world) if held is not None else None,
        "notices": [notice.document() for notice in notices_of(shown)],
        "linked": [{**link.document(), "act": act.n, "void": link.case in void} for act, link in others],
    }

    def render() -> None:
        lang = frame.settings.lang
        out = screen.console()
        out.print(f"{case}  {rules.procedure.title.say(lang)} {rules.procedure.ref}", style="bold")
        state = rules.states(shown.state).say(lang)
        out.print(f"{Text('状态', 'state').say(lang)}  {state}  {wording.mark(shown).say(lang)}".rstrip())
        if shown.unit or rule:
            unit = organisation.called(shown.unit).say(lang)
            how = ATTRIBUTION[str(rule)].say(lang) if rule else ""
            out.print(f"{Text('责任单位', 'unit').say(lang)}  {unit}  {how}".rstrip())
        timeline(shown, rules, private, void)
        out.print()
        screen.table(screen.LEDGER, screen.ledger_rows(rows, rules))
        if time:
            custody.show(held, world)
        notices.show(shown, rules)

    screen.emit(document, render)


TIMELINE = (
    screen.Column("号", "n", whole=True),
    screen.Column("时间", "when", whole=True),
    screen.Column("种类", "kind", whole=True),
    Text("内容", "what"),
    Text("办理", "who"),
    Text("说明", "remark"),
)


def timeline(case: Case, rules: Rules, private: Mapping[int, Mapping[str, Json]], void: Collection[str] = ()) -> None:
    """Every act in the order in which things happened; the number says in which order they were entered."""
    lang = frame.settings.lang
    lines = [
        [
            f"#{act.n}",
            screen.moment(act.happened, rules.zone),
            KINDS[act.kind].say(lang),
            wording.name(act, case, rules, void).say(lang),
            wording.author(act, rules).say(lang),
            wording.remarks(act, case, private.get(act.n, {}), rules, lang, screen.local(act.recorded, rules.zone)),
        ]
        for act in sorted(case.acts, key=lambda a: (a.happened.lo, a.n))
    ]
    screen.table(TIMELINE, lines)


def due(
    within: Annotated[str, typer.Option("--within", help="只看多久以内 / only within this time, e.g. '2 hours'")] = "",
    case: Annotated[str, typer.Option("--case", help="只看一个案件 / one case")] = "",
    unit: Annotated[str, typer.Option("--unit", help="只看一个单位及其下级的案件 / the cases of one unit and of those below it")] = "",
) -> None:
    """接下来什么到期;有逾期时退出码 1 / what is due next; exit code 1 when something is overdue"""
    with frame.engine() as engine:
        now = utc(engine.clock.now())
        horizon = now + _length(within) if within else None
        if case:
            engine.case(case)
        found: list[Owed] = []
        organisation = engine.organisation()
        unit = organisation.find_unit(unit) if unit else ""
        with engine.store.read() as view:
            owing = {row.case for row in view.dues()}
        for entry in engine.cases():
            if (entry.ended and entry.id not in owing) or (case and entry.id != case):
                continue
            standing = engine.case(entry.id)
            world = engine.world(standing)
            standing = catch_up(standing, world, now)
            if not standing.case.void and (not unit or unit in (standing.case.unit, *organisation.ancestors(standing.case.unit))):
                told = latest(standing.case)
                rows = (r for r in ledger(standing.case, world, now) if r.open)
                found.extend(Owed(standing.case, world.of(r.definition).rules, r, told.get(r.key)) for r in rows)
    numbered = sorted((o for o in found if o.until is not None and (horizon is None or o.until <= horizon)), key=_by_date)
    unnumbered = sorted((o for o in found if o.until is None and horizon is None), key=_by_age)
    overdue = [o for o in numbered if o.row.outcome == Outcome.MISSED]
    numbered = [*overdue, *(o for o in numbered if o.row.outcome != Outcome.MISSED)]
    document: dict[str, Json] = {
        "now": stamp(now),
        "overdue": len(overdue),
        "rows": [o.document() for o in (*numbered, *unnumbered)],
    }

    def render() -> None:
        everything = (*numbered, *unnumbered)
        cases = [o.cells(now) for o in everything if not o.recurring]
        standing = [o for o in everything if o.recurring]
        if not everything:
            frame.say(Text("没有待办的期限", "nothing is due"))
        if cases:
            screen.table(DUE, cases)
        if cases and standing:
            screen.console().print()
        if standing:
            late = sum(o in standing for o in overdue)
            counted = Text(f"(逾期 {late})", f" ({late} overdue)") if late else Text("", "")
            screen.console().print((RECURRING + counted).say(frame.settings.lang), style="bold")
            screen.table(DUE, together(standing, organisation, now))

    screen.emit(document, render)
    if overdue:
        raise typer.Exit(frame.EXIT_FINDINGS)


DUE = (
    screen.Column("还有", "left", whole=True),
    screen.Column("期限", "due", whole=True),
    Text("义务", "duty"),
    Text("责任", "owed by"),
    Text("案件", "case"),
    Text("说明", "remark"),
    screen.Column("编号", "row", whole=True, spare=True),
)
RECURRING = Text("经常性义务", "recurring duties")


def together(owed: Sequence[Owed], organisation: Organisation, now: datetime) -> list[list[str | Styled]]:
    """The rows of recurring cases, what several units owe alike on one line that names them all; ``*`` stands for the unit in the case."""
    lang = frame.settings.lang
    found: dict[tuple[str, ...], tuple[list[str | Styled], list[str]]] = {}
    for one in owed:
        cells = one.cells(now)
        alike = one.case.id.replace(f".{one.case.unit}.", ".*.")
        first, units = found.setdefault((alike, *(str(c) for i, c in enumerate(cells) if i != CASE)), (cells, []))
        units.append(one.case.unit)
        if len(units) > 1:
            first[CASE] = alike
    for cells, units in found.values():
        names = wording.LIST.say(lang).join(organisation.called(unit).say(lang) for unit in units)
        cells[BY] = f"{cells[BY]}{wording.COLON.say(lang)}{names}"
    return [cells for cells, _ in found.values()]


BY, CASE = 3, 4
"""Columns of :data:`DUE`."""


class Owed(NamedTuple):
    """One duty that is still owed, in its case."""

    case: Case
    rules: Rules
    row: Row
    notice: Notice | None = None
    """The last that somebody was to be told of it."""

    @property
    def recurring(self) -> bool:
        return "period" in self.case.opened.data

    @property
    def until(self) -> datetime | None:
        """The instant at which it is over: with an extension that was asked for in time and is pending, the one it would give (S8.4)."""
        dues = [d.instant for d in (self.row.due, *(p.due for p in self.row.pending)) if d is not None]
        return max(dues) if self.row.reason == "extension_pending" else dues[0] if dues else None

    def document(self) -> dict[str, Json]:
        r = self.row
        pending = r.pending[-1].due if r.pending else None
        return {
            "case": self.case.id,
            "unit": self.case.unit,
            "recurring": self.recurring,
            "row": r.key,
            "title": r.duty.title.say(frame.settings.lang),
            "by": r.owed_by,
            "to": r.owed_to,
            "outcome": r.outcome.value,
            "reason": r.reason,
            "due": stamp(r.due.instant) if r.due is not None else None,
            "pending": stamp(pending.instant) if pending is not None else None,
            "provisional": r.due is not None and r.due.provisional,
            "unverified": unverified(self.rules.procedure, r.duty.obligation),
            "doubt": r.begin.doubt if r.begin is not None else "",
            "elapsed": int(r.elapsed.total_seconds()) if r.elapsed is not None else None,
            "drill": self.case.drill,
            "pace": self.case.pace.document() if self.case.pace is not None else None,
            "same_as": self.case.same_as,
            "notice": self.notice.document() if self.notice is not None else None,
        }

    def cells(self, now: datetime) -> list[str | Styled]:
        lang, row, zone = frame.settings.lang, self.row, self.rules.zone
        left: str | Styled
        if row.due is None or row.reason == "already_past":
            left = Text("已过 ", "open for ").say(lang) + duration(row.elapsed or timedelta(), lang)
        elif row.outcome == Outcome.UNDETERMINABLE and row.due.instant < now:
            left = Styled(OUTCOMES[row.outcome].say(lang), style="yellow")  # not overdue: nothing shows that yet
        else:
            left = screen.countdown(row.due.instant, now)
        remarks = [wording.mark(self.case).say(lang), screen.remark(row, self.rules)]
        if row.due is not None and row.due.provisional:
            remarks.append(Text("暂定", "provisional").say(lang))
        if row.begin is not None and row.begin.doubt and row.due is not None:
            remarks.append((Text("按最早计:", "the earliest it can be: ") + DOUBTS[row.begin.doubt]).say(lang))
        pending = row.pending[-1].due if row.pending else None
        if pending is not None:
            date = shown_date(pending, zone, lang)
            remarks.append(Text(f"申请延至 {date}", f"extension asked until {date}").say(lang))
        if not self.recurring:  # what several units owe alike stays on one line
            remarks.append(notices.brief(self.notice, self.rules))
        return [
            left,
            shown_date(row.due, zone, lang) if row.due is not None else screen.term(row),
            title(row.key, self.rules).say(lang),
            wording.role(row.owed_by, self.rules).say(lang),
            self.case.id,
            (";" if lang == "zh" else "; ").join(r for r in remarks if r),
            row.key,
        ]


def _by_date(owed: Owed) -> tuple[datetime, str]:
    assert owed.until is not None
    return owed.until, owed.case.id  # within a case in the order of the definition


def _by_age(owed: Owed) -> tuple[timedelta, str]:
    return -(owed.row.elapsed or timedelta()), owed.case.id


def explain(
    case: Case_, row: Annotated[str, typer.Argument(help="义务,空为全部 / obligation, empty for all")] = "", as_of: AsOf = ""
) -> None:
    """为什么是这个期限 / why it is due then"""
    with frame.engine() as engine:
        standing = engine.case(case)
        world = engine.world(standing)
        now = _instant(as_of, world.rules.zone, engine.clock.now())
        known = stood(standing.case, world, now) if as_of else catch_up(standing, world, now).case
        rows = ledger(known, world, now)
    chosen = matching(row, rows, world.rules) if row else rows
    if not chosen:
        raise UnknownName(
            Text(f"没有义务 {row!r}", f"there is no obligation {row!r}"),
            hint=Text("可用:" + "、".join(r.key for r in rows), "there are: " + ", ".join(r.key for r in rows)),
        )
    told = [why(r, known, world, rows, now) for r in chosen]

    def render() -> None:
        out = screen.console()
        for one in told:
            for number, line in enumerate(one.lines(frame.settings.lang)):
                out.print(line, style="bold" if number == 0 else "", soft_wrap=not sys.stdout.isatty())
            out.print()

    screen.emit([one.document() for one in told], render)


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
