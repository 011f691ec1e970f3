"""A case as the fold of its acts: ``evolve(case, act) -> case``.

``evolve`` only folds: the state after an act stands in the act, put there by :func:`workflow.case.decide.decide`, which asked the
statechart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from workflow.act import ACTED, CLOCKED, CORRECTED, DEEDS, JOINED, MIGRATED, OPENED, REOPENED, REVISED, SEPARATED, VOIDED, Act
from workflow.journal.canonical import Json
from workflow.moment import Moment
from workflow.pace import Pace


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a fact: from when it holds, and which act said so."""

    effective: datetime
    value: Json
    act: int
    recorded: datetime


ENDING = "ended:"
"""Key under which the acts that made the state final are found."""

Revision = tuple[str, int]
"""Key of a row of the ledger, and number of one of its due revisions."""

STATING = frozenset({OPENED, ACTED, CLOCKED, REVISED, CORRECTED})
"""Kinds whose facts change the case."""

GIVEN: Json = {"given": True}
"""Stands for the value of a personal or free-text fact, which lies in the erasable part."""


@dataclass(frozen=True, slots=True)
class Case:
    """A folded case. ``n`` is its version: the number of its last entry."""

    id: str
    procedure: str
    version: str
    definition: str
    unit: str
    calendar: str
    n: int = 0
    state: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    facts: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    by_name: Mapping[str, tuple[Act, ...]] = field(default_factory=dict)
    """Events of the procedure by name, and the acts of every other kind by ``kind:name``, in the order of the journal."""
    ended: Moment | None = None
    """When the state became final; ``None`` while it is open or after it was reopened."""
    rounds: tuple[int, ...] = (0,)
    """Numbers of the acts after which a new round began: 0, then each reopening."""
    void: bool = False
    same_as: str = ""
    drill: bool = False
    elsewhere: bool = False
    joined: int | None = None
    """Number of the act that joined it to the case that is the same incident; ``None`` when none stands."""
    dues: Mapping[Revision, Json] = field(default_factory=dict)
    """The due date of each due revision as it was journaled last."""
    pace: Pace | None = None
    """The clock of a drill that runs faster; ``None``: the real one."""

    @property
    def opened(self) -> Act:
        return self.acts[0]

    @property
    def calendar_now(self) -> str:
        """Digest of the calendar in use: the one pinned at the opening, or the one of the last revision (S8.2)."""
        changes = self.by_name.get("recalendared:", ())
        return str(changes[-1].data["calendar"]) if changes else self.calendar

    @property
    def listed(self) -> bool:
        """False when it is void: then it is counted nowhere and listed always. A case that was joined keeps what is its own (S7.2)."""
        return not self.void

    def events(self, *names: str) -> tuple[Act, ...]:
        """Every act that is one of these events, in the order of the journal."""
        if len(names) == 1:
            return self.by_name.get(names[0], ())
        found = [acts for name in names if (acts := self.by_name.get(name))]
        if len(found) < 2:
            return found[0] if found else ()
        return tuple(sorted((a for acts in found for a in acts), key=lambda a: a.n))

    def kind(self, kind: str, name: str = "") -> tuple[Act, ...]:
        """Acts of a kind that is not an event of the procedure, about ``name``."""
        return self.by_name.get(f"{kind}:{name}", ())

    def act(self, n: int) -> Act | None:
        return self.acts[n - 1] if 0 < n <= len(self.acts) else None

    @property
    def ends(self) -> tuple[Act, ...]:
        """Every act that ended the case, one for each round that is over."""
        return self.by_name.get(ENDING, ())

    def end_of(self, round_number: int) -> Act | None:
        """The act that ended a round (0 is the first); ``None`` while the round is open. What closes a case ends the round that is open."""
        last = self.rounds[round_number + 1] if round_number + 1 < len(self.rounds) else self.n + 1
        return next((a for a in self.ends if self.rounds[round_number] <= a.n < last), None)

    def round_of(self, act: Act) -> int:
        """The round in which an act happened (0 is the first); a reopening belongs to the round that it begins.

        One that is entered after a reopening may have happened in the round before (S1.5).
        """
        if len(self.rounds) == 1:
            return 0
        return sum(1 for r in self.rounds[1:] if r == act.n or (r < act.n and self.acts[r - 1].happened.lo <= act.happened.hi))

    def facts_now(self) -> dict[str, Json]:
        return {name: changes[-1].value for name, changes in self.facts.items()}

    def known(self, as_of: datetime) -> Case:
        """The case as it was recorded up to ``as_of``; acts entered later are not seen. Itself when nothing is later."""
        if not self.acts or self.acts[-1].recorded <= as_of:
            return self
        return self.refolded(takewhile(lambda act: act.recorded <= as_of, self.acts))

    def refolded(self, acts: Iterable[Act]) -> Case:
        """The same case with other acts."""
        first = self.acts[0].data if self.acts else {}
        blank = replace(
            self,
            version=str(first.get("version", self.version)),
            definition=str(first.get("definition", self.definition)),
            n=0,
            state=(),
            acts=(),
            facts={},
            by_name={},
            ended=None,
            rounds=(0,),
            void=False,
            same_as="",
            joined=None,
            dues={},
        )
        return fold(blank, acts)


