"""Every row of the sources stands somewhere in the product, and what it points at is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from adapters.commands import coverage as command
from adapters.commands import frame
from adapters.library import shipped_definitions
from workflow.coverage import TIMED, Row, coverage
from workflow.procedure.model import Procedure

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT.parent / "shared" / "domain" / "feature-table.md"
ROWS = command.rows()


def test_there_are_119_rows() -> None:
    assert len(ROWS) == 119
    assert [r.id for r in ROWS] == [f"{k}{n:02}" for k, last in (("A", 40), ("B", 45), ("C", 19), ("E", 15)) for n in range(1, last + 1)]


@pytest.mark.skipif(not TABLE.is_file(), reason="the shared feature table is not here")
def test_the_rows_and_their_kinds_are_those_of_the_sources() -> None:
    found = re.findall(r"^\| ([ABCE]\d\d) \| ([A-Z]+) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(r.id, r.kind) for r in ROWS] == found


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.id)
def test_the_row_stands_somewhere(row: Row) -> None:
    assert row.answered


@pytest.mark.parametrize("row", [r for r in ROWS if r.kind in TIMED], ids=lambda r: r.id)
def test_a_row_with_a_period_a_report_or_a_limit_stands_in_a_duty(row: Row) -> None:
    duties = [p for p in row.places if p.kind == "obligation"]
    procedures = {d.procedure.procedure: d.procedure for d in shipped_definitions()}
    assert duties and all(p.name in procedures[p.procedure].obligations for p in duties)


@pytest.mark.parametrize("name", sorted({c for r in ROWS for c in r.commands}))
def test_a_command_that_answers_a_row_is_there(name: str) -> None:
    first, _, second = name.partition(" ")
    module, attribute, _ = frame.TABLE[first]
    found = getattr(import_module(f"adapters.commands.{module}"), attribute)
    if second:
        assert second in {c.name or (c.callback.__name__ if c.callback else "") for c in found.registered_commands}
    else:
        assert callable(found)


def test_the_page_is_what_the_command_writes() -> None:
    page = (ROOT / "docs" / "reference" / "coverage.md").read_text(encoding="utf-8")
    assert page == command.page(ROWS), "run duban coverage --markdown > docs/reference/coverage.md"


def without(name: str) -> list[Procedure]:
    return [d.procedure for d in shipped_definitions() if d.procedure.procedure != name]


def test_a_row_whose_only_procedure_is_gone_stands_nowhere() -> None:
    rows = {r.id: r for r in coverage(command.table(), without("medical-dispute"))}
    assert not rows["E14"].answered and not rows["E02"].answered
    assert rows["A15"].answered


def test_an_event_alone_does_not_answer_a_row_with_a_limit() -> None:
    procedures = []
    for d in shipped_definitions("medical-dispute"):
        procedures.append(d.procedure.model_copy(update={"obligations": {}}))
    rows = {r.id: r for r in coverage(command.table(), procedures)}
    assert rows["E14"].places and not rows["E14"].answered
    assert rows["E07"].answered  # the event of sealing is evidence enough of a rule without a limit


def test_an_article_of_a_law_that_is_called_like_a_row_is_no_place_of_it() -> None:
    (plan,) = [d.procedure for d in shipped_definitions("medical-dispute")]
    law = plan.model_copy(update={"documents": {n: d.model_copy(update={"zh": "某条例"}) for n, d in plan.documents.items()}})
    assert all(not r.places for r in coverage(command.table(), [law]))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_shows_every_row(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["coverage", "--lang", lang]) == 0
    shown = capsys.readouterr().out
    assert all(r.id in shown for r in ROWS)
