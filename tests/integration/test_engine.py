"""The front door: keys, versions, batches, sweeps, calendars, subscribers, threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from tests.play import PROBE, Play, at
from workflow import command as c
from workflow.act import FLAGGED, REFUSED, Act
from workflow.engine import Engine
from workflow.errors import AlreadyThere, BadInput, KeyReused, ListenerFailed, StaleVersion, UnknownProcedure, WrongRole
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.ports import Store
from workflow.procedure.load import load


def engine_on(store: Store, now: str = "09-24 10:00") -> Engine:
    engine = Engine(store, FixedClock(at(now)), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    return engine


@pytest.fixture(params=["memory", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    store = MemoryStore() if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 'e.db'}")
    with engine_on(store) as engine:
        yield engine


def said(role: str = "desk") -> c.Said:
    return c.Said(actor=Actor(role))


def opening() -> c.Open:
    return c.Open(said=said(), what="事", where="地", told_by="人")


def entries(engine: Engine, case: str = "C") -> list[bytes]:
    with engine.store.read() as view:
        return [e.raw for e in view.entries(case)]


# keys and versions


def test_the_same_key_twice_gives_the_same_answer_once(engine: Engine) -> None:
    first = engine.open_case("probe", opening(), key="k1")
    again = engine.open_case("probe", opening(), key="k1")
    assert (again.case, again.n, again.repeated) == (first.case, first.n, True)
    assert [a.body() for a in again.acts] == [a.body() for a in first.acts]
    done = engine.do(first.case, c.Do(said=said(), event="call"), key="k2")
    before = entries(engine, first.case)
    repeated = engine.do(first.case, c.Do(said=said(), event="call"), key="k2")
    assert repeated.repeated and [a.n for a in repeated.acts] == [a.n for a in done.acts]
    assert entries(engine, first.case) == before


def test_a_key_belongs_to_one_command(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    engine.do("C", c.Do(said=said(), event="call"), key="k")
    with pytest.raises(KeyReused):
        engine.do("C", c.Do(said=said(), event="paper"), key="k")


def test_a_version_that_has_passed_is_a_conflict(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    engine.do("C", c.Do(said=said(), event="call"), expected=1)
    with pytest.raises(StaleVersion):
        engine.do("C", c.Do(said=said(), event="paper"), expected=1)
    assert engine.case("C").case.n == 2


def test_a_case_id_is_used_once(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    with pytest.raises(AlreadyThere):
        engine.open_case("probe", opening(), case="C")
    with pytest.raises(AlreadyThere):
        engine.open_case("probe", opening(), case="organisation")


def test_a_refused_request_is_journaled_and_an_unreadable_one_is_not(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    with pytest.raises(WrongRole):
        engine.do("C", c.Waive(said=said(), row="answer", ground="x"))
    refused = engine.case("C").case.acts[-1]
    assert (refused.kind, refused.name, refused.data["code"], refused.data["subject"]) == (REFUSED, "waive", "refused.role", "answer")
    with pytest.raises(BadInput):
        engine.do("C", c.Withdraw(said=said(), reason=" "))
    assert engine.case("C").case.acts[-1].n == refused.n


# batches


def test_a_batch_is_all_or_nothing(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    before = entries(engine)
    with pytest.raises(ZeroDivisionError), engine.batch() as batch:
        batch.do("C", c.Do(said=said(), event="call"))
        batch.open("probe", opening(), case="D")
        raise ZeroDivisionError
    assert entries(engine) == before and entries(engine, "D") == []
    assert engine.case("C").case.n == 1


def test_a_batch_gives_the_state_and_the_ledger_that_single_commands_give(engine: Engine) -> None:
    steps = [c.Do(said=said(), event="call"), c.Do(said=said(), event="step"), c.Do(said=said("boss"), event="hold")]
    with engine.batch() as batch:
        batch.open("probe", opening(), case="B")
        for step in steps:
            batch.do("B", step)
    engine.open_case("probe", opening(), case="S")
    for step in steps:
        engine.do("S", step)
    one, other = engine.case("B").case, engine.case("S").case
    assert one.state == other.state
    assert [(r.key, r.outcome, r.due) for r in engine.ledger("B")] == [(r.key, r.outcome, r.due) for r in engine.ledger("S")]
    assert one.dues == other.dues  # all of them are journaled, whichever act they stand with


# sweeps


def test_a_sweep_ends_and_a_second_one_writes_nothing(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    assert isinstance(engine.clock, FixedClock)
    for moment in ("09-24 10:20", "09-24 10:30", "09-24 12:00", "09-25 08:00", "09-30 00:00", "11-01 00:00"):
        engine.clock.set(at(moment))
        engine.tick()
        assert engine.tick() == []


def test_a_daemon_that_sweeps_late_or_never_changes_no_outcome() -> None:
    ledgers = []
    for moments in ((), ("11-01 00:00",), tuple(f"09-{d:02d} {h:02d}:00" for d in range(24, 31) for h in range(0, 24, 3))):
        play = Play("probe").at("09-24 10:00")
        play.open("desk")
        play.at("09-24 10:05").fire("desk", "step")
        for moment in moments:
            if at(moment) > play.clock.now():
                play.at(moment).engine.tick()
        play.at("11-01 00:00").fire("desk", "answer")
        ledgers.append([(r.key, r.outcome, r.late, r.due) for r in play.engine.ledger("C")])
        assert play.state == ("idle",)
    assert ledgers[0] == ledgers[1] == ledgers[2]


def test_s3_6_a_sweep_that_opens_the_case_of_a_period_late_changes_no_outcome() -> None:
    ledgers = []
    for days in (range(24, 31), (24, 30)):  # a sweep every day, and one after five days without
        engine = Engine(MemoryStore(), FixedClock(at("11-20 08:00")), SystemEntropy(), shipped("cn"), "test")
        with engine:
            engine.add(next(d for d in shipped_definitions() if d.procedure.procedure == "duty-watch"))
            engine.organise(shipped_organisation("town"))
            for day in days:
                engine.clock = FixedClock(at(f"11-{day} 08:00"))
                engine.tick()
            ledgers.append([(r.key, r.outcome, r.due) for r in engine.ledger("duty-watch.zhongzhuang.2026-11-26")])
            over = next(a for a in engine.case("duty-watch.zhongzhuang.2026-11-26").case.acts if a.name == "day_over")
            assert over.happened.lo == at("11-27 00:00")
    assert ledgers[0] == ledgers[1]


def test_a_flag_is_raised_once_for_each_row(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    assert isinstance(engine.clock, FixedClock)
    engine.clock.set(at("11-01 00:00"))
    engine.tick()
    flags = [a.name for a in engine.case("C").case.acts if a.kind == FLAGGED and a.data["flag"] == "missing"]
    assert len(flags) == len(set(flags)) and "call/boss#1" in flags


# definitions and calendars


def test_a_version_is_added_once(engine: Engine) -> None:
    text = PROBE.read_text(encoding="utf-8")
    assert engine.add(load(text.encode(), "again.yaml")) == engine.definitions()[0].hash
    with pytest.raises(AlreadyThere):
        engine.add(load(text.replace("30 minutes", "31 minutes").encode(), "other.yaml"))
    assert len(engine.definitions()) == 1


def test_of_several_definitions_all_are_added_or_none(engine: Engine) -> None:
    text = PROBE.read_text(encoding="utf-8")
    fresh = load(text.replace("procedure: probe", "procedure: fresh").encode(), "fresh.yaml")
    with pytest.raises(AlreadyThere):
        engine.add_all([fresh, load(text.replace("30 minutes", "31 minutes").encode(), "other.yaml")])
    assert [r.procedure.procedure for r in engine.definitions()] == ["probe"]
    engine.add_all([fresh, fresh])
    assert [r.procedure.procedure for r in engine.definitions()] == ["probe", "fresh"]


def test_a_procedure_that_is_not_in_force_cannot_be_used(engine: Engine) -> None:
    with pytest.raises(UnknownProcedure):
        engine.open_case("nothing", opening())


def test_an_engine_that_opens_the_store_again_sees_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'again.db'}"
    with engine_on(SqlStore.open(url)) as engine:
        engine.open_case("probe", opening(), case="C")
        engine.do("C", c.Revise(said=said("boss"), facts={"grade": "high"}, reason="查明"))
        before = engine.ledger("C")
    with Engine(SqlStore.open(url, create=False), FixedClock(at("09-24 10:00")), SystemEntropy(), shipped("cn"), "test") as engine:
        assert [(r.key, r.outcome, r.due, r.revisions) for r in engine.ledger("C")] == [
            (r.key, r.outcome, r.due, r.revisions) for r in before
        ]


# subscribers


def test_a_subscriber_hears_of_what_is_committed_and_of_nothing_else(engine: Engine) -> None:
    heard: list[tuple[str, list[str]]] = []
    engine.subscribe(lambda case, acts: heard.append((case, [a.kind for a in acts])))
    engine.open_case("probe", opening(), case="C")
    with pytest.raises(ZeroDivisionError), engine.batch() as batch:
        batch.do("C", c.Do(said=said(), event="call"))
        raise ZeroDivisionError
    engine.do("C", c.Do(said=said(), event="call"))
    assert heard == [("C", ["opened"]), ("C", ["acted"])]


def test_a_subscriber_that_fails_undoes_nothing_and_silences_nobody(engine: Engine) -> None:
    heard: list[str] = []

    def broken(case: str, acts: tuple[Act, ...]) -> None:
        raise RuntimeError("no disk")

    engine.subscribe(broken)
    engine.subscribe(lambda case, acts: heard.append(case))
    with pytest.raises(ListenerFailed):
        engine.open_case("probe", opening(), case="C")
    assert heard == ["C"] and engine.case("C").case.n == 1


# threads and processes


def test_threads_on_cases_of_their_own_do_not_disturb_each_other(engine: Engine) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            engine.open_case("probe", opening(), case=name)
            for _ in range(8):
                engine.do(name, c.Note(said=said(), text="x"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"T{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [engine.case(f"T{i}").case.n for i in range(4)] == [9] * 4


def test_threads_that_race_for_one_version_have_one_winner(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    results: list[str] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        try:
            engine.do("C", c.Note(said=said(), text="x"), expected=1)
            results.append("won")
        except StaleVersion:
            results.append("stale")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["stale", "stale", "stale", "won"]


def test_threads_that_race_with_one_key_write_once(engine: Engine) -> None:
    engine.open_case("probe", opening(), case="C")
    numbers: list[tuple[int, ...]] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        numbers.append(tuple(a.n for a in engine.do("C", c.Note(said=said(), text="x"), key="k").acts))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == [(2,)] * 4 and engine.case("C").case.n == 2


PROCESS = """
import sys
from workflow import Actor, Engine, Note, Said
with Engine.open(sys.argv[1]) as engine:
    for _ in range(15):
        engine.do("C", Note(said=Said(actor=Actor("desk")), text="x"))
"""


def test_two_processes_write_to_one_case_and_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'two.db'}"
    with engine_on(SqlStore.open(url)) as engine:
        engine.open_case("probe", opening(), case="C")
        done = [subprocess.Popen([sys.executable, "-c", PROCESS, url], stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for _ in range(15):
            engine.do("C", c.Note(said=said(), text="y"))
        for process in done:
            assert process.communicate()[1] == ""
            assert process.returncode == 0
        assert engine.case("C").case.n == 1 + 45


def test_engine_open_finds_its_store_by_the_url(tmp_path: Path) -> None:
    with Engine.open(f"sqlite:///{tmp_path / 'o.db'}", algorithm="sha256") as engine:
        for definition in shipped_definitions():
            engine.add(definition)
        result = engine.open_case("medical-dispute", c.Open(said=said("staff"), what="a", where="b", told_by="c"))
        assert engine.ledger(result.case)[0].outcome == Outcome.NOT_DUE
        assert result.standing.case.opened.recorded <= datetime.now(UTC)
