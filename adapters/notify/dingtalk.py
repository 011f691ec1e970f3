"""DingTalk 钉钉: the robot of a group, and 工作通知 of an application to one person."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hmac import digest as hmac
from time import time
from typing import Any

from pydantic import Field

from adapters.notify.chat import Chat, Robot, in_parts
from adapters.notify.kind import Given, Kind
from adapters.notify.token import Failure, Token
from adapters.notify.web import PAUSE, Reply, Web, by_status, waiting
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled

PUBLIC = "https://oapi.dingtalk.com"
ROBOT_LIMIT, APP_LIMIT = 18_000, 1_900
"""Bytes of text: the service takes 20,000 of a whole robot message, and 2,048 of a work notice."""
TOO_FAST = {130101: 600, 410100: 600}
"""A robot that sent more than 20 in a minute is closed for ten minutes."""
STALE_TOKEN = {40001, 40014, 42001}


class DingtalkRobot(Robot):
    base_url: str = Field(default=PUBLIC, description="where the service is")
    rate: int = Field(default=20, ge=0, le=100_000, description="letters a minute at most")
    parts: int = Field(default=1, ge=1, le=9, description="messages that a long letter may be split into")
    token_file: str = Field(default="", description="file with the access_token at the end of the address of the robot")
    secret_file: str = Field(default="", description="file with the secret of a robot that asks for signatures (加签)")
    at_all: bool = Field(default=False, description="mention everybody in the group (@所有人)")


class DingtalkApp(Chat):
    base_url: str = Field(default=PUBLIC, description="where the service is")
    client_id: str = Field(min_length=1, description="AppKey (Client ID) of the application")
    app_secret_file: str = Field(default="", description="file with its AppSecret")
    agent_id: int = Field(ge=1, description="AgentId of the application")


class RobotNotifier:
    def __init__(self, options: DingtalkRobot, web: Web, token: str, secret: str | None) -> None:
        self._options, self._web, self._token, self._secret = options, web, token, secret

    def send(self, letter: Letter) -> Result:
        o = self._options
        return in_parts(letter, ROBOT_LIMIT, o.parts, self._one, o.keyword)

    def _one(self, text: str, number: int) -> Result:
        params = [("access_token", self._token)]
        if self._secret is not None:
            at = str(int(time() * 1000))
            params += [("timestamp", at), ("sign", signature(at, self._secret))]
        body = {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": self._options.at_all}}
        reply = self._web.ask("POST", f"{self._options.base_url}/robot/send", params, body=body)
        return judged(reply) if isinstance(reply, Reply) else reply

    def close(self) -> None:
        """Nothing is open between two letters."""


class AppNotifier:
    def __init__(self, options: DingtalkApp, web: Web, secret: str) -> None:
        self._options, self._web, self._secret = options, web, secret
        self._token = Token(self._fetch)

    def send(self, letter: Letter) -> Result:
        def one(text: str, number: int) -> Result:
            return self._token.use(lambda token: self._one(token, letter.to, text))

        if not letter.to.isprintable() or "," in letter.to:
            return Rejected("bad_address", "not one DingTalk user id")
        return in_parts(letter, APP_LIMIT, self._options.parts, one, mark=f"#{letter.id[-8:]}")

    def close(self) -> None:
        """Nothing is open between two letters."""

    def _one(self, token: str, to: str, text: str) -> Result | None:
        body = {"agent_id": self._options.agent_id, "userid_list": to, "msg": {"msgtype": "text", "text": {"content": text}}}
        path = "/topapi/message/corpconversation/asyncsend_v2"
        reply = self._web.ask("POST", f"{self._options.base_url}{path}", [("access_token", token)], body=body)
        if not isinstance(reply, Reply):
            return reply
        result = judged(reply)
        return None if isinstance(result, Rejected) and result.code in {str(c) for c in STALE_TOKEN} else result

    def _fetch(self) -> tuple[str, int] | Failure:
        params = [("appkey", self._options.client_id), ("appsecret", self._secret)]
        reply = self._web.ask("GET", f"{self._options.base_url}/gettoken", params, sends=False)
        return issued(reply, judged(reply), "access_token", "expires_in") if isinstance(reply, Reply) else reply


def signature(at: str, secret: str) -> str:
    """The signature of a robot: not yet encoded for a URL, which happens once, with the other parameters. ``at`` in milliseconds."""
    return b64encode(hmac(secret.encode(), f"{at}\n{secret}".encode(), "sha256")).decode()


def judged(reply: Reply) -> Result:
    """What an answer of ``oapi.dingtalk.com`` means; ``errcode`` counts, whatever the HTTP status is."""
    data = reply.document()
    if data is None or not isinstance(data.get("errcode"), int) or (data["errcode"] == 0 and reply.status >= 400):
        return by_status(reply)
    code, said = _code(data)
    if code == 0:
        return Accepted(str(data.get("task_id") or data.get("messageId") or ""))
    if code in TOO_FAST or 90002 <= code <= 90018 or reply.status == 429:
        return Throttled(waiting(reply) or TOO_FAST.get(code, PAUSE), str(code), said)
    return Rejected(str(code), said, permanent=code not in (-1, 15) and reply.status < 500)


def issued(reply: Reply, result: Result, name: str, lasting: str) -> tuple[str, int] | Failure:
    """The token of an answer that gives one, or why there is none."""
    data = reply.document() or {}
    token, good = data.get(name), data.get(lasting)
    if isinstance(result, Accepted) and isinstance(token, str) and token:
        return token, good if isinstance(good, int) and 0 < good < 10**8 else 7200
    if isinstance(result, Rejected | Throttled):
        return result
    return Rejected("token", "the answer to the request for a token is not understood", permanent=False)


def _code(data: Mapping[str, Any]) -> tuple[int, str]:
    """The code and the words of an answer; 88 has the real ones within."""
    sub = str(data.get("sub_code", ""))
    if data["errcode"] == 88 and sub.isdecimal():
        return int(sub[:9]), str(data.get("sub_msg") or data.get("errmsg", ""))
    return data["errcode"], str(data.get("errmsg", ""))


def _make_robot(options: DingtalkRobot, given: Given) -> RobotNotifier:
    return RobotNotifier(options, Web(options, given), given.needed("token"), given.secret("secret"))


def _make_app(options: DingtalkApp, given: Given) -> AppNotifier:
    return AppNotifier(options, Web(options, given), given.needed("app_secret"))


ROBOT = Kind("dingtalk-robot", DingtalkRobot, _make_robot, secrets=("token", "secret", "proxy"))
APP = Kind("dingtalk-app", DingtalkApp, _make_app, needs="dingtalk", secrets=("app_secret", "proxy"))
