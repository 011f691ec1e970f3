"""A transaction of the daemon's own that is made anew where somebody else was first: a command, or another daemon on the same store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from workflow.batch import Batch
from workflow.engine import Engine
from workflow.errors import StaleVersion, StoreBusy

T = TypeVar("T")
TRIES = 8


def again(engine: Engine, act: Callable[[Batch], T], tries: int = TRIES) -> T:
    """What ``act`` returned in the transaction that was committed; it may be called several times, each time on what stands then.

    Raises what the last try raised, and at once anything that trying again does not mend.
    """
    while True:
        tries -= 1
        touched: Mapping[str, object] = {}
        try:
            with engine.batch() as batch:
                touched = batch.standings
                found = act(batch)
            return found
        except (StaleVersion, StoreBusy):
            if tries <= 0:
                raise
            engine.sources.forget(touched)
