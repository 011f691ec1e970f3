"""A month in which the town consults, analyses and acts on it, and one in which it does not; the town set the frequency itself."""

from __future__ import annotations

from tests.play import Play, at
from tests.stories import Step, Story
from tests.stories.told import everywhere, ordinary
from workflow import command as c
from workflow import organisation

PROCEDURE = "consultation"
OPENER = "town_office"


def begun(procedure: str = PROCEDURE, every: str = "month") -> Play:
    """The sweep opens the period of a town that set how often."""
    play = Play(procedure).at("08-15 00:00")
    town = {"units": [{"id": "town", "zh": "镇", "en": "town", "level": "town", "periods": {procedure: every}}]}
    play.engine.organise(organisation.entries(town, lambda text: at(f"{text} 00:00")))
    play.at("09-01 00:00").engine.tick()
    play.case = play.engine.period_case(procedure, "town", at("09-01 00:00"))
    return play


def told(play: Play, *steps: tuple[str, str]) -> Play:
    for when, event in steps:
        role, name, more = ordinary(play.procedure, event)
        play.at(when).fire(role, name, **more)
    return play


def held() -> Play:
    play = told(begun(), ("09-24 09:00", "hold"), ("09-24 11:00", "analyse"), ("09-24 14:00", "minutes"))
    play.do(c.Decide(said=play.said("command"), decision="warn", answer=True, reason="有苗头"))
    play.engine.open_case(
        "early-warning",
        c.Open(said=play.said("town_office"), what="苗头", where="两个村", told_by="会商", origin=play.case, by="raise_warning"),
        case="W",
    )
    return told(play, ("09-24 15:00", "task"), ("09-25 10:00", "done"))


def skipped() -> Play:
    """The month passes without a consultation; the one after it is archived with nothing sent out and nothing done."""
    return begun().at("10-02 00:00")


def neglected() -> Play:
    play = told(begun(), ("09-24 09:00", "hold"), ("09-24 11:00", "analyse"), ("09-24 15:00", "task"))
    play.do(c.Decide(said=play.said("command"), decision="warn", answer=True, reason="有苗头"))
    return told(play, ("09-30 10:00", "close"))


MET: dict[str, Story] = dict.fromkeys(("hold", "analyse", "minutes", "follow_up", "raise_warning"), held)
MISSED: dict[str, Story] = {
    **dict.fromkeys(("hold", "analyse"), skipped),
    **dict.fromkeys(("minutes", "follow_up", "raise_warning"), neglected),
}

_TO: dict[str, tuple[str, ...]] = {"planned": (), "held": ("hold",), "concluded": ("hold", "analyse")}

COURSES: tuple[tuple[Step, ...], ...] = everywhere(PROCEDURE, _TO)
