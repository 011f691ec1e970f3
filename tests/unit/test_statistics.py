"""On-time figures: each row that began is in one column, and the columns add up."""

from __future__ import annotations

from adapters.organisations import shipped_organisation
from tests.play import Play, at
from workflow.command import Void
from workflow.organisation import Actor
from workflow.statistics import Counted, Tally, counted, statistics


def desk() -> Play:
    """Tickets: A answered and resolved in time, B late, C opened by mistake, D open, and E due at the very end of September."""
    play = Play("service-incident")
    play.at("09-01 08:00").open("service_desk", case="A")
    play.at("09-01 09:00").fire("service_desk", "resolved")
    play.at("09-02 08:00").open("service_desk", case="B")
    play.at("09-20 09:00").fire("service_desk", "resolved")
    play.at("09-20 10:00").open("service_desk", case="C")
    play.do(Void(said=play.said("service_desk"), reason="误立", second=Actor("caller")))
    play.at("09-26 07:00").open("service_desk", case="E")  # five days in UTC: until 10-01 24:00 there
    play.at("10-03 08:00").open("service_desk", case="D")
    return play


def figures(play: Play, *by: str, since: str = "", until: str = "") -> dict[tuple[str, ...], dict[str, int]]:
    found: list[Counted] = []
    for entry in play.engine.cases():
        standing = play.engine.case(entry.id)
        found += counted(standing.case, play.engine.world(standing), play.engine.ledger(entry.id))
    bounds = (at(since) if since else None, at(until) if until else None)
    return {key: dict(t.columns) for key, t in statistics(found, by, *bounds).items()}


def test_rows_are_split_by_outcome_and_a_case_opened_by_mistake_counts_nowhere() -> None:
    assert figures(desk()) == {(): {"met": 2, "met_late": 2, "missed": 2, "not_due": 2}}


def test_a_term_that_ends_at_the_midnight_after_a_month_belongs_to_that_month() -> None:
    assert figures(desk(), "month") == {("2026-09",): {"met": 2, "met_late": 2, "missed": 2}, ("2026-10",): {"not_due": 2}}


def test_the_bounds_are_those_of_the_date_that_was_due() -> None:
    assert figures(desk(), since="09-08 00:00", until="10-01 07:59") == {
        (): {"met_late": 1, "missed": 1}
    }  # E is due at the end of 09-30 in UTC
    assert figures(desk(), since="09-08 00:00", until="10-01 08:00") == {(): {"met_late": 1, "missed": 2}}


def test_the_columns_add_up_to_the_rows_that_began() -> None:
    play = desk()
    began = [r for e in play.engine.cases() if e.id != "C" for r in play.engine.ledger(e.id) if r.begin is not None]
    for by in ((), ("month",), ("duty",), ("unit", "procedure", "role")):
        assert sum(sum(t.values()) for t in figures(play, *by).values()) == len(began) == 8


def test_what_has_no_number_or_is_a_target_takes_no_part_in_the_rate() -> None:
    tally = Tally({"met": 1, "met_late": 1, "missed": 1, "target": 5, "unnumbered": 7, "waived": 1, "undeterminable": 1})
    assert (tally.rows, tally.judged, tally.per_mille) == (17, 3, 333)
    assert Tally({"unnumbered": 3}).per_mille is None
    assert Tally({"met": 2, "missed": 1}).per_mille == 667


def test_a_duty_is_counted_for_the_unit_whose_post_owes_it() -> None:
    engine = Play("social-security-incident").engine
    engine.organise(shipped_organisation("town"))
    play = Play("social-security-incident", engine=engine).at("09-24 08:00")
    play.open("scene_head", unit="zhongzhuang", person="t10")
    units = {unit for (unit,) in figures(play, "unit")}
    assert "zhongzhuang" in units
    play.at("09-24 08:10").fire("scene_head", "telephone_report", person="t10", elements={"time": "a", "place": "b", "nature": "c"})
    assert "town" in {unit for (unit,) in figures(play, "unit")}  # the report to the district is the town's
