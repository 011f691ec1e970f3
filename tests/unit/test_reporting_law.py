"""What is special about the national rules on reporting: thresholds that include the number, links that count from receipt, windows."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories.told import SIGNED, tell
from workflow import command as c
from workflow.obligation.row import Outcome

ACCIDENT, HEALTH, QUALITY, ENVIRONMENT = (
    "production-accident-493",
    "public-health-376",
    "medical-quality-event-2011",
    "environment-report-17",
)
UP = (
    ("09-24 08:00", "accident"),
    ("09-24 08:02", "tell_head"),
    ("09-24 08:10", SIGNED, "unit_head"),
    ("09-24 09:00", "report_county"),
    ("09-24 09:20", SIGNED, "county_safety"),
    ("09-24 10:00", "report_city"),
    ("09-24 10:30", SIGNED, "city_safety"),
    ("09-24 11:00", "report_province"),
    ("09-24 11:45", SIGNED, "provincial_safety"),
)


def accident(*steps: tuple[str, ...], until: str = "", **facts: object) -> Play:
    return tell(ACCIDENT, "on_site", *steps, facts={"accident": facts}, until=until)


def owed(**facts: object) -> set[str]:
    play = accident(*UP, **facts)
    return {d for d in ("report_province", "report_nation") if play.rows(d)}


@pytest.mark.parametrize(
    ("facts", "duties"),
    [
        ({"deaths": 2, "injured": 9, "loss": "9999999.99"}, set()),
        ({"deaths": 3}, {"report_province"}),
        ({"injured": 10}, {"report_province"}),
        ({"loss": "10000000"}, {"report_province"}),
        ({"deaths": 9, "injured": 49, "loss": "49999999.99"}, {"report_province"}),
        ({"deaths": 10}, {"report_province", "report_nation"}),
        ({"injured": 50}, {"report_province", "report_nation"}),
        ({"loss": "50000000"}, {"report_province", "report_nation"}),
        ({}, set()),
    ],
)
def test_how_far_up_an_accident_is_reported_depends_on_thresholds_that_include_the_number(
    facts: dict[str, object], duties: set[str]
) -> None:
    assert owed(**facts) == duties


@pytest.mark.parametrize(
    ("facts", "duty"),
    [
        ({"deaths": 29, "injured": 99, "loss": "99999999.99"}, "decide"),
        ({"deaths": 30, "injured": 0, "loss": "0"}, "decide_extreme"),
        ({"deaths": 0, "injured": 100, "loss": "0"}, "decide_extreme"),
        ({"deaths": 0, "injured": 0, "loss": "100000000"}, "decide_extreme"),
    ],
)
def test_the_decision_takes_15_days_and_30_on_an_extremely_major_accident(facts: dict[str, object], duty: str) -> None:
    play = accident(("09-24 08:00", "accident"), ("11-02 09:00", "submit"), ("11-02 10:00", SIGNED, "responsible_government"), **facts)
    assert [d for d in ("decide", "decide_extreme") if play.rows(d)] == [duty]
    assert play.due(duty) == {"decide": "11-18 00:00", "decide_extreme": "12-03 00:00"}[duty]


@pytest.mark.parametrize(
    ("duty", "due"),
    [
        ("report_county", "09-24 09:10"),
        ("report_city", "09-24 11:20"),
        ("report_province", "09-24 12:30"),
        ("report_nation", "09-24 13:45"),
    ],
)
def test_s1_1_each_level_counts_from_its_own_receipt(duty: str, due: str) -> None:
    assert accident(*UP, deaths=10).due(duty) == due


def test_numbers_that_come_later_bring_the_report_up_from_when_they_were_known() -> None:
    play = accident(*UP)
    play.at("09-24 20:00").revise("county_safety", deaths=12)
    assert play.due("report_nation") == "09-24 22:00"


def test_the_investigation_does_not_count_the_technical_appraisal() -> None:
    play = accident(("09-24 08:00", "accident"), ("09-28 08:00", "appraisal_begun"), ("10-08 08:00", "appraisal_ended"))
    assert play.due("submit") == "12-04 00:00"  # sixty days are 11-23; ten of them did not count


def test_the_investigation_is_extended_by_sixty_days_at_most() -> None:
    from workflow.errors import NotAllowed

    play = accident(("09-24 08:00", "accident"))
    key = play.row("submit").key
    with pytest.raises(NotAllowed):
        play.do(c.Extend(said=play.said("investigators"), row=key, step="ask", by="61 days", reason="案情复杂"))
    play.do(c.Extend(said=play.said("investigators"), row=key, step="ask", by="60 days", reason="案情复杂"))
    play.do(c.Extend(said=play.said("responsible_government"), row=key, step="grant", reason="同意"))
    assert play.row("submit").due is not None and play.due("submit") == "01-23 00:00"


@pytest.mark.parametrize(
    ("fire", "day", "state"),
    [("no", "10-24 23:00", "window"), ("no", "10-25 00:00", "fixed"), ("yes", "10-01 23:00", "window"), ("yes", "10-02 00:00", "fixed")],
)
def test_the_window_for_changes_of_casualties_is_30_days_and_7_after_road_traffic_and_fire(fire: str, day: str, state: str) -> None:
    play = accident(("09-24 08:00", "accident"), (day, "rescue"), traffic_or_fire=fire)
    assert f"open.casualties.{state}" in play.state


def test_a_direct_report_from_the_scene_starts_the_two_hours_of_the_county() -> None:
    play = accident(("09-24 08:00", "accident"), ("09-24 08:10", "report_direct"), ("09-24 08:20", SIGNED, "county_safety"))
    assert (play.due("report_city"), play.outcome("tell_head")) == ("09-24 10:20", Outcome.NOT_DUE)


def test_the_fifth_link_of_a_health_emergency_is_due_one_hour_after_the_province_received() -> None:
    links = [("report_county_health", "county_health"), ("report_county", "county_government"), ("report_city", "city_government")]
    steps: list[tuple[str, ...]] = [("09-24 00:00", "found")]
    for n, (event, receiver) in enumerate([*links, ("report_province", "provincial_government")], 1):
        steps += [(f"09-24 {n:02}:00", event), (f"09-24 {n:02}:30", SIGNED, receiver)]
    play = tell(HEALTH, "institution", *steps)
    dues = [play.due(d) for d in ("report_county", "report_city", "report_province", "report_nation")]
    assert dues == ["09-24 03:30", "09-24 04:30", "09-24 05:30", "09-24 05:30"]


@pytest.mark.parametrize(
    ("tier", "due"), [("extreme", "09-24 10:00"), ("major", "09-24 20:00"), ("general", "10-10 00:00"), ("", "09-24 10:00")]
)
def test_a_quality_event_is_due_by_its_tier_and_by_the_shortest_while_it_is_not_known(tier: str, due: str) -> None:
    facts = {"discovered": {"tier": tier} if tier else {}}
    assert tell(QUALITY, "hospital", ("09-24 08:00", "discovered"), facts=facts).due("report_event") == due


@pytest.mark.parametrize(
    ("grade", "due"), [("general", "09-24 13:00"), ("larger", "09-24 13:00"), ("major", "09-24 11:00"), ("extreme", "09-24 11:00")]
)
def test_an_environmental_incident_is_due_by_its_grade_from_when_it_was_determined(grade: str, due: str) -> None:
    steps = (("09-24 08:00", "learned"), ("09-24 09:00", "determined"))
    play = tell(ENVIRONMENT, "env_department", *steps, facts={"determined": {"grade": grade}})
    assert {play.due("initial_report", to=r) for r in ("local_government", "upper_env")} == {due}


@pytest.mark.parametrize("name", [QUALITY, ENVIRONMENT])
def test_what_was_read_in_excerpts_is_marked_in_every_view(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.commands.frame import main

    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    role, duty = {QUALITY: ("hospital", "report_event"), ENVIRONMENT: ("env_department", "determine")}[name]

    def run(*words: str) -> str:
        main(["--db", "u.db", "--lang", "zh", *words])
        said = capsys.readouterr()
        return said.out + said.err

    assert "(未核实)" in run("open", name, "事件", "地点", "来电", "--as", role, "--id", "U-1")
    for words in (("show", "U-1"), ("due",), ("explain", "U-1", duty), ("definitions", "show", name), ("definitions", "graph", name)):
        assert "未核实" in run(*words), words


PETITION = "petition-2022"


def test_a_petition_is_answered_in_60_days_and_extended_by_30_at_most() -> None:
    from workflow.errors import NotAllowed

    play = tell(PETITION, "petition_unit", ("03-02 09:00", "received_directly"), ("03-06 09:00", "accept"))
    assert play.due("answer") == "05-06 00:00"
    key = play.row("answer").key
    with pytest.raises(NotAllowed):
        play.do(c.Extend(said=play.said("petition_unit"), row=key, step="ask", by="31 days", reason="情况复杂"))
    play.do(c.Extend(said=play.said("petition_unit"), row=key, step="ask", by="30 days", reason="情况复杂"))
    play.do(c.Extend(said=play.said("petition_head"), row=key, step="grant", reason="同意"))
    assert play.due("answer") == "06-05 00:00"


def test_the_final_review_does_not_count_the_hearing() -> None:
    steps = (
        ("03-02 09:00", "received_directly"),
        ("03-06 09:00", "accept"),
        ("04-01 09:00", "answer"),
        ("04-20 09:00", "review"),
        ("05-06 09:00", "request_final"),
        ("05-11 09:00", "hearing_begun"),
        ("05-16 09:00", "hearing_ended"),
    )
    assert tell(PETITION, "petition_unit", *steps).due("final_review") == "06-11 00:00"  # thirty days are 06-05; five did not count


def test_after_the_final_review_the_matter_is_not_accepted_again() -> None:
    from workflow.errors import WrongState

    steps = (("03-02 09:00", "received_directly"), ("03-06 09:00", "accept"), ("04-01 09:00", "answer"), ("04-20 09:00", "review"))
    with pytest.raises(WrongState):
        tell(PETITION, "petition_unit", *steps, ("05-01 09:00", "final_review"), ("05-10 09:00", "accept"))


@pytest.mark.parametrize("competent", ["yes", "no"])
def test_a_petitioner_who_came_directly_is_told_in_15_days_also_where_the_body_is_not_competent(competent: str) -> None:
    facts = {"received_directly": {"competent": competent}}
    play = tell(PETITION, "petition_unit", ("03-02 09:00", "received_directly"), facts=facts)
    assert (play.due("notify"), play.rows("object")) == ("03-18 00:00", [])


def test_a_body_that_is_not_competent_for_what_was_forwarded_objects_in_5_working_days_and_owes_no_notice() -> None:
    steps = (("03-02 09:00", "received"), ("03-03 09:00", "forward"), ("03-04 09:00", "arrived"))
    play = tell(PETITION, "petition_office", *steps, facts={"received": {"competent": "no"}})
    assert (play.due("object"), play.rows("notify")) == ("03-12 00:00", [])


@pytest.mark.parametrize(
    ("request_", "duty", "due"), [("request_review", "review", "05-16 00:00"), ("request_final", "final_review", "05-16 00:00")]
)
def test_a_review_counts_from_when_the_request_was_received(request_: str, duty: str, due: str) -> None:
    steps = [("03-02 09:00", "received_directly"), ("03-06 09:00", "accept"), ("04-01 09:00", "answer")]
    if duty == "final_review":
        steps.append(("04-10 09:00", "review"))
    play = tell(PETITION, "petition_unit", *steps)
    play.at("04-15 15:00").record("petitioner", request_, happened="04-12 09:00", received="04-15 10:00")
    assert play.due(duty) == due


def test_what_the_petition_office_received_is_forwarded_also_where_that_is_entered_after_the_final_review() -> None:
    steps = (("03-02 09:00", "received_directly"), ("03-06 09:00", "accept"), ("04-01 09:00", "answer"), ("04-20 09:00", "review"))
    play = tell(PETITION, "petition_unit", *steps, ("05-01 09:00", "final_review"))
    play.at("05-10 09:00").record("petition_office", "received")
    assert play.due("forward") == "05-26 00:00"
    done = play.at("05-20 09:00").fire("petition_office", "forward")
    assert (done.deviations, play.outcome("forward"), play.state) == ((), Outcome.MET, ("open.concluded",))
