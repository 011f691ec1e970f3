"""Powers of command (指挥权限, B13): an order beyond them is refused or countersigned; one that was given all the same is marked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendars import shipped
from adapters.commands import wording
from adapters.host import FixedClock, SystemEntropy
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from workflow import command as c
from workflow.engine import Engine
from workflow.errors import BeyondAuthority
from workflow.explain import why
from workflow.moment import stamp
from workflow.organisation import Actor, Organisation, fold
from workflow.organisation.authority import Standing, holders, standing
from workflow.organisation.register import Power
from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition
from workflow.replay import replay_cases

TEXT = """\
procedure: command
version: "1"
zh: 指挥
en: command
roles:
  chief: {zh: 总指挥, en: chief, level: town}
  deputy: {zh: 副总指挥, en: deputy, level: town}
  hand: {zh: 队员, en: hand, level: town}
facts:
  kind: {zh: 类别, en: kind, type: choice, of: {mass: {zh: 群体, en: mass}, fire: {zh: 火灾, en: fire}}, revise: [chief, hand]}
  grade: {zh: 等级, en: grade, type: choice, of: {low: {zh: 一般, en: low}, high: {zh: 重大, en: high}}, revise: [chief, hand]}
  many: {zh: 人数, en: people, type: integer}
  secret: {zh: 秘密, en: secret, type: choice, personal: true, of: {one: {zh: 一, en: one}}}
initial: open
states: {open: {zh: 进行, en: open}, raised: {zh: 已升级, en: raised}}
events:
  told: {zh: 接报, en: told, opens: true, by: hand}
  order:
    zh: 指令
    en: order
    kind: request
    by: [chief, deputy, hand]
    authority: {action: order, class: kind, grade: grade}
  noted_order: {zh: 记录的指令, en: order as a record, by: [chief, deputy, hand], authority: {action: order, class: kind, grade: grade}}
  raise: {zh: 升级, en: raise, kind: request, from: open, to: raised, by: [chief, deputy, hand], authority: {action: raise}}
  done: {zh: 落实, en: done, by: hand}
obligations:
  command:
    zh: 作出指令
    en: give an order
    owed: {by: chief}
    starts: {on: told}
    term: [{is: 1 day, basis: unit}]
    met_by: [order, noted_order]
