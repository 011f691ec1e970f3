"""The past again: a log or a journal folded under the rules, with outcomes, deviations, control totals and a digest.

The digest covers every outcome, date and explanation and nothing else: not the order of the rows, the time zone of the machine, the hash
seed, salts, hosts or the wall clock (SEMANTICS S10.2). It is a digest of digests, one a case, so that no more than one case is ever held.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from workflow.act import ACTED, DEEDS, OPENED, Act
from workflow.calendar import Calendar
from workflow.case.clockwork import ticked
from workflow.case.fold import Case, fold
from workflow.case.standing import Standing, news
from workflow.errors import IntegrityError, UnknownProcedure
from workflow.journal.canonical import Json, canonical, digest
from workflow.journal.chain import Finding
from workflow.logevent import LogEvent
from workflow.logmap import LogMap
from workflow.moment import stamp
from workflow.obligation.carry import lineage
from workflow.obligation.clock import DueRevision
from workflow.obligation.ledger import ledger
from workflow.obligation.owing import seen_at
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Actor, Organisation
from workflow.procedure.condition import holds
from workflow.procedure.model import Event
from workflow.rules import Rules, World
from workflow.text import Text

ENGINE = "1"
"""Version of the semantics: it changes when the same input may give another digest."""

SECOND = timedelta(seconds=1)


class Judged(NamedTuple):
    """A case as it was judged."""

    case: Case
    rows: Sequence[Row]
    world: World
    as_of: datetime
    proofs: Mapping[int, str] = {}
    """For each act by its number the place where it stands in the log or the journal."""
    drift: Sequence[Drifted] = ()
    comparison: Mapping[str, Json] | None = None
    """What comes out otherwise on the other side of a comparison; ``None``: nothing, or none was asked for."""


class Drifted(NamedTuple):
    """A journaled due revision that the case, as it stood with that entry, gives otherwise now: a finding about the engine."""

    entry: int
    recorded: Mapping[str, Json]
    recomputed: Mapping[str, Json] | None
    """``None``: the case gives no such revision."""

    @property
    def row(self) -> str:
        return str(self.recorded["row"])

    def document(self) -> dict[str, Json]:
        """What differs, as it was recorded and as it is computed now."""
        again = self.recomputed
        names = sorted(n for n in self.recorded if again is None or again.get(n) != self.recorded[n])
        return {
            "entry": self.entry,
            "revision": self.recorded["revision"],
            "recorded": {n: self.recorded[n] for n in names},
            "recomputed": {n: again[n] for n in names} if again is not None else None,
        }


Each = Callable[[Judged], None]


class Results(Protocol):
    """Cases with the digests of their results, in the order of their ids, as often as they are asked for."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[str, str]]: ...


