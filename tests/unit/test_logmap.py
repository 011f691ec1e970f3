"""The map of an event log: what it may say, what it means, and that a wrong one is refused with everything that is wrong in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.eventlog import LogRead, load_map, read_log
from adapters.library import shipped_definitions
from workflow.errors import BadMap, NaiveTime, UnreadableLog
from workflow.logevent import LogEvent
from workflow.logmap import BrokenMap, Chinese, Columns, FactColumn, LogMap, Step, ZonePolicy, check_fit, read_map, stamp_pattern
from workflow.moment import TICK, Moment

ROOT = Path(__file__).resolve().parents[2]
BASE = "procedure: pipeline-incident\ncolumns: {case: c, time: t, activity: a}\nactivities: {A: occurred, B: identified, C: phone_report}\n"


def log_map(more: str = "zone: floating\n", base: str = BASE) -> LogMap:
    return read_map(base + more, "m.yaml")


def columns(more: str) -> str:
    return BASE.replace("activity: a}", f"activity: a, {more}}}")


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BrokenMap) as caught:
        read_map(text, "m.yaml")
    return [(p.line, p.field) for p in caught.value.problems]


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def reader(rows: str, found: LogMap, encoding: str = "utf-8") -> LogRead:
        path = tmp_path / "log.csv"
        path.write_bytes(rows.encode(encoding))
        return read_log(path, found)

    return reader


def only(found: LogRead) -> LogEvent:
    assert [r.reason.en for r in found.unreadable] == []
    [(_, [event])] = found.cases
    return event


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# refusals


def test_every_problem_is_told_at_once_with_its_line_and_field() -> None:
    text = (
        "procedure: p\n"
        "columns: {case: c, time: t, activity: ''}\n"
        "zone: {name: Mars/Olympus}\n"
        "formats: ['%d %b', '%Y-%m-%d']\n"
        "colour: red\n"
        "activities: {}\n"
        "trust: blind\n"
    )
    assert problems(text) == [
        (2, "columns.activity"), (3, "zone.name"), (4, "formats.0"), (5, "colour"), (6, "activities"), (7, "trust"),
    ]  # fmt: skip


def test_what_is_missing_is_named() -> None:
    assert {p for _, p in problems("zone: UTC\n")} == {"procedure", "columns", "activities"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("zone: {column: z}\n", "zone"),
        ("zone: {name: UTC, column: z, names: {x: UTC}}\n", "zone"),
        ("zone: {name: UTC, otherwise: UTC}\n", "zone"),
        ("zone: {}\n", "zone"),
        ("zone: ../../etc/passwd\n", "zone.name"),
        ("delimiter: '\"'\n", "delimiter"),
        ("delimiter: ';;'\n", "delimiter"),
        ("encoding: latin-1\n", "encoding"),
        ("granularity: day\n", "granularity"),
        ("snapshot: sometimes\n", "snapshot"),
        ("formats: []\n", "formats"),
        ("facts: {f: {column: x, type: choice}}\n", "facts.f"),
        ("facts: {f: {column: x, type: integer, of: {a: b}}}\n", "facts.f"),
        ("facts: {f: {column: x, type: text}}\n", "facts.f.type"),
        ("ignore: [A]\n", "ignore.0"),
        ("roles: {x: operator}\n", "roles"),
        ("header: 0\n", "header"),
        ("zh: {year: 2026}\n", "zh"),
        ("formats: zh\nzh: {parts: {夜里: 22:00-02:00}}\n", "zh.parts.夜里"),
        ("formats: zh\nzh: {about: -1}\n", "zh.about"),
        ("header: [2, 1]\n", "header"),
        ("header: []\n", "header"),
    ],
)
def test_a_wrong_option_is_refused_at_its_place(more: str, field: str) -> None:
    assert problems(BASE + more) == [(3 + more.count("\n"), field)]


def test_a_table_is_wide_or_names_a_time_and_an_activity() -> None:
    wide = "procedure: p\ncolumns: {case: c}\nactivities: {A: occurred}\n"
    assert problems(wide) == [(2, "columns.activity"), (2, "columns.time")]
    assert read_map(wide + "wide: {t: A}\n", "m.yaml").wide == {"t": Step(activity="A")}
    assert problems(BASE + "wide: {w: A}\n") == [(2, "columns.time"), (2, "columns.activity")]
    assert problems(wide + "wide: {t: B}\nsnapshot: true\n") == [(4, "wide.t"), (5, "snapshot")]
    assert problems(wide + "wide: {t: {activity: A, colour: red}}\n") == [(4, "wide.t.colour")]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "a: &x 1\nb: *x\n", "procedure: a\nprocedure: b\n", "\x00"])
def test_what_is_no_map_at_all_is_refused_as_a_map(text: str) -> None:
    with pytest.raises(BadMap) as caught:
        read_map(text, "m.yaml")
    assert (caught.value.code, caught.value.exit_code) == ("input.map", 2)


def test_a_refusal_speaks_both_languages() -> None:
    with pytest.raises(BrokenMap) as caught:
        read_map(BASE + "colour: red\nzone: Mars\n", "m.yaml")
    assert "m.yaml:4:1" in caught.value.say("zh") and "不认识的项" in caught.value.say("zh")
    assert "unknown time zone 'Mars'" in caught.value.say("en") and "2 problem(s)" in caught.value.say("en")


def test_a_map_that_is_not_there_is_a_bad_map(tmp_path: Path) -> None:
    with pytest.raises(BadMap, match=r"nothing\.yaml"):
        load_map(tmp_path / "nothing.yaml")


def test_a_map_that_names_what_the_procedure_does_not_have_is_refused_with_all_of_it() -> None:
    found = log_map("role: chief\nfacts: {depth: {column: d, type: integer}}\n", BASE.replace("C: phone_report", "C: fax"))
    with pytest.raises(BadMap) as caught:
        check_fit(found, [d.procedure for d in shipped_definitions("pipeline-incident")], "m.yaml")
    assert all(word in str(caught.value) for word in ("activities.C → fax", "role → chief", "facts.depth"))


@pytest.mark.parametrize("name", ["phmsa", "uci498"])
def test_the_example_maps_fit_their_procedures(name: str) -> None:
    found = load_map(ROOT / "examples" / "maps" / f"{name}.yaml")
    check_fit(found, [d.procedure for d in shipped_definitions(found.procedure)], name)


@pytest.mark.parametrize("definition", shipped_definitions(), ids=lambda d: d.procedure.ref)
def test_a_shipped_definition_is_found_by_the_beginning_of_its_file_name(definition: Any) -> None:
    assert definition.procedure.ref in [d.procedure.ref for d in shipped_definitions(definition.procedure.procedure)]


# formats


@pytest.mark.parametrize("form", ["%Y-%m", "%d/%m", "%Y-%m-%d %H", "%Y-%m-%d %M", "%Y-%m-%d %b", "%Y-%Y-%m-%d", "%Y-%m-%d %H:%M.%f", "%"])
def test_a_format_that_has_no_one_reading_is_refused(form: str) -> None:
    with pytest.raises(ValueError):
        stamp_pattern(form)


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", "2018-03-04 05:06:07", (utc("2018-03-04T05:06:07"), timedelta())),
        ("%d/%m/%Y %H:%M", "4/3/2018 05:06", (utc("2018-03-04T05:06"), timedelta(minutes=1) - TICK)),
        ("%Y%m%d%H%M", "201803040506", (utc("2018-03-04T05:06"), timedelta(minutes=1) - TICK)),
        ("%Y-%m-%d", "2018-03-04", (utc("2018-03-04"), timedelta(days=1) - TICK)),
        ("%Y-%m-%d %H:%M:%S.%f", "2018-03-04 05:06:07.25", (utc("2018-03-04T05:06:07.250000"), timedelta())),
        ("%Y-%m-%d %H:%M %z", "2018-03-04 05:06 +08:00", (utc("2018-03-03T21:06"), timedelta(minutes=1) - TICK)),
        ("iso", "2018-03-04T05:06:07Z", (utc("2018-03-04T05:06:07"), timedelta())),
        ("iso", "2018-03-04 05:06:07.5-0500", (utc("2018-03-04T10:06:07.500000"), timedelta())),
        ("iso", "2018-03-04", (utc("2018-03-04"), timedelta(days=1) - TICK)),
    ],
)
def test_a_stamp_is_as_exact_as_it_is_written(read: Any, form: str, text: str, expected: tuple[datetime, timedelta]) -> None:
    event = only(read(f"c,t,a\n1,{text},A\n", log_map(f"zone: UTC\nformats: '{form}'\n")))
    assert (event.happened.lo, event.happened.hi - event.happened.lo) == expected


def test_the_first_format_that_fits_is_taken(read: Any) -> None:
    rows = "c,t,a\n1,2018-03-04 05:06:07,A\n1,05.03.2018,B\n"
    found = read(rows, log_map("zone: UTC\nformats: ['%Y-%m-%d %H:%M:%S', '%d.%m.%Y']\n"))
    assert [e.happened.lo for e in found.cases[0][1]] == [utc("2018-03-04T05:06:07"), utc("2018-03-05")]


@pytest.mark.parametrize("stamp", ["2018-02-30 01:00:00", "2018-01-01 24:00:00", "2018-01-01", "tomorrow", "", "2018-01-01 01:00:00 "])
def test_a_stamp_that_the_calendar_does_not_have_is_unreadable(read: Any, stamp: str) -> None:
    found = read(f"c,t,a\n1,{stamp},A\n", log_map())
    assert len(found.unreadable) == (0 if stamp.endswith(" ") else 1)  # blanks around a stamp are no part of it


def test_granularity_overrides_how_exact_a_time_is_and_not_a_day(read: Any) -> None:
    rows = "c,t,a\n1,2018-03-04T05:06:07,A\n1,2018-03-05,B\n"
    spans = [e.happened.hi - e.happened.lo for e in read(rows, log_map("zone: UTC\nformats: iso\ngranularity: minute\n")).cases[0][1]]
    assert spans == [timedelta(minutes=1) - TICK, timedelta(days=1) - TICK]


# zones


def test_a_time_without_an_offset_needs_a_zone_policy(read: Any) -> None:
    with pytest.raises(NaiveTime) as caught:
        read("c,t,a\n1,2018-03-04 05:06:07,A\n", log_map(""))
    assert caught.value.code == "input.naive_time" and caught.value.where == "log.csv:2"


def test_a_zone_reads_the_clock_face_there(read: Any) -> None:
    event = only(read("c,t,a\n1,2018-03-04 05:06:07,A\n", log_map("zone: Asia/Shanghai\n")))
    assert (event.happened.lo, event.zone) == (utc("2018-03-03T21:06:07"), "Asia/Shanghai")


def test_an_offset_in_the_stamp_beats_the_zone(read: Any) -> None:
    event = only(read("c,t,a\n1,2018-03-04T05:06:07Z,A\n", log_map("zone: Asia/Shanghai\nformats: iso\n")))
    assert (event.happened.lo, event.zone) == (utc("2018-03-04T05:06:07"), "")


def test_a_clock_face_that_is_repeated_is_both_instants_and_all_between(read: Any) -> None:
    event = only(read("c,t,a\n1,2018-11-04 01:30:00,A\n", log_map("zone: America/New_York\n")))
    assert event.happened == Moment(utc("2018-11-04T05:30"), utc("2018-11-04T06:30"))


def test_a_zone_column_says_the_zone_of_each_row(read: Any) -> None:
    policy = "zone: {column: z, names: {E: America/New_York, C: America/Chicago}}\n"
    found = read("c,t,a,z\n1,2018-01-01 00:00:00,A,E\n2,2018-01-01 00:00:00,A,C\n3,2018-01-01 00:00:00,A,?\n", log_map(policy))
    assert [e[0].happened.lo for _, e in found.cases] == [utc("2018-01-01T05:00"), utc("2018-01-01T06:00")]
    assert [(u.place.row, "no zone" in u.reason.en) for u in found.unreadable] == [(4, True)]


def test_a_zone_column_may_have_a_rule_for_other_words(read: Any) -> None:
    policy = "zone: {column: z, names: {E: America/New_York}, otherwise: UTC}\n"
    assert only(read("c,t,a,z\n1,2018-01-01 00:00:00,A,?\n", log_map(policy))).happened.lo == utc("2018-01-01")


def test_floating_times_are_not_compared_with_others_in_a_case(read: Any) -> None:
    found = read("c,t,a\n1,2018-01-01T00:00:00Z,A\n1,2018-01-01T01:00:00,B\n", log_map("zone: floating\nformats: iso\n"))
    assert [u.place.row for u in found.unreadable] == [3] and len(found.cases[0][1]) == 1


# the other options


def test_date_only_covers_the_whole_day(read: Any) -> None:
    found = log_map(base=columns("date_only: d"))
    event = only(read("c,t,a,d\n1,2018-03-04 00:00:00,A,True\n", found))
    assert event.happened == Moment(utc("2018-03-04"), utc("2018-03-05") - TICK)
    assert only(read("c,t,a,d\n1,2018-03-04 00:00:00,A,False\n", found)).happened.exact


def test_s10_1_a_sequence_orders_rows_of_the_same_instant(read: Any) -> None:
    rows = "c,t,a,n\n1,2018-01-01 00:00:00,A,10\n1,2018-01-01 00:00:00,B,9\n1,2018-01-01 00:00:00,C,\n"
    found = read(rows, log_map(base=columns("sequence: n")))
    assert [e.name for e in found.cases[0][1]] == ["phone_report", "identified", "occurred"]


def test_s10_1_the_order_of_the_activities_decides_ties(read: Any) -> None:
    found = read("c,t,a\n1,2018-01-01 00:00:00,C\n1,2018-01-01 00:00:00,B\n1,2018-01-01 00:00:00,A\n", log_map())
    assert [e.name for e in found.cases[0][1]] == ["occurred", "identified", "phone_report"]


def test_s10_1_the_bytes_of_a_row_do_not_depend_on_the_order_of_the_columns(read: Any) -> None:
    one = read("c,t,a,x,y\n1,2018-01-01 00:00:00,A,1,2\n1,2018-01-01 00:00:00,A,2,1\n", log_map())
    other = read("y,t,a,c,x\n2,2018-01-01 00:00:00,A,1,1\n1,2018-01-01 00:00:00,A,1,2\n", log_map())
    assert [e.row for e in one.cases[0][1]] == [e.row for e in other.cases[0][1]]


def test_ignored_activities_are_counted_whatever_else_is_wrong_with_the_row(read: Any) -> None:
    found = read("c,t,a\n1,nonsense,X\n1,2018-01-01 00:00:00,A\n", log_map("zone: UTC\nignore: X\n"))
    assert (found.read, found.ignored, found.unreadable) == (2, 1, [])


def test_missing_words_are_no_value(read: Any) -> None:
    found = read(
        "c,t,a,w\n?,2018-01-01 00:00:00,A,?\n1,2018-01-01 00:00:00,A,?\n", log_map("zone: UTC\nmissing: '?'\n", columns("actor: w"))
    )
    assert [u.place.row for u in found.unreadable] == [2] and found.cases[0][1][0].actor == ""


def test_actors_and_roles(read: Any) -> None:
    more = "zone: UTC\nrole: operator\nroles: {R: responder}\n"
    rows = "c,t,a,w,r\n1,2018-01-01 00:00:00,A,Ann,R\n2,2018-01-01 00:00:00,A,Bob,\n3,2018-01-01 00:00:00,A,,centre\n"
    found = read(rows, log_map(more, columns("actor: w, role: r")))
    assert [(e[0].actor, e[0].role) for _, e in found.cases] == [("Ann", "responder"), ("Bob", "operator"), ("", "centre")]


def test_facts_are_read_as_their_type_and_a_missing_value_is_not_stated(read: Any) -> None:
    more = "zone: UTC\nfacts: {n: {column: n, type: integer}, k: {column: k, type: choice, of: {High: high}}}\n"
    rows = (
        "c,t,a,n,k\n1,2018-01-01 00:00:00,A,3,High\n2,2018-01-01 00:00:00,A,,\n3,2018-01-01 00:00:00,A,x,\n4,2018-01-01 00:00:00,A,,Low\n"
    )
    found = read(rows, log_map(more))
    assert [dict(e[0].facts) for _, e in found.cases] == [{"n": 3, "k": "high"}, {}]
    assert [u.place.row for u in found.unreadable] == [4, 5]


def test_a_snapshot_is_an_event_only_where_its_activity_changes(read: Any) -> None:
    rows = "c,t,a\n" + "".join(f"1,2018-01-01 0{i}:00:00,{a}\n" for i, a in enumerate("AABBAC"))
    found = read(rows, log_map("zone: UTC\nsnapshot: true\n"))
    assert [e.name for e in found.cases[0][1]] == ["occurred", "identified", "occurred", "phone_report"] and found.ignored == 2


def test_s10_1_the_last_instant_of_a_snapshot_log_is_that_of_its_last_row(read: Any) -> None:
    found = read("c,t,a\n1,2018-01-01 00:00:00,A\n1,2018-01-09 00:00:00,A\n", log_map("zone: UTC\nsnapshot: true\n"))
    assert found.last == utc("2018-01-09")


@pytest.mark.parametrize(("delimiter", "text"), [(";", "c;t;a\n1;2018-01-01 00:00:00;A\n"), ("\t", "c\tt\ta\n1\t2018-01-01 00:00:00\tA\n")])
def test_another_delimiter(read: Any, delimiter: str, text: str) -> None:
    assert only(read(text, log_map(f'zone: UTC\ndelimiter: "{delimiter}"\n'))).name == "occurred"


def test_gb18030(read: Any) -> None:
    found = log_map("zone: UTC\nencoding: gb18030\n", BASE.replace("{A: occurred", "{发生: occurred"))
    assert only(read("c,t,a\n案一,2018-01-01 00:00:00,发生\n", found, "gb18030")).name == "occurred"


def test_trust_and_note_are_kept() -> None:
    found = log_map("zone: UTC\ntrust: own\nnote: from the archive\n")
    assert (found.trust, found.note) == ("own", "from the archive")


def test_a_byte_order_mark_and_blanks_in_the_header_are_no_part_of_a_name(read: Any) -> None:
    assert only(read("\ufeffc, t ,a\n1,2018-01-01 00:00:00,A\n", log_map())).name == "occurred"


def test_the_columns_that_the_map_names_must_be_there(read: Any) -> None:
    with pytest.raises(UnreadableLog, match="no column a, t"):
        read("c,x\n1,2\n", log_map())


# tables as offices have them


def test_csv_may_have_a_title_and_a_header_of_two_rows(read: Any) -> None:
    found = log_map("zone: floating\nheader: [2, 3]\n", BASE.replace("time: t", "time: [t day, t clock]"))
    rows = 'Register,,,\nc,t,,a\n,day,"clock",\n\n1,2018-01-01,10:00:00,A\n'
    event = only(read(rows, found))
    assert (event.happened.lo, event.place.row) == (utc("2018-01-01 10:00"), 4)


def test_csv_may_be_wide_and_in_gb18030(read: Any) -> None:
    text = "procedure: pipeline-incident\ncolumns: {case: 编号}\nwide: {发生: A, 确认: {activity: B, date: 日期}}\nzone: floating\n"
    found = read_map(text + "encoding: gb18030\nformats: '%Y-%m-%d %H:%M'\nactivities: {A: occurred, B: identified}\n", "m.yaml")
    log = read("编号,发生,日期,确认\n案1,2018-01-01 10:00,2018-01-02,9:05\n案2,2018-01-01 10:00,2018-01-02,\n", found, "gb18030")
    assert log.unreadable == [] and [(c, [str(e.place) for e in events]) for c, events in log.cases] == [
        ("案1", ["B2", "C2 D2"]),
        ("案2", ["B3"]),
    ]
    assert log.cases[0][1][1].happened.lo == utc("2018-01-02 09:05")


# the page


def test_the_reference_page_has_every_field_of_the_model() -> None:
    page = (ROOT / "docs" / "reference" / "log-map.md").read_text(encoding="utf-8")
    table = page.partition("## Fields")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    said = {word for row in rows for word in re.findall(r"`([a-z_.]+)`", row)}
    fields = set(LogMap.model_fields)
    for name, model in (("columns", Columns), ("zone", ZonePolicy), ("facts", FactColumn), ("wide", Step), ("zh", Chinese)):
        fields |= {f"{name}.{f}" for f in model.model_fields}
    assert said == fields


def test_the_maps_on_the_reference_page_can_be_read() -> None:
    page = (ROOT / "docs" / "reference" / "log-map.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(procedure:.*?)```", page, re.DOTALL)
    assert len(examples) >= 2
    for text in examples:
        read_map(text, "log-map.md")
