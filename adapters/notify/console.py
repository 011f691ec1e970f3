"""The console: a letter as lines on a stream of the daemon, with the bell of the terminal if asked."""

from __future__ import annotations

import sys
from typing import Literal

from pydantic import Field

from adapters.notify.deadline import Overdue, within
from adapters.notify.kind import Given, Kind, Options
from adapters.notify.wording import plain, single
from workflow.letter import Accepted, Letter, Rejected, Result, Unknown

BEL = "\a"


class Console(Options):
    stream: Literal["stdout", "stderr"] = Field(default="stdout", description="where it is written")
    sound: bool = Field(default=False, description="ring the bell of the terminal")


class ConsoleNotifier:
    """Control characters in a letter never reach the terminal, so that no text can write over another."""

    def __init__(self, options: Console) -> None:
        self._options = options

    def send(self, letter: Letter) -> Result:
        stream = sys.stdout if self._options.stream == "stdout" else sys.stderr
        body = "\n".join(f"    {line}" if line else "" for line in plain(letter.body).split("\n"))
        text = f"{BEL if self._options.sound else ''}{single(letter.subject)}\n{body}\n"
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = text.encode(encoding, "replace").decode(encoding)

        def write() -> None:
            stream.write(text)
            stream.flush()

        try:
            within(self._options.timeout, write)
        except Overdue:
            return Unknown("the console takes nothing")
        except (OSError, ValueError, AttributeError) as error:  # closed, a pipe that nobody reads, no console at all (pythonw)
            return Rejected("console", f"{type(error).__name__}: {error}", permanent=False)
        return Accepted()

    def close(self) -> None:
        """The stream belongs to the process."""


def _make(options: Console, given: Given) -> ConsoleNotifier:
    return ConsoleNotifier(options)


CONSOLE = Kind("console", Console, _make)
