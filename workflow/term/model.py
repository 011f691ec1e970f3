"""Periods of time as law states them: the grammar, and the frozen terms that it is read into.

``AMOUNT UNIT [roll] [cutoff HH:MM]`` in English or Chinese (SEMANTICS S2.2), and mappings for what one amount cannot say. The units follow
民法典 art. 200–204: hours run from the instant; days exclude the start day and end at 24:00; months and years end on the corresponding day
or the month's last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from unicodedata import normalize

from workflow.errors import BadTerm
from workflow.text import Text

CLOCK_UNITS = ("minute", "hour")
MAX_AMOUNT = 100_000
MAX_TEXT = 1000
"""Characters of a term; no rule needs as many, and what is longer is not looked at."""
MAX_DEPTH = 8
"""How deep choices may lie within each other."""

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
    r"(?P<amount>[0-9]{1,9})\s*(?P<unit>" + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)) + r")(?P<rest>[\s,].*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_MANNER = re.compile(
    r"[\s,]*(?:(?P<roll>roll|顺延)|(?P<start>counting the start day|起始日计入)|(?:cutoff|截止)\s*(?P<cutoff>[0-9:]+))(?=[\s,]|\Z)"
)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")
_FACT = re.compile(r"[a-z][a-z0-9_]*(?:-[a-z0-9_]+)*\Z")
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


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
    """The earlier or the later of several terms, all counted from the same start.

    A word beside a number (立即, 最迟不超过 2 小时) sets no date: the number alone does.
    """

    parts: tuple[Term, ...]
    later: bool

    def __str__(self) -> str:
        return f"{'later' if self.later else 'earlier'} of ({'; '.join(map(str, self.parts))})"

    @property
    def text(self) -> Text:
        words = [p for p in self.parts if p.qualitative]
        numbers = self.numbers
        if len(numbers) == 1:
            found = numbers[0].text
        else:
            found = Text(
                f"{'、'.join(p.text.zh for p in numbers)}中{'较晚' if self.later else '较早'}者",
                f"the {'later' if self.later else 'earlier'} of {', '.join(p.text.en for p in numbers)}",
            )
        for word in words:
            found = Text(f"{word.text.zh},最迟 {found.zh}", f"{word.text.en}, not later than {found.en}")
        return found

    @property
    def numbers(self) -> tuple[Term, ...]:
        """The parts that set a date."""
        return tuple(p for p in self.parts if not p.qualitative)


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


@dataclass(frozen=True, slots=True)
class OfCase(Term):
    """By a day that only the case knows: the one that a fact names, or, with no fact, the last of the period of a recurring duty.

    :mod:`workflow.obligation.clock` puts the day in its place; without a case there is none.
    """

    fact: str = ""

    def __str__(self) -> str:
        return f"by fact {self.fact}" if self.fact else "end of period"

    @property
    def text(self) -> Text:
        return Text(f"至“{self.fact}”所载之日", f"by the day that '{self.fact}' names") if self.fact else Text("本期末", str(self))


def of_case(term: Term) -> tuple[OfCase, ...]:
    """The parts of a term that only a case can tell."""
    if isinstance(term, Choice):
        return tuple(found for part in term.parts for found in of_case(part))
    return (term,) if isinstance(term, OfCase) else ()


def parse(value: str | Mapping[str, Any] | Term) -> Term:
    """Read a term. Raises :class:`~workflow.errors.BadTerm` that says what can be written."""
    return _parse(value, MAX_DEPTH)


def clock(text: str) -> time:
    """A time of day, ``HH:MM``. Raises :class:`~workflow.errors.BadTerm`."""
    match = _CLOCK.match(text.strip())
    if match is None:
        raise BadTerm(
            Text(f"不是时刻:{_short(text)}", f"not a time of day: {_short(text)}"),
            hint=Text("写 17:30;一日终了(24:00)不必写", "write 17:30; the end of the day (24:00) needs no time"),
        )
    return time(int(match[1]), int(match[2]))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _bad(value: object) -> BadTerm:
    return BadTerm(
        Text(f"不认识的期限 {_short(value)}", f"cannot read the term {_short(value)}"),
        hint=Text(
            "例如 5 working days、1 hour、5个工作日、30日 roll、及时",
            "for example 5 working days, 1 hour, 30 days roll, 5 days cutoff 17:30, promptly",
        ),
    )


def _parse(value: object, depth: int) -> Term:
    if isinstance(value, Term):
        return value
    if depth <= 0:
        raise BadTerm(Text(f"期限嵌套超过 {MAX_DEPTH} 层", f"terms lie more than {MAX_DEPTH} deep within each other"))
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise BadTerm(Text(f"期限超过 {MAX_TEXT} 个字符", f"the term is longer than {MAX_TEXT} characters"))
        return _text(value, depth)
    if isinstance(value, Mapping):
        return _mapping(dict(value), depth)
    raise _bad(value)


def _text(value: str, depth: int) -> Term:
    word = normalize("NFKC", value).strip()
    lowered = word.lower()
    if lowered in _QUALITATIVE:
        found = next((k for k in ("promptly", "immediately", "by reference", "unset") if _QUALITATIVE[k] == _QUALITATIVE[lowered]), lowered)
        return Qualitative(found)
    match = _SPAN.match(word)
    if match:
        unit = _UNITS[match["unit"].lower()]
        return _span(value, int(match["amount"]), unit, **_manner(value, (match["rest"] or "").lower()))
    for prefix, later in (("earlier of (", False), ("later of (", True)):
        if lowered.startswith(prefix) and word.endswith(")"):
            return _choice(value, [p.strip() for p in _split(word[len(prefix) : -1])], later, depth)
    if lowered.startswith("until "):
        return Until(clock(word[6:]))
    if lowered == "end of period" or lowered.startswith("by fact "):
        return _of_case(value, "" if lowered == "end of period" else word[8:].strip())
    if lowered.startswith("end of "):
        return _end_of(value, lowered[7:].strip())
    for prefix, inclusive in (("by ", True), ("before ", False)):
        if lowered.startswith(prefix):
            return _on_date(word[len(prefix) :], inclusive)
    if lowered.startswith("window ") and " to " in lowered:
        first, _, last = lowered[7:].partition(" to ")
        return _window(first, last)
    raise _bad(value)


def _manner(value: object, rest: str) -> dict[str, Any]:
    """What follows the amount and unit: each phrase at most once, in any order."""
    found: dict[str, Any] = {}
    at = 0
    while match := _MANNER.match(rest, at):
        at = match.end()
        name = match.lastgroup
        assert name is not None
        if name in found:
            raise _bad(value)
        found[name] = _cutoff(match["cutoff"]) if name == "cutoff" else True
    if rest[at:].strip(" ,\t"):
        raise _bad(value)
    return found


def _cutoff(text: str) -> time | None:
    """The time at which the last day ends; ``None`` for 24:00, which is where it ends anyway (民法典 art. 203)."""
    return None if text.strip() == "24:00" else clock(text)


def _split(inner: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(inner):
        depth += (char == "(") - (char == ")")
        if char == ";" and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    return [*parts, inner[start:]]


def _choice(value: object, parts: Sequence[object], later: bool, depth: int) -> Choice:
    found = Choice(tuple(_parse(p, depth - 1) for p in parts), later)
    if len(found.parts) < 2 or len(str(found)) > MAX_TEXT:
        raise BadTerm(
            Text(f"选择应有两项以上,且不过长:{_short(value)}", f"a choice has two or more terms and is not too long: {_short(value)}")
        )
    if not found.numbers or (later and len(found.numbers) < len(found.parts)):
        raise BadTerm(
            Text(f"没有数字,定不出期限:{_short(value)}", f"without a number there is no date: {_short(value)}"),
            hint=Text("立即,最迟 2 小时", "promptly, not later than 2 hours; the later of needs a number in every part"),
        )
    return found


def _span(value: object, amount: int, unit: str, roll: bool = False, cutoff: time | None = None, start: bool = False) -> Span:
    if amount > MAX_AMOUNT:
        raise BadTerm(
            Text(f"期限过长:{_short(value)}", f"the term is too long: {_short(value)}"),
            hint=Text(f"至多 {MAX_AMOUNT}", f"at most {MAX_AMOUNT}"),
        )
    if unit in CLOCK_UNITS and (roll or cutoff is not None or start):
        raise BadTerm(
            Text(f"期限自相矛盾:{_short(value)}", f"the term contradicts itself: {_short(value)}"),
            hint=Text("小时和分钟不顺延、无截止时刻、无起始日", "hours and minutes neither roll nor have a cut-off or a start day"),
        )
    if amount == 0 and start:
        raise BadTerm(
            Text(f"期限自相矛盾:{_short(value)}", f"the term contradicts itself: {_short(value)}"),
            hint=Text("起始日计入时至少 1", "with the start day counted it is at least 1"),
        )
    return Span(amount, unit, roll, cutoff, start)


def _mapping(value: dict[str, Any], depth: int) -> Term:
    keys = set(value)
    try:
        if keys in ({"earlier_of"}, {"later_of"}):
            name = next(iter(keys))
            if not isinstance(value[name], list | tuple):
                raise _bad(value)
            return _choice(value, value[name], name == "later_of", depth)
        if keys == {"is", "not_later_than"}:
            return _choice(value, (value["is"], value["not_later_than"]), False, depth)
        if "is" in keys and keys <= {"is", "count_start_day", "roll", "cutoff"}:
            span = _parse(value["is"], depth - 1)
            if not isinstance(span, Span):
                raise _bad(value)
            cutoff = _cutoff(str(value["cutoff"])) if "cutoff" in value else span.cutoff
            start = _flag(value, "count_start_day", span.count_start_day)
            return _span(value, span.amount, span.unit, _flag(value, "roll", span.roll), cutoff, start)
        if keys == {"window"} and isinstance(value["window"], Mapping) and set(value["window"]) == {"from", "to"}:
            return _window(str(value["window"]["from"]), str(value["window"]["to"]))
        if keys == {"date"}:
            return _on_date(str(value["date"]), True)
        if "by" in keys and keys <= {"by", "inclusive"}:
            return _on_date(str(value["by"]), _flag(value, "inclusive", True))
        if keys == {"until"}:
            return Until(clock(str(value["until"])))
        if keys == {"fact"}:
            return _of_case(value, str(value["fact"]))
        if keys == {"end_of"} and value["end_of"] == "period":
            return OfCase()
        if keys == {"end_of"}:
            return _end_of(value, str(value["end_of"]))
    except (KeyError, TypeError):
        raise _bad(value) from None
    raise _bad(value)


def _flag(value: Mapping[str, Any], name: str, default: bool) -> bool:
    """Yes or no; a word would be true whatever it says (in YAML 1.2 ``no`` is a word)."""
    found = value.get(name, default)
    if not isinstance(found, bool):
        said = _short(found)
        raise BadTerm(Text(f"{name} 应为 true 或 false,不是 {said}", f"{name} is true or false, not {said}"))
    return found


def _of_case(value: object, fact: str) -> OfCase:
    if fact and not _FACT.match(fact):
        raise _bad(value)
    return OfCase(fact)


def _end_of(value: object, unit: str) -> EndOf:
    if unit not in ("week", "month", "quarter", "year"):
        raise _bad(value)
    return EndOf(unit)


def _on_date(text: str, inclusive: bool) -> OnDate:
    word = text.strip()
    try:
        if _MONTH_DAY.match(word):
            day = date.fromisoformat(f"2000-{word}")
            return OnDate(day.month, day.day, None, inclusive)
        if _DATE.match(word):
            day = date.fromisoformat(word)
            return OnDate(day.month, day.day, day.year, inclusive)
    except ValueError:
        pass
    raise BadTerm(
        Text(f"不是日期:{_short(text)}", f"not a date: {_short(text)}"), hint=Text("写 05-31 或 2012-05-31", "write 05-31 or 2012-05-31")
    )


def _window(first: str, last: str) -> OnDate:
    opens, closes = _on_date(first, True), _on_date(last, True)
    if opens.year is not None and (closes.year is None or (opens.year, opens.month, opens.day) > (closes.year, closes.month, closes.day)):
        said = _short(f"{first} to {last}")
        raise BadTerm(
            Text(f"时段颠倒或缺少年份:{said}", f"the window ends before it opens, or one end has no year: {said}"),
            hint=Text("写 11-01 to 11-30,或两端都写年份", "write 11-01 to 11-30, or the year at both ends"),
        )
    return OnDate(closes.month, closes.day, closes.year, True, (opens.month, opens.day))
