"""``duban audit reconcile`` as its page says: what is printed, what is written, what people decided, what is refused."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from adapters.commands.frame import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "reconcile-two-ledgers.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ duban (.*?)\n(.*?)```", PAGE, re.DOTALL)
PLAIN = CONSOLE[0][0].split()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in re.findall(r"```(?:csv|yaml) (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def found(capsys: pytest.CaptureFixture[str], words: list[str], code: int = 1) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_page_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in CONSOLE:
        assert main(words.split()) == (1 if "--confirm" not in words else 0)
        printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        shown = [line for line in said.splitlines() if line.strip() and line != "…"]
        assert len(shown) == 2 and [line for line in shown if line not in printed] == []
    assert PAGE.count("```console") == 2 == len(CONSOLE)


def test_each_match_says_what_agrees_and_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    document = found(capsys, PLAIN)
    first, second = document["matched"]
    assert (first["a"], first["b"], first["same"]) == ("V1", "P-101", ["ref", "地点", "类别"])
    assert second["differs"] == {"类别": {"a": ["聚集"], "b": ["求助"]}} and second["absent"] == ["ref"]
    assert first["within"] == second["within"] == "sure"
    assert second["apart"] == [4 * 60, 6 * 60 - 1], "both are known to the minute"
    assert [[(p["a"], p["b"]) for p in group] for group in document["ambiguous"]] == [[("V3", "P-103"), ("V3", "P-104")]]
    assert [u["id"] for u in document["unmatched"]["a"]] == ["V4"] and document["rows"]["b"]["P-105"] == ["B6"]


def test_what_the_book_does_not_have_is_a_candidate_with_the_duty_and_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    document = found(capsys, PLAIN)
    (candidate,) = document["candidates"]
    assert candidate["id"] == "P-105" and {d["row"].partition("/")[0] for d in candidate["duties"]} == {"telephone_report"}
    assert all(d["outcome"] == "undeterminable" and d["suspected"] for d in candidate["duties"]), "S7.1: nothing shows when it knew"
    main([*PLAIN[:-3], "--lang", "zh"])
    assert "疑似漏报,待认定" in capsys.readouterr().out


def test_decisions_stand_beside_and_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = found(capsys, PLAIN), found(capsys, [*PLAIN, "--confirm", "decided.yaml"], code=0)
    assert [d["finding"] for d in after["decisions"]] == ["missing", "same"] and before["decisions"] == []
    for part in ("digest", "matched", "ambiguous", "unmatched", "candidates", "totals"):
        assert before[part] == after[part]


@pytest.mark.parametrize(
    "decision",
    [
        "{a: V3, b: P-105, finding: same, who: 甲, why: 乙}",
        "{a: V1, finding: missing, who: 甲, why: 乙}",
        "{b: P-999, finding: explained, who: 甲, why: 乙}",
        "{a: V3, b: P-103, finding: missing, who: 甲, why: 乙}",
        "{a: V3, b: P-103, finding: same, why: 乙}",
        "{b: P-105, finding: missing, who: 甲, why: 乙}\n- {b: P-105, finding: explained, who: 甲, why: 乙}",
    ],
)
def test_a_decision_on_what_is_not_there_to_be_decided_is_refused(decision: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.yaml").write_text(f"- {decision}\n", encoding="utf-8")
    assert main([*PLAIN, "--confirm", "wrong.yaml"]) == 2
    assert "wrong.yaml" in capsys.readouterr().err


def test_the_order_of_rows_and_the_names_of_files_are_outside_the_digest(capsys: pytest.CaptureFixture[str]) -> None:
    before = found(capsys, PLAIN)
    head, *rows = Path("calls.csv").read_text(encoding="utf-8").splitlines()
    Path("other.csv").write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    after = found(capsys, ["other.csv" if word == "calls.csv" else word for word in PLAIN])
    assert after["digest"] == before["digest"] and after["rows"] != before["rows"]


def test_the_tables_hold_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("calls.csv").read_text(encoding="utf-8")
    Path("calls.csv").write_text(text.replace("P-105,", "=1+2,"), encoding="utf-8")
    assert main([*PLAIN, "--xlsx", "r.xlsx", "--csv", "r"]) == 1
    assert sorted(f.name for f in Path("r").iterdir()) == ["ambiguous.csv", "candidates.csv", "matched.csv", "unmatched.csv"]
    with Path("r/candidates.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:3] == ["id", "time", "what"] and {row[0] for row in rows[1:]} == {"'=1+2"}
    sheet = load_workbook("r.xlsx")["candidates"]
    assert sheet["A2"].value == "=1+2" and sheet["A2"].data_type == "s"
    capsys.readouterr()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("警单号, b: 警单号", "警单号, b: 没有这列"),
        ("within: 30 minutes", "within: 3 working days"),
        ("b: known_above", "b: nothing"),
        ("duty: telephone_report", "duty: nothing"),
        ("reports: a\n", ""),
        ("reports: a", "reports: c"),
        ("must: false", "must: false, nothing: 1"),
    ],
)
def test_rules_that_do_not_fit_are_refused(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("rules.yaml").read_text(encoding="utf-8")
    assert old in text
    Path("rules.yaml").write_text(text.replace(old, new), encoding="utf-8")
    assert main(PLAIN) == 2 and capsys.readouterr().err


def test_a_row_that_cannot_be_read_is_said_and_is_in_no_list(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("calls.csv").open("a", encoding="utf-8") as file:
        file.write("P-106,昨天,下河村,聚众\n")
    document = found(capsys, [*PLAIN, "--confirm", "decided.yaml"])
    assert document["header"]["b"]["unreadable"] == 1 and document["totals"]["b"]["incidents"] == 5


def test_times_that_float_are_not_compared_with_times_that_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("calls.yaml").read_text(encoding="utf-8")
    Path("calls.yaml").write_text(text.replace("zone: Asia/Shanghai", "zone: floating"), encoding="utf-8")
    assert main(PLAIN) == 2 and "calls.csv" in capsys.readouterr().err


def test_without_rules_only_times_that_can_be_equal_bring_entries_together(capsys: pytest.CaptureFixture[str]) -> None:
    at = PLAIN.index("--rules")
    words = [*PLAIN[:at], *PLAIN[at + 2 :]]
    assert found(capsys, words, code=0)["totals"]["a"]["matched"] == 0
    text = Path("calls.csv").read_text(encoding="utf-8")
    Path("calls.csv").write_text(text.replace("2026-10-02 21:05", "2026-10-02 21:00"), encoding="utf-8")
    document = found(capsys, words, code=0)
    assert [(p["a"], p["b"]) for p in document["matched"]] == [("V2", "P-102")] and document["candidates"] == []


def test_a_book_in_excel_with_uncertain_times_is_matched_by_what_they_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["村登记簿"],
        ["登记号", "登记日期", "事发时间", "报告时间", "村", "类别", "警单号"],
        ["V1", "2026-10-01", "晚8时许", "20时25分", "中庄", "聚集", None],
        ["V2", "2026-10-02", "上午", "13时", "上河", "聚集", None],
        ["V3", "2026-10-06", "10时", "11时", "下河", "聚集", "P-105"],
    ):
        sheet.append(row)
    book.save("village.xlsx")
    text = Path("village.yaml").read_text(encoding="utf-8").replace('formats: "%Y-%m-%d %H:%M"', "formats: [iso, zh]")
    Path("village.yaml").write_text(f"{text}header: 2\nzh: {{date: 登记日期, about: 10}}\n", encoding="utf-8")
    calls = Path("calls.csv").read_text(encoding="utf-8").replace("2026-10-02 21:05", "2026-10-02 12:20")
    Path("calls.csv").write_bytes(calls.encode("gb18030"))
    with Path("calls.yaml").open("a", encoding="utf-8") as file:
        file.write("encoding: gb18030\n")
    document = found(capsys, ["village.xlsx" if word == "village.csv" else word for word in PLAIN])
    pairs = {(p["a"], p["b"]): p for p in document["matched"]}
    assert set(pairs) == {("V1", "P-101"), ("V2", "P-102"), ("V3", "P-105")}
    assert pairs["V1", "P-101"]["within"] == "possible", "许: between 19:50 and 21:09"
    assert pairs["V2", "P-102"]["times"]["a"][1] < "2026-10-02T04:00:01" and pairs["V2", "P-102"]["within"] == "possible"
    assert pairs["V3", "P-105"]["within"] == "beyond" and pairs["V3", "P-105"]["same"][0] == "ref"
    assert document["rows"]["a"]["V2"] == ["Sheet!C4", "Sheet!D4"] and document["rows"]["b"]["P-102"] == ["B3"]
    main(["village.xlsx" if word == "village.csv" else word for word in PLAIN])
    said = capsys.readouterr().out
    assert "perhaps within" in said and "beyond the" in said


def test_of_two_that_are_equally_good_an_uncertain_time_chooses_none_and_an_exact_one_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("rules.yaml").write_text("time: {within: 3 hours}\n", encoding="utf-8")
    Path("village.csv").write_text("登记号,事发时间,报告时间\nV1,2026-10-01 12:00,\n", encoding="utf-8")
    Path("calls.csv").write_text("警单号,接警时间\nP-1,2026-10-01 12:10\nP-2,2026-10-01 13:00\n", encoding="utf-8")
    document = found(capsys, PLAIN, code=0)
    assert [(p["a"], p["b"], p["others"]) for p in document["matched"]] == [("V1", "P-1", [["V1", "P-2"]])]
    assert document["unmatched"]["b"][0]["could_be"] == ["V1"], "it says that it could have been V1"
    text = Path("village.yaml").read_text(encoding="utf-8").replace('formats: "%Y-%m-%d %H:%M"', 'formats: "%Y-%m-%d"')
    Path("village.yaml").write_text(text, encoding="utf-8")
    Path("village.csv").write_text("登记号,事发时间,报告时间\nV1,2026-10-01,\n", encoding="utf-8")
    document = found(capsys, PLAIN)
    assert document["matched"] == [] and [len(group) for group in document["ambiguous"]] == [2]
