"""Typed data of a case, and what may be said of it.

A value is stored in its canonical JSON form: text, integers, booleans, lists and maps only, never a float. Every fact may be *not known
yet*; numbers may be ``about`` or ``at_least`` (SEMANTICS S6.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from workflow.errors import WrongType
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, unstamp
from workflow.text import Text

FactType = Literal["choice", "integer", "decimal", "money", "instant", "date", "text", "yes_no", "person", "attachment"]
NUMBERS: frozenset[str] = frozenset({"integer", "decimal", "money"})
FREE: frozenset[str] = frozenset({"text", "person", "attachment"})
"""Types whose values always lie in the erasable part (S9.3)."""

UNKNOWN: Json = {"unknown": True}
UNKNOWN_WORDS = frozenset({"not known yet", "unknown", "待核", "不详", "未知"})
_YES = frozenset({"yes", "true", "是", "y"})
_NO = frozenset({"no", "false", "否", "n"})
_NUMBER = re.compile(r"\s*(?:(about|约|大约)|(at least|at_least|至少|≥|>=))?\s*(-?[0-9]+(?:\.[0-9]+)?)\s*\Z")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number may be: ``lo`` to ``hi``; ``None`` is no bound."""

    lo: Fraction | None
    hi: Fraction | None


def is_unknown(value: Json) -> bool:
    return value == UNKNOWN


def bounds(value: Json) -> Bounds:
    """The range that a canonical number allows; ``about`` allows any number, ``at_least`` any from it up."""
    if isinstance(value, Mapping):
        if "at_least" in value:
            return Bounds(Fraction(str(value["at_least"])), None)
        return Bounds(None, None)
    exact = Fraction(str(value))
    return Bounds(exact, exact)


def _number(kind: str, value: object, complain: WrongType) -> Json:
    if isinstance(value, Mapping) and len(value) == 1:
        word, inner = next(iter(value.items()))
        if word in ("about", "at_least"):
            return {str(word): _number(kind, inner, complain)}
        raise complain
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise complain
    if isinstance(value, str):
        match = _NUMBER.match(value)
        if not match:
            raise complain
        about, least, digits = match.groups()
        inner = _number(kind, Decimal(digits), complain)
        return {"about": inner} if about else {"at_least": inner} if least else inner
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise complain from None
    if kind == "integer":
        if number != number.to_integral_value():
            raise complain
        return int(number)
    if kind == "money" and number != round(number, 2):
        raise complain
    return format(number.normalize(), "f")


def read_value(name: str, kind: FactType, choices: Mapping[str, Text], value: object, zone: ZoneInfo) -> Json:
    """The canonical form of ``value`` for a fact of type ``kind``.

    ``choices`` are the allowed ids with their labels; a label in either language is accepted. An instant without an offset is read in
    ``zone``. Raises :class:`~workflow.errors.WrongType` naming the fact and what would be right.
    """
    complain = WrongType(
        Text(f"事实 {name} 的值 {value!r} 不是 {kind}", f"the value {value!r} of the fact {name} is not of type {kind}"),
        where=name,
        hint=Text("可填:" + "、".join(c.zh for c in choices.values()), "one of: " + ", ".join(choices)) if choices else None,
    )
    if value == UNKNOWN or (isinstance(value, str) and value.strip().lower() in UNKNOWN_WORDS):
        return UNKNOWN
    if kind in NUMBERS:
        return _number(kind, value, complain)
    if kind == "yes_no":
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in _YES or word in _NO:
            return word in _YES
        raise complain
    if kind == "attachment":
        if isinstance(value, Mapping) and isinstance(value.get("sha256"), str) and isinstance(value.get("name"), str):
            return {"name": str(value["name"]), "sha256": str(value["sha256"])}
        raise complain
    if not isinstance(value, str) or not value.strip():
        raise complain
    word = value.strip()
    if kind == "choice":
        for key, label in choices.items():
            if word in (key, label.zh, label.en):
                return key
        raise complain
    if kind == "instant":
        if word.endswith("Z") and len(word) == 27:
            return stamp(unstamp(word))
        moment = parse(word, zone)
        return stamp(moment.lo)
    if kind == "date":
        try:
            return date.fromisoformat(word).isoformat()
        except ValueError:
            raise complain from None
    return word
