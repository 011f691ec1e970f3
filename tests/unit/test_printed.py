"""The line of a checkpoint for paper: its form against a reading of BIP 350 written apart, and what a hand gets wrong."""

from __future__ import annotations

import pytest

from workflow.errors import BadInput
from workflow.journal.note import Note
from workflow.journal.printed import ALPHABET, Printed

LINE = "镇/督办 12 sha256 4w46h-2at4w-46h2a-t4w46-h2at4-w46h2-at4w4-6h2at-4w46h-2at4w-4s3mw-sds"
HELD = Printed("镇/督办", 12, "sha256:" + "ab" * 32)


def times(a: int, b: int) -> int:
    """In GF(32) as BIP 173 defines it: modulo x⁵ + x³ + 1."""
    found = 0
    for i in range(5):
        if b >> i & 1:
            found ^= a << i
    for i in range(9, 4, -1):
        if found >> i & 1:
            found ^= 0b101001 << (i - 5)
    return found


GENERATOR = (1, 29, 22, 20, 21, 29, 18)
"""x⁶ + 29x⁵ + 22x⁴ + 20x³ + 21x² + 29x + 18, the generator of BIP 173."""


def remainder(symbols: list[int]) -> list[int]:
    """By long division, symbol by symbol."""
    left = [1, *symbols]
    for i in range(len(left) - 6):
        lead = left[i]
        for j, g in enumerate(GENERATOR):
            left[i + j] ^= times(lead, g)
    return left[-6:]


def test_the_check_is_that_of_bip_350_by_long_division() -> None:
    head, _, body = LINE.rpartition(" ")
    symbols = [ord(c) >> 5 * i & 31 for c in f"{head} " for i in (4, 3, 2, 1, 0)] + [ALPHABET.index(c) for c in body.replace("-", "")]
    constant = 0x2BC830A3
    assert remainder(symbols) == [constant >> 5 * i & 31 for i in (5, 4, 3, 2, 1, 0)]


def test_a_line_is_written_and_read_again() -> None:
    assert str(HELD) == LINE and Printed.parse(LINE) == HELD
    for held in (Printed("a b 3 sm3 c", 0, "sm3:" + "00" * 32), Printed("x", 10**15, "sha256:" + "f" * 64)):
        assert Printed.parse(str(held)) == held


def test_it_is_the_note_without_heads_and_signatures() -> None:
    note = Note("镇/督办", 12, HELD.root, "sha256:" + "cd" * 32, 7)
    assert Printed.of(note) == HELD and HELD.algorithm == "sha256"


def test_case_hyphens_and_spaces_in_the_symbols_are_free() -> None:
    head, _, body = LINE.rpartition(" ")
    for typed in (body.upper(), body.replace("-", ""), body.replace("-", " "), body.replace("-", "\n  "), f"{body}\n"):
        assert Printed.parse(f"{head} {typed}") == HELD


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12", "13"),
        ("12", "012"),
        ("镇", "乡"),
        ("sha256", "sm3"),
        ("sha256", "md5"),
        ("4w46h", "w446h"),
        ("-sds", "-sd"),
        ("-sds", "-sdss"),
        ("4w46h", "4w46b"),
        (" sha256 ", " "),
    ],
)
def test_a_line_that_was_mistyped_is_refused(old: str, new: str) -> None:
    assert old in LINE
    with pytest.raises(BadInput, match="mistyped"):
        Printed.parse(LINE.replace(old, new, 1))


def test_spare_bits_that_are_not_zero_are_refused_so_that_a_root_has_one_line() -> None:
    head, _, body = LINE.rpartition(" ")
    root = [ALPHABET.index(c) for c in body.replace("-", "")[:52]]
    root[-1] |= 1
    before = [ord(c) >> 5 * i & 31 for c in f"{head} " for i in (4, 3, 2, 1, 0)]
    wanted = [0x2BC830A3 >> 5 * i & 31 for i in (5, 4, 3, 2, 1, 0)]
    check = [a ^ b for a, b in zip(remainder([*before, *root, *[0] * 6]), wanted, strict=True)]
    with pytest.raises(BadInput, match="spare bits"):
        Printed.parse(f"{head} {''.join(ALPHABET[s] for s in [*root, *check])}")
