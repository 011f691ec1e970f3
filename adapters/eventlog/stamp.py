"""Stamps of a log as moments: the map's formats, its zone policy, and how exact a stamp is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from workflow.errors import NaiveTime
from workflow.logmap import FLOATING, ISO, ZH, Chinese, LogMap, stamp_pattern
from workflow.moment import Moment
from workflow.spoken import Reference, Span, Spoken, Unsaid, part_of_day
from workflow.text import Text

_EXACT, _MINUTE, _DAY = timedelta(), timedelta(minutes=1), timedelta(days=1)
_TICK = timedelta(microseconds=1)
_REST = _MINUTE - _TICK
_TRUE = frozenset({"true", "1", "yes", "y", "是"})
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_ISO = re.compile(
    r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    r"(?:[T ](?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d)(?:\.(?P<f>\d{1,6}))?)?(?P<z>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


class BadRow(Exception):
    """A row that cannot be read, and why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Stamps:
    """Reads stamps under one map; those of a ``typed`` table may be ISO 8601 whatever the map's formats are."""

    def __init__(self, log_map: LogMap, typed: bool = False) -> None:
        self._policy = log_map.zone
        self._unit = {None: None, "minute": _MINUTE, "second": _EXACT}[log_map.granularity]
        self._zones: dict[str, tuple[str, tzinfo]] = {}
        self._missing = frozenset(log_map.missing)
        formats = dict.fromkeys((*log_map.formats, ISO) if typed else log_map.formats)
        self._formats = tuple(face_of(form) for form in formats if form != ZH)
        self._chinese = log_map.zh or Chinese()
        about = timedelta(minutes=self._chinese.about) if self._chinese.about is not None else None
        parts = {word: part_of_day(part) for word, part in self._chinese.parts.items()}
        self._spoken = Spoken(parts, about) if ZH in formats else None

    def read(self, text: str, zone: str, date_only: str) -> tuple[Moment, str]:
        """The moment of a stamp, and the zone in which its clock face was read (empty: it gave its own offset).

        ``zone`` and ``date_only`` are the words of those columns. A clock face that a change of the clocks repeats is both instants and
        all between; so is one that it skips, read with the offset before and with that after. Raises :class:`BadRow`, and
        :class:`~workflow.errors.NaiveTime` when there is neither an offset nor a zone policy.
        """
        text = text.strip()
        found = self._face(text)
        if found is None:
            raise self._unread(text)
        face, unit = found
        if date_only and date_only.strip().lower() in _TRUE:
            unit = _DAY
        elif self._unit is not None and unit is not _DAY:
            unit = self._unit
        try:
            if face.tzinfo is not None:
                return _moment(face.replace(tzinfo=None), unit, face.tzinfo), ""
            name, there = self._zones.get(zone) or self._zone(zone, text)
            return _moment(face, unit, there), name
        except OverflowError:
            raise BadRow(Text(f"时间超出范围 {text!r}", f"the time is out of range: {text!r}")) from None

    def read_words(self, text: str, zone: str, date_only: str, other: str, before: Moment | None, lost: bool) -> tuple[Moment, str]:
        """As :meth:`read`, where the format ``zh`` is among those of the map; the other formats come first.

        ``other`` is the word of the column with another date of the row, ``before`` the time that stands before this one in its row;
        ``lost``: one stands there and could not be read, so that nothing of the row can be leaned on.
        """
        text = text.strip()
        if self._spoken is None or text in self._missing or self._face(text) is not None:
            return self.read(text, zone, date_only)
        name, there = self._zones.get(zone) or self._zone(zone, text)
        day = None if lost else self._face(other.strip())
        try:
            faces = None if before is None else Span(*(t.astimezone(there).replace(tzinfo=None) for t in (before.lo, before.hi)))
            lo, hi = self._spoken.read(text, Reference(day[0].date() if day is not None else None, faces, self._chinese.year))
            if date_only.strip().lower() in _TRUE:
                lo, hi = _moment(lo, _DAY, UTC).lo.replace(tzinfo=None), _moment(hi, _DAY, UTC).hi.replace(tzinfo=None)
            both = [_instant(face, there, fold) for face in (lo, hi) for fold in (0, 1)]
            return Moment(min(both), max(both)), name
        except Unsaid as unsaid:
            raise BadRow(unsaid.reason) from None
        except OverflowError:
            raise BadRow(Text(f"时间超出范围 {text!r}", f"the time is out of range: {text!r}")) from None

    def _zone(self, word: str, text: str) -> tuple[str, tzinfo]:
        if self._policy is None:
            raise NaiveTime(
                Text(f"时间 {text!r} 没有时区,映射也没有写 zone", f"the time {text!r} has no offset and the map has no zone policy"),
                hint=Text("在映射中写 zone: Asia/Shanghai", "add to the map: zone: Asia/Shanghai"),
            )
        name = self._policy.of(word.strip())
        if name is None:
            raise BadRow(Text(f"时区 {word!r} 不在映射中", f"the map has no zone for {word!r}"))
        found = self._zones[word] = name, UTC if name == FLOATING else ZoneInfo(name)
        return found

    def _face(self, text: str) -> tuple[datetime, timedelta] | None:
        """The clock face of a stamp, with its offset if it has one, and the unit that it is written to; ``None``: of no numeric format."""
        for form in self._formats:
            try:
                face = form.read(text)
            except ValueError:
                continue
            if face is not None:
                return face
        return None

    def _unread(self, text: str) -> BadRow:
        if text in self._missing:
            return BadRow(Text("没有时间", "no time"))
        return BadRow(Text(f"无法读取的时间 {text!r}", f"cannot read the time {text!r}"))


