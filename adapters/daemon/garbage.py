"""When a daemon looks for cyclic garbage: a sweep makes very many objects and no cycles, so every search in it is in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def spare_collections() -> None:
    """Search less often, and never through what is there before the watch begins: it stays."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@contextmanager
def uncollected() -> Iterator[None]:
    """Search for none in the block, which lasts no longer than the budget of a tick."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
