"""The ledger of a case that was moved to a new version of its procedure: what stands by the old rules, and what by the new ones.

An instance that had begun by then stands by the old rules over the whole case, so that a receipt or a back-filled record which is
entered later still counts; unless the migration says that it is computed anew. What begins afterwards stands by the new rules. One that
only the new version demands, and whose start lies before the migration, starts with it: nobody is late for the past (SEMANTICS S4.4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from workflow.act import MIGRATED, Act
from workflow.case.fold import Case
from workflow.moment import Moment
from workflow.obligation.row import Row
from workflow.obligation.start import Begin
from workflow.rules import Duty, Rules, World

KEEP, FROM_START, FROM_NOW = "keep", "from_start", "from_now"

Restart = Callable[[Begin, str], Begin | None]
"""Where an instance with this key starts; ``None``: it is not owed."""


def unmoved(begin: Begin, _key: str) -> Begin | None:
    return begin


class Instances(Protocol):
    def __call__(self, duty: Duty, case: Case, world: World, as_of: datetime, restart: Restart = ...) -> list[Row]:
        """The rows of a duty by the rules of one version alone."""


def lineage(case: Case, world: World) -> list[Rules]:
    """Every version that the case has been under, the first one first."""
    moves = case.kind(MIGRATED)
    if not moves:
        return [world.of(case.definition).rules]
    return [world.of(found).rules for found in (*(str(a.data["from"]) for a in moves), case.definition)]


def duties_of(case: Case, world: World) -> Mapping[str, Duty]:
    """Every duty that the case may have rows of, those of the present version first, each as the latest version has it."""
    versions = lineage(case, world)
    if len(versions) == 1:
        return versions[0].duties
    found: dict[str, Duty] = {}
    for rules in reversed(versions):
        for name, duty in rules.duties.items():
            found.setdefault(name, duty)
    return found


def carried(duty: str, case: Case, world: World, as_of: datetime, rows: Instances) -> list[Row]:
    """The rows of a duty, by its id, in a case that was moved; ``world`` is under the present version."""
    return _after(duty, case, world, as_of, rows, case.kind(MIGRATED))


def _after(duty: str, case: Case, world: World, as_of: datetime, rows: Instances, moves: Sequence[Act]) -> list[Row]:
    """The rows as they stand after the last of ``moves``."""
    present = world.rules.duties.get(duty)
    if not moves:
        return rows(present, case, world, as_of) if present is not None else []
    *earlier, move = moves
    former = str(move.data["from"])
    stood = _after(duty, case, world.of(former), as_of, rows, earlier)
    given = move.data["rows"]
    chosen: Mapping[str, object] = given if isinstance(given, Mapping) else {}
    begun = {r.key: r for r in stood if r.begin is not None and (r.key in chosen or _before(r.begin, move))}
    old = {r.key: r if r.definition else r._replace(definition=former) for r in stood}

    def base(key: str) -> str | None:
        """The instance that had begun and to which a row belongs: itself, or the one that it came of (S4.3)."""
        head, _, last = key.rpartition(".")
        return key if key in begun else head if last.isdigit() and head in begun else None

    def kept(key: str) -> bool:
        return chosen.get(key, KEEP) == KEEP

    def restart(begin: Begin, key: str) -> Begin | None:
        if base(key) is not None:
            anew = chosen.get(key) == FROM_NOW and begin.slot is None
            return begin._replace(moment=Moment.at(move.recorded), doubt="", deemed=False, arose=None) if anew else begin
        if not _before(begin, move):
            return begin
        end = case.end_of(begin.round)
        if (end is not None and end.n < move.n) or (begin.slot is not None and begin.slot.instant <= move.recorded):
            return None
        return begin if begin.slot is not None else begin._replace(moment=Moment.at(move.recorded), doubt="", deemed=False)

    fresh = [] if present is None else rows(present, case, world, as_of, restart)
    there = {r.key for r in fresh}
    found = [old[r.key] for r in stood if (b := base(r.key)) is not None and (kept(b) or r.key not in there)]
    # what was fulfilled without a start belongs to the record, whether the new version has it or not
    found += [old[r.key] for r in stood if r.begin is None and r.met_by is not None and r.met_by < move.n and r.key not in there]
    for row in fresh:
        one = base(row.key)
        if one is None:
            found.append(row)
        elif not kept(one):
            found.append(_rejoined(begun[row.key], row, move) if row.key in begun else row)
    return found


def _before(begin: Begin, move: Act) -> bool:
    """Whether an instance had begun when the case was moved; of a recurrence the slot that was running."""
    if begin.act >= move.n:
        return False
    return begin.moment.lo < move.recorded if begin.slot is None else begin.previous is None or begin.previous <= move.recorded


def _rejoined(old: Row, new: Row, move: Act) -> Row:
    """A row that is computed anew, with the due revisions that it had before."""
    before = [v for v in old.revisions if v.cause < move.n]
    past = [v for v in new.revisions if v.cause < move.n]
    current = [past[-1]._replace(kind="migrated", cause=move.n, at=move.recorded)] if past else []
    revisions = (*before, *current, *(v for v in new.revisions if v.cause > move.n))
    return new._replace(revisions=tuple(v._replace(number=n) for n, v in enumerate(revisions, 1)))
