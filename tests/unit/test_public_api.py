"""The public API: what is named is there, says what it does, and does not change by accident."""

from __future__ import annotations

import inspect
import re
from importlib import resources
from pathlib import Path

import pytest

import workflow

ROOT = Path(__file__).resolve().parents[2]

SIGNATURES = {
    "open": "(url: 'str', **options: 'Any') -> 'Engine'",
    "on": "(store: 'Store') -> 'Engine'",
    "within": "(self, store: 'Store') -> 'Engine'",
    "add": "(self, definition: 'Definition') -> 'str'",
    "add_all": "(self, definitions: 'Sequence[Definition]') -> 'None'",
    "definitions": "(self) -> 'list[Rules]'",
    "rules": "(self, procedure: 'str', on: 'datetime | None' = None) -> 'Rules'",
    "packs": "(self, procedure: 'str') -> 'tuple[Pack, ...]'",
    "use_packs": (
        "(self, procedure: 'str', packs: 'Sequence[Pack]', said: 'commands.Said', *, write: 'bool' = True) -> 'tuple[Definition, ...]'"
    ),
    "organise": "(self, entries: 'Iterable[tuple[Mapping[str, Json], Mapping[str, Json] | None]]') -> 'Organisation'",
    "organisation": "(self) -> 'Organisation'",
    "open_case": "(self, procedure: 'str', command: 'commands.Open', *, case: 'str' = '', key: 'str | None' = None) -> 'Result'",
    "do": "(self, case: 'str', command: 'commands.Command', *, expected: 'int | None' = None, key: 'str | None' = None) -> 'Result'",
    "forecast": (
        "(self, case: 'str', command: 'commands.Command', *, expected: 'int | None' = None, key: 'str | None' = None) -> 'Forecast'"
    ),
    "forecast_open": (
        "(self, procedure: 'str | Rules', command: 'commands.Open', *, case: 'str' = '', key: 'str | None' = None) -> 'Forecast'"
    ),
    "forecast_tick": "(self) -> 'list[Forecast]'",
    "batch": "(self) -> 'Iterator[Batch]'",
    "tick": "(self) -> 'list[Result]'",
    "sweep": "(self, size: 'int' = 200, hold: 'sweeps.Hold | None' = None) -> 'Iterator[Swept]'",
    "next_waking": "(self) -> 'datetime | None'",
    "seal": "(self) -> 'Seal | None'",
    "subscribe": "(self, listener: 'Listener') -> 'None'",
    "case": "(self, case: 'str') -> 'Standing'",
    "cases": "(self, procedure: 'str | None' = None) -> 'Sequence[CaseRow]'",
    "ledger": "(self, case: 'str', as_of: 'datetime | None' = None) -> 'list[Row]'",
    "period_case": "(self, procedure: 'str', unit: 'str', at: 'datetime') -> 'str'",
    "private": "(self, case: 'str', n: 'int') -> 'Mapping[str, Json]'",
    "migrate": "(self, plan: 'Plan', said: 'commands.Said', *, write: 'bool' = True) -> 'list[Forecast]'",
    "import_calendar": (
        "(self, calendar: 'Calendar', said: 'commands.Said', ground: 'str', *, write: 'bool' = True) -> 'list[tuple[str, Row, Row]]'"
    ),
    "world": "(self, standing: 'Standing') -> 'World'",
    "close": "(self) -> 'None'",
}
"""A change here is a change of the public API: say it in the change log."""


@pytest.mark.parametrize("name", workflow.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(workflow, name)
    assert inspect.getdoc(found), name
    assert found.__name__ == name


def test_the_signatures_of_the_engine_are_these() -> None:
    found = {
        name: str(inspect.signature(getattr(workflow.Engine, name)))
        for name, member in vars(workflow.Engine).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, classmethod))
    }
    assert found == SIGNATURES


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError):
        _ = workflow.nothing


def test_the_packages_are_typed() -> None:
    for package in ("workflow", "adapters"):
        assert resources.files(package).joinpath("py.typed").is_file()


def test_the_reference_page_names_every_public_thing() -> None:
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[A-Za-z_]+", page))
    known = {"Calendar", "Case", "Definition", "Organisation", "Text", "load"}  # reached through others
    assert {n for n in workflow.__all__ if n not in words} <= known
    assert {n for n in SIGNATURES if n not in words} <= {"world", "close"}


def test_the_embedding_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/how-to/embed.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(blocks) == 2 and len([line for line in blocks[0].splitlines() if line.strip()]) <= 11
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks), "embed.md", "exec"), {})
    assert "answer the complainant" in capsys.readouterr().out
    with workflow.Engine.open("sqlite:///duban.db", create=False) as engine:
        assert engine.case("K-2").case.n == 1
