"""The pages on the definition language say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.commands import frame
from tests.play import Play
from workflow.procedure.check import TAKEN
from workflow.procedure.condition import OPERATORS
from workflow.procedure.fact import KINDS
from workflow.procedure.load import load
from workflow.procedure.schema import models
from workflow.procedure.source import MAX_BYTES, MAX_DEPTH, MAX_NODES

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "definitions.md").read_text(encoding="utf-8")
HOWTO = (DOCS / "how-to" / "write-a-procedure.md").read_text(encoding="utf-8")
HEADINGS = {"PauseRule": "Pause", "InForce": "In force", "Label": "Role"}
"""Where the heading is not the name of the part."""


def section(title: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading: by each field that a row names its other cells."""
    match = re.search(rf"^##+ {re.escape(title)}$(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert match, f"no section {title}"
    rows = {}
    for line in match.group(1).splitlines():
        if line.startswith("| `"):
            first, *cells = re.split(r"(?<!\\)\|", line.strip("|"))
            rows.update({key: [c.strip() for c in cells] for key in re.findall(r"`([^`]+)`", first)})
    return rows


@pytest.mark.parametrize("model", list(models()), ids=lambda m: m.__name__)
def test_every_field_is_on_the_page_with_its_default(model: type) -> None:
    rows = section(HEADINGS.get(model.__name__, model.__name__))
    for name, field in model.model_fields.items():  # type: ignore[attr-defined]
        alias = field.alias or name
        assert alias in rows, f"{model.__name__}.{alias} is not on the page"
        _, default, meaning = rows[alias]
        assert meaning
        assert field.is_required() == (default == "required"), alias
        if isinstance(field.default, str) and field.default:
            assert f"`{field.default}`" == default
        if isinstance(field.default, bool):
            assert default == f"`{str(field.default).lower()}`"


@pytest.mark.parametrize("model", list(models()), ids=lambda m: m.__name__)
def test_the_page_names_no_field_that_is_not_there(model: type) -> None:
    known = {f.alias or n for n, f in model.model_fields.items()}  # type: ignore[attr-defined]
    rows = section(HEADINGS.get(model.__name__, model.__name__))
    fields = {name for name, cells in rows.items() if len(cells) == 3}
    assert model.__name__ == "Label" or fields <= known, fields - known


def test_every_choice_is_on_the_page() -> None:
    for model in models():
        for name, field in model.model_fields.items():
            said = section(HEADINGS.get(model.__name__, model.__name__))
            alias = field.alias or name
            for choice in getattr(field.annotation, "__args__", ()):
                if isinstance(choice, str) and alias != "type":
                    assert f"`{choice}`" in said[alias][0], f"{model.__name__}.{alias}: {choice}"
    for word in (*KINDS, *OPERATORS, *(w for words in TAKEN.values() for w in words)):
        assert f"`{word}`" in REFERENCE or f"{{{word}:" in REFERENCE, word


def test_the_bounds_are_those_of_the_reader() -> None:
    assert f"{MAX_BYTES:,} bytes, {MAX_DEPTH} levels or {MAX_NODES:,} values" in REFERENCE


def procedure() -> str:
    (text,) = re.findall(r"```yaml\n(.*?)```", HOWTO, re.DOTALL)
    return str(text)


def test_the_procedure_of_the_how_to_works() -> None:
    play = Play("complaint")
    play.engine.add(load(procedure(), "complaint.yaml", {"cn"}))
    play.at("2026-09-21 10:00").open("office")
    play.at("2026-09-21 11:00").fire("office", "accept")
    assert play.due("answer") == "09-30 00:00"
    play.at("2026-09-22 09:00").revise("head", scope="several")
    assert play.due("answer") == "10-13 00:00"
    play.at("2026-10-12 09:00").fire("office", "answer")
    assert play.outcome("answer").value == "met"
    play.at("2026-10-12 10:00").fire("head", "close")
    assert play.state == ("closed",)


def test_the_mistake_of_the_how_to_is_answered_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("complaint.yaml").write_text(procedure().replace("tell: office", "tell: ofice"), encoding="utf-8")
    assert frame.main(["definitions", "check", "complaint.yaml", "--lang", "zh"]) == 3
    assert capsys.readouterr().err in HOWTO


def test_the_commands_of_the_how_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUBAN_DB", raising=False)
    Path("complaint.yaml").write_text(procedure(), encoding="utf-8")
    for line in re.findall(r"^\$ duban (.*?)(?:\s+#.*)?$", HOWTO, re.MULTILINE):
        assert frame.main(line.split()) == 0, capsys.readouterr().err
    assert Path("complaint.svg").read_text(encoding="utf-8").startswith("<svg")
