"""A case played on a clock that the test moves; the store is in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import shipped_definitions
from adapters.store.memory import MemoryStore
from workflow import command as c
from workflow.engine import Engine, Result
from workflow.moment import Moment
from workflow.obligation.row import Outcome, Row
from workflow.organisation import Actor
from workflow.procedure.load import Definition, load

ZONE = ZoneInfo("Asia/Shanghai")
PROBE = Path(__file__).parent / "data" / "probe.yaml"


def at(text: str) -> datetime:
    """``09-24 10:20`` of 2026, or a full date and time, in Asia/Shanghai."""
    return datetime.fromisoformat(text if text[:2] == "20" else f"2026-{text}").replace(tzinfo=ZONE)


@cache
def _definitions() -> tuple[Definition, ...]:
    """Reading them takes most of a second; they are frozen, so that all tests can share them."""
    return (*shipped_definitions(), load(PROBE.read_bytes(), "probe.yaml"))


class Play:
    """One case of a procedure. ``role`` arguments name the author; ``happened`` back-dates an act on the author's own word."""

    def __init__(self, procedure: str, calendar: Any = None, engine: Engine | None = None) -> None:
        self.procedure = procedure
        self.clock = FixedClock(at("01-01 00:00"))
        if engine is None:
            engine = Engine(MemoryStore(), self.clock, SystemEntropy(), calendar or shipped("cn"), "test")
            for definition in _definitions():
                engine.add(definition)
        else:
            engine.clock = self.clock
        self.engine = engine
        self.case = "C"

    def at(self, text: str) -> Play:
        self.clock.set(at(text))
        return self

    def said(self, role: str, happened: str = "", **more: Any) -> c.Said:
        moments = {k: Moment.at(at(v)) for k, v in more.items() if k in ("submitted", "received")}
        rest = {k: v for k, v in more.items() if k in ("grade", "source", "note")}
        return c.Said(
            actor=Actor(role, person=more.get("person")), happened=Moment.at(at(happened)) if happened else None, **moments, **rest
        )

    def open(self, role: str, facts: Mapping[str, Any] | None = None, happened: str = "", case: str = "C", **more: Any) -> Result:
        self.case = case
        keep = {k: more.pop(k) for k in ("unit", "elsewhere", "event", "drill", "pace", "origin", "by") if k in more}
        command = c.Open(said=self.said(role, happened, **more), what="事", where="地", told_by="人", facts=facts or {}, **keep)
        return self.engine.open_case(self.procedure, command, case=case)

    def fire(self, role: str, event: str, happened: str = "", **more: Any) -> Result:
        return self._event(c.Do, role, event, happened, more)

    def record(self, role: str, event: str, happened: str = "", **more: Any) -> Result:
        return self._event(c.Record, role, event, happened, more)

    def _event(self, kind: type[c.Do], role: str, event: str, happened: str, more: dict[str, Any]) -> Result:
        keep = {k: more.pop(k) for k in ("facts", "elements", "present", "to", "second", "oral", "of", "slot") if k in more}
        other = more.pop("other", "")  # the case that it names
        return self.do(kind(said=self.said(role, happened, **more), event=event, case=other, **keep))

    def do(self, command: c.Command, **more: Any) -> Result:
        return self.engine.do(self.case, command, **more)

    def revise(self, role: str, reason: str = "查明", happened: str = "", **facts: Any) -> Result:
        return self.do(c.Revise(said=self.said(role, happened), facts=facts, reason=reason))

    def rows(self, duty: str, as_of: str = "") -> list[Row]:
        return [r for r in self.engine.ledger(self.case, at(as_of) if as_of else None) if r.duty.id == duty]

    def row(self, duty: str, as_of: str = "", to: str = "") -> Row:
        """The only row of a duty, or the only one towards ``to``."""
        found = [r for r in self.rows(duty, as_of) if not to or r.to == to]
        assert len(found) == 1, [r.key for r in found]
        return found[0]

    def outcome(self, duty: str, as_of: str = "", to: str = "") -> Outcome:
        return self.row(duty, as_of, to).outcome

    def due(self, duty: str, as_of: str = "", to: str = "") -> str:
        """The due date that stands, as local text; a day term shows the midnight at which it has run out."""
        due = self.row(duty, as_of, to).due
        return due.instant.astimezone(ZONE).strftime("%m-%d %H:%M") if due is not None else ""

    @property
    def state(self) -> tuple[str, ...]:
        return self.engine.case(self.case).case.state
