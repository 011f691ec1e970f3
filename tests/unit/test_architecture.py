"""The house of CONTRIBUTING: arrows run one way, and the engine knows neither the world nor the hour."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OF_THE_WORLD = {
    "adapters",
    "cli",
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "apscheduler",
    "sqlite3",
    "typer",
    "rich",
    "loguru",
    "fastapi",
    "httpx",
    "requests",
    "urllib.request",
    "socket",
    "subprocess",
    "threading.Timer",
}
CHANCE = {"random", "secrets", "uuid"}
HOUR = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "monotonic"),
    ("os", "urandom"),
}
FILES = {"open", "input", "print", "eval", "exec", "compile", "__import__"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction of an arrow"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in ("import_module", "__import__") and node.args:
                yield from (n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def forbidden(names: Iterator[str], among: set[str]) -> list[str]:
    return sorted({n for n in names if any(n == a or n.startswith(f"{a}.") for a in among)})


def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize("path", modules("workflow"), ids=lambda p: str(p.relative_to(ROOT)))
def test_workflow_imports_nothing_of_the_world(path: Path) -> None:
    assert forbidden(imported(parse(path)), OF_THE_WORLD) == []


@pytest.mark.parametrize("path", modules("workflow"), ids=lambda p: str(p.relative_to(ROOT)))
def test_workflow_knows_no_chance_and_no_wall_clock(path: Path) -> None:
    tree = parse(path)
    assert forbidden(imported(tree), CHANCE) == []
    asked = {
        (node.func.value.id, node.func.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    assert asked & HOUR == set()


@pytest.mark.parametrize("path", modules("workflow"), ids=lambda p: str(p.relative_to(ROOT)))
def test_workflow_opens_no_file_and_runs_no_text(path: Path) -> None:
    called = {node.func.id for node in ast.walk(parse(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called & FILES == set()


@pytest.mark.parametrize("path", modules("adapters"), ids=lambda p: str(p.relative_to(ROOT)))
def test_adapters_do_not_import_the_command_line(path: Path) -> None:
    assert forbidden(imported(parse(path)), {"cli", "tests"}) == []


def test_definitions_are_data_only() -> None:
    code = [p for p in modules("definitions") if [n for n in ast.parse(p.read_text(encoding="utf-8")).body if not isinstance(n, ast.Expr)]]
    assert code == []


def test_the_command_line_holds_no_rule() -> None:
    tree = ast.parse((ROOT / "cli.py").read_text(encoding="utf-8"))
    ours = {n.partition(".")[0] for n in imported(tree)} & {"workflow", "adapters"}
    assert ours == {"adapters"}


def test_the_checks_of_this_file_find_what_they_look_for() -> None:
    source = "import sqlite3\nfrom importlib import import_module\nimport_module('adapters.host')\n"
    assert forbidden(imported(ast.parse(source)), OF_THE_WORLD) == ["adapters.host", "sqlite3"]
