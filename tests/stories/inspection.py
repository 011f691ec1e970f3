"""An inspection that is concluded, circulated and put right; none of its duties has a number."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "inspection"
OPENER = "bureau"

POINTS = {
    "facts": {"from": "2026-01-01", "until": "2026-06-30"},
    "elements": {"plans": "a", "drills": "b", "exchanges": "c", "training": "d", "handling": "e"},
}
FAULT = {"elements": {"fault": "a"}}
CIRCULAR = {"elements": {"circular": "a"}}
RESULT = {"elements": {"result": "a"}}
SAID = {"elements": {"statement": "a"}}


def inspected() -> Play:
    play = Play(PROCEDURE).at("09-24 08:00")
    play.open(OPENER)
    play.at("09-25 08:00").fire("bureau", "fault_found", **FAULT)
    play.at("09-26 08:00").fire("bureau", "conclude", **POINTS)
    play.at("09-27 08:00").fire("bureau", "circulate", **CIRCULAR)
    play.at("09-28 08:00").fire("judicial_office", "put_right", **RESULT)
    play.fire("bureau", "close")
    return play


MET: dict[str, Story] = {"inspect": inspected, "circular": inspected, "rectification": inspected}
MISSED: dict[str, Story] = {}

_ANY: tuple[Step, ...] = (
    ("judicial_office", "state", SAID),
    ("bureau", "fault_found", FAULT),
    ("judicial_office", "put_right", RESULT),
)
COURSES: tuple[tuple[Step, ...], ...] = (
    (
        ("bureau", "begin", {}),
        *_ANY,
        ("bureau", "conclude", POINTS),
        *_ANY,
        ("bureau", "circulate", CIRCULAR),
        *_ANY,
        ("bureau", "close", {}),
    ),
)
