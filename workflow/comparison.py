"""Two replays of the same cases side by side: what becomes of each duty under other rules, another calendar, or with what was known then.

Duties are matched by their keys, which are stable (``docs/reference/outcomes.md``), never by their place. Each side is a report of its own
with its own digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from workflow.act import DEEDS
from workflow.errors import IntegrityError
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.obligation.row import Row
from workflow.replay import Judged, Report, row_document
from workflow.text import Text

SAME, CHANGED, NOT_THERE, NEW = "same", "changed", "not_there", "new"

WHY = {
    "not_there": Text("另一侧没有此项义务", "the other side has no such duty"),
    "new": Text("只有另一侧有此项义务", "only the other side has this duty"),
    "no_case": Text("另一侧没有此案件", "the other side has no such case"),
    "start": Text("起算不同", "another start"),
    "term": Text("期限不同", "another term"),
    "clause": Text("条款不同", "another clause"),
    "pause": Text("暂停不同", "other pauses"),
    "revision": Text("期限变动不同", "the date was moved otherwise"),
    "calendar": Text("日历上的日子不同", "another day of the calendar"),
    "act": Text("履行的记录不同", "fulfilled by another act"),
    "ended": Text("解除的记录不同", "ended by another act"),
    "instant": Text("判定的时点不同", "judged as of another instant"),
}
"""Why a duty comes out otherwise, as codes of what differs."""

_SHOWN = ("outcome", "reason", "start", "met", "late", "bounds")


class Side(NamedTuple):
    """What is kept of a case of the other side."""

    state: Sequence[str] = ()
    deviations: Sequence[tuple[str, str]] = ()
    """Event (or kind of act) and code of each that departs from the procedure."""
    rows: Mapping[str, dict[str, Any]] = MappingProxyType({})


@dataclass(slots=True)
class Comparison:
    """Takes the cases of the other side first, then those of the base, each case once; what it has taken of both it forgets."""

    asked: Mapping[str, Json]
    """How the other side differs: ``mode``, and what was asked for."""
    report: Report
    """Of the other side."""
    rows: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Outcome in the base and in the other side, of the rows that both have."""
    why: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(``event``, ``state``, ``fact`` or ``act``; its name) of the record, of which the other side knows nothing."""
    _kept: dict[str, Side] = field(default_factory=dict)

    def keep(self, judged: Judged) -> None:
        """Take in a case of the other side."""
        if judged.case.listed:
            self._kept[judged.case.id] = _side(judged)

    def take(self, judged: Judged) -> dict[str, Json] | None:
        """Compare a case of the base; returns what differs, ``None`` where nothing does."""
        if not judged.case.listed:
            self._kept.pop(judged.case.id, None)
            return None
        return self._compared(_side(judged), self._kept.pop(judged.case.id, None))

    def rest(self) -> None:
        """Take in the cases that only the other side has."""
        for case in list(self._kept):
            self._compared(Side(), self._kept.pop(case))

    def _compared(self, base: Side, other: Side | None) -> dict[str, Json] | None:
        there = other.rows if other is not None else {}
        found: list[Json] = []
        for key in (*base.rows, *(k for k in there if k not in base.rows)):
            mine, theirs = base.rows.get(key), there.get(key)
            codes = differences(mine, theirs) if other is not None else ["no_case"]
            kind = NOT_THERE if theirs is None else NEW if mine is None else CHANGED if codes else SAME
            self.rows[kind] += 1
            self.why.update(codes)
            if mine is not None and theirs is not None:
                self.outcomes[mine["outcome"], theirs["outcome"]] += 1
            if codes:
                found.append({"row": key, "base": _shown(mine), "other": _shown(theirs), "why": list[Json](codes)})
        document: dict[str, Json] = {"rows": found} if found else {}
        if other is not None and base.state != other.state:
            document["state"] = [list(base.state), list(other.state)]
        if other is not None and base.deviations != other.deviations:
            document["deviations"] = [[list(d) for d in base.deviations], [list(d) for d in other.deviations]]
        self.cases[CHANGED if document else SAME] += 1
        return document or None

    def merge(self, other: Comparison) -> None:
        """Take in the comparison of other cases of the same log."""
        self.report.merge(other.report)
        for mine, theirs in ((self.rows, other.rows), (self.cases, other.cases), (self.why, other.why)):
            mine.update(theirs)
        self.outcomes.update(other.outcomes)
        self.unmapped.update(other.unmapped)

    def document(self, base: Report) -> dict[str, Json]:
        """The comparison as canonical data. Raises :class:`~workflow.errors.IntegrityError` when its totals are not those of both sides."""
        counts = (self.rows[SAME] + self.rows[CHANGED] + self.rows[NOT_THERE], self.rows[SAME] + self.rows[CHANGED] + self.rows[NEW])
        if counts != (base.rows, self.report.rows):
            raise IntegrityError(
                Text("控制总数不符:对照", f"control totals differ: compared {counts} duties of {base.rows} and {self.report.rows}")
            )
        names = sorted({kind for kind, _ in self.unmapped})
        return {
            **self.asked,
            "base": base.digest,
            "other": self.report.document(),
            "rows": {kind: self.rows[kind] for kind in (SAME, CHANGED, NOT_THERE, NEW)},
            "cases": {kind: self.cases[kind] for kind in (SAME, CHANGED)},
            "outcomes": [[mine, theirs, n] for (mine, theirs), n in sorted(self.outcomes.items())],
            "why": {code: self.why[code] for code in sorted(self.why)},
            "unmapped": {kind: {name: n for (k, name), n in sorted(self.unmapped.items()) if k == kind} for kind in names},
        }


def _side(judged: Judged) -> Side:
    case = judged.case
    deviations = [(act.name if act.kind in DEEDS else act.kind, code) for act in case.acts for code in act.deviations]
    return Side(case.state, deviations, {row.key: _row(row, judged) for row in judged.rows})


def _row(row: Row, judged: Judged) -> dict[str, Any]:
    rules = judged.world.of(row.definition).rules
    return {**row_document(row, judged.case), "clauses": [[c["document"], c["clause"]] for c in clauses(row, rules.procedure)]}


def differences(base: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> list[str]:
    """The codes of :data:`WHY` for a row of either side; none where it comes out alike."""
    if base is None or other is None:
        return [NEW] if base is None else [NOT_THERE]
    mine, theirs = _revisions(base), _revisions(other)
    found = []
    if base.get("start") != other.get("start"):
        found.append("start")
    if [v["term"] for v in mine[:1]] != [v["term"] for v in theirs[:1]]:
        found.append("term")
    if base["clauses"] != other["clauses"]:
        found.append("clause")
    if _last(mine, "pauses") != _last(theirs, "pauses"):
        found.append("pause")
    if [(v["why"], v["term"]) for v in mine[1:]] != [(v["why"], v["term"]) for v in theirs[1:]]:
        found.append("revision")
    if _last(mine, "due") != _last(theirs, "due") and not {"start", "term", "pause", "revision"} & set(found):
        found.append("calendar")
    if (base.get("met"), base.get("met_by")) != (other.get("met"), other.get("met_by")):
        found.append("act")
    if base.get("ended_by") != other.get("ended_by"):
        found.append("ended")
    if not found and any(base.get(name) != other.get(name) for name in ("outcome", "reason")):
        found.append("instant")
    if not found and base.get("late") != other.get("late"):  # late by as much on the clock: the working days in it are others
        found.append("calendar" if base.get("late", [0])[0] == other.get("late", [0])[0] else "instant")
    return found


def _revisions(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = row.get("revisions", ())
    return found


def _last(revisions: Sequence[Mapping[str, Any]], name: str) -> Any:
    return revisions[-1].get(name) if revisions else None


def _shown(row: Mapping[str, Any] | None) -> Json:
    """What is shown of one side of a row."""
    if row is None:
        return None
    found: dict[str, Json] = {name: row[name] for name in _SHOWN if name in row}
    revisions = _revisions(row)
    if revisions:
        found |= {"term": revisions[-1]["term"], "due": revisions[-1].get("due"), "inclusive": revisions[-1].get("inclusive")}
    return {**{k: v for k, v in found.items() if v is not None}, "clauses": row["clauses"]}
