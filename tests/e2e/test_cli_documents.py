"""The pages about the command line say what is so: the reference lists everything there is, the tutorial is a session that ran."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from adapters.commands import frame, screen
from tests.e2e.conftest import Cli
from workflow import errors
from workflow.errors import DubanError

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that there is, with its subcommands apart."""
    for name, (module, attribute, _) in frame.TABLE.items():
        target = getattr(import_module(f"adapters.commands.{module}"), attribute)
        if isinstance(target, typer.Typer):
            for below, command in typer.main.get_command(target).commands.items():  # type: ignore[attr-defined]
                yield f"{name} {below}", command
        else:
            app = typer.Typer(add_completion=False)
            app.command(name)(target)
            yield name, typer.main.get_command(app)


COMMANDS = dict(commands())
SECTIONS = dict(re.findall(r"^### `duban ([^`]+)`\n(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL))


def test_the_reference_has_every_command_and_no_other() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_has_every_option_and_argument_of_a_command_and_no_other(name: str) -> None:
    parameters = COMMANDS[name].params
    listed = SECTIONS[name].partition("Options:")[2]
    assert set(re.findall(r"`(--[a-z-]+)`", listed)) == {p.opts[0] for p in parameters if p.param_type_name == "option"}
    required = {p.opts[0] for p in parameters if p.param_type_name == "option" and p.required}
    assert set(re.findall(r"\*\*`(--[a-z-]+)`\*\*", listed)) == required
    usage = SECTIONS[name].strip().splitlines()[0]
    assert set(re.findall(r"[A-Z][A-Z_]+", usage)) == {p.name.upper() for p in parameters if p.param_type_name == "argument"}


def test_options_that_are_shared_are_explained_once() -> None:
    shared = REFERENCE.partition("## Options that many commands share")[2].partition("\n## ")[0]
    explained = set(re.findall(r"`(--[a-z-]+)`", shared))
    writing = [c for n, c in COMMANDS.items() if n in ("open", "fire", "record", "revise")]
    own = {
        "--unit",
        "--event",
        "--elsewhere",
        "--drill",
        "--pace",
        "--id",
        "--present",
        "--to",
        "--second",
        "--oral",
        "--slot",
        "--case",
        "--from",
        "--by",
        "--lead",
    }
    assert {p.opts[0] for c in writing for p in c.params if p.param_type_name == "option"} - own <= explained


def kinds(base: type[DubanError] = DubanError) -> list[type[DubanError]]:
    return [base, *(k for direct in base.__subclasses__() if direct.__module__ == errors.__name__ for k in kinds(direct))]


def test_the_reference_has_every_exit_code_and_every_error_and_no_other() -> None:
    table = REFERENCE.partition("## Exit codes")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| [^|]+ \|([^|]*)\|$", table, re.MULTILINE)
    said = {(int(number), code) for number, codes in rows for code in re.findall(r"`([^`]+)`", codes)}
    assert said == {(k.exit_code, k.code) for k in kinds()}
    assert {int(number) for number, _ in rows} == {k.exit_code for k in kinds()} | {0, 130}


def test_the_reference_has_every_global_option_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    frame.main(["--help", "--lang", "en"])
    told = capsys.readouterr().out.partition("global options")[2].partition("exit codes")[0]
    table = REFERENCE.partition("## Global options")[2].partition("\n## ")[0]
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", told)) <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", table))


# the tutorial


def session() -> list[tuple[str, str, str]]:
    """(clock, command, what it prints) of each command of the tutorial; the clock is moved by ``<!-- clock: … -->``."""
    text = (DOCS / "tutorial" / "first-case.md").read_text(encoding="utf-8")
    found: list[tuple[str, str, str]] = []
    clock = ""
    for moved, block in re.findall(r"<!-- clock: (.+?) -->|```console\n(.*?)```", text, re.DOTALL):
        clock = moved or clock
        for command, printed in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            found.append((clock, command, printed))
    return found


def test_the_tutorial_goes_as_it_is_written(empty: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "WIDTH", 100)
    steps = session()
    verbs = {shlex.split(command)[1] for _, command, _ in steps}
    assert {"org", "open", "due", "explain", "record", "audit", "replay"} <= verbs
    for clock, command, printed in steps:
        empty.at(clock)
        words = shlex.split(command)
        assert words[0] == "duban"
        said = empty(*words[1:], lang="en", code=None)
        assert said.code in (0, 1), said.err
        lines = [line.rstrip() for line in (said.out + said.err).splitlines() if line.strip()]
        for wanted in (line.rstrip() for line in printed.splitlines()):
            if wanted == "…":
                continue
            pattern = re.escape(wanted).replace("…", ".+")
            assert any(re.fullmatch(pattern, line) for line in lines), f"{command}\nprinted no line {wanted!r} but\n" + "\n".join(lines)
