"""What a sweep has to say: flags for late and missing acts, and the tiers that have come due.

Flags are evidence that somebody was told; no outcome reads them (S3.6). A flag that a back-filled act refutes is withdrawn by an act of
its own; the flag itself stays in history (S1.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

from workflow.act import FLAGGED, UNFLAGGED, Act
from workflow.case.clockwork import clock_instant
from workflow.case.fold import Case
from workflow.case.standing import Standing, settle
from workflow.journal.canonical import Json
from workflow.moment import TICK, Moment, stamp
from workflow.obligation.clock import DueRevision, stops
from workflow.obligation.row import Outcome, Row, same_duty
from workflow.rules import World
from workflow.term import Offset

LATE, MISSING, MOVED = "late", "missing", "moved"
LAG = timedelta(minutes=1)
"""What is said later than this after the instant that it is about says so."""


def flags(standing: Standing, world: World, now: datetime, swept: datetime | None = None) -> Standing:
    """The standing with every flag and tier that is due at ``now`` and not yet in the journal; the same one when there is none.

    ``swept`` is the instant up to which everything was said before; ``None`` when nothing was. What could have been said long before was
    not seen because nobody looked, and the flag says from when to when: that lag is ours, and is blamed on nobody (promise 8).
    ``now`` may lie before the last entry, when a clock that was ahead was put right: what it flagged too early is withdrawn, and entered
    no earlier than what is journaled.
    """
    if not standing.case.listed:
        return standing
    entered = max(now, standing.case.acts[-1].recorded)
    rows = standing.telling(world, now)
    for key in _refuted(standing.case, rows):
        was = flagged(standing.case, key)
        revision = standing.case.kind(FLAGGED, key)[-1].data.get("revision", 0)
        data: dict[str, Json] = {"flag": "withdrawn", "was": was, "outcome": "not_owed", "revision": revision}
        when = Moment.at(standing.case.acts[-1].recorded)
        standing = settle(standing, Act(standing.case.n + 1, UNFLAGGED, key, when, entered, data=data, state=standing.case.state), world)
    for row in rows:
        case = standing.case
        for data, happened in (*_moved(case, row), *_flag(case, row), *_tiers(case, row, rows, world, now)):
            kind = UNFLAGGED if data["flag"] == "withdrawn" else FLAGGED
            if case.drill:
                data["drill"] = True  # whoever is told, is told that it is practice
            ready = _ready(case, row, happened)
            if now - ready >= LAG and data["flag"] in ("tier", LATE, MISSING):
                data["lag"] = int((now - ready).total_seconds())
                data["unwatched"] = [None if swept is None else stamp(min(swept, ready)), stamp(now)]
            act = Act(standing.case.n + 1, kind, row.key, Moment.at(happened), entered, data=data, state=standing.case.state)
            standing = settle(standing, act, world)
    return standing


def _ready(case: Case, row: Row, happened: datetime) -> datetime:
    """From when on a flag could have been raised: not before the acts were entered on which it rests, and not while its clock was known
    to stand still."""
    numbers = [row.begin.act if row.begin is not None else None, row.revisions[-1].cause if row.revisions else None, row.met_by]
    ready = max([happened, *(case.acts[n - 1].recorded for n in numbers if n)])
    for begun, ended in sorted((begun.recorded, ended.recorded) for begun, ended in _stops(case, row) if ended is not None):
        if begun <= ready < ended:
            ready = ended
    return ready


def flagged(case: Case, key: str) -> str:
    """The flag that stands on a row: ``missing``, ``late``, or nothing."""
    told = case.kind(FLAGGED, key)
    if not told:
        return ""
    last = [a for a in (*told, *case.kind(UNFLAGGED, key)) if a.data["flag"] in (LATE, MISSING, "withdrawn")]
    latest = max(last, key=lambda a: a.n, default=None)
    return "" if latest is None or latest.kind == UNFLAGGED else str(latest.data["flag"])


def _refuted(case: Case, rows: Iterable[Row]) -> list[str]:
    """Keys of rows that are flagged and were never owed, as an act that was entered later shows (S1.5)."""
    told = [name.split(":", 1)[1] for name in case.by_name if name.startswith(f"{FLAGGED}:")]
    if not told:
        return []
    keys = {row.key for row in rows}
    return [key for key in told if key not in keys and flagged(case, key)]


def _moved(case: Case, row: Row) -> Iterator[tuple[dict[str, Json], datetime]]:
    """A date that moved is told to whom the duty is owed and to who owes it (S4.2)."""
    for old, new in unsaid(case, row):
        data: dict[str, Json] = {
            "flag": MOVED,
            "revision": new.number,
            "old": None if old.due is None else stamp(old.due.instant),
            "new": None if new.due is None else stamp(new.due.instant),
            "tell": list(dict.fromkeys((row.owed_to or row.owed_by, row.owed_by))),
        }
        yield data, new.at


def unsaid(case: Case, row: Row) -> list[tuple[DueRevision, DueRevision]]:
    """Due dates that moved, old and new, which nobody was told of yet; only those of a duty that is open.

    Nothing while its clock stands still: what the date will be is told when the pause has ended.
    """
    if len(row.revisions) < 2 or not row.open or _stopped(case, row):
        return []
    told = {a.data["revision"] for a in case.kind(FLAGGED, row.key) if a.data["flag"] == MOVED}
    return [(o, n) for o, n in pairwise(row.revisions) if n.number not in told and _instant(o) != _instant(n)]


def _stopped(case: Case, row: Row) -> bool:
    return any(ended is None for _, ended in _stops(case, row))


def _stops(case: Case, row: Row) -> Iterator[tuple[Act, Act | None]]:
    if row.due is not None:
        yield from stops(row.duty.obligation, row.due, case)


def _instant(revision: DueRevision) -> datetime | None:
    return revision.due.instant if revision.due is not None else None


def _flag(case: Case, row: Row) -> Iterator[tuple[dict[str, Json], datetime]]:
    wanted = {Outcome.MISSED: MISSING, Outcome.MET_LATE: LATE}.get(row.outcome, "")
    if row.duty.obligation.modality != "mandatory":
        wanted = ""  # a target has an outcome and never raises a lead (S3.5)
    standing = flagged(case, row.key)
    if wanted == standing:
        return
    due = row.due.instant if row.due is not None else None
    revision = row.revisions[-1].number if row.revisions else 0
    if not wanted:
        yield {"flag": "withdrawn", "was": standing, "outcome": row.outcome.value, "revision": revision}, case.acts[-1].recorded
        return
    data: dict[str, Json] = {"flag": wanted, "due": None if due is None else stamp(due), "revision": revision}
    if row.duty.obligation.missed.lead:
        data["lead"] = row.duty.obligation.missed.lead
    yield data, row.missing_from or case.acts[-1].happened.lo


def _tiers(case: Case, row: Row, rows: Sequence[Row], world: World, now: datetime) -> Iterator[tuple[dict[str, Json], datetime]]:
    if not row.open or not row.duty.obligation.tiers or _stopped(case, row):
        return
    revision = row.revisions[-1].number if row.revisions else 0
    due = [(index, instant) for index, instant in tiers(row, rows, world, _left(case, row)) if instant <= now]
    for index, instant in due:
        tier = row.duty.obligation.tiers[index]
        data: dict[str, Json] = {"flag": "tier", "tier": index, "revision": revision, "at": stamp(instant), "tell": list(tier.tell)}
        if tier.lead:
            data["lead"] = tier.lead
        if now - instant >= LAG and tier.tell and _overtaken(row, index, instant, due):
            data["skipped"] = True
        yield data, instant


def _left(case: Case, row: Row) -> list[int]:
    """The indexes of the tiers that were not said yet of the present due revision."""
    number = row.revisions[-1].number if row.revisions else 0
    said = {a.data.get("tier") for a in case.kind(FLAGGED, row.key) if a.data.get("revision") == number}
    return [index for index in range(len(row.duty.obligation.tiers)) if index not in said]


def _overtaken(row: Row, index: int, instant: datetime, due: Sequence[tuple[int, datetime]]) -> bool:
    """Whether everybody a reminder would tell is told something later of the same duty in the same sweep: it makes no sense any more."""
    tiers = row.duty.obligation.tiers
    later = {role for other, when in due if when > instant for role in tiers[other].tell}
    if row.outcome == Outcome.MISSED and row.due is not None and instant < row.due.instant:
        later.add(row.owed_by)
    return later >= set(tiers[index].tell)


def tier_name(case: Case, act: Act) -> str:
    """What a flag says of its row, as its claim names it: ``missing``, ``tier 0``, ``withdrawn``; a second time ``missing#2``."""
    flag = str(act.data["flag"])
    if flag == "tier":
        return f"tier {act.data['tier']}"
    before = [a for a in (*case.kind(FLAGGED, act.name), *case.kind(UNFLAGGED, act.name)) if a.n < act.n and a.data["flag"] == flag]
    count = 1 + sum(a.data.get("revision") == act.data.get("revision") for a in before)
    return flag if count == 1 else f"{flag}#{count}"


