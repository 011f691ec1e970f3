"""The journal of the watch itself: when it ran, when it did not, and what it could not do (promise 8).

A chain beside the cases and the organisation. No outcome reads it: it shows that a flag came late because nobody watched, so that the lag
is never blamed on people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from workflow.journal.canonical import Json
from workflow.journal.entry import Entry, link
from workflow.journal.eras import REANCHORED
from workflow.moment import stamp
from workflow.organisation import CHAIN
from workflow.ports import Unit
from workflow.text import Text

MONITOR = "monitor"
"""Id of the chain."""

CHAINS = frozenset({CHAIN, MONITOR})
"""Chains of the journal that are no case."""

STARTED, STOPPED, GAP, JUMP, SUSPENDED, TOOK_OVER = "started", "stopped", "gap", "jump", "suspended", "took_over"
RELOADED, REFUSED_RELOAD, PARKED, UNPARKED, DEAD, UNTOLD, UNENTERED = (
    "reloaded",
    "reload_refused",
    "parked",
    "unparked",
    "dead_letter",
    "untold",
    "unentered",
)

WORDS: Mapping[str, Text] = {
    STARTED: Text("开始值守", "watch began"),
    STOPPED: Text("停止值守", "watch ended"),
    GAP: Text("无人值守", "nobody watched"),
    JUMP: Text("时钟跳变", "the clock jumped"),
    SUSPENDED: Text("主机休眠", "the machine slept"),
    TOOK_OVER: Text("接替值守", "watch taken over"),
    RELOADED: Text("重新载入定义", "definitions loaded again"),
    REFUSED_RELOAD: Text("拒绝载入定义", "definitions were refused"),
    PARKED: Text("搁置案件", "case put aside"),
    UNPARKED: Text("恢复案件", "case taken up again"),
    DEAD: Text("消息未能发出,改由他人或他途", "a message could not be sent; another takes over"),
    UNTOLD: Text("无人可告知", "nobody could be told"),
    REANCHORED: Text("重新锚定:改用另一种算法", "re-anchored: the journal goes on in another algorithm"),
    UNENTERED: Text("消息已有结果,但其案件无法读取", "a message has ended, but its case cannot be read"),
}


def note(
    unit: Unit,
    kind: str,
    body: Mapping[str, Json],
    now: datetime,
    algorithm: str,
    private: Mapping[str, Json] | None = None,
    salt: bytes = b"",
) -> Entry:
    """Add an entry, and its erasable part, to the chain.

    Raises :class:`~workflow.errors.StaleVersion`, at the latest on leaving the unit, if another was first.
    """
    known = int(unit.mark(MONITOR) or 0)  # only where to look: what is there decides
    last = next(reversed(unit.entries(MONITOR, after=max(0, known - 1))), None)
    n = last.n + 1 if last is not None else 1
    head = last.hash if last is not None else None
    pair = link(n, head, case=MONITOR, kind=kind, recorded=stamp(now), body=body, private=private, salt=salt, algorithm=algorithm)
    unit.append([pair])
    unit.put_mark(MONITOR, str(n))
    return pair[0]
