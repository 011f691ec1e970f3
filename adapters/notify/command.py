"""A program of the unit: the letter as JSON on its standard input, its exit code as the result. No shell takes part."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from typing import IO, Annotated

from pydantic import Field

from adapters.notify.file import document
from adapters.notify.kind import Given, Kind, Options
from adapters.notify.wording import single
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown
from workflow.text import Text

FOR_NOW, TOO_MANY, NOT_KNOWN = 75, 80, 81
"""Exit codes that are neither acceptance nor refusal; 75 is EX_TEMPFAIL of sysexits.h."""
PAUSE = 60
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT")
"""Of the environment the program gets these, and none with a secret in it."""
_KEPT = 4_096


class Command(Options):
    argv: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1, description="the program and its arguments, each one word")


class CommandNotifier:
    def __init__(self, options: Command) -> None:
        self._options = options

    def send(self, letter: Letter) -> Result:
        data = (json.dumps(document(letter), ensure_ascii=False) + "\n").encode("utf-8", "replace")
        try:
            process = subprocess.Popen(
                self._options.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={k: v for k, v in os.environ.items() if k in PASSED_ON},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return Rejected("start", f"cannot be started: {type(error).__name__}: {error}", permanent=False)
        out, err = _Reader(process.stdout), _Reader(process.stderr)
        Thread(target=_feed, args=(process.stdin, data), name="command", daemon=True).start()
        try:
            code = process.wait(self._options.timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return Unknown(f"not done within {self._options.timeout:g} s, and ended")
        return _meaning(code, out.first_line(), err.first_line())

    def close(self) -> None:
        """Nothing runs between two letters."""


class _Reader:
    """What a program says: the beginning is kept, the rest is read and dropped, so that it never waits for us."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._kept = b""
        self._thread = Thread(target=self._read, args=(stream,), name="command", daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes] | None) -> None:
        assert stream is not None
        with stream, suppress(OSError, ValueError):
            while chunk := os.read(stream.fileno(), 65_536):
                self._kept = (self._kept + chunk)[:_KEPT]

    def first_line(self) -> str:
        """A program that it started and left behind may hold the line open: nobody waits for that."""
        self._thread.join(timeout=1)
        lines = self._kept.decode("utf-8", "replace").strip().splitlines()
        return single(lines[0]) if lines else ""


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    assert stream is not None
    with suppress(OSError, ValueError):  # it need not read
        stream.write(data)
    with suppress(OSError, ValueError):
        stream.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """The program and what it started."""
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _meaning(code: int, out: str, err: str) -> Result:
    said = err or out
    if code == 0:
        return Accepted(out)
    if code < 0:
        return Unknown(f"ended by signal {-code}")
    if code == FOR_NOW:
        return Rejected(str(code), said, permanent=False)
    if code == TOO_MANY:
        return Throttled(int(out[:6]) if out.isascii() and out.isdecimal() else PAUSE, str(code), err)
    if code == NOT_KNOWN:
        return Unknown(said or f"exit code {code}")
    return Rejected(str(code), said)


def _found(argv: Sequence[str]) -> bool:
    return shutil.which(argv[0]) is not None


def _make(options: Command, given: Given) -> CommandNotifier:
    if not _found(options.argv):
        name = options.argv[0]
        hint = Text("写完整路径,每个参数单独一项", "write the whole path, and each argument as an item of its own")
        raise given.wrong("argv", Text(f"没有可执行的程序 {name}", f"there is no program {name} that can be run"), hint)
    return CommandNotifier(options)


COMMAND = Kind("command", Command, _make)
