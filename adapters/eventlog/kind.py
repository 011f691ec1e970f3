"""Which kind of file a log is: by its bytes, and where those leave it open by its name."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.eventlog.csvlog import csv_table
from adapters.eventlog.ocel import ocel_table
from adapters.eventlog.ocelfiles import SQLITE, read_ocel
from adapters.eventlog.packed import unpacked
from adapters.eventlog.parquetlog import MAGIC, parquet_table
from adapters.eventlog.table import Table
from adapters.eventlog.xeslog import xes_table
from adapters.eventlog.xlsxlog import OLE, ZIP, xlsx_table
from workflow.logmap import LogMap

_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE|log[\s>])|\xff\xfe<\0|\xfe\xff\0<")

_OCEL_KEY = re.compile(rb'"(?:objectTypes|eventTypes|objects|events)"\s*:\s*\[')


def open_table(path: Path, log_map: LogMap) -> Table:
    """The log in a file: Parquet where it begins as such or is called ``.parquet``, a workbook where it is a ZIP archive or called
    ``.xlsx`` or ``.xlsm``, OCEL where it is SQLite, JSON, or XML that begins with types of objects, XES where it is other XML or called
    ``.xes``, else CSV. All but the first two may be packed by gzip.

    Raises :class:`~workflow.errors.MissingExtra` where the library for Parquet or workbooks is not installed, and
    :class:`~workflow.errors.UnreadableLog` for a file that is missing or broken, here or while the rows are read.
    """
    start, name = _start(path), path.name.lower()
    if start.startswith(MAGIC) or name.endswith(".parquet"):
        return parquet_table(path, log_map)
    if is_workbook(path):
        return xlsx_table(path, log_map)
    if is_ocel(path):
        return ocel_table(read_ocel(path, start), log_map.object_type, path)
    if _XML.match(start) or name.endswith((".xes", ".xes.gz")):
        return xes_table(path)
    return csv_table(path, log_map)


def is_ocel(path: Path) -> bool:
    start, name = _start(path), path.name.lower().removesuffix(".gz")
    if start.startswith(SQLITE) or name.endswith((".jsonocel", ".xmlocel", ".json")):
        return True
    return b"<object-types" in start or (start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and _OCEL_KEY.search(start) is not None)


def is_workbook(path: Path) -> bool:
    return _start(path).startswith((ZIP, OLE)) or path.name.lower().endswith((".xlsx", ".xlsm"))


def _start(path: Path) -> bytes:
    with unpacked(path) as data:
        return data.read(512)
