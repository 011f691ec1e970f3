"""What the organisation keeps lists of: teams with their members, resources, and powers of command.

Each entry is valid during ``[since, until)``. An entry that comes again under its id takes the place of the earlier one from its own
``since`` on, so that a list can be read as it was at any instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self, TypeVar

from workflow.organisation.post import Lasting
from workflow.text import Text

TEAM_KINDS = ("backbone", "professional", "expert", "volunteer")
"""骨干(预备役民兵、公安)、专业、专家、志愿者."""

RESOURCE_KINDS = ("vehicle", "equipment", "shelter", "material")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Lasting):
    """One entry of a list."""

    id: str
    since: datetime
    until: datetime | None = None

    def ended(self, at: datetime) -> Self:
        return replace(self, until=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Listed):
    kind: str
    unit: str
    zh: str
    en: str
    skills: tuple[Text, ...] = ()
    contact: str = ""
    """The post that is called; empty where none is named."""
    size: int | None = None
    """The members as the unit counts them; ``None`` where only those who are listed are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Lasting):
    """A person, or whoever holds a post, in a team."""

    team: str
    person: str = ""
    post: str = ""
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Listed):
    kind: str
    unit: str
    zh: str
    en: str
    amount: int
    custodian: str = ""
    """The post that keeps it; empty where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Listed):
    """One row of the authority matrix: a role may do an action in cases of these classes and grades; empty means any."""

    role: str
    action: str
    classes: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()


ListedT = TypeVar("ListedT", bound=Listed)
SpanT = TypeVar("SpanT", bound=Lasting)
Register = Mapping[str, tuple[ListedT, ...]]
"""Id → what was entered under it, in that order, which is the order of ``since``."""


def entered(register: Register[ListedT], item: ListedT) -> dict[str, tuple[ListedT, ...]]:
    """The register with one more entry."""
    return {**register, item.id: (*register.get(item.id, ()), item)}


def ended(register: Register[ListedT], name: str, at: datetime) -> dict[str, tuple[ListedT, ...]]:
    """The register in which an entry is no more from an instant on."""
    *before, last = register[name]
    return {**register, name: (*before, last.ended(at))}


def at(register: Register[ListedT], instant: datetime) -> list[ListedT]:
    """The entries that are valid at an instant, by id."""
    last = (_last(found, instant) for _, found in sorted(register.items()))
    return [item for item in last if item is not None and item.covers(instant)]


def covering(spans: Iterable[SpanT], instant: datetime) -> list[SpanT]:
    return [span for span in spans if span.covers(instant)]


def _last(found: Sequence[ListedT], instant: datetime) -> ListedT | None:
    return next((item for item in reversed(found) if item.since <= instant), None)
