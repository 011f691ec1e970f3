"""What a kind of channel is: its name, the address it needs of a person, its options, and how a notifier is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from workflow.errors import ConfigError, MissingExtra
from workflow.letter import Notifier
from workflow.text import Text, same

MOST_WAIT = 120
"""Seconds that a channel may be set to wait at most: a letter must be settled well before the lease of its message ends."""


class Options(BaseModel):
    """What stands in every table ``[channels.NAME]``. A key that no model has is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: str
    safe: bool = Field(default=False, description="letters may carry personal data; otherwise they carry a pointer")
    fallback: bool = Field(default=False, description="used only for whom no other channel reaches, and for what another could not send")
    rate: int = Field(default=0, ge=0, le=100_000, description="letters a minute at most, of each daemon; 0: as many as there are")
    timeout: float = Field(default=30, gt=0, le=MOST_WAIT, description="seconds for the whole of sending one letter")


Table = TypeVar("Table", bound=Options)


class Given:
    """What a notifier is made with beside its options: the name of the channel and the secrets that it may ask for."""

    def __init__(self, name: str, secrets: Callable[[str], str | None], place: Callable[[str], str | None]) -> None:
        self.name = name
        self._secrets = secrets
        self._place = place

    def secret(self, option: str) -> str | None:
        """The secret called ``option`` (``password``); ``None`` when none is set. Raises :class:`~workflow.errors.ConfigError`."""
        return self._secrets(option)

    def needed(self, option: str) -> str:
        """The same, where the channel cannot do without."""
        found = self.secret(option)
        if not found:
            hint = Text("文件中只放密钥一行", "a file with the secret alone on one line")
            raise self.wrong(f"{option}_file", Text("必须设置", "must be set"), hint)
        return found

    def wrong(self, option: str, message: Text, hint: Text | None = None) -> ConfigError:
        """An error about one option, with the place where it stands."""
        return ConfigError(same(f"channels.{self.name}.{option}: ") + message, where=self._place(option), hint=hint)

    def missing(self, extra: str, library: str) -> MissingExtra:
        return MissingExtra(
            same(f"channels.{self.name}: ") + Text(f"没有安装 {library}", f"{library} is not installed"),
            where=self._place("kind"),
            hint=Text(f"安装 duban[{extra}]", f"install duban[{extra}]"),
        )


@dataclass(frozen=True)
class Kind(Generic[Table]):
    """One kind of channel. A package may offer its own in the entry-point group ``duban.channels``, by the name of the kind."""

    name: str
    options: type[Table]
    make: Callable[[Table, Given], Notifier]
    """Connects nowhere yet. Raises :class:`~workflow.errors.ConfigError` for options that do not fit together and for missing secrets."""
    needs: str = ""
    """The kind of address that it needs of a person: ``email``, ``phone``, ``dingtalk``, ``wecom``, ``feishu``; empty for one place."""
    secrets: Sequence[str] = ()
    """What it may ask :meth:`Given.secret` for; each has an option ``…_file``."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it is set up. Close its notifier when it is used no more."""

    name: str
    kind: str
    needs: str
    notifier: Notifier
    safe: bool
    rate: int
    """Letters a minute at most; 0: as many as there are."""
    fallback: bool


AnyKind = Kind[Any]
