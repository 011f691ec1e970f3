"""Where the processes of the kill campaign meet: a database, a clock that runs fast, a file of receipts, a file of answers.

Both files lie outside the database and are synced line by line: what stands there was said to somebody, whatever was killed since.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.calendars import shipped
from adapters.host import SystemEntropy
from adapters.organisations import read_organisation
from adapters.store.sql import SqlStore
from tests.play import at
from workflow.dispatch import Route, Routing
from workflow.engine import Engine
from workflow.procedure.load import load

DATA = Path(__file__).resolve().parents[1] / "data"
START = at("2026-09-24 23:20")
"""Soon after the start of a site a day begins, and with it the cases of a duty of every day."""
SPEED = 600
"""Seconds of the clock of a site in a second."""
ROUTING = Routing((Route("sms", "phone"), Route("board"), Route("call", "phone", fallback=True)))
LASTING = timedelta(seconds=90)
"""The lease of a watch, on that clock: a daemon is not thought dead while it takes a breath."""
UNITS = ("v1", "v2", "v3")


class QuickClock:
    """Runs :data:`SPEED` times as fast as time; the same in every process of the machine, but for what it is ``off``."""

    def __init__(self, begun: float, off: timedelta = timedelta(0)) -> None:
        self._begun = begun
        self._off = off

    def set(self, off: timedelta) -> None:
        self._off = off

    def now(self) -> datetime:
        return START + self._off + timedelta(seconds=(time.monotonic() - self._begun) * SPEED)


@dataclass(frozen=True, slots=True)
class Site:
    folder: Path
    url: str
    begun: float
    """Of the monotonic clock, when the site began."""

    @classmethod
    def make(cls, folder: Path, url: str) -> Site:
        """Lay down the procedures and the organisation."""
        site = cls(folder, url, time.monotonic())
        with site.engine() as engine:
            for name in ("errand", "round"):
                engine.add(load((DATA / f"{name}.yaml").read_bytes(), f"{name}.yaml"))
            engine.organise(read_organisation(DATA / "watchhouse.yaml"))
        return site

    @property
    def alone(self) -> bool:
        """Whether one daemon at a time keeps the watch."""
        return not self.url.startswith("postgres")

    @property
    def file(self) -> Path:
        """The database, where it is a file."""
        return Path(self.url.removeprefix("sqlite:///").partition("?")[0])

    @property
    def receipts(self) -> Ledger:
        return Ledger(self.folder / "receipts")

    @property
    def answers(self) -> Ledger:
        return Ledger(self.folder / "answers")

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def engine(self, clock: Any = None) -> Engine:
        store = SqlStore.open(self.url if "://" in self.url else f"sqlite:///{self.url}?timeout=30")
        return Engine(store, clock or QuickClock(self.begun), SystemEntropy(), shipped("cn"), "test")


class Ledger:
    """Lines of JSON, each synced before :meth:`add` returns. Several processes may add; a line is short, so it is written as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, **said: Any) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, (json.dumps(said) + "\n").encode())
            os.fsync(file)
        finally:
            os.close(file)

    def read(self) -> Iterator[dict[str, Any]]:
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)
