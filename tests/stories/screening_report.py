"""A period of which a village reports its screening, and one of which it does not."""

from __future__ import annotations

from functools import partial

from tests.stories import Step, Story
from tests.stories.rounds import courses, forgotten, kept

PROCEDURE = "screening-report"
OPENER = "village_office"  # only so that the courses have one: the sweep opens a period
FACTS = {"hazards": 2}

MET: dict[str, Story] = {"report": partial(kept, PROCEDURE, "zhongzhuang", "report", FACTS)}
MISSED: dict[str, Story] = {"report": partial(forgotten, PROCEDURE, "zhongzhuang")}

COURSES: tuple[tuple[Step, ...], ...] = courses(PROCEDURE, "report", FACTS)
