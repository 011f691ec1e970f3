"""Which terms of a duty apply: the trial at and beside the values that conditions name, against every value of a fine grid.

The oracle evaluates the conditions itself, and tries facts that are not known, about or at least something as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from workflow.procedure.alternative import faults
from workflow.procedure.condition import read
from workflow.procedure.load import load

NUMBERS = {"n": [Fraction(x) for x in range(-1, 8)], "d": [Fraction(x, 4) for x in range(-4, 29)]}
"""An integer, and a decimal in quarters: conditions name 0 to 5 and halves of it, so that some value lies beside and between them all."""
WORDS = {"c": ["low", "high", "top"], "y": [True, False]}
TEXT = """
procedure: small
version: 1
zh: 小
en: small
roles: {desk: {zh: 值班, en: desk, level: town}}
facts:
  n: {zh: 人数, en: number, type: integer}
  d: {zh: 长度, en: length, type: decimal}
  c: {zh: 等级, en: grade, type: choice, of: {low: {zh: 低, en: low}, high: {zh: 高, en: high}, top: {zh: 极, en: top}}}
  y: {zh: 起火, en: fire, type: yes_no}
initial: open
states: {open: {zh: 在办, en: open}}
events: {start: {zh: 开始, en: start, opens: true}}
obligations:
  duty: {zh: 事, en: duty, owed: {by: desk}, starts: {on: case}, term: [{is: 1 day}], met_by: start}
"""
SMALL = load(TEXT, "small.yaml").procedure
ORDERS = ("at_least", "at_most", "more_than", "less_than", "is", "is_not")


def compared(name: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(ORDERS), value).map(lambda t: {name: {t[0]: t[1]}})


leaf = st.one_of(
    compared("n", st.integers(0, 5)),
    compared("d", st.sampled_from(["0", "0.5", "1", "2.5", "5"])),
    st.sampled_from(WORDS["c"]).map(lambda w: {"c": w}),
    st.lists(st.sampled_from(WORDS["c"]), min_size=1, max_size=2, unique=True).map(lambda w: {"c": w}),
    st.booleans().map(lambda b: {"y": b}),
    st.tuples(st.sampled_from("ndcy"), st.booleans()).map(lambda t: {t[0]: {"known": t[1]}}),
)
condition = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)).map(lambda t: {t[0]: t[1]}),
        inner.map(lambda c: {"not": c}),
    ),
    max_leaves=4,
)


def truth(data: Mapping[str, Any], facts: Mapping[str, Any]) -> bool | None:
    """Three values, from the YAML form; a number is a pair of bounds of which either may be open."""
    ((key, value),) = data.items()
    if key in ("all", "any"):
        results = [truth(part, facts) for part in value]
        decisive = key == "any"
        return decisive if decisive in results else None if None in results else not decisive
    if key == "not":
        inner = truth(value, facts)
        return None if inner is None else not inner
    fact = facts.get(key)
    if isinstance(value, dict) and "known" in value:
        return (fact is not None) == value["known"]
    if fact is None:
        return None
    if key in WORDS:
        return fact in value if isinstance(value, list) else fact == value
    ((operator, wanted),) = value.items()
    return _number(operator, fact, Fraction(str(wanted)))


def _number(operator: str, bounds: tuple[Fraction | None, Fraction | None], wanted: Fraction) -> bool | None:
    low, high = bounds
    if operator in ("is", "is_not"):
        return None if low is None or low != high else (low == wanted) == (operator == "is")
    if operator in ("at_least", "less_than"):
        above, below = low is not None and low >= wanted, high is not None and high < wanted
    else:
        above, below = low is not None and low > wanted, high is not None and high <= wanted
    return None if above == below else above == (operator in ("at_least", "more_than"))


def _used(data: Any) -> set[str]:
    if isinstance(data, list):
        return {name for part in data for name in _used(part)}
    return {name for k, v in data.items() for name in (_used(v) if k in ("all", "any", "not") else {k})}


def values(name: str) -> list[Any]:
    if name in WORDS:
        return [None, *WORDS[name]]
    exact = [(x, x) for x in NUMBERS[name]]
    return [None, (None, None), *((x, None) for x in NUMBERS[name]), *exact]


def tried(conditions: list[Any]) -> dict[str, bool]:
    """Whether any case shows two terms at once, or none though nothing is open; and which terms ever apply."""
    names = sorted(_used(conditions))
    found = {"overlap": False, "gap": False, **{f"never {i}": True for i in range(len(conditions))}}
    for chosen in product(*map(values, names)):
        results = [truth(c, dict(zip(names, chosen, strict=True))) for c in conditions]
        found["overlap"] |= results.count(True) > 1
        found["gap"] |= set(results) == {False}
        for i, result in enumerate(results):
            found[f"never {i}"] &= result is not True
    return found


@examples(120)
@example([{"d": {"at_most": "0.5"}}, {"d": {"at_least": "1"}}])
@given(st.lists(condition, min_size=1, max_size=3).filter(lambda cs: len(_used(cs) & set(NUMBERS)) < 2))
def test_overlaps_gaps_and_terms_that_never_apply_are_those_of_every_value(conditions: list[Any]) -> None:
    duty = SMALL.obligations["duty"]
    term = duty.term[0]
    duty = duty.model_copy(update={"term": tuple(term.model_copy(update={"when": read(c)}) for c in conditions)})
    found = faults(duty, SMALL.facts)
    wanted = tried(conditions)
    assert any(f.kind == "overlap" for f in found) == wanted["overlap"]
    assert any(f.kind == "gap" for f in found) == wanted["gap"]
    assert {f.alternatives[0] for f in found if f.kind == "never"} == {i for i in range(len(conditions)) if wanted[f"never {i}"]}


@examples(60)
@given(st.lists(condition, min_size=1, max_size=3))
def test_the_case_that_is_named_shows_the_fault(conditions: list[Any]) -> None:
    duty = SMALL.obligations["duty"]
    term = duty.term[0]
    duty = duty.model_copy(update={"term": tuple(term.model_copy(update={"when": read(c)}) for c in conditions)})
    for fault in faults(duty, SMALL.facts):
        if fault.kind in ("overlap", "gap"):
            facts = {k: (Fraction(str(v)),) * 2 if k in NUMBERS and v is not None else v for k, v in fault.example.items()}
            certain = [i for i, c in enumerate(conditions) if truth(c, facts)]
            assert certain == list(fault.alternatives)


def test_between_two_instants_of_one_second_lies_a_third() -> None:
    p = load(TEXT.replace("  y:", "  at: {zh: 时刻, en: at, type: instant}\n  y:"), "small.yaml").procedure
    term = p.obligations["duty"].term[0]
    rules = [{"at": {"at_most": "2026-01-01T00:00:00Z"}}, {"at": {"at_least": "2026-01-01T00:00:01Z"}}]
    duty = p.obligations["duty"].model_copy(update={"term": tuple(term.model_copy(update={"when": read(c)}) for c in rules)})
    assert [f.kind for f in faults(duty, p.facts)] == ["gap"]
