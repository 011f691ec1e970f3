"""Units, their posts, who is in a post or away from it, and how often a unit owes what recurs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class Lasting:
    """What holds during ``[since, until)``; ``until`` ``None`` is open."""

    __slots__ = ()
    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    zh: str
    en: str
    level: str
    parent: str = ""
    since: datetime | None = None
    """From when it exists; a unit that does not say so exists since it was journaled."""
    merged_into: str = ""
    merged_from: datetime | None = None
    """From when on the unit is part of ``merged_into``."""


@dataclass(frozen=True, slots=True)
class Post:
    id: str
    role: str
    unit: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a unit, and every unit below it that says nothing else, owes a recurring duty; ``unset``: not by any number."""

    unit: str
    procedure: str
    every: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """The role that heads a unit from an instant on."""

    unit: str
    role: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Superior:
    """The post that stands above another one from an instant on."""

    post: str
    above: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Delegation(Lasting):
    """``to`` may sign for ``person`` in a post, too, and is told instead (授权)."""

    person: str
    post: str
    to: str
    since: datetime
    until: datetime
    n: int
    """The entry of the organisation's chain, with the ground in its erasable part."""


@dataclass(frozen=True, slots=True)
class Span(Lasting):
    """Somebody in a post, or away from it."""

    person: str
    post: str
    since: datetime
    until: datetime | None
    acting: str = ""
    """For leave: who acts meanwhile; empty when nobody does."""
