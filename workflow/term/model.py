"""Periods of time as law states them: the grammar, and the frozen terms that it is read into.

``AMOUNT UNIT [roll] [cutoff HH:MM]`` in English or Chinese (SEMANTICS S2.2), and mappings for what one amount cannot say. The units follow
民法典 art. 200–204: hours run from the instant; days exclude the start day and end at 24:00; months and years end on the corresponding day
or the month's last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from unicodedata import normalize

from workflow.errors import BadTerm
from workflow.text import Text

CLOCK_UNITS = ("minute", "hour")
DAY_UNITS = ("day", "working day", "week", "month", "quarter", "year")
MAX_AMOUNT = 100_000

_UNITS: dict[str, str] = {}
for _unit, _words in {
    "minute": ("minute", "minutes", "min", "分钟", "分"),
    "hour": ("hour", "hours", "h", "小时", "个小时", "时"),
    "day": ("day", "days", "natural day", "natural days", "日", "天", "个自然日", "自然日"),
    "working day": ("working day", "working days", "workday", "workdays", "工作日", "个工作日"),
    "week": ("week", "weeks", "周", "个星期", "星期"),
    "month": ("month", "months", "个月", "月"),
    "quarter": ("quarter", "quarters", "个季度", "季度", "季"),
    "year": ("year", "years", "年"),
}.items():
    for _word in _words:
        _UNITS[_word] = _unit
_CHINESE = {
    "minute": "分钟",
    "hour": "小时",
    "day": "日",
    "working day": "个工作日",
    "week": "周",
    "month": "个月",
    "quarter": "个季度",
    "year": "年",
}
_QUALITATIVE = {
    "promptly": Text("及时", "promptly"),
    "immediately": Text("立即", "immediately"),
    "及时": Text("及时", "promptly"),
    "立即": Text("立即", "immediately"),
    "尽快": Text("及时", "promptly"),
    "by reference": Text("按规定", "by reference"),
    "按规定": Text("按规定", "by reference"),
    "unset": Text("未定", "unset"),
    "未定": Text("未定", "unset"),
}
_SPAN = re.compile(
    r"(?P<amount>\d{1,6})\s*(?P<unit>" + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)) + r")(?P<rest>(?:\s+|,).*)?\Z",
    re.IGNORECASE,
)
_CUTOFF = re.compile(r"(?:cutoff|截止)\s*([0-2]\d:[0-5]\d)")


class Term:
    """A period as a rule states it. ``str(term)`` is canonical and is read back by :func:`parse`; ``term.text`` is for people."""

    __slots__ = ()
    qualitative = False

    @property
    def text(self) -> Text:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Qualitative(Term):
    """A word in place of a number (立即, 及时, 按规定): measured and shown, never turned into a number (promise 4)."""

    word: str

    qualitative = True

    def __str__(self) -> str:
        return self.word

    @property
    def text(self) -> Text:
        return _QUALITATIVE[self.word]


@dataclass(frozen=True, slots=True)
class Span(Term):
    amount: int
    unit: str
    roll: bool = False
    cutoff: time | None = None
    count_start_day: bool = False

    def __str__(self) -> str:
        parts = [str(self.amount), self.unit if self.amount == 1 else self.unit + "s"]
        if self.roll:
            parts.append("roll")
        if self.cutoff is not None:
            parts.append(f"cutoff {self.cutoff:%H:%M}")
        if self.count_start_day:
            parts.append("counting the start day")
        return " ".join(parts)

    @property
    def text(self) -> Text:
        space = " " if self.unit == "working day" else ""
        zh = f"{self.amount}{space}{_CHINESE[self.unit]}" if space else f"{self.amount} {_CHINESE[self.unit]}"
        if self.roll:
            zh += "(末日遇节假日顺延)"
        if self.cutoff is not None:
            zh += f"(截止 {self.cutoff:%H:%M})"
        if self.count_start_day:
            zh += "(起始日计入)"
        return Text(zh, str(self))


@dataclass(frozen=True, slots=True)
class Choice(Term):
    """The earlier or the later of several terms, all counted from the same start."""

    parts: tuple[Term, ...]
    later: bool

    def __str__(self) -> str:
        return f"{'later' if self.later else 'earlier'} of ({'; '.join(map(str, self.parts))})"

    @property
    def text(self) -> Text:
        zh = "、".join(p.text.zh for p in self.parts)
        return Text(
            f"{zh}中{'较晚' if self.later else '较早'}者",
            f"the {'later' if self.later else 'earlier'} of {', '.join(p.text.en for p in self.parts)}",
        )


@dataclass(frozen=True, slots=True)
class OnDate(Term):
    """By a date: a full one, or a month and day of the year of the start (the next one if that is over).

    ``inclusive`` says whether "before 31 May" (5月31日前) includes that day.
    """

    month: int
    day: int
    year: int | None = None
    inclusive: bool = True
    opens: tuple[int, int] | None = None
    """For a window: month and day on which it opens. The due time is its end."""

    def __str__(self) -> str:
        when = f"{self.year:04d}-{self.month:02d}-{self.day:02d}" if self.year else f"{self.month:02d}-{self.day:02d}"
        if self.opens is not None:
            return f"window {self.opens[0]:02d}-{self.opens[1]:02d} to {when}"
        return f"by {when}" if self.inclusive else f"before {when}"

    @property
    def text(self) -> Text:
        when = (f"{self.year}年" if self.year else "") + f"{self.month}月{self.day}日"
        if self.opens is not None:
            return Text(f"{self.opens[0]}月{self.opens[1]}日至{when}", str(self))
        return Text(f"{when}前({'含' if self.inclusive else '不含'}当日)", str(self))


@dataclass(frozen=True, slots=True)
class Until(Term):
    """By a time of day: that of the start day, or of the next day when it is past."""

    at: time

    def __str__(self) -> str:
        return f"until {self.at:%H:%M}"

    @property
    def text(self) -> Text:
        return Text(f"{self.at:%H:%M} 前", str(self))


@dataclass(frozen=True, slots=True)
class EndOf(Term):
    """By the end of the week, month, quarter or year in which it starts."""

    unit: str

    def __str__(self) -> str:
        return f"end of {self.unit}"

    @property
    def text(self) -> Text:
        return Text({"week": "本周末", "month": "本月底", "quarter": "本季度末", "year": "年底"}[self.unit], str(self))


def parse(value: str | Mapping[str, Any] | Term) -> Term:
    """Read a term. Raises :class:`~workflow.errors.BadTerm` that says what can be written."""
    if isinstance(value, Term):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return _mapping(dict(value))
    raise _bad(value)


def _bad(value: object) -> BadTerm:
    return BadTerm(
        Text(f"不认识的期限 {value!r}", f"cannot read the term {value!r}"),
        hint=Text(
            "例如 5 working days、1 hour、5个工作日、30日 roll、及时",
            "for example 5 working days, 1 hour, 30 days roll, 5 days cutoff 17:30, promptly",
        ),
    )


def _text(value: str) -> Term:
    word = normalize("NFKC", value).strip()
    lowered = word.lower()
    if lowered in _QUALITATIVE:
        found = next((k for k in ("promptly", "immediately", "by reference", "unset") if _QUALITATIVE[k] == _QUALITATIVE[lowered]), lowered)
        return Qualitative(found)
    match = _SPAN.match(word)
    if match:
        unit, amount = _UNITS[match["unit"].lower()], int(match["amount"])
        rest = (match["rest"] or "").strip(" ,").lower()
        cut = _CUTOFF.search(rest)
        rest = _CUTOFF.sub("", rest)
        flags = {"roll": False, "counting the start day": False}
        for flag, words in (("counting the start day", ("counting the start day", "起始日计入")), ("roll", ("roll", "顺延"))):
            for phrase in words:
                if phrase in rest:
                    flags[flag] = True
                    rest = rest.replace(phrase, "")
        if rest.strip(" ,"):
            raise _bad(value)
        return _span(value, amount, unit, flags["roll"], _clock(cut.group(1)) if cut else None, flags["counting the start day"])
    for prefix, later in (("earlier of (", False), ("later of (", True)):
        if lowered.startswith(prefix) and word.endswith(")"):
            return Choice(tuple(parse(p.strip()) for p in _split(word[len(prefix) : -1])), later)
    if lowered.startswith("until "):
        return Until(_clock(word[6:]))
    if lowered.startswith("end of "):
        return _end_of(value, lowered[7:])
    for prefix, inclusive in (("by ", True), ("before ", False)):
        if lowered.startswith(prefix):
            return _on_date(word[len(prefix) :], inclusive)
    if lowered.startswith("window ") and " to " in lowered:
        first, _, last = lowered[7:].partition(" to ")
        return _window(first, last)
    raise _bad(value)


def _split(inner: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(inner):
        depth += (char == "(") - (char == ")")
        if char == ";" and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    return [*parts, inner[start:]]


def _span(value: object, amount: int, unit: str, roll: bool, cutoff: time | None, start_day: bool) -> Span:
    if amount > MAX_AMOUNT or (unit in CLOCK_UNITS and (roll or cutoff is not None or start_day)):
        raise BadTerm(
            Text(f"期限 {value!r} 自相矛盾或过长", f"the term {value!r} contradicts itself or is too long"),
            hint=Text("小时和分钟不顺延、无截止时刻", "hours and minutes neither roll nor have a cut-off"),
        )
    return Span(amount, unit, roll, cutoff, start_day)


def _mapping(value: dict[str, Any]) -> Term:
    keys = set(value)
    try:
        if keys in ({"earlier_of"}, {"later_of"}):
            name = next(iter(keys))
            parts = tuple(parse(v) for v in value[name])
            if len(parts) < 2:
                raise _bad(value)
            return Choice(parts, name == "later_of")
        if keys == {"is", "not_later_than"}:
            return Choice((parse(value["is"]), parse(value["not_later_than"])), False)
        if "is" in keys and keys <= {"is", "count_start_day", "roll", "cutoff"}:
            span = parse(value["is"])
            if not isinstance(span, Span):
                raise _bad(value)
            cutoff = _clock(str(value["cutoff"])) if "cutoff" in value else span.cutoff
            return _span(value, span.amount, span.unit, bool(value.get("roll", span.roll)), cutoff, bool(value.get("count_start_day")))
        if keys == {"window"}:
            return _window(str(value["window"]["from"]), str(value["window"]["to"]))
        if keys == {"date"}:
            return _on_date(str(value["date"]), True)
        if "by" in keys and keys <= {"by", "inclusive"}:
            return _on_date(str(value["by"]), bool(value.get("inclusive", True)))
        if keys == {"until"}:
            return Until(_clock(str(value["until"])))
        if keys == {"end_of"}:
            return _end_of(value, str(value["end_of"]))
    except (KeyError, TypeError):
        raise _bad(value) from None
    raise _bad(value)


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise BadTerm(Text(f"不是时刻:{text!r}", f"not a time of day: {text!r}"), hint=Text("写 17:30", "write 17:30")) from None


def _end_of(value: object, unit: str) -> EndOf:
    if unit not in ("week", "month", "quarter", "year"):
        raise _bad(value)
    return EndOf(unit)


def _on_date(text: str, inclusive: bool) -> OnDate:
    try:
        if len(text) == 5:
            day = date.fromisoformat(f"2000-{text}")
            return OnDate(day.month, day.day, None, inclusive)
        day = date.fromisoformat(text)
        return OnDate(day.month, day.day, day.year, inclusive)
    except ValueError:
        raise BadTerm(
            Text(f"不是日期:{text!r}", f"not a date: {text!r}"), hint=Text("写 05-31 或 2012-05-31", "write 05-31 or 2012-05-31")
        ) from None


def _window(first: str, last: str) -> OnDate:
    opens, closes = _on_date(first[-5:], True), _on_date(last, True)
    return OnDate(closes.month, closes.day, closes.year, True, (opens.month, opens.day))
