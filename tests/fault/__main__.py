"""``python -m tests.fault``: kill daemons and clients, and say what is left; write ``docs/reliability.md``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.fault.campaign import SETTINGS, Outcome, run
from tests.fault.page import LEAST_OF_ALL, PAGE, page
from tests.tampering import kept


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description="Kills by SIGKILL, and what is left after them.")
    parser.add_argument("settings", nargs="*", metavar="SETTING", help=f"some of {', '.join(s.name for s in SETTINGS)} (default: all)")
    parser.add_argument("--kills", type=int, default=2000, help="in all settings together (default 2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the databases are made")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} (all settings, at least {LEAST_OF_ALL} kills)")
    parser.add_argument("--keep", action="store_true", help="leave the databases where they are")
    options = parser.parse_args(arguments)
    chosen = [s for s in SETTINGS if s.name in options.settings or not options.settings]
    if unknown := set(options.settings) - {s.name for s in SETTINGS}:
        parser.error(f"no setting {', '.join(sorted(unknown))}")
    if options.write and (options.settings or options.kills < LEAST_OF_ALL):
        parser.error(f"--write takes all settings and at least {LEAST_OF_ALL} kills")
    folder = Path(tempfile.mkdtemp(prefix="duban-kills-", dir=options.folder))
    each = -(-options.kills // len(chosen))
    found: list[Outcome] = [run(s, each, folder, options.seed, lambda line: print(line, flush=True)) for s in chosen]
    failed = False
    for outcome in found:
        print(f"{outcome.setting.name}: {outcome.killed} kills in {outcome.seconds:.0f} s: {dict(outcome.kills)}")
        print(f"  of the client: {dict(outcome.clients)}")
        for finding in outcome.findings[:40]:
            failed = True
            print(f"  {finding}")
    if options.write:
        PAGE.write_text(page(found, folder) + kept(), encoding="utf-8")
    if failed or options.keep:
        print(f"the databases are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
