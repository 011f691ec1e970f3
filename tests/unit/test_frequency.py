"""How often a unit owes a recurring duty for which the source names no period: the unit sets it (S7.3, promise 4)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from tests.examples import examples
from tests.play import PROBE, ZONE, Play, at
from workflow import command as c
from workflow import organisation as organisations
from workflow.engine import Engine
from workflow.errors import ClockOnly, NotAllowed, UnsetFrequency
from workflow.frequency import unset
from workflow.obligation.row import Outcome
from workflow.organisation import Actor
from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition

REVIEW = """
procedure: review
version: "1"
zh: 会商
en: review
roles: {desk: {zh: 值班, en: desk, level: village}}
initial: open
states: {open: {zh: 在办, en: open}, closed: {zh: 结束, en: closed, final: true}}
period: {every: unset, level: village, joins: JOINS}
events:
  begin: {zh: 开始, en: begin, opens: true, by: engine, basis: unit}
  held: {zh: 已会商, en: held, by: desk, basis: unit}
obligations:
  meet: {zh: 会商, en: meet, owed: {by: desk}, starts: {on: case}, term: [{is: end of period}], met_by: held, basis: unit}
"""
TOWN = {
    "id": "town", "zh": "镇", "en": "Town", "level": "town", "from": "2020-01-01",
    "units": [{"id": v, "zh": v, "en": v, "level": "village", "from": "2020-01-01"} for v in ("v1", "v2")],
}  # fmt: skip


def review(joins: str = "next", every: str = "unset") -> Play:
    """A store with this one procedure: what is shipped has recurring duties of its own."""
    engine = Engine(MemoryStore(), FixedClock(at("2026-01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    play = Play("review", engine=engine).at("2026-10-05 08:00")
    play.engine.add(load(REVIEW.replace("JOINS", joins).replace("every: unset", f"every: {every}").encode(), "review.yaml"))
    organise(play, {"units": [TOWN]})
    return play


def organise(play: Play, document: dict[str, object]) -> None:
    play.engine.organise(organisations.entries(document, lambda text: at(f"{text} 00:00")))


def sets(play: Play, unit: str, every: str, since: str) -> None:
    organise(play, {"periods": [{"unit": unit, "procedure": "review", "every": every, "from": since}]})


def opened(play: Play, unit: str = "v1") -> list[str]:
    play.engine.tick()
    return [r.id.removeprefix(f"review.{unit}.") for r in play.engine.cases("review") if r.unit == unit]


@pytest.fixture
def play() -> Play:
    """Two villages of a town, none of which has said how often."""
    return review()


def test_promise_4_a_unit_that_set_no_frequency_owes_nothing_by_a_number(play: Play) -> None:
    assert opened(play) == []
    play.at("2027-06-01 08:00")
    assert opened(play) == []


def test_promise_4_where_no_frequency_is_set_it_shows(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    found = list(unset(play.engine.organisation(), play.engine.definitions(), at("2026-10-05 08:00")))
    assert [gap.document() for gap in found] == [{"gap": "no_frequency", "unit": "v2", "about": "review"}]


def test_s7_3_each_unit_owes_as_often_as_it_set(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    sets(play, "v2", "quarter", "2026-10-01")
    assert (opened(play, "v1"), opened(play, "v2")) == (["2026-10"], ["2026-Q4"])


def test_s7_3_a_unit_inherits_what_the_unit_above_set_unless_it_sets_its_own(play: Play) -> None:
    sets(play, "town", "quarter", "2026-10-01")
    sets(play, "v2", "week", "2026-10-01")
    assert (opened(play, "v1"), opened(play, "v2")) == (["2026-Q4"], ["2026-W41"])


def test_s7_3_a_unit_that_sets_unset_owes_nothing_though_the_unit_above_set_a_frequency(play: Play) -> None:
    sets(play, "town", "month", "2026-10-01")
    sets(play, "v2", "unset", "2026-10-01")
    assert (opened(play, "v1"), opened(play, "v2")) == (["2026-10"], [])


def test_s7_3_a_change_takes_effect_from_the_next_period(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    play.at("2026-10-20 08:00")
    sets(play, "v1", "quarter", "2026-10-15")
    assert opened(play) == ["2026-10"]
    play.at("2027-01-02 08:00")
    assert opened(play) == ["2026-10", "2027-Q1"]


def test_s7_3_a_frequency_that_is_set_in_the_middle_of_a_period_is_owed_from_the_next_or_at_once() -> None:
    found = {}
    for joins in ("next", "at_once"):
        play = review(joins)
        sets(play, "v1", "month", "2026-10-05")
        found[joins] = opened(play)
    assert found == {"next": [], "at_once": ["2026-10"]}


def test_s7_3_the_period_ends_the_term_and_stands_in_the_opening(play: Play) -> None:
    sets(play, "town", "quarter", "2026-10-01")
    play.engine.tick()
    play.case = "review.v1.2026-Q4"
    assert play.due("meet") == "01-01 00:00"
    assert play.engine.case(play.case).case.opened.data["frequency"] == {"every": "quarter", "set_by": "town"}


def test_s7_1_what_is_set_later_changes_nothing_of_a_period_that_is_open(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    play.engine.tick()
    play.case = "review.v1.2026-10"
    before = play.engine.ledger(play.case)
    sets(play, "v1", "year", "2026-09-01")
    assert [(r.due, r.outcome) for r in play.engine.ledger(play.case)] == [(r.due, r.outcome) for r in before]


def test_s7_3_a_record_fulfils_the_period_that_the_unit_had_then(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    play.engine.tick()
    play.at("2026-11-03 08:00").engine.tick()
    play.case = play.engine.period_case("review", "v1", at("2026-10-30 09:00"))
    play.record("desk", "held", "2026-10-30 09:00", grade="counterpart")
    assert (play.case, play.outcome("meet")) == ("review.v1.2026-10", Outcome.MET)


@pytest.mark.parametrize("procedure", ("review", "probe"))
def test_promise_8_nobody_takes_the_place_of_the_case_of_a_period(play: Play, procedure: str) -> None:
    """S7.3: the sweep would find it taken, and the unit would owe nothing."""
    play.engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    sets(play, "v1", "month", "2026-10-01")
    play.procedure = procedure
    with pytest.raises(ClockOnly):
        play.open("desk", case="review.v1.2026-10", unit="v1")
    play.engine.tick()
    opened = play.engine.case("review.v1.2026-10").case.opened
    assert opened.actor is None and opened.data["period"]


def test_s3_2_a_period_that_passes_without_the_act_is_missed(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    play.engine.tick()
    play.case = "review.v1.2026-10"
    assert play.at("2026-11-01 00:00").outcome("meet") == Outcome.MISSED


def test_the_period_of_an_instant_in_which_nothing_was_set_is_refused_with_what_to_do(play: Play) -> None:
    with pytest.raises(UnsetFrequency) as caught:
        play.engine.period_case("review", "v1", at("2026-10-30 09:00"))
    assert caught.value.exit_code == 7 and caught.value.hint is not None


def test_s7_3_between_the_old_period_and_the_first_of_a_longer_one_nothing_is_owed(play: Play) -> None:
    sets(play, "v1", "month", "2026-10-01")
    sets(play, "v1", "quarter", "2026-10-15")
    assert play.engine.period_case("review", "v1", at("2026-10-30 09:00")) == "review.v1.2026-10"
    with pytest.raises(UnsetFrequency):
        play.engine.period_case("review", "v1", at("2026-11-10 09:00"))


def test_s7_3_of_two_periods_that_overlap_after_a_change_a_record_is_for_the_one_that_began_last(play: Play) -> None:
    sets(play, "v1", "quarter", "2026-10-01")
    sets(play, "v1", "month", "2026-11-15")
    assert play.engine.period_case("review", "v1", at("2026-12-10 09:00")) == "review.v1.2026-12"
    assert play.engine.period_case("review", "v1", at("2026-11-20 09:00")) == "review.v1.2026-Q4"


def test_s7_3_where_the_unit_above_is_merged_its_villages_take_over_what_the_other_set(play: Play) -> None:
    organise(play, {"units": [{"id": "other", "zh": "邻镇", "en": "Other", "level": "town", "from": "2020-01-01"}]})
    sets(play, "town", "month", "2026-10-01")
    sets(play, "other", "week", "2026-10-01")
    organise(play, {"merged": [{"unit": "town", "into": "other", "from": "2026-11-01"}]})
    assert opened(play) == ["2026-10"]
    play.at("2026-11-10 08:00")
    assert opened(play) == ["2026-10", "2026-W45", "2026-W46"]


def test_s7_3_a_period_in_which_another_unit_took_over_the_setting_is_opened_once() -> None:
    play = review("at_once").at("2026-10-20 08:00")
    sets(play, "town", "month", "2026-10-01")
    sets(play, "v1", "month", "2026-10-10")
    cases = [f.becomes.case for f in play.engine.forecast_tick() if f.was is None]
    assert [case.id for case in cases if case.unit == "v1"] == ["review.v1.2026-10"]


def test_the_first_sweep_of_a_long_period_brings_no_short_ones_from_before_it(play: Play) -> None:
    sets(play, "v1", "year", "2026-01-01")
    play.engine.tick()
    sets(play, "v2", "week", "2026-01-01")
    play.at("2026-10-14 08:00")
    assert opened(play, "v2") == ["2026-W41", "2026-W42"]


def test_only_a_recurring_duty_has_an_end_of_period() -> None:
    text = REVIEW.replace("period: {every: unset, level: village, joins: JOINS}\n", "").replace("by: engine", "by: desk")
    with pytest.raises(BrokenDefinition, match="only a recurring duty"):
        load(text.encode(), "review.yaml")


FIRST = {
    "week": lambda d: d - timedelta(days=d.weekday()),
    "month": lambda d: d.replace(day=1),
    "year": lambda d: d.replace(month=1, day=1),
}


def in_use(day: date, own: list[tuple[date, str]], above: list[tuple[date, str]]) -> str:
    """What applies on a day, read off the two lists by hand: the village's own last word, else the town's."""
    for said in (own, above):
        past = [every for since, every in sorted(said, key=lambda s: s[0]) if since <= day]
        if past:
            return past[-1]
    return "unset"


DAYS = st.dates(date(2026, 7, 1), date(2027, 2, 28))
SAID = st.lists(st.tuples(DAYS, st.sampled_from(["week", "month", "year", "unset"])), max_size=4, unique_by=lambda s: s[0])


@examples(40)
@given(SAID, SAID, st.lists(DAYS, min_size=1, max_size=5).map(sorted))
def test_s7_3_the_cases_are_those_of_the_frequency_of_each_first_day(
    own: list[tuple[date, str]], above: list[tuple[date, str]], sweeps: list[date]
) -> None:
    """Against an oracle that walks day by day; what lies before the first sweep that opened a case is not looked at."""
    play = review().at("2026-06-01 08:00")
    for unit, said in (("v1", own), ("town", above)):
        for since, every in said:
            sets(play, unit, every, since.isoformat())
    for day in sweeps:
        play.clock.set(at(f"{day} 07:00"))
        play.engine.tick()
    wanted: set[tuple[str, str, date]] = set()
    begun: date | None = None
    for sweep in sweeps:
        for unit, said in (("v1", own), ("v2", [])):
            for every, first in FIRST.items():
                day = first(begun or sweep)
                while day <= sweep:
                    if first(day) == day and in_use(day, said, above) == every:
                        wanted.add((unit, every, day))
                    day += timedelta(days=1)
        if wanted and begun is None:
            begun = sweep
    cases = [play.engine.case(r.id).case for r in play.engine.cases("review")]
    found = {(k.unit, _every(k.opened.data["frequency"]), k.opened.happened.lo.astimezone(ZONE).date()) for k in cases}
    assert found == wanted and len(cases) == len(found)


def _every(frequency: object) -> str:
    assert isinstance(frequency, dict)
    return str(frequency["every"])


def test_s7_3_the_case_of_a_period_is_neither_void_nor_the_same_as_another() -> None:
    play = review(every="month")
    play.engine.tick()
    first, second = (play.engine.period_case("review", v, play.clock.now()) for v in ("v1", "v2"))
    play.case = first
    for command in (
        c.Void(said=play.said("desk", person="a"), reason="误立", second=Actor("desk", person="b")),
        c.SameAs(said=play.said("desk"), lead=second, reason="同一"),
    ):
        with pytest.raises(NotAllowed, match="period of a recurring duty"):
            play.do(command)
    assert play.engine.case(first).case.listed and not play.engine.case(first).case.same_as


# a duty for which the source names its period


def test_s7_3_what_the_source_says_is_owed_without_a_word_of_the_unit() -> None:
    assert opened(review(every="week")) == ["2026-W41"]


def test_s7_3_a_unit_to_which_a_source_does_not_apply_says_so_and_it_shows() -> None:
    play = review(every="week")
    sets(play, "v1", "unset", "2026-01-01")
    assert opened(play) == [] and opened(play, "v2") == ["2026-W41"]
    gaps = [(g.kind, g.unit) for g in unset(play.engine.organisation(), [play.engine.rules("review")], play.clock.now())]
    assert gaps == [("no_frequency", "v1")]


def test_s7_3_it_applies_again_from_the_day_on_which_the_unit_says_so() -> None:
    play = review(every="week")
    sets(play, "v1", "unset", "2026-01-01")
    sets(play, "v1", "week", "2026-10-12")
    play.engine.tick()
    play.at("2026-10-20 08:00")
    assert opened(play) == ["2026-W42", "2026-W43"]


def test_s7_3_no_unit_makes_of_the_source_s_week_a_month() -> None:
    play = review(every="week")
    sets(play, "v1", "month", "2026-01-01")
    assert opened(play) == ["2026-W41"]
