"""Reminders before and after a due time, and duties that come again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from unicodedata import normalize
from zoneinfo import ZoneInfo

from workflow.calendar import Calendar
from workflow.errors import BadTerm, CalendarGap
from workflow.term.due import MONTHS, Due, add_months, period_end
from workflow.term.model import MAX_TEXT, Span, clock, parse
from workflow.text import Text

_OFFSET = re.compile(r"(?P<term>.+?)\s*(?P<side>before|after|前|后)\Z")
_OFFSET_ZH = re.compile(r"(?P<side>提前|逾期|到期后|到期前)\s*(?P<term>.+?)\Z")
_LAST_DAY = re.compile(r"(?P<at>[0-9:]{5})\s*on the last day\Z|(?:最后一天|末日|届满当日)\s*(?P<zh>[0-9:]{5})\Z")
_PERCENT = re.compile(r"([0-9]{1,3})\s*%\Z")


@dataclass(frozen=True, slots=True)
class Offset:
    """A point before or after a due time, in its own unit; what :meth:`parse` reads.

    ``1 working day before``, ``30 minutes before``, ``09:00 on the last day``, ``3 working days after``, ``at due``, ``50%`` (of the way
    from start to due); 提前1个工作日, 最后一天 09:00, 逾期3个工作日, 到期.
    """

    side: str
    span: Span | None = None
    at: time | None = None
    percent: int | None = None

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Offset:
        """Raises :class:`~workflow.errors.BadTerm`."""
        word = normalize("NFKC", text[:MAX_TEXT]).strip().lower()
        if word in ("at due", "due", "到期", "届满"):
            return cls("due")
        if match := _LAST_DAY.match(word):
            return cls("last_day", at=clock(match["at"] or match["zh"]))
        if match := _PERCENT.match(word):
            return cls("percent", percent=int(match.group(1)))
        match = _OFFSET_ZH.match(word) or _OFFSET.match(word)
        if match:
            span = parse(match["term"])
            if isinstance(span, Span) and span == Span(span.amount, span.unit):  # it neither rolls nor has a cut-off
                return cls("before" if match["side"] in ("before", "前", "提前", "到期前") else "after", span)
        raise BadTerm(
            Text(f"不认识的时点 {text[:80]!r}", f"cannot read the point in time {text[:80]!r}"),
            hint=Text(
                "例如 1 working day before、09:00 on the last day、逾期3个工作日",
                "for example 1 working day before, 09:00 on the last day, 3 working days after",
            ),
        )

    @property
    def text(self) -> Text:
        if self.side == "due":
            return Text("到期时", "at due")
        if self.percent is not None:
            return Text(f"期限过去 {self.percent}% 时", f"{self.percent}% of the way")
        if self.at is not None:
            return Text(f"末日 {self.at:%H:%M}", f"{self.at:%H:%M} on the last day")
        assert self.span is not None
        side = Text("前", "before") if self.side == "before" else Text("后", "after")
        return Text(f"到期{side.zh} {self.span.text.zh}", f"{self.span.text.en} {side.en}")

    def instant(self, due: Due, start: datetime, calendar: Calendar, zone: ZoneInfo, hour: time = time(9)) -> datetime:
        """The instant, in UTC. Counted in days it falls on ``hour``, the unit's stated hour: nobody is rung at midnight (S2.2)."""
        try:
            return self._instant(due, start, calendar, zone, hour)
        except (OverflowError, ValueError):
            raise CalendarGap(Text(f"时点超出历法范围:{due.instant}", f"a point outside the years 1 to 9999, from {due.instant}")) from None

    def _instant(self, due: Due, start: datetime, calendar: Calendar, zone: ZoneInfo, hour: time) -> datetime:
        if self.side == "due":
            return due.instant
        if self.side == "percent":
            assert self.percent is not None
            return start + (due.instant - start) * self.percent // 100
        last = due.last_day or due.instant.astimezone(zone).date()
        if self.side == "last_day":
            assert self.at is not None
            return datetime.combine(last, self.at, zone).astimezone(UTC)
        assert self.span is not None
        amount, unit = self.span.amount, self.span.unit
        sign = -1 if self.side == "before" else 1
        if unit in ("minute", "hour"):
            return due.instant + sign * (timedelta(hours=amount) if unit == "hour" else timedelta(minutes=amount))
        # A term that ends at 24:00 of its last day: one working day before it is that working day itself, at the stated hour.
        if unit == "working day":
            if sign > 0:
                day = calendar.add_working(last, amount)
            elif due.inclusive:
                day = calendar.add_working(last, -amount)
            else:
                day = calendar.add_working(last + timedelta(days=1), -amount)
        else:
            origin = last if sign > 0 or due.inclusive else last + timedelta(days=1)
            if unit in MONTHS:
                day = add_months(origin, sign * amount * MONTHS[unit])
            else:
                day = origin + sign * timedelta(days=amount * (7 if unit == "week" else 1))
        return datetime.combine(day, hour, zone).astimezone(UTC)


