"""``duban audit finding``: the finding sheet (事实认定表) of a duty, for paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.commands import frame, screen
from adapters.commands.inspected import AsOf, Bundle, Case, Definitions, Log, Map, inspected
from adapters.documents import rendering
from adapters.documents.finding import sheets
from workflow.errors import BadInput
from workflow.text import Text


def finding_(
    case: Case,
    row: Annotated[str, typer.Argument(help="义务,空为全部待认定的 / duty; empty: each to be determined")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="文件 .html 或 .docx / a .html or .docx file")] = None,
    as_of: AsOf = "",
    bundle: Bundle = None,
    log: Log = None,
    map_file: Map = None,
    definition: Definitions = [],
) -> None:
    """事实认定表:每句有出处,一事一页 / finding sheet: each sentence with its source, a page a finding"""
    kind = output.suffix.lower() if output is not None else ""
    if output is None and not frame.settings.json:
        raise BadInput(Text("没有写明文件", "no file is named"), hint=Text("-o 表.html 或 -o 表.docx", "-o sheet.html or -o sheet.docx"))
    if output is not None and kind not in (".html", ".docx"):
        raise BadInput(Text("文件名须以 .html 或 .docx 结尾", "the file ends in .html or .docx"), where=str(output))
    if kind == ".docx":
        rendering.ready(rendering.Files(docx=output))
    found: list[Any] = sheets(inspected(case, as_of, bundle, log, map_file, definition), row)
    if output is not None:
        _write(output, kind, found)
        frame.say(Text(f"已写入 {output}", f"written: {output}"))
    screen.emit({"sheets": found}, lambda: print("\n".join(f"{sheet['row']}  {sheet['digest']}" for sheet in found)))


def _write(path: Path, kind: str, found: list[Any]) -> None:
    try:
        if kind == ".html":
            from adapters.documents.findinghtml import page

            path.write_text(page(found), encoding="utf-8", newline="\n")
        else:
            from adapters.documents.findingdocx import write

            write(path, found)
    except OSError as error:
        raise BadInput(Text(f"不能写入:{error.strerror}", f"cannot be written: {error.strerror}"), where=str(path)) from None
