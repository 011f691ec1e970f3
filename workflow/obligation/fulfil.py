"""Which acts may fulfil an obligation, and at which instant they count (SEMANTICS S1, S6, S7.3)."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from workflow.act import CONFIRMED, Act
from workflow.case.fold import Case
from workflow.moment import Moment
from workflow.obligation.evidence import confirmed, deemed, receipts, received, receivers
from workflow.obligation.start import Begin
from workflow.rules import Duty, World


def candidates(
    duty: Duty, receiver: str, begin: Begin | None, case: Case, world: World, as_of: datetime, taken: Container[int] = ()
) -> list[tuple[Act, Moment]]:
    """Acts that may fulfil it, with the instant that counts, in the order of that instant; not those that are ``taken``."""
    if duty.kind in ("receipt", "countersign") and begin is not None:
        return _signatures(duty, receiver, begin, case)
    acts = case.events(*duty.met_keys)
    if not acts:
        return []
    found: list[tuple[Act, Moment]] = []
    for act in acts:
        if begin is not None and case.round_of(act) != begin.round:
            continue
        sent_to = receivers(duty, case, world, act)
        if receiver and sent_to and receiver not in sent_to:
            continue
        moment = confirmed(case, act, duty.obligation.owed.by) or act.sent
        if duty.obligation.counts == "received":
            moment = _received(case, act, receiver, duty, world, as_of) or moment
        if begin is not None and begin.slot is not None and not _in_slot(act, moment, begin):
            continue
        found.append((act, moment))
    if begin is not None and duty.obligation.starts.each and begin.slot is None:
        found = [f for f in found if f[0].n not in taken and begin.precedes(*f) and _answers(f[0], begin)]
    found.sort(key=lambda f: (f[1].lo, f[0].n))
    return found


def _answers(act: Act, begin: Begin) -> bool:
    """Whether an act may answer what began with ``begin``: it names that entry, or names none."""
    named = act.data.get("of")
    return not isinstance(named, list) or begin.act in named


def _received(case: Case, act: Act, receiver: str, duty: Duty, world: World, as_of: datetime) -> Moment | None:
    """When a report was received or is deemed to have been; ``None``: neither (S1.2)."""
    found = [m for m in (received(case, act, receiver), deemed(duty.obligation, act, case, world, as_of)) if m is not None]
    return min(found) if found else None


def _in_slot(act: Act, moment: Moment, begin: Begin) -> bool:
    """A record fulfils the period that it names, or the one in which it happened, never two (S7.3)."""
    assert begin.slot is not None and begin.previous is not None
    named = act.data.get("slot")
    if named is not None:
        return Moment.decode(named).lo == begin.slot.instant
    return after_previous(moment.hi, begin) and begin.slot.in_time(moment.lo)


def after_previous(at: datetime, begin: Begin) -> bool:
    """Whether an instant lies beyond the slot before; the first slot of a round includes its start."""
    assert begin.slot is not None and begin.previous is not None
    return at > begin.previous or (at == begin.previous and (not begin.slot.inclusive or at == begin.moment.hi))


def _signatures(duty: Duty, receiver: str, begin: Begin, case: Case) -> list[tuple[Act, Moment]]:
    if duty.kind == "receipt":
        report = case.act(begin.act)
        found = [(a, a.happened) for a in receipts(case, report, receiver)] if report is not None else []
        if report is not None and report.received is not None:
            found.append((report, report.received))
    else:
        role = duty.obligation.owed.by
        found = [(a, a.happened) for a in case.kind(CONFIRMED, str(begin.act)) if a.actor is not None and a.actor.role == role]
    return sorted(found, key=lambda f: (f[1].lo, f[0].n))
