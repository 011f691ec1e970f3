"""Five links up to the national department, and what is missed where one stops."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from tests.stories.told import SIGNED, everywhere, tell

PROCEDURE = "public-health-376"
OPENER = "institution"
LINKS = (
    ("report_county_health", "county_health"),
    ("report_county", "county_government"),
    ("report_city", "city_government"),
    ("report_province", "provincial_government"),
    ("report_nation", "national_health"),
)


def links(upto: int, until: str = "") -> Play:
    """So many links, each an hour after the one before and signed for at once."""
    steps: list[tuple[str, ...]] = [("09-24 00:00", "found")]
    for n, (event, receiver) in enumerate(LINKS[:upto], 1):
        steps += [(f"09-24 {n:02}:00", event), (f"09-24 {n:02}:05", SIGNED, receiver)]
    return tell(PROCEDURE, OPENER, *steps, until=until)


def handled() -> Play:
    play = links(5)
    play.at("09-24 05:30").fire("county_health", "report_health_above", elements={"situation": "x"})
    play.at("09-24 06:00").fire("county_health", "investigate", elements={"findings": "x"})
    return play


MET: dict[str, Story] = dict.fromkeys((*(name for name, _ in LINKS), "investigate"), handled)


def above() -> Play:
    play = links(1)
    play.at("09-24 02:00").fire("county_health", "report_health_above", elements={"situation": "x"})
    return play


MET["report_health_above"] = above
MISSED: dict[str, Story] = {
    **{name: (lambda n=n: links(n, "09-25 08:00")) for n, (name, _) in enumerate(LINKS)},  # type: ignore[misc]
    "report_health_above": lambda: links(1, "09-25 08:00"),
}
COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, {"open": ()})
