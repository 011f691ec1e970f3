"""Working-day calendars: the shipped years, their revisions, overlays, unknown years (S2.3, S8.2)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import read_document, shipped
from workflow.calendar import Calendar, from_holiday_cn
from workflow.errors import AlreadyThere, BadInput, CalendarGap, NotFound
from workflow.journal.canonical import canonical, digest, parse_canonical

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT.parent / "shared" / "calendars" / "cn-2007-2026.json"
CN = shipped("cn")
DAY = timedelta(days=1)
OLD_NAMES = {"“五一”": "劳动节", "“十一”": "国庆节", "“五一”国际劳动节": "五一国际劳动节"}
"""How the notices of 2007 and 2008 call them."""


def on(text: str) -> date:
    return date.fromisoformat(text)


def notice(year: int = 2027, revision: int = 1, **more: Any) -> dict[str, Any]:
    """A notice of 2027, made up: New Year with the Thursday before it off and the Sunday before that worked, and one day in May."""
    made: dict[str, Any] = {
        "calendar": "cn",
        "year": year,
        "revision": revision,
        "issued": "2026-11-06",
        "ground": "",
        "sources": ["https://www.gov.cn/example"],
        "off": [[f"{year - 1}-12-31", f"{year}-01-02", "元旦"], [f"{year}-05-01", f"{year}-05-03", "劳动节"]],
        "work": [[f"{year}-01-03", "元旦"]],
    }
    return made | more


# the shipped files


@pytest.mark.parametrize("year", range(2007, 2027))
def test_a_shipped_year_has_the_days_of_its_notice(year: int) -> None:
    if not FACTS.is_file():
        pytest.skip("needs ../shared/calendars/cn-2007-2026.json, which is no part of the repository")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))[str(year)]
    ours = CN.used[year]
    assert {d.isoformat() for d in ours.off} == {d["date"] for d in facts["days"] if d["off"]}
    assert {d.isoformat() for d in ours.work} == {d["date"] for d in facts["days"] if not d["off"]}
    assert ours.sources == tuple(facts["papers"])
    names = {d["date"]: OLD_NAMES.get(d["name"], d["name"]) for d in facts["days"]}
    assert {d.isoformat(): n for d, n in (*ours.off.items(), *ours.work.items())} == names


def test_every_day_has_a_name_in_english() -> None:
    for found in CN.notices:
        calendar = CN.at({found.year: found.revision})
        for day in (*found.off, *found.work):
            if day.year > 2006:
                name = calendar.day(day).name
                assert name.zh and name.en.isascii(), name


def test_every_notice_says_where_it_stands() -> None:
    assert [n.year for n in CN.notices] == sorted([*range(2007, 2027), 2019, 2020])
    for found in CN.notices:
        assert found.sources and all(".gov.cn/" in s for s in found.sources)
        assert found.revision == 1 or (found.issued and found.ground)


@pytest.mark.parametrize(
    ("year", "revision", "off", "working"),
    [
        (2019, 1, ["05-01"], ["04-30", "05-02", "05-03", "05-06"]),
        (2019, 2, ["05-01", "05-02", "05-03", "05-04"], ["04-28", "05-05", "05-06"]),
        (2020, 1, ["01-24", "01-30"], ["01-19", "02-01", "01-31", "02-03"]),
        (2020, 2, ["01-24", "01-30", "01-31", "02-01", "02-02"], ["01-19", "02-03"]),
    ],
)
def test_both_revisions_of_2019_and_2020_are_kept(year: int, revision: int, off: list[str], working: list[str]) -> None:
    calendar = CN.at(revision)
    assert calendar.revision(year) == revision
    assert [d for d in off if calendar.is_working(on(f"{year}-{d}"))] == []
    assert [d for d in working if not calendar.is_working(on(f"{year}-{d}"))] == []


def test_the_newest_revision_is_used_unless_one_is_named() -> None:
    assert (CN.revision(2019), CN.revision(2020), CN.revision(2026), CN.revision(2027)) == (2, 2, 1, None)
    named = CN.at({2019: 1})
    assert (named.revision(2019), named.revision(2020)) == (1, 2)
    assert CN.at(9).revision(2026) == 1  # a year that has fewer takes its newest
    assert named.at(None) == CN


@pytest.mark.parametrize(
    ("day", "kind", "zh", "en"),
    [
        ("2026-10-10", "makeup", "国庆节", "National Day"),
        ("2026-10-11", "weekend", "周末", "weekend"),
        ("2026-10-12", "working", "工作日", "working day"),
        ("2026-09-25", "holiday", "中秋节", "Mid-Autumn Festival"),
        ("2020-10-01", "holiday", "国庆节、中秋节", "National Day and Mid-Autumn Festival"),
        ("2015-09-03", "holiday", CN.used[2015].off[on("2015-09-03")], None),
        # the end of December is set by the notice of the next year
        ("2018-12-29", "makeup", "元旦", "New Year"),
        ("2018-12-31", "holiday", "元旦", "New Year"),
        ("2007-12-29", "makeup", "元旦", "New Year"),
        ("2022-12-31", "holiday", "元旦", "New Year"),
        ("2027-02-05", "holiday", "春节", "Spring Festival"),  # 除夕, statutory since 2025
    ],
)
def test_a_day_says_what_it_is(day: str, kind: str, zh: str, en: str | None) -> None:
    found = CN.day(on(day))
    assert (found.date, found.kind, found.name.zh) == (on(day), kind, zh)
    assert en is None or found.name.en == en
    assert found.working is CN.is_working(on(day)) is (kind in ("working", "makeup"))


@pytest.mark.parametrize(
    ("day", "certain"),
    [("2026-12-29", True), ("2026-12-30", False), ("2026-12-31", False), ("2026-10-10", True), ("2027-03-03", False), ("2019-12-31", True)],
)
def test_s2_3_unknown_years_and_late_december_are_not_certain(day: str, certain: bool) -> None:
    assert CN.day(on(day)).certain is certain
    assert CN.certain(on(day) - DAY, on(day)) is certain


def test_statutory_days_reach_from_the_first_unpublished_year_without_a_gap() -> None:
    years = {d.year for d in CN.statutory}
    assert years == set(range(2027, 2051))
    for year in years:
        days = [d for d in CN.statutory if d.year == year]
        assert len(days) in (12, 13)  # 12 where 中秋节 falls on a day of 国庆节
        assert {on(f"{year}-01-01"), on(f"{year}-05-01"), on(f"{year}-05-02"), on(f"{year}-10-03")} <= set(days)


# known on a day


def test_what_was_known_on_a_day_leaves_later_notices_out() -> None:
    before = CN.known(on("2019-03-21"))
    assert (before.revision(2019), before.revision(2020)) == (1, None)
    assert CN.known(on("2019-03-22")).revision(2019) == 2
    assert CN.known(on("2025-11-03")).revision(2026) is None
    assert CN.known(on("2025-11-04")).revision(2026) == 1
    assert before.known(on("2026-01-01")).revision(2020) == 2


def test_a_year_of_which_nothing_was_known_is_a_gap_and_not_monday_to_friday() -> None:
    calendar = CN.known(on("2019-06-01"))  # 2020 … 2026 have neither a notice nor statutory days
    assert calendar.add_working(on("2019-12-20"), 5) == on("2019-12-27")
    for ask in (
        lambda: calendar.is_working(on("2020-03-02")),
        lambda: calendar.day(on("2020-03-02")),
        lambda: calendar.add_working(on("2019-12-20"), 10),
        lambda: calendar.add_working(on("2027-01-15"), -20),
        lambda: calendar.working_between(on("2019-12-20"), on("2027-02-01")),
    ):
        with pytest.raises(CalendarGap, match="says nothing of 20") as gap:
            ask()
        assert gap.value.hint is not None and "without 2020" in gap.value.hint.en


def test_the_end_of_december_is_open_where_nothing_of_the_next_year_is_known() -> None:
    calendar = CN.known(on("2019-06-01"))
    assert [d for d in range(20, 32) if not calendar.day(date(2019, 12, d)).certain] == [29, 30, 31]  # 29 is a Sunday that may be worked


# beyond the calendar


@pytest.mark.parametrize("day", ["2006-12-30", "2051-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_outside_the_calendar_is_a_gap_that_says_its_range(day: str) -> None:
    for ask in (CN.day, CN.is_working, lambda d: CN.add_working(d, 1), lambda d: CN.working_between(d, d + DAY if d.year < 9 else d)):
        if ask(on("2026-01-01")) is None:
            continue
        try:
            ask(on(day))
        except CalendarGap as gap:
            assert gap.exit_code == 8
            assert gap.hint is not None and "2007-01-01 to 2050-12-31" in gap.hint.en
    for refused in (CN.day, CN.is_working, lambda d: CN.add_working(d, 1)):
        with pytest.raises(CalendarGap):
            refused(on(day))


@pytest.mark.parametrize(("day", "count"), [("2050-12-31", 1), ("2007-01-05", -5), ("2026-01-05", 100_000), ("2026-01-05", -100_000)])
def test_counting_out_of_the_calendar_is_a_gap(day: str, count: int) -> None:
    with pytest.raises(CalendarGap):
        CN.add_working(on(day), count)


def test_an_empty_calendar_is_a_gap() -> None:
    with pytest.raises(CalendarGap, match="is empty"):
        Calendar("none", ()).is_working(on("2026-01-05"))


def test_zero_working_days_is_the_day_itself() -> None:
    assert CN.add_working(on("2026-10-01"), 0) == on("2026-10-01")


# one more notice


def test_a_new_notice_makes_its_year_known_and_changes_the_december_before() -> None:
    calendar = CN.with_notice(notice())
    assert calendar.revision(2027) == 1 and calendar.id == "cn"
    assert [calendar.is_working(on(d)) for d in ("2026-12-31", "2027-01-03", "2027-02-05")] == [False, True, True]
    assert calendar.certain(on("2026-12-28"), on("2027-12-20"))
    assert not CN.certain(on("2026-12-28"), on("2027-12-20"))
    assert CN.revision(2027) is None  # nothing was changed in place


def test_the_notice_of_the_next_year_has_the_last_word_on_december() -> None:
    earlier = {**notice(2026, 2), "off": [["2026-05-01", "2026-05-01", "劳动节"]], "work": [["2026-12-31", "元旦"]]}
    calendar = CN.with_notice(earlier).with_notice(notice())
    assert (calendar.is_working(on("2026-12-31")), calendar.day(on("2026-12-31")).kind) == (False, "holiday")
    assert calendar.add_working(on("2026-12-30"), 1) == on("2027-01-03")


def test_the_same_notice_again_changes_nothing() -> None:
    calendar = CN.with_notice(notice())
    assert calendar.with_notice(notice(ground="again", sources=[])) is calendar


def test_other_days_under_a_number_that_is_there_are_refused() -> None:
    calendar = CN.with_notice(notice())
    with pytest.raises(AlreadyThere, match="revision 1 of 2027 is there with other days"):
        calendar.with_notice(notice(work=[]))
    second = calendar.with_notice(notice(revision=2, work=[]))
    assert (second.revision(2027), second.at(1).revision(2027)) == (2, 1)
    with pytest.raises(AlreadyThere):
        CN.with_notice(notice(2026))


def test_a_notice_of_another_calendar_is_refused() -> None:
    with pytest.raises(BadInput, match="it is for the calendar 'hk', not for 'cn'"):
        CN.with_notice(notice(calendar="hk"))


BROKEN = {
    "no year": {"year": None},
    "year as text": {"year": "2027"},
    "year true": {"year": True},
    "year far away": {"year": 20270, "off": [["2027-01-01", "2027-01-01", "元旦"]]},
    "revision 0": {"revision": 0},
    "no day off": {"off": []},
    "off is text": {"off": "2027-01-01"},
    "off without a name": {"off": [["2027-01-01", "2027-01-01"]]},
    "no such day": {"off": [["2027-02-29", "2027-02-29", "春节"]]},
    "runs backwards": {"off": [["2027-01-03", "2027-01-01", "元旦"]]},
    "the whole of time": {"off": [["0001-01-01", "9999-12-31", "元旦"]]},
    "day of another year": {"off": [["2025-05-01", "2025-05-01", "劳动节"]]},
    "work of another year": {"work": [["2029-01-03", "元旦"]]},
    "both": {"work": [["2027-01-01", "元旦"]]},
    "issued some day": {"issued": "in November"},
    "sources is text": {"sources": "https://www.gov.cn/"},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_what_is_no_notice_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="not a calendar document"):
        CN.with_notice({**notice(), **change})


# the public data set


def days(*listed: tuple[str, bool]) -> dict[str, Any]:
    return {"year": 2027, "papers": ["https://www.gov.cn/x"], "days": [{"name": "元旦", "date": d, "isOffDay": off} for d, off in listed]}


def test_holiday_cn_data_become_a_notice() -> None:
    made = from_holiday_cn(days(("2027-01-01", True), ("2027-01-02", True), ("2027-01-03", False)), 1, "2026-11-06")
    assert made == {
        "calendar": "cn", "year": 2027, "revision": 1, "issued": "2026-11-06", "ground": "", "sources": ["https://www.gov.cn/x"],
        "off": [["2027-01-01", "2027-01-02", "元旦"]], "work": [["2027-01-03", "元旦"]],
    }  # fmt: skip
    assert CN.with_notice(made).revision(2027) == 1


def test_quotation_marks_of_an_old_notice_are_no_part_of_the_name() -> None:
    quoted = {"year": 2027, "days": [{"name": "“五一”", "date": "2027-05-01", "isOffDay": True}]}
    assert from_holiday_cn(quoted, 1)["off"] == [["2027-05-01", "2027-05-01", "五一"]]


def test_an_empty_year_of_holiday_cn_is_not_published_and_refused() -> None:
    for empty in (days(), days(("2027-01-03", False))):
        with pytest.raises(BadInput, match="the data for 2027 are empty: the notice is not published yet"):
            from_holiday_cn(empty, 1)


@pytest.mark.parametrize(
    "document",
    [{}, {"days": 5}, {"year": 2027, "days": [{"date": "soon", "name": "x", "isOffDay": True}]},
     {"year": 2027, "days": [{"date": "2027-01-01", "name": "x", "isOffDay": "yes"}]}, {**days(("2027-01-01", True)), "year": "2027"}],
)  # fmt: skip
def test_what_is_not_holiday_cn_data_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="not holiday-cn data"):
        from_holiday_cn(document, 1)


def test_the_facts_of_a_known_year_come_out_as_its_shipped_notice() -> None:
    if not FACTS.is_file():
        pytest.skip("needs ../shared/calendars/cn-2007-2026.json, which is no part of the repository")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))["2026"]
    assert CN.with_notice(from_holiday_cn({"year": 2026, **facts}, 1)) is CN


# local overlays

LOCAL: dict[str, Any] = {
    "overlay": "cn",
    "id": "banner",
    "zh": "某旗",
    "en": "a banner",
    "ground": "made up",
    "off": [["2026-08-18", "2026-08-19", "那达慕"]],
    "work": [["2026-08-22", "那达慕"], ["2026-10-01", "值班"]],
}


def test_an_overlay_adds_days_off_and_working_days_and_wins() -> None:
    calendar = CN.with_overlay(LOCAL)
    assert (calendar.id, calendar.base) == ("cn+banner", "cn")
    assert [calendar.is_working(on(f"2026-{d}")) for d in ("08-17", "08-18", "08-19", "08-20", "08-22", "10-01")] == [
        True, False, False, True, True, True,
    ]  # fmt: skip
    assert (calendar.day(on("2026-08-18")).kind, calendar.day(on("2026-08-18")).name.zh) == ("holiday", "那达慕")
    assert calendar.day(on("2026-08-22")).kind == "makeup"
    assert calendar.add_working(on("2026-08-17"), 3) == on("2026-08-22")
    assert CN.add_working(on("2026-08-17"), 3) == on("2026-08-20")


def test_an_overlay_of_the_same_id_is_replaced_and_another_one_joins() -> None:
    calendar = CN.with_overlay(LOCAL).with_overlay({**LOCAL, "off": [["2026-08-20", "2026-08-20", "那达慕"]], "work": []})
    assert (calendar.id, calendar.is_working(on("2026-08-18")), calendar.is_working(on("2026-08-20"))) == ("cn+banner", True, False)
    assert calendar.with_overlay({**LOCAL, "id": "town"}).id == "cn+banner+town"


@pytest.mark.parametrize(
    "change",
    [{"id": ""}, {"id": "a b"}, {"id": "a+b"}, {"id": "../cn"}, {"off": [], "work": []}, {"off": None}, {"work": [["soon", "x"]]},
     {"work": [["2026-08-18", "x"]]}, {"off": [["2026-08-19", "2026-08-18", "x"]]}],
)  # fmt: skip
def test_what_is_no_overlay_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="this is not an overlay"):
        CN.with_overlay({**LOCAL, **change})


def test_an_overlay_of_another_calendar_is_refused() -> None:
    with pytest.raises(BadInput, match="for the calendar 'hk'"):
        CN.with_overlay({**LOCAL, "overlay": "hk"})


# content


@pytest.mark.parametrize(
    "calendar",
    [CN, CN.at(1), CN.at({2019: 1}), CN.known(on("2019-03-21")), CN.with_overlay(LOCAL), CN.with_notice(notice())],
    ids=["newest", "first", "2019", "known", "overlay", "2027"],
)
def test_a_calendar_reads_back_from_its_document(calendar: Calendar) -> None:
    again = Calendar.of(parse_canonical(canonical(calendar.document())))
    assert again == calendar
    assert again.document() == calendar.document()
    assert again.used.keys() == calendar.used.keys()


def test_the_address_is_of_the_content_alone() -> None:
    def address(calendar: Calendar) -> str:
        return digest(canonical(calendar.document()))

    both = CN.with_notice(notice()).with_notice(notice(2028))
    assert address(both) == address(CN.with_notice(notice(2028)).with_notice(notice()))
    variants = [CN, CN.at(1), CN.with_overlay(LOCAL), CN.with_notice(notice()), CN.with_notice(notice(issued=""))]
    assert len({address(v) for v in variants}) == len(variants)


# files


def test_an_unknown_calendar_is_not_found() -> None:
    for name in ("xx", "cn+nowhere", "../cn", "../calendars/cn", "", "."):
        with pytest.raises(NotFound):
            shipped(name)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}", b"[" * 100_000], ids=["empty", "cut", "not UTF-8", "deep"])
def test_a_file_that_is_not_json_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        read_document(path)


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b" " * 1_000_001)
    with pytest.raises(BadInput, match="larger than"):
        read_document(path)
    for gone in (tmp_path / "gone.json", tmp_path):
        with pytest.raises(BadInput, match="cannot read the file"):
            read_document(gone)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(notice()), encoding="utf-8-sig")
    assert CN.with_notice(read_document(path)).revision(2027) == 1
