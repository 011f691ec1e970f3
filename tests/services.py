"""Chat services and gateways on the loopback: they answer as the real ones do, and misbehave when they are told to."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class Asked:
    """A request as it came over the line."""

    method: str
    path: str
    query: dict[str, str]
    """Taken apart by hand, each value decoded exactly once."""
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


class Service:
    """``mode`` is what it does to every request: ``well``, ``hangs``, ``drips``, ``closes`` (without an answer), ``cut`` (in the middle of
    the answer), or an :class:`Answer` to give in any case. ``texts`` is what it delivered.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.mode: str | Answer = "well"
        self.only = ""
        """Where the mode applies: to paths that contain this."""
        self.asked: list[Asked] = []
        self.texts: list[str] = []
        self._over = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                with suppress(OSError, ssl.SSLError):
                    super().handle_one_request()

            def do_POST(self) -> None:
                service._handle(self)

            do_GET = do_PUT = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context is not None else 'http'}://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {k.lower(): v for k, v in handler.headers.items()}
        asked = Asked(handler.command, path, {k: unquote(v) for k, _, v in pairs}, headers, body)
        self.asked.append(asked)
        mode = self.mode if self.only in path else "well"
        if mode == "hangs":
            self._over.wait()
        if mode == "drips":
            while not self._over.wait(0.05):
                handler.wfile.write(b"H")
        if mode in ("hangs", "closes", "drips"):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        answer = mode if isinstance(mode, Answer) else self.answer(asked)
        handler.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.raw)))
        handler.end_headers()
        handler.wfile.write(answer.raw[: len(answer.raw) // 2] if mode == "cut" else answer.raw)
        handler.close_connection = True


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 by hand, so that a signature is checked by another computation than the one that made it."""
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(k ^ 0x36 for k in key) + message).digest()
    return hashlib.sha256(bytes(k ^ 0x5C for k in key) + inner).digest()


class Gateway(Service):
    """A gateway or a receiver of webhooks of the unit's own: it answers what the test says, and keeps what came."""

    good = Answer({"code": 0, "msg": "ok", "data": {"id": "gw-1"}})

    def answer(self, asked: Asked) -> Answer:
        return self.good


class Dingtalk(Service):
    """``oapi.dingtalk.com``: robots that are signed and ask for a keyword, and 工作通知 of an application."""

    robot, secret, keyword = "a1b2c3d4e5f6", "SEC0123456789abcdef", "督办"
    key, app_secret, agent = "dingkey0123", "app-secret-0123456789", 123456789
    users = ("manager8888",)
    tokens = 0
    expired = False
    """The next use of a token is refused, once."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(context)
        self._seen: set[tuple[str, str]] = set()

    def answer(self, asked: Asked) -> Answer:
        return Answer(getattr(self, {"/robot/send": "_robot", "/gettoken": "_token"}.get(asked.path, "_notice"))(asked))

    def _robot(self, asked: Asked) -> dict[str, Any]:
        if asked.query.get("access_token") != self.robot:
            return {"errcode": 300001, "errmsg": "token is not exist"}
        at = asked.query.get("timestamp", "0")
        if abs(time.time() * 1000 - int(at)) > 3_600_000:
            return {"errcode": 310000, "errmsg": "invalid timestamp"}
        wanted = hmac_sha256(self.secret.encode(), f"{at}\n{self.secret}".encode())
        if base64.b64decode(asked.query["sign"]) != wanted or base64.b64encode(wanted).decode() != asked.query["sign"]:
            return {"errcode": 310000, "errmsg": "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}
        if not asked.headers["content-type"].startswith("application/json"):
            return {"errcode": 43004, "errmsg": "invalid Content-Type"}
        text = asked.json["text"]["content"]
        if self.keyword not in text:
            return {"errcode": 310000, "errmsg": "keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}
        if len(asked.body) > 20_000:
            return {"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}
        self.texts.append(text)
        return {"errcode": 0, "errmsg": "ok"}

    def _token(self, asked: Asked) -> dict[str, Any]:
        if (asked.query.get("appkey"), asked.query.get("appsecret")) != (self.key, self.app_secret):
            return {"errcode": 40096, "errmsg": "不合法的appKey或appSecret"}
        self.tokens += 1
        return {"errcode": 0, "access_token": f"token-{self.tokens}", "errmsg": "ok", "expires_in": 7200}

    def _notice(self, asked: Asked) -> dict[str, Any]:
        if self.expired or asked.query.get("access_token") != f"token-{self.tokens}":
            self.expired = False
            sub = "不合法的access_token"
            return talk(40014, sub)
        said = asked.json
        text, user = said["msg"]["text"]["content"], said["userid_list"]
        if said["agent_id"] != self.agent:
            return talk(700022, "agentId不存在")
        if len(json.dumps(said["msg"], ensure_ascii=False).encode()) > 2048:
            return {"errcode": 33, "errmsg": "message too long"}
        if user not in self.users:
            return {"errcode": 33012, "errmsg": "无效的USERID"}
        if (user, text) not in self._seen:  # what is the same is taken and not shown, the same day
            self._seen.add((user, text))
            self.texts.append(text)
        return {"errcode": 0, "task_id": 256271667526, "request_id": "4jzllmte0wau"}


def talk(code: int, said: str) -> dict[str, Any]:
    full = f"ding talk error[subcode={code},submsg={said}]"
    return {"errcode": 88, "sub_code": str(code), "sub_msg": said, "errmsg": full, "request_id": "5imjny7u9xwa"}


class Wecom(Service):
    """``qyapi.weixin.qq.com``: robots, and messages of an application."""

    robot, corp, corp_secret, agent = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", "ww0123456789", "corp-secret-0123456789", 1000002
    users = ("zhangsan",)
    tokens = 0
    expired = False

    def answer(self, asked: Asked) -> Answer:
        name = {"/cgi-bin/webhook/send": "_robot", "/cgi-bin/gettoken": "_token", "/cgi-bin/message/send": "_message"}[asked.path]
        return Answer(getattr(self, name)(asked))

    @staticmethod
    def _no(code: int, said: str) -> dict[str, Any]:
        hint = f"hint: [1584456789123456789], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
        return {"errcode": code, "errmsg": f"{said}, {hint}"}

    def _robot(self, asked: Asked) -> dict[str, Any]:
        if asked.query.get("key") != self.robot:
            return self._no(93000, "invalid webhook url")
        text = asked.json["text"]["content"]
        if len(text.encode()) > 2048:
            return self._no(40058, "text.content exceed max length 2048. invalid Request Parameter")
        self.texts.append(text)
        return {"errcode": 0, "errmsg": "ok"}

    def _token(self, asked: Asked) -> dict[str, Any]:
        if (asked.query.get("corpid"), asked.query.get("corpsecret")) != (self.corp, self.corp_secret):
            return self._no(40001, "invalid credential")
        self.tokens += 1
        return {"errcode": 0, "errmsg": "ok", "access_token": f"accesstoken-{self.tokens}", "expires_in": 7200}

    def _message(self, asked: Asked) -> dict[str, Any]:
        if self.expired or asked.query.get("access_token") != f"accesstoken-{self.tokens}":
            self.expired = False
            return self._no(42001, "access_token expired")
        said = asked.json
        if said["agentid"] != self.agent:
            return self._no(40056, "invalid agentid")
        if said["touser"].lower() not in self.users:
            return self._no(81013, "user & party & tag all invalid")
        text = said["text"]["content"]
        assert len(text.encode()) <= 2048 and said["enable_duplicate_check"] == 1 and said["duplicate_check_interval"] <= 14_400
        self.texts.append(text)
        return {"errcode": 0, "errmsg": "ok", "msgid": "UfdS2wF7JGGcDyzJ8yKV"}


class Feishu(Service):
    """``open.feishu.cn``: robots that are signed, and messages of an application."""

    robot, secret = "f1923456-7890-abcd-ef01-234567890abc", "zs0T0123456789abcdef"
    app, app_secret = "cli_0123456789abcdef", "feishu-secret-0123456789"
    users = ("ou_4f2a",)
    tokens = 0
    expired = False

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(context)
        self._seen: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/open-apis/bot/v2/hook/"):
            return self._robot(asked)
        if asked.path == "/open-apis/auth/v3/tenant_access_token/internal":
            return self._token(asked)
        assert asked.path == "/open-apis/im/v1/messages"
        return self._message(asked)

    def _robot(self, asked: Asked) -> Answer:
        if asked.path.rpartition("/")[2] != self.robot:
            return Answer({"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"})
        said = asked.json
        wanted = base64.b64encode(hmac_sha256(f"{said['timestamp']}\n{self.secret}".encode(), b"")).decode()
        if said.get("sign") != wanted or abs(time.time() - int(said["timestamp"])) > 3600:
            return Answer({"code": 19021, "data": {}, "msg": "sign match fail or timestamp is not within one hour from current time"})
        if len(asked.body) > 20_480:
            return Answer({"code": 9499, "data": {}, "msg": "Bad Request"}, 400)
        self.texts.append(said["content"]["text"])
        return Answer({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def _token(self, asked: Asked) -> Answer:
        if asked.json != {"app_id": self.app, "app_secret": self.app_secret}:
            return Answer({"code": 10014, "msg": "app secret invalid"})
        self.tokens += 1
        return Answer({"code": 0, "expire": 7200, "msg": "ok", "tenant_access_token": f"t-{self.tokens}"})

    def _message(self, asked: Asked) -> Answer:
        if self.expired or asked.headers.get("authorization") != f"Bearer t-{self.tokens}":
            self.expired = False
            said_no = "Invalid access token for authorization. Please make a request with token attached."
            return Answer({"code": 99991663, "msg": said_no}, 400)
        said = asked.json
        if asked.query != {"receive_id_type": "open_id"} or said["receive_id"] not in self.users:
            return Answer({"code": 230001, "msg": "Your request contains an invalid request parameter, ext=invalid receive_id"}, 400)
        if said["uuid"] not in self._seen:
            self._seen.add(said["uuid"])
            self.texts.append(json.loads(said["content"])["text"])
        return Answer({"code": 0, "data": {"message_id": "om_dc13264520392913993dd051dba21dcf"}, "msg": "success"})
