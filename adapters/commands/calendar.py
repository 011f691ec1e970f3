"""``duban calendar``: compute a due date, look at a year, import a notice."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast
from zoneinfo import ZoneInfo

import typer

from adapters.calendars import read_document
from adapters.commands import almanac, frame, screen
from workflow import term as terms
from workflow.calendar import Calendar, from_holiday_cn, named
from workflow.command import Said
from workflow.errors import BadInput, BadTerm, DubanError, NotFound
from workflow.journal.canonical import Json
from workflow.moment import parse
from workflow.organisation import Actor
from workflow.term.due import Due
from workflow.term.explain import shown
from workflow.text import Text

if TYPE_CHECKING:
    from workflow.engine import Engine
    from workflow.obligation.row import Row

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
Named = Annotated[str, typer.Option("--calendar", "-c", help="日历 / calendar: cn, or a local one that was imported")]
Local = Annotated[Path | None, typer.Option("--overlay", help="地方日历文件 / file with local days on top")]
Revision = Annotated[int, typer.Option("--revision", min=0, help="各年通知的版本,0 为最新 / revision of each year, 0: newest")]
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
    overlay: Local = None,
    revision: Revision = 0,
    batch: Annotated[Path | None, typer.Option("--batch", help="start,term 逐行,首行为表头 / lines of start,term with a header")] = None,
    tz: Zone = "Asia/Shanghai",
) -> None:
    """计算届满日并说明理由 / compute a due date and explain it"""
    zone = _zone(tz)
    if batch is not None and (start or term):
        raise BadInput(Text("START 和 TERM 与 --batch 不能并用", "give START and TERM, or --batch, not both"))
    if batch is None and not (start and term):
        raise BadInput(
            Text("写明起算和期限,或用 --batch", "give START and TERM, or --batch"),
            hint=Text('duban calendar due 2026-09-24 "10 working days"', 'duban calendar due 2026-09-24 "10 working days"'),
        )
    used = almanac.find(calendar, overlay)
    found = used.calendar.at(revision or None)
    if batch is not None:
        _batch(batch, found, zone)
        frame.say(Text("日历:", "calendar: ") + used.source)
        return
    parsed = terms.parse(term)
    if parsed.qualitative:
        raise BadTerm(Text(f"“{parsed.text.zh}”没有数字,不计算期限", f"'{parsed.text.en}' has no number; no date is invented"))
    begin = parse(start, zone).lo
    story = terms.explain(begin, parsed, found, zone)
    document: Any = {**_document(start, term, story.due, zone), "explanation": story.document(), "calendar": used.document()}

    def render() -> None:
        print(story.date_line(frame.settings.lang))
        for line in story.lines(frame.settings.lang):
            print(f"  {line}")
        print(Text("  来源  ", "  source   ").say(frame.settings.lang) + used.source.say(frame.settings.lang))

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
            for row in rows:
                number = rows.line_num
                if not row:
                    continue
                if not 2 <= len(row) <= len(header):
                    raise BadInput(
                        Text("应有 start 和 term 两项", "a line has start and term"),
                        where=f"{path}:{number}",
                        hint=Text('期限中有逗号时加引号:"5 days, roll"', 'put a term with a comma into quotes: "5 days, roll"'),
                    )
                start, text = row[0].strip(), row[1].strip()
                try:
                    parsed = known.get(text) or terms.parse(text)
                    known[text] = parsed
                    results.append(_document(start, text, terms.due(parse(start, zone).lo, parsed, calendar, zone), zone))
                except DubanError as error:
                    error.where = f"{path}:{number}"
                    raise
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(Text(f"不能读取文件:{error}", f"cannot read the file: {error}"), where=str(path)) from None
    for result in results:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, sort_keys=True) + "\n")


@app.command()
def show(
    year: Annotated[int, typer.Argument(help="年份 / year")],
    calendar: Named = "cn",
    overlay: Local = None,
    revision: Revision = 0,
) -> None:
    """查看一年的放假和调休 / days off and make-up working days of a year"""
    used = almanac.find(calendar, overlay)
    found = used.calendar.at(revision or None)
    notice = found.used.get(year)
    if notice is None:
        raise NotFound(
            Text(f"{year} 年的节假日安排未公布(或不在数据中)", f"the notice for {year} is not published, or not in the data"),
            hint=Text(
                "用 duban calendar import 导入;之前的期限为暂定", "import it with duban calendar import; until then dates are provisional"
            ),
        )
    local = [
        {"id": o.id, **{k: [d for d in cast("list[list[str]]", o.document()[k]) if d[0][:4] == str(year)] for k in ("off", "work")}}
        for o in found.overlays
    ]
    document: Any = {"calendar": found.id, **notice.document(), "overlays": local, "used": used.document()}

    def render() -> None:
        revision = Text(f"第 {notice.revision} 版", f"revision {notice.revision}").say(frame.settings.lang)
        print(f"{found.id} {year}  {revision}  {notice.issued}  {notice.ground}")
        lang = frame.settings.lang
        off, work = Text("放假", "off").say(lang), Text("调休上班", "make-up working day").say(lang)
        rows: list[list[str]] = []
        for part in (document, *local):
            rows += [[first, last if last != first else "", off, named(name).say(lang)] for first, last, name in part["off"]]
            rows += [[day, "", work, named(name).say(lang)] for day, name in part["work"]]
        screen.table((Text("自", "from"), Text("至", "to"), Text("安排", "kind"), Text("节日", "holiday")), sorted(rows))
        for source in notice.sources:
            print(source)
        print(used.source.say(frame.settings.lang))

    screen.emit(document, render)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="通知(本格式或 holiday-cn JSON)或地方日历 / notice (ours or holiday-cn JSON) or overlay")],
    ground: Annotated[str, typer.Option("--ground", help="依据 / ground")] = "",
    revision: Annotated[int, typer.Option("--revision", min=0, help="版本号,0 为文件所写或 1 / revision number, 0: of the file, or 1")] = 0,
    issued: Annotated[str, typer.Option("--issued", help="发布日期 / issue date")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看哪些期限会移动 / only show which dates move")] = False,
) -> None:
    """导入一年的通知或地方日历,重算受影响的未到期期限 / import a notice or local days and recompute the open dates they change"""
    documents = notices_of(file, revision, issued)
    with frame.engine(create=True, dry_run=dry_run) as engine:
        new, years = with_documents(engine.calendar, documents, str(file))
        said = ground or _ground(documents) or file.name
        found = engine.import_calendar(new, Said(actor=Actor("engine")), said, write=not dry_run)
        moves = [_move(engine, case, before, after) for case, before, after in found]
    _report(new, years, moves, dry_run=dry_run)


def notices_of(file: Path, revision: int, issued: str) -> list[Mapping[str, Any]]:
    """The notices of a file, or its one overlay; data of holiday-cn become ours."""
    content = read_document(file)
    found: list[Mapping[str, Any]] = []
    for document in content if isinstance(content, list) else [content]:
        if not isinstance(document, dict):
            raise BadInput(Text("不是日历文件", "this is not a calendar document"), where=str(file))
        if "overlay" in document or ("year" not in document and "id" in document):
            found.append(document)
        elif "off" in document:
            said = {"revision": revision} if revision else {}
            found.append({"revision": 1, **document, **said, **({"issued": issued} if issued else {})})
        else:
            try:
                found.append(from_holiday_cn(document, revision or 1, issued))
            except BadInput as error:
                error.where = str(file)
                raise
    if not found or (len(found) > 1 and any("year" not in d for d in found)):
        raise BadInput(Text("一个文件是一份或几份通知,或一份地方日历", "a file is one notice or several, or one overlay"), where=str(file))
    return found


def with_documents(calendar: Calendar, documents: Sequence[Mapping[str, Any]], where: str) -> tuple[Calendar, list[int]]:
    try:
        for document in documents:
            calendar = calendar.with_notice(document) if "year" in document else calendar.under(()).with_overlay(document)
    except DubanError as error:
        error.where = where
        raise
    return calendar, sorted({int(d["year"]) for d in documents if "year" in d})


def _ground(documents: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(dict.fromkeys(str(d["ground"]) for d in documents if d.get("ground")))


def _move(engine: Engine, case: str, before: Row, after: Row) -> dict[str, Json]:
    """One date that changes, in the zone in which its procedure counts; one that only becomes firm keeps its instant."""
    zone = engine.world(engine.case(case)).rules.zone

    def told(due: Due | None) -> Json:
        return due.instant.astimezone(zone).isoformat() if due is not None else None

    def said(due: Due | None) -> str:
        if due is None:
            return "—"
        provisional = Text("(暂定)", " (provisional)").say(frame.settings.lang) if due.provisional else ""
        return shown(due, zone, frame.settings.lang) + provisional

    title = after.duty.title.say(frame.settings.lang)
    line = f"{case}  {title} {after.key}: {said(before.due)} → {said(after.due)}"
    firm = before.due is not None and before.due.provisional and after.due is not None and not after.due.provisional
    return {"case": case, "row": after.key, "old": told(before.due), "new": told(after.due), "line": line, "firm": firm}


def _report(calendar: Calendar, years: list[int], moves: list[dict[str, Json]], *, dry_run: bool) -> None:
    moved = [m for m in moves if m["old"] != m["new"]]
    confirmed = [m for m in moves if m["old"] == m["new"] and m["firm"]]
    lines = [str(m["line"]) for m in moves if m in moved or m in confirmed]
    told = ("case", "row", "old", "new")
    result: dict[str, Json] = {
        "calendar": calendar.digest,
        "id": calendar.id,
        "years": list(years),
        "moved": [{k: m[k] for k in told} for m in moved],
        "confirmed": [{k: m[k] for k in told} for m in confirmed],
        "dry_run": dry_run,
    }

    def render() -> None:
        for line in lines:
            print(line)
        rehearsed = Text("(试算)", "(dry run) ") if dry_run else Text("", "")
        frame.say(rehearsed + Text(f"{len(moved)} 个期限移动", f"{len(moved)} date(s) moved"))
        if confirmed:
            frame.say(Text(f"{len(confirmed)} 个暂定期限成为确定", f"{len(confirmed)} provisional date(s) became firm"))

    screen.emit(result, render)
