"""``python -m benchmarks``: run them, print them, write the page."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from benchmarks import machine, page
from benchmarks.measure import Plan, Report, Skipped

NAMES = (
    "durable",
    "dbos_peer",
    "xstate_peer",
    "bulk",
    "terms",
    "replay",
    "conformance",
    "large",
    "lint",
    "startup",
    "lateness",
    "midnight",
    "dormant",
    "recovery",
)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when a figure misses what binds it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measurements beside the peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a smoke run: everything once, very small, figures without meaning")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each pair (default 5)")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the databases are made (default: here)")
    parser.add_argument("--write", action="store_true", help=f"write {page.PAGE.name}: all, or what is named into the page that is there")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if options.write and (options.quick or options.rounds < 5):
        parser.error("--write takes at least 5 rounds")
    if machine.file_system(options.folder) in ("tmpfs", "ramfs") and not options.quick:
        parser.error("the databases would lie in memory; give --folder on a disk")
    found: dict[str, Report | Skipped] = {}
    for name in options.names or NAMES:
        begin = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=options.folder) as folder:
            try:
                found[name] = import_module(f"benchmarks.{name}").run(
                    Plan(Path(folder), 1 if options.quick else options.rounds, options.quick)
                )
            except Skipped as reason:
                found[name] = reason
        print(f"{page.section(name, found[name], tried=False)}\n", flush=True)
        print(f"{name}: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    if options.write:
        facts = machine.describe(options.folder)
        there = page.PAGE.read_text(encoding="utf-8") if options.names else ""
        page.PAGE.write_text(page.renewed(there, found, facts) if there else page.render(found, facts), encoding="utf-8")
    missed = [name for name, report in found.items() if isinstance(report, Report) and any(goal.fails for goal in report.goals)]
    if missed and not options.quick:
        print(f"below what binds: {', '.join(missed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
