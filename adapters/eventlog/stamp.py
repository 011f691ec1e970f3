"""Stamps of a log as moments: the map's formats, its zone policy, and how exact a stamp is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from workflow.errors import NaiveTime
from workflow.logmap import FLOATING, ISO, LogMap, stamp_pattern
from workflow.moment import Moment
from workflow.text import Text

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_TICK = timedelta(microseconds=1)
_TRUE = frozenset({"true", "1", "yes", "y", "是"})
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?P<H>[T ]\d\d:\d\d(?P<S>:\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


class BadRow(Exception):
    """A row that cannot be read, and why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Stamps:
    """Reads stamps under one map. The same stamp is read once: logs repeat theirs."""

    def __init__(self, log_map: LogMap) -> None:
        self._policy = log_map.zone
        self._granularity = log_map.granularity
        self._missing = frozenset(log_map.missing)
        self._formats = tuple(_ISO if form == ISO else stamp_pattern(form) for form in log_map.formats)

    def read(self, text: str, zone: str, date_only: str) -> tuple[Moment, str]:
        """The moment of a stamp, and the zone in which its clock face was read (empty: it gave its own offset).

        ``zone`` and ``date_only`` are the words of those columns. A clock face that a change of the clocks repeats is both instants and
        all between; one that it skips is read with the offset before the change. Raises :class:`BadRow`, and
        :class:`~workflow.errors.NaiveTime` when there is neither an offset nor a zone policy.
        """
        text = text.strip()
        if text in self._missing:
            raise BadRow(Text("没有时间", "no time"))
        face, exactness = self._face(text)
        if date_only.strip().lower() in _TRUE:
            exactness = _DAY
        try:
            if face.tzinfo is not None:
                return _moment(face, exactness, face.tzinfo), ""
            name = self._zone(zone.strip(), text)
            return _moment(face, exactness, UTC if name == FLOATING else ZoneInfo(name)), name
        except OverflowError:
            raise BadRow(Text(f"时间超出范围 {text!r}", f"the time is out of range: {text!r}")) from None

    def _zone(self, word: str, text: str) -> str:
        if self._policy is None:
            raise NaiveTime(
                Text(f"时间 {text!r} 没有时区,映射也没有写 zone", f"the time {text!r} has no offset and the map has no zone policy"),
                hint=Text("在映射中写 zone: Asia/Shanghai", "add to the map: zone: Asia/Shanghai"),
            )
        name = self._policy.of(word)
        if name is None:
            raise BadRow(Text(f"时区 {word!r} 不在映射中", f"the map has no zone for {word!r}"))
        return name

    def _face(self, text: str) -> tuple[datetime, timedelta]:
        """The clock face of a stamp, with its offset if it gives one, and how long an interval it leaves open."""
        for pattern in self._formats:
            match = pattern.fullmatch(text)
            if match is not None:
                part = match.groupdict()
                try:
                    face = datetime.fromisoformat(text) if pattern is _ISO else _datetime(part)
                except ValueError:
                    continue
                return face, self._exactness(part)
        raise BadRow(Text(f"无法读取的时间 {text!r}", f"cannot read the time {text!r}"))

    def _exactness(self, part: Mapping[str, str | None]) -> timedelta:
        if part.get("H") is None:
            return _DAY
        minute = part.get("S") is None if self._granularity is None else self._granularity == "minute"
        return _MINUTE if minute else timedelta()


def _datetime(part: dict[str, str]) -> datetime:
    value = datetime(
        int(part["Y"]), int(part["m"]), int(part["d"]),
        int(part.get("H", 0)), int(part.get("M", 0)), int(part.get("S", 0)), int(part.get("f", "0").ljust(6, "0")),
    )  # fmt: skip
    offset = part.get("z")
    if offset is None:
        return value
    match = _OFFSET.match(offset)
    if match is None:
        return value.replace(tzinfo=UTC)
    sign, hours, minutes = match.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return value.replace(tzinfo=timezone(shift if sign == "+" else -shift))


def _moment(face: datetime, exactness: timedelta, zone: tzinfo) -> Moment:
    if zone is UTC and not exactness:
        instant = face.replace(tzinfo=UTC)
        return Moment(instant, instant)
    face = face.replace(tzinfo=None)
    if exactness == _DAY:
        start = face.replace(hour=0, minute=0, second=0, microsecond=0)
        return Moment(_instant(start, zone, 0), _instant(start + _DAY, zone, 0) - _TICK)
    if exactness:
        face = face.replace(second=0, microsecond=0)
    lo = _instant(face, zone, 0)
    hi = max(lo, _instant(face, zone, 1))
    return Moment(lo, hi + exactness - _TICK if exactness else hi)


def _instant(face: datetime, zone: tzinfo, fold: int) -> datetime:
    return face.replace(tzinfo=zone, fold=fold).astimezone(UTC)
