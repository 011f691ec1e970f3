"""A checkpoint typed from paper: whatever single character is wrong, too many or missing, no other checkpoint is ever read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import BadInput
from workflow.journal.printed import ALPHABET, Printed

ORIGINS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
HELD = st.builds(
    lambda origin, number, algorithm, root: Printed(origin, number, f"{algorithm}:{root.hex()}"),
    ORIGINS,
    st.integers(0, 10**15),
    st.sampled_from(["sha256", "sm3"]),
    st.binary(min_size=32, max_size=32),
)
CHARACTERS = st.one_of(st.sampled_from(ALPHABET + ALPHABET.upper() + "1bio-— 0123456789"), st.characters())


def read(text: str) -> Printed | None:
    try:
        return Printed.parse(text)
    except BadInput:
        return None


@given(HELD)
def test_every_line_is_read_as_what_it_says(held: Printed) -> None:
    assert Printed.parse(str(held)) == held


@given(HELD, CHARACTERS)
def test_every_single_wrong_character_is_found(held: Printed, wrong: str) -> None:
    """At every place; a hyphen for a space, or a capital letter, is no error: then the same is read."""
    line = str(held)
    for i, right in enumerate(line):
        if wrong != right:
            assert read(line[:i] + wrong + line[i + 1 :]) in (None, held), i


@given(HELD)
def test_every_symbol_for_every_other_is_found(held: Printed) -> None:
    line = str(held)
    start = line.rindex(" ") + 1
    for i in range(start, len(line)):
        if line[i] != "-":
            assert all(read(line[:i] + c + line[i + 1 :]) is None for c in ALPHABET if c != line[i])


@given(HELD, CHARACTERS)
def test_a_character_too_many_or_missing_is_found(held: Printed, more: str) -> None:
    line = str(held)
    for i in range(len(line) + 1):
        assert read(line[:i] + more + line[i:]) in (None, held)
        if i < len(line):
            assert read(line[:i] + line[i + 1 :]) in (None, held)


@given(HELD)
def test_two_symbols_that_changed_places_are_found(held: Printed) -> None:
    head, _, body = str(held).rpartition(" ")
    symbols = body.replace("-", "")
    for i in range(len(symbols) - 1):
        swapped = symbols[:i] + symbols[i + 1] + symbols[i] + symbols[i + 2 :]
        assert read(f"{head} {swapped}") is None or swapped == symbols