@dataclass(slots=True)
class Report:
    """What a replay found. The counts add up: :meth:`check` proves it."""

    header: dict[str, Json]
    cases: dict[str, str] = field(default_factory=dict)
    """Case id → digest of its result."""
    elsewhere: list[Results] = field(default_factory=list)
    """The same of cases that are not held here."""
    settled: tuple[str, int] | None = None
    """The digest and the number of cases, once they are settled."""
    events: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    deviations: Counter[str] = field(default_factory=Counter)
    unlisted: list[str] = field(default_factory=list)
    """Cases that are void: counted nowhere, listed always (S7.2). Their entries count as ignored."""
    joined: dict[str, str] = field(default_factory=dict)
    """Case id → the case that leads, of those that are the same incident as another. What is their own is counted (S7.2)."""
    unverifiable: dict[str, str] = field(default_factory=dict)
    """Case id → the first fault of its record. Nothing of it is judged; its entries count as unreadable."""
    rows: int = 0
    """Rows of ledgers that were judged: what the outcomes add up to."""
    comparison: Mapping[str, Json] | None = None
    """The same cases on another side, where one was asked for: :mod:`workflow.comparison`. No part of the digest."""
    counted: int = 0
    """Cases that were counted only: such a report has no digest."""

    later: int = 0
    """Cases of which nothing had happened, or been recorded, by the as-of instant: they are not there yet.

    No part of the document: a report as of a day is what it was on that day, whatever came later."""

    def check_cases(self, given: int) -> None:
        """Raise :class:`~workflow.errors.IntegrityError` where a case was lost: each is judged, unverifiable or not there yet."""
        if self.count + self.later != given:
            found = f"{self.count} + {self.later}"
            raise IntegrityError(
                Text(f"控制总数不符:案件 {given} 与 {found}", f"control totals differ: {given} cases given, {found} came out")
            )

    def check(self) -> None:
        """Raise :class:`~workflow.errors.IntegrityError` when the control totals do not add up."""
        parts = sum(self.events[k] for k in ("applied", "deviating", "ignored", "unreadable"))
        if self.events["read"] != parts:
            raise IntegrityError(Text("控制总数不符", f"control totals differ: read {self.events['read']}, accounted for {parts}"))
        outcomes = sum(sum(c.values()) for c in self.outcomes.values())
        if self.rows != outcomes:
            raise IntegrityError(Text("控制总数不符:义务与结果", f"control totals differ: {self.rows} duties, {outcomes} outcomes"))

    @property
    def count(self) -> int:
        """The cases in it."""
        if self.settled is not None:
            return self.settled[1]
        return len(self.cases) + sum(map(len, self.elsewhere)) + self.counted

    @property
    def digest(self) -> str:
        """Over the results of all cases in the order of their ids, header and engine, in canonical form.

        Raises :class:`~workflow.errors.IntegrityError` for a case that is there twice.
        """
        if self.settled is not None:
            return self.settled[0]
        rest = canonical({"engine": ENGINE, "header": self.header})
        found = hashlib.sha256(b'{"cases":[')
        before: str | None = None
        for case, result in heapq.merge(sorted(self.cases.items()), *self.elsewhere):
            if case == before:
                raise IntegrityError(Text(f"案件 {case} 出现两次", f"the case {case} is there twice"))
            found.update(b"," + canonical([case, result]) if before is not None else canonical([case, result]))
            before = case
        found.update(b"]," + rest[1:])
        return f"sha256:{found.hexdigest()}"

    def settle(self) -> None:
        """Work out the digest once and for all; the results of the cases are let go."""
        self.settled = self.digest, self.count
        self.cases, self.elsewhere = {}, []

    def document(self) -> dict[str, Json]:
        """The report as canonical data: ``docs/how-to/replay-a-log.md``."""
        self.check()
        return {
            "header": self.header,
            "totals": {
                "cases": self.count - len(self.unlisted),
                "events": {k: self.events[k] for k in ("read", "applied", "deviating", "ignored", "unreadable")},
                "obligations": sum(sum(c.values()) for c in self.outcomes.values()),
            },
            "obligations": {k: {o.value: v[o.value] for o in Outcome if v[o.value]} for k, v in sorted(self.outcomes.items())},
            "deviations": dict(sorted(self.deviations.items())),
            "unlisted": list[Json](sorted(self.unlisted)),
            "joined": dict(sorted(self.joined.items())),
            "unverifiable": dict(sorted(self.unverifiable.items())),
            "digest": None if self.counted else self.digest,
            **({"comparison": dict(self.comparison)} if self.comparison is not None else {}),
        }

    def judge(self, case: Case, world: World, as_of: datetime) -> list[Row]:
        """Take in a case as it stood at ``as_of``: its outcomes and its digest. Returns the rows of its ledger."""
        rows = ledger(case, world, as_of)
        self.cases[case.id] = digest(canonical(case_document(case, rows)))
        if not case.listed:
            self.unlisted.append(case.id)
            return rows
        if case.same_as:
            self.joined[case.id] = case.same_as
        self.rows += len(rows)
        for row in rows:
            key = f"{world.rules.procedure.ref}/{row.duty.id}"
            self.outcomes.setdefault(key, Counter())[row.outcome.value] += 1
        return rows

    def refuse(self, case: str, findings: Sequence[Finding], entries: int) -> None:
        """Take in a case whose record does not hold, of which so many entries were read: it is listed, and nothing of it is judged."""
        first = findings[0]
        self.unverifiable[case] = f"{first.code} #{first.n}"
        self.cases[case] = digest(canonical({"unverifiable": [[f.code, f.n] for f in findings]}))
        self.events.update(read=entries, unreadable=entries)

    def merge(self, other: Report) -> None:
        """Take in what was found in other cases of the same log or journal, under the same header but for the definitions in it."""
        here, there = self.header.get("definitions"), other.header.get("definitions")
        if here != there and isinstance(here, dict) and isinstance(there, dict):  # in a journal, of those that its cases are pinned to
            self.header = {**self.header, "definitions": dict(sorted({**here, **there}.items()))}
        assert {**self.header, "definitions": there} == {**other.header, "definitions": there}
        assert self.cases.keys().isdisjoint(other.cases)
        self.cases |= other.cases
        self.elsewhere += other.elsewhere
        self.events.update(other.events)
        self.deviations.update(other.deviations)
        for key, found in other.outcomes.items():
            self.outcomes.setdefault(key, Counter()).update(found)
        self.unlisted += other.unlisted
        self.joined |= other.joined
        self.unverifiable |= other.unverifiable
        self.rows += other.rows
        self.later += other.later
        self.counted += other.counted


