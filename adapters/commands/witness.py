"""``duban audit witness``: a second office signs a checkpoint, once it has seen that it continues the one it signed before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.growth import root
from adapters.commands.held import held_note
from adapters.commands.key import signer_of
from adapters.files import write_whole
from adapters.signing import read_bytes, signed
from workflow.errors import BadInput
from workflow.journal.growth import LONGEST, Growth
from workflow.text import Text


def witness(
    checkpoint: Annotated[Path, typer.Argument(help="新的检查点文件 / file of the new checkpoint")],
    key: Annotated[Path, typer.Option("--key", help="见证方的私钥;与 --signer 同用时为公钥 / private key; with --signer the public one")],
    output: Annotated[Path, typer.Option("--output", "-o", help="加上签名的检查点文件 / file of the checkpoint with the signature")],
    signer: Annotated[str, typer.Option("--signer", help="签名程序,从标准输入读取 / a program that signs its standard input")] = "",
    since: Annotated[str, typer.Option("--since", help="上次见证的检查点:文件或一行 / the one signed before: file or line")] = "",
    proof: Annotated[Path | None, typer.Option("--proof", help="从那时起的延续证明 / proof of growth since then")] = None,
) -> None:
    """见证:核对新检查点延续上次见证的检查点,再加一个签名 / check that a checkpoint continues the last one, and add a signature"""
    note, old = held_note(str(checkpoint)), root(since)
    if note is None or (old is None) is not (proof is None):
        raise BadInput(
            Text("--since 与 --proof 须同时给出", "--since and --proof go together"),
            hint=Text("第一次见证时都不给", "a witness that signs for the first time gives neither"),
        )
    if proof is not None:
        for finding in Growth.parse(read_bytes(proof, LONGEST)).findings(old, note):
            raise finding.error(str(checkpoint))
    by = signer_of(key, signer)
    assert by is not None
    note = signed(note, by)
    write_whole(output, [str(note)])
    frame.say(Text(f"已写入 {output}", f"wrote {output}"))
    names: list[str] = [s.name for s in note.signatures]
    screen.emit(
        {"note": str(note), "since": str(old) if old is not None else None, "signatures": list(names)},
        lambda: print(Text(f"签名:{'、'.join(names)}", f"signed by {', '.join(names)}").say(frame.settings.lang)),
    )
    if old is None:
        frame.say(Text("没有与更早的检查点比较", "it was not compared with an earlier checkpoint"))
