"""What may stand in a cell of a file that an office opens: no formula, no character that breaks the file, not more than a cell holds.

A case id such as ``=HYPERLINK(…)`` comes from a log that somebody else wrote. Excel, LibreOffice and WPS run a cell of a CSV file that
begins with ``=``, ``+``, ``-`` or ``@``, also after white space, and also in full width.
"""

from __future__ import annotations

import re

LONGEST = 32_000
"""Characters in a cell: Excel holds 32,767."""
_STARTS = frozenset("=+-@=+-@\t\r\n")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """The text with a sign in place of each character that no such file may hold, cut where it is too long."""
    found = _CONTROL.sub(lambda m: chr(0x2400 + ord(m[0])) if ord(m[0]) < 0x20 else "\ufffd", text)
    return found if len(found) <= LONGEST else f"{found[:LONGEST]}…(+{len(found) - LONGEST})"


def is_formula(text: str) -> bool:
    """Whether a program could take the text for a formula."""
    if not text:
        return False
    return text[0] in _STARTS or text.lstrip()[:1] in _STARTS


def harmless(text: str) -> str:
    """The text for a CSV file: an apostrophe before what could be a formula."""
    found = clean(text)
    return f"'{found}" if is_formula(found) else found
