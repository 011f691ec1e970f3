"""The pages on terms and calendars show what the commands really print, run in the order of the page on 18 December 2026."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import adapters.host as host
from adapters.commands.frame import main
from adapters.host import FixedClock
from tests.play import at
from workflow.term import Offset, Recurrence, parse
from workflow.term.model import _UNITS

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILE_OR_CONSOLE = re.compile(
    r"`([^`\n]+\.(?:json|csv|yaml))`(?:(?!```).)*?\n\n```(?:json|csv|yaml)\n(.*?)```|```console\n(.*?)```", re.DOTALL
)
TERMS = (DOCS / "reference" / "terms.md").read_text(encoding="utf-8")


def shown(block: str) -> list[tuple[str, list[str]]]:
    """Each command of a console block with the lines that the page shows after it."""
    parts = re.split(r"^\$ duban (.*)\n", block, flags=re.MULTILINE)[1:]
    return [(command, [line.rstrip() for line in said.splitlines()]) for command, said in zip(parts[::2], parts[1::2], strict=True)]


@pytest.mark.parametrize("page", ["how-to/import-a-calendar.md", "how-to/migrate.md", "reference/terms.md"])
def test_the_page_shows_the_output_of_each_command(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(host, "clock", lambda: FixedClock(at("2026-12-18 09:00")))
    for name, value in (("COLUMNS", "140"), ("DUBAN_LANG", ""), ("LC_ALL", "zh_CN.UTF-8"), ("DUBAN_DB", "duban.db")):
        monkeypatch.setenv(name, value)
    ran = 0
    for name, content, block in FILE_OR_CONSOLE.findall((DOCS / page).read_text(encoding="utf-8")):
        if name:
            Path(name).write_text(content, encoding="utf-8")
            continue
        for command, said in shown(block):
            assert main(shlex.split(command)) == 0, command
            printed = capsys.readouterr()
            if said:
                assert [line.rstrip() for line in (printed.out + printed.err).splitlines()] == said, command
            ran += 1
    assert ran >= 6


def test_every_word_of_a_unit_is_on_the_page_and_no_other() -> None:
    table = TERMS.partition("| unit | words |")[2].partition("\n\n")[0]
    listed = {word.strip(" `") for row in table.splitlines()[2:] for word in row.split("|")[2].split(",")}
    singular = {w for w in _UNITS if w + "s" in _UNITS}
    assert listed == set(_UNITS) - singular


def test_every_form_on_the_page_is_read() -> None:
    forms = re.findall(r"`((?:by|before|window|until|end of) [^`]+)`", TERMS)
    assert len(forms) >= 6
    for form in forms:
        parse(form.replace("NAME", "limit"))
    points = TERMS.partition("## Points before and after")[2].partition("Recurrences:")
    for point in re.findall(r"`([^`]+)`", points[0]):
        if point not in ("before", "after", "1 day", "1 week", "1 month", "1 quarter", "1 year"):
            Offset.parse(point)
    again = points[2].partition("\n\n")[0]
    english, _, chinese = again.partition(";")
    words = [*re.findall(r"`([^`]+)`", english), *(w.strip(" .") for w in chinese.split(","))]
    assert len(words) == 14
    for word in words:
        Recurrence.parse(word)
