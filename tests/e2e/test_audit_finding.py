"""``duban audit finding``: the finding sheet on paper and as data."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import docx
import pytest

from adapters.documents.finding import lines, place
from adapters.documents.findinghtml import fitting, page
from tests.e2e.conftest import Cli
from tests.e2e.test_audit_case import MAP, TICKETS
from tests.e2e.test_audit_case import late as late
from workflow.journal.canonical import canonical, digest


def sheets(cli: Cli, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cli("audit", "finding", *words, "--json").json["sheets"]
    return found


def printed(path: Path) -> int:
    """How many pages a real browser makes of a page. Skips where there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    out = path.with_suffix(".pdf").absolute()
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={out}")
    subprocess.run([browser, *options, path.absolute().as_uri()], capture_output=True, timeout=90, check=True)
    return len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))


def test_each_sentence_has_its_source_and_the_digest_can_be_computed_again(late: Cli) -> None:
    (sheet,) = sheets(late, "D")
    told = sheet.pop("digest")
    assert digest(canonical(sheet)) == told
    assert sheet["row"] == "feedback/complainant#1" and sheet["matter"]["zh"] == "疑似迟报,待认定"
    said = {s["zh"]: s["source"] for s in sheet["sentences"]}
    started = next(source for text, source in said.items() if "受理投诉(#3)" in text)
    done = next(source for text, source in said.items() if "反馈(#7)" in text)
    case = late("audit", "case", "D", "--json").json["case"]
    proofs = {a["n"]: a["proof"] for a in case["acts"]}
    assert started == [proofs[3]] and done == [proofs[7]]
    assert all(source for text, source in said.items() if "在谁手上" not in text)
    assert [s["text"] for s in sheet["statements"]] == ["节前已口头答复"] and sheet["statements"][0]["source"] == [proofs[8]]


def test_the_paper_form_has_the_digest_of_the_data_and_accuses_nobody(late: Cli) -> None:
    (sheet,) = sheets(late, "D")
    late("audit", "finding", "D", "-o", "s.html")
    late("audit", "finding", "D", "-o", "s.docx")
    paper = Path("s.html").read_text(encoding="utf-8")
    made = docx.Document("s.docx")
    word = "\n".join([p.text for p in made.paragraphs] + [c.text for t in made.tables for row in t.rows for c in row.cells])
    for text in (paper, word):
        assert sheet["digest"] in text and "疑似迟报,待认定" in text and "签名" not in text and "盖章" in text
        assert "计入  09-25  09-26  09-27  09-28  09-29" in text and "节前已口头答复" in text
        assert "5 个工作日,自受理投诉起算 → 2026-10-09(周五)24:00" in text
        assert "迟8天9小时(2 个工作日);起算在 2026-09-26 或以后才按时" in text
        assert not re.search("瞒报|谎报|责任人员应|违规", text)
    assert not re.search(r"(src|href)=|https?://|@import|url\(", paper)


def test_what_is_missing_is_said_of_the_instant_and_what_came_later_is_marked(late: Cli) -> None:
    (sheet,) = sheets(late, "D", "--as-of", "2026-10-05")
    assert sheet["matter"]["zh"] == "疑似漏报,待认定" and any("记录中未见履行" in s["zh"] for s in sheet["sentences"])
    assert [s["after"] for s in sheet["statements"]] == [True]


def test_a_row_is_named_by_key_duty_or_title_and_one_that_is_in_time_says_so(late: Cli) -> None:
    found = sheets(late, "D", "explain")
    assert found[0]["matter"]["zh"] == "未见迟延或缺失" and "补录" in "".join(s["zh"] for s in found[0]["sentences"])
    assert sheets(late, "D", "反馈处理情况和处理意见")[0]["row"] == "feedback/complainant#1"
    late("audit", "finding", "D", "nothing of the kind", "-o", "s.html", code=7)
    late("audit", "finding", "D", code=2)
    late("audit", "finding", "D", "-o", "s.pdf", code=2)


def test_a_log_gives_rows_as_sources_and_two_findings_are_two_pages(empty: Cli) -> None:
    Path("log.csv").write_text(TICKETS, encoding="utf-8")
    Path("map.yaml").write_text(MAP, encoding="utf-8")
    log = ("T1", "--log", "log.csv", "--map", "map.yaml")
    found = sheets(empty, *log)
    assert [s["row"] for s in found] == ["respond/caller#1", "resolve/caller#1"]
    done = next(s for s in found[0]["sentences"] if "(#2)" in s["zh"])
    assert done["source"] == ["3"] and place("3", found[0]).en == "log.csv row 3"
    assert found[0]["statements"] == [] and "room for it" in page(found)
    empty("audit", "finding", *log, "-o", "two.html")
    assert printed(Path("two.html")) == 2


def heavy(sheet: dict[str, Any]) -> dict[str, Any]:
    """A sheet with as much on it as anybody could put there."""
    long = "某村关于本事项的情况说明与有关材料" * 40
    sentence = {"zh": long, "en": "the record shows that something was done " * 12, "source": ["sha256:" + "a" * 64] * 3}
    days = {lang: [f"line {n} " + "09-25  " * 40 for n in range(60)] for lang in ("zh", "en")}
    statement = {**sheet["statements"][0], "text": long * 5}
    more = {"case": "<b>" * 400, "sentences": [sentence] * 40, "statements": [statement] * 9, "readings": [], "unit": long}
    return {**sheet, **more, "explanation": {**sheet["explanation"], **days}}


def test_a_finding_is_one_page_however_much_there_is(late: Cli) -> None:
    (sheet,) = sheets(late, "D")
    light, full = sheet, heavy(sheet)
    assert fitting(light) > fitting(full)
    text = page([light, full, light])
    assert "<b><b>" not in text and f"另有 {40 - fitting(full).sentences} 句" in text and "line 59" not in text
    Path("three.html").write_text(text, encoding="utf-8")
    assert printed(Path("three.html")) == 3


def test_a_long_term_lists_runs_of_days(late: Cli) -> None:
    (sheet,) = sheets(late, "D")
    days = [[f"2026-{month:02}-{day:02}", False] for month in (1, 3) for day in range(1, 29)]
    text = {"zh": ["头", "  计入  01-01  01-02"], "en": ["head", "  counted  01-01  01-02"], "term": {"counted": days, "more": 0}}
    assert lines({**sheet, "explanation": text}, "zh") == ["计入  2026-01-01…01-28  2026-03-01…03-28  (56)"]
