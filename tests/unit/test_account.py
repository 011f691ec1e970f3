"""时间账: every minute belongs to one holder or to nobody, and the parts add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.custody import WORLD, acts, course, folded, held, told
from tests.play import Play, at
from workflow.account import account
from workflow.moment import Moment


def test_it_is_with_whoever_received_it_last_and_on_the_way_between() -> None:
    found = held(course(("open", "village", "23:00"), ("to_town", "village", "23:30", "23:40"), ("to_county", "town", "23:55", "24:05")))
    assert told(found) == [
        ("23:00", "village", 30), ("23:30", "on_the_way", 10), ("23:40", "town", 15), ("23:55", "on_the_way", 10)
    ]  # fmt: skip
    assert dict(found.held) == {"village": 1800, "on_the_way": 1200, "town": 900} and found.seconds == 65 * 60


def test_by_telephone_it_arrives_as_it_is_sent() -> None:
    found = held(course(("open", "village", "08:00"), ("call_town", "village", "08:20"), ("to_county", "town", "09:00", "09:10")))
    assert told(found) == [("08:00", "village", 20), ("08:20", "town", 40), ("09:00", "on_the_way", 10)]


def test_where_no_receipt_is_shown_it_is_with_nobody_until_the_receiver_acts() -> None:
    found = held(course(("open", "village", "08:00"), ("to_town", "village", "08:20"), ("to_county", "town", "09:00", "09:10")))
    assert told(found) == [("08:00", "village", 20), ("08:20", "unknown", 40), ("09:00", "on_the_way", 10)]


def test_a_follow_up_to_somebody_who_had_it_moves_nothing() -> None:
    chain = ("open", "village", "08:00"), ("to_town", "village", "08:10", "08:10"), ("to_county", "town", "08:30", "08:30")
    found = held(course(*chain, ("to_town", "village", "09:00", "09:05")))
    assert told(found) == [("08:00", "village", 10), ("08:10", "town", 20), ("08:30", "county", 35)]


def test_what_happened_before_anybody_is_shown_to_have_known_is_with_nobody() -> None:
    found = held(course(("occurred", "", "07:00"), ("open", "village", "08:00"), ("call_town", "village", "08:20")))
    assert told(found)[0] == ("07:00", "unknown", 80), "the first act names nobody"


def test_an_instant_that_is_not_exact_leaves_a_stretch_to_nobody() -> None:
    found = held(course(("open", "village", "08:00"), ("call_town", "village", "08:20/08:30"), ("to_county", "town", "09:00", "09:10")))
    assert told(found) == [("08:00", "village", 20), ("08:20", "unknown", 10), ("08:30", "town", 30), ("09:00", "on_the_way", 10)]


def test_an_order_that_the_instants_leave_open_leaves_it_with_nobody() -> None:
    calls = ("call_town", "village", "08:10/10:00"), ("call_county", "town", "09:00")
    found = held(course(("open", "village", "08:00"), *calls, ("to_city", "county", "11:00", "11:30")))
    assert told(found) == [("08:00", "village", 10), ("08:10", "unknown", 170), ("11:00", "on_the_way", 30)]


def test_whoever_passes_on_what_nothing_shows_they_had_had_it_since_nobody_knows_when() -> None:
    found = held(course(("open", "village", "08:00"), ("call_county", "town", "08:30"), ("to_city", "county", "09:00", "09:10")))
    assert told(found) == [("08:00", "unknown", 30), ("08:30", "county", 30), ("09:00", "on_the_way", 10)]
    heard = held(course(("open", "village", "08:00"), ("call_town", "village", "08:10"), ("to_city", "county", "09:00", "09:10")))
    assert told(heard) == [("08:00", "village", 10), ("08:10", "unknown", 50), ("09:00", "on_the_way", 10)]


def test_without_a_report_there_is_no_account() -> None:
    assert account(course(("open", "village", "08:00")), WORLD) is None


def test_the_case_of_the_town_shows_where_its_time_went() -> None:
    play = Play("social-security-incident").at("09-24 10:00")
    play.open("village_office", {"knew": "2026-09-24 09:40"}, happened="09-24 09:50")
    play.at("09-24 10:05").fire("duty_officer", "telephone_report")
    standing = play.engine.case("C")
    found = account(standing.case, play.engine.world(standing))
    assert found is not None and found.until == at("09-24 10:05")
    document: Any = found.document(play.engine.world(standing))
    assert sum(h["seconds"] for h in document["held"]) == sum(s["seconds"] for s in document["stretches"]) == document["seconds"]


@pytest.mark.parametrize("microsecond", [400_000, 600_000])
def test_parts_of_seconds_add_up_too(microsecond: int) -> None:
    lines = acts(("open", "village", "08:00"), ("call_town", "village", "08:20"), ("call_county", "town", "08:40"))
    lines[1] = replace(lines[1], happened=Moment.at(lines[1].happened.lo.replace(microsecond=microsecond)))
    found = held(folded(lines))
    assert sum(s.seconds for s in found.stretches) == found.seconds == 2400
