"""Feishu 飞书: the robot of a group, and messages of an application to one person."""

from __future__ import annotations

import json
from base64 import b64encode
from hmac import digest as hmac
from time import time
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from adapters.notify.chat import Chat, Robot, in_parts
from adapters.notify.dingtalk import issued
from adapters.notify.kind import Given, Kind
from adapters.notify.token import Failure, Token
from adapters.notify.web import PAUSE, Reply, Web, by_status, waiting
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled

PUBLIC = "https://open.feishu.cn"
ROBOT_LIMIT, APP_LIMIT = 18_000, 100_000
"""Bytes of text: the service takes 20 KB of a whole robot message, and 150 KB of a message of an application."""
TOO_FAST = {11232, 11233, 230020, 99991400}
STALE_TOKEN = {99991661, 99991663, 99991664, 99991665, 99991671, 99991677}


class FeishuRobot(Robot):
    base_url: str = Field(default=PUBLIC, description="where the service is")
    rate: int = Field(default=100, ge=0, le=100_000, description="letters a minute at most")
    parts: int = Field(default=1, ge=1, le=9, description="messages that a long letter may be split into")
    token_file: str = Field(default="", description="file with what stands after /hook/ in the address of the robot")
    secret_file: str = Field(default="", description="file with the secret of a robot that asks for signatures (签名校验)")


class FeishuApp(Chat):
    base_url: str = Field(default=PUBLIC, description="where the service is")
    app_id: str = Field(min_length=1, description="App ID of the application")
    app_secret_file: str = Field(default="", description="file with its App Secret")
    id_type: Literal["user_id", "open_id", "union_id", "email"] = Field(default="user_id", description="what the addresses of persons are")


class RobotNotifier:
    def __init__(self, options: FeishuRobot, web: Web, token: str, secret: str | None) -> None:
        self._options, self._web, self._secret = options, web, secret
        self._url = f"{options.base_url}/open-apis/bot/v2/hook/{quote(token, safe='')}"

    def send(self, letter: Letter) -> Result:
        return in_parts(letter, ROBOT_LIMIT, self._options.parts, self._one, self._options.keyword)

    def _one(self, text: str, number: int) -> Result:
        body: dict[str, object] = {"msg_type": "text", "content": {"text": text}}
        if self._secret is not None:
            at = str(int(time()))
            body |= {"timestamp": at, "sign": signature(at, self._secret)}
        reply = self._web.ask("POST", self._url, body=body)
        return judged(reply) if isinstance(reply, Reply) else reply

    def close(self) -> None:
        """Nothing is open between two letters."""


class AppNotifier:
    """The service is given the id of the letter, and sends what has the same id once in an hour."""

    def __init__(self, options: FeishuApp, web: Web, secret: str) -> None:
        self._options, self._web, self._secret = options, web, secret
        self._token = Token(self._fetch)

    def send(self, letter: Letter) -> Result:
        def one(text: str, number: int) -> Result:
            return self._token.use(lambda token: self._one(token, letter, text, number))

        return in_parts(letter, APP_LIMIT, self._options.parts, one)

    def close(self) -> None:
        """Nothing is open between two letters."""

    def _one(self, token: str, letter: Letter, text: str, number: int) -> Result | None:
        body = {
            "receive_id": letter.to,
            "msg_type": "text",
            "content": json.dumps({"text": text}, ensure_ascii=False),
            "uuid": f"{letter.id[:40]}-{number}",
        }
        url, params = f"{self._options.base_url}/open-apis/im/v1/messages", [("receive_id_type", self._options.id_type)]
        reply = self._web.ask("POST", url, params, body=body, headers={"Authorization": f"Bearer {token}"})
        if not isinstance(reply, Reply):
            return reply
        result = judged(reply)
        return None if isinstance(result, Rejected) and result.code in {str(c) for c in STALE_TOKEN} else result

    def _fetch(self) -> tuple[str, int] | Failure:
        body = {"app_id": self._options.app_id, "app_secret": self._secret}
        url = f"{self._options.base_url}/open-apis/auth/v3/tenant_access_token/internal"
        reply = self._web.ask("POST", url, body=body, sends=False)
        return issued(reply, judged(reply), "tenant_access_token", "expire") if isinstance(reply, Reply) else reply


def signature(at: str, secret: str) -> str:
    """The signature of a robot: the key is instant and secret, and what is signed is empty. ``at`` in seconds."""
    return b64encode(hmac(f"{at}\n{secret}".encode(), b"", "sha256")).decode()


def judged(reply: Reply) -> Result:
    """What an answer means: ``code`` counts (``StatusCode`` where an old service has no ``code``), whatever the HTTP status is."""
    data = reply.document()
    code = data.get("code", data.get("StatusCode")) if data is not None else None
    if data is None or not isinstance(code, int) or (code == 0 and reply.status >= 400):
        return by_status(reply)
    said = str(data.get("msg") or data.get("StatusMessage") or "")
    if code == 0:
        inner = data.get("data")
        return Accepted(str(inner.get("message_id", "")) if isinstance(inner, dict) else "")
    if code in TOO_FAST or reply.status == 429 or (code == 9499 and "too many" in said.lower()):
        return Throttled(waiting(reply) or PAUSE, str(code), said)
    return Rejected(str(code), said, permanent=reply.status < 500)


def _make_robot(options: FeishuRobot, given: Given) -> RobotNotifier:
    return RobotNotifier(options, Web(options, given), given.needed("token"), given.secret("secret"))


def _make_app(options: FeishuApp, given: Given) -> AppNotifier:
    return AppNotifier(options, Web(options, given), given.needed("app_secret"))


ROBOT = Kind("feishu-robot", FeishuRobot, _make_robot, secrets=("token", "secret", "proxy"))
APP = Kind("feishu-app", FeishuApp, _make_app, needs="feishu", secrets=("app_secret", "proxy"))
