"""The lines of a CSV file, plain or gzip, as records of bounded size."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from workflow.errors import UnreadableLog
from workflow.text import Text

MAX_LINE = 100_000
"""Longest line, in characters."""

_GZIP = b"\x1f\x8b"


class Records:
    """Iterates over ``(number, fields)`` of a file, the header first as row 1; blank lines are no rows.

    A record that cannot be read (a line that is too long, a quotation mark that is never closed, a NUL) comes as its reason, a
    :class:`~workflow.text.Text`, instead of its fields, and the reading goes on behind it. Raises
    :class:`~workflow.errors.UnreadableLog` for a file that is missing, truncated or not text.
    """

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._too_long = False

    def __iter__(self) -> Iterator[tuple[int, list[str] | Text]]:
        where = self._path.name
        try:
            with open(self._path, "rb") as raw:
                packed = raw.peek(2)[:2] == _GZIP
                data = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
                codec = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
                with io.TextIOWrapper(data, encoding=codec, newline="") as text:
                    yield from self._records(text)
        except FileNotFoundError:
            raise UnreadableLog(Text("没有这个文件", "there is no such file"), where=str(self._path)) from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableLog(
                Text(f"压缩文件损坏或不完整:{error}", f"the compressed file is broken or truncated: {error}"), where=where
            ) from None
        except UnicodeDecodeError as error:
            raise UnreadableLog(
                Text(f"不是 {self._encoding} 文字:{error.reason}", f"not {self._encoding} text: {error.reason}"),
                where=where,
                hint=Text("若是 GB18030,在映射中写 encoding: gb18030", "if it is GB18030, set 'encoding: gb18030' in the map"),
            ) from None
        except OSError as error:
            raise UnreadableLog(Text(f"不能读取:{error}", f"cannot be read: {error}"), where=str(self._path)) from None

    def _records(self, file: io.TextIOWrapper) -> Iterator[tuple[int, list[str] | Text]]:
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
            yield number, found

    def _lines(self, file: io.TextIOWrapper) -> Iterator[str]:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE and line[-1] not in "\r\n":
                self._too_long = True
                while (line := file.readline(MAX_LINE)) and line[-1] not in "\r\n":
                    pass
                line = "\n"
            yield line