def row_document(row: Row, case: Case) -> dict[str, Json]:
    """Everything of a row that decides something: its outcome, its dates and where they come from. What there is none of is left out."""
    found: dict[str, Json] = {
        "row": row.key,
        "outcome": row.outcome.value,
        "reason": row.reason,
        "start": row.begin.moment.encode() if row.begin is not None else None,
        "revisions": [_revision_document(v) for v in row.revisions],
        "pending": [_revision_document(v) for v in row.pending],
        "met": row.met_at.encode() if row.met_at is not None else None,
        "met_by": _called(row.met_by, case),
        "elapsed": _seconds(row.elapsed),
        "late": [_seconds(row.late.clock), row.late.working_days] if row.late is not None else None,
        "bounds": [stamp(row.bounds[0]), stamp(row.bounds[1])] if row.bounds is not None else None,
        "ended_by": _called(row.ended_by, case),
        "beside": row.beside,
        "blank": row.blank,
        "suspected": row.suspected,
        "pace": row.pace.document() if row.pace is not None else None,
    }
    return {k: v for k, v in found.items() if v or (v == 0 and v is not False)}


def _called(n: int | None, case: Case) -> Json:
    """An act by what it is, never by its number: flags take numbers too, and no tick of a daemon may show in a digest (S3.6)."""
    act = case.act(n) if n is not None else None
    if act is None:
        return None
    if act.kind in DEEDS:
        return act.name
    about = _called(int(act.name), case) if act.name.isdigit() else act.name
    return [act.kind, about]


def _revision_document(v: DueRevision) -> dict[str, Json]:
    found: dict[str, Json] = {
        "why": v.kind,
        "at": stamp(v.at),
        "start": v.start.encode(),
        "term": str(v.term) if v.term is not None else None,
        "pauses": [[stamp(p.lo), stamp(p.hi)] for p in v.pauses],
        "kept_old": v.kept_old,
    }
    due, last = v.due, v.last
    if due is not None:
        found |= {"due": stamp(due.instant), "inclusive": due.inclusive, "calendar": v.calendar, "revision": due.revision}
        if due.provisional:
            found["bounds"] = [stamp(due.earliest), stamp(due.latest)]
        if last is not None and last is not due:
            found["last"] = stamp(last.latest)
    return found


def _seconds(span: timedelta | None) -> int | None:
    return span // SECOND if span is not None else None


def case_document(case: Case, rows: Iterable[Row]) -> dict[str, Json]:
    """The part of a case's result that the digest covers."""
    return {
        "definition": case.definition,
        "state": list(case.state),
        "listed": case.listed,
        "acts": [[a.kind, a.name, a.happened.encode(), *a.deviations] for a in case.acts if a.kind in DEEDS],
        "rows": [row_document(r, case) for r in rows],
    }


def in_force(versions: Sequence[Rules], day: datetime) -> Rules | None:
    """The version in force on the day of an instant, in the procedure's zone; of several the last one given; ``None``: none."""
    return next((rules for rules in reversed(versions) if rules.in_force(day)), None)


