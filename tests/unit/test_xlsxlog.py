"""Workbooks as offices keep them, and what is told of those that are none, hostile or half saved."""

from __future__ import annotations

import builtins
import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from adapters.commands.frame import main
from adapters.eventlog import LogRead, read_log, xlsxlog
from workflow.errors import MissingExtra, UnreadableLog
from workflow.logevent import Place
from workflow.logmap import LogMap, read_map
from workflow.moment import Moment

TIDY = """\
procedure: service-incident
columns: {case: 编号, time: 时间, activity: 事项, actor: 人员}
zone: Asia/Shanghai
activities: {接报: created, 处置: activated, 办结: resolved}
"""
HEAD = ["编号", "时间", "事项", "人员"]
EIGHT = datetime(2026, 9, 24, 8)


def tidy(more: str = "", time: str = "时间") -> LogMap:
    return read_map(TIDY.replace("time: 时间", f"time: {time}") + more, "m.yaml")


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: list[Any], sheet: str = "Sheet", shown: dict[str, str] | None = None, name: str = "log.xlsx") -> Path:
        book = Workbook()
        assert book.active is not None
        book.active.title = sheet
        for row in rows:
            book.active.append(row)
        for cell, form in (shown or {}).items():
            book.active[cell].number_format = form
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def only(found: LogRead) -> Moment:
    assert [u.reason.en for u in found.unreadable] == []
    [(_, [event])] = found.cases
    return event.happened


def reasons(found: LogRead) -> list[tuple[str, str]]:
    return [(str(u.place), u.reason.en) for u in found.unreadable]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00").astimezone(UTC)


def span(lo: str, hi: str) -> Moment:
    return Moment(at(lo), at(hi))


def refusal(path: Path, log_map: LogMap | None = None) -> str:
    with pytest.raises(UnreadableLog) as caught:
        read_log(path, log_map or tidy())
    assert path.name in str(caught.value) and caught.value.message.zh
    return str(caught.value)


# values


@pytest.mark.parametrize(
    ("value", "shown", "moment"),
    [
        (datetime(2026, 9, 24, 23, 40), "yyyy-mm-dd hh:mm", span("2026-09-24 23:40:00", "2026-09-24 23:40:59.999999")),
        (datetime(2026, 9, 24, 23, 40), 'yyyy"年"m"月"d"日" h:mm:ss', span("2026-09-24 23:40:00", "2026-09-24 23:40:00")),
        (datetime(2026, 9, 24, 23, 40, 5), "yyyy-mm-dd hh:mm", span("2026-09-24 23:40:05", "2026-09-24 23:40:05")),
        (datetime(2026, 9, 24), 'yyyy"年"m"月"d"日"', span("2026-09-24 00:00:00", "2026-09-24 23:59:59.999999")),
        (datetime(2026, 9, 24), '[$-804]yyyy"h"m', span("2026-09-24 00:00:00", "2026-09-24 23:59:59.999999")),
        (datetime(2026, 9, 24, 8), "yyyy-mm-dd", span("2026-09-24 08:00:00", "2026-09-24 08:00:59.999999")),
        (46289, "General", span("2026-09-24 00:00:00", "2026-09-24 23:59:59.999999")),
        (46289.986111111, "General", span("2026-09-24 23:40:00", "2026-09-24 23:40:59.999999")),
        ("2026-09-24 23:40:00", "General", span("2026-09-24 23:40:00", "2026-09-24 23:40:00")),
        ("2026-09-24T23:40:00+08:00", "General", span("2026-09-24 23:40:00", "2026-09-24 23:40:00")),
    ],
)
def test_a_time_is_as_exact_as_its_cell_shows_or_holds(save: Any, value: Any, shown: str, moment: Moment) -> None:
    assert only(read_log(save(HEAD, ["1", value, "接报", "李"], shown={"B2": shown}), tidy())) == moment


