"""Pages whose console blocks are played."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from adapters.commands.frame import main
from adapters.host import SystemClock
from tests.play import at


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Runs a console block: ``# 10-02 03:00`` sets the clock, ``$`` is a command, other lines must be printed by the last command."""
    now = [at("10-02 00:00")]

    def clock(_: SystemClock) -> datetime:
        return now[0]

    monkeypatch.setattr(SystemClock, "now", clock)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("DUBAN_LANG", "zh")

    def play(block: str) -> None:
        printed: set[str] = set()
        for line in block.splitlines():
            if line.startswith("# "):
                now[0] = at(line[2:13])
            elif line.startswith("$ duban "):
                code = main(shlex.split(line)[2:])
                said = capsys.readouterr()
                assert code == 0, (line, said.err)
                printed = {text.rstrip() for text in (said.out + said.err).splitlines()}
            else:
                assert line.rstrip() in printed, (line, printed)

    return play
