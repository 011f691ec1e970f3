"""Where ``--db`` leads: to a file, or to a server."""

from __future__ import annotations

from pathlib import Path

from adapters.commands import frame
from adapters.store.address import shown


def name() -> str:
    """``--db`` as it may be shown: without a password."""
    return shown(frame.settings.db)


def file() -> Path | None:
    """The file of the store; ``None`` where it is kept by a server or in memory."""
    said = frame.settings.db
    if not said.startswith("sqlite:///"):
        return None if "://" in said or said.startswith("memory:") else Path(said)
    path = said.removeprefix("sqlite:///").partition("?")[0]
    return None if path == ":memory:" else Path(path)


def made() -> bool:
    """Whether there is something to open, be it sound or not."""
    path = file()
    if path is not None:
        return path.exists()
    return "://" in frame.settings.db and not frame.absent()
