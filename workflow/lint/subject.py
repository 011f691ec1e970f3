"""What a check looks at: one definition, its calendar, and, where they are given, an organisation and the other procedures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from workflow.calendar import Calendar
from workflow.journal.canonical import Json
from workflow.lint.course import EVENT, Courses
from workflow.lint.timing import Timing
from workflow.organisation import Organisation
from workflow.procedure.condition import Condition
from workflow.procedure.load import Definition
from workflow.procedure.model import Alternative, Obligation, Procedure, Start
from workflow.procedure.source import Path
from workflow.term import Term


@dataclass(frozen=True)
class Subject:
    definition: Definition
    calendar: Calendar
    organisation: Organisation | None = None
    others: Mapping[str, Procedure] | None = None
    """The other procedures by id; ``None``: nobody said which there are."""

    @property
    def p(self) -> Procedure:
        return self.definition.procedure

    @cached_property
    def timing(self) -> Timing:
        return Timing(self.p, self.calendar)

    @cached_property
    def content(self) -> Json:
        """What the file says, as plain data."""
        return self.definition.content()

    @property
    def courses(self) -> Courses:
        return self.timing.courses

    def possible(self, events: Iterable[str]) -> list[str]:
        """Those of some events that a course can come to."""
        return [name for name in events if (EVENT, name) in self.courses.possible]

    def conditions(self) -> Iterator[tuple[Path, Condition]]:
        """Every condition of the definition, with its place."""
        for name, event in self.p.events.items():
            if event.when is not None:
                yield ("events", name, "when"), event.when
        for name, fact in self.p.facts.items():
            if fact.required_when is not None:
                yield ("facts", name, "required_when"), fact.required_when
        for name, duty in self.p.obligations.items():
            if duty.owed_when is not None:
                yield ("obligations", name, "owed_when"), duty.owed_when
            for i, alternative in ruled(duty):
                yield ("obligations", name, "term", i, "when"), alternative

    def terms(self) -> Iterator[tuple[Path, Term]]:
        """Every term of a duty, with its place."""
        for name, duty in self.p.obligations.items():
            for i, alternative in enumerate(duty.term):
                yield ("obligations", name, "term", i, "is"), alternative.term
            if duty.receipt is not None:
                yield ("obligations", name, "receipt"), duty.receipt


def ruled(duty: Obligation) -> Iterator[tuple[int, Condition]]:
    """The alternatives of a duty that have a condition of their own."""
    for i, alternative in enumerate(duty.term):
        if alternative.when is not None and alternative.when != Alternative.UNKNOWN:
            yield i, alternative.when


def begun(duty: Obligation) -> tuple[Start, ...]:
    """What starts a duty, under every reading of it."""
    return (duty.starts, *(duty.ambiguous.starts if duty.ambiguous is not None else ()))
