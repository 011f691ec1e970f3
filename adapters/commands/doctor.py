"""``duban doctor``: whether this machine can be trusted with deadlines."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from typing import Any

import typer

from adapters import checkup, host
from adapters.calendars import shipped
from adapters.checkup import Check
from adapters.commands import almanac, frame, place, screen
from adapters.commands.org import in_use
from adapters.vitals import last_day
from workflow.errors import DubanError
from workflow.text import Text, same


def doctor() -> None:
    """检查本机和存储:时区、时钟、日历、磁盘、数据库、值守 / this machine and its store: zone, clock, calendar, disk, database, watch"""
    checks, lang = list(_checks()), frame.settings.lang
    rows = [["✓" if c.ok else "✗", c.title.say(lang), c.value.say(lang), c.todo.say(lang) if c.todo is not None else ""] for c in checks]
    document: Any = [{"check": c.title.en, "value": row[2], "ok": c.ok, "todo": row[3]} for c, row in zip(checks, rows, strict=True)]
    headings = (Text("", ""), Text("检查", "check"), Text("结果", "result"), Text("怎么办", "what to do"))
    screen.emit(document, lambda: screen.table(headings, rows))
    if not all(c.ok for c in checks):
        raise typer.Exit(frame.EXIT_FINDINGS)


def _checks() -> Iterator[Check]:
    now = host.clock().now()
    yield Check(Text("Python", "Python"), same(platform.python_version()), sys.version_info >= (3, 11))
    zone = host.tz()
    todo = Text("安装系统的 tzdata", "install tzdata of the system")
    yield Check(Text("时区数据库", "time-zone database"), same(zone), zone != "unknown", todo if zone == "unknown" else None)
    found = _almanac()
    last = last_day(found.calendar)
    if last is not None:
        yield checkup.calendar(last, found.source, now.date())
    file = place.file()
    if file is not None:  # the disk of a server is not ours to see
        yield checkup.disk(file)
    yield checkup.terminal()
    yield checkup.settings(frame.configuration().cautions())
    yield from _store()


def _almanac() -> almanac.Almanac:
    """A store that cannot be read has a check of its own."""
    try:
        return almanac.find()
    except DubanError:
        return almanac.Almanac(shipped(), "")


def _store() -> Iterator[Check]:
    title, name = Text("数据库", "database"), place.name()
    if not place.made():
        yield Check(title, Text(f"{name} 尚未建立", f"{name} is not made yet"), True, same("duban init"))
        return
    try:
        with frame.engine() as engine:
            with engine.store.read() as view:
                told = f"{name} · {view.meta()['algorithm']} · {len(view.cases())}"
            more = list(checkup.of_store(engine, in_use(engine)))
    except DubanError as error:
        yield Check(title, error.message, False, error.hint)
        return
    yield Check(title, same(told), True)
    yield from more
