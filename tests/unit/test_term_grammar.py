"""The grammar of terms (S2.2): what is read, what it reads back to, what is refused."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendars import shipped
from workflow.errors import BadTerm, CalendarGap, NaiveTime
from workflow.moment import parse as instant
from workflow.term import Offset, Qualitative, Recurrence, Span, Term, due, parse
from workflow.term.model import MAX_AMOUNT, Choice, EndOf, OnDate, Until

ZONE = ZoneInfo("Asia/Shanghai")

UNITS = {
    "minute": ["5 minutes", "5 minute", "5 min", "5分钟", "5分", "5 分钟"],
    "hour": ["5 hours", "5 h", "5h", "5小时", "5个小时", "5时"],
    "day": ["5 days", "5 natural days", "5日", "5天", "5个自然日", "5自然日"],
    "working day": ["5 working days", "5 workdays", "5工作日", "5个工作日", "5 个工作日", "5 Working Days"],
    "week": ["5 weeks", "5周", "5个星期", "5星期"],
    "month": ["5 months", "5个月", "5月"],
    "quarter": ["5 quarters", "5个季度", "5季度", "5季"],
    "year": ["5 years", "5年"],
}


@pytest.mark.parametrize(("unit", "text"), [(unit, text) for unit, texts in UNITS.items() for text in texts])
def test_s2_2_units_are_read_in_english_and_chinese(unit: str, text: str) -> None:
    assert parse(text) == Span(5, unit)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("5 days", Span(5, "day")),  # no roll unless said
        ("5 days roll", Span(5, "day", roll=True)),
        ("5日,顺延", Span(5, "day", roll=True)),
        ("5日 顺延", Span(5, "day", roll=True)),
        ("5 working days cutoff 17:30", Span(5, "working day", cutoff=time(17, 30))),
        ("5个工作日 截止 17:30", Span(5, "working day", cutoff=time(17, 30))),
        ("5个工作日 截止17:30", Span(5, "working day", cutoff=time(17, 30))),
        ("5 days cutoff 24:00", Span(5, "day")),  # where a day ends anyway
        ("3 days counting the start day", Span(3, "day", count_start_day=True)),
        ("3日 起始日计入", Span(3, "day", count_start_day=True)),
        ("1 month roll cutoff 17:30 counting the start day", Span(1, "month", True, time(17, 30), True)),
        ("1 month, counting the start day, cutoff 17:30, roll", Span(1, "month", True, time(17, 30), True)),
        ("005 days", Span(5, "day")),
        ("5 days", Span(5, "day")),  # as an input method writes it
        ("  5 days  ", Span(5, "day")),
        ("promptly", Qualitative("promptly")),
        ("及时", Qualitative("promptly")),
        ("尽快", Qualitative("promptly")),
        ("立即", Qualitative("immediately")),
        ("按规定", Qualitative("by reference")),
        ("未定", Qualitative("unset")),
        ("until 17:30", Until(time(17, 30))),
        ("end of week", EndOf("week")),
        ("end of month", EndOf("month")),
        ("end of quarter", EndOf("quarter")),
        ("end of year", EndOf("year")),
        ("by 05-31", OnDate(5, 31)),
        ("before 05-31", OnDate(5, 31, inclusive=False)),
        ("by 2012-05-31", OnDate(5, 31, 2012)),
        ("by 02-29", OnDate(2, 29)),
        ("window 11-01 to 11-30", OnDate(11, 30, opens=(11, 1))),
        ("window 2026-11-01 to 2026-11-30", OnDate(11, 30, 2026, opens=(11, 1))),
        ("earlier of (5 days; 3 working days)", Choice((Span(5, "day"), Span(3, "working day")), False)),
        ("later of (5 days; end of month)", Choice((Span(5, "day"), EndOf("month")), True)),
        (
            "earlier of (1 day; later of (1 hour; end of week))",
            Choice((Span(1, "day"), Choice((Span(1, "hour"), EndOf("week")), True)), False),
        ),
    ],
)
def test_s2_2_a_text_is_read_as_its_term(text: str, term: Term) -> None:
    assert parse(text) == term
    assert parse(str(term)) == term


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ({"is": "5 days", "roll": True}, Span(5, "day", roll=True)),
        ({"is": "5 days roll", "roll": False}, Span(5, "day")),
        ({"is": "5 days", "cutoff": "17:30"}, Span(5, "day", cutoff=time(17, 30))),
        ({"is": "5 days", "cutoff": "24:00"}, Span(5, "day")),
        ({"is": "5 days", "count_start_day": True}, Span(5, "day", count_start_day=True)),
        ({"is": "5 days counting the start day", "roll": True}, Span(5, "day", roll=True, count_start_day=True)),
        ({"is": "5 days cutoff 12:00", "roll": True}, Span(5, "day", roll=True, cutoff=time(12))),
        ({"earlier_of": ["5 days", "1 hour"]}, Choice((Span(5, "day"), Span(1, "hour")), False)),
        ({"later_of": ["5 days", {"by": "05-31"}]}, Choice((Span(5, "day"), OnDate(5, 31)), True)),
        ({"is": "3 working days", "not_later_than": "10日"}, Choice((Span(3, "working day"), Span(10, "day")), False)),
        ({"is": "立即", "not_later_than": "2小时"}, Choice((Qualitative("immediately"), Span(2, "hour")), False)),
        ({"window": {"from": "11-01", "to": "11-30"}}, OnDate(11, 30, opens=(11, 1))),
        ({"date": "2012-05-31"}, OnDate(5, 31, 2012)),
        ({"by": "05-31"}, OnDate(5, 31)),
        ({"by": "05-31", "inclusive": False}, OnDate(5, 31, inclusive=False)),
        ({"until": "17:30"}, Until(time(17, 30))),
        ({"end_of": "quarter"}, EndOf("quarter")),
        (Span(1, "day"), Span(1, "day")),
    ],
)
def test_s2_2_a_mapping_says_what_one_amount_cannot(value: Any, term: Term) -> None:
    assert parse(value) == term
    assert parse(str(term)) == term


REFUSED = [
    ("", "cannot read the term"),
    ("5", "cannot read the term"),
    ("days", "cannot read the term"),
    ("5 fortnights", "cannot read the term"),
    ("-5 days", "cannot read the term"),
    ("5.5 days", "cannot read the term"),
    ("五日", "cannot read the term"),
    ("٥ days", "cannot read the term"),
    ("5 daysroll", "cannot read the term"),
    ("5 days rolling", "cannot read the term"),
    ("5 days roll roll", "cannot read the term"),
    ("5 days cutoff 17:30 cutoff 18:00", "cannot read the term"),
    ("5 days, and then some", "cannot read the term"),
    ("5 days\nroll\nsoon", "cannot read the term"),
    ("5 days cutoff 25:00", "not a time of day: '25:00'"),
    ("5 days cutoff 17:60", "not a time of day: '17:60'"),
    ("5 days cutoff 1730", "not a time of day: '1730'"),
    ("5 days cutoff 17:30:15", "not a time of day"),
    ("until 24:00", "not a time of day: '24:00'"),
    ("until 17:30+02:00", "not a time of day"),
    ("until noon", "not a time of day: 'noon'"),
    ("end of decade", "cannot read the term"),
    ("by 13-01", "not a date: '13-01'"),
    ("by 2026-02-29", "not a date: '2026-02-29'"),
    ("by 31 May", "not a date: '31 May'"),
    ("by 20260531", "not a date"),
    ("window 11-01", "cannot read the term"),
    ("window junk11-01 to 11-30", "not a date: 'junk11-01'"),
    ("window 2026-11-30 to 2026-11-01", "the window ends before it opens"),
    ("window 2026-11-01 to 11-30", "one end has no year"),
    ("earlier of (5 days)", "two or more terms"),
    ("earlier of ()", "cannot read the term ''"),
    ("earlier of (5 days; nonsense)", "cannot read the term 'nonsense'"),
    ("earlier of (promptly; immediately)", "without a number there is no date"),
    ("later of (promptly; 5 days)", "without a number there is no date"),
    ("100001 days", "the term is too long"),
    ("999999999 working days", "the term is too long"),
    ("1000000000 working days", "cannot read the term"),
    ("1 hour roll", "the term contradicts itself"),
    ("1 hour cutoff 17:30", "the term contradicts itself"),
    ("30 minutes counting the start day", "the term contradicts itself"),
    ("0 days counting the start day", "the term contradicts itself"),
    ("5 days" + " " * 1000, "longer than 1000 characters"),
    ({"is": "5 days", "roll": "no"}, "roll is true or false, not 'no'"),
    ({"is": "5 days", "count_start_day": 1}, "count_start_day is true or false, not 1"),
    ({"by": "05-31", "inclusive": "false"}, "inclusive is true or false, not 'false'"),
    ({"is": "1 hour", "roll": True}, "the term contradicts itself"),
    ({"is": "promptly", "roll": True}, "cannot read the term"),
    ({"is": "5 days", "rol": True}, "cannot read the term"),
    ({"is": "5 days", "not_later_than": "10 days", "roll": True}, "cannot read the term"),
    ({"earlier_of": "5 days"}, "cannot read the term"),
    ({"earlier_of": ["5 days"]}, "two or more terms"),
    ({"window": "11-01"}, "cannot read the term"),
    ({"window": {"from": "11-01"}}, "cannot read the term"),
    ({"until": None}, "not a time of day"),
    ({}, "cannot read the term"),
    (5, "cannot read the term 5"),
    (None, "cannot read the term None"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[str(v)[:40] for v, _ in REFUSED])
def test_what_is_no_term_is_refused_with_what_is_wrong(value: Any, message: str) -> None:
    with pytest.raises(BadTerm, match=re.escape(message)) as refused:
        parse(value)
    assert refused.value.message.zh != refused.value.message.en


def test_a_refusal_shows_the_beginning_of_what_is_long_and_no_more() -> None:
    with pytest.raises(BadTerm) as refused:
        parse("x" * 999)
    assert len(refused.value.message.en) < 120


def test_choices_nested_without_end_are_refused() -> None:
    text = "earlier of (" * 60 + "5 days"
    value: Any = "5 days"
    for _ in range(5000):
        value = {"earlier_of": [value, "1 day"]}
    for hostile in (text, value):
        with pytest.raises(BadTerm):
            parse(hostile)


def test_a_choice_that_would_not_be_read_back_is_refused() -> None:
    with pytest.raises(BadTerm, match="not too long"):
        parse({"earlier_of": ["5 working days roll cutoff 17:30"] * 40})


SPANS = st.builds(
    Span,
    st.integers(1, MAX_AMOUNT),
    st.sampled_from(("day", "working day", "week", "month", "quarter", "year")),
    st.booleans(),
    st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.booleans(),
) | st.builds(Span, st.integers(0, MAX_AMOUNT), st.sampled_from(("minute", "hour")))
DATES = st.builds(
    lambda day, year, inclusive, opens: OnDate(
        day.month, day.day, day.year if year else None, inclusive or opens is not None, (opens.month, opens.day) if opens else None
    ),
    st.dates(),
    st.booleans(),
    st.booleans(),
    st.none() | st.dates(),
)
PLAIN = (
    SPANS
    | DATES
    | st.builds(Until, st.builds(time, st.integers(0, 23), st.integers(0, 59)))
    | st.builds(EndOf, st.sampled_from(("week", "month", "quarter", "year")))
)
TERMS = st.recursive(
    PLAIN, lambda inner: st.builds(Choice, st.lists(inner, min_size=2, max_size=3).map(tuple), st.booleans()), max_leaves=5
)


@given(TERMS)
def test_every_term_reads_back_to_itself(term: Term) -> None:
    assert parse(str(term)) == term
    assert parse(str(term).upper().replace("WINDOW", "window").replace(" TO ", " to ")) == term
    assert term.text.zh and term.text.en


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{0,7} ?(days|工作日|hours)?( roll| cutoff [0-9:]{0,6})*"))
def test_any_text_is_a_term_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except BadTerm:
        return
    assert parse(str(found)) == found


# what is computed from the other forms


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        # the cut-off ends the last day, in time at it
        ("2026-09-24 10:20", "5 working days cutoff 17:30", "2026-10-09T17:30:00+08:00"),
        ("2026-09-24 10:20", "5 days roll cutoff 17:30", "2026-09-29T17:30:00+08:00"),
        ("2026-09-24 10:20", "5 days cutoff 24:00", "2026-09-30T00:00:00+08:00"),
        # the start day counted
        ("2026-09-24", "3 days counting the start day", "2026-09-27T00:00:00+08:00"),
        ("2026-09-24", "1 day counting the start day", "2026-09-25T00:00:00+08:00"),
        ("2026-09-24", "1 week counting the start day", "2026-10-01T00:00:00+08:00"),
        ("2026-09-24", "2 working days counting the start day", "2026-09-29T00:00:00+08:00"),
        ("2026-09-26", "2 working days counting the start day", "2026-09-30T00:00:00+08:00"),  # begins on a holiday
        ("2026-01-15", "1 month counting the start day", "2026-02-15T00:00:00+08:00"),
        ("2026-01-01", "1 year counting the start day", "2027-01-01T00:00:00+08:00"),
        ("2026-11-30", "3 months counting the start day", "2027-03-01T00:00:00+08:00"),  # no 30 February: the month's last day
        ("2026-03-01", "1 month counting the start day", "2026-04-01T00:00:00+08:00"),
        # a time of day: that of the start day, or of the next when it is past
        ("2026-09-24 10:20", "until 17:30", "2026-09-24T17:30:00+08:00"),
        ("2026-09-24 17:30", "until 17:30", "2026-09-24T17:30:00+08:00"),
        ("2026-09-24 17:31", "until 17:30", "2026-09-25T17:30:00+08:00"),
        # ends of periods, Monday to Sunday
        ("2026-09-24", "end of week", "2026-09-28T00:00:00+08:00"),
        ("2026-09-27", "end of week", "2026-09-28T00:00:00+08:00"),
        ("2026-09-28", "end of week", "2026-10-05T00:00:00+08:00"),
        ("2026-02-01", "end of month", "2026-03-01T00:00:00+08:00"),
        ("2026-11-24", "end of quarter", "2027-01-01T00:00:00+08:00"),
        ("2026-03-31", "end of quarter", "2026-04-01T00:00:00+08:00"),
        ("2026-11-24", "end of year", "2027-01-01T00:00:00+08:00"),
        # dates: of the year of the start, or of the next when over
        ("2026-05-31 23:59", "by 05-31", "2026-06-01T00:00:00+08:00"),
        ("2026-06-01", "by 05-31", "2027-06-01T00:00:00+08:00"),
        ("2026-05-30", "before 05-31", "2026-05-31T00:00:00+08:00"),
        ("2026-05-31", "before 05-31", "2027-05-31T00:00:00+08:00"),
        ("2026-01-01", "before 01-01", "2027-01-01T00:00:00+08:00"),
        ("2026-01-01", "by 2012-05-31", "2012-06-01T00:00:00+08:00"),  # a date that has passed stays where it is
        ("2026-01-01", "by 02-29", "2026-03-01T00:00:00+08:00"),
        ("2028-01-01", "by 02-29", "2028-03-01T00:00:00+08:00"),
        ("2026-11-15", "window 11-01 to 11-30", "2026-12-01T00:00:00+08:00"),
        ("2026-12-01", "window 12-01 to 02-28", "2027-03-01T00:00:00+08:00"),
        # the earlier, the later, not later than
        ("2026-09-24", "earlier of (5 working days; 5 days)", "2026-09-30T00:00:00+08:00"),
        ("2026-09-24", "later of (5 working days; 5 days)", "2026-10-10T00:00:00+08:00"),
        ("2026-09-24 10:20", "earlier of (1 hour; until 11:00)", "2026-09-24T11:00:00+08:00"),
        ("2026-09-24 10:20", "earlier of (immediately; 2 hours)", "2026-09-24T12:20:00+08:00"),
    ],
)
def test_a_term_ends_where_its_words_say(start: str, term: str, end: str) -> None:
    found = due(instant(start, ZONE).lo, parse(term), shipped("cn"), ZONE)
    assert found.instant.astimezone(ZONE).isoformat() == end


@pytest.mark.parametrize(("word", "inclusive"), [("earlier", False), ("later", True)])
@pytest.mark.parametrize("parts", ["14 hours; 0 days", "0 days; 14 hours"])
def test_of_two_terms_that_end_at_one_instant_the_earlier_is_the_one_out_of_time_at_it(word: str, inclusive: bool, parts: str) -> None:
    found = due(instant("2026-09-24 10:00", ZONE).lo, parse(f"{word} of ({parts})"), shipped("cn"), ZONE)
    assert found.inclusive is inclusive


def test_a_choice_is_provisional_only_when_the_unknown_year_can_decide_it() -> None:
    start = instant("2026-12-18", ZONE).lo
    firm = due(start, parse("earlier of (2 days; 10 working days)"), shipped("cn"), ZONE)
    assert (str(firm.last_day), firm.provisional, firm.earliest, firm.latest) == ("2026-12-20", False, firm.instant, firm.instant)
    open_ = due(start, parse("later of (2 days; 10 working days)"), shipped("cn"), ZONE)
    assert (str(open_.last_day), open_.provisional) == ("2027-01-04", True)
    other = due(start, parse("earlier of (16 days; 10 working days)"), shipped("cn"), ZONE)  # 01-03 decides, unless 01-02 is worked
    assert (str(other.last_day), other.provisional, str(other.earliest.astimezone(ZONE).date())) == ("2027-01-03", True, "2027-01-03")
    near = due(start, parse("earlier of (18 days; 10 working days)"), shipped("cn"), ZONE)  # 01-05 by days, 01-04 … 01-06 by working days
    assert (near.provisional, str(near.latest.astimezone(ZONE).date())) == (True, "2027-01-06")


@pytest.mark.parametrize("word", ["promptly", "immediately", "by reference", "unset"])
def test_a_word_is_never_turned_into_a_number(word: str) -> None:
    assert parse(word).qualitative
    with pytest.raises(BadTerm, match="has no number"):
        due(instant("2026-09-24", ZONE).lo, parse(word), shipped("cn"), ZONE)


# the edges of time


@pytest.mark.parametrize(
    ("start", "term"),
    [
        ("9999-12-31 10:00", "1 day"),
        ("9999-12-31T20:00:00+00:00", "1 working day"),
        ("9999-12-31 10:00", "0 days"),
        ("9999-12-31 23:50", "1 hour"),
        ("9999-12-31 10:00", "end of month"),
        ("9999-12-31 10:00", "until 00:00"),
        ("9999-12-31 10:00", "by 01-01"),
        ("2026-01-01", "100000 years"),
        ("2026-01-01", "100000 months"),
        ("2026-01-01", "100000 working days"),
        ("2051-01-01", "1 working day"),
        ("2006-12-01", "1 working day"),
        ("2050-12-31", "1 day roll"),
    ],
)
def test_beyond_the_calendar_is_a_gap_and_says_so_at_once(start: str, term: str) -> None:
    with pytest.raises(CalendarGap):
        due(instant(start, ZONE).lo, parse(term), shipped("cn"), ZONE)


def test_the_first_days_of_time_can_be_counted() -> None:
    found = due(instant("0001-01-02", ZONE).lo, parse("5 days"), shipped("cn"), ZONE)
    assert str(found.last_day) == "0001-01-07"


def test_a_start_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveTime):
        due(datetime(2026, 9, 24), parse("5 days"), shipped("cn"), ZONE)


# zones in which the clocks change

NEW_YORK, SAO_PAULO, BEIRUT = ZoneInfo("America/New_York"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Beirut")


@pytest.mark.parametrize(
    ("zone", "start", "term", "end"),
    [
        # hours are hours: the night in March has 23, the one in November 25
        (NEW_YORK, "2026-03-07 12:00", "24 hours", "2026-03-08T13:00:00-04:00"),
        (NEW_YORK, "2026-10-31 12:00", "24 hours", "2026-11-01T11:00:00-05:00"),
        (NEW_YORK, "2026-03-08 01:30", "30 minutes", "2026-03-08T03:00:00-04:00"),
        # days are days of the calendar, however long
        (NEW_YORK, "2026-03-07 12:00", "1 day", "2026-03-09T00:00:00-04:00"),
        (NEW_YORK, "2026-10-31 12:00", "1 day", "2026-11-02T00:00:00-05:00"),
        (NEW_YORK, "2026-10-31 12:00", "1 day cutoff 17:30", "2026-11-01T17:30:00-05:00"),
        # a wall time that is skipped or comes twice takes the earlier offset
        (NEW_YORK, "2026-03-07 12:00", "1 day cutoff 02:30", "2026-03-08T03:30:00-04:00"),
        (NEW_YORK, "2026-10-31 12:00", "1 day cutoff 01:30", "2026-11-01T01:30:00-04:00"),
        # a day that begins at 01:00, because 00:00 is skipped
        (SAO_PAULO, "2018-11-02 12:00", "1 day", "2018-11-04T01:00:00-02:00"),
        # 00:00 comes twice: the day before ends at the first
        (ZoneInfo("America/Havana"), "2026-10-30 12:00", "1 day", "2026-11-01T00:00:00-04:00"),
    ],
)
def test_where_the_clocks_change_hours_run_and_days_stay_days(zone: ZoneInfo, start: str, term: str, end: str) -> None:
    found = due(instant(start, zone).lo, parse(term), shipped("cn"), zone)
    assert found.instant.astimezone(zone).isoformat() == end


def test_the_bounds_of_a_provisional_date_are_midnights_too_where_the_clocks_change() -> None:
    found = due(instant("2026-12-18", BEIRUT).lo, parse("75 working days"), shipped("cn"), BEIRUT)  # about the change of 28 March 2027
    assert found.provisional and found.earliest < found.latest
    for bound in (found.earliest, found.instant, found.latest):
        local = bound.astimezone(BEIRUT)
        assert local == datetime.combine(local.date(), time(), BEIRUT).astimezone(BEIRUT)


# points before and after a due time


def offset(text: str, start: str, term: str) -> str:
    found = due(instant(start, ZONE).lo, parse(term), shipped("cn"), ZONE)
    at = Offset.parse(text).instant(found, instant(start, ZONE).lo, shipped("cn"), ZONE)
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "term", "at"),
    [
        # 10 working days from 09-24 end at 24:00 of Thursday 10-15
        ("at due", "10 working days", "2026-10-16 00:00"),
        ("1 working day before", "10 working days", "2026-10-15 09:00"),
        ("2 working days before", "10 working days", "2026-10-14 09:00"),
        ("提前1个工作日", "10 working days", "2026-10-15 09:00"),
        ("5 working days before", "10 working days", "2026-10-10 09:00"),  # the make-up Saturday
        ("1 day before", "10 working days", "2026-10-15 09:00"),
        ("1 week before", "10 working days", "2026-10-09 09:00"),
        ("09:00 on the last day", "10 working days", "2026-10-15 09:00"),
        ("最后一天 08:30", "10 working days", "2026-10-15 08:30"),
        ("1 working day after", "10 working days", "2026-10-16 09:00"),
        ("逾期3个工作日", "10 working days", "2026-10-20 09:00"),
        ("3 days after", "10 working days", "2026-10-18 09:00"),
        ("2 hours before", "10 working days", "2026-10-15 22:00"),
        ("30分钟后", "10 working days", "2026-10-16 00:30"),
        # 5 natural days end on Tuesday 09-29; 3 end on Sunday 09-27, a holiday
        ("1 working day before", "3 days", "2026-09-24 09:00"),
        # with a cut-off the due instant lies in its last day
        ("1 working day before", "10 working days cutoff 17:30", "2026-10-14 09:00"),
        ("1 day before", "10 working days cutoff 17:30", "2026-10-14 09:00"),
        # months and years are corresponding days, not 30 or 365
        ("1 month before", "10 working days", "2026-09-16 09:00"),
        ("1 month after", "10 working days", "2026-11-15 09:00"),
        ("1 quarter after", "10 working days", "2027-01-15 09:00"),
        ("1 year after", "10 working days", "2027-10-15 09:00"),
        ("1 month after", "7 days", "2026-11-01 09:00"),
        ("50%", "24 hours", "2026-09-24 12:00"),
        ("0%", "24 hours", "2026-09-24 00:00"),
    ],
)
def test_s2_2_a_point_before_or_after_the_due_time(text: str, term: str, at: str) -> None:
    assert offset(text, "2026-09-24", term) == at


def test_a_month_before_the_last_of_march_is_the_last_of_february() -> None:
    assert offset("1 month before", "2026-03-30", "1 day cutoff 17:30") == "2026-02-28 09:00"
    assert offset("1 month after", "2026-01-30", "1 day") == "2026-02-28 09:00"


@pytest.mark.parametrize(
    "text",
    ["", "soon", "5 days", "before", "25:00 on the last day", "24:00 on the last day", "5 days roll before", "promptly before",
     "1 day cutoff 17:00 before", "1000%", "x" * 100_000],
    ids=lambda t: t[:30],
)  # fmt: skip
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    with pytest.raises(BadTerm):
        Offset.parse(text)


def test_a_point_beyond_the_years_is_a_gap() -> None:
    with pytest.raises(CalendarGap):
        offset("100000 years after", "2026-09-24", "5 days")


# duties that come again


def slots(text: str, start: str, until: str) -> list[str]:
    found = Recurrence.parse(text).slots(instant(start, ZONE).lo, instant(until, ZONE).lo, ZONE)
    return [s.astimezone(ZONE).strftime("%m-%d %H:%M") for s in found]


@pytest.mark.parametrize(
    ("text", "start", "until", "expected"),
    [
        ("every day at 17:00, 08:00", "2026-09-24 08:00", "2026-09-25 17:00", ["09-24 17:00", "09-25 08:00", "09-25 17:00"]),
        ("每天 08:00、08:00", "2026-09-24 07:00", "2026-09-25 07:00", ["09-24 08:00"]),
        ("every 24 hours", "2026-09-24 10:20", "2026-09-26 10:20", ["09-25 10:20", "09-26 10:20"]),
        ("每30分钟", "2026-09-24 23:45", "2026-09-25 00:50", ["09-25 00:15", "09-25 00:45"]),
        ("every week", "2026-09-24", "2026-10-06", ["09-28 00:00", "10-05 00:00"]),
        ("每月", "2026-09-24", "2026-11-01", ["10-01 00:00", "11-01 00:00"]),
        ("每季度", "2026-09-24", "2027-01-02", ["10-01 00:00", "01-01 00:00"]),
        ("every year", "2026-09-24", "2027-01-02", ["01-01 00:00"]),
        ("每日", "2026-09-24 10:00", "2026-09-26", ["09-25 00:00", "09-26 00:00"]),
    ],
)
def test_a_recurrence_has_its_slots(text: str, start: str, until: str, expected: list[str]) -> None:
    assert slots(text, start, until) == expected


@pytest.mark.parametrize(
    "text", ["", "often", "every", "every 0 hours", "every day at 25:00", "every day at 24:00", "week", "every 2 weeks"]
)
def test_what_is_no_recurrence_is_refused(text: str) -> None:
    with pytest.raises(BadTerm):
        Recurrence.parse(text)
