"""The global options of a call, and the settings that stand behind them."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workflow.errors import BadInput, ConfigError
from workflow.text import Lang, Text

if TYPE_CHECKING:
    from adapters.config.load import Configuration


@dataclass(slots=True)
class Settings:
    db: str = ""
    lang: Lang = "zh"
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = True
    config: str = ""
    """The file of ``--config``; empty where the option was not given."""
    flags: dict[str, object] = field(default_factory=dict)
    """The options of this call that are settings, as :func:`adapters.config.load.load` takes them."""


settings = Settings()


def take(given: list[str]) -> list[str]:
    """Take the global options out of the arguments, wherever they stand before ``--``."""
    settings.db = os.environ.get("DUBAN_DB", "duban.db")
    settings.lang = _language(os.environ.get("DUBAN_LANG", ""))
    settings.config, settings.flags = "", {}
    settings.json = settings.quiet = settings.verbose = False
    settings.color = not os.environ.get("NO_COLOR")
    rest: list[str] = []
    words = iter(given)
    for word in words:
        name, sign, value = word.partition("=")
        if word == "--":
            rest.extend([word, *words])
        elif name in ("--db", "--lang", "--config"):
            value = value if sign else next(words, "")
            if not value:
                raise BadInput(Text(f"{name} 缺少值", f"{name} needs a value"))
            if name == "--config":
                settings.config = value
            elif name == "--db":
                settings.db = settings.flags["db"] = value
            elif value in ("zh", "en"):
                settings.lang = "zh" if value == "zh" else "en"
                settings.flags["lang"] = value
            else:
                raise BadInput(Text("--lang 应为 zh 或 en", "--lang is zh or en"))
        elif word == "--json":
            settings.json = True
        elif word in ("-q", "--quiet"):
            settings.quiet = True
        elif word in ("-v", "--verbose"):
            settings.verbose = True
        elif word == "--no-color":
            settings.color = False
        else:
            rest.append(word)
    for word in (*given, *(os.environ.get(name, "") for name in ("DUBAN_DB", "DUBAN_CONFIG", "DUBAN_AS", "DUBAN_PERSON"))):
        if not word.isascii() and any("\ud800" <= c <= "\udfff" for c in word):  # bytes that are no text in this locale
            shown = word.encode("utf-8", "backslashreplace").decode()
            raise BadInput(Text(f"参数不是有效的 UTF-8:{shown}", f"an argument is not valid UTF-8: {shown}"))
    _configure(rest)
    return rest


def _configure(rest: Sequence[str]) -> None:
    """Let the settings files say the store and the language where no option and no variable does.

    Where no file is, nothing is imported. The overview and ``duban config`` work with a broken file too: the one needs only the language,
    the other says what is wrong.
    """
    from adapters.config.layers import files, layers

    lenient = not rest or rest[0] in ("-h", "--help", "--version", "config")
    try:
        if not files(settings.config, os.environ) and "@" not in settings.db:  # which may be a password before a host
            return
        if not lenient:
            found = configuration().settings
            settings.db, settings.lang = found.db, found.lang or settings.lang
        elif not ("lang" in settings.flags or os.environ.get("DUBAN_LANG")):
            said = [layer.values.get("lang") for layer in layers(settings.config, os.environ)]
            settings.lang = next((lang for lang in reversed(said) if lang in ("zh", "en")), settings.lang)
    except ConfigError:
        if not lenient:
            raise


def configuration(flags: Mapping[str, object] | None = None) -> Configuration:
    """All settings of this call with their origins; ``flags`` are options of the command by the name of the setting.

    Raises a :class:`~workflow.errors.ConfigError`.
    """
    from adapters.config.load import load

    return load({**settings.flags, **(flags or {})}, config=settings.config)


def _language(said: str) -> Lang:
    word = said or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    try:
        word = word or (locale.getlocale()[0] or "")
    except ValueError:
        word = ""
    return "en" if word.lower().startswith("en") else "zh"
