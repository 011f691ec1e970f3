"""Who owes what in an organisation: the duty list of each unit, and duties that no post owes (谁主管、谁负责)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from workflow.journal.canonical import Json
from workflow.organisation import Organisation, Post
from workflow.organisation.gaps import Gap
from workflow.procedure.model import Procedure
from workflow.text import Text


class Owner(NamedTuple):
    """A duty of a procedure as one unit has it. ``post`` is empty where nobody in the organisation would owe it."""

    unit: str
    role: str
    post: str
    procedure: Procedure
    duty: str

    @property
    def label(self) -> Text:
        return self.procedure.obligations[self.duty].text

    def document(self) -> dict[str, Json]:
        return {
            "unit": self.unit,
            "role": self.role,
            "post": self.post or None,
            "procedure": self.procedure.ref,
            "obligation": self.duty,
        }


def owners(organisation: Organisation, procedures: Iterable[Procedure], at: datetime) -> Iterator[Owner]:
    """Every duty of the procedures at each unit of the level of its obligor; once, with no unit, where no unit is of that level."""
    for procedure in procedures:
        for name, obligation in procedure.obligations.items():
            role = obligation.owed.by
            level = procedure.roles[role].level
            for unit in [unit.id for unit in organisation.units_at(at, (level,))] or [""]:
                post = organisation.post_for(role, unit, at) or (None if unit else _anywhere(organisation, role))
                yield Owner(post.unit if post is not None else unit, role, post.id if post is not None else "", procedure, name)


def unowned(organisation: Organisation, procedures: Iterable[Procedure], at: datetime) -> Iterator[Gap]:
    """Duties without an owner, one gap for each unit and role (A17)."""
    found: dict[tuple[str, str], list[Owner]] = {}
    for owner in owners(organisation, procedures, at):
        if not owner.post:
            found.setdefault((owner.unit, owner.role), []).append(owner)
    for (unit, role), owed in sorted(found.items()):
        who = owed[0].procedure.roles[role].text
        zh, en = "、".join(dict.fromkeys(o.label.zh for o in owed)), ", ".join(dict.fromkeys(o.label.en for o in owed))
        yield Gap("no_owner", unit, role, Text(f"{who.zh}:{zh}", f"{who.en}: {en}"))


def _anywhere(organisation: Organisation, role: str) -> Post | None:
    return next((post for post in organisation.posts.values() if post.role == role), None)
