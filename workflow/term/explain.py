"""Why a date is what it is: every day that was counted or skipped, and why, as data and as sentences (promise 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflow.calendar import WEEKEND, Calendar
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.term.due import MONTHS, Due, Pause, chosen, counted_day, due, paused_days
from workflow.term.model import Choice, Span, Term
from workflow.text import Lang, Text

MAX_DAYS = 366
"""Counted days that are listed; of the others the explanation says how many they are."""
PAUSED = Text("暂停", "paused")
_DAY = timedelta(days=1)
_WEEKDAY_ZH = "一二三四五六日"
_WEEKDAY_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Skipped:
    first: date
    last: date
    name: Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of one due date. ``counted`` and ``skipped`` are empty for terms that count no days."""

    start: datetime
    term: Term
    decided: Term
    """The term that decided, where the rule names several."""
    due: Due
    zone: str
    calendar: str
    counted: tuple[tuple[date, bool], ...]
    """Each day counted, and whether it is a make-up working day."""
    skipped: tuple[Skipped, ...]
    rolled: tuple[Skipped, ...]
    pauses: tuple[Pause, ...]
    more: int
    """Days counted beyond those that are listed."""

    def document(self) -> dict[str, Json]:
        """The same as canonical data."""
        return {
            "start": stamp(self.start),
            "term": str(self.term),
            "decided": str(self.decided),
            "due": stamp(self.due.instant),
            "inclusive": self.due.inclusive,
            "last_day": self.due.last_day.isoformat() if self.due.last_day else None,
            "provisional": self.due.provisional,
            "earliest": stamp(self.due.earliest),
            "latest": stamp(self.due.latest),
            "revision": self.due.revision,
            "zone": self.zone,
            "calendar": self.calendar,
            "counted": [[d.isoformat(), makeup] for d, makeup in self.counted],
            "more": self.more,
            "skipped": [[s.first.isoformat(), s.last.isoformat(), s.name.zh, s.name.en] for s in self.skipped],
            "rolled": [[s.first.isoformat(), s.last.isoformat(), s.name.zh, s.name.en] for s in self.rolled],
            "pauses": [[stamp(p.lo), stamp(p.hi)] for p in self.pauses],
        }

    def lines(self, lang: Lang) -> list[str]:
        """The sentences, one a line, each beginning with its heading."""
        zone = ZoneInfo(self.zone)
        local = self.start.astimezone(zone)
        zh = lang == "zh"
        found: list[str] = []
        day_term = self.due.last_day is not None
        started = f"{local:%Y-%m-%d %H:%M}"
        if isinstance(self.decided, Span) and day_term and not self.decided.count_start_day:
            found.append(f"起算  {started},当日不计" if zh else f"start    {started}, that day not counted")
        else:
            found.append(f"起算  {started}" if zh else f"start    {started}")
        if self.decided != self.term:
            found.append(
                f"期限  {self.term.text.zh},由 {self.decided.text.zh} 决定"
                if zh
                else f"term     {self.term.text.en}; decided by {self.decided.text.en}"
            )
        else:
            found.append(f"期限  {self.term.text.zh}" if zh else f"term     {self.term.text.en}")
        for pause in self.pauses:
            lo, hi = pause.lo.astimezone(zone), pause.hi.astimezone(zone)
            span = f"{lo:%Y-%m-%d %H:%M} … {hi:%Y-%m-%d %H:%M}"
            found.append(f"暂停  {span}" if zh else f"paused   {span}")
        if self.counted:
            years = {local.year}
            days = [_short(d, years) + (("(调休上班)" if zh else " (make-up)") if makeup else "") for d, makeup in self.counted]
            more = (f"  … 另 {self.more} 日" if zh else f"  … and {self.more} more") if self.more else ""
            found.append(("计入  " if zh else "counted  ") + "  ".join(days) + more)
        for heading, parts in ((Text("跳过  ", "skipped  "), self.skipped), (Text("顺延  ", "rolled   "), self.rolled)):
            if parts:
                years = {local.year}
                found.append(heading.say(lang) + "  ".join(_range(s, years, lang) for s in parts))
        found.append(self._calendar(zh))
        if self.due.provisional:
            low, high = _shown(self.due, self.due.earliest, zone, lang), _shown(self.due, self.due.latest, zone, lang)
            found.append(
                f"暂定  节假日安排尚未公布:最早 {low},最晚 {high}"
                if zh
                else f"provisional: the holiday notice is not published; earliest {low}, latest {high}"
            )
        return found

    def _calendar(self, zh: bool) -> str:
        """Calendar, year and revision where the last day depends on them; the zone always."""
        due = self.due
        if due.last_day is None or (due.revision is None and not due.provisional):
            return f"时区  {self.zone}" if zh else f"zone     {self.zone}"
        year = due.last_day.year
        if due.revision is None:
            return (
                f"日历  {self.calendar} {year},未公布;时区 {self.zone}"
                if zh
                else f"calendar {self.calendar} {year}, not published; zone {self.zone}"
            )
        return (
            f"日历  {self.calendar} {year},第 {due.revision} 版;时区 {self.zone}"
            if zh
            else f"calendar {self.calendar} {year}, revision {due.revision}; zone {self.zone}"
        )

    def date_line(self, lang: Lang) -> str:
        """The due date alone: a term that ends at midnight is shown as 24:00 of its last day."""
        return _shown(self.due, self.due.instant, ZoneInfo(self.zone), lang)


