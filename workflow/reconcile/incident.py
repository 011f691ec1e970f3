"""An incident of a ledger, as far as it is compared with those of the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from unicodedata import normalize

from workflow.journal.canonical import Json
from workflow.moment import Moment


class Incident(NamedTuple):
    id: str
    at: Moment
    """The instant that is compared."""
    ref: frozenset[str] = frozenset()
    """What its rows hold in the column of the reference; nothing: not given."""
    keys: Mapping[str, frozenset[str]] = {}
    """Key → what its rows hold in that column; nothing: not given."""
    facts: Mapping[str, Json] = {}
    proofs: tuple[str, ...] = ()
    """Its rows: evidence only, no part of any comparison."""


def word(text: str) -> str:
    """What two words are compared by: without blanks, case and width of the letters."""
    return "".join(normalize("NFKC", text).split()).casefold()
