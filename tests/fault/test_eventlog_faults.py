"""Broken event logs: a file that is no log is refused with a stable code; a row that is no event is counted, named and never guessed at."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.commands.frame import main
from adapters.eventlog import LogRead, read_log
from adapters.eventlog.lines import MAX_LINE
from adapters.library import shipped_definitions
from workflow.errors import NaiveTime, UnknownProcedure, UnreadableLog
from workflow.logmap import LogMap, read_map
from workflow.replay import Report, replay_log
from workflow.rules import Rules

MAP = """\
procedure: pipeline-incident
columns: {case: c, time: t, activity: a, actor: w}
zone: floating
activities: {A: occurred, B: identified, C: phone_report}
ignore: [X]
role: operator
"""
HEAD = "c,t,a,w\n"
GOOD = "1,2018-01-01 00:00:00,A,x\n1,2018-01-01 01:00:00,B,x\n1,2018-01-01 01:30:00,C,x\n"


@pytest.fixture(scope="module")
def log_map() -> LogMap:
    return read_map(MAP, "m.yaml")


@pytest.fixture(scope="module")
def versions() -> list[Rules]:
    return [Rules(d.procedure, d.hash) for d in shipped_definitions("pipeline-incident")]


@pytest.fixture
def log(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def replayed(found: LogRead, log_map: LogMap, versions: list[Rules]) -> Report:
    report = replay_log(
        found.cases, log_map, versions, shipped("cn"), read=found.read, ignored=found.ignored, unreadable=len(found.unreadable)
    )
    report.check()
    return report


def refusal(path: Path, log_map: LogMap) -> str:
    with pytest.raises(UnreadableLog) as caught:
        read_log(path, log_map)
    assert (caught.value.code, caught.value.exit_code) == ("input.log", 2)
    assert caught.value.message.zh and path.name in str(caught.value)
    return str(caught.value)


# the whole file


def test_a_file_that_is_not_there(tmp_path: Path, log_map: LogMap) -> None:
    assert "no such file" in refusal(tmp_path / "none.csv", log_map)


def test_a_folder_is_no_log(tmp_path: Path, log_map: LogMap) -> None:
    assert "cannot be read" in refusal(tmp_path, log_map)


def test_an_empty_file(log: Any, log_map: LogMap) -> None:
    assert "empty" in refusal(log(""), log_map)


@pytest.mark.parametrize("cut", [5, 30, -9, -4])
def test_a_truncated_gzip(log: Any, log_map: LogMap, cut: int) -> None:
    packed = gzip.compress((HEAD + GOOD * 200).encode(), mtime=0)
    assert "broken or truncated" in refusal(log(packed[:cut], "log.csv.gz"), log_map)


def test_a_gzip_whose_bytes_were_changed(log: Any, log_map: LogMap) -> None:
    packed = bytearray(gzip.compress((HEAD + GOOD * 200).encode(), mtime=0))
    packed[-6] ^= 0xFF  # in the checksum
    assert "broken or truncated" in refusal(log(bytes(packed)), log_map)


def test_gzip_is_known_by_its_bytes_and_not_by_its_name(log: Any, log_map: LogMap) -> None:
    assert read_log(log(gzip.compress((HEAD + GOOD).encode())), log_map).read == 3


def test_not_utf_8_says_what_to_do(log: Any, log_map: LogMap) -> None:
    assert "encoding: gb18030" in refusal(log((HEAD + "案,2018-01-01 00:00:00,A,x\n").encode("gb18030")), log_map)


def test_not_gb18030(log: Any) -> None:
    assert "not gb18030 text" in refusal(log(HEAD.encode() + b"\xff\xff\xff"), read_map(MAP + "encoding: gb18030\n", "m.yaml"))


def test_binary_is_no_log(log: Any, log_map: LogMap) -> None:
    refusal(log(random.Random(1).randbytes(5000)), log_map)


def test_unknown_columns_are_named_with_those_that_are_there(log: Any, log_map: LogMap) -> None:
    said = refusal(log("case,time\n1,2\n"), log_map)
    assert "no column c, a, t, w" in said and "it has: case, time" in said


def test_a_column_that_stands_twice(log: Any, log_map: LogMap) -> None:
    assert "more than one column t" in refusal(log("c,t,t,a,w\n"), log_map)


def test_a_column_that_stands_twice_and_is_not_used_does_no_harm(log: Any, log_map: LogMap) -> None:
    assert read_log(log("c,t,a,w,z,z\n1,2018-01-01 00:00:00,A,x,1,2\n"), log_map).unreadable == []


def test_a_header_that_cannot_be_read(log: Any, log_map: LogMap) -> None:
    assert "header row" in refusal(log('c,t,a,"w\n' + GOOD), log_map)


def test_s8_a_time_without_a_zone_policy_stops_the_reading(log: Any) -> None:
    with pytest.raises(NaiveTime) as caught:
        read_log(log(HEAD + GOOD), read_map(MAP.replace("zone: floating\n", ""), "m.yaml"))
    assert (caught.value.code, caught.value.exit_code, caught.value.where) == ("input.naive_time", 2, "log.csv:2")


# single rows


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,2018-01-01 00:00:00,A\n", "3 fields instead of 4"),
        ("2,2018-01-01 00:00:00,A,x,y\n", "5 fields instead of 4"),
        ("2,yesterday,A,x\n", "cannot read the time 'yesterday'"),
        ("2,2018-02-29 00:00:00,A,x\n", "cannot read the time"),
        ("2,,A,x\n", "no time"),
        (",2018-01-01 00:00:00,A,x\n", "no case id"),
        ("  ,2018-01-01 00:00:00,A,x\n", "no case id"),
        ("2,2018-01-01 00:00:00,,x\n", "no activity"),
        ("2,2018-01-01 00:00:00,A,x\0y\n", "NUL"),
        ("2,2018-01-01 00:00:00,A,x\x1fy\n", "control character"),
        ('2,2018-01-01 00:00:00,A,"x"y\n', "not CSV"),
        ("2,2018-01-01 00:00:00,A," + "x" * MAX_LINE + "\n", "longer than"),
        ("2,9999-99-99 00:00:00,A,x\n", "cannot read the time"),
    ],
)
def test_a_bad_row_is_counted_with_its_number_and_the_rest_is_read(
    log: Any, log_map: LogMap, versions: list[Rules], row: str, reason: str
) -> None:
    found = read_log(log(HEAD + GOOD + row + GOOD.replace("1,2018", "3,2018")), log_map)
    assert [u.place.row for u in found.unreadable] == [5] and reason in found.unreadable[0].reason.en and found.unreadable[0].reason.zh
    assert [case for case, _ in found.cases] == ["1", "3"]
    report = replayed(found, log_map, versions)
    assert dict(report.events) == {"read": 7, "applied": 6, "ignored": 0, "unreadable": 1}


def test_a_quotation_mark_that_is_never_closed_takes_the_rest_of_the_file_with_it(log: Any, log_map: LogMap, versions: list[Rules]) -> None:
    found = read_log(log(HEAD + GOOD + '2,2018-01-01 00:00:00,A,"x\n' + GOOD), log_map)
    [bad] = found.unreadable
    assert bad.place.row == 5 and "lines 5 to 8 are not CSV" in bad.reason.en
    assert replayed(found, log_map, versions).events["read"] == 4


def test_a_line_break_inside_quotation_marks_is_no_new_row(log: Any, log_map: LogMap) -> None:
    found = read_log(log(HEAD + '1,2018-01-01 00:00:00,A,"x\ny"\n2,nonsense,A,x\n'), log_map)
    assert found.cases[0][1][0].actor == "x\ny" and [u.place.row for u in found.unreadable] == [3]


def test_blank_lines_are_no_rows(log: Any, log_map: LogMap) -> None:
    assert read_log(log(HEAD + "\n" + GOOD + "\n\n"), log_map).read == 3


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "${jndi:ldap://x}", "{{7*7}}", "$(reboot)"])
def test_a_cell_that_looks_like_a_formula_is_text(log: Any, log_map: LogMap, cell: str) -> None:
    found = read_log(log(HEAD + f"{cell},2018-01-01 00:00:00,A,{cell}\n"), log_map)
    assert found.cases[0][0] == cell and found.cases[0][1][0].actor == cell


def test_an_activity_that_nobody_mapped_is_a_deviation_and_not_lost(log: Any, log_map: LogMap, versions: list[Rules]) -> None:
    report = replayed(read_log(log(HEAD + GOOD + "1,2018-01-01 02:00:00,Z,x\n"), log_map), log_map, versions)
    assert dict(report.deviations) == {"unknown_activity": 1} and report.events["deviating"] == 1


def test_an_activity_that_is_called_like_an_event_is_not_that_event(log: Any, log_map: LogMap, versions: list[Rules]) -> None:
    rows = "1,2017-03-23 00:00:00,identified,x\n1,2018-01-01 00:00:00,A,x\n"
    report = replayed(read_log(log(HEAD + rows), log_map), log_map, versions)
    assert list(report.outcomes) == ["pipeline-incident@2017-1/telephone", "pipeline-incident@2017-1/written"]


def test_a_row_that_stands_twice_counts_twice_and_the_second_deviates(log: Any, log_map: LogMap, versions: list[Rules]) -> None:
    found = read_log(log(HEAD + GOOD + GOOD), log_map)
    report = replayed(found, log_map, versions)
    assert found.duplicates == 3 and report.deviations["duplicate"] == 3
    assert (report.events["applied"], report.events["deviating"]) == (3, 3)


def test_a_log_of_nothing_but_a_header_is_an_empty_report(log: Any, log_map: LogMap, versions: list[Rules]) -> None:
    document = replayed(read_log(log(HEAD), log_map), log_map, versions).document()
    assert document["totals"] == {
        "cases": 0,
        "events": {"read": 0, "applied": 0, "deviating": 0, "ignored": 0, "unreadable": 0},
        "obligations": 0,
    }


def test_a_case_before_every_version_of_the_procedure_is_refused_by_name(log: Any, log_map: LogMap, versions: list[Rules]) -> None:
    found = read_log(log(HEAD + "old,1999-01-01 00:00:00,A,x\n"), log_map)
    with pytest.raises(UnknownProcedure, match="case old: no pipeline-incident is in force on 1999-01-01"):
        replayed(found, log_map, versions)


@pytest.mark.parametrize("seed", range(12))
def test_control_totals_always_add_up(log: Any, log_map: LogMap, versions: list[Rules], seed: int) -> None:
    chance = random.Random(seed)
    junk = ["", "x", "2018-01-01 00:00:00", "2018-01-01", "A", "X", "Z", "\0", '"', "=1", "1", "\x1f", "案"]
    rows = [
        ",".join(
            chance.choice(good if chance.random() < 0.8 else junk)
            for good in (["1", "2"], [f"2018-01-0{d} 00:00:00" for d in range(1, 9)], ["A", "B", "C", "X"], ["x"])
        )
        for _ in range(80)
    ]
    found = read_log(log(HEAD + "\n".join(rows)), log_map)
    events = replayed(found, log_map, versions).events
    assert events["read"] == events["applied"] + events["deviating"] + events["ignored"] + events["unreadable"] == found.read
    assert found.read == sum(len(e) for _, e in found.cases) + found.ignored + len(found.unreadable)


# the command


@pytest.fixture
def duban(log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(content: str | bytes, *more: str, log_map: str = MAP) -> tuple[int, str, str]:
        (tmp_path / "m.yaml").write_text(log_map)
        path = log(content)
        capsys.readouterr()
        code = main(["replay", "--log", str(path), "--map", str(tmp_path / "m.yaml"), "--lang", "en", *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_unreadable_rows_give_the_report_and_exit_1(duban: Any) -> None:
    code, out, err = duban(HEAD + GOOD + "2,nonsense,A,x\n", "--json")
    assert code == 1 and json.loads(out)["totals"]["events"]["unreadable"] == 1
    assert "row 5 cannot be read: cannot read the time 'nonsense'" in err
    error = json.loads(err.splitlines()[-1])
    assert (error["error"], error["exit"], error["where"]) == ("input.rows", 1, "log.csv")


def test_every_unreadable_row_is_named_when_asked(duban: Any) -> None:
    bad = HEAD + "2,nonsense,A,x\n" * 25
    assert duban(bad)[2].count("cannot be read:") == 20
    assert duban(bad, "-v")[2].count("cannot be read:") == 25


@pytest.mark.parametrize(
    ("content", "log_map", "code", "name"),
    [
        ("case,time\n", MAP, 2, "input.log"),
        (b"\x1f\x8b\x08\x00", MAP, 2, "input.log"),
        (HEAD + GOOD, "procedure: p\n", 2, "input.map"),
        (HEAD + GOOD, MAP.replace("C: phone_report", "C: fax"), 2, "input.map"),
        (HEAD + GOOD, MAP.replace("zone: floating\n", ""), 2, "input.naive_time"),
        (HEAD + GOOD, MAP.replace("procedure: pipeline-incident", "procedure: nothing"), 7, "not_found.procedure"),
        (HEAD + GOOD.replace("2018", "1999"), MAP, 7, "not_found.procedure"),
    ],
)
def test_what_cannot_be_replayed_has_a_code_and_writes_no_report(
    duban: Any, content: str | bytes, log_map: str, code: int, name: str
) -> None:
    found, out, err = duban(content, "--json", log_map=log_map)
    assert (found, out, json.loads(err.splitlines()[-1])["error"]) == (code, "", name)


def test_a_clean_log_is_exit_0_and_silent(duban: Any) -> None:
    code, out, err = duban(HEAD + GOOD, "--json")
    assert (code, err) == (0, "") and json.loads(out)["totals"]["events"]["applied"] == 3
