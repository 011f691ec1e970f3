"""Cases that agree in all that bears on a duty (:mod:`workflow.obligation.bearing`), found by columns.

What is compared is exact, never a hash of it: which events there are, which of them are of the same instant, and for each due date how
many of them come before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.columns.days import UNSURE, Dues
from adapters.columns.source import Columns, Symbol, Whole
from adapters.columns.walk import Walk
from workflow.obligation.bearing import Bearing
from workflow.term import Term

_ROOM = 2**62


class Projection(NamedTuple):
    """The events of every case that bear on one duty."""

    events: Whole
    first: Whole
    """Where those of each case begin; one more than there are cases."""
    word: Whole
    """What each is, as far as it bears on the duty."""
    words: int
    counted: NDArray[np.bool_]
    """Whether a term may be counted from it."""


class Pattern(NamedTuple):
    """The cases by what bears on one duty."""

    number: Whole
    """Of the pattern of each case; -1 for cases that are left out."""
    cases: Whole
    """For each pattern the first case that has it."""


def projected(columns: Columns, walked: Walk, bearing: Bearing) -> Projection:
    """The events that bear on a duty: by name, the opening where it counts, a fact, and what ends the case."""
    index: dict[object, int] = {}
    word = np.zeros(max(1, len(columns.symbols)), dtype=np.int64)
    bears = np.zeros(max(1, len(columns.symbols)), dtype=bool)
    counted = np.zeros(max(1, len(columns.symbols)), dtype=bool)
    for n, symbol in enumerate(columns.symbols):
        said = _said(symbol, bearing)
        bears[n] = said is not None
        counted[n] = symbol.name in bearing.starts or (bearing.closely and said is not None)
        word[n] = index.setdefault(said, len(index))
    mask = bears[columns.symbol] | walked.ends
    opening = np.zeros(len(columns.at), dtype=bool)
    if bearing.opening:
        opening[columns.first[:-1]] = True
        mask |= opening
    events = np.flatnonzero(mask)
    ends = walked.ends[events]
    opens = opening[events]
    full = (word[columns.symbol[events]] * 2 + ends) * 2 + opens
    first = np.searchsorted(events, columns.first)
    return Projection(events, first, full, 4 * max(1, len(index)), counted[columns.symbol[events]] | opens)


def _said(symbol: Symbol, bearing: Bearing) -> tuple[object, ...] | None:
    """What an event says to a duty; ``None``: nothing. Only of an activity that the map knows it is known how a report was sent."""
    facts = tuple((name, value) for name, value in symbol.facts if name in bearing.facts)
    return (symbol.name, symbol.known, facts) if facts or symbol.name in bearing.names else None


def patterns(
    columns: Columns, found: Projection, dues: Mapping[Term, Dues], bearing: Bearing, left_out: NDArray[np.bool_], until: int
) -> Pattern:
    """The cases by all that bears on a duty. ``dues`` are those of the events of ``found``."""
    length = np.diff(found.first)
    number = np.full(len(length), -1, dtype=np.int64)
    cases: list[Whole] = []
    count = 0
    for size in np.unique(length[~left_out]):
        these = np.flatnonzero((length == size) & ~left_out)
        if size == 0:
            codes = np.zeros(len(these), dtype=np.int64)
        else:
            place = found.first[these][:, None] + np.arange(size)
            codes = _mixed(_looks(columns, found, dues, bearing, place, until), len(these))
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        number[these] = inverse + count
        cases.append(these[first])
        count += len(first)
    return Pattern(number, np.concatenate(cases) if cases else np.zeros(0, dtype=np.int64))


def _looks(
    columns: Columns, found: Projection, dues: Mapping[Term, Dues], bearing: Bearing, place: Whole, until: int
) -> Iterable[tuple[Whole, int]]:
    """The columns that tell patterns apart, each with a number that all its values are below."""
    size = place.shape[1]
    at = columns.at[found.events[place]]
    for n in range(size):
        yield found.word[place[:, n]], found.words
    for n in range(1, size):
        yield (at[:, n] == at[:, n - 1]).astype(np.int64), 2
    instants: list[Whole] = []
    for due in dues.values():
        for n in range(size):
            counted = found.counted[place[:, n]]
            if not counted.any():
                continue
            runs_out = due.at[place[:, n]]
            before = (at < runs_out[:, None]).sum(axis=1)
            by = (at <= runs_out[:, None]).sum(axis=1)
            yield np.where(counted, before, size + 1), size + 2
            yield np.where(counted, by, size + 1), size + 2
            yield np.where(counted, np.sign(runs_out - until) + 1, 0), 3
            if due.ends is not None:
                yield np.where(counted, due.ends[place[:, n]], 0), 4
            instants.append(np.where(counted, runs_out, UNSURE))
    if bearing.closely and instants:
        yield from _ranks(np.stack(instants, axis=1))


def _ranks(values: Whole) -> Iterable[tuple[Whole, int]]:
    """The place of each value among the different ones of its row: equal where all comparisons between two of a row come out alike."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    places = np.zeros_like(values)
    np.put_along_axis(places, order, np.cumsum(np.diff(ordered, axis=1, prepend=ordered[:, :1]) != 0, axis=1), axis=1)
    for column in places.T:
        yield column, values.shape[1]


def _mixed(looks: Iterable[tuple[Whole, int]], count: int) -> Whole:
    """One number for each row of several columns, equal where all of them are."""
    mixed = np.zeros(count, dtype=np.int64)
    room = 1
    for column, below in looks:
        if room * below >= _ROOM:
            used, mixed = np.unique(mixed, return_inverse=True)
            room = len(used)
        mixed = mixed * below + column
        room *= below
    return mixed
