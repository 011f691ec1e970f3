"""A folder with one store, the command line on it, and somebody with a database tool."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.commands.frame import main
from tests.play import PROBE
from tests.scenes import staged


class Office:
    """A folder with one store, and the command line on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.path = folder / "office.db"
        self._capsys = capsys

    def run(self, *words: str, exit: int = 0, lang: str = "en") -> tuple[str, str]:
        """What a command prints on standard output and standard error."""
        self._capsys.readouterr()
        code = main(["--db", str(self.path), "--lang", lang, *words])
        said = self._capsys.readouterr()
        assert code == exit, (code, said.out, said.err)
        return said.out, said.err

    def json(self, *words: str, exit: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", exit=exit)[0])

    def play(self, *cases: str) -> None:
        """These cases, beside what is there."""
        if self.path.exists():
            self._play(*cases)
        else:
            staged(f"office {cases}", self.path, lambda: self._play(*cases))

    def _play(self, *cases: str) -> None:
        self.run("definitions", "add", str(PROBE))
        for case in cases:
            self.run("open", "probe", "纠纷", "门诊", "家属", "--as", "desk", "--id", case, "--fact", "name=李四")
            self.run("fire", case, "call", "--as", "desk", "--note", f"{case} 的电话记录")
            self.run("record", case, "paper", "--as", "desk", "--element", "place=镇口")

    def sql(self, *statements: str) -> None:
        """What somebody with a database tool and every right does."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0, statement

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def bytes(self) -> bytes:
        """Of every file of the store."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob(f"{self.path.name}*")))


def within(table: str, old: str, new: str) -> str:
    """An edit in the middle of what is stored; to be followed by ``WHERE``."""
    return f"UPDATE duban_{table} SET data = CAST(replace(CAST(data AS TEXT), '{old}', '{new}') AS BLOB) "
