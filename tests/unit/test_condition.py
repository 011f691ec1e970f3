# ruff: noqa: E501
"""Conditions: what can be written, and three-valued truth against an oracle that tries every completion of what is unknown."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import BadCondition
from workflow.procedure.condition import Known, faults, holds, leaves, read, reads
from workflow.procedure.fact import UNKNOWN


def truth(condition: object, **facts: Any) -> bool | None:
    return holds(read(condition), Known(facts))


# forms


@pytest.mark.parametrize(
    ("condition", "facts", "verdict"),
    [
        ({"grade": "high"}, {"grade": "high"}, True),
        ({"grade": "high"}, {"grade": "low"}, False),
        ({"grade": "high"}, {}, None),
        ({"grade": "high"}, {"grade": UNKNOWN}, None),
        ({"grade": ["low", "high"]}, {"grade": "high"}, True),
        ({"grade": {"in": ["low"]}}, {"grade": "high"}, False),
        ({"grade": {"is_not": "low"}}, {"grade": "high"}, True),
        ({"grade": {"is_not": "low"}}, {}, None),
        ({"fire": "yes"}, {"fire": True}, True),
        ({"fire": "no"}, {"fire": True}, False),
        ({"fire": True}, {"fire": True}, True),
        ({"fire": "否"}, {"fire": False}, True),
        ({"knew": {"known": "yes"}}, {"knew": UNKNOWN}, False),
        ({"knew": {"known": "no"}}, {}, True),
        ({"knew": {"known": "no"}}, {"knew": "x"}, False),
        ({"knew": {"known": True}}, {"knew": {"given": True}}, True),
        ({"deaths": 3}, {"deaths": 3}, True),
        ({"deaths": "3"}, {"deaths": 3}, True),
        ({"cost": "1.50"}, {"cost": "1.5"}, True),
        ({"deaths": {"at_least": 3, "less_than": 10}}, {"deaths": 9}, True),
        ({"deaths": {"at_least": 3, "less_than": 10}}, {"deaths": 10}, False),
        ({"grade": "high", "fire": "yes"}, {"grade": "high", "fire": False}, False),
        ({"all": [{"grade": "high"}, {"fire": "yes"}]}, {"grade": "low"}, False),
        ({"any": [{"grade": "high"}, {"fire": "yes"}]}, {"grade": "high"}, True),
        ({"any": [{"grade": "high"}, {"fire": "yes"}]}, {"grade": "low"}, None),
        ({"not": {"grade": "high"}}, {}, None),
        ({"not": {"grade": "high"}}, {"grade": "low"}, True),
    ],
)
def test_a_condition_is_true_false_or_undecided(condition: object, facts: dict[str, Any], verdict: bool | None) -> None:
    assert truth(condition, **facts) is verdict


def test_an_event_has_happened_or_has_not_and_is_never_unknown() -> None:
    condition = read({"happened": "seal"})
    assert holds(condition, Known({})) is False
    assert holds(condition, Known({}, frozenset({"seal"}))) is True


@pytest.mark.parametrize("yes", ["yes", True, "是", "Yes"])
def test_a_decision_is_undecided_until_it_is_taken(yes: object) -> None:
    condition = read({"decided": {"report_up": yes}})
    assert [holds(condition, Known({}, decided=d)) for d in ({}, {"report_up": True}, {"report_up": False})] == [None, True, False]


def test_a_decision_against_is_an_answer_too() -> None:
    condition = read({"decided": {"report_up": "no"}})
    assert [holds(condition, Known({}, decided=d)) for d in ({}, {"report_up": True}, {"report_up": False})] == [None, False, True]


# numbers, and 以上 / 以下 (民法典 art. 1259: both include the number; 超过 and 不满 do not)


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [("at_least", False, True, True), ("at_most", True, True, False), ("more_than", False, False, True), ("less_than", True, False, False)],
)
@pytest.mark.parametrize("kind", ["integer", "decimal"])
def test_the_number_itself_counts_with_at_least_and_at_most(kind: str, operator: str, below: bool, equal: bool, above: bool) -> None:
    values: list[Any] = [2, 3, 4] if kind == "integer" else ["2.99", "3", "3.01"]
    assert [truth({"n": {operator: 3}}, n=v) for v in values] == [below, equal, above]


@pytest.mark.parametrize(
    ("operator", "wanted", "verdict"),
    [
        ("at_least", 3, True), ("at_least", 5, True), ("at_least", 6, None), ("more_than", 4, True), ("more_than", 5, None),
        ("less_than", 5, False), ("less_than", 6, None), ("at_most", 4, False), ("at_most", 5, None), ("is", 7, None), ("is_not", 7, None),
    ],
)  # fmt: skip
def test_at_least_five_decides_what_it_can(operator: str, wanted: int, verdict: bool | None) -> None:
    assert truth({"n": {operator: wanted}}, n={"at_least": 5}) is verdict


@pytest.mark.parametrize("operator", ["at_least", "at_most", "more_than", "less_than", "is", "is_not"])
def test_about_five_decides_nothing(operator: str) -> None:
    assert truth({"n": {operator: 5}}, n={"about": 5}) is None


# time


def test_dates_compare_as_dates() -> None:
    assert [truth({"d": {"at_least": "2026-09-24"}}, d=d) for d in ("2026-09-23", "2026-09-24", "2026-10-01")] == [False, True, True]


@pytest.mark.parametrize(
    "written", ["2026-09-24T08:00:00+08:00", "2026-09-24T00:00:00Z", "2026-09-24 08:00+08:00", "2026-09-23T18:00-06:00"]
)
def test_instants_compare_as_instants_whatever_their_offset(written: str) -> None:
    stamps = ("2026-09-23T23:59:59.999999Z", "2026-09-24T00:00:00.000000Z", "2026-09-24T00:00:00.000001Z")
    assert [truth({"t": {"at_least": written}}, t=s) for s in stamps] == [False, True, True]
    assert [truth({"t": {"less_than": written}}, t=s) for s in stamps] == [True, False, False]
    assert [truth({"t": written}, t=s) for s in stamps] == [False, True, False]


# what is wrong


def test_every_fault_has_its_path() -> None:
    data = {"all": [{"a": {"iss": 1}}, {"not": "x"}, {"any": []}], "decided": {"d": "perhaps"}}
    assert [f.path for f in faults(data)] == [("all", 0, "a"), ("all", 1, "not"), ("all", 2, "any"), ("decided",)]
    assert all(f.message.zh and f.message.en and not f.message.zh.isascii() for f in faults(data))


@pytest.mark.parametrize(
    "data", [None, 5, "x", [], {}, {"a": None}, {"a": 1.5}, {"a": [[1]]}, {"decided": {"a": 1}}, {"decided": {"a": "x", "b": "y"}}]
)
def test_what_is_no_condition_is_refused(data: object) -> None:
    with pytest.raises(BadCondition):
        read(data)


def test_nesting_is_bounded() -> None:
    data: dict[str, Any] = {"a": 1}
    for _ in range(200):
        data = {"not": data}
    with pytest.raises(BadCondition, match="nested too deeply"):
        read(data)


def test_a_condition_says_what_it_reads_and_where() -> None:
    data = {
        "any": [
            {"grade": "high"},
            {"not": {"happened": "seal"}},
            {"open": "answer"},
            {"decided": {"up": "yes"}, "deaths": {"at_least": 3, "at_most": 9}},
        ]
    }
    assert list(reads(read(data))) == [
        ("fact", "grade"),
        ("event", "seal"),
        ("obligation", "answer"),
        ("decision", "up"),
        ("fact", "deaths"),
        ("fact", "deaths"),
    ]
    assert [path for path, _ in leaves(data)] == [
        ("any", 0, "grade"), ("any", 1, "not", "happened"), ("any", 2, "open"),
        ("any", 3, "decided"), ("any", 3, "deaths"), ("any", 3, "deaths"),
    ]  # fmt: skip


# the oracle: ordinary two-valued logic, written apart, over every completion of what is unknown

CHOICES = ["low", "high", "top"]
NUMBERS = range(0, 8)
DOMAINS: dict[str, list[Any]] = {"grade": list(CHOICES), "fire": [True, False], "n": list(NUMBERS)}

atoms = st.one_of(
    st.builds(lambda v: {"grade": v}, st.sampled_from(CHOICES)),
    st.builds(lambda v: {"grade": v}, st.lists(st.sampled_from(CHOICES), min_size=1, max_size=2)),
    st.builds(lambda v: {"grade": {"is_not": v}}, st.sampled_from(CHOICES)),
    st.builds(lambda v: {"fire": v}, st.sampled_from(["yes", "no", True, False])),
    st.builds(lambda o, v: {"n": {o: v}}, st.sampled_from(["is", "is_not", "at_least", "at_most", "more_than", "less_than"]), st.integers(0, 7)),
    st.builds(lambda v: {"decided": {"d": v}}, st.sampled_from(["yes", "no"])),
    st.just({"happened": "e"}),
    st.just({"open": "o"}),
)  # fmt: skip
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda p: {"all": p}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda p: {"any": p}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda p: {"not": p}, inner),
    ),
    max_leaves=6,
)


def plainly(data: dict[str, Any], world: dict[str, Any]) -> bool:
    (key, value), *rest = data.items()
    assert not rest
    if key == "all":
        return all(plainly(p, world) for p in value)
    if key == "any":
        return any(plainly(p, world) for p in value)
    if key == "not":
        return not plainly(value, world)
    if key == "happened":
        return bool(world["e"])
    if key == "open":
        return bool(world["o"])
    if key == "decided":
        return bool(world["d"]) == (value["d"] == "yes")
    have = world[key]
    if key == "fire":
        return bool(have) == (value in ("yes", True))
    if isinstance(value, list):
        return have in value
    if isinstance(value, dict):
        ((operator, wanted),) = value.items()
        return {
            "is": have == wanted, "is_not": have != wanted,
            **({"at_least": have >= wanted, "at_most": have <= wanted, "more_than": have > wanted, "less_than": have < wanted} if key == "n" else {}),
        }[operator]  # fmt: skip
    return bool(have == value)


known = st.fixed_dictionaries(
    {
        "grade": st.sampled_from([*CHOICES, None, UNKNOWN]),
        "fire": st.sampled_from([True, False, None]),
        "n": st.one_of(
            st.sampled_from(list(NUMBERS)), st.none(), st.builds(lambda k: {"at_least": k}, st.integers(0, 7)), st.just({"about": 3})
        ),
        "d": st.sampled_from([True, False, None]),
        "e": st.booleans(),
        "o": st.booleans(),
    }
)


@given(conditions, known)
def test_a_verdict_is_that_of_every_completion_of_what_is_unknown(data: dict[str, Any], partly: dict[str, Any]) -> None:
    def completions(name: str) -> list[Any]:
        value = partly[name]
        if name in ("d", "e", "o"):
            return [True, False] if value is None else [value]
        if value is None or value == UNKNOWN or (isinstance(value, dict) and "about" in value):
            return DOMAINS[name]
        return [n for n in NUMBERS if n >= value["at_least"]] if isinstance(value, dict) else [value]

    facts = {k: partly[k] for k in ("grade", "fire", "n") if partly[k] is not None}
    decided = {} if partly["d"] is None else {"d": partly["d"]}
    happened, owed = (frozenset({name} if partly[name] else ()) for name in ("e", "o"))
    verdict = holds(read(data), Known(facts, happened, decided, owed))
    names = list(partly)
    every = {plainly(data, dict(zip(names, world, strict=True))) for world in product(*(completions(n) for n in names))}
    assert verdict is None or every == {verdict}
    if not any(v is None or isinstance(v, dict) for v in partly.values()):
        assert {verdict} == every
