"""``duban audit reconcile``: one ledger against another, every match with its reasons, what is missing for a person to determine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from adapters import ledgers
from adapters.commands import frame, screen
from adapters.documents import provenance, rendering
from adapters.documents.reconciled import tables
from workflow.errors import BadInput, UnreadableRows
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp
from workflow.reconcile import Decision, MatchRules, Reconciled, match, read_decisions, read_rules
from workflow.reconcile.decision import check_decisions
from workflow.replay import ENGINE
from workflow.text import Text


def reconcile_(
    ledger_a: Annotated[Path, typer.Argument(help="台账,如村的登记 / a ledger, such as a village's book")],
    ledger_b: Annotated[Path, typer.Argument(help="另一台账,如 110 清单 / another, such as the list of calls to 110")],
    map_a: Annotated[Path, typer.Option("--map-a", help="A 的日志映射 / log map of A")],
    map_b: Annotated[Path, typer.Option("--map-b", help="B 的日志映射 / log map of B")],
    rules_file: Annotated[Path | None, typer.Option("--rules", help="对应规则 / rules by which they are matched")] = None,
    confirm: Annotated[Path | None, typer.Option("--confirm", help="人的认定 / what people decided")] = None,
    definition: Annotated[list[Path], typer.Option("--definition", "-d", help="定义文件 / definition files (default: shipped)")] = [],
    as_of: Annotated[str, typer.Option("--as-of", help="义务截至 / duties as of this instant (default: the last in either)")] = "",
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Excel 台账 / an Excel workbook of the tables")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="CSV 文件夹 / the tables as CSV files in this folder")] = None,
) -> None:
    """对账:两本台账逐件对应,对不上的待人认定 / one ledger against another; what is missing is for a person to determine"""
    rendering.ready(rendering.Files(xlsx=xlsx))
    rules = read_rules(_bytes(rules_file), str(rules_file)) if rules_file is not None else MatchRules()
    decisions = read_decisions(_bytes(confirm), str(confirm)) if confirm is not None else []
    first = ledgers.ledger_of(ledger_a, map_a, definition, rules, "a")
    second = ledgers.ledger_of(ledger_b, map_b, definition, rules, "b")
    found = reconciled(first, second, rules, decisions, str(confirm), as_of)
    files = [provenance.file(role, path) for role, path in (("a", ledger_a), ("map_a", map_a), ("b", ledger_b), ("map_b", map_b))]
    files += [provenance.file(role, path) for role, path in (("rules", rules_file), ("confirm", confirm)) if path is not None]
    document: Any = {**found.document(), "provenance": {**provenance.program(), "files": files}}
    _write(document, xlsx, csv)
    screen.emit(document, lambda: render(document))
    missed = [(one.path.name, row) for one in (first, second) for row in one.unreadable]
    for name, row in missed[:20]:
        frame.say(Text(f"{name} ", f"{name} ") + row.place.say() + Text(f" 无法读取:{row.reason.zh}", f" cannot be read: {row.reason.en}"))
    if missed:
        raise UnreadableRows(
            Text(f"{len(missed)} 行无法读取,不在对账中", f"{len(missed)} row(s) could not be read and are not compared"), where=missed[0][0]
        )
    if found.undecided:
        raise typer.Exit(frame.EXIT_FINDINGS)


def reconciled(a: ledgers.Ledger, b: ledgers.Ledger, rules: MatchRules, decisions: list[Decision], where: str, as_of: str) -> Reconciled:
    """Two ledgers against each other. Raises :class:`~workflow.errors.BadInput` for decisions that match nothing."""
    ledgers.comparable(a, b)
    matching = match(a.incidents, b.incidents, rules)
    check_decisions(decisions, matching, where)
    ends = [one.last for one in (a, b) if one.last is not None]
    if not ends:
        raise BadInput(Text("两本台账都没有事件", "there is no event in either ledger"))
    until = parse(as_of, a.log_map.clock or a.versions[0].zone).hi if as_of else max(ends)
    missing = [] if rules.reports is None else matching.alone_b if rules.reports == "a" else matching.alone_a
    duties = ledgers.owed(b if rules.reports == "a" else a, [i.id for i in missing], rules.duty, until)
    header: dict[str, Json] = {"engine": ENGINE, "as_of": stamp(until), "a": a.document(), "b": b.document()}
    return Reconciled(a.incidents, b.incidents, rules, matching, header, duties, decisions)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None


def _write(document: Any, xlsx: Path | None, csv: Path | None) -> None:
    lang = frame.settings.lang
    try:
        if xlsx is not None:
            from adapters.documents import xlsx as workbook

            workbook.write_tables(xlsx, tables(document, lang), lang)
        if csv is not None:
            from adapters.documents import csv as folder

            folder.write_tables(csv, tables(document, lang), lang)
    except OSError as error:
        where = str(error.filename or xlsx or csv)
        raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=where) from None
    for path in (xlsx, csv):
        if path is not None:
            frame.say(Text(f"已写入 {path}", f"written: {path}"))


def render(document: Any) -> None:
    lang = frame.settings.lang
    out = screen.console()
    for side in ("a", "b"):
        t = document["totals"][side]
        zh = f"{side.upper()} {t['incidents']} 件 = 已对应 {t['matched']} + 不能确定 {t['ambiguous']} + 未对应 {t['unmatched']}"
        en = f"{side.upper()} {t['incidents']} = matched {t['matched']} + ambiguous {t['ambiguous']} + unmatched {t['unmatched']}"
        out.print(Text(zh, en).say(lang), style="bold")
    for table in tables(document, lang):
        rows = [[str(cell) for cell in row] for row in table.rows()]
        if rows:
            out.print()
            out.print(table.title.say(lang), style="bold")
            screen.table([screen.Column(c.heading.zh, c.heading.en) for c in table.columns], rows)
    out.print()
    note = Text(
        "以上为计算结果;是否同一事件、是否漏报由人认定", "computed; whether they are the same, or missing, is for a person to determine"
    )
    out.print(note.say(lang))
    out.print(document["digest"], soft_wrap=True)
