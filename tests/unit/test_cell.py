"""No text of a log becomes a formula in an office's spreadsheet, and none breaks the file."""

from __future__ import annotations

import pytest

from adapters.documents.cell import LONGEST, clean, harmless, is_formula

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x.example","y")',
    "+8613800000000",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tplain",
    "\rplain",
    "\nplain",
    "  =1",
    "=1",
    "+1",
    "-1",
    "@x",
    "\u3000=1",
    "\u00a0@x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_begins_like_a_formula_is_a_text(text: str) -> None:
    assert is_formula(text) and harmless(text).startswith("'")


@pytest.mark.parametrize("text", ["", "案件 1", "2026-03-02 09:00:00 +08:00", "a=b", "'=1", "—"])
def test_other_texts_stand_as_they_are(text: str) -> None:
    assert harmless(text) == text and not is_formula(text)


def test_a_character_that_no_file_may_hold_is_shown_by_a_sign() -> None:
    assert clean("a\x00b\x0bc\ud800d\ne\tf") == "a\u2400b\u240bc\ufffdd\ne\tf"


def test_a_control_character_hides_no_formula() -> None:
    assert harmless("\x00=1") == "\u2400=1"


def test_a_cell_that_is_too_long_is_cut_and_says_so() -> None:
    assert clean("x" * (LONGEST + 5)) == "x" * LONGEST + "…(+5)"
