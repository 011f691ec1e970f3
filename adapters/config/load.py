"""Flags, environment, files and defaults as one :class:`Configuration` that knows where each value came from.

The nearest wins: option, ``DUBAN_*``, ``./duban.toml`` (or ``--config``, ``DUBAN_CONFIG``), the user's file, the system's file, the
default. Tables are put together key by key, except a channel: it is taken whole from one file, so that the host of one file never
gets the password of another.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from adapters.config.layers import SYSTEM, Layer, layers
from adapters.config.model import TABLES, Settings, keys
from adapters.config.secret import Secret, carries_secret, exposed, is_secret, locate, read_secret
from workflow.errors import ConfigError, DubanError, SecretGiven, UnknownSetting
from workflow.text import Text

PREFIX = "DUBAN_"
BESIDE = ("DUBAN_CONFIG", "DUBAN_AS", "DUBAN_PERSON")
"""Variables that are no settings."""
_PATHS = ("db", "log.file", "daemon.definitions", "notify.templates")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from. ``place`` is ``file:line``, the variable or the option; empty for a default."""

    kind: Literal["default", "system", "user", "file", "environment", "flag", "credentials"]
    place: str = ""


DEFAULT = Origin("default")


@dataclass(frozen=True)
class Configuration:
    """What is set, and where."""

    settings: Settings
    origins: Mapping[str, Origin]
    """By ``table.key`` and ``channels.NAME.key``; what is not in it is the default."""
    environment: Mapping[str, str] = field(repr=False)

    def origin(self, key: str) -> Origin:
        return self.origins.get(key, DEFAULT)

    def values(self) -> Iterator[tuple[str, object]]:
        """Every setting with its value as it is written in a file, in the order of the file; a secret is never among them."""
        settings = self.settings.model_dump(mode="json", by_alias=True)
        for key in keys():
            table, _, name = key.rpartition(".")
            yield key, _plain((settings[table] if table else settings)[name])
        for channel, options in settings["channels"].items():
            for name, value in options.items():
                yield f"channels.{channel}.{name}", _plain(value)

    def secret_files(self) -> Iterator[tuple[str, Path]]:
        """Every option that names a file with a secret, with the file; not ``key_file``, which is a key of TLS."""
        if self.settings.heartbeat.url_file:
            yield "heartbeat.url_file", Path(self.settings.heartbeat.url_file)
        for channel, options in self.settings.channels.items():
            for name, value in options.items():
                stem = name.removesuffix("_file")
                if stem != name and stem != "key" and (stem == "url" or is_secret(stem)) and isinstance(value, str):
                    yield f"channels.{channel}.{name}", Path(value)

    def secret(self, key: str) -> Secret | None:
        """The secret whose file the option ``key`` names (``channels.mail.password_file``); ``None`` when it is not set.

        Raises :class:`~workflow.errors.ConfigError` when the file cannot be used.
        """
        return next((read_secret(path) for name, path in self.secret_files() if name == key), None)

    def cautions(self) -> Iterator[Text]:
        """What works and should not stay: variables that mean nothing, secret files that others can read or that cannot be read."""
        known = {_variable(key) for key in keys()} | set(BESIDE)
        for name in sorted(self.environment):
            if name.startswith(PREFIX) and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                more = Text(f";是否为 {near[0]}?", f"; did you mean {near[0]}?") if near else Text("", "")
                yield Text(f"环境变量 {name} 没有含义", f"the variable {name} means nothing") + more
        for key, path in self.secret_files():
            try:
                read_secret(path)
            except DubanError as error:
                yield Text(f"{key}:{path}:", f"{key}: {path}: ") + error.message
            if exposed(path):
                yield Text(f"{key}:{path} 可被其他用户读取;chmod 600", f"{key}: {path} can be read by other users; chmod 600")


def load(
    flags: Mapping[str, object] = {},
    *,
    config: str = "",
    environment: Mapping[str, str] | None = None,
    system: Path = SYSTEM,
) -> Configuration:
    """The configuration of this process.

    ``flags`` are options by the name of the setting (``{"daemon.interval": 10}``); ``config`` is the file of ``--config``. Raises a
    :class:`~workflow.errors.ConfigError` for the first thing that is wrong, which also says how many more there are.
    """
    found, problems = examine(flags, config=config, environment=environment, system=system)
    if found is not None and not problems:
        return found
    first, more = problems[0], len(problems) - 1
    if more:
        told = Text(f"另有 {more} 处,见 duban config check", f"{more} more, see duban config check")
        first.hint = told if first.hint is None else first.hint + Text(";", "; ") + told
    raise first


