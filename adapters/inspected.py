"""A case for an inspection, from a journal (store or export) or from an event log, with what is around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from adapters.eventlog import LogRead
from adapters.journaled import Journaled
from workflow.act import JOINED, Act
from workflow.calendar import Calendar
from workflow.case.link import links
from workflow.errors import IntegrityError, UnknownCase
from workflow.inspection import Course
from workflow.logmap import LogMap
from workflow.moment import stamp
from workflow.organisation import Organisation
from workflow.replay import Judged, replay_cases, replay_log
from workflow.rules import Rules
from workflow.text import Text


def of_journal(found: Journaled, case: str, at: datetime, until: datetime, texts: Callable[[str, int], str | None]) -> Course:
    """The case as of ``at``, with every other case as it stood then, and again as of ``until``, the end of the record.

    ``texts`` gives what people wrote, by case and number of the entry. Raises :class:`~workflow.errors.UnknownCase` for a case that is not
    there or was not there at ``at``, and :class:`~workflow.errors.IntegrityError` for one whose record does not hold.
    """
    if case in found.broken:
        first = found.broken[case][0]
        raise IntegrityError(Text("案件的记录受损,不作评判:", "the record of the case does not hold: ") + first.message, where=case)
    acts = next((acts for name, acts in found.cases if name == case), None)
    if acts is None:
        raise _unknown(case)
    if acts[0].recorded > at:
        raise _not_yet(case, acts[0].recorded, at)
    then = _judged(found, _around(case, found, at), at)
    now = _judged(found, [(case, acts)], max(at, until))[case]
    written = {act.n: text for act in acts if (text := texts(case, act.n)) is not None}
    return Course(then[case], now, list(then.values()), found.organisation(at), written)


def _around(root: str, found: Journaled, at: datetime) -> list[tuple[str, Sequence[Act]]]:
    """The case, those that it hangs together with, and those of their units and the units above: no other bears on it.

    An office has a case for each recurring duty, unit and period; to judge all of them for one would take long.
    """
    there = {name: [a for a in acts if a.recorded <= at] for name, acts in found.cases}
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for name, acts in there.items():
        for other in (*(link.case for a in acts for link in links(a)), *(a.name for a in acts if a.kind == JOINED)):
            beside[name].add(other)
            beside[other].add(name)
    together, waiting = set[str](), [root]
    while waiting:
        name = waiting.pop()
        if name not in together:
            together.add(name)
            waiting += beside[name]
    unit_of = {name: str(acts[0].data.get("unit", "")) for name, acts in there.items() if acts}
    organisation = found.organisation(at)
    units = {unit for name in together if (unit := unit_of.get(name))}
    units |= {above for unit in units for above in organisation.ancestors(unit)}
    return [(name, acts) for name, acts in found.cases if name in together or unit_of.get(name) in units]


def _judged(found: Journaled, cases: Sequence[tuple[str, Sequence[Act]]], at: datetime) -> Mapping[str, Judged]:
    taken: dict[str, Judged] = {}

    def take(judged: Judged) -> None:
        taken[judged.case.id] = judged

    try:
        replay_cases(cases, found.rules, found.calendars, found.organisation(at), at, found.hashes.__getitem__, take)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        # The chains hold, so whoever wrote these entries hashed them: they are no entries of ours.
        raise IntegrityError(Text("记录完好,但不是程序写成的内容", "the chains hold, but these are no acts that duban writes")) from error
    return taken


def of_log(
    read: LogRead, case: str, log_map: LogMap, versions: Sequence[Rules], calendar: Calendar, at: datetime, until: datetime
) -> Course:
    """The case of a log as of ``at`` and as of ``until``. No case of a log bears on another. Raises what :func:`of_journal` raises."""
    events = next((events for name, events in read.cases if name == case), None)
    if events is None:
        raise _unknown(case)
    taken: list[Judged] = []
    for instant in (at, max(at, until)):
        replay_log([(case, events)], log_map, versions, calendar, read=0, ignored=0, unreadable=0, as_of=instant, each=taken.append)
        if not taken:
            raise _not_yet(case, events[0].happened.lo, at)
    return Course(taken[0], taken[1], taken[:1], Organisation())


def _unknown(case: str) -> UnknownCase:
    return UnknownCase(Text(f"没有案件 {case!r}", f"there is no case {case!r}"))


def _not_yet(case: str, first: datetime, at: datetime) -> UnknownCase:
    return UnknownCase(
        Text(f"截至 {stamp(at)} 没有案件 {case!r} 的记录", f"nothing of the case {case!r} was on record at {stamp(at)}"),
        hint=Text(f"最早的记录:{stamp(first)}", f"its first entry: {stamp(first)}"),
    )
