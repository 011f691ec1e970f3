"""``docs/how-to/back-up-and-restore.md``: its commands are run as they stand there, by a shell, on a store that is in use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.sql import SqlStore
from tests.e2e.conftest import Cli, opened
from tests.postgres import Server

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "back-up-and-restore.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^( *)```console\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def run(line: str, folder: Path, said: list[str]) -> None:
    """One command; ``said`` are the lines that it must print, where ``…`` is anything. An error code there makes it one that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DUBAN_LANG": "en"}
    done = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
    printed = (done.stdout + done.stderr).splitlines()
    failing = any(re.search(r"\[[a-z.]+\]$", text) for text in said)
    assert (done.returncode != 0) == failing, (line, printed)
    for text in said:
        pattern = ".*".join(re.escape(part) for part in text.split("…"))
        assert any(re.fullmatch(pattern, found) for found in printed), (line, text, printed)


@pytest.mark.skipif(os.name != "posix", reason="the page is written for a POSIX shell")
def test_the_commands_of_the_page(dispute: Cli, postgres_server: Server, tmp_path: Path) -> None:
    folder = dispute.db.parent
    addresses = {f"postgresql://duban@db.example/{name}": postgres_server.fresh() for name in ("duban2", "duban", "office")}
    server = addresses["postgresql://duban@db.example/duban"]
    with opened(dispute) as engine:
        assert engine.case("D").case.n == 3
    dispute("store", "copy", str(dispute.db), server)
    dispute.db.rename(folder / "office.db")

    def play(part: str) -> int:
        blocks = list(BLOCK.finditer(part))
        for block in blocks:
            lines = [line[len(block[1]) :] for line in block[2].splitlines()]
            for i, line in enumerate(lines):
                if line.startswith("$ "):
                    command = line[2:]
                    for given, real in addresses.items():
                        command = re.sub(rf"{re.escape(given)}(?=\s|$)", lambda _, r=real: f"'{r}'", command)
                    until = next((j for j in range(i + 1, len(lines)) if lines[j].startswith("$ ")), len(lines))
                    run(command, folder, lines[i + 1 : until])
        return len(blocks)

    before, _, after = PAGE.partition("## Restore")
    with closing(SqlStore.open(str(folder / "office.db"))) as daemon:
        with daemon.write() as unit:
            unit.put_mark("page", "now")
        assert play(before) >= 5
    assert play(after) >= 5
    stored = []
    for name in ("back.db", "office.db"):
        with closing(SqlStore.open(str(folder / name))) as store, store.read() as view:
            stored.append(list(view.stored()))
    assert stored[0] == stored[1]
