"""Why a date is what it is: every day once, and the sentences that people read (promise 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendars import shipped
from tests.examples import examples
from workflow.journal.canonical import canonical
from workflow.moment import parse as instant
from workflow.moment import stamp
from workflow.term import Explanation, Pause, due, explain, parse
from workflow.term.explain import MAX_DAYS, Skipped

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def story(start: str, term: str, *pauses: tuple[str, str], zone: ZoneInfo = ZONE) -> Explanation:
    stops = [Pause(instant(lo, zone).lo, instant(hi, zone).lo) for lo, hi in pauses]
    return explain(instant(start, zone).lo, parse(term), shipped("cn"), zone, stops)


def test_the_sample_of_the_design_line_for_line() -> None:
    found = story("2026-09-24 10:20", "10个工作日")
    assert found.date_line("zh") == "2026-10-15(周四)24:00"
    assert found.lines("zh") == [
        "起算  2026-09-24 10:20,当日不计",
        "期限  10 个工作日",
        "计入  09-28  09-29  09-30  10-08  10-09  10-10(调休上班)  10-12  10-13  10-14  10-15",
        "跳过  09-25…27 中秋节  10-01…07 国庆节  10-11 周日",
        "日历  cn 2026,第 1 版;时区 Asia/Shanghai",
    ]


def test_the_same_in_english() -> None:
    found = story("2026-09-24 10:20", "10 working days")
    assert found.date_line("en") == "2026-10-15 (Thu) 24:00"
    assert found.lines("en") == [
        "start    2026-09-24 10:20, that day not counted",
        "term     10 working days",
        "counted  09-28  09-29  09-30  10-08  10-09  10-10 (make-up)  10-12  10-13  10-14  10-15",
        "skipped  09-25…27 Mid-Autumn Festival  10-01…07 National Day  10-11 Sun",
        "calendar cn 2026, revision 1; zone Asia/Shanghai",
    ]


def test_a_last_day_that_rolls_names_the_days_it_rolled_over() -> None:
    assert story("2026-02-13", "5 days roll").lines("zh")[2:4] == ["计入  02-14  02-15  02-16  02-17  02-24", "顺延  02-18…23 春节"]


def test_months_count_no_days_and_say_what_they_rolled_over() -> None:
    assert story("2026-11-30", "3 months roll").lines("zh")[1:3] == ["期限  3 个月(末日遇节假日顺延)", "顺延  2027-02-28 周日"]
    assert story("2026-01-31", "1 month").lines("en") == [
        "start    2026-01-31 00:00, that day not counted",
        "term     1 month",
        "zone     Asia/Shanghai",
    ]


def test_a_start_day_that_counts_is_said_and_counted() -> None:
    lines = story("2026-09-24", "2 working days counting the start day").lines("zh")
    assert lines[0] == "起算  2026-09-24 00:00"
    assert lines[2:4] == ["计入  09-24  09-28", "跳过  09-25…27 中秋节"]


def test_hours_list_no_days_and_a_pause_is_said() -> None:
    found = story("2026-09-24 23:50", "2 hours", ("2026-09-25 00:10", "2026-09-25 01:00"))
    assert found.date_line("zh") == "2026-09-25(周五)02:40"
    assert found.lines("zh") == [
        "起算  2026-09-24 23:50",
        "期限  2 小时",
        "暂停  2026-09-25 00:10 … 2026-09-25 01:00",
        "时区  Asia/Shanghai",
    ]


def test_paused_days_are_skipped_by_that_name() -> None:
    found = story("2026-09-24", "5 days", ("2026-09-26 10:00", "2026-09-29 08:00"))
    assert found.lines("zh")[2:5] == [
        "暂停  2026-09-26 10:00 … 2026-09-29 08:00",
        "计入  09-25  09-29  09-30  10-01  10-02",
        "跳过  09-26…28 暂停",
    ]


def test_a_last_day_does_not_roll_onto_a_paused_day() -> None:
    found = story("2026-10-30", "1 day roll", ("2026-11-02 09:00", "2026-11-04 09:00"))  # Saturday; Monday and Tuesday are paused
    assert (str(found.due.last_day), found.counted) == ("2026-11-04", ((date(2026, 11, 4), False),))
    assert [(s.first.day, s.last.day, s.name.zh) for s in found.rolled] == [(31, 1, "周末"), (2, 3, "暂停")]


def test_a_pause_on_the_start_day_keeps_it_from_counting() -> None:
    found = story("2026-09-21 10:00", "3 working days counting the start day", ("2026-09-21 12:00", "2026-09-22 12:00"))
    assert [d.day for d, _ in found.counted] == [22, 23, 24]


def test_a_pause_that_is_over_before_the_start_or_begins_after_the_end_is_not_told() -> None:
    assert story("2026-09-24", "2 days", ("2026-09-01", "2026-09-02"), ("2026-10-24", "2026-10-25")).pauses == ()


def test_of_a_choice_the_part_that_decides_is_named_and_told() -> None:
    found = story("2026-09-24", "later of (5 days; 5 working days)")
    assert found.lines("zh")[1:3] == ["期限  5 日、5 个工作日中较晚者,由 5 个工作日 决定", "计入  09-28  09-29  09-30  10-08  10-09"]
    found = story("2026-09-24", "earlier of (3 months; later of (5 days; 5 working days))")
    assert str(found.decided) == "5 working days"
    assert found.lines("en")[1] == ("term     the earlier of 3 months, the later of 5 days, 5 working days; decided by 5 working days")


@pytest.mark.parametrize("word", ["earlier", "later"])
def test_the_part_that_is_told_ends_as_the_choice_ends(word: str) -> None:
    found = story("2026-09-24 10:00", f"{word} of (14 hours; 0 days)")  # both at midnight, one in time at it
    assert str(found.decided) == {"earlier": "0 days", "later": "14 hours"}[word]
    assert found.due.inclusive is (word == "later")


def test_a_word_beside_a_number_is_said_with_it() -> None:
    found = story("2026-09-24 10:20", "earlier of (immediately; 2 hours)")
    assert found.lines("zh")[1] == "期限  立即,最迟 2 小时,由 2 小时 决定"


def test_a_provisional_date_says_so_with_both_bounds() -> None:
    assert story("2026-12-18", "10 working days").lines("zh")[-2:] == [
        "日历  cn 2027,未公布;时区 Asia/Shanghai",
        "暂定  节假日安排尚未公布:最早 2027-01-02(周六)24:00,最晚 2027-01-06(周三)24:00",
    ]
    assert story("2026-12-18", "10 working days").lines("en")[-2:] == [
        "calendar cn 2027, not published; zone Asia/Shanghai",
        "provisional: the holiday notice is not published; earliest 2027-01-02 (Sat) 24:00, latest 2027-01-06 (Wed) 24:00",
    ]


def test_a_cut_off_and_seconds_are_shown() -> None:
    assert story("2026-09-24", "1 day cutoff 17:30").date_line("zh") == "2026-09-25(周五)17:30"
    assert story("2026-09-24", "1 day cutoff 00:00").date_line("zh") == "2026-09-25(周五)00:00"
    assert story("2026-09-24 10:20:30", "1 hour").date_line("zh") == "2026-09-24(周四)11:20:30"


def test_a_day_whose_midnight_the_clocks_skip_still_ends_at_24() -> None:
    assert story("2018-11-02", "1 day", zone=ZoneInfo("America/Sao_Paulo")).date_line("en") == "2018-11-03 (Sat) 24:00"


def test_of_more_days_than_a_year_the_rest_is_a_number() -> None:
    found = story("2026-01-01", "400 days")
    assert (len(found.counted), found.more) == (MAX_DAYS, 400 - MAX_DAYS)
    assert "… 另 34 日" in found.lines("zh")[2]
    assert "… and 34 more" in found.lines("en")[2]
    rolled = story("2026-01-01", "400 days roll").rolled  # the 400th is 除夕
    assert [(str(s.first), str(s.last)) for s in rolled] == [("2027-02-05", "2027-02-08")]


def test_the_document_is_the_same_story_as_data() -> None:
    found = story("2026-02-13", "5 days roll", ("2026-02-14 10:00", "2026-02-15 10:00"))
    document = found.document()
    assert document["due"] == stamp(found.due.instant)
    assert document["rolled"] == [["2026-02-19", "2026-02-23", "春节", "Spring Festival"]]
    assert document["skipped"] == [["2026-02-14", "2026-02-14", "暂停", "paused"]]
    assert document["counted"] == [[f"2026-02-{d}", False] for d in (15, 16, 17, 18, 24)]
    assert document["more"] == 0
    assert canonical(document)


def days(parts: tuple[Skipped, ...]) -> list[date]:
    return [p.first + n * DAY for p in parts for n in range((p.last - p.first).days + 1)]


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1)),
    st.integers(1, 60),
    st.sampled_from(["day", "working day", "week"]),
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(st.integers(-10, 40), st.integers(0, 20)), max_size=2),
)
@examples(200)
def test_every_day_after_the_start_stands_in_exactly_one_list(
    naive: datetime, amount: int, unit: str, roll: bool, start_day: bool, stops: list[tuple[int, int]]
) -> None:
    start = naive.replace(tzinfo=ZONE)
    pauses = [Pause((start + a * DAY).astimezone(UTC), (start + (a + b) * DAY).astimezone(UTC)) for a, b in stops]
    term = parse({"is": f"{amount} {unit}s", "roll": roll, "count_start_day": start_day})
    found = explain(start, term, shipped("cn"), ZONE, pauses)
    assert found.due == due(start, term, shipped("cn"), ZONE, pauses)
    counted = [d for d, _ in found.counted]
    last = found.due.last_day
    assert last is not None
    first = start.date() if start_day else start.date() + DAY
    listed = counted + days(found.skipped) + days(found.rolled)
    if found.more == 0:
        assert sorted(listed) == [first + n * DAY for n in range((last - first).days + 1)]
        assert len(counted) == amount * (7 if unit == "week" else 1)
        assert counted[-1] == last
    calendar = shipped("cn")
    if unit == "working day":
        assert all(calendar.is_working(d) for d in counted)
        assert all(makeup == (d.weekday() >= 5) for d, makeup in found.counted)
    stopped = {
        d for p in pauses for d in days((Skipped(p.lo.astimezone(ZONE).date(), p.hi.astimezone(ZONE).date() - DAY, parse("1 day").text),))
    }
    assert not stopped & set(counted)
    for part in found.skipped + found.rolled:
        for day in days((part,)):
            assert day in stopped if part.name.zh == "暂停" else not calendar.is_working(day)
    assert found.lines("zh") and found.lines("en")