@pytest.mark.parametrize("value", [2026, 20260924, -1, 19999, 1e9, True, "soon"])
def test_a_number_that_is_no_serial_of_these_times_is_not_guessed_at(save: Any, value: Any) -> None:
    [(place, reason)] = reasons(read_log(save(HEAD, ["1", value, "接报", ""]), tidy()))
    assert place == "Sheet!2" and "cannot read the time" in reason


@pytest.mark.parametrize("clock", [time(23, 40), 0.986111111, "23:40"])
@pytest.mark.parametrize("day", [datetime(2026, 9, 24), 46289, "2026-09-24"])
def test_a_date_and_a_time_of_day_in_two_columns(save: Any, day: Any, clock: Any) -> None:
    path = save(["编号", "日期", "时刻", "事项", "人员"], ["1", day, clock, "接报", ""], shown={"B2": "yyyy-mm-dd", "C2": "h:mm"})
    log_map = tidy('formats: ["%Y-%m-%d %H:%M"]\n', "[日期, 时刻]")
    assert only(read_log(path, log_map)) == span("2026-09-24 23:40:00", "2026-09-24 23:40:59.999999")


def test_a_date_whose_time_of_day_is_empty_is_the_whole_day_and_a_time_without_its_date_is_none(save: Any) -> None:
    path = save(
        ["编号", "日期", "时刻", "事项", "人员"],
        ["1", "2026-09-24", None, "接报", ""],
        ["2", None, time(8), "接报", ""],
        shown={"C3": "h:mm"},
    )
    found = read_log(path, tidy("", "[日期, 时刻]"))
    assert reasons(found) == [("Sheet!3", "cannot read the time '08:00'")]
    assert found.cases[0][1][0].happened == span("2026-09-24 00:00:00", "2026-09-24 23:59:59.999999")


def test_numbers_words_and_blank_rows(save: Any) -> None:
    path = save(
        HEAD, [7, EIGHT, "接报", 1.5], [], [None, " ", None, None], [8.0, EIGHT, "接报", True], [9, EIGHT, "接报", "=x".lstrip("=")]
    )
    found = read_log(path, tidy())
    assert [(case, e.actor, e.place) for case, [e] in found.cases] == [
        ("7", "1.5", Place(2, 0, "Sheet")),
        ("8", "true", Place(5, 0, "Sheet")),
        ("9", "x", Place(6, 0, "Sheet")),
    ]
    assert (found.cases[0][1][0].place.say().en, found.cases[0][1][0].place.say().zh) == ("Sheet row 2", "Sheet 第 2 行")


# formulas and errors


def test_a_formula_counts_with_its_saved_value_and_without_one_its_row_is_unreadable(save: Any, tmp_path: Path) -> None:
    path = save([*HEAD, "备注"], ["1", EIGHT, "接报", "=A1", "x"], ["2", EIGHT, "接报", "李", "=A1"])
    assert reasons(read_log(path, tidy())) == [("Sheet!2", "D2 holds a formula whose value was not saved")]
    edited = rewritten(path, tmp_path / "saved.xlsx", lambda n, b: re.sub(rb"<f>A1</f><v ?/>|<f>A1</f><v></v>", b"<f>A1</f><v>77</v>", b))
    found = read_log(edited, tidy())
    assert found.unreadable == [] and found.cases[0][1][0].actor == "77"


def test_an_error_is_no_value(save: Any) -> None:
    path = save([*HEAD, "备注"], ["#REF!", EIGHT, "接报", "", ""], ["2", EIGHT, "接报", "", "#N/A"])
    found = read_log(path, tidy())
    assert reasons(found) == [("Sheet!2", "A2 holds an error, #REF!")] and [c for c, _ in found.cases] == ["2"]


# header and sheet


def test_a_header_of_two_rows_below_a_title(save: Any) -> None:
    path = save(
        ["接处警台账", None, None, None, "一行一事"],
        ["编号", "时间", None, "事\n项", None],
        [None, "日期", "时刻", None, "人员"],
        ["1", "2026-09-24", "08:00", "接报", "李"],
    )
    log_map = read_map(
        TIDY.replace("时间,", "[时间 日期, 时间 时刻],").replace("人员}", "事 项 人员}").replace("事项", "事 项") + "header: [2, 3]\n", "m"
    )
    found = read_log(path, log_map)
    assert only(found) == span("2026-09-24 08:00:00", "2026-09-24 08:00:59.999999") and found.cases[0][1][0].place.row == 4


