"""``duban log inspect``: what is in a log, and a map drafted from it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.commands import frame, screen
from adapters.commands.replay import MOST, advance, progress_bar
from adapters.files import write_whole
from adapters.masking import masked
from workflow.errors import AlreadyThere, BadInput
from workflow.journal.canonical import Json
from workflow.logmap import FLOATING
from workflow.moment import stamp
from workflow.text import Text, same

if TYPE_CHECKING:
    from adapters.eventlog.profile import Column
    from adapters.eventlog.survey import Survey

KINDS = {
    "instant": Text("时刻(有时区)", "instant (with offset)"),
    "stamp": Text("时间(无时区)", "time (no zone)"),
    "date": Text("日期", "date"),
    "clock": Text("时分", "time of day"),
    "words": Text("文字时间", "time in words"),
    "integer": Text("整数", "integer"),
    "decimal": Text("小数", "decimal"),
    "yes_no": Text("是/否", "yes/no"),
    "nothing": Text("无值", "nothing"),
    "empty": Text("空", "empty"),
    "text": Text("文字", "text"),
}
LOOKS = {
    "case": Text("案件", "case"),
    "activity": Text("活动", "activity"),
    "time": Text("时间", "time"),
    "wide": Text("时间(一案一行)", "time (wide)"),
    "actor": Text("人员", "actor"),
    "role": Text("角色", "role"),
    "sequence": Text("序号", "sequence"),
    "zone": Text("时区", "zone"),
    "date_only": Text("仅日期", "date only"),
    "date": Text("另一日期", "another date"),
}
ACTIVITIES = 40
"""Activities that are shown unless all are asked for."""


def inspect(
    file: Annotated[Path, typer.Argument(help="事件日志 / event log")],
    map_file: Annotated[Path | None, typer.Option("--map", help="日志映射 / log map")] = None,
    draft_map: Annotated[Path | None, typer.Option("--draft-map", help="起草的映射写入此文件 / write a drafted map")] = None,
) -> None:
    """查看日志:列、案件、活动、时间、疑点;起草映射 / columns, cases, activities, times, doubts of a log; drafts a map"""
    from adapters.eventlog import load_map
    from adapters.eventlog.guess import draft
    from adapters.eventlog.survey import survey

    if draft_map is not None and map_file is not None:
        raise BadInput(Text("--draft-map 用于没有映射的日志", "--draft-map is for a log without a map"))
    if draft_map is not None and draft_map.exists():
        raise AlreadyThere(Text("文件已存在,不覆盖", "the file is there and is not written over"), where=str(draft_map))
    log_map = load_map(map_file) if map_file is not None else None
    with progress_bar() as progress:
        task = progress.add_task(Text("读取", "reading").say(frame.settings.lang), total=None)
        found = survey(file, log_map, advance(progress, task))
    with file.open("rb") as raw:
        sha256 = file_digest(raw, "sha256").hexdigest()
    if draft_map is not None:
        activities = found.course or [(name, 0) for name in found.looks.steps]
        write_whole(draft_map, [draft(found.looks, found.columns, found.base, activities, file.name)])
    screen.emit(_document(found, file.name, sha256), lambda: _render(found, file.name, sha256, mapped=map_file is not None))
    if draft_map is not None:
        frame.say(
            Text(f"已起草 {draft_map}:空着的由人填写后再用", f"drafted {draft_map}: fill in what is empty before it is used"),
        )


def _document(found: Survey, name: str, sha256: str) -> dict[str, Json]:
    read = found.read
    return {
        "file": name,
        "sha256": sha256,
        "rows": found.rows,
        "header": list(found.base.header),
        "sheet": found.base.sheet,
        "object_type": found.base.object_type,
        "encoding": found.base.encoding,
        "delimiter": found.base.delimiter,
        "columns": [_column(found, c) for c in found.columns],
        "unreadable": [{"place": str(u.place), "zh": u.reason.zh, "en": u.reason.en} for u in found.unreadable],
        "notes": [{"zh": note.zh, "en": note.en} for note in found.notes],
        "cases": len(read.cases) if read is not None else None,
        "events": sum(found.activities.values()) if read is not None else None,
        "ignored": read.ignored if read is not None else None,
        "activities": dict(found.activities),
        "unknown": dict(found.unknown),
        "zones": {zone or "offset": count for zone, count in found.zones.items()},
        "from": stamp(found.span[0]) if found.span is not None else None,
        "to": stamp(found.span[1]) if found.span is not None else None,
        "ties": found.ties if read is not None else None,
        "split": found.split if read is not None else None,
        "backward": found.backward if read is not None else None,
        "duplicates": read.duplicates if read is not None else None,
    }


def _column(found: Survey, column: Column) -> dict[str, Json]:
    return {
        "name": column.name,
        "type": column.kind,
        "filled": column.filled,
        "distinct": column.distinct,
        "more": column.more,
        "examples": [masked(text) for text in column.examples()],
        "looks_like": list[Json](found.looks.looks_like(column.name)) if column.name else [],
        "formats": list[Json](column.formats if column.timed else ()),
        "either": list[Json](column.either or ()),
        "from": column.span[0].isoformat(" ") if column.timed and column.span is not None else None,
        "to": column.span[1].isoformat(" ") if column.timed and column.span is not None else None,
        "offsets": dict(column.offsets),
        "nothing": dict(column.nothing),
    }


def _render(found: Survey, name: str, sha256: str, *, mapped: bool) -> None:
    lang = frame.settings.lang
    out = screen.console()

    def say(zh: str, en: str) -> None:
        out.print(Text(zh, en).say(lang), soft_wrap=True)

    out.print(Text(f"{name}  {found.rows} 行", f"{name}  {found.rows} rows").say(lang), style="bold")
    out.print(f"sha256:{sha256}", soft_wrap=True)
    for text in _file(found):
        out.print(text.say(lang))
    out.print()
    rows = []
    for column in found.columns:
        looks = "、".join(LOOKS[f].say(lang) for f in found.looks.looks_like(column.name)) if column.name else ""
        distinct = f"{column.distinct}{'+' if column.more else ''}"
        examples = " | ".join(_short(masked(text)) for text in column.examples())
        rows.append([column.name or "—", KINDS[column.kind].say(lang), str(column.filled), distinct, looks, examples])
    headings = (
        screen.Column("列", "column"),
        screen.Column("类型", "type", whole=True),
        screen.Column("有值", "filled", whole=True),
        screen.Column("不同值", "distinct", whole=True),
        screen.Column("像", "looks like", whole=True),
        screen.Column("例", "examples"),
    )
    screen.table(headings, rows)
    out.print()
    for column in found.columns:
        for text in _times(column):
            out.print(text.say(lang), soft_wrap=True)
    if found.read is None:
        say("看不出案件、活动和时间各在哪一列:请写映射", "which columns are case, activity and time cannot be seen: write a map")
    else:
        _render_cases(found, mapped)
    for note in found.notes:
        out.print(note.say(lang), soft_wrap=True)
    shown = found.unreadable if frame.settings.verbose else found.unreadable[:MOST]
    for row in shown:
        out.print((row.place.say() + Text(f"无法读取:{row.reason.zh}", f" cannot be read: {row.reason.en}")).say(lang), soft_wrap=True)
    if len(shown) < len(found.unreadable):
        rest = len(found.unreadable) - len(shown)
        say(f"另有 {rest} 行无法读取(加 -v 全部列出)", f"{rest} more rows cannot be read (-v lists all)")


def _render_cases(found: Survey, mapped: bool) -> None:
    lang, read = frame.settings.lang, found.read
    out = screen.console()
    assert read is not None
    out.print()
    if not mapped:
        said = Text("以下按推测的列计算", "what follows is counted by the columns as guessed")
        out.print(said.say(lang))
    events = sum(found.activities.values())
    totals = Text(
        f"案件 {len(read.cases)}  事件 {events}  忽略 {read.ignored}  不可读 {len(read.unreadable)}",
        f"cases {len(read.cases)}  events {events}  ignored {read.ignored}  unreadable {len(read.unreadable)}",
    )
    out.print(totals.say(lang), style="bold")
    if found.span is not None:
        lo, hi = (_said(instant, found) for instant in found.span)
        out.print(Text(f"从 {lo} 到 {hi}", f"from {lo} to {hi}").say(lang))
    for zone, count in sorted(found.zones.items()):
        if not zone:
            text = Text(f"{count} 个时间自带时区", f"{count} times give their offset")
        elif zone == FLOATING:
            text = Text(f"{count} 个时间没有时区,按钟面计", f"{count} times have no zone and count as they stand")
        else:
            text = Text(f"{count} 个时间按 {zone} 读", f"{count} times are read in {zone}")
        out.print(text.say(lang))
    doubts = (
        (found.ties, "个事件与同案另一事件同一时刻", "events at the very instant of another of their case"),
        (found.backward, "个事件在文件中排在同案更晚的事件之后", "events stand behind a later one of their case"),
        (found.split, "个案件分在几条轨迹中,按一案计", "cases stand in several traces and count as one"),
        (read.duplicates, "行重复", "rows that are there before"),
    )
    for count, zh, en in doubts:
        if count:
            out.print(Text(f"{count} {zh}", f"{count} {en}").say(lang))
    out.print()
    most = found.activities.most_common(None if frame.settings.verbose else ACTIVITIES)
    mark = Text("映射中没有", "not in the map").say(lang)
    screen.table(
        (Text("活动", "activity"), screen.Column("次数", "count", whole=True), Text("说明", "remark")),
        [[word, str(count), mark if word in found.unknown else ""] for word, count in most],
    )
    if len(most) < len(found.activities):
        rest = len(found.activities) - len(most)
        out.print(Text(f"另有 {rest} 种(加 -v 全部列出)", f"{rest} more (-v lists all)").say(lang))


def _said(instant: datetime, found: Survey) -> str:
    """An instant in UTC; where no time has a zone, the clock face."""
    return f"{instant:%Y-%m-%d %H:%M:%S}" if set(found.zones) == {FLOATING} else stamp(instant)


def _file(found: Survey) -> list[Text]:
    base, said = found.base, []
    if base.object_type is not None:
        said.append(Text(f"对象类型 {base.object_type}", f"object type {base.object_type}"))
    if base.sheet is not None:
        said.append(Text(f"工作表 {base.sheet}", f"sheet {base.sheet}"))
    if base.header != (1,):
        rows = "、".join(map(str, base.header))
        said.append(Text(f"标题行 {rows}", f"header in row {rows}"))
    if base.encoding != "utf-8":
        said.append(same(f"encoding {base.encoding}"))
    if base.delimiter != ",":
        said.append(Text(f"分隔符 {base.delimiter!r}", f"delimiter {base.delimiter!r}"))
    return said


def _times(column: Column) -> list[Text]:
    if not column.timed:
        if column.serial:
            return [Text(f"列 {column.name}:数字可能是 Excel 日期", f"column {column.name}: its numbers could be dates of Excel")]
        return []
    said = []
    if column.either is not None:
        said.append(
            Text(
                f"列 {column.name}:日月先后无法判断,{column.either[0]} 与 {column.either[1]} 都读得通",
                f"column {column.name}: day or month first? both {column.either[0]} and {column.either[1]} read it",
            )
        )
    elif column.span is not None:
        lo, hi = (t.isoformat(" ") for t in column.span)
        forms = ", ".join(column.formats)
        said.append(Text(f"列 {column.name}:{lo} 至 {hi};{forms}", f"column {column.name}: {lo} to {hi}; {forms}"))
    if column.offsets:
        offsets = Counter(column.offsets).most_common()
        said.append(same("  " + "  ".join(f"{_offset(o)} × {n}" for o, n in offsets)))
    bare = sum(column.kinds[k] for k in ("stamp", "date", "words"))
    if bare:
        said.append(Text(f"  没有时区的 {bare}", f"  without a zone: {bare}"))
    other = column.said - bare - column.kinds["instant"]
    if other:
        said.append(Text(f"  读不成时间的 {other}", f"  no times: {other}"))
    return said


def _offset(text: str) -> str:
    return f"UTC{text[:3]}:{text[3:5]}"


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"
