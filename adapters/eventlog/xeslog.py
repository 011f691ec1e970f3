"""XES logs (IEEE 1849; ``.xes``, ``.xes.gz``) as tables, one event a row.

Attributes of a trace are columns whose names begin with ``case:`` (``case:concept:name``), those of an event columns under their own keys.
What is nested in an attribute, lists, globals, classifiers and extensions are not read, and no address in the file is ever opened. A
document type, and so every entity of the file's own making, is refused before it can have an effect.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from adapters.eventlog.packed import unpacked
from adapters.eventlog.table import Table
from workflow.errors import UnreadableLog
from workflow.logevent import Place
from workflow.text import Text

CASE = "case:"
"""Prefix of the columns of a trace."""
_PIECE = 1 << 18
_DEEPEST = 100
_LONGEST = 1 << 22
"""Longest tag, in bytes: a reader must hold a whole one."""
Event = tuple[Place, dict[str, str]]


def xes_table(path: Path) -> Table:
    """An XES file, read twice: once for the names of its columns, which it says nowhere, and once for its rows.

    The columns stand in the order of their first appearance; an attribute that an event does not have is an empty field. Dates keep their
    offset, as they are written. Of a key that an event has twice the last one counts. An event outside any trace has no case.

    Raises :class:`~workflow.errors.UnreadableLog` when the file is missing, truncated, not well-formed, not XES, has a document type, or
    has no events.
    """
    columns: dict[str, None] = {}
    for _, attributes in _events(path):
        columns.update(dict.fromkeys(attributes))
    if not columns:
        raise UnreadableLog(Text("日志里没有事件", "the log has no events"), where=path.name)
    return Table(list(columns), _rows(path, list(columns)), typed=True)


def _rows(path: Path, columns: list[str]) -> Iterator[tuple[Place, list[str] | Text]]:
    blank = dict.fromkeys(columns, "")
    for place, attributes in _events(path):
        yield place, list((blank | attributes).values())


def _events(path: Path) -> Iterator[Event]:
    """Every event of a file with its attributes and those of its trace. Only the events of one piece of the file are held at a time."""
    found = _Reader(path.name)
    with unpacked(path) as data:
        while piece := data.read(_PIECE):
            found.feed(piece)
            yield from found.taken()
        found.feed(b"", last=True)
    yield from found.taken()


class _Reader:
    """Takes pieces of XML and gives events. Raises :class:`UnreadableLog`."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._fed = self._depth = 0
        self._traces = self._in_trace = self._in_event = 0
        """Traces so far; the depth of the trace and of the event that are open, 0: none."""
        self._number = 0
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] = {}
        self._place = Place(0)
        self._done: deque[Event] = deque()
        self._waiting: list[Event] = []
        """Events of the trace that is open: its own attributes may stand behind them."""

    def feed(self, piece: bytes, last: bool = False) -> None:
        try:
            self._parser.Parse(piece, last)
        except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: an encoding that cannot be read
            raise self._broken(Text(f"XML 损坏或不完整:{error}", f"the XML is broken or truncated: {error}")) from None
        self._fed += len(piece)
        if self._fed - self._parser.CurrentByteIndex > _LONGEST + _PIECE:
            raise self._broken(Text(f"有超过 {_LONGEST} 字节的标签", f"it has a tag of more than {_LONGEST} bytes"))

    def taken(self) -> Iterator[Event]:
        while self._done:
            yield self._done.popleft()

    def _broken(self, message: Text) -> UnreadableLog:
        return UnreadableLog(message, where=self._where)

    def _doctype(self, *_: object) -> None:
        raise self._broken(Text("含有文档类型声明(DTD、实体),拒绝读取", "it has a document type (DTD, entities), which is refused"))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        tag = tag.rpartition(":")[2]
        if self._depth == 1:
            if tag != "log":
                raise self._broken(Text(f"不是 XES:根元素是 {tag!r}", f"it is no XES: its root is {tag!r}, not 'log'"))
        elif self._depth == self._in_event + 1:
            if "key" in attributes and "value" in attributes:
                self._event[attributes["key"]] = attributes["value"]
        elif self._in_event:
            if self._depth > _DEEPEST:
                raise self._broken(Text(f"嵌套超过 {_DEEPEST} 层", f"it is nested deeper than {_DEEPEST} levels"))
        elif tag == "event" and self._depth == (self._in_trace or 1) + 1:
            self._in_event = self._depth
            self._number += 1
            self._place, self._event = Place(self._traces if self._in_trace else 0, self._number), {}
        elif self._in_trace:
            if self._depth == self._in_trace + 1 and "key" in attributes and "value" in attributes:
                self._trace[CASE + attributes["key"]] = attributes["value"]
        elif tag == "trace" and self._depth == 2:
            self._traces += 1
            self._in_trace, self._number, self._trace = self._depth, 0, {}

    def _end(self, _: str) -> None:
        if self._depth == self._in_event:
            self._in_event = 0
            (self._waiting if self._in_trace else self._done).append((self._place, self._event))
        elif self._depth == self._in_trace:
            self._in_trace = self._number = 0
            self._done.extend((place, self._trace | event) for place, event in self._waiting)
            self._waiting.clear()
        self._depth -= 1
