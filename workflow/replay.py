"""The past again: a log or a journal folded under the rules, with outcomes, deviations, control totals and a digest.

The digest covers every outcome, date and explanation and nothing else: not the order of the rows, the time zone of the machine, the hash
seed, salts, hosts or the wall clock (SEMANTICS S10.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workflow.act import ACTED, DEEDS, OPENED, Act
from workflow.calendar import Calendar
from workflow.case.clockwork import catch_up
from workflow.case.fold import Case
from workflow.case.standing import Standing, settle
from workflow.errors import IntegrityError, UnknownProcedure
from workflow.journal.canonical import Json, canonical, digest
from workflow.logmap import LogEvent, LogMap
from workflow.moment import stamp
from workflow.obligation.ledger import Outcome, Row, ledger
from workflow.organisation import Actor, Organisation
from workflow.rules import Rules, World
from workflow.text import Text

ENGINE = "1"
"""Version of the semantics: it changes when the same input may give another digest."""


@dataclass(slots=True)
class Report:
    """What a replay found. The counts add up: :meth:`check` proves it."""

    header: dict[str, Json]
    cases: list[tuple[str, Json]] = field(default_factory=list)
    """Case id and the part of its result that the digest covers."""
    events: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    deviations: Counter[str] = field(default_factory=Counter)
    unlisted: int = 0

    def check(self) -> None:
        """Raise :class:`~workflow.errors.IntegrityError` when the control totals do not add up."""
        parts = sum(self.events[k] for k in ("applied", "deviating", "ignored", "unreadable"))
        if self.events["read"] != parts:
            raise IntegrityError(Text("控制总数不符", f"control totals differ: read {self.events['read']}, accounted for {parts}"))

    @property
    def digest(self) -> str:
        return digest(
            canonical({"engine": ENGINE, "header": self.header, "cases": [list(c) for c in sorted(self.cases, key=lambda c: c[0])]})
        )

    def document(self) -> dict[str, Json]:
        """The report as canonical data."""
        self.check()
        return {
            "header": self.header,
            "totals": {
                "cases": len(self.cases),
                "events": {k: self.events[k] for k in ("read", "applied", "deviating", "ignored", "unreadable")},
                "obligations": sum(sum(c.values()) for c in self.outcomes.values()),
                "unlisted_cases": self.unlisted,
            },
            "obligations": {k: {o.value: v[o.value] for o in Outcome if v[o.value]} for k, v in sorted(self.outcomes.items())},
            "deviations": dict(sorted(self.deviations.items())),
            "digest": self.digest,
        }


def row_document(row: Row, case: Case) -> dict[str, Json]:
    """Everything of a row that decides something: its outcome, its dates and where they come from."""
    by = case.act(row.met_by) if row.met_by is not None else None
    return {
        "row": row.key,
        "outcome": row.outcome.value,
        "reason": row.reason,
        "start": row.begin.moment.encode() if row.begin is not None else None,
        "revisions": [
            {
                "why": v.kind,
                "at": stamp(v.at),
                "start": v.start.encode(),
                "term": str(v.term) if v.term is not None else None,
                "due": stamp(v.due.instant) if v.due is not None else None,
                "inclusive": v.due.inclusive if v.due is not None else None,
                "bounds": [stamp(v.due.earliest), stamp(v.due.latest)] if v.due is not None and v.due.provisional else None,
                "revision": v.due.revision if v.due is not None else None,
                "pauses": [[stamp(p.lo), stamp(p.hi)] for p in v.pauses],
            }
            for v in row.revisions
        ],
        "met": row.met_at.encode() if row.met_at is not None else None,
        "met_by": by.name if by is not None else None,
        "elapsed": _seconds(row),
        "late": [int(row.late.clock.total_seconds()), row.late.working_days] if row.late is not None else None,
        "bounds": [stamp(row.bounds[0]), stamp(row.bounds[1])] if row.bounds is not None else None,
        "ended_by": row.ended_by,
        "beside": list(row.beside),
        "blank": list(row.blank),
        "suspected": row.suspected,
    }


def _seconds(row: Row) -> int | None:
    return int(row.elapsed.total_seconds()) if row.elapsed is not None else None


def case_document(case: Case, rows: Iterable[Row]) -> dict[str, Json]:
    """The part of a case's result that the digest covers."""
    return {
        "definition": case.definition,
        "state": list(case.state),
        "listed": case.listed,
        "acts": [[a.kind, a.name, a.happened.encode(), list(a.deviations)] for a in case.acts if a.kind in DEEDS],
        "rows": [row_document(r, case) for r in rows],
    }


