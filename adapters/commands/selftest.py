"""``duban self-test``: a drill through every channel, end to end, and what each of them made of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from adapters import host
from adapters.commands import frame, screen
from adapters.config.load import Configuration
from adapters.daemon.drill import Tried, drill
from adapters.notify.catalogue import channel, configured
from adapters.notify.kind import Channel
from workflow.errors import BadInput, ConfigError
from workflow.journal.canonical import Json
from workflow.letter import Accepted, Letter, Notifier, Rejected, Result, Throttled
from workflow.organisation.addresses import KINDS
from workflow.text import Text

To = Annotated[list[str] | None, typer.Option("--to", help="收件地址,种类=地址,可多次 / an address, KIND=ADDRESS, repeatable")]
Offline = Annotated[Path | None, typer.Option("--offline", help="不发送,写入此文件 / send nothing, write the letters to this file")]

WORDS = {
    "accepted": Text("已接受", "accepted"),
    "unverified": Text("已交出,未证实", "accepted, unverified"),
    "rejected": Text("被拒绝", "rejected"),
    "throttled": Text("被限流", "throttled"),
    "unknown": Text("不明", "unknown"),
    "unusable": Text("不能使用", "cannot be used"),
    "not_tested": Text("未测:未给地址", "not tested: no address given"),
}


def self_test(to: To = None, offline: Offline = None) -> None:
    """自检:一次演练,走遍每个渠道 / a drill through every channel, end to end"""
    addresses = _addresses(to or [])
    configuration = frame.configuration()
    with ExitStack() as stack:
        usable, broken = _channels(configuration, stack)
        if offline is not None:
            usable = _into(offline, usable)
        if frame.settings.json:  # a console channel must not write into the document
            stack.enter_context(redirect_stdout(sys.stderr))
        tried = drill(usable, configuration.settings.notify, addresses, host.clock().now())
    rows = [*(_row(t) for t in tried), *broken]
    document: list[Json] = [dict(row) for row in rows]
    screen.emit(document, lambda: _table(rows))
    tested = [row for row in rows if row["result"] != "not_tested"]
    if not tested:
        frame.say(Text("没有测试任何渠道;用 --to 种类=地址", "no channel was tested; give --to KIND=ADDRESS"))
    if not tested or any(row["result"] not in ("accepted", "unverified") for row in tested):
        raise typer.Exit(frame.EXIT_FINDINGS)


def _addresses(given: Sequence[str]) -> dict[str, str]:
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


def _channels(configuration: Configuration, stack: ExitStack) -> tuple[list[Channel], list[Mapping[str, str]]]:
    """Those in use first, then all others that are set up; where there is none the console, as ``duban run`` has it."""
    settings = configuration.settings
    usable: list[Channel] = []
    broken: list[Mapping[str, str]] = []
    for name in dict.fromkeys([*settings.notify.channels, *settings.channels]):
        try:
            found = configured(configuration, name)
        except ConfigError as error:
            kind = str(settings.channels[name].get("kind", ""))
            broken.append(_line(name, kind, "unusable", code=error.code, message=error.message.say(frame.settings.lang)))
            continue
        stack.callback(found.notifier.close)
        usable.append(found)
    if not usable and not broken:
        usable.append(channel("console", {"kind": "console"}))
    return usable, broken


def _into(path: Path, channels: Sequence[Channel]) -> list[Channel]:
    """The same channels, whose letters are lines of a file."""
    file = channel("offline", {"kind": "file", "path": str(path)}).notifier
    return [replace(c, notifier=_Named(file, c.name)) for c in channels]


class _Named:
    """Says in each letter over which channel it would have gone."""

    def __init__(self, notifier: Notifier, name: str) -> None:
        self._notifier = notifier
        self._name = name

    def send(self, letter: Letter) -> Result:
        return self._notifier.send(replace(letter, data={**letter.data, "channel": self._name}))

    def close(self) -> None:
        self._notifier.close()


def _row(tried: Tried) -> Mapping[str, str]:
    name, kind, result = tried.channel.name, tried.channel.kind, tried.result
    if result is None:
        return _line(name, kind, "not_tested", message=tried.channel.needs)
    if isinstance(result, Accepted):
        return _line(name, kind, "accepted" if result.verified else "unverified", id=result.id)
    if isinstance(result, Rejected):
        return _line(name, kind, "rejected", code=result.code, message=result.message)
    if isinstance(result, Throttled):
        waits = Text(f"{result.seconds} 秒后再试", f"again in {result.seconds} s").say(frame.settings.lang)
        return _line(name, kind, "throttled", code=result.code, message=f"{result.message} {waits}".strip())
    return _line(name, kind, "unknown", message=result.message)


def _line(channel: str, kind: str, result: str, id: str = "", code: str = "", message: str = "") -> Mapping[str, str]:
    return {"channel": channel, "kind": kind, "result": result, "id": id, "code": code, "message": message}


def _table(rows: Sequence[Mapping[str, str]]) -> None:
    headings = (Text("渠道", "channel"), Text("种类", "kind"), Text("结果", "result"), Text("代码", "code"), Text("说明", "said"))
    lang = frame.settings.lang
    screen.table(headings, [[r["channel"], r["kind"], WORDS[r["result"]].say(lang), r["code"], r["id"] or r["message"]] for r in rows])
