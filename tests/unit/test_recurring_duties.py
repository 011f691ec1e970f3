"""Duties that come again or begin with each of several acts: slots, rounds, what ends them, what answers which (S6.4, S7)."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from workflow import command as c
from workflow import organisation as organisations
from workflow.act import FLAGGED, UNFLAGGED
from workflow.errors import UnknownName
from workflow.obligation.row import Outcome
from workflow.procedure.load import load
from workflow.rowname import matching, title

MET, MISSED, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED
LATE, UNKNOWN, WAIVED = Outcome.MET_LATE, Outcome.UNDETERMINABLE, Outcome.WAIVED

ORDERS = """
procedure: orders
version: "1"
zh: 指令
en: orders
roles:
  boss: {zh: 领导, en: boss, level: town}
  watch: {zh: 镇值班, en: watch, level: town}
  head: {zh: 村负责人, en: head, level: village}
  clerk: {zh: 村文书, en: clerk, level: village}
facts:
  knew: {zh: 知悉, en: knew, type: instant, revise: [boss, watch]}
  urgent: {zh: 紧急, en: urgent, type: yes_no, revise: [boss]}
initial: open
states: {open: {zh: 在办, en: open}, closed: {zh: 结束, en: closed, final: true}}
events:
  happened: {zh: 事发, en: happened, opens: true, by: [head, clerk], basis: unit}
  intake: {zh: 接报, en: intake, opens: true, by: [boss, watch], basis: unit}
  order: {zh: 指令, en: order, by: boss, basis: unit}
  done: {zh: 落实, en: done, by: head, basis: unit}
  call: {zh: 电话, en: call, by: head, report: {kind: first, medium: telephone, to: [boss]}, basis: unit}
  paper: {zh: 书面, en: paper, by: head, report: {kind: first, medium: written, to: [boss]}, basis: unit}
  follow: {zh: 续报, en: follow, by: head, report: {kind: follow_up, to: [boss]}, basis: unit}
  respond: {zh: 响应, en: respond, by: boss, basis: unit}
  over: {zh: 结束响应, en: over, by: boss, basis: unit}
  close: {zh: 结案, en: close, kind: request, to: closed, by: boss, basis: unit}
obligations:
  call: {zh: 电话报告, en: call, owed: {by: head, to: boss},
    starts: {fact: knew}, term: [{is: 30 minutes}], met_by: call, basis: unit}
  paper: {zh: 书面报告, en: paper, owed: {by: head, to: boss},
    starts: {on: case}, term: [{is: 2 hours}], met_by: paper, receipt: 30 minutes, basis: unit}
  carry_out: {zh: 落实指令, en: carry out, owed: {by: head, to: boss},
    starts: {on: order, each: true}, term: [{when: {urgent: true}, is: 30 minutes}, {is: 1 hour}], met_by: done, waive: [boss], basis: unit}
  follow: {zh: 续报, en: follow up, owed: {by: head, to: boss},
    starts: {on: respond, every: "every day at 08:00, 17:00", until: over}, term: [{is: unset}], met_by: follow, waive: [boss], basis: unit}
