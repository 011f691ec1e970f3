"""``duban run`` as a service: the manager is told, the health port answers, logs are as set, SIGHUP and SIGTERM do what they should."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Service:
    def __init__(self, folder: Path, settings: str = "") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        text = f'db = "office.db"\n{settings}\n[health]\nlisten = "127.0.0.1:{self.port}"\ncalendar_days = 0\n[log]\njson = true\n'
        (folder / "duban.toml").write_text(text, encoding="utf-8")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(folder / "notify"))
        self.manager.settimeout(30)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DUBAN_") and "proxy" not in k.lower()}
        environment = {**kept, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "600000", "PYTHONPATH": str(ROOT)}
        line = [sys.executable, "-m", "cli", "run", "--interval", "1"]
        self.process = subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def told(self, word: str) -> str:
        """Wait until the manager is told something, leaving out what else it hears."""
        while True:
            message = self.manager.recv(4096).decode()
            if message.startswith(word):
                return message

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def end(self) -> tuple[int, str]:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    found = Service(tmp_path)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.communicate()
    found.manager.close()


def test_a_service_from_start_to_stop(service: Service) -> None:
    assert service.told("READY=1") == "READY=1\nSTATUS=watching"
    service.told("WATCHDOG=1")
    assert service.ask("/livez")[0] == 200
    assert service.ask("/readyz") == (200, '{"checks": {"calendar": null, "store": null}, "ok": true}')
    end = monotonic() + 20
    while service.ask("/healthz/sweep")[0] != 200 and monotonic() < end:
        sleep(0.05)
    assert service.ask("/healthz/sweep")[0] == 200
    status, text = service.ask("/metrics")
    assert status == 200 and "\nduban_store_up 1.0\n" in text
    service.process.send_signal(signal.SIGHUP)
    service.told("RELOADING=1\nMONOTONIC_USEC=")
    service.told("READY=1")
    service.process.send_signal(signal.SIGTERM)
    service.told("STOPPING=1")
    code, said = service.end()
    assert code == 0
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any("definitions" in line["message"] for line in lines)


def test_a_port_that_was_asked_for_and_is_taken_stops_the_start(service: Service, tmp_path: Path) -> None:
    service.told("READY=1")
    line = [sys.executable, "-m", "cli", "run", "--db", "other.db", "--lang", "en"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DUBAN_")}
    done = subprocess.run(
        line, cwd=tmp_path, env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 78
    assert f"cannot listen on 127.0.0.1:{service.port}" in done.stderr
    assert service.end()[0] == 0
