"""``duban outbox``: what waits to be sent, what could not be, and what was."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.group import SHOW, ShowByDefault
from workflow.engine import Engine
from workflow.errors import DubanError, UnknownName
from workflow.journal.canonical import Json
from workflow.moment import stamp, utc
from workflow.outbox import Message, State
from workflow.rowname import title
from workflow.text import Text

app = typer.Typer(cls=ShowByDefault, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})

STATES: dict[State, Text] = {
    "pending": Text("待发", "waiting"),
    "sending": Text("发送中", "on its way"),
    "sent": Text("已发出", "sent"),
    "dead": Text("未能发出", "could not be sent"),
}


@app.command(SHOW)
def show(
    case: Annotated[str, typer.Option("--case", help="只看一个案件 / one case")] = "",
    everything: Annotated[bool, typer.Option("--all", help="含已发出的 / those that were sent too")] = False,
) -> None:
    """待发消息:等待的、未能发出的 / messages that wait, and those that could not be sent"""
    with frame.engine() as engine:
        if case:
            engine.case(case)
        with engine.store.read() as view:
            found = [m for m in view.messages(case=case or None) if everything or m.state != "sent"]
        labels = {m.id: _duty(engine, m) for m in found}
    screen.emit([_document(m) for m in found], lambda: _table(found, labels))


@app.command()
def retry(number: Annotated[int, typer.Argument(help="消息编号 / number of the message")]) -> None:
    """把未能发出的消息重新发送 / send a message again that could not be sent"""
    with frame.engine() as engine, engine.store.write() as unit:
        done = unit.revive_message(number, utc(engine.clock.now()))
    if not done:
        raise UnknownName(
            Text(f"没有未能发出的消息 {number}", f"there is no message {number} that could not be sent"),
            hint=Text("用 duban outbox 查看", "see duban outbox"),
        )
    screen.emit({"id": number, "state": "pending"}, lambda: frame.say(Text(f"消息 {number} 将重新发送", f"message {number} is sent again")))


def _duty(engine: Engine, message: Message) -> str:
    try:
        standing = engine.case(message.case)
    except DubanError:  # its messages are shown all the same, and those of the others
        return message.row
    return title(message.row, engine.world(standing).rules).say(frame.settings.lang)


def _document(m: Message) -> dict[str, Json]:
    return {
        "id": m.id,
        "case": m.case,
        "row": m.row,
        "revision": m.revision,
        "tier": m.tier,
        "flag": m.n,
        "person": m.recipient,
        "post": m.post,
        "channel": m.channel,
        "state": m.state,
        "attempts": m.attempts,
        "next_at": None if m.next_at is None else stamp(m.next_at),
        "doubtful": m.doubtful,
        "provider": m.provider,
        "said": m.said,
        "instead_of": m.instead_of or None,
    }


def _table(found: list[Message], labels: dict[int, str]) -> None:
    if not found:
        frame.say(Text("没有待发的消息", "no message waits"))
        return
    lang = frame.settings.lang
    columns = (
        screen.Column("编号", "no.", whole=True),
        Text("案件", "case"),
        Text("义务", "duty"),
        Text("收件人", "to"),
        Text("渠道", "channel"),
        Text("状态", "state"),
        Text("次数", "tries"),
        Text("最近结果", "last result"),
    )
    rows = [
        [
            str(m.id),
            m.case,
            labels[m.id],
            f"{m.recipient} ({m.post})" if m.recipient else "—",
            m.channel,
            STATES[m.state].say(lang) + ("?" if m.doubtful else ""),
            str(m.attempts),
            m.said,
        ]
        for m in found
    ]
    screen.table(columns, rows)
    if any(m.state == "dead" for m in found):
        frame.say(Text("重新发送:duban outbox retry 编号", "send again: duban outbox retry NUMBER"))
