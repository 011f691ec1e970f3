"""What is installed: the metadata, the entry points, and every file that the engine needs at run time."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution, entry_points
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from workflow.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("workflow", "adapters", "definitions")
CORE = {"transitions", "sqlmodel", "alembic", "pydantic", "ruamel-yaml", "apscheduler", "loguru", "typer", "rich", "tzdata"}


def wanted() -> set[str]:
    """Every file of the packages, as a wheel names it."""
    files = (f for p in PACKAGES for f in (ROOT / p).rglob("*") if f.is_file() and "__pycache__" not in f.parts)
    return {f.relative_to(ROOT).as_posix() for f in files} | {"cli.py"}


def requirements() -> list[str]:
    return distribution("duban").requires or []


def name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[._]", "-", found.group()).lower()


def test_the_core_needs_nothing_but_what_was_agreed() -> None:
    assert {name(r) for r in requirements() if "extra ==" not in r} == CORE


def test_tzdata_is_needed_on_windows_only() -> None:
    assert [r.replace("'", '"').partition(";")[2].strip() for r in requirements() if name(r) == "tzdata"] == ['sys_platform == "win32"']


def test_metadata_names_licence_and_oldest_python() -> None:
    metadata = distribution("duban").metadata
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert set(metadata.get_all("Provides-Extra") or []) >= {"test", "bench"}


def test_the_console_script_is_the_command_line() -> None:
    (script,) = entry_points(group="console_scripts", name="duban")
    assert script.value == "cli:main"
    assert callable(script.load())


@pytest.mark.parametrize("scheme", ["sqlite", "memory"])
def test_stores_are_found_by_their_scheme(scheme: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'duban.db'}" if scheme == "sqlite" else "memory:"
    with Engine.open(url) as engine:
        assert list(engine.cases()) == []


def test_every_folder_with_code_is_a_package() -> None:
    homeless = {
        str(f.parent.relative_to(ROOT)) for p in PACKAGES for f in (ROOT / p).rglob("*.py") if not (f.parent / "__init__.py").exists()
    }
    assert homeless == set()


@pytest.mark.slow
def test_wheel_and_source_distribution_hold_every_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    copytree(ROOT, source, ignore=ignore_patterns(".git", "__pycache__", "*.egg-info", "build", "dist", ".*_cache", ".hypothesis", ".venv"))
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(tmp_path), str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    (archive,) = tmp_path.glob("*.tar.gz")
    in_wheel = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    with tarfile.open(archive) as tar:
        in_archive = {n.partition("/")[2] for n in tar.getnames()}
    assert in_wheel == wanted()
    assert wanted() | {"LICENSE", "README.md", "pyproject.toml"} <= in_archive
