"""What is special about screening: each period and each key site is a row, what is found becomes a hazard, coverage has names."""

from __future__ import annotations

import pytest

from tests.play import Play, at
from tests.stories import procedure_of
from tests.stories.rounds import begun, forgotten
from workflow import command as c
from workflow.errors import UnknownProcedure
from workflow.obligation.row import Outcome
from workflow.round import Covered, coverage

CHECK = {"facts": {"hazards": 1}, "elements": {"result": "围墙开裂"}}
PERIODS = {
    "screening-weekly": "week",
    "screening-monthly": "month",
    "screening-quarterly": "quarter",
    "screening-site": "unset",
    "screening-self": "unset",
    "screening-report": "unset",
    "hazard-upkeep": "unset",
}


@pytest.mark.parametrize("name", PERIODS)
def test_promise_4_only_the_periods_that_a_source_names_are_in_the_file(name: str) -> None:
    period = procedure_of(name).period
    assert period is not None and period.every == PERIODS[name]


def site() -> Play:
    return begun("screening-site", "zhongzhuang-school", ("hazard",))


def standings(play: Play, day: str, now: str) -> dict[str, str]:
    return {c.unit: c.standing for c in covered(play, day, now)}


def covered(play: Play, day: str, now: str) -> list[Covered]:
    engine = play.at(now).engine
    there = {row.id for row in engine.cases(play.procedure)}
    rules = engine.rules(play.procedure, at(day))
    return list(coverage(engine.organisation(), rules, at(day), lambda case: engine.ledger(case) if case in there else None))


def test_each_key_site_has_a_case_of_its_own_in_a_round() -> None:
    assert [r.id for r in site().engine.cases()] == ["screening-site.xiazhuang-market.2026-Q3", "screening-site.zhongzhuang-school.2026-Q3"]


def test_a_site_that_was_not_covered_is_a_missed_row_and_a_lead() -> None:
    play = forgotten("screening-site", "zhongzhuang-school")
    flags = [a.data for a in play.engine.case(play.case).case.acts if a.kind == "flagged"]
    assert play.outcome("cover") == Outcome.MISSED and any(f.get("lead") == "site_not_covered" for f in flags)


def test_the_number_of_hazards_that_were_found_is_stated() -> None:
    play = site()
    act = play.at("09-25 10:00").fire("site_checker", "check", elements={"result": "无"}).acts[-1]
    assert "missing_facts" in act.deviations
    assert play.at("09-25 11:00").fire("site_checker", "check", facts={"hazards": 0}, elements={"result": "无"}).deviations == ()


def test_a_hazard_that_is_found_is_a_case_and_both_show_the_other() -> None:
    play = site()
    play.at("09-25 10:00").fire("site_checker", "check", **CHECK)
    opening = c.Open(said=play.said("site_checker"), what="围墙开裂", where="中庄小学", told_by="检查", origin=play.case, by="hazard_found")
    play.engine.open_case("hazard", opening, case="H")
    there, here = play.engine.case("H").case.acts[0], play.engine.case(play.case).case.acts[-1]
    assert (there.name, here.name) == ("found", "hazard_found")
    assert there.deviations == here.deviations == ()


def test_coverage_names_the_sites_that_are_done_and_those_that_are_not() -> None:
    play = site()
    play.at("09-25 10:00").fire("site_checker", "check", **CHECK)
    assert standings(play, "09-30", "09-26 08:00") == {"xiazhuang-market": "open", "zhongzhuang-school": "covered"}
    assert standings(play, "09-30", "10-01 08:00") == {"xiazhuang-market": "gap", "zhongzhuang-school": "covered"}


def test_what_was_done_late_is_covered_and_says_so() -> None:
    play = site()
    play.at("10-02 10:00").fire("site_checker", "check", **CHECK)
    assert standings(play, "09-30", "10-02 11:00")["zhongzhuang-school"] == "late"


def test_a_round_that_no_sweep_opened_is_not_covered() -> None:
    assert set(standings(site(), "2026-12-31", "09-24 09:00").values()) == {"unopened"}


def test_promise_4_a_unit_without_a_frequency_is_no_gap_and_shows() -> None:
    play = begun("screening-self", "zhongzhuang-school")
    assert standings(play, "09-30", "10-01 08:00") == {"xiazhuang-market": "unset", "zhongzhuang-school": "gap"}


def test_only_a_recurring_duty_has_rounds() -> None:
    play = site()
    with pytest.raises(UnknownProcedure):
        list(coverage(play.engine.organisation(), play.engine.rules("hazard", at("09-25")), at("09-25"), lambda _: None))
