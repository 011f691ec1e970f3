"""The command line of duban: it only assembles the groups of commands in ``adapters/commands``."""

from __future__ import annotations

import sys

from adapters.commands.frame import main as run


def main() -> None:
    sys.exit(run())


if __name__ == "__main__":
    main()
