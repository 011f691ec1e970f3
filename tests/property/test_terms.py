"""Terms against a slow oracle: the year files read anew, and every day walked through one at a time.

Nothing here is shared with the engine but the files of ``definitions/calendars``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapters.calendars import shipped
from tests.examples import examples
from workflow.calendar import Calendar
from workflow.errors import CalendarGap
from workflow.term import Pause, due, parse

ZONE = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).resolve().parents[2] / "definitions" / "calendars" / "cn"
DAY = timedelta(days=1)
CN = shipped("cn")

# the oracle


@cache
def published() -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for path in sorted(FOLDER.glob("2*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for notice in content if isinstance(content, list) else [content]:
            found.setdefault(notice["year"], []).append(notice)
    return found


@cache
def statutory() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = json.loads((FOLDER / "statutory.json").read_text(encoding="utf-8"))["statutory"]
    return found


@cache
def days_off_and_on(revision: int) -> tuple[frozenset[date], frozenset[date]]:
    off: set[date] = set()
    work: set[date] = set()
    for _, notices in sorted(published().items()):
        notice = notices[-1] if revision == 0 else notices[min(revision, len(notices)) - 1]
        for first, last, _ in notice["off"]:
            day = date.fromisoformat(first)
            while day <= date.fromisoformat(last):
                off.add(day)
                day += DAY
        work.update(date.fromisoformat(day) for day, _ in notice["work"])
    for year, listed in statutory().items():
        if int(year) not in published():
            off.update(date.fromisoformat(day) for day, _ in listed)
    assert not off & work
    return frozenset(off), frozenset(work)


def worker(revision: int = 0, more_off: frozenset[date] = frozenset(), more_work: frozenset[date] = frozenset()) -> Callable[[date], bool]:
    off, work = days_off_and_on(revision)

    def works(day: date) -> bool:
        if day in more_off or day in more_work:
            return day in more_work
        return day in work or (day.weekday() < 5 and day not in off)

    return works


@dataclass(frozen=True)
class Case:
    start: datetime
    amount: int
    unit: str
    roll: bool = False
    cutoff: time | None = None
    start_day: bool = False
    pauses: tuple[Pause, ...] = ()
    revision: int = 0
    off: frozenset[date] = field(default_factory=frozenset)
    work: frozenset[date] = field(default_factory=frozenset)

    @property
    def text(self) -> str:
        words = [f"{self.amount} {self.unit}s"]
        if self.roll:
            words.append("roll")
        if self.cutoff is not None:
            words.append(f"cutoff {self.cutoff:%H:%M}")
        if self.start_day:
            words.append("counting the start day")
        return " ".join(words)

    @property
    def calendar(self) -> Calendar:
        found = CN.at(self.revision or None)
        if self.off or self.work:
            days = {"off": [[str(d), str(d), "节"] for d in self.off], "work": [[str(d), "节"] for d in self.work]}
            found = found.with_overlay({"id": "local", "zh": "地方", "en": "local", **days})
        return found


def same_day_next_month(day: date, wanted: int) -> date:
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    while True:
        try:
            return date(year, month, wanted)
        except ValueError:
            wanted -= 1


def slow_last_day(case: Case) -> date:
    works = worker(case.revision, case.off, case.work)
    paused: set[date] = set()
    for pause in case.pauses:
        day = pause.lo.astimezone(ZONE).date()
        while day < pause.hi.astimezone(ZONE).date():
            paused.add(day)
            day += DAY
    first = case.start.astimezone(ZONE).date()
    day = first if case.start_day else first + DAY
    left = case.amount
    if case.unit in ("month", "quarter", "year"):
        end = first
        for _ in range(case.amount * {"month": 1, "quarter": 3, "year": 12}[case.unit]):
            end = same_day_next_month(end, first.day)
        if case.start_day and end.day == first.day:
            end -= DAY
        left = (end - day).days + 1
    if case.unit == "week":
        left *= 7
    last = first
    while left:
        if day not in paused and (case.unit != "working day" or works(day)):
            left -= 1
            last = day
        day += DAY
    while case.roll and (last in paused or not works(last)):
        last += DAY
    return last


def local(day: date, at: time = time()) -> datetime:
    return datetime.combine(day, at, ZONE)


STARTS = st.builds(
    local, st.dates(date(2008, 1, 1), date(2029, 6, 30)), st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
)
AMOUNTS = st.integers(0, 90) | st.integers(0, 12)


@st.composite
def pauses(draw: st.DrawFn, start: datetime) -> tuple[Pause, ...]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        lo = start + timedelta(minutes=draw(st.integers(-30 * 1440, 60 * 1440)))
        found.append(Pause(lo.astimezone(UTC), (lo + timedelta(minutes=draw(st.integers(0, 40 * 1440)))).astimezone(UTC)))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn, units: tuple[str, ...] = ("day", "working day", "week", "month", "quarter", "year")) -> Case:
    start, unit, amount = draw(STARTS), draw(st.sampled_from(units)), draw(AMOUNTS)
    if unit in ("month", "quarter", "year", "week"):
        amount %= {"week": 20, "month": 30, "quarter": 9, "year": 4}[unit]
    day = start.date()
    near = st.frozensets(st.integers(-3, 60).map(lambda n: day + n * DAY), max_size=6)
    off = draw(near)
    return Case(
        start,
        amount,
        unit,
        roll=draw(st.booleans()),
        cutoff=draw(st.none() | st.sampled_from([time(17, 30), time(0, 0), time(23, 59)])),
        start_day=amount > 0 and draw(st.booleans()),
        pauses=draw(st.just(()) | pauses(start)),
        revision=draw(st.sampled_from([0, 0, 1, 2])),
        off=off,
        work=draw(near) - off,
    )


# the laws


@given(cases())
@examples(200)
def test_every_day_term_ends_where_a_walk_through_the_days_ends(case: Case) -> None:
    found = due(case.start, parse(case.text), case.calendar, ZONE, case.pauses)
    last = slow_last_day(case)
    assert found.last_day == last
    end = local(last + DAY) if case.cutoff is None else local(last, case.cutoff)
    assert (found.instant, found.inclusive) == (end, case.cutoff is not None)
    assert found.earliest <= found.instant <= found.latest
    assert found.provisional or found.earliest == found.latest == found.instant


@given(STARTS, st.integers(0, 20_000), st.sampled_from(["minute", "hour"]), st.data())
def test_minutes_and_hours_end_when_as_many_have_passed_outside_the_pauses(
    start: datetime, amount: int, unit: str, data: st.DataObject
) -> None:
    amount %= 300 if unit == "hour" else 20_000
    stops = data.draw(pauses(start))
    found = due(start, parse(f"{amount} {unit}s"), CN, ZONE, stops)
    left = amount * (60 if unit == "hour" else 1)
    at = start.replace(second=0)
    lows = [p.lo.astimezone(ZONE).replace(second=0) for p in stops]
    highs = [p.hi.astimezone(ZONE).replace(second=0) for p in stops]

    def stopped(minute: datetime) -> bool:
        return any(lo <= minute < hi for lo, hi in zip(lows, highs, strict=True))

    while left or stopped(at):
        left -= not stopped(at)
        at += timedelta(minutes=1)
    assert found.instant.astimezone(ZONE) == at + timedelta(seconds=start.second)
    assert (found.inclusive, found.last_day, found.provisional) == (True, None, False)


@given(cases(), st.integers(1, 200_000))
def test_a_later_start_never_ends_earlier(case: Case, minutes: int) -> None:
    if case.unit in ("month", "quarter", "year"):
        case = replace(case, pauses=())  # months of different length lie outside of a pause for some starts and not for others
    term, calendar = parse(case.text), case.calendar
    first = due(case.start, term, calendar, ZONE, case.pauses)
    second = due(case.start + timedelta(minutes=minutes), term, calendar, ZONE, case.pauses)
    assert first.instant <= second.instant
    assert first.earliest <= second.earliest and first.latest <= second.latest


@given(cases(units=("day", "working day", "week")), st.integers(0, 30))
def test_a_longer_term_never_ends_earlier(case: Case, more: int) -> None:
    longer = replace(case, amount=case.amount + more)
    ends = [due(c.start, parse(c.text), c.calendar, ZONE, c.pauses).instant for c in (case, longer)]
    assert ends == sorted(ends)


@given(st.dates(date(2007, 2, 1), date(2040, 1, 1)), st.integers(-200, 200))
def test_adding_and_counting_working_days_undo_each_other(day: date, count: int) -> None:
    assume(day.year > 2007 or count >= 0)
    found = CN.add_working(day, count)
    assert CN.working_between(day, found) == (count if count >= 0 else count + 1 - CN.is_working(day))
    if count:
        assert CN.is_working(found)
        assert (found > day) == (count > 0)
    if CN.is_working(day):
        assert CN.add_working(found, -count) == day


@given(st.dates(date(2007, 1, 2), date(2050, 12, 30)), st.integers(0, 400))
def test_working_days_between_two_dates_are_those_that_a_walk_finds(after: date, length: int) -> None:
    until = min(after + length * DAY, date(2050, 12, 31))
    works = worker()
    walked = sum(works(after + n * DAY) for n in range(1, (until - after).days + 1))
    assert CN.working_between(after, until) == walked
    assert CN.working_between(until, after) == -walked


# the bounds of a provisional date

WINDOWS = json.loads((FOLDER / "statutory.json").read_text(encoding="utf-8"))["windows"]


@st.composite
def notices(draw: st.DrawFn, year: int = 2027) -> dict[str, Any]:
    """A notice as the State Council could publish it: each holiday a run of days around its statutory ones, weekends made working days."""
    firsts: dict[str, list[date]] = {}
    for day, name in statutory()[str(year)]:
        firsts.setdefault(name, []).append(date.fromisoformat(day))
    off: dict[date, str] = {}
    work: dict[date, str] = {}
    for name, days in firsts.items():
        low, high = WINDOWS[name]["off"]
        first, last = min(days), max(days)
        begin = first + draw(st.integers(low, 0)) * DAY
        end = first + draw(st.integers((last - first).days, max(high, (last - first).days))) * DAY
        off.update({begin + n * DAY: name for n in range((end - begin).days + 1)})
    for name, days in firsts.items():
        low, high = WINDOWS[name]["work"]
        weekend = [d for n in range(low, high + 1) if (d := min(days) + n * DAY).weekday() >= 5 and d not in off]
        if weekend:
            work.update({d: name for d in draw(st.lists(st.sampled_from(weekend), max_size=3))})
    return {
        "calendar": "cn",
        "year": year,
        "revision": 1,
        "off": [[str(d), str(d), n] for d, n in sorted(off.items())],
        "work": [[str(d), n] for d, n in sorted(work.items())],
    }


@given(notices(), st.dates(date(2026, 9, 1), date(2027, 12, 1)), st.integers(0, 60), st.sampled_from(["working days", "days roll"]))
@examples(200)
def test_s2_3_whatever_is_published_the_date_lies_between_the_bounds(notice: dict[str, Any], day: date, amount: int, unit: str) -> None:
    term, start = parse(f"{amount} {unit}"), local(day)
    before, after = due(start, term, CN, ZONE), due(start, term, CN.with_notice(notice), ZONE)
    assert before.earliest <= after.instant <= before.latest
    assert before.earliest <= after.earliest and after.latest <= before.latest  # what is published narrows
    if not before.provisional:
        assert after._replace(revision=before.revision) == before
    if after.instant.astimezone(ZONE).date() < date(2027, 12, 20):
        assert not after.provisional and after.earliest == after.latest


@given(notices(), st.dates(date(2026, 12, 1), date(2027, 12, 1)), st.integers(1, 40))
def test_a_published_year_counts_as_it_is_published(notice: dict[str, Any], day: date, amount: int) -> None:
    off = frozenset(date.fromisoformat(d) for d, _, _ in notice["off"])
    work = frozenset(date.fromisoformat(d) for d, _ in notice["work"])
    works = worker(0, off, work)
    last = day
    for _ in range(amount):
        last += DAY
        while not works(last):
            last += DAY
    assume(last.year == 2027)
    assert due(local(day), parse(f"{amount} working days"), CN.with_notice(notice), ZONE).last_day == last


LUNAR = {
    # 农历除夕, 清明, 端午, 中秋 of the years that are published, for taking each of them for unpublished
    2008: ("02-06", "04-04", "06-08", "09-14"),
    2009: ("01-25", "04-04", "05-28", "10-03"),
    2010: ("02-13", "04-05", "06-16", "09-22"),
    2011: ("02-02", "04-05", "06-06", "09-12"),
    2012: ("01-22", "04-04", "06-23", "09-30"),
    2013: ("02-09", "04-04", "06-12", "09-19"),
    2014: ("01-30", "04-05", "06-02", "09-08"),
    2015: ("02-18", "04-05", "06-20", "09-27"),
    2016: ("02-07", "04-04", "06-09", "09-15"),
    2017: ("01-27", "04-04", "05-30", "10-04"),
    2018: ("02-15", "04-05", "06-18", "09-24"),
    2019: ("02-04", "04-05", "06-07", "09-13"),
    2020: ("01-24", "04-04", "06-25", "10-01"),
    2021: ("02-11", "04-04", "06-14", "09-21"),
    2022: ("01-31", "04-05", "06-03", "09-10"),
    2023: ("01-21", "04-05", "06-22", "09-29"),
    2024: ("02-09", "04-04", "06-10", "09-17"),
    2025: ("01-28", "04-04", "05-31", "10-06"),
    2026: ("02-16", "04-05", "06-19", "09-25"),
}
BEYOND = {2015: "抗战胜利70周年"}
"""A day of remembrance that nobody could expect: what the bounds cannot know."""


def as_if_unpublished(year: int) -> Calendar:
    """Only the statutory days by the law of its time: 除夕 was one of them up to 2013 and from 2025, 2 May from 2025."""
    eve, qingming, dragon, autumn = (date.fromisoformat(f"{year}-{d}") for d in LUNAR[year])
    without_eve = 2014 <= year <= 2024
    spring = [eve + n * DAY for n in ((1, 2, 3) if without_eve else (0, 1, 2, 3) if year > 2024 else (0, 1, 2))]
    days = {date(year, 1, 1): "元旦", **dict.fromkeys(spring, "春节"), qingming: "清明节"}
    days |= {date(year, 5, 1) + n * DAY: "劳动节" for n in range(2 if year > 2024 else 1)} | {dragon: "端午节"}
    days |= {autumn: "中秋节", **{date(year, 10, 1) + n * DAY: "国庆节" for n in range(3)}}
    windows = dict(CN.windows)
    if without_eve:  # windows are told from the first statutory day
        windows["春节"] = {way: (low - 1, high - 1) for way, (low, high) in windows["春节"].items()}
    return Calendar("cn", tuple(n for n in CN.notices if n.year < year), days, windows)


@pytest.mark.parametrize("year", sorted(LUNAR))
def test_s2_3_every_year_so_far_lay_between_the_bounds_that_were_set_for_it(year: int) -> None:
    unknown = as_if_unpublished(year)
    outside = []
    for n in range(365):
        start = date(year - 1, 12, 10) + n * DAY
        for text in ("1 working day", "5 working days", "10 working days", "1 day roll"):
            before, after = due(local(start), parse(text), unknown, ZONE), due(local(start), parse(text), CN, ZONE)
            if not before.earliest <= after.instant <= before.latest:
                outside.append((start, text))
    assert bool(outside) == (year in BEYOND)


# another implementation, day by day

FIRST, LAST = date(2007, 1, 1), date(2026, 12, 31)


@cache
def their_working_days() -> list[date]:
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]
    return [d for d in days if chinese_calendar.is_workday(d)]


def test_chinesecalendar_knows_the_same_working_days_of_all_years() -> None:
    ours = [d for n in range((LAST - FIRST).days + 1) if CN.is_working(d := FIRST + n * DAY)]
    assert ours == their_working_days()
    told = [CN.day(FIRST + n * DAY) for n in range((LAST - FIRST).days + 1)]
    assert [d.date for d in told if d.working] == ours


@pytest.mark.parametrize("amount", [5, 10])
def test_chinesecalendar_ends_every_term_of_all_years_on_the_same_day(amount: int) -> None:
    theirs = their_working_days()
    term = parse(f"{amount} working days")
    index = 0  # of the first working day after the start
    for n in range((LAST - FIRST).days + 1):
        start = FIRST + n * DAY
        while index < len(theirs) and theirs[index] <= start:
            index += 1
        if index + amount - 1 >= len(theirs):
            break
        assert due(local(start), term, CN, ZONE).last_day == theirs[index + amount - 1]
    assert start > date(2026, 12, 1)


@example(Case(local(date(2026, 9, 24)), 10, "working day"))
@given(cases(units=("working day",)))
def test_the_oracle_itself_counts_as_many_days_as_it_is_told(case: Case) -> None:
    """The slow walk, looked at from the other side: so that a mistake in it does not hide the same mistake in the engine."""
    case = replace(case, pauses=(), roll=False, start_day=False)
    works = worker(case.revision, case.off, case.work)
    first, last = case.start.date(), slow_last_day(case)
    assert sum(works(first + n * DAY) for n in range(1, (last - first).days + 1)) == case.amount


@given(
    start=st.datetimes(datetime(2007, 1, 1), datetime(2028, 12, 31), timezones=st.sampled_from([UTC, ZoneInfo("Asia/Shanghai")])),
    amount=st.integers(0, 300),
    zone=st.sampled_from([ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Kiritimati")]),
    limit=st.sampled_from([None, {2019: 1, 2020: 1}]),
)
def test_what_is_looked_up_is_what_is_counted(start: datetime, amount: int, zone: ZoneInfo, limit: dict[int, int] | None) -> None:
    """Plain working days are looked up; a pause that ended long before sends the same term through the count."""
    calendar, term = shipped("cn").at(limit), parse(f"{amount} working days")
    before = Pause(datetime(2006, 1, 1, tzinfo=UTC), datetime(2006, 1, 2, tzinfo=UTC))
    try:
        counted = due(start, term, calendar, zone, (before,))
    except CalendarGap:
        with pytest.raises(CalendarGap):
            due(start, term, calendar, zone)
        return
    assert due(start, term, calendar, zone) == counted
