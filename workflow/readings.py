"""Every reading of an ambiguous wording: the rows of a case, assessed by the same ledger under an obligation that is read otherwise.

A wording that a definition calls ambiguous (``ambiguous:``) leaves open how long (``readings``), from when (``starts``), or both: then each
combination is a reading. How long bears on the alternatives of the term that carry its note, or that are the reading in use
(``is: as read``); from when bears on every row of the duty. A duty whose wording is not ambiguous has one reading.
"""

from __future__ import annotations

from collections import Counter
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
from workflow.procedure.legend import start_readings
from workflow.procedure.model import Obligation
from workflow.rules import Rules, World
from workflow.term import Term
from workflow.text import Text

NOT_THERE = "not_there"
"""In place of an outcome: under this reading there is no such row."""
NOT_THERE_TEXT = Text("没有此项", "not there")

SECOND = timedelta(seconds=1)
LATE = (Outcome.MET_LATE.value, Outcome.MISSED.value)


class Combination(NamedTuple):
    """One way to read a duty."""

    term: Term | None
    """How long; ``None``: the wording leaves that open nowhere."""
    start: Text | None
    """From when; ``None``: the wording leaves that open nowhere."""
    usual: bool
    """Whether the start is the one in use."""

    @property
    def text(self) -> Text:
        parts = [self.term.text] if self.term is not None else []
        if self.start is not None:
            parts.append(Text(f"自{self.start.zh}起算", f"from: {self.start.en}"))
        return Text(",".join(p.zh for p in parts), ", ".join(p.en for p in parts))


class Reading(NamedTuple):
    """The rows of a duty under one reading of its wording."""

    read: Combination
    rows: Sequence[Row]

    def row(self, base: Row) -> Row | None:
        """What becomes of ``base``, the row under the reading in use."""
        return next((r for r in self.rows if r.key == base.key), None)

    def document(self, base: Row) -> dict[str, Json]:
        row = self.row(base)
        found: dict[str, Json] = {"outcome": row.outcome.value if row is not None else NOT_THERE}
        current = row.current if row is not None else None
        term = self.read.term or (current.term if current is not None else None)
        if term is not None:
            found["term"] = str(term)
        if self.read.start is not None:
            found["start"] = {"zh": self.read.start.zh, "en": self.read.start.en}
        if self.read.usual and self.read.term in (None, _used(base)):
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
    """For each ambiguous duty that one of the rows is of, its rows under every reading: with the start in use, then with the others, each
    time with every term in the order of the definition; a term in use that it does not list comes first."""
    found: dict[Versioned, Sequence[Reading]] = {}
    for row in rows:
        ambiguity = row.duty.obligation.ambiguous
        if ambiguity is None or not (ambiguity.starts or _rests(row, row.duty.obligation)):
            continue
        rules = world.of(row.definition).rules
        if (rules.hash, row.duty.id) not in found:
            found[rules.hash, row.duty.id] = _every(row.duty.id, row.definition, rules, case, world, as_of)
    return found


def unlisted(case: Case, rows: Sequence[Row], world: World, as_of: datetime) -> Mapping[Versioned, Sequence[Reading]]:
    """The same for each duty that none of the rows of a ledger is of, and of which another start may give one."""
    there, rules = {row.duty.id for row in rows}, world.of(case.definition).rules
    open_start = (name for name, o in rules.procedure.obligations.items() if o.ambiguous is not None and o.ambiguous.starts)
    return {(rules.hash, name): _every(name, "", rules, case, world, as_of) for name in open_start if name not in there}


def bearing(row: Row, read: Sequence[Reading]) -> Sequence[Reading]:
    """Those of the readings of its duty that make a difference to a row: each term only where a date rests on that wording under some
    reading, and none where nothing has begun under any."""
    there = [r for one in read if (r := one.row(row)) is not None]
    if all(r.begin is None for r in there):
        return ()
    if any(_rests(r, row.duty.obligation) for r in (row, *there)):
        return read
    if read[0].read.start is None:
        return ()
    return [Reading(r.read._replace(term=None), r.rows) for r in read if r.read.term == read[0].read.term]


