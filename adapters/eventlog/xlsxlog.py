"""Excel workbooks (``.xlsx``, ``.xlsm``) as tables: what was last saved in their cells, and nothing else of them. Needs the extra ``xlsx``.

Formulas are not computed, macros neither run nor read, links to other files not followed; a workbook is only ever read. Of the cells the
values are taken that Excel saved with them.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from adapters.eventlog.table import Table, header_of
from adapters.eventlog.wide import letters
from workflow.errors import DubanError, MissingExtra, UnreadableLog
from workflow.logevent import Place
from workflow.logmap import LogMap
from workflow.text import Text

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How a workbook begins, and how one of before 2007 or an encrypted one."""
MAX_UNPACKED = 500_000_000
"""Bytes of all parts of a workbook together, unpacked."""
MAX_PARTS = 10_000
MAX_ROWS, MAX_CELLS = 1_048_576, 50_000_000
"""Of one sheet: the rows that Excel allows, and cells counted from the first column to the last that is filled in each row."""
SERIALS = (20_000, 80_000)
"""Numbers that are read as days in a column of times: 1954-10-03 to 2119-01-11. Below 1 a number is a time of day."""
_RANGE = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})", re.ASCII)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def xlsx_table(path: Path, log_map: LogMap) -> Table:
    """A sheet of a workbook, with the header that the map says. A row without any value is no row.

    Real dates and times of day come as ISO 8601, to the unit that their cell shows, or finer where they hold more; so do numbers in columns
    that the map reads as times, as the serials of Excel. A row comes as its reason where a cell that the map reads holds an error, or a
    formula whose value was not saved. Cells to the right of the last name of the header belong to no column and are not read.

    Raises :class:`~workflow.errors.UnreadableLog` when the file is missing, broken, of before 2007, encrypted, too large unpacked, or has
    no such sheet, and :class:`~workflow.errors.MissingExtra` without openpyxl.
    """
    with _opened(path) as books:
        sheets = [_sheet(book, log_map.sheet, path.name) for book in books]
        for sheet in sheets:
            sheet.reset_dimensions()  # what a sheet says of its own size need not be so
        pairs = _bounded(zip(*(s.iter_rows() for s in sheets), strict=True), path.name)
        table = _Sheet(sheets[0].title, books[0].epoch, log_map, path.name, _merged(sheets[0])).table(pairs)
        return table._replace(notes=(*_unread(path), *table.notes))


def _merged(sheet: Any) -> dict[int, dict[int, int]]:
    """Cells that are merged downwards: column (0 is A) → first row → last row. openpyxl does not tell of them when it only reads."""
    found: dict[int, dict[int, int]] = {}

    def start(tag: str, given: dict[str, str]) -> None:
        match = _RANGE.fullmatch(given.get("ref", "")) if tag.rpartition(":")[2] == "mergeCell" else None
        if match is not None and match[2] != match[4]:
            column = reduce(lambda n, letter: 26 * n + ord(letter) - 64, match[1], 0) - 1
            found.setdefault(column, {})[int(match[2])] = int(match[4])

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with sheet._get_source() as part:  # the part of the archive that openpyxl itself reads the rows from
        while piece := part.read(1 << 18):
            parser.Parse(piece)
    return found


