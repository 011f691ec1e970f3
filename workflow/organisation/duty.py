"""Who is on duty when (值班): tables of shifts, swaps, the end of a roster, and the gaps in it.

A later entry about the same span takes the place of the earlier one: a new table replaces everything of its post from its first shift to
the end of its last, a swap (换班) puts somebody else into the shifts of one person. Two people may be on duty at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from workflow.organisation.post import Lasting


class Shift(NamedTuple):
    """Somebody on duty during ``[since, until)``."""

    since: datetime
    until: datetime
    person: str
    instead_of: str = ""
    """Who was to be on duty before the last swap; empty where there was none."""
    swap: int = 0
    """The entry of the organisation's chain that holds the last swap, with its ground in the erasable part."""

    def covers(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def meets(self, since: datetime, until: datetime | None) -> bool:
        """Whether any of it lies in a span."""
        return self.until > since and (until is None or self.since < until)


@dataclass(frozen=True, slots=True)
class Table(Lasting):
    """A table of shifts of one post (值班表), as one entry; ``since`` and ``until`` are the outer ends of its shifts."""

    since: datetime
    until: datetime
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Swap(Lasting):
    """``to`` is on duty instead of ``person``."""

    person: str
    to: str
    since: datetime
    until: datetime
    n: int


@dataclass(frozen=True, slots=True)
class Closed:
    """No roster is kept from an instant on, until a table begins one again."""

    since: datetime


Planned = Table | Swap | Closed


@dataclass(frozen=True, slots=True)
class Roster:
    """The roster of one post after all its entries."""

    shifts: tuple[Shift, ...] = ()
    """By when they begin."""
    kept: tuple[tuple[datetime, datetime | None], ...] = ()
    """The spans during which there is a roster, so that an hour with nobody in it is a gap."""

    @classmethod
    def of(cls, entries: Iterable[Planned]) -> Roster:
        """The fold of what was entered for a post, in the order of the journal."""
        shifts: list[Shift] = []
        kept: list[tuple[datetime, datetime | None]] = []
        for entry in entries:
            if isinstance(entry, Table):
                shifts = [*_outside(shifts, entry.since, entry.until), *entry.shifts]
                kept = _opened(kept, entry)
            elif isinstance(entry, Swap):
                shifts = [part for shift in shifts for part in _swapped(shift, entry)]
            else:
                shifts = list(_outside(shifts, entry.since, None))
                kept = [(a, entry.since if b is None or b > entry.since else b) for a, b in kept if a < entry.since]
        return cls(tuple(sorted(shifts)), tuple(kept))

    def at(self, instant: datetime) -> list[Shift]:
        """The shifts that run at an instant; two where two people are on duty."""
        return [shift for shift in self.shifts if shift.covers(instant)]

    def between(self, since: datetime, until: datetime) -> list[Shift]:
        """The shifts of which any part lies in a span, whole."""
        return [shift for shift in self.shifts if shift.meets(since, until)]

    def next(self, after: datetime) -> list[Shift]:
        """The shifts that begin next after an instant, all that begin together."""
        later = [shift for shift in self.shifts if shift.since > after]
        return [shift for shift in later if shift.since == later[0].since]

    def is_kept(self, at: datetime) -> bool:
        return any(since <= at and (until is None or at < until) for since, until in self.kept)


def _opened(kept: list[tuple[datetime, datetime | None]], table: Table) -> list[tuple[datetime, datetime | None]]:
    """A roster is kept from its first table on, also after its last shift: that it ran out is a gap."""
    before = [(a, b) for a, b in kept if b is not None and b < table.since]
    begun = min([table.since, *(a for a, b in kept if b is None or b >= table.since)])
    return [*before, (begun, None)]


def _outside(shifts: Iterable[Shift], since: datetime, until: datetime | None) -> Iterable[Shift]:
    """What is left of the shifts outside of a span."""
    for shift in shifts:
        if not shift.meets(since, until):
            yield shift
            continue
        if shift.since < since:
            yield shift._replace(until=since)
        if until is not None and until < shift.until:
            yield shift._replace(since=until)


def _swapped(shift: Shift, swap: Swap) -> Iterable[Shift]:
    if shift.person != swap.person or not shift.meets(swap.since, swap.until):
        yield shift
        return
    yield from _outside([shift], swap.since, swap.until)
    inside = shift._replace(since=max(shift.since, swap.since), until=min(shift.until, swap.until))
    yield inside._replace(person=swap.to, instead_of=swap.person, swap=swap.n)
