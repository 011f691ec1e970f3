"""Files as they lie on a disk: plain or gzip, known by their bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from workflow.errors import UnreadableLog
from workflow.text import Text

_GZIP = b"\x1f\x8b"


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, gzip undone as they are read.

    Raises :class:`~workflow.errors.UnreadableLog`, also out of the block, for a file that is missing, broken or truncated.
    """
    try:
        with open(path, "rb") as raw:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if raw.peek(2)[:2] == _GZIP else raw
    except FileNotFoundError:
        raise UnreadableLog(Text("没有这个文件", "there is no such file"), where=str(path)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableLog(
            Text(f"压缩文件损坏或不完整:{error}", f"the compressed file is broken or truncated: {error}"), where=path.name
        ) from None
    except OSError as error:
        raise UnreadableLog(Text(f"不能读取:{error}", f"cannot be read: {error}"), where=str(path)) from None


def starts_with(path: Path, start: bytes) -> bool:
    """Whether the file begins so. Raises :class:`~workflow.errors.UnreadableLog`."""
    with unpacked(path) as data:
        return data.read(len(start)) == start
