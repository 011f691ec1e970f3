"""The how-to page shows what the command really prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import definitions
from adapters.commands.frame import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "replay-a-log.md").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, name in (("csv", "calls.csv"), ("yaml", "calls.yaml")):
        block = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
        assert block is not None
        (tmp_path / name).write_text(block[1], encoding="utf-8")
    shipped = (Path(next(iter(definitions.__path__))) / "procedures" / "service-incident.yaml").read_text(encoding="utf-8")
    eight = shipped.replace('version: "1"', "version: 8h").replace("{is: 4 hours", "{is: 8 hours")
    (tmp_path / "eight.yaml").write_text(eight, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")


CONSOLE = [(words, said) for words, said in re.findall(r"```console\n\$ duban (.*?)\n(.*?)```", PAGE, re.DOTALL) if "calls.csv" in words]


@pytest.mark.parametrize(("words", "said"), CONSOLE, ids=["today", "as of", "what if"])
@pytest.mark.usefixtures("here")
def test_the_page_shows_the_output_of_the_command(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(re.findall(r'"[^"]*"|\S+', words.replace('"2026-03-03 12:00"', "2026-03-03T12:00"))) == 1
    printed = capsys.readouterr()
    lines = {line.rstrip() for line in (printed.out + printed.err).splitlines()}
    shown = [line.rstrip() for line in said.splitlines() if line.strip() and "sha256" not in line and line != "…"]
    assert len(shown) >= 5 and [line for line in shown if line not in lines] == []
