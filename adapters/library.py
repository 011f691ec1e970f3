"""The procedures that are shipped in ``definitions/procedures``, and those in files of the user."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from adapters.calendars import calendar_names
from workflow.errors import BadInput
from workflow.procedure.load import Definition, load
from workflow.procedure.source import MAX_BYTES
from workflow.text import Text


def shipped_definitions(procedure: str = "") -> list[Definition]:
    """Every shipped version of a procedure, or of all of them, by file name; the name of a file begins with the id of its procedure."""
    return [d for d in _shipped(procedure) if procedure in ("", d.procedure.procedure)]


@cache
def _shipped(procedure: str) -> tuple[Definition, ...]:
    folder = files("definitions") / "procedures"
    found = sorted((f for f in folder.iterdir() if f.name.startswith(procedure) and f.name.endswith(".yaml")), key=lambda f: f.name)
    return tuple(load(f.read_bytes(), f.name) for f in found)


def read_bytes(path: Path) -> bytes:
    """The bytes of a definition file; larger ones are cut just beyond the limit, which the loader then refuses."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None


def definition_file(path: Path) -> Definition:
    """A procedure from a file. Raises :class:`BadInput` or :class:`~workflow.procedure.source.BrokenDefinition`."""
    return load(read_bytes(path), str(path), calendar_names())
