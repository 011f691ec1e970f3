"""Cases that are moved to another version at a random point of a random course."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.property.test_live_equals_replay import PROCEDURES, Chaos
from workflow import command as c
from workflow.audit import audit_store
from workflow.case.clockwork import catch_up
from workflow.case.migrate import movable
from workflow.journal.canonical import Json, parse_canonical
from workflow.migration import read_plan
from workflow.obligation.ledger import ledger
from workflow.organisation import Actor
from workflow.procedure.load import Definition, load, mapped
from workflow.procedure.source import BrokenDefinition
from workflow.replay import row_document

seeds = st.integers(0, 1_000_000)


def another(play: Chaos, version: str, change: Any = None) -> Definition:
    """The definition of the course under another version label; ``change`` edits its content."""
    with play.store.read() as view:
        content = mapped(parse_canonical(view.blob(play.rules.hash) or b""))
    content["version"] = version
    if change is not None:
        change(content)
    return load(json.dumps(content, ensure_ascii=False).encode(), "another.yaml")


def moved(play: Chaos, old: str, definition: Definition, obligations: str = "{default: keep}") -> list[str]:
    """Move the running cases; the ids of those that were."""
    play.engine.add(definition)
    text = f"from: {old}\nto: {definition.procedure.ref}\nground: g\nobligations: {obligations}\n"
    said = c.Said(actor=Actor(next(iter(play.rules.procedure.roles))))
    return [f.becomes.case.id for f in play.engine.migrate(read_plan(text, "plan.yaml"), said)]


def running(play: Chaos) -> list[str]:
    """The cases that have neither ended nor are void, once the clock has caught up."""
    found = {n: catch_up(s, play.engine.world(s), play.clock.now()).case for n in play.cases for s in (play.engine.case(n),)}
    return sorted(n for n, case in found.items() if movable(case))


def noted(play: Chaos, cases: list[str]) -> None:
    """An entry that says nothing in each of these cases: entries have the same numbers then."""
    for name in cases:
        play.engine.do(name, c.Note(said=c.Said(actor=Actor(next(iter(play.rules.procedure.roles)))), text="记"))


def rows(play: Chaos) -> dict[str, dict[str, Json]]:
    found = {}
    for name in play.cases:
        standing = play.engine.case(name)
        world = play.engine.world(standing)
        case = catch_up(standing, world, play.clock.now()).case
        found |= {f"{name}: {row.key}": row_document(row, case) for row in ledger(case, world, play.clock.now())}
        found[name] = {
            "state": list(case.state),
            "deeds": [[a.kind, a.name, a.happened.encode()] for a in case.acts if a.kind == "clocked"],
        }
    return found


@pytest.mark.parametrize("procedure", PROCEDURES)
@examples(8)
@given(seed=seeds, before=st.integers(0, 14), after=st.integers(0, 14), again=st.booleans())
def test_promise_9_moving_to_the_same_rules_under_another_label_changes_no_outcome_and_no_date(
    procedure: str, seed: int, before: int, after: int, again: bool
) -> None:
    ours, theirs = (Chaos(random.Random(seed), procedure, MemoryStore()).play(before) for _ in range(2))
    old = ours.rules.procedure.ref
    for number, old_ref in enumerate((old, f"{ours.rules.procedure.procedure}@label-0")[: 2 if again else 1]):
        definition = another(ours, f"label-{number}")
        theirs.engine.add(definition)
        cases = running(theirs) if number == 0 else [n for n in running(theirs) if ours.engine.case(n).case.version == "label-0"]
        assert moved(ours, old_ref, definition) == cases
        noted(theirs, cases)
        for play in (ours, theirs):
            proceed(play, after)
    assert rows(ours) == rows(theirs)


def proceed(play: Chaos, length: int) -> None:
    """More of the course, on the cases that are there."""
    opened, play.open = play.open, lambda case: None  # type: ignore[method-assign]
    cases = list(play.cases)
    play.play(length)
    play.open, play.cases = opened, cases  # type: ignore[method-assign]


@pytest.mark.parametrize("procedure", PROCEDURES)
@examples(6)
@given(seed=seeds, before=st.integers(0, 12), after=st.integers(0, 12))
def test_a_case_that_was_moved_replays_to_what_it_is_live_and_its_audit_finds_nothing(
    procedure: str, seed: int, before: int, after: int
) -> None:
    play = Chaos(random.Random(seed), procedure, MemoryStore()).play(before)
    chance = random.Random(seed + 1)

    def change(content: dict[str, Any]) -> None:
        for obligation in content["obligations"].values():
            for term in obligation["term"]:
                term["is"] = chance.choice((term["is"], str(term["is"]).replace("5", "3").replace("1 hour", "3 hours")))

    def dropping(content: dict[str, Any]) -> None:
        del content["obligations"][chance.choice(list(content["obligations"]))]
        change(content)

    try:
        definition = another(play, "next", dropping)
    except BrokenDefinition:  # something else rests on that obligation
        definition = another(play, "next", change)
    choice = chance.choice(("keep", "from_start", "from_now"))
    moved(play, play.rules.procedure.ref, definition, f"{{default: {choice}}}")
    proceed(play, after)
    play.engine.tick()
    report = play.exported()
    assert report.cases == play.digests()
    assert report.deviations["drift"] == 0
    with play.store.read() as view:
        assert audit_store(view).findings == ()
    before_restart = play.digests()
    play.engine = play.started()
    assert play.digests() == before_restart
