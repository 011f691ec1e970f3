"""A hazard that is treated in time, reviewed and written off; and one whose limit passes."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, tell

PROCEDURE = "hazard"
OPENER = "village_office"

FACTS = {
    "register": {"kind": "hazard", "class": "mass", "domain": "land", "group": "landless"},
    "rate": {"level": "major"},
    "order": {"limit": "2026-10-15"},
}
BEGUN = (
    ("09-24 08:00", "found"),
    ("09-24 10:00", "register"),
    ("09-25 09:00", "rate"),
    ("09-25 10:00", "order"),
)


def treated() -> Play:
    return tell(
        PROCEDURE,
        OPENER,
        *BEGUN,
        ("10-08 09:00", "verify"),
        ("10-14 16:00", "treated"),
        ("10-15 09:00", "pass"),
        ("10-16 09:00", "write_off"),
        facts=FACTS,
    )


def overdue() -> Play:
    """The limit passes on 15 October."""
    return tell(PROCEDURE, OPENER, *BEGUN, facts=FACTS, until="10-16 00:00")


MET: dict[str, Story] = dict.fromkeys(("register", "rate", "order", "treat", "review", "write_off", "verify"), treated)
MISSED: dict[str, Story] = {"treat": overdue}

_TREATED = ("register", "rate", "order", "treated")
_TO: dict[str, tuple[str, ...]] = {
    "found": (),
    "registered": _TREATED[:1],
    "rated": _TREATED[:2],
    "treating": _TREATED[:3],
    "treated": _TREATED,
    "passed": (*_TREATED, "pass"),
}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO, FACTS)
