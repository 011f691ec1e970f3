"""A dispute that is mediated, answered and followed up, not accepted at first; and a claim that nobody answers."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, ordinary, tell
from workflow import command as c

PROCEDURE = "mediation"
OPENER = "town_office"
BEGUN = (("09-24 08:00", "claim"), ("09-24 09:00", "assign"))


def settled() -> Play:
    play = tell(PROCEDURE, OPENER, *BEGUN)
    decided(play)
    for when, event in (
        ("09-24 11:00", "warning"),
        ("09-24 15:00", "mediate"),
        ("09-25 10:00", "answer"),
        ("09-28 10:00", "unsatisfied"),
        ("09-29 10:00", "mediate"),
        ("09-30 10:00", "answer"),
        ("10-09 10:00", "satisfied"),
        ("10-09 11:00", "close"),
    ):
        play.at(when)
        role, name, more = ordinary(PROCEDURE, event)
        play.fire(role, name, **more)
    return play


def decided(play: Play) -> None:
    play.at("09-24 10:00").do(c.Decide(said=play.said("town_office"), decision="harmful", answer=True, reason="多人聚集"))


def unanswered() -> Play:
    """A second claim comes in while the first is mediated; the case is closed over it."""
    return tell(
        PROCEDURE,
        OPENER,
        *BEGUN,
        ("09-24 09:30", "claim"),
        ("09-24 15:00", "mediate"),
        ("09-25 10:00", "answer"),
        ("09-28 10:00", "satisfied"),
        ("09-28 11:00", "close"),
    )


def two_matters() -> Play:
    """A second claim comes in while the first is mediated; it is handed over, mediated, answered and followed up as the first one is."""
    return tell(
        PROCEDURE,
        OPENER,
        *BEGUN,
        ("09-24 10:00", "mediate"),
        ("09-24 11:00", "claim"),
        ("09-24 12:00", "answer"),
        ("09-24 15:00", "satisfied"),
        ("09-25 09:00", "assign"),
        ("09-25 10:00", "mediate"),
        ("09-25 11:00", "answer"),
        ("09-25 12:00", "satisfied"),
    )


MET: dict[str, Story] = dict.fromkeys(("assign", "mediate", "answer", "follow_up", "warning"), settled)
MISSED: dict[str, Story] = {"assign": unanswered}

_TO: dict[str, tuple[str, ...]] = {
    "found": (),
    "assigned": ("assign",),
    "mediating": ("assign", "mediate"),
    "answered": ("assign", "mediate", "answer"),
    "followed_up": ("assign", "mediate", "answer", "satisfied"),
}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO)
