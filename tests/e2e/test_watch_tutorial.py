"""The page on the first watch goes as it is written: a daemon in a process of its own, which follows the clock of the page."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.commands import screen
from tests.e2e.conftest import Cli, at

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "keep-watch.md"
DAEMON = """
import sys
from datetime import datetime
from pathlib import Path
from adapters import host
from adapters.commands import frame

class Paper:
    def now(self):
        return datetime.fromisoformat(Path(sys.argv[1]).read_text())

host.clock = Paper
sys.exit(frame.main(sys.argv[2:]))
"""
"""The daemon as it is, on the clock that stands in a file."""


class Step(NamedTuple):
    kind: str
    """``clock``, ``key``, ``run``, ``said`` by the watch, or the name of a file to write."""
    text: str
    printed: str = ""


def steps() -> Iterator[Step]:
    blocks = r"<!-- (clock: )?(.+?) -->|```console\n(.*?)```|```watch\n(.*?)```|```\w+ (\S+)\n(.*?)```"
    for clock, mark, console, watch, file, content in re.findall(blocks, PAGE.read_text(encoding="utf-8"), re.DOTALL):
        if mark:
            yield Step("clock" if clock else "key", mark)
        elif file:
            yield Step(file, content)
        elif watch:
            yield Step("said", "", watch)
        for command, printed in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE):
            yield Step("run", command, printed)


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def missing(wanted: str, lines: list[str]) -> list[str]:
    """The lines of the page that were not printed."""
    patterns = {line: re.escape(line).replace("…", ".+") for line in lines_of(wanted) if line != "…"}
    return [line for line, pattern in patterns.items() if not any(re.fullmatch(pattern, found) for found in lines)]


class Window:
    """The second window: a daemon and what it has printed so far."""

    def __init__(self, folder: Path, clock: Path, db: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DUBAN_DAEMON_INTERVAL": "1", "DUBAN_HEALTH_LISTEN": "", "PYTHONUTF8": "1"}
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", DAEMON, str(clock), "run", "--lang", "en", "--db", str(db)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def says(self, wanted: str) -> None:
        end = time.monotonic() + 60
        while left := missing(wanted, list(self.lines)):
            assert time.monotonic() < end and self.process.poll() is None, f"the watch did not say {left}, but\n" + "\n".join(self.lines)
            time.sleep(0.05)

    def ended_by(self, signal_: int) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal_)
        code = self.process.wait(timeout=60)
        self._reading.join(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.mark.skipif(os.name != "posix", reason="the page presses Ctrl-C")
def test_the_first_watch_goes_as_it_is_written(empty: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "WIDTH", 140)
    paper = tmp_path / "clock"
    watch: Window | None = None
    ran: set[str] = set()
    try:
        for step in steps():
            if step.kind == "clock":
                empty.at(step.text)
                fresh = tmp_path / "clock.new"
                fresh.write_text(at(step.text).isoformat(), encoding="utf-8")
                fresh.replace(paper)
            elif step.kind == "key":
                assert step.text == "Ctrl-C" and watch is not None
                assert watch.ended_by(signal.SIGINT) == 0
            elif step.kind == "said":
                assert watch is not None
                watch.says(step.printed)
                settled(empty)
            elif step.kind != "run":
                (tmp_path / step.kind).write_text(step.text, encoding="utf-8")
            elif step.text == "duban run":
                watch = Window(tmp_path, paper, empty.db)
                watch.says(step.printed)
            else:
                words = shlex.split(step.text)
                assert words[0] == "duban"
                said = empty(*words[1:], lang="en", code=None)
                assert said.code in (0, 1), said.err
                left = missing(step.printed, lines_of(said.out + said.err))
                assert not left, f"{step.text}\nprinted no line {left} but\n{said.out}{said.err}"
            ran |= {shlex.split(step.text)[1]} if step.kind == "run" else set()
    finally:
        if watch is not None:
            watch.ended_by(signal.SIGTERM)
    assert {"self-test", "run", "due", "leads", "outbox", "receipt"} <= ran
    assert watch is not None and watch.lines[-1] == "the watch has ended"
    told = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(told) == 4, "the drill, the reminder, what is missing, what came late"


def settled(cli: Cli) -> None:
    """Until what was said over one channel was said over all, and entered."""
    end = time.monotonic() + 60
    while cli("outbox", "--json", lang="en").json != []:
        assert time.monotonic() < end, "the outbox does not become empty"
        time.sleep(0.05)
