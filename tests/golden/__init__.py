"""The golden reports: what each release made of the same few inputs, kept for ever.

``python -m tests.golden`` compares, ``python -m tests.golden --write`` writes those of this version anew; CONTRIBUTING says when that is
allowed. A report of an earlier release with the same semantics must still give the same digest.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from adapters.commands.frame import main
from workflow.journal.canonical import canonical, parse_canonical

HERE = Path(__file__).parent
INPUTS, REPORTS = HERE / "inputs", HERE / "reports"
RUNS: Mapping[str, tuple[str, ...]] = {
    "calls": ("--log", "calls.csv", "--map", "calls.yaml", "-d", "service-incident.yaml"),
    "fines": ("--log", "fines.xes", "--map", "fines.yaml", "-d", "fines-definition.yaml", "--as-of", "2009-12-31"),
    "ledger": ("--log", "ledger.csv", "--map", "ledger.yaml", "-d", "service-incident.yaml"),
    "office": ("office.jsonl",),
}
"""Name of a report → what ``duban replay`` is asked."""
PLACES = {"tzdata": "of the machine"}
"""What of the provenance is of the machine and stands in place of it, so that a report is the same everywhere."""


def release() -> str:
    return version("duban")


def made(name: str) -> bytes:
    """The report of a run as it is made now."""
    with tempfile.TemporaryDirectory() as folder, chdir(INPUTS):
        path = Path(folder) / "report.json"
        code = main(["--quiet", "--json", "replay", *RUNS[name], "--report", str(path)])
        assert code in (0, 1), f"{name}: exit {code}"
        report = cast(dict[str, Any], parse_canonical(path.read_bytes()))
    return canonical({**report, "provenance": {**report["provenance"], **PLACES}})


def kept(name: str, of: str = "") -> Path:
    return REPORTS / (of or release()) / f"{name}.json"


def write() -> None:
    """Those of this version."""
    for name in RUNS:
        path = kept(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made(name))


def releases() -> list[str]:
    return sorted(os.listdir(REPORTS))
