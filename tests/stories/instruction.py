"""An instruction that is handed over, answered, sent back and confirmed; and one that nobody takes up."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, tell

PROCEDURE = "instruction"
OPENER = "town_office"
BEGUN = ("09-24 08:00", "instruct")


def done() -> Play:
    return tell(
        PROCEDURE,
        OPENER,
        BEGUN,
        ("09-24 08:10", "assign"),
        ("09-24 16:00", "feedback"),
        ("09-24 17:00", "returned"),
        ("09-25 10:00", "feedback_again"),
        ("09-25 11:00", "confirm"),
        ("09-25 12:00", "close"),
    )


def dropped() -> Play:
    """Of two instructions the second is never taken up, nor is what was sent back; the file is archived all the same."""
    return tell(
        PROCEDURE,
        OPENER,
        BEGUN,
        ("09-24 08:10", "assign"),
        ("09-24 09:00", "instruct"),
        ("09-24 16:00", "feedback"),
        ("09-24 17:00", "returned"),
        ("09-24 18:00", "feedback_again"),
        ("09-24 19:00", "returned"),
        ("09-24 20:00", "feedback_again"),
        ("09-24 20:30", "returned"),
        ("09-24 20:40", "assign"),
        ("09-24 21:00", "feedback"),
        ("09-24 21:10", "feedback"),
        ("09-25 11:00", "confirm"),
        ("09-25 12:00", "close"),
    )


def never_assigned() -> Play:
    return tell(PROCEDURE, OPENER, BEGUN, ("09-24 16:00", "feedback"), ("09-24 17:00", "instruct"), ("09-24 17:10", "feedback"),
                ("09-25 11:00", "confirm"), ("09-25 12:00", "close"))  # fmt: skip


MET: dict[str, Story] = dict.fromkeys(("assign", "feedback", "feedback_again", "confirm"), done)
MISSED: dict[str, Story] = {"feedback_again": dropped, "assign": never_assigned, "confirm": never_assigned}

_TO: dict[str, tuple[str, ...]] = {
    "instructed": (),
    "assigned": ("assign",),
    "answered": ("feedback",),
    "confirmed": ("feedback", "confirm"),
}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO)