def examine(
    flags: Mapping[str, object] = {},
    *,
    config: str = "",
    environment: Mapping[str, str] | None = None,
    system: Path = SYSTEM,
) -> tuple[Configuration | None, list[ConfigError]]:
    """The same with everything that is wrong; no configuration where the values have not the right form."""
    given = os.environ if environment is None else environment
    try:
        read = layers(config, given, system)
    except ConfigError as error:
        return None, [error]
    draft = _Draft({}, {}, [])
    for layer in read:
        draft.take_file(layer, given)
    draft.take_credentials(given)
    draft.take_environment(given)
    draft.take_flags(flags)
    try:
        settings = Settings.model_validate(draft.values)
    except ValidationError as error:
        return None, draft.problems + [draft.problem(e) for e in error.errors(include_url=False, include_input=False)]
    for name in settings.notify.channels:
        if name not in settings.channels:
            draft.problems.append(_no_channel(name, settings.channels, draft.place("notify.channels")))
    return Configuration(settings, draft.origins, given), draft.problems


@dataclass(slots=True)
class _Draft:
    values: dict[str, Any]
    origins: dict[str, Origin]
    problems: list[ConfigError]
    folders: dict[str, Path] = field(default_factory=dict)

    def put(self, path: Sequence[str], value: object, origin: Origin) -> None:
        *tables, name = path
        below = self.values
        for table in tables:
            if not isinstance(below.get(table), dict):
                below[table] = {}
            below = below[table]
        below[name] = value
        self.origins[".".join(path)] = origin

    def place(self, key: str) -> str | None:
        """Where a key was set, or what is above it, or else what is below it."""
        above = key
        while above:
            if above in self.origins:
                return self.origins[above].place
            above = above.rpartition(".")[0]
        return next((origin.place for below, origin in self.origins.items() if below.startswith(f"{key}.")), None)

    def refuse_secret(self, key: str, place: str) -> None:
        self.problems.append(
            SecretGiven(
                Text(f"{key} 是密钥,不能写在这里", f"{key} is a secret and cannot stand here"),
                where=place,
                hint=_instead(key),
            )
        )

    # sources, the farthest first

    def take_file(self, layer: Layer, environment: Mapping[str, str]) -> None:
        folder = layer.path.parent

        def origin(*key: str) -> Origin:
            return Origin(layer.kind, layer.place(key))

        for name, value in layer.values.items():
            if name in TABLES and isinstance(value, dict):
                for key, inner in value.items():
                    place = origin(name, key)
                    if not self._secret_in(f"{name}.{key}", key, inner, place.place):
                        self.put((name, key), _resolved(f"{name}.{key}", inner, folder, environment), place)
            elif name == "channels" and isinstance(value, dict):
                for channel, options in value.items():
                    self._take_channel(layer, channel, options, environment)
            elif not self._secret_in(name, name, value, origin(name).place):
                self.put((name,), _resolved(name, value, folder, environment), origin(name))

    def _take_channel(self, layer: Layer, channel: str, options: object, environment: Mapping[str, str]) -> None:
        key = f"channels.{channel}"
        for gone in [k for k in self.origins if k.startswith(f"{key}.")]:
            del self.origins[gone]
        kept: dict[str, object] = {}
        for name, value in options.items() if isinstance(options, dict) else ():
            place = layer.place(("channels", channel, name))
            if not self._secret_in(f"{key}.{name}", name, value, place):
                kept[name] = _resolved(f"{key}.{name}", value, layer.path.parent, environment)
                self.origins[f"{key}.{name}"] = Origin(layer.kind, place)
        table: object = kept if isinstance(options, dict) else options
        self.put(("channels", channel), table, Origin(layer.kind, layer.place(("channels", channel))))

    def _secret_in(self, key: str, name: str, value: object, place: str) -> bool:
        """Refuse a value that is or has a secret in it, however deep."""
        if isinstance(value, dict):
            return any([self._secret_in(f"{key}.{k}", k, v, place) for k, v in value.items()])
        if isinstance(value, list):
            return any([self._secret_in(key, name, v, place) for v in value])
        if (is_secret(name) and not isinstance(value, bool)) or (isinstance(value, str) and carries_secret(value)):
            self.refuse_secret(key, place)
            return True
        return False

    def take_credentials(self, environment: Mapping[str, str]) -> None:
        """Credentials called ``CHANNEL.OPTION`` (``mail.password``) and ``heartbeat.url``, where no file says otherwise."""
        folder = environment.get("CREDENTIALS_DIRECTORY", "")
        if not folder:
            return
        channels = self.values.get("channels")
        try:
            found = sorted(Path(folder).iterdir())
        except OSError:
            return  # nothing was handed over
        for path in found:
            origin = Origin("credentials", str(path))
            channel, _, option = path.name.partition(".")
            options = channels.get(channel) if isinstance(channels, dict) else None
            if path.name == "heartbeat.url" and not {"heartbeat.url", "heartbeat.url_file"} & set(self.origins):
                self.put(("heartbeat", "url_file"), str(path), origin)
            elif isinstance(options, dict) and (option == "url" or is_secret(option)) and f"{option}_file" not in options:
                options[f"{option}_file"] = str(path)
                self.origins[f"channels.{channel}.{option}_file"] = origin

    def take_environment(self, environment: Mapping[str, str]) -> None:
        for name in sorted(environment):
            if name.startswith(PREFIX) and is_secret(name):
                self.refuse_secret(name, name)
        for key in keys():
            name = _variable(key)
            value = environment.get(name, "")
            if not value:
                continue
            if carries_secret(value):
                self.refuse_secret(key, name)
                continue
            if key == "lang":
                value = "en" if value.lower().startswith("en") else "zh"
            self.put(key.split("."), _located(key, value, Path(), environment), Origin("environment", name))

    def take_flags(self, flags: Mapping[str, object]) -> None:
        for key, value in flags.items():
            option = f"--{key.rpartition('.')[2].replace('_', '-')}"
            if isinstance(value, str) and carries_secret(value):
                self.refuse_secret(key, option)
            else:
                self.put(key.split("."), value, Origin("flag", option))

    # what pydantic finds

    def problem(self, error: ErrorDetails) -> ConfigError:
        path = [str(p) for p in error["loc"] if p != "[key]"]
        key = ".".join(path)
        where = self.place(key)
        context = error.get("ctx", {})
        if error["type"] == "extra_forbidden":
            return _unknown(path, where)
        if error["type"] == "duban":
            message = Text(str(context["zh"]), str(context["en"]))
        elif error["type"] == "literal_error":
            message = Text(f"应为 {context['expected']} 之一", f"must be one of {context['expected']}")
        elif error["type"] == "model_type":
            message = Text("应为一个表", "must be a table")
        else:
            message = Text(f"无效:{error['msg']}", error["msg"])
        return ConfigError(Text(f"{key}:", f"{key}: ") + message, where=where)


