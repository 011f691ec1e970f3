"""What a case knew at an instant: its facts, what had happened, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from workflow.act import DECIDED
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.moment import TICK, unstamp
from workflow.obligation.evidence import holds_from
from workflow.procedure.condition import Known
from workflow.procedure.fact import is_unknown
from workflow.term import OfCase, Qualitative, Term, of_case
from workflow.term.model import Choice, OnDate

UNKNOWN_DAY = Qualitative("unset")


def known_at(case: Case, at: datetime, obligor: str = "") -> Known:
    """What the case knew at an instant: facts by when their statements hold, events by when they happened. Each is looked up when asked.

    Of what bears on a duty, what its ``obligor`` alone says holds from when it was entered.
    """
    return Known(_Facts(case, at), _Happened(case, at, obligor), _Decided(case, at, obligor))


def told(term: Term | None, case: Case, known: Known, zone: ZoneInfo) -> Term | None:
    """A term with the days in it that only the case knows: of a fact as it was known then, of the period in which a recurring duty runs.

    While a day is not known there is no number; beside other terms the earlier of which decides, the others decide.
    """
    if isinstance(term, OfCase):
        day = _day(term, case, known, zone)
        return UNKNOWN_DAY if day is None else OnDate(day.month, day.day, day.year)
    if isinstance(term, Choice) and of_case(term):
        parts = tuple(p for part in term.parts if (p := told(part, case, known, zone)) is not None)
        silent = term.later and any(p.qualitative for p in parts)
        return UNKNOWN_DAY if silent or all(p.qualitative for p in parts) else Choice(parts, term.later)
    return term


def _day(term: OfCase, case: Case, known: Known, zone: ZoneInfo) -> date | None:
    if not term.fact:
        period = case.opened.data.get("period")
        return (unstamp(str(period[1])).astimezone(zone) - TICK).date() if isinstance(period, list) else None
    value = known.facts.get(term.fact)
    return None if value is None or is_unknown(value) else date.fromisoformat(str(value))


class _Facts(Mapping[str, Json]):
    __slots__ = ("_at", "_changes")

    def __init__(self, case: Case, at: datetime) -> None:
        self._changes, self._at = case.facts, at

    def __getitem__(self, name: str) -> Json:
        for change in reversed(self._changes[name]):
            if change.effective <= self._at:
                return change.value
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:  # as it is inherited, without an exception for what is not known
        for change in reversed(self._changes.get(name, ())):
            if change.effective <= self._at:
                return change.value
        return default

    def __iter__(self) -> Iterator[str]:
        return (name for name, changes in self._changes.items() if any(c.effective <= self._at for c in changes))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Happened:
    __slots__ = ("_at", "_case", "_obligor")

    def __init__(self, case: Case, at: datetime, obligor: str) -> None:
        self._case, self._at, self._obligor = case, at, obligor

    def __contains__(self, event: object) -> bool:
        return any(holds_from(self._case, act, self._obligor) <= self._at for act in self._case.by_name.get(str(event), ()))


class _Decided(Mapping[str, bool]):
    __slots__ = ("_at", "_case", "_obligor")

    def __init__(self, case: Case, at: datetime, obligor: str) -> None:
        self._case, self._at, self._obligor = case, at, obligor

    def __getitem__(self, decision: str) -> bool:
        for act in reversed(self._case.kind(DECIDED, decision)):
            if holds_from(self._case, act, self._obligor) <= self._at:
                return bool(act.data.get("answer"))
        raise KeyError(decision)

    def __iter__(self) -> Iterator[str]:
        names = (key.partition(":")[2] for key in self._case.by_name if key.startswith(f"{DECIDED}:"))
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
