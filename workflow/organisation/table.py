"""Duty tables of an organisation file: shifts written one by one, and patterns that repeat, checked and written out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.text import Text

ReadInstant = Callable[[str], datetime]
EVERY = {"day": 1, "week": 7}
MOST_HOURS = 168
MOST_SHIFTS = 1_200
"""Of one pattern: three years of days."""
PATTERN = ("every", "at", "hours", "people")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def table_flaws(item: Mapping[str, Any]) -> Iterator[tuple[str, Text, Text | None]]:
    """What is wrong with an item of ``roster`` beyond the kinds of its fields: field, what, and what to do."""
    if "every" not in item:
        if "person" not in item:
            yield "person", Text("缺少 person(或 every 和 people)", "person is missing (or every and people)"), None
        for name in PATTERN:
            if name in item:
                yield name, Text(f"{name} 只用于重复的班次", f"{name} goes with shifts that repeat"), Text("写 every", "add 'every'")
        return
    if "person" in item:
        yield "person", Text("重复的班次写 people", "shifts that repeat name people"), None
    if item["every"] not in EVERY:
        known = Text("可用:" + "、".join(EVERY), "known: " + ", ".join(EVERY))
        yield "every", Text(f"不认识的周期 {item['every']!r}", f"unknown period {item['every']!r}"), known
    if not _TIME.match(str(item.get("at", ""))):
        yield "at", Text("写交接时刻", "the time of day at which a shift begins"), Text('例如 "08:00"', 'for example "08:00"')
    hours = item.get("hours")
    if not (type(hours) is int and 1 <= hours <= MOST_HOURS):
        yield "hours", Text(f"班次长度为 1 至 {MOST_HOURS} 小时", f"a shift lasts 1 to {MOST_HOURS} hours"), None
    if not item.get("people"):
        yield "people", Text("写轮值人员", "the people who take turns"), None
    days = [str(item[name]) for name in ("from", "until") if name in item]
    if len(days) == 2 and all(_DATE.match(day) for day in days) and item["every"] in EVERY:
        first, end = (date.fromisoformat(day) for day in days)
        if (end - first).days / EVERY[item["every"]] > MOST_SHIFTS:
            yield "until", Text(f"最多 {MOST_SHIFTS} 个班次", f"at most {MOST_SHIFTS} shifts"), Text("分成几个文件", "make several files")
        return
    for name in ("from", "until"):
        if name in item and not _DATE.match(str(item[name])):
            yield name, Text("重复的班次从某日到某日", "shifts that repeat run from a date to a date"), Text("写 2026-10-01", "2026-10-01")


def tables(items: Iterable[Mapping[str, Any]], read_instant: ReadInstant) -> Iterator[dict[str, Json]]:
    """One entry for each post that the items name, with all its shifts by when they begin."""
    found: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for item in items:
        found.setdefault(item["post"], []).extend(_shifts(item, read_instant))
    for post, shifts in found.items():
        yield {"what": "roster", "post": post, "shifts": [[p, stamp(a), stamp(b)] for a, b, p in sorted(shifts)]}


def _shifts(item: Mapping[str, Any], read_instant: ReadInstant) -> Iterator[tuple[datetime, datetime, str]]:
    if "every" not in item:
        yield read_instant(item["from"]), read_instant(item["until"]), item["person"]
        return
    step, length = timedelta(days=EVERY[item["every"]]), timedelta(hours=item["hours"])
    begin = datetime.fromisoformat(f"{item['from']} {item['at']}")
    people = item["people"]
    for i in range(-((begin.date() - date.fromisoformat(str(item["until"]))) // step)):
        start = begin + i * step
        # by the clock on the wall, so that one shift ends where the next begins also when the clocks change
        yield read_instant(f"{start:%Y-%m-%d %H:%M}"), read_instant(f"{start + length:%Y-%m-%d %H:%M}"), people[i % len(people)]
