"""Calendar files: those that are shipped, and those that an office brings on a stick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from workflow.calendar import Calendar
from workflow.errors import BadInput, NotFound
from workflow.text import Text

MAX_BYTES = 1_000_000


@cache
def calendar_names() -> frozenset[str]:
    """The shipped calendars."""
    folder = files("definitions") / "calendars"
    return frozenset(f.name for f in folder.iterdir() if f.is_dir() and f.name.isalnum())


@cache
def shipped(name: str = "cn") -> Calendar:
    """A calendar of ``definitions/calendars``, newest revisions. Raises :class:`NotFound`."""
    folder = files("definitions") / "calendars" / name
    if not (name.isascii() and name.isalnum() and folder.is_dir()):
        raise NotFound(
            Text(f"没有日历 {name!r}", f"there is no calendar {name!r}"),
            hint=Text(
                "地方日历用 --overlay 给出,或用 duban calendar import 导入",
                "give a local one with --overlay, or put it in with duban calendar import",
            ),
        )
    documents: list[Mapping[str, Any]] = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json"):
            content = json.loads(file.read_text(encoding="utf-8"))
            documents.extend(content if isinstance(content, list) else [content])
    return Calendar.load(documents)


def read_document(path: Path) -> Any:
    """The JSON of a calendar file. Raises :class:`BadInput` for what is too large, not UTF-8 or not JSON."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(Text(f"文件超过 {MAX_BYTES} 字节", f"the file is larger than {MAX_BYTES} bytes"), where=str(path))
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise BadInput(Text(f"不是 JSON:{error}", f"not JSON: {error}"), where=str(path)) from None
