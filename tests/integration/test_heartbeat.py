"""The heartbeat follows completed sweeps, is never waited for, and what becomes of it is counted."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest

from adapters.config.load import load
from adapters.config.model import Heartbeat as Settings
from adapters.config.model import Log
from adapters.daemon.heartbeat import Heartbeat
from adapters.daemon.pulse import Pulse
from adapters.logs import set_up
from workflow.errors import ConfigError

NOW = datetime(2026, 9, 24, 2, 0, tzinfo=UTC)


class Peer:
    """A server that is told what to answer and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status, self.headers, self.hold = 200, {}, Event()  # type: tuple[int, dict[str, str], Event]
        self.hold.set()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                peer.asked.append((self.command, self.path))
                peer.hold.wait()
                self.send_response(peer.status)
                for name, value in peer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/ping/s3cret-id"
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    found = Peer()
    yield found
    found.close()


@pytest.fixture
def begin() -> Iterator[Callable[..., tuple[Heartbeat, Pulse]]]:
    """``begin(url, **settings)``: a heartbeat that runs, with the pulse that it looks at."""
    running: list[Heartbeat] = []

    def start(url: str, told: Callable[[bool], None] = lambda ok: None, **settings: Any) -> tuple[Heartbeat, Pulse]:
        pulse = Pulse()
        heart = Heartbeat(Settings(**settings), url, pulse, told)
        heart.start()
        running.append(heart)
        return heart, pulse

    yield start
    for heart in running:
        heart.stop()


def soon(true: Callable[[], bool]) -> bool:
    end = monotonic() + 10
    while monotonic() < end:
        if true():
            return True
        sleep(0.01)
    return False


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_completed_sweep_is_told(peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]], method: str) -> None:
    told: list[bool] = []
    heart, pulse = begin(peer.url, told.append, method=method)
    pulse.note(swept_at=NOW)
    heart.ticked()
    assert soon(lambda: told == [True])
    assert peer.asked == [(method, "/ping/s3cret-id")]
    assert (heart.sent, heart.failed) == (1, 0)


def test_a_tick_without_a_completed_sweep_tells_nothing(peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]]) -> None:
    heart, pulse = begin(peer.url, every=1)
    heart.ticked()
    pulse.note(failures=1, error="locked")
    heart.ticked()
    sleep(0.2)
    assert peer.asked == []


def test_not_more_often_than_it_is_set(peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]], monkeypatch: pytest.MonkeyPatch) -> None:
    at = [100.0]
    monkeypatch.setattr("adapters.daemon.heartbeat.monotonic", lambda: at[0])
    heart, pulse = begin(peer.url, every=60)
    sent_at = []
    for second in range(0, 181, 10):
        at[0] = 100.0 + second
        before = heart.sent
        pulse.note(swept_at=NOW + timedelta(seconds=second))
        heart.ticked()
        if second % 60 == 0:
            assert soon(lambda: heart.sent == before + 1)  # noqa: B023
            sent_at.append(second)
    assert heart.sent == len(sent_at) == 4


def test_a_peer_that_hangs_holds_up_nothing(peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]]) -> None:
    peer.hold.clear()
    heart, pulse = begin(peer.url, every=1, timeout=300)
    pulse.note(swept_at=NOW)
    heart.ticked()
    assert soon(lambda: len(peer.asked) == 1)
    heart.stop()
    assert (heart.sent, heart.failed) == (0, 0), "neither waited for the answer, which has not come yet"


def test_a_peer_that_hangs_has_failed_when_its_time_is_over(peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]]) -> None:
    peer.hold.clear()
    heart, pulse = begin(peer.url, every=1, timeout=0.2)
    pulse.note(swept_at=NOW)
    heart.ticked()
    assert soon(lambda: heart.failed == 1)


@pytest.mark.parametrize(("status", "headers"), [(500, {}), (404, {}), (302, {"Location": "http://127.0.0.1:1/"})])
def test_another_answer_is_a_failure_and_the_url_is_not_logged(
    peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]], status: int, headers: dict[str, str]
) -> None:
    peer.status, peer.headers = status, headers
    stream = io.StringIO()
    undo = set_up(Log(), stream)
    told: list[bool] = []
    heart, pulse = begin(peer.url, told.append)
    pulse.note(swept_at=NOW)
    heart.ticked()
    assert soon(lambda: told == [False])
    undo()
    assert (heart.sent, heart.failed) == (0, 1)
    assert f"HTTP {status}" in stream.getvalue() and "s3cret" not in stream.getvalue()


def test_nobody_there_is_a_failure_and_the_next_one_is_tried(peer: Peer, begin: Callable[..., tuple[Heartbeat, Pulse]]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    told: list[bool] = []
    heart, pulse = begin(url, told.append, every=1)
    pulse.note(swept_at=NOW)
    heart.ticked()
    assert soon(lambda: told == [False])


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://x/", "javascript:1"])
def test_only_http(url: str) -> None:
    with pytest.raises(ConfigError):
        Heartbeat(Settings(), url, Pulse())


def test_the_settings_say_whether_there_is_one(tmp_path: Any) -> None:
    (tmp_path / "url").write_text("https://h/ping/s3cret\n", encoding="utf-8")
    file = tmp_path / "d.toml"
    file.write_text("", encoding="utf-8")
    none = load(config=str(file), environment={}, system=tmp_path / "none")
    assert Heartbeat.of(none, Pulse()) is None
    file.write_text('[heartbeat]\nurl_file = "url"\n', encoding="utf-8")
    assert Heartbeat.of(load(config=str(file), environment={}, system=tmp_path / "none"), Pulse()) is not None
