"""A letter as text that fits a channel: lengths are counted in bytes of UTF-8, and no character is ever cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from workflow.letter import Letter

MORE = "…"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_JOINS = {"\u200d", "\ufe0e", "\ufe0f"}


def whole(letter: Letter) -> str:
    """Subject and body as one text, for channels that know no subject; one that the body begins with is not said twice."""
    subject, body = single(letter.subject), plain(letter.body)
    return body if not subject or body.startswith(subject) else f"{subject}\n{body}" if body else subject


def plain(text: str) -> str:
    """The text with line feeds and tabs, and no other control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def single(text: str) -> str:
    """The text as one line."""
    return " ".join(plain(text).split())


def size(text: str) -> int:
    return len(text.encode("utf-8"))


def shortened(text: str, limit: int) -> str:
    """The text in at most ``limit`` bytes, ending in … where something was left out."""
    if size(text) <= limit:
        return text
    return _head(text, limit - size(MORE)) + MORE


def pieces(text: str, limit: int, most: int = 3) -> list[str]:
    """The text in parts of at most ``limit`` bytes, each headed ``(1/3)``, at the ends of lines where that is possible.

    What does not fit into ``most`` parts is left out, and the last part ends in …. A text that fits stays as it is.
    """
    if size(text) <= limit:
        return [text]
    room = limit - len("(1/9)\n")
    if most == 1 or room < 16:
        return [shortened(text, limit)]
    cut = list(_cut(text[: most * (room + 1) + 1], room))  # a character has a byte at least, and a line end is left out at each cut
    if len(cut) > most:
        cut = [*cut[: most - 1], shortened("\n".join(cut[most - 1 :]), room)]
    return [f"({n}/{len(cut)})\n{part}" for n, part in enumerate(cut, 1)]


def _cut(text: str, room: int) -> Iterator[str]:
    while size(text) > room:
        head = _head(text, room)
        line = head.rfind("\n")
        if text[len(head)] != "\n" and line > len(head) // 2:
            head = head[:line]
        yield head
        text = text[len(head) :].removeprefix("\n")
    yield text


def _head(text: str, room: int) -> str:
    """As much of the beginning as fits, and never half of a character or of what is joined to it."""
    head = text.encode("utf-8")[: max(0, room)].decode("utf-8", "ignore")
    end = len(head)
    while 0 < end < len(text) and (unicodedata.combining(text[end]) or text[end] in _JOINS or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end] if end else head
