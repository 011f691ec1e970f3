"""Working-day calendars: years, their revisions, local overlays, and years that are not published yet.

A calendar is a fact of the world and is kept as data (``definitions/calendars``). The notice for a year may change days at the end of
December before it, and may be changed itself later: each notice is a *revision* of its year. A year without a notice is *unknown*: only
its weekends and statutory days (全国年节及纪念日放假办法, 2024) are certain, and what is counted in it is provisional.

Which days of an unknown year may still change is bounded by what the notices of 2007–2026 have ever changed: for each holiday the widest
span of days off and of make-up working days around its first statutory day (``windows`` of the data file). That is an assumption about
future notices, stated wherever a provisional date is explained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

from workflow.errors import AlreadyThere, BadInput, CalendarGap
from workflow.journal.canonical import Json
from workflow.text import Text

Kind = Literal["working", "weekend", "holiday", "makeup"]
ENGLISH = {
    "元旦": "New Year",
    "春节": "Spring Festival",
    "清明节": "Qingming",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}
WEEKEND = Text("周末", "weekend")
WEEKDAYS = Text("一二三四五六日", "Mon Tue Wed Thu Fri Sat Sun")


@dataclass(frozen=True, slots=True)
class Day:
    """What a calendar says of a date. ``certain`` is false where a notice still to come may say otherwise."""

    date: date
    kind: Kind
    name: Text
    certain: bool

    @property
    def working(self) -> bool:
        return self.kind in ("working", "makeup")


@dataclass(frozen=True, slots=True)
class Notice:
    """One revision of one year: the days off and the make-up working days that it sets."""

    year: int
    revision: int
    issued: str
    ground: str
    sources: tuple[str, ...]
    off: Mapping[date, str]
    work: Mapping[date, str]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Notice:
        try:
            off: dict[date, str] = {}
            for first, last, name in document["off"]:
                day = date.fromisoformat(first)
                while day <= date.fromisoformat(last):
                    off[day] = str(name)
                    day += timedelta(days=1)
            work = {date.fromisoformat(day): str(name) for day, name in document["work"]}
            year, revision = int(document["year"]), int(document["revision"])
            if not off or revision < 1:
                raise ValueError("no day off, or no revision number")
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                Text(f"日历文件不对:{error}", f"this is not a calendar document: {error}"),
                hint=Text("没有放假日的年份视为未公布", "a year without a single day off counts as not published"),
            ) from None
        return cls(
            year, revision, str(document.get("issued", "")), str(document.get("ground", "")), tuple(document.get("sources", ())), off, work
        )

    def document(self) -> dict[str, Json]:
        runs: list[Json] = []
        start = previous = None
        for day, name in sorted(self.off.items()):
            if previous is not None and day == previous[0] + timedelta(days=1) and name == previous[1]:
                previous = (day, name)
                continue
            if start is not None and previous is not None:
                runs.append([start.isoformat(), previous[0].isoformat(), previous[1]])
            start, previous = day, (day, name)
        if start is not None and previous is not None:
            runs.append([start.isoformat(), previous[0].isoformat(), previous[1]])
        return {
            "year": self.year,
            "revision": self.revision,
            "issued": self.issued,
            "ground": self.ground,
            "sources": list(self.sources),
            "off": runs,
            "work": [[d.isoformat(), n] for d, n in sorted(self.work.items())],
        }


@dataclass(frozen=True, slots=True)
class Overlay:
    """Local days on top of the national calendar (办法 art. 4: holidays of ethnic groups are set by local government)."""

    id: str
    title: Text
    off: Mapping[date, str]
    work: Mapping[date, str]


def _named(name: str) -> Text:
    return Text(name, " and ".join(ENGLISH.get(part, part) for part in name.split("、")))


@dataclass(frozen=True)
class Calendar:
    """A calendar with all it knows. Equal content is an equal calendar; nothing in it can be changed."""

    id: str
    notices: tuple[Notice, ...]
    """Every revision of every year, by (year, revision)."""
    statutory: Mapping[date, str] = field(default_factory=dict)
    windows: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    overlays: tuple[Overlay, ...] = ()
    limits: Mapping[int, int] = field(default_factory=dict)
    """Year → the revision to use; years not named use their newest."""
    until: str = ""
    """Only notices issued on or before this day are used; empty: all."""

    @classmethod
    def load(cls, documents: Iterable[Mapping[str, Any]]) -> Calendar:
        """From the documents of a calendar: one a notice, and one with the statutory days. Raises :class:`BadInput`."""
        notices: list[Notice] = []
        statutory: dict[date, str] = {}
        windows: dict[str, Mapping[str, tuple[int, int]]] = {}
        name = ""
        for document in documents:
            name = str(document.get("calendar", name))
            if "statutory" in document:
                for days in document["statutory"].values():
                    statutory.update({date.fromisoformat(day): str(holiday) for day, holiday in days})
                windows = {
                    k: {"off": (v["off"][0], v["off"][1]), "work": (v["work"][0], v["work"][1])} for k, v in document["windows"].items()
                }
            else:
                notices.append(Notice.of(document))
        return cls(name, tuple(sorted(notices, key=lambda n: (n.year, n.revision))), statutory, windows)

    def document(self) -> dict[str, Json]:
        """The canonical content, to be stored and content-addressed; :meth:`of` reads it back."""
        return {
            "id": self.id,
            "notices": [n.document() for n in self.notices],
            "statutory": [[d.isoformat(), n] for d, n in sorted(self.statutory.items())],
            "windows": {k: {"off": list(v["off"]), "work": list(v["work"])} for k, v in self.windows.items()},
            "overlays": [
                {
                    "id": o.id,
                    "zh": o.title.zh,
                    "en": o.title.en,
                    "off": [[d.isoformat(), n] for d, n in sorted(o.off.items())],
                    "work": [[d.isoformat(), n] for d, n in sorted(o.work.items())],
                }
                for o in self.overlays
            ],
            "limits": {str(k): v for k, v in self.limits.items()},
            "until": self.until,
        }

    @classmethod
    def of(cls, document: Any) -> Calendar:
        """The calendar whose :meth:`document` this is."""
        return cls(
            str(document["id"]),
            tuple(Notice.of(n) for n in document["notices"]),
            {date.fromisoformat(d): n for d, n in document["statutory"]},
            {k: {"off": (v["off"][0], v["off"][1]), "work": (v["work"][0], v["work"][1])} for k, v in document["windows"].items()},
            tuple(_overlay(o) for o in document["overlays"]),
            {int(k): v for k, v in document["limits"].items()},
            str(document["until"]),
        )

    def at(self, revision: int | Mapping[int, int] | None) -> Calendar:
        """The calendar with each year at that revision, or at its newest if it has fewer; ``None`` is the newest of all."""
        if revision is None:
            return replace(self, limits={})
        limits = {n.year: revision for n in self.notices} if isinstance(revision, int) else dict(revision)
        return replace(self, limits=limits)

    def known(self, on: date) -> Calendar:
        """The calendar as it was published on a day: a notice issued later, or without a known issue date, in a later year, is left out."""
        return replace(self, until=on.isoformat())

    def with_notice(self, document: Mapping[str, Any]) -> Calendar:
        """With one more notice. The same one again changes nothing; another one under its number raises :class:`AlreadyThere`."""
        new = Notice.of(document)
        for old in self.notices:
            if (old.year, old.revision) == (new.year, new.revision):
                if (old.off, old.work) == (new.off, new.work):
                    return self
                raise AlreadyThere(
                    Text(
                        f"{new.year} 年第 {new.revision} 版已存在,内容不同",
                        f"revision {new.revision} of {new.year} is there with other days",
                    ),
                    hint=Text("用下一个版本号导入", "import it under the next revision number"),
                )
        return replace(self, notices=tuple(sorted((*self.notices, new), key=lambda n: (n.year, n.revision))))

    def with_overlay(self, document: Mapping[str, Any]) -> Calendar:
        """With local days on top; raises :class:`BadInput` for a document that is none."""
        try:
            return replace(self, id=f"{self.id}+{document['id']}", overlays=(*self.overlays, _overlay(document)))
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(Text(f"地方日历文件不对:{error}", f"this is not an overlay: {error}")) from None

    @cached_property
    def used(self) -> Mapping[int, Notice]:
        """Year → the notice in use."""
        found: dict[int, Notice] = {}
        for notice in self.notices:
            if self.until and (notice.issued or f"{notice.year - 1}-12-31") > self.until:
                continue
            if notice.year not in found or notice.revision <= self.limits.get(notice.year, notice.revision):
                found[notice.year] = notice
        return found

    def revision(self, year: int) -> int | None:
        """The revision in use for a year; ``None`` for an unknown year."""
        notice = self.used.get(year)
        return notice.revision if notice is not None else None

    def day(self, day: date) -> Day:
        """What is known of a date. Raises :class:`CalendarGap` outside the years that the calendar can speak of."""
        index = day.toordinal() - self._table.base
        if not 0 <= index < len(self._table.working):
            raise self._gap(day)
        certain = day.toordinal() not in self._table.open
        for overlay in reversed(self.overlays):
            if day in overlay.work:
                return Day(day, "makeup", Text(overlay.work[day], overlay.work[day]), certain)
            if day in overlay.off:
                return Day(day, "holiday", Text(overlay.off[day], overlay.off[day]), certain)
        for year in (day.year + 1, day.year):
            notice = self.used.get(year)
            if notice is not None and day in notice.work:
                return Day(day, "makeup", _named(notice.work[day]), certain)
            if notice is not None and day in notice.off:
                return Day(day, "holiday", _named(notice.off[day]), certain)
        if day.year not in self.used and day in self.statutory:
            return Day(day, "holiday", _named(self.statutory[day]), certain)
        if day.weekday() >= 5:
            return Day(day, "weekend", WEEKEND, certain)
        return Day(day, "working", Text("工作日", "working day"), certain)

    def is_working(self, day: date) -> bool:
        index = day.toordinal() - self._table.base
        if not 0 <= index < len(self._table.working):
            raise self._gap(day)
        return self._table.working[index]

    def add_working(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day`` (which is not counted itself); before it for a negative count.

        Zero is ``day`` itself. Raises :class:`CalendarGap` when the count leaves the years that the calendar can speak of.
        """
        if count == 0:
            return day
        table = self._table
        index = day.toordinal() - table.base
        if not 0 <= index < len(table.before):
            raise self._gap(day)
        # before[i] counts the working days strictly before base + i
        wanted = table.before[index] + table.working[index] + count - 1 if count > 0 else table.before[index] + count
        if not 0 <= wanted < len(table.ordinals):
            raise self._gap(day)
        return date.fromordinal(table.ordinals[wanted])

    def working_between(self, after: date, until: date) -> int:
        """Working days in ``(after, until]``; negative when ``until`` is the earlier one."""
        if until < after:
            return -self.working_between(until, after)
        table = self._table
        first, last = after.toordinal() + 1 - table.base, until.toordinal() + 1 - table.base
        if first < 0 or last >= len(table.before):
            raise self._gap(until if last >= len(table.before) else after)
        return table.before[last] - table.before[first]

    def certain(self, after: date, until: date) -> bool:
        """Whether no day in ``(after, until]`` may still be changed by a notice to come."""
        opened = self._table.first_open
        return (
            opened is None
            or until.toordinal() < opened
            or not any(o in self._table.open for o in range(after.toordinal() + 1, until.toordinal() + 1))
        )

    @cached_property
    def earliest(self) -> Calendar:
        """As if every day that may become a working day became one: dates counted on it are never later than the true ones."""
        return replace(self, overlays=(*self.overlays, self._guess(working=True)))

    @cached_property
    def latest(self) -> Calendar:
        """As if every day that may become a day off became one: dates counted on it are never earlier than the true ones."""
        return replace(self, overlays=(*self.overlays, self._guess(working=False)))

    def _guess(self, working: bool) -> Overlay:
        days = {date.fromordinal(o): "未公布" for o, way in self._table.open.items() if way in ("work" if working else "off", "both")}
        days = {d: n for d, n in days.items() if d not in self.statutory and (d.weekday() >= 5) == working}
        return Overlay("", Text("估计", "estimate"), {} if working else days, days if working else {})

    @cached_property
    def _table(self) -> _Table:
        return _build(self)

    def _gap(self, day: date) -> CalendarGap:
        first, last = self._table.base, self._table.base + len(self._table.working) - 1
        return CalendarGap(
            Text(f"日历 {self.id} 没有 {day} 的数据", f"the calendar {self.id} says nothing of {day}"),
            hint=Text(
                f"范围 {date.fromordinal(first)} 至 {date.fromordinal(last)};用 duban calendar import 导入",
                f"it covers {date.fromordinal(first)} to {date.fromordinal(last)}; import more with duban calendar import",
            ),
        )


