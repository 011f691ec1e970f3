"""``--dry-run``: what a command would write, which clocks it starts, moves and ends, who would be told, and what an auditor would read."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.commands import frame, screen, wording
from adapters.commands.answer import act_document
from workflow.engine import Forecast
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.obligation.row import Row
from workflow.rowname import called, title
from workflow.rules import Rules
from workflow.term.explain import shown
from workflow.text import Text
from workflow.words import KINDS, OUTCOMES

_CHANGES = {
    "started": Text("开始", "starts"),
    "moved": Text("改期", "moves"),
    "ended": Text("结束", "ends"),
    "changed": Text("变化", "changes"),
}


def show_forecast(found: Forecast) -> None:
    screen.emit(document(found), lambda: render(found))


def show_forecasts(found: Sequence[Forecast]) -> None:
    """What a sweep would do, case by case."""

    def all_of_them() -> None:
        for one in found:
            render(one)
        if not found:
            frame.say(Text("没有到期的事项", "nothing would be done"))

    screen.emit([document(f) for f in found], all_of_them)


def document(found: Forecast) -> dict[str, Json]:
    return {
        "dry_run": True,
        "case": found.becomes.case.id,
        "version": found.becomes.case.n,
        "repeated": found.repeated,
        "acts": [act_document(a) for a in found.acts],
        "deviations": [d for a in found.acts for d in a.deviations],
        "clocks": [{"row": new.key, "change": change, "before": _clock(old), "after": _clock(new)} for change, old, new in clocks(found)],
        "told": [{"row": r.key, "at": stamp(i), "tell": list(r.duty.obligation.tiers[t].tell)} for r, t, i in found.told()],
        **({"others": [document(f) for f in found.others]} if found.others else {}),
    }


def clocks(found: Forecast) -> list[tuple[str, Row | None, Row]]:
    """(change, row before, row after) of each clock that starts, moves or ends; what has not begun and does not begin is left out."""
    if not found.acts:
        return []
    before = {r.key: r for r in found.before}
    changes: list[tuple[str, Row | None, Row]] = []
    for new in found.after:
        old = before.get(new.key)
        running, runs = old is not None and old.open, new.open
        if runs and not running:
            changes.append(("started", old, new))
        elif old is not None and running and not runs:
            changes.append(("ended", old, new))
        elif old is not None and running and (old.due != new.due or old.pending != new.pending):
            changes.append(("moved", old, new))
        elif not runs and new.begin is not None and (old is None or (old.outcome, old.met_by) != (new.outcome, new.met_by)):
            changes.append(("changed" if old is not None and old.begin is not None else "ended", old, new))
        elif old is not None and running and old.outcome != new.outcome:
            changes.append(("changed", old, new))
    return changes


def _clock(row: Row | None) -> Json:
    if row is None or row.begin is None:
        return None
    return {"outcome": row.outcome.value, "due": stamp(row.due.instant) if row.due is not None else None}


def render(found: Forecast) -> None:
    """What a command would do, for people."""
    lang = frame.settings.lang
    rules, case = found.world.rules, found.becomes.case
    out = screen.console()
    heading = Text("预演,不写入任何内容", "dry run: nothing is written")
    out.print(f"{heading.say(lang)}  {'' if case.id == '-' else case.id}".rstrip(), style="bold")
    if found.repeated:
        out.print(Text("  同一命令已办理过,不会再写入", "  the same command was carried out before; nothing would be written").say(lang))
        return
    changes = clocks(found)
    if changes:
        out.print(Text("期限", "clocks").say(lang), style="bold")
        lines = [
            [
                _CHANGES[change].say(lang),
                called(new, rules).say(lang),
                _standing(old, rules) if old is not None and old.begin is not None else "",
                "→",
                _standing(new, rules),
            ]
            for change, old, new in changes
        ]
        whole = screen.Column("", "", whole=True)
        screen.table((whole, Text("义务", "duty"), Text("现在", "now"), whole, Text("之后", "then")), lines)
    told = found.told()
    if told:
        out.print(Text("届时告知", "will be told").say(lang), style="bold")
        lines = [
            [
                screen.local(instant, rules.zone),
                wording.listed(row.duty.obligation.tiers[index].tell, rules).say(lang),
                title(row.key, rules).say(lang),
            ]
            for row, index, instant in told
        ]
        screen.table((screen.Column("时间", "when", whole=True), Text("告知", "who"), Text("关于", "about")), lines)
    out.print(Text("审计人员以后将读到", "an auditor will read").say(lang), style="bold")
    _read(found, rules)
    for other in found.others:
        render(other)


def _standing(row: Row, rules: Rules) -> str:
    """How a clock stands: its date while it runs, else what became of it."""
    lang = frame.settings.lang
    if row.open:
        text = shown(row.due, rules.zone, lang) if row.due is not None else screen.term(row)
        pending = row.pending[-1].due if row.pending else None
        if pending is not None:
            date = shown(pending, rules.zone, lang)
            text += Text(f"(待批:{date})", f" (pending: {date})").say(lang)
        return text
    text = OUTCOMES[row.outcome].say(lang)
    extra = screen.remark(row, rules)
    return f"{text}({extra})" if extra and lang == "zh" else f"{text} ({extra})" if extra else text


def _read(found: Forecast, rules: Rules) -> None:
    """The entries as the journal will show them: number, when it happened and was entered, author, breaches, on whose word."""
    lang = frame.settings.lang
    case = found.becomes.case
    lines = []
    for act in found.acts:
        notes = [wording.breach(d, act, case, rules).say(lang) for d in act.deviations]
        if act.recorded - act.happened.hi >= wording.BACK_FILLED:
            notes.append(
                Text("补录于 ", "entered ").say(lang)
                + screen.local(act.recorded, rules.zone)
                + (Text(",仅本人陈述", ", on the author's own word").say(lang) if act.grade == "own" else "")
            )
        notes.append(wording.told(act, rules).say(lang))
        lines.append(
            [
                f"#{act.n}",
                screen.moment(act.happened, rules.zone),
                f"{KINDS[act.kind].say(lang)} {wording.name(act, case, rules).say(lang)}".rstrip(),
                wording.author(act, rules).say(lang),
                (";" if lang == "zh" else "; ").join(n for n in notes if n),
            ]
        )
    if not lines:
        screen.console().print(Text("  (没有新的记录)", "  (no new entry)").say(lang))
        return
    headings = (screen.Column("号", "n", whole=True), screen.Column("时间", "when", whole=True), Text("记录", "entry"))
    screen.table((*headings, Text("办理", "who"), Text("说明", "remark")), lines)
