"""Who did something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow.journal.canonical import Json


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: the role, and as far as it is known the person, the post, its unit, and for whom they acted."""

    role: str
    person: str | None = None
    post: str | None = None
    unit: str | None = None
    acting_for: str | None = None

    def document(self) -> dict[str, Json]:
        pairs = (("role", self.role), ("person", self.person), ("post", self.post), ("unit", self.unit), ("acting_for", self.acting_for))
        return {k: v for k, v in pairs if v is not None}

    def may_be(self, other: Actor) -> bool:
        """Whether nothing shows that they are two people: the same person, or the same role where a person is not named."""
        if self.person is not None and other.person is not None:
            return self.person == other.person
        return self.role == other.role

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Actor:
        return cls(**{k: str(v) for k, v in document.items() if k in cls.__dataclass_fields__})
