"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow.errors import AlreadyThere, BadInput, StoreUnavailable
from workflow.text import Text

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def write_whole(path: Path, lines: Iterable[str] | Iterable[bytes]) -> None:
    """Write beside the file and put it in place at the end: whatever goes wrong, a half-written file is never seen under its name.

    Raises :class:`~workflow.errors.BadInput` where nothing can be written, :class:`~workflow.errors.StoreUnavailable` for a full disk.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    special = path.exists() and not path.is_file()  # a pipe or a device cannot be put in place
    try:
        try:
            with path.open("wb") if special else beside.open("xb") as file:
                file.writelines(line if isinstance(line, bytes) else line.encode() for line in lines)
                if not special:
                    file.flush()
                    os.fsync(file.fileno())
            if not special:
                os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        kind = StoreUnavailable if error.errno in FULL else BadInput
        raise kind(Text(f"不能写入文件:{error.strerror}", f"cannot write the file: {error.strerror}"), where=str(path)) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path`` for a file that is put in its place when the block ends well; else nothing is left. Raises as above."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        kind = StoreUnavailable if error.errno in FULL else BadInput
        raise kind(Text(f"不能写入文件:{error.strerror}", f"cannot write the file: {error.strerror}"), where=str(path)) from None
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def put_new(path: Path) -> Iterator[Path]:
    """As :func:`replacing`, for a file that must not be there; files of SQLite beside the new one go with it.

    Raises :class:`~workflow.errors.AlreadyThere` too.
    """
    message, hint = Text("文件已存在,不覆盖", "the file is there and is not written over"), Text("换一个文件名", "take another name")
    there = AlreadyThere(message, where=str(path), hint=hint)
    if os.path.lexists(path):
        raise there
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        try:
            os.link(beside, path)  # unlike a rename it never replaces what somebody put there meanwhile
        except FileExistsError:
            raise there from None
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise there from None
            os.replace(beside, path)
    except OSError as error:
        kind = StoreUnavailable if error.errno in FULL else BadInput
        raise kind(Text(f"不能写入文件:{error.strerror}", f"cannot write the file: {error.strerror}"), where=str(path)) from None
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            beside.with_name(f"{beside.name}{end}").unlink(missing_ok=True)
