"""Replay of a large log beside tools of process mining

The road log (561,470 events of 150,370 cases) from Parquet. `duban` reads the file in every round, in one process without threads: *totals*
counts every outcome and deviation, *digests* also makes the canonical result of each case and its hash, *report* also its dossier with
every duty, date, margin, deviation and proof. The rules are those of `examples/procedures/road-fine.yaml`.

The peers run in an environment of their own (`DUBAN_PEERS` names its Python; they are no dependency: `pm4py` is AGPL) and have the log in
memory before the clock starts: token replay on the net that `pm4py` discovers from the log, its temporal profile (zeta 6), and `declare4py`
with four rules of the kind "penalty within 60 days of 24 hours after the notification". Against `declare4py` we count the same four
rules (`benchmarks/road.yaml`), and both must find the same violations: late and missing together.

Token replay says of a case whether it fits, and judges each distinct course once; it knows no deadline. The temporal profile compares with
what is usual, not with what is owed.

Tried:

- The ledger case by case, a folded case in memory: 10,000 events a second. Kept for what is not plain, and as the oracle.
- The outcome kept for each distinct sequence of activities: deadlines make too many. Kept: for each duty the sequence of the few events
  that bear on it, with how many of them come before each due date.
- `numpy` on whole columns with the rules written again: fast, but a second implementation of the law. Not done.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.law import Law
from adapters.logsource import LogSource, opened
from adapters.partition import Found, processes, replayed, serial
from benchmarks.measure import Figure, Goal, Plan, Report, Skipped, ratio
from benchmarks.roadlog import ROOT, copies, law, parquet, road_map
from workflow.obligation.row import Outcome

LATER = datetime(2020, 1, 1, tzinfo=UTC)
"""When every term has run out: declare4py calls a response that is not there yet violated."""
PEERS = os.environ.get("DUBAN_PEERS", "")
OPERATIONS = {
    "token_replay": "pm4py, token replay",
    "temporal_profile": "pm4py, temporal profile",
    "declare": "declare4py, the same four rules",
}


class Side:
    """One definition over the log."""

    def __init__(self, log: Path, definition: Path, as_of: datetime | None = None) -> None:
        self._log, self._law = log, law(definition, as_of)

    def totals(self) -> Found:
        source, law = self._opened()
        return replayed(source.counts(), law, None, serial())

    def digests(self) -> Found:
        source, law = self._opened()
        return replayed(source.shares(1), law, None, serial())

    def report(self) -> Found:
        source, law = self._opened()
        with tempfile.TemporaryDirectory(dir=self._log.parent) as folder:
            return replayed(source.shares(1), law, Path(folder), serial())

    def in_parts(self, jobs: int) -> Found:
        source, law = self._opened()
        with tempfile.TemporaryDirectory(dir=self._log.parent) as folder:
            return replayed(source.shares(jobs), law, None, processes(jobs), spill=Path(folder))

    def _opened(self) -> tuple[LogSource, Law]:
        source = opened(self._log, self._law.log_map, self._law.versions)
        return source, self._law if self._law.as_of is not None else self._law._replace(as_of=source.last())


class Peers:
    """The other environment, one operation at a time."""

    def __init__(self, log: Path) -> None:
        command = [PEERS, str(Path(__file__).with_name("mining_peer.py")), str(log)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.about = self._answer()

    def run(self, operation: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(operation, file=self._process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        raise Skipped("the peers of DUBAN_PEERS did not start")


def run(plan: Plan) -> Report:
    log = parquet(plan.folder)
    road = Side(log, ROOT / "examples" / "procedures" / "road-fine.yaml")
    rules = Side(log, Path(__file__).with_name("road.yaml"), LATER)
    ours: dict[str, Callable[[], Found]] = {
        "duban, totals": road.totals,
        "duban, digests": road.digests,
        "duban, report": road.report,
        "duban, totals of the four rules": rules.totals,
    }
    peers = Peers(log) if PEERS else None
    values: dict[str, list[float]] = {}
    events = opened(log, road_map(), ()).read
    violations: dict[str, int] = {}
    for _ in range(plan.rounds):
        for name, work in ours.items():
            values.setdefault(name, []).append(events / _seconds(work))
        for operation, name in OPERATIONS.items() if peers is not None else ():
            assert peers is not None
            said = peers.run(operation)
            values.setdefault(name, []).append(events / said["seconds"])
            violations = said["found"] if operation == "declare" else violations
    folder = plan.folder / "parts"
    parts = plan.size(8, 2)
    copies(log, folder, 0, parts, parts)
    many = Side(folder, ROOT / "examples" / "procedures" / "road-fine.yaml")
    for _ in range(plan.rounds):
        for jobs in (1, 2):
            name = f"duban, digests of {parts} copies, {'one worker' if jobs == 1 else 'two workers'}"
            values.setdefault(name, []).append(parts * events / _seconds(lambda jobs=jobs: many.in_parts(jobs)))
    figures = {name: Figure(name, "events/s", tuple(found)) for name, found in values.items()}
    one, two = list(figures.values())[-2:]
    gain = ratio(two, one)
    goals = [
        Goal(figures["duban, totals"], 1_000_000, 2_000_000),
        Goal(figures["duban, report"], 200_000),
        Goal(gain, 1.6),
    ]
    notes = [f"The log: {events:,} events; digest `{road.digests().report.digest}`."]
    shown = [*figures.values(), gain]
    if peers is None:
        notes.append("The peers were not measured: DUBAN_PEERS names no Python that has them.")
        return Report(tuple(shown), tuple(goals), tuple(notes))
    peers.close()
    token = ratio(figures["duban, totals"], figures[OPERATIONS["token_replay"]])
    profile = ratio(figures["duban, totals"], figures[OPERATIONS["temporal_profile"]])
    declare = ratio(figures["duban, totals of the four rules"], figures[OPERATIONS["declare"]])
    goals += [Goal(token, 3), Goal(declare, 10)]
    mine = _broken(rules.totals())
    assert mine == violations, f"the two sides differ: {mine} and {violations}"
    said = ", ".join(f"{name} {count:,}" for name, count in mine.items())
    notes.append(f"Violations of the four rules, the same on both sides: {said}.")
    notes.append(f"Peers: {', '.join(f'{n} {v}' for n, v in peers.about['versions'].items())} on Python {peers.about['python']}.")
    return Report((*shown, token, profile, declare), tuple(goals), tuple(notes))


def _seconds(work: Callable[[], Found]) -> float:
    gc.collect()
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _broken(found: Found) -> dict[str, int]:
    """Late and missing together, for each rule: the one number that declare4py has."""
    outcomes = {key.rpartition("/")[2]: counts for key, counts in found.report.outcomes.items()}
    return {name: counts[Outcome.MET_LATE.value] + counts[Outcome.MISSED.value] for name, counts in outcomes.items()}
