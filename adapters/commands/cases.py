"""Commands that write to a case. Each takes ``--dry-run``, which shows what would happen and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

import typer

from adapters.commands import frame, screen
from workflow import command as commands
from workflow.act import Act
from workflow.engine import Engine, Forecast, Result
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.moment import Moment, parse, stamp
from workflow.obligation.ledger import Row
from workflow.organisation import Actor
from workflow.rules import Rules
from workflow.term.explain import shown
from workflow.text import Text
from workflow.words import DEVIATIONS, FLAGS, KINDS, OUTCOMES

Case = Annotated[str, typer.Argument(help="案件编号 / case id")]
As = Annotated[str, typer.Option("--as", help="办理角色 / role of the author (or DUBAN_AS)")]
Person = Annotated[str, typer.Option("--person", help="办理人员 / person (or DUBAN_PERSON)")]
Post = Annotated[str, typer.Option("--acting-for", help="代谁办理 / acting for")]
At = Annotated[str, typer.Option("--at", help="发生时间 / when it happened (default: now)")]
Submitted = Annotated[str, typer.Option("--submitted", help="报出时间 / when it was submitted")]
Received = Annotated[str, typer.Option("--received", help="收到时间 / when it was received")]
GradeOption = Annotated[str, typer.Option("--grade", help="system | counterpart | own | stated")]
Source = Annotated[str, typer.Option("--source", help="来源 / source")]
Remark = Annotated[str, typer.Option("--note", help="备注 / note")]
Key = Annotated[str, typer.Option("--key", help="幂等键 / idempotency key")]
Expected = Annotated[int, typer.Option("--expected", help="所见版本 / version that was seen (0: any)")]
Dry = Annotated[bool, typer.Option("--dry-run", help="只预演,不写入 / show what would happen, write nothing")]
Facts = Annotated[list[str], typer.Option("--fact", "-f", help="事实=值 / fact=value, repeatable")]
Elements = Annotated[list[str], typer.Option("--element", "-e", help="要素=内容 / element=text, repeatable")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="理由 / reason")]


class Author:
    """Who and when, as every command takes it."""

    def __init__(
        self, role: str, person: str, at: str, submitted: str, received: str, grade: str, source: str, note: str, acting_for: str = ""
    ) -> None:
        self.role = role or os.environ.get("DUBAN_AS", "")
        self.person = person or os.environ.get("DUBAN_PERSON", "")
        self.times = (at, submitted, received)
        self.grade = grade
        self.source = source
        self.note = note
        self.acting_for = acting_for

    def said(self, zone: ZoneInfo) -> commands.Said:
        if self.grade not in ("", "system", "counterpart", "own", "stated"):
            raise BadInput(
                Text(f"不认识的证明等级 {self.grade!r}", f"unknown grade {self.grade!r}"),
                hint=Text("system、counterpart、own、stated", "system, counterpart, own, stated"),
            )
        happened, submitted, received = (parse(t, zone) if t else None for t in self.times)
        return commands.Said(
            actor=Actor(self.role, person=self.person or None, acting_for=self.acting_for or None),
            happened=happened,
            submitted=submitted,
            received=received,
            grade=cast(commands.Grade, self.grade) if self.grade else None,
            source=self.source,
            note=self.note,
        )


def pairs(items: Sequence[str], what: str) -> dict[str, Any]:
    """``name=value`` arguments as a mapping; the value may hold further ``=``."""
    found: dict[str, Any] = {}
    for item in items:
        name, sign, value = item.partition("=")
        if not sign or not name.strip():
            raise BadInput(Text(f"{what} 应写成 名称=值,得到 {item!r}", f"write {what} as name=value, not {item!r}"))
        found[name.strip()] = value.strip()
    return found


def actor(word: str) -> Actor:
    """``role`` or ``role:person``."""
    role, _, person = word.partition(":")
    return Actor(role, person=person or None)


def _do(case: str, author: Author, make: Callable[[commands.Said, Rules], commands.Command], key: str, expected: int, dry: bool) -> None:
    with frame.engine() as engine:
        rules = engine.world(engine.case(case)).rules
        command = make(author.said(rules.zone), rules)
        if dry:
            _show_forecast(engine.forecast(case, command), rules)
        else:
            show_result(engine, engine.do(case, command, expected=expected or None, key=key or None), rules)


def show_result(engine: Engine, result: Result, rules: Rules) -> None:
    document: dict[str, Json] = {
        "case": result.case,
        "version": result.n,
        "repeated": result.repeated,
        "acts": [act_document(a) for a in result.acts],
        "deviations": list(result.deviations),
    }

    def render() -> None:
        out = screen.console()
        said = Text("(重复命令,未再写入)", "(repeated command, nothing written again)").say(frame.settings.lang) if result.repeated else ""
        out.print(f"{result.case}  #{result.n} {said}")
        _acts(result.acts, rules)

    screen.emit(document, render)


def act_document(act: Act) -> dict[str, Json]:
    return {"n": act.n, "kind": act.kind, "recorded": stamp(act.recorded), **act.body()}


def _acts(acts: Sequence[Act], rules: Rules) -> None:
    lang = frame.settings.lang
    out = screen.console()
    for act in acts:
        out.print(f"  #{act.n} {KINDS[act.kind].say(lang)} {act_name(act, rules).say(lang)}", soft_wrap=True)
        for code in act.deviations:
            out.print(f"     ! {DEVIATIONS[code].say(lang)} ({code})", style="yellow")
        dues = act.data.get("dues")
        for due in dues if isinstance(dues, list) else ():
            if due["due"] is not None:
                out.print(f"     → {due['row']}: {_due(due, rules)}")


def _due(due: Any, rules: Rules) -> str:
    from workflow.moment import unstamp

    duty = due["row"].split("/")[0].split("#")[0]
    term = due["term"] or ""
    instant = unstamp(due["due"]).astimezone(rules.zone)
    shown_at = f"{instant:%Y-%m-%d %H:%M}"
    provisional = Text("(暂定)", " (provisional)").say(frame.settings.lang) if due["provisional"] else ""
    title = rules.duties[duty].title.say(frame.settings.lang) if duty in rules.duties else duty
    return f"{title} {Text('届满', 'runs out').say(frame.settings.lang)} {shown_at} [{term}]{provisional}"


def act_name(act: Act, rules: Rules) -> Text:
    """What an act is about, for people."""
    p = rules.procedure
    if act.name in p.events:
        report, number = p.events[act.name].report, act.data.get("number")
        numbered = report is not None and (report.kind == "follow_up" or number != 1) and isinstance(number, int)
        return p.events[act.name].text + (Text(f" {number}", f" {number}") if numbered else Text("", ""))
    if act.name in p.decisions:
        return p.decisions[act.name].text + (Text(":是", ": yes") if act.data.get("answer") else Text(":否", ": no"))
    if "flag" in act.data:
        return FLAGS[str(act.data["flag"])] + Text(f" {act.name}", f" {act.name}")
    names = [p.facts[n].text.say(frame.settings.lang) if n in p.facts else n for n in act.name.split(",")]
    return Text("、".join(names), ", ".join(names))


def _show_forecast(found: Forecast, rules: Rules) -> None:
    lang = frame.settings.lang
    before = {r.key: r for r in found.before}
    moved = [(before.get(r.key), r) for r in found.after if before.get(r.key) != r]
    document: dict[str, Json] = {
        "dry_run": True,
        "acts": [act_document(a) for a in found.acts],
        "clocks": [{"row": new.key, "before": _clock(old), "after": _clock(new)} for old, new in moved],
        "told": [{"row": r.key, "at": stamp(i), "tell": list(r.duty.obligation.tiers[t].tell)} for r, t, i in _told(found, rules)],
    }

    def render() -> None:
        out = screen.console()
        out.print(Text("预演:不写入", "dry run: nothing is written").say(lang), style="bold")
        _acts(found.acts, rules)
        for old, new in moved:
            out.print(f"  {new.key}: {_clock_text(old, rules)} → {_clock_text(new, rules)}")
        for row, index, instant in _told(found, rules):
            names = "、".join(rules.procedure.roles[t].text.say(lang) for t in row.duty.obligation.tiers[index].tell)
            out.print(f"  {Text('届时告知', 'will be told').say(lang)} {screen.local(instant, rules.zone)} {names} ({row.key})")
        if found.acts:
            last = Text(
                "审计人员将看到以上记录及其时间、办理人和偏差", "an auditor will read these acts with their times, authors and deviations"
            )
            out.print(f"  {last.say(lang)}", style="dim")

    screen.emit(document, render)


def _told(found: Forecast, rules: Rules) -> list[tuple[Row, int, Any]]:
    from workflow.case.flags import tier_instants
    from workflow.organisation import Organisation
    from workflow.rules import World

    if not found.acts:
        return []
    before = {(r.key, len(r.revisions)) for r in found.before}
    world = World(rules, found.calendars, Organisation())
    fresh = [r for r in found.after if r.open and (r.key, len(r.revisions)) not in before]
    return sorted(((r, t, i) for r in fresh for t, i in tier_instants(r, world)), key=lambda x: (x[2], x[0].key))


def _clock(row: Row | None) -> Json:
    if row is None:
        return None
    return {"outcome": row.outcome.value, "due": stamp(row.due.instant) if row.due is not None else None}


def _clock_text(row: Row | None, rules: Rules) -> str:
    lang = frame.settings.lang
    if row is None:
        return Text("无", "none").say(lang)
    due = f" {shown(row.due, rules.zone, lang)}" if row.due is not None else ""
    return OUTCOMES[row.outcome].say(lang) + due


def open_(
    procedure: Annotated[str, typer.Argument(help="程序 / procedure")],
    what: Annotated[str, typer.Argument(help="何事 / what")],
    where: Annotated[str, typer.Argument(help="何处 / where")],
    told_by: Annotated[str, typer.Argument(help="何人告知 / who told us")],
    role: As = "",
    person: Person = "",
    at: At = "",
    submitted: Submitted = "",
    received: Received = "",
    grade: GradeOption = "",
    source: Source = "",
    note: Remark = "",
    fact: Facts = [],
    unit: Annotated[str, typer.Option("--unit", help="责任单位 / responsible unit")] = "",
    event: Annotated[str, typer.Option("--event", help="立案事件 / opening event")] = "",
    elsewhere: Annotated[bool, typer.Option("--elsewhere", help="先从别处得知 / known from elsewhere first")] = False,
    drill: Annotated[bool, typer.Option("--drill", help="演练 / practice")] = False,
    name: Annotated[str, typer.Option("--id", help="案件编号 / case id")] = "",
    key: Key = "",
    dry_run: Dry = False,
) -> None:
    with frame.engine() as engine:
        frame.with_procedure(engine, procedure)
        author = Author(role, person, at, submitted, received, grade, source, note)
        zone = engine.rules(procedure).zone if not at else ZoneInfo("Asia/Shanghai")
        said = author.said(zone)
        command = commands.Open(
            said=said,
            event=event,
            unit=unit,
            what=what,
            where=where,
            told_by=told_by,
            elsewhere=elsewhere,
            facts=pairs(fact, "--fact"),
            drill=drill,
        )
        if dry_run:
            rules = engine.rules(procedure, said.happened.lo if said.happened else None)
            _show_forecast(engine.forecast_open(procedure, command), rules)
            return
        result = engine.open_case(procedure, command, case=name, key=key or None)
        show_result(engine, result, engine.world(result.standing).rules)


def _event(
    kind: type[commands.Do],
    case: str,
    event: str,
    author: Author,
    fact: list[str],
    element: list[str],
    present: list[str],
    to: list[str],
    second: str,
    oral: str,
    of: list[int],
    slot: str,
    key: str,
    expected: int,
    dry_run: bool,
) -> None:
    def make(said: commands.Said, rules: Rules) -> commands.Command:
        return kind(
            said=said,
            event=event,
            to=tuple(to),
            facts=pairs(fact, "--fact"),
            elements=pairs(element, "--element"),
            present=tuple(present),
            second=actor(second) if second else None,
            oral=oral,
            of=tuple(of),
            slot=parse(slot, rules.zone) if slot else None,
        )

    _do(case, author, make, key, expected, dry_run)


Present = Annotated[list[str], typer.Option("--present", help="在场角色 / role present, repeatable")]
To = Annotated[list[str], typer.Option("--to", help="接收角色 / receiver, repeatable")]
Second = Annotated[str, typer.Option("--second", help="会签:角色或角色:人员 / second signer, role or role:person")]
Oral = Annotated[str, typer.Option("--oral", help="口头同意:谁、何时、哪部电话 / oral approval: who, when, which telephone")]
Answered = Annotated[list[int], typer.Option("--of", help="答复哪条记录 / the entry that it answers, repeatable")]
Slot = Annotated[str, typer.Option("--slot", help="对应的周期时点 / the slot it is for")]
EventName = Annotated[str, typer.Argument(help="事件,中英文均可 / event, in either language")]


def fire(
    case: Case,
    event: EventName,
    role: As = "",
    person: Person = "",
    at: At = "",
    submitted: Submitted = "",
    received: Received = "",
    grade: GradeOption = "",
    source: Source = "",
    note: Remark = "",
    acting_for: Post = "",
    fact: Facts = [],
    element: Elements = [],
    present: Present = [],
    to: To = [],
    second: Second = "",
    oral: Oral = "",
    of: Answered = [],
    slot: Slot = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, submitted, received, grade, source, note, acting_for)
    _event(commands.Do, case, event, author, fact, element, present, to, second, oral, of, slot, key, expected, dry_run)


def record(
    case: Case,
    event: EventName,
    role: As = "",
    person: Person = "",
    at: At = "",
    submitted: Submitted = "",
    received: Received = "",
    grade: GradeOption = "",
    source: Source = "",
    note: Remark = "",
    acting_for: Post = "",
    fact: Facts = [],
    element: Elements = [],
    present: Present = [],
    to: To = [],
    second: Second = "",
    oral: Oral = "",
    of: Answered = [],
    slot: Slot = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, submitted, received, grade, source, note, acting_for)
    _event(commands.Record, case, event, author, fact, element, present, to, second, oral, of, slot, key, expected, dry_run)


def revise(
    case: Case,
    fact: Annotated[list[str], typer.Argument(help="事实=值 / fact=value")],
    reason: Reason,
    role: As = "",
    person: Person = "",
    at: At = "",
    grade: GradeOption = "",
    source: Source = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(
        case,
        Author(role, person, at, "", "", grade, source, note),
        lambda s, _: commands.Revise(said=s, facts=pairs(fact, "fact"), reason=reason),
        key,
        expected,
        dry_run,
    )


def decide(
    case: Case,
    decision: Annotated[str, typer.Argument(help="决定事项 / decision")],
    answer: Annotated[str, typer.Argument(help="是|否 / yes|no")],
    reason: Reason,
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    if answer.lower() not in ("yes", "no", "是", "否"):
        raise BadInput(Text("决定应为 yes/是 或 no/否", "the answer is yes or no"))
    _do(
        case,
        Author(role, person, at, "", "", "", "", note),
        lambda s, _: commands.Decide(said=s, decision=decision, answer=answer.lower() in ("yes", "是"), reason=reason),
        key,
        expected,
        dry_run,
    )


Of = Annotated[int, typer.Argument(help="记录号 / number of the entry")]


def receipt(
    case: Case,
    of: Of,
    by: Annotated[str, typer.Option("--by", help="签收角色 / who received it")] = "",
    how: Annotated[str, typer.Option("--how", help="signature|call|system|deemed")] = "signature",
    role: As = "",
    person: Person = "",
    at: At = "",
    grade: GradeOption = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    if how not in ("signature", "call", "system", "deemed"):
        raise BadInput(
            Text(f"不认识的签收方式 {how!r}", f"unknown way of receipt {how!r}"),
            hint=Text("signature、call、system、deemed", "signature, call, system, deemed"),
        )
    _do(
        case,
        Author(role or by, person, at, "", "", grade, "", note),
        lambda s, _: commands.Receipt(said=s, of=of, by=by, how=cast(commands.How, how)),
        key,
        expected,
        dry_run,
    )


def confirm(
    case: Case,
    of: Of,
    role: As = "",
    person: Person = "",
    at: At = "",
    grade: GradeOption = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(case, Author(role, person, at, "", "", grade, "", note), lambda s, _: commands.Confirm(said=s, of=of), key, expected, dry_run)


def note(
    case: Case,
    text: Annotated[str, typer.Argument(help="内容 / text")],
    kind: Annotated[str, typer.Option("--kind", help="note|statement|finding")] = "note",
    about: Annotated[str, typer.Option("--about", help="关于哪项义务 / the obligation it is about")] = "",
    role: As = "",
    person: Person = "",
    at: At = "",
    source: Source = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    if kind not in ("note", "statement", "finding"):
        raise BadInput(
            Text(f"不认识的种类 {kind!r}", f"unknown kind {kind!r}"), hint=Text("note、statement、finding", "note, statement, finding")
        )
    chosen = cast(Literal["note", "statement", "finding"], kind)
    _do(
        case,
        Author(role, person, at, "", "", "", source, ""),
        lambda s, _: commands.Note(said=s, text=text, kind=chosen, about=about),
        key,
        expected,
        dry_run,
    )


def correct(
    case: Case,
    of: Of,
    reason: Reason,
    fact: Facts = [],
    element: Elements = [],
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(
        case,
        Author(role, person, at, "", "", "", "", note),
        lambda s, _: commands.Correct(said=s, of=of, facts=pairs(fact, "--fact"), elements=pairs(element, "--element"), reason=reason),
        key,
        expected,
        dry_run,
    )


RowName = Annotated[str, typer.Argument(help="义务 / obligation")]


def waive(
    case: Case,
    row: RowName,
    ground: Annotated[str, typer.Option("--ground", "-r", help="依据 / ground")],
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(
        case,
        Author(role, person, at, "", "", "", "", note),
        lambda s, _: commands.Waive(said=s, row=row, ground=ground),
        key,
        expected,
        dry_run,
    )


def extend(
    case: Case,
    row: RowName,
    step: Annotated[str, typer.Argument(help="ask|grant|refuse")],
    reason: Reason,
    by: Annotated[str, typer.Option("--by", help="延长多久 / how much is added")] = "",
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    steps: dict[str, Literal["ask", "grant", "refuse"]] = {
        "ask": "ask",
        "申请": "ask",
        "grant": "grant",
        "同意": "grant",
        "refuse": "refuse",
        "不同意": "refuse",
    }
    if step not in steps or (steps[step] == "ask" and not by):
        raise BadInput(Text("写明 ask --by 期限、grant 或 refuse", "say ask --by TERM, grant or refuse"))
    _do(
        case,
        Author(role, person, at, "", "", "", "", note),
        lambda s, _: commands.Extend(said=s, row=row, step=steps[step], by=by, reason=reason),
        key,
        expected,
        dry_run,
    )


def withdraw(
    case: Case,
    reason: Reason,
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(case, Author(role, person, at, "", "", "", "", note), lambda s, _: commands.Withdraw(said=s, reason=reason), key, expected, dry_run)


def void(
    case: Case,
    reason: Reason,
    second: Annotated[str, typer.Option("--second", help="第二人:角色或角色:人员 / second person")],
    role: As = "",
    person: Person = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(
        case,
        Author(role, person, "", "", "", "", "", note),
        lambda s, _: commands.Void(said=s, reason=reason, second=actor(second)),
        key,
        expected,
        dry_run,
    )


def same_as(
    case: Case,
    reason: Reason,
    lead: Annotated[str, typer.Argument(help="牵头案件,空为取消 / leading case, empty to undo")] = "",
    role: As = "",
    person: Person = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(
        case,
        Author(role, person, "", "", "", "", "", note),
        lambda s, _: commands.SameAs(said=s, lead=lead, reason=reason),
        key,
        expected,
        dry_run,
    )


def reopen(
    case: Case,
    reason: Reason,
    role: As = "",
    person: Person = "",
    at: At = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    _do(case, Author(role, person, at, "", "", "", "", note), lambda s, _: commands.Reopen(said=s, reason=reason), key, expected, dry_run)


__all__ = ["Moment", "fire", "open_", "record"]
