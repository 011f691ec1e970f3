"""``duban calendar``: compute a due date, look at a year, import a notice."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from adapters.calendars import read_document, shipped
from adapters.commands import frame, screen
from workflow import term as terms
from workflow.calendar import Calendar, from_holiday_cn
from workflow.command import Said
from workflow.errors import BadInput, BadTerm, NotFound
from workflow.journal.canonical import Json
from workflow.moment import parse
from workflow.organisation import Actor
from workflow.term.due import Due
from workflow.text import Text

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
Named = Annotated[str, typer.Option("--calendar", "-c", help="日历 / calendar, e.g. cn or cn+inner-mongolia")]
Zone = Annotated[str, typer.Option("--tz", help="时区 / time zone")]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadInput(Text(f"未知时区 {name!r}", f"unknown time zone {name!r}")) from None


@app.command()
def due(
    start: Annotated[str, typer.Argument(help="起算:日期或时间 / date or time")] = "",
    term: Annotated[str, typer.Argument(help="期限,如 '5 working days' / term")] = "",
    calendar: Named = "cn",
    revision: Annotated[int, typer.Option("--revision", help="各年通知的版本,0 为最新 / revision of each year, 0: newest")] = 0,
    batch: Annotated[Path | None, typer.Option("--batch", help="start,term 逐行,首行为表头 / lines of start,term with a header")] = None,
    tz: Zone = "Asia/Shanghai",
) -> None:
    """计算届满日并说明理由 / compute a due date and explain it"""
    zone = _zone(tz)
    found = shipped(calendar).at(revision or None)
    if batch is not None:
        _batch(batch, found, zone)
        return
    if not start or not term:
        raise BadInput(
            Text("写明起算和期限,或用 --batch", "give START and TERM, or --batch"),
            hint=Text('duban calendar due 2026-09-24 "10 working days"', 'duban calendar due 2026-09-24 "10 working days"'),
        )
    parsed = terms.parse(term)
    if parsed.qualitative:
        raise BadTerm(Text(f"“{parsed.text.zh}”没有数字,不计算期限", f"'{parsed.text.en}' has no number; no date is invented"))
    begin = parse(start, zone).lo
    story = terms.explain(begin, parsed, found, zone)
    document: Any = {**_document(start, term, story.due, zone), "explanation": story.document()}

    def render() -> None:
        print(story.date_line(frame.settings.lang))
        for line in story.lines(frame.settings.lang):
            print(f"  {line}")

    screen.emit(document, render)


def _document(start: str, term: str, found: Due, zone: ZoneInfo) -> dict[str, Json]:
    local = found.instant.astimezone(zone)
    last = found.last_day or local.date()
    return {
        "start": start,
        "term": term,
        "due_date": last.isoformat(),
        "due": local.isoformat(),
        "provisional": found.provisional,
        "revision": found.revision,
        **(
            {"earliest": found.earliest.astimezone(zone).isoformat(), "latest": found.latest.astimezone(zone).isoformat()}
            if found.provisional
            else {}
        ),
    }


def _batch(path: Path, calendar: Calendar, zone: ZoneInfo) -> None:
    """All lines are computed before the first is printed: a bad line is refused with its number and nothing half-done is left."""
    results: list[dict[str, Json]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = [h.strip() for h in next(rows, [])]
            if header[:2] != ["start", "term"]:
                raise BadInput(Text("首行应为 start,term", "the first line must be start,term"), where=str(path))
            known: dict[str, terms.Term] = {}
            for number, row in enumerate(rows, 2):
                if not row:
                    continue
                if len(row) < 2:
                    raise BadInput(Text("应有 start 和 term 两项", "a line has start and term"), where=f"{path}:{number}")
                start, text = row[0].strip(), row[1].strip()
                try:
                    parsed = known.get(text) or terms.parse(text)
                    known[text] = parsed
                    results.append(_document(start, text, terms.due(parse(start, zone).lo, parsed, calendar, zone), zone))
                except BadInput as error:
                    error.where = f"{path}:{number}"
                    raise
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(Text(f"不能读取文件:{error}", f"cannot read the file: {error}"), where=str(path)) from None
    for result in results:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, sort_keys=True) + "\n")


@app.command()
def show(
    year: Annotated[int, typer.Argument(help="年份 / year")],
    calendar: Named = "cn",
    revision: Annotated[int, typer.Option("--revision")] = 0,
) -> None:
    """查看一年的放假和调休 / days off and make-up working days of a year"""
    found = shipped(calendar).at(revision or None)
    notice = found.used.get(year)
    if notice is None:
        raise NotFound(
            Text(f"{year} 年的节假日安排未公布(或不在数据中)", f"the notice for {year} is not published, or not in the data"),
            hint=Text(
                "用 duban calendar import 导入;之前的期限为暂定", "import it with duban calendar import; until then dates are provisional"
            ),
        )
    document: Any = {"calendar": found.id, **notice.document()}

    def render() -> None:
        revision = Text(f"第 {notice.revision} 版", f"revision {notice.revision}").say(frame.settings.lang)
        print(f"{found.id} {year}  {revision}  {notice.issued}  {notice.ground}")
        rows: list[list[str]] = [
            [str(first), str(last) if last != first else "", Text("放假", "off").say(frame.settings.lang), str(name)]
            for first, last, name in document["off"]
        ]
        rows += [
            [str(day), "", Text("调休上班", "make-up working day").say(frame.settings.lang), str(name)] for day, name in document["work"]
        ]
        screen.table((Text("自", "from"), Text("至", "to"), Text("安排", "kind"), Text("节日", "holiday")), sorted(rows))
        for source in notice.sources:
            print(source)

    screen.emit(document, render)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="通知(本格式或 holiday-cn JSON)/ notice, ours or holiday-cn JSON")],
    ground: Annotated[str, typer.Option("--ground", help="依据 / ground")] = "",
    revision: Annotated[int, typer.Option("--revision", help="版本号 / revision number")] = 1,
    issued: Annotated[str, typer.Option("--issued", help="发布日期 / issue date")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看哪些期限会移动 / only show which dates move")] = False,
) -> None:
    """导入一年的通知,重算受影响的未到期期限 / import a notice and recompute the open dates it changes"""
    content = read_document(file)
    documents = content if isinstance(content, list) else [content]
    with frame.engine(create=True, dry_run=dry_run) as engine:
        calendar = engine.calendar
        for document in documents:
            ours = (
                document
                if isinstance(document, dict) and "off" in document
                else from_holiday_cn(document if isinstance(document, dict) else {}, revision, issued)
            )
            calendar = calendar.with_notice(ours)
        new = calendar.digest
        said = Said(actor=Actor("engine"))
        moved: list[Json] = []
        for case, before, after in engine.import_calendar(calendar, said, ground or file.name, write=not dry_run):
            moved.append({"case": case, "row": before.key, "old": _shown(before.due), "new": _shown(after.due)})
    years = sorted({int(d["year"]) for d in documents if isinstance(d, dict) and "year" in d})
    result: dict[str, Json] = {"calendar": new, "years": years, "moved": moved, "dry_run": dry_run}

    def render() -> None:
        for item in moved:
            assert isinstance(item, dict)
            print(f"{item['case']} {item['row']}: {item['old']} → {item['new']}")
        frame.say(Text(f"{len(moved)} 个期限移动", f"{len(moved)} date(s) moved"))

    screen.emit(result, render)


def _shown(found: Due | None) -> str:
    return found.instant.isoformat() if found is not None else ""
