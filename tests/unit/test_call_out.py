"""What is special about calling a team out: every answer counts, no number but the unit's own, experts advise, the incident is named."""

from __future__ import annotations

from importlib.resources import files

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from tests.stories import call_out as story
from workflow import command as c
from workflow.case.link import linked
from workflow.engine import Engine
from workflow.obligation.row import Outcome
from workflow.organisation import dated, fold
from workflow.procedure.load import load

MET, MISSED, NOT_DUE, DISCHARGED, WAIVED = Outcome.MET, Outcome.MISSED, Outcome.NOT_DUE, Outcome.DISCHARGED, Outcome.WAIVED
COMING = {"elements": {"strength": "十二人"}}
CAME = {"elements": {"strength": "十二人", "place": "村口"}}


@pytest.fixture
def play() -> Play:
    found = Play("call-out").at("09-24 08:00")
    found.open("duty_officer", {"kind": "backbone"})
    return found.at("09-24 08:10")


@pytest.mark.parametrize(
    ("event", "more"), [("acknowledge", COMING), ("unable_to_come", {"elements": {"ground": "在外"}}), ("arrive", CAME)]
)
def test_a32_a_call_is_answered_by_a_yes_by_a_no_and_by_coming(play: Play, event: str, more: dict[str, object]) -> None:
    assert play.outcome("acknowledge") == NOT_DUE
    play.fire("team_leader", event, **more)
    assert play.outcome("acknowledge") == MET


def test_a_team_that_cannot_come_owes_no_arrival_and_the_call_is_over(play: Play) -> None:
    play.fire("team_leader", "unable_to_come", elements={"ground": "在外"})
    assert play.outcome("arrive") == DISCHARGED and play.state == ("unable",)


def test_a_team_that_is_stood_down_before_it_came_is_not_blamed(play: Play) -> None:
    play.fire("duty_officer", "stand_down", elements={"result": "误报"})
    assert play.outcome("acknowledge") == play.outcome("arrive") == DISCHARGED


def test_without_a_number_no_answer_is_late_and_the_time_shows(play: Play) -> None:
    row = play.at("09-24 20:00").row("acknowledge")
    assert row.outcome == NOT_DUE and row.reason == "no_number" and row.elapsed is not None and row.elapsed.total_seconds() == 12 * 3600


def test_a_number_that_the_unit_sets_is_watched_and_raises_a_lead() -> None:
    text = (files("definitions") / "procedures" / "call-out.yaml").read_text(encoding="utf-8")
    old = "starts: {on: call_out}\n    term: [{is: unset}]\n    met_by: [acknowledge"
    assert text.count(old) == 1
    own = text.replace(old, old.replace("is: unset", "is: 10 minutes, basis: unit"))
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(own, "call-out.yaml"))
    play = Play("call-out", engine=engine).at("09-24 08:00")
    play.open("duty_officer", {"kind": "backbone"})
    play.at("09-24 08:11").engine.tick()
    assert play.outcome("acknowledge") == MISSED
    play.fire("team_leader", "acknowledge", happened="09-24 08:11", **COMING)
    assert play.outcome("acknowledge") == Outcome.MET_LATE


def test_a33_only_a_call_of_experts_owes_advice(play: Play) -> None:
    assert play.rows("advise") == []
    assert story.came().outcome("advise") == MET and story.silent().outcome("advise") == MISSED


def test_a33_advice_by_telephone_counts_before_anybody_came() -> None:
    play = Play("call-out").at("09-24 08:00")
    play.open("duty_officer", {"kind": "expert"})
    assert play.at("09-24 08:30").fire("expert", "advise", elements={"advice": "先疏散"}).acts[-1].deviations == ()
    assert play.outcome("advise") == MET and play.state == ("called",)


def test_b17_that_no_department_is_concerned_is_said_with_its_ground(play: Play) -> None:
    play.do(c.Waive(said=play.said("town_office"), row="notify", ground="不涉及部门"))
    assert play.outcome("notify") == WAIVED


def test_a32_an_incident_calls_a_team_and_each_case_names_the_other() -> None:
    play = Play("social-security-incident").at("09-24 08:00")
    play.open("scene_head", {"class": "mass"}, case="I")
    play.procedure = "call-out"
    play.at("09-24 08:20").open("duty_officer", {"kind": "backbone"}, case="T", origin="I", by="call_team")
    team, incident = play.engine.case("T").case, play.engine.case("I").case
    assert [link.case for _, link in linked(team)] == ["I"] and [link.case for _, link in linked(incident)] == ["T"]
    assert incident.acts[-1].name == "call_team" and incident.acts[-1].deviations == () and team.acts[0].name == "call_out"


def test_each_team_of_the_example_town_is_called_by_a_post_that_may_answer() -> None:
    organisation = fold([dated(body, at("2020-01-01 00:00")) for body, _ in shipped_organisation("town")])
    when = at("10-15 08:00")
    contacts = {team.id: organisation.posts[team.contact].role for team in organisation.teams_at(when) if team.contact}
    assert {role for name, role in contacts.items() if name.startswith("town.")} == {"team_leader"}
    assert contacts["district.expert"] == "expert"
