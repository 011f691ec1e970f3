"""Every duty of every shipped procedure is met in one story and missed in another, or shown to have no number."""

from __future__ import annotations

import pytest

from tests.stories import procedure_of, stories
from workflow.obligation.row import Outcome
from workflow.procedure.model import Obligation

MET = [(name, duty) for name, story in stories().items() for duty in story.MET]
MISSED = [(name, duty) for name, story in stories().items() for duty in story.MISSED]


def numbered(obligation: Obligation) -> bool:
    """Whether any of its terms has a number."""
    return any(not a.term.qualitative for a in obligation.term)


@pytest.mark.parametrize("name", stories())
def test_every_duty_has_its_stories(name: str) -> None:
    story, obligations = stories()[name], procedure_of(name).obligations
    assert {*story.MET} == {*obligations}
    assert {n for n, o in obligations.items() if numbered(o)} <= {*story.MISSED} <= {*obligations}


@pytest.mark.parametrize(("name", "duty"), MET)
def test_the_duty_is_met_in_its_story(name: str, duty: str) -> None:
    assert Outcome.MET in {r.outcome for r in stories()[name].MET[duty]().rows(duty)}


@pytest.mark.parametrize(("name", "duty"), MISSED)
def test_the_duty_is_missed_in_its_story(name: str, duty: str) -> None:
    assert {Outcome.MISSED, Outcome.MET_LATE} & {r.outcome for r in stories()[name].MISSED[duty]().rows(duty)}
