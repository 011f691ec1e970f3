"""Leads (线索): late and missing acts that a person should look at. The engine lists them and opens nothing (promise 7, S9.2).

A lead is computed from the ledger, never from whether a sweep raised a flag in time; what people did about it stands in the acts of its
case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from workflow import act as kinds
from workflow.act import Act
from workflow.case.flags import tier_instants
from workflow.case.fold import Case
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.moment import stamp
from workflow.obligation.row import Outcome, Row
from workflow.rowname import title
from workflow.rules import Rules, World
from workflow.text import Text

State = Literal["open", "dismissed", "taken"]
STATES: Mapping[str, Text] = {
    "open": Text("待处理", "open"),
    "dismissed": Text("不予立案", "dismissed"),
    "taken": Text("已立案", "taken up"),
}

SUSPECTED: Mapping[tuple[bool, bool], Text] = {
    (True, False): Text("疑似迟报,待认定", "suspected late report, to be determined"),
    (True, True): Text("疑似漏报,待认定", "suspected missing report, to be determined"),
    (False, False): Text("疑似迟延,待认定", "suspected delay, to be determined"),
    (False, True): Text("疑似未履行,待认定", "suspected omission, to be determined"),
}
"""What a lead says, for a report or another duty, late or missing: never more than a suspicion."""


class Lead(NamedTuple):
    case: Case
    row: Row
    names: tuple[str, ...]
    """What the definition calls it (``lead:``)."""
    suspicion: Text
    state: State
    done: tuple[Act, ...]
    """What was done about it: dismissals, and acts of other cases that took it up, or let it go."""
    statements: tuple[Act, ...]
    """What the person concerned said about it (情况说明), and findings that stand beside it."""

    @property
    def into(self) -> str:
        """The case that it was taken to; empty while it is not."""
        return str(self.done[-1].data["links"][0]["case"]) if self.state == "taken" else ""  # type: ignore[call-overload,index]


def leads(case: Case, rows: Iterable[Row], world: World, now: datetime) -> list[Lead]:
    """Every lead of a case, each once; none of a practice case or one that was opened by mistake."""
    if case.drill or case.void:
        return []
    found = []
    for row in rows:
        names = _names(row, world, now)
        if names:
            found.append(_lead(case, row, names, world.of(row.definition).rules))
    return found


def _names(row: Row, world: World, now: datetime) -> tuple[str, ...]:
    """What the definition puts on the list for a row as it stands; nothing for a target (S3.5), or for what is in time."""
    obligation = row.duty.obligation
    unshown = row.suspected and row.outcome == Outcome.UNDETERMINABLE
    if obligation.modality != "mandatory" or not (row.outcome in (Outcome.MISSED, Outcome.MET_LATE) or unshown):
        return ()
    until = min(now, row.met_at.lo) if row.met_at is not None else now
    reached = [obligation.tiers[index].lead for index, instant in tier_instants(row, world) if instant <= until]
    return tuple(dict.fromkeys(name for name in (obligation.missed.lead, *reached) if name))


def _lead(case: Case, row: Row, names: tuple[str, ...], rules: Rules) -> Lead:
    done = [*case.kind(kinds.DISMISSED, row.key), *(a for a in case.acts if row.key in (*a.names("taken"), *a.names("released")))]
    done.sort(key=lambda a: a.n)
    state = _state(done[-1], row.key) if done else "open"
    said = [a for name in ("statement", "finding") for a in case.kind(kinds.NOTED, name) if a.data.get("about") == row.key]
    found = suspicion(row, rules, late=row.outcome == Outcome.MET_LATE)
    return Lead(case, row, names, found, state, tuple(done), tuple(sorted(said, key=lambda a: a.n)))


def suspicion(row: Row, rules: Rules, *, late: bool) -> Text:
    """What may be said of a late or a missing act, by the rules that its row is under."""
    return SUSPECTED[rules.reports(row.duty), not late]


def _state(last: Act, row: str) -> State:
    return "dismissed" if last.kind == kinds.DISMISSED else "taken" if row in last.names("taken") else "open"


def proof(lead: Lead) -> list[int]:
    """Numbers of the entries that show it: what started the clock, each act that moved the date, what fulfilled it, what was flagged."""
    row = lead.row
    found = {row.begin.act} if row.begin is not None else set()
    found |= {revision.cause for revision in row.revisions}
    found |= {n for n in (row.met_by, row.ended_by) if n is not None}
    found |= {a.n for kind in (kinds.FLAGGED, kinds.UNFLAGGED) for a in lead.case.kind(kind, row.key)}
    return sorted(found)


def document(lead: Lead, world: World) -> dict[str, Json]:
    """A lead as data: the row as it is computed now, on what it rests, and the entries that show it."""
    row, rules = lead.row, world.of(lead.row.definition).rules
    label = title(row.key, rules)
    current = row.current
    return {
        "case": lead.case.id,
        "procedure": rules.procedure.ref,
        "unit": lead.case.unit,
        "row": row.key,
        "zh": label.zh,
        "en": label.en,
        "lead": list(lead.names),
        "suspicion": {"zh": lead.suspicion.zh, "en": lead.suspicion.en},
        "outcome": row.outcome.value,
        "reason": row.reason,
        "by": row.owed_by,
        "to": row.owed_to,
        "due": stamp(row.due.instant) if row.due is not None else None,
        "revision": current.number if current is not None else None,
        "met": row.met_at.encode() if row.met_at is not None else None,
        "basis": list(clauses(row, rules.procedure)),
        "entries": [{"n": n} for n in proof(lead)],
    }


def evidence(lead: Lead, world: World, hashes: Mapping[int, str], now: datetime) -> dict[str, Json]:
    """What is copied into the case that takes a lead up: the lead as it was computed then, with the hashes of the entries that show it."""
    entries: list[Json] = [{"n": n, "hash": hashes.get(n, "")} for n in proof(lead)]
    return {**document(lead, world), "entries": entries, "as_of": stamp(now), "definition": lead.case.definition}
