"""A quarter in which the experts screen, and one in which they do not."""

from __future__ import annotations

from functools import partial

from tests.stories import Step, Story
from tests.stories.rounds import courses, forgotten, kept

PROCEDURE = "screening-quarterly"
OPENER = "experts"  # only so that the courses have one: the sweep opens a period
FACTS = {"hazards": 2}

MET: dict[str, Story] = {"screen": partial(kept, PROCEDURE, "district", "screen", FACTS)}
MISSED: dict[str, Story] = {"screen": partial(forgotten, PROCEDURE, "district")}

COURSES: tuple[tuple[Step, ...], ...] = courses(PROCEDURE, "screen", FACTS)
