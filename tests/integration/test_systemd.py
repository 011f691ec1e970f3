"""What the service manager hears, on a real datagram socket; and the unit and container files that are shipped."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime_ns, sleep

import pytest

from adapters.commands import frame
from adapters.config.model import keys
from adapters.daemon.systemd import Systemd, Watchdog

DEPLOY = Path(__file__).parents[2] / "deploy"


class Manager:
    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.environment = {"NOTIFY_SOCKET": address}

    def heard(self) -> list[str]:
        return self.socket.recv(4096).decode().split("\n")


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    found = Manager(str(tmp_path / "notify") if request.param == "path" else f"@duban-test-{os.getpid()}-{request.node.name}"[:100])
    yield found
    found.socket.close()


def test_each_message_as_the_protocol_writes_it(manager: Manager) -> None:
    systemd = Systemd(manager.environment)
    assert systemd.listening
    systemd.ready("watching 3 cases")
    assert manager.heard() == ["READY=1", "STATUS=watching 3 cases"]
    systemd.status("one\nREADY=1\ttwo")
    assert manager.heard() == ["STATUS=one READY=1 two"]
    systemd.watchdog()
    assert manager.heard() == ["WATCHDOG=1"]
    systemd.stopping("finishing")
    assert manager.heard() == ["STOPPING=1", "STATUS=finishing"]


def test_reloading_says_since_when(manager: Manager) -> None:
    before = clock_gettime_ns(CLOCK_MONOTONIC) // 1000
    Systemd(manager.environment).reloading()
    first, second = manager.heard()
    assert first == "RELOADING=1"
    name, _, value = second.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(value) <= clock_gettime_ns(CLOCK_MONOTONIC) // 1000


def test_the_variables_are_taken_out_so_that_nobody_else_speaks_for_us(manager: Manager) -> None:
    environment = {**manager.environment, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    assert Systemd(environment).watchdog_seconds == 3
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "/nowhere/notify"},
        {"NOTIFY_SOCKET": "vsock:2:1234"},
        {"NOTIFY_SOCKET": "@duban-nobody"},
    ],
)
def test_without_a_manager_that_listens_nothing_happens(environment: dict[str, str]) -> None:
    systemd = Systemd(dict(environment))
    systemd.ready()
    systemd.stopping()
    assert systemd.watchdog_seconds == 0


@pytest.mark.parametrize(("period", "process", "seconds"), [("2000000", "", 2), ("2000000", "1", 0), ("soon", "", 0), ("", "", 0)])
def test_the_watchdog_is_ours_only_if_it_is_meant_for_us(period: str, process: str, seconds: float) -> None:
    assert Systemd({"WATCHDOG_USEC": period, "WATCHDOG_PID": process}).watchdog_seconds == seconds


def test_a_manager_that_does_not_read_holds_up_nothing(manager: Manager) -> None:
    systemd = Systemd(manager.environment)
    for _ in range(5000):
        systemd.watchdog()
    assert manager.heard() == ["WATCHDOG=1"]  # one that waited to be read would wait still


def test_the_watchdog_is_fed_while_ticks_come_and_not_longer(manager: Manager) -> None:
    at = [0.0]
    watchdog = Watchdog(Systemd({**manager.environment, "WATCHDOG_USEC": "60000"}), 10, lambda: at[0])
    watchdog.start()
    assert manager.heard() == ["WATCHDOG=1"]
    at[0] = 11.0
    sleep(0.05)
    manager.socket.setblocking(False)
    while True:
        try:
            manager.socket.recv(100)
        except BlockingIOError:
            break
    sleep(0.2)
    with pytest.raises(BlockingIOError):
        manager.socket.recv(100)
    watchdog.ticked()
    manager.socket.settimeout(5)
    assert manager.heard() == ["WATCHDOG=1"]
    watchdog.stop()


# the files


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / "duban.service").read_text(encoding="utf-8"))
    return parser


def test_the_unit_has_what_the_daemon_needs() -> None:
    service = unit()["Service"]
    assert (service["Type"], service["Restart"], service["DynamicUser"]) == ("notify", "always", "yes")
    assert service["StateDirectory"] == "duban"
    assert "-HUP" in service["ExecReload"]
    assert int(service["WatchdogSec"]) > 2 * 30 + 20 + 30
    assert service["ProtectSystem"] == "strict" and service["NoNewPrivileges"] == "yes"
    words = service["ExecStart"].split()
    assert Path(words[0]).name == "duban" and words[1] == "run"
    assert words[1] in frame.TABLE


def test_the_settings_that_come_with_the_unit_can_be_used(tmp_path: Path) -> None:
    from adapters.config.load import examine

    found, problems = examine(config=str(DEPLOY / "duban.toml"), environment={}, system=tmp_path / "none")
    assert problems == [] and found is not None
    assert found.settings.db.startswith("/var/lib/duban/")
    assert set(found.origins) <= set(keys()) | {k for k in found.origins if k.startswith("channels.")}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    text = (DEPLOY / "duban.service").read_text(encoding="utf-8")
    runnable = re.sub(r"^(ExecStart=)\S+", rf"\1{shutil.which('true')}", text, flags=re.MULTILINE)  # ours is not installed there
    path = tmp_path / "duban.service"
    path.write_text(runnable, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "duban" in line]
    assert (done.returncode, ours) == (0, [])
    line = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-600:]


def test_the_container_runs_as_nobody_special_and_asks_whether_it_is_ready() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    steps = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    (base,) = {line.split()[1] for line in steps if line.startswith("FROM")}
    assert re.fullmatch(r"python:3\.\d+-slim", base)
    user = next(line for line in reversed(steps) if line.startswith("USER")).split()[1]
    assert user not in ("0", "root")
    assert any(line.startswith("HEALTHCHECK") and "/readyz" in line for line in steps)
    assert not re.search(r"https?://(?!127\.0\.0\.1)", text)


def test_what_the_sample_has_in_comments_can_be_set(tmp_path: Path) -> None:
    from adapters.config.load import examine

    text = (DEPLOY / "duban.toml").read_text(encoding="utf-8").partition("\n")[2]
    file = tmp_path / "duban.toml"
    file.write_text(re.sub(r"^# ", "", text, flags=re.MULTILINE), encoding="utf-8")
    found, problems = examine(config=str(file), environment={}, system=tmp_path / "none")
    assert problems == [] and found is not None
    assert (found.settings.notify.digest, found.settings.notify.quiet) == (False, "22:00-07:00")
    assert set(found.settings.channels) == {"console", "mail"}
