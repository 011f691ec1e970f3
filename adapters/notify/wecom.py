"""WeCom 企业微信: the robot of a group, and messages of an application to one person."""

from __future__ import annotations

from pydantic import Field

from adapters.notify.chat import Chat, in_parts
from adapters.notify.dingtalk import issued
from adapters.notify.kind import Given, Kind
from adapters.notify.token import Failure, Token
from adapters.notify.web import PAUSE, Reply, Web, by_status, waiting
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled

PUBLIC = "https://qyapi.weixin.qq.com"
LIMIT = 2048
"""Bytes of UTF-8 of one text; the service cuts off or refuses what is longer."""
TOO_FAST = {45009, 45011, 45033, 45047}
STALE_TOKEN = {40001, 40014, 41001, 42001}
SAME_FOR = 14_400
"""Seconds in which the service drops a message of an application that it has seen; the longest that it takes."""


class WecomRobot(Chat):
    base_url: str = Field(default=PUBLIC, description="where the service is")
    rate: int = Field(default=10, ge=0, le=100_000, description="letters a minute at most; the service takes 20 messages")
    key_file: str = Field(default="", description="file with the key at the end of the address of the robot")
    at_all: bool = Field(default=False, description="mention everybody in the group (@所有人)")


class WecomApp(Chat):
    base_url: str = Field(default=PUBLIC, description="where the service is")
    corp_id: str = Field(min_length=1, description="id of the enterprise (企业 ID)")
    corp_secret_file: str = Field(default="", description="file with the Secret of the application")
    agent_id: int = Field(ge=0, description="AgentId of the application")


class RobotNotifier:
    def __init__(self, options: WecomRobot, web: Web, key: str) -> None:
        self._options, self._web, self._key = options, web, key

    def send(self, letter: Letter) -> Result:
        return in_parts(letter, LIMIT, self._options.parts, self._one)

    def _one(self, text: str, number: int) -> Result:
        said: dict[str, object] = {"content": text}
        if self._options.at_all and number == 1:
            said["mentioned_list"] = ["@all"]
        body = {"msgtype": "text", "text": said}
        reply = self._web.ask("POST", f"{self._options.base_url}/cgi-bin/webhook/send", [("key", self._key)], body=body)
        return judged(reply) if isinstance(reply, Reply) else reply

    def close(self) -> None:
        """Nothing is open between two letters."""


class AppNotifier:
    def __init__(self, options: WecomApp, web: Web, secret: str) -> None:
        self._options, self._web, self._secret = options, web, secret
        self._token = Token(self._fetch)

    def send(self, letter: Letter) -> Result:
        def one(text: str, number: int) -> Result:
            return self._token.use(lambda token: self._one(token, letter.to, text))

        if not letter.to.isprintable() or "|" in letter.to or letter.to.lower() == "@all":
            return Rejected("bad_address", "not one WeCom user id")
        return in_parts(letter, LIMIT, self._options.parts, one, mark=f"#{letter.id[-8:]}")

    def close(self) -> None:
        """Nothing is open between two letters."""

    def _one(self, token: str, to: str, text: str) -> Result | None:
        body = {
            "touser": to,
            "msgtype": "text",
            "agentid": self._options.agent_id,
            "text": {"content": text},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": SAME_FOR,
        }
        reply = self._web.ask("POST", f"{self._options.base_url}/cgi-bin/message/send", [("access_token", token)], body=body)
        if not isinstance(reply, Reply):
            return reply
        result = judged(reply, to)
        return None if isinstance(result, Rejected) and result.code in {str(c) for c in STALE_TOKEN} else result

    def _fetch(self) -> tuple[str, int] | Failure:
        params = [("corpid", self._options.corp_id), ("corpsecret", self._secret)]
        reply = self._web.ask("GET", f"{self._options.base_url}/cgi-bin/gettoken", params, sends=False)
        return issued(reply, judged(reply), "access_token", "expires_in") if isinstance(reply, Reply) else reply


def judged(reply: Reply, to: str = "") -> Result:
    """What an answer means: ``errcode`` counts, and ``errcode`` 0 with the recipient among those it was not sent to is no acceptance."""
    data = reply.document()
    if data is None or not isinstance(data.get("errcode"), int) or (data["errcode"] == 0 and reply.status >= 400):
        return by_status(reply)
    code, said = data["errcode"], str(data.get("errmsg", ""))
    if code in TOO_FAST or (code and reply.status == 429):
        return Throttled(waiting(reply) or PAUSE, str(code), said)
    if code:
        return Rejected(str(code), said, permanent=code != -1 and reply.status < 500)
    for reason in ("invaliduser", "unlicenseduser"):
        if to and to.lower() in str(data.get(reason, "")).lower().split("|"):
            return Rejected(reason, "the service knows no such user, or may not write to them")
    return Accepted(str(data.get("msgid", "")))


def _make_robot(options: WecomRobot, given: Given) -> RobotNotifier:
    return RobotNotifier(options, Web(options, given), given.needed("key"))


def _make_app(options: WecomApp, given: Given) -> AppNotifier:
    return AppNotifier(options, Web(options, given), given.needed("corp_secret"))


ROBOT = Kind("wecom-robot", WecomRobot, _make_robot, secrets=("key", "proxy"))
APP = Kind("wecom-app", WecomApp, _make_app, needs="wecom", secrets=("corp_secret", "proxy"))
