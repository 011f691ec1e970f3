"""YAML 1.2 as a definition is written in it: what a scalar means, and where everything stands."""

from __future__ import annotations

from typing import Any

import pytest

from workflow.procedure.source import BrokenDefinition, Problem, read_source


def data(text: str | bytes) -> Any:
    return read_source(text, "f.yaml").data


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(BrokenDefinition) as caught:
        read_source(text, "f.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2026-09-24", "2026-09-24"), ("2026-09-24 10:20:00", "2026-09-24 10:20:00"),
        ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("Yes", "Yes"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("tRue", "tRue"),
        ("", None), ("~", None), ("null", None), ("Null", None), ("nULL", "nULL"),
        ("0", 0), ("-3", -3), ("+3", 3), ("010", 10), ("0o17", 15), ("0x1F", 31), ("017", 17), ("0b11", "0b11"), ("1_000", "1_000"),
        ("1.5", "1.5"), ("1e3", "1e3"), (".inf", ".inf"), (".nan", ".nan"), ("1.10", "1.10"),
        ("'5'", "5"), ('"true"', "true"), ("'~'", "~"), ("5日", "5日"), ("=", "="),
        ("9007199254740992", 2**53), ("-9007199254740992", -(2**53)),
        ('"a\\nb"', "a\nb"), ("|\n  a\n  b", "a\nb\n"), (">\n  a\n  b", "a b\n"),
    ],
)  # fmt: skip
def test_a_scalar_is_read_by_the_core_schema_of_yaml_1_2(written: str, means: object) -> None:
    found = data(f"a: {written}\n")["a"]
    assert found == means and type(found) is type(means)


def test_words_that_older_yaml_took_for_booleans_are_keys_as_they_stand() -> None:
    assert data("on: 1\nno: 2\ny: 3\ntrue: 4\n12: 5\n~: 6\n") == {"on": 1, "no": 2, "y": 3, "true": 4, "12": 5, "~": 6}


def test_text_is_kept_in_one_unicode_form() -> None:
    assert data("cafe\u0301: cafe\u0301\n") == {"caf\u00e9": "caf\u00e9"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_give_the_same_data_and_places(end: str) -> None:
    source = read_source(end.join(["a:", "  b: 1", "  c: [x, y]", ""]), "f.yaml")
    assert source.data == {"a": {"b": 1, "c": ["x", "y"]}}
    assert source.place(("a", "c", 1)) == (3, 10)


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert data(b"\xef\xbb\xbfa: 1\n") == {"a": 1}


def test_a_document_may_begin_and_end_with_its_markers() -> None:
    assert data("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_every_key_and_item_knows_its_line_and_column() -> None:
    source = read_source("# 说明\na: 1\nb:\n  - x\n  - {键: [1, 2]}\n", "f.yaml")
    places = {("a",): (2, 1), ("b",): (3, 1), ("b", 0): (4, 5), ("b", 1): (5, 5), ("b", 1, "键"): (5, 6), ("b", 1, "键", 1): (5, 13)}
    assert {path: source.place(path) for path in places} == places


def test_what_is_not_there_stands_where_it_would() -> None:
    source = read_source("a:\n  b: {c: 1}\n", "f.yaml")
    assert source.place(("a", "b", "d", "e")) == (2, 3)
    assert source.place(("z",)) == (1, 1)


def test_a_duplicate_key_names_both_lines() -> None:
    (found,) = problems("x:\n  a: 1\n  b: 2\n  a: 3\n")
    assert (found.line, found.column, found.field) == (4, 3, "x.a")
    assert found.message.zh == "重复的键 'a'(首次在第 2 行)"
    assert found.message.en == "duplicate key 'a' (first on line 2)"


def test_a_key_twice_in_two_unicode_forms_is_a_duplicate() -> None:
    assert "duplicate key" in problems("caf\u00e9: 1\ncafe\u0301: 2\n")[0].message.en


def test_all_that_the_reader_refuses_is_said_at_once() -> None:
    text = 'a: 1\na: 2\n? [x]\n: 1\n<<: {b: 1}\nc: !!python/object:os.system x\nd: 99999999999999999999\ne: "\\e[31m"\n'
    assert [(p.line, p.column, p.message.en.split(":")[0]) for p in problems(text)] == [
        (2, 1, "duplicate key 'a' (first on line 1)"),
        (3, 3, "a key must be plain text"),
        (5, 1, "merge keys are not allowed"),
        (6, 4, "tags are not allowed"),
        (7, 4, "the integer is too large"),
        (8, 4, "the text holds control characters"),
    ]


def test_a_quoted_merge_sign_is_a_key() -> None:
    assert data('"<<": 1\n') == {"<<": 1}


SYNTAX = {
    "a: b: c\n": ((1, 5), "此处不能再有", "not possible here"),
    "a:\n\tb: 1\n": ((2, 1), "制表符不能用于缩进", "a tab cannot indent"),
    'a: "x\n': ((2, 1), "引号没有闭合", "ends inside quotes"),
    "a: [1, 2\nb: 3\n": ((2, 2), "没有闭合", "not closed"),
    "a:\n  b: 1\n c: 2\n": ((3, 2), "缩进不一致", "indentation does not match"),
    "a: 1\nb\nc: 2\n": ((3, 1), "缺少冒号", "without its colon"),
    "a: @x\n": ((1, 4), "不能以此字符开头", "cannot begin with this character"),
    "a: }\n": ((1, 4), "YAML 语法错误", "not valid YAML"),
}


@pytest.mark.parametrize("text", SYNTAX)
def test_a_slip_of_syntax_is_said_in_both_languages_with_its_place(text: str) -> None:
    place, zh, en = SYNTAX[text]
    (found,) = problems(text)
    assert (found.line, found.column) == place
    assert zh in found.message.zh and en in found.message.en
    assert found.message.zh.isascii() is False and "expected" not in found.message.zh


def test_forty_levels_are_read_and_one_more_is_not() -> None:
    assert data("[" * 40 + "]" * 40)
    (found,) = problems("[" * 41 + "]" * 41)
    assert (found.column, found.message.en) == (41, "nested too deeply, or too much content")
