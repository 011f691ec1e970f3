"""What a journal tells other programs of its cases: the public part of every entry, and how each duty stands. Nothing erasable leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from workflow.act import DEEDS, Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json, canonical
from workflow.moment import Moment
from workflow.obligation.row import Row
from workflow.rules import World

Value = str | int | bool | datetime
OWN = "duban:"
"""Prefix of names that no procedure has: entries that are no event of the procedure, and attributes of no extension."""
FACT = "fact:"


class ToldEvent(NamedTuple):
    """An entry. ``name`` is the event of the procedure, or ``duban:KIND`` for what is none (a receipt, a flag)."""

    n: int
    name: str
    at: datetime
    role: str
    person: str
    unit: str
    values: dict[str, Value]


class ToldDuty(NamedTuple):
    """An obligation as it stood at the as-of instant, and the entries that bear on it."""

    key: str
    owed_by: str
    owed_to: str
    values: dict[str, Value]
    acts: list[tuple[int, str]]
    """Number of an entry, and what it did: ``starts``, ``meets``, ``ends``."""


class ToldCase(NamedTuple):
    id: str
    values: dict[str, Value]
    events: list[ToldEvent]
    duties: list[ToldDuty]


def told(case: Case, acts: Iterable[Act], rows: Sequence[Row], world: World, proofs: Mapping[int, str]) -> ToldCase:
    """What is told of a case that was judged: these of its entries, whose hashes are ``proofs``.

    The case itself may hold more: transitions of the clock that nobody had entered yet at the as-of instant.
    """
    values: dict[str, Value] = {
        f"{OWN}procedure": case.procedure,
        f"{OWN}version": case.version,
        f"{OWN}definition": case.definition,
        f"{OWN}state": " ".join(case.state),
    }
    values |= {f"{OWN}unit": case.unit} if case.unit else {}
    values |= {f"{OWN}void": True} if case.void else {}
    values |= {f"{OWN}same_as": case.same_as} if case.same_as else {}
    events = [_event(act, proofs) for act in acts]
    return ToldCase(case.id, values, events, [_duty(row, world) for row in rows])


def _event(act: Act, proofs: Mapping[int, str]) -> ToldEvent:
    actor = act.actor
    values: dict[str, Value] = {f"{OWN}n": act.n, f"{OWN}entry": proofs[act.n], f"{OWN}kind": act.kind, f"{OWN}grade": act.grade}
    values[f"{OWN}recorded"] = act.recorded
    if act.kind not in DEEDS and act.name:
        values[f"{OWN}name"] = act.name
    for name, moment in (("", act.happened), ("submitted", act.submitted), ("received", act.received)):
        values |= _moment(name, moment)
    if actor is not None:
        values |= {f"{OWN}{k}": v for k, v in (("post", actor.post), ("acting_for", actor.acting_for)) if v}
    if act.deviations:
        values[f"{OWN}deviations"] = " ".join(act.deviations)
    facts = act.data.get("facts")
    if isinstance(facts, Mapping):
        values |= {FACT + name: _word(value) for name, value in facts.items()}
    name = act.name if act.kind in DEEDS else OWN + act.kind
    who = (actor.role, actor.person or "", actor.unit or "") if actor is not None else ("", "", "")
    return ToldEvent(act.n, name, act.happened.lo, *who, values)


def _moment(name: str, moment: Moment | None) -> dict[str, Value]:
    """An instant by its name; where it is not exact, also until when it may have been."""
    if moment is None:
        return {}
    found: dict[str, Value] = {f"{OWN}{name}": moment.lo} if name else {}
    return found if moment.exact else found | {f"{OWN}{name}{'_' if name else ''}until": moment.hi}


def _word(value: Json) -> Value:
    return value if isinstance(value, str | int) else canonical(value).decode()


def _duty(row: Row, world: World) -> ToldDuty:
    values: dict[str, Value] = {"duty": row.duty.id, "procedure": world.rules.procedure.ref, "outcome": row.outcome.value}
    if row.reason:
        values["reason"] = row.reason
    if row.begin is not None:
        values |= {"started": row.begin.moment.lo}
    if row.due is not None:
        values |= {"due": row.due.instant}
    if row.met_at is not None:
        values |= {"met": row.met_at.lo}
    if row.late is not None:
        values |= {"late_seconds": int(row.late.clock.total_seconds())}
    acts = [(n, what) for n, what in ((row.begin and row.begin.act, "starts"), (row.met_by, "meets"), (row.ended_by, "ends")) if n]
    return ToldDuty(row.key, row.owed_by, row.owed_to, values, acts)


def stamped(value: datetime) -> str:
    """ISO 8601 as every program reads it: UTC, milliseconds, or microseconds where there are any."""
    there = value.astimezone(UTC)
    return there.isoformat("T", "microseconds" if there.microsecond % 1000 else "milliseconds")
