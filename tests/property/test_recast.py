"""A case that is cast under the version it had anyway is itself, whatever was done in it; and under any other the totals add up."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.property.test_live_equals_replay import PROCEDURES, Chaos
from workflow.act import Act
from workflow.otherwise import Otherwise, beside, compared, other_cases
from workflow.replay import replay_cases
from workflow.rules import Rules


def sides(play: Chaos, other: Rules) -> dict[str, Any]:
    """The comparison of the cases of a store under their own rules with those under ``other``."""
    engine, now = play.engine, play.clock.now()
    cases: list[tuple[str, list[Act]]] = [(case, list(engine.case(case).case.acts)) for case in play.cases]
    world = engine.world(engine.case(play.cases[0]))
    given_ = cases, {play.rules.hash: play.rules}, world.calendars, engine.organisation(), now
    comparison = other_cases(*given_, Otherwise({"mode": "what_if"}, {play.procedure: other}))
    base = replay_cases(*given_, each=beside(comparison, None))
    document: Any = compared(base, comparison).document()
    return {**document["comparison"], "ours": base.cases, "theirs": comparison.report.cases}


@pytest.mark.parametrize("procedure", PROCEDURES)
@examples(12)
@given(seed=st.integers(0, 1_000_000), length=st.integers(1, 25))
def test_under_its_own_version_nothing_differs(procedure: str, seed: int, length: int) -> None:
    play = Chaos(random.Random(seed), procedure, MemoryStore()).play(length)
    found = sides(play, play.rules)
    assert found["theirs"] == found["ours"] and not found["why"] and not found["unmapped"]
    assert found["cases"]["changed"] == 0


@examples(20)
@given(seed=st.integers(0, 1_000_000), procedure=st.sampled_from(PROCEDURES), left_out=st.integers(0, 30))
def test_under_a_version_without_some_event_and_duty_the_totals_add_up_and_it_is_named(seed: int, procedure: str, left_out: int) -> None:
    play = Chaos(random.Random(seed), procedure, MemoryStore()).play(20)
    p = play.rules.procedure
    opened = {play.engine.case(case).case.opened.name for case in play.cases}
    names = [n for n in p.events if n not in opened]
    gone, duty = names[left_out % len(names)], list(p.obligations)[left_out % len(p.obligations)]
    events = {n: e for n, e in p.events.items() if n != gone}
    obligations = {n: o for n, o in p.obligations.items() if n != duty}
    other = Rules(p.model_copy(update={"events": events, "obligations": obligations}), "sha256:x")
    try:
        found = sides(play, other)
    except KeyError:  # what is left reads what was taken away: no definition that could be loaded
        return
    done = sum(1 for case in play.cases for act in play.engine.case(case).case.acts if act.name == gone and act.kind == "acted")
    assert found["unmapped"].get("event", {}).get(gone, 0) == done