def test_a_header_that_lies_deeper_than_the_sheet(save: Any) -> None:
    assert "it has no row 9" in refusal(save(HEAD), tidy("header: 9\n"))
    assert "the log is empty" in refusal(save())


def test_the_sheet_is_the_first_or_the_one_that_is_named(tmp_path: Path) -> None:
    book = Workbook()
    for name, case in (("一月", "1"), ("二月", "2")):
        sheet = book.create_sheet(name)
        sheet.append(HEAD)
        sheet.append([case, EIGHT, "接报", ""])
    del book["Sheet"]
    book.save(tmp_path / "log.xlsx")
    assert [c for c, _ in read_log(tmp_path / "log.xlsx", tidy()).cases] == ["1"]
    assert str(read_log(tmp_path / "log.xlsx", tidy("sheet: 二月\n")).cases[0][1][0].place) == "二月!2"
    said = refusal(tmp_path / "log.xlsx", tidy("sheet: 三月\n"))
    assert "no sheet 三月" in said and "it has: 一月, 二月" in said


def test_cells_beside_the_table_are_not_read(save: Any) -> None:
    path = save(HEAD, ["1", EIGHT, "接报", "李", None, "核对过", "=A1"], ["2", EIGHT, "接报"])
    assert [len(e) for _, e in read_log(path, tidy()).cases] == [1, 1]


# wide


WIDE = """\
procedure: service-incident
columns: {case: 编号, actor: 值班员}
wide:
  接报时间: 接报
  处置时间: {activity: 处置, date: 处置日期, actor: 处置人}
  办结时间: 办结
formats: iso
zone: Asia/Shanghai
activities: {接报: created, 处置: activated, 办结: resolved}
"""
COLUMNS = ["编号", "值班员", "接报时间", "处置日期", "处置时间", "处置人", "办结时间"]


def test_one_row_a_case_and_each_filled_cell_an_event(save: Any) -> None:
    path = save(
        COLUMNS,
        ["1", "李", EIGHT, "2026-09-24", "08:30", "王", None],
        ["2", "李", EIGHT, "2026-09-24", None, "王", "soon"],
        ["3", "李", None, None, None, None, None],
        [None, "李", EIGHT, None, None, None, None],
        sheet="台账",
    )
    found = read_log(path, read_map(WIDE, "m.yaml"))
    assert [(c, [(e.name, e.actor, str(e.place)) for e in events]) for c, events in found.cases] == [
        ("1", [("created", "李", "台账!C2"), ("activated", "王", "台账!D2 E2")]),
        ("2", [("created", "李", "台账!C3")]),
    ]
    assert reasons(found) == [
        ("台账!G3", "cannot read the time 'soon'"),
        ("台账!4", "none of its times is filled in"),
        ("台账!C5", "no case id"),
    ]
    assert found.read == 6 and found.ignored == 0


def test_a_column_of_wide_that_is_not_there_is_named(save: Any) -> None:
    assert "no column 处置时间, 办结时间, 处置日期" in refusal(save(["编号", "值班员", "接报时间", "处置人"]), read_map(WIDE, "m.yaml"))


# whole files


def rewritten(path: Path, target: Path, edit: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, edit(part, old.read(part)))
    return target