class Face:
    """One stamp format. Years to seconds are always a leading part of ``Y m d H M S``, so they are read as one run of numbers."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._numbers = tuple(d for d in "YmdHMS" if d in pattern.groupindex)
        self._more = bool({"f", "z"} & set(pattern.groupindex))
        self._unit = _DAY if "H" not in pattern.groupindex else _MINUTE if "S" not in pattern.groupindex else _EXACT

    def read(self, text: str) -> tuple[datetime, timedelta] | None:
        """The clock face and its unit; ``None`` for a text of another form. Raises ``ValueError`` for a 30 February."""
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        if not self._more:
            return datetime(*map(int, match.group(*self._numbers))), self._unit  # type: ignore[arg-type]
        part = {k: v for k, v in match.groupdict().items() if v is not None}
        face = datetime(
            int(part["Y"]), int(part["m"]), int(part["d"]),
            int(part.get("H", 0)), int(part.get("M", 0)), int(part.get("S", 0)), int(part.get("f", "0").ljust(6, "0")),
            _offset(part.get("z")),
        )  # fmt: skip
        return face, _DAY if "H" not in part else _MINUTE if "S" not in part else _EXACT


def face_of(form: str) -> Face:
    """The reader of one format, ``iso`` or one of ``strptime`` as :mod:`workflow.logmap` has them."""
    return Face(_ISO if form == ISO else stamp_pattern(form))


def _offset(text: str | None) -> tzinfo | None:
    match = _OFFSET.match(text) if text is not None else None
    if match is None:
        return None if text is None else UTC
    sign, hours, minutes = match.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(shift if sign == "+" else -shift)


def _moment(face: datetime, unit: timedelta, zone: tzinfo) -> Moment:
    if zone is UTC and unit is not _DAY:  # no change of the clocks to think of
        lo = face.replace(tzinfo=UTC) if unit is _EXACT else face.replace(second=0, microsecond=0, tzinfo=UTC)
        return Moment(lo, lo if unit is _EXACT else lo + _REST)
    if unit is _DAY:
        start = face.replace(hour=0, minute=0, second=0, microsecond=0)
        return Moment(_instant(start, zone, 0), _instant(start + _DAY, zone, 0) - _TICK)
    if unit is _MINUTE:
        face = face.replace(second=0, microsecond=0)
    lo, hi = sorted((_instant(face, zone, 0), _instant(face, zone, 1)))  # they differ where the clocks are changed, and then only there
    return Moment(lo, hi + _REST if unit is _MINUTE else hi)


def _instant(face: datetime, zone: tzinfo, fold: int) -> datetime:
    return face.replace(tzinfo=zone, fold=fold).astimezone(UTC)
