"""The procedures that a daemon takes in at its start and on SIGHUP: all of them, if all pass the check, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from adapters.calendars import shipped
from adapters.library import check_file, shipped_definitions
from workflow.engine import Engine
from workflow.errors import ConfigError, DefinitionError
from workflow.lint import lint
from workflow.procedure.load import Definition
from workflow.procedure.model import Procedure
from workflow.procedure.source import Source
from workflow.text import Text


def take_in(engine: Engine, places: Sequence[str]) -> list[str]:
    """Add the definitions of files and folders to the store; returns their references.

    Every one is read and checked before the first is added. Raises :class:`~workflow.errors.DefinitionError` with the first error of the
    checker, or what reading a file raises, and then nothing is added.
    """
    loaded = [check_file(path) for path in _files(places)]
    if not loaded:
        return []  # without reading what is shipped, which takes longer than the rest of a start
    others = {d.procedure.procedure: d.procedure for d in (*shipped_definitions(), *(d for d, _ in loaded))}
    for definition, source in loaded:
        _demand_sound(definition, source, others)
    engine.add_all([definition for definition, _ in loaded])
    return [definition.procedure.ref for definition, _ in loaded]


def _demand_sound(definition: Definition, source: Source, others: Mapping[str, Procedure]) -> None:
    calendar = shipped(definition.procedure.calendar.partition("+")[0])
    errors = [f for f in lint(definition, calendar, others=others) if f.severity == "error"]
    if errors:
        raise DefinitionError(
            Text(errors[0].say(source, "zh"), errors[0].say(source, "en")),
            where=source.name,
            hint=Text(f"共 {len(errors)} 处;用 duban definitions check 查看", f"{len(errors)} in all; see duban definitions check"),
        )


def _files(places: Sequence[str]) -> Iterator[Path]:
    for place in places:
        path = Path(place)
        if path.is_dir():
            yield from sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
        elif path.exists():
            yield path
        else:
            raise ConfigError(
                Text("没有这个文件或目录", "there is no such file or folder"),
                where=f"daemon.definitions: {place}",
                hint=Text("检查 duban.toml", "see duban.toml"),
            )
