"""What may be set: the shape of ``duban.toml`` as frozen models, with the default of everything."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from workflow.text import Lang, Text

_DAY = 86_400


def wrong(message: Text) -> PydanticCustomError:
    """A validation error in both languages."""
    return PydanticCustomError("duban", message.en.replace("{", "{{").replace("}", "}}"), {"zh": message.zh, "en": message.en})


def _listed(value: object) -> object:
    """``a, b`` as the environment and a flag say it; a list stays one."""
    return [w for w in (word.strip() for word in value.split(",")) if w] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Daemon(_Table):
    """``[daemon]``: the loop that watches."""

    interval: float = Field(default=30, ge=1, le=_DAY, description="seconds between two sweeps when nothing is due before")
    budget: float = Field(default=20, gt=0, le=_DAY, description="seconds after which a sweep pauses and goes on with the next tick")
    batch: int = Field(default=200, ge=1, le=100_000, description="cases in one transaction")
    name: str = Field(default="", max_length=100, description="name of this daemon in the journal and in leases; empty: host and process")
    definitions: Words = Field(default=(), description="folders and files whose procedures are taken in at the start and on SIGHUP")


class Health(_Table):
    """``[health]``: the HTTP port for probes and metrics."""

    listen: str = Field(default="127.0.0.1:8765", description="address:port; empty: none")
    calendar_days: int = Field(default=90, ge=0, le=3_650, description="days of published calendar that /readyz asks for; 0: none")
    expose: bool = Field(default=False, description="allow an address that is not the loopback; there is no password on this port")

    @field_validator("listen")
    @classmethod
    def _readable(cls, value: str) -> str:
        if value:
            address(value)
        return value

    @model_validator(mode="after")
    def _kept_in(self) -> Self:
        if self.listen and not self.expose and not address(self.listen)[0].is_loopback:
            raise wrong(
                Text(
                    f"{self.listen} 不是回环地址;确需对外开放时设 expose = true",
                    f"{self.listen} is not a loopback address; set expose = true if others are to reach it",
                )
            )
        return self


def address(listen: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """``127.0.0.1:8765``, ``[::1]:8765`` or ``localhost:8765`` in its parts; a name other than ``localhost`` is refused: it may change."""
    host, _, port = listen.rpartition(":")
    try:
        found = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]"))
        number = int(port)
        if not 0 <= number <= 65_535:
            raise ValueError
    except ValueError:
        raise wrong(Text("应为 地址:端口,如 127.0.0.1:8765", "must be ADDRESS:PORT, such as 127.0.0.1:8765")) from None
    return found, number


class Heartbeat(_Table):
    """``[heartbeat]``: a sign of life to somebody who misses it when it stays away."""

    url: str = Field(default="", pattern=r"^(https?://\S+)?$", description="asked after a completed sweep; empty: none")
    url_file: str = Field(default="", description="file with the URL, where the URL itself is the secret")
    method: Literal["GET", "POST"] = "GET"
    every: float = Field(default=60, ge=1, le=_DAY, description="seconds between two at least")
    timeout: float = Field(default=10, gt=0, le=300, description="seconds to wait for the answer")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.url and self.url_file:
            raise wrong(Text("url 和 url_file 只能设一个", "set url or url_file, not both"))
        return self


class Log(_Table):
    """``[log]``: what the daemon writes about itself."""

    level: Annotated[
        Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        BeforeValidator(lambda v: v.upper() if isinstance(v, str) else v),
    ] = "INFO"
    as_json: bool = Field(default=False, alias="json", description="one JSON object a line instead of text")
    file: str = Field(default="", description="a file besides standard error")
    rotate: int = Field(default=10, ge=1, le=10_000, description="megabytes after which the file is changed")
    keep: int = Field(default=10, ge=1, le=1_000, description="changed files that stay")


_QUIET = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")


class Notify(_Table):
    """``[notify]``: how people are told."""

    channels: Words = Field(default=(), description="names of [channels.NAME] in order of preference")
    lang: Lang = Field(default="zh", description="language of what is sent")
    digest: bool = Field(default=True, description="messages that wait for one recipient at the same time become one letter")
    quiet: str = Field(default="", description="HH:MM-HH:MM in which only what is statutory is sent")
    templates: str = Field(default="", description="file with the site's own wording of messages; empty: as shipped")

    @field_validator("quiet")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and (not _QUIET.match(value) or value[:5] == value[6:]):
            raise wrong(Text("应为两个不同的时刻,如 22:00-07:00", "must be two different times of day, such as 22:00-07:00"))
        return value


class Settings(_Table):
    """The whole file."""

    db: str = Field(default="duban.db", min_length=1, description="the store: a path or a URL")
    lang: Lang | None = Field(default=None, description="language of the command line; otherwise that of the locale")
    daemon: Daemon = Daemon()
    health: Health = Health()
    heartbeat: Heartbeat = Heartbeat()
    log: Log = Log()
    notify: Notify = Notify()
    channels: Mapping[str, Mapping[str, Any]] = Field(default={}, description="a table for each channel; its kind says what stands in it")

    @field_validator("channels")
    @classmethod
    def _kinds(cls, value: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        for name, table in value.items():
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
                rule = Text(f"通道名 {name!r} 应为字母、数字、- 和 _", f"the name {name!r} may have letters, digits, - and _")
                raise wrong(rule)
            if not isinstance(table.get("kind"), str):
                raise wrong(Text(f"通道 {name} 缺少 kind", f"the channel {name} has no kind"))
        return value


TABLES = tuple(name for name, field in Settings.model_fields.items() if isinstance(field.default, _Table))
"""The names of the tables with fixed keys."""


def keys() -> dict[str, str]:
    """Every setting with a fixed name, as ``table.key``, with what it means; those of channels are not among them."""
    found = {name: field.description or "" for name, field in Settings.model_fields.items() if name not in (*TABLES, "channels")}
    for table in TABLES:
        model = type(Settings.model_fields[table].default)
        for name, field in model.model_fields.items():
            found[f"{table}.{field.alias or name}"] = field.description or ""
    return found
