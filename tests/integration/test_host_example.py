"""The example host program: two tables and a journal in one transaction."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import Session, select

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.sql import SqlStore
from examples.host import Complaint, Desk, Notice
from workflow import Actor, Engine, Open, Said
from workflow.errors import NotFound, UnknownActor, UnknownCase, WrongRole

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 9, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "desk.db"
    with Engine(SqlStore.open(f"sqlite:///{path}"), FixedClock(START), SystemEntropy(), shipped("cn"), "test") as engine:
        database = create_engine(f"sqlite:///{path}")
        yield Desk(database, engine)
        database.dispose()


def test_a_complaint_and_its_case_are_written_together(desk: Desk) -> None:
    number = desk.take("内科", "收费有误", "患者")
    assert [(case, duty) for _, case, duty in desk.due()] == [(f"complaint-{number}", "反馈处理情况和处理意见")]
    assert desk.due()[0][0] == datetime(2026, 9, 29, 16, 0, tzinfo=UTC)  # 5 日, ends at 24:00 of 09-29 in Shanghai
    desk.answer(number, "已核查", "退费")
    assert desk.due() == []


def test_when_the_host_rolls_back_there_is_no_case(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), Session(desk.database) as session, session.begin():
        duban = desk.engine.within(SqlStore.joined(session.connection()))
        opening = Open(said=Said(actor=Actor("relations")), what="x", where="y", told_by="z")
        assert duban.open_case("medical-dispute", opening, case="lost").n == 1
        assert duban.case("lost").case.n == 1
        raise ZeroDivisionError
    with pytest.raises(UnknownCase):
        desk.engine.case("lost")


def test_what_was_rolled_back_is_not_remembered(desk: Desk) -> None:
    """The engine keeps folded cases and the organisation in memory; a host's rollback must not leave them there."""
    unit = {"what": "unit", "id": "u", "zh": "甲", "en": "A", "level": "hospital"}
    desk.take("内科", "收费有误", "患者")
    with pytest.raises(ZeroDivisionError), Session(desk.database) as session, session.begin():
        duban = desk.engine.within(SqlStore.joined(session.connection()))
        duban.organise([(unit, None)])
        assert duban.organisation().units
        raise ZeroDivisionError
    assert not desk.engine.organisation().units


def test_when_duban_refuses_the_host_keeps_its_row_as_it_was(desk: Desk) -> None:
    number = desk.take("内科", "收费有误", "患者")
    with Session(desk.database) as session, session.begin():
        session.get_one(Complaint, number).case = "elsewhere"
    with pytest.raises(UnknownCase):
        desk.answer(number, "已核查", "退费")
    with Session(desk.database) as session:
        assert not session.get_one(Complaint, number).answered


def test_flags_fill_the_hosts_own_outbox(desk: Desk) -> None:
    number = desk.take("内科", "收费有误", "患者")
    clock = desk.engine.clock
    assert isinstance(clock, FixedClock)
    clock.set(START + timedelta(days=8))
    desk.engine.tick()
    with Session(desk.database) as session:
        notices = [n.text for n in session.exec(select(Notice)).all()]
    assert "missing: feedback/complainant#1" in notices
    assert desk.late() == [f"complaint-{number}"]


def test_two_threads_take_complaints_at_once(desk: Desk) -> None:
    numbers: list[int] = []
    failures: list[BaseException] = []

    def work(ward: str) -> None:
        try:
            for _ in range(5):
                numbers.append(desk.take(ward, "等候过久", "家属"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(ward,)) for ward in ("内科", "外科")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(set(numbers)) == 10
    assert len(desk.due()) == 10


def test_errors_of_duban_are_typed(desk: Desk) -> None:
    assert issubclass(UnknownCase, NotFound)
    with pytest.raises(UnknownActor):
        desk.engine.open_case("medical-dispute", Open(said=Said(actor=Actor("")), what="x", where="y", told_by="z"))
    assert WrongRole.code == "refused.role"


def test_it_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "examples.host"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "complaint-2  反馈处理情况和处理意见" in done.stdout
    assert "complaint-1" not in done.stdout
