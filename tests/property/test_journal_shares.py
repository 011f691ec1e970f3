"""A journal shared out in any way, its shares replayed in any order, gives the report of one process over all of it."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from adapters.journaled import Reader, Record, of_store, record_of_store
from adapters.journalsource import Chains, Pinned
from adapters.partition import replayed, serial
from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.integration.test_one_store import office
from tests.property.test_live_equals_replay import PROCEDURES, Chaos
from workflow.journal.chain import Head
from workflow.moment import unstamp
from workflow.ports import Store
from workflow.replay import Report, replay_cases


class InMemory(NamedTuple):
    store: Store

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        with self.store.read() as view:
            yield view.entries

    def of(self, cases: Sequence[tuple[str, Head]]) -> InMemory:
        return self


def at_once(store: Store, law: Pinned) -> Report:
    """The oracle: all cases read, all replayed, in one go."""
    with store.read() as view:
        found = of_store(view, "")
    return replay_cases(found.cases, law.rules, law.calendars, law.organisation, law.as_of)


def in_parts(store: Store, record: Record, law: Pinned, chance: random.Random, parts: int) -> Report:
    some: list[list[tuple[str, Head]]] = [[] for _ in range(parts)]
    for case in record.heads.items():
        chance.choice(some).append(case)
    chance.shuffle(some)
    sent: Pinned = pickle.loads(pickle.dumps(law))
    return replayed([Chains(InMemory(store), part) for part in some], sent, None, serial()).report


@examples(12)
@given(seed=st.integers(0, 1_000_000), procedure=st.sampled_from(PROCEDURES), parts=st.integers(1, 4))
def test_random_histories_in_random_parts_give_one_digest(seed: int, procedure: str, parts: int) -> None:
    chance = random.Random(seed)
    play = Chaos(chance, procedure, MemoryStore()).play(20)
    with play.store.read() as view:
        record = record_of_store(view, "")
    law = Pinned(record.rules, record.calendars, record.organisation(play.clock.now()), play.clock.now())
    assert in_parts(play.store, record, law, chance, parts).document() == at_once(play.store, law).document()


@examples(12)
@given(seed=st.integers(0, 1_000_000), parts=st.integers(1, 9), back=st.integers(0, 60))
def test_cases_that_have_to_do_with_each_other_may_lie_in_any_share(seed: int, parts: int, back: int) -> None:
    store = office().store
    with store.read() as view:
        record = record_of_store(view, "")
        recorded = sorted(entry.recorded for entry in view.journal())
    until = unstamp(recorded[-1 - back])
    law = Pinned(record.rules, record.calendars, record.organisation(until), until)
    assert in_parts(store, record, law, random.Random(seed), parts).document() == at_once(store, law).document()
