"""A checkpoint as one line for paper, to be typed again by hand: origin, number of seals, and their root with a check.

    office.example/duban 12 sha256 qpzry-9x8gf-2tvdw-…

Alphabet and check are those of Bech32m (BIP 350), made for copying by hand: neither 1, b, i nor o, upper or lower case. The check is over
the whole line. It is six symbols of a code over GF(32), each character before the root is five symbols of it and each symbol of the root
one, and such a code finds every error in up to six symbols in a row: any one wrong character shows, whichever it is, and any two symbols
of the root that were swapped with their neighbour. A symbol more or less shows in the length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workflow.errors import BadInput
from workflow.journal.note import Note
from workflow.text import Text

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANT = 0x2BC830A3
_ROOT, _CHECK, _GROUP = 52, 6, 5
_LINE = re.compile(r"(.+) (0|[1-9][0-9]{0,15}) (sha256|sm3) (.+)", re.DOTALL)


class Printed(NamedTuple):
    """``number`` seals were there, and ``root`` is that of the tree over them: a note without its tree of heads and its signatures."""

    origin: str
    number: int
    root: str

    @property
    def algorithm(self) -> str:
        return self.root.partition(":")[0]

    @classmethod
    def of(cls, note: Note) -> Printed:
        return cls(note.origin, note.number, note.root)

    @classmethod
    def parse(cls, text: str) -> Printed:
        """Read a line that was typed. Case, hyphens and spaces in the last part are free. Raises :class:`~workflow.errors.BadInput`."""
        line = _LINE.fullmatch(text)
        typed = re.sub(r"[\s-]", "", line[4]).lower() if line else ""
        symbols = [ALPHABET.find(c) for c in typed]
        if line is None or -1 in symbols or len(symbols) != _ROOT + _CHECK:
            raise _mistyped(Text(f"应有 {_ROOT + _CHECK} 个字符,得到 {len(symbols)} 个或有不用的字符", _EXPECTED.format(len(symbols))))
        head = f"{line[1]} {line[2]} {line[3]} "
        if _remainder([*_spread(head), *symbols]) != _CONSTANT:
            raise _mistyped(Text("校验不符", "the check does not agree"))
        value = _whole(symbols[:_ROOT])
        if value & 15:  # 52 symbols hold four bits more than a digest
            raise _mistyped(Text("多余的位不为零", "its spare bits are not zero"))
        return cls(line[1], int(line[2]), f"{line[3]}:{value >> 4:064x}")

    def __str__(self) -> str:
        head = f"{self.origin} {self.number} {self.algorithm} "
        value = int(self.root.partition(":")[2], 16) << 4
        root = [value >> 5 * i & 31 for i in reversed(range(_ROOT))]
        check = _remainder([*_spread(head), *root, *[0] * _CHECK]) ^ _CONSTANT
        body = "".join(ALPHABET[s] for s in [*root, *(check >> 5 * i & 31 for i in reversed(range(_CHECK)))])
        return head + "-".join(body[i : i + _GROUP] for i in range(0, len(body), _GROUP))


_EXPECTED = f"the last part has {_ROOT + _CHECK} characters of {ALPHABET}, not {{}} or others"


def _spread(text: str) -> Iterator[int]:
    """Each character as five symbols: a code point has 21 bits."""
    for c in text:
        yield from (ord(c) >> 5 * i & 31 for i in reversed(range(5)))


def _remainder(symbols: Iterable[int]) -> int:
    """``bech32_polymod`` of BIP 173."""
    found = 1
    for symbol in symbols:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ symbol
        for i, generator in enumerate(_GENERATOR):
            if top >> i & 1:
                found ^= generator
    return found


def _whole(symbols: Iterable[int]) -> int:
    value = 0
    for symbol in symbols:
        value = value << 5 | symbol
    return value


def _mistyped(why: Text) -> BadInput:
    return BadInput(
        Text(f"检查点的一行有误:{why.zh}", f"the line of a checkpoint is mistyped: {why.en}"),
        hint=Text("照纸上逐字再抄一遍", "copy it from the paper once more, character by character"),
    )
