"""An exchange that is held and whose lesson is taken up, one that was arranged and dropped, one that left nothing behind."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "exchange"
OPENER = "town_office"
OFFICE = OPENER

HELD: Step = (OFFICE, "hold", {"elements": {"participants": "各村、司法所"}})
MINUTES: Step = (OFFICE, "minutes", {"elements": {"minutes": "纪要一份"}})
LEARNED: Step = ("village_office", "learned", {"elements": {"experience": "首报用电话"}})
TAKEN: Step = (OFFICE, "taken_up", {"elements": {"result": "已印发各村"}})
PASSED: Step = (OFFICE, "pass_lesson", {"other": "contingency-plan"})
CLOSE: Step = (OFFICE, "close", {})
CANCEL: Step = (OFFICE, "cancel", {"elements": {"ground": "改期"}})


def played(*steps: Step) -> Play:
    """One step a day from 8 June on."""
    play = Play(PROCEDURE).at("06-08 09:00")
    play.open(OPENER)
    for day, (role, event, more) in enumerate(steps, 9):
        play.at(f"06-{day:02} 09:00").fire(role, event, **more)
    return play


def held() -> Play:
    return played(HELD, MINUTES, LEARNED, TAKEN, CLOSE)


def dropped() -> Play:
    return played(CANCEL)


MET: dict[str, Story] = dict.fromkeys(["hold", "minutes", "take_up"], held)
MISSED: dict[str, Story] = {"hold": dropped}

COURSES: tuple[tuple[Step, ...], ...] = (
    ((OFFICE, "arrange", {"elements": {"topic": "首报"}}), HELD, MINUTES, LEARNED, TAKEN, LEARNED, PASSED, CLOSE),
    (CANCEL,),
)
