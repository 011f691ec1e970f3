"""``duban audit checkpoint`` and ``duban audit key``: a note to be kept elsewhere, and the keys that sign it."""

from __future__ import annotations

import re
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.files import write_whole
from adapters.signing import CommandSigner, FileSigner, read_bytes, read_line, signed, verifies, write_secret
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Algorithm
from workflow.journal.chain import Finding
from workflow.journal.checkpoint import Held, make_note, verify_held
from workflow.journal.heads import Heads
from workflow.journal.note import LONGEST, Key, Note
from workflow.journal.seal import Checkpoint
from workflow.ports import Signer, View
from workflow.text import Text


class Action(StrEnum):
    NEW = "new"


def held(text: str) -> Held | None:
    """What ``--checkpoint`` names: ``NUMBER:HASH``, or the file of a note; ``None`` for nothing. Raises :class:`BadInput`."""
    if not text:
        return None
    if re.match(r"\s*[0-9]+:", text) or not Path(text).exists():
        return Checkpoint.parse(text)
    try:
        return Note.parse(read_bytes(Path(text), LONGEST + 1))
    except BadInput as error:
        error.where = error.where or text
        raise


def held_note(text: str) -> Note | None:
    """The same where only a note will do. Raises :class:`BadInput`."""
    found = held(text)
    if found is None or isinstance(found, Note):
        return found
    raise BadInput(
        Text("此处须用检查点文件", "the file of a checkpoint is needed here"),
        hint=Text("duban audit checkpoint -o 写出的文件", "as duban audit checkpoint -o wrote it"),
    )


def signature(point: Held | None, key: Path | None) -> tuple[str | None, list[Finding]]:
    """What there is to say of the signature of a note: ``none``, ``unchecked``, ``good`` or ``bad`` with what is wrong."""
    if not isinstance(point, Note):
        if key is not None:
            raise BadInput(Text("--key 须与检查点文件同用", "--key goes with the file of a checkpoint"))
        return None, []
    if key is None:
        return ("unchecked" if point.signatures else "none"), []
    findings = point.findings(Key.parse(read_line(key)), verifies)
    return ("bad" if findings else "good"), findings


def checkpoint(
    key: Annotated[
        Path | None, typer.Option("--key", help="私钥文件;与 --signer 同用时为公钥 / private key; with --signer the public one")
    ] = None,
    signer: Annotated[str, typer.Option("--signer", help="签名程序,从标准输入读取 / a program that signs its standard input")] = "",
    origin: Annotated[str, typer.Option("--origin", help="日志的名称(默认为密钥名称) / name of the log (default: that of the key)")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="检查点文件 / file of the checkpoint")] = None,
) -> None:
    """封印尚未封印的记录并写出检查点 / seal what is not sealed and write the checkpoint, a signed note"""
    by = _signer(key, signer)
    with frame.engine() as engine:
        engine.seal()
        with engine.store.read() as view:
            before = _before(output)
            if before is not None:
                _continues(before, view)
            name = origin or (before.origin if before else "") or (by.key.name if by else "duban")
            note = make_note(name, str(view.meta()["algorithm"]), view.stored_seals(), view.stored())
            last = next(reversed(view.seals()), None)
    if by is not None:
        note = signed(note, by)
    line = str(last.checkpoint) if last is not None else "0"
    if output is not None:
        write_whole(output, [str(note)])
        frame.say(Text(f"已写入 {output}", f"wrote {output}"))
    screen.emit(
        {"checkpoint": line, "note": str(note), "number": note.number, "root": note.root, "heads": note.heads, "chains": note.chains},
        lambda: _print(note, line, whole=output is None),
    )


def _print(note: Note, line: str, *, whole: bool) -> None:
    if whole:
        sys.stdout.write(f"{note}\n")
    print(line)


def _signer(key: Path | None, command: str) -> Signer | None:
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


def _before(output: Path | None) -> Note | None:
    """The checkpoint that is to be replaced."""
    if output is None or not output.exists():
        return None
    found = held(str(output))
    return found if isinstance(found, Note) else None


def _continues(before: Note, view: View) -> None:
    """A log signs no checkpoint that contradicts an earlier one (C2SP tlog-checkpoint). Raises :class:`IntegrityError`."""
    algorithm = str(view.meta()["algorithm"])
    heads = Heads(algorithm, before.number)
    for row in view.stored():
        heads.take(row)
    for finding in verify_held(before, view.stored_seals(), heads, algorithm):
        raise IntegrityError(
            Text(f"日志与上一个检查点不符:{finding.message.zh}", f"the journal contradicts the checkpoint before: {finding.message.en}"),
            where=finding.case,
            hint=Text("先用 duban audit verify 核验", "see duban audit verify first"),
        )


def key(
    action: Annotated[Action, typer.Argument(help="new")],
    name: Annotated[str, typer.Option("--name", help="密钥名称,如 office.example/duban / name of the key")],
    output: Annotated[Path, typer.Option("--output", "-o", help="私钥文件;公钥写在旁边的 .pub / file of the private key; .pub beside it")],
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="日志的算法 / algorithm of the journal")] = Algorithm.SHA256,
) -> None:
    """新建签名密钥 / make a key for checkpoints"""
    from adapters.host import SystemEntropy

    made = FileSigner.of(name, algorithm, SystemEntropy().token(32))
    public = output.with_name(f"{output.name}.pub")
    write_secret(output, f"{made}\n")
    write_whole(public, [f"{made.key}\n"])
    frame.say(Text(f"私钥 {output},公钥 {public}", f"private key {output}, public key {public}"))
    screen.emit({"name": name, "key": str(made.key), "private": str(output), "public": str(public)}, lambda: print(made.key))
