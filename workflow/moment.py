"""Instants as a record can know them.

A paper log may say only the day, or only the minute. A :class:`Moment` is therefore the closed interval of instants that a statement
allows; an exact instant is an interval of length zero. Instants are aware and kept in UTC with microseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from workflow.errors import BadInstant, NaiveTime
from workflow.text import Text

TICK = timedelta(microseconds=1)
"""The smallest difference between two instants."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before every instant."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises :class:`NaiveTime` for a naive datetime."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise NaiveTime(
            Text(f"时间 {instant.isoformat()} 没有时区", f"the time {instant.isoformat()} has no offset"),
            hint=Text("写明偏移,如 +08:00", "give the offset, for example +08:00"),
        )
    return instant.astimezone(UTC)


@lru_cache(maxsize=8192)
def stamp(instant: datetime) -> str:
    """The canonical text of an instant: UTC, microseconds, ``Z``."""
    return utc(instant).isoformat("T", "microseconds")[:26] + "Z"


@lru_cache(maxsize=8192)
def unstamp(text: str) -> datetime:
    """The instant that :func:`stamp` wrote. Any other form raises :class:`BadInstant`."""
    if len(text) == 27 and text[10] == "T" and text[19] == "." and text[26] == "Z":
        try:
            return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise BadInstant(Text(f"无法读取的时刻 {text!r}", f"not a canonical instant: {text!r}"))


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When something happened, as far as the record says: somewhere in ``[lo, hi]``, both included."""

    lo: datetime
    hi: datetime

    def __post_init__(self) -> None:
        if self.lo.tzinfo is not UTC or self.hi.tzinfo is not UTC:
            object.__setattr__(self, "lo", utc(self.lo))
            object.__setattr__(self, "hi", utc(self.hi))
        if self.lo > self.hi:
            raise BadInstant(Text(f"区间颠倒:{self.lo} 晚于 {self.hi}", f"the interval runs backwards: {self.lo} is after {self.hi}"))

    @classmethod
    def at(cls, instant: datetime) -> Moment:
        instant = utc(instant)
        return cls(instant, instant)

    @classmethod
    def day(cls, day: datetime, zone: ZoneInfo) -> Moment:
        """The whole local day of ``day`` (a naive datetime or one in ``zone``): 00:00 to the last microsecond."""
        start = datetime.combine(day.date(), time(), zone)
        end = datetime.combine(day.date() + timedelta(days=1), time(), zone)
        return cls(utc(start), utc(end) - TICK)

    @property
    def exact(self) -> bool:
        return self.lo == self.hi

    def encode(self) -> str | list[str]:
        """The canonical JSON form: one stamp, or the two bounds."""
        return stamp(self.lo) if self.exact else [stamp(self.lo), stamp(self.hi)]

    @classmethod
    def decode(cls, value: object) -> Moment:
        if isinstance(value, str):
            return _exact(value)
        if isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value):
            return cls(unstamp(value[0]), unstamp(value[1]))
        raise BadInstant(Text(f"无法读取的时刻 {value!r}", f"not a moment: {value!r}"))


@lru_cache(maxsize=8192)
def _exact(text: str) -> Moment:
    return Moment.at(unstamp(text))


def parse(text: str, zone: ZoneInfo | None = None) -> Moment:
    """Read ISO 8601: a date (the whole day), or a date and time.

    ``zone`` is the zone policy for times without an offset; with ``None`` such a time raises :class:`NaiveTime`. A wall time that a change
    of the clocks skips or repeats takes the earlier offset (``fold=0``). Anything unreadable raises :class:`BadInstant`.
    """
    word = text.strip()
    try:
        value = datetime.fromisoformat(word)
    except ValueError:
        raise BadInstant(
            Text(f"无法读取的时间 {text!r}", f"cannot read the time {text!r}"),
            hint=Text("用 2026-09-24 10:20 或 2026-09-24T10:20:00+08:00", "write 2026-09-24 10:20 or 2026-09-24T10:20:00+08:00"),
        ) from None
    try:
        if value.tzinfo is None:
            if zone is None:
                utc(value)  # raises NaiveTime
            assert zone is not None
            return Moment.day(value, zone) if _DATE.match(word) else Moment.at(value.replace(tzinfo=zone))
        return Moment.at(value)
    except OverflowError:
        raise BadInstant(Text(f"时间超出范围 {text!r}", f"the time is out of range: {text!r}")) from None
