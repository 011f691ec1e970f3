"""``duban init``: make a store, with the algorithm of its journal."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.commands import frame, screen
from workflow.errors import AlreadyThere
from workflow.journal.canonical import Algorithm
from workflow.text import Text


def init(
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="日志的杂凑算法 / hash of the journal")] = Algorithm.SHA256,
) -> None:
    # A store that is there keeps its algorithm, and what is no store at all says so when it is opened.
    if not frame.absent():
        with frame.store() as store, store.read() as view:
            there = view.meta()["algorithm"]
        raise AlreadyThere(
            Text(f"存储已建立,日志用 {there},不能再改", f"the store is there already, and its journal stays in {there}"),
            where=frame.settings.db,
            hint=Text("换一个路径", "take another path"),
        )
    with frame.store(create=True, algorithm=algorithm):
        pass
    with frame.engine(create=True) as engine, engine.store.read() as view:
        made = view.meta()["algorithm"]
    screen.emit(
        {"store": frame.settings.db, "algorithm": made},
        lambda: frame.say(Text(f"已建立 {frame.settings.db},日志用 {made}", f"made {frame.settings.db}, its journal in {made}")),
    )
