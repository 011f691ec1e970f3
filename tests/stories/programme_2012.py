"""The banner's project book: handed in, mended, carried out and accepted; and a year in which nothing was done."""

from __future__ import annotations

from tests.play import Play
from tests.stories import Step, Story

PROCEDURE = "programme-2012"
OPENER = "bureau"
DAY = "2012-09-24"

BOOK = {"elements": {"measures": "a", "items": "b"}}
ITEM = {"elements": {"item": "预案修订"}}
DONE = {"elements": {"item": "预案修订", "result": "a"}}
GOALS = {"elements": {"goals": "a"}}
OPINION = {"facts": {"score": "96.5"}, "elements": {"opinion": "a"}}


def by_the_book() -> Play:
    play = Play(PROCEDURE).at("2012-04-20 08:00")
    play.open(OPENER)
    play.at("2012-05-31 17:00").fire("judicial_office", "submit", **BOOK)
    play.at("2012-05-31 18:00").fire("stability_office", "returned", elements={"fault": "措施不具体"})
    play.at("2012-06-01 09:00").fire("judicial_office", "resubmit", **BOOK)
    play.fire("judicial_office", "add_item", **ITEM)
    play.at("2012-06-02 09:00").fire("judicial_office", "begin")
    play.at("2012-11-30 17:00").fire("judicial_office", "item_done", **DONE)
    play.fire("judicial_office", "carried_out")
    play.at("2012-12-20 09:00").fire("judicial_office", "state_outcome", **GOALS)
    play.at("2012-12-31 16:00").fire("bureau", "accept", **OPINION)
    return play


def nothing_done() -> Play:
    play = Play(PROCEDURE).at("2012-04-20 08:00")
    play.open(OPENER)
    play.at("2012-06-10 09:00").fire("judicial_office", "add_item", **ITEM)
    return play.at("2013-01-01 08:00")


DUTIES = ("preparation", "sub_project_book", "improve_book", "items", "implementation", "acceptance", "outcome_statement")
MET: dict[str, Story] = {duty: by_the_book for duty in DUTIES}
MISSED: dict[str, Story] = {duty: nothing_done for duty in DUTIES if duty != "improve_book"}

_BOOK: tuple[Step, ...] = (
    ("judicial_office", "submit", BOOK),
    ("stability_office", "returned", {"elements": {"fault": "a"}}),
    ("judicial_office", "resubmit", BOOK),
    ("judicial_office", "add_item", ITEM),
)
COURSES: tuple[tuple[Step, ...], ...] = (
    (
        ("bureau", "assigned", {}),
        *_BOOK,
        ("judicial_office", "begin", {}),
        *_BOOK,
        ("judicial_office", "item_done", DONE),
        ("judicial_office", "state_outcome", GOALS),
        ("judicial_office", "carried_out", {}),
        ("judicial_office", "state_outcome", GOALS),
        ("bureau", "accept", OPINION),
    ),
)
