"""What an audit says of one case, as canonical data: its verdict, what was done, every duty with its dates, and the place of the proof.

A dossier repeats no text: titles and clauses stand once in the legend of the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workflow.act import EVIDENCE, Act
from workflow.case.fold import Case
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.obligation.row import Outcome, Row
from workflow.replay import row_document
from workflow.rules import Rules, World
from workflow.statistics import Counted, month, unit

CONFORMS, DEVIATES, UNDETERMINABLE = "conforms", "deviates", "undeterminable"
VERDICTS = (CONFORMS, DEVIATES, UNDETERMINABLE)
_BROKEN = (Outcome.MISSED, Outcome.MET_LATE)

Proofs = Mapping[int, str]
"""Number of an act → where it stands: file and row of a log, or the hash of its entry."""


class Dossier(NamedTuple):
    case: str
    verdict: str
    listed: bool
    document: dict[str, Json]


def dossier(case: Case, rows: Iterable[Row], world: World, proofs: Proofs) -> Dossier:
    """The dossier of a case, from its rows as they were judged."""
    found = list(rows)
    verdict = verdict_of(case, found)
    document: dict[str, Json] = {
        "case": case.id,
        "procedure": world.rules.procedure.ref,
        "definition": case.definition,
        "unit": case.unit,
        "verdict": verdict,
        "state": list(case.state),
        "acts": [_act(a, proofs) for a in case.acts if a.kind not in EVIDENCE],
        "rows": [_row(r, case, world, proofs) for r in found],
    }
    if not case.listed:
        document["listed"] = False
    return Dossier(case.id, verdict, case.listed, document)


def verdict_of(case: Case, rows: Iterable[Row]) -> str:
    """``deviates`` when an act departs from the procedure or a mandatory duty was missed or met late; else ``undeterminable`` when one
    cannot be judged; else ``conforms``. Of a target nobody owes anything (S3.5)."""
    if any(a.deviations for a in case.acts):
        return DEVIATES
    owed = [r.outcome for r in rows if r.duty.obligation.modality == "mandatory"]
    if any(outcome in _BROKEN for outcome in owed):
        return DEVIATES
    return UNDETERMINABLE if Outcome.UNDETERMINABLE in owed else CONFORMS


def _act(act: Act, proofs: Proofs) -> dict[str, Json]:
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
    if act.n in proofs:
        found["proof"] = proofs[act.n]
    return found


def _row(row: Row, case: Case, world: World, proofs: Proofs) -> dict[str, Json]:
    numbers = [row.begin.act if row.begin is not None else None, row.met_by, row.ended_by, *(v.cause for v in row.revisions)]
    shown = sorted({n for n in numbers if n is not None and n in proofs})
    found = row_document(row, case)
    found |= {"duty": row.duty.id, "owed_by": row.owed_by, "owed_to": row.owed_to}
    if row.duty.obligation.modality != "mandatory":
        found["modality"] = row.duty.obligation.modality
    if row.begin is not None:
        counted = Counted(case, world, row)
        found |= {"month": month(counted), "unit": unit(counted)}
    if shown:
        found["proof"] = {str(n): proofs[n] for n in shown}
    return found


def legend(rules: Rules) -> dict[str, Json]:
    """The titles of a version of a procedure, and the clauses on which each duty rests."""
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
        "events": {name: {"zh": e.text.zh, "en": e.text.en} for name, e in p.events.items()},
        "roles": {name: {"zh": r.text.zh, "en": r.text.en} for name, r in p.roles.items()},
    }
