"""Whether a role has the power of command for an action, by the authority matrix of the organisation (指挥权限)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from workflow.organisation.register import Power


class Standing(StrEnum):
    """How a role stands to an action in a case."""

    UNSET = "unset"
    """No row speaks of the action: the organisation has not said who may."""
    WITHIN = "within"
    UNDETERMINED = "undetermined"
    """It depends on a class or a grade that is not known yet."""
    BEYOND = "beyond"
    COUNTERSIGNED = "countersigned"
    """Beyond the powers of whoever did it, and signed by somebody who has them."""


def standing(powers: Iterable[Power], role: str, action: str, kind: str | None, grade: str | None) -> Standing:
    """By the rows of one instant. ``kind`` and ``grade`` are those of the case, ``None`` where they are not known."""
    rows = [power for power in powers if power.action == action]
    if not rows:
        return Standing.UNSET
    found = [_covers(power, kind, grade) for power in rows if power.role == role]
    if True in found:
        return Standing.WITHIN
    return Standing.UNDETERMINED if None in found else Standing.BEYOND


def holders(powers: Iterable[Power], action: str, kind: str | None, grade: str | None) -> list[str]:
    """The roles that have the power, by name; those of which it is not known yet too."""
    return sorted({p.role for p in powers if p.action == action and _covers(p, kind, grade) is not False})


def _covers(power: Power, kind: str | None, grade: str | None) -> bool | None:
    """Whether a row is for a class and a grade; ``None``: that depends on what is not known."""
    found = [_among(power.classes, kind), _among(power.grades, grade)]
    return False if False in found else None if None in found else True


def _among(names: tuple[str, ...], value: str | None) -> bool | None:
    return True if not names else None if value is None else value in names
