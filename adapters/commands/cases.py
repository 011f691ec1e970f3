"""Commands that write to a case. Each takes ``--dry-run``, which shows what would happen and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

import typer

from adapters.commands import frame
from adapters.commands.answer import show_result
from adapters.commands.rehearsal import show_forecast
from workflow import command as commands
from workflow.engine import Engine
from workflow.errors import BadInput
from workflow.moment import parse, utc
from workflow.organisation import Actor
from workflow.rules import Rules
from workflow.text import Text

Case = Annotated[str, typer.Argument(help="案件编号 / case id")]
As = Annotated[str, typer.Option("--as", help="办理角色 / role of the author (or DUBAN_AS)")]
Person = Annotated[str, typer.Option("--person", help="办理人员 / person (or DUBAN_PERSON)")]
Post = Annotated[str, typer.Option("--acting-for", help="代谁办理 / acting for")]
At = Annotated[str, typer.Option("--at", help="发生时间 / when it happened (default: now)")]
Submitted = Annotated[str, typer.Option("--submitted", help="报出时间 / when it was submitted")]
Received = Annotated[str, typer.Option("--received", help="收到时间 / when it was received")]
GradeOption = Annotated[str, typer.Option("--grade", help="counterpart | own:对方或文件证明,须写来源;或本人陈述 / counterpart | own")]
Source = Annotated[str, typer.Option("--source", help="来源 / source")]
Remark = Annotated[str, typer.Option("--note", help="备注 / note")]
Key = Annotated[str, typer.Option("--key", help="幂等键 / idempotency key")]
Expected = Annotated[int, typer.Option("--expected", help="所见版本 / version that was seen (0: any)")]
Dry = Annotated[bool, typer.Option("--dry-run", help="只预演,不写入 / show what would happen, write nothing")]
Facts = Annotated[list[str], typer.Option("--fact", "-f", help="事实=值 / fact=value, repeatable")]
Elements = Annotated[list[str], typer.Option("--element", "-e", help="要素=内容 / element=text, repeatable")]
Other = Annotated[str, typer.Option("--case", help="所涉的另一案件 / the other case that it names")]
Leads = Annotated[list[str], typer.Option("--lead", help="接收的线索:案件:义务 / a lead that it takes up, CASE:ROW, repeatable")]
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
        if self.grade not in ("", "counterpart", "own"):  # a system's stamp is given by the system, not by who types
            raise BadInput(
                Text(f"不能由本人填写的证明等级 {self.grade!r}", f"a person cannot give the grade {self.grade!r}"),
                hint=Text("counterpart(对方或外部文件证明)、own(本人陈述)", "counterpart (the other side or an outside document), own"),
            )
        if self.grade == "counterpart" and not (self.source or self.note):
            raise BadInput(
                Text("counterpart 须写明凭什么:对方何人,或何种文件", "the grade counterpart says who of the other side, or which document"),
                hint=Text("用 --source 或 --note 写明", "give --source or --note"),
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


def taken(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``CASE:ROW`` arguments, as ``duban leads`` shows them."""
    found = []
    for word in words:
        case, _, row = word.partition(":")
        if not case or not row:
            raise BadInput(Text(f"--lead 应写成 案件:义务,得到 {word!r}", f"write --lead as CASE:ROW, not {word!r}"))
        found.append((case, row))
    return tuple(found)


def actor(word: str) -> Actor:
    """``role`` or ``role:person``."""
    role, _, person = word.partition(":")
    return Actor(role, person=person or None)


