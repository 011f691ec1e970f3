"""``duban audit render``: summary, page, ledger and documents of a report that was written earlier, with no log and no store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen, summary
from adapters.documents import rendering
from adapters.documents.report import Kept
from workflow.errors import IntegrityError
from workflow.text import Text


def render(
    report: Annotated[Path, typer.Argument(help="duban replay --report 写出的报告 / a report that duban replay --report wrote")],
    html: Annotated[Path | None, typer.Option("--html", help="网页报告 / the report as a page")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Excel 台账 / the report as an Excel workbook")] = None,
    docx: Annotated[Path | None, typer.Option("--docx", help="Word 报告 / the report as a Word document")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="CSV 文件夹 / the report as CSV files in this folder")] = None,
    digest: Annotated[str, typer.Option("--digest", help="报告应有的哈希 / the hash that the report must have")] = "",
) -> None:
    """由报告文件生成汇总、网页、Excel、Word、CSV / summary, page, Excel, Word and CSV of a report file"""
    files = rendering.Files(html, xlsx, docx, csv)
    kept = Kept(report)
    if digest and digest.strip().lower().removeprefix("sha256:") != kept.digest.removeprefix("sha256:"):
        raise IntegrityError(Text(f"报告的哈希是 {kept.digest}", f"the report has the hash {kept.digest}"), where=str(report))
    made = [str(path) for path in rendering.render(kept, files, frame.settings.lang)]
    for path in made:
        frame.say(Text(f"已写入 {path}", f"written: {path}"))
    screen.emit({"report": kept.digest, "digest": kept.summary.get("digest"), "files": list(made)}, lambda: _show(kept))


def _show(kept: Kept) -> None:
    try:
        summary.show(kept.summary)
    except (KeyError, TypeError, AttributeError) as error:
        raise kept.no_report() from error
