"""The days of a calendar laid out for counting: who counts working days looks them up instead of walking through them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from workflow.calendar.notice import Notice, Overlay

NEW_YEAR = "元旦"


@dataclass(frozen=True, slots=True)
class Table:
    """Days are ordinals, or indices counted from ``base``, the first day of the first year."""

    base: int
    working: list[bool]
    before: list[int]
    """``before[i]``: the working days strictly before ``base + i``."""
    ordinals: list[int]
    """The working days."""
    revisions: list[int | None]
    """For each day the revision of its year; ``None`` for a year without a notice."""
    open: Mapping[int, bool]
    """Days that a notice to come may change: into a working day (true, of a weekend) or a day off (false)."""
    unsure: list[int]
    """Sorted: the open days, and every day of a year without a notice."""
    holes: tuple[int, ...]
    """Years within the table of which nothing is known, not even the statutory days."""

    def sure(self, after: int, until: int) -> bool:
        """Whether no ordinal in ``(after, until]`` is unsure."""
        unsure = self.unsure
        if not unsure or until < unsure[0]:
            return True
        at = bisect_left(unsure, after + 1)
        return at == len(unsure) or unsure[at] > until

    def hole(self, first: int, last: int) -> int | None:
        """A year between two ordinals of which nothing is known."""
        if not self.holes:
            return None
        low, high = date.fromordinal(first).year, date.fromordinal(last).year
        return next((year for year in self.holes if low <= year <= high), None)


def build(
    used: Mapping[int, Notice],
    statutory: Mapping[date, str],
    overlays: Sequence[Overlay],
    windows: Mapping[str, Mapping[str, tuple[int, int]]],
) -> Table | None:
    """The table of the years that have a notice or statutory days; ``None`` when there is none."""
    known = {*used, *(d.year for d in statutory)}
    if not known:
        return None
    base, end = date(min(known), 1, 1).toordinal(), date(max(known), 12, 31).toordinal()
    working = [o % 7 not in (0, 6) for o in range(base, end + 1)]  # ordinal 1 is a Monday
    changed: dict[date, bool] = {d: False for d in statutory if d.year not in used}
    for _, notice in sorted(used.items()):
        changed.update(dict.fromkeys(notice.off, False))
        changed.update(dict.fromkeys(notice.work, True))
    for overlay in overlays:
        changed.update(dict.fromkeys(overlay.off, False))
        changed.update(dict.fromkeys(overlay.work, True))
    for day, works in changed.items():
        if base <= day.toordinal() <= end:
            working[day.toordinal() - base] = works
    before, ordinals = [0], []
    for i, works in enumerate(working):
        if works:
            ordinals.append(base + i)
        before.append(before[-1] + works)
    opened = _open_days(used, statutory, windows)
    unsure = set(opened)
    for year in range(min(known), max(known) + 1):
        if year not in used:
            unsure.update(range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
    holes = tuple(year for year in range(min(known), max(known) + 1) if year not in known)
    years = (date.fromordinal(o).year for o in range(base, end + 1))
    revisions = [used[year].revision if year in used else None for year in years]
    return Table(base, working, before, ordinals, revisions, opened, sorted(unsure), holes)


def _open_days(
    used: Mapping[int, Notice], statutory: Mapping[date, str], windows: Mapping[str, Mapping[str, tuple[int, int]]]
) -> dict[int, bool]:
    firsts: dict[tuple[int, str], date] = {}
    for day, name in sorted(statutory.items()):
        if day.year not in used:
            firsts.setdefault((day.year, name), day)
    for year in used:  # the end of December before a year of which not even the statutory days are known
        if year + 1 not in used:
            firsts.setdefault((year + 1, NEW_YEAR), date(year + 1, 1, 1))
    found: dict[int, bool] = {}
    certain = {d.toordinal() for d in statutory}
    for (_, name), first in firsts.items():
        for works in (False, True):
            low, high = windows.get(name, {}).get("work" if works else "off", (0, 0))
            for ordinal in range(first.toordinal() + low, first.toordinal() + high + 1):
                if (ordinal % 7 in (0, 6)) == works and ordinal not in certain:
                    found[ordinal] = works
    return found
