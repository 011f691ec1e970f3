"""A store that fails at any point, and engines that race: nothing half-written, nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from tests.play import PROBE, at
from workflow import command as c
from workflow import organisation as organisations
from workflow.act import FLAGGED
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.errors import DubanError, StoreUnavailable
from workflow.organisation import Actor
from workflow.procedure.load import load
from workflow.text import Text

WRITES = ("append", "put_case", "put_dues", "remember", "put_blob", "erase", "commit")


class Salt:
    """Entropy that is the same in every run, so that journals can be compared byte by byte."""

    def token(self, size: int) -> bytes:
        return bytes(size)


class Failing:
    """A store whose ``fail``-th write of a transaction raises, before or after it reached the store beneath; 0: none does."""

    def __init__(self, store: Any) -> None:
        self.store, self.fail, self.after, self.calls = store, 0, False, 0

    def read(self) -> Any:
        return self.store.read()

    def close(self) -> None:
        self.store.close()

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self.store.write() as unit:
            yield _Unit(unit, self)
            if not self.after:
                self.hit()
        if self.after:
            self.hit()  # committed, and then the connection broke

    def hit(self) -> None:
        self.calls += 1
        if self.calls == self.fail:
            raise StoreUnavailable(Text("断了", "it broke"))


class _Unit:
    def __init__(self, unit: Any, store: Failing) -> None:
        self._unit, self._store = unit, store

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._unit, name)
        if name not in WRITES:
            return found

        def call(*args: Any) -> Any:
            if self._store.after:
                result = found(*args)
                self._store.hit()
                return result
            self._store.hit()
            return found(*args)

        return call


def dump(engine: Engine) -> list[object]:
    """Everything that a store holds of cases."""
    with engine.store.read() as view:
        entries = list(view.journal())
        private = [found.content() if (found := view.private(e.case, e.n)) is not None else None for e in entries]
        return [[e.raw for e in entries], private, view.cases(), view.dues(), [view.answer(k) for k in ("k1", "k2")]]


def said(role: str) -> c.Said:
    return c.Said(actor=Actor(role))


def opening(engine: Engine) -> object:
    return engine.open_case("probe", c.Open(said=said("desk"), what="事", where="地", told_by="人"), case="D", key="k1")


def several(engine: Engine) -> None:
    with engine.batch() as batch:
        batch.do("C", c.Do(said=said("desk"), event="call"), key="k1")
        batch.open("probe", c.Open(said=said("desk"), what="事", where="地", told_by="人"), case="D")
        batch.do("C", c.Do(said=said("desk"), event="step"), key="k2")
        batch.do("D", c.Do(said=said("desk"), event="paper"))


DEEDS: dict[str, Callable[[Engine], object]] = {
    "open": opening,
    "do": lambda e: e.do("C", c.Do(said=replace(said("desk"), note="私"), event="step"), key="k1"),
    "batch": several,
    "tick": lambda e: e.tick(),
    "refused": lambda e: e.do("C", c.Do(said=said("desk"), event="approve")),
}


def engine_on(store: Any, clock: FixedClock) -> Engine:
    return Engine(store, clock, Salt(), shipped("cn"), "test")


def prepared(kind: str, path: Path) -> tuple[Engine, Failing, FixedClock]:
    store = Failing(MemoryStore() if kind == "memory" else SqlStore.open(str(path / "duban.db")))
    clock = FixedClock(at("09-24 10:00"))
    engine = engine_on(store, clock)
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    engine.open_case("probe", c.Open(said=said("desk"), what="事", where="地", told_by="人"), case="C")
    clock.set(at("09-24 10:31"))
    return engine, store, clock


def tried(deed: Callable[[Engine], object], engine: Engine) -> str:
    """What came of a deed: nothing, or the code of the error."""
    try:
        deed(engine)
    except DubanError as error:
        return error.code
    return ""


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("name", DEEDS)
def test_a_store_that_fails_at_any_write_leaves_nothing_and_the_engine_goes_on(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    engine, store, _ = prepared(kind, tmp_path / "whole")
    before, store.calls = dump(engine), 0
    code = tried(DEEDS[name], engine)
    total, whole = store.calls, dump(engine)
    assert total >= 3 and whole != before
    for k in range(1, total + 1):
        folder = tmp_path / str(k)
        folder.mkdir()
        engine, store, clock = prepared(kind, folder)
        engine.case("C")  # kept in memory from here on
        store.calls, store.fail = 0, k
        assert tried(DEEDS[name], engine) == StoreUnavailable.code, f"write {k}"
        assert dump(engine) == before, f"write {k} left something"
        store.fail = 0
        assert tried(DEEDS[name], engine) == code, f"after write {k}"
        assert dump(engine) == whole, f"after write {k} the engine does something else"
        assert dump(engine_on(store, clock)) == whole
        engine.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_commit_whose_answer_was_lost_is_answered_by_its_key(kind: str, tmp_path: Path) -> None:
    engine, store, _ = prepared(kind, tmp_path)
    command = c.Do(said=said("desk"), event="call")
    store.calls, store.after = 0, True
    store.fail = 5  # entries, case, dues, answer, and then the end of the transaction
    with pytest.raises(StoreUnavailable):
        engine.do("C", command, key="k1")
    store.fail = 0
    assert engine.case("C").case.n == 2  # it was written, and the copy in memory does not hide it
    again = engine.do("C", command, key="k1")
    assert again.repeated and again.n == 2
    assert engine.do("C", c.Do(said=said("desk"), event="step")).n == 3


# two engines on one file --------------------------------------------------------------------------------------------------------------


def together(*work: Callable[[], object]) -> None:
    """Run all at once; raise what any of them raised."""
    start, failures = Barrier(len(work)), []

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=run, args=(task,)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise ExceptionGroup("raced", failures)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Engine, Engine]:
    """Two engines, each with a store of its own on the same file, in the middle of a case."""
    engine, _, clock = prepared("sqlite", tmp_path)
    return engine, engine_on(SqlStore.open(str(tmp_path / "duban.db")), clock)


def sound(engine: Engine) -> None:
    with engine.store.read() as view:
        assert audit_store(view).findings == ()


def test_commands_of_two_engines_on_one_case_are_all_there_once(pair: tuple[Engine, Engine]) -> None:
    def calls(engine: Engine, name: str) -> Callable[[], None]:
        def run() -> None:
            for i in range(12):
                engine.do("C", c.Note(said=said("desk"), text=f"{name}{i}", kind="note"), key=f"{name}{i}")

        return run

    together(*(calls(engine, f"{e}{t}-") for e, engine in enumerate(pair) for t in range(2)))
    for engine in pair:
        acts = engine.case("C").case.acts
        assert [a.n for a in acts] == list(range(1, 50)) and sum(a.kind == "noted" for a in acts) == 48
        assert len({engine.private("C", a.n)["text"] for a in acts[1:]}) == 48
    sound(pair[0])


def test_the_same_key_on_two_engines_is_carried_out_once(pair: tuple[Engine, Engine]) -> None:
    results: list[Any] = []
    command = c.Do(said=said("desk"), event="call")
    together(*(lambda e=engine: results.append(e.do("C", command, key="same")) for engine in (*pair, *pair)))  # type: ignore[misc]
    assert [r.n for r in results] == [2] * 4 and sorted(r.repeated for r in results) == [False, True, True, True]
    assert pair[0].case("C").case.n == 2


def test_two_daemons_that_sweep_at_once_flag_everything_once(pair: tuple[Engine, Engine]) -> None:
    with pair[0].batch() as batch:
        for i in range(6):
            batch.open("probe", c.Open(said=said("desk"), what="事", where="地", told_by="人"), case=f"X{i}")
    for engine in pair:
        engine.clock.set(engine.clock.now() + timedelta(hours=3))  # type: ignore[attr-defined]
    together(*(engine.tick for engine in (*pair, *pair)))
    for case in pair[0].cases():
        told = [(a.name, a.data["flag"], a.data.get("tier")) for a in pair[0].case(case.id).case.acts if a.kind == FLAGGED]
        assert len(told) == len(set(told)) and ("call/boss#1", "missing", None) in told
    sound(pair[0])


ROUNDS = """
procedure: rounds
version: "1"
zh: 巡查
en: rounds
roles: {desk: {zh: 值班, en: desk, level: village}}
initial: open
states: {open: {zh: 在办, en: open}}
period: {every: day, level: village}
events:
  begin: {zh: 开始, en: begin, opens: true, by: engine, basis: unit}
  checked: {zh: 已查, en: checked, by: desk, basis: unit}
