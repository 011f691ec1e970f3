"""A quarter in which the departments meet and do what they decided, and one in which they do not."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.consultation import begun, told
from tests.stories.told import everywhere

PROCEDURE = "joint-meeting"
OPENER = "town_office"
_WHO = ("department", "police", "town")


def held() -> Play:
    play = told(begun(PROCEDURE, "month"), ("09-20 09:00", "agenda"), ("09-24 09:00", "hold"), ("09-24 14:00", "minutes"))
    return told(play, *(("09-24 15:00", f"resolve_{who}") for who in _WHO), *(("09-28 15:00", f"done_{who}") for who in _WHO))


def skipped() -> Play:
    return begun(PROCEDURE, "month").at("10-02 00:00")


def neglected() -> Play:
    """They met, and it was archived with no agenda, no minutes and nothing done."""
    play = told(begun(PROCEDURE, "month"), ("09-24 09:00", "hold"), *(("09-24 15:00", f"resolve_{who}") for who in _WHO))
    return told(play, ("09-30 10:00", "close"))


_FOLLOW = tuple(f"follow_{who}" for who in _WHO)

MET: dict[str, Story] = dict.fromkeys(("hold", "agenda", "minutes", *_FOLLOW), held)
MISSED: dict[str, Story] = {"hold": skipped, **dict.fromkeys(("agenda", "minutes", *_FOLLOW), neglected)}

_TO: dict[str, tuple[str, ...]] = {"planned": (), "called": ("agenda",), "held": ("hold",)}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO)
