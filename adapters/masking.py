"""Telephone and identity numbers taken out of text that is kept: log lines, errors, reports to a supervisor.

Masked are mobile and landline numbers of China (with or without ``+86``, in the usual groups) and identity numbers of 18 and 15 digits,
also in full-width digits. The check digit is not asked: a number with a slip in it names a person as well. What only has such digits in it
is left alone: digests, UUIDs, case ids, instants, decimal fractions.
"""

from __future__ import annotations

import re

PHONE, IDENTITY = "[phone]", "[identity]"

_SHADOW = {ord("0") + i: str(i) for i in range(10)}
_SHADOW |= {ord(c): "-" for c in "‐‑‒–—−-"} | {ord(c): " " for c in "\u00a0\u2002\u2003\u2009\u3000\t"}
_SHADOW |= {ord("+"): "+", ord("("): "(", ord(")"): ")", ord("X"): "X", ord("x"): "x"}
"""One character for one, so that a place in the shadow is the same place in the text."""

_GAP = "[ -]{0,2}"
_START = r"(?<!\d)(?<!\b0\.)"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CODE = rf"(?:(?:\(\s?(?:\+|00)?86\s?\)|\+86|(?<!\d)0086|(?<!\d)86){_GAP})"


def _groups(*sizes: int) -> str:
    return _GAP.join(rf"\d{{{n}}}" for n in sizes)


_MOBILE = rf"(?=1[3-9])(?:{'|'.join(_groups(*g) for g in ((3, 4, 4), (3, 3, 5), (4, 3, 4), (4, 4, 3), (3, 5, 3)))})"
_LOCAL = rf"(?:{_groups(4, 4)}|{_groups(3, 4)}|{_groups(3, 5)})"
_AREA = rf"(?:\(\s?0(?:10|2\d|[3-9]\d\d)\s?\)|0(?:10|2\d|[3-9]\d\d)){_GAP}"
_BARE_AREA = rf"(?:\(\s?(?:10|2\d|[3-9]\d\d)\s?\)|(?:10|2\d|[3-9]\d\d)){_GAP}"
_WANTED = (
    (re.compile(rf"{_START}[1-9]\d{{5}}{_GAP}(?:18|19|20)\d\d{_DAY}{_GAP}\d{{3}}[\dXx](?!\d)", re.ASCII), IDENTITY),
    (re.compile(rf"{_START}[1-9]\d{{5}}{_GAP}\d\d{_DAY}{_GAP}\d{{3}}(?!\d)", re.ASCII), IDENTITY),
    (re.compile(rf"(?:{_CODE}|{_START}){_MOBILE}(?!\d)", re.ASCII), PHONE),
    (re.compile(rf"(?:(?:{_CODE}|{_START}){_AREA}|{_CODE}{_BARE_AREA}){_LOCAL}(?!\d)", re.ASCII), PHONE),
)
_INNOCENT = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9A-F]{64}|[0-9A-F]{40}|[0-9A-F]{32}))(?![0-9A-Za-z])",
    re.ASCII,
)
_ENOUGH = re.compile(r"\d{3}", re.ASCII)


def masked(text: str) -> str:
    """The text with every such number replaced by :data:`PHONE` or :data:`IDENTITY`; the same object where there is none."""
    shadow = text if text.isascii() else text.translate(_SHADOW)
    if not _ENOUGH.search(shadow):
        return text
    spared = [m.span() for m in _INNOCENT.finditer(shadow)]
    found: list[tuple[int, int, str]] = []
    for pattern, instead in _WANTED:
        for m in pattern.finditer(shadow):
            start, end = m.span()
            if not any(a < end and start < b for a, b in spared):
                found.append((start, end, instead))
                spared.append((start, end))
    if not found:
        return text
    parts, last = [], 0
    for start, end, instead in sorted(found):
        parts += [text[last:start], instead]
        last = end
    return "".join([*parts, text[last:]])
