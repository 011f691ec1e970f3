"""The clauses that the basis entries cite: one row, one clause everywhere, and it is where the quote of the row stands in the source."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from adapters.library import find_definition, shipped_definitions

SHARED = Path(__file__).parents[2].parent / "shared"
ROW = re.compile(r"[ABCE]\d\d")
PARTS = {"A": "第一篇", "B": "第二篇", "C": "第三篇", "E": "第四篇"}
HEADINGS = (r"([一二三四五六七八九])、", r"(\([一二三四五六七八九]\))", r"(\d)、")


def cited() -> dict[str, set[tuple[str, str]]]:
    """Row → the documents and clauses that the shipped definitions cite for it."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for definition in shipped_definitions():
        p = definition.procedure
        for name, entry in p.basis.items():
            if ROW.fullmatch(name):
                found[name].add((p.documents[entry.document].zh, entry.clause))
    return found


def places(text: str) -> tuple[str, list[str]]:
    """A source without its white space, and the clause in which each character of it stands."""
    level, letters, clauses = ["", "", ""], "", []
    for line in text.splitlines():
        for n, heading in enumerate(HEADINGS):
            if found := re.match(heading, line.strip()):
                level = [*level[:n], found[1], *[""] * (2 - n)]
                break
        bare = re.sub(r"\s", "", line)
        letters += bare
        clauses += ["".join(level)] * len(bare)
    return letters, clauses


def quotes() -> dict[str, str]:
    lines = (SHARED / "domain" / "feature-table.md").read_text(encoding="utf-8").splitlines()
    return {line[2:5]: re.sub(r"\s", "", re.findall("「(.+?)」", line)[-1]) for line in lines if re.match(r"\| [ABCE]\d\d \|", line)}


def test_a_row_is_cited_with_the_same_document_and_clause_everywhere() -> None:
    assert {row: found for row, found in cited().items() if len(found) > 1} == {}


def test_a_clause_that_is_cited_is_where_the_words_of_its_row_stand() -> None:
    seeds = sorted((SHARED / "seeds").glob("*.txt"))
    if not seeds or not (SHARED / "domain" / "feature-table.md").exists():
        pytest.skip("needs the source texts in ../shared, which are no part of the repository")
    _, *halves = re.split(r"(?m)^(第[一二三四五]篇):", seeds[0].read_text(encoding="utf-8"))
    sources = {part: places(text) for part, text in zip(halves[::2], halves[1::2], strict=True)}
    wrong = {}
    for row, found in cited().items():
        letters, clauses = sources[PARTS[row[0]]]
        stands = {clauses[m.start()] for m in re.finditer(re.escape(quotes()[row]), letters)}
        said = {part for _, clause in found for part in clause.split("、")}
        if not said or said - stands:
            wrong[row] = (said, stands)
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("medical-accident-351", "2002-09-01"),
        ("public-health-376", "2003-05-09"),
        ("production-accident-493", "2007-06-01"),
        ("environment-report-17", "2011-05-01"),
        ("medical-dispute-701", "2018-10-01"),
        ("petition-2022", "2022-05-01"),
    ],
)
def test_a_national_rule_binds_from_the_day_on_which_it_came_into_force(name: str, day: str) -> None:
    assert find_definition(name).procedure.in_force.since == date.fromisoformat(day)


def test_what_rests_on_no_source_before_the_project_book_is_not_in_force_before_its_year() -> None:
    early = set()
    for definition in shipped_definitions():
        p = definition.procedure
        cites = {name[0] for name in p.basis if ROW.fullmatch(name)}
        if cites and cites <= {"B", "C"} and (p.in_force.since is None or p.in_force.since < date(2012, 1, 1)):
            early.add(p.procedure)
    assert early == set()


def test_where_each_unit_sets_the_length_of_a_period_no_source_is_named_for_its_end_alone() -> None:
    named = set()
    for definition in shipped_definitions():
        p = definition.procedure
        if p.period is None or p.period.every != "unset":
            continue
        for name, duty in p.obligations.items():
            if any(str(a.term) == "end of period" and "unit" not in (a.basis or duty.basis) for a in duty.term):
                named.add((p.procedure, name))
    assert named == set()


def test_every_number_of_a_duty_rests_on_something() -> None:
    without = set()
    for definition in shipped_definitions():
        p = definition.procedure
        for name, duty in p.obligations.items():
            terms = [a.basis or duty.basis for a in duty.term if a.term is None or not a.term.qualitative]
            asides = [r.basis for r in (*duty.tiers, *duty.pause, *([duty.extend] if duty.extend else []))]
            if not all((*terms, *asides)):
                without.add((p.procedure, name))
    assert without == set()
