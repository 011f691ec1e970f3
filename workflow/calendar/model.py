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
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from workflow.calendar.notice import Notice, Overlay
from workflow.calendar.table import Table, build
from workflow.errors import AlreadyThere, BadInput, CalendarGap
from workflow.journal.canonical import Json, canonical, digest
from workflow.text import Text

Kind = Literal["working", "weekend", "holiday", "makeup"]
ENGLISH = {
    "元旦": "New Year",
    "春节": "Spring Festival",
    "清明节": "Qingming",
    "劳动节": "Labour Day",
    "五一国际劳动节": "Labour Day",
    "抗日战争暨世界反法西斯战争胜利70周年纪念日": "70th anniversary of victory in 1945",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}
WEEKEND = Text("周末", "weekend")


@dataclass(frozen=True, slots=True)
class Day:
    """What a calendar says of a date. ``certain`` is false in a year without a notice, and where a notice to come may say otherwise."""

    date: date
    kind: Kind
    name: Text
    certain: bool

    @property
    def working(self) -> bool:
        return self.kind in ("working", "makeup")


def named(name: str) -> Text:
    """The name of a holiday, in English too where it is known."""
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
            "overlays": [o.document() for o in self.overlays],
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
            tuple(Overlay.of(o) for o in document["overlays"]),
            {int(k): v for k, v in document["limits"].items()},
            str(document["until"]),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes its content, and nothing that was worked out from it."""
        return Calendar.of, (self.document(),)

    def at(self, revision: int | Mapping[int, int] | None) -> Calendar:
        """The calendar with each year at that revision, or at its newest if it has fewer; ``None`` is the newest of all."""
        if revision is None:
            return replace(self, limits={})
        limits = {n.year: revision for n in self.notices} if isinstance(revision, int) else dict(revision)
        return replace(self, limits=limits)

    def known(self, on: date) -> Calendar:
        """The calendar as it was published on a day: a notice issued later, or without a known issue date, in a later year, is left out."""
        return replace(self, until=on.isoformat())

    @property
    def base(self) -> str:
        """The calendar under the overlays: ``cn`` of ``cn+banner``."""
        return self.id.partition("+")[0]

    def with_notice(self, document: Mapping[str, Any]) -> Calendar:
        """With one more notice. The same one again changes nothing; another one under its number raises :class:`AlreadyThere`."""
        self._own(document.get("calendar"))
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

    def extended(self, other: Calendar) -> Calendar:
        """With the notices and statutory days that only ``other`` has: a newer release of the same calendar; itself when there are none."""
        here = {(n.year, n.revision) for n in self.notices}
        more = [n for n in other.notices if (n.year, n.revision) not in here]
        days = {d: name for d, name in other.statutory.items() if d not in self.statutory}
        if other.id != self.id or not (more or days):
            return self
        notices = tuple(sorted((*self.notices, *more), key=lambda n: (n.year, n.revision)))
        return replace(self, notices=notices, statutory={**self.statutory, **days})

    def with_overlay(self, document: Mapping[str, Any]) -> Calendar:
        """With local days on top, as ``ID+overlay``; an overlay of the same id is replaced. Raises :class:`BadInput` for what is none."""
        self._own(document.get("overlay"))
        new = Overlay.of(document)
        return self.under((*(o for o in self.overlays if o.id != new.id), new))

    def _own(self, name: object) -> None:
        if name is not None and name != self.base:
            raise BadInput(Text(f"这是日历 {name!r} 的文件,不是 {self.base!r}", f"it is for the calendar {name!r}, not for {self.base!r}"))

    def under(self, overlays: Iterable[Overlay]) -> Calendar:
        """The same notices under these overlays."""
        found = tuple(overlays)
        return replace(self, id="+".join((self.base, *(o.id for o in found))), overlays=found)

    @cached_property
    def data(self) -> bytes:
        """The canonical bytes of its content."""
        return canonical(self.document())

    @cached_property
    def digest(self) -> str:
        """Its content address; equal content has the same one."""
        return digest(self.data)

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
        self.is_working(day)  # refuses a day outside
        certain = self.table.sure(day.toordinal() - 1, day.toordinal())
        for overlay in reversed(self.overlays):
            if day in overlay.work:
                return Day(day, "makeup", Text(overlay.work[day], overlay.work[day]), certain)
            if day in overlay.off:
                return Day(day, "holiday", Text(overlay.off[day], overlay.off[day]), certain)
        for year in (day.year + 1, day.year):
            notice = self.used.get(year)
            if notice is not None and day in notice.work:
                return Day(day, "makeup", named(notice.work[day]), certain)
            if notice is not None and day in notice.off:
                return Day(day, "holiday", named(notice.off[day]), certain)
        if day.year not in self.used and day in self.statutory:
            return Day(day, "holiday", named(self.statutory[day]), certain)
        if day.weekday() >= 5:
            return Day(day, "weekend", WEEKEND, certain)
        return Day(day, "working", Text("工作日", "working day"), certain)

    def is_working(self, day: date) -> bool:
        table = self.table
        index = day.toordinal() - table.base
        if not 0 <= index < len(table.working) or (table.holes and day.year in table.holes):
            raise self._gap(day)
        return table.working[index]

    def ends(self, zone: ZoneInfo) -> list[datetime]:
        """For each day of the table the instant (UTC) at which it ends in a zone; worked out once for each zone."""
        found = self._ends.get(zone)
        if found is None:
            days = range(self.table.base + 1, self.table.base + len(self.table.working) + 1)
            found = self._ends[zone] = [datetime.combine(date.fromordinal(o), time(), zone).astimezone(UTC) for o in days]
        return found

    @cached_property
    def _ends(self) -> dict[ZoneInfo, list[datetime]]:
        return {}

    def add_working(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day`` (which is not counted itself); before it for a negative count.

        Zero is ``day`` itself. Raises :class:`CalendarGap` when the count leaves the years that the calendar can speak of.
        """
        if count == 0:
            return day
        table = self.table
        index = day.toordinal() - table.base
        if not 0 <= index < len(table.before) - (count > 0):
            raise self._gap(day)
        # before[i] counts the working days strictly before base + i
        wanted = table.before[index] + table.working[index] + count - 1 if count > 0 else table.before[index] + count
        if not 0 <= wanted < len(table.ordinals):
            raise self._gap(date.fromordinal(table.base + (len(table.working) if count > 0 else -1)))
        found = table.ordinals[wanted]
        if table.holes and (hole := table.hole(min(found, day.toordinal()), max(found, day.toordinal()))) is not None:
            raise self._gap(date(hole, 1, 1))
        return date.fromordinal(found)

    def working_between(self, after: date, until: date) -> int:
        """Working days in ``(after, until]``; negative when ``until`` is the earlier one."""
        if until < after:
            return -self.working_between(until, after)
        table = self.table
        first, last = after.toordinal() + 1 - table.base, until.toordinal() + 1 - table.base
        if first < 0 or last >= len(table.before):
            raise self._gap(until if last >= len(table.before) else after)
        if table.holes and first < last and (hole := table.hole(after.toordinal() + 1, until.toordinal())) is not None:
            raise self._gap(date(hole, 1, 1))
        return table.before[last] - table.before[first]

    def certain(self, after: date, until: date) -> bool:
        """Whether every day in ``(after, until]`` is of a published year and none may still be changed by a notice to come."""
        return self.table.sure(after.toordinal(), until.toordinal())

    @cached_property
    def earliest(self) -> Calendar:
        """As if every day that may become a working day became one: dates counted on it are never later than the true ones."""
        return replace(self, overlays=(*self.overlays, self._guess(working=True)))

    @cached_property
    def latest(self) -> Calendar:
        """As if every day that may become a day off became one: dates counted on it are never earlier than the true ones."""
        return replace(self, overlays=(*self.overlays, self._guess(working=False)))

    def _guess(self, working: bool) -> Overlay:
        days = {date.fromordinal(o): "未公布" for o, works in self.table.open.items() if works == working}
        return Overlay("", Text("估计", "estimate"), "", {} if working else days, days if working else {})

    @cached_property
    def table(self) -> Table:
        table = build(self.used, self.statutory, self.overlays, self.windows)
        if table is None:
            raise CalendarGap(Text(f"日历 {self.id} 是空的", f"the calendar {self.id} is empty"))
        return table

    def _gap(self, day: date) -> CalendarGap:
        table = self.table
        first, last = date.fromordinal(table.base), date.fromordinal(table.base + len(table.working) - 1)
        without = "、".join(map(str, table.holes))
        return CalendarGap(
            Text(f"日历 {self.id} 没有 {day} 的数据", f"the calendar {self.id} says nothing of {day}"),
            hint=Text(
                f"范围 {first} 至 {last}{f'(缺 {without})' if without else ''};用 duban calendar import 导入",
                f"it covers {first} to {last}{f' (without {without})' if without else ''}; import more with duban calendar import",
            ),
        )
