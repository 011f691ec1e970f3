"""The complaints desk itself. Everything that it knows of duban is in this file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine as Database
from sqlmodel import Field, Session, SQLModel, col, select

from adapters.library import shipped_definitions
from adapters.store.sql import SqlStore
from workflow import Actor, Do, Engine, Open, Outcome, Said
from workflow.act import FLAGGED, Act


class Complaint(SQLModel, table=True):
    """The desk's own record; ``case`` is the id of the duban case that watches its deadlines."""

    id: int | None = Field(default=None, primary_key=True)
    ward: str
    subject: str
    case: str = ""
    answered: bool = False


class Notice(SQLModel, table=True):
    """What the desk has to tell its people: its own outbox, filled from duban's flags."""

    id: int | None = Field(default=None, primary_key=True)
    case: str
    text: str


class Desk:
    """One office. ``engine`` works on the same database file as ``database``."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self.database = database
        self.engine = engine
        SQLModel.metadata.create_all(database, tables=[Complaint.__table__, Notice.__table__])  # type: ignore[attr-defined]
        known = {rules.procedure.ref for rules in engine.definitions()}
        for definition in shipped_definitions():
            if definition.procedure.ref not in known:
                engine.add(definition)
        engine.subscribe(self._flagged)

    def take(self, ward: str, subject: str, told_by: str) -> int:
        """Take a complaint: the desk's row and the duban case in one transaction. Returns the complaint's number."""
        with Session(self.database) as session, session.begin():
            complaint = Complaint(ward=ward, subject=subject)
            session.add(complaint)
            session.flush()
            assert complaint.id is not None
            case = f"complaint-{complaint.id}"
            duban = self.engine.within(SqlStore.joined(session.connection()))
            said = Said(actor=Actor("relations"))
            duban.open_case("medical-dispute", Open(said=said, what=subject, where=ward, told_by=told_by), case=case)
            duban.do(case, Do(said=said, event="accept", facts={"handling": "complex"}))
            complaint.case = case
            return complaint.id

    def answer(self, number: int, result: str, opinion: str) -> None:
        """Answer a complaint. When duban refuses, the desk's row stays as it was, and the other way round."""
        with Session(self.database) as session, session.begin():
            complaint = session.get_one(Complaint, number)
            complaint.answered = True
            duban = self.engine.within(SqlStore.joined(session.connection()))
            command = Do(said=Said(actor=Actor("relations")), event="answered", elements={"result": result, "opinion": opinion})
            duban.do(complaint.case, command)

    def due(self) -> list[tuple[datetime, str, str]]:
        """What is owed with a date, the nearest first: when it runs out, the complaint's case, the duty."""
        with Session(self.database) as session:
            cases = session.exec(select(Complaint.case).where(~col(Complaint.answered))).all()
        found = []
        for case in cases:
            for row in self.engine.ledger(case):
                if row.open and row.due is not None:
                    found.append((row.due.instant, case, row.duty.title.zh))
        return sorted(found)

    def late(self) -> list[str]:
        """The cases in which something is overdue."""
        with Session(self.database) as session:
            cases = session.exec(select(Complaint.case)).all()
        return [c for c in cases if any(r.outcome in (Outcome.MISSED, Outcome.MET_LATE) for r in self.engine.ledger(c))]

    def _flagged(self, case: str, acts: tuple[Act, ...]) -> None:
        with Session(self.database) as session, session.begin():
            for act in acts:
                if act.kind == FLAGGED:
                    session.add(Notice(case=case, text=f"{act.data['flag']}: {act.name}"))
