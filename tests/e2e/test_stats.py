"""``duban stats`` as an office runs it."""

from __future__ import annotations

from tests.e2e.conftest import Cli


def test_the_figures_of_a_dispute_add_up(dispute: Cli) -> None:
    said = dispute("stats", "--json").json
    assert said["total"]["rows"] == sum(row["rows"] for row in said["rows"]) > 0
    assert said["total"]["rows"] == sum(n for k, n in said["total"].items() if k not in ("rows", "judged", "per_mille"))


def test_an_unknown_key_is_refused_with_those_that_there_are(dispute: Cli) -> None:
    said = dispute("stats", "--by", "colour", "--json", code=2).error
    assert said["error"] == "input.bad" and "unit" in said["hint"]


def test_drills_are_counted_apart(dispute: Cli) -> None:
    assert dispute("stats", "--drills", "--json").json["total"]["rows"] == 0
