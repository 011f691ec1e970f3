"""Conditions on the answer of a gateway, as data: ``code == 0``, ``data.status in ["sent", "queued"]``, ``text contains "Success"``.

A condition is a place, an operator and a JSON value; nothing is evaluated. Places are names joined by full stops, numbers for items of a
list, ``http`` for the status and ``text`` for the whole answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.config.model import wrong
from workflow.text import Text

_FORM = re.compile(r"\s*([\w.-]+)\s+(==|!=|in|starts|contains)\s+(.+?)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    place: str
    operator: str
    value: str | tuple[str, ...]

    @classmethod
    def parse(cls, written: object) -> Condition:
        """Raises a validation error for what is not written as one."""
        found = _FORM.fullmatch(written) if isinstance(written, str) else None
        try:
            value = json.loads(found[3]) if found else None
        except (ValueError, RecursionError):
            value = None
        if found is not None:
            if found[2] == "in" and isinstance(value, list) and value and all(_is_plain(v) for v in value):
                return cls(found[1], "in", tuple(said(v) for v in value))
            if found[2] != "in" and _is_plain(value):
                return cls(found[1], found[2], said(value))
        raise wrong(
            Text(
                f'不是条件:{written!r};写作 code == 0 或 status in ["ok", "sent"]',
                f'not a condition: {written!r}; write code == 0 or status in ["ok", "sent"]',
            )
        )

    def holds(self, answer: Mapping[str, Any]) -> bool:
        """What is not there fulfils no condition. Values are compared as they are written: 0 and "0" are the same."""
        found = at(answer, self.place)
        if found is None:
            return False
        if self.operator == "in":
            return found in self.value
        value = str(self.value)
        if self.operator == "==":
            return found == value
        if self.operator == "!=":
            return found != value
        return found.startswith(value) if self.operator == "starts" else value in found


def at(answer: Any, place: str) -> str | None:
    """What stands at a place, as it is written; ``None`` where nothing or no single value stands."""
    for name in place.split("."):
        if isinstance(answer, Mapping) and name in answer:
            answer = answer[name]
        elif isinstance(answer, list) and name.isdecimal() and int(name) < len(answer):
            answer = answer[int(name)]
        else:
            return None
    return said(answer) if _is_plain(answer) else None


def said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)
