"""A warning that is issued, adjusted and lifted, one that becomes an incident, and intelligence that nobody judged."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story
from workflow import command as c

PROCEDURE = "early-warning"
OPENER = "informant"

JUDGED = {"elements": {"conclusion": "可能聚集"}}
ISSUED = {"facts": {"level": "yellow"}, "elements": {"text": "注意防范", "scope": "两个村"}}
LOWER = {"facts": {"level": "blue"}, "elements": {"ground": "人数减少"}}
MEASURES = {"elements": {"measures": "走访劝导"}}
LIFTED = {"elements": {"ground": "已散去"}}


def judged() -> Play:
    play = Play(PROCEDURE).at("09-24 08:00")
    play.open(OPENER)
    play.at("09-24 09:00").fire("town_office", "judge", **JUDGED)
    return play


def issued() -> Play:
    play = judged()
    play.at("09-24 09:10").do(c.Decide(said=play.said("command"), decision="warn", answer=True, reason="有苗头"))
    play.at("09-24 09:20").fire("command", "issue", **ISSUED)
    return play


def lifted() -> Play:
    play = issued()
    play.at("09-24 09:30").fire("town_office", "spread")
    play.fire("town_office", "share")
    play.at("09-24 10:00").fire("village_office", "measures", **MEASURES)
    play.at("09-25 08:00").fire("village_office", "eased")
    play.at("09-25 09:00").fire("command", "lift", **LIFTED)
    play.at("09-25 09:30").fire("town_office", "spread")
    play.fire("town_office", "share")
    play.at("09-25 10:00").fire("town_office", "archive")
    return play


def left() -> Play:
    """Archived while those concerned were never told, and neither they nor the district know that it is lifted."""
    play = issued()
    play.at("09-25 09:00").fire("command", "lift", **LIFTED)
    play.at("09-25 10:00").fire("town_office", "archive")
    return play


def unjudged() -> Play:
    """Closed without a warning, with the second piece of intelligence never judged."""
    play = judged()
    play.at("09-24 09:10").fire(OPENER, "collect")
    play.do(c.Decide(said=play.said("command"), decision="warn", answer=False, reason="查无此事"))
    play.at("09-24 10:00").fire("town_office", "no_warning", elements={"ground": "查无此事"})
    return play


MET: dict[str, Story] = dict.fromkeys(("judge", "issue", "spread", "share", "measures", "lift"), lifted)
MISSED: dict[str, Story] = {"judge": unjudged, "spread": left, "share": left}

_JUDGE: Step = ("town_office", "judge", JUDGED)
_MORE: Step = (OPENER, "collect", {})
_RAISED: Step = ("town_office", "raised", {})
_ISSUE: Step = ("command", "issue", ISSUED)
_ADJUST: Step = ("command", "adjust", LOWER)
_SPREAD: Step = ("town_office", "spread", {})
_SHARE: Step = ("town_office", "share", {})
_MEASURES: Step = ("village_office", "measures", MEASURES)
_EASED: Step = ("village_office", "eased", {})
_LIFT: Step = ("command", "lift", LIFTED)
_ERUPTED: Step = ("duty_officer", "erupted", {"other": "social-security-incident"})
_IN_FORCE = (_MORE, _RAISED, _JUDGE, _SPREAD, _SHARE, _EASED)

COURSES: tuple[tuple[Step, ...], ...] = (
    (_MORE, _RAISED, _JUDGE, _JUDGE, _MORE, _RAISED, _ISSUE, *_IN_FORCE, _MEASURES, *_IN_FORCE, _MEASURES, _ADJUST, _ADJUST, _LIFT),
    (_JUDGE, _ISSUE, _LIFT, _SPREAD, _SHARE, ("town_office", "archive", {})),
    (_JUDGE, ("town_office", "no_warning", LIFTED)),
    (_JUDGE, _ISSUE, _LIFT, _ERUPTED),
    (_JUDGE, _ISSUE, _MEASURES, _LIFT),
    (_ERUPTED,),
    (_JUDGE, _ERUPTED),
    (_JUDGE, _ISSUE, _ERUPTED),
    (_JUDGE, _ISSUE, _MEASURES, _ERUPTED),
)
