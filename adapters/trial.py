"""A case that authors of procedures try out, on a clock that they move: what the ``case`` fixture of the pytest plugin is.

Everything is in memory and nothing is fetched. Times are local to the procedure: ``"2026-02-13 09:00"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.library import definition_file, shipped_definitions
from adapters.organisations import entries_named
from adapters.store.memory import MemoryStore
from workflow import command as commands
from workflow.engine import Engine, Result
from workflow.errors import UnknownName
from workflow.explain import why
from workflow.moment import Moment, parse
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.rowname import matching
from workflow.rules import Rules
from workflow.text import Text

BEGINNING = "2000-01-01 00:00"
ID = "case"


class Trial:
    """One case of one procedure. Each method that does something takes the role (or ``person=``) that does it and returns the result.

    Names may be ids or labels in either language. What the procedure does not permit raises the typed errors of
    :mod:`workflow.errors`; what it only deviates from stands in ``result.deviations``.
    """

    def __init__(self, procedure: str, organisation: str = "") -> None:
        """``procedure`` is a file, or the id of a shipped procedure; ``organisation`` a file, ``town`` or ``hospital``; nothing: none."""
        found = [definition_file(Path(procedure))] if procedure.endswith((".yaml", ".yml")) else shipped_definitions(procedure)
        if not found:
            raise UnknownName(Text(f"没有程序 {procedure!r}", f"there is no procedure {procedure!r}"))
        self.clock = FixedClock(parse(BEGINNING, Rules(found[-1].procedure, found[-1].hash).zone).lo)
        self.engine = Engine(MemoryStore(), self.clock, SystemEntropy(), shipped(found[-1].procedure.calendar.partition("+")[0]), "trial")
        self.engine.add_all(found)
        if organisation:
            self.engine.organise(entries_named(organisation))
        self.procedure = found[-1].procedure
        self.zone = Rules(found[-1].procedure, found[-1].hash).zone

    def at(self, text: str) -> Trial:
        """Move the clock to a local time; what is due on the way happens as a sweep would do it."""
        self.clock.set(self._instant(text))
        self.engine.tick()
        return self

    def open(
        self,
        by: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        event: str = "",
        person: str = "",
        unit: str = "",
        happened: str = "",
        drill: bool = False,
    ) -> Result:
        """Open the case. A trial has one; opening it twice raises :class:`~workflow.errors.AlreadyThere`."""
        said = self._said(by, person, happened)
        command = commands.Open(
            said=said, event=event, unit=unit, what="试用", where="试用", told_by="试用", facts=dict(facts or {}), drill=drill
        )
        return self.engine.open_case(self.procedure.procedure, command, case=ID)

    def fire(self, event: str, by: str = "", **more: Any) -> Result:
        """Do an event: ``fire("answered", by="relations", facts={…}, elements={…}, present=[…], to=[…], second="director")``."""
        return self._do(commands.Do, event, by, more)

    def record(self, event: str, by: str = "", **more: Any) -> Result:
        """Record an event that was done: never refused for a breach of procedure (S5.2)."""
        return self._do(commands.Record, event, by, more)

    def revise(self, by: str = "", *, reason: str = "试用", person: str = "", happened: str = "", **facts: Any) -> Result:
        """Revise facts."""
        return self.engine.do(ID, commands.Revise(said=self._said(by, person, happened), facts=facts, reason=reason))

    def decide(self, decision: str, answer: bool, by: str = "", *, reason: str = "试用", person: str = "") -> Result:
        """Take a decision."""
        return self.engine.do(ID, commands.Decide(said=self._said(by, person, ""), decision=decision, answer=answer, reason=reason))

    def rows(self, duty: str = "") -> list[Row]:
        """The ledger as it stands now; of one duty when it is named. A duty that is not in the ledger has no rows."""
        rules = self.engine.world(self.engine.case(ID)).rules
        found = self.engine.ledger(ID)
        return matching(duty, found, rules) if duty else found

    def outcome(self, duty: str) -> str:
        """``met``, ``met_late``, ``missed``, ``not_due``, ``discharged``, ``waived`` or ``undeterminable``.

        Raises :class:`LookupError` where the duty has no row, or several with different outcomes: name one, ``duty/receiver#2``.
        """
        found = {row.outcome.value for row in self.rows(duty)}
        if len(found) != 1:
            raise LookupError(f"{duty}: {[(row.key, row.outcome.value) for row in self.rows(duty)]}")
        return found.pop()

    def due(self, duty: str) -> str:
        """The local date and time by which it is due, ``2026-09-30 00:00`` for a day term that ends at 24:00 of the 29th; empty: no number.

        Raises :class:`LookupError` where there is no row, or several with different dates.
        """
        found = {row.due.instant.astimezone(self.zone) if row.due is not None else None for row in self.rows(duty)}
        if len(found) != 1:
            raise LookupError(f"{duty}: {[(row.key, row.due) for row in self.rows(duty)]}")
        date = found.pop()
        return f"{date:%Y-%m-%d %H:%M}" if date is not None else ""

    def explain(self, duty: str, lang: str = "zh") -> str:
        """Why it is due then, in words."""
        standing = self.engine.case(ID)
        world, rows = self.engine.world(standing), self.engine.ledger(ID)
        told = [why(row, standing.case, world, rows) for row in self.rows(duty)]
        return "\n".join(line for one in told for line in one.lines("en" if lang == "en" else "zh"))

    @property
    def state(self) -> tuple[str, ...]:
        """The active states, by their whole paths."""
        return self.engine.case(ID).case.state

    @property
    def leads(self) -> list[str]:
        """The leads that sweeps put on the review list, in order."""
        acts = self.engine.case(ID).case.acts
        return [str(a.data["lead"]) for a in acts if a.kind == "flagged" and a.data.get("lead")]

    def _do(self, kind: type[commands.Do], event: str, by: str, more: dict[str, Any]) -> Result:
        said = self._said(by, str(more.pop("person", "")), str(more.pop("happened", "")))
        for name in ("to", "present", "of"):
            if name in more:
                value = more[name]
                more[name] = (value,) if isinstance(value, (str, int)) else tuple(value)
        if "second" in more and isinstance(more["second"], str):
            more["second"] = Actor(more["second"])
        return self.engine.do(ID, kind(said=said, event=event, **more))

    def _said(self, by: str, person: str, happened: str) -> commands.Said:
        when = Moment.at(self._instant(happened)) if happened else None
        return commands.Said(actor=Actor(by, person=person or None), happened=when)

    def _instant(self, text: str) -> datetime:
        return parse(text, self.zone).lo
