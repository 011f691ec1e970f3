"""``duban replay``: an event log, a journal export, or the store itself, under the rules in force."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.commands import frame, place, screen, summary
from adapters.commands.alternative import Alternative
from adapters.documents import provenance
from adapters.documents.rendering import Files
from adapters.documents.wanted import Wanted, documented
from adapters.eventlog import Unreadable
from adapters.journaled import Record, record_of_bundle, record_of_store
from adapters.journalsource import Journal
from adapters.logsource import opened, read_rows
from adapters.partition import Engine
from adapters.work import Work, parts_only
from workflow.errors import BadInput, Drift, IntegrityError, UnreadableRows
from workflow.journal.canonical import Json, canonical, digest
from workflow.journal.chain import Finding
from workflow.journal.checkpoint import Held
from workflow.moment import parse, utc
from workflow.organisation import Organisation
from workflow.otherwise import compared
from workflow.replay import Report
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
PROCESSES, DASK = "processes", "dask"
MOST = 20
"""Unreadable rows that are named unless all are asked for."""
REPLAYING = Text("回放", "replaying")


@dataclass(frozen=True)
class Effort:
    """How a log or a journal is replayed; the report is the same."""

    jobs: int
    counts: bool
    name: str
    scheduler: str
    work: Work | None = None

    def __post_init__(self) -> None:
        if self.name not in (PROCESSES, DASK):
            raise BadInput(
                Text(f"没有 {self.name!r};可用 processes、dask", f"there is no engine {self.name!r}: processes, dask"), where="--engine"
            )
        if self.scheduler and self.name != DASK:
            raise BadInput(Text("--scheduler 用于 --engine dask", "--scheduler goes with --engine dask"))

    def engine(self, shares: int, progress: Callable[[int], None]) -> Engine:
        from adapters import partition

        if self.name == DASK:
            from adapters.cluster import dask

            return dask(self.scheduler, self.jobs)
        return partition.processes(self.jobs) if self.jobs > 1 and shares > 1 else partition.serial(progress if shares == 1 else None)


def replay(
    bundle: Annotated[Path | None, typer.Argument(help="日志导出 / journal export (duban audit export)")] = None,
    log: Annotated[Path | None, typer.Option("--log", help="事件日志 / event log")] = None,
    map_file: Annotated[Path | None, typer.Option("--map", help="日志映射 / log map")] = None,
    definition: Annotated[list[Path], typer.Option("--definition", "-d", help="定义文件 / definition files (default: shipped)")] = [],
    as_of: Annotated[str, typer.Option("--as-of", help="截至 / as of this instant")] = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="用几个进程 / on so many processes")] = 1,
    counts: Annotated[bool, typer.Option("--counts", help="只计数,不出摘要 / totals alone, without a digest")] = False,
    engine: Annotated[str, typer.Option("--engine", help="processes 或 dask / or a Dask cluster")] = PROCESSES,
    scheduler: Annotated[str, typer.Option("--scheduler", help="Dask 调度器地址 / address of a Dask scheduler")] = "",
    work: Annotated[Path | None, typer.Option("--work", help="保存已完成的部分 / keeps finished parts for the next run")] = None,
    day: Annotated[str, typer.Option("--rules-of", help="对照:另一日施行的规则 / compare: the rules in force on this day")] = "",
    definitions: Annotated[list[Path], typer.Option("--what-if-definition", help="对照:假设的定义 / compare: under this definition")] = [],
    calendar: Annotated[Path | None, typer.Option("--what-if-calendar", help="对照:假设的日历 / compare: with this calendar file")] = None,
    as_known: Annotated[str, typer.Option("--as-known", help="对照:当时所知,或 now / compare: what was known by then, or now")] = "",
    report_file: Annotated[Path | None, typer.Option("--report", help="完整报告 / the whole report, canonical JSON")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="网页报告 / the report as a page")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Excel 台账 / the report as an Excel workbook")] = None,
    docx: Annotated[Path | None, typer.Option("--docx", help="Word 报告 / the report as a Word document")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="CSV 文件夹 / the report as CSV files in this folder")] = None,
    checkpoint: Annotated[str, typer.Option("--checkpoint", help="日志须与之相符的检查点 / a checkpoint that the journal must fit")] = "",
    key: Annotated[Path | None, typer.Option("--key", help="核验检查点签名的公钥文件 / public key that signed the checkpoint")] = None,
) -> None:
    """回放日志、日志导出或本库 / replay a log, a journal export or the store"""
    unread: list[Unreadable] = []
    other = Alternative(day, definitions, calendar, as_known)
    effort = Effort(jobs, counts, engine, scheduler)
    if work is not None and log is None:
        raise parts_only()
    if counts and (log is None or report_file is not None or Files(html, xlsx, docx, csv).any):
        raise BadInput(Text("--counts 只给日志的总数,没有报告文件", "--counts gives the totals of a log (--log) and no files of a report"))
    keeping = Work(work) if work is not None else nullcontext()
    with keeping as kept, documented(report_file, Files(html, xlsx, docx, csv), frame.settings.lang) as wanted:
        if log is not None:
            if map_file is None:
                raise BadInput(Text("--log 需要 --map", "--log needs --map"))
            if checkpoint or key is not None:
                raise BadInput(Text("检查点是日志的,不是事件日志的", "a checkpoint is of a journal, not of an event log"))
            report, unread = _log(log, map_file, definition, as_of, replace(effort, work=kept), wanted, other)
        elif bundle is not None:
            report = _bundle(bundle, as_of, checkpoint, key, effort, wanted, other)
        else:
            report = _store(as_of, checkpoint, key, effort, wanted, other)
        wanted.read([("what_if_definition", f) for f in definitions] + ([("what_if_calendar", calendar)] if calendar else []))
        written = wanted.write(report)
    document = report.document()
    screen.emit(document, lambda: summary.show(document))
    for path, found in written:
        frame.say(Text(f"已写入 {path}  {found}", f"written: {path}  {found}"))
    if unread and log is not None:
        raise _unreadable(unread, log)
    if report.unverifiable:
        case, first = next(iter(sorted(report.unverifiable.items())))
        raise IntegrityError(
            Text(
                f"{len(report.unverifiable)} 个案件的记录受损,未作评判:{case}({first})",
                f"the record of {len(report.unverifiable)} case(s) does not hold; they were not judged: {case} ({first})",
            ),
            hint=Text("用 duban audit verify 核验", "see duban audit verify"),
        )
    if report.deviations["drift"]:
        raise Drift(
            Text(f"{report.deviations['drift']} 条记录的期限重算后不同", f"{report.deviations['drift']} entries have other due dates now"),
            hint=Text("引擎版本不同,或日历、定义与记录不符", "another version of the engine, or calendars or definitions that do not fit"),
        )


def _unreadable(rows: Sequence[Unreadable], log: Path) -> UnreadableRows:
    """The finding that closes a report of which not every row was read; each row is named, the first twenty unless ``-v`` asks for all."""
    shown = rows if frame.settings.verbose else rows[:MOST]
    for row in shown:
        reason = row.reason
        frame.say(row.place.say() + Text(f"无法读取:{reason.zh}", f" cannot be read: {reason.en}"))
    return UnreadableRows(
        Text(f"{len(rows)} 行无法读取,已计入 unreadable", f"{len(rows)} row(s) could not be read and are counted as unreadable"),
        where=log.name,
        hint=Text("加 -v 列出全部行号", "repeat with -v to list every row") if len(shown) < len(rows) else None,
    )


def _journal(
    found: Record, journal: Journal, until: datetime, told: Mapping[str, Json], effort: Effort, wanted: Wanted, other: Alternative
) -> Report:
    """Replay the cases whose record holds; the others are listed as unverifiable."""
    from adapters.journalsource import Pinned, shares
    from adapters.partition import replayed

    otherwise = other.of_journal(found.rules, found.calendars, ZONE)
    there = found.organisation(otherwise.as_of) if otherwise is not None and otherwise.as_of is not None else None
    law = Pinned(found.rules, found.calendars, found.organisation(until), until, otherwise, there)
    parts = shares(found, journal, effort.jobs)
    with progress_bar() as progress:
        bar = advance(progress, progress.add_task(REPLAYING.say(frame.settings.lang), total=len(found.heads)))
        done = replayed(parts, law, wanted.folder, effort.engine(len(parts), bar), bar)
    report = done.report
    if done.comparison is not None:
        compared(report, done.comparison)
    for case, findings in found.broken.items():
        report.refuse(case, findings, found.entries[case])
    report.check_cases(len(found.heads) + len(found.broken))
    wanted.provenance = {
        **provenance.program(),
        **told,
        "journal": provenance.journal(found, len(report.unverifiable)),
        "calendars": provenance.calendars(found.calendars.values()),
    }
    wanted.take(found.rules.values(), done.files, done.verdicts, done.records)
    wanted.refuse(found.broken)
    return report


def _held(checkpoint: str, key: Path | None) -> tuple[Held | None, str | None, list[Finding]]:
    """What the journal is to be compared with, what there is to say of its signature, and what is wrong with that."""
    if not checkpoint and key is None:
        return None, None, []
    from adapters.commands.held import held, signature

    point = held(checkpoint)
    return (point, *signature(point, [] if key is None else [key]))


def _bundle(bundle: Path, as_of: str, checkpoint: str, key: Path | None, effort: Effort, wanted: Wanted, other: Alternative) -> Report:
    from adapters.journalsource import InBundle

    point, signature, wrong = _held(checkpoint, key)
    found, places = record_of_bundle(bundle, point, wrong)
    until = parse(as_of, ZONE).hi if as_of else found.as_of
    assert until is not None
    told: dict[str, Json] = {
        "checkpoint": provenance.checkpoint(point, checkpoint, signature),
        "as_of_from": "given" if as_of else "export",
    }
    if wanted.folder is not None:
        told["files"] = list[Json](provenance.folder("bundle", bundle))
    return _journal(found, InBundle(bundle, places), until, told, effort, wanted, other)


def _log(
    log: Path, map_file: Path, files: list[Path], as_of: str, effort: Effort, wanted: Wanted, other: Alternative
) -> tuple[Report, list[Unreadable]]:
    from adapters.eventlog import load_map
    from adapters.law import Law, calendar_of, must_fit, versions_of
    from adapters.partition import replayed

    log_map = load_map(map_file)
    versions = versions_of(log_map, files, map_file)
    if wanted.folder is not None:
        definitions = [provenance.file("definition", f) for f in files]
        wanted.provenance = {
            **provenance.program(),
            "files": [*_files(log), provenance.file("map", map_file), *definitions],
            "calendars": provenance.calendars([calendar_of(versions)]),
            "organisation": digest(canonical(Organisation().document())),
            "as_of_from": "given" if as_of else "last",
        }
    with progress_bar() as progress:
        reading = progress.add_task(Text("读取", "reading").say(frame.settings.lang), total=None)
        if other.asked:
            source = read_rows(log, log_map, advance(progress, reading))  # both sides look at the same acts
        else:
            source = opened(log, log_map, versions, advance(progress, reading))
        must_fit(source.foreign, log, log_map)
        progress.update(reading, total=source.read, completed=source.read)
        gc.freeze()  # what was read stays to the end: looking through it again and again would cost a tenth of the time
        zone = log_map.clock or versions[0].zone
        until = parse(as_of, zone).hi if as_of else source.last()
        law = Law(log_map, versions, calendar_of(versions), until, other.of_log(versions, calendar_of(versions), zone))
        shares = source.counts() if effort.counts else source.shares(effort.jobs)
        folding = progress.add_task(REPLAYING.say(frame.settings.lang), total=sum(share.size for share in shares))
        bar = advance(progress, folding)
        with tempfile.TemporaryDirectory(prefix="duban-") as spill:
            place = Path(spill) if log.is_dir() else None
            found = replayed(shares, law, wanted.folder, effort.engine(len(shares), bar), bar, effort.work, place)
            if place is not None:
                found.report.settle()
        found.report.events.update(read=source.read, ignored=source.ignored, unreadable=len(source.unreadable))
        if found.comparison is not None:
            compared(found.report, found.comparison)
        wanted.take(versions, found.files, found.verdicts, found.records)
        wanted.unreadable = [(str(row.place), row.reason) for row in [*source.unreadable, *found.unreadable]]
        progress.update(folding, completed=sum(share.size for share in shares))
    for note in source.notes:
        frame.say(note)
    if source.notes and wanted.folder is not None:
        wanted.provenance = {**wanted.provenance, "notes": [{"zh": note.zh, "en": note.en} for note in source.notes]}
    return found.report, [*source.unreadable, *found.unreadable]


def _files(log: Path) -> list[dict[str, Json]]:
    """The files of a log; of one that was converted, also what it was converted from."""
    from adapters.eventlog.packed import starts_with
    from adapters.eventlog.parquetlog import MAGIC, converted
    from adapters.eventlog.split import parts_in

    found: list[dict[str, Json]] = []
    for path in parts_in(log) if log.is_dir() else [log]:
        about = converted(path) if starts_with(path, MAGIC) else None
        source: dict[str, Json] = {"name": about.source.name, "sha256": about.source.sha256} if about is not None else {}
        found.append({**provenance.file("log", path), **({"converted_from": source} if source else {})})
    return found


def advance(progress: Progress, task: Any) -> Callable[[int], None]:
    return lambda done: progress.update(task, completed=done)


def progress_bar() -> Progress:
    from rich.console import Console

    hidden = frame.settings.quiet or not sys.stderr.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), disable=hidden, transient=True)


def _store(as_of: str, checkpoint: str, key: Path | None, effort: Effort, wanted: Wanted, other: Alternative) -> Report:
    from adapters.journalsource import InStore

    point, signature, wrong = _held(checkpoint, key)
    with frame.examined() as engine:
        until = parse(as_of, ZONE).hi if as_of else utc(engine.clock.now())
        with engine.store.read() as view:
            found = record_of_store(view, place.name(), point, wrong)
    told: dict[str, Json] = {
        "checkpoint": provenance.checkpoint(point, checkpoint, signature),
        "as_of_from": "given" if as_of else "now",
    }
    return _journal(found, InStore(frame.looked_at()), until, told, effort, wanted, other)
