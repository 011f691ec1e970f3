"""Why a date is what it is: every day that was counted or skipped, and why, as data and as sentences (promise 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from workflow.calendar import Calendar
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.term.due import Due, Pause, due, paused_days
from workflow.term.model import Choice, Span, Term
from workflow.text import Lang, Text

MAX_DAYS = 366
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
        revision = self.due.revision
        known = (f"第 {revision} 版" if zh else f"revision {revision}") if revision is not None else ""
        if revision is not None and self.due.last_day is not None:
            year = self.due.last_day.year
            found.append(
                f"日历  {self.calendar} {year},{known};时区 {self.zone}"
                if zh
                else f"calendar {self.calendar} {year}, {known}; zone {self.zone}"
            )
        else:
            found.append(f"时区  {self.zone}" if zh else f"zone     {self.zone}")
        if self.due.provisional:
            low, high = _shown(self.due, self.due.earliest, zone, lang), _shown(self.due, self.due.latest, zone, lang)
            found.append(
                f"暂定  节假日安排尚未公布:最早 {low},最晚 {high}"
                if zh
                else f"provisional: the holiday notice is not published; earliest {low}, latest {high}"
            )
        return found

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
    if not due.inclusive and clock == "00:00":
        day, clock = day - timedelta(days=1), "24:00"
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
    return f"{first}{last} {skipped.name.say(lang)}"


def explain(start: datetime, term: Term, calendar: Calendar, zone: ZoneInfo, pauses: Sequence[Pause] = ()) -> Explanation:
    """The explanation of ``due(start, term, …)``; raises what it raises."""
    found = due(start, term, calendar, zone, pauses)
    decided = term
    while isinstance(decided, Choice):
        decided = next(p for p in decided.parts if due(start, p, calendar, zone, pauses).instant == found.instant)
    counted: list[tuple[date, bool]] = []
    skipped: list[Skipped] = []
    rolled: list[Skipped] = []
    more = 0
    used: tuple[Pause, ...] = ()
    if isinstance(decided, Span):
        used = tuple(p for p in pauses if p.lo <= found.instant)
    if isinstance(decided, Span) and found.last_day is not None and decided.unit in ("day", "working day", "week"):
        first = start.astimezone(zone).date()
        wanted = decided.amount * (7 if decided.unit == "week" else 1)
        paused = paused_days(pauses, zone)
        day = first if decided.count_start_day else first + timedelta(days=1)
        seen = 0
        while day <= found.last_day:
            known = calendar.day(day) if decided.unit == "working day" or decided.roll else None
            if seen >= wanted:
                if known is not None and not known.working:
                    _add(rolled, day, known.name)
            elif day in paused:
                _add(skipped, day, Text("暂停", "paused"))
            elif decided.unit == "working day" and known is not None and not known.working:
                _add(skipped, day, known.name)
            else:
                seen += 1
                if len(counted) < MAX_DAYS:
                    counted.append((day, known is not None and known.kind == "makeup" and decided.unit == "working day"))
                else:
                    more += 1
            day += timedelta(days=1)
        if decided.roll and counted and counted[-1][0] < found.last_day:
            last_counted = counted[-1][0]
            info = calendar.day(last_counted)
            if not info.working:
                rolled.insert(0, Skipped(last_counted, last_counted, info.name))
                rolled[:] = _merged(rolled)
    return Explanation(start, term, decided, found, zone.key, calendar.id, tuple(counted), tuple(skipped), tuple(rolled), used, more)


def _add(ranges: list[Skipped], day: date, name: Text) -> None:
    if ranges and ranges[-1].last + timedelta(days=1) == day and ranges[-1].name == name:
        ranges[-1] = Skipped(ranges[-1].first, day, name)
    else:
        ranges.append(Skipped(day, day, name))


def _merged(ranges: list[Skipped]) -> list[Skipped]:
    found: list[Skipped] = []
    for item in ranges:
        if found and found[-1].last + timedelta(days=1) == item.first and found[-1].name == item.name:
            found[-1] = Skipped(found[-1].first, item.last, item.name)
        else:
            found.append(item)
    return found
