"""What came of reconciling two ledgers, as canonical data.

The digest covers what was computed: no row, no file, no decision of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow.errors import IntegrityError
from workflow.journal.canonical import Json, canonical, digest
from workflow.reconcile.decision import Decision
from workflow.reconcile.incident import Incident
from workflow.reconcile.match import Matching, Pair
from workflow.reconcile.rules import OTHER, MatchRules, Side
from workflow.text import Text


@dataclass(frozen=True, slots=True)
class Reconciled:
    a: Sequence[Incident]
    b: Sequence[Incident]
    rules: MatchRules
    matching: Matching
    header: Mapping[str, Json]
    owed: Mapping[str, Sequence[Mapping[str, Json]]]
    """By incident that the reporting side does not have, the duties that it would have triggered."""
    decisions: Sequence[Decision] = ()

    @property
    def undecided(self) -> int:
        """How many groups and candidates no person has decided anything of."""
        told = {about for d in self.decisions for about in (("a", d.a), ("b", d.b)) if about[1] is not None}
        groups = sum(1 for group in self.matching.ambiguous if not told & {side for p in group for side in (("a", p.a.id), ("b", p.b.id))})
        side = OTHER[self.rules.reports] if self.rules.reports is not None else None
        return groups + sum(1 for one in self.candidates if (side, one.id) not in told)

    @property
    def candidates(self) -> Sequence[Incident]:
        """What the side that reports does not have."""
        if self.rules.reports is None:
            return ()
        return self.matching.alone_b if self.rules.reports == "a" else self.matching.alone_a

    def check(self) -> None:
        """Raise :class:`~workflow.errors.IntegrityError` when an incident is counted twice or not at all."""
        for side in OTHER:
            found = self._totals(side)
            if found["incidents"] != found["matched"] + found["ambiguous"] + found["unmatched"]:
                raise IntegrityError(Text("控制总数不符:对账", f"control totals differ: side {side}"))

    def _totals(self, side: Side) -> dict[str, int]:
        m = self.matching
        return {
            "incidents": len(self.a if side == "a" else self.b),
            "matched": len(m.matched),
            "ambiguous": len({_of(p, side) for group in m.ambiguous for p in group}),
            "unmatched": len(m.alone_a if side == "a" else m.alone_b),
        }

    def document(self) -> dict[str, Json]:
        self.check()
        m = self.matching
        computed: dict[str, Json] = {
            "header": {**self.header, "rules": self.rules.model_dump(exclude_defaults=True, mode="json")},
            "totals": {"a": self._totals("a"), "b": self._totals("b")},
            "matched": [{**p.document(), "others": [list(o.ids) for o in m.beaten[p.ids]]} for p in m.matched],
            "ambiguous": [[p.document() for p in group] for group in m.ambiguous],
            "unmatched": {"a": list(self._alone(m.alone_a, "a")), "b": list(self._alone(m.alone_b, "b"))},
            "candidates": [{"id": i.id, "duties": list(self.owed.get(i.id, ()))} for i in self.candidates],
        }
        return {
            **computed,
            "digest": digest(canonical(computed)),
            "decisions": [d.document() for d in sorted(self.decisions, key=lambda d: (d.a or "", d.b or ""))],
            "rows": {"a": {i.id: list(i.proofs) for i in self.a}, "b": {i.id: list(i.proofs) for i in self.b}},
        }

    def _alone(self, found: Iterable[Incident], side: Side) -> Iterator[dict[str, Json]]:
        could: dict[str, set[str]] = {}
        for pair in (p for pairs in self.matching.beaten.values() for p in pairs):
            mine, theirs = _of(pair, side), _of(pair, OTHER[side])
            could.setdefault(mine, set()).add(theirs)
        for one in found:
            keys = {name: sorted(words) for name, words in sorted(one.keys.items()) if words}
            made: dict[str, Json] = {"id": one.id, "at": one.at.encode(), "keys": keys, "facts": dict(one.facts)}
            if one.id in could:
                made["could_be"] = sorted(could[one.id])
            yield made


def _of(pair: Pair, side: Side) -> str:
    return pair.a.id if side == "a" else pair.b.id
