"""A year of a unit, played by a diligent staff on the real rules: what falls due when, on whom, and what an empty post costs.

Everything follows from the plan, the rules and the seed. Cases do not bear on each other, so that each is played by itself. Every row that
was ever owed stands in exactly one column, as in :mod:`workflow.statistics`; what could not be done at all is named, never left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workflow.case.deed import open_period
from workflow.case.standing import Standing
from workflow.errors import BadInput
from workflow.lots import Drawer, Lots
from workflow.moment import TICK
from workflow.obligation.row import Outcome, Row
from workflow.period import Period
from workflow.rules import Rules, World
from workflow.staff import Absence, Desk, Played, Stuck
from workflow.statistics import Tally, column
from workflow.text import Text

UNIT = "unit"
_EVERY = ((365, "day"), (52, "week"), (12, "month"), (4, "quarter"), (0, "year"))
_FAILED = frozenset({Outcome.MISSED, Outcome.MET_LATE})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: so many cases in the year that begins with a day, and the post that is empty for a while, if any."""

    cases: int
    first: date
    empty: Absence | None = None

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The year, in a zone."""
        last = (
            self.first.replace(year=self.first.year + 1)
            if (self.first.month, self.first.day) != (2, 29)
            else date(self.first.year + 1, 3, 1)
        )
        since, until = (datetime.combine(day, time(), zone) for day in (self.first, last))
        return since, until


class Load(NamedTuple):
    """How many duties of a role fall due in each week."""

    weeks: Mapping[str, int]
    """ISO week → duties; weeks without any are left out."""

    @property
    def total(self) -> int:
        return sum(self.weeks.values())

    @property
    def peak(self) -> tuple[str, int]:
        """The first of the fullest weeks."""
        week = min(self.weeks, key=lambda w: (-self.weeks[w], w), default="")
        return week, self.weeks.get(week, 0)


@dataclass(frozen=True)
class Year:
    """A year that was played."""

    plan: Plan
    rules: Rules
    every: str
    """How often a recurring duty opened a case; empty where cases come by themselves."""
    set_by_plan: bool
    """The source names no frequency: that of the plan was taken."""
    cases: tuple[Played, ...]

    def rows(self, duty: str = "") -> Iterator[tuple[Played, Row]]:
        """Every row that was owed, with its case."""
        for played in self.cases:
            yield from ((played, row) for row in played.rows if row.begin is not None and duty in ("", row.duty.id))

    def unstarted(self) -> int:
        """Rows of duties whose start is not known: owed by nobody yet, and in no figure."""
        return sum(row.begin is None for played in self.cases for row in played.rows)

    def tally(self, duty: str = "") -> Tally:
        """Where the rows stand; the columns add up to the rows."""
        return Tally(Counter(column(row) for _, row in self.rows(duty)))

    def day(self, row: Row) -> date:
        """The day on which it falls due; the day on which it begins where there is no number."""
        assert row.begin is not None
        at = row.due.instant - TICK if row.due is not None else row.begin.moment.lo
        return at.astimezone(self.rules.zone).date()

    @property
    def months(self) -> list[str]:
        """The twelve months of the year, or thirteen where it begins in the middle of one."""
        first, last = (at.date() for at in self.plan.span(self.rules.zone))
        found = [f"{first.year + n // 12}-{n % 12 + 1:02}" for n in range(first.month - 1, first.month + 12)]
        return [m for m in found if m < f"{last:%Y-%m}" or (m == f"{last:%Y-%m}" and last.day > 1)]

    def by_month(self, duty: str) -> Counter[str]:
        """How many fall due in each month; those after the year under ``later``."""
        months = self.months
        found = Counter(f"{self.day(row):%Y-%m}" for _, row in self.rows(duty))
        later = sum(n for month, n in found.items() if month > months[-1])
        return Counter({**{m: found[m] for m in months if found[m]}, **({"later": later} if later else {})})

    def loads(self) -> dict[str, Load]:
        """Role → its load, in the order of the procedure; roles that owe nothing are left out."""
        found: dict[str, Counter[str]] = {}
        for _, row in self.rows():
            found.setdefault(row.owed_by, Counter())[week_of(self.day(row))] += 1
        return {role: Load(dict(sorted(found[role].items()))) for role in self.rules.procedure.roles if role in found}

    def failed(self, duty: str = "") -> set[tuple[str, str]]:
        """(case, row) of what was late or missed; a target (力争) does not count."""
        return {
            (played.case.id, row.key)
            for played, row in self.rows(duty)
            if row.outcome in _FAILED and row.duty.obligation.modality != "target"
        }

    def stuck(self) -> dict[str, tuple[int, str, Stuck]]:
        """Duty → how many of its rows nobody could fulfil, the first case, and what stood in the way there."""
        found: dict[str, tuple[int, str, Stuck]] = {}
        for played, row in self.rows():
            why = played.stuck.get(row.key)
            if why is None or row.met_by is not None or row.outcome not in (Outcome.MISSED, Outcome.NOT_DUE, Outcome.UNDETERMINABLE):
                continue
            count, case, first = found.get(row.duty.id, (0, played.case.id, why))
            found[row.duty.id] = (count + 1, case, first)
        return found

    def never(self) -> list[str]:
        """Duties that arose and that nobody could fulfil in any case: a sign of a defect of the definition."""
        return [name for name in self.stuck() if not any(row.met_by is not None for _, row in self.rows(name))]

    @property
    def unended(self) -> int:
        """Cases that are still open when the year is over."""
        return sum(not played.ended for played in self.cases)


def simulate(plan: Plan, world: World, lots: Lots) -> Year:
    """Play a year. Raises :class:`~workflow.errors.BadInput` for a year in which the procedure is not in force."""
    rules = world.rules
    since, until = plan.span(rules.zone)
    since, last = _in_force(rules, since, until)
    drawer = Drawer(rules.procedure, rules.zone, lots)
    every: str = rules.procedure.period.every if rules.procedure.period is not None else ""
    unset = every == "unset"
    if unset:
        every = next(name for least, name in _EVERY if plan.cases >= least)
    found: list[Played] = []
    for number, (at, period) in enumerate(_periods(since, last, every, rules.zone) if every else _openings(plan.cases, since, last, lots)):
        desk = Desk(world, lots, drawer, number, plan.empty)
        found.append(desk.play(_opened(desk, at, period, world), until))
    return Year(plan, rules, every, unset, tuple(found))


def _opened(desk: Desk, at: datetime, period: Period | None, world: World) -> Standing:
    if period is None:
        return desk.open(at)
    return open_period(UNIT, period, world, at, period.case(world.rules.procedure.procedure, UNIT))


def _in_force(rules: Rules, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The part of a year in which cases can open."""
    force, zone = rules.procedure.in_force, rules.zone
    first = max(since, datetime.combine(force.since, time(), zone)) if force.since else since
    last = min(until, datetime.combine(force.until + timedelta(days=1), time(), zone)) if force.until else until
    if first >= last:
        raise BadInput(
            Text(f"{rules.procedure.ref} 在这一年不施行", f"{rules.procedure.ref} is not in force in that year"),
            where="--from",
            hint=Text(f"施行期:{force.since or ''} … {force.until or ''}", f"in force: {force.since or ''} … {force.until or ''}"),
        )
    return first, last


