"""A major fault from the department to the second appraisal, and one on which nobody acts."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import SIGNED, everywhere, tell

PROCEDURE = "medical-accident-351"
OPENER = "staff"
FACTS = {"fault": {"deaths": 1}, "patient_died": {"cause_disputed": "yes"}}
WHOLE: tuple[tuple[str, ...], ...] = (
    ("03-02 08:00", "fault"),
    ("03-02 08:05", "tell_head"),
    ("03-02 08:06", SIGNED, "head"),
    ("03-02 08:10", "tell_quality"),
    ("03-02 08:11", SIGNED, "medical"),
    ("03-02 09:00", "tell_director"),
    ("03-02 09:10", "explain"),
    ("03-02 10:00", "rescue_ended"),
    ("03-02 12:00", "notes_completed"),
    ("03-02 12:30", "patient_died"),
    ("03-02 14:00", "report_authority"),
    ("03-02 14:10", SIGNED, "county_health"),
    ("03-03 09:00", "autopsy"),
    ("03-04 09:00", "transfer"),
    ("03-05 09:00", "body_collected"),
    ("03-06 09:00", "apply"),
    ("03-09 09:00", "decide_acceptance"),
    ("03-09 09:10", "appraisal_needed"),
    ("03-10 09:00", "hand_over"),
    ("03-11 09:00", "appraisal_accepted"),
    ("03-12 09:00", "call_materials"),
    ("03-12 10:00", SIGNED, "parties"),
    ("03-16 09:00", "submit_materials"),
    ("03-16 10:00", SIGNED, "association"),
    ("04-10 09:00", "appraise"),
    ("04-10 10:00", SIGNED, "parties"),
    ("04-15 09:00", "ask_second"),
    ("04-16 09:00", "hand_over_second"),
    ("05-06 09:00", "settled"),
    ("05-07 09:00", "report_settlement"),
    ("05-08 09:00", "judgment"),
    ("05-09 09:00", "report_judgment"),
)
DUTIES = (
    "tell_head",
    "tell_quality",
    "tell_director",
    "explain",
    "report_authority",
    "notes",
    "autopsy",
    "body",
    "transfer",
    "decide_acceptance",
    "hand_over",
    "call_materials",
    "submit_materials",
    "appraise",
    "ask_second",
    "hand_over_second",
    "report_settlement",
    "report_judgment",
)
FULFILLED_BY = {"notes": "notes_completed", "body": "body_collected"}


def handled() -> Play:
    return tell(PROCEDURE, OPENER, *WHOLE, facts=FACTS)


def stopped(duty: str) -> Play:
    """Everything up to what fulfils a duty, and then nothing."""
    upto = next(n for n, step in enumerate(WHOLE) if step[1] == FULFILLED_BY.get(duty, duty))
    return tell(PROCEDURE, OPENER, *WHOLE[:upto], facts=FACTS, until="2026-12-01 09:00")


MET: dict[str, Story] = dict.fromkeys(DUTIES, handled)
MISSED: dict[str, Story] = {
    duty: (lambda duty=duty: stopped(duty))  # type: ignore[misc]
    for duty in DUTIES
    if duty not in ("tell_head", "tell_quality", "tell_director", "explain")
}
COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, {"open": (), "sealed": ("seal",)})
