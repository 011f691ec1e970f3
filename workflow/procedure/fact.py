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
from unicodedata import normalize
from zoneinfo import ZoneInfo

from workflow.errors import BadInstant, WrongType
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp
from workflow.text import Text

FactType = Literal["choice", "integer", "decimal", "money", "instant", "date", "text", "yes_no", "person", "attachment"]
NUMBERS: frozenset[str] = frozenset({"integer", "decimal", "money"})
FREE: frozenset[str] = frozenset({"text", "person", "attachment"})
"""Types whose values always lie in the erasable part (S9.3)."""

KINDS: Mapping[str, Text] = {
    "choice": Text("可选项", "one of its choices"),
    "integer": Text("整数", "an integer"),
    "decimal": Text("数", "a number"),
    "money": Text("金额", "an amount of money"),
    "instant": Text("时刻", "an instant"),
    "date": Text("日期", "a date"),
    "text": Text("文字", "text"),
    "yes_no": Text("是或否", "yes or no"),
    "person": Text("人名", "a person"),
    "attachment": Text("附件", "an attachment"),
}
HINTS: Mapping[str, Text] = {
    **dict.fromkeys(NUMBERS, Text("例如 3、约30、至少3;不清楚的填“待核”", "such as 3, about 30, at least 3; or 'not known yet'")),
    "money": Text("例如 1200.50、约30000;最多两位小数", "such as 1200.50, about 30000; two decimals at most"),
    "instant": Text("写明日期和时间,如 2026-09-24 10:20", "give date and time, such as 2026-09-24 10:20"),
    "date": Text("例如 2026-09-24", "such as 2026-09-24"),
    "yes_no": Text("填 是 或 否", "write yes or no"),
    "attachment": Text("写明 name 和 sha256(64 位十六进制)", "give its name and sha256 (64 hexadecimal digits)"),
}

UNKNOWN: Json = {"unknown": True}
UNKNOWN_WORDS = frozenset({"not known yet", "unknown", "待核", "不详", "未知"})
_YES = frozenset({"yes", "true", "是", "y"})
_NO = frozenset({"no", "false", "否", "n"})
_NUMBER = re.compile(
    r"(?:(?P<about>about|约|大约)|(?P<least>at least|at_least|至少|≥|>=))?\s*"
    r"(?P<digits>-?[0-9]+(?:\.[0-9]+)?)(?P<up>\s*以上)?\Z"
)
_SHA256 = re.compile(r"(?:sha256:)?[0-9a-f]{64}\Z")
_LIMIT = 2**53
"""No number of a record is larger: other readers of JSON would round it."""


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
        if word in ("about", "at_least") and not isinstance(inner, Mapping):
            return {str(word): _exact(kind, inner, complain)}
        raise complain
    if isinstance(value, str):
        match = _NUMBER.match(normalize("NFKC", value).strip().lower())
        if not match or (match["up"] and (match["about"] or match["least"])):
            raise complain
        inner = _exact(kind, match["digits"], complain)
        return {"about": inner} if match["about"] else {"at_least": inner} if match["least"] or match["up"] else inner
    return _exact(kind, value, complain)


def _exact(kind: str, value: object, complain: WrongType) -> Json:
    """One number, without rounding: trailing zeros go, nothing else does."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise complain
    try:
        number = Decimal(normalize("NFKC", value).strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise complain from None
    if not number.is_finite() or abs(number) > _LIMIT or number.as_tuple().exponent < -30:  # type: ignore[operator]
        raise complain
    text = format(number, "f")
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if (kind == "integer" and part) or (kind == "money" and len(part) > 2):
        raise complain
    if kind == "integer":
        return int(whole)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole.lstrip('-')}.{part}" if part else f"{sign}{whole.lstrip('-')}"


def read_value(name: str, kind: FactType, choices: Mapping[str, Text], value: object, zone: ZoneInfo) -> Json:
    """The canonical form of ``value`` for a fact of type ``kind``.

    ``choices`` are the allowed ids with their labels; a label in either language is accepted. An instant without an offset is read in
    ``zone``. Raises :class:`~workflow.errors.WrongType` naming the fact and what would be right.
    """
    what = KINDS[kind]
    complain = WrongType(
        Text(f"事实 {name} 的值 {value!r} 不是{what.zh}", f"the value {value!r} of the fact {name} is not {what.en}"),
        where=name,
        hint=Text("可填:" + "、".join(c.zh for c in choices.values()), "one of: " + ", ".join(choices)) if choices else HINTS.get(kind),
    )
    if value == UNKNOWN or (isinstance(value, str) and normalize("NFKC", value).strip().lower() in UNKNOWN_WORDS):
        return UNKNOWN
    if kind in NUMBERS:
        return _number(kind, value, complain)
    if kind == "yes_no":
        if isinstance(value, bool):
            return value
        word = normalize("NFKC", str(value)).strip().lower()
        if word in _YES or word in _NO:
            return word in _YES
        raise complain
    if kind == "attachment":
        if not isinstance(value, Mapping) or value.keys() != {"name", "sha256"}:
            raise complain
        title, sha = value["name"], value["sha256"]
        if not isinstance(title, str) or not title.strip() or not isinstance(sha, str) or not _SHA256.match(sha):
            raise complain
        return {"name": title, "sha256": sha}
    if not isinstance(value, str) or not value.strip():
        raise complain
    word = value.strip()
    if kind == "choice":
        said = normalize("NFKC", word).lower()
        for key, label in choices.items():
            if said in (key, *(normalize("NFKC", w).strip().lower() for w in (label.zh, label.en))):
                return key
        raise complain
    if kind == "instant":
        try:
            moment = parse(normalize("NFKC", word), zone)
        except BadInstant:
            raise complain from None
        if not moment.exact:  # a day alone: the hour is not invented
            raise complain
        return stamp(moment.lo)
    if kind == "date":
        try:
            return date.fromisoformat(normalize("NFKC", word)).isoformat()
        except ValueError:
            raise complain from None
    return word
