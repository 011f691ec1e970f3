"""An environmental incident from the first report to that of the result, and one that is not reported."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, tell

PROCEDURE = "environment-report-17"
OPENER = "env_department"
FACTS = {"determined": {"grade": "larger"}}


def handled() -> Play:
    return tell(
        PROCEDURE,
        OPENER,
        ("09-24 08:00", "learned"),
        ("09-24 09:00", "determined"),
        ("09-24 11:00", "initial_report"),
        ("09-25 09:00", "follow_up"),
        ("09-28 09:00", "handled"),
        ("09-29 09:00", "result_report"),
        ("09-29 10:00", "close"),
        facts=FACTS,
    )


def silent() -> Play:
    return tell(PROCEDURE, OPENER, ("09-24 08:00", "learned"), ("09-24 09:00", "determined"), facts=FACTS, until="09-25 08:00")


MET: dict[str, Story] = dict.fromkeys(("determine", "initial_report", "follow_up", "result_report"), handled)
MISSED: dict[str, Story] = {"initial_report": silent}
COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, {"open": ()}, FACTS)
