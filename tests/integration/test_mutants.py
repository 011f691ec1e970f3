"""The mutation campaign: its damage comes from the schema, and the checker finds at least what the issue asks for."""

from __future__ import annotations

import random
from importlib.resources import files
from typing import Any

import pytest

from benchmarks import mutants as command
from benchmarks.damage import GONE, OPERATORS, Mutant, learn, mutants, sites, table_of, tables
from benchmarks.mutants import campaign, damaged
from workflow.procedure.source import read_source


def data(name: str) -> Any:
    return read_source((files("definitions") / "procedures" / name).read_bytes(), name).data


def test_every_kind_of_field_that_a_definition_has_can_be_damaged() -> None:
    found = {site.kind for name in ("medical-dispute.yaml", "service-incident.yaml") for site in sites(data(name))}
    assert found <= set(OPERATORS)
    assert {"name", "term", "condition", "choice", "switch", "point", "label", "part", "list", "table"} <= found


def test_a_mutant_differs_in_one_place_and_leaves_the_original_alone() -> None:
    original = data("service-incident.yaml")
    before = repr(original)
    for mutant in mutants(original, random.Random(1)):
        assert damaged(original, mutant) != original, (mutant.operator, mutant.site.place)
    assert repr(original) == before


def test_a_field_that_is_dropped_is_gone() -> None:
    original = data("service-incident.yaml")
    site = next(s for s in sites(original) if s.place == ("obligations", "resolve", "pause"))
    assert "pause" not in damaged(original, Mutant(site, "an optional is dropped", GONE, "defect"))["obligations"]["resolve"]


def test_what_a_name_refers_to_is_read_off_the_definitions() -> None:
    original = data("medical-dispute.yaml")
    learn([original])
    found = {site.field: table_of(site, tables(original)) for site in sites(original) if site.kind == "name"}
    assert (found["Obligation.met_by"], found["Owed.by"], found["Event.from"]) == ("events", "roles", "states")


@pytest.mark.slow
def test_one_seed_draws_the_same_mutants() -> None:
    (size, one), (_, other) = campaign(40, seed=3), campaign(40, seed=3)
    assert [(v.procedure, v.mutant.site.place, v.mutant.operator, v.seen) for v in one] == [
        (v.procedure, v.mutant.site.place, v.mutant.operator, v.seen) for v in other
    ]
    assert len(one) == 40 < size


@pytest.mark.slow
def test_at_least_80_percent_of_the_defects_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--sample", "900"]) == 0
    assert "at least 80 %: met" in capsys.readouterr().out