def _every(duty: str, definition: str, rules: Rules, case: Case, world: World, as_of: datetime) -> list[Reading]:
    return [Reading(read, _assessed(duty, definition, case, _under(world, other), as_of)) for read, other in _reread(_ByHash(rules), duty)]


def _assessed(name: str, definition: str, case: Case, world: World, as_of: datetime) -> list[Row]:
    """The rows of a duty that stand by one version, in a world in which it is read otherwise."""
    duty = duties_of(case.known(as_of), world)[name]
    return [row for row in assess([duty], case, world, as_of) if row.definition == definition]


def _rests(row: Row, obligation: Obligation) -> bool:
    """Whether a date of a row rests on the term that the wording leaves open."""
    return any(v.alternative in obligation.unclear for v in row.revisions)


def _used(row: Row) -> Term | None:
    """The term that a row goes by, or would where nothing has started it."""
    obligation, current = row.duty.obligation, row.current
    numbers = (current.alternative,) if current is not None and current.alternative is not None else obligation.unclear
    terms: list[Term] = [obligation.term[i].term for i in numbers]
    return next(iter(terms), None)


class _ByHash(NamedTuple):
    """Rules as a key that is quick to compare, and that holds no more than the very content it was made of."""

    rules: Rules

    def __hash__(self) -> int:
        return hash(self.rules.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByHash) and self.rules.hash == other.rules.hash and self.rules.procedure is other.rules.procedure


@lru_cache(maxsize=256)
def _reread(key: _ByHash, duty: str) -> Sequence[tuple[Combination, Rules]]:
    """The version once for each reading of a duty, otherwise as it is."""
    rules = key.rules
    procedure, obligation = rules.procedure, rules.procedure.obligations[duty]

    def read(**changes: Any) -> Rules:
        other = obligation.model_copy(update=changes)
        return Rules(procedure.model_copy(update={"obligations": {**procedure.obligations, duty: other}}), rules.hash)

    def said(term: Term) -> tuple[Any, ...]:
        return tuple(a.model_copy(update={"term": term}) if i in obligation.unclear else a for i, a in enumerate(obligation.term))

    terms: list[tuple[Term | None, tuple[Any, ...]]] = [(t, said(t)) for t in obligation.read_as] or [(None, obligation.term)]
    return [
        (Combination(term, name, start is obligation.starts), read(term=alternatives, starts=start))
        for start, name in start_readings(procedure, obligation) or ((obligation.starts, None),)
        for term, alternatives in terms
    ]


def _under(world: World, rules: Rules) -> World:
    """The world with one version read otherwise."""
    versions = {**world.versions, rules.hash: rules} if rules.hash in world.versions else world.versions
    return replace(world, rules=rules if rules.hash == world.rules.hash else world.rules, versions=versions)


def said(found: Sequence[Mapping[str, Any]]) -> Text:
    """One sentence for the ``readings`` of a row in a dossier: ``late on 3 of 8 readings``, and on how many with each start where the
    wording leaves that open. Empty where there are none."""
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
    starts = _by_start(found)
    return Text(f"{total} 种读法中" + "、".join(zh) + starts.zh, ", ".join(en) + " readings" + starts.en)


def _by_start(found: Sequence[Mapping[str, Any]]) -> Text:
    """On how many readings with each start a row is late; empty where it is late on none, or the start is not what is open."""
    names = {f["start"]["en"]: Text(f["start"]["zh"], f["start"]["en"]) for f in found if "start" in f}
    every = Counter(f["start"]["en"] for f in found if "start" in f)
    late = Counter(f["start"]["en"] for f in found if "start" in f and f["outcome"] in LATE)
    if not late:
        return Text("", "")
    zh = ",".join(f"自{name.zh}起算 {every[key]} 种中 {late[key]} 种" for key, name in names.items())
    en = ", ".join(f"{late[key]} of {every[key]} from: {name.en}" for key, name in names.items())
    return Text(f"(迟延:{zh})", f" (late: {en})")