def _openings(cases: int, since: datetime, until: datetime, lots: Lots) -> Iterator[tuple[datetime, Period | None]]:
    """When cases open: at any minute of the year."""
    minutes = int((until - since) / timedelta(minutes=1))
    yield from ((at, None) for at in sorted(since + timedelta(minutes=lots.below(minutes, "opens", n)) for n in range(cases)))


def _periods(since: datetime, until: datetime, every: str, zone: ZoneInfo) -> Iterator[tuple[datetime, Period | None]]:
    """The periods that begin within the year."""
    period = Period.of(since, every, zone)
    while period.since < until:
        if period.since >= since:
            yield period.since, period
        period = Period.of(period.until, every, zone)


class Change(NamedTuple):
    """What an empty post changes for one duty: with every post held, and with one empty."""

    failed: tuple[int, int]
    """How many were late or missed."""
    longest: tuple[timedelta, timedelta]
    """How long the longest without a number took, or stood open."""


def difference(staffed: Year, emptied: Year) -> dict[str, Change]:
    """Duty → what is not the same in the two years; other duties are left out."""
    found: dict[str, Change] = {}
    for name in staffed.rules.duties:
        change = Change((len(staffed.failed(name)), len(emptied.failed(name))), (_longest(staffed, name), _longest(emptied, name)))
        if change.failed[0] != change.failed[1] or change.longest[0] != change.longest[1]:
            found[name] = change
    return found


def _longest(year: Year, duty: str) -> timedelta:
    took = [row.elapsed for _, row in year.rows(duty) if row.due is None and row.elapsed is not None]
    return max(took, default=timedelta())


def week_of(day: date) -> str:
    """``2026-W40`` (ISO 8601)."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def absence(role: str, week: str, zone: ZoneInfo) -> Absence:
    """A post that is empty from Monday 00:00 to Sunday 24:00 of an ISO week. Raises :class:`~workflow.errors.BadInput` for no such week."""
    year, _, number = week.upper().partition("-W")
    try:
        first = date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        raise BadInput(
            Text(f"没有这一周:{week}", f"there is no week {week!r}"), where="--week", hint=Text("例如 2026-W40", "such as 2026-W40")
        ) from None
    since = datetime.combine(first, time(), zone)
    return Absence(role, since, datetime.combine(first + timedelta(days=7), time(), zone))
