"""What stands around a daemon is made from the settings, and nothing of it that nobody asked for keeps the watch from its work."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.config.load import Configuration, load
from adapters.daemon import surroundings as module
from adapters.daemon.metrics import Metrics
from adapters.daemon.pulse import Pulse
from adapters.daemon.surroundings import Surroundings
from adapters.host import SystemClock, SystemEntropy
from adapters.store.memory import MemoryStore
from workflow.engine import Engine
from workflow.errors import ConfigError
from workflow.text import same


@pytest.fixture
def engine() -> Iterator[Engine]:
    found = Engine(MemoryStore(), SystemClock(), SystemEntropy(), shipped("cn"), "test")
    yield found
    found.close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)


def configured(tmp_path: Path, text: str) -> Configuration:
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")
    return load(config=str(tmp_path / "d.toml"), environment={}, system=tmp_path / "none")


def test_everything_that_is_set_is_there_starts_and_stops(engine: Engine, tmp_path: Path) -> None:
    text = '[health]\nlisten = "127.0.0.1:0"\n[heartbeat]\nurl = "http://127.0.0.1:1/"\n'
    around = Surroundings.of(configured(tmp_path, text), engine, Pulse())
    assert around.health is not None and around.heartbeat is not None and isinstance(around.metrics, Metrics)
    assert around.beside == (around.health, around.heartbeat, around.watchdog)
    for part in around.beside:
        part.start()
    around.ticked()
    status, _, body = around.health.answer("/metrics")
    assert status == 200 and b"duban_store_up 1.0" in body
    for part in reversed(around.beside):
        part.stop()


def test_without_a_port_and_a_url_there_is_only_the_watchdog(engine: Engine, tmp_path: Path) -> None:
    around = Surroundings.of(configured(tmp_path, '[health]\nlisten = ""\n'), engine, Pulse())
    assert around.beside == (around.watchdog,)


def test_a_port_that_is_taken_counts_only_if_it_was_asked_for(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: Any) -> None:
        raise ConfigError(same("taken"))

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        with pytest.raises(ConfigError):
            Surroundings.of(configured(tmp_path, f'[health]\nlisten = "127.0.0.1:{busy.getsockname()[1]}"\n'), engine, Pulse())
    monkeypatch.setattr(module, "Health", taken)
    assert Surroundings.of(configured(tmp_path, ""), engine, Pulse()).health is None
