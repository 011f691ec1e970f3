"""The town's programme of 2010 and 2011: every phase done in its window, and none."""

from __future__ import annotations

from typing import Any

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "programme-2010"
OPENER = "town_office"
DAY = "2010-09-24"

DONE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "system": ("system_set", "town_office", {"elements": {"result": "a", "units": "b"}}),
    "network": ("network_set", "town_office", {"elements": {"contacts": "a"}}),
    "improve_network": ("network_improved", "town_office", {"elements": {"result": "a"}}),
    "construction_plan": ("construction_planned", "town_office", {"elements": {"projects": "a"}}),
    "coverage": ("covered", "town_office", {"facts": {"gaps": 0}, "elements": {"units": "a"}}),
    "plan_system": ("plans_deepened", "town_office", {"elements": {"result": "a"}}),
    "grass_roots_plans": ("grass_roots_written", "department", {"elements": {"units": "a"}}),
    "cameras": ("cameras_set", "town_office", {"elements": {"result": "a"}}),
    "platform": ("platform_set", "government", {"elements": {"result": "a"}}),
}
"""Duty → the event that meets it, by whom, and what is said."""

DAYS = ["2010-09-30 23:59", "2010-10-31 23:59", "2010-12-31 23:59", "2011-06-30 23:59"]
"""The last minute of each phase."""
PHASE = {"system": 0, "network": 0, "improve_network": 0, "construction_plan": 1, "coverage": 2, "cameras": 2, "platform": 2}


def by_the_book() -> Play:
    play = Play(PROCEDURE).at("2010-08-20 08:00")
    play.open(OPENER)
    for duty, (event, role, more) in sorted(DONE.items(), key=lambda item: PHASE.get(item[0], 3)):
        play.at(DAYS[PHASE.get(duty, 3)]).fire(role, event, **more)
    return play


def nothing_done() -> Play:
    play = Play(PROCEDURE).at("2010-08-20 08:00")
    play.open(OPENER)
    return play.at("2011-07-01 08:00")


MET: dict[str, Story] = {duty: by_the_book for duty in DONE}
MISSED: dict[str, Story] = {duty: nothing_done for duty in DONE if duty not in ("improve_network", "platform")}

COURSES: tuple[tuple[Step, ...], ...] = (
    tuple((role, event, more) for event, role, more in DONE.values()),
    (("government", "launched", {}), ("government", "close", {})),
)
