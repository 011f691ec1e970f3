"""The tables of a report as one Excel workbook (extra ``xlsx``), written row by row.

Times are texts with their zone, so that no program shifts them. No cell is a formula: what looks like one is marked as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.documents.cell import clean, is_formula
from adapters.documents.report import Kept
from adapters.documents.table import Cell, Table, tables
from workflow.text import Lang

MOST = 1_048_575
"""Rows below the header of a sheet: what Excel holds. What is more stands in a further sheet."""


def write(path: Path, report: Kept, lang: Lang, most: int = MOST) -> None:
    write_tables(path, tables(report, lang), lang, most)


def write_tables(path: Path, found: Iterable[Table], lang: Lang, most: int = MOST) -> None:
    """Write each table as a sheet."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    try:
        _sheets(book, found, lang, most)
        book.save(path)
    except BaseException:
        for sheet in book.worksheets:  # each has a file of its own that is being written
            with suppress(Exception):
                sheet.close()
        raise


def _sheets(book: Any, found: Iterable[Table], lang: Lang, most: int) -> None:
    for table in found:
        rows = iter(table.rows())
        number = 1
        while True:
            part = list(islice(rows, 1))
            if not part and number > 1:
                break
            title = table.title.say(lang) if number == 1 else f"{table.title.say(lang)} {number}"
            _sheet(book.create_sheet(title), table, lang, (row for more in (part, islice(rows, most - 1)) for row in more))
            number += 1


def _sheet(sheet: Any, table: Table, lang: Lang, rows: Iterable[tuple[Cell, ...]]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    font, fill, wrap = Font(bold=True), PatternFill("solid", fgColor="FFEAF0F5"), Alignment(wrap_text=True, vertical="top")
    for number, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.freeze_panes = "B2"

    def cell(value: Cell) -> Any:
        if isinstance(value, int):
            return value
        text = clean(value)
        if not is_formula(text):
            return text or None
        found = WriteOnlyCell(sheet, text)
        found.data_type = "s"  # openpyxl takes a text that begins with "=" for a formula
        found.quotePrefix = True  # and Excel would, were the cell edited
        return found

    head = []
    for column in table.columns:
        top = WriteOnlyCell(sheet, column.heading.say(lang))
        top.font, top.fill, top.alignment = font, fill, wrap
        head.append(top)
    sheet.append(head)
    last = 1
    for row in rows:
        sheet.append([cell(value) for value in row])
        last += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{last}"
