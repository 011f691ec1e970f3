"""An earlier copy of a journal that somebody kept: with it, the very entry is named at which a rewritten one departs.

A checkpoint shows that something before it was rewritten, and no root can say what. A copy can: an export or a bundle of any age.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflow.journal.chain import Finding
from workflow.journal.entry import Stored
from workflow.text import Text


class Earlier:
    """Compares the rows of a journal, as they pass, with those of a copy. Only hashes are kept; that they are those of the bytes is for the
    verification of each to say."""

    def __init__(self, rows: Iterable[Stored]) -> None:
        self._kept = {(row.case, row.n): row.hash for row in rows}
        self._changed: dict[str, int] = {}

    def watch(self, rows: Iterable[Stored]) -> Iterator[Stored]:
        """The rows, compared as they pass."""
        for row in rows:
            kept = self._kept.pop((row.case, row.n), None)
            if kept is not None and kept != row.hash:
                self._changed[row.case] = min(row.n, self._changed.get(row.case, row.n))
            yield row

    def findings(self) -> list[Finding]:
        """The first entry of each case that is another one (``rewritten``) or not there (``truncated``), once all rows have passed."""
        gone: dict[str, int] = {}
        for case, n in self._kept:
            gone[case] = min(n, gone.get(case, n))
        found = []
        for case in sorted({*gone, *self._changed}):
            changed, lost = self._changed.get(case), gone.get(case)
            if lost is not None and (changed is None or lost < changed):
                zh, en = "先前的副本里有,现在不见了", "it is in the earlier copy, and not here any more"
                found.append(Finding("truncated", case, lost, Text(zh, en)))
            elif changed is not None:
                found.append(Finding("rewritten", case, changed, Text("与先前的副本不同", "it is another one than in the earlier copy")))
        return found
