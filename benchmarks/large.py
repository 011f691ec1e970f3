"""A hundred million events

The road log again and again, each copy with case ids of its own, in a folder of parts (`duban log split` makes such a folder of any log),
replayed by `duban replay --log FOLDER --jobs 2` as whole processes: *totals* with `--counts`, *digest* over the canonical result of every
case. Peak memory is that of the largest process; it must not grow with the log.

Tried:

- The digests of all cases in memory: eight gigabytes for 27 million cases. Kept: they lie in files, a sorted one for each part, and are
  merged when the digest is worked out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, Goal, Plan, Report, Skipped
from benchmarks.roadlog import ROOT, copies, parquet

EVENTS = 561_470
COPIES = (1, 8, 64, 179)
"""The last of them is beyond a hundred million events."""
DIGESTED = 64
"""Copies up to which the digest is worked out too."""
_CHILD = """
import resource, sys
from adapters.commands.frame import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)), file=sys.stderr)
sys.exit(code)
"""


def run(plan: Plan) -> Report:
    if not sys.platform.startswith("linux"):
        raise Skipped("peak memory is read as Linux counts it")
    log = parquet(plan.folder)
    folder = plan.folder / "parts"
    figures: list[Figure] = []
    memory: dict[str, list[Figure]] = {"totals": [], "digest": []}
    digests: list[str] = []
    for number in COPIES[: plan.size(len(COPIES), 1)]:
        shutil.rmtree(folder, ignore_errors=True)
        copies(log, folder, 0, number, number)
        for kind, more in (("totals", ["--counts"]), ("digest", [])):
            if kind == "digest" and number > DIGESTED:
                continue
            seconds, peak, report = _replayed(folder, more)
            assert report["totals"]["events"]["read"] == number * EVENTS
            name = f"{kind}, {number * EVENTS / 1e6:,.1f} million events"
            figures.append(Figure(name, "events/s", (number * EVENTS / seconds,)))
            memory[kind].append(Figure(f"{name}, peak memory of a process", "MiB", (peak,)))
            figures.append(memory[kind][-1])
            digests += [f"{number * EVENTS:,} events: `{report['digest']}`"] if report["digest"] else []
    goals = [
        Goal(
            Figure(f"{kind}: peak memory, the most / {COPIES[1]} copies", "×", (found[-1].median / found[1].median,)),
            direction=1.5,
            most=True,
        )
        for kind, found in memory.items()
        if len(found) > 2
    ]
    return Report(tuple([*figures, *(g.figure for g in goals)]), tuple(goals), (f"Digests: {'; '.join(digests)}.",))


def _replayed(folder: Path, more: list[str]) -> tuple[float, float, dict[str, Any]]:
    """Seconds, MiB, and what was printed."""
    example = ROOT / "examples"
    files = ["--map", str(example / "maps" / "road.yaml"), "-d", str(example / "procedures" / "road-fine.yaml")]
    command = [sys.executable, "-c", _CHILD, "--json", "replay", "--log", str(folder), *files, "--jobs", "2", *more]
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    seconds = time.perf_counter() - begin
    report: dict[str, Any] = json.loads(done.stdout)
    return seconds, int(done.stderr.split()[-1]) / 1024, report
