"""A log as a table, whatever kind of file it is: names of columns, and rows that know their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workflow.errors import UnreadableLog
from workflow.logevent import Place
from workflow.text import Text

_BREAK = re.compile(r"\s*[\r\n]+\s*")


class Table(NamedTuple):
    """A source of rows. Each kind of file has a function that opens one: ``csv_table``, ``xes_table``,
    ``xlsx_table``, ``parquet_table``."""

    header: list[str]
    rows: Iterator[tuple[Place, list[str] | Text]]
    """Each row once, in the order of the file, with its fields in the order of the header; a row that cannot be read comes as its reason.

    Iterating raises :class:`~workflow.errors.UnreadableLog` where the file turns out to be broken.
    """
    typed: bool = False
    """The file tells times from text: its stamps are written as ISO 8601, whatever the formats of the map."""
    notes: tuple[Text, ...] = ()
    """What whoever reads a figure made of it should know of the file: macros that were not read, formulas of which the saved value was."""
    for_map: bool = False
    """What a row says depends on which columns the map reads, and which of them as times."""


def wrong_width(found: int, width: int) -> Text:
    """Why a row is unreadable that has more or fewer fields than the header has names."""
    return Text(f"有 {found} 个字段,应为 {width} 个", f"{found} fields instead of {width}")


CONTROLLED = Text("含有控制字符 NUL 或 U+001F", "it holds a control character, NUL or U+001F")
"""Why a row is unreadable whose fields could not be told apart in its canonical bytes."""


def controlled(fields: Sequence[str]) -> bool:
    content = "".join(fields)
    return "\0" in content or "\x1f" in content


def demand(wanted: Sequence[str], header: Sequence[str], where: str) -> None:
    """Raise :class:`UnreadableLog` unless each column is there, and once."""
    hint = Text("现有列:" + "、".join(header[:60]), "it has: " + ", ".join(header[:60]))
    absent = [c for c in dict.fromkeys(wanted) if c not in header]
    if absent:
        raise UnreadableLog(Text(f"日志没有列 {'、'.join(absent)}", f"the log has no column {', '.join(absent)}"), where=where, hint=hint)
    twice = [c for c in dict.fromkeys(wanted) if header.count(c) > 1]
    if twice:
        raise UnreadableLog(Text(f"列名重复:{'、'.join(twice)}", f"more than one column {', '.join(twice)}"), where=where, hint=hint)


def header_of(rows: Iterator[tuple[Place, list[str] | Text]], numbers: Sequence[int], where: str) -> list[str]:
    """The names of the columns in the rows ``numbers``, which are taken from ``rows`` with all above them.

    Of several rows the parts of a name stand from above to below with a space between them. An empty cell above a filled one belongs to
    the cell on its left, as where cells were merged. Blanks around a name do not count, a line break within one is a space. Raises
    :class:`~workflow.errors.UnreadableLog`.
    """
    found: list[list[str]] = []
    while len(found) < len(numbers):
        place, fields = next(rows, (Place(0), None))
        if fields is None:
            if not found and numbers[0] == 1:
                raise UnreadableLog(Text("日志是空的", "the log is empty"), where=where)
            missing = numbers[len(found)]
            raise UnreadableLog(Text(f"没有第 {missing} 行,读不到标题", f"it has no row {missing} to read the header from"), where=where)
        if place.row < numbers[len(found)]:
            continue
        if isinstance(fields, Text):
            raise UnreadableLog(Text("读不出标题行:", "the header row cannot be read: ") + fields, where=where)
        if place.row > numbers[len(found)]:
            fields = []  # a row of a workbook that is not there at all
        found.append([_BREAK.sub(" ", name.strip().lstrip("\ufeff")) for name in fields])
    width = max(map(len, found))
    found = [[*row, *[""] * (width - len(row))] for row in found]
    for n in reversed(range(len(found) - 1)):
        above, below = found[n], found[n + 1]
        for i in range(1, width):
            above[i] = above[i] or (above[i - 1] if below[i] else "")
    return [" ".join(part for part in parts if part) for parts in zip(*found, strict=True)]
