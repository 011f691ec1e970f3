"""``duban doctor``: whether this machine can be trusted with deadlines."""

from __future__ import annotations

import platform
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import typer

from adapters import host
from adapters.calendars import shipped
from adapters.commands import almanac, frame, place, screen
from adapters.commands.org import in_use
from workflow.errors import DubanError
from workflow.frequency import unset
from workflow.owners import unowned
from workflow.text import Text, same

WANTED_DAYS = 90
WANTED_BYTES = 500_000_000


def doctor() -> None:
    """检查本机:时区数据、日历、磁盘、编码、数据库 / zone data, calendar, disk, encoding, database"""
    now = host.clock().now()
    checks: list[tuple[Text, str, bool]] = []
    checks.append((Text("Python", "Python"), platform.python_version(), sys.version_info >= (3, 11)))
    zone = host.tz()
    checks.append((Text("时区数据库", "time-zone database"), zone, zone != "unknown"))
    last, source = _calendar()
    left = (last - now.date()).days
    told = f"{left} ({last}) · {source.say(frame.settings.lang)}"
    checks.append((Text("已公布日历剩余天数", "days of published calendar left"), told, left >= WANTED_DAYS))
    file = place.file()
    if file is not None:  # the disk of a server is not ours to see
        free = _free(file)
        checks.append((Text("磁盘空间", "disk space"), f"{free // 1_000_000} MB", free >= WANTED_BYTES))
    encoding = (sys.stdout.encoding or "").lower()
    checks.append((Text("终端编码", "terminal encoding"), encoding, encoding.replace("-", "") in ("utf8", "gb18030")))
    checks.append(_store())
    checks.extend(_owners())
    checks.extend(_frequencies())
    document: Any = [{"check": t.en, "value": v, "ok": ok} for t, v, ok in checks]
    lang = frame.settings.lang
    rows = [["✓" if ok else "✗", t.say(lang), v] for t, v, ok in checks]
    screen.emit(document, lambda: screen.table((Text("", ""), Text("检查", "check"), Text("结果", "result")), rows))
    if left < WANTED_DAYS:
        frame.say(
            Text(
                f"{last + timedelta(days=1)} 起的工作日期限为暂定;通知公布后用 duban calendar import 导入",
                f"working-day dates from {last + timedelta(days=1)} are provisional; import the notice when it is published",
            )
        )
    if not all(ok for _, _, ok in checks):
        raise typer.Exit(frame.EXIT_FINDINGS)


def _calendar() -> tuple[date, Text]:
    """The last day up to which every year is published, and in which calendar; a store that cannot be read has a check of its own."""
    try:
        found = almanac.find()
    except DubanError:
        found = almanac.Almanac(shipped(), "")
    used = found.calendar.used
    year = min(used)
    while year + 1 in used:
        year += 1
    return date(year, 12, 31), found.source


def _free(path: Path) -> int:
    """Bytes free where the file lies or would lie."""
    folder = next(p for p in path.resolve().parents if p.is_dir())
    return shutil.disk_usage(folder).free


def _store() -> tuple[Text, str, bool]:
    title = Text("数据库", "database")
    if not place.made():
        return title, Text(f"{place.name()} 尚未建立", f"{place.name()} is not made yet").say(frame.settings.lang), True
    try:
        with frame.engine() as engine, engine.store.read() as view:
            return title, f"{place.name()} · {view.meta()['algorithm']} · {len(view.cases())}", True
    except DubanError as error:
        return title, error.message.say(frame.settings.lang), False


def _owners() -> list[tuple[Text, str, bool]]:
    """Whether every duty of the procedures in use has a post that owes it (A17); nothing where there is no organisation to ask."""
    if not place.made():
        return []
    try:
        with frame.engine() as engine:
            organisation, now = engine.organisation(), engine.clock.now()
            missing = list(unowned(organisation, in_use(engine), now)) if not organisation.is_empty else None
    except DubanError:
        return []  # a store that cannot be read has a check of its own
    if missing is None:
        return []
    told = "; ".join((organisation.called(g.unit) + same(" ") + g.label).say(frame.settings.lang).strip() for g in missing)
    return [(Text("无责任主体的职责", "duties without an owner"), f"{len(missing)} {told}".rstrip(), not missing)]


def _frequencies() -> list[tuple[Text, str, bool]]:
    """Recurring duties of which nothing falls due, because the unit has not set how often: no fault, but to be seen."""
    if not place.made():
        return []
    try:
        with frame.engine() as engine:
            organisation = engine.organisation()
            missing = list(unset(organisation, engine.definitions(), engine.clock.now()))
    except DubanError:
        return []  # a store that cannot be read has a check of its own
    told = "; ".join((organisation.called(g.unit) + same(" ") + g.label).say(frame.settings.lang) for g in missing)
    return [(Text("未设定频次的周期性职责", "recurring duties without a frequency"), f"{len(missing)} {told}".rstrip(), True)]