@dataclass(frozen=True, slots=True)
class _Table:
    base: int
    working: list[bool]
    before: list[int]
    ordinals: list[int]
    open: Mapping[int, str]
    first_open: int | None


def _build(calendar: Calendar) -> _Table:
    years = [*calendar.used, *(d.year for d in calendar.statutory)]
    if not years:
        raise CalendarGap(Text(f"日历 {calendar.id} 是空的", f"the calendar {calendar.id} is empty"))
    base, end = date(min(years), 1, 1).toordinal(), date(max(years), 12, 31).toordinal()
    working = [date.fromordinal(o).weekday() < 5 for o in range(base, end + 1)]
    changed: dict[date, bool] = {d: False for d in calendar.statutory if d.year not in calendar.used}
    for _, notice in sorted(calendar.used.items()):
        changed.update(dict.fromkeys(notice.off, False))
        changed.update(dict.fromkeys(notice.work, True))
    for overlay in calendar.overlays:
        changed.update(dict.fromkeys(overlay.off, False))
        changed.update(dict.fromkeys(overlay.work, True))
    for day, works in changed.items():
        if base <= day.toordinal() <= end:
            working[day.toordinal() - base] = works
    before, ordinals = [0], []
    for i, works in enumerate(working):
        if works:
            ordinals.append(base + i)
        before.append(before[-1] + works)
    opened = _open_days(calendar)
    return _Table(base, working, before, ordinals, opened, min(opened) if opened else None)