def _unread(path: Path) -> Iterator[Text]:
    """What is in the workbook besides its sheets and was let alone."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        yield Text("工作簿含有宏,未读取也未运行", "the workbook has macros, which were neither read nor run")
    if any(name.startswith("xl/externalLinks/") for name in names):
        yield Text(
            "工作簿链接其他文件,未打开;来自链接的值是保存时的值",
            "the workbook links to other files, which were not opened; values from there are as they were saved",
        )


def xlsx_beginnings(path: Path, log_map: LogMap, count: int) -> dict[str, list[tuple[int, list[str]]]]:
    """Of every sheet the first rows with anything in them, by number, whatever header the map says. Raises as :func:`xlsx_table`."""
    found: dict[str, list[tuple[int, list[str]]]] = {}
    with _opened(path) as (book, _):
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            words = _Sheet(sheet.title, book.epoch, log_map, path.name, {})
            rows = ((n, words.names(cells)) for n, cells in enumerate(sheet.iter_rows(max_row=10 * count), 1))
            found[sheet.title] = list(islice(((n, names) for n, names in rows if any(names)), count))
    return found


@contextmanager
def _opened(path: Path) -> Iterator[list[Any]]:
    """The workbook twice: with the values that were saved, and with its formulas."""
    openpyxl = _library()
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out: styles, validations
            _inspect(file, path.name)
            yield [openpyxl.load_workbook(file, read_only=True, data_only=saved, keep_links=False) for saved in (True, False)]
    except DubanError:
        raise
    except FileNotFoundError:
        raise UnreadableLog(Text("没有这个文件", "there is no such file"), where=str(path)) from None
    except OSError as error:
        raise UnreadableLog(Text(f"不能读取:{error}", f"cannot be read: {error}"), where=str(path)) from None
    except Exception as error:  # whatever the libraries make of a broken archive or part: theirs is no fixed list
        raise UnreadableLog(
            Text(f"不是 Excel 工作簿,或已损坏:{error}", f"it is no Excel workbook, or a broken one: {error}"), where=path.name
        ) from None


def _bounded(rows: Iterable[tuple[Any, Any]], where: str) -> Iterator[tuple[Any, Any]]:
    """A row may call itself the thousand-millionth, and openpyxl gives all the empty ones before it. Raises :class:`UnreadableLog`."""
    cells = 0
    for number, pair in enumerate(rows, 1):
        cells += len(pair[0])
        if number > MAX_ROWS or cells > MAX_CELLS:
            raise UnreadableLog(Text("工作表的行或单元格过多", "the sheet has too many rows or cells"), where=where)
        yield pair


def _library() -> Any:
    try:
        import openpyxl
        import openpyxl.utils.datetime
    except ImportError:
        raise MissingExtra(
            Text("读 Excel 工作簿需要 openpyxl", "to read Excel workbooks openpyxl is needed"),
            hint=Text("安装 duban[xlsx]", "install duban[xlsx]"),
        ) from None
    return openpyxl


def _inspect(file: BinaryIO, where: str) -> None:
    """Refuse what only looks like a workbook, or would not stay within bounds. Raises :class:`UnreadableLog`."""
    if file.read(len(OLE)) == OLE:
        raise UnreadableLog(
            Text("是 2007 年以前的或加密的工作簿", "it is a workbook of before 2007, or an encrypted one"),
            where=where,
            hint=Text("在 Excel 中不加密另存为 .xlsx", "save it in Excel as .xlsx, without a password"),
        )
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if sum(p.file_size for p in parts) > MAX_UNPACKED or len(parts) > MAX_PARTS:
            most = f"{MAX_UNPACKED // 1_000_000} MB"
            raise UnreadableLog(
                Text(f"解压后超过 {most},或部件过多", f"it is more than {most} unpacked, or of too many parts"), where=where
            )
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as xml:
                    if _has_doctype(xml):
                        said = Text("含有文档类型声明(DTD、实体),拒绝读取", "it has a document type (DTD, entities), which is refused")
                        raise UnreadableLog(said, where=f"{where}:{part.filename}")


def _has_doctype(xml: Any) -> bool:
    """A document type stands before the first element: no more is read. XML that is broken is left to whoever reads on."""
    seen: list[bool] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: seen.append(True)
    parser.StartElementHandler = lambda *_: seen.append(False)
    try:
        while not seen and (piece := xml.read(4096)):
            parser.Parse(piece)
    except expat.ExpatError:
        pass
    return bool(seen) and seen[0]


def _sheet(book: Any, name: str | None, where: str) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is None and sheets:
        return next(iter(sheets.values()))
    if name not in sheets:
        hint = Text("现有:" + "、".join(sheets), "it has: " + ", ".join(sheets))
        raise UnreadableLog(Text(f"没有工作表 {name}", f"there is no sheet {name}"), where=where, hint=hint)
    return sheets[name]


class _Sheet:
    """The cells of one sheet, as words."""

    def __init__(self, title: str, epoch: datetime, log_map: LogMap, where: str, merged: Mapping[int, Mapping[int, int]]) -> None:
        self._title = title
        self._epoch = epoch
        self._map = log_map
        self._where = where
        self._merged = merged
        self._held: dict[int, tuple[int, str | Text]] = {}
        """Of merged cells, by column: their last row, and what stands in them or why it cannot be read."""
        self._formulas = 0
        """Cells that the map reads and whose value is the saved result of one."""

    def table(self, rows: Iterable[tuple[Any, Any]]) -> Table:
        """``rows`` are pairs: the cells with the values that were saved, and the same cells with their formulas."""
        numbered = enumerate(rows, 1)
        header = header_of(((Place(n), self.names(cells)) for n, (cells, _) in numbered), self._map.header, self._where)
        while header and not header[-1]:
            header.pop()
        times, read = self._map.timed, self._map.named
        timed = [name in times for name in header]
        needed = [name in read and bool(name) for name in header]
        found = [(Place(n, sheet=self._title), self._row(n, *pair, timed, needed)) for n, pair in numbered]
        notes = []
        if self._formulas:
            zh, en = (
                f"{self._formulas} 个单元格是公式,读的是保存的结果",
                f"{self._formulas} cells are formulas: the results that were saved were read",
            )
            notes.append(Text(zh, en))
        return Table(header, _filled(found), typed=True, notes=tuple(notes), for_map=True)

    def _row(self, number: int, cells: Any, formulas: Any, timed: list[bool], needed: list[bool]) -> list[str] | Text:
        """The words of a row, or why it cannot be read. What stands in merged cells holds for each of their rows that has anything."""
        pairs = list(zip(cells[: len(timed)], formulas, strict=False))
        found: list[str | Text] = [self._said(number, i, *pair, timed[i], needed[i]) for i, pair in enumerate(pairs)]
        found += [""] * (len(timed) - len(found))
        filled = any(isinstance(word, Text) or word.strip() for word in found)
        for i, spans in self._merged.items():
            if i >= len(found):
                continue
            if number in spans:
                self._held[i] = spans[number], found[i]
            last, word = self._held.get(i, (0, ""))
            if filled and number <= last and found[i] == "":
                found[i] = word
        reason = next((word for word in found if isinstance(word, Text)), None)
        return [word for word in found if isinstance(word, str)] if reason is None else reason

    def _said(self, number: int, column: int, cell: Any, formula: Any, timed: bool, needed: bool) -> str | Text:
        if needed and cell.value is None and formula.value is not None:
            place = f"{letters(column)}{number}"
            return Text(f"{place} 是公式,没有保存结果", f"{place} holds a formula whose value was not saved")
        if needed and cell.data_type == "e":
            place = f"{letters(column)}{number}"
            return Text(f"{place} 是错误值 {cell.value}", f"{place} holds an error, {cell.value}")
        if cell.value is None:
            return ""
        self._formulas += needed and formula.data_type == "f"
        return self._word(cell, timed)

    def names(self, cells: Any) -> list[str]:
        return ["" if cell.value is None else self._word(cell, False) for cell in cells]

    def _word(self, cell: Any, timed: bool) -> str:
        value = cell.value
        if isinstance(value, bool):
            return "true" if value else "false"
        if timed and isinstance(value, int | float) and (0 <= value < 1 or SERIALS[0] <= value < SERIALS[1]):
            from openpyxl.utils.datetime import from_excel

            return _stamp(from_excel(value, self._epoch), "" if value >= 1 else "h")
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() else repr(value)
        if isinstance(value, datetime | date | time | timedelta):
            return _stamp(value, cell.number_format)
        return str(value)


def _filled(rows: list[tuple[Place, list[str] | Text]]) -> Iterator[tuple[Place, list[str] | Text]]:
    for place, fields in rows:
        if isinstance(fields, Text) or any(field.strip() for field in fields):
            yield place, fields


def _stamp(value: Any, shown: str) -> str:
    """ISO 8601 to the unit that the number format ``shown`` writes (days, minutes, seconds), or as fine as the value is."""
    if isinstance(value, timedelta):  # an amount of hours, no time of day
        return str(value)
    if not isinstance(value, datetime | time):
        return str(value.isoformat())
    shown = _QUOTED.sub("", shown).lower()
    part = "milliseconds" if value.microsecond else "seconds" if value.second or "s" in shown else "minutes"
    if isinstance(value, time):
        return value.isoformat(part)
    if part == "minutes" and "h" not in shown and value.time() == time():
        return value.date().isoformat()
    return value.isoformat(" ", part)
