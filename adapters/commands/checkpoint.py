"""``duban audit checkpoint`` and ``duban audit key``: a note to be kept elsewhere, and the keys that sign it."""

from __future__ import annotations

import re
import secrets
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.channels import WORDS, To, addresses, row, usable
from adapters.files import write_whole
from adapters.notify.kind import Channel
from adapters.signing import CommandSigner, FileSigner, read_bytes, read_line, signed, verifies, write_secret
from workflow.errors import BadInput, ConfigError, IntegrityError
from workflow.journal.canonical import Algorithm, Json
from workflow.journal.chain import Finding
from workflow.journal.checkpoint import Held, make_note, verify_held
from workflow.journal.eras import Eras
from workflow.journal.heads import Heads
from workflow.journal.note import LONGEST, Key, Note
from workflow.journal.printed import Printed
from workflow.journal.seal import Checkpoint
from workflow.letter import Letter
from workflow.ports import Signer, View
from workflow.text import Text


class Action(StrEnum):
    NEW = "new"


def held(text: str) -> Held | None:
    """What ``--checkpoint`` names: the file of a note, the line of one from paper, or ``NUMBER:HASH``; ``None`` for nothing.

    Raises :class:`BadInput`.
    """
    if not text:
        return None
    if re.search(r" (sha256|sm3) ", text):
        return Printed.parse(text)
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


def signature(point: Held | None, keys: Sequence[Path]) -> tuple[str | None, list[Finding]]:
    """What there is to say of the signatures of a note: ``none``, ``unchecked``, ``good`` (of every key) or ``bad`` with what is wrong."""
    if not isinstance(point, Note):
        if keys:
            raise BadInput(Text("--key 须与检查点文件同用", "--key goes with the file of a checkpoint"))
        return None, []
    if not keys:
        return ("unchecked" if point.signatures else "none"), []
    findings = [finding for key in keys for finding in point.findings(Key.parse(read_line(key)), verifies)]
    return ("bad" if findings else "good"), findings


def checkpoint(
    key: Annotated[
        Path | None, typer.Option("--key", help="私钥文件;与 --signer 同用时为公钥 / private key; with --signer the public one")
    ] = None,
    signer: Annotated[str, typer.Option("--signer", help="签名程序,从标准输入读取 / a program that signs its standard input")] = "",
    origin: Annotated[str, typer.Option("--origin", help="日志的名称(默认为密钥名称) / name of the log (default: that of the key)")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="检查点文件 / file of the checkpoint")] = None,
    to: To = None,
) -> None:
    """封印尚未封印的记录并写出检查点 / seal what is not sealed and write the checkpoint, a signed note"""
    by = signer_of(key, signer)
    with ExitStack() as stack:
        ways = _ways(to or [], stack)
        note, sealed = _made(by, origin, output)
        if output is not None:
            write_whole(output, [str(note)])
            frame.say(Text(f"已写入 {output}", f"wrote {output}"))
        line = str(Printed.of(note))
        letter = _letter(note, line)
        sent = [row(way, way.notifier.send(replace(letter, to=address))) for way, address in ways]
    document: dict[str, Json] = {
        "checkpoint": sealed,
        "line": line,
        "note": str(note),
        "number": note.number,
        "root": note.root,
        "heads": note.heads,
        "chains": note.chains,
        "sent": [dict(told) for told in sent],
    }
    screen.emit(document, lambda: _print(note, line, sealed, sent, whole=output is None))
    if any(told["result"] not in ("accepted", "unverified") for told in sent):
        raise typer.Exit(frame.EXIT_FINDINGS)