obligations:
  check: {zh: 检查, en: check, owed: {by: desk}, starts: {on: case}, term: [{is: 8 hours}], met_by: checked, basis: unit}
"""


def test_two_daemons_open_the_case_of_a_period_once(pair: tuple[Engine, Engine]) -> None:
    pair[0].add(load(ROUNDS.encode(), "rounds.yaml"))
    units = {"units": [{"id": f"v{i}", "zh": "村", "en": "V", "level": "village"} for i in range(5)]}
    pair[0].organise(organisations.entries(units, lambda text: at(f"{text} 00:00")))
    for engine in pair:
        engine.clock.set(at("09-25 00:00"))  # type: ignore[attr-defined]
    together(*(engine.tick for engine in (*pair, *pair)))
    assert sorted(r.id for r in pair[0].cases("rounds")) == [f"rounds.v{i}.2026-09-25" for i in range(5)]
    assert all(pair[1].case(r.id).case.opened.kind == "opened" for r in pair[1].cases("rounds"))
    sound(pair[0])


WORKER = """
import sys
from adapters.calendars import shipped
from adapters.host import FixedClock
from adapters.store.sql import SqlStore
from tests.fault.test_engine_faults import engine_on, said
from tests.play import at
from workflow import command as c
engine = engine_on(SqlStore.open(sys.argv[1]), FixedClock(at("09-24 14:00")))
for i in range(10):
    engine.do("C", c.Do(said=said("desk"), event="follow"), key=f"{sys.argv[2]}{i}")
    engine.do("C", c.Do(said=said("desk"), event="call"), key=f"both{i}")
    engine.tick()
"""


def test_two_processes_on_one_file_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    engine, _, _ = prepared("sqlite", tmp_path)
    root = Path(__file__).resolve().parents[2]
    path = str(tmp_path / "duban.db")
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, path, name], cwd=root) for name in "ab"]
    assert [w.wait(timeout=60) for w in workers] == [0, 0]
    acts = engine.case("C").case.acts
    assert sum(a.name == "follow" for a in acts) == 20 and sum(a.kind == "acted" and a.name == "call" for a in acts) == 10
    told = [(a.name, a.data["flag"], a.data.get("tier")) for a in acts if a.kind == FLAGGED]
    assert len(told) == len(set(told))
    sound(engine)
