"""The hook for pre-commit: its entry passes a good definition and stops a broken one, and only definitions are given to it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
(HOOK,) = YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SHIPPED = ROOT / "definitions" / "procedures"


def run(*files: Path) -> subprocess.CompletedProcess[str]:
    """As pre-commit does it: the entry, its arguments, then the names of the files."""
    command, *words = [*shlex.split(HOOK["entry"]), *HOOK["args"]]
    assert command == "duban"
    arguments = [sys.executable, str(ROOT / "cli.py"), *words, *map(str, files)]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_hook_passes_a_good_file() -> None:
    found = run(SHIPPED / "service-incident.yaml")
    assert found.returncode == 0, found.stderr


def test_the_hook_stops_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        (SHIPPED / "service-incident.yaml").read_text(encoding="utf-8").replace("by: service_desk", "by: nobody", 1), encoding="utf-8"
    )
    found = run(SHIPPED / "service-incident.yaml", broken)
    assert found.returncode == 3 and "broken.yaml:" in found.stderr


def test_the_hook_stops_a_file_in_which_something_is_proved_wrong(tmp_path: Path) -> None:
    text = (SHIPPED / "service-incident.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "wrong.yaml"
    broken.write_text(text.replace("states:\n", "states:\n  lost: {zh: 无人能到, en: out of reach}\n", 1), encoding="utf-8")
    found = run(broken)
    assert found.returncode == 3 and "lost" in found.stderr


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("definitions/procedures/drill.yaml", True),
        ("procedures/a.yml", True),
        ("definitions/organisations/town.yaml", False),
        ("procedures/a.md", False),
    ],
)
def test_the_hook_takes_definitions_and_nothing_else(name: str, wanted: bool) -> None:
    hook: dict[str, Any] = HOOK
    assert bool(re.search(hook["files"], name)) is wanted


def test_the_hook_is_named_on_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "write-a-procedure.md").read_text(encoding="utf-8")
    assert HOOK["id"] in page
