"""Finding sheets as a Word document (extra ``docx``), a page a finding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.documents.cell import clean
from adapters.documents.finding import place
from adapters.documents.findinghtml import SIGNERS, cut, fitting, foot, head, near, statements, told
from adapters.documents.wording import Found

_WIDTH = 18.2


def write(path: Path, sheets: Sequence[Found]) -> None:
    import docx

    made = docx.Document()
    _page(made)
    for number, sheet in enumerate(sheets):
        _sheet(made, sheet, first=not number)
    with path.open("wb") as file:
        made.save(file)


def _page(made: Any) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    style = made.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(8.5)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.4)
    section.top_margin = section.bottom_margin = Cm(1.0)
    section.header_distance = section.footer_distance = Cm(0.4)
    made.core_properties.author, made.core_properties.title, made.core_properties.comments = "duban", "事实认定表", ""


def _sheet(made: Any, sheet: Found, first: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    fit = fitting(sheet)
    size = fit.size - 1.0  # the lines of Word stand further apart than those of a page
    title = _line(made, "事实认定表  Finding sheet", 13, bold=True)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.page_break_before = not first
    note = _line(made, "计算所得,未经签认不作认定 computed; nothing is determined until a person signs", size)
    note.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _table(made, (2.5, 6.6, 2.6, 6.5), head(sheet, fit), size)
    _line(made, "一、记录所示 What the record shows", size, bold=True)
    sentences = sheet["sentences"]
    rows = [
        (str(n), f"{cut(s['zh'], fit)}\n{cut(s['en'], fit)}", "\n".join(place(p, sheet).zh for p in s["source"]) or "—")
        for n, s in enumerate(sentences[: fit.sentences], 1)
    ]
    _table(made, (0.8, 13.0, 4.4), rows, size)
    more = len(sentences) - fit.sentences
    if more > 0:
        _line(made, f"另有 {more} 句,见 --json / {more} more, see --json", size)
    _line(made, "二、期限的说明 Why the date is what it is", size, bold=True)
    _table(made, (9.1, 9.1), [("\n".join(told(sheet, "zh", fit)), "\n".join(told(sheet, "en", fit)))], size)
    _line(made, "三、读法与余地 Readings and margin", size, bold=True)
    for text in near(sheet):
        _line(made, cut(text, fit), size)
    _line(made, "四、陈述意见 Statement of the person concerned", size, bold=True)
    _table(made, (_WIDTH,), [("\n".join(statements(sheet, fit)) + "\n" * 4,)], size)
    _line(made, "五、认定 Determination (由有权人员填写 by a person who may)", size, bold=True)
    _table(made, (_WIDTH,), [("□ 成立 stands   □ 不成立 does not stand   □ 部分成立 in part\n",)], size)
    _line(made, "", 4)
    _table(made, (_WIDTH / 4,) * 4, [tuple(f"{name}\n\n日期 date" for name in SIGNERS)], size)
    _line(made, f"内容哈希 digest {sheet['digest']}", 7)
    _line(made, cut(foot(sheet), fit), 7)


def _line(made: Any, text: str, size: float, bold: bool = False) -> Any:
    from docx.shared import Pt

    paragraph = made.add_paragraph()
    run = paragraph.add_run(clean(text))
    run.font.size, run.bold = Pt(size), bold
    return paragraph


def _table(made: Any, widths: Sequence[float], rows: Sequence[Sequence[str]], size: float) -> None:
    from docx.shared import Cm, Pt

    table = made.add_table(rows=0, cols=len(widths))
    table.style, table.autofit = "Table Grid", False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in rows:
        for cell, text, width in zip(table.add_row().cells, row, widths, strict=True):
            cell.width = Cm(width)
            cell.paragraphs[0].add_run(clean(text)).font.size = Pt(size)
