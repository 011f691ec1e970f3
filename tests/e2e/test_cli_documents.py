"""The pages about the command line say what is so: the reference lists everything there is, the tutorial is a session that ran."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from adapters.commands import frame, screen
from adapters.commands.group import SHOW, ShowByDefault
from tests.e2e.conftest import Cli
from workflow import errors
from workflow.errors import DefinitionError, DubanError

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that there is, with its subcommands apart."""
    for name, (module, attribute, _) in frame.TABLE.items():
        target = getattr(import_module(f"adapters.commands.{module}"), attribute)
        if isinstance(target, typer.Typer):
            group: Any = typer.main.get_command(target)
            for below, command in group.commands.items():
                yield name if isinstance(group, ShowByDefault) and below == SHOW else f"{name} {below}", command
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


# the tutorials


class Step(NamedTuple):
    """One thing that a reader does: a command with what it prints, or a change of a file."""

    clock: str
    command: str
    printed: str
    file: str = ""


def session(page: str) -> list[Step]:
    """What a tutorial lets its reader do, in order; the clock is moved by ``<!-- clock: … -->``, a file by a block ``diff FILE``."""
    text = (DOCS / "tutorial" / page).read_text(encoding="utf-8")
    found: list[Step] = []
    clock = ""
    blocks = r"<!-- clock: (.+?) -->|```console\n(.*?)```|```diff (\S+)\n(.*?)```"
    for moved, console, file, change in re.findall(blocks, text, re.DOTALL):
        clock = moved or clock
        if file:
            found.append(Step(clock, "", change, file))
        for command, printed in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE):
            found.append(Step(clock, command, printed))
    return found


def printed_by(command: str, cli: Cli) -> str:
    words = shlex.split(command)
    if words[:3] == ["python", "-m", "pytest"]:
        done = subprocess.run([sys.executable, "-m", "pytest", *words[3:]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    assert words[0] == "duban"
    said = cli(*words[1:], lang="en", code=None)
    assert said.code in (0, 1, DefinitionError.exit_code), said.err
    return said.out + said.err


def changed(step: Step) -> None:
    """Change a file as the reader is told to: the lines stand there once, one after the other."""
    file = Path(step.file)
    text = file.read_text(encoding="utf-8")
    old, new = ("".join(f"{x[1:]}\n" for x in step.printed.splitlines() if x[0] == sign) for sign in "-+")
    assert text.count(old) == 1, f"{file} does not hold once:\n{old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "verbs"),
    [
        ("first-case.md", {"org", "open", "due", "explain", "record", "audit", "replay"}),
        ("write-a-procedure.md", {"new", "definitions", "-m", "simulate", "open", "due", "explain"}),
    ],
)
def test_a_tutorial_goes_as_it_is_written(page: str, verbs: set[str], empty: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "WIDTH", 100)
    steps = session(page)
    assert verbs <= {shlex.split(step.command)[1] for step in steps if step.command}
    for step in steps:
        empty.at(step.clock)
        if step.file:
            changed(step)
            continue
        lines = [line.rstrip() for line in printed_by(step.command, empty).splitlines() if line.strip()]
        for wanted in (line.rstrip() for line in step.printed.splitlines()):
            if wanted == "…":
                continue
            pattern = re.escape(wanted).replace("…", ".+")
            assert any(re.fullmatch(pattern, line) for line in lines), f"{step.command}\nprinted no line {wanted!r} but\n" + "\n".join(
                lines
            )
