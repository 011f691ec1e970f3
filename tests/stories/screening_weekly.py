"""A week in which a village checks itself, and one in which it does not."""

from __future__ import annotations

from functools import partial

from tests.stories import Step, Story
from tests.stories.rounds import courses, forgotten, kept

PROCEDURE = "screening-weekly"
OPENER = "self_checker"  # only so that the courses have one: the sweep opens a period
FACTS = {"hazards": 2}

MET: dict[str, Story] = {"check": partial(kept, PROCEDURE, "zhongzhuang", "check", FACTS)}
MISSED: dict[str, Story] = {"check": partial(forgotten, PROCEDURE, "zhongzhuang")}

COURSES: tuple[tuple[Step, ...], ...] = courses(PROCEDURE, "check", FACTS)
