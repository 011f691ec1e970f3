"""A period in which a village verifies its register, and one in which the records go stale."""

from __future__ import annotations

from functools import partial

from tests.stories import Step, Story
from tests.stories.rounds import courses, forgotten, kept

PROCEDURE = "hazard-upkeep"
OPENER = "village_office"  # only so that the courses have one: the sweep opens a period
FACTS = {"records": 2}

MET: dict[str, Story] = {"update": partial(kept, PROCEDURE, "zhongzhuang", "update", FACTS)}
MISSED: dict[str, Story] = {"update": partial(forgotten, PROCEDURE, "zhongzhuang")}

COURSES: tuple[tuple[Step, ...], ...] = courses(PROCEDURE, "update", FACTS)
