"""How people can be reached: from the erasable parts of the organisation's entries. No verdict and no digest reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

KINDS = ("email", "phone", "dingtalk", "wecom", "feishu")
"""The kinds of address that a person may have, as channels name them."""


def addresses(entries: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, dict[str, str]]:
    """Person → kind of address → address, of (body, erasable part) in the order of the journal.

    A later entry replaces the kinds that it names, and takes away those that it leaves empty. What was erased is gone: then an
    earlier address holds again, unless it was erased too.
    """
    found: dict[str, dict[str, str]] = {}
    for body, private in entries:
        person = str(body.get("person", ""))
        if not person:
            continue
        said = {str(kind): str(address) for kind, address in dict(private.get("contacts") or {}).items()}
        if private.get("phone"):
            said.setdefault("phone", str(private["phone"]))
        known = {**found.get(person, {}), **said}
        found[person] = {kind: address for kind, address in known.items() if address}
    return found
