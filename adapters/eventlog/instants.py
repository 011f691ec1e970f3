"""Stamps that are instants, as numbers and back: nothing of how they were written is lost.

A column of a log whose every stamp gives its offset is kept as microseconds since 1970 in UTC, beside the *form* in which each was
written, so that the text of a row, which decides between rows of one instant (SEMANTICS S10.1), is what it was.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)([T ])(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)
_TICK = timedelta(microseconds=1)
_YEARS = range(2, 9999)
"""In which every instant with every offset is one in UTC too."""


def taken(text: str) -> tuple[int, str] | None:
    """The instant of an ISO 8601 stamp to the second or finer with an offset, in microseconds, and its form; ``None`` for any other text.

    A form is the sign between date and time, the number of digits behind the second, and the offset as it stands: ``T3+02:00``, `` 0Z``.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, between, hour, minute, second, fraction, offset, sign, hours, minutes = match.groups()
    digits = fraction or ""
    try:
        face = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), int(digits.ljust(6, "0")))
    except ValueError:
        return None
    if face.year not in _YEARS or (sign and (int(hours) > 23 or int(minutes) > 59)):
        return None
    return (face - _shift(sign or "+", hours or "0", minutes or "0") - _EPOCH) // _TICK, f"{between}{len(digits)}{offset}"


def written(micros: int, form: str) -> str:
    """The stamp that :func:`taken` took."""
    digits, offset = int(form[1]), form[2:]
    shift = timedelta() if offset == "Z" else _shift(offset[0], offset[1:3], offset[-2:])
    face = _EPOCH + micros * _TICK + shift
    fraction = f".{face.microsecond:06d}"[: digits + 1] if digits else ""
    return f"{face.replace(microsecond=0).isoformat(form[0])}{fraction}{offset}"


def _shift(sign: str, hours: str, minutes: str) -> timedelta:
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return span if sign == "+" else -span
