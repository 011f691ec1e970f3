"""``duban log``: logs of other systems, looked through and converted before they are replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.inspect import inspect
from adapters.commands.replay import advance, progress_bar
from adapters.eventlog.split import MOST
from workflow.errors import BadInput
from workflow.text import Text

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def convert(
    file: Annotated[Path, typer.Argument(help="事件日志 / event log")],
    out: Annotated[Path, typer.Argument(help="写出的 .parquet / the .parquet to write")],
    map_file: Annotated[Path | None, typer.Option("--map", help="日志映射 / log map")] = None,
) -> None:
    """转换为 Parquet,一次转换,多次回放 / write a log as Parquet, once for many runs"""
    from adapters.eventlog import load_map
    from adapters.eventlog.convert import convert as written
    from adapters.eventlog.kind import is_workbook
    from adapters.eventlog.survey import BARE

    if map_file is None and is_workbook(file):
        raise BadInput(
            Text("转换工作簿需要 --map", "a workbook needs --map to be converted"),
            hint=Text("哪些列是时间由映射说明", "which of its numbers are times only the map says"),
        )
    with progress_bar() as progress:
        task = progress.add_task(Text("转换", "converting").say(frame.settings.lang), total=None)
        found = written(file, load_map(map_file) if map_file is not None else BARE, out, advance(progress, task))
    zh, en = "、".join(found.instants) or "无", ", ".join(found.instants) or "none"
    frame.say(
        Text(
            f"已写入 {out}:{found.rows} 行,其中 {found.unreadable} 行无法读取;时刻列:{zh}",
            f"wrote {out}: {found.rows} rows, {found.unreadable} of them unreadable; columns of instants: {en}",
        )
    )
    screen.emit(
        {
            "file": str(out),
            "rows": found.rows,
            "unreadable": found.unreadable,
            "instants": list(found.instants),
            "source": found.source._asdict(),
        },
        lambda: None,
    )


@app.command()
def split(
    file: Annotated[Path, typer.Argument(help="转换后的 .parquet / the converted .parquet")],
    folder: Annotated[Path, typer.Argument(help="写入的文件夹 / the folder to write into")],
    map_file: Annotated[Path, typer.Option("--map", help="日志映射 / log map")],
    parts: Annotated[int, typer.Option("--parts", min=1, max=MOST, help="几部分 / how many parts")] = 16,
) -> None:
    """切成若干部分,供多进程、集群和超出内存的回放 / split a log into parts: for processes, clusters, and logs larger than memory"""
    from adapters.eventlog import load_map
    from adapters.eventlog.split import split as written

    with progress_bar() as progress:
        task = progress.add_task(Text("切分", "splitting").say(frame.settings.lang), total=None)
        rows = written(file, load_map(map_file), folder, parts, advance(progress, task))
    frame.say(Text(f"已写入 {folder}:{parts} 部分,{rows} 行", f"wrote {folder}: {parts} parts, {rows} rows"))
    screen.emit({"folder": str(folder), "parts": parts, "rows": rows}, lambda: None)


app.command()(inspect)
