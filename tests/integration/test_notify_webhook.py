"""The webhook: what is sent, how it is signed, what each answer means."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.notify.catalogue import channel
from adapters.notify.contract import BODY, SUBJECT, ChannelContract, Failure
from adapters.notify.kind import Channel
from tests.services import Answer, Gateway, hmac_sha256
from workflow.errors import ConfigError, SecretGiven
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown

LETTER = Letter("0f1e2d3c" * 3, "", SUBJECT, BODY, {"messages": [{"id": 7, "case": "2026-0924-01"}]})


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as found:
        yield found


def hook(gateway: Gateway, secret: str | None = None, **options: Any) -> Channel:
    return channel("hook", {"kind": "webhook", "url": f"{gateway.url}/in", "timeout": 5} | options, {"secret": secret}.get)


class TestWebhookContract(ChannelContract):
    @pytest.fixture(autouse=True)
    def playing(self) -> Iterator[None]:
        with Gateway() as self._gateway:
            yield

    def make(self, path: Path) -> Channel:
        return hook(self._gateway)

    def delivered(self) -> list[str]:
        return [f"{asked.json['subject']}\n{asked.json['body']}" for asked in self._gateway.asked]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how == "down":
            return hook(self._gateway, url="http://localhost:9/", timeout=1)
        if how == "garbage":
            return None  # 2xx is all that it asks for
        self._gateway.mode = {"refuses": Answer(b"", 410), "busy": Answer(b"", 503, {"Retry-After": "5"})}.get(how, how)
        return hook(self._gateway, timeout=1)


def test_the_signature_covers_the_timestamp_and_the_body_as_sent(gateway: Gateway) -> None:
    hook(gateway, "whsec-0123456789").notifier.send(LETTER)
    (asked,) = gateway.asked
    at = asked.headers["x-duban-timestamp"]
    assert abs(time.time() - int(at)) < 60
    assert asked.headers["x-duban-signature"] == "sha256=" + hmac_sha256(b"whsec-0123456789", at.encode() + b"." + asked.body).hex()
    assert asked.headers["content-type"] == "application/json; charset=utf-8"


def test_every_attempt_has_the_same_idempotency_key_and_no_secret_no_signature(gateway: Gateway) -> None:
    for doubtful in (False, True):
        hook(gateway).notifier.send(replace(LETTER, doubtful=doubtful))
    assert {asked.headers["idempotency-key"] for asked in gateway.asked} == {LETTER.id}
    assert [asked.json["doubtful"] for asked in gateway.asked] == [False, True]
    assert gateway.asked[0].json["data"] == {"messages": [{"id": 7, "case": "2026-0924-01"}]}
    assert "x-duban-signature" not in gateway.asked[0].headers


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer({"id": "a-1"}, 202), Accepted("a-1")),
        (Answer(b"", 204), Accepted("")),
        (Answer(b"<ok/>", 200), Accepted("")),
        (Answer(b"", 301, {"Location": "http://localhost:9/"}), Rejected("301", "HTTP 301 (redirects are not followed)")),
        (Answer(b"", 404), Rejected("404", "HTTP 404")),
        (Answer(b"", 408), Rejected("408", "HTTP 408", permanent=False)),
        (Answer(b"", 500), Rejected("500", "HTTP 500", permanent=False)),
        (Answer(b"", 503), Rejected("503", "HTTP 503", permanent=False)),
        (Answer(b"", 429), Throttled(60, "429")),
        (Answer(b"", 429, {"Retry-After": "x"}), Throttled(60, "429")),
        (Answer(b"", 429, {"Retry-After": "999999999999"}), Throttled(3600, "429")),
        (Answer(b"", 503, {"Retry-After": "30"}), Throttled(30, "503")),
        (Answer(b"", 502), Unknown("HTTP 502: what is behind the gateway may have it")),
        (Answer(b"", 504), Unknown("HTTP 504: what is behind the gateway may have it")),
    ],
)
def test_what_each_answer_means(gateway: Gateway, answer: Answer, result: Result) -> None:
    gateway.mode = answer
    assert hook(gateway).notifier.send(LETTER) == result


def test_a_date_to_wait_for_is_understood(gateway: Gateway) -> None:
    gateway.mode = Answer(b"", 429, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=100))})
    result = hook(gateway).notifier.send(LETTER)
    assert isinstance(result, Throttled) and 80 <= result.seconds <= 100


def test_an_address_that_is_a_secret_is_read_from_a_file_and_never_said(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{gateway.url}/in/very-secret-path\n", encoding="utf-8")
    made = channel("hook", {"kind": "webhook", "url_file": str(tmp_path / "url")})
    assert isinstance(made.notifier.send(LETTER), Accepted)
    assert gateway.asked[0].path == "/in/very-secret-path"
    with pytest.raises(SecretGiven):
        channel("hook", {"kind": "webhook", "url": "https://example.org/in?access_token=abc"})


@pytest.mark.parametrize("url", ["", "ftp://example.org", "example.org", "http://", "http://a b/", "http://[::1"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match=r"channels\.hook\.url"):
        channel("hook", {"kind": "webhook", "url": url})


def test_the_log_of_the_library_shows_no_address(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        hook(gateway).notifier.send(LETTER)
    assert json.dumps(caplog.messages).count("/in") == 0
