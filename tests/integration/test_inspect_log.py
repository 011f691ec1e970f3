"""``duban log inspect``: what is shown of a log, and a drafted map that is refused until a person has filled it in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from adapters.commands.frame import main
from adapters.eventlog import read_log
from adapters.eventlog.survey import survey
from workflow.logmap import BrokenMap, read_map

TIDY = """\
ticket;when;what;who
T1;2026-03-02 09:00;open;caller 13812345678
T1;2026-03-02 16:00;solved;Li
T1;2026-03-02 10:30;working;Li
T2;2026-03-03 09:00;open;caller 13812345678
T2;2026-03-03 09:00;working;Wang
T2;2026-03-03 09:00;working;Wang
T3;soon;working;Li
T3;2026-03-03 09:00
"""
MAP = """\
procedure: service-incident
columns: {case: ticket, time: when, activity: what, actor: who}
delimiter: ";"
formats: "%Y-%m-%d %H:%M"
zone: Asia/Shanghai
activities: {open: created, working: activated}
"""


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str, name: str = "log.csv", encoding: str = "utf-8") -> Path:
        (tmp_path / name).write_text(content, encoding=encoding)
        return tmp_path / name

    return write


def inspected(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main(["log", "inspect", *arguments, "--json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


def column(document: Any, name: str) -> Any:
    return next(c for c in document["columns"] if c["name"] == name)


def draft(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    out = path.with_name("draft.yaml")
    inspected(capsys, str(path), "--draft-map", str(out))
    return out.read_text(encoding="utf-8")


def test_with_a_map_cases_activities_times_and_doubts_are_counted(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = inspected(capsys, str(log(TIDY)), "--map", str(log(MAP, "m.yaml")))
    assert (found["rows"], found["cases"], found["events"], found["ignored"], len(found["unreadable"])) == (8, 2, 6, 0, 2)
    assert found["activities"] == {"created": 2, "activated": 3, "solved": 1} and found["unknown"] == {"solved": 1}
    assert found["zones"] == {"Asia/Shanghai": 6}
    assert (found["from"], found["to"]) == ("2026-03-02T01:00:00.000000Z", "2026-03-03T01:00:59.999999Z")
    assert (found["ties"], found["backward"], found["duplicates"]) == (2, 1, 1)
    assert [u["place"] for u in found["unreadable"]] == ["8", "9"]


def test_without_a_map_the_columns_are_described_and_what_they_look_like_is_used(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = inspected(capsys, str(log(TIDY)))
    assert found["delimiter"] == ";" and {c["name"]: c["looks_like"] for c in found["columns"]} == {
        "ticket": ["case"],
        "when": ["time"],
        "what": ["activity"],
        "who": ["actor"],
    }
    when = column(found, "when")
    assert (when["type"], when["filled"], when["distinct"], when["from"], when["to"]) == (
        "stamp", 7, 5, "2026-03-02 09:00:00", "2026-03-03 09:00:00",
    )  # fmt: skip
    assert (found["cases"], found["backward"], found["duplicates"], found["zones"]) == (2, 1, 1, {"floating": 6})


def test_the_terminal_shows_the_same_in_chinese_first_and_no_telephone_number(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "inspect", str(log(TIDY))]) == 0
    out = capsys.readouterr().out
    for said in (
        "8 行",
        "列 when:2026-03-02 09:00:00 至 2026-03-03 09:00:00",
        "没有时区的 6",
        "1 行重复",
        "第 8 行无法读取",
        "案件 2  事件 6",
    ):
        assert said in out, said
    assert "13812345678" not in out and "[phone]" in out
    assert main(["log", "inspect", str(log(TIDY)), "--lang", "en", "--map", str(log(MAP, "m.yaml"))]) == 0
    out = capsys.readouterr().out
    assert "6 times are read in Asia/Shanghai" in out and "not in the map" in out and "row 8 cannot be read" in out


def test_the_draft_is_refused_until_procedure_events_and_zone_are_filled_in(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = log(TIDY)
    text = draft(path, capsys)
    with pytest.raises(BrokenMap) as caught:
        read_map(text, "draft.yaml")
    said = str(caught.value)
    assert "procedure" in said and "activities.open" in said
    for empty, full in (
        ("procedure:", "procedure: service-incident"),
        ('"open":', '"open": created'),
        ('"working":', '"working": activated'),
        ('"solved":', '"solved": resolved'),
    ):
        assert text.count(empty) == 1
        text = text.replace(empty, full)
    assert main(["replay", "--log", str(path), "--map", str(log(text, "m.yaml")), "-q", "--lang", "en"]) == 2
    assert "input.naive_time" in capsys.readouterr().err
    log_map = read_map(text.replace("\nzone:", "\nzone: Asia/Shanghai"), "m.yaml")
    assert read_log(path, log_map) == read_log(path, read_map(MAP.replace("activated}", "activated, solved: resolved}"), "m.yaml"))


def test_a_draft_is_never_written_over_a_file_nor_made_beside_a_map(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path, there = log(TIDY), log("mine", "draft.yaml")
    assert main(["log", "inspect", str(path), "--draft-map", str(there)]) == 5
    assert there.read_text() == "mine"
    assert main(["log", "inspect", str(path), "--map", str(log(MAP, "m.yaml")), "--draft-map", "x.yaml"]) == 2


def test_a_date_whose_day_and_month_could_be_exchanged_is_left_to_a_person(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n},0{n}/0{m}/2026 10:00,A\n" for n in (1, 2) for m in (3, 4))
    path = log("case,time,activity\n" + rows)
    found = inspected(capsys, str(path))
    assert column(found, "time")["either"] == ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"] and found["cases"] is None
    assert "\nformats:          # 日月先后无法判断" in draft(path, capsys)
    path = log("case,time,activity\n" + rows + "1,13/04/2026 10:00,A\n")
    found = inspected(capsys, str(path))
    assert column(found, "time")["formats"] == ["%d/%m/%Y %H:%M"] and found["cases"] == 2


def test_offsets_are_counted_and_ask_for_no_zone(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = log("case,time,activity\n1,2026-03-02T09:00:00+08:00,A\n1,2026-03-02T02:00:00Z,B\n")
    found = inspected(capsys, str(path))
    assert column(found, "time")["offsets"] == {"+0800": 1, "+0000": 1} and found["zones"] == {"offset": 2}
    path.with_name("draft.yaml").unlink(missing_ok=True)
    assert "zone:" not in draft(path, capsys)


def test_a_case_in_several_traces_is_counted(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    event = "<event><string key='concept:name' value='A'/><date key='time:timestamp' value='2026-03-02T09:00:00Z'/></event>"
    traces = [f"<trace><string key='concept:name' value='{case}'/>{event}{event}</trace>" for case in ("1", "2", "1")]
    path = log(f"<log>{''.join(traces)}</log>", "log.xes")
    found = inspected(capsys, str(path))
    assert (found["cases"], found["events"], found["split"]) == (2, 6, 1)
    main(["log", "inspect", str(path)])
    assert "1 个案件分在几条轨迹中" in capsys.readouterr().out


def test_gb18030_and_words_for_nothing_are_noticed(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = log("编号,时间,事项,经办人\n甲1,2026-03-02 09:00,接报,?\n甲1,2026-03-02 10:00,处置,李\n", encoding="gb18030")
    text = draft(path, capsys)
    assert "\nencoding: gb18030\n" in text and '\nmissing: ["", "?"]' in text


def test_a_date_and_a_time_of_day_in_two_columns_belong_together(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = log("编号,日期,时间,事项\n1,2026/3/2,9:00,接报\n1,2026/3/2,10:30,处置\n2,2026/3/4,10:30,接报\n")
    assert '\n  time: ["日期", "时间"]' in draft(path, capsys)
    found = survey(path, None)
    assert found.read is not None and [len(events) for _, events in found.read.cases] == [2, 1]


def test_an_excel_ledger_is_seen_with_its_sheet_its_header_and_its_columns_of_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Workbook()
    sheet = book.create_sheet("台账")
    for row in (
        ["二〇二六年服务台账"],
        ["编号", "登记日期", "接报时间", None, "办结时间"],
        [None, None, "接报", "处置", None],
        [1, datetime(2026, 3, 2), "9时许", "当日10时30分", 46083.5],
        [2, datetime(2026, 3, 3), "上午", "15时30分", 46090.25],
        [3, datetime(2026, 3, 4), "夜里", None, None],
    ):
        sheet.append(row)
    for number in (4, 5, 6):
        sheet.cell(number, 2).number_format = "yyyy-mm-dd"
    book.save(tmp_path / "ledger.xlsx")
    found = inspected(capsys, str(tmp_path / "ledger.xlsx"))
    assert (found["sheet"], found["header"], found["rows"], found["cases"]) == ("台账", [2, 3], 3, 2)
    looks = {c["name"]: c["looks_like"] for c in found["columns"]}
    assert looks == {"编号": ["case"], "登记日期": ["date"], "接报时间 接报": ["wide"], "接报时间 处置": ["wide"], "办结时间": ["wide"]}
    text = draft(tmp_path / "ledger.xlsx", capsys)
    assert '\nzh: {date: "登记日期"}' in text and '\nsheet: "台账"' in text and "\nheader: [2, 3]" in text and "\nzone:  " in text


def test_a_log_in_which_nothing_looks_like_cases_is_described_all_the_same(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = log("a,b\nx,1\ny,2\n")
    found = inspected(capsys, str(path))
    assert (found["rows"], found["cases"], found["events"]) == (2, None, None)
    assert main(["log", "inspect", str(path), "--lang", "en"]) == 0
    assert "cannot be seen: write a map" in capsys.readouterr().out
    with pytest.raises(BrokenMap):
        read_map(draft(path, capsys), "draft.yaml")


def test_the_pipeline_log_is_seen_for_what_it_is(shared_logs: Callable[[str, str], Path]) -> None:
    sha256 = "42d5957a4569c51fdcfb55d159af2b78f4f05b75519967151f89edc5123d8b52"
    found = survey(shared_logs("phmsa_events.csv.gz", sha256), None)
    looks = found.looks
    assert (looks.case, looks.activity, looks.time, looks.zone, looks.date_only) == (
        "incident", "activity", ("local_time",), "time_zone", "date_only",
    )  # fmt: skip
    assert found.read is not None and (len(found.read.cases), sum(found.activities.values())) == (2796, 14022)
