"""The events that a log yields, and where in its file each stands."""

from __future__ import annotations

from typing import NamedTuple

from workflow.journal.canonical import Json
from workflow.moment import Moment
from workflow.text import Text


class Place(NamedTuple):
    """Where in its file something stands: evidence only, never order, never in a digest.

    A table knows the row; a workbook its sheet and, where single cells make an event, those; XES the trace and the event in it.
    """

    row: int
    """Number of the row (the first row of the file is row 1), or of the trace in XES (0: outside any trace)."""
    event: int = 0
    """Number of the event in its trace, from 1; 0 where there are rows."""
    sheet: str = ""
    cell: str = ""
    """``C5``, or several with a space between them; empty: the whole row."""

    def __str__(self) -> str:
        """Short and in no language: ``5``, ``3/2`` (trace and event), ``台账!5``, ``台账!C5``."""
        sheet = f"{self.sheet}!" if self.sheet else ""
        return f"{self.row}/{self.event}" if self.event else f"{sheet}{self.cell or self.row}"

    def say(self) -> Text:
        if self.event:
            return Text(f"第 {self.row} 条轨迹第 {self.event} 个事件", f"trace {self.row}, event {self.event}")
        if self.cell:
            return Text(str(self), str(self))
        return Text(f"{self.sheet} 第 {self.row} 行".lstrip(), f"{self.sheet} row {self.row}".lstrip())


class LogEvent(NamedTuple):
    """One event of a log. ``name`` is the procedure's event, or the log's own word when the map does not know it.

    A tuple and not a dataclass, because a log has very many: it is made in a quarter of the time.
    """

    name: str
    known: bool
    happened: Moment
    actor: str
    place: Place
    row: str
    """Canonical row content: the fields as they stand, in the order of their columns' names, joined by U+001F."""
    role: str = ""
    zone: str = ""
    """Where the clock face was read: a zone, ``floating``, or empty when the stamp gave its own offset."""
    facts: tuple[tuple[str, Json], ...] = ()
    """Facts that the row states, by name; a missing value is not stated."""
    duplicate: bool = False
    """Another row of the case with the same bytes came before it."""
