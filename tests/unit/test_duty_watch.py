"""What is special about the watch: a case a village and day, a day that ends by the clock, calls, lines that fail (S7.3)."""

from __future__ import annotations

import pytest

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from tests.stories import duty_watch as story
from workflow import command as c
from workflow.act import FLAGGED
from workflow.errors import Refused
from workflow.obligation.row import Outcome
from workflow.organisation import Organisation, dated, evolve

MET, MISSED, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED


def leads(play: Play) -> list[tuple[str, object]]:
    return [(a.name.split("/")[0], a.data["lead"]) for a in play.engine.case(play.case).case.acts if a.kind == FLAGGED and "lead" in a.data]


def test_s7_3_each_village_has_a_case_each_day() -> None:
    play = story.begun()
    play.at("09-25 00:00").engine.tick()
    play.engine.tick()
    days = sorted(row.id for row in play.engine.cases() if row.id.startswith("duty-watch."))
    assert days == [f"duty-watch.{unit}.2026-09-{day}" for unit in ("xiazhuang", "zhongzhuang") for day in (24, 25)]


def test_a_village_that_was_merged_keeps_no_watch_of_its_own() -> None:
    play = story.begun()
    assert not [row.id for row in play.engine.cases() if "shangzhuang" in row.id]


def test_the_hours_of_the_day_are_those_of_the_unit() -> None:
    play = story.begun()
    assert {duty: play.due(duty) for duty in ("handover", "roster", "summary")} == {
        "handover": "09-24 08:30",
        "roster": "09-24 09:00",
        "summary": "09-24 17:30",
    }


@pytest.mark.parametrize(("answered", "outcome"), [("12:15", MET), ("12:16", Outcome.MET_LATE)])
def test_a_call_is_answered_within_a_quarter_of_an_hour(answered: str, outcome: Outcome) -> None:
    play = story.begun()
    play.at("09-24 12:00").fire("duty_officer", "call")
    play.at(f"09-24 {answered}").fire("village_office", "answer")
    assert play.outcome("answer") is outcome


def test_one_answer_answers_one_call() -> None:
    play = story.begun()
    play.at("09-24 12:00").fire("duty_officer", "call")
    play.at("09-24 12:05").fire("duty_officer", "call")
    play.at("09-24 12:10").fire("village_office", "answer")
    assert [r.outcome for r in play.rows("answer", "09-24 12:21")] == [MET, MISSED]


def test_a_post_that_does_not_answer_is_a_lead_and_its_superiors_are_told() -> None:
    play = story.begun()
    play.at("09-24 08:00").fire("village_office", "handover", **story.HANDOVER)
    play.at("09-24 08:10").fire("duty_officer", "call")
    play.at("09-24 08:26").engine.tick()
    assert leads(play) == [("answer", "post_unanswered")]
    told = [a.data["tell"] for a in play.engine.case(play.case).case.acts if a.kind == FLAGGED and a.data["flag"] == "tier"]
    assert told == [["duty_officer", "town_office"]]


def test_a_line_that_fails_is_on_the_list_from_that_moment() -> None:
    play = story.begun()
    play.at("09-24 08:00").fire("duty_officer", "channel_failed", **story.FAILED)
    play.engine.tick()
    assert leads(play) == [("restore", "channel_failed")]
    assert play.outcome("restore") is NOT_DUE


def test_a_call_shortly_before_midnight_keeps_its_time() -> None:
    play = story.begun()
    play.at("09-24 23:55").fire("duty_officer", "call")
    play.at("09-25 00:05").fire("village_office", "answer")
    assert play.outcome("answer") is MET
    assert play.state == ("over",)


def test_a_new_call_after_midnight_belongs_to_the_next_day() -> None:
    play = story.begun()
    play.at("09-25 00:05").engine.tick()
    play.fire("duty_officer", "call")
    assert play.engine.case(play.case).case.acts[-1].deviations != ()
    play.case = play.engine.period_case("duty-watch", "zhongzhuang", at("09-25 00:05"))
    play.fire("duty_officer", "call")
    assert play.engine.case(play.case).case.acts[-1].deviations == ()


def test_s3_5_no_line_is_checked_after_the_day() -> None:
    play = story.begun()
    play.at("09-26 12:00").engine.tick()
    assert [r.outcome for r in play.rows("contact_check")] == [MISSED, MISSED, DISCHARGED]
    assert play.state == ("closed",)


def test_promise_8_nobody_can_end_the_day() -> None:
    play = story.begun()
    with pytest.raises(Refused):
        play.fire("town_office", "day_over")


def test_a_log_entry_written_down_in_time_and_entered_days_later_counts_once_another_confirms_it() -> None:
    play = story.begun()
    play.at("09-28 09:00").record("village_office", "log", "09-24 15:00", grade="counterpart", **story.ENTRY)
    assert play.outcome("log") is MET


def test_a_village_without_staff_is_vacant_and_owes_its_watch() -> None:
    organisation = Organisation()
    for body, _ in shipped_organisation("town"):
        organisation = evolve(organisation, dated(body, at("09-24 00:00")))
    assert "xiazhuang.informant" in {post.id for post in organisation.vacancies(at("09-24 08:00"))}
    play = story.begun()
    play.case = play.engine.period_case("duty-watch", "xiazhuang", at("09-24 00:00"))
    assert play.outcome("handover", "09-24 08:31") is MISSED


def test_a_day_on_which_nobody_is_there_leaves_a_lead_for_each_thing_that_was_not_done() -> None:
    assert set(leads(story.deserted())) == {
        ("handover", "post_unmanned"),
        ("roster", "no_roster"),
        ("contact_check", "lines_unchecked"),
        ("answer", "post_unanswered"),
        ("restore", "channel_failed"),
        ("summary", "late_summary"),
    }


def test_the_village_is_reminded_before_and_the_town_told_after() -> None:
    play = story.begun()
    for when in ("08:01", "09:01", "17:01"):
        play.at(f"09-24 {when}").engine.tick()
    told = [(a.name.split("/")[0], a.data["tell"]) for a in play.engine.case(play.case).case.acts if a.data.get("flag") == "tier"]
    assert told == [
        ("handover", ["village_office"]),
        ("handover", ["duty_officer", "town_office"]),
        ("summary", ["village_office"]),
    ]


def test_each_line_that_fails_is_restored_and_the_town_may_waive_it() -> None:
    play = story.begun()
    play.at("09-24 08:00").fire("duty_officer", "channel_failed", **story.FAILED)
    play.at("09-24 08:05").fire("duty_officer", "channel_failed", **story.FAILED)
    play.do(c.Waive(said=play.said("town_office"), row="restore/town_office#2", ground="改用对讲机"))
    assert [r.outcome for r in play.rows("restore", "09-24 09:01")] == [MISSED, Outcome.WAIVED]


def test_what_begins_shortly_before_the_day_is_archived_is_not_missed_by_the_archiving() -> None:
    play = story.begun()
    play.at("09-25 22:30").fire("duty_officer", "channel_failed", **story.FAILED)
    play.at("09-25 23:30").fire("duty_officer", "channel_failed", **story.FAILED)
    play.record("duty_officer", "channel_failed", "09-24 23:30", **story.FAILED)
    play.at("09-25 23:50").record("duty_officer", "call")
    play.at("09-26 00:00").engine.tick()
    assert play.state == ("closed",)
    assert [(r.outcome, r.beside) for r in play.rows("restore")] == [
        (MISSED, ("later_discharged",)),
        (MISSED, ("later_discharged",)),
        (DISCHARGED, ()),
    ]
    assert [r.outcome for r in play.rows("answer")] == [DISCHARGED]
