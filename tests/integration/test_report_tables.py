"""A report as Excel and CSV: the same figures as its canonical JSON, times as texts, no formula, one row at a time."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tracemalloc
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from openpyxl import load_workbook

from adapters.commands.frame import main
from adapters.documents import rendering
from adapters.documents import report as reports
from adapters.documents import table as tables
from adapters.documents.docx import write as write_docx
from adapters.documents.report import Kept
from adapters.documents.wanted import documented
from adapters.documents.xlsx import write as write_xlsx
from tests.audited import PROCEDURE, reads
from tests.integration.test_replay_report import in_browser
from tests.unit.test_cell import HOSTILE
from workflow.errors import BadInput, ConfigError

MAP = """
procedure: service-incident
columns: {case: ticket, time: when, activity: what, actor: who}
formats: "%Y-%m-%d %H:%M"
zone: Asia/Shanghai
activities: {open: created, working: activated, solved: resolved}
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hostile case ids and actors, some late, some never answered, one out of order, one with an activity that nobody knows."""
    monkeypatch.chdir(tmp_path)
    Path("map.yaml").write_text(MAP, encoding="utf-8")
    ids = [text.strip("\t\r\n ") for text in HOSTILE] + ["T1", "T2", "案件三"]
    rows = []
    for n, case in enumerate(dict.fromkeys(ids)):
        rows.append([case, f"2026-03-{1 + n % 9:02} 09:00", "open", "@who"])
        if n % 3:
            rows.append([case, f"2026-03-{1 + n % 9:02} {10 + n % 8}:00", "working", "=Li"])
        rows.append([case, f"2026-03-{2 + n % 9 + (n % 3) * 5:02} 10:00", "solved", "Li"])
        if n % 4 == 0:
            rows.append([case, "2026-03-30 10:00", "solved" if n % 8 else "nobody knows", "Li"])
    with Path("log.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["ticket", "when", "what", "who"], *rows])
    options = ["--report", "r.json", "--xlsx", "r.xlsx", "--docx", "r.docx", "--csv", "tables"]
    assert main(["--lang", "zh", "replay", "--log", "log.csv", "--map", "map.yaml", "-q", *options]) == 0
    return json.loads(Path("r.json").read_bytes())


def lines(name: str) -> list[dict[str, str]]:
    with Path("tables", f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_have_every_duty_deviation_and_act_of_the_report(report: Any) -> None:
    cases = report["cases"]
    outcomes = {"met": "按时", "met_late": "迟延", "missed": "未完成", "undeterminable": "无法判定"}
    assert Counter(r["结果"] for r in lines("duties")) == Counter(outcomes[r["outcome"]] for c in cases for r in c["rows"])
    assert Counter(r["代码"] for r in lines("deviations")) == Counter(report["summary"]["records"])
    assert len(lines("acts")) == report["summary"]["totals"]["events"]["read"]
    assert {"late_step", "not_enabled", "unknown_activity"} <= set(report["summary"]["records"])


def test_a_deviation_says_what_was_expected_and_what_is_so(report: Any) -> None:
    [first, *_] = [r for r in lines("deviations") if r["代码"] == "late_step" and r["事项"] == "响应"]
    assert first["应当"].startswith("角色:服务台;步骤:") and "不迟于 2026-03-" in first["应当"]
    assert first["实际"].startswith("完成 2026-03-") and "迟 " in first["实际"] and first["证据"].count(";") == 1
    assert {r["类别"] for r in lines("deviations") if r["代码"] == "not_enabled"} == {"顺序不符"}


def test_an_office_opens_the_files_with_its_spreadsheet(report: Any) -> None:
    data = Path("tables", "duties.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\r\n") == len(lines("duties")) + 1
    assert {r["起算"][-7:] for r in lines("duties")} == {" +00:00"}, "a time is a text with its offset"


def test_no_cell_of_the_csv_files_begins_like_a_formula(report: Any) -> None:
    cells = [cell for name in ("summary", "duties", "deviations", "acts") for row in lines(name) for cell in row.values()]
    assert not [cell for cell in cells if cell and cell.lstrip()[:1] in set("=+-@=+-@")]
    assert {f"'{c['case']}" for c in report["cases"] if c["case"][:1] in "=+-@"} <= set(cells)


def test_no_cell_of_the_workbook_is_a_formula_and_ids_are_unchanged(report: Any) -> None:
    book = load_workbook("r.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    hostile = [c for c in cells if isinstance(c.value, str) and c.value[:1] in set("=+-@")]
    assert hostile and all(c.data_type == "s" and c.quotePrefix for c in hostile)
    assert {row[0].value for row in book["义务"].iter_rows(min_row=2)} == {c["case"] for c in report["cases"]}


def test_the_sheets_can_be_filtered_and_their_header_stays(report: Any) -> None:
    book = load_workbook("r.xlsx")
    assert book.sheetnames == ["汇总", "义务", "偏差", "经过", "时间账"]
    for sheet in book:
        assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
        assert all(sheet.column_dimensions[c.column_letter].width >= 8 for c in sheet[1])


def test_what_a_sheet_cannot_hold_goes_on_in_the_next(report: Any) -> None:
    write_xlsx(Path("parts.xlsx"), Kept(Path("r.json")), "en", most=10)
    book = load_workbook("parts.xlsx")
    parts = [name for name in book.sheetnames if name.startswith("acts")]
    assert parts[:2] == ["acts", "acts 2"] and all(book[name].max_row <= 11 for name in parts)
    assert sum(book[name].max_row - 1 for name in parts) == report["summary"]["totals"]["events"]["read"]
    assert all(book[name]["A1"].value == "case" for name in parts)


def test_a_report_is_read_case_by_case(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = report["cases"][0]
    text = json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    tail = Path("r.json").read_text(encoding="utf-8").rpartition('],"legend":')[2]
    with Path("big.json").open("w", encoding="utf-8") as file:
        file.write('{"cases":[' + text)
        for _ in range(1_500):
            file.write("," + text)
        file.write('],"legend":' + tail)
    monkeypatch.setattr(reports, "_CHUNK", 1 << 16)
    tracemalloc.start()
    kept = Kept(Path("big.json"))
    count = sum(len(list(tables.duty_rows(c, _words(kept)))) for c in kept.cases())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert kept.count == 1_501 and count == 1_501 * len(one["rows"])
    assert most < Path("big.json").stat().st_size / 8


def _words(kept: Kept) -> Any:
    from adapters.documents.wording import Wording

    return Wording(kept.legend, kept.summary["header"], "zh")


GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "reports"


def test_every_rendering_of_a_journal_shows_readings_margins_and_the_time_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [path] = GOLDEN.glob(f"{version('duban')}/office.json")
    assert main(["--lang", "zh", "audit", "render", str(path), "-q", "--csv", "tables", "--docx", "o.docx", "--html", "o.html"]) == 0
    first = json.loads(path.read_bytes())["cases"][0]
    held = [row for row in lines("time") if row["案件"] == first["case"]]
    assert sum(int(row["秒"]) for row in held) == first["time_account"]["seconds"] and {row["在谁手上"] for row in held} == {"值班", "领导"}
    [answer] = [row for row in lines("duties") if row["编号"].startswith("answer/") and row["案件"] == first["case"]]
    assert "读法" in answer["读法"] and answer["余量"].startswith("迟") and answer["条款"] == "预案 二", (
        "the clause of the term that applies"
    )
    assert answer["其他"].startswith("原定 ")
    text = words(docx.Document("o.docx"))
    assert "时间账" in text and answer["读法"] in text and answer["余量"] in text
    page = Path("o.html").read_text(encoding="utf-8")
    assert answer["读法"] in page and answer["余量"] in page


def test_every_rendering_says_with_which_start_a_duty_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    more = reads("5 days", "5 working days", starts=["{on: case}"])
    Path("audited.yaml").write_text(PROCEDURE.format(term="5 days", more=more, version="1", starts="{on: take}"), encoding="utf-8")
    activities = "activities: {start: start, take: take, done: done}"
    Path("map.yaml").write_text(f"{MAP.replace('service-incident', 'audited').partition('activities')[0]}{activities}\n", encoding="utf-8")
    rows = [["A", "2026-03-02 10:00", "start"], ["A", "2026-03-05 10:00", "take"], ["A", "2026-03-11 10:00", "done"]]
    with Path("log.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["ticket", "when", "what", "who"], *([*row, ""] for row in rows)])
    asked = ["--lang", "zh", "replay", "--map", "map.yaml", "-d", "audited.yaml", "--as-of", "2026-06-01", "-q"]
    files = ["--report", "r.json", "--xlsx", "r.xlsx", "--docx", "r.docx", "--csv", "tables", "--html", "r.html"]
    assert main([*asked, "--log", "log.csv", *files]) == 0
    sentence = "4 种读法中3 种迟延(迟延:自受理起算 2 种中 1 种,自立案起算 2 种中 2 种)"
    assert [row["读法"] for row in lines("duties")] == [sentence]
    assert sentence in [str(c.value) for row in load_workbook("r.xlsx")["义务"].iter_rows() for c in row]
    assert sentence in words(docx.Document("r.docx")) and sentence in Path("r.html").read_text(encoding="utf-8")
    assert main(["log", "convert", "log.csv", "log.parquet", "--map", "map.yaml", "-q"]) == 0
    assert main([*asked, "--log", "log.parquet", "--report", "columns.json"]) == 0
    columns, plain = (json.loads(Path(name).read_bytes())["cases"][0]["rows"][0]["readings"] for name in ("columns.json", "r.json"))
    assert columns == plain and len(plain) == 4


def words(made: Any) -> str:
    return "\n".join([*(p.text for p in made.paragraphs), *(c.text for t in made.tables for row in t.rows for c in row.cells)])


def test_the_word_document_has_totals_and_a_page_for_each_case_with_a_finding(report: Any) -> None:
    made = docx.Document("r.docx")
    text = words(made)
    assert report["summary"]["digest"] in text and hashlib.sha256(Path("r.json").read_bytes()).hexdigest() in text
    headings = [p.text for p in made.paragraphs if p.style.name == "Heading 1"]
    assert headings[:4] == ["方法", "控制总数", "各项义务", "偏差"]
    assert headings[4:] == [c["case"] for c in report["cases"] if c["verdict"] == "deviates"]
    assert text.count("不迟于 ") == sum(1 for c in report["cases"] for d in c["deviations"] if "due" in d.get("expected", {}))
    assert "服务台" in text and "本单位规定" in text


def test_chinese_in_the_word_document_has_a_chinese_font_and_headers_repeat(report: Any) -> None:
    made = docx.Document("r.docx")
    for name, font in (("Normal", "宋体"), ("Heading 1", "黑体"), ("Title", "黑体")):
        fonts = made.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font and fonts.get(qn("w:eastAsiaTheme")) is None
    assert all(t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for t in made.tables)


def test_the_word_document_says_how_many_cases_are_not_in_it(report: Any) -> None:
    write_docx(Path("two.docx"), Kept(Path("r.json")), "en", most=2)
    deviating = sum(1 for c in report["cases"] if c["verdict"] == "deviates")
    assert f"{deviating - 2} more cases have findings" in words(docx.Document("two.docx"))


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_a_library_that_is_missing_is_said_before_the_replay(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=f"--{kind} needs "), documented(None, rendering.Files(**{kind: tmp_path / "x"}), "en"):
        raise AssertionError("the replay ran")


def test_a_report_is_rendered_later_and_elsewhere(report: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    away = tmp_path / "away"
    away.mkdir()
    shutil.move("r.json", away / "r.json")
    found = hashlib.sha256((away / "r.json").read_bytes()).hexdigest()
    made = ["--html", "again.html", "--csv", "again"]
    capsys.readouterr()
    assert main(["--lang", "zh", "audit", "render", str(away / "r.json"), *made, "--digest", found.upper(), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "digest": report["summary"]["digest"], "files": ["again.html", "again"], "report": f"sha256:{found}",
    }  # fmt: skip
    for name in ("summary", "duties", "deviations", "acts"):
        assert Path("again", f"{name}.csv").read_bytes() == Path("tables", f"{name}.csv").read_bytes()
    assert main(["audit", "render", str(away / "r.json"), *made, "--digest", "0" * 64]) == 6
    assert main(["--lang", "en", "audit", "render", str(away / "r.json")]) == 0
    summary = capsys.readouterr().out
    assert report["summary"]["digest"] in summary and f"deviates {report['summary']['verdicts']['deviates']}" in summary


def test_every_rendering_names_the_rows_that_could_not_be_read(report: Any) -> None:
    with Path("log.csv").open("a", encoding="utf-8") as file:
        file.write("T1,soon,working,Li\n")
    base = ["--lang", "en", "replay", "--log", "log.csv", "--map", "map.yaml", "-q"]
    assert main([*base, "--report", "u.json", "--csv", "unread", "--docx", "u.docx", "--html", "u.html"]) == 1
    found = json.loads(Path("u.json").read_bytes())
    number = len(Path("log.csv").read_text(encoding="utf-8").splitlines())
    assert [row["proof"] for row in found["unreadable"]] == [str(number)] and found["summary"]["totals"]["events"]["unreadable"] == 1
    why = "cannot read the time 'soon'"
    assert Path("unread", "unreadable.csv").read_text(encoding="utf-8-sig").splitlines() == ["proof,why", f"{number},{why}"]
    assert why in words(docx.Document("u.docx")) and why in Path("u.html").read_text(encoding="utf-8")
    assert "by the day of created, 2026-03-0" in words(docx.Document("u.docx"))


def test_notes_of_the_reader_stand_in_the_language_of_the_rendering(report: Any) -> None:
    report["provenance"]["notes"] = [{"zh": "有宏,未运行", "en": "macros, not run"}]
    Path("n.json").write_text(json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    assert main(["--lang", "en", "audit", "render", "n.json", "-q", "--csv", "noted", "--docx", "n.docx"]) == 0
    with Path("noted", "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        assert ["where from", "notes", "", "macros, not run"] in list(csv.reader(file))
    assert "macros, not run" in words(docx.Document("n.docx")) and "有宏" not in words(docx.Document("n.docx"))


def test_every_rendering_of_a_comparison_shows_both_sides_and_why(report: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).resolve().parents[2] / "definitions/procedures/service-incident.yaml").read_text(encoding="utf-8")
    Path("eight.yaml").write_text(text.replace("4 hours", "8 hours").replace('version: "1"', "version: 8h"), encoding="utf-8")
    options = ["--report", "c.json", "--csv", "compared", "--docx", "c.docx", "--html", "c.html", "--xlsx", "c.xlsx"]
    base = ["--lang", "zh", "replay", "--log", "log.csv", "--map", "map.yaml", "-q"]
    assert main([*base, "--what-if-definition", "eight.yaml", *options]) == 0
    found = json.loads(Path("c.json").read_bytes())
    [file] = [f for f in found["provenance"]["files"] if f["role"] == "what_if_definition"]
    assert (file["name"], file["sha256"]) == ("eight.yaml", hashlib.sha256(Path("eight.yaml").read_bytes()).hexdigest())
    with Path("compared", "comparison.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    counts = found["summary"]["comparison"]["rows"]
    assert len(rows) == counts["changed"] + counts["new"] + counts["not_there"] > 5 and {r["原因"] for r in rows} == {"期限不同"}
    assert any(r["本侧"].startswith("迟延;") and r["另一侧"].startswith("按时;") for r in rows)
    assert words(docx.Document("c.docx")).count("期限不同") > 5 and "另一侧" in Path("c.html").read_text(encoding="utf-8")
    assert load_workbook("c.xlsx").sheetnames[-1] == "对照"


@pytest.mark.parametrize("chunk", [10, 11, 13, 64, 1000, 4096])
def test_where_a_file_is_parted_while_it_is_read_changes_nothing(report: Any, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_CHUNK", chunk)
    kept = Kept(Path("r.json"))
    assert (list(kept.cases()), kept.summary, kept.legend) == (report["cases"], report["summary"], report["legend"])


@pytest.mark.parametrize("kind", ["html", "xlsx", "docx", "csv"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r["cases"][0].pop("verdict"),
        lambda r: r["cases"][0]["acts"][0].update(happened="yesterday"),
        lambda r: r["cases"][0].update(acts=7, rows=[3]),
        lambda r: r["summary"].update(header=[]),
        lambda r: r.update(legend={"service-incident@1": {"zone": "Nowhere/At_all"}}),
    ],
)
def test_a_report_that_somebody_spoiled_is_no_report(report: Any, kind: str, spoil: Any, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(report)
    Path("bad.json").write_text(json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    code = main(["--lang", "en", "audit", "render", "bad.json", f"--{kind}", "made"])
    said = capsys.readouterr().err
    assert code in (0, 2) and "internal" not in said, "what a rendering does not look at may be wrong"
    assert code == 0 or "no report of a replay" in said


def test_no_text_of_a_spoiled_report_is_run_by_the_page(report: Any) -> None:
    bad = "<img src=x onerror=document.title='ran'>"
    for case in report["cases"]:
        case["verdict"] = case["unit"] = bad
        for row in case["rows"]:
            row["late"] = [60, bad]
        for record in case.get("deviations", ()):
            record |= {"severity": bad, "kind": bad, "code": bad, "proof": [bad], "expected": {"x": bad}, "actual": {"role": bad}}
    report["summary"] |= {
        "records": {"late_step": bad},
        "obligations": {"service-incident@1/respond": {"met": bad}},
        "verdicts": {bad: bad},
    }
    Path("bad.json").write_text(json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    assert main(["audit", "render", "bad.json", "--html", "bad.html", "-q"]) in (0, 2)
    page = Path("bad.html").read_text(encoding="utf-8")
    click = "\ndraw();\nfor (const row of [...document.querySelectorAll('tr.case')]) row.click();\n"
    Path("bad.html").write_text(page.replace("\ndraw();\n", click), "utf-8")
    shown = in_browser(Path("bad.html"))
    assert "<img" not in shown and "&lt;img" in shown


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"cases":[', '{"cases":[{}],"summary":{}}', '{"cases":[{"rows":[]}', '{"cases":[],"summary":1}', '{"cases":[1]}', "\x00"],
)
def test_what_is_no_report_is_said(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="no report of a replay"):
        Kept(path)