"""


@pytest.fixture
def play() -> Play:
    play = Play("orders").at("09-24 10:00")
    play.engine.add(load(ORDERS.encode(), "orders.yaml"))
    play.open("head")
    return play


def flags(play: Play, kind: str = FLAGGED) -> list[str]:
    return [a.name for a in play.engine.case(play.case).case.acts if a.kind == kind and a.name.startswith("follow")]


def test_s6_4_every_slot_that_passes_is_flagged_by_sweeps_alone(play: Play) -> None:
    play.fire("boss", "respond")
    for moment in ("09-24 17:01", "09-25 08:01", "09-25 17:01"):
        play.at(moment).engine.tick()
    assert flags(play) == ["follow/boss#2026-09-24T17:00", "follow/boss#2026-09-25T08:00", "follow/boss#2026-09-25T17:00"]


def test_s6_4_the_slot_after_a_fulfilled_one_wakes_the_sweep_too(play: Play) -> None:
    play.fire("boss", "respond")
    play.at("09-24 16:40").fire("head", "follow")
    play.at("09-24 17:01").engine.tick()
    play.at("09-25 08:01").engine.tick()
    assert flags(play) == ["follow/boss#2026-09-25T08:00"]


def test_s6_4_the_date_of_each_slot_is_journaled(play: Play) -> None:
    play.fire("boss", "respond")
    play.at("09-24 17:01").engine.tick()
    play.at("09-25 08:01").engine.tick()
    found = [a.data.get("dues", []) for a in play.engine.case("C").case.acts]
    dues = {due["row"] for listed in found if isinstance(listed, list) for due in listed if isinstance(due, dict)}
    assert {"follow/boss#2026-09-24T17:00", "follow/boss#2026-09-25T08:00", "follow/boss#2026-09-25T17:00"} <= dues


def test_s6_4_an_end_that_is_entered_later_ends_the_slots_after_it_and_withdraws_their_flags(play: Play) -> None:
    play.fire("boss", "respond")
    for moment in ("09-24 17:01", "09-25 08:01", "09-25 17:01"):
        play.at(moment).engine.tick()
    play.at("09-25 18:00").record("boss", "over", "09-24 20:00")
    play.engine.tick()
    assert [r.outcome for r in play.rows("follow")] == [MISSED, DISCHARGED]
    assert sorted(flags(play, UNFLAGGED)) == ["follow/boss#2026-09-25T08:00", "follow/boss#2026-09-25T17:00"]


def test_s3_5_a_report_entered_after_the_end_on_own_word_leaves_a_slot_that_ended_discharged(play: Play) -> None:
    play.fire("boss", "respond")
    play.at("09-24 15:00").fire("boss", "over")
    play.at("09-25 09:00").record("head", "follow", "09-24 14:00")
    (row,) = play.rows("follow")
    assert (row.outcome, row.met_by) == (DISCHARGED, 4)


def test_s3_5_an_end_exactly_at_a_slot_opens_no_further_one(play: Play) -> None:
    play.fire("boss", "respond")
    play.at("09-24 17:00").fire("boss", "over")
    assert [r.outcome for r in play.rows("follow")] == [DISCHARGED]


def test_s7_2_after_a_reopening_a_recurrence_starts_again_with_its_start_event(play: Play) -> None:
    play.fire("boss", "respond")
    play.at("09-24 16:00").fire("head", "follow")
    play.at("09-24 18:00").fire("boss", "over")
    play.at("09-24 19:00").fire("boss", "close")
    play.at("09-26 09:00").do(c.Reopen(said=play.said("boss"), reason="反复"))
    assert [r.outcome for r in play.rows("follow", "09-26 09:30")] == [MET, DISCHARGED]
    play.at("09-26 10:00").fire("boss", "respond")
    play.at("09-26 16:30").fire("head", "follow")
    assert [r.outcome for r in play.rows("follow", "09-27 09:00")] == [MET, DISCHARGED, MET, MISSED, NOT_DUE]


def test_s7_2_an_act_entered_after_the_reopening_counts_for_the_round_in_which_it_was_done(play: Play) -> None:
    play.at("09-24 11:00").fire("boss", "close")
    play.at("09-24 12:00").do(c.Reopen(said=play.said("boss"), reason="反复"))
    play.at("09-24 13:00").record("head", "paper", "09-24 10:30", grade="counterpart")
    assert [r.outcome for r in play.rows("paper")] == [MET, NOT_DUE]


def test_s7_2_what_was_known_after_a_reopening_leaves_the_first_round_alone(play: Play) -> None:
    play.at("09-24 10:20").fire("head", "call")
    play.at("09-24 11:00").fire("boss", "close")
    play.at("09-26 12:00").do(c.Reopen(said=play.said("boss"), reason="反复"))
    assert len(play.rows("call")) == 1
    play.revise("boss", knew="2026-09-26 12:05:00")
    first, second = play.rows("call", "09-26 12:36")
    assert (first.outcome, second.outcome) == (MET, MISSED)
    assert second.due is not None and second.due.instant == at("09-26 12:35")


def test_s7_2_a_recurrence_that_had_begun_ends_where_the_case_joins_the_one_that_leads(play: Play) -> None:
    play.open("clerk", case="LEAD")
    play.case = "C"
    play.fire("boss", "respond")
    play.at("09-24 18:00").do(c.SameAs(said=play.said("boss"), lead="LEAD", reason="同一事件"))
    assert [r.outcome for r in play.rows("follow", "09-26 12:00")] == [MISSED, DISCHARGED]
    play.at("09-26 12:00").do(c.SameAs(said=play.said("boss"), lead="", reason="不是同一事件"))
    assert [r.outcome for r in play.rows("follow")] == [MISSED] * 4 + [NOT_DUE]


def test_s7_3_one_act_answers_one_order_the_oldest_that_is_open(play: Play) -> None:
    play.at("09-24 10:10").fire("boss", "order")
    play.at("09-24 10:20").fire("boss", "order")
    play.at("09-24 10:30").fire("head", "done")
    assert [r.outcome for r in play.rows("carry_out")] == [MET, NOT_DUE]
    play.at("09-24 10:40").fire("head", "done")
    assert [r.met_by for r in play.rows("carry_out")] == [4, 5]


def test_s7_3_an_act_answers_the_orders_that_it_names_and_no_other(play: Play) -> None:
    for minute in (10, 15, 20):
        play.at(f"09-24 10:{minute}").fire("boss", "order")
    play.at("09-24 10:30").fire("head", "done", of=(3, 4))
    assert [r.outcome for r in play.rows("carry_out")] == [NOT_DUE, MET, MET]
    with pytest.raises(UnknownName):
        play.fire("head", "done", of=(99,))


def test_s6_1_reports_are_numbered_as_they_are_entered(play: Play) -> None:
    for _ in range(3):
        play.fire("head", "follow")
    play.fire("head", "call")
    numbers = [(a.name, a.data["number"]) for a in play.engine.case("C").case.acts[1:]]
    assert numbers == [("follow", 1), ("follow", 2), ("follow", 3), ("call", 1)]


def test_s1_2_signing_for_a_report_is_owed_by_its_receiver(play: Play) -> None:
    play.fire("head", "paper")
    row = play.row("paper.receipt")
    assert (row.owed_by, row.owed_to) == ("boss", "head")


@pytest.mark.parametrize(
    ("role", "event", "suspected"), [("head", "happened", False), ("clerk", "happened", False), ("watch", "intake", True)]
)
def test_s7_1_what_the_town_knew_shows_nothing_of_the_village(role: str, event: str, suspected: bool) -> None:
    play = Play("orders").at("09-24 12:00")
    play.engine.add(load(ORDERS.encode(), "orders.yaml"))
    play.open(role, happened="09-24 10:00")
    row = play.row("call")
    assert play.engine.case("C").case.opened.name == event  # the opening that is for this role
    assert row.suspected is suspected
    assert row.outcome == (Outcome.UNDETERMINABLE if suspected else MISSED)


def test_s3_3_a_waiver_stays_with_its_slot_when_an_earlier_end_is_entered(play: Play) -> None:
    play.fire("boss", "respond")
    play.at("09-25 09:00").fire("boss", "respond")
    play.at("09-25 10:00").do(c.Waive(said=play.said("boss"), row="follow/boss#2026-09-25T17:00", ground="停电"))
    play.at("09-25 10:30").record("boss", "over", "09-24 12:00")  # the slot of 09-25 08:00 was never owed
    assert [(r.name, r.outcome) for r in play.rows("follow", "09-25 18:00")] == [
        ("2026-09-24T17:00", DISCHARGED),
        ("2026-09-25T17:00", WAIVED),
        ("2026-09-26T08:00", NOT_DUE),
    ]


def test_s3_3_a_waiver_stays_with_its_order_when_the_order_before_brings_a_second_obligation(play: Play) -> None:
    play.at("09-24 10:10").fire("boss", "order")
    play.at("09-24 10:20").fire("boss", "order")
    play.at("09-24 10:30").do(c.Waive(said=play.said("boss"), row="carry_out/boss#2", ground="停电"))
    play.at("09-24 11:15").revise("boss", urgent=True)  # the first order had run out at 11:10 (S4.3)
    found = [(r.name, r.outcome) for r in play.rows("carry_out")]
    assert found == [("1", MISSED), ("1.2", NOT_DUE), ("2", WAIVED)]


@pytest.mark.parametrize(
    "word", ["follow/boss#2026-09-24T17:00", "续报 #2026-09-24 17:00", "follow up #2026-09-24T17:00", "follow#2026-09-24 17:00"]
)
def test_s6_4_a_slot_is_called_by_its_local_instant_in_either_language(play: Play, word: str) -> None:
    play.fire("boss", "respond")
    rows = play.rows("follow", "09-25 09:00")
    rules = play.engine.world(play.engine.case("C")).rules
    assert [r.key for r in matching(word, rows, rules)] == ["follow/boss#2026-09-24T17:00"]
    assert title(rows[0].key, rules).zh == "续报 #2026-09-24 17:00"


def test_s6_4_two_slots_of_an_hour_that_comes_twice_have_two_names() -> None:
    text = ORDERS.replace("every day at 08:00, 17:00", "every 60 minutes").replace("zh: 指令\n", "zh: 指令\nzone: America/New_York\n", 1)
    play = Play("orders").at("2026-11-01 12:30")  # 00:30 there; at 02:00 the clocks go back to 01:00
    play.engine.add(load(text.encode(), "orders.yaml"))
    play.open("head")
    play.fire("boss", "respond")
    assert [r.name for r in play.rows("follow", "2026-11-01 14:40")] == ["2026-11-01T01:30", "2026-11-01T01:30-05:00", "2026-11-01T02:30"]


def test_s7_1_a_merger_that_is_entered_later_changes_no_outcome() -> None:
    play = Play("orders").at("09-24 12:00")
    play.engine.add(load(ORDERS.encode(), "orders.yaml"))
    post = {"role": "head", "zh": "村长", "en": "head"}
    villages = [
        {"id": v, "zh": v, "en": v, "level": "village", "posts": [{**post, "holders": [{"person": f"p{v}", "from": "2026-01-01"}]}]}
        for v in ("v1", "v2")
    ]
    for document in ({"units": villages}, {"merged": [{"unit": "v2", "into": "v1", "from": "2026-09-01"}]}):
        play.engine.organise(organisations.entries(document, lambda text: at(f"{text} 00:00")))
        if "units" in document:
            play.open("head", happened="09-24 10:00", unit="v1", person="pv2")  # what V2 knew shows nothing of V1
        assert (play.outcome("call"), play.row("call").suspected) == (UNKNOWN, True)
    play.open("head", happened="09-24 10:00", unit="v1", person="pv2", case="D")
    assert play.outcome("call") == MISSED
