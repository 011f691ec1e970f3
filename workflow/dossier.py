"""What an audit says of one case, as canonical data: its verdict, what was done, every duty with its dates, and the place of the proof.

A dossier repeats no text: titles and clauses stand once in the legend of the report; only the start of a reading is said in its row.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from workflow.account import account
from workflow.act import CLOCKED, DEEDS, EVIDENCE, MIGRATED, Act
from workflow.case.fold import Case
from workflow.deviation import broken, deviations
from workflow.explain import bases, clauses
from workflow.journal.canonical import Json
from workflow.journal.chain import Finding
from workflow.margin import margin
from workflow.moment import stamp
from workflow.obligation.row import Outcome, Row
from workflow.readings import Reading, Versioned, bearing, readings, unlisted
from workflow.replay import Drifted, Judged, row_document
from workflow.rules import Rules, World
from workflow.sequence import unordered
from workflow.statechart import moves, paths
from workflow.statistics import Counted, month, unit

CONFORMS, DEVIATES, UNDETERMINABLE, UNVERIFIABLE = "conforms", "deviates", "undeterminable", "unverifiable"
VERDICTS = (CONFORMS, UNDETERMINABLE, DEVIATES, UNVERIFIABLE)
"""The gravest of what is found decides."""
_BROKEN = (Outcome.MISSED, Outcome.MET_LATE)

Proofs = Mapping[int, str]
"""Number of an act → where it stands: file and row of a log, or the hash of its entry."""


class Dossier(NamedTuple):
    case: str
    verdict: str
    listed: bool
    document: dict[str, Json]


def dossier(judged: Judged) -> Dossier:
    """The dossier of a case as it was judged."""
    case, rows, world, as_of, proofs, drift, _ = judged
    read = {**readings(case, rows, world, as_of), **unlisted(case, rows, world, as_of)}
    loose = unordered(case, world)
    verdicts = verdicts_of(judged, read, loose)
    verdict = verdict_of(case, rows, drift, loose)
    departures = list(deviations(judged))
    document: dict[str, Json] = {
        "case": case.id,
        "procedure": world.rules.procedure.ref,
        "definition": case.definition,
        "unit": case.unit,
        "verdict": verdict,
        "state": list(case.state),
        "acts": [act_document(a, proofs, a.n in loose) for a in case.acts if a.kind not in EVIDENCE],
        "rows": [_row(r, judged, read.get((world.of(r.definition).rules.hash, r.duty.id), ())) for r in rows],
    }
    if len(verdicts) > 1:
        document["verdict_on_readings"] = list[Json](verdicts)
    time = account(case, world)
    if time is not None:
        document["time_account"] = time.document(world)
    if judged.comparison is not None:
        document["comparison"] = dict(judged.comparison)
    if departures:
        document["deviations"] = departures
    chosen = _chosen(case, world)
    if chosen is not None:
        document["chosen"] = chosen
    if not case.listed:
        document["listed"] = False
    return Dossier(case.id, verdict, case.listed, document)


def unverifiable(case: str, findings: Iterable[Finding]) -> Dossier:
    """The dossier of a case whose record does not hold: nothing is judged, what is wrong with it is said."""
    document: dict[str, Json] = {
        "case": case,
        "procedure": "",
        "definition": "",
        "unit": "",
        "verdict": UNVERIFIABLE,
        "state": [],
        "acts": [],
        "rows": [],
        "deviations": list[Json](broken(findings)),
    }
    return Dossier(case, UNVERIFIABLE, True, document)


def _chosen(case: Case, world: World) -> dict[str, Json] | None:
    """The act whose day the version in force was chosen by; for a case that was moved to another version, the act that moved it (S8.1)."""
    moved = next((a for a in reversed(case.acts) if a.kind == MIGRATED), None)
    deeds = [a for a in case.acts if a.kind in DEEDS and a.kind != CLOCKED]
    named = (a for name in world.rules.procedure.in_force.by for a in deeds if a.name == name)
    act = moved or next(named, deeds[0] if deeds else None)
    return {"act": act.n, "at": stamp(act.happened.lo)} if act is not None else None


def verdict_of(case: Case, rows: Iterable[Row], drift: Iterable[Drifted] = (), loose: Container[int] = ()) -> str:
    """``deviates`` when an act departs from the procedure or a mandatory duty was missed or met late; else ``undeterminable`` when one
    cannot be judged; else ``conforms``. Of a target nobody owes anything (S3.5). A date that was recorded otherwise makes nobody late, and
    an order that the instants leave open (``loose``: the acts) cannot be judged."""
    drifted = {d.row for d in drift}
    return VERDICTS[max((_departs(case, loose), *(gravity(row, drifted) for row in rows)))]


def _departs(case: Case, loose: Container[int]) -> int:
    """The place among :data:`VERDICTS` that the acts give the case."""
    return max((1 if a.n in loose else 2 for a in case.acts if a.deviations), default=0)


def verdicts_of(judged: Judged, read: Mapping[Versioned, Sequence[Reading]], loose: Container[int] = ()) -> list[str]:
    """Every verdict that the case has under some combination of the readings, the mildest first."""
    case, rows, world = judged.case, judged.rows, judged.world
    drifted = {d.row for d in judged.drift}
    firm = [r for r in rows if (world.of(r.definition).rules.hash, r.duty.id) not in read]
    choices = [{max((_departs(case, loose), *(gravity(r, drifted) for r in firm)))}]
    choices += [{max((gravity(r, drifted) for r in reading.rows), default=0) for reading in found} for found in read.values()]
    least = max(map(min, choices))  # each duty is read in one way, whatever the others are: the gravest decides
    return [VERDICTS[n] for n in sorted(set().union(*choices)) if n >= least]


def gravity(row: Row, drifted: Container[str] = ()) -> int:
    """The place of a row among :data:`VERDICTS`."""
    if row.duty.obligation.modality != "mandatory":
        return 0
    if row.outcome in _BROKEN:
        return 1 if row.key in drifted else 2
    return 1 if row.outcome == Outcome.UNDETERMINABLE else 0


def act_document(act: Act, proofs: Proofs, loose: bool = False) -> dict[str, Json]:
    found: dict[str, Json] = {
        "n": act.n,
        "kind": act.kind,
        "name": act.name,
        "happened": act.happened.encode(),
        "recorded": act.stamp,
        "grade": act.grade,
        "state": list(act.state),
    }
    if act.actor is not None:
        found["actor"] = act.actor.document()
    if act.deviations:
        found["deviations"] = list(act.deviations)
    if loose:
        found["order_open"] = True
    if act.n in proofs:
        found["proof"] = proofs[act.n]
    return found


def _row(row: Row, judged: Judged, read: Sequence[Reading]) -> dict[str, Json]:
    case, world, proofs = judged.case, judged.world, judged.proofs
    numbers = [row.begin.act if row.begin is not None else None, row.met_by, row.ended_by, *(v.cause for v in row.revisions)]
    shown = sorted({n for n in numbers if n is not None and n in proofs})
    found = row_document(row, case)
    found |= {"duty": row.duty.id, "owed_by": row.owed_by, "owed_to": row.owed_to}
    if bases(row) != row.duty.obligation.basis:
        found["clauses"] = list(clauses(row, world.of(row.definition).rules.procedure))
    if row.duty.obligation.modality != "mandatory":
        found["modality"] = row.duty.obligation.modality
    if row.begin is not None:
        counted = Counted(case, world, row)
        found |= {"month": month(counted), "unit": unit(counted)}
    if its := bearing(row, read):
        found["readings"] = [reading.document(row) for reading in its]
    distance = margin(row, case, world, judged.as_of)
    if distance is not None:
        found["margin"] = distance.document()
    drift = [d.document() for d in judged.drift if d.row == row.key]
    if drift:
        found["recorded_due"] = list[Json](drift)
    if shown:
        found["proof"] = {str(n): proofs[n] for n in shown}
    return found


def legend(rules: Rules) -> dict[str, Json]:
    """The titles of a version of a procedure, the clauses on which each duty rests, and its states with the moves between them."""
    p = rules.procedure
    duties: dict[str, Json] = {}
    for name, duty in rules.duties.items():
        blank = Row(name, duty, "", "1", Outcome.NOT_DUE)
        duties[name] = {"zh": duty.title.zh, "en": duty.title.en, "clauses": list(clauses(blank, p))}
    return {
        "zh": p.zh,
        "en": p.en,
        "hash": rules.hash,
        "zone": rules.zone.key,
        "duties": duties,
        "documents": {name: {"zh": d.text.zh, "en": d.text.en} for name, d in p.documents.items()},
        "events": {name: {"zh": e.text.zh, "en": e.text.en} for name, e in p.events.items()},
        "states": {
            path: {
                "at": i,
                "zh": s.text.zh,
                "en": s.text.en,
                **({"final": True} if s.final else {}),
                **({"inner": True} if s.states else {}),
            }
            for i, (path, s) in enumerate(paths(p.states))
        },
        "initial": list(rules.moves.initial),
        "moves": [[name, list(sources), target] for name, e in p.events.items() for sources, target in moves(p, e)],
        "roles": {name: {"zh": r.text.zh, "en": r.text.en} for name, r in p.roles.items()},
    }