"""
ROWS: list[dict[str, Any]] = [
    {"id": "chief.order", "role": "chief", "action": "order"},
    {"id": "deputy.order", "role": "deputy", "action": "order", "class": ["mass"], "grade": ["low"]},
]
SINCE = stamp(at("2020-01-01 00:00"))


def power(row: dict[str, Any], since: str = SINCE) -> tuple[dict[str, Any], None]:
    return {"what": "power", "since": since, **row}, None


@pytest.fixture
def play() -> Play:
    """An open case of class mass; the matrix is not set yet."""
    engine = Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(TEXT, "command.yaml"))
    found = Play("command", engine=engine).at("10-15 08:00")
    found.open("hand", {"kind": "mass"})
    return found.at("10-15 09:00")


@pytest.fixture
def governed(play: Play) -> Play:
    """The same under a matrix: the chief orders anything, the deputy in small mass incidents."""
    play.engine.organise([power(row) for row in ROWS])
    return play


def told(play: Play, act: Any) -> Any:
    return act.acts[-1].data.get("authority"), act.acts[-1].deviations


# -- requests and records --------------------------------------------------------------------------------------------------------------


def test_b13_while_no_row_speaks_of_an_action_nothing_is_refused_and_that_is_visible(play: Play) -> None:
    assert told(play, play.fire("hand", "order")) == ("unset", ())
    play.engine.organise([power(row) for row in ROWS])
    assert told(play, play.fire("hand", "raise")) == ("unset", ())  # the matrix speaks of orders only


def test_s5_1_a_request_beyond_the_powers_is_refused_with_who_could_do_it(governed: Play) -> None:
    with pytest.raises(BeyondAuthority) as caught:
        governed.fire("hand", "order")
    assert caught.value.hint is not None and "总指挥" in caught.value.hint.zh and "副总指挥" in caught.value.hint.zh
    governed.fire("hand", "done", facts={"grade": "high"})
    with pytest.raises(BeyondAuthority) as caught:
        governed.fire("deputy", "order")
    assert caught.value.hint is not None and "副总指挥" not in caught.value.hint.zh
    assert [a.kind for a in governed.engine.case("C").case.acts][-1] == "refused"


def test_s5_2_a_record_beyond_the_powers_is_kept_with_its_deviation(governed: Play) -> None:
    assert told(governed, governed.record("hand", "order")) == ("beyond", ("beyond_authority",))
    assert told(governed, governed.fire("hand", "noted_order")) == ("beyond", ("beyond_authority",))


def test_s5_3_a_record_beyond_the_powers_moves_nothing_and_the_ledger_sees_it(governed: Play) -> None:
    governed.engine.organise([power({"id": "chief.raise", "role": "chief", "action": "raise"})])
    governed.record("hand", "raise")
    assert governed.state == ("open",)
    governed.record("hand", "order")
    assert governed.outcome("command") == "met"
    governed.fire("chief", "raise")
    assert governed.state == ("raised",)


@pytest.mark.parametrize(
    ("role", "kind", "grade", "answer"),
    [
        ("chief", "mass", "high", "within"),
        ("chief", "fire", "low", "within"),
        ("deputy", "mass", "low", "within"),
        ("deputy", "mass", "high", "beyond"),
        ("deputy", "fire", "low", "beyond"),
        ("deputy", "fire", "unknown", "beyond"),
        ("deputy", "mass", "unknown", "undetermined"),
        ("deputy", "unknown", "low", "undetermined"),
        ("hand", "mass", "unknown", "beyond"),
    ],
)
def test_b13_role_class_and_grade_decide(governed: Play, role: str, kind: str, grade: str, answer: str) -> None:
    governed.fire("hand", "done", facts={"kind": kind, "grade": grade})
    assert told(governed, governed.record(role, "order"))[0] == answer


def test_b13_whoever_has_the_power_may_sign_with_who_has_not(governed: Play) -> None:
    assert told(governed, governed.fire("hand", "order", second=Actor("chief"))) == ("countersigned", ())
    with pytest.raises(BeyondAuthority):
        governed.fire("hand", "order", second=Actor("hand", person="other"))  # no power either


def test_b13_nobody_countersigns_for_themselves(governed: Play) -> None:
    with pytest.raises(BeyondAuthority):
        governed.fire("hand", "order", person="p1", second=Actor("chief", person="p1"))


def test_b13_an_oral_approval_is_no_signature(governed: Play) -> None:
    with pytest.raises(BeyondAuthority):
        governed.fire("hand", "order", oral="总指挥 08:58 000-0001")


def test_s4_1_a_grade_stated_by_who_may_not_revise_it_widens_no_power(governed: Play) -> None:
    governed.fire("hand", "done", facts={"grade": "high"})
    found = governed.record("deputy", "order", facts={"grade": "low"})
    assert found.acts[-1].deviations == ("not_revisable", "beyond_authority")


# -- which matrix ----------------------------------------------------------------------------------------------------------------------


def test_s9_1_the_matrix_in_force_when_the_act_happened_decides(play: Play) -> None:
    play.engine.organise([power(ROWS[0], stamp(at("10-15 08:30")))])
    assert told(play, play.record("hand", "order", happened="10-15 08:29"))[0] == "unset"
    assert told(play, play.record("hand", "order", happened="10-15 08:30"))[0] == "beyond"


def test_s9_1_a_power_that_was_ended_counts_until_then(governed: Play) -> None:
    governed.engine.organise([({"what": "end", "of": "power", "id": "deputy.order", "since": stamp(at("10-15 08:30"))}, None)])
    low = {"grade": "low"}
    assert told(governed, governed.record("deputy", "order", happened="10-15 08:29", facts=low))[0] == "within"
    assert told(governed, governed.record("deputy", "order", happened="10-15 08:31"))[0] == "beyond"


def test_s3_6_rows_that_are_entered_later_change_no_act_and_replay_says_the_same(governed: Play) -> None:
    governed.record("hand", "order")
    before = _replayed(governed)
    governed.engine.organise([power({"id": "hand.order", "role": "hand", "action": "order"})])
    after = _replayed(governed)
    assert before.deviations == after.deviations == {"beyond_authority": 1}
    assert before.cases == after.cases and before.digest != after.digest  # the organisation itself is another


def _replayed(play: Play) -> Any:
    case = play.engine.case("C").case
    rules = {r.hash: r for r in play.engine.definitions()}
    return replay_cases([("C", case.acts)], rules, play.engine.calendars, play.engine.organisation(), at("10-15 12:00"))


# -- what people see -------------------------------------------------------------------------------------------------------------------


def test_timeline_and_explanation_say_it_in_both_languages(governed: Play) -> None:
    act = governed.record("hand", "order").acts[-1]
    rules, case = governed.engine.definitions()[0], governed.engine.case("C").case
    assert "超出指挥权限" in wording.remarks(act, case, {}, rules, "zh")
    assert "beyond the powers of command" in wording.remarks(act, case, {}, rules, "en")
    standing_case = governed.engine.case("C")
    row = governed.row("command")
    lines = "\n".join(why(row, standing_case.case, governed.engine.world(standing_case), [row]).lines("zh"))
    assert "偏差:超出指挥权限" in lines


@pytest.mark.parametrize(
    ("second", "facts", "zh", "en"),
    [
        (Actor("chief"), {}, "由有权者会签", "signed by somebody who has the power"),
        (None, {"kind": "unknown"}, "指挥权限待定", "undetermined"),
    ],
)
def test_the_timeline_says_what_the_power_rests_on(governed: Play, second: Actor | None, facts: dict[str, str], zh: str, en: str) -> None:
    governed.fire("hand", "done", facts=facts)
    act = governed.fire("hand" if second else "deputy", "order", second=second).acts[-1]
    rules, case = governed.engine.definitions()[0], governed.engine.case("C").case
    assert zh in wording.remarks(act, case, {}, rules, "zh") and en in wording.remarks(act, case, {}, rules, "en")


# -- definitions -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("class: kind, grade: grade}\n  noted", "class: nothing, grade: grade}\n  noted", "nothing"),
        ("class: kind, grade: grade}\n  noted", "class: many, grade: grade}\n  noted", "many is not a choice"),
        ("class: kind, grade: grade}\n  noted", "class: secret, grade: grade}\n  noted", "personal fact secret"),
        ("opens: true, by: hand}", "opens: true, by: hand, authority: {action: order}}", "never refused"),
        ("by: hand}\nobligations", "by: clock, after: {on: told, term: 1 day}, authority: {action: x}}\nobligations", "no 'authority'"),
    ],
)
def test_a_definition_that_cannot_mean_it_is_refused(old: str, new: str, said: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(BrokenDefinition) as caught:
        load(TEXT.replace(old, new), "command.yaml")
    assert any(said in p.say("command.yaml", "en") for p in caught.value.problems), [p.say("", "en") for p in caught.value.problems]


# -- the town --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def town() -> Play:
    found = Play("social-security-incident").at("10-15 08:00")
    found.engine.organise(shipped_organisation("town"))
    found.open("scene_head", {"class": "mass", "grade": "major"}, unit="zhongzhuang")
    return found.at("10-15 09:00")


def test_b13_in_the_town_a_major_incident_is_beyond_office_and_commander(town: Play) -> None:
    with pytest.raises(BeyondAuthority):
        town.fire("town_office", "activate")
    assert told(town, town.fire("town_office", "activate", second=Actor("command", person="t05"))) == ("countersigned", ())
    with pytest.raises(BeyondAuthority):
        town.fire("commander", "order", elements={"order": "撤离"})
    with pytest.raises(BeyondAuthority):
        town.fire("command_criminal", "order", elements={"order": "撤离"})  # another class
    assert told(town, town.fire("command_mass", "order", elements={"order": "撤离"})) == ("within", ())
    with pytest.raises(BeyondAuthority):
        town.fire("town_office", "escalate", facts={"grade": "extreme"})


def test_b13_an_order_beyond_the_powers_that_was_given_is_owed_all_the_same(town: Play) -> None:
    n = town.record("commander", "order", elements={"order": "撤离"}).acts[-1].n
    assert town.outcome("carry_out") == "not_due"
    found = town.engine.case("C")
    lines = why(town.row("carry_out"), found.case, town.engine.world(found), [town.row("carry_out")]).lines("zh")
    assert f"  起算记录有偏差  #{n} 超出指挥权限" in lines


# -- against a slow count --------------------------------------------------------------------------------------------------------------

KINDS, GRADES = ("a", "b"), ("x", "y")
subset: Callable[[tuple[str, ...]], st.SearchStrategy[tuple[str, ...]]] = lambda names: st.lists(  # noqa: E731
    st.sampled_from(names), unique=True
).map(tuple)
rows = st.lists(st.tuples(st.sampled_from(["p", "q"]), st.sampled_from(["go", "stop"]), subset(KINDS), subset(GRADES)), max_size=5)


@given(rows, st.sampled_from(["p", "q"]), st.none() | st.sampled_from(KINDS), st.none() | st.sampled_from(GRADES))
def test_b13_the_standing_agrees_with_trying_every_class_and_grade(
    found: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]], role: str, kind: str | None, grade: str | None
) -> None:
    """Every world that fits what is known is tried: in all of them allowed by one row, in some, or in none."""
    powers = [Power(id=str(n), since=at("2020-01-01 00:00"), role=r, action=a, classes=k, grades=g) for n, (r, a, k, g) in enumerate(found)]
    worlds = list(product([kind] if kind else [*KINDS, "other"], [grade] if grade else [*GRADES, "other"]))

    def allows(row: tuple[str, str, tuple[str, ...], tuple[str, ...]], world: tuple[str, str]) -> bool:
        return (not row[2] or world[0] in row[2]) and (not row[3] or world[1] in row[3])

    mine = [[allows(row, world) for world in worlds] for row in found if row[:2] == (role, "go")]
    if not any(row[1] == "go" for row in found):
        expected = Standing.UNSET
    elif any(all(one) for one in mine):
        expected = Standing.WITHIN
    else:
        expected = Standing.UNDETERMINED if any(any(one) for one in mine) else Standing.BEYOND
    assert standing(powers, role, "go", kind, grade) == expected
    assert (role in holders(powers, "go", kind, grade)) == (expected in (Standing.WITHIN, Standing.UNDETERMINED))


def test_the_rows_of_the_example_town_name_roles_and_choices_of_its_procedure() -> None:
    procedure = Play("social-security-incident").engine.rules("social-security-incident").procedure
    organisation: Organisation = fold([body for body, _ in shipped_organisation("town") if body["what"] == "power"])
    actions = {e.authority.action for e in procedure.events.values() if e.authority is not None}
    for row in organisation.powers_at(at("10-15 08:00")):
        assert row.role in procedure.roles and row.action in actions
        assert {*row.classes} <= {*procedure.facts["class"].of} and {*row.grades} <= {*procedure.facts["grade"].of}


def test_s9_3_a_refusal_is_journaled_without_what_was_ordered(governed: Play) -> None:
    with pytest.raises(BeyondAuthority):
        governed.do(c.Do(said=governed.said("hand", note="撤离"), event="order"))
    assert "撤离" not in str(governed.engine.case("C").case.acts[-1].body())