def _made(by: Signer | None, origin: str, output: Path | None) -> tuple[Note, str]:
    """The note, signed where there is a signer, and ``NUMBER:HASH`` of its last seal."""
    with frame.engine() as engine:
        engine.seal()
        with engine.store.read() as view:
            before = _before(output)
            if before is not None:
                _continues(before, view)
            name = origin or (before.origin if before else "") or (by.key.name if by else "duban")
            if before is not None:
                _goes_on(before, name, by)
            note = make_note(name, str(view.meta()["algorithm"]), view.stored_seals(), view.stored())
            last = next(reversed(view.seals()), None)
    return note if by is None else signed(note, by), str(last.checkpoint) if last is not None else "0"


def _print(note: Note, line: str, sealed: str, sent: Sequence[Mapping[str, str]], *, whole: bool) -> None:
    if whole:
        sys.stdout.write(f"{note}\n")
    for told in sent:
        result = WORDS[told["result"]].say(frame.settings.lang)
        print("  ".join(part for part in (told["channel"], result, told["code"], told["id"] or told["message"]) if part))
    print(line)
    print(sealed)


def _ways(to: Sequence[str], stack: ExitStack) -> list[tuple[Channel, str]]:
    """The channels that carry a checkpoint to these addresses. Raises :class:`ConfigError` for a kind that has none."""
    addressed = addresses(to)
    if not addressed:
        return []
    good, _ = usable(frame.configuration(), stack)
    for kind in addressed.keys() - {way.needs for way in good}:
        raise ConfigError(
            Text(f"没有可用的渠道能发到 {kind}", f"no usable channel sends to an address of the kind {kind}"),
            hint=Text("在 [channels] 里设置一个,并用 duban self-test 试过", "set one up under [channels], and try it with duban self-test"),
        )
    return [(way, addressed[way.needs]) for way in good if way.needs in addressed]


def _letter(note: Note, line: str) -> Letter:
    """The line comes first, because a mail program may fold or strip what follows; programs are given the note as it is."""
    subject = Text(f"检查点 {note.origin} {note.number}", f"checkpoint {note.origin} {note.number}").say(frame.settings.lang)
    words = Text(
        "请保存本信。核验时把下面一行交给 duban audit verify --checkpoint,或把空行后的各行存为文件。",
        "Keep this letter. To verify, give the line below to duban audit verify --checkpoint, or save what follows it as a file.",
    )
    body = f"{words.say(frame.settings.lang)}\n\n{line}\n\n{note}"
    return Letter(secrets.token_hex(12), "", subject, body, {"kind": "checkpoint", "line": line, "note": str(note)})


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


def _before(output: Path | None) -> Note | None:
    """The checkpoint that is to be replaced."""
    if output is None or not output.exists():
        return None
    found = held(str(output))
    return found if isinstance(found, Note) else None


def _continues(before: Note, view: View) -> None:
    """A log signs no checkpoint that contradicts an earlier one (C2SP tlog-checkpoint). Raises :class:`IntegrityError`."""
    eras = Eras.of(view.stored_seals(), str(view.meta()["algorithm"]))
    heads = Heads(before.algorithm, before.number)
    for stored in view.stored():
        heads.take(stored)
    for finding in verify_held(before, view.stored_seals(), heads, eras):
        raise IntegrityError(
            Text(f"日志与上一个检查点不符:{finding.message.zh}", f"the journal contradicts the checkpoint before: {finding.message.en}"),
            where=finding.case,
            hint=Text("先用 duban audit verify 核验", "see duban audit verify first"),
        )


def _goes_on(before: Note, origin: str, by: Signer | None) -> None:
    """A file goes on under its name and its key, or its readers would not know what happened. Raises :class:`BadInput`."""
    signers = {(s.name, s.id) for s in before.signatures}
    if before.origin == origin and (not signers or (by is not None and (by.key.name, by.key.id) in signers)):
        return
    raise BadInput(
        Text("文件里的检查点用的是另一个来源名称或密钥", "the checkpoint in the file has another origin, or another key signed it"),
        hint=Text("换一个文件名,并告知持有旧检查点的人", "take another file, and tell whoever holds the old checkpoint"),
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
