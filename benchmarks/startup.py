"""Start-up

Whole processes, from the call to the exit: `duban --help`, `import workflow`, the first use of `workflow.Engine`, and an interpreter that
does nothing, for comparison. Byte code is compiled beforehand.
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.measure import Figure, Goal, Plan, Report
from benchmarks.page import PAGE

PROGRAMS = {
    "duban --help": ["-c", "import sys, cli; sys.argv[0] = 'duban'; cli.main()", "--help"],
    "import workflow": ["-c", "import workflow"],
    "from workflow import Engine": ["-c", "from workflow import Engine"],
    "python -c pass": ["-c", "pass"],
}


def run(plan: Plan) -> Report:
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(plan.rounds * plan.size(3, 1) + 1):
        for name, arguments in PROGRAMS.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, *arguments], cwd=PAGE.parent.parent, stdout=subprocess.DEVNULL, check=True)
            if number:  # the first compiles
                seconds[name].append(time.perf_counter() - begin)
    figures = {name: Figure(name, "s", tuple(values)) for name, values in seconds.items()}
    goals = tuple(Goal(figures[name], direction=0.3, most=True) for name in ("duban --help", "import workflow"))
    return Report(tuple(figures.values()), goals)
