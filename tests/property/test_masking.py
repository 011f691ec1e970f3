"""No telephone or identity number stays in a text, in whatever company it stands; what is none stays as it is."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.logs import clean
from adapters.masking import IDENTITY, PHONE, masked

FULL = str.maketrans("0123456789-+X", "0123456789-+X")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def digits(n: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=n, max_size=n)


codes = st.sampled_from(["", "+86", "+86 ", "+86-", "86", "0086", "0086 ", "(+86)", "(86) "])
mobiles = st.tuples(st.sampled_from("3456789"), digits(9)).map(lambda t: "1" + "".join(t))
SPLITS = ((11,), (3, 4, 4), (3, 3, 5), (4, 3, 4), (4, 4, 3), (3, 5, 3))


def cut(number: str, sizes: tuple[int, ...], gap: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return gap.join(parts)


gaps = st.sampled_from([" ", "-", "", "\u00a0", "–", "  "])
mobile_texts = st.builds(lambda c, n, s, g: c + cut(n, s, g), codes, mobiles, st.sampled_from(SPLITS), gaps)
areas = st.sampled_from(["010", "021", "0731", "0755", "0898", "0396"])


@st.composite
def landline_texts(draw: st.DrawFn) -> str:
    area = draw(areas)
    number = draw(digits(8 if len(area) == 3 else draw(st.sampled_from([7, 8]))))
    local = draw(st.sampled_from([number, cut(number, (len(number) - 4, 4), draw(gaps))]))
    shape = draw(
        st.sampled_from(["{a}{l}", "{a}-{l}", "{a} {l}", "({a}){l}", "({a}) {l}", "+86 {b} {l}", "+86-{b}-{l}", "0086{b}{l}", "+86{b}{l}"])
    )
    return shape.format(a=area, b=area[1:], l=local)


@st.composite
def identity_numbers(draw: st.DrawFn, long: bool) -> str:
    region = draw(st.integers(110000, 659999))
    born = draw(st.dates(date(1900, 1, 1), date(1999 if not long else 2026, 12, 31)))
    if not long:
        return f"{region}{born:%y%m%d}{draw(digits(3))}"
    seventeen = f"{region}{born.year:04}{born:%m%d}{draw(digits(3))}"
    return seventeen + "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, WEIGHTS, strict=True)) % 11]


identities = st.one_of(identity_numbers(True), identity_numbers(False))
around = st.text(st.characters(exclude_categories=("Cs", "Nd")), max_size=12)


def bare(text: str) -> str:
    return "".join(c for c in text if c.isdigit() or c in "Xx")


@given(around, mobile_texts, around, st.booleans())
def test_no_mobile_number_stays(before: str, number: str, after: str, full: bool) -> None:
    written = number.translate(FULL) if full else number
    found = masked(before + written + after)
    assert PHONE in found and not any(c.isdecimal() for c in found)


@given(around, landline_texts(), around, st.booleans())
def test_no_landline_number_stays(before: str, number: str, after: str, full: bool) -> None:
    written = number.translate(FULL) if full else number
    found = masked(before + written + after)
    assert PHONE in found and not any(c.isdecimal() for c in found)


@given(around, identities, around, st.booleans())
def test_no_identity_number_stays(before: str, number: str, after: str, full: bool) -> None:
    found = masked(before + (number.translate(FULL) if full else number) + after)
    assert IDENTITY in found and not any(c.isdecimal() for c in found)


@given(
    st.lists(st.one_of(mobile_texts, landline_texts(), identities), min_size=2, max_size=5), st.sampled_from([",", "、", "; ", "\n", "和"])
)
def test_none_of_several_stays(numbers: list[str], between: str) -> None:
    found = masked(between.join(numbers))
    assert not any(c.isdecimal() for c in found)


@given(st.one_of(mobile_texts, landline_texts(), identities), st.sampled_from(["tel", "phone:", "手机", "id=", "e", "'", '{"a": "', "+"]))
def test_words_right_before_a_number_do_not_hide_it(number: str, word: str) -> None:
    assert not any(c.isdecimal() for c in masked(word + number))


@given(st.binary(min_size=1, max_size=40))
def test_digests_are_left_alone(data: bytes) -> None:
    for algorithm in ("sha256", "sha1", "md5"):
        digest = hashlib.new(algorithm, data).hexdigest()
        for text in (digest, f"sha256:{digest}", f"1:sm3:{digest}", digest.upper(), f"head {digest} of"):
            assert masked(text) is text


@given(digits(64))
def test_a_digest_that_has_no_letter_is_left_alone(digest: str) -> None:
    assert masked(digest) is digest


@given(st.uuids(), st.text("0123456789abcdef", min_size=10, max_size=10), st.sampled_from(["hazard", "medical-dispute", "duty-watch"]))
def test_ids_are_left_alone(number: uuid.UUID, tail: str, procedure: str) -> None:
    for text in (
        str(number),
        f"{procedure}-{tail}",
        f"{procedure}-{tail}:feedback/complainant#1",
        f"{procedure}-{tail} {procedure}-{tail}",
    ):
        assert masked(text) is text


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(0, 10**6))
def test_instants_and_figures_are_left_alone(when: datetime, n: int) -> None:
    there = when.replace(tzinfo=UTC)
    texts = [
        there.isoformat(),
        there.isoformat().replace("+00:00", "Z"),
        f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond:06} +0800",
        f"{when:%Y%m%dT%H%M%S}",
        f"{when:%Y%m%d%H%M%S}",
        f"{there.timestamp():.6f}",
        str(int(there.timestamp())),
        f"{int(there.timestamp() * 1000)}",
        f"{when:%d/%b/%Y:%H:%M:%S} {n} {n}",
        f"2026-{n:04}",
        f"0.{when.microsecond:06}{n:07}",
    ]
    assert [masked(t) for t in texts] == texts


@given(st.text(max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


@given(st.text(st.characters(exclude_categories=("Cs", "Nd")), max_size=60))
def test_a_text_without_digits_is_the_same_object(text: str) -> None:
    assert masked(text) is text


@given(mobiles, identity_numbers(True))
def test_what_is_bound_to_a_record_is_cleaned_however_deep(phone: str, identity: str) -> None:
    assume(phone not in identity)
    value = {phone: [identity, {"n": int(phone)}, (phone,), Path(f"/{phone}")], "ok": [1, True, None, 2.5, "x"]}
    found = json.dumps(clean(value))
    assert phone not in found and identity not in found
    assert clean(value)["ok"] == [1, True, None, 2.5, "x"]


@pytest.mark.parametrize("text", ["110", "12345", "95598", "1:2:3", "2026-07", "cn 2026", "40 persons", "100000 20000 3000", "v1.38.1234"])
def test_short_numbers_are_left_alone(text: str) -> None:
    assert masked(text) is text
