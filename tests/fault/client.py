"""The process that gives commands: each has a key, each answer is noted outside the database, and who is started again goes on after it.

What the i-th command is depends on ``i`` and nothing else, so that it is given again word for word when its answer was lost.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from tests.fault.site import UNITS, Site
from tests.fault.victim import Trap, TrappedStore
from workflow import command as c
from workflow.engine import Engine, Result
from workflow.errors import Refused, StaleVersion, StoreUnavailable
from workflow.organisation import Actor

PACE = 0.03
"""Seconds between two commands."""
DEEDS = ("open", "open", "call", "call", "paper", "revise", "note", "receipt", "pair")
_LATELY = 24


def key_of(i: int) -> str:
    return f"k{i}"


def deed_of(i: int) -> str:
    return "open" if i < 3 else random.Random(f"deed {i}").choice(DEEDS)


def work(site: Site, trap: Trap, going: Callable[[], bool] = lambda: True) -> None:
    """As long as it is ``going``, or until it is killed."""
    engine = site.engine()
    engine.store = TrappedStore(engine.store, trap)
    done = [line["i"] for line in site.answers.read()]
    i = max(done, default=-1) + 1
    while going():
        try:
            answer = _given(engine, i)
            with engine.store.read() as view:
                hashes = {e.n: e.hash for e in view.entries(answer.case)}
        except Refused as refused:
            site.answers.add(i=i, refused=refused.code)
        except (StoreUnavailable, StaleVersion):  # the client does what the hint says: it gives the same command again
            time.sleep(0.05)
            continue
        else:
            site.answers.add(i=i, case=answer.case, n=answer.n, hash=hashes[answer.n], wrote=len(answer.acts))
        i += 1
        time.sleep(PACE)


def _given(engine: Engine, i: int) -> Result:
    key, deed, luck = key_of(i), deed_of(i), random.Random(f"command {i}")
    desk, boss = (c.Said(actor=Actor(role), note=key) for role in ("desk", "boss"))
    if deed == "open":
        grade: dict[str, Any] = {"grade": luck.choice(("low", "high"))} if luck.random() < 0.5 else {}
        command = c.Open(said=desk, unit=luck.choice(UNITS), what="事", where="地", told_by="人", facts=grade)
        return engine.open_case("errand", command, case=f"c{i}", key=key)
    case = f"c{luck.choice([j for j in range(max(0, i - _LATELY), i) if deed_of(j) == 'open'] or [0])}"
    if deed == "revise":
        return engine.do(case, c.Revise(said=boss, facts={"grade": luck.choice(("low", "high"))}, reason=key), key=key)
    if deed == "note":
        return engine.do(case, c.Note(said=desk, text=key), key=key)
    if deed == "receipt":
        return engine.do(case, c.Receipt(said=boss, of=1), key=key)
    if deed == "pair":  # two commands in one transaction, each with a key
        with engine.batch() as batch:
            batch.do(case, c.Note(said=desk, text=f"before {key}"), key=f"{key} before")
            return batch.do(case, c.Note(said=desk, text=key), key=key)
    return engine.do(case, c.Record(said=desk, event=deed), key=key)
