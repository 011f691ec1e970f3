"""What is special about the dated project books: a window that nobody used is noticed, and by whom."""

from __future__ import annotations

from tests.stories import programme_2012 as story
from tests.unit.test_leads import found
from workflow.act import FLAGGED


def test_no_phase_of_the_year_is_missed_without_a_word() -> None:
    play = story.nothing_done()
    play.engine.tick()
    flags = [a for a in play.engine.case(play.case).case.acts if a.kind == FLAGGED]
    assert {a.name.split("/")[0] for a in flags if a.data["flag"] == "missing"} == {*story.MISSED}
    listed = {lead.row.duty.id for lead in found(play, play.case).values()}
    assert listed == {"preparation", "sub_project_book", "items", "outcome_statement"}
    told = {a.name.split("/")[0] for a in flags if a.data["flag"] == "tier"}
    assert {*story.MISSED} == listed | told


def test_a_statement_of_the_year_that_does_not_come_is_a_suspected_missing_report() -> None:
    play = story.nothing_done()
    (lead,) = (lead for lead in found(play, play.case).values() if lead.row.duty.id == "outcome_statement")
    assert (lead.names, lead.suspicion.zh) == (("no_outcome_statement",), "疑似漏报,待认定")
