"""The other side of a comparison: the same record under other rules, another calendar, or as it was known at another time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workflow.act import CLOCKED, DEEDS, MIGRATED, Act
from workflow.calendar import Calendar
from workflow.case.fold import fold
from workflow.case.standing import Standing
from workflow.comparison import Comparison
from workflow.errors import UnknownProcedure
from workflow.journal.canonical import Json
from workflow.logevent import LogEvent
from workflow.logmap import LogMap
from workflow.organisation import Organisation
from workflow.recast import recast
from workflow.replay import Each, Judged, Report, in_force, replay_cases, replay_log
from workflow.rules import Rules, World
from workflow.text import Text


@dataclass(frozen=True, slots=True)
class Otherwise:
    """How the other side differs; what it does not say is as in the base."""

    asked: Mapping[str, Json]
    """``mode`` (``rules_of``, ``what_if``, ``as_known``) and what was asked for, as it stands in the report."""
    versions: Mapping[str, Rules]
    """Procedure → the version that judges all its cases, whatever was in force."""
    calendar: Calendar | None = None
    as_of: datetime | None = None
    """Only what was recorded by then is seen, and it is judged as of then."""
    newest: bool = False
    """Each journaled case counts on the newest revision of its calendar that the record knows, closed outcomes too (S8.2)."""


def rules_of(day: datetime, versions: Iterable[Rules]) -> Mapping[str, Rules]:
    """Of each procedure the version in force on a day. Raises :class:`~workflow.errors.UnknownProcedure` when there is none at all."""
    every: dict[str, list[Rules]] = {}
    for rules in versions:
        every.setdefault(rules.procedure.procedure, []).append(rules)
    found = {name: chosen for name, known in every.items() if (chosen := in_force(known, day)) is not None}
    if not found:
        raise UnknownProcedure(Text(f"{day.date()} 没有在施行的版本", f"no version is in force on {day.date()}"))
    return found


def other_log(
    cases: Sequence[tuple[str, Sequence[LogEvent]]],
    log_map: LogMap,
    versions: Sequence[Rules],
    calendar: Calendar,
    as_of: datetime | None,
    otherwise: Otherwise,
) -> Comparison:
    """Replay the cases of a log on the other side. The base takes the cases from what is returned (:meth:`Comparison.take`)."""
    under = otherwise.versions.get(log_map.procedure)
    found = Comparison(otherwise.asked, Report({}))
    declared = {name for rules in versions for name in rules.procedure.events}
    facts = {name for rules in versions for name in rules.procedure.facts}

    def keep(judged: Judged) -> None:
        found.keep(judged)
        there = judged.world.rules.procedure
        for act in judged.case.acts:
            if act.kind in DEEDS and act.kind != CLOCKED:
                stated = act.data.get("facts")
                named = [("event", act.name)] if act.name in declared and act.name not in there.events else []
                named += [("fact", f) for f in (stated if isinstance(stated, Mapping) else ()) if f in facts and f not in there.facts]
                found.unmapped.update(named)

    read = sum(len(events) for _, events in cases)
    found.report = replay_log(
        cases,
        log_map,
        versions,
        otherwise.calendar or calendar,
        read=read,
        ignored=0,
        unreadable=0,
        as_of=otherwise.as_of or as_of,
        each=keep,
        under=under,
    )
    if under is not None:
        found.report.header["definitions"] = {under.procedure.ref: under.hash}
    return found


def other_cases(
    cases: Iterable[tuple[str, Sequence[Act]]],
    rules: Mapping[str, Rules],
    calendars: Mapping[str, Calendar],
    organisation: Organisation,
    as_of: datetime,
    otherwise: Otherwise,
) -> Comparison:
    """The same for journaled cases. ``organisation`` is that of the other side."""
    found = Comparison(otherwise.asked, Report({}))
    until = otherwise.as_of or as_of
    if not otherwise.versions and otherwise.calendar is None and not otherwise.newest:
        found.report = replay_cases(cases, rules, calendars, organisation, until, each=found.keep)
        return found
    known = {**rules, **{r.hash: r for r in otherwise.versions.values()}}
    there = {**calendars, **({otherwise.calendar.digest: otherwise.calendar} if otherwise.calendar is not None else {})}

    def recasts() -> Iterator[tuple[str, Sequence[Act]]]:
        for case_id, acts in cases:
            seen = [a for a in acts if a.recorded <= until]
            if not seen:
                continue
            case = fold(Standing.fresh(case_id, seen[0]).case, seen)
            if case.kind(MIGRATED) and case.procedure not in otherwise.versions:  # several versions judge it, each its own rows
                found.unmapped["act", MIGRATED] += 1
                yield case_id, seen
                continue
            base = rules[case.definition]
            world = World(otherwise.versions.get(case.procedure, base), there, organisation)
            again = recast(case_id, seen, base, world, _counted_on(case.calendar_now, calendars, otherwise))
            found.unmapped.update(again.unmapped)
            yield case_id, again.acts

    found.report = replay_cases(recasts(), known, there, organisation, until, each=found.keep)
    found.report.header["mode"] = "under"
    return found


def _counted_on(pinned: str, calendars: Mapping[str, Calendar], otherwise: Otherwise) -> str:
    """The digest of the calendar that a case counts on there: another one only where it is of the same country."""
    own = calendars[pinned]
    if otherwise.calendar is not None and otherwise.calendar.base == own.base:
        return otherwise.calendar.digest
    if otherwise.newest:
        return max((c for c in calendars.values() if c.id == own.id), key=lambda c: (len(c.notices), c.digest)).digest
    return pinned


def beside(comparison: Comparison, each: Each | None) -> Each:
    """Takes the cases of the base: compares them, and hands them on with what differs."""

    def take(judged: Judged) -> None:
        differs = comparison.take(judged)
        if each is not None:
            each(judged._replace(comparison=differs))

    return take


def compared(base: Report, comparison: Comparison) -> Report:
    """The report of the base with the comparison in it, once all cases were taken."""
    comparison.rest()
    base.comparison = comparison.document(base)
    return base
