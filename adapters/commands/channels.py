"""The channels that are set up, as commands use them: addresses given with ``--to``, and what became of a letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Annotated

import typer

from adapters.commands import frame
from adapters.config.load import Configuration
from adapters.notify.catalogue import channel, configured
from adapters.notify.kind import Channel
from workflow.errors import BadInput, ConfigError
from workflow.letter import Accepted, Rejected, Result, Throttled
from workflow.organisation.addresses import KINDS
from workflow.text import Text

To = Annotated[list[str] | None, typer.Option("--to", help="收件地址,种类=地址,可多次 / an address, KIND=ADDRESS, repeatable")]

WORDS = {
    "accepted": Text("已接受", "accepted"),
    "unverified": Text("已交出,未证实", "accepted, unverified"),
    "rejected": Text("被拒绝", "rejected"),
    "throttled": Text("被限流", "throttled"),
    "unknown": Text("不明", "unknown"),
    "unusable": Text("不能使用", "cannot be used"),
    "not_tested": Text("未测:未给地址", "not tested: no address given"),
}


def addresses(given: Sequence[str]) -> dict[str, str]:
    """Kind → address, of what ``--to`` was given. Raises :class:`BadInput`."""
    found: dict[str, str] = {}
    for said in given:
        kind, _, address = said.partition("=")
        kind, address = kind.strip(), address.strip()
        if kind not in KINDS or not address or kind in found:
            known = ", ".join(KINDS)
            raise BadInput(
                Text("--to 应为 种类=地址,每种一次", "--to must be KIND=ADDRESS, each kind once"),
                hint=Text(f"种类:{known}", f"kinds: {known}"),
            )
        found[kind] = address
    return found


def usable(configuration: Configuration, stack: ExitStack) -> tuple[list[Channel], list[Mapping[str, str]]]:
    """Those in use first, then all others that are set up; where there is none the console, as ``duban run`` has it."""
    settings = configuration.settings
    good: list[Channel] = []
    broken: list[Mapping[str, str]] = []
    for name in dict.fromkeys([*settings.notify.channels, *settings.channels]):
        try:
            found = configured(configuration, name)
        except ConfigError as error:
            kind = str(settings.channels[name].get("kind", ""))
            broken.append(line(name, kind, "unusable", code=error.code, message=error.message.say(frame.settings.lang)))
            continue
        stack.callback(found.notifier.close)
        good.append(found)
    if not good and not broken:
        good.append(channel("console", {"kind": "console"}))
    return good, broken


def row(channel: Channel, result: Result) -> Mapping[str, str]:
    """What a channel made of a letter."""
    name, kind = channel.name, channel.kind
    if isinstance(result, Accepted):
        return line(name, kind, "accepted" if result.verified else "unverified", id=result.id)
    if isinstance(result, Rejected):
        return line(name, kind, "rejected", code=result.code, message=result.message)
    if isinstance(result, Throttled):
        waits = Text(f"{result.seconds} 秒后再试", f"again in {result.seconds} s").say(frame.settings.lang)
        return line(name, kind, "throttled", code=result.code, message=f"{result.message} {waits}".strip())
    return line(name, kind, "unknown", message=result.message)


def line(channel: str, kind: str, result: str, id: str = "", code: str = "", message: str = "") -> Mapping[str, str]:
    return {"channel": channel, "kind": kind, "result": result, "id": id, "code": code, "message": message}
