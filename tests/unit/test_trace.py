"""责任倒查: what was missed or late before an outcome, in order of time, and what was not looked at."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from workflow import command as c
from workflow.case.clockwork import catch_up
from workflow.obligation.ledger import ledger
from workflow.organisation import Actor
from workflow.period import Period
from workflow.sheet import Peer
from workflow.trace import Trace, trace

LATE = "telephone_report/government#1"


@pytest.fixture
def play() -> Play:
    """An incident ``I`` in the village reported late, a matter ``A`` that took the lead up; the town trained nobody the quarter before."""
    play = Play("social-security-incident").at("06-20 09:00")
    play.engine.organise(shipped_organisation("town"))
    play.at("07-01 09:00").engine.tick()
    incident(play, "I")
    play.at("10-05 09:00")
    command = c.Open(said=play.said("proposer"), what="线索", where="镇", told_by="清单", leads=(("I", LATE),))
    play.engine.open_case("accountability", command, case="A")
    return play.at("10-20 09:00")


def incident(play: Play, name: str, unit: str = "zhongzhuang", **more: Any) -> None:
    play.at("10-01 23:55")
    known = {"class": "mass", "knew": "2026-10-01 23:52:00", "grade": "general"}
    play.open("informant", known, "10-01 23:50", case=name, unit=unit, **more)
    play.at("10-02 00:34").fire("scene_head", "telephone_report", elements=dict.fromkeys(("time", "place", "nature"), "见记录"))


def peers(play: Play) -> list[Peer]:
    now = play.clock.now()
    found = []
    for row in play.engine.cases():
        standing = play.engine.case(row.id)
        world = play.engine.world(standing)
        case = catch_up(standing, world, now).case
        found.append(Peer(case, world, tuple(ledger(case, world, now))))
    return found


def traced(play: Play, root: str = "A", since: str = "2025-10-01 00:00", also: tuple[str, ...] = ()) -> Trace:
    return trace(root, peers(play), play.engine.organisation(), at(since), also)


def test_it_goes_back_through_links_to_what_was_late(play: Play) -> None:
    found = traced(play)
    assert found.looked["A"] == "self" and found.looked["I"] == "linked"
    step = next(s for s in found.steps if s.row.key == LATE)
    assert (step.case.id, step.how, step.through) == ("I", "linked", "A")
    assert step.document()["basis"] and step.document()["by"] == "scene_head"


def test_a_case_is_not_traced_into_what_came_of_it(play: Play) -> None:
    found = traced(play, "I")
    assert "A" not in found.looked and {s.how for s in found.steps if s.case.id == "I"} == {"self"}


def test_the_standing_duties_of_the_unit_and_those_above_are_looked_at(play: Play) -> None:
    found = traced(play)
    standing = {s.case.procedure for s in found.steps if s.how == "standing"}
    assert "training" in standing  # of the town, above the village
    assert {s.case.unit for s in found.steps if s.how == "standing"} <= {"zhongzhuang", "town", "district"}


def test_what_was_missed_only_after_the_incident_began_or_before_the_time_asked_for_is_left_out(play: Play) -> None:
    until = at("10-01 23:50")
    rules = play.engine.rules("training")
    with play.engine.batch() as batch:
        batch.open_period(rules, "town", Period.of(at("10-20 09:00"), "quarter", rules.zone))
    play.at("2027-02-01 09:00")
    assert [r for r in play.engine.ledger(play.engine.period_case("training", "town", at("10-20 09:00"))) if r.outcome.value == "missed"]
    assert all(at("2025-10-01 00:00") <= s.at < until for s in traced(play).steps if s.how == "standing")
    assert any(s.how == "standing" for s in traced(play).steps)
    assert not [s for s in traced(play, since="10-01 23:49").steps if s.how == "standing"]


def test_the_steps_are_in_order_of_time_whatever_the_order_of_the_cases(play: Play) -> None:
    found = traced(play)
    assert [s.at for s in found.steps] == sorted(s.at for s in found.steps)
    again = trace("A", reversed(peers(play)), play.engine.organisation(), at("2025-10-01 00:00"))
    assert [s.document() for s in again.steps] == [s.document() for s in found.steps]


def test_what_was_in_time_is_no_step(play: Play) -> None:
    assert {s.row.outcome.value for s in traced(play).steps} <= {"missed", "met_late", "undeterminable"}


def test_s3_5_a_target_that_was_not_reached_is_no_step() -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk")
    play.at("12-30 00:00")
    missed = [r for r in play.engine.ledger("C") if r.outcome.value == "missed"]
    assert {r.duty.obligation.modality for r in missed} == {"mandatory", "target"}
    assert {s.row.duty.obligation.modality for s in traced(play, "C").steps} == {"mandatory"}


def test_another_incident_of_the_same_unit_is_said_not_to_be_looked_at_unless_it_is_asked_for(play: Play) -> None:
    incident(play, "J")
    incident(play, "K", unit="xiazhuang")
    play.at("10-20 09:00")
    found = traced(play)
    assert "J" not in found.looked
    assert [t.en for t in found.unseen if "social-security-incident" in t.en] == [
        "social-security-incident: 1 case(s) of the same units were not looked at"
    ]
    assert traced(play, also=("social-security-incident",)).looked["J"] == "standing"


def test_cases_that_are_the_same_incident_are_one_outcome(play: Play) -> None:
    incident(play, "J", unit="xiazhuang")
    play.do(c.SameAs(said=play.said("town_office"), lead="I", reason="同一事件"))
    found = traced(play)
    assert found.looked["J"] == "linked" and any(s.case.id == "J" for s in found.steps)


def test_a_void_case_and_a_practice_case_are_no_ground(play: Play) -> None:
    play.engine.do("I", c.Void(said=play.said("town_office"), reason="误立", second=Actor("government")))
    found = traced(play)
    assert not [s for s in found.steps if s.case.id == "I"]
    assert any("void" in t.en for t in found.unseen)


def test_a_case_without_a_unit_says_that_no_standing_duty_was_looked_at() -> None:
    play = Play("social-security-incident")
    incident(play, "I", unit="")
    found = traced(play, "I")
    assert any("no responsible unit" in t.en for t in found.unseen)


def test_it_always_says_that_it_knows_only_what_is_in_the_journal(play: Play) -> None:
    assert traced(play).unseen[-1].zh == "未记入日志的指示和要求"