def _open_days(calendar: Calendar) -> dict[int, str]:
    """Days that a notice to come may change, and in which way: into a working day, a day off, or both."""
    found: dict[int, str] = {}
    firsts: dict[tuple[int, str], date] = {}
    for day, name in sorted(calendar.statutory.items()):
        if day.year not in calendar.used:
            firsts.setdefault((day.year, name), day)
    for (_, name), first in firsts.items():
        for way in ("off", "work"):
            low, high = calendar.windows.get(name, {}).get(way, (0, 0))
            for offset in range(low, high + 1):
                ordinal = first.toordinal() + offset
                found[ordinal] = way if found.get(ordinal, way) == way else "both"
    return found


def _overlay(document: Mapping[str, Any]) -> Overlay:
    return Overlay(
        str(document["id"]),
        Text(str(document["zh"]), str(document["en"])),
        {date.fromisoformat(d): str(n) for d, n in document["off"]},
        {date.fromisoformat(d): str(n) for d, n in document["work"]},
    )


def from_holiday_cn(document: Mapping[str, Any], revision: int, issued: str = "") -> dict[str, Json]:
    """Our document from the JSON of the public data set ``holiday-cn`` (``year``, ``papers``, ``days``).

    An empty year is refused with :class:`BadInput`: it means that the notice is not published, not that there are no holidays.
    """
    try:
        days = [
            (date.fromisoformat(d["date"]), str(d["name"]).strip("“”"), bool(d["isOffDay"] if "isOffDay" in d else d["off"]))
            for d in document["days"]
        ]
        year, papers = int(document["year"]), [str(p) for p in document.get("papers", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(Text(f"不是 holiday-cn 数据:{error}", f"this is not holiday-cn data: {error}")) from None
    if not any(off for _, _, off in days):
        raise BadInput(Text(f"{year} 年的数据是空的:通知尚未公布", f"the data for {year} are empty: the notice is not published yet"))
    notice = Notice(year, revision, issued, "", tuple(papers), {d: n for d, n, off in days if off}, {d: n for d, n, off in days if not off})
    return {"calendar": "cn", **notice.document()}
