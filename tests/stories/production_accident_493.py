"""An extremely major accident reported through every level and investigated, and one that nobody reports."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import SIGNED, everywhere, ordinary, tell

PROCEDURE = "production-accident-493"
OPENER = "on_site"
FACTS = {"accident": {"deaths": 30, "injured": 0, "loss": "0"}}
REPORTED: tuple[tuple[str, ...], ...] = (
    ("09-24 08:00", "accident"),
    ("09-24 08:02", "tell_head"),
    ("09-24 08:05", SIGNED, "unit_head"),
    ("09-24 08:10", "rescue"),
    ("09-24 09:00", "report_county"),
    ("09-24 09:00", SIGNED, "county_safety"),
    ("09-24 09:10", "on_the_spot"),
    ("09-24 10:00", "report_city"),
    ("09-24 10:05", SIGNED, "city_safety"),
    ("09-24 10:10", "report_government"),
    ("09-24 10:20", "notify_others"),
    ("09-24 11:00", "report_province"),
    ("09-24 11:05", SIGNED, "provincial_safety"),
    ("09-24 12:00", "report_nation"),
    ("09-24 12:05", SIGNED, "national_safety"),
    ("09-24 12:10", "report_state_council"),
    ("09-26 12:00", "casualties_changed"),
    ("09-26 12:30", "supplement"),
    ("11-20 09:00", "submit"),
    ("11-20 09:05", SIGNED, "responsible_government"),
)


def handled(deaths: int = 30) -> Play:
    facts = {"accident": {**FACTS["accident"], "deaths": deaths}, "submit": {}}
    return tell(PROCEDURE, OPENER, *REPORTED, ("12-01 09:00", "decide"), ("12-02 09:00", "close"), facts=facts)


def stopped(event: str, deaths: int = 30) -> Play:
    """Everything up to an event, and then nothing."""
    upto = next(n for n, step in enumerate(REPORTED) if step[1] == event)
    facts = {"accident": {**FACTS["accident"], "deaths": deaths}}
    return tell(PROCEDURE, OPENER, *REPORTED[:upto], facts=facts, until="2027-01-30 09:00")


def undecided(deaths: int) -> Play:
    facts = {"accident": {**FACTS["accident"], "deaths": deaths}}
    return tell(PROCEDURE, OPENER, *REPORTED, facts=facts, until="2027-01-30 09:00")


MET: dict[str, Story] = {
    **dict.fromkeys(
        (
            "tell_head",
            "report_county",
            "report_city",
            "report_government",
            "notify_others",
            "report_province",
            "report_nation",
            "report_state_council",
            "supplement",
            "rescue",
            "on_the_spot",
            "submit",
            "decide_extreme",
        ),
        handled,
    ),
    "decide": lambda: handled(deaths=29),
}
MISSED: dict[str, Story] = {
    "report_county": lambda: stopped("report_county"),
    "report_city": lambda: stopped("report_city"),
    "report_province": lambda: stopped("report_province"),
    "report_nation": lambda: stopped("report_nation"),
    "submit": lambda: stopped("submit"),
    "decide": lambda: undecided(29),
    "decide_extreme": lambda: undecided(30),
}
_STATED = {"submit": FACTS["accident"]}
COURSES: tuple[tuple[Step, ...], ...] = (
    *everywhere(PROCEDURE, {"running": (), "reported": ("submit",), "decided": ("submit", "decide")}, _STATED),
    # The window for changes of casualties: thirty days, or seven after a fire.
    (ordinary(PROCEDURE, "new_situation"), ordinary(PROCEDURE, "rescue", at="2026-11-02 09:00")),
    (ordinary(PROCEDURE, "new_situation", {"traffic_or_fire": "yes"}), ordinary(PROCEDURE, "rescue", at="2026-10-08 09:00")),
)
