"""Rows of the ledger as forms that are filled in: what differs between cases of one pattern is known field by field.

A form is made of the documents that the ledger gave for one case. A document with any other field than those named here has no form, and
its cases are replayed by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workflow.case.fold import Case
from workflow.journal.canonical import canonical
from workflow.obligation.row import Row
from workflow.obligation.verdict import round_end

_ROW = frozenset(
    [
        "row",
        "outcome",
        "reason",
        "met_by",
        "ended_by",
        "beside",
        "blank",
        "suspected",
        "duty",
        "owed_by",
        "owed_to",
        "modality",
        "unit",
        "clauses",
    ]
)
_REVISION = frozenset(["why", "term", "kept_old", "inclusive", "calendar"])
_MARGIN = frozenset(["spare", "start_from", "working_days"])
_RECORD = frozenset(["code", "kind", "severity", "row"])
"""Fields of a row, its due revision and its deviation that are the same in every case of a pattern; and all of a margin."""
TEXTS = frozenset({"at", "due", "month"})
"""Kinds of holes that stand between quotation marks."""
_MARK = re.compile('"\ue000([0-9]+)\ue000"')


class Hole(NamedTuple):
    """Something that is filled in, and the events of the pattern that say what."""

    kind: str
    """``at``, ``due``, ``revision``, ``month``, ``elapsed``, ``late``, ``late_days``, ``margin``, ``proof`` (places by number of the act),
    ``places`` (a list of them)."""
    start: int = -1
    """Place among the events of the pattern of what the term is counted from, or of the event itself."""
    end: int = -1
    """Where a length ends; -1: at the as-of instant."""
    events: tuple[int, ...] = ()
    """Those whose places are shown."""


class Form(NamedTuple):
    """A document with holes: what stands before, between and behind them."""

    pieces: tuple[str, ...]
    holes: tuple[Hole, ...]


class Unfit(Exception):
    """The document has something that is not filled in."""


class Blank:
    """Makes the forms of one row. ``acts`` are the numbers of the events of the pattern in this case. Raises :class:`Unfit`."""

    def __init__(self, row: Row, case: Case, acts: Sequence[int]) -> None:
        self._place = {n: i for i, n in enumerate(acts)}
        self._acts = acts
        begin = row.begin
        self._start = self._end = -1
        if begin is None:
            return
        if len(row.revisions) != 1 or row.pending or begin.doubt or begin.slot is not None or begin.arose is not None:
            raise Unfit
        ended = round_end(begin, case)
        self._start = self._of(begin.act)
        if row.met_by is not None:
            self._end = self._of(row.met_by)
        elif ended is not None:
            self._end = self._of(ended.n)

    def row(self, document: Mapping[str, Any]) -> Form:
        """The form of a row as it is digested, or as it stands in a dossier."""
        start, end = self._start, self._end
        holes: dict[str, Any] = {}
        if start >= 0:
            holes = {
                "start": Hole("at", start),
                "met": Hole("at", end),
                "elapsed": Hole("elapsed", start, end),
                "late": self._late(),
                "month": Hole("month", start),
            }
            if "revisions" in document:
                holes["revisions"] = [self._revision(document["revisions"][0])]
            if "margin" in document:
                holes["margin"] = self._margin(document["margin"])
        if "proof" in document:
            holes["proof"] = Hole("proof", events=tuple(self._of(int(n)) for n in document["proof"]))
        return _written(_same(document, _ROW, holes))

    def record(self, document: Mapping[str, Any], proofs: Mapping[int, str]) -> Form:
        """The form of the deviation of a row."""
        start, end = self._start, self._end
        if "start" in document or start < 0 or "reason" in document.get("actual", {}):
            raise Unfit
        expected = _same(document["expected"], frozenset({"events", "role", "inclusive"}), {"due": Hole("due", start)})
        actual = _same(document["actual"], frozenset(), {"met": self._met(document["actual"]), "late": self._late()})
        holes: dict[str, Any] = {"expected": expected, "actual": actual}
        if "proof" in document:
            shown = (start, end) if len(document["proof"]) == 2 else (start,)
            if [proofs[self._acts[n]] for n in shown] != document["proof"]:
                raise Unfit
            holes["proof"] = Hole("places", events=shown)
        return _written(_same(document, _RECORD, holes))

    def _of(self, act: int) -> int:
        if act not in self._place:
            raise Unfit
        return self._place[act]

    def _met(self, actual: Mapping[str, Any]) -> Hole | None:
        return None if actual.get("met") is None else Hole("at", self._end)

    def _late(self) -> list[Hole]:
        return [Hole("late", self._start, self._end), Hole("late_days", self._start, self._end)]

    def _revision(self, document: Mapping[str, Any]) -> dict[str, Any]:
        start = self._start
        if document["pauses"]:
            raise Unfit
        holes = {"at": Hole("at", start), "start": Hole("at", start), "due": Hole("due", start), "revision": Hole("revision", start)}
        return _same(document, _REVISION | {"pauses"}, holes)

    def _margin(self, document: Mapping[str, Any]) -> Hole:
        if not document.keys() <= _MARGIN:
            raise Unfit
        return Hole("margin", self._start, self._end)


def _same(document: Mapping[str, Any], same: frozenset[str], holes: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its holes. Raises :class:`Unfit` where it has a field that is neither the same everywhere nor filled in."""
    if not document.keys() <= same | holes.keys():
        raise Unfit
    return {key: holes.get(key, value) for key, value in document.items()}


def _written(document: dict[str, Any]) -> Form:
    holes: list[Hole] = []

    def marked(value: Any) -> Any:
        if isinstance(value, Hole):
            holes.append(value)
            return f"\ue000{len(holes) - 1}\ue000"
        if isinstance(value, dict):
            return {k: marked(v) for k, v in value.items()}
        return [marked(v) for v in value] if isinstance(value, list) else value

    text = canonical(marked(document)).decode()
    order: list[Hole] = []
    pieces = [""]
    end = 0
    for found in _MARK.finditer(text):
        hole = holes[int(found[1])]
        order.append(hole)
        mark = '"' if hole.kind in TEXTS else ""
        pieces[-1] += text[end : found.start()] + mark
        pieces.append(mark)
        end = found.end()
    pieces[-1] += text[end:]
    return Form(tuple(pieces), tuple(order))
