"""Secrets: read from files only, never shown.

A password, a token or a key stands in a file of its own that an option ``…_file`` names, or among the credentials of the service manager
(``$CREDENTIALS_DIRECTORY/NAME``). What looks like one in a settings file, in the environment or in an option is refused: those are copied,
printed and backed up.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from workflow.errors import ConfigError
from workflow.text import Text

BIGGEST = 65_536
_TELLING = 6
"""Characters from which a secret is looked for in texts: a shorter one would be found in ordinary words."""
_WORDS = {"password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "key", "credential", "authorization", "cookie"}
_INNOCENT = {"public_key", "idempotency_key"}
_CARRIED = {"access_token", "token", "key", "secret", "sign", "password", "passwd", "pwd", "sig", "api_key", "apikey"}


_known: set[str] = set()
"""What was read as a secret in this process, as it stands and as a URL would carry it."""


def conceal(text: str) -> str:
    """A text without any secret that this process has read: a library may have put one into its error."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


class Secret:
    """A secret in memory. Only :meth:`reveal` gives it; its texts, a pickle of it and a comparison show nothing."""

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: str) -> None:
        self._value = value
        self.origin = origin
        """The path of the file that it was read from."""

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret(*** from {self.origin})"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


def is_secret(name: str) -> bool:
    """Whether a key of this name would hold a secret itself: ``password``, ``app_secret``, ``api-key``; not ``password_file``."""
    word = name.lower().replace("-", "_")
    return word not in _INNOCENT and word.rpartition("_")[2] in _WORDS


def carries_secret(value: str) -> bool:
    """Whether a URL has a secret in it: a password before ``@``, ``?access_token=…``, or the key at the end of a known robot's path."""
    if "://" not in value:
        return False
    try:
        parts = urlsplit(value)
        password = parts.password
        named = {name.lower() for name, _ in parse_qsl(parts.query)}
    except ValueError:
        return False  # not a URL: whoever uses it says so
    return bool(password) or bool(named & _CARRIED) or re.search(r"/bot/v\d+/hook/[^/]+$", parts.path) is not None


def locate(value: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """The file that an option ``…_file`` names: a credential of that name, else relative to ``folder``; ``~`` is the home."""
    credentials = environment.get("CREDENTIALS_DIRECTORY", "")
    if credentials and "/" not in value and (Path(credentials) / value).is_file():
        return Path(credentials) / value
    home = environment.get("HOME", "")
    if home and value.startswith("~/"):
        return Path(home) / value[2:]
    return folder / value


def read_secret(path: Path) -> Secret:
    """The content of a secret file, without the line end after it.

    Raises :class:`~workflow.errors.ConfigError` when it is not there, empty, too long, has several lines or is not UTF-8; the error names
    the file and never what is in it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(BIGGEST + 1)
    except OSError as error:
        raise _unreadable(path, Text(error.strerror or "?", error.strerror or "?")) from None
    try:
        value = raw.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _unreadable(path, Text("不是 UTF-8", "it is not UTF-8")) from None
    if not value.strip() or len(raw) > BIGGEST or any(ord(c) < 0x20 for c in value):
        raise _unreadable(path, Text("应为一行文字", "it must hold one line of text"))
    if len(value) >= _TELLING:
        _known.update((value, quote(value, safe=""), quote_plus(value)))
    return Secret(value, str(path))


def _unreadable(path: Path, reason: Text) -> ConfigError:
    return ConfigError(
        Text("不能读取密钥文件:", "cannot read the secret file: ") + reason,
        where=str(path),
        hint=Text("文件只放密钥一行,由运行 duban 的用户所有,chmod 600", "one line with the secret, of the user that runs duban, chmod 600"),
    )


def exposed(path: Path) -> bool:
    """Whether others than the owner and his group may read or change the file; ``False`` where that cannot be told."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o006)
    except OSError:
        return False
