"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow.errors import BadInput, StoreUnavailable
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
