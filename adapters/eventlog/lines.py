"""The lines of a CSV file, plain or gzip, as records of bounded size."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from adapters.eventlog.packed import unpacked
from workflow.errors import UnreadableLog
from workflow.logevent import Place
from workflow.text import Text

MAX_LINE = 100_000
"""Longest line, in characters."""


class Records:
    """Iterates over ``(place, fields)`` of a file, the header first as row 1; blank lines are no rows.

    A record that cannot be read (a line that is too long, a quotation mark that is never closed, a NUL) comes as its reason, a
    :class:`~workflow.text.Text`, instead of its fields, and the reading goes on behind it. Raises
    :class:`~workflow.errors.UnreadableLog` for a file that is missing, truncated or not text.
    """

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._too_long = False

    def __iter__(self) -> Iterator[tuple[Place, list[str] | Text]]:
        codec = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        try:
            with unpacked(self._path) as data, io.TextIOWrapper(data, encoding=codec, newline="") as text:
                yield from self._records(text)
        except UnicodeDecodeError as error:
            raise UnreadableLog(
                Text(f"不是 {self._encoding} 文字:{error.reason}", f"not {self._encoding} text: {error.reason}"),
                where=self._path.name,
                hint=Text("若是 GB18030,在映射中写 encoding: gb18030", "if it is GB18030, set 'encoding: gb18030' in the map"),
            ) from None

    def _records(self, file: io.TextIOWrapper) -> Iterator[tuple[Place, list[str] | Text]]:
        reader = csv.reader(self._lines(file), delimiter=self._delimiter, strict=True)
        number = line = 0
        while True:
            broken = None
            try:
                fields = next(reader, None)
            except csv.Error as error:
                fields, broken = [], error
            first, line = line + 1, reader.line_num
            if self._too_long:
                reason = f"line {line} is longer than {MAX_LINE} characters"
                found: list[str] | Text = Text(f"第 {line} 行超过 {MAX_LINE} 个字符", reason)
                self._too_long = False
            elif broken is not None:
                found = Text(f"第 {first}–{line} 行不是 CSV:{broken}", f"lines {first} to {line} are not CSV: {broken}")
            elif fields is None:
                return
            elif not fields:
                continue
            else:
                found = fields
            number += 1
            yield Place(number), found

    def _lines(self, file: io.TextIOWrapper) -> Iterator[str]:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE and line[-1] not in "\r\n":
                self._too_long = True
                while (line := file.readline(MAX_LINE)) and line[-1] not in "\r\n":
                    pass
                line = "\n"
            yield line
