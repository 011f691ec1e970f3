"""Whether a comparison in a condition can be asked of a fact at all: ``{handling: no_such_choice}`` never holds, and nobody sees why."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from workflow.errors import BadInput
from workflow.procedure.condition import Compare
from workflow.procedure.fact import FREE, HINTS, read_value
from workflow.procedure.model import Fact
from workflow.text import Text

_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}\Z")
_FULL_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})\Z")
_UNORDERED = ("is", "is_not", "in")
_UTC = ZoneInfo("UTC")


def misfits(test: Compare, fact: Fact) -> Iterator[tuple[Text, Text | None]]:
    """What is wrong with a comparison, and what to do."""
    if test.operator == "known":
        return
    if fact.type in FREE:
        yield (
            Text(f"{test.fact} 的内容可能被销毁,条件不能比较", f"{test.fact} may be erased: a condition cannot compare it"),
            Text("只能问 {known: yes},见 S9.3", "it can only ask {known: yes}, see S9.3"),
        )
        return
    if test.operator not in _UNORDERED and fact.type in ("choice", "yes_no"):
        yield (
            Text(f"{test.fact} 没有大小,不能用 {test.operator}", f"{test.fact} has no order: '{test.operator}' cannot be asked"),
            Text("用 is、is_not 或列表", "use is, is_not or a list"),
        )
        return
    for value in test.value if isinstance(test.value, tuple) else (test.value,):
        if not _fits(fact, value):
            yield Text(f"{test.fact} 不可能是 {value}", f"{test.fact} cannot be {value}"), _hint(fact, str(value))


def _fits(fact: Fact, value: object) -> bool:
    if fact.type == "choice":
        return value in fact.of
    if fact.type == "date":
        return isinstance(value, str) and len(value) == 10 and is_day(value)
    if fact.type == "instant":
        return isinstance(value, str) and _INSTANT.match(value) is not None and _is_instant(value)
    try:
        return not isinstance(read_value("", fact.type, {}, value, _UTC), Mapping)
    except BadInput:
        return False


def _hint(fact: Fact, word: str) -> Text | None:
    if fact.type == "choice":
        meant = [k for k, label in fact.of.items() if word in (label.zh, label.en)]
        near = meant or difflib.get_close_matches(word, fact.of, n=1)
        if near:
            return Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
        return Text("可填:" + "、".join(fact.of), "one of: " + ", ".join(fact.of))
    if fact.type == "instant":
        return Text("写明偏移,如 2026-09-24T10:20:00+08:00", "give the offset: 2026-09-24T10:20:00+08:00")
    if fact.type == "yes_no":
        return Text("写 yes 或 no", "write yes or no")
    if fact.type == "date":
        return HINTS["date"]
    return Text("写一个确定的数;整数没有小数,金额最多两位", "write one exact number; an integer has no decimals, money two at most")


def is_day(text: str) -> bool:
    """A month and day that every year has, or a full date."""
    if not _MONTH_DAY.match(text) and not _FULL_DAY.match(text):
        return False
    try:
        date.fromisoformat(f"2001-{text}" if len(text) == 5 else text)
    except ValueError:
        return False
    return True


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
