"""Channels made of their tables: the kinds there are, options checked, secrets read, everything that is wrong said with its place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adapters.config.load import Configuration
from adapters.config.secret import carries_secret, is_secret, read_secret
from adapters.notify.guard import Guarded
from adapters.notify.kind import AnyKind, Channel, Given
from workflow.errors import ConfigError, SecretGiven, UnknownSetting
from workflow.text import Text, same

GROUP = "duban.channels"
SHIPPED = {
    "email": "adapters.notify.mail:EMAIL",
    "dingtalk-robot": "adapters.notify.dingtalk:ROBOT",
    "dingtalk-app": "adapters.notify.dingtalk:APP",
    "wecom-robot": "adapters.notify.wecom:ROBOT",
    "wecom-app": "adapters.notify.wecom:APP",
    "feishu-robot": "adapters.notify.feishu:ROBOT",
    "feishu-app": "adapters.notify.feishu:APP",
    "sms-http": "adapters.notify.gateway:SMS_HTTP",
    "sms-modem": "adapters.notify.modem:SMS_MODEM",
    "webhook": "adapters.notify.webhook:WEBHOOK",
    "command": "adapters.notify.command:COMMAND",
    "apprise": "adapters.notify.through_apprise:APPRISE",
    "console": "adapters.notify.console:CONSOLE",
    "file": "adapters.notify.file:FILE",
}
"""Where each kind is found; a module is imported when its kind is asked for."""

Place = Callable[[str], str | None]


def kinds() -> list[str]:
    """The names of all kinds, also of installed packages."""
    return sorted({*SHIPPED, *(e.name for e in entry_points(group=GROUP))})


def kind(name: str) -> AnyKind:
    """A kind by its name; one that is shipped cannot be replaced. Raises :class:`~workflow.errors.ConfigError`."""
    if name in SHIPPED:
        module, _, attribute = SHIPPED[name].partition(":")
        found: AnyKind = getattr(import_module(module), attribute)
        return found
    for entry in entry_points(group=GROUP, name=name):
        loaded: AnyKind = entry.load()
        return loaded
    near = difflib.get_close_matches(name, kinds(), n=1)
    words = ", ".join(kinds())
    raise ConfigError(
        Text(f"没有通道种类 {name!r}", f"there is no kind of channel {name!r}"),
        hint=Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?") if near else Text(f"可用:{words}", f"there are: {words}"),
    )


def channel(
    name: str,
    options: Mapping[str, object],
    secrets: Callable[[str], str | None] = lambda option: None,
    place: Place = lambda option: None,
) -> Channel:
    """A channel of the table ``[channels.NAME]``. Nothing is connected or sent yet.

    ``secrets`` gives a secret by its name (``password``); where it gives none, the file that ``password_file`` names is read.
    ``place`` says where an option stands, for errors. Raises a :class:`~workflow.errors.ConfigError` for the first thing that is wrong.
    """
    found = _kind(name, options, place)
    for option, value in options.items():
        if _is_or_has_secret(option, value):
            raise SecretGiven(
                Text(f"channels.{name}.{option} 是密钥,不能写在这里", f"channels.{name}.{option} is a secret and cannot stand here"),
                where=place(option),
                hint=Text("放入单独的文件,用 …_file 指出", "put it into a file of its own, named by an option ..._file"),
            )
    try:
        read = found.options.model_validate(dict(options))
    except ValidationError as error:
        raise _problem(name, found, error, place) from None

    def secret(option: str) -> str | None:
        given = secrets(option)
        path = getattr(read, f"{option}_file", "")
        return given if given is not None or not path else read_secret(Path(path)).reveal()

    notifier = found.make(read, Given(name, secret, place))
    guarded = Guarded(notifier, found.needs, name)
    return Channel(name, found.name, found.needs, guarded, read.safe, read.rate, read.fallback)


def channels(configuration: Configuration) -> Iterator[Channel]:
    """The channels in use, ``[notify] channels``, in their order. Raises as :func:`channel` does."""
    for name in configuration.settings.notify.channels:
        yield configured(configuration, name)


def configured(configuration: Configuration, name: str) -> Channel:
    """One channel of a configuration, in use or not."""

    def secrets(option: str) -> str | None:
        found = configuration.secret(f"channels.{name}.{option}_file")
        return found.reveal() if found is not None else None

    def place(option: str) -> str | None:
        return configuration.origin(f"channels.{name}.{option}").place or configuration.origin(f"channels.{name}").place or None

    return channel(name, configuration.settings.channels[name], secrets, place)


def faults(configuration: Configuration) -> Iterator[ConfigError]:
    """What is wrong with the channels that are set up, in use or not: the first thing of each. Nothing is connected or sent."""
    for name in configuration.settings.channels:
        try:
            configured(configuration, name).notifier.close()
        except ConfigError as error:
            yield error


def _kind(name: str, options: Mapping[str, object], place: Place) -> AnyKind:
    try:
        return kind(str(options.get("kind", "")))
    except ConfigError as error:
        raise ConfigError(same(f"channels.{name}.kind: ") + error.message, where=place("kind"), hint=error.hint) from None


def _is_or_has_secret(option: str, value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_is_or_has_secret(str(k), v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return any(_is_or_has_secret(option, v) for v in value)
    return (is_secret(option) and not isinstance(value, bool)) or (isinstance(value, str) and carries_secret(value))


def _problem(name: str, found: AnyKind, error: ValidationError, place: Place) -> ConfigError:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    option = ".".join(str(p) for p in first["loc"]) or "kind"
    known = [n for n in found.options.model_fields if n != "kind"]
    key = f"channels.{name}.{option}"
    where = place(option.partition(".")[0])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(option, known, n=1)
        words = ", ".join(known)
        return UnknownSetting(
            Text(f"不认识的设置 {key!r}", f"unknown setting {key!r}"),
            where=where,
            hint=Text(f"是否为 {near[0]}?可设:{words}", f"did you mean {near[0]}? There are: {words}")
            if near
            else Text(f"可设:{words}", f"there are: {words}"),
        )
    context = first.get("ctx", {})
    if first["type"] == "duban":
        message = Text(str(context["zh"]), str(context["en"]))
    elif first["type"] == "missing":
        message = Text("必须设置", "must be set")
    elif first["type"] == "literal_error":
        message = Text(f"应为 {context['expected']} 之一", f"must be one of {context['expected']}")
    else:
        message = Text(f"无效:{first['msg']}", str(first["msg"]))
    return ConfigError(same(f"{key}: ") + message, where=where)
