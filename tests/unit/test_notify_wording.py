"""Letters as texts of channels: lengths in bytes, parts, and no character cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.notify.pdu import parts
from adapters.notify.wording import pieces, plain, shortened, single, size, whole
from workflow.letter import Letter


def test_a_subject_that_the_body_begins_with_is_not_said_twice() -> None:
    assert whole(Letter("1", "", "逾期", "正文")) == "逾期\n正文"
    assert whole(Letter("1", "", "逾期", "逾期:正文")) == "逾期:正文"
    assert whole(Letter("1", "", "", "正文")) == "正文"
    assert whole(Letter("1", "", "逾期", "")) == "逾期"


def test_control_characters_and_halves_of_characters_are_left_out() -> None:
    assert plain("\r\na\x00b\x1b[2J\tc\u202ed\ud800\r\ne\n\n") == "ab[2J\tcd\ne"
    assert single(" a\r\n\tb  c ") == "a b c"


def test_parts_are_cut_at_lines_where_that_is_possible() -> None:
    text = "\n".join(f"第 {n} 项:" + "长" * 10 for n in range(20))
    found = pieces(text, 400)
    assert [p.partition("\n")[0] for p in found] == ["(1/3)", "(2/3)", "(3/3)"]
    assert "\n".join(p.partition("\n")[2] for p in found) == text


@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧", "e\u0301", "☎\ufe0f"])
def test_what_is_joined_stays_together(text: str) -> None:
    for limit in range(4, 40):
        cut = shortened(text * 10, limit)
        assert size(cut) <= limit
        assert cut == "…" or size(text) + 3 > limit or len(cut.removesuffix("…")) % len(text) == 0


@given(st.text(), st.integers(60, 500), st.integers(1, 9))
def test_every_part_fits_and_nothing_is_lost_without_a_sign(text: str, limit: int, most: int) -> None:
    text = plain(text)
    found = pieces(text, limit, most)
    assert len(found) <= most and all(size(p) <= limit for p in found)
    said = [re.sub(r"^\(\d/\d\)\n", "", p) for p in found] if len(found) > 1 else found
    if found[-1] == text or not found[-1].endswith("…"):
        assert "".join(said).replace("\n", "") == text.replace("\n", "")
    else:
        assert text.replace("\n", "").startswith("".join(said).replace("\n", "").removesuffix("…"))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 10))
def test_short_messages_hold_what_they_may_and_cut_no_character(text: str, most: int) -> None:
    found = parts(text, most)
    assert len(found) <= most
    assert all(len(p.encode("utf-16-be")) <= (140 if len(found) == 1 else 134) for p in found)
    assert "".join(found) == text or (found[-1].endswith("…") and text.startswith("".join(found).removesuffix("…")))