def tiers(row: Row, rows: Sequence[Row], world: World, only: Iterable[int] | None = None) -> list[tuple[int, datetime]]:
    """The tiers of a row among all rows of its case. Of rules that demand the same thing the earliest mandatory date reminds (S8.3)."""
    found = tier_instants(row, world, only)
    due = row.due
    if row.duty.obligation.duty is None or due is None:
        return found
    dues = [r.due.instant for r in same_duty(row, rows) if r.open and r.duty.obligation.modality == "mandatory" and r.due is not None]
    leads = row.duty.obligation.modality == "mandatory" and due.instant <= min(dues, default=due.instant)
    return found if leads or not dues else [(index, instant) for index, instant in found if instant >= due.instant]


def tier_instants(row: Row, world: World, only: Iterable[int] | None = None) -> list[tuple[int, datetime]]:
    """When each tier of an open row falls, or ``only`` those with these indexes, by its index; empty without a due date.

    A reminder before the start is left out.
    """
    revision = row.reckoned[-1] if row.reckoned and row.duty.obligation.tiers else None
    if revision is None or revision.due is None:
        return []
    calendar, rules = world.calendar(revision.calendar), world.of(row.definition).rules
    found: list[tuple[int, datetime]] = []
    every = row.duty.obligation.tiers
    for index in range(len(every)) if only is None else only:
        tier = every[index]
        hour = time.fromisoformat(tier.hour) if tier.hour is not None else rules.hour
        instant = Offset.parse(tier.at).instant(revision.due, revision.start.lo, calendar, rules.zone, hour)
        if instant >= revision.at:
            found.append((index, row.pace.first(instant) if row.pace is not None else instant))
    return found


