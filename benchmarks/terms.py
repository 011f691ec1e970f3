"""Due dates: 5 working days

The due date of `5 working days`, without explanation, for starts on every day of 2015–2025, and for those starts alone whose five working
days pass a public holiday (both sides of it counted, make-up Saturdays too). Ours is the instant at which the term has run out, with its
bounds, its last day and the revision of the calendar; the peers give the last day. `holidays` has a function for it
(`get_nth_working_day`); `chinesecalendar` is asked day by day (`is_workday`), which is how programs use it, and has `find_workday`, which
does the same. The last days are compared: with `chinesecalendar` they must be equal on every start; for `holidays` the number of starts
on which it differs is shown.

Tried: the ordinal numbers of all working days in one sorted array, so that adding is one search and one look-up whatever the amount.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.calendars import shipped
from benchmarks.measure import Goal, Plan, Report, Work, interleave, need, ratio
from workflow.term import due, parse

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
AMOUNT = 5


def run(plan: Plan) -> Report:
    need("holidays", "chinese_calendar")
    import chinese_calendar  # type: ignore[import-untyped]
    import holidays

    calendar, term = shipped("cn"), parse(f"{AMOUNT} working days")
    theirs = holidays.country_holidays("CN", years=range(2014, 2028))

    def loop(day: date) -> date:
        left = AMOUNT
        while left:
            day += DAY
            left -= chinese_calendar.is_workday(day)
        return day

    def passes(first: date) -> bool:
        last = loop(first)
        return any(chinese_calendar.get_holiday_detail(first + DAY * k)[1] for k in range(1, (last - first).days + 1))

    days = [date(2015, 1, 1) + DAY * k for k in range((date(2026, 1, 1) - date(2015, 1, 1)).days)]
    over = [day for day in days if passes(day)]
    starts = {day: datetime.combine(day, time(10, 20), ZONE) for day in days}
    figures, goals, notes = [], [], []
    for title, some in (("every day", days), ("over a holiday", over)):
        some = some[:: plan.size(1, 50)]

        def ours(_: int, some: list[date] = some) -> Work:
            instants = [starts[day] for day in some] * plan.size(5, 1)

            def work() -> int:
                for start in instants:
                    due(start, term, calendar, ZONE)
                return len(instants)

            return work

        def peer(call: Callable[[date], object], some: list[date] = some) -> Callable[[int], Work]:
            def work() -> int:
                for day in some:
                    call(day)
                return len(some)

            return lambda _: work

        sides = {
            f"duban, {title}": ours,
            f"holidays, {title}": peer(lambda day: theirs.get_nth_working_day(day, AMOUNT)),
            f"chinesecalendar loop, {title}": peer(loop),
        }
        last = {day: due(starts[day], term, calendar, ZONE).last_day for day in some}
        wrong = [day for day in some if last[day] != loop(day)]
        assert not wrong, f"chinesecalendar says otherwise of {wrong[:3]}"
        other = sum(last[day] != theirs.get_nth_working_day(day, AMOUNT) for day in some)
        notes.append(f"{title.capitalize()}: {len(some):,} starts; chinesecalendar gives the same day on all, holidays on all but {other}.")
        found = list(interleave(plan.rounds, sides, "due dates/s").values())
        times = ratio(found[0], found[1:])
        figures += [*found, times]
        goals.append(Goal(times, binds=5, direction=20))
    return Report(tuple(figures), tuple(goals), tuple(notes))
