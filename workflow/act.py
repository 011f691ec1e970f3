"""One entry of a case, decoded: something that happened, with its instants, its actor and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workflow.journal.canonical import Json
from workflow.journal.entry import Entry
from workflow.moment import Moment, stamp, unstamp
from workflow.organisation import Actor

OPENED, ACTED, CLOCKED = "opened", "acted", "clocked"
REVISED, DECIDED, CORRECTED = "revised", "decided", "corrected"
RECEIVED, CONFIRMED, NOTED = "received", "confirmed", "noted"
WAIVED, ASKED, GRANTED, DENIED = "waived", "extension_asked", "extension_granted", "extension_refused"
VOIDED, JOINED, SEPARATED, WITHDRAWN, REOPENED = "voided", "joined", "separated", "withdrawn", "reopened"
HELD, RELEASED, ERASED = "held", "released", "erased"
FLAGGED, UNFLAGGED, REFUSED, RECALENDARED = "flagged", "flag_withdrawn", "refused", "recalendared"
LINKED, DISMISSED, MIGRATED = "linked", "lead_dismissed", "migrated"
NOTIFIED, ACKNOWLEDGED = "notified", "acknowledged"

DEEDS = frozenset({OPENED, ACTED, CLOCKED})
"""Kinds that are an event of the procedure."""

EVIDENCE = frozenset({FLAGGED, UNFLAGGED, REFUSED, NOTIFIED, ACKNOWLEDGED})
"""Kinds that say what somebody was told or denied; no outcome reads them (S3.6)."""


@dataclass(frozen=True, slots=True)
class Act:
    """``data`` is what is left of the public content; ``private`` is the erasable part and takes no part in any outcome."""

    n: int
    kind: str
    name: str
    happened: Moment
    recorded: datetime
    actor: Actor | None = None
    submitted: Moment | None = None
    received: Moment | None = None
    grade: str = "system"
    data: Mapping[str, Json] = field(default_factory=dict)
    deviations: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    private: Mapping[str, Json] | None = None

    def body(self) -> dict[str, Json]:
        """The public content as it is journaled."""
        body: dict[str, Json] = {"name": self.name, "happened": self.happened.encode(), "grade": self.grade, "state": list(self.state)}
        if self.actor is not None:
            body["actor"] = self.actor.document()
        if self.submitted is not None:
            body["submitted"] = self.submitted.encode()
        if self.received is not None:
            body["received"] = self.received.encode()
        if self.deviations:
            body["deviations"] = list(self.deviations)
        if self.data:
            body["data"] = dict(self.data)
        return body

    @classmethod
    def decode(cls, entry: Entry) -> Act:
        body = entry.body
        actor, submitted, received = body.get("actor"), body.get("submitted"), body.get("received")
        data, deviations, state = body.get("data"), body.get("deviations"), body.get("state")
        return cls(
            n=entry.n,
            kind=entry.kind,
            name=str(body["name"]),
            happened=Moment.decode(body["happened"]),
            recorded=unstamp(entry.recorded),
            actor=Actor.of(actor) if isinstance(actor, Mapping) else None,
            submitted=Moment.decode(submitted) if submitted is not None else None,
            received=Moment.decode(received) if received is not None else None,
            grade=str(body["grade"]),
            data=data if isinstance(data, Mapping) else {},
            deviations=tuple(str(d) for d in deviations) if isinstance(deviations, list) else (),
            state=tuple(str(s) for s in state) if isinstance(state, list) else (),
        )

    @property
    def sent(self) -> Moment:
        """When it was submitted; an act that says nothing else was submitted as it happened."""
        return self.submitted or self.happened

    @property
    def stamp(self) -> str:
        return stamp(self.recorded)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names in ``data``; empty when it is not there."""
        value = self.data.get(key)
        return tuple(str(v) for v in value) if isinstance(value, list) else ()
