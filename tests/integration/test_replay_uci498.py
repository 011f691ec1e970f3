"""A help-desk log with one row an update: snapshots, ties, ignored states and pauses, counted again here with nothing of duban."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.eventlog import load_map, read_log
from adapters.library import shipped_definitions
from workflow.replay import replay_log
from workflow.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
SHA256 = "b7ba39eb61aecd060af14daa4a1a7af2988f58f516086bb319d035cc747df4b2"
STATES = ["New", "Active", "Awaiting User Info", "Awaiting Problem", "Awaiting Vendor", "Awaiting Evidence", "Resolved", "Closed"]
MINUTE, DAY = timedelta(seconds=59, microseconds=999999), timedelta(days=1)
Rows = list[dict[str, str]]
Steps = list[tuple[datetime, str]]


@pytest.fixture(scope="module")
def path(shared_logs: Callable[[str, str], Path]) -> Path:
    return shared_logs("uci498_incident_event_log.csv.gz", SHA256)


@pytest.fixture(scope="module")
def rows(path: Path) -> Rows:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def replayed(path: Path) -> dict[str, Any]:
    log_map = load_map(ROOT / "examples" / "maps" / "uci498.yaml")
    versions = [Rules(d.procedure, d.hash) for d in shipped_definitions(log_map.procedure)]
    found = read_log(path, log_map)
    report = replay_log(
        found.cases,
        log_map,
        versions,
        shipped("cn"),
        read=found.read,
        ignored=found.ignored,
        unreadable=len(found.unreadable),
        as_of=found.last,
    )
    return report.document()


def incidents(rows: Rows) -> Iterable[Steps]:
    """The changes of state of each incident, in their order."""
    cases: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        if row["incident_state"] == "-100":
            continue
        at = datetime.strptime(row["sys_updated_at"], "%d/%m/%Y %H:%M")
        tie = (int(row["sys_mod_count"]), STATES.index(row["incident_state"]), [row[c] for c in sorted(row)])
        cases.setdefault(row["number"], []).append((at, *tie, row["incident_state"]))
    for found in cases.values():
        yield [next(group) for _, group in groupby(((k[0], k[-1]) for k in sorted(found)), key=lambda s: s[1])]


def respond(steps: Steps, as_of: datetime) -> str:
    start = steps[0][0]
    answer = next((at for at, state in steps if state != "New"), None)
    if answer is None:
        return "missed" if as_of > start + timedelta(hours=4) + MINUTE else "not_due"
    if answer + MINUTE <= start + timedelta(hours=4):
        return "met"
    return "met_late" if answer > start + MINUTE + timedelta(hours=4) else "undeterminable"  # to the minute nobody can tell


def resolve(steps: Steps, as_of: datetime) -> str:
    waiting: set[Any] = set()
    for n, (at, state) in enumerate(steps):
        if state == "Awaiting User Info":
            end = next((t for t, s in steps[n:] if s in ("Active", "Resolved", "Closed")), as_of)
            waiting |= {at.date() + i * DAY for i in range((end.date() - at.date()).days)}
    last, left = steps[0][0].date(), 5
    while left:
        last += DAY
        left -= last not in waiting
    done = next((at for at, state in steps if state in ("Resolved", "Closed")), None)
    if done is None:
        return "missed" if as_of.date() > last else "not_due"
    return "met" if done.date() <= last else "met_late"


def check(path: Path, rows: Rows) -> dict[str, Any]:
    report = replayed(path)
    as_of = max(datetime.strptime(r["sys_updated_at"], "%d/%m/%Y %H:%M") for r in rows if r["incident_state"] != "-100") + MINUTE
    expected: dict[str, Counter[str]] = {"service-incident@1/resolve": Counter(), "service-incident@1/respond": Counter()}
    changes = 0
    for steps in incidents(rows):
        changes += len(steps)
        expected["service-incident@1/respond"][respond(steps, as_of)] += 1
        expected["service-incident@1/resolve"][resolve(steps, as_of)] += 1
    assert report["obligations"] == {k: dict(v) for k, v in expected.items()}
    events = report["totals"]["events"]
    assert (events["read"], events["unreadable"]) == (len(rows), 0)
    assert events["applied"] + events["deviating"] == changes and events["ignored"] == len(rows) - changes
    return report


def test_a_sixteenth_of_the_log_agrees_with_an_independent_count_and_no_order_matters(rows: Rows, tmp_path: Path) -> None:
    some = [r for r in rows if int(r["number"][3:]) % 16 == 0]
    digests = set()
    for name, columns, order in (("a", list(some[0]), some), ("b", sorted(some[0]), some[::-1])):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(order)
        digests.add(check(tmp_path / f"{name}.csv", some)["digest"])
    assert len(digests) == 1


@pytest.mark.slow
def test_the_whole_log_agrees_with_an_independent_count(path: Path, rows: Rows) -> None:
    report = check(path, rows)
    assert report["totals"]["cases"] == 24918 and report["totals"]["obligations"] == 49836
