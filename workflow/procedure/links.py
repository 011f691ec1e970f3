"""What a link between procedures says that only both of them together can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from workflow.procedure.model import Procedure
from workflow.text import Text


class Unanswered(NamedTuple):
    """An event that another procedure has to have, and has not, or keeps for the clock."""

    event: str
    """The event of this procedure that has the link."""
    to: str
    reply: str
    message: Text
    known: tuple[str, ...]
    """What the other procedure has in its place."""


def unanswered(p: Procedure, known: Mapping[str, Procedure]) -> Iterator[Unanswered]:
    """Links of ``p`` whose event is not there in a procedure of ``known`` (by id); one that is not known may come later."""
    for name, event in p.events.items():
        if event.link is None or event.link.event is None:
            continue
        reply = event.link.event
        for to in event.link.to:
            other = known.get(to)
            if other is None:
                continue
            able = tuple(n for n, e in other.events.items() if not e.clockwork)
            if reply not in other.events:
                yield Unanswered(name, to, reply, Text(f"程序 {to} 没有事件 {reply}", f"the procedure {to} has no event {reply}"), able)
            elif other.events[reply].clockwork:
                why = Text(f"{to} 的 {reply} 是时钟事件", f"{reply} of {to} is an event of the clock")
                yield Unanswered(name, to, reply, why, able)
