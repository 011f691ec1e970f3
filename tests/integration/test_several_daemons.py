"""What several daemons on one PostgreSQL store do to each other: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from adapters.daemon.again import again
from adapters.daemon.pulse import Pulse
from adapters.daemon.watch import Settings, Watch
from adapters.host import FixedClock
from tests.play import PROBE, Play, at
from workflow.engine import Engine
from workflow.errors import StaleVersion
from workflow.moment import stamp
from workflow.monitor import MONITOR, STARTED, STOPPED
from workflow.outbox import SWEPT
from workflow.procedure.load import load


class Stopwatch:
    def running(self) -> float:
        return 0.0

    boot = running


@pytest.fixture
def engines(postgres_url: str) -> Iterator[list[Engine]]:
    """Four processes' worth of engines on one store."""
    engines = [Engine.open(postgres_url) for _ in range(4)]
    for engine in engines:
        engine.clock = FixedClock(at("09-24 10:00"))
    yield engines
    for engine in engines:
        engine.close()


def kinds(engine: Engine) -> list[tuple[str, Any]]:
    with engine.store.read() as view:
        return [(e.kind, e.body["daemon"]) for e in view.entries(MONITOR)]


def test_all_start_and_stop_at_once_and_each_is_journaled_once(engines: list[Engine]) -> None:
    watches = [Watch(engine, Settings(f"d{i}", alone=False), Pulse(), Stopwatch()) for i, engine in enumerate(engines)]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(Watch.begin, watches))
        list(pool.map(Watch.end, watches))
    found = kinds(engines[0])
    assert sorted(found) == sorted((kind, f"d{i}") for kind in (STARTED, STOPPED) for i in range(4))


def test_what_cannot_be_mended_by_trying_again_is_raised(engines: list[Engine]) -> None:
    tried = []

    def act(batch: Any) -> None:
        tried.append(1)
        with engines[1].batch() as other:
            other.note(STARTED, {"daemon": "other"})
        batch.note(STARTED, {"daemon": "late"})

    with pytest.raises(StaleVersion):
        again(engines[0], lambda batch: (batch.view.mark(MONITOR), act(batch)), tries=3)
    assert len(tried) == 3
    assert kinds(engines[0]) == [(STARTED, "other")] * 3


def test_the_mark_does_not_pass_a_case_that_another_daemon_holds(engines: list[Engine]) -> None:
    """Were that one killed now, nobody would have said what its case had due: the mark must not say that somebody did."""
    one, two = engines[:2]
    one.tick()  # the first sweep of a store announces the calendar
    one.add(load(PROBE.read_bytes(), "probe.yaml"))
    for case, minute in (("A", 1), ("B", 2), ("C", 3)):
        play = Play("probe", engine=one).at(f"09-24 10:0{minute}")
        play.open("desk", {"grade": "high"}, case=case)
    with one.store.read() as view:
        (first, *_) = view.waking(at("09-25 10:00"), 3)
    assert first.id == "A" and first.next_at is not None
    one.clock = two.clock = FixedClock(at("09-24 13:00"))

    def sweep(engine: Engine, most: int) -> str:
        with engine.batch() as batch:
            assert batch.sweep(most, None).claimed > 0
            if engine is one:
                assert sweep(two, 9) == stamp(first.next_at), "A is held by the other one"
        with engine.store.read() as view:
            return view.mark(SWEPT)

    sweep(one, 1)
    two.tick()
    with two.store.read() as view:
        assert view.mark(SWEPT) == stamp(two.clock.now()), "the next sweep finds nothing left"
