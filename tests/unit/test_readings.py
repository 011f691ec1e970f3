"""Every reading of an ambiguous wording, and how far a row is from another outcome."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audited import audited, judged, outcomes, reads, row, rules
from tests.play import ZONE, Play
from workflow.explain import margin_said, why
from workflow.procedure.source import BrokenDefinition
from workflow.readings import said

START = " counting the start day"
EIGHT = [f"{amount}{roll}{start}" for amount in ("5 days", "5 working days") for roll in ("", " roll") for start in ("", START)]


def test_the_outcome_is_given_under_every_combination_of_readings() -> None:
    law = rules("5 days", reads(*EIGHT))
    found = row(law, ("start", "09-24 10:00"), ("done", "09-29 12:00"))  # 09-25 to 09-27 are a holiday: the fifth day is Tuesday 09-29
    assert outcomes(found["readings"]) == {
        "5 days": "met",
        "5 days counting the start day": "met_late",
        "5 days roll": "met",
        "5 days roll counting the start day": "met_late",
        "5 working days": "met",
        "5 working days counting the start day": "met",
        "5 working days roll": "met",
        "5 working days roll counting the start day": "met",
    }
    assert [r["term"] for r in found["readings"] if r.get("in_use")] == ["5 days"]
    assert said(found["readings"]).en == "late on 2 of 8 readings"
    late = row(law, ("start", "09-24 10:00"), ("done", "10-20 12:00"))
    assert said(late["readings"]).en == "late on all 8 readings" and said(late["readings"]).zh == "8 种读法均迟延"
    assert said(row(law, ("start", "09-24 10:00"), ("done", "09-25 12:00"))["readings"]).en == "in time on every reading"
    assert late["readings"][0] == {
        "term": "5 days",
        "in_use": True,
        "outcome": "met_late",
        "due": "2026-09-29T16:00:00.000000Z",
        "late": [20 * 86400 + 12 * 3600, 11],
    }


def test_a_reading_in_use_that_is_not_listed_comes_first() -> None:
    found = row(rules("6 days", reads("5 days", "5 working days")), ("start", "09-24 10:00"))
    assert [(r["term"], r.get("in_use", False)) for r in found["readings"]] == [
        ("6 days", True), ("5 days", False), ("5 working days", False)
    ]  # fmt: skip


def test_a_wording_with_one_reading_has_no_readings() -> None:
    assert "readings" not in row(rules("5 days"), ("start", "09-24 10:00"), ("done", "09-29 12:00"))
    assert said([]).en == ""


def test_before_a_day_is_read_with_and_without_that_day() -> None:
    found = row(rules("by 05-31", reads("by 05-31", "before 05-31")), ("start", "05-04 10:00"), ("done", "05-31 12:00"))
    assert outcomes(found["readings"]) == {"by 05-31": "met", "before 05-31": "met_late"}


def test_a_reading_that_is_a_word_sets_no_date_and_makes_nobody_late() -> None:
    found = row(rules("5 days", reads("5 days", "promptly")), ("start", "09-24 10:00"), ("done", "10-29 12:00"))
    assert outcomes(found["readings"]) == {"5 days": "met_late", "promptly": "met"}
    assert "due" not in found["readings"][1]


def test_a_verdict_says_when_it_depends_on_the_reading() -> None:
    law = rules("5 days", reads("5 days", "5 working days"))
    split = audited(law, ("start", "09-24 10:00"), ("done", "09-30 12:00"))
    assert (split["verdict"], split["verdict_on_readings"]) == ("deviates", ["conforms", "deviates"])
    firm = audited(law, ("start", "09-24 10:00"), ("done", "09-25 12:00"))
    assert firm["verdict"] == "conforms" and "verdict_on_readings" not in firm
    worse = audited(law, ("start", "09-24 10:00"), ("done", "09-30 12:00"), ("close", "10-01 12:00"), ("close", "10-02 12:00"))
    assert worse["verdict"] == "deviates" and "verdict_on_readings" not in worse, "an act deviates, however the term is read"


TAKEN = "{on: take}"


def test_an_ambiguous_start_is_combined_with_every_reading_of_the_term() -> None:
    law = rules("5 days", reads("5 days", "5 working days", starts=["{on: case}", "{date: 09-01}"]), starts=TAKEN)
    found = row(law, ("start", "09-24 10:00"), ("take", "09-25 10:00"), ("done", "09-30 12:00"))
    assert [(r["start"]["zh"], r["term"], r["outcome"], r.get("in_use", False)) for r in found["readings"]] == [
        ("受理", "5 days", "met", True),
        ("受理", "5 working days", "met", False),
        ("立案", "5 days", "met_late", False),
        ("立案", "5 working days", "met", False),
        ("09-01", "5 days", "met_late", False),
        ("09-01", "5 working days", "met_late", False),
    ]
    assert said(found["readings"]).zh == "6 种读法中3 种迟延(迟延:自受理起算 2 种中 0 种,自立案起算 2 种中 1 种,自09-01起算 2 种中 2 种)"
    assert said(found["readings"]).en == "late on 3 of 6 readings (late: 0 of 2 from: take up, 1 of 2 from: opening, 2 of 2 from: 09-01)"


def test_an_ambiguous_start_alone_reads_the_term_as_it_is() -> None:
    law = rules("5 days", reads(starts=["{on: case}"]), starts=TAKEN)
    found = audited(law, ("start", "03-02 10:00"), ("take", "03-05 10:00"), ("done", "03-09 10:00"))
    assert [(r["term"], r["start"]["en"], r["outcome"]) for r in found["rows"][0]["readings"]] == [
        ("5 days", "take up", "met"),
        ("5 days", "opening", "met_late"),
    ]
    assert (found["verdict"], found["verdict_on_readings"]) == ("conforms", ["conforms", "deviates"])


def test_what_nobody_started_is_due_where_another_reading_starts_it() -> None:
    law = rules("5 days", reads("5 days", "5 working days", starts=["{on: case}"]), starts=TAKEN)
    found = row(law, ("start", "03-02 10:00"))
    assert found["outcome"] == "not_due"
    assert [(r["outcome"], r.get("in_use", False)) for r in found["readings"]] == [
        ("not_due", True), ("not_due", False), ("missed", False), ("missed", False)
    ]  # fmt: skip


def test_a_duty_that_only_another_start_makes_owed_counts_in_the_verdict() -> None:
    law = rules("5 days", "owed_when: {not: {happened: hold}}\n    " + reads(starts=["{on: case}"]), starts=TAKEN)
    course = ("start", "03-02 10:00"), ("hold", "03-20 11:00"), ("resume", "03-20 12:00"), ("take", "03-20 13:00")
    found = audited(law, *course)
    assert found["rows"] == [] and found["verdict"] == "conforms" and found["verdict_on_readings"] == ["conforms", "deviates"]


def test_a_row_that_nothing_started_under_any_reading_has_no_readings() -> None:
    law = rules("5 days", reads("5 days", "5 working days", starts=["{on: hold}"]), starts=TAKEN)
    assert "readings" not in row(law, ("start", "03-02 10:00"))


def test_a_row_that_another_start_does_not_have_is_not_there_under_it() -> None:
    law = rules("5 days", reads(starts=["{on: case, each: true}"]), starts="{on: take, each: true}")
    course = ("start", "03-02 10:00"), ("take", "03-03 10:00"), ("take", "03-04 10:00")
    first, second = audited(law, *course)["rows"]
    assert [r["outcome"] for r in first["readings"]] == ["missed", "missed"]
    assert [r["outcome"] for r in second["readings"]] == ["missed", "not_there"]


def test_a_term_of_another_wording_is_counted_with_each_start_once() -> None:
    terms = "1 hour, when: {happened: hold}}, {when: {not: {happened: hold}}, is: 5 days"  # the note stands beside the second
    course = ("start", "03-02 10:00"), ("hold", "03-02 11:00"), ("resume", "03-02 11:00"), ("take", "03-02 12:00"), ("done", "03-02 12:30")
    law = rules(terms, reads("5 days", "5 working days", starts=["{on: hold}"]), starts=TAKEN)
    assert [(r["term"], r["outcome"]) for r in row(law, *course)["readings"]] == [("1 hour", "met"), ("1 hour", "met_late")]
    law = rules(terms, reads("5 days", "5 working days", starts=["{on: case}"]), starts=TAKEN)
    assert len(row(law, *course)["readings"]) == 4, "from the opening it was first counted by the ambiguous wording"


def test_starts_that_differ_in_the_instant_of_an_act_are_told_apart() -> None:
    law = rules("5 days", reads(starts=["{on: take, instant: recorded}"]), starts=TAKEN)
    found = row(law, ("start", "03-02 10:00"), ("take", "03-03 10:00"))
    assert [r["start"]["zh"] for r in found["readings"]] == ["受理", "受理(以录入为准)"]
    assert [r["start"]["en"] for r in found["readings"]] == ["take up", "take up (when it was recorded)"]


def test_more_combinations_than_a_person_can_hold_are_refused() -> None:
    terms = [f"{n} days" for n in range(1, 33)]
    assert rules("1 days", reads(*terms, starts=["{on: take}"]))
    with pytest.raises(BrokenDefinition) as refused:
        rules("1 days", reads(*terms, "40 days", starts=["{on: take}"]))
    (problem,) = refused.value.problems
    assert problem.message.en == "33 readings of the term and 2 of the start make 66 combinations; 64 are the most"


def test_an_explanation_says_from_when_each_reading_counts() -> None:
    law = rules("5 days", reads("5 days", "5 working days", starts=["{on: case}"]), starts=TAKEN)
    made = judged(law, ("start", "03-02 10:00"), ("take", "03-05 10:00"), ("done", "03-09 10:00"))
    (found,) = made.rows
    lines = [line.strip() for line in why(found, made.case, made.world, as_of=made.as_of).lines("en")]
    assert [line.partition(" →")[0] for line in lines if line.startswith("reading ")] == [
        "reading  5 days, from: take up",
        "reading  5 working days, from: take up",
        "reading  5 days, from: opening",
        "reading  5 working days, from: opening",
    ]


def test_the_readings_of_a_shipped_definition_stand_in_its_explanation() -> None:
    play = Play("medical-dispute").at("09-17 10:20")
    play.open("relations", {"handling": "complex"})
    play.at("09-24 10:20").fire("relations", "accept")
    play.at("09-30 10:00").fire("relations", "answered", elements={"result": "已答复", "opinion": "已答复"})
    standing = play.engine.case("C")
    told = why(play.row("feedback"), standing.case, play.engine.world(standing))
    found: Any = told.document()["readings"]
    assert outcomes(found[:3]) == {"5 days": "met_late", "5 days roll": "met_late", "5 working days": "met"}
    assert {f["start"]["zh"] for f in found[:3]} == {"受理投诉"} and {f["start"]["zh"] for f in found[3:]} == {"立案"}
    lines = [line.strip() for line in told.lines("en")]
    sentence = "late on 5 of 6 readings (late: 2 of 3 from: accept the complaint, 3 of 3 from: opening)"
    assert f"readings  {sentence}" in lines
    assert any(line.startswith("reading  5 working days, from: accept the complaint →") and line.endswith("met") for line in lines)
    assert any(line.startswith("margin  late by 10 h") for line in lines)


def test_a_term_that_is_not_of_the_ambiguous_wording_has_no_readings_but_those_of_its_start() -> None:
    play = Play("medical-dispute").at("09-24 10:20")
    play.open("relations", {"handling": "cross_department"})
    play.fire("relations", "accept")
    standing = play.engine.case("C")
    told = why(play.row("feedback"), standing.case, play.engine.world(standing))
    found: Any = told.document()["readings"]
    assert [(r["term"], r["start"]["en"]) for r in found] == [("10 working days", "accept the complaint"), ("10 working days", "opening")]
    assert [line.strip().partition(" →")[0] for line in told.lines("en") if line.strip().startswith("reading ")] == [
        "reading  from: accept the complaint",
        "reading  from: opening",
    ]


@pytest.mark.parametrize(
    ("term", "start", "done", "by", "only"),
    [
        ("4 hours", "03-02 09:00", "03-02 12:52", "in time by 8 min", "late only if the start was before 2026-03-02 08:52"),
        ("4 hours", "03-02 09:00", "03-02 13:08", "late by 8 min", "in time only if the start was at or after 2026-03-02 09:08"),
        ("5 days", "03-02 09:00", "03-07 23:52", "in time by 8 min (0 working days)", "late only if the start was before 2026-03-02"),
        ("3 working days", "09-24 09:00", "10-10 09:00", "late by 9 d 9 h (3 working days)", "in time only if the start was on or after 2026-09-30"),  # noqa: E501
        ("until 17:00", "03-02 09:00", "03-03 16:00", "late by 23 h", "in time only if the start was after 2026-03-02 17:00"),
        ("by 2026-05-31", "05-04 09:00", "06-01 09:00", "late by 9 h (1 working days)", ""),
    ],
)  # fmt: skip
def test_the_margin_says_what_would_have_changed_the_outcome(term: str, start: str, done: str, by: str, only: str) -> None:
    said = margin_said(row(rules(term), ("start", start), ("done", done)), ZONE).en
    assert said == "; ".join(filter(None, (by, only)))


def test_a_pause_is_counted_in_the_margin() -> None:
    course = [("start", "03-02 09:00"), ("hold", "03-02 10:00"), ("resume", "03-02 12:00"), ("done", "03-02 15:30")]
    found = row(rules("4 hours"), *course)
    assert margin_said(found, ZONE).en == "late by 30 min; in time only if the start was at or after 2026-03-02 09:30"


def test_a_duty_that_is_still_open_says_what_is_left_and_a_missed_one_how_late_it_is() -> None:
    waiting = row(rules("4 hours"), ("start", "03-02 09:00"), as_of="03-02 12:30")
    assert margin_said(waiting, ZONE).zh == "尚余30分钟;起算早于 2026-03-02 08:30 才迟延"
    missed = row(rules("4 hours"), ("start", "03-02 09:00"), as_of="03-02 13:30")
    assert missed["outcome"] == "missed" and missed["margin"] == {"spare": -1800, "start_from": "2026-03-02T01:30:00.000000Z"}


def test_what_is_unknown_of_the_start_gives_the_start_from_which_it_is_in_time() -> None:
    found = row(rules("4 hours"), ("start", "03-02"), ("done", "03-02 23:52"))
    assert (found["outcome"], found["reason"]) == ("undeterminable", "granularity")
    assert margin_said(found, ZONE).en == "in time only if the start was at or after 2026-03-02 19:52"


def test_what_is_unknown_of_the_act_gives_the_instant_by_which_it_is_in_time() -> None:
    found = row(rules("30 hours"), ("start", "03-02 09:00"), ("done", "03-03"))
    assert (found["outcome"], found["reason"]) == ("undeterminable", "granularity")
    assert margin_said(found, ZONE).en == "in time only if it was done by 2026-03-03 15:00"
    both = row(rules("30 hours"), ("start", "03-02"), ("done", "03-03"))
    surely = "surely in time if the start was at or after 2026-03-02 18:00, surely late if before 2026-03-01 18:00"
    assert margin_said(both, ZONE).en == surely
