"""Where a report comes from: program, digests of what was read, versions that could bear on a date, the checkpoint that was verified.

It stands in the report and so in the hash of its file, but not in the digest of the outcomes: the same outcomes may be reached from a copy
of a log under another name. No clock of the machine, no host, no folder, no number of processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from adapters import host
from adapters.journaled import Record
from workflow.calendar import Calendar
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.journal.checkpoint import Held
from workflow.journal.printed import Printed
from workflow.journal.seal import Checkpoint
from workflow.replay import ENGINE
from workflow.text import Text


def program() -> dict[str, Json]:
    """What computed: the version of the program, of its semantics, and of the time-zone database."""
    try:
        found = version("duban")
    except PackageNotFoundError:
        found = "unknown"
    return {"program": "duban", "version": found, "semantics": ENGINE, "tzdata": host.tz()}


def file(role: str, path: Path) -> dict[str, Json]:
    """A file that was read, by its name and never its folder. Raises :class:`~workflow.errors.BadInput`."""
    try:
        with path.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        return {"role": role, "name": path.name, "bytes": path.stat().st_size, "sha256": found}
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None


def folder(role: str, path: Path) -> list[dict[str, Json]]:
    """The file, or every file of the folder by its path in it."""
    if not path.is_dir():
        return [file(role, path)]
    return [{**file(role, p), "name": p.relative_to(path).as_posix()} for p in sorted(path.rglob("*")) if p.is_file()]


def calendars(found: Iterable[Calendar]) -> list[Json]:
    kept = {c.digest: {"id": c.id, "digest": c.digest} for c in found}
    return [kept[name] for name in sorted(kept)]


def journal(found: Record, broken: int) -> dict[str, Json]:
    """A journal by its last seal, how many entries were read, and of how many cases the record does not hold."""
    return {"entries": found.entries.total(), "seals": found.seals, "root": found.root, "broken": broken}


def checkpoint(held: Held | None, source: str, signature: str | None) -> Json:
    """The checkpoint that the journal was compared with, and where it was got from; ``None`` where there was none."""
    if held is None:
        return None
    if isinstance(held, Checkpoint):
        return {"from": "given", "signature": signature, "origin": None, "size": held.number, "root": held.hash}
    if isinstance(held, Printed):
        return {"from": "given", "signature": signature, "origin": held.origin, "size": held.number, "root": held.root}
    name = Path(source).name
    found: dict[str, Json] = {"from": name, "signature": signature, "origin": held.origin, "size": held.number, "root": held.root}
    return {**found, "heads": held.heads, "chains": held.chains}