def effective(act: Act) -> datetime:
    """From when a statement about facts holds: when it was made, or, on the author's word alone, when it was recorded (S1.3)."""
    if act.grade == "own" and act.happened.hi < act.recorded:
        return act.recorded
    return act.happened.hi


def evolve(case: Case, act: Act) -> Case:
    """The case after ``act``. Never refuses: what is in the journal is true."""
    return fold(case, (act,))


def fold(case: Case, acts: Iterable[Act]) -> Case:
    """The case after all of ``acts``: what evolving it act by act gives, without the cases between. Itself when there are none."""
    new = tuple(acts)
    if not new:
        return case
    by_name = dict(case.by_name)
    facts = case.facts
    ended, rounds, void, same_as, joined = case.ended, case.rounds, case.void, case.same_as, case.joined
    dues = case.dues
    version, definition = case.version, case.definition
    for act in new:
        kind, data = act.kind, act.data
        key = act.name if kind in DEEDS and ":" not in act.name else f"{kind}:{act.name}"  # a log may call an activity "received:1"
        by_name[key] = (*by_name.get(key, ()), act)
        if kind in STATING and ("facts" in data or "given" in data):
            facts = _stated(facts, act)
        if "dues" in data:
            dues = journaled(dues, data["dues"])
        if data.get("ended") is True:
            ended = act.happened
            by_name[ENDING] = (*by_name.get(ENDING, ()), act)
        if kind == REOPENED:
            ended, rounds = None, (*rounds, act.n)
        elif kind == VOIDED:
            void = True
        elif kind == JOINED:
            same_as, joined = act.name, act.n if joined is None else joined  # joined on to another lead: still from the first time
        elif kind == SEPARATED:
            same_as, joined = "", None
        elif kind == MIGRATED:
            version, definition = str(data["version"]), str(data["definition"])
    return Case(
        case.id,
        case.procedure,
        version,
        definition,
        case.unit,
        case.calendar,
        new[-1].n,
        new[-1].state,
        (*case.acts, *new),
        facts,
        by_name,
        ended,
        rounds,
        void,
        same_as,
        case.drill,
        case.elsewhere,
        joined,
        dues,
        case.pace,
    )


def journaled(known: Mapping[Revision, Json], dues: object) -> Mapping[Revision, Json]:
    """The due revisions that are journaled once those of one more act are."""
    return {**known, **{(due["row"], due["revision"]): due["due"] for due in dues}} if isinstance(dues, list) else known


def _stated(facts: Mapping[str, tuple[Change, ...]], act: Act) -> Mapping[str, tuple[Change, ...]]:
    """The facts after what ``act`` states; the same mapping when it states nothing."""
    given = act.data.get("facts")
    stated = {**(given if isinstance(given, Mapping) else {}), **{name: GIVEN for name in act.names("given")}}
    if not stated:
        return facts
    when = effective(act)
    return {**facts, **{str(k): (*facts.get(str(k), ()), Change(when, v, act.n, act.recorded)) for k, v in stated.items()}}
