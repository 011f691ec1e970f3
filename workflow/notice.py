"""What became of a flag: whom it was to be told, who was notified, and whether it was delivered, received (签收) and accepted.

Four things, each shown by an act of its own, and none of which follows from another: a service that took a message has not delivered it,
and what was delivered was not received. No outcome reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, cast

from workflow.act import ACKNOWLEDGED, FLAGGED, NOTIFIED, UNFLAGGED, Act
from workflow.case.fold import Case
from workflow.journal.canonical import Json
from workflow.moment import stamp

STAGES = ("delivered", "received", "accepted")


class Notice(NamedTuple):
    flag: Act
    told: tuple[Mapping[str, Json], ...]
    """Whom it was to be told: person, post, why, and over which channels; as it was decided when the flag was raised."""
    sent: tuple[Act, ...]
    """What services took, and what could not be sent."""
    acknowledged: tuple[Act, ...]
    """Who said that it was delivered, received or accepted."""

    def first(self, stage: str) -> Act | None:
        """The act that shows a stage first, as it happened; ``None`` when nothing does."""
        found = [a for a in self.acknowledged if a.data["stage"] == stage]
        return min(found, key=lambda a: (a.happened.lo, a.n), default=None)

    @property
    def notified(self) -> datetime | None:
        """When the first of its messages was taken by a service; ``None`` when none was."""
        return min((a.recorded for a in self.sent if a.data["result"] == "accepted"), default=None)

    @property
    def dead(self) -> bool:
        """Whether a message of it could not be sent."""
        return any(a.data["result"] == "dead" for a in self.sent)

    @property
    def stage(self) -> str:
        """How far it came, as :data:`workflow.words.STAGES` names it: the last stage that is shown; ``dead`` only where nothing is."""
        shown = [stage for stage in STAGES if self.first(stage) is not None]
        return shown[-1] if shown else "notified" if self.notified is not None else "dead" if self.dead else "waiting"

    def document(self) -> dict[str, Json]:
        stages = {stage: self.first(stage) for stage in STAGES}
        return {
            "flag": self.flag.n,
            "row": self.flag.name,
            "said": self.flag.data["flag"],
            "stage": self.stage,
            "to": [dict(one) for one in self.told],
            "notified": stamp(self.notified) if self.notified is not None else None,
            "dead": self.dead,
            **{
                stage: None if act is None else {"n": act.n, "at": act.happened.encode(), "by": act.actor.document() if act.actor else None}
                for stage, act in stages.items()
            },
        }


def notices(case: Case) -> list[Notice]:
    """Every flag that somebody was to be told of, or was told of, in the order in which they were raised."""
    sent: dict[int, list[Act]] = {}
    said: dict[int, list[Act]] = {}
    for act in case.acts:
        if act.kind == NOTIFIED:
            sent.setdefault(int(str(act.data["flag"])), []).append(act)
        elif act.kind == ACKNOWLEDGED:
            said.setdefault(int(act.name), []).append(act)
    found = []
    for act in case.acts:
        to = act.data.get("to")
        told = tuple(cast(list[Mapping[str, Json]], to)) if isinstance(to, list) else ()
        if act.kind in (FLAGGED, UNFLAGGED) and (told or act.n in sent or act.n in said):
            found.append(Notice(act, told, tuple(sent.get(act.n, ())), tuple(said.get(act.n, ()))))
    return found


def latest(case: Case) -> dict[str, Notice]:
    """The last notice of each row that has one, by the key of the row; of those raised together the one that came furthest.

    Of those that came as far a suspicion, not a reminder.
    """
    found: dict[str, Notice] = {}
    for notice in sorted(notices(case), key=_rank):
        found[notice.flag.name] = notice
    return found


def _rank(notice: Notice) -> tuple[datetime, int, bool, int]:
    order = ("waiting", "dead", "notified", *STAGES)
    return notice.flag.recorded, order.index(notice.stage), notice.flag.data["flag"] != "tier", notice.flag.n
