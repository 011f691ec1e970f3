"""SMS through a gateway that speaks HTTP, whichever it is: request and answer are described in the table of the channel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote_plus

from pydantic import BeforeValidator, Field, model_validator

from adapters.config.model import wrong
from adapters.notify.condition import Condition, at
from adapters.notify.kind import Given, Kind
from adapters.notify.web import PAUSE, Http, Reply, Web, by_status, usable, waiting
from adapters.notify.wording import MORE, whole
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown
from workflow.text import Text

SECRETS = ("secret", "password", "token", "key")
PLACEHOLDERS = {"to", "text", "id", *SECRETS}
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_PHONE = re.compile(r"\+?\d{5,20}", re.ASCII)
Conditions = tuple[Annotated[Condition, BeforeValidator(Condition.parse)], ...]


class Gateway(Http):
    url: str = Field(default="", description="where requests go; placeholders as below")
    url_file: str = Field(default="", description="file with that address, where it is a secret itself")
    method: Literal["GET", "POST", "PUT"] = Field(default="POST", description="GET puts the fields into the address")
    headers: tuple[str, ...] = Field(default=(), description='"Name: value", with placeholders')
    fields: tuple[str, ...] = Field(default=(), description='"name=value", with placeholders; sent as a form, or in the address with GET')
    body: str = Field(default="", description="the body instead of fields, with placeholders, escaped as content_type asks")
    content_type: str = Field(default="application/json", pattern=r"^[\w.+/-]+$", description="of the body")
    encoding: Literal["utf-8", "gb18030"] = Field(default="utf-8", description="of fields and body")
    longest: int = Field(default=500, ge=10, le=5_000, description="characters of text; what is longer is cut, ending in …")
    success: Conditions = Field(min_length=1, description="all hold in the answer to a letter that was taken")
    throttled: Conditions = Field(default=(), description="any holds in the answer when there were too many")
    temporary: Conditions = Field(default=(), description="any holds in the answer when trying again is of use")
    id: str = Field(default="", description="where in the answer the id is")
    code: str = Field(default="", description="where in the answer the error code is")
    message: str = Field(default="", description="where in the answer the words are")

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if bool(self.fields) == bool(self.body):
            raise wrong(Text("fields 和 body 设且只设一个", "set either fields or body"))
        if self.body and self.method == "GET":
            raise wrong(Text("GET 没有 body,用 fields", "a GET has no body; use fields"))
        for line, mark in [(h, ":") for h in self.headers] + [(f, "=") for f in self.fields]:
            name, found, _ = line.partition(mark)
            if not found or not name.strip() or not line.isprintable():
                raise wrong(Text(f"应写作 名称{mark}值:{line!r}", f"must be NAME{mark}VALUE: {line!r}"))
        for name in _PLACEHOLDER.findall(" ".join([self.url, self.body, *self.headers, *self.fields])):
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{p}}}" for p in sorted(PLACEHOLDERS))
                raise wrong(Text(f"没有占位符 {{{name}}};可用:{known}", f"there is no placeholder {{{name}}}; there are: {known}"))
        return self

    secret_file: str = Field(default="", description="file with what {secret} stands for")
    password_file: str = Field(default="", description="file with what {password} stands for")
    token_file: str = Field(default="", description="file with what {token} stands for")
    key_file: str = Field(default="", description="file with what {key} stands for")


class GatewayNotifier:
    def __init__(self, options: Gateway, web: Web, url: str, secrets: Mapping[str, str]) -> None:
        self._options, self._web, self._url, self._secrets = options, web, url, secrets

    def send(self, letter: Letter) -> Result:
        o = self._options
        to = re.sub(r"[\s()-]", "", letter.to)
        if not _PHONE.fullmatch(to):
            return Rejected("bad_address", "not a telephone number")
        text = whole(letter)
        known = dict(self._secrets) | {"to": to, "text": text if len(text) <= o.longest else text[: o.longest - 1] + MORE, "id": letter.id}
        headers = {n.strip(): _filled(v.strip(), known) for n, _, v in (h.partition(":") for h in o.headers)}
        url, content = _filled(self._url, known, self._quoted), None
        if o.body:
            content = _filled(o.body, known, self._escape()).encode(o.encoding, "replace")
            headers = {"Content-Type": f"{o.content_type}; charset={o.encoding}"} | headers
        else:
            pairs = (f.partition("=") for f in o.fields)
            form = "&".join(f"{self._quoted(n.strip())}={self._quoted(_filled(v, known))}" for n, _, v in pairs)
            if o.method == "GET":
                url += ("&" if "?" in url else "?") + form
            else:
                content = form.encode("ascii")
                headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        reply = self._web.ask(o.method, url, content=content, headers=headers)
        return self._judged(reply) if isinstance(reply, Reply) else reply

    def close(self) -> None:
        """Nothing is open between two letters."""

    def _quoted(self, value: str) -> str:
        return quote_plus(value, encoding=self._options.encoding, errors="replace")

    def _escape(self) -> Callable[[str], str]:
        kind = self._options.content_type
        if "json" in kind:
            return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
        if "xml" in kind:
            return escape
        return self._quoted if "form" in kind else str

    def _judged(self, reply: Reply) -> Result:
        o = self._options
        text = reply.body.decode(o.encoding, "replace").strip()
        answer: dict[str, Any] = dict(reply.document() or {}) | {"http": reply.status, "text": text}
        if all(c.holds(answer) for c in o.success) and (reply.status < 400 or any(c.place == "http" for c in o.success)):
            return Accepted((at(answer, o.id) if o.id else "") or "")
        code = (at(answer, o.code) if o.code else None) or "gateway"
        said = (at(answer, o.message) if o.message else None) or ""
        if any(c.holds(answer) for c in o.throttled):
            return Throttled(waiting(reply) or PAUSE, code, said)
        if any(c.holds(answer) for c in o.temporary):
            return Rejected(code, said, permanent=False)
        if not 200 <= reply.status < 300:
            return by_status(reply)
        if any(at(answer, c.place) is None for c in o.success):
            return Unknown(f"the answer has nothing at {', '.join(sorted({c.place for c in o.success}))}")
        return Rejected(code, said)


def _filled(template: str, known: Mapping[str, str], escaped: Callable[[str], str] = str) -> str:
    """The template with its placeholders filled, once: what is filled in is not looked through again."""
    return _PLACEHOLDER.sub(lambda found: escaped(known[found[1]]) if found[1] in known else found[0], template)


def _make(options: Gateway, given: Given) -> GatewayNotifier:
    url = given.secret("url") or options.url
    if not usable(_PLACEHOLDER.sub("x", url)):
        hint = Text("地址本身是密钥时用 url_file", "where the address is a secret itself, use url_file")
        raise given.wrong("url", Text("应为 http:// 或 https:// 地址", "must be an address that begins with http:// or https://"), hint)
    used = set(_PLACEHOLDER.findall(" ".join([url, options.body, *options.headers, *options.fields]))) & set(SECRETS)
    return GatewayNotifier(options, Web(options, given), url, {name: given.needed(name) for name in sorted(used)})


SMS_HTTP = Kind("sms-http", Gateway, _make, needs="phone", secrets=(*SECRETS, "url", "proxy"))
