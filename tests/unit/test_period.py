"""The periods of a recurring duty: where each begins and ends, and who owes it (S7.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.play import ZONE, at
from workflow.organisation import Unit
from workflow.period import Period

EVERY = ("day", "week", "month", "quarter", "year")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("now", "every", "label", "first", "last"),
    [
        ("2026-11-24 12:00", "day", "2026-11-24", "2026-11-24", "2026-11-24"),
        ("2026-11-24 12:00", "week", "2026-W48", "2026-11-23", "2026-11-29"),
        ("2026-11-29 23:59", "week", "2026-W48", "2026-11-23", "2026-11-29"),
        ("2026-11-30 00:00", "week", "2026-W49", "2026-11-30", "2026-12-06"),
        ("2027-01-01 12:00", "week", "2026-W53", "2026-12-28", "2027-01-03"),  # ISO 8601: the week belongs to the year of its Thursday
        ("2024-02-29 12:00", "month", "2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12-31 23:59", "month", "2026-12", "2026-12-01", "2026-12-31"),
        ("2026-11-24 12:00", "quarter", "2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-03-31 12:00", "quarter", "2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-11-24 12:00", "year", "2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_s7_3_a_period_runs_from_midnight_of_its_first_day_to_midnight_after_its_last(
    now: str, every: str, label: str, first: str, last: str
) -> None:
    found = Period.of(at(now), every, ZONE)
    assert (found.label, str(found.first), str(found.last)) == (label, first, last)
    assert found.since == at(f"{first} 00:00") and found.until == at(f"{last} 00:00") + timedelta(days=1)
    assert found.case("rounds", "v1") == f"rounds.v1.{label}"


def test_a_period_is_that_of_the_local_day() -> None:
    instant = datetime(2026, 10, 31, 17, tzinfo=UTC)  # 01:00 of 1 November in Shanghai
    assert (Period.of(instant, "month", ZONE).label, Period.of(instant, "month", NEW_YORK).label) == ("2026-11", "2026-10")


def test_a_day_on_which_the_clocks_change_is_one_period() -> None:
    found = Period.of(datetime(2026, 11, 1, 12, tzinfo=NEW_YORK), "day", NEW_YORK)
    assert found.until - found.since == timedelta(hours=25)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.sampled_from(EVERY), st.sampled_from([ZONE, NEW_YORK]))
def test_periods_follow_each_other_without_a_gap(naive: datetime, every: str, zone: ZoneInfo) -> None:
    found = Period.of(naive.replace(tzinfo=UTC), every, zone)
    assert found.since <= naive.replace(tzinfo=UTC) < found.until
    assert found.before().until == found.since
    assert Period.of(found.until, every, zone).before() == found
    assert Period.of(found.since, every, zone) == found


@pytest.mark.parametrize(
    ("since", "joins", "owes"),
    [
        (None, "next", True),
        ("2026-10-01 00:00", "next", True),
        ("2026-10-01 00:01", "next", False),
        ("2026-10-31 23:59", "at_once", True),
        ("2026-11-01 00:00", "at_once", False),
        ("2026-09-15 00:00", "next", True),
    ],
)
def test_s7_3_a_unit_that_starts_in_the_middle_owes_from_the_next_period_or_at_once(since: str | None, joins: str, owes: bool) -> None:
    period = Period.of(at("2026-10-15 12:00"), "month", ZONE)
    unit = Unit(id="v1", zh="甲", en="A", level="village", since=at(since) if since else None)
    assert period.owed_by(unit, joins) is owes
