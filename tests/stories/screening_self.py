"""A period in which a key site checks itself, and one in which it does not."""

from __future__ import annotations

from functools import partial

from tests.stories import Step, Story
from tests.stories.rounds import courses, forgotten, kept

PROCEDURE = "screening-self"
OPENER = "site_manager"  # only so that the courses have one: the sweep opens a period
FACTS = {"hazards": 2}

MET: dict[str, Story] = {"check": partial(kept, PROCEDURE, "zhongzhuang-school", "check", FACTS)}
MISSED: dict[str, Story] = {"check": partial(forgotten, PROCEDURE, "zhongzhuang-school")}

COURSES: tuple[tuple[Step, ...], ...] = courses(PROCEDURE, "check", FACTS)
