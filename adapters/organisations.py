"""Organisation files: YAML with a tree of units, their posts and holders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.library import read_bytes
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.moment import parse
from workflow.organisation import Organisation, check, dated, entries, evolve
from workflow.organisation.roster import flaws
from workflow.procedure.source import BrokenDefinition, Source, read_source
from workflow.text import Text


def read_organisation(path: Path) -> list[tuple[dict[str, Json], dict[str, Json] | None]]:
    """The entries that a file stands for. Raises :class:`~workflow.procedure.source.BrokenDefinition`."""
    return _entries(read_source(read_bytes(path), str(path)))


def shipped_organisation(name: str) -> list[tuple[dict[str, Json], dict[str, Json] | None]]:
    """An example organisation: ``hospital`` or ``town``."""
    return _entries(_shipped(name))


@cache
def _shipped(name: str) -> Source:
    file = files("definitions") / "organisations" / f"{name}.yaml"
    if not file.is_file():
        raise BadInput(
            Text(f"没有示例机构 {name!r}", f"there is no example organisation {name!r}"), hint=Text("hospital、town", "hospital, town")
        )
    return read_source(file.read_bytes(), file.name)


def entries_named(name: str) -> list[tuple[dict[str, Json], dict[str, Json] | None]]:
    """The entries of a file (``*.yaml``, ``*.yml``), or of an example organisation by its name."""
    return read_organisation(Path(name)) if name.endswith((".yaml", ".yml")) else shipped_organisation(name)


def organisation_named(name: str) -> Organisation:
    """What a file, or an example by its name, makes of an empty organisation; entries without a date hold from the beginning."""
    organisation = Organisation()
    for body, _ in entries_named(name):
        body = dated(body, EPOCH)
        check(organisation, body)
        organisation = evolve(organisation, body)
    return organisation


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _entries(source: Source) -> list[tuple[dict[str, Json], dict[str, Json] | None]]:
    zone = ZoneInfo("Asia/Shanghai")
    if isinstance(source.data, dict) and "zone" in source.data:
        try:
            zone = ZoneInfo(str(source.data["zone"]))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = Text(f"未知时区 {source.data['zone']}", f"unknown time zone {source.data['zone']}")
            raise BrokenDefinition(source.name, [source.problem(("zone",), message)]) from None
    found = flaws(source.data, _reader(zone))
    if found:
        raise BrokenDefinition(source.name, [source.problem(f.path, f.message, f.hint) for f in found])
    return list(entries(source.data, _reader(zone)))


def _reader(zone: ZoneInfo) -> Callable[[str], datetime]:
    return lambda text: parse(str(text), zone).lo
