"""The command line in process, on a store of its own and a clock that the test moves (the host's clock is replaced; there is no option)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from adapters import host
from adapters.commands import frame
from adapters.host import FixedClock
from adapters.organisations import shipped_organisation
from tests.scenes import staged
from workflow.engine import Engine

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """``09-24 10:20`` of 2026, or a full date and time."""
    return datetime.fromisoformat(text if text[:2] == "20" else f"2026-{text}").replace(tzinfo=ZONE)


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err.splitlines()[-1])


class Cli:
    """``cli("show", "D", code=0)`` runs a command and checks its exit code; ``db`` is the file that it works on."""

    def __init__(self, db: Path, clock: FixedClock, capsys: pytest.CaptureFixture[str]) -> None:
        self.db = db
        self.clock = clock
        self._capsys = capsys

    def at(self, text: str) -> Cli:
        self.clock.set(at(text))
        return self

    def __call__(self, *words: str, code: int | None = 0, lang: str = "zh") -> Said:
        self._capsys.readouterr()
        found = frame.main([*words, "--db", str(self.db), "--lang", lang])
        said = self._capsys.readouterr()
        assert code is None or found == code, f"exit {found}, not {code}: {said.err or said.out}"
        return Said(found, said.out, said.err)

    def bytes(self) -> dict[str, bytes]:
        """Every file beside the database and its content."""
        return {f.name: f.read_bytes() for f in self.db.parent.iterdir() if f.is_file()}


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing from the environment, in a folder of one's own."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "DUBAN_LANG", "DUBAN_DB", "DUBAN_AS", "DUBAN_PERSON", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    clock = FixedClock(at("09-24 10:00"))
    monkeypatch.setattr(host, "clock", lambda: clock)
    return clock


@pytest.fixture
def empty(bare: None, tmp_path: Path, clock: FixedClock, capsys: pytest.CaptureFixture[str]) -> Cli:
    """No store yet."""
    folder = tmp_path / "store"
    folder.mkdir()
    return Cli(folder / "duban.db", clock, capsys)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with both example organisations."""
    path = tmp_path_factory.mktemp("template") / "duban.db"
    old = frame.settings.db
    frame.settings.db = str(path)
    try:
        with frame.engine(create=True) as engine:
            engine.clock = FixedClock(at("01-01 00:00"))
            for name in ("hospital", "town"):
                engine.organise(shipped_organisation(name))
    finally:
        frame.settings.db = old
    return path


@pytest.fixture
def cli(empty: Cli, template: Path) -> Iterator[Cli]:
    """A store with both example organisations, at 2026-09-24 10:00."""
    shutil.copy(template, empty.db)
    yield empty


DISPUTE = ("open", "medical-dispute", "术后并发症", "普外科", "家属", "--id", "D", "--person", "h06", "--unit", "surgery")


@pytest.fixture
def dispute(cli: Cli) -> Cli:
    """A dispute ``D`` opened at 10:00, reported (#2), accepted (#3) as complex: the answer is due on 09-29 at 24:00."""

    def play() -> None:
        cli(*DISPUTE, "-f", "handling=complex", "-f", "matter=medical_fault", "-f", "trigger=dispute")
        cli.at("09-24 10:05")("fire", "D", "report_head", "--person", "h06")
        cli.at("09-24 10:20")("fire", "D", "accept", "--person", "h02")
        with opened(cli) as engine:
            assert engine.case("D").case.n == 3

    staged("dispute", cli.db, play)
    return cli.at("09-24 10:20")


def opened(cli: Cli) -> Engine:
    """The engine on the store of a test, at its time."""
    engine = Engine.open(f"sqlite:///{cli.db}", create=False)
    engine.clock = cli.clock
    return engine
