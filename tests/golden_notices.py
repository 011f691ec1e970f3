"""What the checker says of each shipped definition, one line a finding; ``python -m tests.golden_notices`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from adapters.calendars import shipped
from adapters.library import shipped_definitions
from workflow.lint import lint
from workflow.procedure.load import Definition

FOLDER = Path(__file__).parent / "data" / "notices"


def file_of(definition: Definition) -> Path:
    return FOLDER / f"{definition.procedure.ref}.txt"


def notices(definition: Definition) -> str:
    """Severity, code and place of each finding; the wording is free, and lines of the file move."""
    others = {d.procedure.procedure: d.procedure for d in shipped_definitions()}
    found = lint(definition, shipped(definition.procedure.calendar), others=others)
    return "".join(f"{f.severity} {f.code} {'.'.join(map(str, f.at))}\n" for f in found)


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for definition in shipped_definitions():
        file_of(definition).write_text(notices(definition), encoding="utf-8")


if __name__ == "__main__":
    write()
