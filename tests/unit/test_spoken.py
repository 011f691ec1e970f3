"""Times in words: what they allow, what they lean on, and what is not read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.eventlog import LogRead, read_log
from workflow.logmap import read_map
from workflow.spoken import PARTS, Reference, Span, Spoken, Unsaid, part_of_day

TICK, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)
YEAR = Reference(year=2026)
NEAR = Reference(day=date(2026, 9, 24))
TEN = timedelta(minutes=10)


def span(lo: str, hi: str) -> Span:
    """Both to the minute; the last minute counts whole. Of this September unless said otherwise."""
    faces = [datetime.fromisoformat(f"2026-09-{t}" if t[2] == " " else t) for t in (lo, hi)]
    return Span(faces[0], faces[1] + MINUTE - TICK)


def read(text: str, reference: Reference = YEAR, about: timedelta | None = TEN, **parts: str) -> Span:
    return Spoken({k: part_of_day(v) for k, v in parts.items()}, about).read(text, reference)


def before(lo: str, hi: str = "") -> Reference:
    return Reference(date(2026, 1, 1), span(lo, hi or lo), 1999)


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("2026年9月24日23时40分", "24 23:40", "24 23:40"),
        ("9月24日23时40分", "24 23:40", "24 23:40"),
        ("9月24日23时40分许", "24 23:30", "24 23:50"),
        ("9月24日约23时40分", "24 23:30", "24 23:50"),
        ("9月24日23点40", "24 23:40", "24 23:40"),
        ("9月24日 23:40", "24 23:40", "24 23:40"),
        ("09月24日23:40左右", "24 23:30", "24 23:50"),
        ("2026-09-24 23时40分许", "24 23:30", "24 23:50"),
        ("2026/9/24 下午3时", "24 15:00", "24 15:59"),
        ("9月24号3点半", "24 03:30", "24 03:30"),
        ("9月24日9时整", "24 09:00", "24 09:00"),
        ("9月24日9点钟", "24 09:00", "24 09:59"),
        ("9月24日24时", "25 00:00", "25 00:00"),
        ("9月24日0时", "24 00:00", "24 00:59"),
        ("9月24日下午3时许", "24 14:50", "24 16:09"),
        ("9月24日晚8点半", "24 20:30", "24 20:30"),
        ("9月24日晚上12点", "25 00:00", "25 00:00"),
        ("9月24日凌晨12时", "24 00:00", "24 00:59"),
        ("9月24日中午1点", "24 13:00", "24 13:59"),
        ("9月24日下午15时", "24 15:00", "24 15:59"),
        ("9月24日上午12时", "24 12:00", "24 12:59"),
        ("9月24日", "24 00:00", "24 23:59"),
        ("9月24日上午", "24 05:00", "24 11:59"),
        ("9月24日晚", "24 17:00", "24 23:59"),
        ("9月24日凌晨左右", "23 23:50", "24 06:09"),
    ],
)
def test_a_text_with_its_date(text: str, lo: str, hi: str) -> None:
    assert read(text) == span(lo, hi)


def test_seconds_are_exact() -> None:
    at = datetime(2026, 9, 24, 23, 40, 5)
    assert read("9月24日23时40分5秒") == read("9月24日23:40:05") == Span(at, at)


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("24日晚", "24 17:00", "24 23:59"),
        ("次日凌晨", "25 00:00", "25 05:59"),
        ("翌日2时", "25 02:00", "25 02:59"),
        ("第二天上午9点", "25 09:00", "25 09:59"),
        ("当日23时40分", "24 23:40", "24 23:40"),
        ("当晚8时", "24 20:00", "24 20:59"),
        ("下午3时许", "24 14:50", "24 16:09"),
        ("23:40", "24 23:40", "24 23:40"),
        ("7日", "2026-10-07 00:00", "2026-10-07 23:59"),
        ("11日", "11 00:00", "11 23:59"),
        ("12月23日", "2026-12-23 00:00", "2026-12-23 23:59"),
        ("6月26日", "2026-06-26 00:00", "2026-06-26 23:59"),
    ],
)
def test_what_a_text_leaves_open_comes_from_the_other_date_of_its_row(text: str, lo: str, hi: str) -> None:
    assert read(text, NEAR) == span(lo, hi)


@pytest.mark.parametrize(
    ("text", "reference", "lo", "hi"),
    [
        ("次日凌晨", before("30 23:40"), "2026-10-01 00:00", "2026-10-01 05:59"),
        ("1日2时", before("30 23:40"), "2026-10-01 02:00", "2026-10-01 02:59"),
        ("1月1日2时", before("2026-12-31 23:40"), "2027-01-01 02:00", "2027-01-01 02:59"),
        ("晚", before("24 18:00"), "24 17:00", "24 23:59"),
        ("23日", before("24 18:00"), "23 00:00", "23 23:59"),
        ("25日8时", before("24 23:30", "25 00:10"), "25 08:00", "25 08:59"),
    ],
)
def test_the_time_before_it_comes_before_the_other_date(text: str, reference: Reference, lo: str, hi: str) -> None:
    assert read(text, reference) == span(lo, hi)


@pytest.mark.parametrize(
    ("text", "reference", "says"),
    [
        ("soon", NEAR, "cannot read"),
        ("", NEAR, "cannot read"),
        ("许", NEAR, "cannot read"),
        ("当", NEAR, "cannot read"),
        ("24", NEAR, "cannot read"),
        ("24日3", NEAR, "cannot read"),
        ("23:", NEAR, "cannot read"),
        ("9月", NEAR, "cannot read"),
        ("2026-9-112时", NEAR, "cannot read"),
        ("四五点", NEAR, "cannot read"),
        ("1二点", NEAR, "cannot read"),
        ("二三分", NEAR, "cannot read"),
        ("零十点", NEAR, "cannot read"),
        ("九月二十四", NEAR, "cannot read"),
        ("二十五时", NEAR, "no such time"),
        ("夜里", NEAR, "cannot read"),
        ("9月24日23时40分许,电话", NEAR, "cannot read"),
        ("2月30日", YEAR, "no such day"),
        ("2026年2月29日", YEAR, "no such day"),
        ("9月24日25时", YEAR, "no such time"),
        ("9月24日24时1分", YEAR, "no such time"),
        ("9月24日3时60分", YEAR, "no such time"),
        ("9月24日晚1时", YEAR, "do not go together"),
        ("9月24日晚0时", YEAR, "do not go together"),
        ("9月24日上午18时", YEAR, "do not go together"),
        ("9月24日下午9时", YEAR, "do not go together"),
        ("9月24日", Reference(), "the year is not said"),
        ("12月24日", NEAR, "the year is not said, and it is far"),
        ("24日", YEAR, "the day is not said"),
        ("8日", NEAR, "the month is not said"),
        ("次日凌晨", YEAR, "the day is not said"),
        ("23时40分", YEAR, "the day is not said"),
        ("次日凌晨", before("24 23:50", "25 00:10"), "the day is not said"),
        ("0时20分", before("24 23:40"), "which day is not said"),
        ("当日上午", before("24 23:40"), "which day is not said"),
        ("9999年12月31日24时许", YEAR, "out of range"),
    ],
)
def test_what_is_not_said_is_not_guessed(text: str, reference: Reference, says: str) -> None:
    with pytest.raises(Unsaid) as caught:
        read(text, reference)
    assert says in caught.value.reason.en and caught.value.reason.zh


def test_how_wide_about_is_and_what_a_part_of_the_day_is_are_for_the_map_to_say() -> None:
    with pytest.raises(Unsaid, match=r"zh\.about"):
        read("9月24日23时许", about=None)
    assert read("9月24日23时", about=None) == span("24 23:00", "24 23:59")
    assert read("9月24日夜里1时", 夜里="00:00-05:00") == span("24 01:00", "24 01:59")
    assert read("9月24日上午", 上午="08:00-12:00") == span("24 08:00", "24 11:59")


@pytest.mark.parametrize("text", ["", "8-12", "08:00-24:30", "12:00-08:00", "08:00-08:00", "08:00 - 12:00"])
def test_what_is_no_part_of_a_day(text: str) -> None:
    with pytest.raises(ValueError):
        part_of_day(text)


@given(st.text(alphabet="0123456789年月日号时点分秒许约左右次当晚上下午凌晨半整:-/. ", max_size=16))
def test_any_text_is_a_span_or_is_not_read(text: str) -> None:
    for reference in (YEAR, NEAR, before("24 12:00")):
        try:
            lo, hi = read(text, reference)
        except Unsaid:
            continue
        assert lo <= hi <= lo + DAY + 2 * TEN


@given(
    st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 1)).map(lambda t: t.replace(second=0, microsecond=0)),
    st.integers(-60, 60),
    st.booleans(),
)
def test_what_is_written_of_an_instant_allows_it(at: datetime, shift: int, minute: bool) -> None:
    texts = (
        ["{0:%Y}年{0.month}月{0.day}日", "{0.month}月{0.day}日"]
        + (["{0.day}日"] if abs(shift) <= 13 else [])
        + ([""] if shift == 0 else [])
    )
    clock = f"{at.hour}时{at.minute}分" if minute else f"{at.hour}时"
    words = [w for w, (lo, hi) in PARTS.items() if lo <= at - datetime.combine(at.date(), datetime.min.time()) < hi]
    for form in texts:
        day = form.format(at)
        for said in (clock, *words, *(f"{w}{(at.hour - 1) % 12 + 1}时" for w in words)):
            lo, hi = read(day + said, Reference(day=(at + shift * DAY).date()))
            assert lo <= at <= hi


# in a log


WIDE = """\
procedure: service-incident
columns: {case: 编号}
wide: {接报: 接报, 记录: 记录, 处置: 处置, 办结: 办结}
formats: [iso, zh]
zh: {date: 日期, about: 10}
zone: Asia/Shanghai
activities: {接报: created, 处置: activated, 办结: resolved}
ignore: 记录
"""


@pytest.fixture
def wide(tmp_path: Path) -> Any:
    def reader(*rows: str, more: str = "") -> LogRead:
        path = tmp_path / "log.csv"
        path.write_text("\n".join(["编号,日期,接报,记录,处置,办结", *rows]), encoding="utf-8")
        return read_log(path, read_map(WIDE + more, "m.yaml"))

    return reader


def told(found: LogRead) -> list[tuple[str, str, str]]:
    beijing = timedelta(hours=8)
    moments = [(e.name, e.happened.lo + beijing, e.happened.hi + beijing) for _, events in found.cases for e in events]
    return [(name, f"{lo:%m-%d %H:%M}", f"{hi:%m-%d %H:%M}") for name, lo, hi in moments]


def test_each_time_of_a_row_leans_on_the_one_before_it(wide: Any) -> None:
    found = wide("1,2026-09-24,23时40分许,,次日凌晨,当日上午9时", "2,2026-12-31,31日晚,,1月1日8时,次日")
    assert found.unreadable == []
    assert told(found) == [
        ("created", "09-24 23:30", "09-24 23:50"),
        ("activated", "09-25 00:00", "09-25 05:59"),
        ("resolved", "09-25 09:00", "09-25 09:59"),
        ("created", "12-31 17:00", "12-31 23:59"),
        ("activated", "01-01 08:00", "01-01 08:59"),
        ("resolved", "01-02 00:00", "01-02 23:59"),
    ]


def test_an_ignored_time_is_leaned_on_all_the_same(wide: Any) -> None:
    assert told(wide("1,2026-09-24,8时,26日8时,次日9时,"))[1] == ("activated", "09-27 09:00", "09-27 09:59")


def test_behind_a_time_that_cannot_be_read_nothing_is_leaned_on(wide: Any) -> None:
    found = wide("1,2026-09-24,8时,soon,次日9时,2026年9月26日9时", "2,2026-09-24,8时,,待核,次日9时", "3,2026-09-24,8时,,次日9时,")
    assert [(str(u.place), u.reason.en[:18]) for u in found.unreadable] == [
        ("E2", "the day is not sai"),
        ("E3", "cannot read the ti"),
        ("F3", "the day is not sai"),
    ]
    assert [(case, len(events)) for case, events in found.cases] == [("1", 2), ("2", 1), ("3", 2)]


def test_a_numeric_format_comes_first_and_may_be_leaned_on(wide: Any) -> None:
    assert told(wide("1,,2026-09-24 08:00,,次日9时,2026-09-25T03:00:00Z")) == [
        ("created", "09-24 08:00", "09-24 08:00"),
        ("activated", "09-25 09:00", "09-25 09:59"),
        ("resolved", "09-25 11:00", "09-25 11:00"),
    ]


def test_a_row_an_event_leans_on_its_other_date(tmp_path: Path) -> None:
    text = WIDE.replace("{case: 编号}", "{case: 编号, time: [日, 时], activity: 事, date_only: 只知日期}").replace("wide:", "note:", 1)
    text = text.replace("{接报: 接报, 记录: 记录, 处置: 处置, 办结: 办结}", "tidy")
    (tmp_path / "log.csv").write_text(
        "编号,日期,日,时,事,只知日期\n1,2026-09-20,24日,23时40分许,接报,\n1,2026-09-20,25日,上午,处置,是\n1,2026-09-20,次日,9时,办结,\n",
        encoding="utf-8",
    )
    found = read_log(tmp_path / "log.csv", read_map(text, "m.yaml"))
    assert sorted(told(found)) == [
        ("activated", "09-25 00:00", "09-25 23:59"),
        ("created", "09-24 23:30", "09-24 23:50"),
        ("resolved", "09-21 09:00", "09-21 09:59"),
    ]


@pytest.mark.parametrize(
    ("numerals", "digits"),
    [
        ("二〇二六年九月二十四日二十三时四十分许", "2026年9月24日23时40分许"),
        ("二○二六年九月四日零时五分", "2026年9月4日0时5分"),
        ("九月二十四日下午三点半", "9月24日下午3点半"),
        ("廿四日两点零五分", "24日2点05分"),
        ("二十日十时", "20日10时"),
        ("次日三点二十左右", "次日3点20左右"),
        ("十一月三日", "11月3日"),
        ("当日二十一时整", "当日21时整"),
        ("第二天凌晨四点", "第二天凌晨4点"),
    ],
)
def test_numerals_in_characters_are_read_as_their_digits(numerals: str, digits: str) -> None:
    assert read(numerals, NEAR) == read(digits, NEAR)


@given(st.integers(1, 12), st.integers(1, 28), st.integers(0, 23), st.integers(0, 59))
def test_every_numeral_of_a_date_and_a_time_of_day_is_its_number(month: int, day: int, hour: int, minute: int) -> None:
    def said(n: int) -> str:
        tens, one = divmod(n, 10)
        ten = "" if tens == 0 else "十" if tens == 1 else "零一二三四五六七八九"[tens] + "十"
        return ten + ("零一二三四五六七八九"[one] if one or not tens else "")

    text = f"二零二六年{said(month)}月{said(day)}日{said(hour)}时{said(minute)}分"
    assert read(text) == read(f"2026年{month}月{day}日{hour}时{minute}分")
