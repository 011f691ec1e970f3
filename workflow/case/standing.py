"""A case with the rows of its ledger kept beside it, so that a command recomputes only what it touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, cast

from workflow.act import DEEDS, MIGRATED, Act
from workflow.case.fold import Case, Revision, evolve, fold, journaled
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.obligation.carry import duties_of, lineage
from workflow.obligation.ledger import assess
from workflow.obligation.row import Row
from workflow.pace import Pace
from workflow.rules import ENDING, Duty, World


class Assessed(Mapping[str, tuple[Row, ...]]):
    """For each duty its rows as of an instant, assessed when somebody first asks for them: a sweep asks for few."""

    __slots__ = ("_at", "_case", "_duties", "_found", "_world")

    def __init__(self, case: Case, world: World, at: datetime) -> None:
        self._case, self._world, self._at = case.known(at), world, at
        self._duties: Mapping[str, Duty] = duties_of(self._case, world)
        self._found: dict[str, tuple[Row, ...]] = {}

    def __getitem__(self, duty: str) -> tuple[Row, ...]:
        found = self._found.get(duty)
        if found is None:
            found = self._found[duty] = tuple(assess((self._duties[duty],), self._case, self._world, self._at))
        return found

    def __contains__(self, duty: object) -> bool:
        return duty in self._duties

    def __iter__(self) -> Iterator[str]:
        return iter(self._duties)

    def __len__(self) -> int:
        return len(self._duties)


class Standing(NamedTuple):
    """``rows`` holds, for each duty, its rows as last assessed: enough to say what is open and until when.

    Those of the duties in ``stale`` are older than the last act; any outcome may be older than now.
    """

    case: Case
    rows: Mapping[str, tuple[Row, ...]]
    stale: frozenset[str] = frozenset()
    at: datetime | None = None
    """The instant as of which all rows were assessed after the last act; ``None`` when some are older."""

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
            pace=Pace.of(data),
        )
        return cls(case, {})

    @classmethod
    def replayed(cls, case_id: str, acts: Iterable[Act], world: World, now: datetime) -> Standing:
        """A case folded from its journal, with its rows as of ``now``, or of its last entry where a wrong clock entered that later."""
        seen = tuple(acts)
        now = max(now, seen[-1].recorded)
        case = fold(cls.fresh(case_id, seen[0]).case, seen)
        return cls(case, Assessed(case, world, now), at=now)

    def all_rows(self) -> list[Row]:
        return [row for rows in self.rows.values() for row in rows]

    def telling(self, world: World, now: datetime | None = None) -> list[Row]:
        """The rows of which a sweep may have something to say, as of ``now``, or as they were last assessed.

        By a duty without a number nobody is late while the case goes on: all that can be said of it is how the case left it.
        """
        rows = self.rows if now is None or self.at == now else Assessed(self.case, world, now)
        first = len(self.case.rounds) == 1 and not self.case.ends and not self.case.kind(MIGRATED)
        return [row for name in (world.rules.counted if first else rows) if name in rows for row in rows[name]]

    def watched(self, world: World, now: datetime) -> Standing:
        """The same standing with its recurring duties assessed again: time alone brings their next slots into sight.

        They stay stale, so that the next act on the case journals their dates.
        """
        names = world.rules.recurring
        if not names:
            return self
        at = max(now, self.case.acts[-1].recorded)
        again = _grouped(assess([d for n, d in world.rules.duties.items() if n in names], self.case, world, at))
        return self._replace(rows={**self.rows, **{n: again.get(n, ()) for n in names}}, stale=self.stale | names, at=None)

    def noted(self, world: World, now: datetime) -> Standing:
        """The same standing with nothing stale in it, and with the due revisions that are new written into its last act.

        That act is still a draft: what a transaction did to the due dates is journaled with its last act on the case (promise 9).
        Nothing that is folded reads them.
        """
        if not self.stale:
            return self
        last = self.case.acts[-1]
        duties = [duty for name, duty in duties_of(self.case, world).items() if name in self.stale]
        again = _grouped(assess(duties, self.case, world, max(now, last.recorded)))
        rows = {**self.rows, **{d.id: again.get(d.id, ()) for d in duties}}
        dues = news(self.case.dues, (row for d in duties for row in rows[d.id]))
        if not dues:
            return Standing(self.case, rows)
        cast(dict[str, Json], last.data)["dues"] = dues
        return Standing(replace(self.case, dues=journaled(self.case.dues, dues)), rows)


def settle(standing: Standing, act: Act, world: World) -> Standing:
    """Apply an act that was drafted just now."""
    case = evolve(standing.case, act)
    facts = act.data.get("facts")
    names = [*(facts if isinstance(facts, Mapping) else ()), *act.names("given")]
    key = act.name if act.kind in DEEDS else f"{act.kind}:{act.name}"
    stale = standing.stale.union(*(rules.touched(act.kind, key, names) for rules in lineage(case, world)))
    if act.data.get("ended") is True or act.kind in ENDING:
        stale |= {name for name, rows in standing.rows.items() if any(row.open for row in rows)}
    return Standing(case, standing.rows, stale)


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
