"""What is left of a broken definition once the broken parts are taken out, so that all that is wrong is said at once.

The shape of a file (types, missing and unknown fields) and what its parts say of each other are two kinds of errors. To find the second
kind beside the first, the broken parts are dropped, what remains is validated again, and so on until it holds together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workflow.procedure.model import Procedure
from workflow.procedure.source import Path, Problem, Source
from workflow.text import Text

_ROUNDS = 60
_PLAIN: Mapping[str, Any] = {
    "zh": "-",
    "en": "-",
    "level": "-",
    "document": "-",
    "read": "A",
    "is": "unset",
    "at": "at due",
    "term": [],
    "met_by": [],
    "starts": {"on": "case"},
}
"""Stands in for a field of a part that is otherwise sound, so that the rest of the part is looked at too."""
_EMPTY: Mapping[str, Any] = {
    "procedure": "broken",
    "version": "0",
    "zh": "-",
    "en": "-",
    "roles": {},
    "initial": "broken",
    "states": {},
    "events": {},
}
"""Stands in for a field that every procedure must have."""


class Draft:
    """The data of a file without what is broken in it.

    Paths that are asked for are those of the model made of it; what is answered stands where it stands in the file.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._data: dict[str, Any] = deepcopy(source.data)
        self._dropped: set[Path] = set()
        self._kept: dict[Path, list[int]] = {}
        """For a list that lost items the numbers in the file of those that are left."""

    def validate(self) -> tuple[Procedure | None, list[tuple[Path, ErrorDetails]]]:
        """What remains as a model, and every error of shape with its path in the file; ``None`` when nothing could be made of it."""
        errors: list[tuple[Path, ErrorDetails]] = []
        for _ in range(_ROUNDS):
            try:
                return Procedure.model_validate(self._data), errors
            except ValidationError as error:
                found = [(self._in_file(tuple(s for s in e["loc"] if s != "[key]")), e) for e in error.errors()]
            for path, detail in found:
                missing = detail["type"] == "missing"
                if not missing or path not in self._dropped:
                    errors.append((path, detail))
                self._drop(path, missing)
        return None, errors

    def whole(self, path: Path) -> bool:
        """Whether nothing was taken out at, or anywhere below, a path."""
        here = self._in_file(path)
        return not any(dropped[: len(here)] == here for dropped in self._dropped)

    def value(self, path: Path) -> Any:
        """What remains at a path."""
        found: Any = self._data
        for step in path:
            found = found[step]
        return found

    def names(self, *path: str) -> list[str]:
        """The keys that the file has at a path, also those whose content is broken."""
        found: Any = self.source.data
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return list(found) if isinstance(found, dict) else []

    def state_paths(self) -> list[str]:
        """Every state that the file declares, also those whose content is broken."""

        def walk(states: object, prefix: str) -> Iterator[str]:
            if isinstance(states, dict):
                for name, state in states.items():
                    yield f"{prefix}{name}"
                    if isinstance(state, dict):
                        yield from walk(state.get("states"), f"{prefix}{name}.")

        return list(walk(self.source.data.get("states"), ""))

    def problem(self, path: Path, message: Text, hint: Text | None = None) -> Problem:
        return self.source.problem(self._in_file(path), message, hint)

    def _in_file(self, path: Path) -> Path:
        found: Path = ()
        for step in path:
            if isinstance(step, int) and found in self._kept and step < len(self._kept[found]):
                step = self._kept[found][step]
            found = (*found, step)
        return found

    def _drop(self, path: Path, missing: bool) -> None:
        """Take a broken value out; a field that must be there is replaced, or what it belongs to is taken out."""
        field = path[-1] if path else ""
        self._dropped.add(path)
        if missing and field in _PLAIN and len(path) > 1:
            self._put(path[:-1], str(field))
        elif missing and len(path) == 1 and field in _EMPTY:
            self._data[str(field)] = deepcopy(_EMPTY[str(field)])
        else:
            self._take(path[:-1] if missing else path)

    def _put(self, path: Path, field: str) -> None:
        parent = self._at(path)
        if isinstance(parent, dict):
            parent[field] = deepcopy(_PLAIN[field])

    def _at(self, path: Path) -> Any:
        found: Any = self._data
        seen: Path = ()
        for step in path:
            if isinstance(found, list) and isinstance(step, int):
                kept = self._kept.get(seen, list(range(len(found))))
                found = found[kept.index(step)] if step in kept else None
            elif isinstance(found, dict):
                found = found.get(str(step))
            else:
                return None
            seen = (*seen, step)
        return found

    def _take(self, path: Path) -> None:
        while path:
            parent, last = self._at(path[:-1]), path[-1]
            if isinstance(parent, dict) and last in parent:
                del parent[str(last)]
            elif isinstance(parent, list) and isinstance(last, int):
                kept = self._kept.setdefault(path[:-1], list(range(len(parent))))
                if last in kept:
                    del parent[kept.index(last)]
                    kept.remove(last)
            elif parent is None or not isinstance(parent, (dict, list)):
                path = path[:-1]  # a value that stands for a list, or is inside of one that is gone
                self._dropped.add(path)
                continue
            self._dropped.add(path)
            return
