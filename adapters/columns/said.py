"""What a log says of an event besides what decides: where it stands and who did it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from adapters.columns.source import Columns
from adapters.eventlog.parquetlog import EVENT, ROW, SHEET, converted, opened
from workflow.logevent import Place
from workflow.logmap import LogMap


class Said(NamedTuple):
    """What the log says of each event besides what decides: where it stands and who did it."""

    row: list[int]
    event: list[int]
    sheet: list[str]
    actor: list[str]

    def place(self, n: int) -> Place:
        return Place(self.row[n], self.event[n], self.sheet[n])

    def quoted(self) -> list[str]:
        """The places as texts of a document."""
        if any(self.sheet):
            return [json.dumps(str(self.place(n)), ensure_ascii=False) for n in range(len(self.row))]
        return [f'"{row}/{event}"' if event else f'"{row}"' for row, event in zip(self.row, self.event, strict=True)]


def said(path: Path, log_map: LogMap, c: Columns) -> Said:
    """The places and actors of the events, in their order."""
    name = log_map.columns.actor
    wanted = [*([ROW, EVENT, SHEET] if converted(path) is not None else []), *([name] if name else [])]
    blank = [""] * len(c.row)
    if not wanted:
        return Said((c.row + 1).tolist(), [0] * len(c.row), blank, blank)
    with opened(path) as file:
        table = file.read(columns=wanted, use_threads=False)
        table.validate(full=True)
    if len(c.row) and bool((c.row != np.arange(len(c.row))).any()):
        table = table.take(pa.array(c.row))
    row, event, sheet = (c.row + 1).tolist(), [0] * len(c.row), blank
    if ROW in wanted:
        row, event = table.column(ROW).to_numpy().tolist(), table.column(EVENT).to_numpy().tolist()
        sheet = [s or "" for s in table.column(SHEET).to_pylist()] if table.column(SHEET).null_count < len(c.row) else blank
    if not name:
        return Said(row, event, sheet, blank)
    missing = frozenset(log_map.missing)
    actor = table.column(name).to_pylist()
    words = {w: "" if w is None or w.strip() in missing else w.strip() for w in set(actor)}
    return Said(row, event, sheet, [words[w] for w in actor])
