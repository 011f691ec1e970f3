"""Disputes under order 701: sealed with both sides, mediated by one or the other, and what is left when nobody acts."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import everywhere, ordinary, tell

PROCEDURE = "medical-dispute-701"
OPENER = "hospital"
FACTS = {
    "dispute": {"major": "yes", "blood": "yes"},
    "patient_died": {"cause_disputed": "yes", "freezer": "no"},
}


def handled() -> Play:
    """Everything in time; the people's committee mediates."""
    return tell(
        PROCEDURE,
        OPENER,
        ("09-24 09:00", "dispute"),
        ("09-24 09:10", "inform"),
        ("09-24 09:20", "report_authority"),
        ("09-24 09:30", "ask_seal"),
        ("09-24 09:40", "notify_blood_station"),
        ("09-24 10:00", "seal"),
        ("09-24 10:10", "keep"),
        ("09-24 10:20", "patient_died"),
        ("09-24 10:30", "body_moved"),
        ("09-24 10:40", "inform_kin"),
        ("09-24 11:00", "rescue_ended"),
        ("09-24 15:00", "notes_completed"),
        ("09-24 16:00", "order_broken"),
        ("09-24 16:05", "report_police"),
        ("09-25 09:00", "consent"),
        ("09-25 10:00", "autopsy"),
        ("09-26 10:00", "body_collected"),
        ("09-27 10:00", "answered"),
        ("10-09 09:00", "accept_people"),
        ("10-20 09:00", "agreed"),
        ("10-21 09:00", "close"),
        facts=FACTS,
    )


def left() -> Play:
    """Nobody does anything in time."""
    return tell(
        PROCEDURE,
        OPENER,
        ("09-24 09:00", "dispute"),
        ("09-24 10:20", "patient_died"),
        ("09-24 11:00", "rescue_ended"),
        ("09-25 09:00", "accept_people"),
        ("09-25 09:30", "apply_administrative"),
        facts=FACTS,
        until="2026-12-20 09:00",
    )


def body_left() -> Play:
    """The body is not collected; the hospital reports it."""
    return tell(
        PROCEDURE,
        OPENER,
        ("09-24 09:00", "dispute"),
        ("09-24 10:20", "patient_died"),
        ("10-10 09:00", "report_body"),
        facts=FACTS,
    )


def administrative(end: str) -> Play:
    return tell(
        PROCEDURE,
        OPENER,
        ("09-24 09:00", "dispute"),
        ("09-24 09:30", "apply_administrative"),
        ("09-25 09:30", "accept_administrative"),
        (end, "agreed_administrative"),
    )


def expired() -> Play:
    return tell(PROCEDURE, OPENER, ("09-24 09:00", "dispute"), ("09-25 09:30", "accept_administrative"), until="2026-12-20 09:00")


MET: dict[str, Story] = {
    **dict.fromkeys(
        (
            "inform",
            "inform_kin",
            "notes",
            "feedback",
            "seal",
            "custody",
            "call_blood_station",
            "move_body",
            "autopsy",
            "body",
            "report_authority",
            "report_police",
            "mediate_people",
        ),
        handled,
    ),
    "report_body": body_left,
    "accept_administrative": lambda: administrative("10-20 09:00"),
    "mediate_administrative": lambda: administrative("10-20 09:00"),
}
MISSED: dict[str, Story] = {
    **dict.fromkeys(("notes", "autopsy", "body", "mediate_people", "accept_administrative"), left),
    "mediate_administrative": expired,
}

_TO = {
    "free": (),
    "people": ("accept_people",),
    "administrative": ("accept_administrative",),
    "failed": ("accept_people", "not_agreed"),
    "suit": ("sued",),
    "settled": ("settled",),
    "sealed": ("seal",),
    "unsealed": ("seal", "unseal"),
    "kept": ("patient_died",),
}
COURSES: tuple[tuple[Step, ...], ...] = (
    *everywhere(PROCEDURE, _TO, FACTS),
    # Settled, so that the seal may be broken by the hospital alone.
    *(tuple(ordinary(PROCEDURE, e) for e in ("seal", "settled", last)) for last in ("unseal_alone", "unseal", "seal", "question")),
    # Three years after the sealing.
    (ordinary(PROCEDURE, "seal"), ordinary(PROCEDURE, "unseal_alone", at="2029-09-25 09:00")),
    # Mediation past its limit; the body past its time.
    (ordinary(PROCEDURE, "accept_people"), ordinary(PROCEDURE, "accept_administrative", at="2026-12-20 09:00")),
    (ordinary(PROCEDURE, "accept_administrative"), ordinary(PROCEDURE, "accept_people", at="2026-12-20 09:00")),
    *(
        (ordinary(PROCEDURE, "patient_died", FACTS["patient_died"]), ordinary(PROCEDURE, last, at="2026-10-20 09:00"))
        for last in ("report_body", "body_collected")
    ),
)
