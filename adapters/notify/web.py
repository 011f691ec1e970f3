"""HTTP for channels: one request with a deadline as a whole, and certainty about whether it was sent."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from adapters.notify.deadline import Overdue, Point, within
from adapters.notify.kind import Given, Options
from workflow.letter import Accepted, Rejected, Result, Throttled, Unknown
from workflow.text import Text

BIGGEST = 1_000_000
"""Bytes of an answer that are read; what is longer is not understood."""
PAUSE = 60
"""Seconds to wait where a service asks for patience without saying how long."""
Params = Sequence[tuple[str, str]]


class Http(Options):
    """What every channel over HTTP has."""

    proxy: str = Field(default="", description="http://HOST:PORT of the proxy; the environment is not asked")
    proxy_file: str = Field(default="", description="file with that URL, where a password is in it")
    ca: str = Field(default="", description="file with the authority behind the certificate of the service; empty: those of the machine")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def document(self) -> Mapping[str, Any] | None:
        """The answer as a JSON object; ``None`` when it is something else, broken or cut off."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


class Web:
    """Each request has a connection of its own: one that a server has closed meanwhile would leave in doubt what became of a letter."""

    def __init__(self, options: Http, given: Given) -> None:
        try:
            import httpx
        except ImportError:
            raise given.missing("notify", "httpx") from None
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # they log URLs, and those have tokens in them
        self._httpx = httpx
        self._timeout = options.timeout
        self._proxy = given.secret("proxy") or options.proxy or None
        if self._proxy and not usable(self._proxy):
            raise given.wrong("proxy", Text("应为 http://主机:端口", "must be http://HOST:PORT"))
        try:
            self._context = ssl.create_default_context(cafile=options.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise given.wrong("ca", Text(f"不能读取证书:{error}", f"cannot read the certificate: {error}")) from None

    def ask(
        self,
        method: str,
        url: str,
        params: Params = (),
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        sends: bool = True,
    ) -> Reply | Rejected | Unknown:
        """The answer to one request, whatever its status. ``body`` goes as JSON, ``content`` as it is.

        Rejected for now when nothing was sent, for good when it cannot be; unknown when it may have arrived. A request that ``sends`` no
        letter (for a token) is never unknown.
        """
        httpx = self._httpx
        sent = Point()

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
                sent.go_past()

        given = {"User-Agent": "duban", "Accept": "application/json"} | dict(headers or {})
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            given["Content-Type"] = "application/json; charset=utf-8"

        def exchange() -> Reply:
            limits = httpx.Limits(max_keepalive_connections=0)
            with httpx.Client(verify=self._context, proxy=self._proxy, timeout=self._timeout, trust_env=False, limits=limits) as client:
                request = client.build_request(
                    method, url, params=list(params) or None, content=content, headers=given, extensions={"trace": trace}
                )
                answer = client.send(request, stream=True)
                try:
                    read = bytearray()
                    for chunk in answer.iter_bytes(65_536):
                        read += chunk
                        if len(read) > BIGGEST:
                            break
                finally:
                    answer.close()
                return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, bytes(read))

        try:
            return within(self._timeout, exchange, sent.give_up)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
            return Rejected("bad_request", type(error).__name__)
        except (httpx.HTTPError, Overdue, OSError) as error:
            said = f"{type(error).__name__}: {error}"
            return Unknown(said) if sends and sent.passed else Rejected("connection", said, permanent=False)


def usable(url: str) -> bool:
    """Whether it is an address that a request can go to."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url and parts.port != 0
    except ValueError:
        return False


def by_status(reply: Reply, accepted: Result | None = None) -> Result:
    """What the HTTP status alone says. A success is ``accepted``, or unknown where the service says more than that when it is well."""
    status, code = reply.status, str(reply.status)
    wait = waiting(reply)
    if status == 429 or (status == 503 and wait):
        return Throttled(wait or PAUSE, code)
    if 200 <= status < 300:
        return accepted or Unknown(f"the answer is not understood (HTTP {status})")
    if status in (502, 504):
        return Unknown(f"HTTP {status}: what is behind the gateway may have it")
    if status >= 500 or status in (408, 425):
        return Rejected(code, f"HTTP {status}", permanent=False)
    return Rejected(code, f"HTTP {status}" + (" (redirects are not followed)" if 300 <= status < 400 else ""))


def waiting(reply: Reply) -> int:
    """Seconds that the service asks to wait; 0 when it says nothing that can be read."""
    for name in ("retry-after", "x-ogw-ratelimit-reset", "x-ratelimit-reset-after"):
        said = reply.headers.get(name, "").strip()
        if said.isdecimal() and said.isascii():
            return min(int(said[:9]), 86_400)
        if said:
            try:
                return max(0, int((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()))
            except (ValueError, TypeError):
                continue
    return 0


def one_of_many(results: Sequence[Result]) -> Result:
    """What became of a letter in parts: accepted when all were; once one part is out, a failure of a later one leaves it half sent."""
    last = results[-1]
    if isinstance(last, Accepted) or len(results) == 1:
        return results[0] if isinstance(last, Accepted) else last
    said = getattr(last, "message", "") or getattr(last, "code", "")
    return Unknown(f"part {len(results)} failed after the parts before it were accepted: {said}")
