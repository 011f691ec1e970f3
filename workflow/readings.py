"""Every reading of an ambiguous wording: the rows of a case, assessed by the same ledger with another term in the place of the one in use.

A wording that a definition calls ambiguous (``ambiguous:`` with ``readings``) bears on the alternatives of the term that carry its note, or
that are the reading in use (``is: as read``). A duty whose wording is not ambiguous has one reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.obligation.carry import duties_of
from workflow.obligation.ledger import assess
from workflow.obligation.row import Outcome, Row
from workflow.procedure.model import Obligation
from workflow.rules import Rules, World
from workflow.term import Term
from workflow.text import Text

NOT_THERE = "not_there"
"""In place of an outcome: under this reading there is no such row."""
NOT_THERE_TEXT = Text("没有此项", "not there")

SECOND = timedelta(seconds=1)
LATE = (Outcome.MET_LATE.value, Outcome.MISSED.value)


class Reading(NamedTuple):
    """The rows of a duty under one reading of its wording."""

    term: Term
    rows: Sequence[Row]

    def row(self, base: Row) -> Row | None:
        """What becomes of ``base``, the row under the reading in use."""
        return next((r for r in self.rows if r.key == base.key), None)

    def document(self, base: Row) -> dict[str, Json]:
        row = self.row(base)
        found: dict[str, Json] = {"term": str(self.term), "outcome": row.outcome.value if row is not None else NOT_THERE}
        current = base.current
        if current is not None and current.alternative is not None and base.duty.obligation.term[current.alternative].term == self.term:
            found["in_use"] = True
        if row is not None and row.reason:
            found["reason"] = row.reason
        if row is not None and row.due is not None:
            found["due"] = stamp(row.due.instant)
        if row is not None and row.late is not None:
            found["late"] = [row.late.clock // SECOND, row.late.working_days]
        return found


Versioned = tuple[str, str]
"""Hash of the version by which a row stands, and the duty."""


def readings(case: Case, rows: Sequence[Row], world: World, as_of: datetime) -> Mapping[Versioned, Sequence[Reading]]:
    """For each ambiguous duty that one of the rows is of, its rows under every reading, in the order of the definition; a reading in use
    that it does not list comes first."""
    found: dict[Versioned, Sequence[Reading]] = {}
    for row in rows:
        if row.duty.obligation.ambiguous is None or not concerns(row):
            continue
        rules = world.of(row.definition).rules
        if (rules.hash, row.duty.id) not in found:
            found[rules.hash, row.duty.id] = [
                Reading(term, _assessed(row, case, _under(world, other), as_of)) for term, other in _reread(_ByHash(rules), row.duty.id)
            ]
    return found


def _assessed(base: Row, case: Case, world: World, as_of: datetime) -> list[Row]:
    """The rows of a duty that stand by the same version as ``base``, in a world in which it is read otherwise."""
    duty = duties_of(case.known(as_of), world)[base.duty.id]
    return [row for row in assess([duty], case, world, as_of) if row.definition == base.definition]


def concerns(row: Row) -> bool:
    """Whether a date of a row rests on the ambiguous wording."""
    about = _ambiguous(row.duty.obligation)
    return any(v.alternative in about for v in row.revisions)


def _ambiguous(obligation: Obligation) -> Sequence[int]:
    """The alternatives of a term that the ambiguity is about."""
    ambiguity = obligation.ambiguous
    if ambiguity is None or not ambiguity.readings:
        return ()
    return [i for i, a in enumerate(obligation.term) if a.note or a.term == ambiguity.use]


class _ByHash(NamedTuple):
    """Rules as a key that is quick to compare, and that holds no more than the very content it was made of."""

    rules: Rules

    def __hash__(self) -> int:
        return hash(self.rules.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByHash) and self.rules.hash == other.rules.hash and self.rules.procedure is other.rules.procedure


@lru_cache(maxsize=256)
def _reread(key: _ByHash, duty: str) -> Sequence[tuple[Term, Rules]]:
    """The version once for each reading of a duty, otherwise as it is."""
    rules = key.rules
    procedure, obligation = rules.procedure, rules.procedure.obligations[duty]
    about = _ambiguous(obligation)
    listed = obligation.ambiguous.readings if obligation.ambiguous is not None else ()
    every = [*(t for i in about if (t := obligation.term[i].term) not in listed), *listed]

    def read(term: Term) -> Rules:
        alternatives = tuple(a.model_copy(update={"term": term}) if i in about else a for i, a in enumerate(obligation.term))
        other = obligation.model_copy(update={"term": alternatives})
        return Rules(procedure.model_copy(update={"obligations": {**procedure.obligations, duty: other}}), rules.hash)

    return [(term, read(term)) for term in dict.fromkeys(every)]


def _under(world: World, rules: Rules) -> World:
    """The world with one version read otherwise."""
    versions = {**world.versions, rules.hash: rules} if rules.hash in world.versions else world.versions
    return replace(world, rules=rules if rules.hash == world.rules.hash else world.rules, versions=versions)


def said(found: Sequence[Mapping[str, Any]]) -> Text:
    """One sentence for the ``readings`` of a row in a dossier: ``late on 3 of 8 readings``. Empty where there are none."""
    total = len(found)
    if not total:
        return Text("", "")
    late = sum(1 for f in found if f["outcome"] in LATE)
    doubtful = sum(1 for f in found if f["outcome"] == Outcome.UNDETERMINABLE.value)
    if late == total:
        return Text(f"{total} 种读法均迟延", f"late on all {total} readings" if total > 1 else "late on the only reading")
    if not late and not doubtful:
        return Text(f"{total} 种读法均不迟延", "in time on every reading")
    zh, en = [], []
    if late:
        zh.append(f"{late} 种迟延")
        en.append(f"late on {late} of {total}")
    if doubtful:
        zh.append(f"{doubtful} 种无法判定")
        en.append(f"undeterminable on {doubtful} of {total}")
    return Text(f"{total} 种读法中" + "、".join(zh), ", ".join(en) + " readings")
