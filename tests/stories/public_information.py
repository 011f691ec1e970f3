"""A release that is drafted, sent back, approved by two and corrected; and a matter that ends before the public is told."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, tell

PROCEDURE = "public-information"
OPENER = "town_office"
BEGUN = ("09-24 08:00", "begin")


def released() -> Play:
    return tell(
        PROCEDURE,
        OPENER,
        BEGUN,
        ("09-24 08:10", "collect"),
        ("09-24 08:20", "analyse"),
        ("09-24 08:30", "draft"),
        ("09-24 08:40", "send_back"),
        ("09-24 08:50", "draft"),
        ("09-24 09:00", "approve"),
        ("09-24 09:10", "release"),
        ("09-24 09:20", "asked"),
        ("09-24 09:30", "answered"),
        ("09-24 10:00", "wrong"),
        ("09-24 10:10", "correct"),
        ("09-24 18:00", "close"),
    )


def neglected() -> Play:
    """Released and archived: nobody looked at what people say, answered the press or corrected what was wrong."""
    return tell(
        PROCEDURE,
        OPENER,
        BEGUN,
        ("09-24 08:30", "draft"),
        ("09-24 09:00", "approve"),
        ("09-24 09:10", "release"),
        ("09-24 09:20", "asked"),
        ("09-24 10:00", "wrong"),
        ("09-24 18:00", "close"),
    )


def unanalysed() -> Play:
    return tell(PROCEDURE, OPENER, BEGUN, ("09-24 08:10", "collect"), ("09-24 09:00", "no_release"))


MET: dict[str, Story] = dict.fromkeys(("draft", "approve", "redraft", "release", "correct", "collect", "analyse", "answer_media"), released)
MISSED: dict[str, Story] = {"collect": neglected, "answer_media": neglected, "correct": neglected, "analyse": unanalysed}

_TO: dict[str, tuple[str, ...]] = {
    "drafting": (),
    "drafted": ("draft",),
    "approved": ("draft", "approve"),
    "released": ("draft", "approve", "release"),
}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO)
