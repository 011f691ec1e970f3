"""``duban init``: make a store, with the algorithm of its journal."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.commands import frame, place, screen
from workflow.errors import AlreadyThere
from workflow.journal.canonical import Algorithm, hashed
from workflow.text import Text


def init(
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="日志的杂凑算法 / hash of the journal")] = Algorithm.SHA256,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预演,不写入 / show what would be made, write nothing")] = False,
) -> None:
    # A store that is there keeps its algorithm, and what is no store at all says so when it is opened.
    if not frame.absent():
        with frame.store() as store, store.read() as view:
            there = view.meta()["algorithm"]
        raise AlreadyThere(
            Text(f"存储已建立,日志用 {there},不能再改", f"the store is there already, and its journal stays in {there}"),
            where=place.name(),
            hint=Text("换一个路径", "take another path"),
        )
    hashed(b"", algorithm)  # an algorithm that is not to be had here is refused before anything is made
    if not dry_run:
        with frame.store(create=True, algorithm=algorithm):
            pass
        frame.engine(create=True).close()  # with the shipped definitions in it
    done = Text("预演,不写入:将建立", "dry run, nothing is written: this would make") if dry_run else Text("已建立", "made")
    zh, en = f"{done.zh} {place.name()},日志用 {algorithm.value}", f"{done.en} {place.name()}, its journal in {algorithm.value}"
    screen.emit({"store": place.name(), "algorithm": algorithm.value, "dry_run": dry_run}, lambda: frame.say(Text(zh, en)))