def in_force(versions: Sequence[Rules], day: datetime) -> Rules | None:
    """The version in force on the day of an instant, in the procedure's zone; of several the last one given; ``None``: none."""
    found = None
    for rules in versions:
        force = rules.procedure.in_force
        here = day.astimezone(rules.zone).date()
        if (force.since is None or force.since <= here) and (force.until is None or here <= force.until):
            found = rules
    return found


def replay_log(
    cases: Sequence[tuple[str, list[LogEvent]]],
    log_map: LogMap,
    versions: Sequence[Rules],
    calendar: Calendar,
    *,
    read: int,
    ignored: int,
    unreadable: int,
    as_of: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Replay the cases of a log, each under the version in force on the day that the map names.

    ``as_of`` defaults to the last instant of the log. Raises :class:`~workflow.errors.UnknownProcedure` when no version is in force on
    the day of a case.
    """
    last = max((e.happened.hi for _, events in cases for e in events), default=datetime.min.replace(tzinfo=None))
    until = as_of if as_of is not None else last
    calendar_digest = digest(canonical(calendar.document()))
    report = Report(
        {
            "engine": ENGINE,
            "mode": "in_force",
            "in_force_by": list(log_map.in_force_by),
            "procedure": log_map.procedure,
            "definitions": {r.procedure.ref: r.hash for r in versions},
            "calendar": calendar_digest,
            "trust": log_map.trust,
            "zone": log_map.zone.model_dump(exclude_none=True) if log_map.zone is not None else None,
            "granularity": log_map.granularity,
            "as_of": stamp(until),
        }
    )
    report.events.update(read=read, ignored=ignored, unreadable=unreadable)
    worlds = {r.hash: World(r, {calendar_digest: calendar}, Organisation()) for r in versions}
    for count, (case, events) in enumerate(cases, 1):
        rules = _version(case, events, log_map, versions)
        _replay_case(case, events, log_map, worlds[rules.hash], calendar_digest, until, report)
        if progress is not None and count % 100 == 0:
            progress(count)
    return report


def _version(case: str, events: Sequence[LogEvent], log_map: LogMap, versions: Sequence[Rules]) -> Rules:
    by = log_map.in_force_by or (events[0].name,)
    chosen = next((e for name in by for e in events if e.name == name), events[0])
    rules = in_force(versions, chosen.happened.lo)
    if rules is None:
        raise UnknownProcedure(
            Text(
                f"案件 {case}:{chosen.happened.lo.date()} 没有在施行的 {log_map.procedure}",
                f"case {case}: no {log_map.procedure} is in force on {chosen.happened.lo.date()}",
            )
        )
    return rules


def _replay_case(
    case_id: str, events: Sequence[LogEvent], log_map: LogMap, world: World, calendar: str, until: datetime, report: Report
) -> None:
    standing: Standing | None = None
    for event in events:
        if event.happened.lo > until:
            report.events["ignored"] += 1
            continue
        standing, deviations = _apply(standing, case_id, event, log_map, world, calendar)
        report.events["deviating" if deviations else "applied"] += 1
        report.deviations.update(deviations)
    if standing is None:
        return
    standing = catch_up(standing, world, until)
    rows = ledger(standing.case, world, until)
    report.cases.append((case_id, case_document(standing.case, rows)))
    for row in rows:
        key = f"{world.rules.procedure.ref}/{row.duty.id}"
        report.outcomes.setdefault(key, Counter())[row.outcome.value] += 1


def _apply(
    standing: Standing | None, case_id: str, event: LogEvent, log_map: LogMap, world: World, calendar: str
) -> tuple[Standing, tuple[str, ...]]:
    """One event of a log as a record: always accepted, its breaches counted (S5.2)."""
    rules = world.rules
    recorded = event.happened.hi
    if standing is not None:
        standing = catch_up(standing, world, event.happened.lo)
    declared = rules.procedure.events.get(event.name) if event.known else None
    state = rules.chart.initial if standing is None else standing.case.state
    target = rules.chart.fire(state, event.name) if declared is not None else None
    deviations: list[str] = []
    if declared is None:
        deviations.append("unknown_activity")
    elif declared.by and event.role and event.role not in declared.by:
        deviations.append("wrong_role")
    if event.duplicate:
        deviations.append("duplicate")
    if declared is not None and standing is None and not declared.opens:
        deviations.append("not_opened")
    elif declared is not None and standing is not None and target is None:
        deviations.append("not_enabled")
    if not deviations and target is not None:
        state = target
    data: dict[str, Json] = {}
    if declared is not None and declared.report is not None and declared.report.medium != "any":
        data["medium"] = declared.report.medium
    if event.facts:
        data["facts"] = dict(event.facts)
    name, found, actor = event.name, tuple(deviations), Actor(event.role, person=event.actor or None)
    if standing is None:
        p = rules.procedure
        data |= {"procedure": p.procedure, "version": p.version, "definition": rules.hash, "calendar": calendar, "unit": ""}
        act = Act(1, OPENED, name, event.happened, recorded, actor, grade=log_map.trust, data=data, deviations=found, state=state)
        return settle(Standing.fresh(case_id, act), act, world, recorded), found
    case = standing.case
    if rules.chart.ended(state) and not rules.chart.ended(case.state):
        data["ended"] = True
    act = Act(case.n + 1, ACTED, name, event.happened, recorded, actor, grade=log_map.trust, data=data, deviations=found, state=state)
    return settle(standing, act, world, recorded), found


def replay_cases(
    cases: Iterable[tuple[str, Sequence[Act]]],
    rules: Mapping[str, Rules],
    calendars: Mapping[str, Calendar],
    organisation: Organisation,
    as_of: datetime,
) -> Report:
    """Replay journaled cases under the definitions and calendars that they are pinned to, as the record stood at ``as_of``.

    Each due revision in the journal is compared with the one computed again: a difference is drift of the engine, counted as the deviation
    ``drift`` and never taken for lateness of a person.
    """
    report = Report(
        {
            "engine": ENGINE,
            "mode": "in_force",
            "definitions": {r.procedure.ref: r.hash for r in rules.values()},
            "organisation": digest(canonical(organisation.document())),
            "as_of": stamp(as_of),
        }
    )
    for case_id, acts in cases:
        seen = [a for a in acts if a.recorded <= as_of]
        if not seen:
            continue
        world = World(rules[str(seen[0].data["definition"])], calendars, organisation)
        standing = Standing.replayed(case_id, seen, world, as_of)
        standing = catch_up(standing, world, as_of)
        rows = ledger(standing.case, world, as_of)
        for act in seen:
            report.events["read"] += 1
            report.events["deviating" if act.deviations else "applied"] += 1
            report.deviations.update(act.deviations)
        drift = _drift(standing.case, rows)
        if drift:
            report.deviations["drift"] += drift
        report.cases.append((case_id, case_document(standing.case, rows)))
        if not standing.case.listed:
            report.unlisted += 1
            continue
        for row in rows:
            key = f"{world.rules.procedure.ref}/{row.duty.id}"
            report.outcomes.setdefault(key, Counter())[row.outcome.value] += 1
    return report


def _drift(case: Case, rows: Iterable[Row]) -> int:
    again = {(r.key, v.number): None if v.due is None else stamp(v.due.instant) for r in rows for v in r.revisions}
    count = 0
    for act in case.acts:
        dues = act.data.get("dues")
        for due in dues if isinstance(dues, list) else ():
            key = (due["row"], due["revision"])
            count += key in again and again[key] != due["due"] and case.ended is None
    return count