def wake(standing: Standing, world: World, now: datetime, after: datetime) -> datetime | None:
    """The first instant later than ``after`` at which the clock may have something to do for a case; ``None`` when there is none left.

    ``after`` is the instant of the last sweep, or the beginning of time when a command has changed the case since.
    """
    case = standing.case
    if not case.listed:
        return None
    found: list[datetime] = []
    rows = standing.telling(world)
    if _refuted(case, rows):
        found.append(case.acts[-1].recorded)
    for row in rows:
        if unsaid(case, row) or (row.outcome == Outcome.MISSED and not row.open and not flagged(case, row.key)):
            found.append(case.acts[-1].recorded)
        if row.due is None:
            if flagged(case, row.key):  # it was flagged by a date that it has no more
                found.append(case.acts[-1].recorded)
            continue
        if row.begin is not None and row.begin.slot is not None and row.ended_by is None:
            found.append(row.due.instant + TICK)  # then the next slot comes into sight
        settled = flagged(case, row.key)
        if row.open:
            if not settled and row.duty.obligation.modality == "mandatory":
                found.extend(_overdue(row))
            if row.duty.obligation.tiers and not _stopped(case, row):
                found.extend(instant for _, instant in tier_instants(row, world, _left(case, row)))
        elif settled or row.outcome == Outcome.MET_LATE:
            found.append(case.acts[-1].recorded)
    for name, event in world.rules.clock_events:
        if world.rules.chart.fire(case.state, name) is not None:
            instant = clock_instant(case, world, name, event, now)
            if instant is not None:
                found.append(instant)
    return min((f for f in found if f > after), default=None)


def _overdue(row: Row) -> Iterator[datetime]:
    """When an open row may turn into a missed one: past its due date, past the latest possible one, past an extension still pending."""
    revision = row.revisions[-1]
    for due in (revision.due, revision.last, *(p.due for p in row.pending)):
        if due is not None:
            tick = TICK if due.inclusive else timedelta(0)
            yield from (due.instant + tick, due.latest + tick)
