"""The tables of a report as CSV files in a folder: UTF-8 with a byte-order mark and CRLF, as an office's Excel opens them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from adapters.documents.cell import harmless
from adapters.documents.report import Kept
from adapters.documents.table import Table, tables
from workflow.text import Lang


def write(folder: Path, report: Kept, lang: Lang) -> list[Path]:
    """Write ``summary.csv``, ``duties.csv``, ``deviations.csv``, ``acts.csv``, ``time.csv``; returns them. The folder may be new."""
    return write_tables(folder, tables(report, lang), lang)


def write_tables(folder: Path, found: Iterable[Table], lang: Lang) -> list[Path]:
    """Write each table as ``NAME.csv``; returns them. The folder may be new."""
    folder.mkdir(exist_ok=True)
    written = []
    for table in found:
        path = folder / f"{table.name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow([c.heading.say(lang) for c in table.columns])
            out.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows())
        written.append(path)
    return written
