"""What is published: the notice of a year, and the local days of an overlay.

A document of either kind lists days off as ``[first, last, name]`` and make-up working days as ``[day, name]``; what cannot be such a
document is refused before anything is counted on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.text import Text

YEARS = range(1900, 2200)
"""Years that a notice can be for: others are slips of the pen, and a table up to them would only cost memory."""
_DAY = timedelta(days=1)
_BEFORE, _AFTER = 31, 31
"""A notice sets days of its own year, and of at most the month before and the month after."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One revision of one year: the days off and the make-up working days that it sets."""

    year: int
    revision: int
    issued: str
    """ISO date of issue; empty where it is not known."""
    ground: str
    sources: tuple[str, ...]
    off: Mapping[date, str]
    work: Mapping[date, str]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Notice:
        """Read a notice. Raises :class:`~workflow.errors.BadInput` that says what is wrong with it."""
        try:
            year, revision = _number(document["year"]), _number(document["revision"])
            if year not in YEARS or revision < 1:
                raise ValueError(f"year {year}, revision {revision}")
            issued = str(document.get("issued") or "")
            if issued and date.fromisoformat(issued).isoformat() != issued:
                raise ValueError(f"issued {issued!r}")
            sources = _strings(document.get("sources", ()))
            off, work = _off(document["off"]), _work(document["work"])
            if not off:
                raise ValueError("no day off")
            low, high = date(year, 1, 1) - timedelta(days=_BEFORE), date(year, 12, 31) + timedelta(days=_AFTER)
            stray = [day for day in (*off, *work) if not low <= day <= high]
            if stray:
                raise ValueError(f"{stray[0]} is not of {year}")
            _apart(off, work)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                Text(f"日历文件不对:{error}", f"this is not a calendar document: {error}"),
                hint=Text("没有放假日的年份视为未公布", "a year without a single day off counts as not published"),
            ) from None
        return cls(year, revision, issued, str(document.get("ground") or ""), sources, off, work)

    def document(self) -> dict[str, Json]:
        """The canonical content; :meth:`of` reads it back."""
        return {
            "year": self.year,
            "revision": self.revision,
            "issued": self.issued,
            "ground": self.ground,
            "sources": list(self.sources),
            "off": _runs(self.off),
            "work": [[d.isoformat(), n] for d, n in sorted(self.work.items())],
        }


@dataclass(frozen=True, slots=True)
class Overlay:
    """Local days on top of the national calendar (办法 art. 4: holidays of ethnic groups are set by local government)."""

    id: str
    title: Text
    ground: str
    off: Mapping[date, str]
    work: Mapping[date, str]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Overlay:
        """Read an overlay. Raises :class:`~workflow.errors.BadInput` that says what is wrong with it."""
        try:
            name = document["id"]
            if not isinstance(name, str) or not is_overlay_id(name):
                raise ValueError(f"id {name!r}")
            off, work = _off(document["off"]), _work(document.get("work", ()))
            _apart(off, work)
            if not off and not work:
                raise ValueError("no day")
            return cls(name, Text(str(document["zh"]), str(document["en"])), str(document.get("ground") or ""), off, work)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                Text(f"地方日历文件不对:{error}", f"this is not an overlay: {error}"),
                hint=Text(
                    '应有 id、zh、en、off [["2026-01-01", "2026-01-01", "节日"]]、work [["2026-01-03", "节日"]]',
                    'it has id, zh, en, off [["2026-01-01", "2026-01-01", "feast"]], work [["2026-01-03", "feast"]]',
                ),
            ) from None

    def document(self) -> dict[str, Json]:
        """The canonical content; :meth:`of` reads it back."""
        return {
            "id": self.id,
            "zh": self.title.zh,
            "en": self.title.en,
            "ground": self.ground,
            "off": _runs(self.off),
            "work": [[d.isoformat(), n] for d, n in sorted(self.work.items())],
        }


def is_overlay_id(name: str) -> bool:
    """Whether an overlay can be called so: letters, digits and hyphens between them."""
    return all(part.isalnum() and part.isascii() for part in name.split("-"))


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no number")
    return value


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(v, str) for v in value):
        raise ValueError("sources is a list of addresses")
    return tuple(value)


def _off(runs: Iterable[Any]) -> dict[date, str]:
    found: dict[date, str] = {}
    for first, last, name in runs:
        day, end = date.fromisoformat(first), date.fromisoformat(last)
        if not 0 <= (end - day).days <= 366:
            raise ValueError(f"{first} to {last}")
        while day <= end:
            found[day] = str(name)
            day += _DAY
    return found


def _work(days: Iterable[Any]) -> dict[date, str]:
    return {date.fromisoformat(day): str(name) for day, name in days}


def _apart(off: Mapping[date, str], work: Mapping[date, str]) -> None:
    both = sorted(off.keys() & work.keys())
    if both:
        raise ValueError(f"{both[0]} is a day off and a working day")


def _runs(days: Mapping[date, str]) -> list[Json]:
    """Days off as ``[first, last, name]``, as long as each can be."""
    found: list[tuple[date, date, str]] = []
    for day, name in sorted(days.items()):
        if found and found[-1][1] + _DAY == day and found[-1][2] == name:
            found[-1] = (found[-1][0], day, name)
        else:
            found.append((day, day, name))
    return [[first.isoformat(), last.isoformat(), name] for first, last, name in found]


def from_holiday_cn(document: Mapping[str, Any], revision: int, issued: str = "") -> dict[str, Json]:
    """Our document from the JSON of the public data set ``holiday-cn`` (``year``, ``papers``, ``days``).

    An empty year is refused with :class:`BadInput`: it means that the notice is not published, not that there are no holidays.
    """
    try:
        days = [(date.fromisoformat(d["date"]), str(d["name"]).strip("“”"), _flag(d)) for d in document["days"]]
        year, papers = _number(document["year"]), _strings(document.get("papers", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(Text(f"不是 holiday-cn 数据:{error}", f"this is not holiday-cn data: {error}")) from None
    if not any(off for _, _, off in days):
        raise BadInput(Text(f"{year} 年的数据是空的:通知尚未公布", f"the data for {year} are empty: the notice is not published yet"))
    off, work = {d: n for d, n, off in days if off}, {d: n for d, n, off in days if not off}
    made = Notice(year, revision, issued, "", papers, off, work).document()
    return {"calendar": "cn", **Notice.of(made).document()}


def _flag(day: Mapping[str, Any]) -> bool:
    value = day["isOffDay"] if "isOffDay" in day else day["off"]
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value
