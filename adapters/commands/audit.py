"""``duban audit``: verify the journal, seal it, export it, keep checkpoints of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from adapters.bundle import audit_bundle, lines, read_earlier, write_archive
from adapters.commands import frame, screen
from adapters.commands.checkpoint import checkpoint as write_checkpoint
from adapters.commands.exchange import Form, export_for_others
from adapters.commands.findings import finding_
from adapters.commands.held import held, held_note, signature
from adapters.commands.inspected import case_
from adapters.commands.key import key as make_key
from adapters.commands.proof import check_proof, prove
from adapters.commands.reanchor import re_anchor
from adapters.commands.reconciled import reconcile_
from adapters.commands.render import render
from adapters.commands.stamp import check_stamp, stamp
from adapters.commands.taking import take
from adapters.commands.witness import witness
from adapters.files import write_whole
from workflow.audit import Audited, audit_store
from workflow.engine import Engine
from workflow.journal.canonical import Json
from workflow.journal.checkpoint import Held
from workflow.journal.note import Note
from workflow.moment import parse, utc
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def verify(
    bundle: Annotated[Path | None, typer.Argument(help="日志导出,不需要库 / a journal export; no store is needed")] = None,
    checkpoint: Annotated[
        str,
        typer.Option("--checkpoint", help="保存在别处的检查点:文件、一行或 封印号:哈希 / a file, a line or NUMBER:HASH kept elsewhere"),
    ] = "",
    key: Annotated[list[Path], typer.Option("--key", help="核验检查点签名的公钥文件,可多次 / public key that signed it, repeatable")] = [],
    against: Annotated[Path | None, typer.Option("--against", help="先前保存的导出或卷宗 / an export or bundle that was kept")] = None,
) -> None:
    """核验日志;指出第一条坏记录 / verify the journal and name the first bad entry"""
    point = held(checkpoint)
    state, wrong = signature(point, key)
    earlier = read_earlier(against) if against is not None else None
    if bundle is not None:
        found = audit_bundle(bundle, point, earlier)
    else:
        with frame.evidence() as store, store.read() as view:
            found = audit_store(view, point, earlier)
    found = found.with_findings(wrong)
    findings = found.findings
    document: dict[str, Json] = {
        "ok": not findings,
        "algorithm": found.algorithm,
        "cases": found.cases,
        "entries": found.entries,
        "first": findings[0].document if findings else None,
        "findings": [f.document for f in findings],
        "erased": [[c, n] for c, n in found.erased],
        "parts": bundle is None,
        "seals": found.seals,
        "unsealed": found.unsealed,
        "checkpoint": (point.text if isinstance(point, Note) else str(point)) if point is not None else None,
        "signature": state,
        "against": str(against) if against is not None else None,
        "beyond": found.beyond,
    }
    screen.emit(document, lambda: _render(found, point, bundle, state, against))
    if findings:
        raise typer.Exit(6)


def _render(found: Audited, point: Held | None, bundle: Path | None, state: str | None, against: Path | None) -> None:
    lang = frame.settings.lang

    def say(zh: str, en: str) -> None:
        print(Text(zh, en).say(lang))

    for finding in found.findings:
        place = f"{finding.case} #{finding.n}" if finding.n else finding.case
        print(f"✗ {place}  {finding.message.say(lang)} [{finding.code}]")
    if not found.findings:
        say(
            f"✓ 日志完整:{found.cases} 条链,{found.entries} 条记录",
            f"✓ the journal verifies: {found.cases} chains, {found.entries} entries",
        )
    if found.erased:
        say(f"  依法销毁的可删除部分:{len(found.erased)}", f"  erasable parts lawfully destroyed: {len(found.erased)}")
    if bundle is not None:
        say("  导出不含可删除部分,未核验", "  an export leaves the erasable parts out: they were not checked")
    if found.unsealed:
        zh, en = f"  未封印的记录:{found.unsealed}(不受封印保护)", f"  entries that no seal covers: {found.unsealed} (not protected by one)"
        say(zh, en)
    if state == "good":
        say("  检查点签名有效", "  the signature of the checkpoint is good")
    elif state in ("unchecked", "none"):
        zh, en = ("未核验签名", "signature not checked") if state == "unchecked" else ("检查点没有签名", "the checkpoint is not signed")
        say(f"  {zh}", f"  {en}")
    if against is not None and not found.findings:
        say("  先前副本里的记录都在,没有改动", "  every entry of the earlier copy is there, unchanged")
    if point is None and against is None:
        zh = "  没有给出检查点:内部人员整体重写或截断不能发现"
        say(zh, "  no checkpoint given: an insider's rewrite or truncation cannot be seen")
    elif point is not None and found.beyond > found.unsealed:
        zh, en = (
            f"  检查点之后封印的记录:{found.beyond - found.unsealed}",
            f"  sealed after the checkpoint: {found.beyond - found.unsealed}",
        )
        say(f"{zh}(检查点不能证明)", f"{en} (it proves nothing about them)")


@app.command()
def seal(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预演,不写入 / show what would be sealed, write nothing")] = False,
) -> None:
    """封印尚未封印的记录;把打印的检查点保存在别处 / seal what is not sealed; keep the printed checkpoint elsewhere"""
    with frame.engine() as engine:
        if dry_run:
            _rehearse(engine)
            return
        last = engine.seal()
        if last is None:
            frame.say(Text("没有未封印的记录", "nothing to seal"))
            with engine.store.read() as view:
                last = next(reversed(view.seals()), None)
    if last is not None:
        point = str(last.checkpoint)
        screen.emit({"checkpoint": point, "count": last.count, "root": last.root}, lambda: print(point))
    elif frame.settings.json:
        screen.emit({"checkpoint": None, "count": 0, "root": None}, lambda: None)


def _rehearse(engine: Engine) -> None:
    with engine.store.read() as view:
        waiting = [(e.case, e.n) for e in view.unsealed()]
        number = len(view.seals()) + (1 if waiting else 0)
    document: dict[str, Json] = {"dry_run": True, "number": number, "count": len(waiting), "cases": len({c for c, _ in waiting})}
    text = Text(
        f"预演,不写入:第 {number} 号封印将覆盖 {len(waiting)} 条记录",
        f"dry run, nothing is written: seal {number} would cover {len(waiting)} entries",
    )
    nothing = Text("没有未封印的记录", "nothing to seal")
    screen.emit(document, lambda: print((text if waiting else nothing).say(frame.settings.lang)))


@app.command()
def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="文件 / file (default: standard output)")] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="写入首行的截至时刻 / the as-of instant in the first line (default: now)")] = "",
    form: Annotated[Form, typer.Option("--format", help="journal;其他程序读的 xes、ocel / for other programs: xes, ocel")] = Form.JOURNAL,
) -> None:
    """导出全部日志、封印、定义、日历和机构 / export the journal with seals, definitions, calendars and organisation"""
    with frame.examined() as engine:
        until = parse(as_of, ZONE).hi if as_of else utc(engine.clock.now())
        if form is not Form.JOURNAL:
            export_for_others(engine, form, until, output)
            return
        found = lines(engine, until)
        if output is None:
            sys.stdout.writelines(found)
        else:
            write_whole(output, found)
            frame.say(Text(f"已写入 {output}", f"wrote {output}"))


@app.command("bundle")
def pack(
    output: Annotated[Path, typer.Option("--output", "-o", help="文件 .zip 或文件夹 / a .zip file or a folder")],
    as_of: Annotated[str, typer.Option("--as-of", help="截至时刻 / the as-of instant (default: now)")] = "",
    checkpoint: Annotated[list[Path], typer.Option("--checkpoint", help="一并放入的检查点文件 / file of a checkpoint to put in")] = [],
) -> None:
    """卷宗:日志、定义、日历、机构、检查点、清单和核验程序 / a bundle for an auditor, with a verifier that needs only Python"""
    notes = {f"{i:04}-{path.name}": str(held_note(str(path))).encode() for i, path in enumerate(checkpoint, 1)}
    with frame.examined() as engine:
        write_archive(engine, output, parse(as_of, ZONE).hi if as_of else utc(engine.clock.now()), notes)
    frame.say(Text(f"已写入 {output}", f"wrote {output}"))
    screen.emit({"bundle": str(output), "checkpoints": len(notes)}, lambda: None)


app.command("checkpoint")(write_checkpoint)
app.command("key")(make_key)
app.command("re-anchor")(re_anchor)
app.command("case")(case_)
app.command("finding")(finding_)
app.command("reconcile")(reconcile_)
app.command()(take)
app.command()(prove)
app.command()(check_proof)
app.command()(render)
app.command()(witness)
app.command()(stamp)
app.command()(check_stamp)
