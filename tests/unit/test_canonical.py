"""Canonical bytes: one text for one value, and nothing that has two."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest

from workflow.errors import BadInput, ConfigError, IntegrityError
from workflow.journal import canonical as module
from workflow.journal.canonical import canonical, digest, hashed, parse_canonical, parse_known


class Colour(StrEnum):
    RED = "e\u0301"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (OrderedDict(b=1, a=2), '{"a":2,"b":1}'),
        (MappingProxyType({"b": (1, 2)}), '{"b":[1,2]}'),
        (Colour.RED, '"\u00e9"'),
        ({"e\u0301": "\u212b"}, '{"\u00e9":"\u00c5"}'),
        ([True, 1, False, 0], "[true,1,false,0]"),
        ({"\ue000": 1, "\U00010000": 2}, '{"\ue000":1,"\U00010000":2}'),  # RFC 8785 would have them the other way round
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert canonical(value) == text.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        [0.5],
        {"a": {"b": 1e300}},
        2**53 + 1,
        -(2**53) - 1,
        10**5000,
        {1: "a"},
        {None: "a"},
        b"bytes",
        {1, 2},
        object(),
        "\ud800",
        {"\udfff": 1},
        ["a", ["\ud83d"]],
        {"e\u0301": 1, "\u00e9": 2},
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_value_that_has_no_text_is_refused(value: Any) -> None:
    with pytest.raises(BadInput):
        canonical(value)


def test_the_largest_integers_that_every_reader_keeps_are_taken() -> None:
    assert canonical([2**53, -(2**53)]) == b"[9007199254740992,-9007199254740992]"


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(BadInput):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"1\n",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b"1.0",
        b"1e2",
        b"-0",
        b"01",
        b"+1",
        b"NaN",
        b"Infinity",
        b"9007199254740993",
        b"9" * 5000,
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\u000a"',
        b'"\x01"',
        '"e\u0301"'.encode(),
        '{"e\u0301":1}'.encode(),
        b'"\\ud83d\\ude00"',
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        '"a"'.encode("utf-16"),
        b'"\xed\xa0\x80"',
        b"[1,]",
        b"[1][2]",
        b"'a'",
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda d: ascii(d)[:30],
)
def test_other_bytes_are_not_read(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_canonical(data)


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_bytes_are_those_that_were_written_where_their_digest_says_so(algorithm: str) -> None:
    if algorithm not in hashlib.algorithms_available:
        pytest.skip("the OpenSSL of this machine has no SM3")
    data = canonical({"b": [1, "甲"], "a": None})
    assert parse_known(data, digest(data, algorithm)) == parse_canonical(data) == parse_known(data, "") == parse_known(data, "md5:00")
    odd = b'{"b":1,"a":2}'
    assert parse_known(odd, digest(odd, algorithm)) == {"a": 2, "b": 1}, "its form is the audit's matter"
    for known in (digest(data, algorithm), "", "md5:00"):
        with pytest.raises(IntegrityError):
            parse_known(odd, known)


@pytest.mark.parametrize(
    "data", [b"1.0", b"NaN", b"9007199254740993", b"[1,]", b'"\xff"', b"[" * 100_000 + b"]" * 100_000], ids=lambda d: ascii(d)[:30]
)
def test_no_digest_makes_a_value_of_what_has_none(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_known(data, digest(data))


def test_digests_name_their_algorithm() -> None:
    assert digest(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hashed(b"abc").hex() == digest(b"abc")[7:]


@pytest.mark.parametrize("algorithm", ["md5", "SHA256", "", "sha512"])
def test_another_algorithm_is_refused(algorithm: str) -> None:
    with pytest.raises(BadInput):
        digest(b"", algorithm)


def test_where_there_is_no_sm3_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, data: bytes) -> Any:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(module.hashlib, "new", without)
    with pytest.raises(ConfigError, match="OpenSSL") as caught:
        digest(b"", "sm3")
    assert "OpenSSL" in caught.value.say("zh") and caught.value.hint is not None
    assert digest(b"abc") == f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
