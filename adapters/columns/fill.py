"""Forms filled in for all cases of a pattern: dates and lengths by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import repeat
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from adapters.columns.days import DAY, FAR, UNSURE, Days, Dues, by_day, dues
from adapters.columns.form import Form, Hole, Unfit
from adapters.columns.source import Whole, instant
from workflow import term as terms
from workflow.calendar import Calendar
from workflow.errors import CalendarGap
from workflow.term import Due, Term

SECOND = 1_000_000
_DAYS = 10_000_000
"""More than there are days, so that one number names a due date and a day."""
Words = NDArray[np.object_]

Shown = Callable[[Hole], Sequence[str]]
"""Gives the proofs that a hole asks for, of all cases of a pattern."""


def stamps(at: Whole) -> Words:
    """The canonical texts of instants: :func:`workflow.moment.stamp` for very many."""
    different, number = np.unique(at, return_inverse=True)
    texts = np.datetime_as_string(different.astype("datetime64[us]"), unit="us")
    return words([f"{t}Z" for t in texts.tolist()])[number]


def words(texts: Sequence[str]) -> Words:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found


class Filler:
    """Fills in the rows of one duty. ``due`` are the dates that ``term`` gives; ``None``: it has no number. ``at`` are the instants of the
    events of the duty, and ``texts`` their stamps."""

    def __init__(self, days: Days, calendar: Calendar, term: Term | None, due: Dues | None, until: int, at: Whole, texts: Words) -> None:
        self._days, self._calendar, self._term, self._due, self._until = days, calendar, term, due, until
        self._at, self._texts = at, texts
        self._known: dict[str, dict[int, str]] = {"late_days": {}, "margin": {}}

    def fill(self, form: Form, where: Whole, shown: Shown) -> list[str]:
        """The form for the cases of its pattern: a row of ``where`` has the places of one's events among those of the duty."""
        first, *rest = form.pieces
        columns: list[Iterable[str]] = [repeat(first, len(where))]
        for hole, piece in zip(form.holes, rest, strict=True):
            columns += [shown(hole) if hole.events else self._column(hole, where), repeat(piece, len(where))]
        return list(map("".join, zip(*columns, strict=True)))

    def _column(self, hole: Hole, where: Whole) -> Iterable[str]:
        begun = where[:, hole.start]
        if hole.kind == "at":
            return cast("list[str]", self._texts[begun].tolist())
        if hole.kind in _OF_START:
            return cast("list[str]", self._of_start[hole.kind][begun].tolist())
        start = self._at[begun]
        end = self._at[where[:, hole.end]] if hole.end >= 0 else np.full(len(where), self._until)
        if hole.kind == "elapsed":
            length = (end - start) // SECOND
            return map(str, length.tolist() if hole.end >= 0 else np.maximum(length, 0).tolist())
        assert self._due is not None
        due = self._due.at[begun]
        if hole.kind == "late":
            return map(str, ((end - due) // SECOND).tolist())
        days = self._working_days(hole.kind, due, self._due.which[begun], end)
        if hole.kind == "late_days":
            return days
        spare = ((due - end) // SECOND).tolist()
        return [f'{{"spare":{t}{since}{d}}}' for t, since, d in zip(spare, self._starts(start, due, end), days, strict=True)]

    @cached_property
    def _of_start(self) -> dict[str, Words]:
        """What the start alone decides, for every event of the duty."""
        if self._due is None:
            return {"month": self._months(self._at)}
        if not self._due.dates:
            due = self._due.at
            return {"due": stamps(due), "month": self._months(due - 1), "revision": words(["null"] * len(due))}
        dates, which = self._due.dates, self._due.which
        at = np.array([UNSURE if d is None else 0 for d in dates], dtype=np.int64)
        at[which] = self._due.at
        sure = at != UNSURE
        texts = {"due": words([""] * len(at)), "month": words([""] * len(at))}
        texts["due"][sure], texts["month"][sure] = stamps(at[sure]), self._months(at[sure] - 1)
        texts["revision"] = words(["null" if d is None or d.revision is None else str(d.revision) for d in dates])
        return {kind: found[which] for kind, found in texts.items()}

    def _months(self, at: Whole) -> Words:
        days, number = np.unique(self._days.of(at), return_inverse=True)
        return words([f"{date.fromordinal(int(d)):%Y-%m}" for d in days])[number]

    def _working_days(self, kind: str, due: Whole, which: Whole, end: Whole) -> list[str]:
        """As :func:`workflow.term.lateness` and :func:`workflow.margin.margin` count them: the days of both instants decide."""
        if which[0] < 0 and kind == "margin":
            return [""] * len(end)
        days = self._days.of(end)
        keys = np.where(which >= 0, which, -1 - self._days.of(due))
        codes = (keys * _DAYS + days).tolist()
        known, text = self._known[kind], _late if kind == "late_days" else _spare
        found = [known.get(code) for code in codes]
        for n in [n for n, said in enumerate(found) if said is None]:
            code = codes[n]
            if code not in known:
                known[code] = text(self._between(int(keys[n]), instant(due[n]), instant(end[n])))
            found[n] = known[code]
        return cast("list[str]", found)

    def _between(self, which: int, due: datetime, at: datetime) -> int | None:
        """The working days that an act has to spare; negative: by which it is late. ``None``: no calendar says."""
        one = (self._due.dates[which] if self._due is not None and which >= 0 else None) or Due(due, True, None, False, due, due, None)
        if not one.in_time(at):
            late = terms.lateness(one, at, self._calendar, self._days.zone).working_days
            return None if late is None else -late
        if one.last_day is None:
            return None
        try:
            return self._calendar.working_between(at.astimezone(self._days.zone).date(), one.last_day)
        except CalendarGap:
            return None

    def _starts(self, start: Whole, due: Whole, end: Whole) -> list[str]:
        """The earliest start from which an act at ``end`` is in time."""
        assert self._due is not None and self._term is not None
        if not self._due.dates:  # counted by the clock
            return [f',"start_from":"{t}"' for t in stamps(end - (due - start))]
        if not by_day(self._term):
            raise Unfit
        low, runs_out, texts, inclusive = self._starting
        side: Literal["left", "right"] = "left" if inclusive else "right"
        index = np.searchsorted(runs_out, end, side=side)
        day = self._days.of(end)
        if (index == 0).any() or (index + low > day).any():
            raise Unfit  # with no start in time, or with every one that was looked at
        return cast("list[str]", texts[index].tolist())

    @cached_property
    def _starting(self) -> tuple[int, Whole, Words, bool]:
        """The days on which a start might have been, when the term runs out from each, and what is said of it. Raises :class:`Unfit`."""
        assert self._due is not None and self._term is not None
        sure = self._due.at != UNSURE
        length = int((self._due.at - self._at)[sure].max() // DAY) + 40
        last = max(int(self._at.max()), self._until)
        low, high = (int(d) for d in self._days.of(np.array([int(self._at.min()), last])))
        if length >= low or high - low > FAR:
            raise Unfit
        midnights = self._days.midnights(low - length, high)
        runs_out = dues(self._term, midnights, self._days, self._calendar).at
        inclusive = {d.inclusive for d in self._due.dates if d is not None}
        good = runs_out != UNSURE
        if len(inclusive) != 1 or not good.any():
            raise Unfit
        first, end = int(np.argmax(good)), len(good) - int(np.argmax(good[::-1]))
        if not good[first:end].all():
            raise Unfit
        texts = words([f',"start_from":"{t}"' for t in stamps(midnights[first:end])] + [""])
        return low - length + first, runs_out[first:end], texts, inclusive == {True}


def _late(days: int | None) -> str:
    return "null" if days is None else str(-days)


def _spare(days: int | None) -> str:
    return "" if days is None else f',"working_days":{days}'


_OF_START = frozenset({"due", "month", "revision"})
