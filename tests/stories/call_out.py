"""A team that answers, comes and is stood down; experts who advise; and a call that nobody answers until all is over."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, tell

PROCEDURE = "call-out"
OPENER = "duty_officer"
BEGUN = ("09-24 08:00", "call_out")


def came() -> Play:
    return tell(
        PROCEDURE,
        OPENER,
        BEGUN,
        ("09-24 08:05", "notify"),
        ("09-24 08:10", "acknowledge"),
        ("09-24 08:40", "arrive"),
        ("09-24 08:45", "set_task"),
        ("09-24 09:00", "advise"),
        ("09-24 12:00", "stand_down"),
        facts={"call_out": {"kind": "expert"}},
    )


def silent() -> Play:
    """Experts are called; nobody tells the departments, nobody advises, and the team is stood down."""
    return tell(PROCEDURE, OPENER, BEGUN, ("09-24 12:00", "stand_down"), facts={"call_out": {"kind": "expert"}})


MET: dict[str, Story] = dict.fromkeys(("acknowledge", "arrive", "advise", "notify"), came)
MISSED: dict[str, Story] = {"advise": silent, "notify": silent}

_TO: dict[str, tuple[str, ...]] = {
    "called": (),
    "acknowledged": ("acknowledge",),
    "on_site": ("arrive",),
}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO)
