"""What of a history decides the rows of a duty, so that histories that agree in it need to be judged only once.

It holds for histories as logs give them: every instant exact, everything recorded as it happened, nothing confirmed, granted or waived.
There the ledger looks at the order of a few events and at which of them come before which due date, and at nothing else; the values of a
row (dates, lengths) follow from the instants of the same events.
"""

from __future__ import annotations

from typing import NamedTuple

from workflow import term as terms
from workflow.procedure.model import CASE
from workflow.rules import Duty, Rules
from workflow.term import Term


class Bearing(NamedTuple):
    """The events that bear on a duty, beside those that end a case."""

    names: frozenset[str]
    opening: bool
    """Whether the first event of a case does, whatever it is called."""
    facts: frozenset[str]
    starts: frozenset[str]
    """Of ``names`` those from which a term may be counted."""
    terms: tuple[Term, ...]
    """Those with a number."""
    closely: bool
    """Whether due dates are compared with each other too: a fact may choose another term."""


def bearing(duty: Duty, rules: Rules) -> Bearing | None:
    """What bears on a duty; ``None`` where more does than the order of events and due dates: pauses, recurrences, receipts, facts' days."""
    o = duty.obligation
    s = o.starts
    if o.pause or o.deemed is not None or s.every or s.fact or s.received or s.date or s.instant == "received":
        return None
    if any(terms.of_case(a.term) for a in o.term):
        return None
    keys, facts = rules.keys[duty.id]
    names = keys - {CASE}
    closely = bool(duty.read)
    parent = rules.procedure.obligations.get(duty.of)
    started = frozenset(parent.met_by) if duty.kind == "receipt" and parent is not None else frozenset(s.on) - {CASE}
    numbered = tuple(dict.fromkeys(a.term for a in o.term if a.term is not None and not a.term.qualitative))
    return Bearing(names, CASE in keys or CASE in s.on, facts, names if closely else started & names, numbered, closely)