def _do(case: str, author: Author, make: Callable[[commands.Said, Rules], commands.Command], key: str, expected: int, dry: bool) -> None:
    with frame.engine() as engine:
        world = engine.world(engine.case(case))
        command = make(author.said(world.rules.zone), world.rules)
        seen = expected or None
        if dry:
            show_forecast(engine.forecast(case, command, expected=seen, key=key or None))
        else:
            result = engine.do(case, command, expected=seen, key=key or None)
            show_result(result, world, others=[engine.world(r.standing).rules for r in result.others])


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
    pace: Annotated[int, typer.Option("--pace", help="演练时钟快几倍 / how many times faster the clock of the drill runs")] = 1,
    origin: Annotated[str, typer.Option("--from", help="来自哪个案件 / the case that it comes from")] = "",
    by: Annotated[str, typer.Option("--by", help="来源案件的事件 / the event of that case")] = "",
    lead: Leads = [],
    name: Annotated[str, typer.Option("--id", help="案件编号 / case id")] = "",
    key: Key = "",
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, submitted, received, grade, source, note)

    def prepare(engine: Engine, dry: bool) -> tuple[Rules, commands.Open]:
        rules = frame.rules_for(engine, procedure, at or submitted, dry_run=dry)
        command = commands.Open(
            said=author.said(rules.zone),
            event=event,
            unit=unit,
            what=what,
            where=where,
            told_by=told_by,
            elsewhere=elsewhere,
            facts=pairs(fact, "--fact"),
            drill=drill,
            pace=pace,
            origin=origin,
            by=by,
            leads=taken(lead),
        )
        return rules, command

    if dry_run or frame.absent():  # what is refused leaves no store behind
        with frame.engine(create=True, dry_run=True) as engine:
            rules, command = prepare(engine, dry=True)
            forecast = engine.forecast_open(rules, command, case=name, key=key or None)
            if dry_run:
                show_forecast(forecast)
                return
    with frame.engine(create=True) as engine:
        rules, command = prepare(engine, dry=False)
        result = engine.open_case(rules.procedure.ref, command, case=name, key=key or None)
        rules_of = [engine.world(r.standing).rules for r in result.others]
        show_result(result, engine.world(result.standing), utc(engine.clock.now()), rules_of)


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
    slot: str,
    other: str,
    lead: list[str],
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
            slot=parse(slot, rules.zone) if slot else None,
            case=other,
            leads=taken(lead),
        )

    _do(case, author, make, key, expected, dry_run)


Present = Annotated[list[str], typer.Option("--present", help="在场角色 / role present, repeatable")]
To = Annotated[list[str], typer.Option("--to", help="接收角色 / receiver, repeatable")]
Second = Annotated[str, typer.Option("--second", help="会签:角色或角色:人员 / second signer, role or role:person")]
Oral = Annotated[str, typer.Option("--oral", help="口头同意:谁、何时、哪部电话 / oral approval: who, when, which telephone")]
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
    slot: Slot = "",
    other: Other = "",
    lead: Leads = [],
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, submitted, received, grade, source, note, acting_for)
    _event(commands.Do, case, event, author, fact, element, present, to, second, oral, slot, other, lead, key, expected, dry_run)


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
    slot: Slot = "",
    other: Other = "",
    lead: Leads = [],
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    author = Author(role, person, at, submitted, received, grade, source, note, acting_for)
    _event(commands.Record, case, event, author, fact, element, present, to, second, oral, slot, other, lead, key, expected, dry_run)


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
    how: Annotated[str, typer.Option("--how", help="signature|call|system")] = "signature",
    stage: Annotated[str, typer.Option("--stage", help="通知:delivered|received|accepted / of a notice")] = "received",
    role: As = "",
    person: Person = "",
    at: At = "",
    grade: GradeOption = "",
    note: Remark = "",
    key: Key = "",
    expected: Expected = 0,
    dry_run: Dry = False,
) -> None:
    if how not in ("signature", "call", "system"):
        raise BadInput(
            Text(f"不认识的签收方式 {how!r}", f"unknown way of receipt {how!r}"),
            hint=Text("signature、call、system", "signature, call, system"),
        )
    if stage not in ("delivered", "received", "accepted"):
        raise BadInput(
            Text(f"不认识的阶段 {stage!r}", f"unknown stage {stage!r}"),
            hint=Text("delivered 送达、received 签收、accepted 接受", "delivered, received, accepted"),
        )
    _do(
        case,
        Author(role or by, person, at, "", "", grade, "", note),
        lambda s, _: commands.Receipt(said=s, of=of, by=by, how=cast(commands.How, how), stage=cast(commands.Stage, stage)),
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
