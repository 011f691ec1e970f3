"""``duban audit``: verify the journal, seal it, export it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from adapters.bundle import lines
from adapters.commands import frame, screen
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import Json
from workflow.journal.chain import Finding
from workflow.journal.chain import verify as verify_chain
from workflow.journal.entry import Entry
from workflow.journal.seal import make_seal, verify_checkpoint, verify_seals
from workflow.moment import stamp, utc
from workflow.text import Text

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def verify(
    checkpoint: Annotated[str, typer.Option("--checkpoint", help="封印号:哈希,保存在别处的检查点 / NUMBER:HASH kept elsewhere")] = "",
) -> None:
    """核验日志;指出第一条坏记录 / verify the journal and name the first bad entry"""
    with frame.engine() as engine, engine.store.read() as view:
        broken: list[Finding] = []

        def journal() -> Iterator[Entry]:
            try:
                yield from view.journal()
            except IntegrityError as error:
                broken.append(Finding("unreadable", error.where or "?", 0, error.message))

        found = verify_chain(journal(), view.private)
        seals = view.seals()
        findings = [*broken, *found.findings]
        if not broken:
            findings += verify_seals(seals, view.sealed)
        unsealed = 0 if broken else sum(1 for _ in view.unsealed())
    if checkpoint:
        number, sign, hash_ = checkpoint.partition(":")
        if not sign or not number.isdigit():
            raise BadInput(Text("检查点应写成 编号:哈希", "a checkpoint is written NUMBER:HASH"))
        findings += verify_checkpoint(int(number), hash_, seals)
    document: dict[str, Json] = {
        "ok": not findings,
        "cases": found.cases,
        "entries": found.entries,
        "findings": [{"code": f.code, "case": f.case, "n": f.n, "zh": f.message.zh, "en": f.message.en} for f in findings],
        "erased": [[c, n] for c, n in found.erased],
        "seals": len(seals),
        "unsealed": unsealed,
        "checkpoint": bool(checkpoint),
    }

    def render() -> None:
        lang = frame.settings.lang
        for finding in findings:
            print(f"✗ {finding.case} #{finding.n} {finding.message.say(lang)} [{finding.code}]")
        if not findings:
            print(
                Text(
                    f"✓ 日志完整:{found.cases} 条链,{found.entries} 条记录",
                    f"✓ the journal verifies: {found.cases} chains, {found.entries} entries",
                ).say(lang)
            )
        if found.erased:
            print(Text(f"  依法删除的可删除部分:{len(found.erased)}", f"  erasable parts destroyed: {len(found.erased)}").say(lang))
        if unsealed:
            print(
                Text(f"  未封印的记录:{unsealed}(不受封印保护)", f"  entries that no seal covers: {unsealed} (not protected by one)").say(
                    lang
                )
            )
        if not checkpoint:
            print(
                Text(
                    "  没有给出检查点:内部人员整体重写或截断不能发现",
                    "  no checkpoint given: an insider's rewrite or truncation cannot be seen",
                ).say(lang)
            )

    screen.emit(document, render)
    if findings:
        raise typer.Exit(6)


@app.command()
def seal(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预演,不写入 / show what would be sealed, write nothing")] = False,
) -> None:
    """封印尚未封印的记录;把打印的检查点保存在别处 / seal what is not sealed; keep the printed checkpoint elsewhere"""
    with frame.engine() as engine:
        if dry_run:
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
            return
        with engine.store.write() as unit:
            entries = list(unit.unsealed())
            seals = unit.seals()
            if not entries:
                last = seals[-1] if seals else None
                frame.say(Text("没有未封印的记录", "nothing to seal"))
            else:
                last = make_seal(seals[-1] if seals else None, entries, stamp(utc(engine.clock.now())), unit.meta()["algorithm"])
                unit.put_seal(last, [(e.case, e.n) for e in entries])
    if last is not None:
        point = f"{last.number}:{last.hash}"
        screen.emit({"checkpoint": point, "count": last.count, "root": last.root}, lambda: print(point))


@app.command()
def export(output: Annotated[Path | None, typer.Option("--output", "-o", help="文件 / file (default: standard output)")] = None) -> None:
    """导出全部日志、定义、日历和机构 / export the journal with definitions, calendars and organisation"""
    with frame.engine() as engine:
        found = lines(engine, utc(engine.clock.now()))
        if output is None:
            sys.stdout.writelines(found)
        else:
            with output.open("w", encoding="utf-8") as file:
                file.writelines(found)
            frame.say(Text(f"已写入 {output}", f"wrote {output}"))
