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
from adapters.commands.channels import WORDS, To, addresses, line, row, usable
from adapters.daemon.drill import Tried, drill
from adapters.notify.catalogue import channel
from adapters.notify.kind import Channel
from workflow.journal.canonical import Json
from workflow.letter import Letter, Notifier, Result
from workflow.text import Text

Offline = Annotated[Path | None, typer.Option("--offline", help="不发送,写入此文件 / send nothing, write the letters to this file")]


def self_test(to: To = None, offline: Offline = None) -> None:
    """自检:一次演练,走遍每个渠道 / a drill through every channel, end to end"""
    addressed = addresses(to or [])
    configuration = frame.configuration()
    with ExitStack() as stack:
        found, broken = usable(configuration, stack)
        if offline is not None:
            found = _into(offline, found)
        if frame.settings.json:  # a console channel must not write into the document
            stack.enter_context(redirect_stdout(sys.stderr))
        tried = drill(found, configuration.settings.notify, addressed, host.clock().now())
    rows = [*(_row(t) for t in tried), *broken]
    document: list[Json] = [dict(told) for told in rows]
    screen.emit(document, lambda: _table(rows))
    tested = [told for told in rows if told["result"] != "not_tested"]
    if not tested:
        frame.say(Text("没有测试任何渠道;用 --to 种类=地址", "no channel was tested; give --to KIND=ADDRESS"))
    if not tested or any(told["result"] not in ("accepted", "unverified") for told in tested):
        raise typer.Exit(frame.EXIT_FINDINGS)


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
    if tried.result is None:
        return line(tried.channel.name, tried.channel.kind, "not_tested", message=tried.channel.needs)
    return row(tried.channel, tried.result)


def _table(rows: Sequence[Mapping[str, str]]) -> None:
    headings = (Text("渠道", "channel"), Text("种类", "kind"), Text("结果", "result"), Text("代码", "code"), Text("说明", "said"))
    lang = frame.settings.lang
    screen.table(headings, [[r["channel"], r["kind"], WORDS[r["result"]].say(lang), r["code"], r["id"] or r["message"]] for r in rows])
