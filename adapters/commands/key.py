"""``duban audit key``: the keys that sign checkpoints, and who signs with them."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapters import host
from adapters.commands import frame, screen
from adapters.files import write_whole
from adapters.signing import CommandSigner, FileSigner, read_line, write_secret
from workflow.errors import BadInput
from workflow.journal.canonical import Algorithm
from workflow.journal.note import Key
from workflow.ports import Signer
from workflow.text import Text


class Action(StrEnum):
    NEW = "new"


def key(
    action: Annotated[Action, typer.Argument(help="new")],
    name: Annotated[str, typer.Option("--name", help="密钥名称,如 office.example/duban / name of the key")],
    output: Annotated[Path, typer.Option("--output", "-o", help="私钥文件;公钥写在旁边的 .pub / file of the private key; .pub beside it")],
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="日志的算法 / algorithm of the journal")] = Algorithm.SHA256,
) -> None:
    """新建签名密钥 / make a key for checkpoints"""
    made = FileSigner.of(name, algorithm, host.entropy().token(32))
    public = output.with_name(f"{output.name}.pub")
    write_secret(output, f"{made}\n")
    write_whole(public, [f"{made.key}\n"])
    frame.say(Text(f"私钥 {output},公钥 {public}", f"private key {output}, public key {public}"))
    screen.emit({"name": name, "key": str(made.key), "private": str(output), "public": str(public)}, lambda: print(made.key))


def signer_of(key: Path | None, command: str) -> Signer | None:
    """Who signs; ``None`` for nobody. Raises :class:`BadInput`."""
    if command and key is None:
        raise BadInput(Text("--signer 须与 --key 公钥文件同用", "--signer goes with --key and the public key"))
    if key is None:
        return None
    text = read_line(key)
    if not command:
        return FileSigner.parse(text)
    try:
        return CommandSigner(Key.parse(text), shlex.split(command))
    except ValueError as error:
        raise BadInput(Text(f"命令无法解析:{error}", f"the command cannot be read: {error}")) from None
