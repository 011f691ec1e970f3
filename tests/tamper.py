"""A copy of a store whose rows lie open, for attacks; it is read as a :class:`workflow.ports.View` by the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workflow.audit import Audited, audit_store
from workflow.journal.canonical import canonical
from workflow.journal.chain import Finding
from workflow.journal.entry import Entry, Private, Stored
from workflow.journal.seal import Checkpoint, Seal, StoredSeal, make_seal
from workflow.outbox import SWEPT, Claim, Message
from workflow.ports import Answer, CaseRow, DueRow, Store

Place = tuple[str, int]


@dataclass
class Copy:
    """Everything of a store, to be changed at will."""

    facts: dict[str, str]
    rows: list[Stored]
    hidden: dict[Place, Private]
    sealed_by: list[StoredSeal]
    case_rows: dict[str, CaseRow]
    due_rows: list[DueRow]
    kept: dict[str, Answer]
    documents: dict[str, tuple[str, str, bytes]]
    claimed: list[Claim]
    outbox: list[Message]
    swept: str

    @classmethod
    def of(cls, store: Store) -> Copy:
        with store.read() as view:
            documents = {}
            for kind in ("definition", "calendar", "calendar-in-use", "pack"):
                for name, found in view.blobs(kind):
                    data = view.blob(found)
                    assert data is not None
                    documents[found] = (kind, name, data)
            return cls(
                dict(view.meta()),
                list(view.stored()),
                {(case, n): part for case, n, part in view.parts()},
                list(view.stored_seals()),
                {row.id: row for row in view.cases()},
                list(view.dues()),
                dict(view.answers()),
                documents,
                [claim for row in view.cases() for claim in view.claims(row.id)],
                list(view.messages()),
                view.mark(SWEPT),
            )

    # as a view

    def meta(self) -> dict[str, str]:
        return self.facts

    def stored(self) -> Iterator[Stored]:
        return iter(sorted(self.rows, key=lambda r: (r.case, r.n)))

    def parts(self) -> Iterator[tuple[str, int, Private]]:
        return ((case, n, part) for (case, n), part in sorted(self.hidden.items(), key=lambda item: item[0]))

    def stored_seals(self) -> Sequence[StoredSeal]:
        return sorted(self.sealed_by)

    def blobs(self, kind: str) -> list[tuple[str, str]]:
        return [(name, found) for found, (of, name, _) in self.documents.items() if of == kind]

    def blob(self, digest: str) -> bytes | None:
        return self.documents[digest][2] if digest in self.documents else None

    def answers(self) -> Iterator[tuple[str, Answer]]:
        return iter(sorted(self.kept.items()))

    def case(self, case: str) -> CaseRow | None:
        return self.case_rows.get(case)

    def cases(self) -> list[CaseRow]:
        return sorted(self.case_rows.values(), key=lambda r: r.id)

    def dues(self, case: str) -> list[DueRow]:
        return [r for r in self.due_rows if r.case == case]

    def claims(self, case: str) -> list[Claim]:
        return [c for c in self.claimed if c.case == case]

    def messages(self, case: str) -> list[Message]:
        return [m for m in self.outbox if m.case == case]

    def mark(self, name: str) -> str:
        return self.swept if name == SWEPT else ""

    def entries(self, case: str) -> list[Entry]:
        return [Entry.parse(r.data, r.hash) for r in self.stored() if r.case == case]

    # what an attacker does

    def audit(self, checkpoint: Checkpoint | None = None) -> tuple[Audited, list[Finding]]:
        found = audit_store(self, checkpoint)  # type: ignore[arg-type]
        return found, list(found.findings)

    def put(self, old: Stored, **change: Any) -> None:
        self.rows[self.rows.index(old)] = replace(old, **change)

    def of_case(self, case: str) -> list[Stored]:
        return [r for r in self.stored() if r.case == case]

    def forge(self, row: Stored, person: str, *, case_row: bool) -> None:
        """Change who did it, and link the case anew from there on; with ``case_row`` its row too."""
        later = [r for r in self.of_case(row.case) if r.n >= row.n]
        prev: str | None = Entry.parse(row.data, row.hash).prev
        for r in later:
            body = json.loads(r.data)
            if r.n == row.n:
                body["body"]["actor"] = {"role": "desk", "person": person}
            body["prev"] = prev
            data = canonical(body)
            prev = entry_hash(data, body["algorithm"])
            self.put(r, data=data, hash=prev)
        if case_row and row.case in self.case_rows:
            self.case_rows[row.case] = replace(self.case_rows[row.case], head=str(prev))

    def reseal(self) -> None:
        """Make every seal anew over what is there now."""
        made: list[StoredSeal] = []
        previous: Seal | None = None
        for old in sorted(self.sealed_by):
            covered = [Entry.parse(r.data, r.hash) for r in self.stored() if r.seal == old.number]
            previous = make_seal(previous, covered, json.loads(old.data)["recorded"], self.facts["algorithm"])
            made.append(StoredSeal(previous.number, previous.raw, previous.hash))
        self.sealed_by = made

    @property
    def checkpoint(self) -> Checkpoint:
        last = max(self.sealed_by)
        return Checkpoint(last.number, last.hash)


def entry_hash(data: bytes, algorithm: str) -> str:
    """The hash of bytes that somebody forged."""
    import hashlib

    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
