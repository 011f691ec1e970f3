"""A report as a Word document (extra ``docx``): cover, method, control totals, figures, and a page for each case with a finding.

A document is held in memory, and nobody reads ten thousand pages: up to :data:`MOST` cases with findings are in it, and it says how many
more there are. The ledger in Excel has all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.documents.cell import clean
from adapters.documents.report import Kept
from adapters.documents.table import (
    COMPARED,
    HELD,
    UNREADABLE,
    Column,
    compared_rows,
    deviation_rows,
    event_word,
    held_rows,
    plain,
    unreadable_rows,
)
from adapters.documents.wording import Found, Wording, field, word
from workflow.dossier import DEVIATES, UNVERIFIABLE, VERDICTS
from workflow.obligation.row import Outcome
from workflow.text import Lang, Text
from workflow.words import OUTCOMES

MOST = 200
_FONTS = {"zh": ("宋体", "黑体"), "en": ("宋体", "黑体")}
_LATIN = "Times New Roman"
METHOD = (
    Text(
        "每个案件按其适用的规定版本重新推算:状态由规定的步骤推进,每项义务按条款、起算、暂停和日历计算期限,再与记录中的办理时间比较。",
        "Every case is worked out again under the version of the rules that applies to it. Steps move its state; each duty gets its date "
        "from clause, start, pauses and calendar, and is compared with when it was done.",
    ),
    Text(
        "结果只取决于记录、规定、日历、机构和截至时刻;同样的输入得到同样的哈希。",
        "The outcomes rest on the record, the rules, the calendar, the organisation and the as-of instant alone; "
        "the same input gives the same digest.",
    ),
    Text(
        "迟报、未见报告由程序计算;疑似漏报、谎报须由人认定。有关人员可附情况说明。",
        "Late and missing are computed. Whether anybody concealed or misreported is for people to determine; "
        "whoever is concerned may add a statement.",
    ),
    Text("“证据”是日志中的位置,或日志条目的哈希。", "“Proof” is a place in the log, or the hash of a journal entry."),
)
_DUTY = (
    Column(Text("义务", "duty"), 30),
    Column(Text("条款", "clause"), 30),
    Column(Text("起算", "start"), 24),
    Column(Text("截止", "due"), 24),
    Column(Text("完成", "met"), 24),
    Column(Text("结果", "outcome"), 30),
)
_DEVIATION = (
    Column(Text("偏差", "deviation"), 30),
    Column(Text("事项", "about"), 20),
    Column(Text("应当", "expected"), 40),
    Column(Text("实际", "actual"), 40),
    Column(Text("证据", "proof"), 24),
)


def write(path: Path, report: Kept, lang: Lang, most: int = MOST) -> None:
    import docx

    made = _Document(docx.Document(), report, lang)
    made.cover()
    made.method()
    made.figures()
    made.findings(most)
    made.save(path)


class _Document:
    def __init__(self, made: Any, report: Kept, lang: Lang) -> None:
        self._made = made
        self._report = report
        self._lang = lang
        self._say = Wording(report.legend, report.summary["header"], lang)
        self._fonts()

    def _fonts(self) -> None:
        """Chinese text takes the font of ``w:eastAsia``; without it Word falls back on whatever there is."""
        from docx.enum.section import WD_ORIENT
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt, RGBColor

        body, head = _FONTS[self._lang]
        for name in ("Normal", "Title", "Heading 1", "Heading 2"):
            style = self._made.styles[name]
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            style.font.name = _LATIN
            fonts.set(qn("w:eastAsia"), body if name == "Normal" else head)
            style.font.color.rgb = RGBColor(0, 0, 0)
        self._made.styles["Normal"].font.size = Pt(10.5)
        section = self._made.sections[0]
        section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
        self._made.core_properties.author = "duban"
        self._made.core_properties.title = self._text("督办 回放报告", "duban: report of a replay")
        self._made.core_properties.comments = ""

    def _text(self, zh: str, en: str) -> str:
        return self._say.say(zh, en)

    def cover(self) -> None:
        summary = self._report.summary
        self._made.add_heading(self._text("督办 回放报告", "duban: report of a replay"), 0)
        header, first = summary["header"], {"procedure": next(iter(self._report.legend), "")}
        as_of = self._say.instant(first, header["as_of"]) if header.get("as_of") else ""
        titles = [f"{found[self._lang]} {ref}" for ref, found in self._report.legend.items()]
        rows = [
            (field("as_of", self._lang), as_of),
            (field("procedure", self._lang), "\n".join(titles)),
            (self._text("结果哈希", "digest of the outcomes"), summary["digest"]),
            (self._text("报告文件哈希", "hash of the report file"), self._report.digest),
        ]
        more = [*((k, v) for k, v in header.items() if k not in ("as_of", "procedure")), *self._report.provenance.items()]
        shown = ((name, self._say.items(value)) for name, value in more if value not in (None, "", [], {}))
        rows += [(field(name, self._lang), "\n".join(plain(one, "\n") for one in found)) for name, found in shown]
        self._table((Column(Text("项目", "item"), 20), Column(Text("内容", "what"), 80)), rows)

    def method(self) -> None:
        self._made.add_heading(self._text("方法", "Method"), 1)
        for text in METHOD:
            self._made.add_paragraph(text.say(self._lang))

    def figures(self) -> None:
        summary, lang = self._report.summary, self._lang
        self._made.add_heading(self._text("控制总数", "Control totals"), 1)
        totals = summary["totals"]
        rows = [(event_word(name).say(lang), count) for name, count in totals["events"].items()]
        rows = [(self._text(f"事件:{name}", f"events: {name}"), count) for name, count in rows]
        rows += [(self._text("案件", "cases"), totals["cases"]), (self._text("义务", "duties"), totals["obligations"])]
        verdicts = summary.get("verdicts", {})
        rows += [(self._text("结论:", "verdict: ") + word("verdict", v, lang), verdicts[v]) for v in VERDICTS if verdicts.get(v)]
        self._table((Column(Text("项目", "item"), 60), Column(Text("数", "count"), 20)), rows)
        self._made.add_heading(self._text("各项义务", "Duties"), 1)
        columns = (Column(Text("义务", "duty"), 50), *(Column(OUTCOMES[o], 12) for o in Outcome))
        self._table(columns, [self._duty(key, counts) for key, counts in summary["obligations"].items()])
        records = summary.get("records") or summary["deviations"]
        if records:
            self._made.add_heading(self._text("偏差", "Deviations"), 1)
            kinds = (Column(Text("偏差", "deviation"), 50), Column(Text("代码", "code"), 30), Column(Text("次数", "count"), 12))
            self._table(kinds, [(word("deviation", code, lang), code, count) for code, count in records.items()])
        unread = list(islice(unreadable_rows(self._report, self._say), MOST))
        if unread:
            self._made.add_heading(self._text("不可读的行", "Rows that could not be read"), 1)
            self._table(UNREADABLE, unread)

        other = summary.get("comparison")
        if other:
            self._made.add_heading(self._text("对照", "Comparison"), 1)
            rows = [(word("compared", kind, lang), count) for kind, count in other["rows"].items()]
            rows += [(word("why", code, lang), count) for code, count in other["why"].items()]
            self._table((Column(Text("项目", "item"), 60), Column(Text("义务", "duties"), 20)), rows)

    def _duty(self, key: str, counts: Mapping[str, int]) -> tuple[str | int, ...]:
        ref, _, duty = key.partition("/")
        title = self._say.label({"procedure": ref}, "duties", duty)
        return (f"{title}({ref})" if self._lang == "zh" else f"{title} ({ref})", *(counts.get(o.value, 0) or "·" for o in Outcome))

    def findings(self, most: int) -> None:
        wanted = (case for case in self._report.cases() if case["verdict"] in (DEVIATES, UNVERIFIABLE) and case.get("listed", True))
        for case in islice(wanted, most):
            self._made.add_page_break()
            self._case(case)
        verdicts = self._report.summary.get("verdicts", {})
        more = sum(verdicts.get(v, 0) for v in (DEVIATES, UNVERIFIABLE)) - most
        if more > 0:
            self._made.add_page_break()
            text = self._text(f"另有 {more} 个案件有偏差,见 Excel 台账。", f"{more} more cases have findings: see the ledger in Excel.")
            self._made.add_paragraph(text)

    def _case(self, case: Found) -> None:
        say = self._say
        self._made.add_heading(clean(case["case"]), 1)
        parts = (case["unit"], say.chosen(case), word("verdict", case["verdict"], self._lang))
        self._made.add_paragraph(clean(say.join(parts)))
        rows = [(f"{r[2]}\n{r[3]}·{r[4]}", r[6], r[8], r[9], r[10]) for r in deviation_rows(case, say)]
        if rows:
            self._made.add_heading(self._text("偏差", "Deviations"), 2)
            self._table(_DEVIATION, rows)
        judged = [row for row in case["rows"] if row["outcome"] in (Outcome.MET_LATE, Outcome.MISSED, Outcome.UNDETERMINABLE)]
        if judged:
            self._made.add_heading(self._text("涉及的义务", "Duties concerned"), 2)
            self._table(_DUTY, [self._judged(case, row) for row in judged])

        other = [row[1:] for row in compared_rows(case, say)]
        if other:
            self._made.add_heading(self._text("对照:另一侧", "Comparison: the other side"), 2)
            self._table(COMPARED[1:], other)
        held = [row[1:5] for row in held_rows(case, say)]
        if held:
            self._made.add_heading(self._text("时间账", "Time account"), 2)
            self._table(HELD[1:5], held)

    def _judged(self, case: Found, row: Found) -> tuple[str, ...]:
        say, revisions = self._say, row.get("revisions")
        last: Found = revisions[-1] if revisions else {}
        distance = say.margin(case, row) or (say.say("迟 ", "late by ") + say.late(row["late"]) if row.get("late") else "")
        outcome = [word("outcome", row["outcome"], self._lang), say.reason(row), distance]
        return (
            f"{say.label(case, 'duties', row['duty'])}\n{row['row']}",
            say.clauses(case, row),
            say.moment(case, row.get("start")),
            f"{say.due(case, last)}\n{say.term(last.get('term'))}",
            say.moment(case, row.get("met")),
            say.join([*outcome, say.readings(row), say.recorded(row)]),
        )

    def _table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | int]]) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        table = self._made.add_table(rows=1, cols=len(columns))
        table.style = "Table Grid"
        table.autofit = False
        whole = sum(c.width for c in columns)
        widths = [Cm(25.7 * c.width / whole) for c in columns]
        repeat = OxmlElement("w:tblHeader")
        repeat.set(qn("w:val"), "true")
        table.rows[0]._tr.get_or_add_trPr().append(repeat)  # the header stands on every page
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for cells, values in ((table.rows[0].cells, [c.heading.say(self._lang) for c in columns]), *((None, row) for row in rows)):
            for cell, value, width in zip(cells or table.add_row().cells, values, widths, strict=True):
                cell.width = width
                run = cell.paragraphs[0].add_run(clean(str(value)))
                run.font.size = Pt(9)
                run.bold = cells is not None
        for row in table.rows:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # nor is a row parted by the end of a page
        self._made.add_paragraph()

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            self._made.save(file)
