"""The Excel ledger of the how-to page: what the page shows is what the command prints, and the whole report names the cells."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from adapters.commands.frame import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "replay-a-log.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## A ledger in Excel")[2].partition("\n## ")[0]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Workbook()
    sheet = book.create_sheet("台账")
    for row in (["二〇二六年服务台账"], ["编号", "登记日期", "接报时间", None, "办结时间"], [None, None, "接报", "处置", None]):
        sheet.append(row)
    table = [line.strip("| ").split("|") for line in SECTION.splitlines() if re.match(r"\| \d", line)]
    for number, day, *times in table:
        sheet.append([int(number), datetime.fromisoformat(day.strip()), *(time.strip() or None for time in times)])
        sheet.cell(sheet.max_row, 2).number_format = "yyyy-mm-dd"
    assert sheet.max_row == 6
    book.save(tmp_path / "ledger.xlsx")
    found = re.search(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
    assert found is not None
    (tmp_path / "ledger.yaml").write_text(found[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")


@pytest.mark.usefixtures("here")
def test_the_page_shows_the_output_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"```console\n\$ duban (.*?)\n(.*?)```", SECTION, re.DOTALL)
    assert found is not None
    assert main(found[1].split()) == 1
    printed = capsys.readouterr()
    lines = {line.rstrip() for line in (printed.out + printed.err).splitlines()}
    shown = [line.rstrip() for line in found[2].splitlines() if line.strip()]
    assert len(shown) >= 6 and [line for line in shown if line not in lines] == []


@pytest.mark.usefixtures("here")
def test_the_whole_report_names_the_cell_of_each_time() -> None:
    assert main(["replay", "--log", "ledger.xlsx", "--map", "ledger.yaml", "--report", "report.json", "-q"]) == 1
    cases = json.loads(Path("report.json").read_text(encoding="utf-8"))["cases"]
    assert [[act["proof"] for act in case["acts"]] for case in cases] == [
        ["台账!C4", "台账!D4", "台账!E4"],
        ["台账!C5", "台账!D5", "台账!E5"],
    ]
    [respond] = [row for row in cases[1]["rows"] if row["duty"] == "respond"]
    assert (respond["outcome"], respond["reason"]) == ("undeterminable", "granularity")
    assert respond["bounds"] == ["2026-03-03T01:00:00.000000Z", "2026-03-03T07:59:59.999999Z"]
