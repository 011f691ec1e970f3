"""The files that settings may stand in: found, read, and asked for the line of a key.

Nothing is imported here that is slow: ``duban --help`` reads its language through this module.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workflow.errors import ConfigError
from workflow.text import Text

Kind = Literal["system", "user", "file"]
NAME = "duban.toml"
SYSTEM = Path("/etc/duban/config.toml")
BIGGEST = 1_000_000
"""Bytes of a settings file beyond which it is none."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file with settings."""

    kind: Kind
    path: Path
    values: Mapping[str, Any]
    text: str

    def place(self, key: Sequence[str]) -> str:
        """``path:line`` of a key, or of the table it is in; the path alone where neither is found (an odd way of writing it)."""
        keys = tuple(key)
        while keys:
            line = _line(self.text, keys)
            if line:
                return f"{self.path}:{line}"
            keys = keys[:-1]
        return str(self.path)


def files(given: str, environment: Mapping[str, str], system: Path = SYSTEM) -> list[Path]:
    """The files that there are, the farthest first: system, user, and the one of ``--config``, ``DUBAN_CONFIG`` or the working directory.

    One that was named must be there; the others need not. Raises :class:`~workflow.errors.ConfigError`.
    """
    return [path for _, path in _files(given, environment, system)]


def layers(given: str, environment: Mapping[str, str], system: Path = SYSTEM) -> list[Layer]:
    """The same files, read. Raises :class:`~workflow.errors.ConfigError` for one that cannot be read or is not TOML, with the line."""
    return [_read(kind, path) for kind, path in _files(given, environment, system)]


def _files(given: str, environment: Mapping[str, str], system: Path) -> list[tuple[Kind, Path]]:
    found: list[tuple[Kind, Path]] = [("system", system)]
    home = environment.get("XDG_CONFIG_HOME") or (f"{environment['HOME']}/.config" if environment.get("HOME") else "")
    if home.startswith("/"):
        found.append(("user", Path(home) / "duban" / "config.toml"))

    def there(path: Path) -> bool:
        try:
            return path.is_file()
        except OSError as error:  # we may not look: passing over it would be to work with other settings than were meant
            raise ConfigError(
                Text(f"不能查看配置文件:{error.strerror}", f"cannot look for the settings file: {error.strerror}"), where=str(path)
            ) from None

    named = given or environment.get("DUBAN_CONFIG", "")
    if named and not there(Path(named)):
        raise ConfigError(
            Text("没有这个配置文件", "there is no such settings file"),
            where=named,
            hint=Text("检查 --config 或 DUBAN_CONFIG", "check --config or DUBAN_CONFIG"),
        )
    found.append(("file", Path(named or NAME)))
    return [(kind, path) for kind, path in found if there(path)]


def _read(kind: Kind, path: Path) -> Layer:
    try:
        with path.open("rb") as file:
            raw = file.read(BIGGEST + 1)
        if len(raw) > BIGGEST:
            raise ConfigError(Text("配置文件过大", "the settings file is too big"), where=str(path))
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        return Layer(kind, path, tomllib.loads(text), text)
    except OSError as error:
        raise ConfigError(
            Text(f"不能读取配置文件:{error.strerror}", f"cannot read the settings file: {error.strerror}"), where=str(path)
        ) from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(Text("配置文件不是 UTF-8", "the settings file is not UTF-8"), where=f"{path}:{line}") from None
    except RecursionError:
        raise ConfigError(Text("配置文件嵌套过深", "the settings file is nested too deeply"), where=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        found = re.search(r"at line (\d+)", said)
        raise ConfigError(
            Text(f"配置文件不是 TOML:{said}", f"the settings file is not TOML: {said}"),
            where=f"{path}:{found[1]}" if found else str(path),
        ) from None


_PART = r"""\s*(?:"([^"\\]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*"""
_KEY = re.compile(rf"^(?P<key>{_PART}(?:\.{_PART})*)=")
_TABLE = re.compile(rf"^\s*\[(?P<key>{_PART}(?:\.{_PART})*)\]")


def _line(text: str, keys: tuple[str, ...]) -> int:
    """The first line on which a key or a table of this name is written; 0 when there is none."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if heading := _TABLE.match(line):
            table = _parts(heading["key"])
            if table == keys:
                return number
        elif (written := _KEY.match(line)) and (*table, *_parts(written["key"])) == keys:
            return number
    return 0


def _parts(written: str) -> tuple[str, ...]:
    return tuple(next(g for g in m.groups() if g is not None) for m in re.finditer(_PART, written))
