"""Which unit a case is of (属地管理、谁主管谁负责): as it was said, else by its place, else by the post of whoever opened it."""

from __future__ import annotations

from datetime import datetime

from workflow.organisation import Organisation
from workflow.organisation.gaps import OUTSIDE

SAID, PLACE, POST, NOBODY = "said", "place", "post", "nobody"
"""The rule by which the unit was found; it stands in the opening act."""


def by_place(organisation: Organisation, where: str, at: datetime) -> str:
    """The unit that a place names by its id or one of its labels, as what it is part of at an instant.

    Of a unit and one above it the lower is meant (``示范镇中庄村``). Empty where none is named, or two that have nothing to do with each
    other: a guess would make somebody owe.
    """
    word = where.strip().casefold()
    named = {
        organisation.unit_at(name, at)
        for name, unit in organisation.units.items()
        if unit.level != OUTSIDE and (word == name.casefold() or unit.zh.casefold() in word or unit.en.casefold() in word)
    }
    lowest = named - {above for name in named for above in organisation.near(name, at)[1:]}
    return next(iter(lowest)) if len(lowest) == 1 else ""


def rule(said: str, place: str, post: str) -> str:
    """The rule that holds: the first that names a unit."""
    return SAID if said else PLACE if place else POST if post else NOBODY