def shown(due: Due, zone: ZoneInfo, lang: Lang) -> str:
    """A due date for people: ``2026-10-15(周四)24:00``."""
    return _shown(due, due.instant, zone, lang)


def _shown(due: Due, instant: datetime, zone: ZoneInfo, lang: Lang) -> str:
    local = instant.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    day = local.date()
    if not due.inclusive and local.astimezone(UTC) == datetime.combine(day, time(), zone).astimezone(UTC):  # where no 00:00 is skipped too
        day, clock = day - _DAY, "24:00"
    weekday = f"(周{_WEEKDAY_ZH[day.weekday()]})" if lang == "zh" else f" ({_WEEKDAY_EN[day.weekday()]}) "
    return f"{day}{weekday}{clock}"


def _short(day: date, years: set[int]) -> str:
    return f"{day:%m-%d}" if day.year in years else day.isoformat()


def _range(skipped: Skipped, years: set[int], lang: Lang) -> str:
    first = _short(skipped.first, years)
    last = (
        ""
        if skipped.first == skipped.last
        else f"…{skipped.last:%d}"
        if skipped.first.month == skipped.last.month
        else f"…{_short(skipped.last, years)}"
    )
    name = skipped.name.say(lang)
    if skipped.name == WEEKEND and skipped.first == skipped.last:
        weekday = skipped.first.weekday()
        name = f"周{_WEEKDAY_ZH[weekday]}" if lang == "zh" else _WEEKDAY_EN[weekday]
    return f"{first}{last} {name}"


def explain(start: datetime, term: Term, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> Explanation:
    """The explanation of ``due(start, term, …)``; raises what it raises.

    Every day after the start (or from it, where it counts) up to the last day stands in exactly one of ``counted``, ``skipped`` and
    ``rolled``; the last day is always counted. Terms in months count no days: of them only what was paused or rolled is listed.
    """
    found = due(start, term, calendar, zone, pauses)
    decided = term
    while isinstance(decided, Choice):
        decided = chosen(start, decided, calendar, zone, pauses)[0]
    made = Explanation(start, term, decided, found, zone.key, calendar.id, (), (), (), (), 0)
    if not isinstance(decided, Span):
        return made
    made = replace(made, pauses=tuple(p for p in pauses if p.lo <= found.instant and p.hi > start))
    if found.last_day is None:
        return made
    return _days(made, decided, found.last_day, calendar, zone)


def _days(made: Explanation, term: Span, last: date, calendar: Calendar, zone: ZoneInfo) -> Explanation:
    paused = paused_days(made.pauses, zone)
    first = made.start.astimezone(zone).date()
    day = first if term.count_start_day else first + _DAY
    end = counted_day(first, term, calendar, paused)
    listed: list[tuple[date, bool]] = []
    skipped: list[Skipped] = []
    rolled: list[Skipped] = []
    more = 0
    while day <= last:
        if day in paused:
            _add(rolled if day >= end else skipped, day, PAUSED)
        elif end <= day < last:
            _add(rolled, day, calendar.day(day).name)
        elif term.unit == "working day" and not calendar.is_working(day):
            _add(skipped, day, calendar.day(day).name)
        elif term.unit not in MONTHS:
            if len(listed) < MAX_DAYS:
                listed.append((day, term.unit == "working day" and calendar.day(day).kind == "makeup"))
            else:
                more += 1
        day += _DAY
    return replace(made, counted=tuple(listed), skipped=tuple(skipped), rolled=tuple(rolled), more=more)


def _add(ranges: list[Skipped], day: date, name: Text) -> None:
    if ranges and ranges[-1].last + timedelta(days=1) == day and ranges[-1].name == name:
        ranges[-1] = Skipped(ranges[-1].first, day, name)
    else:
        ranges.append(Skipped(day, day, name))
