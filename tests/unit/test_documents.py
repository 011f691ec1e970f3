"""The documents at the top of the repository say what is so: the two commands, links that lead somewhere, an index of every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.library import shipped_definitions, shipped_packs
from tests import golden_diagrams
from tests.stories import procedure_of

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ["python -m pip install -e . && duban demo", 'python -m pip install -e ".[test]" && python -m pytest']
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link for link in found if "://" not in link and not link.startswith(("#", "mailto:"))]


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_has_the_two_commands_each_alone_on_a_line(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("python -m pip install")] == COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    broken = [link for link in links(page) if not (page.parent / link.partition("#")[0]).exists()]
    assert broken == []


def test_both_readmes_link_to_each_other() -> None:
    assert "README.zh.md" in links(ROOT / "README.md")
    assert "README.md" in links(ROOT / "README.zh.md")


def test_every_shipped_procedure_and_pack_stands_once_among_the_procedures_with_its_title() -> None:
    text = (ROOT / "docs" / "reference" / "procedures.md").read_text(encoding="utf-8")
    listed = sorted(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", text, re.MULTILINE))
    shipped = {(d.procedure.procedure, d.procedure.zh) for d in shipped_definitions()} | {(p.name, p.title.zh) for p in shipped_packs()}
    assert listed == sorted(shipped)


def test_each_procedure_links_a_page_that_speaks_of_it() -> None:
    table = ROOT / "docs" / "reference" / "procedures.md"
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|.*\]\(([^)]+)\) \|$", table.read_text(encoding="utf-8"), re.MULTILINE)
    silent = [name for name, zh, link in rows if not re.search(f"{name}|{zh}", (table.parent / link).read_text(encoding="utf-8"))]
    assert rows and silent == []


def test_the_diagrams_of_the_page_are_those_of_the_shipped_procedures() -> None:
    assert golden_diagrams.PAGE.read_text(encoding="utf-8") == golden_diagrams.page(), "run python -m tests.golden_diagrams"


def test_each_procedure_links_its_diagram_and_so_does_its_page() -> None:
    table = ROOT / "docs" / "reference" / "procedures.md"
    text = table.read_text(encoding="utf-8")
    drawn = re.findall(r"^## (.+)$", golden_diagrams.page(), re.MULTILINE)
    rows = re.findall(r"^\| `([^`]+)` \|.*\[diagram\]\(diagrams\.md#([^)]+)\).*\]\(([^)]+)\) \|$", text, re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == sorted(drawn) and all(name == link for name, link, _ in rows)
    pages = {name: (table.parent / link).read_text(encoding="utf-8") for name, _, link in rows if link.startswith("procedures/")}
    assert [name for name, page in pages.items() if f"(../diagrams.md#{name})" not in page] == []


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("mediation", "hazards"),
        ("sensitive-period", "warnings"),
        ("joint-meeting", "meetings"),
        ("exchange", "training"),
        ("public-information", "public-information"),
    ],
)
def test_a_page_names_every_state_event_and_duty(name: str, page: str) -> None:
    text = (ROOT / "docs" / "reference" / "procedures" / f"{page}.md").read_text(encoding="utf-8")
    procedure = procedure_of(name)
    unsaid = [n for table in (procedure.events, procedure.obligations) for n, label in table.items() if f"`{n}`" not in text]
    unsaid += [state.zh for state in procedure.states.values() if state.zh not in text]
    assert unsaid == []


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    missing = [str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md") if p != index and p.resolve() not in listed]
    assert missing == []
