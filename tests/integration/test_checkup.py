"""What ``duban doctor`` asks of a store and a machine, check by check."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters import checkup
from adapters.calendars import shipped
from adapters.checkup import Check
from adapters.host import FixedClock, SystemClock, SystemEntropy
from adapters.store.contract import T0
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from adapters.store.watch_contract import message
from adapters.vitals import measure, skew, unwritable
from tests.play import PROBE, Play, at
from workflow.engine import Engine
from workflow.outbox import Parked
from workflow.ports import Store
from workflow.procedure.load import load
from workflow.text import same


def playing(store: Store) -> Play:
    engine = Engine(store, FixedClock(at("09-24 10:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    play = Play("probe", engine=engine).at("09-24 10:00")
    engine.tick()
    return play


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    found = playing(SqlStore.open(f"sqlite:///{tmp_path / 'office.db'}"))
    yield found
    found.engine.close()


def checks(play: Play) -> dict[str, Check]:
    return {c.title.en: c for c in checkup.of_store(play.engine, [r.procedure for r in play.engine.definitions()])}


def test_a_sound_store_has_nothing_to_do_but_what_people_owe(play: Play) -> None:
    play.open("desk", {"grade": "high"})
    found = checks(play)
    assert [title for title, c in found.items() if not c.ok] == []
    assert "WAL" in found["database mode"].value.en and "FULL" in found["database mode"].value.en
    assert found["due and not swept"].value.en == found["oldest overdue duty"].value.en == "none"
    assert found["parked cases"].value.en == "0"


def test_what_passed_unseen_says_for_how_long_and_what_to_do(play: Play) -> None:
    play.open("desk", {"grade": "high"})
    play.at("10-24 10:00")
    found = checks(play)
    late = found["due and not swept"]
    assert (late.ok, late.value.zh[:4]) == (False, "已 29")
    assert late.todo is not None and "duban run" in late.todo.en
    oldest = found["oldest overdue duty"]
    assert oldest.ok and oldest.value.en.startswith("C ")
    play.engine.tick()
    assert checks(play)["due and not swept"].ok


def test_parked_cases_are_named_with_the_reason(play: Play) -> None:
    now = play.clock.now()
    with play.engine.store.write() as unit:
        for n in range(5):
            unit.park(Parked(f"C{n}", 1, now, now + timedelta(hours=1), "integrity", "the journal does not verify"))
    found = checks(play)["parked cases"]
    assert not found.ok
    assert found.value.en == "5 C0 [integrity]; C1 [integrity]; C2 [integrity] …"
    assert found.todo is not None and "does not verify" in found.todo.zh


def test_messages_that_nobody_sends_are_a_fault_and_what_is_put_off_is_none(play: Play) -> None:
    hour = timedelta(hours=1)
    with play.engine.store.write() as unit:
        unit.put_messages([message("quiet", at=2 * hour), message("p1"), message("p2", "sms")._replace(doubtful=True)])
    play.clock.set(T0 + hour)
    found = checks(play)["messages"]
    assert found.ok and found.value.en == "1 may arrive twice" and found.todo is not None
    play.clock.set(T0 + hour + timedelta(seconds=1))
    with play.engine.store.write() as unit:
        assert len(unit.take_messages(play.clock.now(), "me", play.clock.now() + hour, 1, "sms")) == 1
    found = checks(play)["messages"]
    assert not found.ok and found.value.en == "2 wait too long, the oldest for 1:00:01; 1 may arrive twice"
    assert found.todo is not None and "duban self-test" in found.todo.zh


def test_a_message_that_could_not_be_sent_is_a_fault_unless_it_was_taken_over(play: Play) -> None:
    with play.engine.store.write() as unit:
        unit.put_messages([message("p1"), message("p2"), message("p3")._replace(created=T0 - timedelta(days=8))])
        for m in unit.take_messages(T0, "me", T0, 3, "mail"):
            unit.settle_message(m._replace(state="dead", next_at=None, said="550"))
    play.clock.set(T0)
    found = checks(play)["messages"]
    assert not found.ok and found.value.en == "could not be sent in 7 days, taken over by nobody: 2 1; 2"
    assert found.todo is not None and "duban outbox retry" in found.todo.zh
    with play.engine.store.write() as unit:
        unit.put_messages([message("p1", "sms")._replace(instead_of=1), message("p2", "sms")._replace(instead_of=2)])
    found = checks(play)["messages"]
    assert found.ok and found.value.en == "nothing amiss" and found.todo is None


def test_a_clock_before_the_last_sweep_is_wrong(play: Play) -> None:
    play.at("09-24 12:00")
    play.engine.tick()
    assert checks(play)["clock skew"].ok
    play.at("09-24 11:00")
    found = checks(play)["clock skew"]
    assert not found.ok and "3600 s" in found.value.en


@pytest.mark.parametrize(("query", "ok"), [("", True), ("?synchronous=normal", False)])
def test_a_store_that_may_lose_what_it_answered_is_no_good(tmp_path: Path, query: str, ok: bool) -> None:
    store = SqlStore.open(f"sqlite:///{tmp_path / 'office.db'}{query}")
    found = checkup.mode(playing(store).engine)
    assert found.ok is ok and (found.todo is None) is ok
    store.close()
    assert not checkup.mode(playing(MemoryStore()).engine).ok


def test_unverified_rules_are_seen_and_no_fault(play: Play) -> None:
    procedures = [r.procedure for r in Play("probe").engine.definitions()]
    found = checkup.rules(procedures)
    assert found.ok and int(found.value.en.split()[0]) > 3 and found.value.en.endswith("…")
    assert found.todo is not None
    assert checkup.rules([]).value.en == "0"


@pytest.mark.parametrize(("days", "ok"), [(89, False), (90, True)])
def test_ninety_days_of_calendar_are_wanted(days: int, ok: bool) -> None:
    last = date(2026, 12, 31)
    found = checkup.calendar(last, same("x"), last - timedelta(days=days))
    assert found.ok is ok
    assert (found.todo is not None and "2027-01-01" in found.todo.en) is not ok


@pytest.mark.parametrize(
    ("encoding", "term", "tty", "ok"),
    [
        ("utf-8", "xterm", True, True),
        ("gb18030", "xterm", True, True),
        ("ascii", "xterm", True, False),
        ("latin-1", "", False, False),
        ("utf-8", "linux", True, False),
        ("utf-8", "linux", False, True),
    ],
)
def test_a_terminal_must_show_chinese(encoding: str, term: str, tty: bool, ok: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Out(io.TextIOWrapper):
        def isatty(self) -> bool:
            return tty

    out = Out(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    found = checkup.terminal({"TERM": term} if term else {})
    monkeypatch.undo()
    assert found.ok is ok and (found.todo is None) is ok


def test_cautions_of_the_settings_are_counted() -> None:
    assert checkup.settings([]).ok
    found = checkup.settings(same(f"caution {n}") for n in range(4))
    assert not found.ok and found.value.en == "4 caution 0; caution 1; caution 2 …"


def test_on_postgresql_its_version_its_mode_and_its_clock(postgres_url: str) -> None:
    store = SqlStore.open(postgres_url)
    play = playing(store)
    play.engine.clock = SystemClock()
    mode = checkup.mode(play.engine)
    assert mode.value.en.startswith("PostgreSQL ")
    assert "synchronous_commit=" in mode.value.en and "fsync=" in mode.value.en
    clock = checkup.clocks(play.engine, datetime.now(UTC))
    assert clock.ok and "the clock of the database is" in clock.value.en
    assert abs(skew(store)) < 1
    assert abs(measure(play.engine).skew) < 1
    assert unwritable(store, datetime.now(UTC)) is None
    store.close()


def test_a_database_clock_that_is_off_is_a_finding(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqlStore.open(postgres_url)
    monkeypatch.setattr(checkup, "skew", lambda _: -7.5)
    found = checkup.clocks(playing(store).engine, datetime.now(UTC))
    assert not found.ok and "-7.500 s" in found.value.en and found.todo is not None
    store.close()
