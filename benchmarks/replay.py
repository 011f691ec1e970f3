"""Replay of real logs

`duban replay --log … --map … --json` as a whole process on the two logs that lie beside the repository, with the maps of `examples/maps`:
from its start to the report with its digest. Events are the rows of the log. Peak memory is the largest resident set of that process
(`VmHWM`).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time

from benchmarks.measure import Figure, Plan, Report, Skipped
from benchmarks.page import PAGE

ROOT = PAGE.parent.parent
LOGS = {
    "phmsa": ("phmsa_events.csv.gz", "42d5957a4569c51fdcfb55d159af2b78f4f05b75519967151f89edc5123d8b52"),
    "uci498": ("uci498_incident_event_log.csv.gz", "b7ba39eb61aecd060af14daa4a1a7af2988f58f516086bb319d035cc747df4b2"),
}
_CHILD = """
import sys
from adapters.commands.frame import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


def run(plan: Plan) -> Report:
    if not sys.platform.startswith("linux"):
        raise Skipped("peak memory is read from /proc")
    found: list[Figure] = []
    notes: list[str] = []
    for name, (file, digest) in list(LOGS.items())[: plan.size(2, 1)]:
        log = ROOT.parent / "shared" / "logs" / file
        if not log.is_file():
            notes.append(f"{name}: not measured, ../shared/logs/{file} is absent.")
            continue
        assert hashlib.sha256(log.read_bytes()).hexdigest() == digest, f"{log} is another file"
        command = [sys.executable, "-c", _CHILD, "replay", "--log", str(log), "--map", str(ROOT / "examples" / "maps" / f"{name}.yaml")]
        speed, memory, report = [], [], {}
        for _ in range(plan.rounds):
            begin = time.perf_counter()
            done = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
            seconds = time.perf_counter() - begin
            report = json.loads(done.stdout)
            speed.append(report["totals"]["events"]["read"] / seconds)
            memory.append(int(done.stderr.split()[-1]) / 1024)
        found += [Figure(f"{name}, speed", "events/s", tuple(speed)), Figure(f"{name}, peak memory", "MiB", tuple(memory))]
        totals = report["totals"]
        notes.append(f"{name}: {totals['events']['read']:,} events of {totals['cases']:,} cases, digest `{report['digest']}`.")
    return Report(tuple(found), (), tuple(notes))
