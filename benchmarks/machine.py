"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "transitions",
    "SQLAlchemy",
    "sqlmodel",
    "pydantic",
    "holidays",
    "chinesecalendar",
    "dbos",
    "xstate-statemachine",
    "pyarrow",
    "numpy",
    "distributed",
)


def file_system(path: Path) -> str:
    """The type of the file system that holds a path; ``unknown`` where the system does not say."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    inside = [(len(point), kind) for point, kind in mounts if path.resolve().is_relative_to(point)]
    return max(inside)[1]


def _line(file: str, key: str) -> str:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "unknown")


def describe(folder: Path) -> list[tuple[str, str]]:
    """Labels and values, in the order in which they are shown."""
    memory = _line("/proc/meminfo", "MemTotal").split()
    installed = []
    for name in PACKAGES:
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            installed.append(f"{name} absent")
    return [
        ("Date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("CPU", f"{_line('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores"),
        ("Memory", f"{int(memory[0]) / 2**20:.0f} GiB" if memory[0].isdigit() else "unknown"),
        ("System", f"{platform.system()} {platform.release()}"),
        ("File system of the databases", file_system(folder)),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        ("Packages", ", ".join(installed)),
    ]
