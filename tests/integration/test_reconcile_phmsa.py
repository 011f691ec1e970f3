"""A real log against a copy of itself, jittered and with some left out: what is matched is right, what is left out is found."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.ledgers import Ledger, ledger_of
from tests.integration.test_replay_phmsa import MAP, SHA256
from workflow.reconcile import MatchRules, match

RULES = MatchRules.model_validate(
    {"keys": {"operator": {"a": "actor", "b": "actor"}}, "time": {"a": "occurred", "b": "occurred", "within": "2 hours"}, "reports": "a"}
)


@pytest.fixture(scope="module")
def path(shared_logs: Callable[[str, str], Path]) -> Path:
    return shared_logs("phmsa_events.csv.gz", SHA256)


@pytest.fixture(scope="module")
def whole(path: Path) -> Ledger:
    return ledger_of(path, MAP, (), RULES, "b")


def book(path: Path, target: Path, lost: int) -> set[str]:
    """A copy under other names, up to half an hour off, without every ``lost``-th incident, in another order; returns those left out."""
    chance = random.Random(7)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["incident"] for row in rows})
    out = set(names[::lost])
    off = {name: timedelta(minutes=chance.randint(-30, 30)) for name in names}
    kept = [row for row in rows if row["incident"] not in out]
    for row in kept:
        if row["date_only"] != "True":
            row["local_time"] = f"{datetime.fromisoformat(row['local_time']) + off[row['incident']]:%Y-%m-%d %H:%M:%S}"
        row["incident"] = f"book-{row['incident']}"
    chance.shuffle(kept)
    with gzip.open(target, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    return out


def test_what_is_matched_is_right_and_what_was_left_out_is_found(path: Path, whole: Ledger, tmp_path: Path) -> None:
    out = book(path, tmp_path / "book.csv.gz", 20)
    part = ledger_of(tmp_path / "book.csv.gz", MAP, (), RULES, "a")
    found = match(part.incidents, whole.incidents, RULES)
    right = [p for p in found.matched if p.a.id == f"book-{p.b.id}"]
    assert len(out) == 140 and len(part.incidents) == 2796 - 140
    wrong = [p for p in found.matched if p not in right]
    assert len(right) >= 2640 and len(wrong) <= 10, "of two incidents of one operator within two hours the nearer is not always the one"
    for pair in wrong:
        assert pair.a.id.removeprefix("book-") in {p.b.id for p in found.beaten[pair.ids]}, "no match is silent about the other one"
    alone, unsure = {i.id for i in found.alone_b}, {p.b.id for group in found.ambiguous for p in group}
    assert len(alone & out) >= 135 and len(unsure) <= 20
    could_be = {p.b.id for pairs in found.beaten.values() for p in pairs}
    assert alone - out <= could_be, "one that is not matched and was not left out says what it could have been"


def test_a_log_against_itself_matches_every_incident_to_itself_or_says_that_it_cannot(whole: Ledger) -> None:
    exact = RULES.model_copy(update={"time": MatchRules().time})
    found = match(whole.incidents, whole.incidents, exact)
    assert all(p.a.id == p.b.id for p in found.matched)
    assert not found.alone_a and not found.alone_b and len(found.matched) >= 2780
