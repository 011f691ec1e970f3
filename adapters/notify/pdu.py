"""Short messages as bytes (3GPP TS 23.040): SMS-SUBMIT in UCS-2, in as many parts as the text needs."""

from __future__ import annotations

SINGLE, PART = 70, 67
"""Units of UTF-16 in a message of its own, and in one of several parts."""
_SUBMIT, _WITH_HEADER, _RELATIVE = 0x01, 0x40, 0x10
_UCS2, _ONE_DAY = 0x08, 0xA7
_INTERNATIONAL, _UNKNOWN = 0x91, 0x81


def parts(text: str, most: int) -> list[str]:
    """The text in pieces that fit into one message each; no character is cut. What does not fit into ``most`` is left out, ending in …."""
    if _units(text) <= SINGLE:
        return [text]
    found: list[str] = []
    piece, size = "", 0
    for character in text:
        if size + _units(character) > PART:
            found.append(piece)
            piece, size = "", 0
        piece += character
        size += _units(character)
    found.append(piece)
    if len(found) <= most:
        return found
    if most == 1:
        return [_cut(text, SINGLE)]
    return [*found[: most - 1], _cut(found[most - 1] + "…", PART)]


def submit(to: str, part: str, number: int = 1, of: int = 1, reference: int = 0, centre: str = "") -> tuple[str, int]:
    """One message in hexadecimal, and its length in bytes as ``AT+CMGS`` wants it: without the number of the service centre.

    ``to`` and ``centre`` are digits, with ``+`` before them when they are international. ``reference`` (0 to 255) is the same in all parts.
    """
    header = bytes((5, 0, 3, reference, of, number)) if of > 1 else b""
    data = header + part.encode("utf-16-be")
    if len(data) > 140:
        raise ValueError("a message has at most 140 bytes")
    first = _SUBMIT | _RELATIVE | (_WITH_HEADER if header else 0)
    body = bytes((first, 0)) + _address(to) + bytes((0, _UCS2, _ONE_DAY, len(data))) + data
    number_of_centre = _address(centre)[1:] if centre else b""
    return (bytes((len(number_of_centre),)) + number_of_centre + body).hex().upper(), len(body)


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))
    return bytes((len(digits), _INTERNATIONAL if number.startswith("+") else _UNKNOWN)) + bytes.fromhex(swapped)


def _units(text: str) -> int:
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def _cut(text: str, limit: int) -> str:
    while _units(text) > limit - 1:
        text = text[:-1]
    return text.removesuffix("…") + "…"
