"""The test vectors of the law: the same table through ``workflow.term`` and through the command line (S2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from adapters.calendars import shipped
from adapters.commands.frame import main
from workflow.calendar import Calendar
from workflow.moment import parse as instant
from workflow.term import due, parse

ZONE = ZoneInfo("Asia/Shanghai")


class Vector(NamedTuple):
    start: str
    term: str
    last: str
    naive: str = ""
    """What counting Monday to Friday gives."""
    revision: int = 0
    provisional: bool = False


VECTORS = [
    # counted over 春节 2026 with its make-up Saturdays 02-14 and 02-28
    Vector("2026-02-13", "5个工作日", "2026-02-27", "2026-02-20"),
    Vector("2026-02-13", "10个工作日", "2026-03-05", "2026-02-27"),
    Vector("2026-02-13", "5日 顺延", "2026-02-24"),
    # over 中秋节 and 国庆节 2026, make-up Saturday 10-10
    Vector("2026-09-24", "5个工作日", "2026-10-09", "2026-10-01"),
    Vector("2026-09-24", "10个工作日", "2026-10-15", "2026-10-08"),
    Vector("2026-09-24", "5 days roll", "2026-09-29"),
    Vector("2026-09-30", "5 working days", "2026-10-13", "2026-10-07"),
    Vector("2026-09-30", "10 working days", "2026-10-20", "2026-10-14"),
    Vector("2026-09-30", "5 days roll", "2026-10-08"),
    # over 劳动节 2026, make-up Saturday 05-09
    Vector("2026-04-30", "5 working days", "2026-05-11", "2026-05-07"),
    Vector("2026-04-30", "10 working days", "2026-05-18", "2026-05-14"),
    # over 端午节 2026
    Vector("2026-06-18", "5 working days", "2026-06-26", "2026-06-25"),
    Vector("2026-06-18", "10 working days", "2026-07-03", "2026-07-02"),
    # a last day that is a make-up Saturday
    Vector("2026-01-05", "30 working days", "2026-02-14", "2026-02-16"),
    Vector("2026-09-01", "20 working days", "2026-09-29", "2026-09-29"),
    # natural days that roll, and one that must not
    Vector("2026-08-02", "60 days roll", "2026-10-08"),
    Vector("2026-07-06", "90 days roll", "2026-10-08"),
    Vector("2026-01-30", "15 days roll", "2026-02-14"),
    Vector("2026-02-05", "15 days roll", "2026-02-24"),
    Vector("2026-09-18", "14 days roll", "2026-10-08"),
    Vector("2026-09-18", "14 days", "2026-10-02"),
    # years that a second notice changed
    Vector("2019-04-29", "3 working days", "2019-05-03", revision=1),
    Vector("2019-04-29", "3 working days", "2019-05-06", revision=2),
    Vector("2019-04-29", "3 working days", "2019-05-06"),
    Vector("2020-01-23", "5 working days", "2020-02-05", revision=1),
    Vector("2020-01-23", "5 working days", "2020-02-07", revision=2),
    Vector("2020-01-23", "5 working days", "2020-02-07"),
    # the first starts that need 2027, whose notice is not published
    Vector("2026-12-18", "10 working days", "2027-01-04", provisional=True),
    Vector("2026-11-20", "30 working days", "2027-01-04", provisional=True),
    Vector("2026-11-23", "30 working days", "2027-01-05", provisional=True),
    # months: no corresponding day, then a Sunday
    Vector("2026-11-30", "3 months", "2027-02-28"),
    Vector("2026-11-30", "3 months roll", "2027-03-01", provisional=True),
    Vector("2026-01-31", "1 month", "2026-02-28"),
    Vector("2024-01-31", "1 month", "2024-02-29"),
    Vector("2026-02-28", "1 month", "2026-03-28"),
    Vector("2024-02-29", "1 year", "2025-02-28"),
    Vector("2024-02-29", "4 years", "2028-02-29"),
    Vector("2026-08-31", "1 quarter", "2026-11-30"),
    Vector("2026-12-31", "2 months", "2027-02-28"),
    Vector("2026-03-31", "6个月", "2026-09-30"),
    # weeks and the day itself
    Vector("2026-09-24", "1 week", "2026-10-01"),
    Vector("2026-09-24", "2周 顺延", "2026-10-08"),
    Vector("2026-09-24", "0 days", "2026-09-24"),
    Vector("2026-12-31", "1 day", "2027-01-01"),
]

CLOCK = [
    # pure clock time, over midnight, New Year and holidays
    ("2026-09-24 23:50", "30 minutes", "2026-09-25T00:20:00+08:00"),
    ("2026-09-24 23:50", "1 hour", "2026-09-25T00:50:00+08:00"),
    ("2026-09-24 23:50", "2小时", "2026-09-25T01:50:00+08:00"),
    ("2026-12-31 23:50", "30分钟", "2027-01-01T00:20:00+08:00"),
    ("2026-12-31 23:50", "1 hour", "2027-01-01T00:50:00+08:00"),
    ("2026-12-31 23:50", "2 hours", "2027-01-01T01:50:00+08:00"),
    ("2026-09-30 23:50", "30 minutes", "2026-10-01T00:20:00+08:00"),
    ("2026-09-30 23:50", "2 hours", "2026-10-01T01:50:00+08:00"),
    ("2026-09-30 23:50", "48 hours", "2026-10-02T23:50:00+08:00"),
    ("2024-02-28 23:50", "24 hours", "2024-02-29T23:50:00+08:00"),
    ("2026-02-14 10:20:30", "90 minutes", "2026-02-14T11:50:30+08:00"),
    ("2026-02-14 10:20", "0 minutes", "2026-02-14T10:20:00+08:00"),
]


def calendar(revision: int) -> Calendar:
    return shipped("cn").at(revision or None)


def midnight_after(day: str) -> str:
    return f"{date.fromisoformat(day) + timedelta(days=1)}T00:00:00+08:00"


def monday_to_friday(start: str, count: int) -> str:
    day = date.fromisoformat(start)
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day.isoformat()


def name(value: object) -> str:
    return "-".join(str(v) for v in value if v) if isinstance(value, tuple) else ""


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_a_vector_has_its_last_day_and_ends_at_its_midnight(vector: Vector) -> None:
    found = due(instant(vector.start, ZONE).lo, parse(vector.term), calendar(vector.revision), ZONE)
    assert (str(found.last_day), found.provisional, found.inclusive) == (vector.last, vector.provisional, False)
    assert found.instant.astimezone(ZONE).isoformat() == midnight_after(vector.last)


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_the_hour_of_the_start_does_not_move_the_last_day(vector: Vector) -> None:
    term, days = parse(vector.term), calendar(vector.revision)
    ends = {due(datetime.fromisoformat(f"{vector.start} {t}").replace(tzinfo=ZONE), term, days, ZONE) for t in ("00:00", "23:59:59.999999")}
    assert [str(e.last_day) for e in ends] == [vector.last]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.naive], ids=name)
def test_monday_to_friday_gives_the_date_that_the_law_does_not(vector: Vector) -> None:
    assert monday_to_friday(vector.start, parse(vector.term).amount) == vector.naive  # type: ignore[attr-defined]


@pytest.mark.parametrize(("start", "term", "end"), CLOCK)
def test_minutes_and_hours_run_on_the_clock_alone(start: str, term: str, end: str) -> None:
    found = due(instant(start, ZONE).lo, parse(term), calendar(0), ZONE)
    assert found.instant.astimezone(ZONE).isoformat() == end
    assert (found.last_day, found.provisional, found.revision, found.inclusive) == (None, False, None, True)


@pytest.mark.parametrize(
    ("start", "term", "earliest", "latest"),
    [
        ("2026-12-18", "10 working days", "2027-01-02", "2027-01-06"),
        ("2026-11-20", "30 working days", "2027-01-02", "2027-01-06"),
        ("2026-11-23", "30 working days", "2027-01-03", "2027-01-07"),
        ("2026-11-30", "3 months roll", "2027-03-01", "2027-03-01"),
    ],
)
def test_s2_3_a_provisional_date_carries_both_bounds(start: str, term: str, earliest: str, latest: str) -> None:
    found = due(instant(start, ZONE).lo, parse(term), calendar(0), ZONE)
    assert found.provisional and found.revision is None
    assert [b.astimezone(ZONE).isoformat() for b in (found.earliest, found.latest)] == [midnight_after(earliest), midnight_after(latest)]


@pytest.mark.parametrize(
    ("start", "term", "last", "provisional"),
    [
        ("2026-12-15", "10 working days", "2026-12-29", False),
        ("2026-12-15", "12 working days", "2026-12-31", True),  # 12-30 may become part of the New Year holiday
        ("2027-03-01", "5 working days", "2027-03-08", True),  # far from any holiday, but nothing of 2027 is published
        ("2027-03-01", "5 days", "2027-03-06", False),  # needs no calendar
        ("2026-12-30", "0 days roll", "2026-12-30", True),  # the start day itself may become a holiday
        ("2026-12-30", "1 working day counting the start day", "2026-12-30", True),
        ("2026-12-30", "0 working days", "2026-12-30", False),
    ],
)
def test_s2_3_unknown_years_and_late_december_are_provisional(start: str, term: str, last: str, provisional: bool) -> None:
    found = due(instant(start, ZONE).lo, parse(term), calendar(0), ZONE)
    assert (str(found.last_day), found.provisional) == (last, provisional)


@pytest.mark.parametrize(
    ("at", "in_time"),
    [("2026-09-29 23:59:59.999999", True), ("2026-09-30 00:00", False), ("2026-09-30 00:00:00.000001", False)],
)
def test_s2_1_a_day_term_is_in_time_before_midnight_and_not_at_it(at: str, in_time: bool) -> None:
    found = due(instant("2026-09-24", ZONE).lo, parse("5 days"), calendar(0), ZONE)
    assert found.in_time(instant(at, ZONE).lo) is in_time


@pytest.mark.parametrize("term", ["1 hour", "until 11:20", "0 days cutoff 11:20"])
@pytest.mark.parametrize(("at", "in_time"), [("11:20", True), ("11:20:00.000001", False)])
def test_s2_1_clock_and_cut_off_terms_are_in_time_at_the_instant_itself(term: str, at: str, in_time: bool) -> None:
    found = due(instant("2026-09-24 10:20", ZONE).lo, parse(term), calendar(0), ZONE)
    assert found.in_time(instant(f"2026-09-24 {at}", ZONE).lo) is in_time


# the same table through the command line

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def duban(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def expected(start: str, term: str, last: str, end: str, provisional: bool) -> dict[str, Any]:
    return {"start": start, "term": term, "due_date": last, "due": end, "provisional": provisional}


ROWS = [
    *((v.start, v.term, v.last, midnight_after(v.last), v.provisional, v.revision) for v in VECTORS),
    *((start, term, end[:10], end, False, 0) for start, term, end in CLOCK),
]


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_the_command_line_gives_the_same_date(row: Sequence[Any], duban: Run) -> None:
    start, term, last, end, provisional, revision = row
    code, out, _ = duban("calendar", "due", start, term, "--revision", str(revision), "--json")
    assert code == 0
    assert expected(start, term, last, end, provisional).items() <= json.loads(out).items()


@pytest.mark.parametrize("revision", [0, 1, 2])
def test_a_batch_gives_one_object_a_line(revision: int, duban: Run, tmp_path: Path) -> None:
    rows = [r for r in ROWS if r[5] == revision]
    (tmp_path / "in.csv").write_text("start,term\n" + "".join(f"{r[0]},{r[1]}\n" for r in rows), encoding="utf-8")
    code, out, _ = duban("calendar", "due", "--batch", "in.csv", "--json", "--revision", str(revision))
    assert code == 0
    found = [json.loads(line) for line in out.splitlines()]
    assert [{k: f[k] for k in ("start", "term", "due_date", "due", "provisional")} for f in found] == [expected(*r[:5]) for r in rows]
    firm = next(f for f in found if not f["provisional"])
    assert set(firm) == {"start", "term", "due_date", "due", "provisional", "revision"}


def test_the_revision_is_that_of_the_year_of_the_last_day(duban: Run, tmp_path: Path) -> None:
    lines = [
        "2019-04-29,3 working days",
        "2018-12-28,3 working days",
        "2026-09-24,1 hour",
        "2026-09-24,5 days",
        "2026-12-18,10 working days",
    ]
    (tmp_path / "in.csv").write_text("\n".join(["start,term", *lines]), encoding="utf-8")
    _, out, _ = duban("calendar", "due", "--batch", "in.csv", "--json")
    assert [json.loads(line)["revision"] for line in out.splitlines()] == [2, 2, None, None, None]
