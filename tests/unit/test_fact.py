# ruff: noqa: E501
"""Facts: what may be said of each type, in which words, and the one form it is kept in."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import WrongType
from workflow.journal.canonical import canonical, parse_canonical
from workflow.procedure.fact import KINDS, UNKNOWN, Bounds, bounds, read_value
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
CHOICES = {"high": Text("较高", "rather high"), "low": Text("低", "Low")}
SHA = "0" * 64


def value(kind: Any, said: object) -> Any:
    return read_value("f", kind, CHOICES if kind == "choice" else {}, said, ZONE)


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        ("choice", "high", "high"), ("choice", "较高", "high"), ("choice", "rather high", "high"), ("choice", " LOW ", "low"),
        ("integer", 3, 3), ("integer", "3", 3), ("integer", " 3 ", 3), ("integer", "3.0", 3), ("integer", "３０", 30), ("integer", "-2", -2),
        ("integer", Decimal("7"), 7), ("integer", "007", 7), ("integer", "-0", 0),
        ("integer", "about 30", {"about": 30}), ("integer", "约30", {"about": 30}), ("integer", "大约 ３０", {"about": 30}),
        ("integer", "at least 3", {"at_least": 3}), ("integer", "至少3", {"at_least": 3}), ("integer", "≥3", {"at_least": 3}),
        ("integer", "3以上", {"at_least": 3}), ("integer", {"about": 3}, {"about": 3}), ("integer", {"at_least": "3"}, {"at_least": 3}),
        ("decimal", "1.50", "1.5"), ("decimal", "100", "100"), ("decimal", "0.10", "0.1"), ("decimal", "-1.0", "-1"), ("decimal", "-0.0", "0"),
        ("decimal", "0.1234567890123456789012345678", "0.1234567890123456789012345678"), ("decimal", 5, "5"), ("decimal", "约1.5", {"about": "1.5"}),
        ("money", "1200.50", "1200.5"), ("money", "１２００", "1200"), ("money", "0.01", "0.01"), ("money", "at least 30000", {"at_least": "30000"}),
        ("yes_no", True, True), ("yes_no", "yes", True), ("yes_no", "是", True), ("yes_no", "NO", False), ("yes_no", "否", False),
        ("instant", "2026-09-24 10:20", "2026-09-24T02:20:00.000000Z"), ("instant", "2026-09-24T10:20:00+00:00", "2026-09-24T10:20:00.000000Z"),
        ("instant", "2026-09-24T02:20:00.000000Z", "2026-09-24T02:20:00.000000Z"), ("instant", "２０２６-09-24 10:20", "2026-09-24T02:20:00.000000Z"),
        ("date", "2026-09-24", "2026-09-24"), ("date", "20260924", "2026-09-24"),
        ("text", " 烧毁 ", "烧毁"), ("person", "张三", "张三"),
        ("attachment", {"name": "图.png", "sha256": SHA}, {"name": "图.png", "sha256": SHA}),
    ],
)  # fmt: skip
def test_a_good_value_is_kept_in_its_canonical_form(kind: str, said: object, kept: object) -> None:
    found = value(kind, said)
    assert found == kept and type(found) is type(kept)
    assert parse_canonical(canonical(found)) == found


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("choice", "middle"), ("choice", ""), ("choice", 1), ("choice", None),
        ("integer", "three"), ("integer", "3.5"), ("integer", 3.0), ("integer", True), ("integer", ""), ("integer", "1e3"), ("integer", "1,000"),
        ("integer", "about"), ("integer", "about at least 3"), ("integer", "约3以上"), ("integer", 2**53 + 1), ("integer", "9" * 5000),
        ("integer", {"about": {"at_least": 3}}), ("integer", {"at_least": "about 3"}), ("integer", {"about": 1, "at_least": 2}), ("integer", {"near": 3}),
        ("integer", None), ("integer", [3]), ("integer", Decimal("NaN")), ("integer", Decimal("Infinity")), ("integer", Decimal("1e999999")),
        ("decimal", "1.5.1"), ("decimal", 1.5), ("decimal", Decimal("sNaN")), ("decimal", Decimal("1e-9999")),
        ("money", "1.005"), ("money", "¥5"), ("money", 0.1),
        ("yes_no", "perhaps"), ("yes_no", 1), ("yes_no", None),
        ("instant", "2026-09-24"), ("instant", "10:20"), ("instant", "yesterday"), ("instant", 5), ("instant", "2026-02-30 10:00"), ("instant", ""),
        ("instant", "0001-01-01T00:00:00+08:00"),
        ("date", "2026-02-30"), ("date", "2026-9-4"), ("date", "2026-09-24 10:00"), ("date", 20260924), ("date", ""),
        ("text", ""), ("text", "  "), ("text", 5), ("text", None), ("person", ""), ("person", {"name": "x"}),
        ("attachment", "图.png"), ("attachment", {"name": "x"}), ("attachment", {"name": "x", "sha256": "zz"}), ("attachment", {"name": "", "sha256": SHA}),
        ("attachment", {"name": "x", "sha256": SHA, "more": 1}), ("attachment", {"name": 5, "sha256": SHA}),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_and_told_what_is_right(kind: str, said: object) -> None:
    with pytest.raises(WrongType) as caught:
        value(kind, said)
    assert caught.value.where == "f" and caught.value.code == "input.type"
    assert KINDS[kind].zh in caught.value.say("zh") and KINDS[kind].en in caught.value.say("en")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", ["not known yet", "unknown", "待核", "不详", "未知", " Not Known Yet ", UNKNOWN])
def test_every_fact_may_be_not_known_yet(kind: str, said: object) -> None:
    assert value(kind, said) == UNKNOWN


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
def test_an_instant_without_offset_is_read_in_the_zone_of_the_procedure(zone: str) -> None:
    read = read_value("f", "instant", {}, "2026-07-01 12:00", ZoneInfo(zone))
    assert (
        read
        == {
            "Asia/Shanghai": "2026-07-01T04:00:00.000000Z",
            "America/New_York": "2026-07-01T16:00:00.000000Z",
            "UTC": "2026-07-01T12:00:00.000000Z",
        }[zone]
    )


@pytest.mark.parametrize(
    ("kept", "span"),
    [(5, Bounds(Fraction(5), Fraction(5))), ("1.5", Bounds(Fraction(3, 2), Fraction(3, 2))), ({"at_least": 5}, Bounds(Fraction(5), None)), ({"about": 5}, Bounds(None, None))],
)  # fmt: skip
def test_what_a_number_may_be(kept: Any, span: Bounds) -> None:
    assert bounds(kept) == span


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(2**53), max_value=2**53, places=6))
def test_a_decimal_is_neither_rounded_nor_written_in_two_ways(number: Decimal) -> None:
    found = value("decimal", format(number, "f"))
    assert Fraction(found) == Fraction(number)
    assert found == value("decimal", format(number, "f") + "0") == value("decimal", number)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=4,
)


@given(st.sampled_from(list(KINDS)), anything)
def test_no_value_raises_anything_but_the_typed_refusal(kind: Any, said: object) -> None:
    with contextlib.suppress(WrongType):
        canonical(value(kind, said))
