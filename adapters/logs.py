"""What the daemon says about itself: lines for people or JSON, without anybody's numbers and without a secret.

Every record passes here, those of libraries that use the standard ``logging`` too. Masked are the message, what was bound to it, and the
text of an exception; a value of a variable is never written beside a traceback.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any, TextIO

from loguru import logger

from adapters.config.secret import conceal
from adapters.masking import masked
from workflow.errors import ConfigError
from workflow.text import Text

if TYPE_CHECKING:
    from loguru import Record

    from adapters.config.model import Log

_LINE = "_line"
_CONTROL = {c: f"\\x{c:02x}" for c in (*range(0x20), *range(0x7F, 0xA0))} | {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}
"""A record is one line: what would begin another one, or command a terminal, is written out."""


def clean(value: object) -> Any:
    """A value as it may stand in a log: texts without secrets and numbers of persons, containers likewise, anything else as its text."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        text = str(value)
        return value if masked(text) is text else masked(text)
    if isinstance(value, Mapping):
        return {str(clean(str(k))): clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(v) for v in value]
    return masked(conceal(value if isinstance(value, str) else str(value)))


def line(record: Record) -> str:
    """A record for people: local time with its offset, level, where from, the message, what is bound to it; a traceback below."""
    extra = " ".join(f"{k}={v}".translate(_CONTROL) for k, v in clean(_bound(record)).items())
    parts = (
        record["time"].isoformat(sep=" ", timespec="milliseconds"),
        f"{record['level'].name:<8}",
        f"{record['name']}:",
        clean(record["message"]).translate(_CONTROL),
        extra,
    )
    text = " ".join(part for part in parts if part)
    below = _exception(record)
    return f"{text}\n{below}" if below else text


def document(record: Record) -> str:
    """A record as one JSON object: ``time`` in UTC, ``level``, ``module``, ``line``, ``message``, ``extra`` and ``exception`` if any."""
    found: dict[str, Any] = {
        "time": record["time"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record["level"].name,
        "module": record["name"],
        "line": record["line"],
        "message": clean(record["message"]),
    }
    extra, below = clean(_bound(record)), _exception(record)
    found |= {"extra": extra} if extra else {}
    found |= {"exception": below} if below else {}
    return json.dumps(found, ensure_ascii=False)


def _bound(record: Record) -> dict[str, Any]:
    return {k: v for k, v in record["extra"].items() if k != _LINE}


def _exception(record: Record) -> str:
    found = record["exception"]
    if found is None or found.value is None:
        return ""
    text = "".join(format_exception(found.type, found.value, found.traceback)).rstrip("\n")
    return str(clean(text)).translate({c: said for c, said in _CONTROL.items() if c != 0x0A})


class _Bridge(logging.Handler):
    """Records of the standard ``logging`` (APScheduler, SQLAlchemy) as records of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno

        def placed(ours: Record) -> None:
            ours["name"], ours["line"], ours["function"] = record.name, record.lineno, record.funcName

        logger.patch(placed).opt(exception=record.exc_info).log(level, "{}", record.getMessage())


def set_up(log: Log, stream: TextIO | None = None) -> Callable[[], None]:
    """Send all records of this process where ``[log]`` says; ``stream`` is standard error by default.

    Returns what undoes it. Raises :class:`~workflow.errors.ConfigError` for a file that cannot be written.
    """
    shape = document if log.as_json else line

    def written(record: Record) -> str:
        record["extra"][_LINE] = shape(record)
        return "{extra[" + _LINE + "]}\n"

    logger.remove()
    options: dict[str, Any] = {"level": log.level, "format": written, "backtrace": False, "diagnose": False, "colorize": False}
    logger.add(stream or sys.stderr, **options)
    if log.file:
        path = Path(log.file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            logger.add(path, rotation=log.rotate * 1_000_000, retention=log.keep, encoding="utf-8", opener=_private, **options)
        except OSError as error:
            logger.remove()
            raise ConfigError(
                Text(f"不能写入日志文件:{error.strerror}", f"cannot write the log file: {error.strerror}"),
                where=log.file,
                hint=Text("检查 log.file 及其目录的权限", "check log.file and the rights on its folder"),
            ) from None
    root, bridge, before = logging.getLogger(), _Bridge(), logging.getLogger().level
    root.addHandler(bridge)
    own = logger.level(log.level).no
    root.setLevel(max(own, logging.WARNING) if own > logging.DEBUG else logging.INFO)  # a scheduler tells of every wake-up at INFO

    def undo() -> None:
        root.removeHandler(bridge)
        root.setLevel(before)
        logger.remove()

    return undo


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)
