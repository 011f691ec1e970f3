"""Notified, delivered, received and accepted: four things, each shown by an act of its own, none of which an outcome reads."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from tests.unit.test_dispatch import enter, taken, town
from workflow import command as c
from workflow.dispatch import Route
from workflow.errors import BadInput
from workflow.notice import Notice, latest, notices


@pytest.fixture
def play() -> Play:
    play = town(Route("sms", "phone"))
    play.at("10-02 00:10").engine.tick()
    return play


def notice(play: Play, number: int = 0) -> Notice:
    return notices(play.engine.case("C").case)[number]


def receipt(play: Play, stage: str, role: str = "scene_head", **more: str) -> None:
    play.do(c.Receipt(said=play.said(role, **more), of=notice(play).flag.n, stage=stage))  # type: ignore[arg-type]


def test_a_flag_that_nobody_was_sent_yet_names_whom_it_is_for(play: Play) -> None:
    found = notice(play)
    assert [one["post"] for one in found.told] == ["zhongzhuang.scene_head", "zhongzhuang.village_office"]
    assert (found.notified, found.dead) == (None, False)
    assert all(found.first(stage) is None for stage in ("delivered", "received", "accepted"))


def test_notified_is_when_a_service_took_it(play: Play) -> None:
    message = next(m for m in taken(play, "sms") if m.n == notice(play).flag.n)
    play.at("10-02 00:11")
    enter(play, message._replace(state="sent", next_at=None))
    assert notice(play).notified == at("10-02 00:11")
    assert notice(play).first("received") is None, "it was taken by a service, and by nobody else"


def test_each_stage_is_an_act_of_its_own(play: Play) -> None:
    before = play.engine.ledger("C")
    for minute, stage in (("12", "delivered"), ("13", "received"), ("14", "accepted")):
        play.at(f"10-02 00:{minute}")
        receipt(play, stage)
    stages = {stage: notice(play).first(stage) for stage in ("delivered", "received", "accepted")}
    assert {stage: act.happened.lo for stage, act in stages.items() if act is not None} == {
        "delivered": at("10-02 00:12"),
        "received": at("10-02 00:13"),
        "accepted": at("10-02 00:14"),
    }
    assert [(r.key, r.outcome) for r in play.engine.ledger("C")] == [(r.key, r.outcome) for r in before]


def test_the_stage_is_the_last_that_is_shown(play: Play) -> None:
    assert notice(play).stage == "waiting"
    message = next(m for m in taken(play, "sms") if m.n == notice(play).flag.n)
    enter(play, message._replace(state="dead", next_at=None))
    assert notice(play).stage == "dead"
    receipt(play, "received")
    assert notice(play).stage == "received", "somebody has it, whatever became of the message"
    receipt(play, "accepted")
    receipt(play, "delivered")
    assert notice(play).stage == "accepted" == notice(play).document()["stage"]


def test_the_latest_of_each_row_and_of_those_raised_together_the_one_that_came_furthest(play: Play) -> None:
    play.at("10-02 00:21").engine.tick()
    case = play.engine.case("C").case
    last = latest(case)["telephone_report/government#1"]
    assert last.flag.data["flag"] == "missing", "not the reminder of the same sweep"
    reminder = next(n for n in notices(case) if n.flag.recorded == last.flag.recorded and n.flag.name == last.flag.name and n != last)
    play.do(c.Receipt(said=play.said("scene_head"), of=reminder.flag.n, stage="received"))
    assert latest(play.engine.case("C").case)["telephone_report/government#1"].flag == reminder.flag
    play.at("10-02 00:51").engine.tick()
    assert latest(play.engine.case("C").case)["telephone_report/government#1"].flag.n > reminder.flag.n


def test_the_first_who_received_it_counts_as_it_happened(play: Play) -> None:
    play.at("10-02 00:15")
    receipt(play, "received", "village_office")
    receipt(play, "received", "scene_head", happened="10-02 00:12")
    first = notice(play).first("received")
    assert first is not None and first.actor is not None
    assert (first.happened.lo, first.actor.role) == (at("10-02 00:12"), "scene_head")


def test_a_report_is_received_and_nothing_else(play: Play) -> None:
    play.fire("scene_head", "telephone_report")
    report = play.engine.case("C").case.events("telephone_report")[-1].n
    with pytest.raises(BadInput, match="only a notice"):
        play.do(c.Receipt(said=play.said("government"), of=report, stage="accepted"))


def test_as_data(play: Play) -> None:
    receipt(play, "received")
    found = notice(play).document()
    assert (found["notified"], found["dead"], found["delivered"], found["accepted"]) == (None, False, None, None)
    assert found["received"]["by"]["role"] == "scene_head"  # type: ignore[index,call-overload]
