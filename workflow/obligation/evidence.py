"""What shows when an act was done and when a report was received, and on whose word (SEMANTICS S1)."""

from __future__ import annotations

from datetime import datetime

from workflow import term as terms
from workflow.act import CONFIRMED, RECEIVED, Act
from workflow.case.fold import Case
from workflow.moment import Moment
from workflow.procedure.model import Obligation
from workflow.rules import Duty, World

OWN_RECEIPT = "own_receipt"
"""Deviation of a receipt that the sender of the report entered: it shows nothing until somebody else confirms it."""


DIRECT = ("telephone", "in_person")


def course(act: Act) -> tuple[datetime, int]:
    """The order in which acts happened; of the same instant, in which they were entered."""
    return act.happened.lo, act.n


def confirmed(case: Case, act: Act, obligor: str) -> Moment | None:
    """The instant that somebody other than the obligor confirmed (S1.3); ``None`` when nobody did.

    Of each who confirmed the last word counts; where two differ it was somewhere between. What was recorded had been done by then,
    whatever a confirmation says; and a signature after an oral approval says nothing of when.
    """
    found = {c.actor: c for c in case.kind(CONFIRMED, str(act.n)) if c.actor is not None and c.actor.role != obligor}
    if not found:
        return None
    if act.data.get("oral"):
        return act.sent
    said = [min(c.happened, max(Moment.at(act.recorded), act.sent)) for c in found.values()]
    return Moment(min(m.lo for m in said), max(m.hi for m in said))


def own_word(case: Case, act: Act, obligor: str) -> bool:
    """Whether nothing but the obligor's own word says that an act was done before it was entered (S1.3)."""
    own = act.grade == "own" and act.actor is not None and act.actor.role == obligor and act.happened.lo < act.recorded
    return own and confirmed(case, act, obligor) is None


def done(case: Case, act: Act, obligor: str) -> Moment:
    """When an act that moves the clock of ``obligor`` was done: as somebody else confirms, else as it says."""
    return confirmed(case, act, obligor) or act.happened


def holds_from(case: Case, act: Act, obligor: str) -> datetime:
    """From when an act bears on the clock of ``obligor``: on their own word alone from when it was entered, as a fact does (S1.3, S4.1)."""
    return act.recorded if own_word(case, act, obligor) else done(case, act, obligor).lo


def received(case: Case, act: Act, receiver: str) -> Moment | None:
    """When ``receiver`` received a report: the earliest of signature, call, system stamp (S1.2); ``None``: not shown.

    By telephone or in person it equals *submitted*. That it was signed for is not shown by the sender's own word; and nothing is received
    before it was sent.
    """
    found = [r.happened for r in receipts(case, act, receiver)]
    if act.received is not None and (act.grade != "own" or case.kind(CONFIRMED, str(act.n))):
        found.append(act.received)
    if act.data.get("medium") in ("telephone", "in_person"):
        found.append(act.sent)
    return max(min(found), act.sent) if found else None


def receipts(case: Case, act: Act, receiver: str) -> list[Act]:
    """The entries that show that ``receiver`` received a report; those on the sender's own word count once somebody confirms them."""
    found = [r for r in case.kind(RECEIVED, str(act.n)) if r.data.get("by") in ("", None, receiver)]
    return [r for r in found if OWN_RECEIPT not in r.deviations or case.kind(CONFIRMED, str(r.n))]


def deemed(obligation: Obligation, act: Act, case: Case, world: World, as_of: datetime) -> Moment | None:
    """When a report counts as received because the unit set it so (视为收到); ``None`` where it did not, or not yet (S1.2)."""
    if obligation.deemed is None:
        return None
    due = terms.due(act.sent.hi, obligation.deemed, world.calendar(case.calendar_now), world.rules.zone)
    return Moment.at(due.instant) if due.instant <= as_of else None


def receivers(duty: Duty, case: Case, world: World, act: Act) -> tuple[str, ...]:
    """Whom an act was sent to: as it says itself, else as the event's report declares, else everybody."""
    said = act.names("to")
    if said:
        return said
    event = world.rules.procedure.events.get(act.name)
    return event.report.to if event and event.report else ()
