"""Files: each letter a line of JSON at the end of a file, or a file of its own in a folder, for sites that carry messages on themselves."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from adapters.notify.deadline import Overdue, within
from adapters.notify.kind import Given, Kind, Options
from workflow.letter import Accepted, Letter, Rejected, Result, Unknown
from workflow.text import Text

try:
    import fcntl
except ImportError:  # not a POSIX system: appends of several processes are not kept apart there
    fcntl = None  # type: ignore[assignment]

_PLAINLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A pipe that nobody reads is not waited for, and a line feed is one byte."""


class File(Options):
    path: str = Field(min_length=1, description="the file, or the folder where each letter is a file")
    each: Literal["line", "file"] = Field(default="line", description="line: at the end of one file; file: ID.json in a folder")


class FileNotifier:
    """A letter that was accepted is on the disk. The file is opened anew for each letter, so that it can be moved away at any time."""

    def __init__(self, options: File) -> None:
        self._options = options
        self._path = Path(options.path)

    def send(self, letter: Letter) -> Result:
        data = (json.dumps(document(letter), ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "replace")
        begun: list[bool] = []
        try:
            if self._options.each == "line":
                within(self._options.timeout, lambda: _append(self._path, data, begun))
            else:
                within(self._options.timeout, lambda: _place(self._path, f"{letter.id}.json", data))
        except Overdue as error:  # it may still be written
            return Unknown(str(error))
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0, type(error).__name__)
            said = error.strerror or str(error)
            return Unknown(f"{code}: {said}") if begun else Rejected(code, said, permanent=False)
        return Accepted(letter.id)

    def close(self) -> None:
        """Nothing is open between two letters."""


def document(letter: Letter) -> Mapping[str, object]:
    """A letter as the file, the command and the webhook have it; ``at`` is when it was written down, in UTC."""
    return {
        "id": letter.id,
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "to": letter.to,
        "subject": letter.subject,
        "body": letter.body,
        "data": dict(letter.data),
        "doubtful": letter.doubtful,
    }


def _append(path: Path, data: bytes, begun: list[bool]) -> None:
    """One line at the end, whole or not at all, and on the disk. A line that a crash tore off is ended first."""
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _PLAINLY, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        end = os.fstat(handle).st_size
        torn = end > 0 and os.lseek(handle, end - 1, os.SEEK_SET) >= 0 and os.read(handle, 1) != b"\n"
        line = b"\n" + data if torn else data
        written = os.write(handle, line)
        if written != len(line):
            os.ftruncate(handle, end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        begun.append(True)
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        _sync(path.parent)


def _place(folder: Path, name: str, data: bytes) -> None:
    """A file of its own that appears complete; a second attempt puts the same one in its place."""
    draft = folder / f".{name}.part"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, folder / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync(folder)


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return  # a folder cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make(options: File, given: Given) -> FileNotifier:
    path = Path(options.path)
    folder = path if options.each == "file" else path.parent
    if not folder.is_dir():
        raise given.wrong("path", Text(f"没有目录 {folder}", f"there is no folder {folder}"), Text("先建立目录", "make the folder first"))
    return FileNotifier(options)


FILE = Kind("file", File, _make)