def replay_log(
    cases: Sequence[tuple[str, Sequence[LogEvent]]],
    log_map: LogMap,
    versions: Sequence[Rules],
    calendar: Calendar,
    *,
    read: int,
    ignored: int,
    unreadable: int,
    as_of: datetime | None = None,
    progress: Callable[[int], None] | None = None,
    each: Each | None = None,
    under: Rules | None = None,
) -> Report:
    """Replay the cases of a log, each under the version in force on the day that the last version of the procedure names (S8.1), or all
    ``under`` one, whatever was in force.

    ``read``, ``ignored`` and ``unreadable`` are the reader's counts of rows. ``as_of`` defaults to the last instant of the events; what
    happened after it is ignored and decides nothing, not even the version. Raises :class:`~workflow.errors.UnknownProcedure` when no
    version is in force on the day of a case.
    """
    until = as_of or max((e.happened.hi for _, events in cases for e in events), default=None)
    by = versions[-1].procedure.in_force.by if versions else ()
    calendar_digest = calendar.digest
    report = Report(log_header(log_map, versions, calendar_digest, until, "in_force" if under is None else "under"))
    report.events.update(read=read, ignored=ignored, unreadable=unreadable)
    if until is None:
        return report
    worlds = {
        r.hash: World(r, {calendar_digest: calendar}, Organisation()) for r in ((*versions, under) if under is not None else versions)
    }
    for count, (case, events) in enumerate(cases, 1):
        seen = [e for e in events if e.happened.lo <= until]
        report.events["ignored"] += len(events) - len(seen)
        if seen:
            world = worlds[(under or _version(case, seen, by, log_map, versions)).hash]
            proofs: dict[int, str] = {}
            judged = replay_case(case, seen, log_map, world, calendar_digest, until, report, proofs)
            rows = report.judge(judged, world, until)
            if each is not None:
                each(Judged(judged, rows, world, until, proofs))
        else:
            report.later += 1
        if progress is not None and count % 100 == 0:
            progress(count)
    return report


def log_header(
    log_map: LogMap, versions: Sequence[Rules], calendar: str, as_of: datetime | None, mode: str = "in_force"
) -> dict[str, Json]:
    """What decides the outcomes of a log besides its rows, as the header of its report."""
    return {
        "engine": ENGINE,
        "mode": mode,
        "in_force_by": list(versions[-1].procedure.in_force.by if versions else ()),
        "procedure": log_map.procedure,
        "definitions": {r.procedure.ref: r.hash for r in versions},
        "calendar": calendar,
        "trust": log_map.trust,
        "zone": log_map.zone.model_dump(exclude_defaults=True) if log_map.zone is not None else None,
        "granularity": log_map.granularity,
        "as_of": stamp(as_of) if as_of is not None else None,
    }


def _version(case: str, events: Sequence[LogEvent], by: Sequence[str], log_map: LogMap, versions: Sequence[Rules]) -> Rules:
    chosen = next((e for name in by for e in events if e.known and e.name == name), events[0])
    return version_on(chosen.happened.lo, case, log_map, versions)


def version_on(day: datetime, case: str, log_map: LogMap, versions: Sequence[Rules]) -> Rules:
    """The version in force on the day of an instant. Raises :class:`~workflow.errors.UnknownProcedure` when there is none."""
    rules = in_force(versions, day)
    if rules is None:
        raise UnknownProcedure(
            Text(
                f"案件 {case}:{day.date()} 没有在施行的 {log_map.procedure}",
                f"case {case}: no {log_map.procedure} is in force on {day.date()}",
            )
        )
    return rules