_EVERY = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "每日": "day",
    "每天": "day",
    "每周": "week",
    "每月": "month",
    "每季度": "quarter",
    "每季": "quarter",
    "每年": "year",
}
_TIMES = re.compile(r"(?:every day at|每日|每天)\s*(?P<times>[0-9:]{5}(?:\s*[,、]\s*[0-9:]{5})*)\Z")
_INTERVAL = re.compile(r"(?:every|每)\s*(?P<amount>[0-9]{1,5})\s*(?P<unit>hours?|minutes?|小时|分钟)\Z")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A duty that comes again: each period of the calendar, at times of day, or at an interval from its start."""

    period: str = ""
    times: tuple[time, ...] = ()
    interval: timedelta | None = None

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Recurrence:
        """Read ``every week``, ``every day at 08:00, 17:00``, ``every 24 hours``, 每周 … Raises :class:`~workflow.errors.BadTerm`."""
        word = normalize("NFKC", text[:MAX_TEXT]).strip().lower()
        if match := _TIMES.match(word):
            return cls(times=tuple(sorted({clock(t) for t in re.split("[,、]", match["times"])})))
        if match := _INTERVAL.match(word):
            amount = int(match["amount"])
            if amount:
                return cls(interval=timedelta(hours=amount) if match["unit"].startswith(("hour", "小时")) else timedelta(minutes=amount))
        period = _EVERY.get(word) or _EVERY.get(word.removeprefix("every ")) if word.startswith(("every ", "每")) else None
        if period:
            return cls(period=period)
        raise BadTerm(
            Text(f"不认识的周期 {text[:80]!r}", f"cannot read the recurrence {text[:80]!r}"),
            hint=Text(
                "例如 every week、every day at 08:00, 17:00、每季度", "for example every week, every day at 08:00, 17:00, every 24 hours"
            ),
        )

    @property
    def inclusive(self) -> bool:
        """Whether the slot's instant itself is still in time: true for times of day and intervals, false for the 24:00 of a period."""
        return not self.period

    def slots(self, start: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """The instants (UTC) by which each report or period is due, after ``start`` and up to ``until``; endless if ``until`` is."""
        if self.interval is not None:
            slot = start.astimezone(UTC) + self.interval
            while slot <= until:
                yield slot
                slot += self.interval
            return
        day = start.astimezone(zone).date()
        while True:
            if self.times:
                found = [datetime.combine(day, t, zone).astimezone(UTC) for t in self.times]
                day += timedelta(days=1)
            else:
                end = day if self.period == "day" else period_end(day, self.period)
                day = end + timedelta(days=1)
                found = [datetime.combine(day, time(), zone).astimezone(UTC)]
            for slot in found:
                if slot > until:
                    return
                if slot > start:
                    yield slot
