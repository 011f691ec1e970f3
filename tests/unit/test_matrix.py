"""Coverage by unit and kind (rows A02, B04, C06): every case in one cell, every combination without one a gap."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.play import Play, at
from tests.stories import contingency_plan as plans
from tests.stories import procedure_of
from workflow import command as c
from workflow.act import OPENED, Act
from workflow.case.fold import Case, fold
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.matrix import NOT_KNOWN, by_fact, by_unit, matrix, owing, within, without
from workflow.moment import Moment
from workflow.obligation.ledger import ledger
from workflow.organisation import Organisation, Unit
from workflow.procedure.fact import UNKNOWN

NOW = at("09-24 10:00")
PROCEDURE = procedure_of(plans.PROCEDURE)
UNITS = {
    "town": Unit("town", "镇", "town", "town", ""),
    "east": Unit("east", "东村", "east", "village", "town"),
    "west": Unit("west", "西村", "west", "village", "town"),
    "old": Unit("old", "旧村", "old", "village", "town", merged_into="west", merged_from=at("01-01 00:00")),
    "new": Unit("new", "新村", "new", "village", "town", at("2027-01-01 00:00")),
}
ORGANISATION = Organisation(UNITS)
KIND = by_fact(PROCEDURE, "kind")
VILLAGES = by_unit(ORGANISATION, NOW, "village")


def case(name: str, unit: str, kind: Json = "", state: str = "making.draft", **more: bool) -> Case:
    data: dict[str, Json] = {"facts": {"kind": kind}} if kind else {}
    opened = Act(1, OPENED, "begin", Moment.at(NOW), NOW, data=data, state=(state,))
    return fold(Case(name, PROCEDURE.procedure, PROCEDURE.version, "", unit, "", **more), (opened,))


def test_each_case_stands_in_the_cell_of_its_unit_and_kind() -> None:
    told = matrix([case("A", "east", "special"), case("B", "east", "special"), case("C", "west", "overall")], VILLAGES, KIND)
    assert told.cell("east", "special").cases == ("A", "B")
    assert told.cell("west", "overall").cases == ("C",)
    assert ("east", "overall") in told.gaps and ("east", "special") not in told.gaps


def test_a_unit_of_the_level_without_any_case_has_a_line_of_gaps() -> None:
    told = matrix([], VILLAGES, KIND)
    assert told.rows == ("east", "west")
    assert len(told.gaps) == 2 * len(KIND.values)


def test_a_unit_that_is_not_there_yet_or_no_more_is_not_asked_of() -> None:
    assert VILLAGES.values == ("east", "west")
    assert "new" in by_unit(ORGANISATION, at("2027-06-01 00:00"), "village").values


def test_the_case_of_a_merged_unit_stands_with_what_it_was_merged_into() -> None:
    assert matrix([case("A", "old", "special")], VILLAGES, KIND).cell("west", "special").cases == ("A",)


def test_a_case_of_another_level_is_left_out_where_a_level_is_asked_for() -> None:
    cases = [case("A", "town", "special")]
    assert matrix(cases, VILLAGES, KIND).cells == {}
    assert matrix(cases, by_unit(ORGANISATION, NOW), KIND).rows == ("town",)


def test_a_state_that_is_asked_for_decides_what_is_a_gap() -> None:
    cases = [case("A", "east", "special"), case("B", "east", "special", "in_force.redraft"), case("C", "west", "special")]
    told = matrix(cases, VILLAGES, KIND, "in_force")
    assert told.cell("east", "special") == (("A", "B"), ("B",))
    assert ("west", "special") in told.gaps and ("east", "special") not in told.gaps
    assert told.there == {"B"}


def test_a_state_is_not_taken_for_another_that_begins_alike() -> None:
    assert not within(case("A", "east", "special", "making.draft"), "mak")
    assert within(case("A", "east", "special", "making.draft"), "making.draft")


def test_what_was_opened_by_mistake_and_what_is_practice_cover_nothing() -> None:
    told = matrix([case("A", "east", "special", void=True), case("B", "east", "special", drill=True)], VILLAGES, KIND)
    assert told.cells == {}


def test_a_case_whose_kind_nobody_stated_is_shown_and_covers_nothing() -> None:
    told = matrix([case("A", "east"), case("B", "east", UNKNOWN)], VILLAGES, KIND)
    assert told.columns[-1] == NOT_KNOWN and told.cell("east", NOT_KNOWN).cases
    assert len(told.gaps) == 2 * len(KIND.values)


def test_only_the_choices_that_are_asked_for_are_columns() -> None:
    told = matrix([case("A", "east", "special"), case("B", "east", "overall")], VILLAGES, by_fact(PROCEDURE, "kind", ("专项预案",)))
    assert (told.columns, told.gaps) == (("special",), (("west", "special"),))


@pytest.mark.parametrize(("fact", "only"), [("name", ()), ("edition", ()), ("kind", ("特别预案",))])
def test_a_fact_without_choices_and_a_choice_that_is_none_are_refused(fact: str, only: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        by_fact(PROCEDURE, fact, only)


def test_a_level_that_no_unit_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadInput) as refused:
        by_unit(ORGANISATION, NOW, "county")
    assert refused.value.hint is not None and "village" in refused.value.hint.en


def test_plans_that_lack_their_manual_are_named() -> None:
    play = plans.made()
    rows = {"A": ledger(play.engine.case("C").case, play.engine.world(play.engine.case("C")), NOW)}
    assert owing(rows, "manual") == ("A",)
    assert owing(rows, "review") == ()


@pytest.mark.parametrize(("since", "found"), [(None, ()), (at("04-01 00:00"), ()), (at("04-03 00:00"), ("C",))])
def test_plans_that_were_not_drilled_since_a_day_are_named(since: datetime | None, found: tuple[str, ...]) -> None:
    play = plans.made()
    play.at("04-02 09:00").fire(plans.OWNER, "drilled")
    assert without([play.engine.case("C").case], "drilled", since) == found


def test_a_void_plan_of_a_store_is_no_coverage() -> None:
    play = Play(plans.PROCEDURE).at("03-02 09:00")
    play.open(plans.OWNER, {"kind": "special"}, unit="east")
    assert matrix([play.engine.case("C").case], VILLAGES, KIND).cells
    play.do(c.Void(said=play.said(plans.OWNER), second=play.said("filing_office").actor, reason="重复"))
    assert matrix([play.engine.case("C").case], VILLAGES, KIND).cells == {}


kinds = st.sampled_from(["", "overall", "special", "department", "major_event", "grassroots"])
some = st.lists(st.tuples(st.sampled_from(sorted(UNITS)), kinds, st.sampled_from(["making.draft", "in_force.current"]), st.booleans()))


@given(some)
def test_the_cells_hold_each_case_that_counts_once_and_the_gaps_are_the_rest(told: list[tuple[str, str, str, bool]]) -> None:
    cases = [case(f"{n:03}", unit, kind, state, void=void) for n, (unit, kind, state, void) in enumerate(told)]
    found = matrix(cases, VILLAGES, KIND, "in_force")
    place = {"old": "west"}
    plain = Counter((place.get(u, u), k) for u, k, _, void in told if not void and place.get(u, u) in ("east", "west"))
    assert Counter({key: len(cell.cases) for key, cell in found.cells.items()}) == plain
    covered = {(place.get(u, u), k) for u, k, s, void in told if not void and s == "in_force.current"}
    assert set(found.gaps) == {(v, k) for v in ("east", "west") for k in KIND.values} - covered
