"""An organisation file checked field by field: everything that is wrong with it at once, each with the path at which it stands.

What only the organisation that is already there can tell (a post that it lacks, a unit that it has) is judged entry by entry, by
:func:`workflow.organisation.check`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.errors import DubanError
from workflow.organisation.addresses import KINDS
from workflow.organisation.register import RESOURCE_KINDS, TEAM_KINDS
from workflow.organisation.table import table_flaws
from workflow.text import Text

Path = tuple[str | int, ...]
ReadInstant = Callable[[str], datetime]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong: where, what, and what to do."""

    path: Path
    message: Text
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What an item of a file may say."""

    texts: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    """Texts that may be there."""
    dates: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    """Dates that may be there."""
    numbers: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    """Numbers that may be there."""
    words: tuple[str, ...] = ()
    """Lists of texts that may be there."""
    one_of: tuple[str, ...] = ()
    """Texts of which exactly one is there."""
    kinds: tuple[str, ...] = ()
    """What ``kind`` may be."""

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.texts, *self.more, *self.dates, *self.later, *self.numbers, *self.counts, *self.words, *self.one_of)


_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\Z")
VALID = ("from", "until")
SHAPES: Mapping[str, Shape] = {
    "unit": Shape(texts=("id", "zh", "en", "level"), more=("head",), later=("from",)),
    "post": Shape(texts=("role", "zh", "en"), more=("id", "superior")),
    "holder": Shape(texts=("person",), more=("name", "phone"), dates=("from",), later=("until",)),
    "leave": Shape(texts=("person",), more=("post", "acting"), dates=("from",), later=("until",)),
    "merged": Shape(texts=("unit", "into"), dates=("from",)),
    "team": Shape(("kind", "zh", "en"), ("id", "contact"), later=VALID, counts=("size",), kinds=TEAM_KINDS),
    "skill": Shape(("zh", "en")),
    "member": Shape(more=("name", "phone"), later=VALID, one_of=("person", "post")),
    "resource": Shape(("id", "kind", "zh", "en"), ("custodian",), later=VALID, numbers=("amount",), kinds=RESOURCE_KINDS),
    "power": Shape(("role", "action"), ("id",), later=VALID, words=("class", "grade")),
    "end": Shape(dates=("from",), one_of=("team", "resource", "power", "roster")),
    "period": Shape(("unit", "procedure", "every"), dates=("from",)),
    "contact": Shape(("person",), ("name",)),
    "shift": Shape(("post",), ("person",), dates=("from", "until"), words=("people",)),
    "swap": Shape(("post", "person", "to", "ground"), dates=("from", "until")),
    "delegation": Shape(("person", "post", "to", "ground"), dates=("from", "until")),
    "head": Shape(("unit", "role"), later=("from",)),
    "superior": Shape(("post", "superior"), later=("from",)),
}
OWN: Mapping[str, tuple[str, ...]] = {
    "unit": ("periods",),
    "holder": ("contacts",),
    "member": ("contacts",),
    "contact": KINDS,
    "shift": ("every", "at", "hours"),
}
"""Fields of an item that are checked by functions of their own."""
FREQUENCIES = ("day", "week", "month", "quarter", "year", "unset")
"""How often a unit may owe a recurring duty; ``unset``: it owes it, but by no number."""
LISTS: Mapping[str, Mapping[str, str]] = {
    "file": {
        "units": "unit",
        "leave": "leave",
        "merged": "merged",
        "authority": "power",
        "ended": "end",
        "periods": "period",
        "contacts": "contact",
        "roster": "shift",
        "swaps": "swap",
        "delegations": "delegation",
        "heads": "head",
        "superiors": "superior",
    },
    "unit": {"posts": "post", "teams": "team", "resources": "resource", "units": "unit"},
    "post": {"holders": "holder"},
    "team": {"members": "member", "skills": "skill"},
}


def flaws(document: object, read_instant: ReadInstant) -> list[Flaw]:
    """What is wrong with a readable document, in the order of the file; empty when nothing is."""
    if not isinstance(document, Mapping):
        return [Flaw((), Text("机构文件不是一个映射", "the organisation file is not a mapping"))]
    found = list(_unknown((), document, ("zone", *LISTS["file"])))
    found.extend(_lists("file", (), document, read_instant))
    if not found:
        found.extend(_repeated(document))
        found.extend(_circles(document))
    return found


def _lists(kind: str, at: Path, item: Mapping[str, Any], read_instant: ReadInstant) -> Iterator[Flaw]:
    for name, inner in LISTS.get(kind, {}).items():
        value = item.get(name)
        if value is None:
            continue
        if not isinstance(value, list):
            yield Flaw((*at, name), Text("应为列表", "must be a list"))
            continue
        for i, part in enumerate(value):
            yield from _item(inner, (*at, name, i), part, read_instant)


def _item(kind: str, at: Path, item: object, read_instant: ReadInstant) -> Iterator[Flaw]:
    if not isinstance(item, Mapping):
        yield Flaw(at, Text("应为映射", "must be a mapping"))
        return
    shape = SHAPES[kind]
    yield from _unknown(at, item, (*shape.fields, *OWN.get(kind, ()), *LISTS.get(kind, {})))
    for name in (*shape.texts, *shape.dates, *shape.numbers):
        if name not in item:
            yield Flaw((*at, name), Text(f"缺少 {name}", f"{name} is missing"))
    for name in (*shape.texts, *shape.more, *shape.one_of):
        if name in item and not _is_text(name, item[name]):
            yield Flaw((*at, name), Text("应为非空文字", "must be text that is not empty"), Text("数字加引号", "put a number in quotes"))
    if shape.one_of and len([name for name in shape.one_of if name in item]) != 1:
        choice = Text("、".join(shape.one_of), ", ".join(shape.one_of))
        yield Flaw(at, Text(f"写明其中之一:{choice.zh}", f"exactly one of: {choice.en}"))
    if shape.kinds and isinstance(item.get("kind"), str) and item["kind"] not in shape.kinds:
        known = Text("可用:" + "、".join(shape.kinds), "one of: " + ", ".join(shape.kinds))
        yield Flaw((*at, "kind"), Text(f"不认识的种类 {item['kind']!r}", f"unknown kind {item['kind']!r}"), known)
    for name in (*shape.numbers, *shape.counts):
        if name in item and not (type(item[name]) is int and item[name] >= 0):
            yield Flaw((*at, name), Text("应为不小于零的整数", "must be a whole number, zero or more"))
    for name in shape.words:
        value = item.get(name, [])
        if not isinstance(value, list) or not all(_is_text(name, word) for word in value):
            yield Flaw((*at, name), Text("应为文字的列表", "must be a list of texts"))
    instants: dict[str, datetime] = {}
    for name in (*shape.dates, *shape.later):
        value = item.get(name)
        if value is None and name in shape.later:
            continue
        if name in item:
            try:
                instants[name] = read_instant(str(value))
            except DubanError as error:
                yield Flaw((*at, name), error.message, error.hint)
    if len(instants) == 2 and instants["until"] <= instants["from"]:
        yield Flaw((*at, "until"), Text("until 不晚于 from", "until is not later than from"))
    if kind == "leave" and item.get("acting") is not None and item.get("acting") == item.get("person"):
        yield Flaw((*at, "acting"), Text("不能由请假人自己代理", "nobody acts for themselves"))
    if kind == "period" and "every" in item:
        yield from _frequency((*at, "every"), item["every"])
    if kind == "unit" and item.get("periods") is not None:
        yield from _frequencies((*at, "periods"), item["periods"])
    if kind == "shift":
        yield from (Flaw((*at, name), message, hint) for name, message, hint in table_flaws(item))
    if kind in ("swap", "delegation") and item.get("to") is not None and item.get("to") == item.get("person"):
        yield Flaw((*at, "to"), Text("person 和 to 是同一人", "person and to are the same"))
    if kind == "contact":
        yield from _contacts(at, {name: value for name, value in item.items() if name in KINDS}, may_end=True)
    elif item.get("contacts") is not None and "contacts" in OWN.get(kind, ()):
        yield from _contacts((*at, "contacts"), item["contacts"])
    yield from _lists(kind, at, item, read_instant)


def _contacts(at: Path, said: object, may_end: bool = False) -> Iterator[Flaw]:
    """``may_end``: an empty address takes the earlier one away."""
    if not isinstance(said, Mapping):
        yield Flaw(at, Text("应为映射", "must be a mapping"), Text("例如 {email: a@example.org}", "for example {email: a@example.org}"))
        return
    yield from _unknown(at, said, KINDS)
    for kind, address in said.items():
        if address is None and may_end:
            continue
        if not _is_text(str(kind), address):
            yield Flaw((*at, kind), Text("应为非空文字", "must be text that is not empty"), Text("数字加引号", "put a number in quotes"))
        elif kind == "email" and not _EMAIL.match(address):
            yield Flaw((*at, kind), Text(f"不是电子邮件地址 {address!r}", f"not an address of e-mail {address!r}"))


def _frequencies(at: Path, said: object) -> Iterator[Flaw]:
    if not isinstance(said, Mapping):
        yield Flaw(at, Text("应为映射", "must be a mapping"), Text("例如 {drill: month}", "for example {drill: month}"))
        return
    for procedure, every in said.items():
        yield from _frequency((*at, procedure), every)


def _frequency(at: Path, every: object) -> Iterator[Flaw]:
    if every not in FREQUENCIES:
        hint = Text("可用:" + "、".join(FREQUENCIES), "known: " + ", ".join(FREQUENCIES))
        yield Flaw(at, Text(f"不认识的周期 {every!r}", f"unknown period {every!r}"), hint)


def _is_text(name: str, value: object) -> bool:
    return (isinstance(value, str) and bool(value.strip())) or (name == "phone" and type(value) is int)


def _unknown(at: Path, item: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[Flaw]:
    for name in item:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = (
                Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?")
                if near
                else Text("可用:" + "、".join(known), "known: " + ", ".join(known))
            )
            yield Flaw((*at, name), Text(f"不认识的项 {name!r}", f"unknown field {name!r}"), hint)


def _units(document: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any], tuple[str, ...]]]:
    """Every unit of a file without flaws, with its path and the ids of the units above it."""

    def walk(units: list[Any], at: Path, above: tuple[str, ...]) -> Iterator[tuple[Path, Mapping[str, Any], tuple[str, ...]]]:
        for i, unit in enumerate(units):
            yield (*at, i), unit, above
            yield from walk(unit.get("units") or [], (*at, i, "units"), (*above, unit["id"]))

    yield from walk(document.get("units") or [], ("units",), ())


def _repeated(document: Mapping[str, Any]) -> Iterator[Flaw]:
    units: set[str] = set()
    posts: set[str] = set()
    for at, unit, above in _units(document):
        name = unit["id"]
        if name in above:
            yield Flaw((*at, "id"), Text(f"单位 {name} 是自己的上级", f"the unit {name} is above itself"))
        elif name in units:
            yield Flaw((*at, "id"), Text(f"单位 {name} 重复", f"the unit {name} is there twice"))
        units.add(name)
        for i, post in enumerate(unit.get("posts") or []):
            key = post.get("id") or f"{name}.{post['role']}"
            if key in posts:
                hint = Text("同一角色的第二个岗位要写 id", "give a second post of the same role an id of its own")
                yield Flaw((*at, "posts", i), Text(f"岗位 {key} 重复", f"the post {key} is there twice"), hint)
            posts.add(key)


def _circles(document: Mapping[str, Any]) -> Iterator[Flaw]:
    """Mergers that lead back to where they began, or into a unit below."""
    above = {unit["id"]: up for _, unit, up in _units(document)}
    into: dict[str, str] = {}
    for i, merge in enumerate(document.get("merged") or []):
        unit, end = merge["unit"], merge["into"]
        seen = {unit}
        while end in into and end not in seen:
            seen.add(end)
            end = into[end]
        if unit in into:
            yield Flaw(("merged", i, "unit"), Text(f"{unit} 已并入 {into[unit]}", f"{unit} is merged into {into[unit]} already"))
        elif end in seen or unit in above.get(merge["into"], ()):
            yield Flaw(
                ("merged", i, "into"),
                Text(f"{unit} 不能并入 {merge['into']}:互为上级或首尾相接", f"{unit} cannot be merged into {merge['into']}: a circle"),
            )
        else:
            into[unit] = merge["into"]
