"""``duban audit stamp`` and ``duban audit check-stamp``: a time stamp of RFC 3161 over a checkpoint, asked for and checked offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from adapters import stamping
from adapters.commands import frame, screen
from adapters.commands.held import held_note
from adapters.files import write_whole
from adapters.signing import read_bytes
from workflow.errors import BadInput
from workflow.journal.note import Note
from workflow.moment import stamp as written
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
Checkpoint = Annotated[Path, typer.Argument(help="检查点文件 / file of a checkpoint")]


def stamp(
    checkpoint: Checkpoint,
    output: Annotated[Path, typer.Option("--output", "-o", help="请求文件 .tsq / file of the request, .tsq")],
) -> None:
    """写出检查点的时间戳请求,由人送交时间戳机构 / write the request for a time stamp of a checkpoint; nothing is sent"""
    note = _note(checkpoint)
    write_whole(output, [stamping.request(str(note).encode())])
    screen.emit(
        {"checkpoint": note.text, "request": str(output)},
        lambda: frame.say(Text(f"已写入 {output}", f"wrote {output}")),
    )


def check_stamp(
    checkpoint: Checkpoint,
    token: Annotated[Path, typer.Argument(help="时间戳机构的回复 .tsr / what the authority returned, .tsr")],
    ca: Annotated[Path, typer.Option("--ca", help="时间戳机构的根证书 PEM / root certificate of the authority, PEM")],
) -> None:
    """离线核验检查点的时间戳 / check the time stamp of a checkpoint, offline"""
    note = _note(checkpoint)
    found, findings = stamping.check(read_bytes(token, stamping.LONGEST), str(note).encode(), read_bytes(ca, stamping.LONGEST))

    def render() -> None:
        lang = frame.settings.lang
        at = screen.local(found.time, ZONE)
        for f in findings:
            print(f"✗ {f.message.say(lang)} [{f.code}]")
        if not findings:
            zh = f"✓ 检查点 {note.number} 在 {at} 已经存在"
            print(Text(zh, f"✓ checkpoint {note.number} was there at {at}").say(lang))
        print(
            Text(f"  机构 {found.authority or '-'},序号 {found.serial}", f"  by {found.authority or '-'}, serial {found.serial}").say(lang)
        )

    screen.emit(
        {
            "ok": not findings,
            "checkpoint": note.text,
            "time": written(found.time),
            "seconds": found.seconds,
            "serial": str(found.serial),
            "policy": found.policy,
            "authority": found.authority,
            "findings": [f.document for f in findings],
        },
        render,
    )
    if findings:
        raise typer.Exit(6)


def _note(path: Path) -> Note:
    """A time stamp is of the whole file, signatures too, so that other tools can check it as it is."""
    note = held_note(str(path))
    if note is None or not path.exists():
        raise BadInput(Text("没有这个检查点文件", "there is no such file of a checkpoint"), where=str(path))
    return note
