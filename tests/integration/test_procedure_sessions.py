"""What the pages of the smaller procedures show at the prompt is what happens, and their tables name every duty."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories import procedure_of

PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference" / "procedures"
FAMILIES = {
    "accountability": ("accountability",),
    "call-out": ("call-out",),
    "warnings": ("early-warning", "sensitive-period"),
    "duty-watch": ("duty-watch",),
    "screening": ("screening-weekly", "screening-monthly", "screening-quarterly", "screening-site", "screening-self", "screening-report"),
    "hazards": ("hazard", "hazard-upkeep", "mediation"),
    "instruction": ("instruction",),
    "meetings": ("consultation", "joint-meeting"),
    "public-information": ("public-information",),
}
"""Page → the procedures that it is about."""


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_session_of_the_page_runs_as_shown(name: str, played: Callable[[str], None]) -> None:
    blocks = re.findall(r"```console\n(.*?)```", page(name), re.DOTALL)
    assert blocks
    for block in blocks:
        played(block)


@pytest.mark.parametrize(("name", "procedure"), [(p, n) for p, names in FAMILIES.items() for n in names])
def test_the_page_names_every_duty_event_and_number(name: str, procedure: str) -> None:
    text, declared = page(name), procedure_of(procedure)
    wanted = [*declared.obligations, *(f"decide.{d}" for d in declared.decisions)]
    assert [w for w in wanted if f"`{w}`" not in text] == []
    numbers = [a.term.text.en for o in declared.obligations.values() for a in o.term if not a.term.qualitative]
    numbers += [o.starts.every for o in declared.obligations.values() if o.starts.every]
    assert [n for n in numbers if n not in text] == []