def test_a_workbook_is_known_by_its_bytes_and_macros_are_left_alone(save: Any, tmp_path: Path) -> None:
    path = save(HEAD, ["1", EIGHT, "接报", ""])
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = rewritten(path, tmp_path / "log.xlsm", lambda n, b: b.replace(kind, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"))
    with zipfile.ZipFile(macro, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 not looked at")
    for name in ("log.csv", "noname"):
        (tmp_path / name).write_bytes(path.read_bytes())
        assert read_log(tmp_path / name, tidy()).read == 1
    assert read_log(macro, tidy()).read == 1


def test_a_zip_bomb_is_refused_before_it_is_unpacked(save: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(HEAD, ["1", EIGHT, "接报", "x" * 30_000])
    monkeypatch.setattr(xlsxlog, "MAX_UNPACKED", 20_000)
    assert "unpacked" in refusal(path)


def test_the_size_of_a_part_is_not_believed_beyond_what_it_says(save: Any, tmp_path: Path) -> None:
    path = rewritten(save(HEAD, ["1", EIGHT, "接报", "x"]), tmp_path / "liar.xlsx", lambda n, b: b + b" " * 1_000_000)
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        sizes = {p.file_size for p in archive.infolist()}
    for size in sizes:
        raw = bytearray(bytes(raw).replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    path.write_bytes(bytes(raw))
    refusal(path)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_a_document_type_in_any_part_is_refused(save: Any, tmp_path: Path, part: str) -> None:
    def edit(name: str, content: bytes) -> bytes:
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        head, _, rest = content.partition(b"?>") if content.startswith(b"<?xml") else (b"", b"", content)
        return content if name != part else (head + b"?>" if head else b"") + b"<!-- " + b"x" * 9000 + b" -->" + bomb + rest

    assert "document type" in refusal(rewritten(save(HEAD, ["1", EIGHT, "接报", "x"]), tmp_path / "bomb.xlsx", edit))


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(save: Any, tmp_path: Path) -> None:
    path = save(HEAD, ["1", EIGHT, "接报", "x"])
    grown = rewritten(path, tmp_path / "big.xlsx", lambda n, b: b.replace(b'ref="A1:D2"', b'ref="A1:XFD1048576"'))
    assert read_log(grown, tidy()).read == 1


def test_a_row_that_lies_about_its_number_does_not_take_for_ever(save: Any, tmp_path: Path) -> None:
    path = save(HEAD, ["1", EIGHT, "接报", "x"])
    far = rewritten(path, tmp_path / "far.xlsx", lambda n, b: b.replace(b'<row r="2"', b'<row r="99999999999"'))
    assert "too many rows" in refusal(far)


@pytest.mark.parametrize("seed", range(60))
def test_a_workbook_with_wrong_bytes_is_read_or_refused(save: Any, tmp_path: Path, seed: int) -> None:
    path, chance = save(HEAD, *([str(n), EIGHT, "接报", 5.5] for n in range(3))), random.Random(seed)

    def spoilt(content: bytes) -> bytes:
        raw = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.choice([0, 1, 9])] = chance.choice(
                [b"", b"9" * 30, b"<", b"&#0;", b'"', b"NaN", b"ZZZ9", bytes([chance.randrange(256)])]
            )
        return bytes(raw)

    if seed % 3 == 0:
        path.write_bytes(spoilt(path.read_bytes()))
    else:
        with zipfile.ZipFile(path) as archive:
            some = "xl/worksheets/sheet1.xml" if seed % 3 == 1 else chance.choice(archive.namelist())
        path = rewritten(path, tmp_path / "spoilt.xlsx", lambda n, b: spoilt(b) if n == some else b)
    try:
        found = read_log(path, tidy())
    except UnreadableLog:
        return
    assert found.read == sum(len(events) for _, events in found.cases) + len(found.unreadable)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no Excel workbook, or a broken one"),
        (b"PK\x03\x04", "no Excel workbook, or a broken one"),
        (b"case,time\n", "no Excel workbook, or a broken one"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "before 2007, or an encrypted one"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "log.xlsx").write_bytes(content)
    assert says in refusal(tmp_path / "log.xlsx")


def test_an_archive_of_something_else_and_a_workbook_cut_short(save: Any, tmp_path: Path) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("../../evil.xml", "<a/>")
    (tmp_path / "a.zip").write_bytes(other.getvalue())
    assert "no Excel workbook" in refusal(tmp_path / "a.zip")
    raw = save(HEAD, ["1", EIGHT, "接报", "x"]).read_bytes()
    for cut in (len(raw) // 3, len(raw) - 10):
        (tmp_path / "cut.xlsx").write_bytes(raw[:cut])
        refusal(tmp_path / "cut.xlsx")
    assert "no such file" in refusal(tmp_path / "none.xlsx")


def test_a_part_that_is_broken(save: Any, tmp_path: Path) -> None:
    path = save(HEAD, ["1", EIGHT, "接报", "x"])
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"):
        refusal(rewritten(path, tmp_path / "b.xlsx", lambda n, b, part=part: b[: len(b) // 2] if n == part else b))


def test_without_the_library_the_extra_is_named(save: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = save(HEAD), builtins.__import__

    def absent(name: str, *more: Any) -> Any:
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"duban\[xlsx\]"):
        read_log(path, tidy())


def test_the_command_names_the_cell(save: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.yaml").write_text(WIDE, encoding="utf-8")
    path = save(COLUMNS, ["1", "李", EIGHT, "2026-09-24", "soon", "王", None], sheet="台账")
    assert main(["replay", "--log", str(path), "--map", str(tmp_path / "m.yaml"), "--lang", "zh"]) == 1
    said = capsys.readouterr()
    assert "事件 2 = 采用 1 + 偏差 0 + 忽略 0 + 不可读 1" in said.out
    assert "台账!D2 E2无法读取:无法读取的时间 '2026-09-24 soon'" in said.err


# merged cells


def merged(path: Path, *ranges: str) -> Path:
    book = load_workbook(path)
    assert book.active is not None
    for cells in ranges:
        book.active.merge_cells(cells)
    book.save(path)
    return path


def test_what_stands_in_cells_merged_downwards_holds_for_each_of_their_rows(save: Any) -> None:
    rows = [["甲", EIGHT, "接报", "李"], [None, EIGHT, "处置", "李"], [None, EIGHT, "办结", None], ["乙", EIGHT, "接报", "王"]]
    found = read_log(merged(save(HEAD, *rows), "A2:A4", "D3:D4"), tidy())
    assert [(case, [(e.name, e.actor) for e in events]) for case, events in found.cases] == [
        ("乙", [("created", "王")]),
        ("甲", [("created", "李"), ("activated", "李"), ("resolved", "李")]),
    ]
    assert found.unreadable == [] and [e.place.row for e in found.cases[1][1]] == [2, 3, 4]


def test_an_empty_cell_that_is_not_merged_is_empty(save: Any) -> None:
    rows = [["甲", EIGHT, "接报", "李"], [None, EIGHT, "处置", "李"], [None, EIGHT, "办结", "李"]]
    found = read_log(merged(save(HEAD, *rows), "A2:A3"), tidy())
    assert reasons(found) == [("Sheet!4", "no case id")]


def test_merged_cells_make_no_row_of_an_empty_one_and_none_below_their_end(save: Any) -> None:
    rows = [["甲", EIGHT, "接报", "李"], [None, None, None, None], [None, EIGHT, "处置", "李"]]
    found = read_log(merged(save(HEAD, *rows), "A2:A4", "B6:C6"), tidy())
    assert found.read == 2 and [e.place.row for e in found.cases[0][1]] == [2, 4]


def test_cells_merged_over_the_header_name_no_row(save: Any) -> None:
    found = read_log(merged(save([*HEAD, "备注"], [None], ["甲", EIGHT, "接报", "李"]), "A1:A2", "E1:E2"), tidy("header: [1, 2]\n"))
    assert found.read == 1 and found.cases[0][0] == "甲"


def test_an_error_in_merged_cells_is_one_in_each_of_their_rows(save: Any) -> None:
    rows = [["=A9", EIGHT, "接报", "李"], [None, EIGHT, "处置", "李"]]
    found = read_log(merged(save(HEAD, *rows), "A2:A3"), tidy())
    assert reasons(found) == [(f"Sheet!{n}", "A2 holds a formula whose value was not saved") for n in (2, 3)]
