"""Times as people write them in Chinese ledgers, as spans of the clock face.

``9月24日23时40分许``, ``次日凌晨``, ``24日晚``, ``下午3时许``: a text says what it says and no more. An hour alone is the whole hour
(24时 is midnight), a part of the day (上午) the whole part, a day the whole day, and 许 or 左右 widens by as much as the map states. What
it leaves open is taken from a reference, by the rules of :meth:`Spoken.read`, or it is not read: nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from workflow.text import Text

Part = tuple[timedelta, timedelta]
"""A part of the day, from midnight: its beginning and its end, which no longer belongs to it."""

_HOUR, _MINUTE, _DAY, _TICK = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1), timedelta(microseconds=1)
_HALF = 12 * _HOUR
YEAR_WITHIN, MONTH_WITHIN = timedelta(days=90), timedelta(days=13)
"""How far a date without its year, or without its month, may lie from the reference."""


def _hours(lo: int, hi: int) -> Part:
    return lo * _HOUR, hi * _HOUR


PARTS: Mapping[str, Part] = {
    "凌晨": _hours(0, 6),
    "清晨": _hours(4, 9),
    "早晨": _hours(4, 10),
    "早上": _hours(4, 10),
    "上午": _hours(5, 12),
    "中午": _hours(11, 14),
    "下午": _hours(12, 19),
    "傍晚": _hours(16, 20),
    "晚上": _hours(17, 24),
    "晚间": _hours(17, 24),
    "晚": _hours(17, 24),
}
"""The parts of the day, unless the map says otherwise. They overlap, because people differ."""

_NEXT = ("次日", "翌日", "第二天")
_SAME = ("当日", "当天", "同日", "当(?=[早晚])")
_PART = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0", "两": "2"}
_TENS = re.compile(r"(?P<zero>[零〇○])?(?:(?P<tens>[一二两三四五六七八九])?(?P<ten>十)|(?P<old>[廿卅]))?(?P<one>[一二两三四五六七八九])?")
_NUMERAL = r"[零〇○一二两三四五六七八九十廿卅]+"
_COUNTED = re.compile(
    rf"(?<![\d零〇○一二两三四五六七八九十廿卅]){_NUMERAL}(?=\s?[月日号时点分秒])|(?<=[时点]){_NUMERAL}(?=$|\s|许|左右|前后)"
)
_YEARED = re.compile(r"[零〇○一二三四五六七八九]{4}(?=\s?年)")


def _in_digits(text: str) -> str:
    """The text with its numerals as digits: years digit by digit (二〇二六年), what is counted below a hundred (二十三时, 零五分).

    What is neither (四五点: four or five o'clock) is left as it stands, and then not read.
    """
    return _COUNTED.sub(_counted, _YEARED.sub(lambda m: "".join(_DIGITS[c] for c in m[0]), text))


def _counted(numeral: re.Match[str]) -> str:
    match = _TENS.fullmatch(numeral[0])
    if match is None or (match["zero"] and (match["ten"] or match["old"])):
        return numeral[0]
    tens = {"廿": 2, "卅": 3}.get(match["old"] or "", int(_DIGITS[match["tens"]]) if match["tens"] else 1 if match["ten"] else 0)
    return str(10 * tens + (int(_DIGITS[match["one"]]) if match["one"] else 0))


class Span(NamedTuple):
    """The clock faces that a text allows, both included."""

    lo: datetime
    hi: datetime


class Reference(NamedTuple):
    """What a text may lean on: another date of its row, the time that stands before it in its row, the year of the whole log."""

    day: date | None = None
    before: Span | None = None
    year: int | None = None


class Unsaid(Exception):
    """A text that cannot be read, or leaves open what nothing else says; and why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


def part_of_day(text: str) -> Part:
    """``17:00-24:00`` as a part of the day. Raises ``ValueError`` for anything else."""
    match = _PART.fullmatch(text)
    if match is None:
        raise ValueError(text)
    h, m, hh, mm = map(int, match.groups())
    lo, hi = h * _HOUR + m * _MINUTE, hh * _HOUR + mm * _MINUTE
    if not lo < hi <= _DAY:
        raise ValueError(text)
    return lo, hi


class Spoken:
    """Reads such texts. ``about`` is what 许, 左右 and 约 widen by on both sides; ``None``: they are not read."""

    def __init__(self, parts: Mapping[str, Part], about: timedelta | None) -> None:
        self._parts = {**PARTS, **parts}
        self._about = about
        words = "|".join(map(re.escape, sorted(self._parts, key=len, reverse=True)))
        self._pattern = re.compile(
            r"(?:(?P<iso>(?P<Y1>\d{4})[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d))"
            r"|(?:(?:(?P<Y>\d{4})年 ?)?(?P<m>\d{1,2})月 ?)?(?P<d>\d{1,2})[日号]"
            rf"|(?P<rel>{'|'.join(_NEXT + _SAME)}))? ?"
            rf"(?P<part>{words})? ?(?P<about1>大约|约)? ?"
            r"(?:(?P<H>\d{1,2})(?:[时点] ?(?:(?P<sharp>整)|钟|(?P<half>半)|(?P<M>\d{1,2})分?(?: ?(?P<S>\d{1,2})秒)?)?"
            r"|:(?P<M2>\d{2})(?::(?P<S2>\d{2}))?))?"
            r" ?(?P<about2>许|左右|前后)?",
            re.ASCII,
        )

    def read(self, text: str, reference: Reference) -> Span:
        """The span that a text allows. Digits may be wide, and numerals in characters (二十三时四十分). Raises :class:`Unsaid`.

        The day is: the one that is written; of a date without its year the year, and of a day without its month the month, that brings it
        within 90 or 13 days of the time before it, or of the other date where no time stands before; with no such date, the year of the
        log. 次日 is the day after the time before it (or the other date), 当日 that day, and so is a text without a day, unless it would
        then lie before that time.
        """
        match = self._pattern.fullmatch(_in_digits(" ".join(unicodedata.normalize("NFKC", text).split())))
        if match is None or not any(match[g] for g in ("iso", "d", "rel", "part", "H")):
            raise Unsaid(Text(f"无法读取的时间 {text!r}", f"cannot read the time {text!r}"))
        lo, hi = self._of_day(match, text)
        start = datetime.combine(self._day(match, text, reference), time())
        try:
            span = Span(start + lo, start + hi - _TICK)
            if match["about1"] or match["about2"]:
                if self._about is None:
                    raise Unsaid(
                        Text(f"映射没有写“许”有多宽(zh.about):{text!r}", f"the map does not say how much 许 is (zh.about): {text!r}")
                    )
                span = Span(span.lo - self._about, span.hi + self._about)
        except OverflowError:
            raise Unsaid(Text(f"时间超出范围 {text!r}", f"the time is out of range: {text!r}")) from None
        dated = match["iso"] or match["d"] or match["rel"] in _NEXT
        if not dated and reference.before is not None and span.hi < reference.before.lo:
            raise Unsaid(Text(f"{text!r} 早于它前面的时间,不知是哪一天", f"{text!r} lies before the time before it: which day is not said"))
        return span

    def _of_day(self, match: re.Match[str], text: str) -> tuple[timedelta, timedelta]:
        """From midnight: the beginning, and the end that no longer belongs to it."""
        part = self._parts[match["part"]] if match["part"] else None
        if not match["H"]:
            return part or (timedelta(), _DAY)
        minutes, seconds = match["M"] or match["M2"], match["S"] or match["S2"]
        hour, minute, second = int(match["H"]), int(minutes or (30 if match["half"] else 0)), int(seconds or 0)
        wrong = Unsaid(Text(f"没有这样的时刻 {text!r}", f"there is no such time of day: {text!r}"))
        if minute > 59 or second > 59:
            raise wrong
        at = hour * _HOUR + minute * _MINUTE + second * timedelta(seconds=1)
        if part is not None:
            other = {at + _HALF} if hour < 12 else {at + _HALF, at - _HALF} if hour == 12 else set()
            allowed = {t for t in {at} | other if part[0] <= t <= part[1]}
            if len(allowed) != 1:
                raise Unsaid(
                    Text(f"{match['part']}与钟点不合,或有两解:{text!r}", f"the part of the day and the hour do not go together: {text!r}")
                )
            [at] = allowed
        elif at > _DAY:
            raise wrong
        exact = minutes or match["half"] or match["sharp"] or at == _DAY
        return at, at + (_TICK if seconds else _MINUTE if exact else _HOUR)

    def _day(self, match: re.Match[str], text: str, reference: Reference) -> date:
        try:
            if match["iso"]:
                return date(int(match["Y1"]), int(match["m1"]), int(match["d1"]))
            if match["Y"]:
                return date(int(match["Y"]), int(match["m"]), int(match["d"]))
        except ValueError:
            raise Unsaid(Text(f"没有这一天 {text!r}", f"there is no such day: {text!r}")) from None
        near = reference.before.lo.date() if reference.before is not None else reference.day
        if match["m"]:
            return _with_year(int(match["m"]), int(match["d"]), near, reference.year, text)
        if near is None or not (match["d"] or _one_day(reference)):
            raise Unsaid(Text(f"没有写明日期,也无从得知 {text!r}", f"the day is not said, and nothing else says it: {text!r}"))
        if match["d"]:
            months = (near.year * 12 + near.month - 1 + shift for shift in (-1, 0, 1))
            days = [d for n in months if (d := _valid(n // 12, n % 12 + 1, int(match["d"]))) and abs(d - near) <= MONTH_WITHIN]
            if not days:
                raise Unsaid(Text(f"没有写明月份,且离 {near} 太远 {text!r}", f"the month is not said, and it is far from {near}: {text!r}"))
            return days[0]
        return near + _DAY if match["rel"] in _NEXT else near


def _one_day(reference: Reference) -> bool:
    """The time before it, if there is one, is of one day."""
    return reference.before is None or reference.before.lo.date() == reference.before.hi.date()


def _with_year(month: int, day: int, near: date | None, year: int | None, text: str) -> date:
    if near is not None:
        found = [d for y in (near.year - 1, near.year, near.year + 1) if (d := _valid(y, month, day)) and abs(d - near) <= YEAR_WITHIN]
        if found:
            return found[0]
        raise Unsaid(Text(f"没有写明年份,且离 {near} 太远 {text!r}", f"the year is not said, and it is far from {near}: {text!r}"))
    if year is None:
        raise Unsaid(Text(f"没有写明年份,映射也没有(zh.year) {text!r}", f"the year is not said, nor is it in the map (zh.year): {text!r}"))
    if (only := _valid(year, month, day)) is None:
        raise Unsaid(Text(f"没有这一天 {text!r}", f"there is no such day: {text!r}"))
    return only


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
