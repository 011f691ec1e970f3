"""What a transaction writes of one case: entries linked to its chain, the rows derived from it, and claims to what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from workflow.act import FLAGGED, UNFLAGGED, Act
from workflow.case.flags import tier_name
from workflow.case.fold import Case
from workflow.case.standing import Standing
from workflow.journal.entry import Entry, Private, link
from workflow.moment import unstamp
from workflow.obligation.row import Row
from workflow.outbox import Claim
from workflow.ports import CaseRow, DueRow, Entropy

SALT = 16
"""Bytes of the salt of an erasable part."""


class Written(NamedTuple):
    row: CaseRow
    acts: tuple[Act, ...]
    entries: list[tuple[Entry, Private | None]]
    dues: list[DueRow] | None
    """``None``: those that are there stand."""
    claims: list[Claim]


def written_of(
    standing: Standing, head: str, acts: Sequence[Act], wakes: datetime | None, entropy: Entropy, algorithm: str, moved: bool
) -> Written:
    """All that is written of a case whose chain ends at ``head`` (empty: it is new), after the drafted ``acts``; ``moved``: they
    changed duties."""
    case = standing.case
    entries = linked(case.id, head, acts, entropy, algorithm)
    end = entries[-1][0].hash if entries else head
    dues = [due for row in standing.all_rows() if (due := due_row(case, row)) is not None] if moved else None
    return Written(_case_row(standing, end, wakes), tuple(acts), entries, dues, claims_of(case, acts))


def linked(case: str, head: str, acts: Sequence[Act], entropy: Entropy, algorithm: str) -> list[tuple[Entry, Private | None]]:
    found: list[tuple[Entry, Private | None]] = []
    for act in acts:
        pair = link(
            act.n,
            head or None,
            case=case,
            kind=act.kind,
            recorded=act.stamp,
            body=act.body(),
            private=act.private,
            salt=entropy.token(SALT) if act.private else b"",
            algorithm=algorithm,
        )
        head = pair[0].hash
        found.append(pair)
    return found


def claims_of(case: Case, acts: Sequence[Act]) -> list[Claim]:
    """A claim to everything that was said: no sweep says the same of a row and a due revision again."""
    said = [act for act in acts if act.kind in (FLAGGED, UNFLAGGED)]
    return [
        Claim(case.id, a.name, int(str(a.data["revision"])), tier_name(case, a), a.n, a.happened.lo, a.recorded)
        for a in said
        if "revision" in a.data
    ]


def _case_row(standing: Standing, head: str, wakes: datetime | None) -> CaseRow:
    case = standing.case
    return CaseRow(
        case.id,
        case.procedure,
        case.version,
        case.definition,
        case.unit,
        case.state,
        case.n,
        head,
        case.opened.happened.lo,
        case.ended is not None,
        case.listed,
        wakes,
    )


def due_row(case: Case, row: Row) -> DueRow | None:
    """What the journal says of a row that is open: the last of its due revisions that is journaled, with the date that was journaled.

    Time alone moves the date of a pause that is running and brings the next slot of a recurrence into sight; the next act on the duty
    journals that, and the derived row says it from then on. Whatever else it said could not be told from what somebody tampered with.
    """
    number = next((v.number for v in reversed(row.revisions) if (row.key, v.number) in case.dues), None)
    if number is None or not row.open:
        return None
    due = case.dues[row.key, number]
    return DueRow(case.id, row.key, row.duty.id, number, None if due is None else unstamp(str(due)), True)
