"""Links between cases: what an act says of another case, and which case it may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

from workflow.act import Act
from workflow.case.fold import Case
from workflow.errors import WrongCase
from workflow.journal.canonical import Json
from workflow.procedure.model import ANY, Event
from workflow.rules import Rules
from workflow.text import Text

Way = Literal["from", "to"]
OPPOSITE: Mapping[Way, Way] = {"from": "to", "to": "from"}


class Link(NamedTuple):
    """What one act says of another case. ``way`` is ``to`` where this case named the other one, ``from`` where it came of it."""

    case: str
    procedure: str
    event: str
    """The event of the other case that belongs to it; empty where there is none."""
    way: Way

    def document(self) -> dict[str, Json]:
        return dict(self._asdict())


class Naming(NamedTuple):
    """The other cases that an act names, the leads that it takes up, and those of its own case that another took up or let go."""

    links: tuple[Link, ...] = ()
    leads: tuple[dict[str, Json], ...] = ()
    taken: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    role: Text | None = None
    """What the role of its author is called in the other procedure, where this one does not know it."""

    def data(self) -> dict[str, Json]:
        """Its part of the public content of the act."""
        found: dict[str, Json] = {}
        if self.links:
            found["links"] = [link.document() for link in self.links]
        if self.leads:
            found["leads"] = list(self.leads)
        if self.taken:
            found["taken"] = list(self.taken)
        if self.released:
            found["released"] = list(self.released)
        if self.role is not None:
            found["role"] = {"zh": self.role.zh, "en": self.role.en}
        return found


NOBODY = Naming()


def links(act: Act) -> tuple[Link, ...]:
    """The other cases that an act names."""
    found = act.data.get("links")
    return tuple(Link(**cast(dict[str, Any], one)) for one in found) if isinstance(found, list) else ()


def leads_of(act: Act) -> list[dict[str, Json]]:
    """The evidence of each lead that an act takes up."""
    found = act.data.get("leads")
    return cast(list[dict[str, Json]], found) if isinstance(found, list) else []


def linked(case: Case) -> tuple[tuple[Act, Link], ...]:
    """Every link of a case with the act that made it, in the order of the journal."""
    return tuple((act, link) for act in case.acts for link in links(act))


def names(event: Event, procedure: str) -> bool:
    """Whether an event may name a case of a procedure."""
    return event.link is not None and (ANY in event.link.to or procedure in event.link.to)


def onward(rules: Rules, procedure: str) -> list[str]:
    """The events of a procedure that may name a case of another one."""
    return [name for name, event in rules.procedure.events.items() if names(event, procedure)]


def demand(rules: Rules, name: str, here: str, other: Case, drill: bool) -> None:
    """Refuse, with :class:`~workflow.errors.WrongCase`, a case that the event ``name`` of the case ``here`` cannot name.

    What is practised (``drill``) moves no real case, and nothing real is done by practising it.
    """
    event = rules.procedure.events[name]
    if event.link is None:
        raise WrongCase(
            Text(f"“{event.zh}”不涉及其他案件", f"'{event.en}' names no other case"),
            where=f"{here}: {name}",
            hint=_able(rules, other.procedure),
        )
    if other.id == here:
        raise WrongCase(Text("案件不能关联自己", "a case is not linked to itself"), where=f"{here}: {name}")
    if not names(event, other.procedure):
        allowed = ", ".join(event.link.to)
        raise WrongCase(
            Text(f"案件 {other.id} 是 {other.procedure},不是 {allowed}", f"the case {other.id} is of {other.procedure}, not of {allowed}"),
            where=f"{here}: {name}",
            hint=_able(rules, other.procedure),
        )
    if other.void:
        raise WrongCase(
            Text(f"案件 {other.id} 已误立", f"the case {other.id} is void"),
            where=f"{here}: {name}",
            hint=Text("写明真正的案件", "name the case that it really is"),
        )
    if other.drill != drill:
        kind = Text("演练案件", "a practice case") if other.drill else Text("真实案件", "a real case")
        raise WrongCase(
            Text(
                f"案件 {other.id} 是{kind.zh}:演练与真实案件互不关联",
                f"the case {other.id} is {kind.en}: practice and real cases are not linked",
            ),
            where=f"{here}: {name}",
            hint=Text("写明同类的案件", "name one of the same kind"),
        )


def _able(rules: Rules, procedure: str) -> Text:
    able = onward(rules, procedure)
    if not able:
        return Text(f"此程序没有关联 {procedure} 的事件", f"no event of this procedure links to {procedure}")
    return Text("可用:" + "、".join(able), "those that can: " + ", ".join(able))
