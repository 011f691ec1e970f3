"""A ledger read for reconciliation: its cases as incidents, and its events for the duties that one would have triggered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from adapters.eventlog import Unreadable, load_map, read_log
from adapters.eventlog.kind import open_table
from adapters.eventlog.table import demand
from adapters.law import calendar_of, must_fit, versions_of
from workflow.calendar import Calendar
from workflow.errors import BadMap
from workflow.explain import clauses
from workflow.journal.canonical import Json
from workflow.logevent import LogEvent, Place
from workflow.logmap import FLOATING, LogMap
from workflow.moment import stamp
from workflow.obligation.row import Row
from workflow.reconcile.incident import Incident
from workflow.reconcile.rules import MatchRules, Side
from workflow.replay import Judged, replay_log
from workflow.rowname import title
from workflow.rules import Rules
from workflow.text import Text


class Ledger(NamedTuple):
    path: Path
    log_map: LogMap
    versions: Sequence[Rules]
    calendar: Calendar
    cases: Mapping[str, Sequence[LogEvent]]
    incidents: tuple[Incident, ...]
    unreadable: Sequence[Unreadable]
    last: datetime | None

    def document(self) -> dict[str, Json]:
        """What decides how it is read."""
        zone = self.log_map.zone
        floating = zone is not None and zone.name == FLOATING
        return {
            "shown_in": "UTC" if floating else (self.log_map.clock or self.versions[0].zone).key,
            "procedure": self.log_map.procedure,
            "definitions": {r.procedure.ref: r.hash for r in self.versions},
            "calendar": self.calendar.digest,
            "zone": zone.model_dump(exclude_defaults=True) if zone is not None else None,
            "granularity": self.log_map.granularity,
            "trust": self.log_map.trust,
            "unreadable": len(self.unreadable),
        }


def ledger_of(path: Path, map_file: Path, definitions: Sequence[Path], rules: MatchRules, side: Side) -> Ledger:
    """Read a ledger by its map. Raises what reading a log raises, and :class:`~workflow.errors.UnreadableLog` for a column of the rules
    that it does not have."""
    log_map = load_map(map_file)
    versions = versions_of(log_map, definitions, map_file)
    read = read_log(path, log_map)
    must_fit(list(dict.fromkeys(e.name for _, events in read.cases for e in events)) if read.foreign else [], path, log_map)
    _known(rules, side, versions, map_file)
    columns = _columns(path, log_map, rules.columns(side))
    incidents = tuple(_incident(case, events, columns, log_map, rules, side) for case, events in read.cases)
    return Ledger(path, log_map, versions, calendar_of(versions), dict(read.cases), incidents, read.unreadable, read.last)


def _known(rules: MatchRules, side: Side, versions: Sequence[Rules], map_file: Path) -> None:
    events = rules.time.a if side == "a" else rules.time.b
    unknown = [e for e in events if not any(e in r.procedure.events for r in versions)]
    if unknown:
        raise BadMap(Text(f"程序没有事件 {'、'.join(unknown)}", f"the procedure has no event {', '.join(unknown)}"), where=f"time.{side}")
    if rules.duty is not None and rules.reports != side and not any(rules.duty in r.duties for r in versions):
        duties = list(dict.fromkeys(name for r in versions for name in r.duties))
        raise BadMap(
            Text(f"程序没有义务 {rules.duty!r}", f"the procedure has no duty {rules.duty!r}"),
            where="duty",
            hint=Text("可用:" + "、".join(duties), "there are: " + ", ".join(duties)),
        )


Spot = tuple[str, int, int]
"""Sheet, row and event."""


def _spot(place: Place) -> Spot:
    return place.sheet, place.row, place.event


def _columns(path: Path, log_map: LogMap, wanted: Sequence[str]) -> Mapping[Spot, Mapping[str, str]]:
    """By row what stands in the columns that the rules name."""
    if not wanted:
        return {}
    table = open_table(path, log_map)
    demand(wanted, table.header, path.name)
    at = [(name, table.header.index(name)) for name in dict.fromkeys(wanted)]
    return {
        _spot(place): {name: fields[i] for name, i in at}
        for place, fields in table.rows
        if not isinstance(fields, Text) and len(fields) == len(table.header)
    }


def _incident(
    case: str,
    events: Sequence[LogEvent],
    columns: Mapping[Spot, Mapping[str, str]],
    log_map: LogMap,
    rules: MatchRules,
    side: Side,
) -> Incident:
    missing = frozenset(log_map.missing)
    rows = [columns.get(_spot(e.place), {}) for e in events]

    def of(column: str) -> frozenset[str]:
        return frozenset(w for row in rows if (w := row.get(column, "").strip()) and w not in missing)

    named = rules.time.a if side == "a" else rules.time.b
    at = next((e.happened for name in named for e in events if e.known and e.name == name), events[0].happened)
    facts: dict[str, Json] = {}
    for event in events:
        facts |= dict(event.facts)
    pick = {name: key.a if side == "a" else key.b for name, key in rules.keys.items()}
    ref = (rules.ref.a if side == "a" else rules.ref.b) if rules.ref is not None else ""
    keys = {name: of(column) for name, column in pick.items()}
    return Incident(case, at, of(ref) if ref else frozenset(), keys, facts, tuple(dict.fromkeys(str(e.place) for e in events)))


def comparable(a: Ledger, b: Ledger) -> None:
    """Raise :class:`~workflow.errors.BadMap` where the times of one float and those of the other do not: they cannot be compared."""
    floating = [any(e.zone == FLOATING for events in one.cases.values() for e in events) for one in (a, b)]
    if floating[0] != floating[1]:
        where = (a if floating[0] else b).path.name
        raise BadMap(Text("一方的时间没有时区,不能与另一方比较", "its times have no zone and those of the other side have"), where=where)


def owed(ledger: Ledger, cases: Sequence[str], duty: str | None, as_of: datetime) -> dict[str, list[dict[str, Json]]]:
    """The duty that each of these incidents would have triggered, as the ledger that knows of it shows it."""
    found: dict[str, list[dict[str, Json]]] = {}

    def take(judged: Judged) -> None:
        found[judged.case.id] = [_duty(row, judged) for row in judged.rows if row.duty.id == duty]

    if duty is not None:
        chosen = [(case, ledger.cases[case]) for case in cases]
        replay_log(chosen, ledger.log_map, ledger.versions, ledger.calendar, read=0, ignored=0, unreadable=0, as_of=as_of, each=take)
    return found


def _duty(row: Row, judged: Judged) -> dict[str, Json]:
    rules = judged.world.of(row.definition).rules
    label, roles = title(row.key, rules), rules.roles([row.owed_by])
    return {
        "row": row.key,
        "zh": label.zh,
        "en": label.en,
        "owed_by": row.owed_by,
        "by": {"zh": roles.zh, "en": roles.en},
        "clauses": list(clauses(row, rules.procedure)),
        "due": stamp(row.due.instant) if row.due is not None else None,
        "inclusive": row.due.inclusive if row.due is not None else True,
        "outcome": row.outcome.value,
        "reason": row.reason,
        "suspected": row.suspected,
        "zone": rules.zone.key,
    }
