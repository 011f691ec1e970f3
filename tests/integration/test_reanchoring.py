"""A store copied into one of another kind whose journal goes on in another algorithm."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.reanchoring import reanchor
from adapters.store.sql import SqlStore
from tests.play import at
from tests.postgres import Server
from tests.tampering import note_of, play
from workflow import command as c
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.errors import BadInput, StoreBusy
from workflow.monitor import MONITOR
from workflow.organisation import Actor

pytestmark = pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore.open(str(tmp_path / "old.db"))
    play(store, random.Random(1))
    yield store
    store.close()


def test_a_journal_goes_on_in_sm3_on_postgresql_and_the_old_checkpoint_holds(old: SqlStore, postgres_server: Server) -> None:
    before, target = note_of(old), postgres_server.fresh()
    reanchor(old, target, "sm3", "密评", at("10-01 10:00"), SystemEntropy())
    with Engine(SqlStore.open(target, create=False), FixedClock(at("10-02 10:00")), SystemEntropy(), shipped("cn"), "test") as engine:
        assert (seal := engine.seal()) is not None and seal.algorithm == "sm3"
        engine.do("C0", c.Note(said=c.Said(actor=Actor("desk")), text="之后"))
        with engine.store.read() as view:
            assert audit_store(view, before).findings == ()
            act = view.entries(MONITOR)[-1]
            part = view.private(MONITOR, act.n)
            assert view.entries("C0")[-1].algorithm == act.algorithm == "sm3" and part is not None and "密评" in part.data.decode()


def test_what_somebody_wrote_after_the_last_seal_is_not_carried_over_in_the_old_algorithm(old: SqlStore, tmp_path: Path) -> None:
    engine = Engine(old, FixedClock(at("10-01 09:00")), SystemEntropy(), shipped("cn"), "test")
    engine.do("C0", c.Note(said=c.Said(actor=Actor("desk")), text="之后"))
    with pytest.raises(StoreBusy, match="somebody has written"):
        reanchor(old, str(tmp_path / "new.db"), "sm3", "密评", at("10-01 10:00"), SystemEntropy())


def test_an_empty_journal_has_nothing_to_re_anchor(tmp_path: Path) -> None:
    with closing(SqlStore.open(str(tmp_path / "empty.db"))) as store, pytest.raises(BadInput, match="empty"):
        reanchor(store, str(tmp_path / "new.db"), "sm3", "密评", at("10-01 10:00"), SystemEntropy())


def test_a_journal_that_is_in_the_algorithm_already_is_refused(old: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="already"):
        reanchor(old, str(tmp_path / "new.db"), "sha256", "x", at("10-01 10:00"), SystemEntropy())
    assert not (tmp_path / "new.db").exists()
