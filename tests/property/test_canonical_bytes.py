"""Canonical bytes against a writer of its own: character by character, with nothing taken for granted."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import _clean, _is_clean, canonical, parse_canonical

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text('e\u0301\u00e9\u1100\u1161\uac00\u212b\u0000"\\', max_size=6)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12)
SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def written(value: Any) -> str:
    """The page, rule by rule."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        digits = ""
        left = abs(value)
        while left:
            left, digit = divmod(left, 10)
            digits = "0123456789"[digit] + digits
        return ("-" if value < 0 else "") + (digits or "0")
    if isinstance(value, str):
        return '"' + "".join(SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in normalize("NFC", value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    members = sorted((([ord(c) for c in normalize("NFC", key)], key) for key in value), key=lambda m: m[0])
    return "{" + ",".join(f"{written(key)}:{written(value[key])}" for _, key in members) + "}"


def distinct(value: Any) -> bool:
    """Whether no two keys are the same in NFC."""
    if isinstance(value, dict):
        return len({normalize("NFC", k) for k in value}) == len(value) and all(map(distinct, value.values()))
    return all(map(distinct, value)) if isinstance(value, list) else True


@given(values)
def test_the_bytes_are_those_of_the_page(value: Any) -> None:
    if distinct(value):
        assert canonical(value).decode() == written(value)
    else:
        try:
            canonical(value)
        except BadInput:
            return
        raise AssertionError("a key was lost")


@given(values.filter(distinct))
def test_what_is_written_is_read_again(value: Any) -> None:
    data = canonical(value)
    again = parse_canonical(data)
    assert canonical(again) == data
    assert json.dumps(again, sort_keys=True) == json.dumps(_clean(value), sort_keys=True)


@given(values.filter(distinct))
def test_the_fast_path_only_leaves_alone_what_the_slow_one_would_not_change(value: Any) -> None:
    if _is_clean(value):
        assert json.dumps(_clean(value)) == json.dumps(value)


@given(st.recursive(scalars | st.floats() | st.binary() | st.integers(), lambda i: st.lists(i) | st.dictionaries(text | st.integers(), i)))
def test_the_fast_path_lets_nothing_through_that_the_slow_one_refuses(value: Any) -> None:
    try:
        _clean(value)
    except BadInput:
        assert not _is_clean(value)


@given(values.filter(distinct), st.data())
def test_the_order_in_which_keys_came_does_not_show(value: Any, data: st.DataObject) -> None:
    def shuffled(inner: Any) -> Any:
        if isinstance(inner, dict):
            return {key: shuffled(inner[key]) for key in data.draw(st.permutations(sorted(inner)))}
        return [shuffled(v) for v in inner] if isinstance(inner, list) else inner

    assert canonical(shuffled(value)) == canonical(value)


@given(values.filter(distinct), st.data())
def test_bytes_with_one_byte_changed_are_another_value_or_none(value: Any, data: st.DataObject) -> None:
    text = canonical(value)
    i = data.draw(st.integers(0, len(text) - 1))
    changed = text[:i] + bytes([text[i] ^ (1 << data.draw(st.integers(0, 7)))]) + text[i + 1 :]
    try:
        found = parse_canonical(changed)
    except IntegrityError:
        return
    assert canonical(found) == changed and json.dumps(found, sort_keys=True) != json.dumps(parse_canonical(text), sort_keys=True)
