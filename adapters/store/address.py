"""Addresses of stores, as they may be shown."""

from __future__ import annotations

import re

_USER = re.compile(r"^([\w+.-]+://[^:/?#@]*):.*@", re.DOTALL)
_SAID = re.compile(r"((?:^|[?&;\s])(?:ssl)?password=)[^&;\s]*", re.IGNORECASE)


def shown(address: str) -> str:
    """The address without its passwords, whatever else it says; a path stays as it is."""
    return _SAID.sub(r"\1***", _USER.sub(r"\1@", address)) if "://" in address else address
