"""``duban audit case``: one case as an inspector needs it, as of an instant."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from adapters.commands import frame, screen
from adapters.documents import provenance
from adapters.documents.inspection import Section, sections
from adapters.inspected import of_journal, of_log
from workflow.errors import BadInput
from workflow.inspection import Course, Source, inspect
from workflow.journal.canonical import Json
from workflow.moment import parse, utc
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = timedelta(days=365)
PREPARATION = ("contingency-plan", "drill", "exchange", "screening")
"""Procedures that prepare a unit and are no recurring duty by themselves: looked at as ``duban trace`` does."""

Case = Annotated[str, typer.Argument(help="案件编号 / case id")]
AsOf = Annotated[str, typer.Option("--as-of", help="截至 / as of this instant (default: the end of the record)")]
Bundle = Annotated[Path | None, typer.Option("--bundle", help="卷宗或导出,不需要库 / a bundle or an export instead of the store")]
Log = Annotated[Path | None, typer.Option("--log", help="事件日志 / an event log instead of the store")]
Map = Annotated[Path | None, typer.Option("--map", help="日志映射 / log map")]
Definitions = Annotated[
    list[Path], typer.Option("--definition", "-d", help="日志用的定义文件 / definition files for a log (default: shipped)")
]


def case_(
    case: Case,
    as_of: AsOf = "",
    bundle: Bundle = None,
    log: Log = None,
    map_file: Map = None,
    definition: Definitions = [],
    since: Annotated[str, typer.Option("--since", help="经常性义务从哪天查起 / standing duties from this day on (default: a year)")] = "",
) -> None:
    """一个案件截至某时:谁何时知道什么、各项义务、责任倒查 / one case as of an instant, for an inspector"""
    document = inspected(case, as_of, bundle, log, map_file, definition, since)
    screen.emit(document, lambda: render(document))


def inspected(
    case: str, as_of: str, bundle: Path | None, log: Path | None, map_file: Path | None, definition: list[Path], since: str = ""
) -> dict[str, Json]:
    """The inspection of a case of the store, of a bundle or of a log."""
    if log is not None and bundle is not None:
        raise BadInput(Text("--log 与 --bundle 不能并用", "--log and --bundle exclude each other"))
    if (log is None) != (map_file is None):
        raise BadInput(Text("--log 与 --map 须一起给出", "--log and --map go together"))
    if definition and log is None:
        raise BadInput(Text("--definition 只用于 --log", "--definition is for --log"))
    if log is not None and map_file is not None:
        course, source = _log(case, log, map_file, definition, as_of)
    else:
        course, source = _journal(case, bundle, as_of)
    zone = course.then.world.rules.zone
    first = parse(since, zone).lo if since else course.then.case.opened.happened.lo - YEAR
    return inspect(course, source, first, PREPARATION)


def _journal(case: str, bundle: Path | None, as_of: str) -> tuple[Course, Source]:
    from adapters.commands import place
    from adapters.journaled import of_bundle, of_store

    if bundle is not None:
        found = of_bundle(bundle)
        assert found.as_of is not None
        at = parse(as_of, ZONE).hi if as_of else found.as_of
        return of_journal(found, case, at, found.as_of, lambda _, __: None), Source("journal")
    with frame.examined() as engine:
        now = utc(engine.clock.now())
        at = parse(as_of, ZONE).hi if as_of else now
        with engine.store.read() as view:
            found = of_store(view, place.name())

        def text(name: str, n: int) -> str | None:
            written = engine.private(name, n).get("text")
            return str(written) if written is not None else None

        return of_journal(found, case, at, now, text), Source("journal")


def _log(case: str, log: Path, map_file: Path, definition: list[Path], as_of: str) -> tuple[Course, Source]:
    from adapters.eventlog import load_map, read_log
    from adapters.law import calendar_of, must_fit, versions_of

    log_map = load_map(map_file)
    versions = versions_of(log_map, definition, map_file)
    read = read_log(log, log_map)
    names = dict.fromkeys(event.name for _, events in read.cases for event in events) if read.foreign else ()
    must_fit(list(names), log, log_map)
    if read.last is None:
        raise BadInput(Text("日志中没有事件", "there is no event in the log"), where=log.name)
    at = parse(as_of, log_map.clock or versions[0].zone).hi if as_of else read.last
    course = of_log(read, case, log_map, versions, calendar_of(versions), at, read.last)
    if read.unreadable:
        said = f"{len(read.unreadable)} 行无法读取,不在其中", f"{len(read.unreadable)} row(s) could not be read and are not in it"
        frame.say(Text(*said))
    found: dict[str, Json] = {
        "files": [provenance.file("log", log), provenance.file("map", map_file)],
        "zone": log_map.zone.model_dump(exclude_defaults=True) if log_map.zone is not None else None,
        "trust": log_map.trust,
        "unreadable": len(read.unreadable),
    }
    return course, Source("log", found)


def render(document: dict[str, Json]) -> None:
    lang = frame.settings.lang
    out = screen.console()
    found: Any = document
    for section in sections(found, lang):
        heading = section.heading.say(lang)
        if heading:
            out.print()
            out.print(heading, style="bold")
        for line in section.lines:
            out.print(line, soft_wrap=not sys.stdout.isatty())
        if section.rows:
            _table(section)


def _table(section: Section) -> None:
    columns = [screen.Column(c.heading.zh, c.heading.en) for c in section.columns]
    screen.table(columns, [[str(cell) for cell in row] for row in section.rows])
