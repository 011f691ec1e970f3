"""What is special about a sensitive period: slots from its start to its end, each judged alone, a zero report is a report (S6.4, S3.5)."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from tests.stories import sensitive_period as story
from workflow.act import FLAGGED
from workflow.errors import Refused
from workflow.moment import Moment
from workflow.obligation.row import Outcome

MET, MISSED, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED
ZERO = "zero_report"


@pytest.fixture
def play() -> Play:
    """A village's case; the period begins in the evening of 29 September."""
    play = story.begun("village")
    play.at("09-29 18:00").fire("town_office", "begin")
    return play


def outcomes(play: Play, as_of: str) -> list[Outcome]:
    return [r.outcome for r in play.rows("report_village", as_of)]


def test_before_it_begins_nothing_is_owed_by_the_day() -> None:
    play = story.begun("village")
    assert play.rows("report_village", "10-05 12:00") == []


def test_s6_4_each_slot_is_judged_alone(play: Play) -> None:
    play.at("09-30 08:01").engine.tick()
    play.at("09-30 15:00").fire("village_office", ZERO)
    assert outcomes(play, "10-01 09:00") == [MISSED, MET, MISSED, NOT_DUE]


def test_a_zero_report_and_a_daily_report_fulfil_alike(play: Play) -> None:
    play.at("09-30 08:00").fire("village_office", ZERO)
    play.at("09-30 16:00").fire("village_office", "daily_report", **story.DAILY)
    assert outcomes(play, "09-30 17:00")[:2] == [MET, MET]


def test_s6_2_a_daily_report_that_says_nothing_of_the_day_is_in_time_and_incomplete(play: Play) -> None:
    done = play.at("09-30 07:00").fire("village_office", "daily_report")
    assert outcomes(play, "09-30 09:00")[0] is MET
    assert done.acts[-1].deviations != ()


def test_two_reports_in_one_slot_do_not_fill_the_next(play: Play) -> None:
    play.at("09-30 07:00").fire("village_office", ZERO)
    play.at("09-30 07:30").fire("village_office", ZERO)
    assert outcomes(play, "09-30 16:01")[:2] == [MET, MISSED]


def test_s7_3_a_report_that_names_the_slot_it_is_late_for_cures_nothing_and_is_shown(play: Play) -> None:
    play.at("09-30 09:00").fire("village_office", ZERO, slot=Moment.at(at("09-30 08:00")))
    assert outcomes(play, "09-30 16:01")[:2] == [Outcome.MET_LATE, MISSED]


def test_s3_5_the_end_discharges_the_open_slot_and_nothing_before(play: Play) -> None:
    play.at("09-30 12:00").fire("town_office", "end")
    assert outcomes(play, "10-05 09:00") == [MISSED, DISCHARGED]


def test_it_begins_and_ends_by_order(play: Play) -> None:
    with pytest.raises(Refused):
        play.at("09-30 12:00").fire("village_office", "end")
    assert play.state == ("running",)


def test_a_period_that_is_called_off_owes_no_report_and_no_summary() -> None:
    play = story.begun("village")
    play.at("09-29 12:00").fire("district_office", "end")
    play.at("10-08 12:00")
    assert play.rows("report_village") == [] and play.rows("sum_up_village") == []
    assert play.outcome("roster_village") is DISCHARGED


@pytest.mark.parametrize(("reporter", "other"), [("village", "town"), ("town", "village")])
def test_a_case_asks_reports_of_its_own_unit_alone(reporter: str, other: str) -> None:
    play = story.begun(reporter)
    play.at("09-29 18:00").fire("district_office", "begin")
    assert play.rows(f"report_{reporter}", "09-30 12:00") != []
    assert play.rows(f"report_{other}", "09-30 12:00") == play.rows(f"watch_{other}", "09-30 12:00") == []


def test_the_watch_is_taken_over_once_a_day_until_the_end(play: Play) -> None:
    play.at("09-30 07:55").fire("village_office", "on_watch")
    play.at("10-02 12:00").fire("town_office", "end")
    assert [r.outcome for r in play.rows("watch_village")] == [MET, MISSED, MISSED, DISCHARGED]


def test_a_missing_report_and_an_unmanned_post_are_leads(play: Play) -> None:
    play.at("09-30 08:01").engine.tick()
    leads = {(a.name.split("/")[0], a.data.get("lead")) for a in play.engine.case("C").case.acts if a.kind == FLAGGED and "lead" in a.data}
    assert leads == {("report_village", "missing_daily_report"), ("watch_village", "post_unmanned")}


def test_nobody_is_reminded_of_a_report_that_is_there(play: Play) -> None:
    play.at("09-30 07:00").fire("village_office", ZERO)
    play.fire("village_office", "on_watch")
    play.at("09-30 08:01").engine.tick()
    assert [a for a in play.engine.case("C").case.acts if a.kind == FLAGGED] == []


REPORTERS = [("village", "village_office"), ("town", "town_office")]


def _silent(reporter: str) -> Play:
    play = story.begun(reporter)
    play.at("09-29 18:00").fire("town_office", "begin")
    for when in ("07:40", "08:40", "09:10"):
        play.at(f"09-30 {when}").engine.tick()
    return play


@pytest.mark.parametrize(("reporter", "office"), REPORTERS)
def test_whoever_reports_nothing_is_reminded_and_listed(reporter: str, office: str) -> None:
    acts = [a for a in _silent(reporter).engine.case("C").case.acts if a.kind == FLAGGED]
    assert {(a.name.split("/")[0], a.data["lead"]) for a in acts if "lead" in a.data} == {
        (f"report_{reporter}", "missing_daily_report"),
        (f"watch_{reporter}", "post_unmanned"),
    }
    reminded = [a.data["tell"] for a in acts if a.data["flag"] == "tier"]
    assert len(reminded) == 2 and all(isinstance(told, list) and office in told for told in reminded)


@pytest.mark.parametrize(("reporter", "office"), REPORTERS)
def test_a_zero_report_of_either_level_is_a_report(reporter: str, office: str) -> None:
    play = story.begun(reporter)
    play.at("09-29 18:00").fire("town_office", "begin")
    play.at("09-30 07:00").fire(office, ZERO)
    assert [r.outcome for r in play.rows(f"report_{reporter}", "09-30 09:30")] == [MET, NOT_DUE]


@pytest.mark.parametrize("reporter", ["village", "town"])
def test_what_was_called_off_is_asked_of_nobody(reporter: str) -> None:
    play = story.begun(reporter)
    assert {r.duty.id for r in play.engine.ledger("C")} == {f"roster_{reporter}"}
    play.at("09-29 12:00").fire("district_office", "end")
    assert {(r.duty.id, r.outcome) for r in play.engine.ledger("C")} == {(f"roster_{reporter}", DISCHARGED)}
