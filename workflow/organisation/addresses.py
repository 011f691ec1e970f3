"""How people can be reached: from the erasable parts of the organisation's entries. No verdict and no digest reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def addresses(entries: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, dict[str, str]]:
    """Person → kind of address → address, of (body, erasable part) in the order of the journal; a later entry replaces a kind."""
    found: dict[str, dict[str, str]] = {}
    for body, private in entries:
        person = str(body.get("person", ""))
        if not person:
            continue
        said = {str(kind): str(address) for kind, address in dict(private.get("contacts") or {}).items()}
        if private.get("phone"):
            said.setdefault("phone", str(private["phone"]))
        found.setdefault(person, {}).update(said)
    return found
