"""A sheet is filled from the ledger: what is counted, what is left out, and that nothing is kept."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files

import pytest

from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from tests.play import Play, at
from tests.stories.told import town
from workflow.command import Void
from workflow.organisation import Actor
from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition
from workflow.sheet import Filled, Gathered, Peer, fill, median, span

CALL = {"time": "a", "place": "b", "nature": "c"}
POINTS = {"plans": "预案已修订", "drills": "b", "exchanges": "c", "training": "d", "handling": "e"}


def inspected(**facts: str) -> Play:
    """An inspection ``I`` of the town from 2026-09-01 to 2026-09-30, and incidents of two villages beside it."""
    engine = Play("inspection").engine
    engine.organise(shipped_organisation("town"))
    town = Play("social-security-incident", engine=engine)
    for case, unit, day, kind in (
        ("in-time", "zhongzhuang", "09-10", "mass"),
        ("late", "xiazhuang", "09-20", "mass"),
        ("other-kind", "zhongzhuang", "09-21", "criminal"),
        ("too-early", "zhongzhuang", "08-10", "mass"),
        ("mistaken", "zhongzhuang", "09-22", "mass"),
        ("practice", "zhongzhuang", "09-23", "mass"),
    ):
        town.at(f"{day} 08:00").open("scene_head", {"class": kind}, case=case, unit=unit, drill=case == "practice")
        town.at(f"{day} {'10:00' if case == 'late' else '08:20'}").fire("scene_head", "telephone_report", elements=CALL)
    town.case = "mistaken"
    town.do(Void(said=town.said("government"), reason="误立", second=Actor("town_office")))
    play = Play("inspection", engine=engine).at("10-01 08:00")
    play.open("bureau", {"from": "2026-09-01", "until": "2026-09-30", **facts}, case="I", unit="town")
    return play


def filled(play: Play, case: str = "I") -> dict[str, Filled]:
    engine = play.engine
    peers = [Peer(s.case, engine.world(s), tuple(engine.ledger(e.id))) for e in engine.cases() if (s := engine.case(e.id))]
    (own,) = [p for p in peers if p.case.id == case]
    sheet = own.world.rules.procedure.sheet
    assert sheet is not None
    said = {a.n: engine.private(case, a.n) for a in own.case.acts}
    return {line.name: line for line in fill(sheet, own.case, own.rows, said, peers, own.world)}


def handling(play: Play) -> Gathered:
    found = filled(play)["handling"].gathered
    assert found is not None
    return found


def test_the_cases_of_the_units_below_count_and_no_others() -> None:
    assert handling(inspected()).cases == ("in-time", "late")  # not the other class, the earlier month, the mistake or the drill


def test_the_outcomes_are_those_of_the_ledger() -> None:
    tally = handling(inspected()).tally
    assert tally.columns["met_late"] == 2  # the late telephone reports to the committee and to the government
    assert tally.columns["met"] == 2


def test_without_days_every_case_counts() -> None:
    play = inspected(until="待核")
    assert handling(play).cases == ("in-time", "late")
    play = inspected(**{"from": "待核"})
    assert handling(play).cases == ("in-time", "late", "too-early")


def test_the_last_day_counts_and_the_day_after_does_not() -> None:
    assert handling(inspected(until="2026-09-20")).cases == ("in-time", "late")
    assert handling(inspected(until="2026-09-19")).cases == ("in-time",)


def test_what_the_inspector_wrote_stands_beside_it() -> None:
    play = inspected()
    play.at("10-02 08:00").fire("bureau", "conclude", elements=POINTS)
    assert filled(play)["plans"].elements == {"plans": "预案已修订"}


def test_how_long_it_took_to_put_right_is_measured() -> None:
    play = inspected()
    play.at("10-02 08:00").fire("bureau", "fault_found", elements={"fault": "a"})
    play.at("10-02 09:00").fire("bureau", "fault_found", elements={"fault": "b"})
    play.at("10-02 10:30:30").fire("judicial_office", "put_right", elements={"result": "a"})
    first, second = filled(play)["put_right"].durations
    assert (first.length, first.open) == (timedelta(hours=2, minutes=30, seconds=30), False)
    assert second.open


def test_the_median_is_a_length_that_occurred() -> None:
    lengths = [timedelta(minutes=m) for m in (4, 1, 3, 2)]
    assert median(lengths) == timedelta(minutes=2)
    with pytest.raises(ValueError, match="no lengths"):
        median([])


def test_a_unit_that_the_organisation_does_not_know_sees_only_its_own() -> None:
    play = inspected()
    play.at("10-03 08:00").open("bureau", {"from": "2026-09-01", "until": "2026-09-30"}, case="J", unit="xiazhuang")
    found = filled(play, "J")["handling"].gathered
    assert found is not None and found.cases == ("late",)


def test_the_span_is_that_of_the_facts() -> None:
    play = inspected()
    rules = play.engine.rules("inspection")
    assert rules.procedure.sheet is not None
    days = span(rules.procedure.sheet, play.engine.case("I").case, rules)
    assert (str(days.since), str(days.until)) == ("2026-09-01", "2026-09-30")


def test_the_sheet_of_a_recurring_case_looks_at_its_period() -> None:
    play = Play("appraisal", engine=town("appraisal")).at("01-01 00:00")
    play.engine.tick()
    play.case = play.engine.period_case("appraisal", "town", at("01-01 00:00"))
    rules = play.engine.rules("appraisal")
    assert rules.procedure.sheet is not None
    days = span(rules.procedure.sheet, play.engine.case(play.case).case, rules)
    assert (str(days.since), str(days.until)) == ("2026-01-01", "2026-12-31")


def test_s9_3_the_days_of_a_sheet_are_no_personal_fact() -> None:
    text = (files("definitions") / "procedures" / "inspection.yaml").read_text(encoding="utf-8")
    with pytest.raises(BrokenDefinition) as broken:
        load(text.replace("type: date,", "type: date, personal: true,"), "inspection.yaml")
    assert {"sheet.window.from", "sheet.window.until"} <= {problem.field for problem in broken.value.problems}


@pytest.mark.parametrize("definition", [d for d in shipped_definitions() if d.procedure.sheet is not None], ids=lambda d: d.procedure.ref)
def test_a_shipped_sheet_names_only_what_the_shipped_procedures_have(definition: object) -> None:
    known = {d.procedure.procedure: d.procedure for d in shipped_definitions()}
    sheet = definition.procedure.sheet  # type: ignore[attr-defined]
    for line in sheet.lines.values():
        for name in line.cases.procedures if line.cases is not None else ():
            other = known[name]
            assert {*line.cases.where} <= {*other.facts}
            for fact, values in line.cases.where.items():
                assert {*values} <= {*other.facts[fact].of}
        if line.cases is not None:
            events = {e for name in line.cases.procedures for e in known[name].events}
            duties = {o for name in line.cases.procedures for o in known[name].obligations}
            assert {*line.cases.events} <= events and {*line.cases.duties} <= duties
