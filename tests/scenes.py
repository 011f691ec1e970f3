"""Scenes of tests: a store that commands played once is copied from then on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

_played: dict[str, bytes] = {}


def staged(scene: str, path: Path, play: Callable[[], object]) -> None:
    """Bring the store of a test, which nobody has open, to a scene. ``play`` makes it of what is there, the same every time."""
    if scene in _played:
        path.write_bytes(_played[scene])
        return
    play()
    with closing(sqlite3.connect(path)) as connection:  # what is still beside it becomes part of the file
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _played[scene] = path.read_bytes()