def replay_case(
    case_id: str,
    events: Sequence[LogEvent],
    log_map: LogMap,
    world: World,
    calendar: str,
    until: datetime,
    report: Report,
    proofs: dict[int, str],
) -> Case:
    """The case that the events make. Each is a record: always accepted, its breaches counted (S5.2). ``proofs`` is filled in."""
    rules = world.rules
    p = rules.procedure
    chart = rules.moves
    pinned = {"procedure": p.procedure, "version": p.version, "definition": rules.hash, "calendar": calendar, "unit": ""}
    case = Case(case_id, p.procedure, p.version, rules.hash, "", calendar)
    acts: list[Act] = []
    state = chart.initial
    for event in events:
        happened = event.happened
        if (rules.clock_events or rules.engine_events) and (acts or case.n):
            case, acts = ticked(fold(case, acts), world, happened.lo), []
            state = case.state
        first = not acts and not case.n
        declared = p.events.get(event.name) if event.known else None
        target = chart.fire(state, event.name) if declared is not None else None
        found = breaches(event.role, declared, first=first, enabled=target is not None, duplicate=event.duplicate)
        if declared is not None and declared.when is not None:
            case, acts = fold(case, acts), []
            known = seen_at(case, happened.hi, world)
            if holds(declared.when, replace(known, facts={**known.facts, **dict(event.facts)})) is False:
                found.append("condition")
        data: dict[str, Json] = dict(pinned) if first else {}
        if declared is not None and declared.report is not None and declared.report.medium != "any":
            data["medium"] = declared.report.medium
        if event.facts:
            data["facts"] = dict(event.facts)
        if not found and target is not None and target != state:
            if chart.ended(target) and not chart.ended(state):
                data["ended"] = True
            state = target
        acts.append(
            Act(
                case.n + len(acts) + 1,
                OPENED if first else ACTED,
                event.name,
                happened,
                happened.lo,
                Actor(event.role, event.actor or None),
                grade=log_map.trust,
                data=data,
                deviations=tuple(found),
                state=state,
            )
        )
        proofs[case.n + len(acts)] = str(event.place)
        report.events["deviating" if found else "applied"] += 1
        report.deviations.update(found)
    return ticked(fold(case, acts), world, until)


def breaches(role: str, declared: Event | None, *, first: bool, enabled: bool, duplicate: bool = False) -> list[str]:
    """How an event of a log departs from the procedure (S5.2), but for its condition. ``declared``: ``None`` for an unknown activity."""
    found: list[str] = []
    if declared is None:
        found.append("unknown_activity")
    elif declared.by and role and role not in declared.by:
        found.append("wrong_role")
    if duplicate:
        found.append("duplicate")
    if declared is not None:
        if first and not declared.opens:
            found.append("not_opened")
        elif not first and not enabled:
            found.append("not_enabled")
    return found


def replay_cases(
    cases: Iterable[tuple[str, Sequence[Act]]],
    rules: Mapping[str, Rules],
    calendars: Mapping[str, Calendar],
    organisation: Organisation,
    as_of: datetime,
    proofs: Callable[[str], Mapping[int, str]] = lambda _: {},
    each: Each | None = None,
) -> Report:
    """Replay journaled cases under the definitions and calendars that they are pinned to, as the record stood at ``as_of``.

    The due revisions in each entry are compared with those that the case gives now: an entry that differs is drift of the engine, counted
    as the deviation ``drift`` and never taken for lateness of a person.
    """
    report = Report(
        {
            "engine": ENGINE,
            "mode": "in_force",
            "definitions": {},
            "organisation": digest(canonical(organisation.document())),
            "as_of": stamp(as_of),
        }
    )
    pinned: dict[str, Json] = {}
    for case_id, acts in cases:
        seen = [a for a in acts if a.recorded <= as_of]
        if not seen:
            report.later += 1
            continue
        case = fold(Standing.fresh(case_id, seen[0]).case, seen)
        world = World(rules[case.definition], calendars, organisation, versions=rules)
        pinned |= {found.procedure.ref: found.hash for found in lineage(case, world)}
        case = ticked(case, world, as_of)
        rows = report.judge(case, world, as_of)
        drift = _drift(case_id, seen, world)
        if each is not None:
            each(Judged(case, rows, world, as_of, proofs(case_id), drift))
        report.events["read"] += len(seen)
        if not case.listed:
            report.events["ignored"] += len(seen)
            continue
        for act in seen:
            report.events["deviating" if act.deviations else "applied"] += 1
            report.deviations.update(act.deviations)
        if drift:
            report.deviations["drift"] += len({d.entry for d in drift})
    report.header["definitions"] = dict(sorted(pinned.items()))
    return report


def _drift(case_id: str, acts: Sequence[Act], world: World) -> list[Drifted]:
    """The journaled due revisions that are not those which the case gives, as it stood with their entry."""
    found: list[Drifted] = []
    for n, act in enumerate(acts, 1):
        dues = act.data.get("dues")
        if isinstance(dues, list):
            again = news({}, Standing.replayed(case_id, acts[:n], world, act.recorded).all_rows())
            of = {(d["row"], d["revision"]): d for d in again if isinstance(d, dict)}
            found += [Drifted(n, due, of.get((due["row"], due["revision"]))) for due in dues if isinstance(due, dict) and due not in again]
    return found
