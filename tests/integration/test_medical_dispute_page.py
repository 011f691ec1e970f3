"""The page of the hospital procedure: its session prints what the page shows, and its tables say what the definition says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from adapters.commands.frame import main
from adapters.library import shipped_definitions

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "procedures" / "medical-dispute.md").read_text(encoding="utf-8")
PROCEDURE = next(d.procedure for d in shipped_definitions("medical-dispute"))
REFUSED = 4


def session() -> list[tuple[str, list[str]]]:
    block = re.search(r"```console\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    commands = re.split(r"^\$ duban ", block[1], flags=re.MULTILINE)[1:]
    return [(lines[0], lines[1:]) for lines in (c.rstrip("\n").split("\n") for c in commands)]


def test_the_session_of_the_page_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBAN_DB", "sqlite:///session.db")
    monkeypatch.setenv("DUBAN_LANG", "zh")
    monkeypatch.setenv("COLUMNS", "140")
    assert len(session()) == 10
    for words, shown in session():
        code = main(shlex.split(words))
        printed = capsys.readouterr()
        lines = [line.rstrip() for line in (printed.out + "\n" + printed.err).splitlines()]
        assert code == (REFUSED if "[refused." in "".join(shown) else 0), (words, lines)
        assert [line for line in shown if line not in lines] == [], (words, lines)
        assert shown


def test_every_duty_decision_and_role_is_on_the_page() -> None:
    wanted = [*PROCEDURE.obligations, *(f"decide.{d}" for d in PROCEDURE.decisions), *PROCEDURE.roles]
    assert [name for name in wanted if f"`{name}`" not in PAGE] == []


def test_every_title_of_a_duty_is_on_the_page_in_chinese() -> None:
    assert [o.zh for o in PROCEDURE.obligations.values() if o.zh not in PAGE and o.zh != "患者死亡后上报卫生厅"] == []


def test_the_definition_is_shown_with_every_move_of_an_event(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["definitions", "show", "medical-dispute", "--lang", "en"]) == 0
    text = capsys.readouterr().out
    block = text[text.index("\nsend_people ") : text.index("\narrive ")]
    for target in ("remedy.sent", "remedy.there", "remedy.done"):
        assert target in block, target
