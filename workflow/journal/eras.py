"""The eras of a journal: which algorithm its entries and seals are in, and the acts that changed it (re-anchoring).

A journal keeps the algorithm that it was made with until it is re-anchored: then everything is sealed, and the first entry in the new
algorithm says what was there, in the new algorithm too. So the past is as sure as the better of the two. What is written after is in the
new algorithm; nothing that was there is changed. Without such an act a mixture is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workflow.journal.canonical import Algorithm, Json, digest
from workflow.journal.chain import Finding
from workflow.journal.entry import Entry, Stored
from workflow.journal.seal import StoredSeal
from workflow.journal.tree import Tree
from workflow.text import Text

REANCHORED = "reanchored"
"""Kind of the act, in the chain of the watch."""


@dataclass(frozen=True, slots=True)
class Eras:
    """``ends``: the number of the last seal of each era but the last, and its algorithm; what comes after is in ``last``."""

    last: str
    ends: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, seals: Iterable[StoredSeal], last: str) -> Eras:
        """What sound seals say; one that was edited says nothing. ``last`` is the algorithm of the journal now."""
        ends: list[tuple[int, str]] = []
        number, before = 0, ""
        for seal in seals:
            told = _told(seal)
            if before and told and told != before:
                ends.append((number, before))
            number, before = seal.number, told or before
        if before and before != last:
            ends.append((number, before))
        return cls(last, tuple(ends))

    def at(self, seal: object) -> str:
        """The algorithm of a seal, by number, and of what it covers; of what no seal covers, that of the journal."""
        if type(seal) is int:
            for number, algorithm in self.ends:
                if seal <= number:
                    return algorithm
        return self.last


def _told(seal: StoredSeal) -> str:
    if type(seal.number) is not int or type(seal.data) is not bytes or type(seal.hash) is not str:
        return ""
    name = seal.hash.partition(":")[0]
    sound = name in tuple(Algorithm) and seal.data.startswith(f'{{"algorithm":"{name}",'.encode())
    return name if sound and digest(seal.data, name) == seal.hash else ""


class Anchor:
    """What was there at the end of an era, computed in the algorithm of the next one, as the rows pass."""

    def __init__(self, number: int, before: str, after: str) -> None:
        self.number = number
        self.before = before
        self.after = after
        self._rows = Tree(after)

    def take(self, row: Stored) -> None:
        if type(row.seal) is int and row.seal <= self.number and type(row.data) is bytes:
            self._rows.add(row.data)

    def body(self, seals: Sequence[StoredSeal]) -> dict[str, Json]:
        """The body of the act."""
        there = [s for s in seals if type(s.number) is int and s.number <= self.number]
        return {
            "from": self.before,
            "to": self.after,
            "number": self.number,
            "seal": str(there[-1].hash) if there else "",
            "count": self._rows.count,
            "entries": self._rows.root,
            "seals": Tree(self.after, (s.data for s in there if type(s.data) is bytes)).root,
        }


class Anchors:
    """Whether each change of algorithm has its act, and each act says what is there."""

    def __init__(self, eras: Eras) -> None:
        after = [*(name for _, name in eras.ends[1:]), eras.last]
        self._anchors = [Anchor(number, name, then) for (number, name), then in zip(eras.ends, after, strict=False)]
        self._acts: list[Entry] = []

    def watch(self, rows: Iterable[Stored]) -> Iterator[Stored]:
        """The rows, taken as they pass."""
        if not self._anchors:
            yield from rows
            return
        for row in rows:
            for anchor in self._anchors:
                anchor.take(row)
            yield row

    def act(self, entry: Entry) -> None:
        """An entry of the kind :data:`REANCHORED`."""
        self._acts.append(entry)

    def findings(self, seals: Sequence[StoredSeal]) -> Iterator[Finding]:
        """``algorithm`` (it changed with no act), ``anchor`` (an act says something else than is there), once all rows have passed."""
        acts: dict[Any, Entry] = {entry.body.get("number"): entry for entry in self._acts}
        for anchor in self._anchors:
            act = acts.pop(anchor.number, None)
            if act is None:
                zh, en = "算法改变,而没有重新锚定的记录", "the algorithm changes here, and no act of re-anchoring says so"
                yield Finding("algorithm", f"seal {anchor.number + 1}", 0, Text(zh, en))
            elif dict(act.body) != anchor.body(seals):
                zh, en = "与重新锚定时的记录不同", "other entries or seals are there than were re-anchored"
                yield Finding("anchor", act.case, act.n, Text(zh, en))
        for act in acts.values():
            zh, en = "说已重新锚定,而算法没有改变", "it says that the journal was re-anchored, and the algorithm does not change"
            yield Finding("anchor", act.case, act.n, Text(zh, en))
