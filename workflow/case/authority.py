"""Powers of command in a case: an act beyond them is refused or countersigned, and marked where it was done all the same (指挥权限)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from workflow.errors import BeyondAuthority
from workflow.organisation import Actor
from workflow.organisation.authority import Standing, holders, standing
from workflow.organisation.register import Power
from workflow.procedure.condition import Known
from workflow.procedure.fact import is_unknown
from workflow.procedure.model import Authority, Event
from workflow.rules import Rules
from workflow.text import Text

BEYOND = "beyond_authority"
"""The deviation of an act that the matrix does not give to whoever did it."""


class Command(NamedTuple):
    """An act that takes a power of command, under the matrix in force when it happened."""

    powers: tuple[Power, ...]
    event: Event
    action: str
    kind: str | None
    grade: str | None

    @property
    def holders(self) -> list[str]:
        """The roles that have the power."""
        return holders(self.powers, self.action, self.kind, self.grade)

    def judge(self, actor: Actor, second: Actor | None) -> Standing:
        """How whoever does it stands to it, with whoever signs with them."""
        found = self._of(actor)
        if found == Standing.BEYOND and second is not None and not second.may_be(actor) and self._of(second) != Standing.BEYOND:
            return Standing.COUNTERSIGNED
        return found

    def _of(self, actor: Actor) -> Standing:
        return standing(self.powers, actor.role, self.action, self.kind, self.grade)

    def refusal(self, actor: Actor, rules: Rules, where: str) -> Callable[[], Exception]:
        """What refuses a request for it: who could do it, and that they can sign with whoever does."""
        who, label, may = rules.roles([actor.role]), self.event.text, rules.roles(self.holders)
        return lambda: BeyondAuthority(
            Text(f"“{label.zh}”超出{who.zh}的指挥权限", f"'{label.en}' is beyond the powers of {who.en}"),
            where=where,
            hint=Text(f"有权者:{may.zh};由其办理,或由其会签(--second)", f"who may: {may.en}; they do it, or sign with you (--second)"),
        )


def command(event: Event, asked: Authority, powers: list[Power], known: Known) -> Command:
    """The power that an event takes with what is known of the case."""
    return Command(tuple(powers), event, asked.action, _choice(known, asked.kind), _choice(known, asked.grade))


def _choice(known: Known, fact: str | None) -> str | None:
    value = known.facts.get(fact) if fact is not None else None
    return None if value is None or is_unknown(value) else str(value)
