"""What is special about a release: two sign, one speaks; what is wrong is corrected; nothing has a number."""

from __future__ import annotations

import pytest

from tests.play import Play
from tests.stories import procedure_of
from tests.stories import public_information as story
from tests.stories.told import ordinary, tell
from workflow.errors import Refused, WrongRole
from workflow.obligation.row import Outcome
from workflow.organisation import Actor

MET, NOT_DUE, DISCHARGED = Outcome.MET, Outcome.NOT_DUE, Outcome.DISCHARGED
TEXT = {"elements": {"text": "通告", "channel": "公众号"}}


@pytest.fixture
def drafted() -> Play:
    return tell("public-information", "town_office", story.BEGUN, ("09-24 08:30", "draft"))


def act(play: Play, event: str) -> None:
    role, name, more = ordinary("public-information", event)
    play.fire(role, name, **more)


@pytest.mark.parametrize(
    "second",
    [None, Actor("government", person="g"), Actor("spokesperson", person="s")],
)
def test_an_approval_needs_the_signature_of_another_role(drafted: Play, second: Actor | None) -> None:
    with pytest.raises(Refused):
        drafted.fire("government", "approve", second=second)
    assert drafted.state == ("drafted",)


def test_what_was_not_approved_is_not_released(drafted: Play) -> None:
    with pytest.raises(Refused):
        drafted.fire("spokesperson", "release", **TEXT)


@pytest.mark.parametrize("role", ["town_office", "government", "command"])
def test_only_the_spokesperson_speaks(drafted: Play, role: str) -> None:
    act(drafted, "approve")
    with pytest.raises(WrongRole):
        drafted.fire(role, "release", **TEXT)


def test_what_was_sent_back_is_drafted_anew_and_approved_anew(drafted: Play) -> None:
    for minute, event in enumerate(("approve", "send_back", "draft"), 31):
        drafted.at(f"09-24 08:{minute}")
        act(drafted, event)
    assert (drafted.state, drafted.outcome("redraft"), drafted.outcome("release")) == (("drafted",), MET, DISCHARGED)
    assert [r.outcome for r in drafted.rows("approve")] == [MET, NOT_DUE]


def test_an_error_that_is_found_is_owed_a_correction_and_the_release_stands() -> None:
    play = tell(
        "public-information",
        "town_office",
        story.BEGUN,
        *((f"09-24 09:0{n}", e) for n, e in enumerate(("draft", "approve", "release", "wrong"))),
    )
    assert (play.state, play.outcome("correct"), play.outcome("release")) == (("released",), NOT_DUE, MET)


def test_a_matter_that_is_not_released_owes_no_release(drafted: Play) -> None:
    act(drafted, "no_release")
    assert drafted.outcome("approve") is DISCHARGED and drafted.rows("release") == []


def test_a_release_can_come_of_an_incident_and_stands_in_both_cases() -> None:
    play = Play("social-security-incident").at("09-24 08:00")
    play.open("duty_officer", case="I")
    play.procedure = "public-information"
    play.open("spokesperson", case="R", event="begin_for_incident", origin="I")
    assert play.engine.case("R").case.opened.deviations == ()
    assert play.engine.case("I").case.acts[-1].kind == "linked"


def test_the_sources_give_no_number_and_neither_does_the_procedure() -> None:
    assert [n for n, o in procedure_of("public-information").obligations.items() if not all(a.term.qualitative for a in o.term)] == []


def test_each_question_of_the_media_and_each_error_is_a_duty_of_its_own() -> None:
    play = tell(
        "public-information", "town_office", story.BEGUN, *((f"09-24 09:0{n}", e) for n, e in enumerate(("draft", "approve", "release")))
    )
    for minute, event in enumerate(("asked", "wrong", "asked", "wrong", "answered", "correct"), 10):
        play.at(f"09-24 09:{minute}")
        act(play, event)
    assert [r.outcome for duty in ("answer_media", "correct") for r in play.rows(duty)] == [MET, NOT_DUE, MET, NOT_DUE]


def test_what_is_collected_is_analysed_each_time() -> None:
    play = tell(
        "public-information", "town_office", story.BEGUN, ("09-24 08:10", "collect"), ("09-24 08:20", "collect"), ("09-24 08:30", "analyse")
    )
    assert [r.outcome for r in play.rows("analyse")] == [MET, NOT_DUE]


def test_sending_back_answers_the_draft(drafted: Play) -> None:
    drafted.at("09-24 08:40")
    act(drafted, "send_back")
    assert (drafted.outcome("approve"), drafted.outcome("redraft")) == (MET, NOT_DUE)


def test_s10_1_a_draft_of_the_same_minute_is_no_answer_to_what_was_sent_back_after_it(drafted: Play) -> None:
    """S3.2: it stays owed. Nor does what was sent back before an approval, within its minute, end the release that the approval brings."""
    act(drafted, "send_back")
    assert (drafted.outcome("approve"), drafted.outcome("redraft")) == (MET, NOT_DUE)
    act(drafted, "draft")
    act(drafted, "approve")
    assert (drafted.outcome("redraft"), drafted.outcome("release")) == (MET, NOT_DUE)
    assert [r.outcome for r in drafted.rows("approve")] == [MET, MET]
