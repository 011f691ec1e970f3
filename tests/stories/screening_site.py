"""A round in which a key site is checked, and one in which it is left out."""

from __future__ import annotations

from functools import partial

from tests.stories import Step, Story
from tests.stories.rounds import courses, forgotten, kept

PROCEDURE = "screening-site"
OPENER = "site_checker"  # only so that the courses have one: the sweep opens a period
FACTS = {"hazards": 2}

MET: dict[str, Story] = {"cover": partial(kept, PROCEDURE, "zhongzhuang-school", "check", FACTS)}
MISSED: dict[str, Story] = {"cover": partial(forgotten, PROCEDURE, "zhongzhuang-school")}

COURSES: tuple[tuple[Step, ...], ...] = courses(PROCEDURE, "check", FACTS)
