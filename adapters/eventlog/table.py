"""A log as a table, whatever kind of file it is: names of columns, and rows that know their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workflow.logevent import Place
from workflow.text import Text


class Table(NamedTuple):
    """A source of rows. Each kind of file has a function that opens one: ``csv_table``, ``xes_table``."""

    header: list[str]
    rows: Iterator[tuple[Place, list[str] | Text]]
    """Each row once, in the order of the file, with its fields in the order of the header; a row that cannot be read comes as its reason.

    Iterating raises :class:`~workflow.errors.UnreadableLog` where the file turns out to be broken.
    """
    typed: bool = False
    """The file tells times from text: its stamps are written as ISO 8601, whatever the formats of the map."""
