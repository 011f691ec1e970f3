"""``duban audit checkpoint``: a note to be kept elsewhere, as a file, as a line for paper and by mail."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.channels import WORDS, To, addresses, row, usable
from adapters.commands.held import held
from adapters.commands.key import signer_of
from adapters.files import write_whole
from adapters.notify.kind import Channel
from adapters.signing import signed
from workflow.errors import BadInput, ConfigError, IntegrityError
from workflow.journal.canonical import Json
from workflow.journal.checkpoint import make_note, verify_held
from workflow.journal.eras import Eras
from workflow.journal.heads import Heads
from workflow.journal.note import Note
from workflow.journal.printed import Printed
from workflow.letter import Letter
from workflow.ports import Signer, View
from workflow.text import Text


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
    """The line comes first, because a mail program may fold what follows; it would strip the empty line that ends an unsigned note."""
    subject = Text(f"检查点 {note.origin} {note.number}", f"checkpoint {note.origin} {note.number}").say(frame.settings.lang)
    words = Text(
        "请保存本信。核验时把下面一行交给 duban audit verify --checkpoint;其后若有签名的检查点,可存为文件。",
        "Keep this letter. To verify, give the line below to duban audit verify --checkpoint; a signed note below it can be saved.",
    )
    body = "\n\n".join([words.say(frame.settings.lang), line, *([str(note)] if note.signatures else [])])
    return Letter(secrets.token_hex(12), "", subject, body, {"kind": "checkpoint", "line": line, "note": str(note)})


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
