"""``duban run`` as an office starts it: a process of its own, a real mail server, a real clock; killed, and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.commands import frame
from adapters.store.sql import SqlStore
from tests.play import PROBE
from tests.smtp import Mailbox
from workflow.journal.entry import Entry
from workflow.monitor import MONITOR

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")

ROOT = Path(__file__).parents[2]
ORGANISATION = """
units:
  - id: town
    zh: 示范镇
    en: Example Town
    level: town
    posts:
      - {role: boss, zh: 领导, en: boss, holders: [{person: p1, from: 2020-01-01, contacts: {email: boss@example.org}}]}
      - {role: desk, zh: 值班, en: desk, holders: [{person: p2, from: 2020-01-01, contacts: {email: desk@example.org}}]}
"""
SETTINGS = """
db = "office.db"
lang = "zh"
[daemon]
interval = 5
[health]
listen = ""
[notify]
channels = ["mail", "screen"]
[channels.mail]
kind = "email"
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "duban@example.org"
[channels.screen]
kind = "console"
"""


class Place:
    """A folder with settings, a store and the processes that work on it."""

    def __init__(self, folder: Path, mail: Mailbox, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.mail = mail
        self._capsys = capsys
        (folder / "duban.toml").write_text(SETTINGS.format(port=mail.port), encoding="utf-8")
        (folder / "org.yaml").write_text(ORGANISATION, encoding="utf-8")
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    def __call__(self, *words: str) -> Any:
        """A command of the clerk's, in this process: the daemons are others."""
        self._capsys.readouterr()
        code = frame.main([*words, "--json"])
        said = self._capsys.readouterr()
        assert code == 0, said.err
        return json.loads(said.out) if said.out else None

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*CALL, "run"], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        daemon = self.start()
        try:
            yield daemon
        finally:
            if daemon.poll() is None:
                daemon.terminate()
            self.said, self.warned = daemon.communicate(timeout=60)

    def journal(self, case: str) -> list[Entry]:
        with closing(SqlStore.open(str(self.folder / "office.db"), create=False)) as store, store.read() as view:
            return list(view.entries(case))

    def flags(self, case: str) -> list[tuple[str, dict[str, Any]]]:
        return [(str(e.body["name"]), dict(e.body["data"])) for e in self.journal(case) if e.kind == "flagged"]  # type: ignore[call-overload]


CALL = [sys.executable, "-P", "-c", "import cli; cli.main()"]


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it did not happen within a minute"
        time.sleep(0.1)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.chdir(tmp_path)
    with Mailbox() as mail:
        found = Place(tmp_path, mail, capsys)
        found("definitions", "add", str(PROBE))
        found("org", "load", "org.yaml")
        yield found


def opened(place: Place, case: str, due: timedelta) -> datetime:
    """A case whose telephone report is due in so long; returns when."""
    at = datetime.now(UTC) + due
    begun = (at - timedelta(minutes=30)).isoformat()
    place("open", "probe", "事", "地", "人", "--as", "desk", "--unit", "town", "--id", case, "--at", begun)
    return at


def missing(place: Place, case: str) -> list[dict[str, Any]]:
    return [data for name, data in place.flags(case) if name == "call/boss#1" and data["flag"] == "missing"]


def test_what_is_missing_is_flagged_when_it_is_due_and_people_are_told(place: Place) -> None:
    with place.running():
        wait_for(lambda: any(e.kind == "started" for e in place.journal(MONITOR)))
        opened(place, "C1", timedelta(seconds=4))
        wait_for(lambda: bool(missing(place, "C1")))
        (flag,) = missing(place, "C1")
        assert "lag" not in flag, "it came in time"
        assert {one["person"] for one in flag["to"]} == {"p1", "p2"}
        wait_for(lambda: {to for _, tos in place.mail.envelopes for to in tos} == {"boss@example.org", "desk@example.org"})
        wait_for(lambda: place("outbox") == [])
    assert [e.kind for e in place.journal(MONITOR)][-1] == "stopped", "SIGTERM lets it finish"
    assert "疑似漏报,待认定" in place.said, "the console says it too"
    assert any("电话报告" in m.get_content() for m in place.mail.received)
    (lead,) = [x for x in place("leads")["leads"] if x["row"] == "call/boss#1"]
    assert lead["state"] == "open"
    assert place("audit", "verify")["findings"] == []


def test_killed_and_started_again_it_loses_nothing_and_repeats_nothing(place: Place) -> None:
    with place.running() as daemon:
        wait_for(lambda: any(e.kind == "started" for e in place.journal(MONITOR)))
        for number in range(6):
            opened(place, f"C{number}", timedelta(seconds=2))
        wait_for(lambda: bool(missing(place, "C0")))
        daemon.send_signal(signal.SIGKILL)
    opened(place, "late", timedelta(seconds=-1))
    with place.running():
        wait_for(lambda: all(missing(place, case) for case in ("C0", "C1", "C2", "C3", "C4", "C5", "late")))
        wait_for(lambda: all(m["state"] == "sending" for m in place("outbox")))
    said = Counter((case, name, str(data)) for case in ("C0", "C1", "C5", "late") for name, data in place.flags(case))
    assert set(said.values()) == {1}
    numbers = [m["flag"] for m in place("outbox", "--all") if m["case"] == "late"]
    assert len(numbers) > 0
    assert place("audit", "verify")["findings"] == []


def test_a_second_daemon_waits_and_takes_over(place: Place) -> None:
    with place.running() as first:
        wait_for(lambda: any(e.kind == "started" for e in place.journal(MONITOR)))
        second = place.start()
        try:
            time.sleep(2)
            assert [e.kind for e in place.journal(MONITOR)] == ["started"]
            first.terminate()
            wait_for(lambda: [e.kind for e in place.journal(MONITOR)] == ["started", "stopped", "started"])
        finally:
            second.terminate()
            second.communicate(timeout=60)