def _unknown(path: Sequence[str], where: str | None) -> ConfigError:
    table: type[BaseModel] = Settings
    if len(path) > 1 and path[0] in TABLES:
        table = type(Settings.model_fields[path[0]].default)
    known = [f.alias or name for name, f in table.model_fields.items()]
    near = difflib.get_close_matches(path[-1], known, n=1)
    if near:
        hint = Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
    else:
        owners = [key for key in keys() if key.rpartition(".")[2] == path[-1]]
        words = ", ".join(owners or known)
        hint = Text(f"可设:{words}", f"there are: {words}")
    key = ".".join(path)
    return UnknownSetting(Text(f"不认识的设置 {key!r}", f"unknown setting {key!r}"), where=where, hint=hint)


def _no_channel(name: str, channels: Mapping[str, object], where: str | None) -> ConfigError:
    near = difflib.get_close_matches(name, channels, n=1)
    hint = Text(f"加上表 [channels.{name}]", f"add a table [channels.{name}]")
    return UnknownSetting(
        Text(f"notify.channels 中的 {name!r} 没有设置", f"the channel {name!r} of notify.channels is not set up"),
        where=where,
        hint=Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?") if near else hint,
    )


def _instead(key: str) -> Text:
    """What to write instead of a secret."""
    if key == "db":
        return Text(
            "口令放在 libpq 的口令文件中:环境变量 PGPASSFILE=文件,或 ~/.pgpass",
            "let libpq read it: PGPASSFILE=FILE in the environment, or ~/.pgpass",
        )
    if key == "heartbeat.url":
        return Text("写 url_file = 文件", "write url_file = FILE")
    name = key.rpartition(".")[2]
    if key.startswith(PREFIX) or not is_secret(name):
        return Text(
            "密钥单独放在文件里,用 …_file 选项或 $CREDENTIALS_DIRECTORY/通道.选项 指出",
            "put it into a file of its own, named by an option ..._file or as $CREDENTIALS_DIRECTORY/CHANNEL.OPTION",
        )
    return Text(f"放入单独的文件,写 {name}_file = 文件", f"put it into a file of its own and write {name}_file = FILE")


def _plain(value: object) -> object:
    """A value as a record can hold it: no fractions, no dates."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "_").upper()


def _resolved(key: str, value: object, folder: Path, environment: Mapping[str, str]) -> object:
    """A path of a settings file as seen from here: relative ones are relative to that file."""
    if isinstance(value, list) and key in _PATHS:
        return [_resolved(key, v, folder, environment) for v in value]
    if not isinstance(value, str) or not value:
        return value
    if key in _PATHS:
        return value if "://" in value or value.startswith("memory:") else str(locate(value, folder, {"HOME": environment.get("HOME", "")}))
    return _located(key, value, folder, environment)


def _located(key: str, value: str, folder: Path, environment: Mapping[str, str]) -> str:
    name = key.rpartition(".")[2]
    return str(locate(value, folder, environment)) if name.endswith("_file") or (name == "ca" and key.startswith("channels.")) else value
