"""A webhook: the letter as JSON to an address of the unit, signed, with an idempotency key."""

from __future__ import annotations

import json
from hmac import digest as hmac
from time import time

from pydantic import Field

from adapters.notify.file import document
from adapters.notify.kind import Given, Kind
from adapters.notify.web import Http, Reply, Web, by_status, usable
from workflow.letter import Accepted, Letter, Result
from workflow.text import Text


class Webhook(Http):
    url: str = Field(default="", description="where letters go")
    url_file: str = Field(default="", description="file with that address, where it is a secret itself")
    secret_file: str = Field(default="", description="file with the key that letters are signed with")


class WebhookNotifier:
    """2xx is acceptance; an ``id`` in a JSON answer is kept."""

    def __init__(self, web: Web, url: str, secret: str | None) -> None:
        self._web, self._url, self._secret = web, url, secret

    def send(self, letter: Letter) -> Result:
        at = str(int(time()))
        content = json.dumps(document(letter), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": letter.id, "X-Duban-Timestamp": at}
        if self._secret is not None:
            headers["X-Duban-Signature"] = signature(at, content, self._secret)
        reply = self._web.ask("POST", self._url, content=content, headers=headers)
        if not isinstance(reply, Reply):
            return reply
        named = (reply.document() or {}).get("id", "")
        return by_status(reply, Accepted(str(named) if isinstance(named, str | int) else ""))

    def close(self) -> None:
        """Nothing is open between two letters."""


def signature(at: str, content: bytes, secret: str) -> str:
    """``sha256=`` and, in hexadecimal, HMAC-SHA256 over the timestamp (seconds), a full stop and the body as it is sent."""
    return "sha256=" + hmac(secret.encode(), at.encode() + b"." + content, "sha256").hex()


def _make(options: Webhook, given: Given) -> WebhookNotifier:
    url = given.secret("url") or options.url
    if not usable(url):
        hint = Text("地址本身是密钥时用 url_file", "where the address is a secret itself, use url_file")
        raise given.wrong("url", Text("应为 http:// 或 https:// 地址", "must be an address that begins with http:// or https://"), hint)
    return WebhookNotifier(Web(options, given), url, given.secret("secret"))


WEBHOOK = Kind("webhook", Webhook, _make, secrets=("url", "secret", "proxy"))
