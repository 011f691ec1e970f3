"""A ticket that is answered and resolved, and one that nobody touches."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "service-incident"
OPENER = "service_desk"


def handled() -> Play:
    play = Play(PROCEDURE).at("09-24 08:00")
    play.open(OPENER)
    play.at("09-24 09:00").fire(OPENER, "activated")
    play.at("09-25 09:00").fire(OPENER, "resolved")
    return play


def left() -> Play:
    play = Play(PROCEDURE).at("09-24 08:00")
    play.open(OPENER)
    return play.at("10-24 08:00")


MET: dict[str, Story] = {"respond": handled, "resolve": handled}
MISSED: dict[str, Story] = {"respond": left, "resolve": left}

_OPEN = ["activated", "awaiting_user", "awaiting_problem", "awaiting_vendor", "awaiting_evidence"]

COURSES: tuple[tuple[Step, ...], ...] = (
    ((OPENER, "created", {}),),
    *(((OPENER, first, {}), (OPENER, then, {})) for first in _OPEN for then in [*_OPEN, "resolved", "closed"]),
    *(((OPENER, event, {}),) for event in ["resolved", "closed"]),
    *(((OPENER, "resolved", {}), (OPENER, then, {})) for then in [*_OPEN, "closed"]),
)
