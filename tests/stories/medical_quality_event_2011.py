"""An event that is reported, and one that is not."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, tell

PROCEDURE = "medical-quality-event-2011"
OPENER = "hospital"


def reported() -> Play:
    return tell(PROCEDURE, OPENER, ("09-24 08:00", "discovered"), ("09-24 09:00", "report_event"), facts={"discovered": {"tier": "major"}})


def silent() -> Play:
    return tell(PROCEDURE, OPENER, ("09-24 08:00", "discovered"), facts={"discovered": {"tier": "major"}}, until="09-25 08:00")


MET: dict[str, Story] = {"report_event": reported}
MISSED: dict[str, Story] = {"report_event": silent}
COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, {"open": ()})
