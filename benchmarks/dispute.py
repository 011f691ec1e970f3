"""The case that is measured: the ordinary course of a dispute under the shipped ``medical-dispute``, and stores to play it on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.calendars import shipped
from adapters.host import FixedClock, tz
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from adapters.store.sql import SqlStore
from workflow.command import Command, Decide, Do, Open, Receipt, Said
from workflow.engine import Engine
from workflow.moment import Moment
from workflow.organisation import Actor
from workflow.procedure.load import Definition

PROCEDURE = "medical-dispute"
BEGIN = datetime(2026, 9, 24, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def story(late: bool = False) -> list[tuple[timedelta, Command]]:
    """The commands of one case, each with the time since the case began. ``late``: entered afterwards, each saying when it happened."""

    def said(hours: float, role: str, person: str = "") -> Said:
        return Said(actor=Actor(role, person=person or None), happened=Moment.at(BEGIN + timedelta(hours=hours)) if late else None)

    def do(hours: float, person: str, role: str, event: str, **more: object) -> tuple[timedelta, Command]:
        return timedelta(hours=hours), Do(said=said(hours, role, person), event=event, **more)  # type: ignore[arg-type]

    opening = Open(
        said=said(0, "staff", "h06"),
        unit="surgery",
        what="术后并发症引发纠纷",
        where="普外科",
        told_by="患者家属",
        facts={"trigger": "dispute", "matter": "medical_fault", "patient": "患者甲"},
    )
    return [
        (timedelta(0), opening),
        do(0.1, "h06", "staff", "report_head"),
        (timedelta(hours=0.2), Receipt(said=said(0.2, "head", "h05"), of=2, by="head")),
        do(0.3, "h07", "department", "send_people"),
        do(0.5, "h05", "head", "report_hospital", elements={"situation": "术后出血,家属情绪激动"}),
        do(0.8, "h02", "relations", "accept", facts={"handling": "cross_department"}),
        (timedelta(hours=1), Decide(said=said(1, "director", "h01"), decision="report_up", answer=False, reason="未达到上报情形")),
        do(
            1.5,
            "h03",
            "medical",
            "seal",
            present=("patient_side",),
            elements={"items": "病历一册、引流瓶一个", "seal_numbers": "F-0917、F-0918"},
        ),
        do(1.7, "h03", "medical", "assign_custodian", elements={"custodian_name": "沈一帆"}),
        do(24, "h02", "relations", "begin_inquiry"),
        do(29, "h02", "relations", "explain"),
        do(
            480,
            "h02",
            "relations",
            "conclude_inquiry",
            elements={"cause": "术后观察间隔过长", "consequences": "延长住院", "responsibility": "次要责任"},
        ),
        (
            timedelta(hours=480.5),
            Decide(said=said(480.5, "director", "h01"), decision="written_report", answer=False, reason="事实清楚,无需另写"),
        ),
        do(487, "h02", "relations", "answered", elements={"result": "存在观察不及时", "opinion": "减免费用并致歉"}),
        do(504, "h02", "relations", "close"),
    ]


class Salts:
    """Entropy that repeats, so that two runs write the same bytes."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)


@cache
def _definitions() -> tuple[Definition, ...]:
    return tuple(shipped_definitions(PROCEDURE))


def engine(path: Path, synchronous: str = "full") -> tuple[Engine, FixedClock]:
    """A new store with the shipped definition and the example hospital, and the clock that the story moves."""
    clock = FixedClock(BEGIN - timedelta(days=1))
    made = Engine(SqlStore.open(f"sqlite:///{path}?synchronous={synchronous}"), clock, Salts(), shipped("cn"), tz())
    for definition in _definitions():
        made.add(definition)
    made.organise(shipped_organisation("hospital"))
    return made, clock


def cases(number: int, count: int) -> list[str]:
    """Ids of the cases of a round."""
    return [f"dispute-{number:03}-{k:05}" for k in range(count)]


def steps(names: list[str]) -> Iterator[tuple[datetime, str, Command]]:
    """The commands of many open cases as an office meets them: all cases move along together."""
    for after, command in story():
        for name in names:
            yield BEGIN + after, name, command


def play(made: Engine, clock: FixedClock, names: list[str], keyed: bool = False) -> int:
    """Every command in a transaction of its own; how many there were. ``keyed``: each with an idempotency key."""
    count = 0
    for at, name, command in steps(names):
        clock.set(at)
        count += 1
        key = f"{name}/{count}" if keyed else None
        if isinstance(command, Open):
            made.open_case(PROCEDURE, command, case=name, key=key)
        else:
            made.do(name, command, key=key)
    return count
