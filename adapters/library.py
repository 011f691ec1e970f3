"""The procedures and packs that are shipped in ``definitions``, and those in files of the user."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from adapters.calendars import calendar_names
from workflow.errors import BadInput, UnknownProcedure
from workflow.procedure.load import Definition, load, of_source
from workflow.procedure.pack import Pack, compose, is_pack, read_pack
from workflow.procedure.source import MAX_BYTES, Source, read_source
from workflow.text import Text

_PROCEDURES = files("definitions") / "procedures"


def shipped_definitions(procedure: str = "") -> list[Definition]:
    """Every shipped version of a procedure, or of all of them, by file name; the name of a file begins with the id of its procedure."""
    found = (shipped_definition(name) for name in definition_files() if name.startswith(procedure))
    return [d for d in found if procedure in ("", d.procedure.procedure)]


@cache
def definition_files() -> tuple[str, ...]:
    """The names of the shipped definition files, without their ending."""
    return tuple(name.removesuffix(".yaml") for name in sorted(f.name for f in _PROCEDURES.iterdir()) if name.endswith(".yaml"))


@cache
def shipped_definition(name: str) -> Definition:
    """What is in the shipped definition file of that name."""
    file = _PROCEDURES / f"{name}.yaml"
    return load(file.read_bytes(), file.name)


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


@cache
def shipped_packs() -> tuple[Pack, ...]:
    """Every shipped pack, by file name."""
    folder = files("definitions") / "packs"
    return tuple(read_pack(f.read_bytes(), f.name) for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".yaml"))


def find_pack(name: str) -> Pack:
    """A pack by file, id or reference. Raises :class:`UnknownProcedure`, and what :func:`read_pack` raises."""
    if name.endswith((".yaml", ".yml")) or Path(name).is_file():
        return read_pack(read_bytes(Path(name)), name)
    found = [pack for pack in shipped_packs() if name in (pack.name, pack.ref, pack.head.zh, pack.head.en)]
    if not found:
        hint = Text("用 duban definitions packs 查看,或给出文件", "see duban definitions packs, or give a file")
        raise UnknownProcedure(Text(f"没有规则包 {name!r}", f"there is no pack {name!r}"), hint=hint)
    return found[-1]


def find_definition(name: str) -> Definition:
    """A definition by file, id, ``id@version`` or title, of several versions the last; ``id+pack`` is it with a pack.

    Raises :class:`UnknownProcedure`.
    """
    if Path(name).is_file() or (name.endswith((".yaml", ".yml")) and "+" not in name):
        return definition_file(Path(name))
    word, *packs = name.split("+")
    found = [d for d in shipped_definitions() if word in (d.procedure.procedure, d.procedure.ref, d.procedure.zh, d.procedure.en)]
    if not found:
        raise UnknownProcedure(
            Text(f"没有程序 {word!r}", f"there is no procedure {word!r}"),
            hint=Text("用 duban definitions list 查看", "see duban definitions list"),
        )
    return compose(found[-1], [find_pack(pack) for pack in packs], calendar_names())


def check_file(path: Path) -> tuple[Definition, Source]:
    """The procedure in a file, and where everything stands; of a pack what it makes with the shipped procedure that it extends."""
    raw = read_bytes(path)
    source = read_source(raw, str(path))
    if not is_pack(source):
        return of_source(source, calendar_names()), source
    pack = read_pack(raw, str(path))
    return compose(find_definition(pack.head.extends), [pack], calendar_names()), source
