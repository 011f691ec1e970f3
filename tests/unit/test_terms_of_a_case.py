"""Terms that end on a day which only the case knows: a limit that is set for each matter (限期), the end of a period (S4)."""

from __future__ import annotations

import pytest

from tests.play import Play
from workflow import command as c
from workflow import term as terms
from workflow.errors import BadTerm
from workflow.obligation.row import Outcome
from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition

REPAIR = """
procedure: repair
version: "1"
zh: 整改
en: repair
roles:
  owner: {zh: 责任人, en: owner, level: village}
  office: {zh: 镇办, en: office, level: town}
facts:
  limit: {zh: 限期, en: limit, type: date, revise: office}
initial: open
states: {open: {zh: 在办, en: open}}
events:
  found: {zh: 发现, en: found, opens: true, by: owner, basis: unit}
  order: {zh: 责令整改, en: order, by: office, basis: unit}
  done: {zh: 整改完成, en: done, by: owner, basis: unit}
obligations:
  rectify:
    zh: 限期整改
    en: rectify
    owed: {by: owner, to: office}
    starts: {on: order}
    term: [{is: TERM}]
    met_by: done
    extend: {grant: office}
    basis: unit
"""


def repair(term: str = "by fact limit", **facts: str) -> Play:
    play = Play("repair").at("2026-09-01 09:00")
    play.engine.add(load(REPAIR.replace("TERM", term).encode(), "repair.yaml"))
    play.open("owner")
    play.fire("office", "order", facts=facts)
    return play


def test_s2_1_the_whole_of_the_day_that_the_fact_names_is_in_time() -> None:
    play = repair(limit="2026-09-30")
    assert play.due("rectify") == "10-01 00:00"
    play.at("2026-09-30 23:59").fire("owner", "done")
    assert play.outcome("rectify") == Outcome.MET


def test_s3_2_it_is_missed_on_the_day_after() -> None:
    assert repair(limit="2026-09-30").at("2026-10-01 00:00").outcome("rectify") == Outcome.MISSED


def test_promise_4_while_no_limit_is_known_there_is_no_date() -> None:
    play = repair()
    assert play.due("rectify") == "" and play.at("2027-09-01 09:00").outcome("rectify") == Outcome.NOT_DUE


def test_s4_2_a_limit_that_becomes_known_gives_the_date() -> None:
    play = repair()
    play.at("2026-09-05 09:00").revise("office", limit="2026-09-20")
    assert play.due("rectify") == "09-21 00:00"


def test_s4_2_a_later_limit_moves_the_date_and_the_earlier_stays_visible() -> None:
    play = repair(limit="2026-09-30")
    play.at("2026-09-15 09:00").revise("office", limit="2026-10-15")
    row = play.row("rectify")
    assert [v.kind for v in row.revisions] == ["start", "facts"] and play.due("rectify") == "10-16 00:00"


def test_s4_2_a_limit_moved_to_a_day_that_is_over_makes_nobody_late_for_the_past() -> None:
    play = repair(limit="2026-09-30")
    play.at("2026-09-15 09:00").revise("office", limit="2026-09-10")
    assert play.due("rectify") == "09-15 09:00"
    assert play.at("2026-09-15 09:01").outcome("rectify") == Outcome.MISSED


def test_s4_3_a_limit_changed_after_it_was_over_cures_nothing() -> None:
    play = repair(limit="2026-09-30")
    play.at("2026-10-08 09:00").revise("office", limit="2026-10-15")
    assert [r.outcome for r in play.rows("rectify")] == [Outcome.MISSED, Outcome.NOT_DUE]


def test_s8_4_an_extension_counts_on_from_the_limit() -> None:
    play = repair(limit="2026-09-30")
    play.at("2026-09-20 09:00").do(c.Extend(said=play.said("owner"), row="rectify", step="ask", by="15 days", reason="雨季"))
    play.at("2026-10-05 09:00").do(c.Extend(said=play.said("office"), row="rectify", step="grant", reason="同意"))
    assert play.due("rectify") == "10-16 00:00"


@pytest.mark.parametrize(
    ("term", "limit", "due"),
    [
        ("earlier of (by fact limit; 10 days)", "2026-09-30", "09-12 00:00"),
        ("earlier of (by fact limit; 10 days)", "2026-09-05", "09-06 00:00"),
        ("earlier of (by fact limit; 10 days)", "待核", "09-12 00:00"),
        ("later of (by fact limit; 10 days)", "2026-09-30", "10-01 00:00"),
        ("later of (by fact limit; 10 days)", "待核", ""),
    ],
)
def test_s2_2_a_limit_stands_beside_a_number(term: str, limit: str, due: str) -> None:
    assert repair(term, limit=limit).due("rectify") == due


def test_s4_2_what_does_not_change_the_limit_makes_no_new_date() -> None:
    play = repair(limit="2026-09-30")
    play.at("2026-09-15 09:00").revise("office", limit="2026-09-30")
    assert len(play.row("rectify").revisions) == 1


@pytest.mark.parametrize("term", ["by fact limit", "end of period", "earlier of (by fact limit; 10 days)"])
def test_the_term_is_read_back_to_itself(term: str) -> None:
    assert str(terms.parse(term)) == term and terms.parse(str(terms.parse(term))) == terms.parse(term)


def test_a_mapping_says_the_same() -> None:
    assert terms.parse({"fact": "limit"}) == terms.parse("by fact limit") and terms.parse({"end_of": "period"}) == terms.parse(
        "end of period"
    )


def test_without_a_case_there_is_no_day() -> None:
    from adapters.calendars import shipped
    from tests.play import ZONE, at

    with pytest.raises(BadTerm):
        terms.due(at("2026-09-01 09:00"), terms.parse("by fact limit"), shipped("cn"), ZONE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("by fact limit", "by fact limt"), "no fact limt"),
        (("type: date", "type: instant"), "is a date"),
        (("type: date,", "type: date, personal: true,"), "personal"),
        (("    basis: unit\n", "    receipt: by fact limit\n    basis: unit\n"), "cannot stand here"),
        (("    basis: unit\n", "    deemed: by fact limit\n    basis: unit\n"), "cannot stand here"),
        (("grant: office}", "grant: office, cap: by fact limit}"), "cannot stand here"),
        (("by: office, basis", "by: clock, after: {on: found, term: by fact limit}, basis"), "cannot stand here"),
        (
            ("    basis: unit\n", "    ambiguous: {note: {zh: 日, en: day}, readings: [by fact limit]}\n    basis: unit\n"),
            "cannot stand here",
        ),
        (("is: TERM", "is: end of period"), "only a recurring duty"),
    ],
)
def test_what_has_no_meaning_is_refused(change: tuple[str, str], said: str) -> None:
    text = REPAIR.replace(*change).replace("TERM", "by fact limit") if change[0] != "by fact limit" else REPAIR.replace("TERM", change[1])
    with pytest.raises(BrokenDefinition, match=said):
        load(text.encode(), "repair.yaml")
