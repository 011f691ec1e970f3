"""A case with the rows of its ledger kept beside it, so that a command recomputes only what it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, cast

from workflow.act import DEEDS, Act
from workflow.case.fold import Case, Revision, evolve, fold, journaled
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.obligation.ledger import Row, assess
from workflow.rules import ENDING, World


class Standing(NamedTuple):
    """``rows`` holds, for each duty, its rows as last assessed: enough to say what is open and until when.

    Due revisions in it are never old. Whether a duty is open is old for those in ``stale``; any outcome may be older than now.
    """

    case: Case
    rows: Mapping[str, tuple[Row, ...]]
    stale: frozenset[str] = frozenset()

    @classmethod
    def fresh(cls, case_id: str, opening: Act) -> Standing:
        """Before the opening act is applied."""
        data = opening.data
        case = Case(
            case_id,
            str(data["procedure"]),
            str(data["version"]),
            str(data["definition"]),
            str(data["unit"]),
            str(data["calendar"]),
            drill=data.get("drill") is True,
            elsewhere=data.get("elsewhere") is True,
        )
        return cls(case, {})

    @classmethod
    def replayed(cls, case_id: str, acts: Iterable[Act], world: World, now: datetime) -> Standing:
        """A case folded from its journal."""
        seen = tuple(acts)
        case = fold(cls.fresh(case_id, seen[0]).case, seen)
        return cls(case, _grouped(assess(world.rules.duties.values(), case, world, now)))

    def all_rows(self) -> list[Row]:
        return [row for rows in self.rows.values() for row in rows]

    def refreshed(self, world: World, now: datetime) -> Standing:
        """The same standing with nothing stale in it."""
        if not self.stale:
            return self
        return Standing(self.case, _reassessed(self.rows, self.stale, self.case, world, max(now, self.case.acts[-1].recorded)))


def settle(standing: Standing, act: Act, world: World, now: datetime) -> Standing:
    """Apply an act that was drafted just now, writing into it the due revisions that it made (promise 9).

    They are journaled with the act that caused them; nothing that is folded reads them.
    """
    data = cast(dict[str, Json], act.data)
    case = evolve(standing.case, act)
    facts = data.get("facts")
    names = [*(facts if isinstance(facts, Mapping) else ()), *act.names("given")]
    key = act.name if act.kind in DEEDS else f"{act.kind}:{act.name}"
    rows = standing.rows
    found = world.rules.touched(act.kind, key, names)
    moved = found.shaped | {name for name in found.started if not _begun(rows.get(name, ()), len(case.rounds) - 1)}
    touched = found.settled
    if data.get("ended") is True or act.kind in ENDING:
        touched |= {name for name in rows if any(row.open for row in rows[name])}
    if moved:
        rows = _reassessed(rows, moved, case, world, max(now, act.recorded))
        dues = news(case.dues, (row for name in world.rules.duties if name in moved for row in rows[name]))
        if dues:
            data["dues"] = dues
            case = replace(case, dues=journaled(case.dues, dues))
    return Standing(case, rows, (standing.stale | touched) - moved)


def _begun(rows: tuple[Row, ...], number: int) -> bool:
    return any(row.begin is not None and row.begin.round == number for row in rows)


def _reassessed(
    rows: Mapping[str, tuple[Row, ...]], names: frozenset[str], case: Case, world: World, now: datetime
) -> Mapping[str, tuple[Row, ...]]:
    duties = [duty for name, duty in world.rules.duties.items() if name in names]
    return {**rows, **{d.id: () for d in duties}, **_grouped(assess(duties, case, world, now))}


def _grouped(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    found: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        found[row.duty.id] = (*found.get(row.duty.id, ()), row)
    return found


def news(known: Mapping[Revision, Json], rows: Iterable[Row]) -> list[Json]:
    """The due revisions of ``rows`` that are not ``known`` or have another date than is known, as they are journaled."""
    found: list[Json] = []
    for row in rows:
        for v in row.revisions:
            due = None if v.due is None else stamp(v.due.instant)
            if known.get((row.key, v.number), "") != due:
                found.append(
                    {
                        "row": row.key,
                        "revision": v.number,
                        "why": v.kind,
                        "start": v.start.encode(),
                        "term": None if v.term is None else str(v.term),
                        "due": due,
                        "provisional": v.due is not None and v.due.provisional,
                        "calendar_revision": None if v.due is None else v.due.revision,
                    }
                )
    return found
