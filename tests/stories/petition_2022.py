"""A petition to its final review, and one on which nobody acts."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import SIGNED, everywhere, tell

PROCEDURE = "petition-2022"
OPENER = "petition_office"
WHOLE: tuple[tuple[str, ...], ...] = (
    ("03-02 09:00", "received"),
    ("03-03 09:00", "forward"),
    ("03-04 09:00", "arrived"),
    ("03-04 10:00", "report_urgent"),
    ("03-05 09:00", "notify"),
    ("03-06 09:00", "accept"),
    ("03-20 09:00", "extension_approved"),
    ("03-21 09:00", "tell_extension"),
    ("04-01 09:00", "answer"),
    ("04-02 09:00", SIGNED, "petitioner"),
    ("04-10 09:00", "request_review"),
    ("04-20 09:00", "review"),
    ("04-21 09:00", SIGNED, "petitioner"),
    ("05-06 09:00", "request_final"),
    ("05-20 09:00", "final_review"),
    ("05-21 09:00", "close"),
)
FACTS = {"received": {"urgent": "yes"}}


def handled() -> Play:
    return tell(PROCEDURE, OPENER, *WHOLE, facts=FACTS)


def until(event: str, *more: tuple[str, ...]) -> Play:
    """Everything before an event, and then something else."""
    upto = next(n for n, step in enumerate(WHOLE) if step[1] == event)
    return tell(PROCEDURE, OPENER, *WHOLE[:upto], *more, facts=FACTS)


def stopped(event: str) -> Play:
    return until(event).at("2026-12-01 09:00")


def objection(*steps: tuple[str, ...]) -> Play:
    facts = {"received": {"competent": "no"}}
    return tell(PROCEDURE, OPENER, *WHOLE[:3], *steps, facts=facts, until="04-01 09:00")


MET: dict[str, Story] = {
    **dict.fromkeys(
        ("forward", "notify", "report_urgent", "answer", "tell_extension", "request_review", "review", "request_final", "final_review"),
        handled,
    ),
    "object": lambda: objection(("03-06 09:00", "object")),
}
MISSED: dict[str, Story] = {
    **{
        name: (lambda name=name: stopped(name))  # type: ignore[misc]
        for name in ("forward", "notify", "answer", "request_review", "review", "request_final", "final_review")
    },
    "object": objection,
}
_WAYS = {
    "lodged": (),
    "accepted": ("accept",),
    "answered": ("accept", "answer"),
    "reviewed": ("accept", "answer", "review"),
    "concluded": ("accept", "answer", "review", "final_review"),
}
COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _WAYS)
