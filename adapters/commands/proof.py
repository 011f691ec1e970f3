"""``duban audit prove`` and ``duban audit check-proof``: what is shown to somebody who holds a checkpoint and has no store.

One case is complete, without anything of the others; or (:mod:`adapters.commands.growth`) a later checkpoint continues an earlier one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.growth import check_growth, prove_growth
from adapters.commands.held import held_note, signature
from adapters.files import write_whole
from adapters.signing import read_bytes
from workflow.errors import BadInput, UnknownCase
from workflow.journal.completeness import Completeness
from workflow.journal.eras import Eras
from workflow.journal.growth import Growth, is_growth
from workflow.journal.note import Note
from workflow.text import Text

LONGEST = 256_000_000
"""Bytes of the longest proof that is read."""


def prove(
    output: Annotated[Path, typer.Option("--output", "-o", help="证明文件 / file of the proof")],
    case: Annotated[str, typer.Argument(help="案件编号 / case id")] = "",
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", help="对方持有的检查点文件 / file of the checkpoint that the other side holds")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="较早的检查点:文件或一行 / an earlier checkpoint: file or line")] = "",
) -> None:
    """写出一案完整的证明,不透露其他案件;或检查点延续的证明 / write the proof that a case is complete, or that the log only grew"""
    if bool(case) is bool(since):
        raise BadInput(Text("给出案件编号或 --since,不能同时", "give a case or --since, and not both"))
    if since:
        prove_growth(since, checkpoint, output)
        return
    note = held_note(checkpoint)
    with frame.evidence() as store, store.read() as view:
        number = note.number if note is not None else len(view.stored_seals())
        eras = Eras.of(view.stored_seals(), str(view.meta()["algorithm"]))
        proof = Completeness.of(case, eras.at(number), number, view.stored())
        known = view.head(case) != ""
    if proof is None:
        if known:
            raise BadInput(
                Text(f"没有封印覆盖 {case}", f"no seal covers {case}"),
                hint=Text("先 duban audit checkpoint", "first duban audit checkpoint"),
            )
        raise UnknownCase(Text(f"没有案件 {case!r}", f"there is no case {case!r}"), hint=Text("用 duban list 查看", "see duban list"))
    for finding in proof.findings(note):
        raise finding.error()
    write_whole(output, [bytes(proof).decode() + "\n"])
    screen.emit(
        {"case": case, "entries": len(proof.entries), "number": proof.number, "chains": proof.chains, "file": str(output)},
        lambda: frame.say(Text(f"已写入 {output}:{len(proof.entries)} 条记录", f"wrote {output}: {len(proof.entries)} entries")),
    )


def check_proof(
    proof: Annotated[Path, typer.Argument(help="证明文件 / file of the proof")],
    checkpoint: Annotated[str, typer.Option("--checkpoint", help="自己持有的检查点文件 / file of the checkpoint that you hold")] = "",
    key: Annotated[list[Path], typer.Option("--key", help="核验检查点签名的公钥文件,可多次 / public key that signed it, repeatable")] = [],
    since: Annotated[str, typer.Option("--since", help="较早的检查点:文件或一行 / an earlier checkpoint: file or line")] = "",
) -> None:
    """核对 prove 写的证明,不需要库 / check a proof that prove wrote; no store is needed"""
    data = read_bytes(proof, LONGEST)
    if is_growth(data):
        if not check_growth(Growth.parse(data), since, checkpoint, key):
            raise typer.Exit(6)
        return
    if since:
        raise BadInput(Text("--since 用于延续证明", "--since goes with a proof of growth"))
    note = held_note(checkpoint)
    state, wrong = signature(note, key)
    found = Completeness.parse(data)
    findings = [*found.findings(note), *wrong]
    screen.emit(
        {
            "ok": not findings,
            "case": found.case,
            "entries": len(found.entries),
            "number": found.number,
            "chains": found.chains,
            "heads": found.heads,
            "checkpoint": note.text if note is not None else None,
            "signature": state,
            "findings": [f.document for f in findings],
        },
        lambda: _render(
            found, note, state, [f"{f.case}{f' #{f.n}' if f.n else ''}  {f.message.say(frame.settings.lang)} [{f.code}]" for f in findings]
        ),
    )
    if findings:
        raise typer.Exit(6)


def _render(found: Completeness, note: Note | None, state: str | None, wrong: list[str]) -> None:
    lang = frame.settings.lang
    for line in wrong:
        print(f"✗ {line}")
    if not wrong:
        zh = f"✓ {found.case}:截至第 {found.number} 个封印,全部 {len(found.entries)} 条记录都在"
        print(Text(zh, f"✓ {found.case}: all {len(found.entries)} entries as of seal {found.number} are there").say(lang))
    if note is None:
        zh = f"  没有给出检查点:只证明与 {found.heads} 相符"
        print(Text(zh, f"  no checkpoint given: it only agrees with {found.heads}").say(lang))
    elif state in ("unchecked", "none"):
        print(Text("  未核验签名", "  signature not checked").say(lang))
