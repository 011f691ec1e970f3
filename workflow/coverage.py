"""Where each row of the sources stands in the product: which duty, event or decision rests on it, or what else answers it.

The rows are data (``definitions/coverage.yaml``); the places are found from the basis entries of the procedures, so that a definition that
loses a duty loses the row with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflow.procedure.model import Label, Procedure, basis_id
from workflow.text import Text

PlaceKind = Literal["obligation", "decision", "event", "sheet"]
TIMED = frozenset({"PERIOD", "REPORT", "TIMER"})
"""Kinds of rows that only an obligation answers."""

PLACES: dict[PlaceKind, Text] = {
    "obligation": Text("义务", "duty"),
    "decision": Text("决定", "decision"),
    "event": Text("事件", "event"),
    "sheet": Text("表", "sheet"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a procedure that rests on a row."""

    kind: PlaceKind
    procedure: str
    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that the sources ask for."""

    id: str
    kind: str
    title: Text
    source: Text
    places: tuple[Place, ...] = ()
    commands: tuple[str, ...] = ()
    note: Text | None = None
    none: Text | None = None
    """Why it is no matter of software."""

    @property
    def answered(self) -> bool:
        """Whether it stands somewhere; a row with a period, a report or a time limit stands in an obligation."""
        if self.kind in TIMED:
            return any(p.kind == "obligation" for p in self.places)
        return bool(self.places or self.commands or self.none is not None)


def coverage(table: Mapping[str, Any], procedures: Iterable[Procedure]) -> list[Row]:
    """Every row of the table with its places, in the order of the table. Only basis entries that name the row's own source count."""
    sources = {letter: _text(label) for letter, label in table["sources"].items()}
    found: dict[str, list[Place]] = {}
    for procedure in procedures:
        for place, references in _parts(procedure):
            for reference in dict.fromkeys(basis_id(r) for r in references):
                if reference in table["rows"] and _is_source(procedure, reference, sources[reference[0]]):
                    found.setdefault(reference, []).append(place)
    return [
        Row(
            name,
            str(row["kind"]),
            _text(row),
            sources[name[0]],
            tuple(dict.fromkeys(found.get(name, ()))),
            tuple(row.get("commands", ())),
            _text(row["note"]) if "note" in row else None,
            _text(row["none"]) if "none" in row else None,
        )
        for name, row in table["rows"].items()
    ]


def _text(label: Mapping[str, Any]) -> Text:
    return Text(str(label["zh"]), str(label["en"]))


def _is_source(procedure: Procedure, reference: str, source: Text) -> bool:
    """Whether a basis entry cites this source: a law may have an article called as a row is."""
    basis = procedure.basis[reference]
    document = procedure.documents[basis.document].zh if basis.document in procedure.documents else basis.document
    return source.zh.partition("(")[0] in document


def _parts(p: Procedure) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Each part of a procedure that has a basis, with every basis in it."""

    def place(kind: PlaceKind, name: str, label: Label) -> Place:
        return Place(kind, p.procedure, name, label.text)

    for name, o in p.obligations.items():
        inner = [*o.receipt_basis, *o.starts.basis, *(b for a in o.term for b in a.basis), *(b for t in o.tiers for b in t.basis)]
        inner += [b for rule in o.pause for b in rule.basis]
        inner += [b for s in o.ambiguous.starts for b in s.basis] if o.ambiguous is not None else ()
        inner += o.extend.basis if o.extend is not None else ()
        yield place("obligation", name, o), (*o.basis, *inner)
    for name, decision in p.decisions.items():
        yield place("decision", name, decision), decision.basis
    for name, event in p.events.items():
        yield place("event", name, event), event.basis
    if p.sheet is not None:
        for name, line in p.sheet.lines.items():
            yield place("sheet", name, line), line.basis
