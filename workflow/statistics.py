"""On-time figures from the ledger: by unit, kind, month or duty, with totals that add up (the appraisals of the sources need them).

Nothing is counted twice and nothing is left out in silence: every row that was ever owed is in exactly one column, so that the columns
add up to the rows. A row without a number has no date to be in time for; it is counted apart and takes no part in the rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from workflow.case.fold import Case
from workflow.moment import TICK
from workflow.obligation.row import Outcome, Row
from workflow.rules import World
from workflow.text import Text

UNNUMBERED, TARGET = "unnumbered", "target"
COLUMNS: dict[str, Text] = {
    Outcome.MET.value: Text("按时", "on time"),
    Outcome.MET_LATE.value: Text("迟延", "late"),
    Outcome.MISSED.value: Text("未完成", "missed"),
    Outcome.UNDETERMINABLE.value: Text("无法判定", "undeterminable"),
    Outcome.NOT_DUE.value: Text("未到期", "not due"),
    Outcome.DISCHARGED.value: Text("已解除", "discharged"),
    Outcome.WAIVED.value: Text("已免除", "waived"),
    TARGET: Text("力争(不计)", "targets (not counted)"),
    UNNUMBERED: Text("无数字期限", "without a number"),
}
"""Where a row is counted; the rate is made of the first three."""

KEYS: dict[str, Text] = {
    "unit": Text("单位", "unit"),
    "procedure": Text("程序", "procedure"),
    "duty": Text("义务", "duty"),
    "role": Text("责任", "owed by"),
    "month": Text("月份", "month"),
}
"""By what figures may be split."""


class Counted(NamedTuple):
    """One row of the ledger, in its case."""

    case: Case
    world: World
    row: Row


class Tally(NamedTuple):
    """How many rows stand in each of :data:`COLUMNS`."""

    columns: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.columns.values())

    @property
    def judged(self) -> int:
        """Rows that a rate can be made of: with a date that has been decided."""
        return sum(self.columns.get(o.value, 0) for o in (Outcome.MET, Outcome.MET_LATE, Outcome.MISSED))

    @property
    def per_mille(self) -> int | None:
        """On time, in thousandths of what is judged, halves rounded up; ``None`` when nothing is judged. An integer: no float decides."""
        met = self.columns.get(Outcome.MET.value, 0)
        return (2000 * met + self.judged) // (2 * self.judged) if self.judged else None


def column(row: Row) -> str:
    """Where a row is counted."""
    if row.due is None and row.outcome in (Outcome.MET, Outcome.NOT_DUE):
        return UNNUMBERED
    if row.duty.obligation.modality == "target":
        return TARGET
    return row.outcome.value


def reckoned(row: Row) -> datetime:
    """When a row is counted: just before it is due (a day term is due at the midnight that ends its last day), or at its start."""
    assert row.begin is not None
    return row.due.instant - TICK if row.due is not None else row.begin.moment.lo


def month(counted: Counted) -> str:
    """``2026-09``, in the zone of the procedure."""
    return f"{reckoned(counted.row).astimezone(counted.world.rules.zone):%Y-%m}"


def unit(counted: Counted) -> str:
    """The unit that owes: that of the post which the role meant when the duty began, else the unit of the case."""
    row = counted.row
    assert row.begin is not None
    post = counted.world.organisation.post_for(row.owed_by, counted.case.unit, row.begin.moment.lo)
    return post.unit if post is not None else counted.case.unit


_KEY: dict[str, Callable[[Counted], str]] = {
    "unit": unit,
    "procedure": lambda c: c.world.rules.procedure.procedure,
    "duty": lambda c: f"{c.world.rules.procedure.procedure}/{c.row.duty.id}",
    "role": lambda c: c.row.owed_by,
    "month": month,
}


def counted(case: Case, world: World, rows: Iterable[Row]) -> list[Counted]:
    """The rows of a case that count: those that began. A case opened by mistake counts nowhere (S7.2)."""
    return [] if case.void else [Counted(case, world, r) for r in rows if r.begin is not None]


def statistics(
    found: Iterable[Counted], by: tuple[str, ...], since: datetime | None = None, until: datetime | None = None
) -> dict[tuple[str, ...], Tally]:
    """The figures for each combination of ``by`` (names of :data:`KEYS`), in order of the keys; ``()`` gives one line for all.

    Only rows that are reckoned from ``since`` to ``until``, both included.
    """
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for one in found:
        at = reckoned(one.row)
        if (since is not None and at < since) or (until is not None and at > until):
            continue
        key = tuple(_KEY[name](one) for name in by)
        sums.setdefault(key, Counter())[column(one.row)] += 1
    return {key: Tally({c: n[c] for c in COLUMNS if n[c]}) for key, n in sorted(sums.items())}
