"""A store that goes on from a copy: what the store it was made of may have told goes out as a possible duplicate, nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.calendars import shipped
from adapters.host import SystemEntropy
from adapters.store.backup import accept, backup
from adapters.store.copying import copy
from adapters.store.sql import SqlStore
from adapters.store.sqlite import Sqlite
from tests.integration import test_sender
from tests.integration.test_sender import Box, outbox, sender
from tests.play import Play
from workflow.engine import Engine
from workflow.outbox import COPIED

Copying = Callable[[SqlStore, Path], object]
play = test_sender.play


def by_store_copy(store: SqlStore, path: Path) -> None:
    with closing(SqlStore.open(str(path))) as target:
        copy(store, target)


def by_hand(store: SqlStore, path: Path) -> None:
    """``cp`` of the file alone, of which everything was written back just then, and then it is taken as it is."""
    with closing(store.engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(FULL)").fetchall()
    assert isinstance(store.backend, Sqlite)
    shutil.copyfile(store.backend.location, path)
    assert accept(path)


@pytest.fixture(params=[backup, by_store_copy, by_hand], ids=["backup", "store copy", "cp"])
def restored(request: pytest.FixtureRequest, play: Play, tmp_path: Path) -> Iterator[Play]:
    """What goes on from the copy; the store itself goes on beside it."""
    make: Copying = request.param
    assert isinstance(play.engine.store, SqlStore)
    make(play.engine.store, tmp_path / "copy.db")
    with Engine(SqlStore.open(f"{tmp_path}/copy.db"), play.clock, SystemEntropy(), shipped("cn"), "test") as engine:
        engine.routing = play.engine.routing
        found = Play("social-security-incident", engine=engine)
        found.clock.set(play.clock.now())
        yield found


def doubts(play: Play) -> list[bool]:
    box = Box()
    sender(play, box).send_due()
    return [letter.doubtful for letter in box.letters]


def test_what_waited_in_the_copy_may_have_been_sent(play: Play, restored: Play) -> None:
    assert doubts(play) == [False, False], "the store itself is not touched"
    assert {m.doubtful for m in outbox(restored)} == {True}
    assert doubts(restored) == [True, True]
    told = [a.data for a in restored.engine.case("C").case.acts if a.kind == "notified"]
    assert len(told) == 4 and all(data["doubtful"] for data in told)


def test_what_its_first_sweep_says_may_have_been_said_and_what_comes_after_was_not(play: Play, restored: Play) -> None:
    before = {m.id for m in outbox(restored)}
    restored.at("10-02 02:00").engine.tick()
    first = {m.id: m.doubtful for m in outbox(restored) if m.id not in before}
    assert first and all(first.values())
    with restored.engine.store.read() as view:
        assert view.mark(COPIED) == ""
    restored.open("village_office", unit="zhongzhuang", case="D")
    restored.at("10-02 02:30").engine.tick()
    later = {m.id: m.doubtful for m in outbox(restored) if m.id not in before | first.keys()}
    assert later and not any(later.values())


def test_a_sweep_of_several_parts_is_marked_to_its_end(restored: Play) -> None:
    for case in ("D", "E"):
        restored.at("10-02 00:11").open("village_office", unit="zhongzhuang", case=case)
    before = {m.id for m in outbox(restored)}
    restored.at("10-02 02:00")
    parts = [part.claimed for part in restored.engine.sweep(size=1)]
    assert len(parts) > 2
    found = {m.case: m.doubtful for m in outbox(restored) if m.id not in before}
    assert found.keys() == {"C", "D", "E"} and all(found.values())
